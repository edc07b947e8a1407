//! Code that is run several times, or one piece of several: iteration over maps,
//! quantifiers, and `if` with a value.

use std::collections::BTreeSet;

use pasc_vm::isa::{Immediate, Instruction, Offset, Reg};
use pasc_vm::map::ENTRY_KEY;
use pasc_vm::types::Type;

use super::memory::Location;
use super::{Code, Mark, Operand, Slot, views};
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    pub(super) fn if_value(
        &mut self,
        arms: &[(Expr, Block)],
        otherwise: &Block,
        wanted: Option<Reg>,
    ) -> Operand {
        let result = self.destination(wanted);
        let end = self.mark();
        for (condition, block) in arms {
            let next = self.mark();
            self.branch(condition, next, false);
            self.value_block(block, result.register);
            self.jump(end, condition.span);
            self.place_mark(next);
        }
        self.value_block(otherwise, result.register);
        self.place_mark(end);
        result
    }

    fn value_block(&mut self, block: &Block, dst: Reg) {
        let before = self.open.len();
        self.block_statements(&block.statements);
        if let Some(value) = &block.value {
            self.compute_into(value, dst);
        }
        self.close(before);
    }

    /// Goes over a map: `visit` makes the code for one entry, and what `visited`
    /// holds is what it looks at. If one of these changes the map, the loop goes over
    /// a copy, so that it sees the map as it was at first.
    pub(super) fn each(
        &mut self,
        clause: &Clause,
        visited: &[&Expr],
        visit: impl FnOnce(&mut Self),
    ) {
        let mut written = BTreeSet::new();
        for expr in visited.iter().copied().chain(clause.condition.as_deref()) {
            written.append(&mut views::written_in_expr(expr));
        }
        let next = self.mark();
        let end = self.mark();
        self.loop_over(clause, &written, next, end, visit);
    }

    /// Goes over a map; `written` is what the loop changes.
    pub(super) fn loop_over(
        &mut self,
        clause: &Clause,
        written: &BTreeSet<Root>,
        next: Mark,
        end: Mark,
        visit: impl FnOnce(&mut Self),
    ) {
        let before = self.open.len();
        let source = &*clause.source;
        let span = source.span;
        let mut roots = self.roots(source);
        let mut map = self.value(source);
        if roots.iter().any(|root| written.contains(root)) {
            map = self.own(map, source.ty, None, span);
            roots.clear();
        }
        self.release(map);
        let cursor = self.take();
        let entry = cursor.register;
        self.emit(
            Instruction::MapFirst {
                dst: entry,
                map: map.register,
            },
            span,
        );
        let to = self.target(end);
        self.emit(
            Instruction::JumpUnless {
                condition: entry,
                to,
            },
            span,
        );
        let top = self.mark();
        self.place_loop_mark(top);
        self.bind_entry(clause, entry, &roots);
        if let Some(condition) = &clause.condition {
            self.branch(condition, next, false);
        }
        visit(self);
        self.close(before);
        self.place_mark(next);
        self.emit(Instruction::MapNext { dst: entry, entry }, span);
        let to = self.target(top);
        self.emit(
            Instruction::JumpIf {
                condition: entry,
                to,
            },
            span,
        );
        self.release(cursor);
        self.place_mark(end);
    }

    /// Declares the variables of a loop for the entry at an address.
    fn bind_entry(&mut self, clause: &Clause, entry: Reg, roots: &[Root]) {
        let span = clause.source.span;
        let Some(&Type::Map { key, value }) = self.ty(clause.source.ty) else {
            return;
        };
        let key_width = self.module().types.width(key);
        let parts = [
            (clause.key, key, ENTRY_KEY),
            (clause.value, value, ENTRY_KEY + key_width),
        ];
        for (local, ty, offset) in parts {
            let Some(local) = local else { continue };
            let dst = self.registers.take();
            let entry = Operand {
                register: entry,
                temporary: false,
            };
            self.read(Location::Memory(entry, Offset(offset)), ty, Some(dst), span);
            self.declare(local, Slot::Register(dst), roots.to_vec());
        }
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
