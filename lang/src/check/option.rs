//! Types of `some`, `none`, variants of enums and tuples.

use pasc_vm::types::{Type, TypeId};

use super::Checker;
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    /// An option that holds the value, or none.
    pub(super) fn option(&mut self, value: Option<Expr>, ty: TypeId, span: Span) -> Expr {
        let flag = Expr {
            kind: ExprKind::Bool(value.is_some()),
            ty: self.names.basic.bool,
            span,
        };
        let empty = Expr {
            kind: ExprKind::Empty,
            ty: self.option_value(ty).unwrap_or(ty),
            span,
        };
        Expr {
            kind: ExprKind::Record(vec![flag, value.unwrap_or(empty)]),
            ty,
            span,
        }
    }

    /// The type of what an option of this type holds.
    pub(super) fn option_value(&self, ty: TypeId) -> Option<TypeId> {
        match self.types().get(ty) {
            Some(&Type::Option { value }) => Some(value),
            _ => None,
        }
    }

    pub(super) fn option_of(&mut self, value: TypeId, span: Span) -> Option<TypeId> {
        self.names.intern(Type::Option { value }, span)
    }

    /// `some(value)`
    pub(super) fn some(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Expr],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let [value] = self.arguments(name, arguments)?;
        let value = match hint.and_then(|hint| self.option_value(hint)) {
            Some(ty) => self.expr_of(value, ty)?,
            None => self.expr(value, None)?,
        };
        let ty = self.option_of(value.ty, span)?;
        Some(self.option(Some(value), ty, span))
    }

    /// `none`
    pub(super) fn none(&mut self, hint: Option<TypeId>, span: Span) -> Option<Expr> {
        match hint {
            Some(ty) if self.option_value(ty).is_some() => Some(self.option(None, ty, span)),
            _ => {
                let message = "the type of this `none` is not known";
                self.report(
                    Diagnostic::new(&codes::UNTYPED_BRACES, span, message).hint(
                        "write it where the option is declared: `var last: option<int> = none`",
                    ),
                );
                None
            }
        }
    }

    /// The enum with this name.
    pub(super) fn enum_named(&mut self, name: &ast::Name) -> Option<TypeId> {
        match self.names.record(&name.text) {
            Some(Some(ty)) if matches!(self.types().get(ty), Some(Type::Enum { .. })) => Some(ty),
            Some(None) => None,
            Some(Some(_)) => {
                let message = format!("`{}` is a record, which has no variants", name.text);
                self.report(Diagnostic::new(&codes::UNKNOWN_VARIANT, name.span, message));
                None
            }
            None => {
                let hint = self.names.near(&name.text, self.names.record_names());
                let message = format!("there is no enum `{}`", name.text);
                let code = &codes::UNKNOWN_TYPE;
                self.report(Diagnostic::new(code, name.span, message).maybe_hint(hint));
                None
            }
        }
    }

    /// The number of a variant.
    pub(super) fn variant_of(&mut self, ty: TypeId, name: &ast::Name) -> Option<usize> {
        let variants = self.types().variants(ty);
        if let Some(index) = variants.iter().position(|it| it.name == name.text) {
            return Some(index);
        }
        let names: Vec<String> = variants.iter().map(|it| it.name.clone()).collect();
        let near = self
            .names
            .near(&name.text, names.iter().map(String::as_str));
        let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let hint = near.unwrap_or_else(|| format!("its variants are {}", list.join(", ")));
        let message = format!("`{}` has no variant `{}`", self.type_name(ty), name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_VARIANT, name.span, message).hint(hint));
        None
    }

    /// `Enum.Variant(values)`
    pub(super) fn variant(
        &mut self,
        of: &ast::Name,
        name: &ast::Name,
        values: Option<&[ast::Expr]>,
        span: Span,
    ) -> Option<Expr> {
        let found = self
            .enum_named(of)
            .and_then(|ty| Some((ty, self.variant_of(ty, name)?)));
        let given = values.unwrap_or(&[]);
        let Some((ty, variant)) = found else {
            for value in given {
                self.expr(value, None);
            }
            return None;
        };
        let expected = self.types().variants(ty)[variant].fields.clone();
        if given.len() != expected.len() || values.is_some_and(<[_]>::is_empty) {
            let types: Vec<String> = expected.iter().map(|ty| self.type_name(*ty)).collect();
            let name = format!("{}.{}", of.text, name.text);
            let (message, hint) = match expected.len() {
                0 => (
                    format!("`{name}` carries nothing"),
                    format!("write `{name}`"),
                ),
                count => (
                    format!("`{name}` carries {count} values, not {}", given.len()),
                    format!("write `{name}({})`", types.join(", ")),
                ),
            };
            let message = message.replace(" 1 values", " 1 value");
            self.report(Diagnostic::new(&codes::WRONG_COUNT, span, message).hint(hint));
            return None;
        }
        let values: Vec<Option<Expr>> = given
            .iter()
            .zip(&expected)
            .map(|(value, ty)| self.expr_of(value, *ty))
            .collect();
        let slots = self.types().variant_slots(ty, variant).to_vec();
        let types: Vec<TypeId> = self.types().fields(ty).iter().map(|slot| slot.ty).collect();
        let empty = |ty| Expr {
            kind: ExprKind::Empty,
            ty,
            span,
        };
        let mut parts: Vec<Expr> = types.into_iter().map(empty).collect();
        parts[0].kind = ExprKind::Int(variant as i64);
        for (slot, value) in slots.into_iter().zip(values) {
            parts[slot] = value?;
        }
        let kind = ExprKind::Record(parts);
        Some(Expr { kind, ty, span })
    }

    /// `(a, b)`
    pub(super) fn tuple(
        &mut self,
        parts: &[ast::Expr],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let hints = match hint.and_then(|hint| self.types().get(hint)) {
            Some(Type::Tuple { elements }) if elements.len() == parts.len() => elements.clone(),
            _ => Vec::new(),
        };
        let values: Vec<Option<Expr>> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| match hints.get(index) {
                Some(ty) => self.expr_of(part, *ty),
                None => self.expr(part, None),
            })
            .collect();
        if parts.len() < 2 {
            let message = "a tuple has two elements at least";
            self.report(Diagnostic::new(&codes::WRONG_COUNT, span, message));
            return None;
        }
        let values: Vec<Expr> = values.into_iter().collect::<Option<_>>()?;
        let elements = values.iter().map(|value| value.ty).collect();
        let ty = self.names.intern(Type::Tuple { elements }, span)?;
        let kind = ExprKind::Record(values);
        Some(Expr { kind, ty, span })
    }
}
