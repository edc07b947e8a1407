//! Integers, truth values and comparisons.

use super::{Step, type_of};
use crate::error::{ErrorCode, Stop};
use crate::isa::Word;
use crate::memory::Role;

/// The result of checked arithmetic, or the overflow error.
fn checked(result: Option<i64>) -> Result<u64, Stop> {
    result
        .map(i64::cast_unsigned)
        .ok_or(Stop::Error(ErrorCode::Overflow))
}

/// The constant in an instruction.
fn immediate(word: Word) -> i64 {
    i64::from(word.immediate().cast_signed())
}

/// The divisor, if it is one.
fn nonzero(divisor: i64) -> Result<i64, Stop> {
    match divisor {
        0 => Err(Stop::Error(ErrorCode::DivisionByZero)),
        divisor => Ok(divisor),
    }
}

impl<R: Role> Step<'_, '_, R> {
    pub(super) fn add(mut self, word: Word) -> Result<(), Stop> {
        let sum = checked(self.int(word.b()).checked_add(self.int(word.c())))?;
        self.set(word.a(), sum)
    }

    pub(super) fn sub(mut self, word: Word) -> Result<(), Stop> {
        let difference = checked(self.int(word.b()).checked_sub(self.int(word.c())))?;
        self.set(word.a(), difference)
    }

    pub(super) fn mul(mut self, word: Word) -> Result<(), Stop> {
        let product = checked(self.int(word.b()).checked_mul(self.int(word.c())))?;
        self.set(word.a(), product)
    }

    pub(super) fn div(mut self, word: Word) -> Result<(), Stop> {
        let divisor = self.divisor(word)?;
        let quotient = checked(self.int(word.b()).checked_div(divisor))?;
        self.set(word.a(), quotient)
    }

    pub(super) fn rem(mut self, word: Word) -> Result<(), Stop> {
        let divisor = self.divisor(word)?;
        let remainder = checked(self.int(word.b()).checked_rem(divisor))?;
        self.set(word.a(), remainder)
    }

    fn divisor(&self, word: Word) -> Result<i64, Stop> {
        nonzero(self.int(word.c()))
    }

    pub(super) fn add_immediate(mut self, word: Word) -> Result<(), Stop> {
        let sum = checked(self.int(word.b()).checked_add(immediate(word)))?;
        self.set(word.a(), sum)
    }

    pub(super) fn mul_immediate(mut self, word: Word) -> Result<(), Stop> {
        let product = checked(self.int(word.b()).checked_mul(immediate(word)))?;
        self.set(word.a(), product)
    }

    pub(super) fn div_immediate(mut self, word: Word) -> Result<(), Stop> {
        let divisor = nonzero(immediate(word))?;
        let quotient = checked(self.int(word.b()).checked_div(divisor))?;
        self.set(word.a(), quotient)
    }

    pub(super) fn rem_immediate(mut self, word: Word) -> Result<(), Stop> {
        let divisor = nonzero(immediate(word))?;
        let remainder = checked(self.int(word.b()).checked_rem(divisor))?;
        self.set(word.a(), remainder)
    }

    pub(super) fn equal_immediate(mut self, word: Word) -> Result<(), Stop> {
        self.set_bool(word.a(), self.int(word.b()) == immediate(word))
    }

    pub(super) fn negate(mut self, word: Word) -> Result<(), Stop> {
        let negated = checked(self.int(word.b()).checked_neg())?;
        self.set(word.a(), negated)
    }

    pub(super) fn equal_word(mut self, word: Word) -> Result<(), Stop> {
        self.set_bool(word.a(), self.get(word.b()) == self.get(word.c()))
    }

    pub(super) fn unequal_word(mut self, word: Word) -> Result<(), Stop> {
        self.set_bool(word.a(), self.get(word.b()) != self.get(word.c()))
    }

    pub(super) fn less_int(mut self, word: Word) -> Result<(), Stop> {
        self.set_bool(word.a(), self.int(word.b()) < self.int(word.c()))
    }

    pub(super) fn less_equal_int(mut self, word: Word) -> Result<(), Stop> {
        self.set_bool(word.a(), self.int(word.b()) <= self.int(word.c()))
    }

    pub(super) fn not(mut self, word: Word) -> Result<(), Stop> {
        self.set_bool(word.a(), self.get(word.b()) == 0)
    }

    pub(super) fn equal_value(mut self, word: Word) -> Result<(), Stop> {
        let (left, right) = (self.get(word.b()), self.get(word.c()));
        let equal = self.context.memory.values_equal(
            &self.context.constants.program.types,
            type_of(word),
            left,
            right,
        )?;
        self.set_bool(word.a(), equal)
    }

    pub(super) fn less_value(mut self, word: Word) -> Result<(), Stop> {
        let (left, right) = (self.get(word.b()), self.get(word.c()));
        let order = self.context.memory.values_compare(
            &self.context.constants.program.types,
            type_of(word),
            left,
            right,
        )?;
        self.set_bool(word.a(), order.is_lt())
    }

    pub(super) fn less_equal_value(mut self, word: Word) -> Result<(), Stop> {
        let (left, right) = (self.get(word.b()), self.get(word.c()));
        let order = self.context.memory.values_compare(
            &self.context.constants.program.types,
            type_of(word),
            left,
            right,
        )?;
        self.set_bool(word.a(), order.is_le())
    }
}
