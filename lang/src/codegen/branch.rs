//! Conditions as jumps.

use pasc_vm::isa::Instruction;

use super::operator::constant_bool;
use super::{Code, Mark};
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    /// Goes to `target` if the condition is `when`, else on to what follows.
    pub(super) fn branch(&mut self, condition: &Expr, target: Mark, when: bool) {
        if let Some(value) = constant_bool(condition) {
            if value == when {
                self.jump(target, condition.span);
            }
            return;
        }
        match &condition.kind {
            ExprKind::Not(operand) => self.branch(operand, target, !when),
            // `and` is false as soon as one side is, `or` true as soon as one is.
            ExprKind::And(left, right) => self.branch_both(left, right, target, when, false),
            ExprKind::Or(left, right) => self.branch_both(left, right, target, when, true),
            ExprKind::Compare(comparison, left, right) if self.is_scalar(left.ty) => {
                self.branch_words(*comparison, left, right, target, when, condition.span);
            }
            ExprKind::Compare(Comparison::NotEqual, left, right) => {
                let equal =
                    self.compare_values(Comparison::Equal, left, right, None, condition.span);
                self.branch_on(equal, target, !when, condition.span);
            }
            ExprKind::Contains(key, map) => {
                let found = self.find(key, map, condition.span);
                self.branch_on(found, target, when, condition.span);
            }
            ExprKind::Quantifier { all, body, clause } => {
                // The value that ends the search is what `all` does not want to see.
                let ends = !*all;
                if when == ends {
                    self.each(clause, &[body], |code| code.branch(body, target, ends));
                } else {
                    let skip = self.mark();
                    self.each(clause, &[body], |code| code.branch(body, skip, ends));
                    self.jump(target, condition.span);
                    self.place_mark(skip);
                }
            }
            ExprKind::Field(base, 0) if self.found(base).is_some() => {
                if let Some(found) = self.found(base) {
                    self.branch_on(found, target, when, condition.span);
                }
            }
            ExprKind::Block(block) => {
                let before = self.open.len();
                self.block_statements(&block.statements);
                if let Some(value) = self.reached_value(block) {
                    self.branch(value, target, when);
                }
                self.close(before);
            }
            _ => {
                let value = self.value(condition);
                self.branch_on(value, target, when, condition.span);
            }
        }
    }

    /// Goes to `target` if the word is not zero (`when`), or if it is.
    pub(super) fn branch_on(
        &mut self,
        value: super::Operand,
        target: Mark,
        when: bool,
        span: Span,
    ) {
        let (condition, to) = (value.register, self.target(target));
        let instruction = if when {
            Instruction::JumpIf { condition, to }
        } else {
            Instruction::JumpUnless { condition, to }
        };
        self.emit(instruction, span);
        self.release(value);
    }

    /// `and` or `or`, which one side decides alone if it is `decisive`.
    fn branch_both(&mut self, left: &Expr, right: &Expr, target: Mark, when: bool, decisive: bool) {
        if when == decisive {
            self.branch(left, target, when);
            self.branch(right, target, when);
        } else {
            let skip = self.mark();
            self.branch(left, skip, decisive);
            self.branch(right, target, when);
            self.place_mark(skip);
        }
    }

    fn branch_words(
        &mut self,
        comparison: Comparison,
        left: &Expr,
        right: &Expr,
        target: Mark,
        when: bool,
        span: Span,
    ) {
        let a = self.value(left);
        let b = self.value(right);
        let (comparison, turned) = comparison.turned();
        let (left, right) = if turned {
            (b.register, a.register)
        } else {
            (a.register, b.register)
        };
        let to = self.target(target);
        let instruction = match (comparison, when) {
            (Comparison::Equal, true) | (Comparison::NotEqual, false) => {
                Instruction::JumpEq { left, right, to }
            }
            (Comparison::Equal, false) | (Comparison::NotEqual, true) => {
                Instruction::JumpNe { left, right, to }
            }
            (Comparison::Less | Comparison::Greater, true) => {
                Instruction::JumpLt { left, right, to }
            }
            (Comparison::LessEqual | Comparison::GreaterEqual, true) => {
                Instruction::JumpLe { left, right, to }
            }
            (Comparison::Less | Comparison::Greater, false) => Instruction::JumpLe {
                left: right,
                right: left,
                to,
            },
            (Comparison::LessEqual | Comparison::GreaterEqual, false) => Instruction::JumpLt {
                left: right,
                right: left,
                to,
            },
        };
        self.emit(instruction, span);
        self.release(a);
        self.release(b);
    }
}
