//! The memory as one lane sees it while it handles a message.
//!
//! One address space: an address with its top bit clear names a word of the state, one with its top
//! bit set a word of the lane's own memory. Reads of the state see the lane's log before the lane's
//! copy; a lane compares every word that it reads from its copy with the other copy, before the word
//! can leave. Every word of the state counts as a variable: lengths, discriminants, links
//! and list heads as well as what the program put there.

#[cfg(pasc_threaded)]
mod peek;

use crate::check::Check;
use crate::error::{ErrorCode, Stop};
use crate::exec::opaque;
use crate::fill::{GROUP, fill_words, longer};
use crate::frames::Frames;
use crate::lane::Work;
use crate::limits::Limits;
use crate::probe::{keeps, point, seen, tick, touch};
use crate::state::StateCopy;
use crate::trap::Trap;
use std::marker::PhantomData;

/// The bit of an address that tells a lane's own memory from the state.
pub const LANE: u64 = 1 << 63;

/// The address `offset` words after `base`. A corrupted base wraps and fails its next use.
#[inline]
pub(crate) fn at(base: u64, offset: u64) -> u64 {
    base.wrapping_add(offset)
}

/// Which lane code runs for; chosen by type, so that no flag in memory can be flipped.
pub(crate) trait Role {
    /// Whether control flow is checked, and reads of the state are compared with the other copy.
    const HARDENED: bool;
    /// The number of the lane.
    #[cfg(pasc_probe)]
    const SIDE: u8;
}

/// The only lane of `plain`.
#[derive(Debug)]
pub(crate) enum Single {}

/// One of two lanes. Both run the same machine code: what two kinds of lanes would need does not fit
/// in the processor's cache for instructions.
#[cfg(not(pasc_probe))]
#[derive(Debug)]
pub(crate) enum Paired {}
#[cfg(not(pasc_probe))]
pub(crate) use Paired as First;
#[cfg(not(pasc_probe))]
pub(crate) use Paired as Second;

/// The lane that runs first, where fault injection must know which one runs.
#[cfg(pasc_probe)]
#[derive(Debug)]
pub(crate) enum First {}
/// The lane that runs second.
#[cfg(pasc_probe)]
#[derive(Debug)]
pub(crate) enum Second {}

impl Role for Single {
    const HARDENED: bool = false;
    #[cfg(pasc_probe)]
    const SIDE: u8 = 0;
}
#[cfg(not(pasc_probe))]
impl Role for Paired {
    const HARDENED: bool = true;
}
#[cfg(pasc_probe)]
impl Role for First {
    const HARDENED: bool = true;
    const SIDE: u8 = 0;
}
#[cfg(pasc_probe)]
impl Role for Second {
    const HARDENED: bool = true;
    const SIDE: u8 = 1;
}

/// A lane's own memory: the fixed area (parameters, constants, own address), then the arena, which
/// is dropped as a whole after each message.
#[derive(Clone, Debug)]
pub(crate) struct LaneWords {
    pub(crate) words: Vec<u64>,
    /// The first word of the arena.
    pub(crate) arena: usize,
    /// The first unused word of the arena.
    pub(crate) top: usize,
    pub(crate) poison: u64,
    /// Room for work that is no part of any value; empty between instructions.
    pub(crate) scratch: Vec<u64>,
    pub(crate) frames: Frames,
}

impl LaneWords {
    /// The memory of a lane with this fixed area and an empty arena.
    pub(crate) fn new(fixed: Vec<u64>, poison: u64) -> LaneWords {
        let arena = fixed.len();
        LaneWords {
            words: fixed,
            arena,
            top: arena,
            poison,
            scratch: Vec::new(),
            frames: Frames::new(poison),
        }
    }

    /// Drops the arena: every word that the last message used becomes poison.
    pub(crate) fn reset(&mut self) {
        self.touch_bounds();
        touch(&self.poison);
        touch(&self.scratch);
        let top = self.top.min(self.words.len());
        let used = self.arena.min(top);
        // The words behind the top are poison already; whole groups are faster to fill.
        let end = (used + (top - used).next_multiple_of(GROUP)).min(self.words.len());
        touch(&self.words[used..end]);
        fill_words(&mut self.words[used..end], self.poison);
        self.top = self.arena;
        self.scratch.clear();
        self.frames.reset();
    }

