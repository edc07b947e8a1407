//! `pasc profile`: its figures come to the whole, and are those of the machine.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{MODES, file, folder, pasc, text};
use serde_json::Value;

const ACCEPTOR: &str = "examples/acceptor/acceptor.pasc";
const ACCEPTOR_TRACE: &str = "examples/acceptor/trace.jsonl";

/// The data of a profile, and what is printed.
fn profile(folder_name: &str, args: &[&str]) -> (Value, String) {
    let json = text(&folder(folder_name).join("profile.json"));
    let args = [&["profile"], args, &["--json", &json]].concat();
    let ran = pasc(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let data = std::fs::read_to_string(&json).unwrap();
    (serde_json::from_str(&data).unwrap(), ran.out)
}

fn sum(rows: &Value, what: &str) -> u64 {
    let rows = rows.as_array().unwrap();
    rows.iter().map(|row| row[what].as_u64().unwrap()).sum()
}

fn row<'v>(rows: &'v Value, name: &str) -> &'v Value {
    let rows = rows.as_array().unwrap();
    let found = rows.iter().find(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {rows:?}"))
}

/// A program that adds up and calls, and one message for it.
fn adder(name: &str) -> (String, String) {
    let source = "message Add { n: int }\n\
                  state { total: int = 0 }\n\
                  fn twice(n: int) -> int { 2 * n }\n\
                  on Add(m) when m.n > 0 {\n    \
                  for i in 0..m.n {\n        \
                  total += twice(i)\n    \
                  }\n\
                  }\n";
    let trace = "{\"from\": \"p\", \"type\": \"Add\", \"body\": {\"n\": 20}}\n";
    let folder = folder(&format!("{name}_program"));
    let program = file(&folder, "adder.pasc", source);
    (program, file(&folder, "trace.jsonl", trace))
}

#[test]
fn the_parts_come_to_the_whole_in_every_mode() {
    for mode in MODES {
        let args = [ACCEPTOR, "--trace", ACCEPTOR_TRACE, "--mode", mode];
        let (data, _) = profile(&format!("profile_whole_{mode}"), &args);
        assert!(data["instructions"].as_u64().unwrap() > 100);
        assert!(data["ns"].as_u64().unwrap() > 0);
        for table in ["handlers", "lines", "opcodes", "phases"] {
            for what in ["instructions", "ns"] {
                let whole = data[what].as_u64().unwrap();
                assert_eq!(sum(&data[table], what), whole, "{mode} {table} {what}");
            }
        }
    }
}

#[test]
fn the_hottest_line_of_the_acceptor_is_named() {
    let args = [ACCEPTOR, "--trace", ACCEPTOR_TRACE];
    let (data, out) = profile("profile_hottest", &args);
    let lines = data["lines"].as_array().unwrap();
    let is_source = |row: &&Value| row["name"].as_str().unwrap().starts_with("acceptor.pasc:");
    let hottest = lines
        .iter()
        .filter(is_source)
        .max_by_key(|row| row["ns"].as_u64());
    let hottest = hottest.unwrap();
    let shown = out.lines().nth(1).unwrap();
    let start = format!("hottest line: {}, ", hottest["name"].as_str().unwrap());
    assert!(shown.starts_with(&start), "{shown}");
    assert!(
        shown.ends_with(hottest["text"].as_str().unwrap()),
        "{shown}"
    );
    let last = out.lines().last().unwrap();
    assert!(
        last.starts_with("all ") && last.contains("100.0 %"),
        "{last}"
    );
}

#[test]
fn each_lane_of_a_hardened_machine_executes_what_plain_does() {
    let of = |mode| {
        let args = [ACCEPTOR, "--trace", ACCEPTOR_TRACE, "--mode", mode];
        let (data, _) = profile(&format!("profile_lanes_{mode}"), &args);
        data["instructions"].as_u64().unwrap()
    };
    let plain = of("plain");
    assert_eq!(of("lockstep"), 2 * plain);
    assert_eq!(of("sequential"), 2 * plain);
}

