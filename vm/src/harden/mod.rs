//! How a message is handled in each mode, from entering to handing over the outputs.
//!
//! The steps have the numbers of the hardening document: 0 enter, 1 receive, 2 decode, 3 guard and
//! body, 4 compare, 5 apply, 6 emit. [`plain`] runs one lane without checks, the baseline; [`doubled`]
//! runs two lanes, by basic block (`lockstep`) or by handler (`sequential`).

pub(crate) mod doubled;
pub(crate) mod grain;
pub(crate) mod plain;

use crate::error::Stop;
use crate::fill::drop_bytes;
use crate::lane::{Input, Lane, LaneParts};
use crate::memory::{Memory, Single};
use crate::probe::{copied, touch};
use crate::program::{HandlerId, HandlerKind, Program};
use crate::progress::{UNGUARDED, guard_step};
use crate::record::{self, RecoveryError};
use crate::state::StateCopy;
use crate::trap::Trap;
use crate::value::Value;

/// What became of a message that no lane objected to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// A handler ran and its writes were committed.
    Handled(Option<HandlerId>),
    /// There is no handler of this kind, or no guard held.
    Unhandled(Option<HandlerKind>),
}

/// What bytes hold that left once.
const SPOILT: u8 = 0xff;

/// What a handled message gives to the host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Emission {
    /// The frames that were sent, one after the other.
    pub(crate) frames: Vec<u8>,
    /// The redo record of the commit.
    pub(crate) record: Vec<u8>,
}

impl Emission {
    /// Forgets what the last message gave.
    pub(crate) fn clear(&mut self) {
        touch(&self.frames);
        touch(self.frames.as_slice());
        touch(&self.record);
        touch(self.record.as_slice());
        // What left once must not leave again, even if a fault gives the buffer its length back.
        drop_bytes(&mut self.frames, SPOILT);
        drop_bytes(&mut self.record, SPOILT);
    }
}

/// The phases of a message, in order, and how a message goes through them: each is given the input and
/// where outputs go, and ends the message with an outcome or goes on.
macro_rules! phases {
    ($($phase:ident)+) => {
        /// Takes a message through all phases.
        #[cfg(not(pasc_probe))]
        #[inline]
        pub(super) fn go_through(&mut self, input: &Input, out: &mut Emission) -> Result<Outcome, Stop> {
            $(
                crate::exec::clear_direction();
                if let Some(outcome) = self.$phase(input, out)? {
                    return Ok(outcome);
                }
            )+
            Err(Trap::ControlFlow.into())
        }

        /// Takes a message through the phases, as far as faults let it.
        #[cfg(pasc_probe)]
        pub(super) fn go_through(&mut self, input: &Input, out: &mut Emission) -> Result<Outcome, Stop> {
            crate::probe::drive(self, &[$((stringify!($phase), Self::$phase)),+], input, out)
        }

        /// The names of the phases.
        #[cfg(pasc_probe)]
        pub(crate) const PHASES: &'static [&'static str] = &[$(stringify!($phase)),+];
    };
}
use phases;

/// A phase goes on.
const ON: Result<Option<Outcome>, Stop> = Ok(None);

/// The lanes and state copies of a process in one mode.
pub(crate) trait Body: Sized + Send + crate::probe::Probed {
    /// Lanes and copies of a new process. The initial values are not there yet.
    fn new(parts: &LaneParts) -> Result<Self, Stop>;

    /// Runs the handler that gives the state its initial values, if there is one, and commits them.
    fn initialise(&mut self) -> Result<(), Stop>;

    /// Handles a message; what it gives is appended to `out`.
    fn handle(&mut self, input: &Input, out: &mut Emission) -> Result<Outcome, Stop>;

    /// Runs a probe or invariant on the state without committing anything. Gives its result, if it
    /// has one; frames that it sent are appended to `out`.
    fn probe(&mut self, handler: HandlerId, out: &mut Vec<u8>) -> Result<Option<u64>, Stop>;

    /// Drops what the lanes hold of a message that was not committed.
    fn abandon(&mut self) {
        self.parts_mut().0.iter_mut().for_each(Lane::clear);
    }

    /// Reads the whole state, compared with its replica.
    fn state(&mut self) -> Result<Value, Stop>;

    /// Appends a snapshot, once the copies and the lanes' constants were compared.
    fn snapshot(&self, out: &mut Vec<u8>) -> Result<(), Stop>;

    /// Takes the state from a snapshot.
    fn restore(&mut self, snapshot: &[u8]) -> Result<(), RecoveryError>;

    /// Applies a redo record: everything or, with an error, nothing or a part, after which the body
    /// is of no more use.
    fn replay(&mut self, record: &[u8]) -> Result<(), RecoveryError>;

    /// The epoch of the state.
    fn epoch(&self) -> u64;

