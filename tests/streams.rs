//! The standard streams: full, closed, slow, or in place of a file.

mod common;
use common::{command, content, pasc, pasc_with_input};
use std::process::Stdio;

const ACCEPTOR: &str = "examples/acceptor/acceptor.pasc";
const COUNTER: &str = "examples/counter/counter.pasc";
const TRACE: &str = "examples/acceptor/trace.jsonl";

#[test]
fn a_full_disk_ends_with_5() {
    let run = ["run", ACCEPTOR, "--trace", TRACE];
    let cases: [&[&str]; 4] = [
        &run,
        &["disasm", ACCEPTOR],
        &["--help"],
        &["build", ACCEPTOR, "-o", "-"],
    ];
    for args in cases {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("there is one");
        let output = command(args)
            .stdout(full)
            .output()
            .expect("the command starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{args:?}: {err}");
        assert!(
            err.contains("cannot be written: no space left"),
            "{args:?}: {err}"
        );
    }
    for args in [
        &["build", ACCEPTOR, "-o", "/dev/full"][..],
        &["trace", "convert", ACCEPTOR, TRACE, "/dev/full"],
    ] {
        let ran = pasc(args);
        assert_eq!(ran.code, 5, "{args:?}: {}", ran.err);
        assert!(
            ran.err.contains("/dev/full: cannot be written"),
            "{args:?}: {}",
            ran.err
        );
    }
}

#[test]
fn a_reader_that_goes_ends_the_command_quietly() {
    let folder = common::folder("streams_pipe");
    let line = content("examples/counter/trace.jsonl")
        .lines()
        .next()
        .map(str::to_owned);
    let line = line.expect("the trace has lines") + "\n";
    let trace = common::file(&folder, "trace.jsonl", line.repeat(20_000));
    for args in [
        &["run", COUNTER, "--trace", &trace][..],
        &["disasm", ACCEPTOR],
        &["--help"],
    ] {
        let mut child = command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the command ends");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn a_lost_standard_error_is_no_failure() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("there is one");
    let args = ["run", ACCEPTOR, "--trace", TRACE];
    let output = command(&args)
        .stderr(full)
        .output()
        .expect("the command starts");
    assert_eq!(output.status.code(), Some(0));
    let expected = content("examples/acceptor/expected.jsonl");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn an_answer_leaves_before_the_next_message_is_waited_for() {
    use std::io::{BufRead, BufReader, Write};
    let args = ["run", COUNTER, "--trace", "-"];
    let mut child = command(&args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    for total in 1..=3 {
        let line = r#"{"from": "a", "type": "Increment", "body": {"by": 1}}"#;
        writeln!(input, "{line}").expect("the command reads");
        let mut answer = String::new();
        output.read_line(&mut answer).expect("the command answers");
        assert!(answer.contains(&format!("\"total\": {total},")), "{answer}");
    }
    drop(input);
    assert_eq!(child.wait().expect("the command ends").code(), Some(0));
}

#[test]
fn a_trace_comes_from_the_standard_input_too() {
    let expected = content("examples/acceptor/expected.jsonl");
    let trace = content(TRACE);
    let ran = pasc_with_input(&["run", ACCEPTOR, "--trace", "-"], trace.as_bytes());
    assert_eq!((ran.code, ran.out), (0, expected));
}
