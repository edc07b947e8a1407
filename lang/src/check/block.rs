//! Blocks, and `if` with a value.

use pasc_vm::types::TypeId;

use super::matching::Asked;
use super::{Checker, all};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    /// A block without a value.
    pub(super) fn block(&mut self, block: &ast::Block) -> Option<Block> {
        let statements = self.scoped(|checker| checker.statements(&block.statements));
        Some(Block {
            statements: statements?,
            value: None,
        })
    }

    /// A block whose last statement gives its value.
    pub(super) fn value_block(
        &mut self,
        block: &ast::Block,
        hint: Option<TypeId>,
    ) -> Option<Block> {
        self.scoped(|checker| {
            let Some((last, before)) = block.statements.split_last() else {
                checker.no_value(block.span);
                return None;
            };
            if leaves(block) {
                // Nobody is there any more to whom a value could be given.
                let statements = checker.statements(&block.statements)?;
                return Some(Block {
                    statements,
                    value: None,
                });
            }
            let statements = checker.statements(before);
            if let Some(before) = before.last() {
                checker.reached(before, last.span);
            }
            let value = match &last.kind {
                ast::StatementKind::Expr(value) | ast::StatementKind::Value(value) => match hint {
                    Some(ty) => checker.expr_of(value, ty),
                    None => checker.expr(value, None),
                },
                ast::StatementKind::If(value) => checker.if_value(value, hint, last.span),
                ast::StatementKind::Match(value) => checker.match_value(value, hint, last.span),
                ast::StatementKind::Error => None,
                _ => {
                    checker.statement(last, &mut Vec::new());
                    checker.no_value(last.span);
                    None
                }
            };
            Some(Block {
                statements: statements?,
                value: Some(value?.into()),
            })
        })
    }

    pub(super) fn no_value(&mut self, span: Span) {
        let message = "a value is asked for, and this gives none";
        self.report(
            Diagnostic::new(&codes::NO_VALUE, span, message)
                .hint("a block's value is the expression that it ends with"),
        );
    }

    /// `if` with a value.
    pub(super) fn if_value(
        &mut self,
        value: &ast::If,
        mut hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        self.scope.values += 1;
        let mut arms = Vec::new();
        for (condition, block) in &value.arms {
            let arm = self.condition_arm(condition, block, Asked::Value(hint));
            // All arms have the type of the first.
            let ty = arm.as_ref().and_then(|arm| arm.block.value.as_ref());
            hint = hint.or(ty.map(|value| value.ty));
            arms.push(arm);
        }
        let otherwise = value
            .otherwise
            .as_ref()
            .map(|block| self.value_block(block, hint));
        self.scope.values -= 1;
        let Some(otherwise) = otherwise else {
            let message = "an `if` whose value is used has an `else`";
            self.report(Diagnostic::new(&codes::NO_VALUE, span, message));
            return None;
        };
        let (arms, otherwise) = (all(arms)?, otherwise?);
        let values = arms.iter().map(|arm| &arm.block).chain([&otherwise]);
        let ty = values
            .filter_map(|block| Some(block.value.as_ref()?.ty))
            .next();
        let Some(ty) = ty else {
            self.no_value(span);
            return None;
        };
        Some(Expr {
            kind: ExprKind::If { arms, otherwise },
            ty,
            span,
        })
    }
}

/// Whether control never gets to the end of a block.
pub(super) fn leaves(block: &ast::Block) -> bool {
    block.statements.last().is_some_and(statement_leaves)
}

pub(super) fn statement_leaves(statement: &ast::Statement) -> bool {
    match &statement.kind {
        ast::StatementKind::Return(_)
        | ast::StatementKind::Break
        | ast::StatementKind::Continue => true,
        ast::StatementKind::If(value) => {
            let otherwise = value.otherwise.as_ref();
            otherwise.is_some_and(leaves) && value.arms.iter().all(|arm| leaves(&arm.1))
        }
        ast::StatementKind::Match(value) => {
            !value.arms.is_empty() && value.arms.iter().all(|arm| leaves(&arm.body))
        }
        _ => false,
    }
}
