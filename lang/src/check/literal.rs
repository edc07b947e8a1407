//! Types of literals with braces: records, messages, maps.

use pasc_vm::types::{Type, TypeId};

use super::Checker;
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    pub(super) fn record_literal(&mut self, literal: &ast::Literal) -> Option<Expr> {
        let Some(record) = self.names.record(&literal.name.text) else {
            self.unknown_record(&literal.name);
            for (_, value) in &literal.fields {
                self.expr(value, None);
            }
            return None;
        };
        let fields = self.fields(literal, record, false)?;
        let fields: Option<Vec<Expr>> = fields.into_iter().collect();
        Some(Expr {
            kind: ExprKind::Record(fields?),
            ty: record?,
            span: literal.span,
        })
    }

    fn unknown_record(&mut self, name: &ast::Name) {
        let is_message = self.names.messages.contains_key(name.text.as_str());
        let (message, hint) = if is_message {
            let hint = "a message is made where it is sent, after `send` or `reply`";
            (
                format!("`{}` is a message and no record", name.text),
                Some(hint.to_string()),
            )
        } else {
            let hint = self.names.near(&name.text, self.names.record_names());
            (format!("there is no record `{}`", name.text), hint)
        };
        self.report(Diagnostic::new(&codes::UNKNOWN_RECORD, name.span, message).maybe_hint(hint));
    }

    /// A message after `send`, `reply` or (`partial`) `expect`.
    pub(super) fn message_literal(
        &mut self,
        literal: &ast::Literal,
        partial: bool,
    ) -> Option<MessageLiteral> {
        let Some((message, record)) = self.message_record(&literal.name) else {
            for (_, value) in &literal.fields {
                self.expr(value, None);
            }
            return None;
        };
        let fields = self.fields(literal, Some(record), partial)?;
        Some(MessageLiteral {
            message,
            record,
            fields,
            span: literal.span,
        })
    }

    /// The values of a literal's fields, in the order of declaration.
    fn fields(
        &mut self,
        literal: &ast::Literal,
        record: Option<TypeId>,
        partial: bool,
    ) -> Option<Vec<Option<Expr>>> {
        let Some(record) = record else {
            for (_, value) in &literal.fields {
                self.expr(value, None);
            }
            return None;
        };
        let count = self.types().fields(record).len();
        let mut values: Vec<Option<Expr>> = (0..count).map(|_| None).collect();
        let mut given: Vec<Option<Span>> = vec![None; count];
        let mut complete = true;
        for (name, value) in &literal.fields {
            let Some((index, ty)) = self.field_of(record, name) else {
                self.expr(value, None);
                complete = false;
                continue;
            };
            let value = self.expr_of(value, ty);
            if let Some(first) = given[index] {
                let message = format!("the field `{}` is given twice", name.text);
                self.report(
                    Diagnostic::new(&codes::GIVEN_TWICE, name.span, message)
                        .label(first, "first given here"),
                );
                complete = false;
            }
            complete &= value.is_some();
            given[index] = Some(name.span);
            values[index] = value;
        }
        let missing: Vec<String> = self
            .types()
            .fields(record)
            .iter()
            .zip(&given)
            .filter(|(_, given)| given.is_none())
            .map(|(field, _)| format!("`{}`", field.name))
            .collect();
        // A misspelt field is missing under its right name; one message is enough.
        let misspelt = literal.fields.len() > given.iter().flatten().count();
        if !partial && !missing.is_empty() && !misspelt {
            let plural = if missing.len() == 1 {
                "field"
            } else {
                "fields"
            };
            let message = format!(
                "`{}` lacks the {plural} {}",
                literal.name.text,
                missing.join(", ")
            );
            self.report(Diagnostic::new(
                &codes::FIELD_MISSING,
                literal.name.span,
                message,
            ));
            return None;
        }
        complete.then_some(values)
    }

    pub(super) fn map_literal(
        &mut self,
        entries: &[(ast::Expr, ast::Expr)],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let mut parts = self.hinted_parts(hint);
        let mut typed = Some(Vec::with_capacity(entries.len()));
        for (key, value) in entries {
            let entry = match parts {
                Some((key_ty, value_ty)) => {
                    (self.expr_of(key, key_ty), self.expr_of(value, value_ty))
                }
                None => (self.expr(key, None), self.expr(value, None)),
            };
            match entry {
                (Some(key), Some(value)) => {
                    parts.get_or_insert((key.ty, value.ty));
                    if let Some(list) = &mut typed {
                        list.push((key, value));
                    }
                }
                _ => typed = None,
            }
        }
        let typed = typed?;
        let Some((key, value)) = parts else {
            let message = "the type of this empty map is not known";
            self.report(
                Diagnostic::new(&codes::UNTYPED_BRACES, span, message)
                    .hint("write it where the map is declared: `var seen: map<int, bool> = {}`"),
            );
            return None;
        };
        let ty = self.map_of(key, value, span)?;
        Some(Expr {
            kind: ExprKind::Map(typed),
            ty,
            span,
        })
    }

    pub(super) fn map_comprehension(
        &mut self,
        key: &ast::Expr,
        value: &ast::Expr,
        clause: &ast::ForClause,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let parts = self.hinted_parts(hint);
        let (clause, key, value) = self.scoped(|checker| {
            let clause = checker.clause(clause);
            let (key, value) = match parts {
                Some(parts) => (
                    checker.expr_of(key, parts.0),
                    checker.expr_of(value, parts.1),
                ),
                None => (checker.expr(key, None), checker.expr(value, None)),
            };
            (clause, key, value)
        });
        let (key, value) = (key?, value?);
        let ty = self.map_of(key.ty, value.ty, span)?;
        let (key, value) = (key.into(), value.into());
        let kind = ExprKind::MapComprehension {
            key,
            value,
            clause: clause?,
        };
        Some(Expr { kind, ty, span })
    }

    /// Types of keys and values, if the context asks for a map.
    fn hinted_parts(&self, hint: Option<TypeId>) -> Option<(TypeId, TypeId)> {
        match self.types().get(hint?) {
            Some(&Type::Map { key, value }) => Some((key, value)),
            _ => None,
        }
    }

    fn map_of(&mut self, key: TypeId, value: TypeId, span: Span) -> Option<TypeId> {
        if !self.types().is_ordered(key) {
            let message = format!("`{}` cannot be a key", self.type_name(key));
            self.report(Diagnostic::new(&codes::BAD_KEY, span, message));
            return None;
        }
        self.names.intern(Type::Map { key, value }, span)
    }
}
