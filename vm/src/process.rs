//! [`Process`]: the machine as a host embeds it.
//!
//! In: a program, options, then input records one by one. Out: frames to deliver. No input or output,
//! no clock, no threads; the same inputs give the same outputs and the same state.
//!
//! A [`Failure::Error`] is the handler's: the state is as before and the process goes on. A
//! [`Failure::Trap`] is detected corruption: the process has stopped for good.

use crate::describe::describe;
use crate::error::{Refusal, RuntimeError, Stop};
use crate::frame::{self, MAX_ADDRESS_BYTES};
use crate::harden::{Body, Emission, Outcome};
pub use crate::lane::Input;
use crate::lane::LaneParts;
pub use crate::mode::{Lockstep, Mode, Plain, Portable, Sequential};
pub use crate::options::Options;
use crate::program::{HandlerId, HandlerKind, Program};
use crate::state::{ORDINAL, ROOT, SENT, TIME};
use crate::trap::Trap;
use crate::value::Value;
use crate::verify::{self, Verified};
use crate::{params, timer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a process did not start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StartError {
    /// The program is not one that the compiler makes.
    Program(verify::Fault),
    /// The own address is empty or too long.
    Address,
    /// A parameter is unknown, missing or of another type; a sentence.
    Param(String),
    /// The handler that gives the state its initial values failed.
    Init(Failure),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Program(fault) => write!(f, "the program is damaged: {fault}"),
            StartError::Address => {
                write!(
                    f,
                    "the address of a process has 1 to {MAX_ADDRESS_BYTES} bytes"
                )
            }
            StartError::Param(text) => f.write_str(text),
            StartError::Init(failure) => write!(f, "the state has no initial value: {failure}"),
        }
    }
}

impl std::error::Error for StartError {}

/// Why a message was not handled to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The handler failed. The state is as before, nothing was sent, the process goes on.
    Error(Box<RuntimeError>),
    /// Corruption was detected. The process has stopped.
    Trap(Trap),
    /// The process had stopped before.
    Stopped,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Error(error) => error.fmt(f),
            Failure::Trap(trap) => trap.fmt(f),
            Failure::Stopped => f.write_str("the process has stopped after a trap"),
        }
    }
}

impl std::error::Error for Failure {}

/// What became of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handled<'p> {
    /// A handler ran and its writes are committed; these frames may leave.
    Done {
        /// The handler.
        handler: HandlerId,
        /// The frames that it sent.
        outputs: Outputs<'p>,
    },
    /// There is no handler of this kind, or no guard held. Nothing was committed, not even the
    /// input's ordinal.
    Unhandled(HandlerKind),
    /// The input was not acceptable, no handler ran.
    Refused(Refusal),
}

/// Frames in the order in which they were sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outputs<'p> {
    bytes: &'p [u8],
}

impl<'p> Outputs<'p> {
    /// All frames as one piece.
    pub fn bytes(&self) -> &'p [u8] {
        self.bytes
    }
}

impl<'p> Iterator for Outputs<'p> {
    type Item = &'p [u8];

    fn next(&mut self) -> Option<&'p [u8]> {
        let (frame, rest) = self.bytes.split_at_checked(frame::length(self.bytes)?)?;
        self.bytes = rest;
        Some(frame)
    }
}

/// What a process has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Messages that a handler handled.
    pub handled: u64,
    /// Messages for which no guard held.
    pub unhandled: u64,
    /// Inputs that were refused.
    pub refused: u64,
    /// Messages whose handler failed.
    pub failed: u64,
    /// Frames sent.
    pub sent: u64,
}

/// A process: a program with its state, in one mode.
pub struct Process<M: Mode> {
    pub(crate) body: M::Body,
    pub(crate) out: Emission,
    pub(crate) stopped: bool,
    pub(crate) statistics: Statistics,
    pub(crate) heartbeat: Option<Arc<AtomicU64>>,
}

