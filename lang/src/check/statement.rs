//! Statements and blocks.

use pasc_vm::types::TypeId;

use super::{Checker, Region, all};
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
            let statements = checker.statements(before);
            let value = match &last.kind {
                ast::StatementKind::Expr(value) => match hint {
                    Some(ty) => checker.expr_of(value, ty),
                    None => checker.expr(value, None),
                },
                ast::StatementKind::If(value) => checker.if_value(value, hint, last.span),
                ast::StatementKind::Error => None,
                _ => {
                    checker.statement(last);
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

    fn no_value(&mut self, span: Span) {
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
        let bool = self.names.basic.bool;
        let mut arms = Vec::new();
        for (condition, block) in &value.arms {
            let condition = self.expr_of(condition, bool);
            let block = self.arm(block, hint);
            // All arms have the type of the first.
            let ty = block
                .as_ref()
                .and_then(|block| block.value.as_ref())
                .map(|value| value.ty);
            hint = hint.or(ty);
            arms.push(condition.zip(block));
        }
        let Some(otherwise) = &value.otherwise else {
            let message = "an `if` whose value is used has an `else`";
            self.report(Diagnostic::new(&codes::NO_VALUE, span, message));
            return None;
        };
        let otherwise = self.arm(otherwise, hint)?;
        let ty = otherwise.value.as_ref()?.ty;
        Some(Expr {
            kind: ExprKind::If {
                arms: all(arms)?,
                otherwise,
            },
            ty,
            span,
        })
    }

    /// A block of an `if` with a value.
    fn arm(&mut self, block: &ast::Block, hint: Option<TypeId>) -> Option<Block> {
        self.scope.values += 1;
        let block = self.value_block(block, hint);
        self.scope.values -= 1;
        block
    }

    fn statements(&mut self, statements: &[ast::Statement]) -> Option<Vec<Statement>> {
        let mut left: Option<&str> = None;
        let mut typed = Vec::new();
        for statement in statements {
            if let Some(word) = left.take() {
                let message = format!("this is never reached after `{word}`");
                self.report(Diagnostic::new(
                    &codes::UNREACHABLE,
                    statement.span,
                    message,
                ));
            }
            left = match &statement.kind {
                ast::StatementKind::Return => Some("return"),
                ast::StatementKind::Break => Some("break"),
                ast::StatementKind::Continue => Some("continue"),
                _ => None,
            };
            typed.push(self.statement(statement));
        }
        all(typed)
    }

    fn statement(&mut self, statement: &ast::Statement) -> Option<Statement> {
        let span = statement.span;
        let kind = match &statement.kind {
            ast::StatementKind::Let {
                changeable,
                name,
                ty,
                value,
            } => {
                return self.let_statement(*changeable, name, ty.as_ref(), value, span);
            }
            ast::StatementKind::Assign {
                place,
                operator,
                value,
            } => self.assign(place, *operator, value, span)?,
            ast::StatementKind::Expr(value) => self.call_statement(value)?,
            ast::StatementKind::If(value) => self.if_statement(value)?,
            ast::StatementKind::For { clause, body } => {
                let (clause, body) =
                    self.scoped(|checker| (checker.clause(clause), checker.loop_body(body)));
                StatementKind::For {
                    clause: clause?,
                    body: body?,
                }
            }
            ast::StatementKind::While { condition, body } => {
                let bool = self.names.basic.bool;
                let condition = self.expr_of(condition, bool);
                let body = self.loop_body(body);
                StatementKind::While {
                    condition: condition?,
                    body: body?,
                }
            }
            ast::StatementKind::Break => self.in_loop(StatementKind::Break, "break", span)?,
            ast::StatementKind::Continue => {
                self.in_loop(StatementKind::Continue, "continue", span)?
            }
            ast::StatementKind::Return => {
                if !self.may_act(span, "return") {
                    return None;
                }
                StatementKind::Return
            }
            ast::StatementKind::Send { to, message } => {
                let may = self.may_act(span, "send");
                let address = self.names.basic.address;
                let to = self.expr_of(to, address);
                let message = self.message_literal(message, false);
                if !may {
                    return None;
                }
                StatementKind::Send {
                    to: to?,
                    message: message?,
                }
            }
            ast::StatementKind::Reply(message) => self.reply(message, span)?,
            ast::StatementKind::Error => return None,
        };
        Some(Statement { kind, span })
    }

    fn reply(&mut self, message: &ast::Literal, span: Span) -> Option<StatementKind> {
        let word = Span {
            start: span.start,
            end: span.start + "reply".len() as u32,
        };
        let may = if self.scope.region == Region::Guard {
            self.may_act(word, "reply")
        } else {
            self.has_sender(word)
        };
        let message = self.message_literal(message, false);
        if !may {
            return None;
        }
        let to = Expr {
            kind: ExprKind::Sender,
            ty: self.names.basic.address,
            span: word,
        };
        Some(StatementKind::Send {
            to,
            message: message?,
        })
    }

    fn let_statement(
        &mut self,
        changeable: bool,
        name: &ast::Name,
        ty: Option<&ast::Type>,
        value: &ast::Expr,
        span: Span,
    ) -> Option<Statement> {
        let (ty, value) = match ty {
            Some(ty) => {
                let ty = self.names.ty(ty);
                (ty, self.maybe_of(value, ty))
            }
            None => {
                let value = self.expr(value, None);
                (value.as_ref().map(|value| value.ty), value)
            }
        };
        if name.text == "_" {
            let message = "a variable needs a name";
            self.report(Diagnostic::new(&codes::RESERVED_NAME, name.span, message));
        }
        let local = self.declare(name, ty, changeable)?;
        Some(Statement {
            kind: StatementKind::Let {
                local,
                value: value?,
            },
            span,
        })
    }

    fn assign(
        &mut self,
        place: &ast::Expr,
        operator: Option<ast::BinaryOperator>,
        value: &ast::Expr,
        span: Span,
    ) -> Option<StatementKind> {
        let Some(place) = self.place(place) else {
            self.expr(value, None);
            return None;
        };
        if self.scope.values > 0 {
            self.scope.unstable.push(place.root);
        }
        let value = self.expr_of(value, place.ty);
        Some(match operator {
            None => StatementKind::Assign {
                place,
                value: value?,
            },
            Some(operator) => {
                let operator = self.arithmetic(operator, place.ty, span)?;
                StatementKind::Update {
                    place,
                    operator,
                    value: value?,
                }
            }
        })
    }

    /// An expression that stands as a statement.
    fn call_statement(&mut self, value: &ast::Expr) -> Option<StatementKind> {
        let typed = self.expr(value, None)?;
        if let ExprKind::Remove(place, _) = &typed.kind {
            if self.scope.values == 0 {
                // It is the last thing that the statement does, so nothing else in
                // the statement sees the change.
                let unstable = &mut self.scope.unstable;
                let last = unstable.iter().rposition(|root| *root == place.root);
                unstable.remove(last.unwrap_or(0));
            }
            return Some(StatementKind::Expr(typed));
        }
        let message = "nothing is done with this value";
        self.report(Diagnostic::new(&codes::UNUSED_VALUE, value.span, message));
        None
    }

    fn if_statement(&mut self, value: &ast::If) -> Option<StatementKind> {
        let bool = self.names.basic.bool;
        let mut arms = Vec::new();
        for (condition, block) in &value.arms {
            let condition = self.expr_of(condition, bool);
            arms.push(condition.zip(self.block(block)));
        }
        let otherwise = match &value.otherwise {
            Some(block) => Some(self.block(block)?),
            None => None,
        };
        Some(StatementKind::If {
            arms: all(arms)?,
            otherwise,
        })
    }

    fn loop_body(&mut self, body: &ast::Block) -> Option<Block> {
        self.scope.loops += 1;
        let body = self.block(body);
        self.scope.loops -= 1;
        body
    }

    fn in_loop(&mut self, kind: StatementKind, word: &str, span: Span) -> Option<StatementKind> {
        if self.scope.loops > 0 {
            return Some(kind);
        }
        let message = format!("`{word}` stands outside a loop");
        self.report(Diagnostic::new(&codes::OUTSIDE_LOOP, span, message));
        None
    }
}
