//! The suite: programs and handlers against other interpreters and against Rust.
//!
//! `pasc-benches [--quick] [--json FILE] [--svg FILE] [--only NAME]` builds the contenders that are
//! programs of their own, gives the work to all contenders turn by turn, compares their results and
//! prints medians, ratios and the bars that they should meet. `--only` takes the name of a work or of a
//! contender, and may be given several times. Ends with 1 if a cell is missing or a result differs.

mod suite;

use std::process::ExitCode;

fn main() -> ExitCode {
    match suite::run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}
