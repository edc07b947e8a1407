//! The frames of calls of one lane: what the callers hold, and where they go on.
//!
//! A call saves the registers below its base, then a word with the position at which the caller goes
//! on and the base; the callee finds its arguments from register 0 on. So a function names registers
//! as a handler does, and code without calls pays nothing. Each lane has its own frames: the positions
//! to which the two lanes return are compared like those of every jump.

use crate::error::{ErrorCode, Stop};
use crate::exec::opaque;
use crate::fill::fill_words;
use crate::isa::REGISTERS;
use crate::probe::touch;
use crate::trap::Trap;

/// The open calls of a lane.
#[derive(Clone, Debug)]
pub(crate) struct Frames {
    /// Frames up to `end`, then poison or what closed calls left.
    pub(crate) words: Vec<u64>,
    pub(crate) end: usize,
    pub(crate) depth: u64,
    /// The most words that were in use since the last reset.
    pub(crate) most: usize,
    pub(crate) poison: u64,
}

impl Frames {
    /// No open calls; unused words hold `poison`.
    pub(crate) fn new(poison: u64) -> Frames {
        Frames {
            words: Vec::new(),
            end: 0,
            depth: 0,
            most: 0,
            poison,
        }
    }

    /// Whether no call is open.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.depth == 0
    }

    /// Where the callers go on, the last one first.
    pub(crate) fn returns(&self) -> Vec<u32> {
        let mut positions = Vec::new();
        let mut end = self.end;
        while let Some(mark) = end.checked_sub(1).and_then(|last| self.words.get(last)) {
            positions.push(*mark as u32);
            let frame = (mark >> 32) as usize + 1;
            end = end.saturating_sub(frame);
        }
        positions
    }

    #[cfg(pasc_probe)]
    pub(crate) fn visit(&mut self, v: &mut crate::probe::Visitor) {
        let Frames {
            words,
            end,
            depth,
            most,
            poison,
        } = self;
        let used = (*most).min(words.len());
        v.slice("frames", &mut words[..used]);
        v.scalar("frames.end", end);
        v.scalar("frames.depth", depth);
        v.scalar("frames.most", most);
        v.scalar("frames.poison", poison);
    }

    /// Drops all frames; every word that was used becomes poison.
    pub(crate) fn reset(&mut self) {
        touch(&self.most);
        touch(&self.depth);
        touch(&self.end);
        if self.most > 0 {
            touch(&self.poison);
            let used = self.most.min(self.words.len());
            touch(&self.words[..used]);
            fill_words(&mut self.words[..used], self.poison);
            self.most = 0;
        }
        self.end = 0;
        self.depth = 0;
    }

    /// Whether a call with this base needs no more memory than there is, and is not too deep.
    #[inline]
    pub(crate) fn has_room(&self, base: u8, limit: u64) -> bool {
        touch(&self.depth);
        touch(&self.end);
        let free = self.words.len().checked_sub(self.end);
        self.depth < limit && free.is_some_and(|free| free > usize::from(base))
    }

    /// Makes room for a call with this base.
    #[cold]
    #[inline(never)]
    pub(crate) fn make_room(&mut self, base: u8, limit: u64) -> Result<(), Stop> {
        if self.depth >= limit {
            return Err(Stop::Error(ErrorCode::CallDepth));
        }
        // A counter that was hit must not ask the host for gigabytes.
        if self.end > self.words.len() {
            return Err(Trap::Address.into());
        }
        let length = (self.end + usize::from(base) + 1)
            .max(2 * self.words.len())
            .max(64);
        let more = length - self.words.len();
        if self.words.try_reserve_exact(more).is_err() {
            return Err(Stop::Error(ErrorCode::OutOfMemory));
        }
        touch(&self.poison);
        self.words.resize(length, self.poison);
        Ok(())
    }

    /// Opens a call for which there is room: saves the registers below `base`, moves `arguments` of
    /// those from it on to the first ones, and notes that the caller goes on at `after`.
    #[inline]
    pub(crate) fn call(
        &mut self,
        registers: &mut [u64; REGISTERS],
        (base, arguments): (u8, u8),
        after: u32,
    ) -> Result<(), Stop> {
        let (base, arguments) = (usize::from(base), usize::from(arguments));
        let end = self.end.wrapping_add(base);
        let Some(frame) = self.words.get_mut(self.end..end.wrapping_add(1)) else {
            return Err(Trap::Address.into());
        };
        touch(&registers[..base]);
        touch(&*frame);
        for (word, register) in frame.iter_mut().zip(&registers[..base]) {
            // Few words: a call of a copy costs more than the copy.
            *word = opaque(*register);
        }
        if let Some(mark) = frame.last_mut() {
            *mark = u64::from(after) | (base as u64) << 32;
        }
        touch(&self.most);
        self.end = end.wrapping_add(1);
        self.depth = self.depth.wrapping_add(1);
        self.most = self.most.max(self.end);
        for index in 0..arguments {
            let Some(argument) = registers.get(base + index) else {
                return Err(Trap::Code.into());
            };
            touch(argument);
            registers[index] = opaque(*argument);
        }
        Ok(())
    }

    /// Closes the last call: the caller has its registers back. The frame's mark, which holds the
    /// position at which the caller goes on and the base of the call; [`NO_FRAME`] if no call is open.
    /// One word, so that it stays in a machine register.
    #[inline]
    pub(crate) fn leave(&mut self, registers: &mut [u64; REGISTERS]) -> u64 {
        touch(&self.end);
        touch(&self.depth);
        let last = self.end.wrapping_sub(1);
        let Some(mark) = self.words.get(last) else {
            return NO_FRAME;
        };
        touch(mark);
        let mark = *mark;
        let start = last.wrapping_sub((mark >> 32) as usize);
        let (Some(frame), Some(depth)) = (self.words.get(start..last), self.depth.checked_sub(1))
        else {
            return NO_FRAME;
        };
        let Some(place) = registers.get_mut(..frame.len()) else {
            return NO_FRAME;
        };
        touch(frame);
        touch(&*place);
        for (register, word) in place.iter_mut().zip(frame) {
            *register = opaque(*word);
        }
        self.end = start;
        self.depth = depth;
        mark
    }
}

