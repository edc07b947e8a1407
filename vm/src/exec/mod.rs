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
mod natives;
#[cfg(pasc_probe)]
pub(crate) mod stepped;
#[cfg(pasc_threaded)]
pub(crate) mod threaded;
mod timers;

pub(crate) use barrier::{black_box, clear_direction, opaque};

use crate::check::Check;
use crate::error::{ErrorPlace, Stop};
use crate::isa::{REGISTERS, ROWS, Reg, Word};
use crate::lane::{Constants, Lane, agree};
use crate::memory::{Memory, Role};
use crate::outbox::Outbox;
use crate::probe::{keeps, touch};
use crate::state::StateCopy;
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
    pub(crate) constants: &'m Constants,
    pub(crate) memory: Memory<'m, R>,
    pub(crate) outbox: &'m mut Outbox,
}

/// Goes from instruction to instruction through a region, in one of three ways. `positions` are where
/// the lanes start, `apart` is how far their parts lie apart, compared where a region ends.
/// Control flow that differs between the lanes is a trap; errors of the first
/// lane wait for the second.
#[expect(
    private_interfaces,
    reason = "hosts choose among modes and cannot add a dispatcher"
)]
pub trait Dispatcher: Send + Sync + 'static {
    /// One lane, no checks.
    fn plain(lane: &mut Lane, copy: &mut StateCopy, position: u32) -> Result<Next, Stop>;

    /// Each basic block on the first lane, then on the second.
    fn by_block(
        lanes: &mut [Lane; 2],
        copies: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop>;

    /// The whole region on the first lane, then on the second. Each lane sums up its way.
    fn by_handler(
        lanes: &mut [Lane; 2],
        copies: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop>;
}

/// The dispatcher of this build.
#[cfg(pasc_threaded)]
pub(crate) type Fastest = threaded::Threaded;
/// The dispatcher of this build.
#[cfg(not(any(pasc_threaded, pasc_probe)))]
pub(crate) type Fastest = dispatch::Portable;
/// The dispatcher of this build.
#[cfg(pasc_probe)]
pub(crate) type Fastest = stepped::Stepped;

/// In place of a position that was gone on from: no code is that long. A position is used up when a lane
/// goes on from it, so that control that jumps back finds nowhere to run the same block once more.
const NOWHERE: u32 = u32::MAX;

/// How one lane ended that ran for itself.
struct Whole {
    end: Result<Next, Stop>,
    /// What sums up the blocks on its way.
    way: u64,
    ground: Ground,
}

/// The end of both lanes, if it, their ways and their distances are as they should be.
fn agree_as_a_whole(a: Whole, b: Whole, apart: &Bases) -> Result<Next, Stop> {
    if !lie_apart(&a.ground, &b.ground, apart) && keeps(Check::Bases) {
        return Err(Trap::Base.into());
    }
    let end = agree(a.end, b.end, Trap::ControlFlow);
    if a.way != b.way && !matches!(end, Err(Stop::Trap(_))) && keeps(Check::Decision) {
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
        let place = &self.registers[usize::from(register.0)];
        touch(place);
        *place
    }

    #[inline]
    fn int(&self, register: Reg) -> i64 {
        self.get(register).cast_signed()
    }

    #[inline]
    fn set(&mut self, register: Reg, value: u64) -> Result<(), Stop> {
        let place = &mut self.registers[usize::from(register.0)];
        touch(place);
        *place = value;
        Ok(())
    }

    /// Notes where an error happened and what stood in the instruction's operands.
    fn note_place(self, word: Word, position: u32) {
        let row = ROWS.iter().find(|row| row.opcode as u8 == word.opcode());
        let operand = |slot: &str, register: Reg| {
            let is_used = row.is_some_and(|row| {
                let mut operands = row.operands.iter();
                operands.any(|(_, ty, at)| (*ty, *at) == ("Reg", slot))
            });
            if is_used { self.get(register) } else { 0 }
        };
        let operands = [operand("B", word.b()), operand("C", word.c())];
        touch(&self.context.memory.work.error_place);
        self.context.memory.work.error_place = ErrorPlace { position, operands };
    }

    #[inline]
    fn set_bool(&mut self, register: Reg, value: bool) -> Result<(), Stop> {
        self.set(register, u64::from(value))
    }
}

/// The addresses of what a lane works on: registers, code, its own memory with log and fuel, outbox,
/// state copy.
pub(crate) type Bases = [usize; 5];

/// Where a lane stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ground {
    bases: Bases,
    /// Where the memory lies that grows: arena, log, outbox. It moves when it grows, so there is no
    /// distance that must be kept; but the lanes never share it.
    buffers: [usize; 3],
}

/// Where a vector's elements lie. Those of a lane have room from the start; only a copy that fault
/// injection made of one can be without, and lies nowhere then.
#[inline]
fn buffer<T>(vector: &Vec<T>) -> usize {
    if cfg!(pasc_probe) && vector.capacity() == 0 {
        std::ptr::from_ref(vector).addr()
    } else {
        vector.as_ptr().addr()
    }
}

impl<R: Role> Cpu<'_, R> {
    /// Where the lane's parts lie. In a right run each lies at a fixed distance from the other
    /// lane's; a base that was taken from the other lane, or anything else, does not.
    #[inline]
    pub(crate) fn ground(&self) -> Ground {
        let [work, own] = self.context.memory.bases();
        let lane = &*self.context.memory.work;
        Ground {
            bases: [
                std::ptr::from_ref::<[u64; REGISTERS]>(self.registers).addr(),
                self.context.code.start().addr(),
                work,
                std::ptr::from_ref::<Outbox>(self.context.outbox).addr(),
                own,
            ],
            buffers: [
                buffer(&lane.words.words),
                buffer(&lane.delta.pages),
                buffer(&self.context.outbox.bytes),
            ],
        }
    }
}

/// How far apart the parts of two lanes lie.
#[inline]
pub(crate) fn distances(a: &Bases, b: &Bases) -> Bases {
    std::array::from_fn(|part| a[part].wrapping_sub(b[part]))
}

/// Whether two lanes lie as far apart as they should and share no memory that grows, without a branch
/// for each part.
#[inline]
fn lie_apart(a: &Ground, b: &Ground, apart: &Bases) -> bool {
    let distances = distances(&a.bases, &b.bases).into_iter().zip(apart);
    let wrong = distances.fold(0, |wrong, (distance, apart)| wrong | distance ^ apart);
    let buffers = a.buffers.iter().zip(&b.buffers);
    let shares = buffers.fold(false, |shares, (a, b)| shares | (a == b));
    (wrong == 0) & !shares
}

/// The type operand of an instruction.
fn type_of(word: Word) -> TypeId {
    TypeId(word.immediate())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_that_lie_elsewhere_or_share_what_grows_are_noticed() {
        let a = Ground {
            bases: [100, 200, 300, 400, 500],
            buffers: [1, 2, 3],
        };
        let b = Ground {
            bases: [110, 220, 330, 440, 550],
            buffers: [4, 5, 6],
        };
        let apart = distances(&a.bases, &b.bases);
        assert!(lie_apart(&a, &b, &apart));
        for part in 0..a.bases.len() {
            let mut moved = b;
            moved.bases[part] = a.bases[part];
            assert!(!lie_apart(&a, &moved, &apart), "part {part}");
        }
        for buffer in 0..a.buffers.len() {
            let mut shared = b;
            shared.buffers[buffer] = a.buffers[buffer];
            assert!(!lie_apart(&a, &shared, &apart), "buffer {buffer}");
        }
    }
}
