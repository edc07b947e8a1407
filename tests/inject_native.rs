//! `pasc inject --level native`: faults in this very binary while it runs, each placed at one instruction.
//!
//! Where a process may not trace its child these tests fail and say so.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;
use common::{Ran, folder, pasc, text};
use std::path::PathBuf;

const PROGRAM: &str = "examples/counter/counter.pasc";

/// The first inputs of the example's trace: every instruction of them is stepped through.
fn trace(folder: &str, inputs: usize) -> PathBuf {
    let path = common::folder(folder).join("trace.jsonl");
    let lines = common::content("examples/counter/trace.jsonl");
    let lines: Vec<&str> = lines.lines().take(inputs).collect();
    std::fs::write(&path, lines.join("\n") + "\n").expect("written");
    path
}

fn inject(trace: &str, options: &[&str]) -> Ran {
    let ran = pasc(
        &[
            &["inject", PROGRAM, "--trace", trace, "--level", "native"],
            options,
        ]
        .concat(),
    );
    assert!(
        !ran.err.contains("ptrace must be allowed"),
        "these tests need ptrace: {}",
        ran.err
    );
    ran
}

/// The report of a campaign, without what clocks say.
fn report(trace: &str, name: &str, options: &[&str]) -> (i32, serde_json::Value) {
    let json = folder(name).join("report.json");
    let ran = inject(trace, &[options, &["--json", &text(&json)]].concat());
    let report = std::fs::read_to_string(&json).unwrap_or_else(|_| panic!("{}", ran.err));
    let mut report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let fields = report.as_object_mut().expect("an object");
    for clock in ["seconds", "faults_per_second"] {
        assert!(fields.remove(clock).is_some(), "{clock}");
    }
    (ran.code, report)
}

#[test]
fn a_few_faults_in_lockstep_are_not_silent_and_their_totals_do_not_depend_on_threads() {
    let trace = text(&trace("native_lockstep", 2));
    let (code, two) = report(&trace, "native_two", &["--samples", "40"]);
    assert_eq!(code, 0, "{two}");
    let number = |field: &str| two[field].as_u64().expect(field);
    assert_eq!(number("sdc"), 0);
    assert_eq!(number("injected") + number("missed"), 40);
    assert!(number("effective") > 0 && number("masked") > 0, "{two}");
    assert_eq!(two["level"], "native");
    let (_, one) = report(&trace, "native_one", &["--samples", "40", "--threads", "1"]);
    assert_eq!(one, two);
}

#[test]
fn plain_is_silently_corrupted_and_a_replay_shows_it_again() {
    let trace = text(&trace("native_plain", 2));
    let options = ["--samples", "150", "--mode", "plain", "--only", "memory"];
    let (code, report) = report(&trace, "native_control", &options);
    assert_eq!(code, 1, "{report}");
    assert!(report["sdc"].as_u64().expect("a number") > 0, "{report}");
    let silent = &report["sdc_list"][0];
    let fault = silent["fault"].as_str().expect("a name");
    let again = || inject(&trace, &["--mode", "plain", "--replay", fault]);
    let (first, second) = (again(), again());
    assert_eq!(first.code, 1, "{}", first.err);
    assert!(first.err.starts_with("plain: sdc: "), "{}", first.err);
    assert_eq!(first.err, second.err);
}

#[test]
fn what_is_no_fault_of_this_level_is_refused_with_a_reason() {
    let trace = text(&trace("native_refused", 1));
    for (options, says) in [
        (vec!["--only", "register"], "did you mean `registers`?"),
        (vec!["--campaign", "bases"], "`--campaign` is not for"),
        (vec!["--without", "bases"], "`--without` is not for"),
        (vec!["--mutate"], "`--mutate` is not for"),
        (vec!["--html", "x.html"], "`--html` is not for"),
        (vec!["--resume", "x"], "`--resume` is not for"),
        (vec!["--happening", "both"], "`--happening` is not for"),
        (vec!["--replay", "1:2:rex:3"], "`1:2:rex:3` is no fault"),
        (vec!["--replay", "1:2:rax:64"], "`rax` has no bit 64"),
        (vec!["--replay", "9:2:rax:6"], "the trace has inputs 1 to "),
        (
            vec!["--replay", "1:99999999:rax:6"],
            "input 1 has instructions 0 to ",
        ),
    ] {
        let ran = inject(&trace, &options);
        assert_eq!(ran.code, 2, "{options:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{options:?}: {}", ran.err);
    }
    let empty = common::file(&folder("native_empty"), "empty.jsonl", "");
    let ran = inject(&empty, &[]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("the trace has no inputs"), "{}", ran.err);
}

#[test]
fn the_process_under_test_alone_ends_by_itself() {
    let ran = pasc(&["inject-native-process"]);
    assert_eq!(ran.code, 7, "{}", ran.err);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
}
