//! `pasc trace verify`, `generate`, `compare` and `shrink`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{binary, content, example_records, file, folder, pasc, text};

const ACCEPTOR: &str = "examples/acceptor/acceptor.pasc";
const TRACE: &str = "examples/acceptor/trace.jsonl";

#[test]
fn traces_of_the_examples_are_in_order() {
    for entry in std::fs::read_dir(common::root().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let program = format!("examples/{name}/{name}.pasc");
        let trace = format!("examples/{name}/trace.jsonl");
        let ran = pasc(&["trace", "verify", &program, &trace]);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        let records = content(&trace).lines().count();
        assert_eq!(
            ran.err,
            format!("{trace}: {records} records, all in order\n")
        );
    }
}

#[test]
fn every_kind_of_problem_in_a_trace_is_found_with_its_place() {
    let folder = folder("traces_verify");
    let line = content(TRACE).lines().next().unwrap().to_owned();
    let lines = [
        line.clone(),
        line.replace("\"Prepare\"", "\"Prepair\""),
        "oops".to_owned(),
        line.replacen("\"at\": 1000,", "\"at\": 1009, \"to\": \"other\",", 1),
        line.replacen("1000", "4", 1),
        line.replacen("1000", "2000", 1)
            .replacen('{', "{\"ordinal\": 1, ", 1),
        line.replacen('{', "{\"ordinal\": 9, ", 1)
            .replace("}}", "}, \"record_crc\": 7}"),
        "{\"at\": 4000, \"frame\": \"00ff\"}".to_owned(),
    ];
    let trace = file(&folder, "t.jsonl", lines.join("\n") + "\n");
    let ran = pasc(&["trace", "verify", ACCEPTOR, &trace]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
    insta::assert_snapshot!(ran.err.replace(&trace, "t.jsonl"));
    let json = pasc(&["trace", "verify", ACCEPTOR, &trace, "--json"]);
    assert_eq!(json.code, 1, "{}", json.err);
    assert_eq!(json.out.lines().count(), ran.err.lines().count() - 1);
    for line in json.out.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            ran.err.contains(object["problem"].as_str().unwrap()),
            "{line}"
        );
    }
}

#[test]
fn no_flipped_bit_of_a_binary_trace_is_taken_for_order() {
    let folder = folder("traces_bits");
    let records = example_records("acceptor", &folder);
    for bit in (0..records[1].frame.len() * 8).step_by(7) {
        let mut damaged = records.clone();
        damaged[1].frame[bit / 8] ^= 1 << (bit % 8);
        let trace = file(&folder, "damaged.frames", binary(&damaged));
        let ran = pasc(&["trace", "verify", ACCEPTOR, &trace]);
        assert_eq!(ran.code, 1, "{bit}: {}", ran.err);
    }
}

/// A program with a field of every type.
const EVERY_TYPE: &str = "record Inner { n: int, on: bool }
message Ask { n: int, on: bool, words: text, raw: bytes, who: address, when: duration, list: list<Inner>, ids: set<int>, names: map<text, list<bytes>>, inner: Inner }
message Other {}
message Answer { n: int }
state { seen: int = 0 }
on Ask(m) { seen += 1; reply Answer { n: m.list.len() } }
on Other { reply Answer { n: seen } }
";

