//! Ends of basic blocks. `after` is the position of the block that follows.

use super::barrier::by_branch;
use super::{Next, Step};
use crate::error::{ErrorCode, Stop};
use crate::frames::NO_FRAME;
use crate::isa::{Reg, Word};
use crate::memory::Role;
use crate::probe::touch;
use crate::trap::Trap;

/// The target of the jump if it is taken, else the next block.
fn branch(word: Word, taken: bool, after: u32) -> Result<Next, Stop> {
    Ok(Next::Block(if taken {
        by_branch(word.immediate())
    } else {
        after
    }))
}

/// When a jump is taken. `a` and `b` are its operands, `k` is a constant inside of it.
#[derive(Clone, Copy)]
pub(super) enum Condition {
    Always,
    /// `a`
    IsTrue,
    /// `not a`
    IsFalse,
    /// `a == b`
    Equal,
    /// `a != b`
    Unequal,
    /// `a < b`
    Less,
    /// `a <= b`
    LessEqual,
    /// `a == k`
    IsConstant,
    /// `a != k`
    IsNotConstant,
    /// `a < k`
    LessThanConstant,
    /// `a > k`
    MoreThanConstant,
}

/// The constant in a jump.
fn narrow(word: Word) -> i64 {
    i64::from(word.narrow())
}

impl<R: Role> Step<'_, '_, R> {
    /// Whether a conditional jump is taken.
    #[inline]
    pub(super) fn holds(&self, condition: Condition, word: Word) -> bool {
        if matches!(condition, Condition::Always) {
            return true;
        }
        let (left, right) = (self.int(word.a()), word.b());
        match condition {
            Condition::Always => true,
            Condition::IsTrue => left != 0,
            Condition::IsFalse => left == 0,
            Condition::Equal => left == self.int(right),
            Condition::Unequal => left != self.int(right),
            Condition::Less => left < self.int(right),
            Condition::LessEqual => left <= self.int(right),
            Condition::IsConstant => left == narrow(word),
            Condition::IsNotConstant => left != narrow(word),
            Condition::LessThanConstant => left < narrow(word),
            Condition::MoreThanConstant => left > narrow(word),
        }
    }

    pub(super) fn jump(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::Always, word), after)
    }

    pub(super) fn jump_if(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::IsTrue, word), after)
    }

    pub(super) fn jump_unless(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::IsFalse, word), after)
    }

    pub(super) fn jump_equal(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::Equal, word), after)
    }

    pub(super) fn jump_unequal(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::Unequal, word), after)
    }

    pub(super) fn jump_less(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::Less, word), after)
    }

    pub(super) fn jump_less_equal(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::LessEqual, word), after)
    }

    pub(super) fn jump_equal_immediate(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::IsConstant, word), after)
    }

    pub(super) fn jump_unequal_immediate(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::IsNotConstant, word), after)
    }

    pub(super) fn jump_less_immediate(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::LessThanConstant, word), after)
    }

    pub(super) fn jump_greater_immediate(self, word: Word, after: u32) -> Result<Next, Stop> {
        branch(word, self.holds(Condition::MoreThanConstant, word), after)
    }

    pub(super) fn jump_next_less(mut self, word: Word, after: u32) -> Result<Next, Stop> {
        let Some(next) = self.int(word.b()).checked_add(1) else {
            return Err(Stop::Error(ErrorCode::Overflow));
        };
        // Read before the write: the bound may stand in the register that is written.
        let bound = self.int(word.c());
        self.set(word.a(), next.cast_unsigned())?;
        branch(word, next < bound, after)
    }

    pub(super) fn call(self, word: Word, after: u32) -> Result<Next, Stop> {
        let base = word.a().0;
        let memory = &mut self.context.memory;
        memory.charge(1 + u64::from(base) / 8)?;
        let limit = memory.limits().call_depth;
        let frames = &mut memory.work.words.frames;
        if !frames.has_room(base, limit) {
            frames.make_room(base, limit)?;
        }
        frames.call(self.registers, (base, word.b().0), after)?;
        branch(word, true, after)
    }

    pub(super) fn return_nothing(self, _: Word, _: u32) -> Result<Next, Stop> {
        let mark = self.context.memory.work.words.frames.leave(self.registers);
        if mark == NO_FRAME {
            return Err(Trap::ControlFlow.into());
        }
        Ok(Next::Block(mark as u32))
    }

    pub(super) fn return_value(mut self, word: Word, _: u32) -> Result<Next, Stop> {
        let value = self.get(word.a());
        let mark = self.context.memory.work.words.frames.leave(self.registers);
        if mark == NO_FRAME {
            return Err(Trap::ControlFlow.into());
        }
        self.set(Reg((mark >> 32) as u8), value)?;
        Ok(Next::Block(mark as u32))
    }

    /// The end of a region, which is no place of a function. The lane counts it, as it does the
    /// region's start: how many there are is known from the handler that was chosen.
    fn end_region(&mut self) -> Result<(), Stop> {
        let work = &mut self.context.memory.work;
        if !work.words.frames.is_empty() {
            return Err(Trap::ControlFlow.into());
        }
        touch(&work.borders);
        work.borders = work.borders.wrapping_add(1);
        Ok(())
    }

    pub(super) fn halt(mut self, _: Word, _: u32) -> Result<Next, Stop> {
        self.end_region()?;
        Ok(Next::Halt)
    }

    pub(super) fn result(mut self, word: Word, _: u32) -> Result<Next, Stop> {
        self.end_region()?;
        let result = self.get(word.a());
        touch(&self.context.memory.work.result);
        self.context.memory.work.result = result;
        Ok(Next::Result(result))
    }
}
