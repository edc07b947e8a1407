//! Timers and the start in traces: which line fires what, and what is refused.

mod common;
use common::{content, folder, pasc, text};

const PROGRAM: &str = "message Set { key: int }
message Fired { key: int, at: duration }
timer one(int)
timer other
state { started: int = 0; last: address = self }
on start { started += 1; set other in 5us }
on Set(m) { last = sender; set one(m.key) in 10us }
on timer one(key) { send last, Fired { key, at: now } }
on timer other { send \"p\", Fired { key: started, at: now } }
";

/// Runs the program with a trace: code, outputs and report.
fn run(name: &str, trace: &str) -> common::Ran {
    let folder = folder(name);
    let (program, lines) = (folder.join("timers.pasc"), folder.join("trace.jsonl"));
    std::fs::write(&program, PROGRAM).expect("written");
    std::fs::write(&lines, trace).expect("written");
    pasc(&["run", &text(&program), "--trace", &text(&lines)])
}

#[test]
fn a_line_fires_the_timer_that_is_set_with_its_key() {
    let ran = run(
        "timers_fire",
        "{\"at\": 100, \"from\": \"a\", \"type\": \"Set\", \"body\": {\"key\": 1}}
{\"from\": \"a\", \"type\": \"Set\", \"body\": {\"key\": 2}}
{\"at\": 110, \"timer\": \"one\", \"key\": 2}
{\"timer\": \"other\"}
{\"at\": 200, \"timer\": \"one\", \"key\": 1}
",
    );
    let outputs: Vec<&str> = ran.out.lines().collect();
    assert_eq!(outputs.len(), 3, "{}", ran.out);
    assert!(
        outputs[0].contains("{\"key\": 2, \"at\": 110}"),
        "{}",
        ran.out
    );
    assert!(
        outputs[1].contains("{\"key\": 1, \"at\": 110}"),
        "{}",
        ran.out
    );
    assert!(
        outputs[2].contains("{\"key\": 1, \"at\": 200}"),
        "{}",
        ran.out
    );
    // The start is one of six inputs.
    assert!(ran.summary().starts_with("handled 6,"), "{}", ran.err);
}

#[test]
fn a_damaged_record_moves_no_clock_and_starts_nothing() {
    let folder = folder("timers_damaged");
    let (program, lines) = (folder.join("timers.pasc"), folder.join("trace.jsonl"));
    std::fs::write(&program, PROGRAM).expect("written");
    let set = "\"from\": \"a\", \"type\": \"Set\", \"body\": {\"key\": 1}";
    for late in [1_000_u64, u64::MAX / 2 + 1, u64::MAX] {
        let damaged = format!("{{\"at\": {late}, \"ordinal\": 1, {set}, \"record_crc\": 1}}\n");
        let trace = format!(
            "{damaged}{{\"at\": 100, \"ordinal\": 2, {set}}}\n{damaged}{{\"at\": 112, \"ordinal\": 3, {set}}}\n"
        );
        std::fs::write(&lines, &trace).expect("written");
        let run = |timers: &str| {
            let (program, lines) = (text(&program), text(&lines));
            pasc(&["run", &program, "--trace", &lines, "--timers", timers])
        };
        let by_trace = run("trace");
        assert_eq!(by_trace.code, 0, "{late}: {}", by_trace.err);
        let counts = by_trace.summary();
        assert!(
            counts.starts_with("handled 3, sent 3, unhandled 0, refused 2"),
            "{counts}"
        );
        let auto = run("auto");
        let outputs: Vec<&str> = auto.out.lines().collect();
        // Started at 100, so that the timers fire at 105 and 110.
        assert_eq!(outputs.len(), 2, "{late}: {}", auto.out);
        assert!(
            outputs[0].contains("{\"key\": 1, \"at\": 105}"),
            "{}",
            auto.out
        );
        assert!(
            outputs[1].contains("{\"key\": 1, \"at\": 110}"),
            "{}",
            auto.out
        );
        assert!(auto.summary().contains("refused 2"), "{}", auto.err);
    }
}

#[test]
fn a_timer_that_is_not_set_or_not_due_is_refused() {
    let ran = run(
        "timers_refused",
        "{\"from\": \"a\", \"type\": \"Set\", \"body\": {\"key\": 1}}
{\"at\": 9, \"timer\": \"one\", \"key\": 1}
{\"at\": 10, \"timer\": \"one\", \"key\": 2}
{\"timer\": \"one\", \"key\": 1}
{\"timer\": \"one\", \"key\": 1}
",
    );
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert_eq!(ran.err.matches("refused F12").count(), 3, "{}", ran.err);
    assert!(ran.summary().contains("refused 3"), "{}", ran.err);
}

#[test]
fn a_trace_that_starts_the_program_itself_starts_it_once() {
    let ran = run(
        "timers_start",
        "{\"at\": 7, \"start\": true}
{\"start\": true}
{\"at\": 12, \"timer\": \"other\"}
",
    );
    assert!(ran.out.contains("{\"key\": 1, \"at\": 12}"), "{}", ran.out);
    assert_eq!(ran.err.matches("refused F13").count(), 1, "{}", ran.err);
}

#[test]
fn lines_that_name_no_timer_of_the_program_are_malformed() {
    for (line, says) in [
        ("{\"timer\": \"on\"}", "no timer `on`"),
        ("{\"timer\": \"one\"}", "`key` is missing"),
        ("{\"timer\": \"other\", \"key\": 1}", "has no key"),
        ("{\"timer\": \"one\", \"key\": \"x\"}", "key"),
        (
            "{\"timer\": \"other\", \"from\": \"x\"}",
            "unknown key `from`",
        ),
        ("{\"start\": 1}", "`start` is `true`"),
    ] {
        let ran = run("timers_malformed", &format!("{line}\n"));
        assert_eq!(ran.code, 5, "{line}: {}", ran.err);
        assert!(ran.err.contains(says), "{line}: {}", ran.err);
    }
}

#[test]
fn firings_survive_the_binary_form() {
    let folder = folder("timers_converted");
    let (frames, lines) = (folder.join("t.frames"), folder.join("t.jsonl"));
    let program = "examples/lease/lease.pasc";
    let trace = "examples/lease/trace.jsonl";
    let there = pasc(&["trace", "convert", program, trace, &text(&frames)]);
    assert_eq!(there.code, 0, "{}", there.err);
    let back = pasc(&["trace", "convert", program, &text(&frames), &text(&lines)]);
    assert_eq!(back.code, 0, "{}", back.err);
    let converted = std::fs::read_to_string(&lines).expect("read");
    assert_eq!(converted, content(trace));
    let ran = pasc(&["run", program, "--trace", &text(&frames)]);
    assert_eq!(ran.out, content("examples/lease/expected.jsonl"));
}
