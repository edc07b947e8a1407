//! The portable dispatcher: a `match` over the instruction table.

use super::{Cpu, Next};
use crate::error::{LaneError, Stop};
use crate::isa::{Word, instruction_table};
use crate::memory::Role;
use crate::signature;
use crate::trap::Trap;
use std::hint::black_box;

impl<R: Role> Cpu<'_, R> {
    /// Runs the basic block at `start`. Unless the lane is the only one, the block's signature is
    /// checked against the one that the assembler put at its end.
    pub(crate) fn block(&mut self, start: u32) -> Result<Next, Stop> {
        let mut position = start;
        let mut sum = signature::start(start);
        loop {
            let Some(word) = self.code.get(position as usize).copied() else {
                return Err(Trap::Code.into());
            };
            if R::HARDENED {
                sum = signature::step(sum, word);
            }
            let step = self.step(Word(word), position);
            match step {
                Ok(None) => position += 1,
                Ok(Some(next)) => {
                    let expected = self.code.get(position as usize + 1).copied();
                    if R::HARDENED && expected != Some(sum) {
                        return Err(Trap::Signature.into());
                    }
                    *self.halt = (position, expected.unwrap_or(0));
                    self.memory
                        .charge(u64::from(position + 1 - start))
                        .map_err(|stop| self.located(stop, Word(word), position))?;
                    return Ok(next);
                }
                Err(stop) => return Err(self.located(stop, Word(word), position)),
            }
        }
    }

    /// Fills in where an error happened and what stood in the instruction's operands.
    #[cold]
    fn located(&self, stop: Stop, word: Word, position: u32) -> Stop {
        match stop {
            Stop::Error(error) => Stop::Error(LaneError {
                position,
                operands: [self.get(word.b()), self.get(word.c())],
                ..error
            }),
            other => other,
        }
    }
}

macro_rules! run {
    ($self:ident, $word:ident, $position:ident, $method:ident, Straight) => {{
        $self.$method($word)?;
        Ok(None)
    }};
    ($self:ident, $word:ident, $position:ident, $method:ident, End) => {
        Ok(Some($self.$method($word, $position + 2)?))
    };
}

macro_rules! dispatcher {
    ($($method:ident = $code:literal, $name:ident, $kind:ident, $operands:tt, $meaning:literal;)+) => {
        impl<R: Role> Cpu<'_, R> {
            /// Executes one instruction; where control goes if it ends its block.
            #[inline]
            fn step(&mut self, word: Word, position: u32) -> Result<Option<Next>, Stop> {
                match word.opcode() {
                    $($code => {
                        // Control that comes here other than by the match finds another word.
                        if R::HARDENED && black_box(word).opcode() != $code {
                            return Err(Trap::Opcode.into());
                        }
                        run!(self, word, position, $method, $kind)
                    })+
                    _ => Err(Trap::Code.into()),
                }
            }
        }
    };
}
instruction_table!(dispatcher);
