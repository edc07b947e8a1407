//! Lists, sets and maps: made from their parts, searched, and changed in place.

use pasc_vm::isa::{Immediate, Instruction, Offset, Reg};
use pasc_vm::types::{Type, TypeId};

use super::memory::Location;
use super::{Code, Operand};
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    /// A list, set or map in new memory.
    pub(super) fn collection(&mut self, expr: &Expr, wanted: Option<Reg>) -> Operand {
        if is_empty_literal(expr) {
            return self.word(0, wanted, expr.span);
        }
        let cell = self.new_words(1, None, expr.span);
        let borrowed = Operand {
            temporary: false,
            ..cell
        };
        self.fill_collection(expr, Location::Memory(borrowed, Offset(0)));
        self.read(
            Location::Memory(cell, Offset(0)),
            expr.ty,
            wanted,
            expr.span,
        )
    }

    /// Puts what a literal or comprehension holds into an empty place.
    pub(super) fn fill_collection(&mut self, expr: &Expr, place: Location) {
        if is_empty_literal(expr) {
            return;
        }
        let ty = expr.ty;
        let place = self.address(place, None, expr.span);
        let at = place.register;
        match &expr.kind {
            ExprKind::List(items) => items.iter().for_each(|item| self.push(at, item, ty)),
            ExprKind::Set(items) => items.iter().for_each(|item| self.put_item(at, item, ty)),
            ExprKind::Map(entries) => {
                for (key, value) in entries {
                    self.put(at, key, value, ty);
                }
            }
            ExprKind::ListComprehension { item, clause } => {
                self.each(clause, &[item], |code| code.push(at, item, ty));
            }
            ExprKind::SetComprehension { item, clause } => {
                self.each(clause, &[item], |code| code.put_item(at, item, ty));
            }
            ExprKind::MapComprehension { key, value, clause } => {
                self.each(clause, &[key, value], |code| code.put(at, key, value, ty));
            }
            _ => unreachable!("only literals of collections are filled in place"),
        }
        self.release(place);
    }

    fn push(&mut self, place: Reg, item: &Expr, ty: TypeId) {
        let value = self.value(item);
        self.push_value(place, value, ty, item.span);
    }

    /// Puts a value, which is used up, at the end of a list.
    fn push_value(&mut self, place: Reg, value: Operand, ty: TypeId, span: Span) {
        let push = Instruction::ListPush {
            place,
            value: value.register,
            ty,
        };
        self.emit(push, span);
        self.release(value);
    }

    fn put_item(&mut self, place: Reg, item: &Expr, ty: TypeId) {
        let item_value = self.value(item);
        self.put_key(place, item_value.register, ty, item.span);
        self.release(item_value);
    }

    /// Puts an element into a set.
    fn put_key(&mut self, place: Reg, key: Reg, ty: TypeId, span: Span) {
        let put = Instruction::MapPut {
            place,
            key,
            // Sets have no values.
            value: key,
            ty,
        };
        self.emit(put, span);
    }

    fn put(&mut self, place: Reg, key: &Expr, value: &Expr, ty: TypeId) {
        let span = key.span.to(value.span);
        let (key, value) = (self.value(key), self.value(value));
        let put = Instruction::MapPut {
            place,
            key: key.register,
            value: value.register,
            ty,
        };
        self.emit(put, span);
        self.release(key);
        self.release(value);
    }

    /// The instruction for the address of what stands at an index.
    pub(super) fn at_instruction(
        &self,
        ty: TypeId,
        dst: Reg,
        container: Reg,
        index: Reg,
    ) -> Instruction {
        if self.is_list(ty) {
            let list = container;
            Instruction::ListAt {
                dst,
                list,
                index,
                ty,
            }
        } else {
            let (map, key) = (container, index);
            Instruction::MapAt { dst, map, key, ty }
        }
    }

    /// `item in list`
    pub(super) fn list_contains(
        &mut self,
        item: &Expr,
        list: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let (ty, list_ty) = (item.ty, list.ty);
        let (item, values) = (self.value(item), self.value(list));
        let result = self.destination(wanted);
        let dst = result.register;
        let yes = Immediate(1);
        self.emit(Instruction::Const { dst, value: yes }, span);
        let (next, over, end) = (self.mark(), self.mark(), self.mark());
        let left = item.register;
        self.list_loop(values, span, next, over, |code, list, index| {
            let element = code.element(list, index, list_ty, ty, span);
            let right = element.register;
            let to = code.target(end);
            if code.is_scalar(ty) {
                code.emit(Instruction::JumpEq { left, right, to }, span);
                code.release(element);
            } else {
                code.release(element);
                let equal = code.take();
                let dst = equal.register;
                let compare = Instruction::Equal {
                    dst,
                    left,
                    right,
                    ty,
                };
                code.emit(compare, span);
                code.branch_on(equal, end, true, span);
            }
        });
        let no = Immediate(0);
        self.emit(Instruction::Const { dst, value: no }, span);
        self.place_mark(end);
        self.release(item);
        result
    }

    /// The element of a list of this type at an index that is in range.
    pub(super) fn element(
        &mut self,
        list: Reg,
        index: Reg,
        list_ty: TypeId,
        ty: TypeId,
        span: Span,
    ) -> Operand {
        let at = self.take();
        let find = self.at_instruction(list_ty, at.register, list, index);
        self.emit(find, span);
        self.read(Location::Memory(at, Offset(0)), ty, None, span)
    }

    /// `list.push(value)` and its like.
    pub(super) fn change(&mut self, place: &Place, change: &ListChange, span: Span) {
        let ty = place.ty;
        let root = place.root;
        let (index, value) = match change {
            ListChange::Push(value) => (None, Some(value)),
            ListChange::Insert(index, value) => (Some(index), Some(value)),
            ListChange::Truncate(length) => (Some(length), None),
        };
        let index = index.map(|index| self.settled_value(index, root));
        let value = value.map(|value| self.settled_value(value, root));
        let at = self.place_address(place);
        let place = at.register;
        let register = |operand: Option<Operand>| operand.map_or(place, |found| found.register);
        let (index_at, value_at) = (register(index), register(value));
        let instruction = match change {
            ListChange::Push(_) => Instruction::ListPush {
                place,
                value: value_at,
                ty,
            },
            ListChange::Insert(..) => Instruction::ListInsert {
                place,
                index: index_at,
                value: value_at,
                ty,
            },
            ListChange::Truncate(_) => Instruction::ListTruncate {
                place,
                length: index_at,
                ty,
            },
        };
        self.emit(instruction, span);
        for operand in [Some(at), index, value].into_iter().flatten() {
            self.release(operand);
        }
    }

    /// `list += [item, …]`: only the new elements are copied.
    pub(super) fn push_items(&mut self, place: &Place, items: &[Expr], span: Span) {
        let values: Vec<Operand> = items
            .iter()
            .map(|item| self.settled_value(item, place.root))
            .collect();
        let at = self.place_address(place);
        for value in values {
            self.push_value(at.register, value, place.ty, span);
        }
        self.release(at);
    }

    /// `set.insert(item)`; whether it is new, if that is asked for.
    pub(super) fn insert(
        &mut self,
        place: &Place,
        item: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let key = self.settled_value(item, place.root);
        let at = self.place_address(place);
        let found = self.take();
        let borrowed = Operand {
            temporary: false,
            ..at
        };
        let set = self.read(Location::Memory(borrowed, Offset(0)), place.ty, None, span);
        let find = Instruction::MapFind {
            dst: found.register,
            map: set.register,
            key: key.register,
            ty: place.ty,
        };
        self.emit(find, span);
        self.release(set);
        // Found or not is decided before the set changes.
        let zero = self.word(0, None, span);
        self.release(zero);
        self.release(found);
        let result = self.destination(wanted);
        let is_new = Instruction::Eq {
            dst: result.register,
            left: found.register,
            right: zero.register,
        };
        self.emit(is_new, span);
        self.put_key(at.register, key.register, place.ty, span);
        self.release(at);
        self.release(key);
        result
    }

    /// `set.insert(item)` as a statement.
    pub(super) fn insert_statement(&mut self, place: &Place, item: &Expr, span: Span) {
        let key = self.settled_value(item, place.root);
        let at = self.place_address(place);
        self.put_key(at.register, key.register, place.ty, span);
        self.release(at);
        self.release(key);
    }

    /// `list.remove(index)`: the element, which nothing else refers to any more.
    pub(super) fn take_item(
        &mut self,
        place: &Place,
        index: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let ty = place.ty;
        let index = self.settled_value(index, place.root);
        let at = self.place_address(place);
        let borrowed = Operand {
            temporary: false,
            ..at
        };
        let list = self.read(Location::Memory(borrowed, Offset(0)), ty, None, span);
        let element_ty = match self.ty(ty) {
            Some(&Type::List { element }) => element,
            _ => unreachable!("elements are taken out of lists"),
        };
        let element = self.element(list.register, index.register, ty, element_ty, span);
        self.release(list);
        let result = if self.is_scalar(element_ty) {
            self.settle(element, wanted, span)
        } else {
            self.own(element, element_ty, wanted, span)
        };
        self.remove_at(at, index, ty, span);
        result
    }

    /// `list.remove(index)` as a statement.
    pub(super) fn take_statement(&mut self, place: &Place, index: &Expr, span: Span) {
        let index = self.settled_value(index, place.root);
        let at = self.place_address(place);
        self.remove_at(at, index, place.ty, span);
    }

    /// Takes an element out of the list in a place; both operands are used up.
    fn remove_at(&mut self, at: Operand, index: Operand, ty: TypeId, span: Span) {
        let remove = Instruction::ListRemove {
            place: at.register,
            index: index.register,
            ty,
        };
        self.emit(remove, span);
        self.release(at);
        self.release(index);
    }
}

pub(super) fn is_empty_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::Set(items) => items.is_empty(),
        ExprKind::Map(entries) => entries.is_empty(),
        _ => false,
    }
}
