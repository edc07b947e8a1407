//! Assignments.

use pasc_vm::isa::{Instruction, Offset, Reg};
use pasc_vm::types::TypeId;

use super::expr::writes_once;
use super::memory::Location;
use super::{Code, Operand, Slot};
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    /// `place = value`
    pub(super) fn assign(&mut self, place: &Place, value: &Expr, span: Span) {
        if let (Root::Local(local), []) = (place.root, &place.path[..])
            && !matches!(self.slots[local.0], Slot::Place(_))
        {
            return self.assign_local(local, value, span);
        }
        let new = self.settled_value(value, place.root);
        let keys = self.keys(&place.path, place.root);
        match place.path.last() {
            Some(PathStep::Index { container, .. }) if !self.is_list(*container) => {
                let (key, before) = (keys[keys.len() - 1], &keys[..keys.len() - 1]);
                self.put_under(place, before, (key, new, *container), span);
            }
            _ => {
                let at = self.walk(place, place.path.len(), &keys);
                self.store(at, new, place.ty, span);
            }
        }
        self.release(new);
    }

    /// `map.insert(key, value)`, where the place is that of the key.
    pub(super) fn put_entry(&mut self, place: &Place, value: &Expr, span: Span) {
        let Some((PathStep::Index { container, key }, path)) = place.path.split_last() else {
            unreachable!("the place of a key ends in an index");
        };
        let key = self.settled_value(key, place.root);
        let new = self.settled_value(value, place.root);
        let keys = self.keys(path, place.root);
        self.put_under(place, &keys, (key, new, *container), span);
        self.release(new);
    }

    /// Puts a value under a key into the container of this type that the last step of a place
    /// leads into; the keys are used up.
    fn put_under(
        &mut self,
        place: &Place,
        keys: &[Operand],
        (key, value, ty): (Operand, Operand, TypeId),
        span: Span,
    ) {
        let at = self.walk(place, place.path.len() - 1, keys);
        let at = self.address(at, None, place.span);
        self.emit(
            Instruction::MapPut {
                place: at.register,
                key: key.register,
                value: value.register,
                ty,
            },
            span,
        );
        self.release(at);
        self.release(key);
    }

    /// `place operator= value`
    pub(super) fn update(&mut self, place: &Place, operator: Arithmetic, value: &Expr, span: Span) {
        if let (Root::Local(local), []) = (place.root, &place.path[..])
            && let Slot::Register(register) = self.slots[local.0]
        {
            let old = Operand {
                register,
                temporary: false,
            };
            let new = self.arithmetic(operator, old, value, Some(register), span);
            return self.release(new);
        }
        if let (Arithmetic::JoinLists(_), ExprKind::List(items)) = (operator, &value.kind) {
            return self.push_items(place, items, span);
        }
        // The right side first: it may be anything, and the place is to be found in
        // the state that it leaves.
        let simple = super::operator::constant_int(value).is_some();
        let computed = (!simple).then(|| self.settled_value(value, place.root));
        let keys = self.keys(&place.path, place.root);
        let at = self.walk(place, place.path.len(), &keys);
        let at = match at {
            Location::Memory(base, offset) => (Location::Memory(base, offset), Some(base)),
            other => (other, None),
        };
        let borrowed = match at.0 {
            Location::Memory(base, offset) => Location::Memory(
                Operand {
                    temporary: false,
                    ..base
                },
                offset,
            ),
            other => other,
        };
        let old = self.read(borrowed, place.ty, None, place.span);
        let new = match computed {
            None => self.arithmetic(operator, old, value, None, span),
            Some(right) => self.combine(operator, old, right, span),
        };
        self.store(at.0, new, place.ty, span);
        self.release(new);
    }

    /// `m.remove(key)`: whether there was such a key.
    pub(super) fn remove(
        &mut self,
        place: &Place,
        key: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let key = self.settled_value(key, place.root);
        let at = self.place_address(place);
        self.release(at);
        self.release(key);
        let result = self.destination(wanted);
        let (dst, ty) = (result.register, place.ty);
        let (place, key) = (at.register, key.register);
        self.emit(
            Instruction::MapRemove {
                dst,
                place,
                key,
                ty,
            },
            span,
        );
        result
    }

    /// The address of a place.
    pub(super) fn place_address(&mut self, place: &Place) -> Operand {
        let keys = self.keys(&place.path, place.root);
        let at = self.walk(place, place.path.len(), &keys);
        self.address(at, None, place.span)
    }

    /// A value that stays as it is while something under `root` is changed.
    pub(super) fn settled_value(&mut self, value: &Expr, root: Root) -> Operand {
        let operand = self.value(value);
        if self.roots(value).contains(&root) && !self.is_fresh(value) {
            return self.own(operand, value.ty, None, value.span);
        }
        operand
    }

    /// The keys on the way to a place, from left to right.
    fn keys(&mut self, path: &[PathStep], root: Root) -> Vec<Operand> {
        let mut keys = Vec::new();
        for step in path {
            if let PathStep::Index { key, .. } = step {
                keys.push(self.settled_value(key, root));
            }
        }
        keys
    }

    /// Follows the first `length` steps of a place's path; the keys are used up.
    fn walk(&mut self, place: &Place, length: usize, keys: &[Operand]) -> Location {
        let module = self.module();
        let mut at = match place.root {
            Root::State(state) => Location::State(self.state_offset(state)),
            Root::Local(local) => match self.slots[local.0] {
                Slot::Register(register) | Slot::Cell(register) | Slot::Place(register) => {
                    Location::Memory(
                        Operand {
                            register,
                            temporary: false,
                        },
                        Offset(0),
                    )
                }
                Slot::None | Slot::Found(_) => {
                    unreachable!("a variable is changed where it is declared")
                }
            },
        };
        let mut keys = keys.iter();
        for step in &place.path[..length] {
            match step {
                PathStep::Field { record, index, .. } => {
                    at = at.plus(module.types.field_offset(*record, *index));
                }
                PathStep::Index { container: ty, .. } => {
                    let ty = *ty;
                    let map = self.read(at, ty, None, place.span);
                    let Some(&key) = keys.next() else {
                        unreachable!("a key for each index")
                    };
                    self.release(map);
                    self.release(key);
                    let result = self.take();
                    let at_key =
                        self.at_instruction(ty, result.register, map.register, key.register);
                    self.emit(at_key, place.span);
                    at = Location::Memory(result, Offset(0));
                }
            }
        }
        at
    }

    /// Puts a value into a location, which is used up.
    pub(super) fn store(&mut self, at: Location, value: Operand, ty: TypeId, span: Span) {
        if self.is_scalar(ty) {
            return self.write_word(at, value, span);
        }
        let place = self.address(at, None, span);
        let (to, from) = (place.register, value.register);
        self.emit(
            Instruction::Assign {
                place: to,
                value: from,
                ty,
            },
            span,
        );
        self.release(place);
    }

    /// `left operator right` on two registers, which are used up.
    fn combine(&mut self, operator: Arithmetic, a: Operand, b: Operand, span: Span) -> Operand {
        self.release(a);
        self.release(b);
        let (left, right) = (a.register, b.register);
        let result = self.take();
        let instruction =
            super::operator::arithmetic_instruction(operator, result.register, left, right);
        self.emit(instruction, span);
        result
    }

    fn assign_local(&mut self, local: LocalId, value: &Expr, span: Span) {
        match self.slots[local.0] {
            Slot::None | Slot::Found(_) | Slot::Place(_) => {
                unreachable!("a variable is assigned to where it is declared")
            }
            Slot::Cell(cell) => {
                let cell = Operand {
                    register: cell,
                    temporary: false,
                };
                let new = self.owned_value(value);
                self.write_word(Location::Memory(cell, Offset(0)), new, span);
                self.release(new);
            }
            Slot::Register(register) if self.is_scalar(value.ty) && writes_once(value) => {
                self.compute_into(value, register);
            }
            Slot::Register(register) => {
                let new = if self.is_record(value.ty) {
                    self.owned_value(value)
                } else {
                    self.lasting_value(value, None)
                };
                self.settle(new, Some(register), span);
            }
        }
    }

    /// A value that nothing else refers to.
    pub(super) fn owned_value(&mut self, value: &Expr) -> Operand {
        let operand = self.value(value);
        if self.is_scalar(value.ty) || self.is_fresh(value) {
            return operand;
        }
        self.own(operand, value.ty, None, value.span)
    }

    /// A value that nothing in the body changes.
    pub(super) fn lasting_value(&mut self, value: &Expr, wanted: Option<Reg>) -> Operand {
        if self.is_short_lived(value) && !self.is_fresh(value) {
            let view = self.value(value);
            return self.own(view, value.ty, wanted, value.span);
        }
        self.compute(value, wanted)
    }
}
