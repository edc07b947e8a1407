//! Types of expressions. A type that the context asks for comes down as a hint,
//! which gives `{}` and address literals their type.

use pasc_vm::program::MessageId;
use pasc_vm::types::{Type, TypeId};

use super::{Checker, Region};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
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
        self.report(Diagnostic::new(&codes::MISMATCH, expr.span, message));
        None
    }

    /// The expression, which must have this type if it is known.
    pub(super) fn maybe_of(&mut self, expr: &ast::Expr, ty: Option<TypeId>) -> Option<Expr> {
        match ty {
            Some(ty) => self.expr_of(expr, ty),
            None => {
                // Only to find more errors in it.
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
            ast::ExprKind::Int(value) => (ExprKind::Int(self.int(*value, span)?), basic.int),
            ast::ExprKind::Bool(value) => (ExprKind::Bool(*value), basic.bool),
            ast::ExprKind::Text(text) if hint == Some(basic.address) => {
                return self.address(text, span);
            }
            ast::ExprKind::Text(text) => (ExprKind::Blob(text.clone().into_bytes()), basic.text),
            ast::ExprKind::Bytes(bytes) => (ExprKind::Blob(bytes.clone()), basic.bytes),
            ast::ExprKind::Name(name) => return self.name(name, span),
            ast::ExprKind::Field(base, name) => return self.field(base, name, span),
            ast::ExprKind::Index(base, index) => {
                let (base, _, value) = self.map(base)?;
                let key = self.key(index, base.ty)?;
                (ExprKind::Index(base.into(), key.into()), value)
            }
            ast::ExprKind::Call(name, arguments) => return self.call(name, arguments, span),
            ast::ExprKind::Method(base, name, arguments) => {
                return self.method(base, name, arguments, span);
            }
            ast::ExprKind::Quantifier(name, body, clause) => {
                return self.quantifier(name, body, clause, span);
            }
            ast::ExprKind::Unary(operator, operand) => return self.unary(*operator, operand, span),
            ast::ExprKind::Binary(operator, left, right) => {
                return self.binary(*operator, left, right, hint, span);
            }
            ast::ExprKind::Literal(literal) => return self.record_literal(literal),
            ast::ExprKind::Map(entries) => return self.map_literal(entries, hint, span),
            ast::ExprKind::MapComprehension(key, value, clause) => {
                return self.map_comprehension(key, value, clause, hint, span);
            }
            ast::ExprKind::If(value) => return self.if_value(value, hint, span),
            ast::ExprKind::Error => return None,
        };
        Some(Expr { kind, ty, span })
    }

    /// A number without a minus sign before it.
    fn int(&mut self, value: u64, span: Span) -> Option<i64> {
        let value = i64::try_from(value).ok();
        if value.is_none() {
            let message = "this number does not fit into an `int`";
            self.report(Diagnostic::new(&codes::NUMBER_TOO_LARGE, span, message));
        }
        value
    }

    /// A literal that stands for an address.
    fn address(&mut self, text: &str, span: Span) -> Option<Expr> {
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
        let (kind, ty, what) = if let Some((index, _, row)) = self.names.state.get_full(name) {
            (
                ExprKind::State(StateId(index)),
                row.ty,
                "a variable of the state",
            )
        } else if let Some((index, _, row)) = self.names.params.get_full(name) {
            (ExprKind::Param(ParamId(index)), row.ty, "a parameter")
        } else if name == "self" {
            (ExprKind::SelfAddress, Some(address), "given by the host")
        } else if name == "sender" {
            (ExprKind::Sender, Some(address), "the sender of a message")
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
        if matches!(kind, ExprKind::Sender) && !self.has_sender(span) {
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
        let has = matches!(self.scope.region, Region::Handler | Region::Guard);
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
            self.names
                .near(name, locals.chain(globals).chain(["self", "sender"]))
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

    fn field(&mut self, base: &ast::Expr, name: &ast::Name, span: Span) -> Option<Expr> {
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
        let fields = self.types().fields(record);
        if let Some(index) = fields.iter().position(|field| field.name == name.text) {
            return Some((index, fields[index].ty));
        }
        let hint = self
            .names
            .near(&name.text, fields.iter().map(|field| field.name.as_str()));
        let message = format!("`{}` has no field `{}`", self.type_name(record), name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_FIELD, name.span, message).maybe_hint(hint));
        None
    }

    /// An expression that is a map, with the types of its keys and values.
    pub(super) fn map(&mut self, expr: &ast::Expr) -> Option<(Expr, TypeId, TypeId)> {
        let map = self.expr(expr, None)?;
        let (key, value) = self.parts_of_map(map.ty, expr.span)?;
        Some((map, key, value))
    }

    /// Types of a map's keys and values; reports at `span` what is no map.
    pub(super) fn parts_of_map(&mut self, ty: TypeId, span: Span) -> Option<(TypeId, TypeId)> {
        if let Some(&Type::Map { key, value }) = self.types().get(ty) {
            return Some((key, value));
        }
        let message = format!("this is `{}` and not a map", self.type_name(ty));
        self.report(Diagnostic::new(&codes::NOT_A_MAP, span, message));
        None
    }

    /// A key of a map of this type.
    pub(super) fn key(&mut self, expr: &ast::Expr, map: TypeId) -> Option<Expr> {
        let (key, _) = self.parts_of_map(map, expr.span)?;
        self.expr_of(expr, key)
    }

    fn call(&mut self, name: &ast::Name, arguments: &[ast::Expr], span: Span) -> Option<Expr> {
        match name.text.as_str() {
            "address" => {
                let [argument] = self.arguments(name, arguments)?;
                if let ast::ExprKind::Text(text) = &argument.kind {
                    return self.address(text, span);
                }
                let message = "the text of an address is a literal";
                self.report(Diagnostic::new(
                    &codes::NOT_CONSTANT,
                    argument.span,
                    message,
                ));
            }
            "all" | "any" => {
                let message = format!("`{}` goes over a map", name.text);
                self.report(
                    Diagnostic::new(&codes::WRONG_COUNT, span, message).hint(format!(
                        "write `{}(condition for key, value in map)`",
                        name.text
                    )),
                );
            }
            _ => self.unknown_function(name),
        }
        None
    }

    fn unknown_function(&mut self, name: &ast::Name) {
        let hint = self.names.near(&name.text, ["all", "any", "address"]);
        let message = format!("there is no function `{}`", name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_FUNCTION, name.span, message).maybe_hint(hint));
    }

    /// The arguments, if there are as many as asked for.
    fn arguments<'e, const N: usize>(
        &mut self,
        name: &ast::Name,
        arguments: &'e [ast::Expr],
    ) -> Option<[&'e ast::Expr; N]> {
        let found = arguments.len();
        let result = arguments.iter().collect::<Vec<_>>().try_into().ok();
        if result.is_none() {
            let plural = if N == 1 { "argument" } else { "arguments" };
            let message = format!("`{}` takes {N} {plural}, not {found}", name.text);
            self.report(Diagnostic::new(&codes::WRONG_COUNT, name.span, message));
        }
        result
    }

    fn method(
        &mut self,
        base: &ast::Expr,
        name: &ast::Name,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Option<Expr> {
        let basic = self.names.basic;
        if name.text == "remove" {
            let place = self.place(base)?;
            if matches!(self.types().get(place.ty), Some(Type::Map { .. })) {
                let [key] = self.arguments(name, arguments)?;
                let key = self.key(key, place.ty)?;
                self.scope.unstable.push(place.root);
                let kind = ExprKind::Remove(place.into(), key.into());
                return Some(Expr {
                    kind,
                    ty: basic.bool,
                    span,
                });
            }
            return self.unknown_method(place.ty, name);
        }
        let base = self.expr(base, None)?;
        let is_bytes = [basic.text, basic.bytes].contains(&base.ty);
        let parts = match self.types().get(base.ty) {
            Some(&Type::Map { key, value }) => Some((key, value)),
            _ => None,
        };
        match (name.text.as_str(), parts) {
            ("len" | "is_empty", _) if is_bytes || parts.is_some() => {
                let [] = self.arguments(name, arguments)?;
                let kind = if is_bytes {
                    ExprKind::BytesLen
                } else {
                    ExprKind::MapLen
                };
                let len = Expr {
                    kind: kind(base.into()),
                    ty: basic.int,
                    span,
                };
                if name.text == "len" {
                    return Some(len);
                }
                let zero = Expr {
                    kind: ExprKind::Int(0),
                    ty: basic.int,
                    span,
                };
                let kind = ExprKind::Compare(Comparison::Equal, len.into(), zero.into());
                Some(Expr {
                    kind,
                    ty: basic.bool,
                    span,
                })
            }
            ("get_or", Some((key_ty, value_ty))) => {
                let [key, default] = self.arguments(name, arguments)?;
                let key = self.expr_of(key, key_ty);
                let default = self.expr_of(default, value_ty);
                let kind = ExprKind::GetOr(base.into(), key?.into(), default?.into());
                Some(Expr {
                    kind,
                    ty: value_ty,
                    span,
                })
            }
            _ => self.unknown_method(base.ty, name),
        }
    }

    fn unknown_method<T>(&mut self, ty: TypeId, name: &ast::Name) -> Option<T> {
        let known: &[&str] = match self.types().get(ty) {
            Some(Type::Map { .. }) => &["len", "is_empty", "get_or", "remove"],
            Some(Type::Text | Type::Bytes) => &["len", "is_empty"],
            _ => &[],
        };
        let hint = self.names.near(&name.text, known.iter().copied());
        let message = format!("`{}` has no method `{}`", self.type_name(ty), name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_METHOD, name.span, message).maybe_hint(hint));
        None
    }

    fn quantifier(
        &mut self,
        name: &ast::Name,
        body: &ast::Expr,
        clause: &ast::ForClause,
        span: Span,
    ) -> Option<Expr> {
        let all = match name.text.as_str() {
            "all" => true,
            "any" => false,
            _ => {
                self.unknown_function(name);
                return None;
            }
        };
        let ty = self.names.basic.bool;
        let (clause, body) =
            self.scoped(|checker| (checker.clause(clause), checker.expr_of(body, ty)));
        let kind = ExprKind::Quantifier {
            all,
            body: body?.into(),
            clause: clause?,
        };
        Some(Expr { kind, ty, span })
    }

    /// A `for … in … if …`; what it declares is to be seen until the scope ends.
    pub(super) fn clause(&mut self, clause: &ast::ForClause) -> Option<Clause> {
        let source = self.map(&clause.source);
        let (key_ty, value_ty) = match &source {
            Some((_, key, value)) => (Some(*key), Some(*value)),
            None => (None, None),
        };
        let key = self.declare(&clause.key, key_ty, false);
        let value = clause
            .value
            .as_ref()
            .and_then(|name| self.declare(name, value_ty, false));
        let bool = self.names.basic.bool;
        let condition = match &clause.condition {
            Some(condition) => Some(self.expr_of(condition, bool)?.into()),
            None => None,
        };
        Some(Clause {
            key,
            value,
            source: source?.0.into(),
            condition,
        })
    }

    /// A message that is to be sent, its type and where it was declared.
    pub(super) fn message_record(&mut self, name: &ast::Name) -> Option<(MessageId, TypeId)> {
        let (id, record) = self.message(name)?;
        Some((id, record?))
    }
}
