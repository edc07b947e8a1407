//! A page of a log.

use crate::exec::opaque;

/// The words of a page.
pub(crate) const PAGE_WORDS: u64 = 64;

/// What was written of 64 words of the state.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The first word's address divided by 64.
    pub(crate) number: u32,
    /// Bit `i` is set if word `i` was written.
    pub(crate) written: u64,
    pub(crate) words: [u64; PAGE_WORDS as usize],
}

impl Page {
    /// The same page, word by word.
    pub(super) fn moved(&self) -> Page {
        Page {
            number: opaque(u64::from(self.number)) as u32,
            written: opaque(self.written),
            words: std::array::from_fn(|word| opaque(self.words[word])),
        }
    }

    /// Calls `visit` for each written word: its place in the page, and the word.
    pub(crate) fn each_word(&self, mut visit: impl FnMut(usize, u64)) {
        let mut written = self.written;
        while written != 0 {
            let word = written.trailing_zeros() as usize;
            visit(word, self.words[word]);
            written &= written - 1;
        }
    }
}