/// A place in a process where a fault can be injected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Location {
    /// A word of a state copy.
    State {
        /// 0 or 1.
        copy: usize,
        /// The word's address.
        word: usize,
    },
    /// A word of a lane's code.
    Code {
        /// 0 or 1.
        lane: usize,
        /// The word's position.
        word: usize,
    },
}

impl<M: Mode> Process<M> {
    /// Verifies the program and starts it.
    pub fn start(program: &Program, options: &Options) -> Result<Process<M>, StartError> {
        let program = Verified::new(program).map_err(StartError::Program)?;
        Process::start_verified(program, options)
    }

    /// Starts a program that was verified.
    pub fn start_verified(program: Verified, options: &Options) -> Result<Process<M>, StartError> {
        let mut process: Process<M> = Process::without_state(program, options)?;
        let started = process.body.initialise();
        started.map_err(|stop| StartError::Init(process.fail(stop)))?;
        Ok(process)
    }

    /// A process whose state has no initial values yet.
    pub(crate) fn without_state(
        program: Verified,
        options: &Options,
    ) -> Result<Process<M>, StartError> {
        let program = program.program();
        if !(1..=MAX_ADDRESS_BYTES).contains(&options.own_address.len()) {
            return Err(StartError::Address);
        }
        let least = u64::from(ROOT) + u64::from(program.types.width(program.state_record));
        if options.limits.state_words < least {
            return Err(StartError::Param(format!(
                "the limit `state_words` must be at least {least} for the variables of this program"
            )));
        }
        params::encode(program, &options.params).map_err(StartError::Param)?;
        let sealed;
        let sealed = match options.digest {
            Some(_) => options,
            None => {
                sealed = options.clone().sealed();
                &sealed
            }
        };
        let parts = LaneParts {
            program,
            options: sealed,
        };
        let body = M::Body::new(&parts).map_err(|stop| match stop {
            Stop::Trap(trap) => StartError::Init(Failure::Trap(trap)),
            _ => StartError::Param("the parameters exceed the limits".to_owned()),
        })?;
        Ok(Process {
            body,
            out: Emission::default(),
            stopped: false,
            statistics: Statistics::default(),
            heartbeat: options.heartbeat.clone(),
        })
    }

    /// The number of commits so far, the initial values included.
    pub fn epoch(&self) -> u64 {
        self.body.epoch()
    }

    /// The number of outputs so far. A host that was handed fewer, or one whose CRC does not match, has lost some
    /// to a fault, orders about timers perhaps: it starts the process again from its disk.
    pub fn sent(&mut self) -> u64 {
        self.body.first().1.words()[SENT as usize]
    }

    /// Ordinal and time of the last input that was committed; a host goes on from there.
    pub fn last_input(&mut self) -> (u64, u64) {
        let words = self.body.first().1.words();
        (words[ORDINAL as usize], words[TIME as usize])
    }

    /// The orders of all timers that are set, as they left; for a host that lost its own after a crash.
    pub fn armed_timers(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let state = self.state()?;
        let program = &self.body.first().0.constants.program;
        Ok(timer::armed(program, &state))
    }

    /// The redo record of the message that was handled last, empty if nothing was committed or
    /// [`Options::records`] is off. It must be durable before the outputs leave.
    pub fn record(&self) -> &[u8] {
        &self.out.record
    }

    /// Spoils record and outputs of the message that was handled last. A host says so once they are out of its
    /// hands: control that a fault leads past its next call of [`Process::handle`] then finds nothing that
    /// could leave a second time.
    pub fn spoil(&mut self) {
        self.out.clear();
    }

