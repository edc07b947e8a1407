//! The frames of calls of one lane: what the callers hold, and where they go on.
//!
//! A call saves the registers below its base, then a word with the position at which the caller goes
//! on and the base; the callee finds its arguments from register 0 on. So a function names registers
//! as a handler does, and code without calls pays nothing. Each lane has its own frames: the positions
//! to which the two lanes return are compared like those of every jump.

use crate::error::{ErrorCode, Stop};
use crate::fill::fill_words;
use crate::isa::REGISTERS;
use crate::probe::touch;
use crate::trap::Trap;

/// The open calls of a lane.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames {
    pub(crate) words: Vec<u64>,
    pub(crate) depth: u64,
    /// The most words that were in use since the last reset.
    pub(crate) most: usize,
}

impl Frames {
    /// Whether no call is open.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.depth == 0
    }

    /// Where the callers go on, the last one first.
    pub(crate) fn returns(&self) -> Vec<u32> {
        let mut positions = Vec::new();
        let mut end = self.words.len();
        while let Some(mark) = end.checked_sub(1).and_then(|last| self.words.get(last)) {
            positions.push(*mark as u32);
            let frame = (mark >> 32) as usize + 1;
            end = end.saturating_sub(frame);
        }
        positions
    }

    #[cfg(pasc_probe)]
    pub(crate) fn visit(&mut self, v: &mut crate::probe::Visitor) {
        let Frames { words, depth, most } = self;
        v.slice("frames", words);
        v.length("frames.length", words, 0);
        v.scalar("frames.depth", depth);
        v.scalar("frames.most", most);
    }

    /// Drops all frames; every word that was used becomes poison.
    pub(crate) fn reset(&mut self, poison: u64) {
        touch(&self.most);
        touch(&self.depth);
        if self.most > 0 {
            touch(&self.words);
            // A counter that was hit must not ask the host for gigabytes: what was used lies in here.
            let used = self.most.min(self.words.capacity());
            self.words.resize(used, poison);
            fill_words(&mut self.words, poison);
            self.words.clear();
            self.most = 0;
        }
        self.depth = 0;
    }

    /// Opens a call: saves the registers below `base`, moves `arguments` of those from it on to the
    /// first ones, and notes that the caller goes on at `after`.
    #[inline(never)]
    pub(crate) fn call(
        &mut self,
        registers: &mut [u64; REGISTERS],
        (base, arguments): (u8, u8),
        after: u32,
        limit: u64,
    ) -> Result<(), Stop> {
        touch(&self.depth);
        if self.depth >= limit {
            return Err(Stop::Error(ErrorCode::CallDepth));
        }
        let (base, arguments) = (usize::from(base), usize::from(arguments));
        let Some(saved) = registers.get(..base) else {
            return Err(Trap::Code.into());
        };
        if self.words.try_reserve(base + 1).is_err() {
            return Err(Stop::Error(ErrorCode::OutOfMemory));
        }
        touch(saved);
        touch(&self.words);
        let start = self.words.len();
        self.words.extend_from_slice(saved);
        self.words.push(u64::from(after) | (base as u64) << 32);
        touch(&self.words[start..]);
        touch(&self.most);
        self.depth += 1;
        self.most = self.most.max(self.words.len());
        if base + arguments > REGISTERS {
            return Err(Trap::Code.into());
        }
        touch(&registers[base..base + arguments]);
        touch(&registers[..arguments]);
        registers.copy_within(base..base + arguments, 0);
        Ok(())
    }

    /// Closes the last call: the caller has its registers back. The frame's mark, which holds the
    /// position at which the caller goes on and the base of the call; [`NO_FRAME`] if no call is open.
    /// One word, so that it stays in a machine register.
    #[inline(never)]
    pub(crate) fn leave(&mut self, registers: &mut [u64; REGISTERS]) -> u64 {
        touch(&self.words);
        touch(&self.depth);
        if let Some(mark) = self.words.last() {
            touch(mark);
        }
        let Some(mark) = self.words.pop() else {
            return NO_FRAME;
        };
        let base = (mark >> 32) as usize;
        let start = self.words.len().checked_sub(base);
        let (Some(start), Some(depth)) = (start, self.depth.checked_sub(1)) else {
            return NO_FRAME;
        };
        let Some(place) = registers.get_mut(..base) else {
            return NO_FRAME;
        };
        touch(&self.words[start..]);
        touch(&*place);
        place.copy_from_slice(&self.words[start..]);
        self.words.truncate(start);
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
        let mut frames = Frames::default();
        let mut registers: [u64; REGISTERS] = std::array::from_fn(|index| index as u64);
        frames.call(&mut registers, (3, 2), 70, 2).unwrap();
        assert_eq!(registers[..2], [3, 4]);
        registers[0..8].fill(99);
        frames.call(&mut registers, (1, 0), 80, 2).unwrap();
        registers[0] = 5;
        assert_eq!(frames.leave(&mut registers), 80 | 1 << 32);
        assert_eq!(registers[0], 99);
        assert_eq!(frames.leave(&mut registers), 70 | 3 << 32);
        assert_eq!(registers[..4], [0, 1, 2, 99]);
        assert!(frames.is_empty());
    }

    #[test]
    fn calls_end_at_the_limit_and_returns_at_the_first_call() {
        let mut frames = Frames::default();
        let mut registers = [0; REGISTERS];
        frames.call(&mut registers, (0, 0), 1, 1).unwrap();
        let over = frames.call(&mut registers, (0, 0), 1, 1);
        assert_eq!(over, Err(Stop::Error(ErrorCode::CallDepth)));
        assert_ne!(frames.leave(&mut registers), NO_FRAME);
        assert_eq!(frames.leave(&mut registers), NO_FRAME);
    }
}
