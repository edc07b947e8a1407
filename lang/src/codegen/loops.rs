//! Code that is run several times, or one piece of several: iteration, quantifiers,
//! sums, and `if` with a value.

use std::collections::BTreeSet;

use pasc_vm::isa::{Immediate, Instruction, Offset, Reg};
use pasc_vm::map::ENTRY_KEY;
use pasc_vm::types::Type;

use super::memory::Location;
use super::{Code, Mark, Operand, Slot};
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    pub(super) fn if_value(
        &mut self,
        arms: &[Arm],
        otherwise: &Block,
        wanted: Option<Reg>,
    ) -> Operand {
        let result = self.destination(wanted);
        let end = self.mark();
        for arm in arms {
            let next = self.mark();
            let before = self.open.len();
            self.bind_arm(arm);
            self.branch(&arm.condition, next, false);
            self.value_block(&arm.block, result.register);
            self.jump(end, arm.condition.span);
            self.place_mark(next);
            self.close(before);
        }
        self.value_block(otherwise, result.register);
        self.place_mark(end);
        result
    }

    /// Declares what an arm's condition and block see.
    pub(super) fn bind_arm(&mut self, arm: &Arm) {
        if let Some((local, value)) = &arm.bound {
            self.let_statement(*local, value);
        }
    }

    /// The value of a block whose statements were made, if control gets there.
    pub(super) fn reached_value<'b>(&self, block: &'b Block) -> Option<&'b Expr> {
        block.value.as_deref().filter(|_| self.reachable)
    }

    pub(super) fn value_block(&mut self, block: &Block, dst: Reg) {
        let before = self.open.len();
        self.block_statements(&block.statements);
        match self.reached_value(block) {
            // Another arm may give new words, which a part of new words is not.
            Some(value) if self.is_record(value.ty) && self.is_part_of_local(value) => {
                let view = self.value(value);
                self.own(view, value.ty, Some(dst), value.span);
            }
            Some(value) => self.compute_into(value, dst),
            None => {}
        }
        self.close(before);
    }

    /// Whether the value is a part of a variable that the function or handler was not given.
    fn is_part_of_local(&self, value: &Expr) -> bool {
        let ExprKind::Field(base, _) = &value.kind else {
            return false;
        };
        match &base.kind {
            ExprKind::Local(local) => !self.body.locals[local.0].given,
            _ => self.is_part_of_local(base),
        }
    }

    /// Goes over a collection or range: `visit` makes the code for one turn, and what
    /// `visited` holds is what it looks at. If one of these changes the collection, the
    /// loop goes over a copy, so that it sees it as it was at first.
    pub(super) fn each(
        &mut self,
        clause: &Clause,
        visited: &[&Expr],
        visit: impl FnOnce(&mut Self),
    ) {
        let mut written = BTreeSet::new();
        for expr in visited.iter().copied().chain(clause.condition.as_deref()) {
            written.append(&mut self.written_in_expr(expr));
        }
        let next = self.mark();
        let end = self.mark();
        self.loop_over(clause, &written, next, end, visit);
    }

    /// Goes over a collection or range; `written` is what the loop changes.
    pub(super) fn loop_over(
        &mut self,
        clause: &Clause,
        written: &BTreeSet<Root>,
        next: Mark,
        end: Mark,
        visit: impl FnOnce(&mut Self),
    ) {
        let source = match &clause.source {
            Source::Range(from, to) => {
                return self.range_loop(from, to, next, end, |code, number| {
                    code.turn(clause, next, visit, |code| {
                        code.bind_register(clause.key, number, from.span);
                    });
                });
            }
            Source::Values(source) => &**source,
        };
        let span = source.span;
        let mut roots = self.roots(source);
        let mut values = self.value(source);
        if roots.iter().any(|root| written.contains(root)) {
            values = self.own(values, source.ty, None, span);
            roots.clear();
        }
        if let Some(&Type::List { element }) = self.ty(source.ty) {
            self.list_loop(values, span, next, end, |code, list, index| {
                code.turn(clause, next, visit, |code| {
                    code.bind_register(clause.key, index, span);
                    if let Some(local) = clause.value {
                        let value = code.element(list, index, source.ty, element, span);
                        code.declare(local, Slot::Register(value.register), roots);
                    }
                });
            });
        } else {
            self.entry_loop(values, span, next, end, |code, entry| {
                code.turn(clause, next, visit, |code| {
                    code.bind_entry(clause, source, entry, &roots);
                });
            });
        }
    }

    /// One turn of a loop: declares its variables, asks for the condition and visits.
    fn turn(
        &mut self,
        clause: &Clause,
        next: Mark,
        visit: impl FnOnce(&mut Self),
        bind: impl FnOnce(&mut Self),
    ) {
        let before = self.open.len();
        bind(self);
        self.block_statements(&clause.parts);
        if let Some(condition) = &clause.condition {
            self.branch(condition, next, false);
        }
        visit(self);
        self.close(before);
    }

    /// Goes over the numbers from one to another, which it computes once; `turn` makes
    /// the code for the number in a register.
    fn range_loop(
        &mut self,
        from: &Expr,
        to: &Expr,
        next: Mark,
        end: Mark,
        turn: impl FnOnce(&mut Self, Reg),
    ) {
        let span = from.span.to(to.span);
        let number = self.take();
        self.compute_into(from, number.register);
        let bound = if self.never_changes(to) {
            self.value(to)
        } else {
            let bound = self.take();
            self.compute_into(to, bound.register);
            bound
        };
        self.count(number, bound, span, next, end, |code| {
            turn(code, number.register)
        });
    }

    /// Whether the value stands in a register of its own that nothing writes.
    fn never_changes(&self, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::Local(local) => {
                let known = &self.body.locals[local.0];
                !known.changeable && matches!(self.slots[local.0], Slot::Register(_))
            }
            ExprKind::Field(base, index) => self.cached_field(base, *index).is_some(),
            _ => false,
        }
    }

    /// Goes over a list, which is used up; `turn` makes the code for an index.
    pub(super) fn list_loop(
        &mut self,
        list: Operand,
        span: Span,
        next: Mark,
        end: Mark,
        turn: impl FnOnce(&mut Self, Reg, Reg),
    ) {
        let index = self.word(0, None, span);
        let length = self.take();
        let measure = Instruction::ListLen {
            dst: length.register,
            list: list.register,
        };
        self.emit(measure, span);
        self.count(index, length, span, next, end, |code| {
            turn(code, list.register, index.register);
        });
        self.release(list);
    }

    /// Counts a number up to a bound; both are used up.
    fn count(
        &mut self,
        number: Operand,
        bound: Operand,
        span: Span,
        next: Mark,
        end: Mark,
        turn: impl FnOnce(&mut Self),
    ) {
        let (left, right) = (number.register, bound.register);
        let to = self.target(end);
        let over = Instruction::JumpLe {
            left: right,
            right: left,
            to,
        };
        self.emit(over, span);
        let top = self.mark();
        self.place_loop_mark(top);
        turn(self);
        self.place_mark(next);
        let step = Instruction::AddImm {
            dst: left,
            left,
            value: Immediate(1),
        };
        self.emit(step, span);
        let to = self.target(top);
        self.emit(Instruction::JumpLt { left, right, to }, span);
        self.release(number);
        self.release(bound);
        self.place_mark(end);
    }

    /// Goes over a map or set, which is used up; `turn` makes the code for the entry at
    /// the address in a register.
    pub(super) fn entry_loop(
        &mut self,
        map: Operand,
        span: Span,
        next: Mark,
        end: Mark,
        turn: impl FnOnce(&mut Self, Reg),
    ) {
        self.release(map);
        let cursor = self.take();
        let entry = cursor.register;
        let first = Instruction::MapFirst {
            dst: entry,
            map: map.register,
        };
        self.emit(first, span);
        self.branch_on(borrowed(cursor), end, false, span);
        let top = self.mark();
        self.place_loop_mark(top);
        turn(self, entry);
        self.place_mark(next);
        self.emit(Instruction::MapNext { dst: entry, entry }, span);
        self.branch_on(cursor, top, true, span);
        self.place_mark(end);
    }

    /// Declares a variable of a loop with the word in a register, a copy of it if it may change.
    fn bind_register(&mut self, local: Option<LocalId>, src: Reg, span: Span) {
        let Some(local) = local else { return };
        if !self.body.locals[local.0].changeable {
            return self.declare_lent(local, src);
        }
        let dst = self.registers.take();
        self.emit(Instruction::Move { dst, src }, span);
        self.declare(local, Slot::Register(dst), Vec::new());
    }

    /// Declares the variables of a loop for the entry at an address.
    fn bind_entry(&mut self, clause: &Clause, source: &Expr, entry: Reg, roots: &[Root]) {
        let span = source.span;
        let (key, value) = match self.ty(source.ty) {
            Some(&Type::Map { key, value }) => (key, Some(value)),
            Some(&Type::Set { element }) => (element, None),
            _ => unreachable!("only maps and sets have entries"),
        };
        let key_width = self.module().types.width(key);
        let parts = [
            (clause.key, Some(key), ENTRY_KEY),
            (clause.value, value, ENTRY_KEY + key_width),
        ];
        for (local, ty, offset) in parts {
            let (Some(local), Some(ty)) = (local, ty) else {
                continue;
            };
            let dst = self.registers.take();
            let entry = Operand {
                register: entry,
                temporary: false,
            };
            self.read(Location::Memory(entry, Offset(offset)), ty, Some(dst), span);
            self.declare(local, Slot::Register(dst), roots.to_vec());
        }
    }

    /// `sum(body for …)`
    pub(super) fn sum(
        &mut self,
        body: &Expr,
        clause: &Clause,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let result = self.word(0, wanted, span);
        let dst = result.register;
        self.each(clause, &[body], |code| {
            let value = code.value(body);
            let add = Instruction::Add {
                dst,
                left: dst,
                right: value.register,
            };
            code.emit(add, body.span);
            code.release(value);
        });
        result
    }

    /// `all` or `any` as a `bool`.
    pub(super) fn quantifier(
        &mut self,
        all: bool,
        body: &Expr,
        clause: &Clause,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let result = self.destination(wanted);
        let dst = result.register;
        let end = self.mark();
        // What is the result if the search ends early, then otherwise.
        let early = Immediate(i32::from(!all));
        let late = Immediate(i32::from(all));
        self.emit(Instruction::Const { dst, value: early }, span);
        self.each(clause, &[body], |code| code.branch(body, end, !all));
        self.emit(Instruction::Const { dst, value: late }, span);
        self.place_mark(end);
        result
    }
}

/// The operand, which stays in use.
fn borrowed(operand: Operand) -> Operand {
    Operand {
        temporary: false,
        ..operand
    }
}
