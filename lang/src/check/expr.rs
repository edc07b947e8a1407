//! Types of expressions. A type that the context asks for comes down as a hint,
//! which gives `{}` and address literals their type.

use pasc_vm::native::Native;
use pasc_vm::program::MessageId;
use pasc_vm::types::{Type, TypeId};

use super::{Checker, Region};
use crate::ast;
use crate::codes;
use crate::constant::literal_of;
use crate::diagnostic::Diagnostic;
use crate::resolve::{OWN_NAMES, qualified};
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    /// The expression, which must have this type.
    pub(super) fn expr_of(&mut self, expr: &ast::Expr, ty: TypeId) -> Option<Expr> {
        let typed = self.expr(expr, Some(ty))?;
        if typed.ty == ty {
            return Some(typed);
        }
        let message = format!(
            "expected `{}`, found `{}`",
            self.type_name(ty),
            self.type_name(typed.ty)
        );
        let hint = if self.option_value(ty) == Some(typed.ty) {
            Some("write `some(…)`".to_string())
        } else if self.option_value(typed.ty) == Some(ty) {
            let hint = "look into it with `if let some(x) = …`, or take `.get_or(…)`";
            Some(hint.to_string())
        } else {
            None
        };
        self.report(Diagnostic::new(&codes::MISMATCH, expr.span, message).maybe_hint(hint));
        None
    }

    /// The expression, which must have this type if it is known.
    pub(super) fn maybe_of(&mut self, expr: &ast::Expr, ty: Option<TypeId>) -> Option<Expr> {
        match ty {
            Some(ty) => self.expr_of(expr, ty),
            None => {
                // Only to find more errors in it; what has no type of its own has none.
                if matches!(&expr.kind, ast::ExprKind::Map(list) if list.is_empty())
                    || matches!(&expr.kind, ast::ExprKind::List(list) if list.is_empty())
                {
                    return None;
                }
                self.expr(expr, None)?;
                None
            }
        }
    }

    /// The expression with the type that it has by itself; `hint` decides where it
    /// could have several.
    pub(super) fn expr(&mut self, expr: &ast::Expr, hint: Option<TypeId>) -> Option<Expr> {
        let basic = self.names.basic;
        let span = expr.span;
        let (kind, ty) = match &expr.kind {
            ast::ExprKind::Int(value) => {
                (ExprKind::Int(self.int(*value, basic.int, span)?), basic.int)
            }
            ast::ExprKind::Duration(micros) => {
                let micros = self.int(*micros, basic.duration, span)?;
                (ExprKind::Int(micros), basic.duration)
            }
            ast::ExprKind::Bool(value) => (ExprKind::Bool(*value), basic.bool),
            ast::ExprKind::Text(text) if hint == Some(basic.address) => {
                return self.address(text, span);
            }
            ast::ExprKind::Text(text) => (ExprKind::Blob(text.clone().into_bytes()), basic.text),
            ast::ExprKind::Bytes(bytes) => (ExprKind::Blob(bytes.clone()), basic.bytes),
            ast::ExprKind::Name(name) if name == "none" => return self.none(hint, span),
            ast::ExprKind::Name(name) => return self.name(name, span),
            ast::ExprKind::Tuple(parts) => return self.tuple(parts, hint, span),
            ast::ExprKind::Variant(of, name, values) => {
                return self.variant(of, name, values.as_deref(), span);
            }
            ast::ExprKind::Field(base, name) => return self.field(base, name, span),
            ast::ExprKind::Index(base, index) => {
                let base = self.expr(base, None);
                let Some(base) = base else {
                    self.expr(index, None);
                    return None;
                };
                if base.ty == basic.bytes {
                    let index = self.expr_of(index, basic.int)?;
                    return Some(self.native_expr(Native::ByteAt, vec![base, index], span));
                }
                let (key, value) = self.indexed(base.ty, base.span)?;
                let key = self.expr_of(index, key)?;
                (ExprKind::Index(base.into(), key.into()), value)
            }
            ast::ExprKind::Call(name, arguments) => {
                if let Some(value) = self.user_value(expr, hint) {
                    return value;
                }
                return self.call(name, arguments, hint, span);
            }
            ast::ExprKind::Method(base, name, arguments) => {
                if let Some(value) = self.user_value(expr, hint) {
                    return value;
                }
                return self.method(base, name, arguments, hint, span);
            }
            ast::ExprKind::Quantifier(name, body, clause) => {
                return self.quantifier(name, body, clause, span);
            }
            ast::ExprKind::Unary(operator, operand) => return self.unary(*operator, operand, span),
            ast::ExprKind::Binary(operator, left, right) => {
                return self.binary(*operator, left, right, hint, span);
            }
            ast::ExprKind::Literal(literal) => return self.record_literal(literal, hint),
            ast::ExprKind::Map(entries) => return self.map_literal(entries, hint, span),
            ast::ExprKind::MapComprehension(key, value, clause) => {
                return self.map_comprehension(key, value, clause, hint, span);
            }
            ast::ExprKind::List(items) => return self.list_literal(items, hint, span),
            ast::ExprKind::Set(items) => return self.set_literal(items, hint, span),
            ast::ExprKind::ListComprehension(item, clause) => {
                return self.comprehension(false, item, clause, hint, span);
            }
            ast::ExprKind::SetComprehension(item, clause) => {
                return self.comprehension(true, item, clause, hint, span);
            }
            ast::ExprKind::If(value) => return self.if_value(value, hint, span),
            ast::ExprKind::Match(value) => return self.match_value(value, hint, span),
            ast::ExprKind::Slice(base, from, to) => {
                return self.slice(base, from.as_deref(), to.as_deref(), span);
            }
            ast::ExprKind::Interpolation(texts, values) => {
                return self.interpolation(texts, values, span);
            }
            ast::ExprKind::Lambda(..) => {
                let message = "a function of an element stands in `sorted` or `find` alone";
                self.report(
                    Diagnostic::new(&codes::MISMATCH, span, message)
                        .hint("declare it with `fn`, or write a comprehension"),
                );
                return None;
            }
            ast::ExprKind::Error => return None,
        };
        Some(Expr { kind, ty, span })
    }

    /// A number without a minus sign before it.
    fn int(&mut self, value: u64, ty: TypeId, span: Span) -> Option<i64> {
        let value = i64::try_from(value).ok();
        if value.is_none() {
            let article = if ty == self.names.basic.int {
                "an"
            } else {
                "a"
            };
            let name = self.type_name(ty);
            let message = format!("this number does not fit into {article} `{name}`");
            self.report(Diagnostic::new(&codes::NUMBER_TOO_LARGE, span, message));
        }
        value
    }

    /// A literal that stands for an address.
    pub(super) fn address(&mut self, text: &str, span: Span) -> Option<Expr> {
        let ty = self.names.basic.address;
        if (1..=crate::MAX_ADDRESS_BYTES).contains(&text.len()) {
            return Some(Expr {
                kind: ExprKind::Blob(text.as_bytes().to_vec()),
                ty,
                span,
            });
        }
        let message = format!("an address has 1 to {} bytes", crate::MAX_ADDRESS_BYTES);
        self.report(Diagnostic::new(&codes::BAD_ADDRESS, span, message));
        None
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Expr> {
        let region = self.scope.region;
        let address = self.names.basic.address;
        if let Some(local) = self.scope.find(name) {
            let known = &mut self.scope.locals[local.0];
            known.used = true;
            return Some(Expr {
                kind: ExprKind::Local(local),
                ty: known.ty?,
                span,
            });
        }
        let (kind, ty, what) = if let Some((index, row)) = self.state_named(name) {
            (
                ExprKind::State(StateId(index)),
                row.ty,
                "a variable of the state",
            )
        } else if let Some((index, row)) = self.param_named(name) {
            (ExprKind::Param(ParamId(index)), row.ty, "a parameter")
        } else if let Some(index) = self.constant_named(name) {
            return self.constant_value(index, span);
        } else if name == "self" {
            (ExprKind::SelfAddress, Some(address), "given by the host")
        } else if name == "sender" {
            (ExprKind::Sender, Some(address), "the sender of a message")
        } else if name == "now" {
            let ty = self.names.basic.duration;
            (ExprKind::Now, Some(ty), "the time of an input")
        } else {
            return self.unknown_name(name, span);
        };
        if region == Region::Constant {
            let message = format!("`{name}` is {what}, and a constant is asked for");
            self.report(Diagnostic::new(&codes::NOT_CONSTANT, span, message));
            return None;
        }
        if matches!(kind, ExprKind::State(_)) && region == Region::Initial {
            let message = format!("`{name}` has no value yet");
            self.report(
                Diagnostic::new(&codes::STATE_TOO_EARLY, span, message)
                    .hint("initial values are made from constants and parameters"),
            );
            return None;
        }
        if region == Region::Pure {
            let message = format!("`{name}` is {what}, and a `fn` sees its arguments alone");
            self.report(
                Diagnostic::new(&codes::NOT_PURE, span, message)
                    .hint("give it as an argument, or declare a `proc`"),
            );
            return None;
        }
        let effects = &mut self.scope.effects;
        effects.reads |= matches!(kind, ExprKind::State(_));
        effects.sender |= matches!(kind, ExprKind::Sender);
        effects.time |= matches!(kind, ExprKind::Now);
        if matches!(kind, ExprKind::Sender) && !self.has_sender(span) {
            return None;
        }
        if matches!(kind, ExprKind::Now) && matches!(region, Region::Observer | Region::Initial) {
            let message = "nothing is being handled here, so there is no time";
            self.report(
                Diagnostic::new(&codes::NO_TIME, span, message)
                    .hint("keep the time in a variable of the state"),
            );
            return None;
        }
        Some(Expr {
            kind,
            ty: ty?,
            span,
        })
    }

    /// Whether a message is being handled; reports it at `span` if not.
    pub(super) fn has_sender(&mut self, span: Span) -> bool {
        let has = matches!(
            self.scope.region,
            Region::Handler | Region::Guard | Region::Procedure
        );
        if !has {
            let message = "no message is being handled here, so there is no sender";
            self.report(Diagnostic::new(&codes::NO_SENDER, span, message));
        }
        has
    }

    pub(super) fn unknown_name<T>(&mut self, name: &str, span: Span) -> Option<T> {
        let hint = {
            let locals = self.scope.visible.iter().rev();
            let locals = locals.map(|local| self.scope.locals[local.0].name.as_str());
            let globals = self
                .names
                .state
                .keys()
                .chain(self.names.params.keys())
                .copied();
            let constants = self.names.constants.keys().map(String::as_str);
            let globals = globals.chain(constants);
            self.names
                .near(name, locals.chain(globals).chain(OWN_NAMES))
        };
        let member = format!("{name}.");
        let functions = self.names.functions.keys();
        let mut members = functions.chain(self.names.constants.keys());
        let hint = match pasc_stdlib::module(name) {
            _ if members.any(|key| key.starts_with(&member)) => Some(format!(
                "a module is no value; its functions are called: `{name}.function(…)`"
            )),
            Some(_) => Some(format!("add `use std.{name}` to the program")),
            None => hint,
        };
        let module = &self.functions.module;
        let is_function = self.names.function(module, name).is_some();
        let hint = match is_function || self.passed(name).is_some() {
            true => Some("a function is no value: call it, or give it to a function".to_string()),
            false => hint,
        };
        if name == "_" {
            let message = "`_` stands for what is not used and cannot be read";
            self.report(Diagnostic::new(&codes::RESERVED_NAME, span, message));
        } else {
            let message = format!("there is no variable `{name}`");
            self.report(Diagnostic::new(&codes::UNKNOWN_NAME, span, message).maybe_hint(hint));
        }
        None
    }

    /// The number of the constant with this name that the code sees.
    pub(super) fn constant_named(&self, name: &str) -> Option<usize> {
        let key = qualified(&self.functions.module, name);
        self.names.constants.get_index_of(&key)
    }

    fn constant_value(&mut self, index: usize, span: Span) -> Option<Expr> {
        self.functions.used_constants.insert(index);
        let row = &self.names.constants[index];
        let (ty, value) = (row.ty?, row.value.clone());
        let Some(value) = value else {
            if row.declared.value.is_some() && self.scope.region == Region::Constant {
                let message = format!("`{}` is declared after this", row.declared.name.text);
                self.report(Diagnostic::new(&codes::NOT_CONSTANT, span, message));
            }
            return None;
        };
        literal_of(&value, ty, self.types(), span)
    }

    fn field(&mut self, base: &ast::Expr, name: &ast::Name, span: Span) -> Option<Expr> {
        if let ast::ExprKind::Name(module) = &base.kind
            && self.scope.find(module).is_none()
            && let Some(index) = self
                .names
                .constants
                .get_index_of(&qualified(module, &name.text))
        {
            return self.constant_value(index, span);
        }
        let base = self.expr(base, None)?;
        let (index, ty) = self.field_of(base.ty, name)?;
        Some(Expr {
            kind: ExprKind::Field(base.into(), index),
            ty,
            span,
        })
    }

    /// Number and type of a record's field.
    pub(super) fn field_of(&mut self, record: TypeId, name: &ast::Name) -> Option<(usize, TypeId)> {
        let has_fields = matches!(
            self.types().get(record),
            Some(Type::Record { .. } | Type::Tuple { .. })
        );
        let fields = if has_fields {
            self.types().fields(record)
        } else {
            &[]
        };
        if let Some(index) = fields.iter().position(|field| field.name == name.text) {
            return Some((index, fields[index].ty));
        }
        let hint = match self.types().get(record) {
            Some(Type::Option { .. }) => Some("look into it with `if let some(x) = …`".to_string()),
            Some(Type::Enum { .. }) => Some("look into it with `match`".to_string()),
            Some(Type::Int) if name.text.starts_with(|first: char| first.is_ascii_digit()) => {
                Some("there are no fractions: count in a smaller unit".to_string())
            }
            _ => self
                .names
                .near(&name.text, fields.iter().map(|field| field.name.as_str())),
        };
        let message = format!("`{}` has no field `{}`", self.type_name(record), name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_FIELD, name.span, message).maybe_hint(hint));
        None
    }

    /// Types of index and value of a map or list; reports at `span` what is neither.
    pub(super) fn indexed(&mut self, ty: TypeId, span: Span) -> Option<(TypeId, TypeId)> {
        match self.types().get(ty) {
            Some(&Type::Map { key, value }) => return Some((key, value)),
            Some(&Type::List { element }) => return Some((self.names.basic.int, element)),
            _ => {}
        }
        let message = format!("this is `{}`, which has no index", self.type_name(ty));
        self.report(
            Diagnostic::new(&codes::NOT_A_COLLECTION, span, message)
                .hint("maps, lists and bytes have one"),
        );
        None
    }

    /// A message that is to be sent, its type and where it was declared.
    pub(super) fn message_record(&mut self, name: &ast::Name) -> Option<(MessageId, TypeId)> {
        let (id, record) = self.message(name)?;
        Some((id, record?))
    }
}