    /// Makes all that the arena holds part of the fixed area.
    pub(crate) fn freeze(&mut self) {
        self.arena = self.top;
    }

    /// The fixed area.
    pub(crate) fn fixed(&self) -> &[u64] {
        self.touch_bounds();
        let fixed = &self.words[..self.arena.min(self.words.len())];
        touch(fixed);
        fixed
    }

    /// The words of the arena in use.
    pub(crate) fn arena(&self) -> &[u64] {
        self.touch_bounds();
        let used = self.used();
        let arena = &used[self.arena.min(used.len())..];
        touch(arena);
        arena
    }

    /// The fixed area and what the arena holds.
    pub(crate) fn used(&self) -> &[u64] {
        &self.words[..self.top.min(self.words.len())]
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// Says that the bounds of the arena are looked at.
    #[inline]
    fn touch_bounds(&self) {
        touch(&self.arena);
        touch(&self.top);
        touch(&self.words);
    }

    /// Takes `size` words from the arena, which hold poison: where they start.
    #[inline]
    fn take(&mut self, size: u64, limit: u64) -> Result<usize, Stop> {
        self.touch_bounds();
        let start = self.top;
        let taken = start.wrapping_sub(self.arena) as u64;
        // A counter that was hit must not ask the host for gigabytes.
        if self.arena > start || start > self.words.len() {
            return Err(Trap::Address.into());
        }
        if size > limit.saturating_sub(taken) {
            return Err(Stop::Error(ErrorCode::ArenaFull));
        }
        let end = start + size as usize;
        if end > self.words.len() {
            self.grow(end)?;
        }
        self.top = end;
        Ok(start)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, end: usize) -> Result<(), Stop> {
        let length = end.max(2 * self.words.len());
        touch(&self.poison);
        let longer = longer(&self.words, length, self.poison);
        self.words = longer.ok_or(Stop::Error(ErrorCode::OutOfMemory))?;
        Ok(())
    }

    /// The words of a block, of which none lies behind the top.
    #[inline]
    fn block(&self, address: u64, size: u64) -> Result<&[u64], Stop> {
        self.touch_bounds();
        let start = (address ^ LANE) as usize;
        let used = &self.words[..self.top.min(self.words.len())];
        let block = used.get(start..start.saturating_add(size as usize));
        let block = block.ok_or(Stop::Trap(Trap::Address))?;
        touch(block);
        Ok(block)
    }
}

/// The memory of the lane of role `R`, and what it may still take.
pub(crate) struct Memory<'m, R: Role> {
    pub(crate) work: &'m mut Work,
    limits: &'m Limits,
    own: &'m [u64],
    other: &'m [u64],
    role: PhantomData<R>,
}

