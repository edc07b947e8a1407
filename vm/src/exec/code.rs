//! A lane's own copy of the code, with a guard behind it.

use crate::probe::touch;

/// The guard: words that are no instruction, so that control which runs off the code traps. There are two:
/// control that passes the last instruction and the word that belongs to it finds one as well.
const GUARD: [u64; 2] = [0; 2];

/// The code of a lane and the guard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Code {
    pub(crate) words: Box<[u64]>,
}

impl Code {
    /// A copy of the words of a program.
    pub(crate) fn new(words: &[u64]) -> Code {
        Code {
            words: words.iter().copied().chain(GUARD).collect(),
        }
    }

    /// The words of the program.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words[..self.words.len() - GUARD.len()]
    }

    /// The word at a position, if the program has one there.
    pub(crate) fn word(&self, position: u32) -> Option<u64> {
        let word = self.words().get(position as usize)?;
        touch(word);
        Some(*word)
    }

    /// The words of the program, for fault injection. The guard is not among them.
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        let end = self.words.len() - GUARD.len();
        &mut self.words[..end]
    }

    /// The code as the dispatchers see it.
    pub(crate) fn guarded(&self) -> Guarded<'_> {
        Guarded(&self.words)
    }
}

/// At least two words; the last two are no instructions. Only [`Code`] makes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guarded<'c>(&'c [u64]);

impl Guarded<'_> {
    /// The word at a position: 0 at the guard, none behind it.
    #[inline]
    pub(super) fn get(self, position: u32) -> Option<u64> {
        let word = self.0.get(position as usize)?;
        touch(word);
        Some(*word)
    }

    /// The place of a position, within the code or on its guard.
    #[inline]
    #[cfg_attr(
        not(pasc_threaded),
        expect(dead_code, reason = "only the threaded dispatcher points")
    )]
    pub(super) fn place(self, position: u32) -> Option<*const u64> {
        let within = (position as usize) < self.0.len();
        within.then(|| self.start().wrapping_add(position as usize))
    }

    /// The position of a place.
    #[inline]
    #[cfg_attr(
        not(pasc_threaded),
        expect(dead_code, reason = "only the threaded dispatcher points")
    )]
    pub(super) fn position(self, place: *const u64) -> u32 {
        (place.addr().wrapping_sub(self.start().addr()) / size_of::<u64>()) as u32
    }

    /// Where the code starts. The pointer reaches up to the guard.
    #[inline]
    pub(crate) fn start(self) -> *const u64 {
        self.0.as_ptr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{Opcode, Word};

    #[test]
    fn the_guard_is_no_instruction() {
        assert_eq!(Opcode::from_byte(Word(GUARD[0]).opcode()), None);
        assert_eq!(Code::new(&[7]).guarded().get(1), Some(GUARD[0]));
        assert_eq!(Code::new(&[7]).words(), [7]);
    }
}
