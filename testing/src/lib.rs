//! Tests in Rust for programs in pasc.
//!
//! ```no_run
//! #[test]
//! fn the_bytecode_is_the_one_that_was_accepted() {
//!     pasc_testing::assert_bytecode!("counter.pasc");
//! }
//!
//! #[test]
//! fn the_trace_sends_what_it_should() {
//!     pasc_testing::assert_trace!("counter.pasc", "trace.jsonl", "expected.jsonl");
//! }
//! ```
//!
//! Paths are those of the package that holds the test. `assert_bytecode!` compares with
//! `counter.pasc.snap` beside the program, which `pasc snapshot --accept` writes; with `PASC_ACCEPT=1` in
//! the environment the test writes it. `assert_trace!` runs the program in every mode.

mod bytecode;
pub mod difference;
pub mod snapshot;
mod trace;

pub use bytecode::check_bytecode;
pub use trace::{agree, check_trace};

/// Fails if the bytecode of a program is not the one of its snapshot.
#[macro_export]
macro_rules! assert_bytecode {
    ($program:expr $(,)?) => {
        if let Err(difference) = $crate::check_bytecode(env!("CARGO_MANIFEST_DIR"), $program) {
            panic!("{difference}");
        }
    };
}

/// Fails if a program does not send what is expected when it is given a trace, in any mode.
#[macro_export]
macro_rules! assert_trace {
    ($program:expr, $trace:expr, $expected:expr $(,)?) => {
        let folder = env!("CARGO_MANIFEST_DIR");
        if let Err(difference) = $crate::check_trace(folder, $program, $trace, $expected) {
            panic!("{difference}");
        }
    };
}