/// In place of a frame's mark: there is none, or it was damaged.
pub(crate) const NO_FRAME: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_return_gives_the_caller_its_registers_back() {
        let mut frames = Frames::new(1);
        let mut registers: [u64; REGISTERS] = std::array::from_fn(|index| index as u64);
        assert!(!frames.has_room(3, 2));
        frames.make_room(3, 2).unwrap();
        frames.call(&mut registers, (3, 2), 70).unwrap();
        assert_eq!(registers[..2], [3, 4]);
        registers[0..8].fill(99);
        assert!(frames.has_room(1, 2));
        frames.call(&mut registers, (1, 0), 80).unwrap();
        registers[0] = 5;
        assert_eq!(frames.leave(&mut registers), 80 | 1 << 32);
        assert_eq!(registers[0], 99);
        assert_eq!(frames.leave(&mut registers), 70 | 3 << 32);
        assert_eq!(registers[..4], [0, 1, 2, 99]);
        assert!(frames.is_empty());
    }

    #[test]
    fn words_that_were_used_become_poison_and_calls_without_room_are_refused() {
        let mut frames = Frames::new(7);
        let mut registers = [5; REGISTERS];
        let none = frames.call(&mut registers, (2, 0), 1);
        assert_eq!(none, Err(Stop::Trap(Trap::Address)));
        frames.make_room(2, 9).unwrap();
        frames.call(&mut registers, (2, 0), 1).unwrap();
        assert_eq!(frames.returns(), [1]);
        frames.reset();
        assert!(frames.is_empty() && frames.words.iter().all(|word| *word == 7));
    }

    #[test]
    fn calls_end_at_the_limit_and_returns_at_the_first_call() {
        let mut frames = Frames::new(0);
        let mut registers = [0; REGISTERS];
        frames.make_room(0, 1).unwrap();
        frames.call(&mut registers, (0, 0), 1).unwrap();
        assert!(!frames.has_room(0, 1));
        let over = frames.make_room(0, 1);
        assert_eq!(over, Err(Stop::Error(ErrorCode::CallDepth)));
        assert_ne!(frames.leave(&mut registers), NO_FRAME);
        assert_eq!(frames.leave(&mut registers), NO_FRAME);
    }
}
