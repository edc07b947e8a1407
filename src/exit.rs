//! How a command ends: the exit codes, and the failure that carries one.
//!
//! | code | meaning |
//! | --- | --- |
//! | 0 | done |
//! | 1 | found something: errors in a source, a failed test, a violated invariant |
//! | 2 | wrong usage |
//! | 3 | runtime error in a handler |
//! | 4 | trap: corruption was detected |
//! | 5 | input or output failed, a malformed trace or program file included |
//! | 6 | undecided: a bound was reached before there was an answer, or a campaign of `inject` was not whole |
//!
//! When several apply, the greatest counts.

use pasc_traces::{Problem, Unusable, reason};
use std::fmt::Display;
use std::io;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Code {
    Done = 0,
    Found = 1,
    Usage = 2,
    Runtime = 3,
    Trap = 4,
    Io = 5,
    Undecided = 6,
}

impl From<Code> for std::process::ExitCode {
    fn from(code: Code) -> std::process::ExitCode {
        std::process::ExitCode::from(code as u8)
    }
}

/// Why a command ended early: a text for people, without `error: ` before it, and the code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Failed {
    pub(crate) code: Code,
    pub(crate) text: String,
}

impl Failed {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Failed {
        let text = text.into();
        Failed { code, text }
    }

    /// What was given on the command line cannot be.
    pub(crate) fn usage(text: impl Into<String>) -> Failed {
        Failed::new(Code::Usage, text)
    }

    /// A file that cannot be used as it is.
    pub(crate) fn file(name: impl Display, problem: impl Display) -> Failed {
        Failed::new(Code::Io, format!("{name}: {problem}"))
    }

    /// A file that could not be read.
    pub(crate) fn read(name: impl Display, error: &io::Error) -> Failed {
        Unusable::read(name, error).into()
    }

    /// A file that could not be written.
    pub(crate) fn write(name: impl Display, error: &io::Error) -> Failed {
        Failed::file(name, format_args!("cannot be written: {}", reason(error)))
    }
}

impl From<Unusable> for Failed {
    fn from(unusable: Unusable) -> Failed {
        Failed::new(Code::Io, unusable.to_string())
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Failed {
        match problem {
            Problem::Malformed(text) => Failed::new(Code::Io, text),
            Problem::Broken(unusable) => unusable.into(),
        }
    }
}
