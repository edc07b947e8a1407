//! Nothing hostile makes the machine panic, hang or trap: the short form, for every test run. The
//! long form is the command `cargo run --release --example mutate`.

#![allow(clippy::unwrap_used)]

mod cases;
mod corpus;
mod dice;
mod mutate;

use cases::{Corpus, Tally};
use dice::Dice;
use pasc_vm::error::ErrorCode;
use pasc_vm::process::{Failure, Input, Lockstep, Options, Process};

#[test]
fn every_mutated_byte_of_a_program_file_is_refused_or_runs_within_limits() {
    let corpus = Corpus::new();
    let file = corpus.file(0);
    let mut tally = Tally::default();
    for at in 0..file.len() - 4 {
        let mut bytes = file.to_vec();
        bytes[at] ^= if at % 9 == 8 { 0xff } else { 1 << (at % 9) };
        mutate::stamp(&mut bytes);
        cases::program_file(&bytes, &mut Dice::new(at as u64, 0), &mut tally);
    }
    assert!(tally.unread > 50 && tally.refused > 50, "{tally:?}");
    assert!(tally.ran > 50 && tally.handled > 50, "{tally:?}");
}

#[test]
fn random_cases_break_no_promise() {
    let corpus = Corpus::new();
    let mut tally = Tally::default();
    for case in 0..600 {
        let seed = 1;
        let run = std::panic::AssertUnwindSafe(|| cases::run(&corpus, seed, case, &mut tally));
        let result = std::panic::catch_unwind(run);
        assert!(result.is_ok(), "seed {seed} case {case}");
    }
    assert!(tally.unread > 20 && tally.refused > 100, "{tally:?}");
    assert!(tally.ran > 10 && tally.recovered > 20, "{tally:?}");
    assert!(tally.handled > 100 && tally.failed > 5, "{tally:?}");
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
