//! Drafts of well-known protocols, which show what the language lacks before more stands on it: each
//! checks without a warning, passes its tests in every mode, and is as long as a draft should be.

mod common;
use common::{content, pasc, root};

fn drafts() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("tests/drafts")).expect("there are drafts");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    let mut names: Vec<String> = names
        .map(|name| name.expect("text"))
        .filter(|name| name.ends_with(".pasc"))
        .collect();
    names.sort();
    names
}

#[test]
fn every_draft_is_there() {
    let expected = [
        "multi_paxos.pasc",
        "pbft.pasc",
        "simple_kv.pasc",
        "zookeeper.pasc",
    ];
    assert_eq!(drafts(), expected);
}

#[test]
fn drafts_check_without_a_warning_and_have_the_layout_of_all_programs() {
    for name in drafts() {
        let path = format!("tests/drafts/{name}");
        let lines = content(&path).lines().count();
        assert!((100..=200).contains(&lines), "{name} has {lines} lines");
        let ran = pasc(&["check", &path]);
        assert_eq!((ran.code, ran.err.as_str()), (0, "1 file without errors\n"));
        let ran = pasc(&["fmt", "--check", &path]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}

#[test]
fn drafts_pass_their_tests_in_every_mode() {
    for name in drafts() {
        let path = format!("tests/drafts/{name}");
        let tests = content(&path)
            .lines()
            .filter(|line| line.starts_with("test "))
            .count();
        assert!(tests >= 2, "{name} has {tests} tests");
        let ran = pasc(&["test", &path]);
        let passed = 3 * tests;
        let summary = format!("{passed} tests passed, 0 failed (plain, lockstep, sequential)");
        assert_eq!((ran.code, ran.summary()), (0, summary.as_str()), "{name}");
    }
}