#[test]
fn a_generated_trace_is_in_order_runs_and_depends_on_its_seed_alone() {
    let folder = folder("traces_generate");
    let program = file(&folder, "every.pasc", EVERY_TYPE);
    let generate = |name: &str, more: &[&str]| {
        let out = text(&folder.join(name));
        let ran = pasc(
            &[
                &["trace", "generate", &program, &out, "--count", "300"],
                more,
            ]
            .concat(),
        );
        assert_eq!(ran.code, 0, "{}", ran.err);
        out
    };
    let first = generate("a.jsonl", &["--seed", "5"]);
    let ran = pasc(&["trace", "verify", &program, &first]);
    assert!(ran.err.contains("300 records, all in order"), "{}", ran.err);
    let ran = pasc(&["run", &program, "--trace", &first]);
    assert!(
        ran.summary().starts_with("handled 300, sent 300,"),
        "{}",
        ran.err
    );
    let lines = std::fs::read_to_string(&first).unwrap();
    assert!(lines.contains("\"type\": \"Ask\"") && lines.contains("\"type\": \"Other\""));
    assert!(
        !lines.contains("Answer"),
        "nothing that the program does not handle"
    );
    let same = generate("b.frames", &["--seed", "5"]);
    assert_eq!(pasc(&["trace", "compare", &program, &first, &same]).code, 0);
    let other = generate("c.jsonl", &["--seed", "6"]);
    assert_eq!(
        pasc(&["trace", "compare", &program, &first, &other]).code,
        1
    );
    let few = generate(
        "d.jsonl",
        &["--message", "Other", "--from", "x", "--every", "0"],
    );
    let lines = std::fs::read_to_string(&few).unwrap();
    assert!(
        lines
            .lines()
            .all(|line| line.contains("\"from\": \"x\", \"type\": \"Other\""))
    );
    let ran = pasc(&["trace", "generate", &program, "-", "--message", "Othr"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("only Ask, Other; did you mean `Other`?"),
        "{}",
        ran.err
    );
}

#[test]
fn a_difference_of_traces_is_shown_whatever_their_forms() {
    let folder = folder("traces_compare");
    let binary = text(&folder.join("a.frames"));
    assert_eq!(
        pasc(&["trace", "convert", ACCEPTOR, TRACE, &binary]).code,
        0
    );
    let ran = pasc(&["trace", "compare", ACCEPTOR, TRACE, &binary]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "23 records, all the same\n")
    );
    let other = content(TRACE).replacen("\"slot\": 1,", "\"slot\": 2,", 1);
    let other = file(&folder, "other.jsonl", other);
    let ran = pasc(&["trace", "compare", ACCEPTOR, &binary, &other]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!(ran.err.replace(&text(&folder), "FOLDER"));
}

/// Fails when a key was put, never taken away, and put again after a third one.
const FAILING: &str = "message Put { key: int }
message Take { key: int }
state { keys: set<int>; total: int = 0 }
timer late
on Put(m) {
    if m.key in keys and 7 in keys { total = total / (m.key - m.key) }
    keys.insert(m.key)
}
on Take(m) { keys.remove(m.key); set late in 5us }
on timer late { total += 1 }
invariant \"few keys\" { keys.len() < 12 }
";

fn line(name: &str, key: u64, at: u64) -> String {
    format!(
        "{{\"at\": {at}, \"from\": \"a\", \"type\": \"{name}\", \"body\": {{\"key\": {key}}}}}\n"
    )
}

/// A trace of 300 messages in which few matter.
fn long_trace() -> String {
    let mut trace = String::new();
    for n in 0..300 {
        trace += &match n {
            90 => line("Put", 7, n),
            40 | 250 => line("Put", 3, n),
            n => line("Take", 20 + n % 9, n),
        };
    }
    trace
}

#[test]
fn a_trace_shrinks_to_what_its_failure_needs() {
    let folder = folder("traces_shrink");
    let program = file(&folder, "failing.pasc", FAILING);
    let trace = file(&folder, "t.jsonl", long_trace());
    let out = text(&folder.join("small.jsonl"));
    let shrink = ["trace", "shrink", &program, &trace, &out];
    for mode in common::MODES {
        let ran = pasc(&[&shrink[..], &["--mode", mode]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.err.contains("3 records of 300, after "), "{}", ran.err);
        assert!(
            ran.err
                .contains(&format!("runtime error R02 at {program}:6:46")),
            "{}",
            ran.err
        );
        let small = std::fs::read_to_string(&out).unwrap();
        assert_eq!(
            small,
            line("Put", 0, 40) + &line("Put", 7, 90) + &line("Put", 0, 250)
        );
    }
    assert_eq!(pasc(&["run", &program, "--trace", &out]).code, 3);
    let ran = pasc(&[&shrink[..], &["--timers", "auto"]].concat());
    assert!(ran.err.contains("3 records of 300"), "{}", ran.err);
    let ran = pasc(&[&shrink[..], &["--attempts", "4"]].concat());
    assert_eq!(ran.code, 6, "{}", ran.err);
}

/// Fails at a message with enough in it, after another one.
const LARGE: &str = "enum Kind { Small, Large(int, text) }
message Put { kind: Kind, names: map<text, list<int>>, note: option<text>, on: bool }
message First { b: bytes }
state { seen: int = 0 }
on First(m) { seen = m.b.len() }
on Put(m) {
    match m.kind {
        Kind.Large(n, _) if n >= 50 and seen > 2 => {
            let _ = 1 / (sum(xs.len() for _, xs in m.names) - 3)
        }
        _ => {}
    }
}
";

#[test]
fn values_of_what_is_left_shrink_too() {
    let folder = folder("traces_shrink_values");
    let program = file(&folder, "large.pasc", LARGE);
    let line = |name: &str, body: &str| {
        format!("{{\"at\": 5, \"from\": \"a\", \"type\": \"{name}\", \"body\": {body}}}\n")
    };
    let kind = |n: i64, t: &str| format!("{{\"Large\": [{n}, \"{t}\"]}}");
    let put = |kind: &str, names: &str, note: &str, on: bool| {
        let body =
            format!("{{\"kind\": {kind}, \"names\": {names}, \"note\": {note}, \"on\": {on}}}");
        line("Put", &body)
    };
    let names = "{\"aa\": [1, 2], \"bcd\": [7]}";
    let before = line("First", "{\"b\": \"abcdefgh\"}")
        + &put(&kind(7, "x"), "{}", "null", false)
        + &put(&kind(1234, "text"), names, "\"note\"", true);
    let trace = file(&folder, "t.jsonl", before);
    let out = text(&folder.join("small.jsonl"));
    let ran = pasc(&["trace", "shrink", &program, &trace, &out]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("2 records of 3"), "{}", ran.err);
    let small = std::fs::read_to_string(&out).unwrap();
    let after = line("First", "{\"b\": \"abc\"}")
        + &put(&kind(50, ""), "{\"\": [0, 0], \"b\": [0]}", "null", false);
    // The time stands still after the first record.
    let after = after.replace("}}\n{\"at\": 5, ", "}}\n{");
    assert_eq!(small, after);
    let ran = pasc(&[
        "trace",
        "shrink",
        &program,
        &trace,
        &out,
        "--attempts",
        "12",
    ]);
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(ran.err.contains("or smaller values"), "{}", ran.err);
}

#[test]
fn a_violated_invariant_shrinks_too_and_a_trace_without_failure_does_not() {
    let folder = folder("traces_shrink_invariant");
    let program = file(&folder, "failing.pasc", FAILING);
    let lines = (0..60).map(|n| match n % 3 {
        0 => line("Put", 100 + n, n),
        _ => line("Take", n, n),
    });
    let trace = file(&folder, "t.jsonl", lines.collect::<String>());
    let out = text(&folder.join("small.jsonl"));
    let ran = pasc(&["trace", "shrink", &program, &trace, &out]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("12 records of 60"), "{}", ran.err);
    assert!(
        ran.err.contains("the invariant \"few keys\" is violated"),
        "{}",
        ran.err
    );
    let ran = pasc(&["trace", "shrink", ACCEPTOR, TRACE, &out]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("runs without failure"), "{}", ran.err);
}
