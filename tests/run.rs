//! What `pasc run` can do beyond running: comparing, looking into states, several processes, faults.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{content, file, folder, pasc};

const ACCEPTOR: &str = "examples/acceptor/acceptor.pasc";
const TRACE: &str = "examples/acceptor/trace.jsonl";
const EXPECTED: &str = "examples/acceptor/expected.jsonl";
const LEASE: &str = "examples/lease/lease.pasc";

/// Adds numbers up, and asks itself for the sum some time later.
const SUMS: &str = "param step: int = 1
message Add { by: int }
message Sum { total: int }
timer tell
state { total: int = 0; watcher: address = \"nobody\"; log: list<int> }
on start { set tell in 10us }
on Add(m) {
    watcher = sender
    total += m.by * step
    log.push(random(1000))
}
on timer tell {
    send watcher, Sum { total }
    set tell in 10us
}
invariant \"the total is small\" { total < 1000 }
";

fn add(at: u64, by: i64) -> String {
    format!("{{\"at\": {at}, \"from\": \"c\", \"type\": \"Add\", \"body\": {{\"by\": {by}}}}}\n")
}

/// Writes the program and a trace of sums; the arguments that run them.
fn sums(name: &str, trace: &str) -> Vec<String> {
    let folder = folder(name);
    let program = file(&folder, "sums.pasc", SUMS);
    let trace = file(&folder, "trace.jsonl", trace);
    ["run", &program, "--trace", &trace]
        .map(str::to_owned)
        .to_vec()
}

fn run(args: &[String], more: &[&str]) -> common::Ran {
    let args: Vec<&str> = args
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    pasc(&args)
}

/// The text without the folder of the test.
fn bare(text: &str, args: &[String]) -> String {
    let folder = args[1].strip_suffix("sums.pasc").unwrap();
    text.replace(folder, "")
}

#[test]
fn outputs_that_are_expected_end_with_0_and_are_not_written() {
    let ran = pasc(&["run", ACCEPTOR, "--trace", TRACE, "--expect", EXPECTED]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    // The same objects in other words, without CRC.
    let bare: String = content(EXPECTED)
        .lines()
        .map(|line| {
            let mut object: serde_json::Value = serde_json::from_str(line).unwrap();
            object.as_object_mut().unwrap().remove("crc");
            format!("{object}\n")
        })
        .collect();
    let expected = file(&folder("run_bare"), "bare.jsonl", bare);
    let ran = pasc(&["run", ACCEPTOR, "--trace", TRACE, "--expect", &expected]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn outputs_that_are_not_expected_end_with_1_and_show_the_difference() {
    let folder = folder("run_expect");
    let other = content(EXPECTED).replacen("\"ballot\": 7", "\"ballot\": 8", 1);
    let shorter = content(EXPECTED)
        .lines()
        .take(3)
        .collect::<Vec<_>>()
        .join("\n");
    let longer = content(EXPECTED) + "{\"to\": \"p9\"}\n";
    let mut shown = String::new();
    for (name, text) in [("other", other), ("shorter", shorter), ("longer", longer)] {
        let expected = file(&folder, &format!("{name}.jsonl"), text);
        let ran = pasc(&["run", ACCEPTOR, "--trace", TRACE, "--expect", &expected]);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
        shown += &ran.err.replace(&common::text(&folder), "FOLDER");
    }
    insta::assert_snapshot!(shown);
    let ran = pasc(&["run", ACCEPTOR, "--trace", TRACE, "--expect", "missing"]);
    assert_eq!(ran.code, 5, "{}", ran.err);
}

#[test]
fn the_state_is_written_at_the_end_or_as_it_changes() {
    let args = sums("run_state", &(add(5, 1) + &add(12, 2) + &add(15, -900)));
    let ran = run(&args, &["--timers", "auto", "--state"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let last: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["state"]["total"], -897);
    let ran = run(
        &args,
        &["--timers", "auto", "--state=changes", "--until", "4"],
    );
    insta::assert_snapshot!(bare(&(ran.out + &ran.err), &args));
}

#[test]
fn a_run_ends_after_as_many_inputs_as_it_is_told() {
    for (until, handled) in [("0", "handled 0"), ("3", "handled 3"), ("99", "handled 21")] {
        let ran = pasc(&["run", ACCEPTOR, "--trace", TRACE, "--until", until]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.summary().starts_with(handled), "{until}: {}", ran.err);
    }
}

#[test]
fn timers_fire_by_themselves_as_time_goes_on() {
    let args = sums("run_timers", &(add(5, 1) + &add(12, 2) + &add(47, 3)));
    let ran = run(&args, &["--timers", "auto"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // The start is at 5, so that the timer fires at 15, 25, 35 and 45.
    let totals: Vec<bool> = ran
        .out
        .lines()
        .map(|line| line.contains("{\"total\": 3}"))
        .collect();
    assert_eq!(totals, [true; 4], "{}", ran.out);
    assert_eq!(run(&args, &[]).out, "", "without it the trace fires them");
    // What a trace of an example fires by hand, this fires too, and at the same time.
    let only_messages: String = content("examples/lease/trace.jsonl")
        .lines()
        .filter(|line| !line.contains("\"timer\""))
        .map(|line| format!("{line}\n"))
        .collect();
    let trace = file(&folder("run_timers_lease"), "t.jsonl", only_messages);
    let ran = pasc(&["run", LEASE, "--trace", &trace, "--timers", "auto"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("\"type\": \"Lost\""), "{}", ran.out);
}

#[test]
fn endless_consequences_are_undecided() {
    let folder = folder("run_endless");
    let program = "message Go {}\ntimer again\non Go { set again in 0s }\non timer again { set again in 0s }\n";
    let program = file(&folder, "endless.pasc", program);
    let lines = "{\"from\": \"a\", \"type\": \"Go\", \"body\": {}}\n{\"at\": 5, \"from\": \"a\", \"type\": \"Go\", \"body\": {}}\n";
    let trace = file(&folder, "t.jsonl", lines);
    let args = [
        "run", &program, "--trace", &trace, "--timers", "auto", "--mode", "plain",
    ];
    let ran = pasc(&args);
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(
        ran.err.contains("after 100000 messages and timers"),
        "{}",
        ran.err
    );
}

#[test]
fn random_numbers_depend_on_the_seed_alone() {
    let args = sums("run_seed", &(add(5, 1) + &add(6, 1) + &add(7, 1)));
    let state = |more: &[&str]| run(&args, &[&["--state"], more].concat()).out;
    assert_eq!(state(&[]), state(&["--seed", "0"]));
    assert_eq!(
        state(&["--seed", "7"]),
        state(&["--seed", "7", "--mode", "plain"])
    );
    assert_ne!(state(&[]), state(&["--seed", "7"]));
}

#[test]
fn counts_are_told_to_people_or_as_json() {
    let args = sums("run_stats", &(add(5, 1) + &add(12, 2)));
    let ran = run(&args, &["--stats=json"]);
    insta::assert_snapshot!(ran.out);
    let ran = run(&args, &["--stats"]);
    for word in ["3 inputs in ", "on Add", "on start", "words of state"] {
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
    }
}

#[test]
fn malformed_lines_are_skipped_on_request() {
    let args = sums("run_skip", &(add(5, 1) + "oops\n" + &add(12, 2)));
    assert_eq!(run(&args, &[]).code, 5);
    let ran = run(&args, &["--skip-malformed", "--state"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("\"total\": 3"), "{}", ran.out);
    assert!(ran.summary().ends_with("malformed 1"), "{}", ran.err);
}

/// A ring of processes that pass a number on, each adding one.
const RING: &str = "param next: address
message Token { hops: int }
state { seen: int = 0 }
on Token(m) {
    seen += 1
    if m.hops > 0 { send next, Token { hops: m.hops - 1 } }
}
";

#[test]
fn several_processes_send_to_each_other_in_order() {
    let folder = folder("run_ring");
    let ring = file(&folder, "ring.pasc", RING);
    let lines = "{\"to\": \"b\", \"from\": \"x\", \"type\": \"Token\", \"body\": {\"hops\": 4}}\n\
        {\"from\": \"x\", \"type\": \"Token\", \"body\": {\"hops\": 1}}\n";
    let trace = file(&folder, "t.jsonl", lines);
    let (b, c) = (format!("b={ring}"), format!("c={ring}"));
    let args = [
        "run",
        &ring,
        "--self",
        "a",
        "--process",
        &b,
        "--process",
        &c,
        "--trace",
        &trace,
        "--param",
        "a/next=b",
        "--param",
        "b/next=c",
        "--param",
        "c/next=a",
        "--state",
    ];
    let ran = pasc(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out + &ran.err);
    for mode in common::MODES {
        let again = pasc(&[&args[..], &["--mode", mode]].concat());
        assert_eq!(again.out, pasc(&args).out, "{mode}");
    }
    let unknown = file(&folder, "u.jsonl", lines.replace("\"b\"", "\"bb\""));
    let mut wrong = args;
    wrong[9] = &unknown;
    let ran = pasc(&wrong);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(
        ran.err
            .contains("there is no process `bb`; there are a, b, c; did you mean `b`?"),
        "{}",
        ran.err
    );
    let ran = pasc(&[&args[..], &["--param", "d/next=a"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("there is no process `d`"), "{}", ran.err);
    let ran = pasc(&[&args[..], &["--process", &b]].concat());
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn a_flipped_bit_is_found_by_two_copies_and_spreads_from_one() {
    let args = sums("run_flip", &(add(5, 1) + &add(12, 2) + &add(25, 3)));
    let flip = |location: &str, mode: &str| {
        run(
            &args,
            &["--timers", "auto", "--flip", location, "--mode", mode],
        )
    };
    // Input 4 is the timer, which reads the total.
    let ran = flip("4:state.total:9", "plain");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("{\"total\": 515}"), "{}", ran.out);
    for location in [
        "4:state.total:9",
        "4:replica.total:9",
        "4:code.tell+2:33",
        "4:replica-code.tell:33",
    ] {
        let ran = flip(location, "lockstep");
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (4, ""),
            "{location}: {}",
            ran.err
        );
        assert!(
            ran.err
                .contains(&format!("flipped {location} before input 4")),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("trap T"), "{}", ran.err);
    }
    let ran = flip("2:frame@30:1", "lockstep");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err
            .contains("refused F05: the frame's CRC does not match"),
        "{}",
        ran.err
    );
}

#[test]
fn the_guide_shows_what_a_fault_does() {
    let guide = content("docs/command.md");
    let mut commands = guide
        .lines()
        .filter_map(|line| line.strip_prefix("pasc ").filter(|l| l.contains("--flip")));
    let mut run = |code: i32| {
        let args: Vec<&str> = commands.next().unwrap().split(' ').collect();
        let ran = pasc(&args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.err);
        ran.err
    };
    let lockstep = run(4);
    assert!(
        lockstep.contains("trap T01") && !lockstep.contains("the outputs are not"),
        "{lockstep}"
    );
    let plain = run(1);
    assert!(
        plain.contains("= body.total: expected 7, got 39"),
        "{plain}"
    );
}

#[test]
fn a_flip_that_cannot_be_says_what_can() {
    let args = sums("run_flip_wrong", &add(5, 1));
    let mut shown = String::new();
    for location in [
        "state.total:3",
        "0:state.total:3",
        "1:state.totl:3",
        "1:state.total+1:3",
        "1:stat.total:3",
        "1:state:3",
        "1:state.total:64",
        "1:frame@1:8",
        "1:frame@1000:7",
        "1:state@99999:7",
        "1:code.Ad:7",
        "1:code.Add+500:7",
        "99:state.total:3",
    ] {
        let ran = run(&args, &["--flip", location]);
        assert_eq!(ran.code, 2, "{location}: {}", ran.err);
        let error = ran.err.lines().filter(|line| !line.starts_with("handled"));
        shown += &(error.collect::<Vec<_>>().join("\n") + "\n");
    }
    let ran = run(&args, &["--flip", "1:replica.total:3", "--mode", "plain"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    insta::assert_snapshot!(shown + &ran.err);
}

#[test]
fn an_error_in_a_function_of_an_invariant_names_the_invariant_in_every_mode() {
    let folder = folder("run_invariant");
    let source = "message Add { n: int }\n\
        state { total: int = 1 }\n\
        fn share(n: int) -> int { 10 / n }\n\
        on Add(m) { total += m.n }\n\
        invariant \"there is a share\" { share(total) > 0 }\n";
    let program = file(&folder, "shares.pasc", source);
    let trace = r#"{"from": "p", "type": "Add", "body": {"n": -1}}"#;
    let trace = file(&folder, "trace.jsonl", trace);
    for mode in ["plain", "lockstep", "sequential"] {
        let ran = pasc(&[
            "run", &program, "--trace", &trace, "--check", "--mode", mode,
        ]);
        let place = "shares.pasc:3:27 in handler there is a share";
        assert!(ran.err.contains(place), "{mode}: {}", ran.err);
    }
}

#[test]
fn one_of_something_is_not_several() {
    let folder = folder("run_one");
    let counter = "examples/counter/counter.pasc";
    let line = r#"{"from": "a", "type": "Increment", "body": {"by": 1}}"#;
    let trace = file(&folder, "t.jsonl", line);
    let ran = pasc(&["run", counter, "--trace", &trace, "--stats"]);
    assert!(ran.err.contains("1 input in "), "{}", ran.err);
    let ran = pasc(&["profile", counter, "--trace", &trace]);
    assert!(ran.out.starts_with("1 input, "), "{}", ran.out);
    let ran = pasc(&["inject", counter, "--trace", &trace, "--level", "message"]);
    assert!(ran.err.contains("lockstep: 1 frame, "), "{}", ran.err);
}
