//! `pasc fmt` on files, folders and the standard input.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{content, file, folder, pasc, pasc_with_input, text};

const UGLY: &str =
    "message Ask{ n:int }   // asks\nstate {\n  total:int=0\n}\non Ask(m){\n      total+=m.n;\n}\n";
const NICE: &str = "message Ask { n: int } // asks\nstate {\n    total: int = 0\n}\non Ask(m) {\n    total += m.n\n}\n";

#[test]
fn files_and_folders_are_formatted_in_place() {
    let folder = folder("fmt_files");
    std::fs::create_dir(folder.join("deep")).unwrap();
    let ugly = file(&folder, "deep/ugly.pasc", UGLY);
    let nice = file(&folder, "nice.pasc", NICE);
    let written = std::fs::metadata(&nice).unwrap().modified().unwrap();
    let ran = pasc(&["fmt", &text(&folder)]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert_eq!(ran.summary(), "2 files, 1 changed");
    assert_eq!(std::fs::read_to_string(&ugly).unwrap(), NICE);
    assert_eq!(
        std::fs::metadata(&nice).unwrap().modified().unwrap(),
        written
    );
    assert_eq!(pasc(&["fmt", &ugly, &nice]).summary(), "2 files, 0 changed");
}

#[test]
fn a_check_shows_the_difference_and_changes_nothing() {
    let folder = folder("fmt_check");
    let ugly = file(&folder, "ugly.pasc", UGLY);
    let ran = pasc(&["fmt", "--check", &ugly]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    insta::assert_snapshot!(ran.err.replace(&ugly, "ugly.pasc"));
    assert_eq!(std::fs::read_to_string(&ugly).unwrap(), UGLY);
    assert_eq!(pasc(&["fmt", "--check", "examples"]).code, 0);
}

#[test]
fn the_standard_input_goes_to_the_standard_output() {
    let ran = pasc_with_input(&["fmt", "--stdin"], UGLY.as_bytes());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let again = pasc_with_input(&["fmt", "--stdin", "--check"], ran.out.as_bytes());
    assert_eq!((again.code, again.out.as_str()), (0, ""), "{}", again.err);
    assert_eq!(
        pasc_with_input(&["fmt", "--stdin", "--check"], UGLY.as_bytes()).code,
        1
    );
    let counter = content("examples/counter/counter.pasc");
    let ran = pasc_with_input(&["fmt", "--stdin"], counter.as_bytes());
    assert_eq!(ran.out, counter);
}

#[test]
fn a_program_with_errors_is_left_alone() {
    let folder = folder("fmt_errors");
    let bad = file(&folder, "bad.pasc", "message A {\n");
    let ugly = file(&folder, "ugly.pasc", UGLY);
    let ran = pasc(&["fmt", &bad, &ugly]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.starts_with("error[E0006]"), "{}", ran.err);
    assert_eq!(ran.summary(), "2 files, 1 changed, 1 with errors");
    assert_eq!(std::fs::read_to_string(&bad).unwrap(), "message A {\n");
    assert_eq!(
        pasc_with_input(&["fmt", "--stdin"], b"message A {\n").code,
        1
    );
    assert_eq!(pasc(&["fmt"]).code, 2);
    assert_eq!(pasc(&["fmt", "no/such/file.pasc"]).code, 5);
}
