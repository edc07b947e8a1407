//! What each instruction means, written once, for one lane.
//!
//! [`Step`] is what an instruction can reach. Its methods that carry the meanings have the names of
//! the instruction table and stand in [`arithmetic`], [`data`], [`lists`], [`maps`], [`timers`] and
//! [`control`]; [`dispatch`] goes from one to the next, and so does [`threaded`] where it can.

mod arithmetic;
mod barrier;
pub(crate) mod code;
mod control;
mod data;
pub(crate) mod dispatch;
mod lists;
mod maps;
#[cfg(pasc_threaded)]
pub(crate) mod threaded;
mod timers;

pub(crate) use barrier::opaque;

use crate::error::{ErrorPlace, Stop};
use crate::isa::{REGISTERS, Reg, Word};
use crate::lane::agree;
use crate::memory::{First, Memory, Role, Second, Single};
use crate::outbox::Outbox;
use crate::program::Program;
use crate::trap::Trap;
use crate::types::TypeId;
use code::Guarded;

/// Where control goes at the end of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// To the block at this position.
    Block(u32),
    /// Nowhere: the body of the handler is done.
    Halt,
    /// Nowhere: the guard, invariant or probe gives this word.
    Result(u64),
}

/// The processor of one lane while it handles a message.
pub(crate) struct Cpu<'m, R: Role> {
    pub(crate) registers: &'m mut [u64; REGISTERS],
    pub(crate) context: Context<'m, R>,
}

/// What the instructions of a lane can reach besides its registers.
pub(crate) struct Context<'m, R: Role> {
    pub(crate) code: Guarded<'m>,
    pub(crate) program: &'m Program,
    pub(crate) memory: Memory<'m, R>,
    pub(crate) outbox: &'m mut Outbox,
    pub(crate) own_address: u64,
    pub(crate) incarnation: u64,
    pub(crate) sender: u64,
    pub(crate) message: u64,
    /// The input's time in microseconds.
    pub(crate) time: u64,
    /// Position and signature of the end that was reached.
    pub(crate) halt: &'m mut (u32, u64),
    /// Where an error happened.
    pub(crate) error_place: &'m mut ErrorPlace,
}

/// Goes from instruction to instruction through a region, in one of three ways. `positions` are
/// where the lanes start. Control-flow that differs between the lanes is a trap; errors of the first
/// lane wait for the second.
#[expect(
    private_interfaces,
    reason = "hosts choose among modes and cannot add a dispatcher"
)]
pub trait Dispatcher: Send + 'static {
    /// One lane, no checks.
    fn plain(cpu: Cpu<Single>, position: u32) -> Result<Next, Stop>;

    /// Each basic block on the first lane, then on the second.
    fn by_block(a: Cpu<First>, b: Cpu<Second>, positions: [u32; 2]) -> Result<Next, Stop>;

    /// The whole region on the first lane, then on the second. Each lane sums up its way.
    fn by_handler(a: Cpu<First>, b: Cpu<Second>, positions: [u32; 2]) -> Result<Next, Stop>;
}

/// The dispatcher of this build.
#[cfg(pasc_threaded)]
pub(crate) type Fastest = threaded::Threaded;
/// The dispatcher of this build.
#[cfg(not(pasc_threaded))]
pub(crate) type Fastest = dispatch::Portable;

/// The result of both lanes, if they and the sums of their ways agree.
fn agree_with_ways(
    end_a: Result<Next, Stop>,
    end_b: Result<Next, Stop>,
    ways: [u64; 2],
) -> Result<Next, Stop> {
    let end = agree(end_a, end_b, Trap::ControlFlow);
    if ways[0] != ways[1] && !matches!(end, Err(Stop::Trap(_))) {
        return Err(Trap::ControlFlow.into());
    }
    end
}

/// A lane at one instruction. It is handed on by value, in two machine registers, so that the
/// meanings can be called from a dispatcher that keeps no variables in memory.
struct Step<'c, 'm, R: Role> {
    registers: &'c mut [u64; REGISTERS],
    context: &'c mut Context<'m, R>,
}

impl<R: Role> Step<'_, '_, R> {
    #[inline]
    fn get(&self, register: Reg) -> u64 {
        self.registers[usize::from(register.0)]
    }

    #[inline]
    fn int(&self, register: Reg) -> i64 {
        self.get(register).cast_signed()
    }

    #[inline]
    fn set(&mut self, register: Reg, value: u64) -> Result<(), Stop> {
        self.registers[usize::from(register.0)] = value;
        Ok(())
    }

    #[inline]
    fn set_bool(&mut self, register: Reg, value: bool) -> Result<(), Stop> {
        self.set(register, u64::from(value))
    }
}

/// The type operand of an instruction.
fn type_of(word: Word) -> TypeId {
    TypeId(word.immediate())
}
