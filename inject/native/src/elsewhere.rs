//! On systems where no faults can be injected into the processor: a clear error.

use crate::{NativeError, Progress, Replayed, Report, Settings, Target};
use std::process::ExitCode;

/// The argument that makes the executable the process under test.
pub const PROCESS: &str = "inject-native-process";

/// There is nothing to serve.
pub fn serve() -> ExitCode {
    ExitCode::FAILURE
}

/// An error.
pub fn run(
    _: &Target,
    _: &Settings,
    _: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Report>, NativeError> {
    Err(NativeError::Unsupported)
}

/// An error.
pub fn replay(_: &Target, _: &Settings, _: &str) -> Result<Replayed, NativeError> {
    Err(NativeError::Unsupported)
}
