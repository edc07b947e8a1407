//! Failures of processes with the exit codes that they have.

use crate::exit::{Code, Failed};
use pasc_vm::process::{Failure, StartError};

/// A failure that ends the run.
pub(crate) fn ended(place: &str, failure: &Failure) -> Failed {
    let code = match failure {
        Failure::Error(_) => Code::Runtime,
        Failure::Trap(_) | Failure::Stopped => Code::Trap,
    };
    Failed::new(code, format!("{place}: {failure}"))
}

/// Why a process did not start, with the code that this has.
pub(crate) fn not_started(name: &str, error: &StartError) -> Failed {
    let code = match error {
        StartError::Program(_) => Code::Io,
        StartError::Address | StartError::Param(_) => Code::Usage,
        StartError::Init(Failure::Error(_)) => Code::Runtime,
        StartError::Init(_) => Code::Trap,
    };
    Failed::new(code, format!("{name}: {error}"))
}
