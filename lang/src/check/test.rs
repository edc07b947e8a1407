//! Tests.

use pasc_vm::Value;
use pasc_vm::program::MessageId;

use super::scope::Scope;
use super::{Checker, Region, all};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    pub(super) fn test(&mut self, test: &ast::Test, span: Span) -> Option<Test> {
        let mut with: Vec<Option<(String, Value)>> = Vec::new();
        let mut own = None;
        for (index, (name, value)) in test.with.iter().enumerate() {
            self.given_once(name, &test.with[..index]);
            if name.text == "self" {
                own = Some(self.address_constant(value)?);
            } else {
                with.push(self.setting(name, value));
            }
        }
        let steps: Vec<Option<Step>> = test.steps.iter().map(|step| self.step(step)).collect();
        Some(Test {
            title: test.title.clone(),
            span,
            with: all(with)?,
            own,
            steps: all(steps)?,
        })
    }

    /// `with` gives no name a second value.
    fn given_once(&mut self, name: &ast::Name, before: &[(ast::Name, ast::Expr)]) {
        if let Some((first, _)) = before.iter().find(|(first, _)| first.text == name.text) {
            let message = format!("`{}` is given twice", name.text);
            self.report(
                Diagnostic::new(&codes::GIVEN_TWICE, name.span, message)
                    .label(first.span, "first given here"),
            );
        }
    }

    /// A value that `with` gives to a parameter.
    fn setting(&mut self, name: &ast::Name, value: &ast::Expr) -> Option<(String, Value)> {
        let Some(param) = self.names.params.get(name.text.as_str()) else {
            let hint = self
                .names
                .near(&name.text, self.names.params.keys().copied());
            let message = format!("there is no parameter `{}`", name.text);
            self.report(
                Diagnostic::new(&codes::UNKNOWN_PARAMETER, name.span, message).maybe_hint(hint),
            );
            return None;
        };
        let ty = param.ty;
        Some((name.text.clone(), self.constant(value, ty)?))
    }

    fn step(&mut self, step: &ast::Step) -> Option<Step> {
        let span = step.span;
        let kind = match &step.kind {
            ast::StepKind::Start => StepKind::Start,
            ast::StepKind::Send { message, from } => {
                let sent = self.probe_message(message, false, span);
                let from = self.address_constant(from);
                StepKind::Send {
                    probe: sent?.1,
                    from: from?,
                }
            }
            ast::StepKind::Expect { message, to } => {
                let expected = self.probe_message(message, true, span);
                let to = match to {
                    Some(to) => Some(self.address_constant(to)?),
                    None => None,
                };
                let (message, probe, fields) = expected?;
                let probe = (!fields.is_empty()).then_some(probe);
                StepKind::Expect {
                    message,
                    probe,
                    fields,
                    to,
                }
            }
            ast::StepKind::Advance(delay) => {
                let duration = self.names.basic.duration;
                let Value::Duration(micros) = self.constant(delay, Some(duration))? else {
                    return None;
                };
                let Ok(micros) = u64::try_from(micros) else {
                    let message = "time does not go back";
                    self.report(Diagnostic::new(&codes::CONSTANT_FAILS, delay.span, message));
                    return None;
                };
                StepKind::Advance { micros }
            }
            ast::StepKind::ExpectNothing => StepKind::ExpectNothing,
            ast::StepKind::Assert(condition) => {
                self.scope = Scope::new(Region::Observer);
                let bool = self.names.basic.bool;
                let value = self.expr_of(condition, bool);
                let body = self.finish_value(value)?;
                StepKind::Assert {
                    probe: Probe {
                        title: "assert".to_string(),
                        body,
                    },
                }
            }
            ast::StepKind::Error => return None,
        };
        Some(Step { span, kind })
    }

    /// Code that sends the message to the process itself, and the numbers of the
    /// fields that it gives.
    fn probe_message(
        &mut self,
        literal: &ast::Literal,
        partial: bool,
        span: Span,
    ) -> Option<(MessageId, Probe, Vec<usize>)> {
        self.scope = Scope::new(Region::Observer);
        let message = self.message_literal(literal, partial);
        let message = message?;
        let given = message
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.is_some());
        let (id, fields) = (message.message, given.map(|(index, _)| index).collect());
        let to = Expr {
            kind: ExprKind::SelfAddress,
            ty: self.names.basic.address,
            span,
        };
        let send = Statement {
            kind: StatementKind::Send { to, message },
            span,
        };
        let block = Block {
            statements: vec![send],
            value: None,
        };
        let body = self.finish(Some(block), span)?;
        Some((
            id,
            Probe {
                title: literal.name.text.clone(),
                body,
            },
            fields,
        ))
    }

    fn address_constant(&mut self, value: &ast::Expr) -> Option<String> {
        let address = self.names.basic.address;
        match self.constant(value, Some(address))? {
            Value::Address(text) => Some(text),
            _ => None,
        }
    }
}
