//! One case: something hostile goes into a reader, the compiler or the machine, and an error or a run
//! within limits comes out.
//!
//! A case panics if a promise is broken: a run that traps although nothing was corrupted, modes that
//! answer differently, something written that does not read back. Which case it was, seed and number
//! tell.

use crate::corpus::Corpus;
use crate::dice::Dice;
use crate::tally::Tally;
use crate::{programs, readers, recovery, sources};

/// Runs one case.
pub(crate) fn run(corpus: &Corpus, seed: u64, case: u64, tally: &mut Tally) {
    let dice = &mut Dice::new(seed, case);
    type Kind = fn(&Corpus, &mut Dice, &mut Tally);
    let (name, kind): (&str, Kind) = match dice.below(32) {
        0..5 => ("cases of program files", programs::damaged_file),
        5..14 => ("cases of code", programs::damaged_code),
        14..18 => ("cases of inputs", programs::damaged_inputs),
        18..22 => ("cases of frames and bodies", readers::binary),
        22..26 => ("cases of recovery", recovery::case),
        26 => ("cases of source text", sources::case),
        27 | 28 => ("cases of JSON values", readers::json),
        29 => ("cases of binary traces", readers::binary_trace),
        _ => ("cases of JSON Lines", readers::line_trace),
    };
    tally.count(name);
    kind(corpus, dice, tally);
}
