//! What differs on a terminal: colours, and how far a long run has come. `script` gives the command one.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{file, folder, pasc, root, text};
use std::process::{Command, Stdio};

/// Everything that the command writes to a terminal.
fn on_terminal(before: &str, args: &str, variables: &[(&str, &str)]) -> String {
    let command = format!("{before}{} {args}", env!("CARGO_BIN_EXE_pasc"));
    let output = Command::new("script")
        .args(["--quiet", "--command", &command, "/dev/null"])
        .current_dir(root())
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("`script` of util-linux runs");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn colours_appear_on_terminals_unless_the_environment_says_otherwise() {
    let folder = folder("terminal_colours");
    let bad = file(&folder, "bad.pasc", "message A { x: itn }\n");
    let check = format!("check {bad}");
    assert!(on_terminal("", &check, &[]).contains("\x1b[1m"));
    for variables in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let said = on_terminal("", &check, &[variables]);
        assert!(
            !said.contains('\x1b') && said.contains("there is no type `itn`"),
            "{said}"
        );
    }
    assert!(
        on_terminal("", &check, &[("NO_COLOR", "")]).contains("\x1b[1m"),
        "empty means nothing"
    );
}

#[test]
fn a_long_run_tells_how_far_it_is_and_takes_the_line_away() {
    let folder = folder("terminal_progress");
    let program = file(
        &folder,
        "a.pasc",
        "message A {}\nstate { n: int = 0 }\non A { n += 1 }\n",
    );
    let line = "{\"from\": \"a\", \"type\": \"A\", \"body\": {}}\n";
    let trace = file(&folder, "t.jsonl", line.repeat(300));
    // A trace that comes in two parts, so that the run is long however fast the machine is.
    let slowly = format!("(cat {trace}; sleep 0.5; cat {trace}) | ");
    let said = on_terminal(&slowly, &format!("run {program} --trace -"), &[]);
    assert!(
        said.contains("512 inputs, ") && said.contains(" a second"),
        "{said}"
    );
    let end = said.rsplit("\r\x1b[K").next().unwrap();
    assert!(end.starts_with("handled 600"), "{end}");
    let ran = pasc(&["run", &program, "--trace", &text(&folder.join("t.jsonl"))]);
    assert!(!ran.err.contains("a second"), "nobody watches: {}", ran.err);
}