impl<'m, R: Role> Memory<'m, R> {
    /// `own` is the lane's copy of the state, `other` the other lane's.
    #[inline]
    pub(crate) fn new(
        work: &'m mut Work,
        limits: &'m Limits,
        own: &'m StateCopy,
        other: &'m StateCopy,
    ) -> Memory<'m, R> {
        Memory {
            work,
            limits,
            own: own.words(),
            other: other.words(),
            role: PhantomData,
        }
    }

    /// The word at an address.
    #[inline]
    pub(crate) fn read(&self, address: u64) -> Result<u64, Stop> {
        #[cfg_attr(not(pasc_probe), expect(unused_mut, reason = "a fault can change it"))]
        let mut word = if address & LANE == 0 {
            self.read_state(address)?
        } else {
            self.read_lane(address)?
        };
        point!("read", |v: &mut crate::probe::Visitor| {
            v.side = R::SIDE;
            v.local("value.read", &mut word);
        });
        Ok(word)
    }

    #[inline]
    fn read_lane(&self, address: u64) -> Result<u64, Stop> {
        let index = (address ^ LANE) as usize;
        self.work.words.touch_bounds();
        if index >= self.work.words.top {
            return Err(Trap::Address.into());
        }
        let word = self.work.words.words.get(index).ok_or(Trap::Address)?;
        touch(word);
        Ok(*word)
    }

    #[inline]
    fn read_state(&self, address: u64) -> Result<u64, Stop> {
        match self.work.delta.get(address) {
            Some(word) => Ok(word),
            None => self.read_copies(address),
        }
    }

    /// The word of the state at an address as it was before the message.
    #[inline]
    pub(crate) fn read_copies(&self, address: u64) -> Result<u64, Stop> {
        let Some(own) = self.own.get(address as usize) else {
            return Err(Trap::Address.into());
        };
        touch(own);
        let own = seen(own);
        if R::HARDENED {
            // The barrier keeps the compiler from taking the compared word for the lane's own.
            let Some(other) = self.other.get(opaque(address) as usize) else {
                return Err(Trap::State.into());
            };
            touch(other);
            if own != seen(other) && keeps(Check::StateRead) {
                return Err(Trap::State.into());
            }
        }
        Ok(own)
    }

    /// Changes the word at an address: of the state in the log, of the lane at once.
    #[inline]
    #[cfg_attr(
        not(pasc_probe),
        expect(unused_mut, reason = "a fault can change them")
    )]
    pub(crate) fn write(&mut self, mut address: u64, mut word: u64) -> Result<(), Stop> {
        point!("write", |v: &mut crate::probe::Visitor| {
            v.side = R::SIDE;
            v.local("address.write", &mut address);
            v.local("value.write", &mut word);
            crate::probe::Part::visit(self.work, v);
            crate::probe::session::overlay(self.own, v, R::SIDE);
            if R::HARDENED {
                crate::probe::session::overlay(self.other, v, 1 - R::SIDE);
            }
        });
        if address & LANE == 0 {
            touch(&self.limits.state_words);
            if address == 0 || address >= self.limits.state_words {
                return Err(Trap::Address.into());
            }
            self.work.delta.set(address, word);
            return Ok(());
        }
        let index = (address ^ LANE) as usize;
        self.work.words.touch_bounds();
        if index < self.work.words.arena || index >= self.work.words.top {
            return Err(Trap::Address.into());
        }
        match self.work.words.words.get_mut(index) {
            Some(place) => {
                touch(place);
                *place = word;
            }
            None => return Err(Trap::Address.into()),
        }
        Ok(())
    }

    /// Takes `steps` from the fuel.
    #[inline]
    pub(crate) fn charge(&mut self, steps: u64) -> Result<(), Stop> {
        tick()?;
        touch(&self.work.fuel);
        match self.work.fuel.checked_sub(steps) {
            Some(rest) => self.work.fuel = rest,
            None => return Err(Stop::Error(ErrorCode::OutOfFuel)),
        }
        Ok(())
    }

    /// The address of `size` new words in the arena, all 0.
    pub(crate) fn alloc_arena(&mut self, size: u64) -> Result<u64, Stop> {
        let (address, words) = self.take_arena(size)?;
        fill_words(words, 0);
        Ok(address)
    }

    /// `size` new words in the arena, which the caller writes all: their address, and they.
    #[inline]
    pub(crate) fn take_arena(&mut self, size: u64) -> Result<(u64, &mut [u64]), Stop> {
        self.charge(1 + size / 8)?;
        touch(&self.limits.temporary_words);
        let limit = self.limits.temporary_words;
        #[cfg(pasc_probe)]
        let before = self.work.words.words.len();
        let start = self.work.words.take(size, limit)?;
        #[cfg(pasc_probe)]
        if self.work.words.words.len() != before {
            point!("grown", |v: &mut crate::probe::Visitor| {
                v.side = R::SIDE;
                crate::probe::Part::visit(self.work, v);
            });
        }
        let words = &mut self.work.words;
        let block = words
            .words
            .get_mut(start..start.wrapping_add(size as usize));
        let block = block.ok_or(Stop::Trap(Trap::Address))?;
        touch(block);
        Ok((LANE | start as u64, block))
    }

    /// The words of a block in the lane's own memory.
    #[inline]
    pub(crate) fn lane_block(&self, address: u64, size: u64) -> Result<&[u64], Stop> {
        self.work.words.block(address, size)
    }

    /// The addresses of what the lane works on, and of its state copy.
    #[inline]
    pub(crate) fn bases(&self) -> [usize; 2] {
        [
            std::ptr::from_ref::<Work>(self.work).addr(),
            self.own.as_ptr().addr(),
        ]
    }

    /// Room for work that is no part of any value. Who pushes takes away again.
    pub(crate) fn scratch(&mut self) -> &mut Vec<u64> {
        touch(&self.work.words.scratch);
        touch(self.work.words.scratch.as_slice());
        &mut self.work.words.scratch
    }

    /// The limits of the process.
    pub(crate) fn limits(&self) -> &Limits {
        touch(self.limits);
        self.limits
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::delta::{Delta, Stamp};

    struct Parts {
        work: Work,
        limits: Limits,
    }

    fn parts() -> Parts {
        let mut delta = Delta::new(0);
        delta.open(Stamp::default(), 0);
        let limits = Limits {
            temporary_words: 4,
            state_words: 100,
            ..Limits::default()
        };
        Parts {
            work: Work::new(LaneWords::new(vec![0, 7], 0), delta, 100),
            limits,
        }
    }

    impl Parts {
        fn memory<'m, R: Role>(
            &'m mut self,
            own: &'m StateCopy,
            other: &'m StateCopy,
        ) -> Memory<'m, R> {
            Memory::new(&mut self.work, &self.limits, own, other)
        }
    }

    fn state(words: &[u64]) -> StateCopy {
        StateCopy::from_words(words.to_vec())
    }

    #[test]
    fn a_lane_traps_on_a_word_that_differs_between_the_copies() {
        let (own, other) = (state(&[0, 5, 6]), state(&[0, 5, 7]));
        let trap = Err(Stop::Trap(Trap::State));
        assert_eq!(parts().memory::<First>(&own, &other).read(1), Ok(5));
        assert_eq!(parts().memory::<First>(&own, &other).read(2), trap);
        assert_eq!(parts().memory::<Second>(&other, &own).read(1), Ok(5));
        assert_eq!(parts().memory::<Second>(&other, &own).read(2), trap);
        assert_eq!(parts().memory::<Single>(&own, &other).read(2), Ok(6));
    }

    #[test]
    fn a_written_word_is_read_from_the_log_and_the_state_stays() {
        let mut parts = parts();
        let own = state(&[0, 5]);
        let mut memory = parts.memory::<First>(&own, &own);
        memory.write(1, 9).unwrap();
        assert_eq!(memory.read(1), Ok(9));
    }

    #[test]
    fn addresses_outside_of_the_memory_trap_and_the_fixed_area_is_not_written() {
        let mut parts = parts();
        let own = state(&[0; 3]);
        let mut memory = parts.memory::<First>(&own, &own);
        let trap = Stop::Trap(Trap::Address);
        assert_eq!(memory.read(64), Err(trap));
        assert_eq!(memory.read(LANE - 1), Err(trap));
        assert_eq!(memory.read(LANE | 2), Err(trap));
        assert_eq!(memory.read(LANE | 1), Ok(7));
        assert_eq!(memory.write(LANE | 1, 8), Err(trap));
        assert_eq!(memory.write(0, 8), Err(trap));
        assert_eq!(memory.write(100, 8), Err(trap));
    }

    #[test]
    fn the_arena_ends_at_its_limit() {
        let mut parts = parts();
        let own = state(&[0; 3]);
        let mut memory = parts.memory::<First>(&own, &own);
        assert_eq!(memory.alloc_arena(4), Ok(LANE | 2));
        assert_eq!(
            memory.alloc_arena(1),
            Err(Stop::Error(ErrorCode::ArenaFull))
        );
    }
}
