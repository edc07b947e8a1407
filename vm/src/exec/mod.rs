//! What each instruction means, written once, for one lane.
//!
//! [`Cpu`] holds what an instruction can reach. The methods that carry the meanings have the names
//! of the instruction table and stand in [`arithmetic`], [`data`], [`lists`], [`maps`], [`timers`] and [`control`];
//! [`dispatch`] runs a basic block.

mod arithmetic;
mod control;
mod data;
mod dispatch;
mod lists;
mod maps;
mod timers;

use crate::error::{ErrorPlace, Stop};
use crate::isa::{REGISTERS, Reg};
use crate::memory::{Memory, Role};
use crate::outbox::Outbox;
use crate::program::Program;
use crate::types::TypeId;

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
    pub(crate) code: &'m [u64],
    pub(crate) program: &'m Program,
    pub(crate) registers: &'m mut [u64; REGISTERS],
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

impl<R: Role> Cpu<'_, R> {
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

/// The addresses of what a lane works on: registers, code, own memory, log, outbox, state copy.
pub(crate) type Bases = [usize; 6];

impl<R: Role> Cpu<'_, R> {
    /// Where the lane's parts lie. In a right run each lies at a fixed distance from the other
    /// lane's; a base that was taken from the other lane, or anything else, does not.
    #[inline]
    pub(crate) fn bases(&self) -> Bases {
        let [words, delta, own] = self.memory.bases();
        [
            std::ptr::from_ref::<[u64; REGISTERS]>(self.registers).addr(),
            self.code.as_ptr().addr(),
            words,
            delta,
            std::ptr::from_ref::<Outbox>(self.outbox).addr(),
            own,
        ]
    }
}

/// How far apart the parts of two lanes lie.
#[inline]
pub(crate) fn distances(a: &Bases, b: &Bases) -> Bases {
    std::array::from_fn(|part| a[part].wrapping_sub(b[part]))
}

/// The type operand of an instruction.
fn type_of(word: crate::isa::Word) -> TypeId {
    TypeId(word.immediate())
}
