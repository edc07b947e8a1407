//! Nothing hostile makes the machine panic, hang or trap: the short form, for every test run. The
//! long form is the command `cargo run --release --example mutate`.

#![allow(clippy::unwrap_used)]

mod cases;
mod corpus;
mod dice;
mod mutate;

use cases::{Corpus, Tally};
use dice::Dice;

#[test]
fn every_mutated_byte_of_a_program_file_is_refused_or_runs_within_limits() {
    let corpus = Corpus::new();
    let file = corpus.file(0);
    let mut tally = Tally::default();
    for at in 0..file.len() - 4 {
        for change in [1 << (at % 8), 0xff] {
            let mut bytes = file.to_vec();
            bytes[at] ^= change;
            mutate::stamp(&mut bytes);
            cases::program_file(&bytes, &mut Dice::new(at as u64, 0), &mut tally);
        }
    }
    assert!(tally.unread > 100 && tally.refused > 100, "{tally:?}");
    assert!(tally.ran > 100 && tally.handled > 100, "{tally:?}");
}

#[test]
fn random_cases_break_no_promise() {
    let corpus = Corpus::new();
    let mut tally = Tally::default();
    for case in 0..1500 {
        let seed = 1;
        let run = std::panic::AssertUnwindSafe(|| cases::run(&corpus, seed, case, &mut tally));
        let result = std::panic::catch_unwind(run);
        assert!(result.is_ok(), "seed {seed} case {case}");
    }
    assert!(tally.unread > 50 && tally.refused > 300, "{tally:?}");
    assert!(tally.ran > 50 && tally.recovered > 50, "{tally:?}");
    assert!(tally.handled > 300 && tally.failed > 20, "{tally:?}");
}
