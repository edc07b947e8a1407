//! What the compiler leaves out of a program's code.
#![allow(clippy::unwrap_used)]

mod common;

use common::rendered;
use pasc_lang::SourceFile;
use pasc_vm::disassemble::disassemble;

/// The instructions of a program whose handlers have these bodies; the lines of the source and the
/// signatures of blocks are left out.
fn code(text: &str) -> String {
    let source = SourceFile::new("code.pasc", text);
    let compiled = pasc_lang::compile(&source);
    let program = compiled.unwrap_or_else(|found| panic!("{}", rendered(&source, &found)));
    let listing = disassemble(&program.program);
    let (_, code) = listing.split_once("\ninitial state").unwrap();
    let (_, code) = code.split_once("\n\n").unwrap();
    let is_code = |line: &&str| !line.contains(" | ") && !line.is_empty();
    let lines = code.lines().filter(is_code);
    let lines = lines.map(|line| line.split(" ;").next().unwrap().trim_end());
    lines.collect::<Vec<&str>>().join("\n")
}

#[test]
fn code_that_no_message_gets_to_is_left_out() {
    insta::assert_snapshot!(code(
        "message Go { n: int }
state { a: int = 0 }
fn twice(n: int) -> int {
    if 2 > 1 { return n + n }
    n
}
on Go(m) when m.n > 0 or true {
    if false { a = 1 } else if not (1 == 2) { a = 2 } else { a = 3 }
    while false { a = 4 }
    while true {
        a += twice(m.n)
        if m.n > 10 { break }
        continue
        a = 5
    }
    if a > 100 and 3 < 2 { a = 6 }
    return
    a = 7
}
"
    ));
}

#[test]
fn what_nothing_reads_is_not_computed() {
    insta::assert_snapshot!(code(
        "message Go { n: int, t: text }
state { a: int = 0 }
on Go(m) {
    let same = m.t == \"x\"
    let copy = m.n
    let first = a
    let sum = m.n + a
    a = copy
}
"
    ));
}

#[test]
fn values_are_returned_and_passed_on_without_copies() {
    insta::assert_snapshot!(code(
        "message Go { n: int }
state { a: int = 0, b: bool = false }
fn larger(a: int, b: int) -> int { if a < b { b } else { a } }
proc next() -> int { a + 1 }
on Go(m) {
    let got = larger(larger(next(), 3), m.n)
    b = m.n > 3 and got < 5
    for i in 0..got { a += i }
    while a > 0 { a -= 1 }
}
"
    ));
}

#[test]
fn what_a_register_still_holds_is_not_read_again() {
    insta::assert_snapshot!(code(
        "message Go { n: int }
state { a: int = 0, known: map<int, int> }
on Go(m) {
    if a > m.n { reply Go { n: a } }
    known[1] = a
    known[2] = a
}
"
    ));
}

#[test]
fn a_variable_that_another_statement_changes_is_no_reason_for_a_copy() {
    let copies = code(
        "message Go {}
state { known: map<int, int> }
proc add(n: int) -> int {
    known[n] = n
    n
}
on Go {
    if 1 not in known { reply Go }
    let sum = add(2) + add(3)
    known[sum] = 1
}
",
    );
    assert!(!copies.contains(" own "), "{copies}");
}

#[test]
fn what_the_same_statement_changes_is_copied() {
    let copies = code(
        "message Go { xs: list<int> }
state { xs: list<int> }
proc pushed(n: int) -> list<int> {
    xs.push(n)
    [n]
}
on Go {
    reply Go { xs: xs + pushed(1) }
}
",
    );
    assert!(copies.contains(" own "), "{copies}");
}
