//! Where values lie in memory, and how words get from there and back.

use pasc_vm::isa::{FixedOffset, Instruction, Offset, Reg, StateOffset};
use pasc_vm::types::TypeId;

use super::{Code, Operand};
use crate::source::Span;

/// The first word of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Location {
    /// At a known address of the state.
    State(StateOffset),
    /// At a known position of the fixed area.
    Fixed(FixedOffset),
    /// At a distance from the address in a register.
    Memory(Operand, Offset),
}

impl Location {
    /// The location `words` further on.
    pub(super) fn plus(self, words: u32) -> Location {
        match self {
            Location::State(at) => Location::State(StateOffset(at.0 + words)),
            Location::Fixed(at) => Location::Fixed(FixedOffset(at.0 + words)),
            Location::Memory(base, at) => Location::Memory(base, Offset(at.0 + words)),
        }
    }
}

impl Code<'_, '_> {
    /// The value of this type at the location, which is used up.
    pub(super) fn read(
        &mut self,
        location: Location,
        ty: TypeId,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        if self.is_record(ty) {
            return self.address(location, wanted, span);
        }
        if let Location::Memory(base, _) = location {
            self.release(base);
        }
        let result = self.destination(wanted);
        let dst = result.register;
        let instruction = match location {
            Location::State(from) => Instruction::LoadState { dst, from },
            Location::Fixed(from) => Instruction::Fixed { dst, from },
            Location::Memory(base, offset) => Instruction::Load {
                dst,
                base: base.register,
                offset,
            },
        };
        self.emit(instruction, span);
        result
    }

    /// The address of the location, which is used up.
    pub(super) fn address(
        &mut self,
        location: Location,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        if let Location::Memory(base, Offset(0)) = location {
            return self.settle(base, wanted, span);
        }
        if let Location::Memory(base, _) = location {
            self.release(base);
        }
        let result = self.destination(wanted);
        let dst = result.register;
        let instruction = match location {
            Location::State(of) => Instruction::Place { dst, of },
            Location::Fixed(of) => Instruction::Address { dst, of },
            Location::Memory(base, offset) => Instruction::Field {
                dst,
                base: base.register,
                offset,
            },
        };
        self.emit(instruction, span);
        result
    }

    /// Writes a word to the location, which is used up; the value is not.
    pub(super) fn write_word(&mut self, location: Location, value: Operand, span: Span) {
        let src = value.register;
        match location {
            Location::State(to) => self.emit(Instruction::StoreState { src, to }, span),
            Location::Memory(base, offset) => {
                self.emit(
                    Instruction::Store {
                        base: base.register,
                        src,
                        offset,
                    },
                    span,
                );
                self.release(base);
            }
            Location::Fixed(_) => unreachable!("parameters are no places"),
        }
    }

    /// The operand in the wanted register, if one is wanted.
    pub(super) fn settle(&mut self, operand: Operand, wanted: Option<Reg>, span: Span) -> Operand {
        match wanted {
            Some(dst) if dst != operand.register => {
                self.emit(
                    Instruction::Move {
                        dst,
                        src: operand.register,
                    },
                    span,
                );
                self.release(operand);
                Operand {
                    register: dst,
                    temporary: false,
                }
            }
            _ => operand,
        }
    }

    /// A copy of the value that nothing else refers to.
    pub(super) fn own(
        &mut self,
        value: Operand,
        ty: TypeId,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        self.release(value);
        let result = self.destination(wanted);
        let own = Instruction::Own {
            dst: result.register,
            value: value.register,
            ty,
        };
        self.emit(own, span);
        result
    }
}
