//! The command as people and scripts meet it: exit codes and messages.

mod common;
use common::{file, folder, pasc, text};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

const ACCEPTOR: &str = "examples/acceptor/acceptor.pasc";
const COUNTER: &str = "examples/counter/counter.pasc";
const TRACE: &str = "examples/acceptor/trace.jsonl";

/// A program whose handlers fail in the ways that handlers can.
const FAILING: &str = r#"message Add { by: int }
message Sum { total: int }
state { total: int = 0 }
on Add(m) {
    total += m.by
    reply Sum { total }
}
invariant "the total is small" { total < 1000 }
"#;

fn add(by: i64) -> String {
    format!("{{\"from\": \"c\", \"type\": \"Add\", \"body\": {{\"by\": {by}}}}}\n")
}

#[test]
fn without_arguments_the_help_is_shown() {
    let ran = pasc(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for word in [
        "run",
        "check",
        "build",
        "disasm",
        "test",
        "trace",
        "Exit codes",
    ] {
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
    }
    let asked = pasc(&["--help"]);
    assert_eq!((asked.code, asked.err.as_str()), (0, ""));
    assert!(asked.out.contains("4  trap"), "{}", asked.out);
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_possible() {
    let run = ["run", ACCEPTOR, "--trace", TRACE];
    let cases: [(&[&str], &str); 15] = [
        (&["chekc"], "'check'"),
        (&["run", ACCEPTOR], "--trace"),
        (&["run", ACCEPTOR, "--tarce", TRACE], "'--trace'"),
        (&["check"], "FILE"),
        (
            &[&run[..], &["--mode", "turbo"]].concat(),
            "[possible values: plain, lockstep, sequential]",
        ),
        (
            &[&run[..], &["--param", "id"]].concat(),
            "expected NAME=VALUE",
        ),
        (
            &[&run[..], &["--param", "ip=3"]].concat(),
            "did you mean `id`?",
        ),
        (
            &[&run[..], &["--param", "id=x"]].concat(),
            "expected int, found `x`",
        ),
        (
            &[&run[..], &["--limit", "outputs=0"]].concat(),
            "goes from 1 to 1048576",
        ),
        (&[&run[..], &["--limit", "output=9"]].concat(), "outputs"),
        (
            &[&run[..], &["--limit", "outputs=x"]].concat(),
            "`x` is no whole number",
        ),
        (&[&run[..], &["--self", ""]].concat(), "1 to 63 bytes"),
        (
            &[&run[..], &["--process", "a"]].concat(),
            ": expected ADDRESS=FILE",
        ),
        (
            &[&run[..], &["--process", "a="]].concat(),
            ": expected ADDRESS=FILE",
        ),
        (&["build", ACCEPTOR, "-o", ACCEPTOR], "would be overwritten"),
    ];
    for (args, said) in cases {
        let ran = pasc(args);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (2, ""),
            "{args:?}: {}",
            ran.err
        );
        assert!(ran.err.starts_with("error: "), "{args:?}: {}", ran.err);
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
}

#[test]
fn errors_in_a_source_end_with_1_in_every_command() {
    let folder = folder("command_source");
    let bad = file(
        &folder,
        "bad.pasc",
        FAILING.replace("reply Sum", "reply Sun"),
    );
    let trace = file(&folder, "trace.jsonl", "");
    let out = text(&folder.join("out"));
    let commands: [&[&str]; 6] = [
        &["check", &bad],
        &["run", &bad, "--trace", &trace],
        &["build", &bad, "-o", &out],
        &["disasm", &bad],
        &["test", &bad],
        &["trace", "convert", &bad, &trace, &out],
    ];
    for args in commands {
        let ran = pasc(args);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (1, ""),
            "{args:?}: {}",
            ran.err
        );
        assert!(
            ran.err.starts_with("error[E0102]: "),
            "{args:?}: {}",
            ran.err
        );
        assert!(ran.err.contains("bad.pasc:6:11\n"), "{args:?}: {}", ran.err);
        assert!(ran.err.contains("`Sum`"), "{args:?}: {}", ran.err);
        assert!(!folder.join("out").exists(), "{args:?} left a file");
    }
}

#[test]
fn check_looks_at_every_file_and_ends_with_the_greatest_code() {
    let folder = folder("command_check");
    let bad = file(&folder, "bad.pasc", "message A { x: itn }\n");
    let missing = text(&folder.join("missing.pasc"));
    let ran = pasc(&["check", &bad, ACCEPTOR, COUNTER]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let ran = pasc(&["check", &missing, &bad]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(
        ran.err
            .contains("missing.pasc: cannot be read: no such file"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("bad.pasc: 1 error in the source"),
        "{}",
        ran.err
    );
    assert_eq!(pasc(&["check", ACCEPTOR, COUNTER]).code, 0);
}

#[test]
fn check_and_test_take_the_programs_of_a_folder() {
    let folder = folder("command_folder");
    let path = text(&folder);
    for (command, said) in [("check", "there is no program"), ("test", "NAME.pasc")] {
        let ran = pasc(&[command, &path]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    std::fs::create_dir(folder.join("below")).expect("the folder is made");
    file(&folder, "a.pasc", FAILING);
    file(&folder, "notes.txt", "no program");
    let tests = "test \"passes\" {\n    expect nothing\n}\n";
    file(&folder, "below/b.pasc", FAILING.to_owned() + tests);
    let ran = pasc(&["check", &path]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.summary(), "2 files without errors");
    let ran = pasc(&["test", &path, "--mode", "plain"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.summary(), "1 test passed, 0 failed (plain)");
    file(&folder, "below/c.pasc", "message A { x: itn }\n");
    for command in ["check", "test"] {
        let ran = pasc(&[command, &path]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("below/c.pasc: 1 error"), "{}", ran.err);
    }
    std::fs::remove_file(folder.join("below/c.pasc")).expect("it was there");
    // What is built, and what is hidden, is nobody's program; a name need not be text.
    for hidden in ["target", ".hidden"] {
        std::fs::create_dir(folder.join(hidden)).expect("the folder is made");
        file(
            &folder,
            &format!("{hidden}/bad.pasc"),
            "message A { x: itn }\n",
        );
    }
    let odd = OsStr::from_bytes(b"\xff.pasc");
    std::fs::write(folder.join(odd), FAILING).expect("the file is written");
    let ran = pasc(&["check", &path]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.summary(), "3 files without errors");
}

#[test]
fn a_runtime_error_ends_with_3_after_the_rest_of_the_trace() {
    let folder = folder("command_runtime");
    let program = file(&folder, "failing.pasc", FAILING);
    let trace = file(&folder, "trace.jsonl", add(5) + &add(i64::MAX) + &add(7));
    for mode in common::MODES {
        let ran = pasc(&["run", &program, "--trace", &trace, "--mode", mode]);
        assert_eq!(ran.code, 3, "{}", ran.err);
        let totals: Vec<bool> = ran
            .out
            .lines()
            .map(|line| line.contains("\"total\": "))
            .collect();
        assert_eq!(totals, [true, true], "{}", ran.out);
        assert!(
            ran.out.contains("{\"total\": 12}"),
            "the state is as before: {}",
            ran.out
        );
        assert!(
            ran.err
                .contains("trace.jsonl:2: runtime error R01: integer overflow"),
            "{}",
            ran.err
        );
        assert!(
            ran.err.contains(&format!("--> {program}:5:")),
            "{}",
            ran.err
        );
        assert_eq!(
            ran.summary(),
            "handled 2, sent 2, unhandled 0, refused 0, failed 1"
        );
    }
}

#[test]
fn a_limit_is_a_runtime_error_that_names_itself() {
    let ran = pasc(&[
        "run",
        ACCEPTOR,
        "--trace",
        TRACE,
        "--limit",
        "instructions=20",
    ]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("`instructions`"), "{}", ran.err);
}

#[test]
fn an_invariant_that_does_not_hold_ends_the_run_with_1() {
    let folder = folder("command_invariant");
    let program = file(&folder, "failing.pasc", FAILING);
    let trace = file(&folder, "trace.jsonl", add(5) + &add(2000) + &add(7));
    let ran = pasc(&["run", &program, "--trace", &trace, "--check"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("trace.jsonl:2"), "{}", ran.err);
    assert!(
        ran.err.contains("\"the total is small\" does not hold"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("total = 2005"), "{}", ran.err);
    assert_eq!(pasc(&["run", &program, "--trace", &trace]).code, 0);
}

#[test]
fn a_failed_test_ends_with_1_and_shows_the_difference() {
    let folder = folder("command_test");
    let tests = r#"
test "passes" {
    send Add { by: 2 } from "a"
    expect Sum { total: 2 } to "a"
}
test "another value and receiver" {
    send Add { by: 2 } from "a"
    expect Sum { total: 3 } to "b"
}
test "another message" {
    send Add { by: 2 } from "a"
    expect Add
}
test "something" {
    send Add { by: 2 } from "a"
    expect nothing
}
test "nothing" {
    expect Sum
}
test "an assertion" {
    send Add { by: 2 } from "a"
    assert total == 3
}
test "an invariant" {
    send Add { by: 2000 } from "a"
}
test "a runtime error" {
    send Add { by: 1 } from "a"
    send Add { by: 9223372036854775807 } from "a"
}
"#;
    let program = file(&folder, "failing.pasc", FAILING.to_owned() + tests);
    let ran = pasc(&["test", &program, "--mode", "lockstep"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let place = format!("--> {program}:5:5 in handler Add");
    assert!(ran.err.contains(&place), "{}", ran.err);
    insta::assert_snapshot!(ran.err.replace(&format!("{}/", text(&folder)), ""));
    let ran = pasc(&["test", &program]);
    assert_eq!(
        ran.summary(),
        "3 tests passed, 21 failed (plain, lockstep, sequential)"
    );
}

#[test]
fn files_that_cannot_be_read_end_with_5() {
    let folder = folder("command_files");
    let missing = text(&folder.join("missing"));
    let cases: [&[&str]; 5] = [
        &["run", &missing, "--trace", TRACE],
        &["run", ACCEPTOR, "--trace", &missing],
        &["disasm", "examples"],
        &["build", &missing],
        &["build", ACCEPTOR, "-o", "examples/missing/out.pascb"],
    ];
    for args in cases {
        let ran = pasc(args);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (5, ""),
            "{args:?}: {}",
            ran.err
        );
        assert!(ran.err.starts_with("error: "), "{args:?}: {}", ran.err);
    }
}

#[test]
fn a_source_that_is_no_text_is_named_with_its_line() {
    let folder = folder("command_latin1");
    let program = file(&folder, "latin1.pasc", b"// one\n// gr\xf6\xdfer\n");
    let ran = pasc(&["check", &program]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err
            .contains("latin1.pasc:2: byte 0xf6 is not UTF-8 text"),
        "{}",
        ran.err
    );
}

#[test]
fn a_source_without_end_is_refused_by_its_size() {
    let ran = pasc(&["check", "/dev/zero"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("a source file has at most 1048576 bytes"),
        "{}",
        ran.err
    );
    let folder = folder("command_size");
    let longest = format!("//{}\n", " ".repeat((1 << 20) - 3));
    assert_eq!(
        pasc(&["check", &file(&folder, "longest.pasc", &longest)]).code,
        0
    );
    let ran = pasc(&["check", &file(&folder, "longer.pasc", longest + "\n")]);
    assert_eq!(ran.code, 1, "{}", ran.err);
}

#[test]
fn a_damaged_program_file_ends_with_5() {
    let folder = folder("command_damaged");
    let built = text(&folder.join("acceptor.pascb"));
    assert_eq!(pasc(&["build", ACCEPTOR, "-o", &built]).code, 0);
    let intact = std::fs::read(&built).expect("the file was written");
    let middle = intact.len() / 2;
    let mut flipped = intact.clone();
    flipped[middle] ^= 4;
    for (name, bytes) in [
        ("cut", &intact[..middle]),
        ("flipped", &flipped),
        ("magic", b"PSCB"),
    ] {
        let damaged = file(&folder, name, bytes);
        for args in [
            &["check", &damaged][..],
            &["run", &damaged, "--trace", TRACE],
        ] {
            let ran = pasc(args);
            assert_eq!((ran.code, ran.out.as_str()), (5, ""), "{name}: {}", ran.err);
            assert!(
                ran.err.contains(&format!("{name}: ")),
                "{name}: {}",
                ran.err
            );
        }
    }
}

#[test]
fn parameters_are_read_by_their_types() {
    let folder = folder("command_params");
    let program = r#"
record Point { x: int, y: int }
param flag: bool = false
param name: text
param where: address = "nowhere"
param raw: bytes = b""
param point: Point
param names: map<int, text>
message Ask {}
message Told { flag: bool, name: text, where: address, raw: bytes, point: Point, names: map<int, text> }
state { n: int = 0 }
on Ask { reply Told { flag, name, where, raw, point, names } }
"#;
    let program = file(&folder, "params.pasc", program);
    let trace = file(
        &folder,
        "t.jsonl",
        "{\"from\": \"a\", \"type\": \"Ask\", \"body\": {}}\n",
    );
    let run = ["run", &program, "--trace", &trace];
    let given = [
        "--param",
        "flag=true",
        "--param",
        "name=a=b",
        "--param",
        "raw=hex:00fF",
    ];
    let json = [
        "--param",
        r#"point={"x": 1, "y": -2}"#,
        "--param",
        r#"names={"7": "g"}"#,
    ];
    let ran = pasc(&[&run[..], &given, &json].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let body = r#""body": {"flag": true, "name": "a=b", "where": "nowhere", "raw": {"hex": "00ff"}, "point": {"x": 1, "y": -2}, "names": {"7": "g"}}"#;
    assert!(ran.out.contains(body), "{}", ran.out);

    let ran = pasc(&run);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("`name`"),
        "a parameter without default is asked for: {}",
        ran.err
    );
    for (wrong, said) in [
        (r#"point={"x": 1}"#, "the field `y` is missing"),
        (
            r#"point={"x": 1, "y": true}"#,
            "`point`.y: expected int, found true",
        ),
        (r#"names={"x": "g"}"#, "the key \"x\" is no int"),
        ("names=7", "expected map<int, text>, found the number 7"),
        ("raw=hex:0", "expected bytes"),
    ] {
        let ran = pasc(&[&run[..], &given, &json, &["--param", wrong]].concat());
        assert_eq!(ran.code, 2, "{wrong}: {}", ran.err);
        assert!(ran.err.contains(said), "{wrong}: {}", ran.err);
    }
}