#[test]
fn the_instructions_are_those_that_the_limit_counts() {
    let source = "message Add { n: int }\nstate { total: int = 0 }\n\
                  on Add(m) { for i in 0..m.n { total += i } }\n";
    let folder = folder("profile_limit_program");
    let program = file(&folder, "sum.pasc", source);
    let measured = [20, 50].map(|n| {
        let line = format!("{{\"from\": \"p\", \"type\": \"Add\", \"body\": {{\"n\": {n}}}}}\n");
        let trace = file(&folder, &format!("{n}.jsonl"), &line);
        let args = [&program, "--trace", &trace, "--mode", "plain"];
        let (data, _) = profile("profile_limit", &args);
        let executed = data["instructions"].as_u64().unwrap();
        let runs = |instructions: &u64| {
            let limit = format!("instructions={instructions}");
            let args = ["run", &program, "--trace", &trace, "--limit", &limit];
            pasc(&[&args[..], &["--mode", "plain"]].concat()).code == 0
        };
        // Besides its instructions a message takes a little for its own memory, whatever it says.
        let least = (executed..executed + 20).find(runs).unwrap();
        (executed, least)
    });
    let [(few, least_of_few), (many, least_of_many)] = measured;
    assert!(few < many);
    assert_eq!(many - few, least_of_many - least_of_few);
}

#[test]
fn lines_and_opcodes_are_counted_as_often_as_they_are_executed() {
    let (program, trace) = adder("profile_counts");
    let args = [&program, "--trace", &trace, "--mode", "plain"];
    let (data, _) = profile("profile_counts", &args);
    assert_eq!(row(&data["opcodes"], "call")["instructions"], 20);
    assert_eq!(row(&data["opcodes"], "halt")["instructions"], 1);
    let function = row(&data["lines"], "adder.pasc:3");
    assert_eq!(function["text"], "fn twice(n: int) -> int { 2 * n }");
    assert_eq!(function["instructions"].as_u64().unwrap() % 20, 0);
    // What a function executes counts for the handler that calls it.
    let whole = data["instructions"].clone();
    assert_eq!(
        row(&data["handlers"], "on Add, line 4")["instructions"],
        whole
    );
}

#[test]
fn the_flame_graph_holds_handlers_lines_and_the_whole() {
    let folder = folder("profile_flame");
    let flame = text(&folder.join("flame.svg"));
    let args = [
        "profile",
        ACCEPTOR,
        "--trace",
        ACCEPTOR_TRACE,
        "--flame",
        &flame,
        "--by",
        "instructions",
    ];
    let ran = pasc(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let svg = std::fs::read_to_string(&flame).unwrap();
    let head = ran.out.lines().next().unwrap();
    let all: u64 = head.split(' ').nth(2).unwrap().parse().unwrap();
    let digits: String = svg
        .split("<title>all (")
        .nth(1)
        .unwrap()
        .chars()
        .take_while(|c| *c != ' ')
        .filter(char::is_ascii_digit)
        .collect();
    assert_eq!(digits.parse::<u64>().unwrap(), all);
    assert!(svg.contains("on Accept, line 29"));
    assert!(svg.contains("acceptor.pasc:31 votes[m.slot]"));
}

#[test]
fn what_fails_or_is_not_handled_is_part_of_the_profile() {
    let folder = folder("profile_failing");
    let source =
        "message A { n: int }\nstate { sum: int = 0 }\non A(m) when m.n >= 0 { sum += 10 / m.n }\n";
    let program = file(&folder, "failing.pasc", source);
    let line = |n: i64| format!("{{\"from\": \"p\", \"type\": \"A\", \"body\": {{\"n\": {n}}}}}\n");
    let trace = file(&folder, "t.jsonl", &(line(1) + &line(0) + &line(-1)));
    let (data, _) = profile("profile_failing_data", &[&program, "--trace", &trace]);
    assert_eq!(data["inputs"], 3);
    for what in ["instructions", "ns"] {
        let whole = data[what].as_u64().unwrap();
        assert_eq!(sum(&data["handlers"], what), whole);
    }
}

#[test]
fn what_cannot_be_profiled_is_said() {
    let folder = folder("profile_refused");
    let empty = file(&folder, "empty.jsonl", "");
    let ran = pasc(&["profile", ACCEPTOR, "--trace", &empty]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("no inputs"), "{}", ran.err);

    let (program, _) = adder("profile_refused_long");
    let long = "{\"from\": \"p\", \"type\": \"Add\", \"body\": {\"n\": 100000}}\n";
    let long = file(&folder, "long.jsonl", long);
    let ran = pasc(&["profile", &program, "--trace", &long, "--mode", "plain"]);
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(
        ran.err.contains("input 1 executes more than"),
        "{}",
        ran.err
    );
}
