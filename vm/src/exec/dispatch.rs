//! The portable dispatcher: a `match` over the instruction table.

use super::{Cpu, Next};
use crate::error::{ErrorPlace, Stop};
use crate::isa::{ROWS, Reg, Word, instruction_table};
use crate::memory::Role;
use crate::signature;
use crate::trap::Trap;
use std::hint::black_box;

/// Executes one instruction of a block: goes on to the next word, or leaves the block.
macro_rules! run {
    ($cpu:ident, $word:ident, $position:ident, $start:ident, $sum:ident, $method:ident, Straight) => {
        match $cpu.$method($word) {
            Ok(()) => $position += 1,
            Err(stop) => return Err($cpu.located(stop, $word, $position)),
        }
    };
    ($cpu:ident, $word:ident, $position:ident, $start:ident, $sum:ident, $method:ident, End) => {
        return match $cpu.$method($word, $position + 2) {
            Ok(next) => $cpu.leave(next, $start, $position, $sum),
            Err(stop) => Err($cpu.located(stop, $word, $position)),
        }
    };
}

macro_rules! dispatcher {
    ($($method:ident = $code:literal, $name:ident, $kind:ident, $operands:tt, $meaning:literal;)+) => {
        impl<R: Role> Cpu<'_, R> {
            /// Runs the basic block at `start`. Unless the lane is the only one, the block's
            /// signature is checked against the one that the assembler put at its end.
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
                    let word = Word(word);
                    match word.opcode() {
                        $($code => {
                            // Control that comes here other than by the match finds another word.
                            if R::HARDENED && black_box(word).opcode() != $code {
                                return Err(Trap::Opcode.into());
                            }
                            run!(self, word, position, start, sum, $method, $kind);
                        })+
                        _ => return Err(Trap::Code.into()),
                    }
                }
            }
        }
    };
}
instruction_table!(dispatcher);

impl<R: Role> Cpu<'_, R> {
    /// Ends a block: checks its signature, and takes its instructions from the fuel.
    #[inline]
    fn leave(&mut self, next: Next, start: u32, position: u32, sum: u64) -> Result<Next, Stop> {
        let expected = self.code.get(position as usize + 1).copied();
        if R::HARDENED && expected != Some(sum) {
            return Err(Trap::Signature.into());
        }
        *self.halt = (position, expected.unwrap_or(0));
        match self.memory.charge(u64::from(position + 1 - start)) {
            Ok(()) => Ok(next),
            Err(stop) => Err(self.located(stop, Word(0), position)),
        }
    }

    /// Notes where an error happened and what stood in the instruction's operands. A slot that the
    /// instruction does not use names some register, which may hold the lane's own poison.
    #[cold]
    #[inline(never)]
    fn located(&mut self, stop: Stop, word: Word, position: u32) -> Stop {
        let row = ROWS.iter().find(|row| row.opcode as u8 == word.opcode());
        let operand = |slot: &str, register: Reg| {
            let is_used = row.is_some_and(|row| {
                let mut operands = row.operands.iter();
                operands.any(|(_, ty, at)| (*ty, *at) == ("Reg", slot))
            });
            if is_used { self.get(register) } else { 0 }
        };
        let operands = [operand("B", word.b()), operand("C", word.c())];
        *self.error_place = ErrorPlace { position, operands };
        stop
    }
}
