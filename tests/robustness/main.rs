//! Nothing hostile makes the machine panic, hang or trap: the short form, for every test run. The
//! long form is the command `cargo run --release --example mutate`.

#![allow(clippy::unwrap_used)]

mod cases;
mod corpus;
mod dice;
mod modes;
mod mutate;
mod programs;
mod readers;
mod recovery;
mod sources;
mod tally;

use corpus::Corpus;
use dice::Dice;
use pasc_vm::error::ErrorCode;
use pasc_vm::process::{Failure, Input, Lockstep, Options, Process};
use tally::Tally;

#[test]
fn every_mutated_byte_of_a_program_file_is_refused_or_runs_within_limits() {
    let corpus = Corpus::new();
    let mut tally = Tally::default();
    for file in corpus.files() {
        for at in 0..file.len() - 4 {
            if at % 100 == 0 {
                let change = if at % 9 == 8 { 0xff } else { 1 << (at % 9) };
                programs::changed_byte(file, at, change, &mut tally);
            }
        }
    }
    assert!(tally.of("files not read") > 50, "{tally}");
    assert!(tally.of("programs refused") > 50, "{tally}");
    assert!(tally.of("changed programs run") > 50, "{tally}");
    assert!(tally.of("inputs handled") > 50, "{tally}");
}

#[test]
fn random_cases_break_no_promise() {
    let corpus = Corpus::new();
    let mut tally = Tally::default();
    for case in 0..3000 {
        let seed = 1;
        let run = std::panic::AssertUnwindSafe(|| cases::run(&corpus, seed, case, &mut tally));
        let result = std::panic::catch_unwind(run);
        assert!(result.is_ok(), "seed {seed} case {case}");
    }
    for (what, least) in [
        ("JSON values read", 10),
        ("JSON values refused", 10),
        ("binary records read", 10),
        ("bodies read", 10),
        ("changed programs run", 40),
        ("files not read", 40),
        ("firings", 10),
        ("frames read", 60),
        ("inputs dropped", 100),
        ("inputs failed", 100),
        ("inputs handled", 100),
        ("lines read", 10),
        ("lines refused", 10),
        ("programs not started", 10),
        ("programs refused", 100),
        ("recoveries", 40),
        ("sources compiled", 2),
        ("sources refused", 10),
    ] {
        assert!(tally.of(what) >= least, "{what}\n{tally}");
    }
}

/// The second operand of the instruction that fails is a constant, and the register whose number
/// stands in its place by chance was never written: each lane holds its own poison there.
#[test]
fn an_error_before_the_first_register_is_written_is_no_trap() {
    let source = pasc_lang::SourceFile::new(
        "early.pasc",
        "message Go {}\nstate {\n    n: int = 9223372036854775807\n    m: int = 0\n}\n\
         on Go {\n    m = if n + 1 > 3 { 1 } else { 2 }\n}\n",
    );
    let program = pasc_lang::compile(&source).unwrap().program;
    let frame = corpus::frame(&program, &mut Dice::new(1, 1));
    let mut process: Process<Lockstep> =
        Process::start(&program, &Options::new(corpus::OWN_ADDRESS)).unwrap();
    let answer = process.handle(&Input::new(1, 0, &frame));
    let Err(Failure::Error(error)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(error.code, ErrorCode::Overflow);
}
