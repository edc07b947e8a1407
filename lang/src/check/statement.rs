//! Statements and blocks.

use pasc_vm::types::Type;

use super::call::Given;
use super::matching::Asked;
use super::{Checker, Region, all, block};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    pub(super) fn statements(&mut self, statements: &[ast::Statement]) -> Option<Vec<Statement>> {
        let mut typed = Vec::new();
        let mut complete = true;
        for (index, statement) in statements.iter().enumerate() {
            if index > 0 {
                self.reached(&statements[index - 1], statement.span);
            }
            complete &= self.statement(statement, &mut typed).is_some();
        }
        complete.then_some(typed)
    }

    /// Warns of what stands after a statement that leaves.
    pub(super) fn reached(&mut self, before: &ast::Statement, span: Span) {
        let after = match &before.kind {
            ast::StatementKind::Return(_) => "`return`",
            ast::StatementKind::Break => "`break`",
            ast::StatementKind::Continue => "`continue`",
            _ if block::statement_leaves(before) => "what leaves in every case",
            _ => return,
        };
        let message = format!("this is never reached after {after}");
        self.report(Diagnostic::new(&codes::UNREACHABLE, span, message));
    }

    /// Checks a statement, which may become several.
    pub(super) fn statement(
        &mut self,
        statement: &ast::Statement,
        out: &mut Vec<Statement>,
    ) -> Option<()> {
        let span = statement.span;
        let kind = match &statement.kind {
            ast::StatementKind::Let { .. } => return self.let_statement(statement, out),
            ast::StatementKind::Assign {
                place,
                operator,
                value,
            } => self.assign(place, *operator, value, span)?,
            ast::StatementKind::Expr(value) => self.call_statement(value)?,
            ast::StatementKind::Value(value) => self.dropped_value(value)?,
            ast::StatementKind::If(value) => self.if_statement(value)?,
            ast::StatementKind::Match(value) => self.match_statement(value, span)?,
            ast::StatementKind::For { clause, body } => {
                let (clause, body) =
                    self.scoped(|checker| (checker.clause(clause), checker.loop_body(body)));
                StatementKind::For {
                    clause: clause?,
                    body: body?,
                }
            }
            ast::StatementKind::While { condition, body } => {
                self.scope.loops += 1;
                let arm = self.condition_arm(condition, body, Asked::Effect);
                self.scope.loops -= 1;
                self.while_statement(arm?, span)
            }
            ast::StatementKind::Break => self.in_loop(StatementKind::Break, "break", span)?,
            ast::StatementKind::Continue => {
                self.in_loop(StatementKind::Continue, "continue", span)?
            }
            ast::StatementKind::Return(value) => self.return_statement(value.as_ref(), span)?,
            ast::StatementKind::Send { to, message } => {
                let may = self.may_act(span, "send");
                self.scope.effects.sends = true;
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
            ast::StatementKind::Broadcast { to, message } => {
                let may = self.may_act(span, "broadcast");
                self.scope.effects.sends = true;
                let (to, message) = (self.addresses(to), self.message_literal(message, false));
                if !may {
                    return None;
                }
                StatementKind::Broadcast {
                    to: to?,
                    message: message?,
                }
            }
            ast::StatementKind::SetTimer { timer, delay } => {
                let may = self.may_act(span, "set a timer");
                let timer = self.timer_and_key(timer);
                let delay = self.expr_of(delay, self.names.basic.duration);
                let (timer, key) = timer?;
                self.note_timer(timer);
                let delay = delay?;
                if !may {
                    return None;
                }
                StatementKind::SetTimer { timer, key, delay }
            }
            ast::StatementKind::CancelTimer(timer) => {
                let may = self.may_act(span, "cancel a timer");
                let (timer, key) = self.timer_and_key(timer)?;
                self.note_timer(timer);
                if !may {
                    return None;
                }
                StatementKind::CancelTimer { timer, key }
            }
            ast::StatementKind::Reply(message) => self.reply(message, span)?,
            ast::StatementKind::Error => return None,
        };
        out.push(Statement { kind, span });
        Some(())
    }

    /// A loop as long as the arm's condition holds.
    fn while_statement(&mut self, arm: Arm, span: Span) -> StatementKind {
        if arm.bound.is_none() {
            let (condition, body) = (arm.condition, arm.block);
            return StatementKind::While { condition, body };
        }
        let leave = Statement {
            kind: StatementKind::Break,
            span,
        };
        let kind = StatementKind::If {
            arms: vec![arm],
            otherwise: Some(Block {
                statements: vec![leave],
                value: None,
            }),
        };
        let condition = Expr {
            kind: ExprKind::Bool(true),
            ty: self.names.basic.bool,
            span,
        };
        let body = Block {
            statements: vec![Statement { kind, span }],
            value: None,
        };
        StatementKind::While { condition, body }
    }

    /// A list or set of addresses.
    fn addresses(&mut self, to: &ast::Expr) -> Option<Expr> {
        let address = self.names.basic.address;
        let hint = Type::List { element: address };
        let hint = self.names.intern(hint, to.span);
        let to = self.expr(to, hint)?;
        if self.hinted_element(Some(to.ty)) == Some(address) {
            return Some(to);
        }
        let message = format!(
            "expected `list<address>`, found `{}`",
            self.type_name(to.ty)
        );
        let mut diagnostic = Diagnostic::new(&codes::NOT_A_COLLECTION, to.span, message);
        if to.ty == address {
            diagnostic = diagnostic.hint("write `send` for one receiver");
        }
        self.report(diagnostic);
        None
    }

    fn reply(&mut self, message: &ast::Literal, span: Span) -> Option<StatementKind> {
        let word = Span {
            start: span.start,
            end: span.start + "reply".len() as u32,
        };
        let may = if matches!(self.scope.region, Region::Guard | Region::Pure) {
            self.may_act(word, "reply")
        } else {
            self.has_sender(word)
        };
        let message = self.message_literal(message, false);
        self.scope.effects.sends = true;
        self.scope.effects.sender = true;
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
        statement: &ast::Statement,
        out: &mut Vec<Statement>,
    ) -> Option<()> {
        let ast::StatementKind::Let {
            changeable,
            pattern,
            ty,
            value,
            otherwise,
        } = &statement.kind
        else {
            return None;
        };
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
        let name = match &pattern.kind {
            ast::PatternKind::Name(name) if name != "none" && otherwise.is_none() => ast::Name {
                text: name.clone(),
                span: pattern.span,
            },
            _ => return self.let_pattern(*changeable, pattern, value, otherwise.as_ref(), out),
        };
        if name.text == "_" {
            // The value is computed and dropped.
            let kind = StatementKind::Expr(value?);
            let span = statement.span;
            out.push(Statement { kind, span });
            return Some(());
        }
        let local = self.declare(&name, ty, *changeable)?;
        out.push(Statement {
            kind: StatementKind::Let {
                local,
                value: value?,
            },
            span: statement.span,
        });
        Some(())
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
        let basic = self.names.basic;
        let scales = matches!(
            operator,
            Some(ast::BinaryOperator::Mul | ast::BinaryOperator::Div)
        );
        if place.ty == basic.duration && scales {
            let value = self.expr_of(value, basic.int)?;
            let operator = if operator == Some(ast::BinaryOperator::Mul) {
                Arithmetic::Mul
            } else {
                Arithmetic::Div
            };
            return Some(StatementKind::Update {
                place,
                operator,
                value,
            });
        }
        let value = self.expr_of(value, place.ty);
        Some(match operator {
            None => StatementKind::Assign {
                place,
                value: value?,
            },
            Some(operator) => {
                let operator = self.arithmetic(operator, place.ty, span)?;
                let value = value?;
                if matches!(operator, Arithmetic::JoinLists(_)) && !is_pushed(&place, &value) {
                    return self.extend(place, value, span);
                }
                StatementKind::Update {
                    place,
                    operator,
                    value,
                }
            }
        })
    }

    /// `list += value`: what the list holds already stays where it is.
    fn extend(&mut self, place: Place, value: Expr, span: Span) -> Option<StatementKind> {
        let name = ast::Name {
            text: "extend".to_owned(),
            span,
        };
        let local = match place.root {
            Root::Local(local) => Some((local, self.scope.locals[local.0].used)),
            Root::State(_) => None,
        };
        let given = vec![Given::Place(place), Given::Value(value)];
        let called = self.prelude("list_extend", given, &name, None, span)?;
        // As with other operators: what is only added to is not used.
        if let Some((local, used)) = local {
            self.scope.locals[local.0].used = used;
        }
        self.forget_places(&called);
        Some(StatementKind::Call(called.function, called.arguments))
    }

    /// An expression that stands as a statement.
    fn call_statement(&mut self, value: &ast::Expr) -> Option<StatementKind> {
        if let ast::ExprKind::Method(base, name, arguments) = &value.kind
            && let Some(change) = self.changing_statement(base, name, arguments, value.span)
        {
            return change;
        }
        if let Some(call) = self.user_call(value, None) {
            let called = call?;
            if called.result.is_some() && !self.has_effects(&called) {
                let message = "nothing is done with this value";
                self.report(Diagnostic::new(&codes::UNUSED_VALUE, value.span, message));
            }
            self.forget_places(&called);
            return Some(StatementKind::Call(called.function, called.arguments));
        }
        let typed = self.expr(value, None)?;
        if let ExprKind::Remove(place, _) | ExprKind::Insert(place, _) | ExprKind::Take(place, _) =
            &typed.kind
        {
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

    /// An arm's expression, whose value nothing takes.
    fn dropped_value(&mut self, value: &ast::Expr) -> Option<StatementKind> {
        if let ast::ExprKind::Method(base, name, arguments) = &value.kind
            && let Some(change) = self.changing_statement(base, name, arguments, value.span)
        {
            return change;
        }
        if let Some(call) = self.user_call(value, None) {
            let called = call?;
            self.forget_places(&called);
            return Some(StatementKind::Call(called.function, called.arguments));
        }
        self.expr(value, None).map(StatementKind::Expr)
    }

    fn if_statement(&mut self, value: &ast::If) -> Option<StatementKind> {
        let mut arms = Vec::new();
        for (condition, block) in &value.arms {
            arms.push(self.condition_arm(condition, block, Asked::Effect));
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

/// How many new elements `+=` puts at the end of a list one by one; more are gone over by a loop.
const MAX_PUSHED: usize = 16;

/// Whether `place += value` is the elements of a list as it is written, put at the end one by one.
fn is_pushed(place: &Place, value: &Expr) -> bool {
    let ExprKind::List(items) = &value.kind else {
        return false;
    };
    let mut steps = place.path.iter();
    let indexed = steps.any(|step| matches!(step, PathStep::Index { .. }));
    // What lies inside a collection of the state is looked up for each write.
    let moves = indexed && matches!(place.root, Root::State(_));
    items.len() <= if moves { 1 } else { MAX_PUSHED }
}
