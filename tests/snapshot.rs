//! `pasc snapshot`, and `pasc-testing` in a project that `pasc new` made.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{Ran, command, content, file, folder, pasc, root, text};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project made by `pasc new`.
fn project(name: &str) -> PathBuf {
    let folder = folder(name);
    let made = command(&["new", "bank"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    folder.join("bank")
}

/// Changes the program of a project.
fn change(project: &Path, old: &str, new: &str) {
    let program = std::fs::read_to_string(project.join("bank.pasc")).unwrap();
    assert!(program.contains(old), "{old}");
    file(project, "bank.pasc", program.replace(old, new));
}

fn snapshot(project: &Path, more: &[&str]) -> Ran {
    let mut ran = pasc(&[&["snapshot", &text(project)], more].concat());
    ran.err = ran.err.replace(&text(project), "bank");
    ran
}

#[test]
fn a_changed_handler_is_named_and_shown() {
    let project = project("snapshot_changed");
    let ran = snapshot(&project, &[]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "1 snapshot as before, 0 not\n")
    );
    change(&project, "    total += m.by\n", "    total += m.by * 2\n");
    let ran = snapshot(&project, &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!(without_identity(&ran.err));
    let ran = snapshot(&project, &["--accept"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("bank/bank.pasc: changed: `on Add`\n"),
        "{}",
        ran.err
    );
    assert_eq!(snapshot(&project, &[]).code, 0);
}

#[test]
fn a_changed_handler_or_function_is_named_alone() {
    let project = project("snapshot_alone_changed");
    let more = "message Reset {}
message Big { n: int }
fn scaled(n: int) -> int { n * 2 }
on Reset { total = 0 }
on Big(m) { reply Total { total: scaled(m.n) } }

/// Small numbers";
    change(&project, "/// Small numbers", more);
    assert_eq!(snapshot(&project, &["--accept"]).code, 0);
    for (old, new, changed) in [
        ("{ total = 0 }", "{ total = scaled(1) }", "`on Reset`"),
        ("n * 2", "n * 3 + 1", "`function scaled(int) -> int`"),
        ("scaled(m.n)", "scaled(m.n) + 1", "`on Big`"),
    ] {
        change(&project, old, new);
        let ran = snapshot(&project, &[]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        let first = ran.err.lines().next().unwrap_or("");
        assert_eq!(first, format!("error: bank/bank.pasc: changed: {changed}"));
        assert_eq!(snapshot(&project, &["--accept"]).code, 0);
    }
}

#[test]
fn what_does_not_change_the_program_changes_no_snapshot() {
    let project = project("snapshot_same");
    change(
        &project,
        "/// Small numbers",
        "// Another line.\n\n/// Tiny numbers",
    );
    change(&project, "test \"what is sent", "test \"all that is sent");
    let ran = snapshot(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_change_in_one_handler_leaves_the_others_alone() {
    let folder = folder("snapshot_alone");
    let lease = content("examples/lease/lease.pasc");
    file(&folder, "lease.pasc", &lease);
    assert_eq!(pasc(&["snapshot", &text(&folder), "--accept"]).code, 0);
    // The first of many handlers grows, with a constant and a text of its own.
    let longer = lease.replacen(
        "    started = now\n",
        "    started = now + 77777777us\n    tokens = \"b12 @3\".len()\n",
        1,
    );
    file(&folder, "lease.pasc", longer);
    let ran = pasc(&["snapshot", &text(&folder)]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("lease.pasc: changed: `on start`\n"),
        "{}",
        ran.err
    );
    let renamed = lease
        .replace("message Watch", "message Look")
        .replace("on Watch", "on Look")
        .replace("send Watch", "send Look");
    file(&folder, "lease.pasc", renamed);
    let ran = pasc(&["snapshot", &text(&folder)]);
    let said = "lease.pasc: changed: `messages`; new: `on Look`; gone: `on Watch`\n";
    assert!(ran.err.contains(said), "{}", ran.err);
}

#[test]
fn missing_foreign_and_orphaned_snapshots_are_found() {
    let folder = folder("snapshot_odd");
    std::fs::create_dir_all(folder.join("deep/.hidden")).unwrap();
    file(&folder, "a.pasc", "message A {}\n");
    file(&folder, "b.pasc", "message A {}\n");
    file(&folder, "b.pasc.snap", "---\nsource: x\n---\nprogram b\n");
    file(&folder, "c.pasc", "message A {}\n");
    file(
        &folder,
        "c.pasc.snap",
        "---\ndescription: pasc snapshot, format 99\n---\nprogram c\n",
    );
    file(&folder, "deep/gone.pasc.snap", "---\n");
    file(&folder, "deep/bad.pasc", "message A { x: itn }\n");
    file(&folder, "deep/.hidden/d.pasc", "nonsense\n");
    let ran = pasc(&["snapshot", &text(&folder)]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!(ran.err.replace(&text(&folder), "FOLDER"));
    std::fs::remove_file(folder.join("deep/bad.pasc")).unwrap();
    assert_eq!(pasc(&["snapshot", &text(&folder), "--accept"]).code, 0);
    assert!(!folder.join("deep/gone.pasc.snap").exists());
    let ran = pasc(&["snapshot", &text(&folder)]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "3 snapshots as before, 0 not\n")
    );
    assert_eq!(pasc(&["snapshot", &text(&folder.join("deep"))]).code, 2);
    assert_eq!(pasc(&["snapshot", "no/such/folder"]).code, 5);
}

#[test]
fn a_program_that_does_not_compile_is_counted() {
    let project = project("snapshot_broken");
    file(&project, "broken.pasc", "message A {\n");
    let ran = snapshot(&project, &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(
        ran.summary(),
        "1 snapshot as before, 0 not, 1 program without bytecode"
    );
    let path = text(&project);
    let ran = pasc(&["fmt", &path]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(ran.summary(), "2 files, 0 changed, 1 with errors");
    let ran = pasc(&["test", &path, "--mode", "plain"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.summary()
            .ends_with(" 0 failed, 1 file could not be tested (plain)"),
        "{}",
        ran.err
    );
}

#[test]
fn a_snapshot_holds_no_folder_and_is_the_same_from_everywhere() {
    let project = project("snapshot_places");
    let kept = std::fs::read_to_string(project.join("bank.pasc.snap")).unwrap();
    assert!(
        !kept.contains('/') || !kept.contains("snapshot_places"),
        "{kept}"
    );
    let inside = command(&["snapshot"])
        .current_dir(&project)
        .output()
        .unwrap();
    assert_eq!(inside.status.code(), Some(0));
    insta::assert_snapshot!(without_identity(&kept));
}

/// The text with every identity left out: any change of the compiler changes it.
fn without_identity(text: &str) -> String {
    let mut parts = text.split("identity ");
    let mut bare = parts.next().unwrap().to_owned();
    for part in parts {
        bare += "identity …";
        bare += &part[16..];
    }
    bare
}

/// Runs the tests of a project with the `pasc-testing` of this repository, and nothing from the network.
fn cargo_test(project: &Path, accept: &str) -> (bool, String) {
    let target = PathBuf::from(env!("CARGO_BIN_EXE_pasc"));
    let target = target.parent().and_then(Path::parent).unwrap();
    let testing = format!(
        "patch.crates-io.pasc-testing.path={:?}",
        text(&root().join("testing"))
    );
    // The folder may lie below this workspace, to which the project does not belong.
    let package = std::fs::read_to_string(project.join("Cargo.toml")).unwrap();
    if !package.contains("[workspace]") {
        file(project, "Cargo.toml", package + "\n[workspace]\n");
    }
    std::fs::copy(root().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--quiet", "--config", &testing])
        .current_dir(project)
        .env("CARGO_TARGET_DIR", target)
        .env("PASC_ACCEPT", accept)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn the_tests_of_a_new_project_pass_and_notice_changes() {
    let project = project("snapshot_cargo");
    let (passed, said) = cargo_test(&project, "");
    assert!(passed, "{said}");
    change(&project, "    total += m.by\n", "    total += m.by * 2\n");
    let (passed, said) = cargo_test(&project, "");
    assert!(!passed, "{said}");
    let notices = [
        "bank.pasc: the bytecode is not the one of its snapshot: changed: `on Add`",
        "bank.pasc (plain) does not send what expected.jsonl says",
        "= body.total: expected 2, got 4",
    ];
    for notice in notices {
        assert!(said.contains(notice), "{notice}: {said}");
    }
    let (_, said) = cargo_test(&project, "1");
    assert!(!said.contains("is not the one of its snapshot"), "{said}");
    assert_eq!(snapshot(&project, &[]).code, 0);
}
