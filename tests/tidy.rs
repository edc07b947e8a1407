//! The style that a machine can check: sizes, comments, white space, things left behind.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
#[path = "common/expectations.rs"]
mod expectations;

use common::root;
use expectations::{Expectations, Found};
use std::path::{Path, PathBuf};

/// The most lines of a Rust file.
const MAX_LINES: usize = 500;

/// The files of the repository with their text, without those that are built or no text.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(&root(), &mut files);
    assert!(files.len() > 100, "{} files", files.len());
    files
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if name != "target" && (!name.starts_with('.') || name == ".ci") {
                collect(&path, files);
            }
        } else if name != ".git"
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            files.push((common::text(path.strip_prefix(root()).unwrap()), text));
        }
    }
}

/// The lines that break a rule, as `file:line`.
fn offences(applies: impl Fn(&str) -> bool, breaks: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files().iter().filter(|(name, _)| applies(name)) {
        for (index, line) in text.lines().enumerate().filter(|(_, line)| breaks(line)) {
            found.push(format!("{name}:{}: {line}", index + 1));
        }
    }
    found
}

fn is_rust(name: &str) -> bool {
    name.ends_with(".rs")
}

/// Text that people wrote, and not a tool.
fn is_written(name: &str) -> bool {
    !name.ends_with(".snap") && name != "Cargo.lock" && !name.starts_with("LICENSE")
}

#[test]
fn no_rust_file_is_too_long() {
    for (name, text) in files().iter().filter(|(name, _)| is_rust(name)) {
        let lines = text.lines().count();
        assert!(
            lines <= MAX_LINES,
            "{name} has {lines} lines: look for the seam"
        );
    }
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    for (name, text) in files().iter().filter(|(name, _)| is_rust(name)) {
        assert!(
            text.starts_with("//! "),
            "{name} does not begin with a `//!` comment"
        );
    }
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [
        "todo!",
        "unimplemented!",
        "dbg!",
        "#[ignore",
        "FIXME",
        "XXX",
    ]
    .map(str::to_owned);
    let this_file = |name: &str| name == "tests/tidy.rs";
    let found = offences(
        |name| is_rust(name) && !this_file(name),
        |line| marks.iter().any(|mark| line.contains(mark)),
    );
    assert_eq!(found, [""; 0]);
}

#[test]
fn no_line_ends_in_white_space_and_every_file_in_a_newline() {
    let found = offences(is_written, |line| line.ends_with([' ', '\t', '\r']));
    assert_eq!(found, [""; 0]);
    for (name, text) in files().iter().filter(|(name, _)| is_written(name)) {
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "{name} has no newline at its end"
        );
        assert!(!text.ends_with("\n\n"), "{name} ends in empty lines");
    }
}

#[test]
fn no_file_holds_a_path_of_somebodys_machine() {
    // Put together here, so that this file does not hold them.
    let paths = ["home", "root", "work", "Users"].map(|name| format!("/{name}/"));
    let found = offences(
        |_| true,
        |line| paths.iter().any(|path| line.contains(path)),
    );
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = common::content("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    for line in section
        .lines()
        .filter(|line| line.contains(" = ") && !line.contains("path = "))
    {
        assert!(line.contains(" # "), "no comment: {line}");
    }
}

#[test]
fn every_example_has_all_its_files() {
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let folder: PathBuf = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for file in [
            &format!("{name}.pasc"),
            "trace.jsonl",
            "expected.jsonl",
            "README.md",
        ] {
            assert!(
                folder.join(file).is_file(),
                "examples/{name}/{file} is missing"
            );
        }
    }
}

#[test]
fn a_language_test_that_expects_nothing_or_gibberish_is_refused() {
    for source in [
        "message A {}\n",
        "// expect okay\n",
        "// expect error E0100\n",
        "// expect error E0100 at x: text\n",
        "// expect ok\n// expect error E0100 at 1: text\n",
        "// expect ok\n// output {}\n",
        "// expect ok\n// expect runtime error R01 at 1: text\n",
    ] {
        assert!(Expectations::read(source).is_err(), "{source}");
    }
}

#[test]
fn a_language_test_notices_every_difference() {
    let report = "error[E0100]: no `x`\n --> a.pasc:2:5\n  = hint: `y`\n\nerror: a.pasc: 1 error\n";
    let compare = |source: &str, report: &str| {
        let expected = Expectations::read(source).unwrap();
        let found = Found::all(report, &["error[", "warning["]);
        expectations::compare(&expected.diagnostics, &found)
    };
    assert_eq!(compare("\n// expect error E0100 at 5: `y`", report), Ok(()));
    assert_eq!(
        compare("// expect error E0100 at 2:*: hint", report),
        Ok(())
    );
    for source in [
        "\n// expect error E0101 at 5: `y`",
        "\n// expect error E0100 at 6: `y`",
        "// expect error E0100 at 5: `y`",
        "\n// expect error E0100 at 5: `z`",
        "\n// expect error E0100 at 5: `y`\n// expect error E0100 at 6: z",
        "// expect ok",
    ] {
        assert!(compare(source, report).is_err(), "{source}");
    }
    assert!(compare("\n// expect error E0100 at 5: `y`", "").is_err());
}
