//! Ends of basic blocks. `after` is the position of the block that follows.

use super::barrier::by_branch;
use super::{Next, Step};
use crate::error::Stop;
use crate::isa::Word;
use crate::memory::Role;

/// The target of the jump if it is taken, else the next block.
fn branch(word: Word, taken: bool, after: u32) -> Result<Next, Stop> {
    Ok(Next::Block(if taken {
        by_branch(word.immediate())
    } else {
        after
    }))
}

impl<R: Role> Step<'_, '_, R> {
    pub(super) fn jump(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, true, after)
    }

    pub(super) fn jump_if(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.get(word.a()) != 0, after)
    }

    pub(super) fn jump_unless(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.get(word.a()) == 0, after)
    }

    pub(super) fn jump_equal(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.get(word.a()) == self.get(word.b()), after)
    }

    pub(super) fn jump_unequal(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.get(word.a()) != self.get(word.b()), after)
    }

    pub(super) fn jump_less(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.int(word.a()) < self.int(word.b()), after)
    }

    pub(super) fn jump_less_equal(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.int(word.a()) <= self.int(word.b()), after)
    }

    pub(super) fn halt(self, _: Word, _: u32) -> Result<Next, Stop> {
        Ok(Next::Halt)
    }

    pub(super) fn result(self, word: Word, _: u32) -> Result<Next, Stop> {
        Ok(Next::Result(self.get(word.a())))
    }
}
