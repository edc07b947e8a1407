//! A process in its mode: fast as it will run elsewhere, or slow and open to faults.
//!
//! The fast machine is the one that ships. For a message with a fault its state goes over to the machine
//! of the campaigns, which is the same source with places where faults can happen; once nothing of the
//! fault can be left but words of the state, the state goes back.

use crate::config::ModeName;
use pasc_vm::process::{
    Failure, Handled, Input, Lockstep, Options, Plain, Process, Sequential, StartError,
};
use pasc_vm::program::HandlerId;
use pasc_vm::recovery::{RecoverError, Recovery, Released};
use pasc_vm::verify::Verified;
use pasc_vm::{Value, process::Location};
use pasc_vm_probed as probed;
use pasc_vm_probed::probe::{Change, Judged, Machine, Place};

/// How a message ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// A handler ran.
    Done,
    /// No handler took it.
    Unhandled,
    /// It was not acceptable: the code.
    Refused(String),
    /// The handler failed: code and place, for people.
    Error(String),
    /// Corruption was detected, or the machine crashed or hung: which.
    Stopped(String),
}

/// A process of the machine that ships.
pub(crate) enum Fast {
    /// One lane.
    Plain(Process<Plain>),
    /// Two lanes, by basic block.
    Lockstep(Process<Lockstep>),
    /// Two lanes, by handler.
    Sequential(Process<Sequential>),
}

macro_rules! fast {
    ($fast:expr, $process:ident => $with:expr) => {
        match $fast {
            Fast::Plain($process) => $with,
            Fast::Lockstep($process) => $with,
            Fast::Sequential($process) => $with,
        }
    };
}

impl Fast {
    /// Starts a process.
    pub(crate) fn start(
        mode: ModeName,
        program: Verified,
        options: &Options,
    ) -> Result<Fast, StartError> {
        Ok(match mode {
            ModeName::Plain => Fast::Plain(Process::start_verified(program, options)?),
            ModeName::Lockstep => Fast::Lockstep(Process::start_verified(program, options)?),
            ModeName::Sequential => Fast::Sequential(Process::start_verified(program, options)?),
        })
    }

    /// Rebuilds a process from a snapshot and records.
    pub(crate) fn recover<'r>(
        mode: ModeName,
        program: Verified,
        options: &Options,
        snapshot: &[u8],
        records: impl Iterator<Item = &'r [u8]>,
        released: Released,
    ) -> Result<Fast, RecoverError> {
        macro_rules! recover {
            ($mode:ident) => {{
                let mut recovery = Recovery::of_verified(program, options, snapshot)?;
                for record in records {
                    recovery.replay(record)?;
                }
                Ok(Fast::$mode(recovery.finish(released)?))
            }};
        }
        match mode {
            ModeName::Plain => recover!(Plain),
            ModeName::Lockstep => recover!(Lockstep),
            ModeName::Sequential => recover!(Sequential),
        }
    }

    /// Handles an input. Frames are appended to `outputs`, the redo record to `record`.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        input: &Input,
        outputs: &mut Vec<u8>,
        record: &mut Vec<u8>,
    ) -> End {
        fast!(self, process => {
            let end = match process.handle(input) {
                Ok(Handled::Done { outputs: sent, .. }) => {
                    outputs.extend_from_slice(sent.bytes());
                    End::Done
                }
                Ok(Handled::Unhandled(_)) => return End::Unhandled,
                Ok(Handled::Refused(refusal)) => return End::Refused(refusal.code().to_string()),
                Err(Failure::Error(error)) => return End::Error(error.to_string()),
                Err(failure) => return End::Stopped(failure.to_string()),
            };
            record.extend_from_slice(process.record());
            process.spoil();
            end
        })
    }

    /// The words of each copy.
    pub(crate) fn copies(&mut self) -> Vec<Vec<u64>> {
        fast!(self, process => process.copies().into_iter().map(<[u64]>::to_vec).collect())
    }

    /// Flips a bit of a word in every copy of the state, where there is one.
    pub(crate) fn corrupt(&mut self, word: usize, bit: u32) {
        fast!(self, process => for copy in 0..2 {
            process.flip(Location::State { copy, word }, bit);
        })
    }

    /// Makes one copy what these words are; it has as many.
    fn set_copy(&mut self, copy: usize, from: &[u64], to: &[u64]) {
        for (word, (from, to)) in from.iter().zip(to).enumerate() {
            let differs = from ^ to;
            for bit in (0..64).filter(|bit| differs >> bit & 1 == 1) {
                fast!(self, process => process.flip(Location::State { copy, word }, bit));
            }
        }
    }

    /// The state as bytes; nothing if its copies differ.
    pub(crate) fn snapshot(&mut self) -> Option<Vec<u8>> {
        fast!(self, process => process.snapshot().ok())
    }

    /// The state, if it can be read.
    pub(crate) fn state(&mut self) -> Option<Value> {
        fast!(self, process => process.state().ok())
    }

    /// The number of commits.
    pub(crate) fn epoch(&self) -> u64 {
        fast!(self, process => process.epoch())
    }

    /// Ordinal and time of the last input that was committed.
    pub(crate) fn last_input(&mut self) -> (u64, u64) {
        fast!(self, process => process.last_input())
    }

    /// The orders of all timers that are set.
    pub(crate) fn armed_timers(&mut self) -> Vec<Vec<u8>> {
        fast!(self, process => process.armed_timers().unwrap_or_default())
    }

    /// Whether an invariant holds. One that cannot be computed does not; an error if the process stopped.
    pub(crate) fn holds(&mut self, invariant: HandlerId) -> Result<bool, String> {
        fast!(self, process => match process.probe(invariant) {
            Ok((result, _)) => Ok(result == Some(1)),
            Err(Failure::Error(_)) => Ok(false),
            Err(failure) => Err(failure.to_string()),
        })
    }
}

