//! Every example runs with its trace alone and sends what it says, byte for byte, in every mode and
//! from its built program too.

mod common;
use common::{MODES, content, folder, pasc, root, text};

/// The names of the examples' folders.
fn examples() -> Vec<String> {
    let folders = std::fs::read_dir(root().join("examples")).expect("there are examples");
    let mut names: Vec<String> = folders
        .map(|entry| {
            entry
                .expect("the folder is read")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect();
    names.sort();
    assert!(names.len() >= 2, "{names:?}");
    names
}

#[test]
fn outputs_are_the_expected_ones_in_every_mode() {
    for name in examples() {
        let program = format!("examples/{name}/{name}.pasc");
        let trace = format!("examples/{name}/trace.jsonl");
        let expected = content(&format!("examples/{name}/expected.jsonl"));
        assert!(
            content(&trace).lines().count() >= 20,
            "{name} has a trace worth the name"
        );
        for mode in MODES {
            let ran = pasc(&["run", &program, "--trace", &trace, "--mode", mode]);
            assert_eq!(ran.out, expected, "{name}, {mode}");
            assert_eq!(ran.code, 0, "{name}, {mode}: {}", ran.err);
            assert_eq!(ran.err.lines().count(), 1, "only the summary: {}", ran.err);
            assert!(
                ran.summary().contains("refused 0, failed 0"),
                "{}",
                ran.summary()
            );
        }
    }
}

#[test]
fn a_built_program_sends_the_same() {
    let folder = folder("examples_built");
    for name in examples() {
        let built = text(&folder.join(format!("{name}.pascb")));
        let ran = pasc(&[
            "build",
            &format!("examples/{name}/{name}.pasc"),
            "-o",
            &built,
        ]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let trace = format!("examples/{name}/trace.jsonl");
        let ran = pasc(&["run", &built, "--trace", &trace]);
        assert_eq!(
            ran.out,
            content(&format!("examples/{name}/expected.jsonl")),
            "{name}"
        );
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}

#[test]
fn frames_are_those_that_the_lines_stand_for() {
    for name in examples() {
        let program = format!("examples/{name}/{name}.pasc");
        let trace = format!("examples/{name}/trace.jsonl");
        let args = ["run", &program, "--trace", &trace, "--output", "frames"];
        let frames = common::command(&args)
            .output()
            .expect("the command starts")
            .stdout;
        let mut rest = frames.as_slice();
        for (index, line) in content(&format!("examples/{name}/expected.jsonl"))
            .lines()
            .enumerate()
        {
            let length = pasc_vm::frame::length(rest).expect("a frame");
            let (frame, after) = rest.split_at(length);
            let frame = pasc_vm::frame::Frame::parse(frame).expect("an intact frame");
            assert_eq!(frame.sender, name);
            assert_eq!(frame.number, index as u64 + 1);
            assert!(
                line.starts_with(&format!("{{\"to\": \"{}\", ", frame.destination)),
                "{line}"
            );
            assert!(
                line.ends_with(&format!("\"crc\": {}}}", frame.crc)),
                "{line}"
            );
            rest = after;
        }
        assert!(rest.is_empty(), "{name}: {} bytes too many", rest.len());
    }
}

#[test]
fn tests_inside_of_the_examples_pass() {
    for name in examples() {
        let ran = pasc(&["test", &format!("examples/{name}/{name}.pasc")]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(!ran.summary().starts_with("0 tests"), "{}", ran.err);
        assert!(
            ran.summary()
                .ends_with("0 failed (plain, lockstep, sequential)"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn invariants_hold_along_the_traces() {
    for name in examples() {
        let program = format!("examples/{name}/{name}.pasc");
        let trace = format!("examples/{name}/trace.jsonl");
        let ran = pasc(&["run", &program, "--trace", &trace, "--check"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(
            ran.out,
            content(&format!("examples/{name}/expected.jsonl")),
            "{name}"
        );
    }
}
