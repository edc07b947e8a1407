//! `pasc test`: filter, reports for machines, differences for people, and the watch.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{command, file, folder, pasc, text};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const PROGRAM: &str = r#"record Vote { ballot: int, value: bytes }
message Ask { n: int }
message Told { votes: map<int, Vote>, list: list<int> }
state { total: int = 0 }
on Ask(m) {
    total += m.n
    reply Told { votes: {n: Vote { ballot: n, value: b"v" } for n in [1, m.n]}, list: [1, m.n] }
}
test "it <adds>" {
    send Ask { n: 2 } from "a"
    expect Told { list: [1, 2] }
    assert total == 2
}
test "deep inside" {
    send Ask { n: 3 } from "a"
    expect Told { votes: {1: Vote { ballot: 1, value: b"w" }, 2: Vote { ballot: 2, value: b"v" }}, list: [1, 4] } to "a"
}
test "in another order" {
    send Ask { n: 3 } from "a"
    send Ask { n: 4 } from "b"
    expect Told to "b"
}
"#;

fn program(name: &str) -> String {
    file(&folder(name), "votes.pasc", PROGRAM)
}

#[test]
fn a_difference_shows_the_innermost_values() {
    let program = program("tester_difference");
    let ran = pasc(&["test", &program, "--mode", "plain"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!(ran.err.replace(&program, "votes.pasc"));
}

#[test]
fn a_filter_picks_tests_by_name() {
    let program = program("tester_filter");
    let ran = pasc(&["test", &program, "--filter", "adds"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.summary(),
        "3 tests passed, 0 failed (plain, lockstep, sequential)"
    );
    let ran = pasc(&["test", &program, "--filter", "multiplies"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let said = "no test has `multiplies` in its name; there are \"it <adds>\", \"deep inside\"";
    assert!(ran.err.contains(said), "{}", ran.err);
}

#[test]
fn each_test_is_a_json_object() {
    let program = program("tester_json");
    let ran = pasc(&["test", &program, "--json", "--mode", "lockstep"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let objects: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let outcomes: Vec<_> = objects
        .iter()
        .map(|object| object["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["passed", "failed", "failed"]);
    assert_eq!(objects[0]["line"], 9);
    assert_eq!(objects[1]["failed_line"], 16);
    assert_eq!(objects[0]["message"], serde_json::Value::Null);
    assert!(
        objects[1]["message"]
            .as_str()
            .unwrap()
            .contains("list[1]: expected 4, got 3")
    );
}

#[test]
fn a_junit_report_holds_every_test_and_every_broken_file() {
    let folder = folder("tester_junit");
    let program = file(&folder, "votes.pasc", PROGRAM);
    let broken = file(&folder, "broken.pasc", "message A { x: itn }\n");
    let junit = text(&folder.join("report.xml"));
    let ran = pasc(&[
        "test", &program, &broken, "--junit", &junit, "--mode", "plain",
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let report = std::fs::read_to_string(&junit).unwrap();
    let times = report.split("time=\"").skip(1);
    times.for_each(|time| assert!(time.split('"').next().unwrap().parse::<f64>().unwrap() < 60.0));
    let mut shown = report.replace(&text(&folder), "FOLDER");
    for time in report.split("time=\"").skip(1) {
        shown = shown.replace(
            &format!("time=\"{}\"", time.split('"').next().unwrap()),
            "time=…",
        );
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_watch_runs_again_after_a_change_and_stops_with_its_input() {
    let folder = folder("tester_watch");
    let program = file(&folder, "votes.pasc", PROGRAM);
    let mut child = command(&[
        "test", &program, "--watch", "--filter", "deep", "--mode", "plain",
    ])
    .stdin(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut wait_for = |wanted: &str| {
        let found = lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(wanted));
        assert!(found.is_some(), "{wanted} did not come");
    };
    wait_for("0 tests passed, 1 failed");
    wait_for("watching for changes");
    let mended = PROGRAM
        .replace("b\"w\"", "b\"v\"")
        .replace("2: Vote { ballot: 2", "3: Vote { ballot: 3")
        .replace("[1, 4]", "[1, 3]");
    file(&folder, "votes.pasc", mended);
    wait_for("1 test passed, 0 failed");
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
