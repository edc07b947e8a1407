//! From a snapshot and redo records to a running process.
//!
//! In: a snapshot and the records after it, in order. Out: a process whose state is what it was after
//! the last record, in both copies; or an error, if it would remember less than it told others.

use crate::harden::Body;
use crate::process::{Failure, Mode, Options, Process, StartError};
use crate::program::Program;
pub use crate::record::RecoveryError;
use crate::verify::Verified;

/// What the host knows of the outputs that left before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Released {
    /// Outputs of commits up to this epoch may have left.
    UpTo(u64),
    /// The memory of them is lost; the host starts with a new incarnation and says so to its peers.
    Lost,
}

/// Rebuilds a process from a snapshot and the redo records after it.
pub struct Recovery<M: Mode> {
    process: Process<M>,
    failed: bool,
}

impl<M: Mode> Recovery<M> {
    /// Begins with a snapshot of the same program.
    pub fn new(
        program: &Program,
        options: &Options,
        snapshot: &[u8],
    ) -> Result<Recovery<M>, RecoverError> {
        let program = Verified::new(program)
            .map_err(|fault| RecoverError::Start(StartError::Program(fault)))?;
        Recovery::of_verified(program, options, snapshot)
    }

    /// Begins with a snapshot of the same program, which was verified.
    pub fn of_verified(
        program: Verified,
        options: &Options,
        snapshot: &[u8],
    ) -> Result<Recovery<M>, RecoverError> {
        let started = Process::without_state(program, options);
        let mut process: Process<M> = started.map_err(RecoverError::Start)?;
        process.body.restore(snapshot).map_err(RecoverError::Data)?;
        Ok(Recovery {
            process,
            failed: false,
        })
    }

    /// The epoch that was reached.
    pub fn epoch(&self) -> u64 {
        self.process.epoch()
    }

    /// Applies the next record. A record before the snapshot's epoch is passed over; after an error
    /// the recovery must begin anew.
    pub fn replay(&mut self, record: &[u8]) -> Result<(), RecoverError> {
        if self.failed {
            return Err(RecoverError::Data(RecoveryError::Damaged));
        }
        match self.process.body.replay(record) {
            Ok(()) => Ok(()),
            Err(RecoveryError::Gap { state, record }) if record < state => Ok(()),
            Err(error) => {
                self.failed = true;
                Err(RecoverError::Data(error))
            }
        }
    }

    /// The process, if it remembers everything that it may have told others. Both copies are compared.
    pub fn finish(mut self, released: Released) -> Result<Process<M>, RecoverError> {
        if self.failed {
            return Err(RecoverError::Data(RecoveryError::Damaged));
        }
        let reached = self.epoch();
        if let Released::UpTo(released) = released
            && reached < released
        {
            return Err(RecoverError::Data(RecoveryError::Forgetful {
                reached,
                released,
            }));
        }
        self.process.snapshot().map_err(RecoverError::Failure)?;
        Ok(self.process)
    }
}

/// Why a process was not rebuilt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecoverError {
    /// The program or the options are not acceptable.
    Start(StartError),
    /// The snapshot or a record is not acceptable.
    Data(RecoveryError),
    /// The two copies that were restored differ.
    Failure(Failure),
}

impl std::fmt::Display for RecoverError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecoverError::Start(error) => error.fmt(f),
            RecoverError::Data(error) => error.fmt(f),
            RecoverError::Failure(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for RecoverError {}
