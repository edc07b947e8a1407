//! Expressions.

use pasc_vm::assemble::load_int;
use pasc_vm::isa::{FixedOffset, Immediate, Instruction, Offset, Reg};
use pasc_vm::program;
use pasc_vm::types::TypeId;

use super::memory::Location;
use super::operator::{constant_bool, constant_int};
use super::{Code, Operand, Slot};
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    /// The value in some register: a variable's own, or a temporary one.
    pub(super) fn value(&mut self, expr: &Expr) -> Operand {
        self.compute(expr, None)
    }

    /// The value, in the wanted register if one is wanted. That register must not
    /// hold anything that the expression reads, unless [`writes_once`] says so.
    pub(super) fn compute(&mut self, expr: &Expr, wanted: Option<Reg>) -> Operand {
        if let ExprKind::Local(local) = expr.kind
            && self.is_scalar(expr.ty)
            && self.unstable.contains(&Root::Local(local))
        {
            // What comes later in the expression may write the variable's register.
            let result = self.destination(wanted);
            self.view(expr, Some(result.register));
            return result;
        }
        if self.is_unstable(expr) {
            let view = self.view(expr, None);
            return self.own(view, expr.ty, wanted, expr.span);
        }
        self.view(expr, wanted)
    }

    /// The value, which may be a view even of what the expression itself changes.
    pub(super) fn view(&mut self, expr: &Expr, wanted: Option<Reg>) -> Operand {
        let span = expr.span;
        if let Some(value) = constant_int(expr) {
            let result = self.destination(wanted);
            let load = load_int(&mut self.generator.pool, result.register, value);
            self.emit(load, span);
            return result;
        }
        if let Some(value) = constant_bool(expr) {
            return self.word(i32::from(value), wanted, span);
        }
        match &expr.kind {
            ExprKind::Int(_) | ExprKind::Bool(_) => unreachable!("literals are constant"),
            ExprKind::Blob(bytes) => self.blob(bytes, wanted, span),
            ExprKind::Local(local) => match self.slots[local.0] {
                Slot::Register(register) => self.settle(
                    Operand {
                        register,
                        temporary: false,
                    },
                    wanted,
                    span,
                ),
                Slot::Found(_) => unreachable!("only parts of the subject of a pattern are read"),
                Slot::Cell(cell) | Slot::Place(cell) => {
                    let cell = Operand {
                        register: cell,
                        temporary: false,
                    };
                    self.read(Location::Memory(cell, Offset(0)), expr.ty, wanted, span)
                }
                Slot::None => unreachable!("a variable is used where it is declared"),
            },
            ExprKind::Field(base, index) if self.cached_field(base, *index).is_some() => {
                let register = self.cached_field(base, *index).unwrap_or(Reg(0));
                self.settle(
                    Operand {
                        register,
                        temporary: false,
                    },
                    wanted,
                    span,
                )
            }
            ExprKind::Field(base, 0) if self.found(base).is_some() => self.truth(expr, wanted),
            ExprKind::State(_) | ExprKind::Param(_) | ExprKind::Field(..) | ExprKind::Index(..) => {
                let location = self.location(expr);
                self.read(location, expr.ty, wanted, span)
            }
            ExprKind::SelfAddress => {
                let result = self.destination(wanted);
                self.emit(
                    Instruction::SelfAddress {
                        dst: result.register,
                    },
                    span,
                );
                result
            }
            ExprKind::Sender => {
                let result = self.destination(wanted);
                self.emit(
                    Instruction::Sender {
                        dst: result.register,
                    },
                    span,
                );
                result
            }
            ExprKind::Negate(operand) => self.unary(operand, wanted, span, |dst, src| {
                Instruction::Neg { dst, src }
            }),
            ExprKind::Not(operand) => self.unary(operand, wanted, span, |dst, src| {
                Instruction::Not { dst, src }
            }),
            ExprKind::Now => {
                let result = self.destination(wanted);
                let dst = result.register;
                self.emit(Instruction::Now { dst }, span);
                result
            }
            ExprKind::Random(bound) => self.unary(bound, wanted, span, |dst, bound| {
                Instruction::Random { dst, bound }
            }),
            ExprKind::ToText(address) => {
                // An address with nothing after it is a text with the same bytes.
                let empty = self.word(0, None, span);
                let text = self.unary(address, wanted, span, |dst, left| Instruction::Concat {
                    dst,
                    left,
                    right: empty.register,
                });
                self.release(empty);
                text
            }
            ExprKind::ListLen(list) => self.unary(list, wanted, span, |dst, list| {
                Instruction::ListLen { dst, list }
            }),
            ExprKind::ListContains(item, list) => self.list_contains(item, list, wanted, span),
            ExprKind::MapLen(map) => self.unary(map, wanted, span, |dst, map| {
                Instruction::MapLen { dst, map }
            }),
            ExprKind::BytesLen(bytes) => self.unary(bytes, wanted, span, |dst, src| {
                Instruction::BytesLen { dst, src }
            }),
            ExprKind::Arithmetic(operator, left, right) => {
                let left = self.value(left);
                self.arithmetic(*operator, left, right, wanted, span)
            }
            ExprKind::Compare(comparison, left, right) => {
                self.compare_values(*comparison, left, right, wanted, span)
            }
            ExprKind::And(..) | ExprKind::Or(..) => self.truth(expr, wanted),
            ExprKind::Contains(key, map) => {
                let found = self.find(key, map, span);
                let zero = self.word(0, None, span);
                self.release(found);
                self.release(zero);
                let result = self.destination(wanted);
                let (left, right) = (found.register, zero.register);
                self.emit(
                    Instruction::Ne {
                        dst: result.register,
                        left,
                        right,
                    },
                    span,
                );
                result
            }
            ExprKind::Empty if self.is_record(expr.ty) => {
                self.new_words(self.module().types.width(expr.ty), wanted, span)
            }
            ExprKind::Empty => self.word(0, wanted, span),
            ExprKind::Get(map, key) => self.get(expr.ty, map, key, wanted, span),
            ExprKind::GetOr(map, key, default) => self.get_or(map, key, default, wanted, span),
            ExprKind::Remove(place, key) => self.remove(place, key, wanted, span),
            ExprKind::Insert(place, item) => self.insert(place, item, wanted, span),
            ExprKind::Take(place, index) => self.take_item(place, index, wanted, span),
            ExprKind::Record(fields) => self.record(expr.ty, fields, wanted, span),
            ExprKind::List(_)
            | ExprKind::ListComprehension { .. }
            | ExprKind::Set(_)
            | ExprKind::SetComprehension { .. }
            | ExprKind::Map(_)
            | ExprKind::MapComprehension { .. } => self.collection(expr, wanted),
            ExprKind::Sum { body, clause } => self.sum(body, clause, wanted, span),
            ExprKind::Quantifier { all, body, clause } => {
                self.quantifier(*all, body, clause, wanted, span)
            }
            ExprKind::If { arms, otherwise } => self.if_value(arms, otherwise, wanted),
            ExprKind::Native(native, arguments) => self.native(*native, arguments, wanted, span),
            ExprKind::ListSlice(list, from, to) => self.list_slice(list, from, to, wanted, span),
            ExprKind::Sorted(list) => {
                let ty = list.ty;
                self.unary(list, wanted, span, |dst, list| Instruction::ListSort {
                    dst,
                    list,
                    ty,
                })
            }
            ExprKind::Encode(value) => {
                let ty = value.ty;
                self.unary(value, wanted, span, |dst, value| Instruction::Encode {
                    dst,
                    value,
                    ty,
                })
            }
            ExprKind::Call(function, arguments) => self.call(*function, arguments, wanted, span),
            ExprKind::Block(block) => {
                let result = self.destination(wanted);
                self.value_block(block, result.register);
                result
            }
        }
    }

    /// The address in the register of a local that is an option's value, or 0.
    pub(super) fn found(&self, local: &Expr) -> Option<Operand> {
        let ExprKind::Local(local) = local.kind else {
            return None;
        };
        match self.slots[local.0] {
            Slot::Found(register) => Some(Operand {
                register,
                temporary: false,
            }),
            _ => None,
        }
    }

    pub(super) fn word(&mut self, value: i32, wanted: Option<Reg>, span: Span) -> Operand {
        let result = self.destination(wanted);
        let dst = result.register;
        self.emit(
            Instruction::Const {
                dst,
                value: Immediate(value),
            },
            span,
        );
        result
    }

    fn blob(&mut self, bytes: &[u8], wanted: Option<Reg>, span: Span) -> Operand {
        if bytes.is_empty() {
            return self.word(0, wanted, span);
        }
        let of = self.generator.pool.bytes(bytes);
        let result = self.destination(wanted);
        self.emit(
            Instruction::Address {
                dst: result.register,
                of,
            },
            span,
        );
        result
    }

    fn unary(
        &mut self,
        operand: &Expr,
        wanted: Option<Reg>,
        span: Span,
        instruction: impl FnOnce(Reg, Reg) -> Instruction,
    ) -> Operand {
        let operand = self.value(operand);
        self.release(operand);
        let result = self.destination(wanted);
        self.emit(instruction(result.register, operand.register), span);
        result
    }

    /// A condition with several ways to its end, as a `bool`.
    fn truth(&mut self, condition: &Expr, wanted: Option<Reg>) -> Operand {
        let result = self.destination(wanted);
        let dst = result.register;
        let end = self.mark();
        let sides = match &condition.kind {
            ExprKind::And(left, right) => Some((left, right, false)),
            ExprKind::Or(left, right) => Some((left, right, true)),
            _ => None,
        };
        if let Some((left, right, decisive)) = sides {
            self.word(i32::from(decisive), Some(dst), condition.span);
            self.branch(left, end, decisive);
            self.compute_into(right, dst);
            self.place_mark(end);
            return result;
        }
        self.emit(
            Instruction::Const {
                dst,
                value: Immediate(0),
            },
            condition.span,
        );
        self.branch(condition, end, false);
        self.emit(
            Instruction::Const {
                dst,
                value: Immediate(1),
            },
            condition.span,
        );
        self.place_mark(end);
        result
    }

    /// `key in map`, as the address of the value under the key, or 0.
    pub(super) fn find(&mut self, key: &Expr, map: &Expr, span: Span) -> Operand {
        let (key, found_in) = (self.value(key), self.value(map));
        self.find_in(found_in, key, map.ty, span)
    }

    /// `map.get(key)`, as the address of the value under the key, or 0.
    pub(super) fn found_by(&mut self, map: &Expr, key: &Expr, span: Span) -> Operand {
        let (found_in, key) = (self.value(map), self.value(key));
        self.find_in(found_in, key, map.ty, span)
    }

    /// The address of the value under a key, or 0; the operands are used up.
    fn find_in(&mut self, map: Operand, key: Operand, ty: TypeId, span: Span) -> Operand {
        self.release(key);
        self.release(map);
        let result = self.take();
        let dst = result.register;
        let (map, key) = (map.register, key.register);
        self.emit(Instruction::MapFind { dst, map, key, ty }, span);
        result
    }

    /// What a map has under a key, as an option of its own.
    fn get(
        &mut self,
        option: TypeId,
        map: &Expr,
        key: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let types = &self.module().types;
        let (value, at) = (types.fields(option)[1].ty, types.field_offset(option, 1));
        let found = self.found_by(map, key, span);
        let result = self.new_words(types.width(option), wanted, span);
        let part = |offset| {
            let base = Operand {
                temporary: false,
                ..result
            };
            Location::Memory(base, Offset(offset))
        };
        let end = self.mark();
        let to = self.target(end);
        let condition = found.register;
        self.emit(Instruction::JumpUnless { condition, to }, span);
        let one = self.word(1, None, span);
        self.write_word(part(0), one, span);
        self.release(one);
        let content = self.read(Location::Memory(found, Offset(0)), value, None, span);
        self.store(part(at), content, value, span);
        self.release(content);
        self.place_mark(end);
        result
    }

    /// The value under a key, or the default, which is computed in any case.
    fn get_or(
        &mut self,
        map: &Expr,
        key: &Expr,
        default: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let ty = default.ty;
        let (found_in, key) = (self.value(map), self.value(key));
        let result = self.destination(wanted);
        self.compute_into(default, result.register);
        let found = self.find_in(found_in, key, map.ty, span);
        let end = self.mark();
        let to = self.target(end);
        self.emit(
            Instruction::JumpUnless {
                condition: found.register,
                to,
            },
            span,
        );
        self.read(
            Location::Memory(found, Offset(0)),
            ty,
            Some(result.register),
            span,
        );
        self.place_mark(end);
        result
    }

    /// The value in this register and no other.
    pub(super) fn compute_into(&mut self, expr: &Expr, dst: Reg) {
        let value = self.compute(expr, Some(dst));
        debug_assert_eq!(value.register, dst);
    }

    /// Where the value of an expression lies that is a variable or a part of one.
    pub(super) fn location(&mut self, expr: &Expr) -> Location {
        let module = self.module();
        match &expr.kind {
            ExprKind::State(state) => Location::State(self.state_offset(*state)),
            ExprKind::Param(param) => {
                let offset = module.types.field_offset(module.params_record, param.0);
                Location::Fixed(FixedOffset(program::FIXED_START + offset))
            }
            ExprKind::Field(base, 1) if self.found(base).is_some() => match self.found(base) {
                Some(found) => Location::Memory(found, Offset(0)),
                None => unreachable!("it was found"),
            },
            ExprKind::Field(base, index) => {
                let offset = module.types.field_offset(base.ty, *index);
                self.location(base).plus(offset)
            }
            ExprKind::Index(..) => self.indexed(expr),
            _ => Location::Memory(self.view(expr, None), Offset(0)),
        }
    }
}

/// Whether the code for the expression writes its result once, after everything was
/// read, so that a variable in the expression may be the destination.
pub(super) fn writes_once(expr: &Expr) -> bool {
    !expr.kind.is_collection()
        && !matches!(
            expr.kind,
            ExprKind::And(..)
                | ExprKind::Or(..)
                | ExprKind::ListContains(..)
                | ExprKind::GetOr(..)
                | ExprKind::Get(..)
                | ExprKind::Empty
                | ExprKind::Call(..)
                | ExprKind::Block(_)
                | ExprKind::Take(..)
                | ExprKind::Insert(..)
                | ExprKind::Record(_)
                | ExprKind::Quantifier { .. }
                | ExprKind::Sum { .. }
                | ExprKind::If { .. }
        )
}
