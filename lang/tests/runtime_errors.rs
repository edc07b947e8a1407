//! What the compiler cannot know: runtime errors of lists, durations, random numbers and
//! timers, with their codes.
#![allow(clippy::unwrap_used)]

mod common;

use common::{compiled, run};
use pasc_lang::SourceFile;
use pasc_vm::error::ErrorCode;
use pasc_vm::process::Lockstep;

#[test]
fn operations_that_cannot_be_done_fail_with_their_codes() {
    let cases = [
        ("n = xs[3]", ErrorCode::IndexOutOfRange),
        ("n = xs[-1]", ErrorCode::IndexOutOfRange),
        ("xs[3] = 1", ErrorCode::IndexOutOfRange),
        ("xs[n + 3] += 1", ErrorCode::IndexOutOfRange),
        ("xs.insert(4, 1)", ErrorCode::IndexOutOfRange),
        ("xs.remove(3)", ErrorCode::IndexOutOfRange),
        ("n = xs.remove(3)", ErrorCode::IndexOutOfRange),
        ("xs.truncate(-1)", ErrorCode::IndexOutOfRange),
        ("n = [1][1]", ErrorCode::IndexOutOfRange),
        ("m[7].push(1)", ErrorCode::MissingKey),
        (
            "d = 9_223_372_036_854_775_807us; d += 1us",
            ErrorCode::Overflow,
        ),
        ("d = 1d * 1_000_000_000", ErrorCode::Overflow),
        ("d = 1d / n", ErrorCode::DivisionByZero),
        (
            "n = sum(9_223_372_036_854_775_807 for _ in xs)",
            ErrorCode::Overflow,
        ),
        ("n = random(n)", ErrorCode::BadBound),
        ("set t in -1us", ErrorCode::BadDelay),
    ];
    for (body, code) in cases {
        let text = format!(
            "message Go {{}}\ntimer t\non timer t {{ }}\n\
             state {{ xs: list<int> = [1, 2, 3]; n: int = 0; d: duration = 0s; \
             m: map<int, list<int>> }}\n\
             on Go {{\n    {body}\n}}\ntest \"fails\" {{ send Go from \"p\" }}\n"
        );
        let compiled = compiled(&SourceFile::new("case.pasc", text));
        let error = run::<Lockstep>(&compiled.program, &compiled.tests[0]).unwrap_err();
        let expected = format!("runtime error {}", code.code());
        assert!(error.contains(&expected), "{body}: {error}");
    }
}