    /// The first lane and its state copy, to look at.
    fn first(&mut self) -> (&mut Lane, &StateCopy);

    /// All lanes and copies, for fault injection.
    fn parts_mut(&mut self) -> (&mut [Lane], &mut [StateCopy]);
}

/// The handler that a lane tries in this place for what it received.
#[inline]
fn nth_handler(lane: &Lane, place: usize) -> Option<HandlerId> {
    touch(&lane.kind);
    let kind = lane.kind?;
    let start = lane.constants.first_handler(kind)?;
    let first = lane.constants.program.handlers.get(start)?;
    touch(&first.kind);
    if place == 0 && first.kind == kind {
        Some(HandlerId(start as u32))
    } else {
        later_handler(lane, kind, start, place)
    }
}

#[cold]
#[inline(never)]
fn later_handler(lane: &Lane, kind: HandlerKind, start: usize, place: usize) -> Option<HandlerId> {
    let handlers = lane.constants.program.handlers.get(start..)?;
    let mut alike = (start..).zip(handlers).filter(|(_, h)| {
        touch(&h.kind);
        h.kind == kind
    });
    Some(HandlerId(alike.nth(place)?.0 as u32))
}

/// What a lane's choice says of its way there.
struct Way {
    /// What its guards must have given: 0 for each handler before it, then 1, or [`UNGUARDED`] without one.
    trail: u64,
    /// How often a region must have begun or ended: the guards, and the body.
    borders: u64,
}

/// The way to the handler that the lane chose, if it is one for what the lane received.
fn way_to_choice(lane: &Lane) -> Option<Way> {
    touch(&lane.start);
    let mut way = Way {
        trail: lane.start,
        borders: 2,
    };
    for place in 0.. {
        let id = nth_handler(lane, place)?;
        let is_chosen = lane.choice() == Some(id);
        let handler = lane.constants.program.handlers.get(id.0 as usize)?;
        touch(handler);
        let is_guarded = handler.guard.is_some();
        let holds = if is_guarded { 1 } else { UNGUARDED };
        way.trail = guard_step(way.trail, id, if is_chosen { holds } else { 0 });
        way.borders += 2 * u64::from(is_guarded);
        if is_chosen {
            break;
        }
    }
    Some(way)
}

/// Takes one state copy from a snapshot.
fn restore_copy(lane: &Lane, copy: &mut StateCopy, snapshot: &[u8]) -> Result<(), RecoveryError> {
    let width = lane
        .constants
        .program
        .types
        .width(lane.constants.program.state_record);
    let limit = lane.constants.limits.state_words;
    *copy = record::read_snapshot(snapshot, lane.constants.program.identity(), width, limit)?;
    Ok(())
}

/// Appends a finished frame or record: the bytes of one lane and the CRC of the other's.
fn hand_over(bytes: &[u8], crc: u32, out: &mut Vec<u8>) {
    touch(bytes);
    touch(out);
    out.extend_from_slice(bytes);
    out.extend_from_slice(&crc.to_le_bytes());
}

/// How many words a state copy needs to take what a lane logged. A log that reaches beyond the limit
/// was not written by a handler.
fn words_needed(lane: &Lane, copy: &StateCopy) -> Result<usize, Stop> {
    let length = copy.words().len();
    if lane.work.delta.pages_end() <= length as u64 {
        return Ok(length);
    }
    let end = lane.work.delta.end();
    if end > lane.constants.limits.state_words {
        return Err(Trap::Address.into());
    }
    Ok((end as usize).max(length))
}

/// Steps enough to read a state in which every block has one owner; links that go round, as in a
/// damaged snapshot, use them up.
fn reading_fuel(program: &Program, copy: &StateCopy) -> u64 {
    let words = copy.words().len() as u64;
    words.saturating_mul(2 + u64::from(program.types.most_parts()))
}

/// The state as a value; what it refers to is read through `memory`.
fn state_value(
    memory: &mut Memory<'_, impl crate::memory::Role>,
    program: &Program,
) -> Result<Value, Stop> {
    memory.read_value(
        &program.types,
        program.state_record,
        u64::from(crate::state::ROOT),
    )
}

/// Renders an operand for an error message, with as much fuel as it takes.
pub(crate) fn render(
    lane: &mut Lane,
    copy: &StateCopy,
    ty: crate::types::TypeId,
    value: u64,
) -> Option<Value> {
    let program = lane.constants.program.clone();
    copied!(program);
    lane.work.fuel = lane.constants.limits.instructions;
    lane.memory::<Single>(copy, copy)
        .read_value(&program.types, ty, value)
        .ok()
}

/// The handler with this id.
fn handler(program: &Program, id: HandlerId) -> Result<&crate::program::Handler, Stop> {
    let handler = program.handlers.get(id.0 as usize).ok_or(Trap::Handler)?;
    touch(handler);
    Ok(handler)
}
