//! Types of literals with brackets: records, messages, maps, sets, lists.

use pasc_vm::types::{Type, TypeId};

use super::call::Given;
use super::{Checker, order};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl<'a> Checker<'a> {
    /// A generic record, for the types of the values that it is given.
    fn generic_literal(
        &mut self,
        declared: &'a ast::Fields,
        literal: &ast::Literal,
        hint: Option<TypeId>,
    ) -> Option<Expr> {
        let parameters = &declared.type_parameters;
        let hinted = hint.map(|ty| (ty, self.names.arguments_of(ty).to_vec()));
        let name = format!("{}<", declared.name.text);
        let fits = |ty: TypeId| self.type_name(ty).starts_with(&name);
        let types = match hinted {
            Some((ty, types)) if types.len() == parameters.len() && fits(ty) => types,
            _ => {
                let mut chosen = vec![None; parameters.len()];
                for (name, value) in &literal.fields {
                    let mut fields = declared.fields.iter();
                    let field = fields.find(|field| field.name.text == name.text);
                    let flexible = matches!(&value.kind, ast::ExprKind::Name(name) if name == "none")
                        || matches!(&value.kind, ast::ExprKind::List(list) if list.is_empty())
                        || matches!(&value.kind, ast::ExprKind::Map(list) if list.is_empty());
                    let missing = chosen.iter().any(Option::is_none);
                    if let (Some(field), false, true) = (field, flexible, missing) {
                        let (calls, reported) =
                            (self.scope.calls.len(), self.names.diagnostics.len());
                        let ty = self.expr(value, None).map(|value| value.ty);
                        // It is checked again with the type that its field has.
                        self.scope.calls.truncate(calls);
                        self.names.diagnostics.truncate(reported);
                        if let Some(ty) = ty {
                            self.unify(&field.ty, ty, parameters, &mut chosen);
                        }
                    }
                }
                let types: Option<Vec<TypeId>> = chosen.into_iter().collect();
                let Some(types) = types else {
                    let message = format!(
                        "nothing says for which types this is a `{}`",
                        literal.name.text
                    );
                    self.report(
                        Diagnostic::new(&codes::UNTYPED_BRACES, literal.name.span, message)
                            .hint("write it where its type is declared"),
                    );
                    return None;
                };
                types
            }
        };
        let record = self.names.instance(declared, &types, literal.span, 0)?;
        self.record_of(literal, record)
    }

    pub(super) fn record_literal(
        &mut self,
        literal: &ast::Literal,
        hint: Option<TypeId>,
    ) -> Option<Expr> {
        if let Some(declared) = self.names.generic_record(&literal.name.text) {
            return self.generic_literal(declared, literal, hint);
        }
        let Some(record) = self.names.record(&literal.name.text) else {
            self.unknown_record(&literal.name);
            for (_, value) in &literal.fields {
                self.expr(value, None);
            }
            return None;
        };
        let Some(record) = record else {
            for (_, value) in &literal.fields {
                self.expr(value, None);
            }
            return None;
        };
        self.record_of(literal, record)
    }

    fn record_of(&mut self, literal: &ast::Literal, record: TypeId) -> Option<Expr> {
        let (before, fields) = self.fields(literal, record, false)?;
        let fields: Option<Vec<Expr>> = fields.into_iter().collect();
        let value = Expr {
            kind: ExprKind::Record(fields?),
            ty: record,
            span: literal.span,
        };
        Some(order::after(before, value, literal.span))
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
        let (before, fields) = self.fields(literal, record, partial)?;
        Some(MessageLiteral {
            before,
            message,
            record,
            fields,
            span: literal.span,
        })
    }

    /// What computes values of a literal's fields first, and the values of the fields in the order of
    /// their declaration.
    fn fields(
        &mut self,
        literal: &ast::Literal,
        record: TypeId,
        partial: bool,
    ) -> Option<(Vec<Statement>, Vec<Option<Expr>>)> {
        let count = self.types().fields(record).len();
        let mut values: Vec<Option<Expr>> = (0..count).map(|_| None).collect();
        let mut given: Vec<Option<Span>> = vec![None; count];
        let mut complete = true;
        let mut written = Vec::new();
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
            written.push(index);
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
        if !complete {
            return None;
        }
        let before = match partial {
            true => Vec::new(),
            false => self.in_written_order(&mut values, &written)?,
        };
        Some((before, values))
    }

    pub(super) fn map_literal(
        &mut self,
        entries: &[(ast::Expr, ast::Expr)],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        if entries.is_empty()
            && let Some(ty) = hint
            && let Some(Type::Set { .. }) = self.types().get(ty)
        {
            let kind = ExprKind::Set(Vec::new());
            return Some(Expr { kind, ty, span });
        }
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

    /// Types of keys and values, if the context asks for a map.
    pub(super) fn hinted_parts(&self, hint: Option<TypeId>) -> Option<(TypeId, TypeId)> {
        match self.types().get(hint?) {
            Some(&Type::Map { key, value }) => Some((key, value)),
            _ => None,
        }
    }

    /// Type of the elements, if the context asks for a list or set.
    pub(super) fn hinted_element(&self, hint: Option<TypeId>) -> Option<TypeId> {
        match self.types().get(hint?) {
            Some(&(Type::List { element } | Type::Set { element })) => Some(element),
            _ => None,
        }
    }

    pub(super) fn map_of(&mut self, key: TypeId, value: TypeId, span: Span) -> Option<TypeId> {
        if !self.names.is_key(key, span) {
            return None;
        }
        self.names.intern(Type::Map { key, value }, span)
    }

    pub(super) fn set_of(&mut self, element: TypeId, span: Span) -> Option<TypeId> {
        if !self.names.is_key(element, span) {
            return None;
        }
        self.names.intern(Type::Set { element }, span)
    }

    pub(super) fn list_literal(
        &mut self,
        items: &[ast::Expr],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let (items, element) = self.items(items, hint)?;
        let Some(element) = element else {
            let message = "the type of this empty list is not known";
            self.report(
                Diagnostic::new(&codes::UNTYPED_BRACES, span, message)
                    .hint("write it where the list is declared: `var seen: list<int> = []`"),
            );
            return None;
        };
        let ty = self.names.intern(Type::List { element }, span)?;
        Some(Expr {
            kind: ExprKind::List(items),
            ty,
            span,
        })
    }

    pub(super) fn set_literal(
        &mut self,
        items: &[ast::Expr],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let (items, element) = self.items(items, hint)?;
        let ty = self.set_of(element?, span)?;
        Some(Expr {
            kind: ExprKind::Set(items),
            ty,
            span,
        })
    }

    /// Elements of one type: of that which the context asks for, else of the first's that has one of
    /// its own.
    fn items(
        &mut self,
        items: &[ast::Expr],
        hint: Option<TypeId>,
    ) -> Option<(Vec<Expr>, Option<TypeId>)> {
        let mut element = self.hinted_element(hint);
        let mut typed = Some(Vec::with_capacity(items.len()));
        let own = |item: &ast::Expr| !Given::Written(item).is_flexible();
        let leader = items.iter().position(own).filter(|_| element.is_none());
        let mut led = None;
        if let Some(leader) = leader {
            let item = self.expr(&items[leader], None)?;
            element = Some(item.ty);
            led = Some(item);
        }
        for (index, item) in items.iter().enumerate() {
            let item = match element {
                Some(_) if leader == Some(index) => led.take(),
                Some(ty) => self.expr_of(item, ty),
                None => self.expr(item, None),
            };
            match (item, &mut typed) {
                (Some(item), Some(list)) => {
                    element.get_or_insert(item.ty);
                    list.push(item);
                }
                _ => typed = None,
            }
        }
        Some((typed?, element))
    }
}