    /// The whole state as bytes for [`Recovery`]. Both copies, and what the lanes hold of the
    /// program, are compared first.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Failure> {
        if self.stopped {
            return Err(Failure::Stopped);
        }
        let mut out = Vec::new();
        match self.body.snapshot(&mut out) {
            Ok(()) => Ok(out),
            Err(stop) => Err(self.fail(stop)),
        }
    }

    /// What the process has done so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Handles one input.
    pub fn handle(&mut self, input: &Input) -> Result<Handled<'_>, Failure> {
        if self.stopped {
            return Err(Failure::Stopped);
        }
        self.beat();
        self.out.clear();
        let handled = self.body.handle(input, &mut self.out);
        self.beat();
        match handled {
            Ok(Outcome::Handled(Some(handler))) => {
                let outputs = Outputs {
                    bytes: &self.out.frames,
                };
                self.statistics.handled += 1;
                self.statistics.sent += outputs.count() as u64;
                Ok(Handled::Done { handler, outputs })
            }
            Ok(Outcome::Unhandled(Some(kind))) => {
                self.statistics.unhandled += 1;
                Ok(Handled::Unhandled(kind))
            }
            Ok(Outcome::Handled(None) | Outcome::Unhandled(None)) => {
                Err(self.fail(Trap::Handler.into()))
            }
            Err(Stop::Refused(refusal)) => {
                self.statistics.refused += 1;
                Ok(Handled::Refused(refusal))
            }
            Err(stop) => Err(self.fail(stop)),
        }
    }

    /// Runs a probe or invariant on the state without changing it: its result, if it has one, and
    /// the frames that it sent. Nothing for handlers of other kinds.
    pub fn probe(&mut self, handler: HandlerId) -> Result<(Option<u64>, Outputs<'_>), Failure> {
        if self.stopped {
            return Err(Failure::Stopped);
        }
        let handlers = &self.body.first().0.constants.program.handlers;
        let kind = handlers.get(handler.0 as usize).map(|handler| handler.kind);
        if !matches!(kind, Some(HandlerKind::Probe | HandlerKind::Invariant)) {
            return Ok((None, Outputs { bytes: &[] }));
        }
        self.out.clear();
        match self.body.probe(handler, &mut self.out.frames) {
            Ok(result) => Ok((
                result,
                Outputs {
                    bytes: &self.out.frames,
                },
            )),
            Err(stop) => {
                let failed = self.statistics.failed;
                let mut failure = self.fail(stop);
                if let Failure::Error(error) = &mut failure {
                    error.in_probe = true;
                    self.statistics.failed = failed;
                }
                Err(failure)
            }
        }
    }

    /// The state as a record, every word compared with its replica.
    pub fn state(&mut self) -> Result<Value, Failure> {
        if self.stopped {
            return Err(Failure::Stopped);
        }
        self.body.state().map_err(|stop| self.fail(stop))
    }

    /// The words of each state copy, for comparisons and fault injection.
    pub fn copies(&mut self) -> Vec<&[u64]> {
        let (_, copies) = self.body.parts_mut();
        copies.iter().map(|copy| copy.words()).collect()
    }

    /// Flips one bit, as a fault would. False if there is no such place.
    pub fn flip(&mut self, location: Location, bit: u32) -> bool {
        let (lanes, copies) = self.body.parts_mut();
        let word = match location {
            Location::State { copy, word } => copies
                .get_mut(copy)
                .and_then(|copy| copy.words_mut().get_mut(word)),
            Location::Code { lane, word } => lanes
                .get_mut(lane)
                .and_then(|lane| lane.constants.code.words_mut().get_mut(word)),
        };
        match word {
            Some(word) => {
                *word ^= 1 << (bit % 64);
                true
            }
            None => false,
        }
    }

    /// Tells a watchdog that an input is begun or done with.
    fn beat(&self) {
        if let Some(heartbeat) = &self.heartbeat {
            heartbeat.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes a failure: a trap stops the process.
    fn fail(&mut self, stop: Stop) -> Failure {
        match stop {
            Stop::Trap(trap) => {
                self.stopped = true;
                Failure::Trap(trap)
            }
            Stop::Error(code) => {
                self.statistics.failed += 1;
                let (lane, copy) = self.body.first();
                let described = describe(code, lane, copy);
                self.body.abandon();
                Failure::Error(Box::new(described))
            }
            // Only messages can be refused.
            Stop::Refused(_) => {
                self.stopped = true;
                Failure::Trap(Trap::Input)
            }
        }
    }
}