/// A process of the machine of the campaigns.
pub(crate) enum Slow {
    /// One lane.
    Plain(Machine<probed::process::Plain>),
    /// Two lanes, by basic block.
    Lockstep(Machine<probed::process::Lockstep>),
    /// Two lanes, by handler.
    Sequential(Machine<probed::process::Sequential>),
}

macro_rules! slow {
    ($slow:expr, $machine:ident => $with:expr) => {
        match $slow {
            Slow::Plain($machine) => $with,
            Slow::Lockstep($machine) => $with,
            Slow::Sequential($machine) => $with,
        }
    };
}

impl Slow {
    /// Starts a machine. What its state is does not matter: it is loaded.
    pub(crate) fn start(
        mode: ModeName,
        program: &probed::Program,
        options: &probed::process::Options,
    ) -> Option<Slow> {
        Some(match mode {
            ModeName::Plain => Slow::Plain(Machine::start(program, options).ok()?),
            ModeName::Lockstep => Slow::Lockstep(Machine::start(program, options).ok()?),
            ModeName::Sequential => Slow::Sequential(Machine::start(program, options).ok()?),
        })
    }

    /// Gives each copy its words.
    pub(crate) fn load(&mut self, copies: &[Vec<u64>]) {
        slow!(self, machine => machine.load(copies));
    }

    /// Handles an input.
    pub(crate) fn handle(&mut self, input: &Input) -> Judged {
        let input = probed::process::Input {
            ordinal: input.ordinal,
            time: input.time,
            frame: input.frame,
            crc: input.crc,
        };
        slow!(self, machine => machine.handle(&input))
    }

    /// Makes this machine what the other one is.
    pub(crate) fn take_back(&mut self, other: &Slow, constants: bool) {
        match (self, other) {
            (Slow::Plain(this), Slow::Plain(other)) => this.take_back(other, constants),
            (Slow::Lockstep(this), Slow::Lockstep(other)) => this.take_back(other, constants),
            (Slow::Sequential(this), Slow::Sequential(other)) => this.take_back(other, constants),
            _ => {}
        }
    }

    /// Whether nobody can tell this machine from the other one.
    pub(crate) fn is_same(&self, other: &Slow) -> bool {
        match (self, other) {
            (Slow::Plain(this), Slow::Plain(other)) => this.is_same(other, true),
            (Slow::Lockstep(this), Slow::Lockstep(other)) => this.is_same(other, true),
            (Slow::Sequential(this), Slow::Sequential(other)) => this.is_same(other, true),
            _ => false,
        }
    }

    /// How many phases a message has.
    pub(crate) fn phases(&self) -> u32 {
        let phases = match self {
            Slow::Plain(_) => Machine::<probed::process::Plain>::phases(),
            Slow::Lockstep(_) => Machine::<probed::process::Lockstep>::phases(),
            Slow::Sequential(_) => Machine::<probed::process::Sequential>::phases(),
        };
        phases.len() as u32
    }

    /// The words of each copy.
    pub(crate) fn copies(&self) -> Vec<Vec<u64>> {
        slow!(self, machine => machine.copies().into_iter().map(<[u64]>::to_vec).collect())
    }

    /// The state as bytes; nothing if its copies differ.
    pub(crate) fn snapshot(&mut self) -> Option<Vec<u8>> {
        slow!(self, machine => machine.snapshot())
    }

    /// Flips a bit of a word in every copy of the state, where there is one.
    pub(crate) fn corrupt(&mut self, word: usize, bit: u32) {
        for side in 0..2 {
            let place = Place {
                side,
                name: "state",
                index: word as u32,
            };
            slow!(self, machine => machine.change(place, Change::Flip(bit as u8)));
        }
    }
}

/// The fast process whose copies hold these words.
pub(crate) fn of_copies(
    mode: ModeName,
    program: Verified,
    options: &Options,
    copies: &[Vec<u64>],
) -> Option<Fast> {
    let first = copies.first()?;
    let snapshot = snapshot_of(program.program().identity(), first);
    let none = std::iter::empty();
    let mut fast = Fast::recover(mode, program, options, &snapshot, none, Released::Lost).ok()?;
    if let Some(second) = copies.get(1)
        && first != second
    {
        if first.len() != second.len() {
            return None;
        }
        fast.set_copy(1, first, second);
    }
    Some(fast)
}

/// A snapshot of these words; `pasc_vm::record` tells its form.
fn snapshot_of(identity: u64, words: &[u64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 * words.len() + 28);
    out.extend(b"PSCS");
    out.extend(pasc_vm::record::SNAPSHOT_VERSION.to_le_bytes());
    out.extend(identity.to_le_bytes());
    out.extend((words.len() as u64).to_le_bytes());
    words.iter().for_each(|word| out.extend(word.to_le_bytes()));
    out.extend(crc32fast::hash(&out).to_le_bytes());
    out
}
