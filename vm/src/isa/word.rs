//! Instruction words and the parts of which they consist.

use super::Reg;
use crate::types::TypeId;

/// One instruction word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word(pub u64);

impl Word {
    /// The opcode byte, which may belong to no instruction.
    pub fn opcode(self) -> u8 {
        self.0 as u8
    }

    /// The first register operand.
    pub fn a(self) -> Reg {
        Reg((self.0 >> 8) as u8)
    }

    /// The second register operand.
    pub fn b(self) -> Reg {
        Reg((self.0 >> 16) as u8)
    }

    /// The third register operand.
    pub fn c(self) -> Reg {
        Reg((self.0 >> 24) as u8)
    }

    /// The fourth register operand, of instructions with a wide operand.
    pub fn d(self) -> Reg {
        Reg((self.0 >> 32) as u8)
    }

    /// The constant between a register and a target.
    pub fn narrow(self) -> i16 {
        (self.0 >> 16) as i16
    }

    /// The operand after four registers.
    pub fn wide(self) -> u32 {
        (self.0 >> 40) as u32
    }

    /// The first of two small numbers behind four operands.
    pub fn e(self) -> u8 {
        (self.0 >> 40) as u8
    }

    /// The type behind five operands.
    pub fn narrow_type(self) -> TypeId {
        TypeId((self.0 >> 48) as u32)
    }

    /// The immediate operand.
    pub fn immediate(self) -> u32 {
        (self.0 >> 32) as u32
    }
}
