//! The committed state: one image of words, of which a hardened process keeps two.
//!
//! All that a process remembers is in here: its variables, the allocator of their memory, the keys
//! of its hashes, the last input's ordinal and time, the number of frames sent. Two copies that saw
//! the same commits are equal word for word.
//!
//! | words | content |
//! | --- | --- |
//! | 0 | always 0: no reference points here |
//! | 1 | epoch: the number of commits, advanced by increment only |
//! | 2, 3 | the key of the hashes |
//! | 4 | the first word that was never allocated |
//! | 5 | ordinal of the last committed input |
//! | 6 | time of the last committed input, microseconds |
//! | 7 | number of frames sent |
//! | 8 … 11 | state of the generator of random numbers ([`crate::random`]) |
//! | 12 | number of timers set so far |
//! | 13 | 1 once the process has begun to work |
//! | 16 … | heads of the lists of free blocks, by size class ([`crate::heap`]) |
//! | [`ROOT`] … | the state's variables, then the heap, up to a multiple of the size of a page of the log |

use crate::delta::PAGE_WORDS;
use crate::probe::touch;

/// The address of the epoch.
pub(crate) const EPOCH: u64 = 1;
/// The address of the hash key's two words.
pub(crate) const HASH_KEY: u64 = 2;
/// The address of the heap's upper end.
pub(crate) const TOP: u64 = 4;
/// The address of the last input's ordinal.
pub(crate) const ORDINAL: u64 = 5;
/// The address of the last input's time.
pub(crate) const TIME: u64 = 6;
/// The address of the number of frames sent.
pub(crate) const SENT: u64 = 7;
/// The address of the random generator's four words.
pub(crate) const RANDOM: u64 = 8;
/// The address of the number of timers set.
pub(crate) const TIMERS_SET: u64 = 12;
/// The address of the word that says whether the process has begun to work.
pub(crate) const STARTED: u64 = 13;
/// The address of the first list of free blocks.
pub(crate) const FREE_LISTS: u64 = 16;
/// The address of the first variable of the state.
pub const ROOT: u32 = 192;

/// A copy that grows gets room for one of this many parts of it more. Little, for the copies are most of
/// what a process takes; growing costs a bounded part of filling all the same.
const SPARE: usize = 8;

/// The least number of words that are whole pages of the log and hold `length`.
fn whole_pages(length: usize) -> usize {
    length.next_multiple_of(PAGE_WORDS as usize)
}

/// One copy of the state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StateCopy {
    pub(crate) words: Vec<u64>,
}

impl StateCopy {
    /// A state whose variables, `width` words of them, are all empty.
    pub(crate) fn new(width: u32, hash_key: [u64; 2], random_seed: u64) -> StateCopy {
        let mut words = vec![0; whole_pages((ROOT + width) as usize)];
        words[HASH_KEY as usize] = hash_key[0];
        words[HASH_KEY as usize + 1] = hash_key[1];
        let random = RANDOM as usize;
        words[random..random + 4].copy_from_slice(&crate::random::seed(random_seed));
        words[TOP as usize] = u64::from(ROOT + width);
        StateCopy { words }
    }

    /// A state with these words, which reach beyond its variables, and zeros to the end of a page.
    pub(crate) fn from_words(mut words: Vec<u64>) -> StateCopy {
        words.resize(whole_pages(words.len()), 0);
        StateCopy { words }
    }

    pub(crate) fn words(&self) -> &[u64] {
        touch(&self.words);
        &self.words
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        touch(&self.words);
        &mut self.words
    }

    /// Whether the words can be a state at all: a loop of one lane that went too far may have filled both
    /// copies with its poison, so that they are equal.
    pub(crate) fn is_a_state(&self) -> bool {
        let (zero, top) = (self.words.first(), self.words.get(TOP as usize));
        let (Some(0), Some(top)) = (zero, top) else {
            return false;
        };
        touch(top);
        // A block that is allocated and not written yet lies behind the words that there are.
        (u64::from(ROOT)..=1 << 32).contains(top)
    }

    /// How often something was committed. A copy that lost its words is of no epoch of another's.
    pub(crate) fn epoch(&self) -> u64 {
        self.words.get(EPOCH as usize).map_or(u64::MAX, |epoch| {
            touch(epoch);
            *epoch
        })
    }

    /// Advances the epoch by one.
    pub(crate) fn advance_epoch(&mut self) {
        if let Some(epoch) = self.words.get_mut(EPOCH as usize) {
            touch(epoch);
            *epoch = epoch.wrapping_add(1);
        }
    }

    /// Makes room for `length` words; the new ones are 0. False if the host has no memory.
    #[inline]
    pub(crate) fn reserve(&mut self, length: usize) -> bool {
        touch(&self.words);
        length <= self.words.len() || self.grow(whole_pages(length))
    }

    #[cold]
    fn grow(&mut self, length: usize) -> bool {
        if length > self.words.len() {
            let more = (length - self.words.len()).max(self.words.len() / SPARE);
            if length > self.words.capacity() && self.words.try_reserve_exact(more).is_err() {
                return false;
            }
            self.words.resize(length, 0);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_with_poison_is_no_state() {
        for poison in [0, !0] {
            let mut copy = StateCopy::new(10, [1, 2], 0);
            assert!(copy.is_a_state());
            copy.words_mut().fill(poison);
            assert!(!copy.is_a_state());
        }
        assert!(!StateCopy { words: Vec::new() }.is_a_state());
    }

    #[test]
    fn memory_that_is_allocated_and_not_written_is_a_part_of_a_state() {
        let mut copy = StateCopy::new(10, [1, 2], 0);
        let length = copy.words.len() as u64;
        copy.words_mut()[TOP as usize] = length + 100;
        assert!(copy.is_a_state());
        copy.words_mut()[TOP as usize] = 1 << 33;
        assert!(!copy.is_a_state());
    }
}
