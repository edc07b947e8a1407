//! Reads and writes in the common case, for the threaded dispatcher.
//!
//! In: an address. Out: what [`Memory::read`] gives and [`Memory::write`] does, or nothing where they have
//! more to say or to do: a word that was logged, copies that differ, an address outside of the memory.

use super::{LANE, Memory, Role};
use crate::exec::opaque;

impl<R: Role> Memory<'_, R> {
    /// The word at an address, where nothing was logged near it and nothing is wrong; else
    /// [`Memory::read`] knows what there is to say. It makes no call, so that an instruction that asks
    /// keeps all it has in machine registers.
    #[inline(always)]
    pub(crate) fn peek(&self, address: u64) -> Option<u64> {
        if address & LANE == 0 {
            self.peek_state(address)
        } else {
            self.peek_lane(address)
        }
    }

    /// [`Memory::peek`] for words of the lane's own memory.
    #[inline(always)]
    pub(crate) fn peek_lane(&self, address: u64) -> Option<u64> {
        let words = &self.work.words;
        let index = (address ^ LANE) as usize;
        if index >= words.top {
            return None;
        }
        words.words.get(index).copied()
    }

    /// What is in use of the lane's own memory.
    #[inline(always)]
    pub(crate) fn peek_used(&self) -> Option<&[u64]> {
        let words = &self.work.words;
        words.words.get(..words.top)
    }

    /// [`Memory::peek`] for words of the state.
    #[inline(always)]
    pub(crate) fn peek_state(&self, address: u64) -> Option<u64> {
        if self.work.delta.may_have(address) {
            return None;
        }
        let own = *self.own.get(address as usize)?;
        // The barrier: as in `read_state`.
        if R::HARDENED && own != *self.other.get(opaque(address) as usize)? {
            return None;
        }
        Some(own)
    }

    /// Changes a word of the lane's own memory at once, as [`Memory::write`] does; whether it could.
    #[inline(always)]
    pub(crate) fn poke_lane(&mut self, address: u64, word: u64) -> bool {
        let words = &mut self.work.words;
        let index = (address ^ LANE) as usize;
        if index < words.arena || index >= words.top {
            return false;
        }
        match words.words.get_mut(index) {
            Some(place) => *place = word,
            None => return false,
        }
        true
    }
}
