//! How a message is handled in each mode, from entering to handing over the outputs.
//!
//! The steps have the numbers of the hardening document: 0 enter, 1 receive, 2 decode, 3 guard and
//! body, 4 compare, 5 apply, 6 emit. [`plain`] runs one lane without checks, the baseline;
//! [`lockstep`] runs each basic block on lane A, then on lane B, before either goes on.

pub(crate) mod lockstep;
pub(crate) mod plain;

use crate::error::Stop;
use crate::lane::{Input, Lane, LaneParts};
use crate::memory::{Memory, Single};
use crate::program::{HandlerId, HandlerKind, MessageId, Program};
use crate::state::StateCopy;
use crate::trap::Trap;
use crate::value::Value;

/// What became of a message that no lane objected to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// A handler ran and its writes were committed.
    Handled(HandlerId),
    /// No handler's guard held.
    Unhandled(MessageId),
}

/// The lanes and state copies of a process in one mode.
pub(crate) trait Body: Sized + Send {
    /// Lanes and copies of a new process. The initial values are not there yet.
    fn new(parts: &LaneParts, hash_key: [u64; 2]) -> Result<Self, Stop>;

    /// Runs the handler that gives the state its initial values, and commits them.
    fn initialise(&mut self, handler: Option<HandlerId>) -> Result<(), Stop>;

    /// Handles a message; the frames that it sent are appended to `out`.
    fn handle(&mut self, input: &Input, out: &mut Vec<u8>) -> Result<Outcome, Stop>;

    /// Runs a probe or invariant on the state without committing anything. Gives its result, if it
    /// has one; frames that it sent are appended to `out`.
    fn probe(&mut self, handler: HandlerId, out: &mut Vec<u8>) -> Result<Option<u64>, Stop>;

    /// Drops what the lanes hold of a message that was not committed.
    fn abandon(&mut self) {
        self.parts_mut().0.iter_mut().for_each(Lane::clear);
    }

    /// Reads the whole state, compared with its replica.
    fn state(&mut self) -> Result<Value, Stop>;

    /// The first lane and its state copy, to look at.
    fn first(&mut self) -> (&mut Lane, &StateCopy);

    /// All lanes and copies, for fault injection.
    fn parts_mut(&mut self) -> (&mut [Lane], &mut [StateCopy]);
}

/// A fresh state for the program.
fn new_state(program: &Program, hash_key: [u64; 2]) -> StateCopy {
    StateCopy::new(program.types.width(program.state_record), hash_key)
}

/// The handlers of a message, in the order in which they are tried.
fn handlers_of(lane: &Lane, message: MessageId) -> impl Iterator<Item = HandlerId> + '_ {
    let takes = move |kind: HandlerKind| kind == HandlerKind::Message(message);
    let handlers = lane.program.handlers.iter().enumerate();
    handlers
        .filter(move |(_, h)| takes(h.kind))
        .map(|(index, _)| HandlerId(index as u32))
}

/// Appends a finished frame: the bytes of one lane and the CRC of the other's.
fn hand_over(bytes: &[u8], crc: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(bytes);
    out.extend_from_slice(&crc.to_le_bytes());
}

/// How many words a state copy needs to take what a lane logged.
fn words_needed(lane: &Lane, copy: &StateCopy) -> usize {
    (lane.delta.end() as usize).max(copy.words().len())
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
    let program = lane.program.clone();
    lane.fuel = lane.limits.instructions;
    lane.memory::<Single>(copy, copy)
        .read_value(&program.types, ty, value)
        .ok()
}

/// The handler with this id.
fn handler(program: &Program, id: HandlerId) -> Result<&crate::program::Handler, Stop> {
    program
        .handlers
        .get(id.0 as usize)
        .ok_or(Stop::Trap(Trap::Handler))
}
