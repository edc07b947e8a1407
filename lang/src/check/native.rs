//! Functions of the machine, and methods that are one: on numbers, texts and bytes.

use pasc_vm::native::{Native, NativeType};
use pasc_vm::types::{Type, TypeId};

use super::Checker;
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::PRELUDE;
use crate::source::Span;
use crate::typed::*;

/// Methods on `int`.
pub(super) const INT_METHODS: &[(&str, Native)] = &[
    ("to_text", Native::IntToText),
    ("to_be", Native::PackBig),
    ("to_le", Native::PackLittle),
    ("wrapping_add", Native::WrappingAdd),
    ("wrapping_sub", Native::WrappingSub),
    ("wrapping_mul", Native::WrappingMul),
    ("bit_and", Native::BitAnd),
    ("bit_or", Native::BitOr),
    ("bit_xor", Native::BitXor),
    ("shift_left", Native::ShiftLeft),
    ("shift_right", Native::ShiftRight),
];

/// Methods on `text`.
pub(super) const TEXT_METHODS: &[(&str, Native)] = &[
    ("starts_with", Native::StartsWith),
    ("ends_with", Native::EndsWith),
    ("trim", Native::Trim),
    ("to_upper", Native::ToUpper),
    ("to_lower", Native::ToLower),
    ("to_bytes", Native::ToBytes),
    ("to_address", Native::ToAddress),
    ("replace", Native::Replace),
];

/// Methods on `bytes`.
pub(super) const BYTES_METHODS: &[(&str, Native)] = &[
    ("starts_with", Native::StartsWith),
    ("ends_with", Native::EndsWith),
    ("to_text", Native::ToText),
    ("to_hex", Native::ToHex),
];

/// Methods that read a number from bytes.
pub(super) const UNPACKING: &[(&str, Native)] = &[
    ("be", Native::UnpackBig),
    ("le", Native::UnpackLittle),
    ("signed_be", Native::UnpackSignedBig),
    ("signed_le", Native::UnpackSignedLittle),
];

/// Functions of the machine that programs call by name.
const FUNCTIONS: &[(&str, Native)] = &[
    ("crc32", Native::Crc32),
    ("sha256", Native::Sha256),
    ("hmac_sha256", Native::HmacSha256),
];

/// The function with this name in a table.
pub(super) fn named(table: &[(&str, Native)], name: &str) -> Option<Native> {
    let row = table.iter().find(|row| row.0 == name)?;
    Some(row.1)
}

impl Checker<'_> {
    /// The type that a native function takes or gives; strings have the type of the first argument.
    fn native_type(&self, ty: NativeType, first: Option<TypeId>) -> TypeId {
        let basic = self.names.basic;
        match ty {
            NativeType::Int => basic.int,
            NativeType::Bool => basic.bool,
            NativeType::Text => basic.text,
            NativeType::Bytes => basic.bytes,
            NativeType::Address => basic.address,
            NativeType::Str => first.unwrap_or(basic.text),
        }
    }

    pub(super) fn native_expr(&self, native: Native, arguments: Vec<Expr>, span: Span) -> Expr {
        let ty = self.native_type(native.result(), None);
        let kind = ExprKind::Native(native, arguments);
        Expr { kind, ty, span }
    }

    /// A method that is a native function of its base.
    pub(super) fn native_method(
        &mut self,
        native: Native,
        base: Expr,
        name: &ast::Name,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Option<Expr> {
        let expected = native.arguments().len() - 1;
        if arguments.len() != expected {
            self.wrong_count(name, expected, arguments.len(), None);
            return None;
        }
        let first = base.ty;
        let mut given = vec![base];
        for (argument, ty) in arguments.iter().zip(&native.arguments()[1..]) {
            let ty = self.native_type(*ty, Some(first));
            given.push(self.expr_of(argument, ty)?);
        }
        Some(self.native_expr(native, given, span))
    }

    /// A call of a native function by its name; `None` if it is none.
    pub(super) fn native_call(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Option<Option<Expr>> {
        let inside = self.functions.module == PRELUDE;
        let hidden = name.text.strip_prefix("native_").filter(|_| inside);
        let known = |name: &str| Native::ALL.iter().copied().find(|it| it.name() == name);
        let native = hidden
            .and_then(known)
            .or_else(|| named(FUNCTIONS, &name.text))?;
        let Some((first, rest)) = arguments.split_first() else {
            let message = format!("`{}` takes arguments", name.text);
            self.report(Diagnostic::new(&codes::WRONG_COUNT, name.span, message));
            return Some(None);
        };
        let ty = match native.arguments().first() {
            Some(NativeType::Str) | None => None,
            Some(ty) => Some(self.native_type(*ty, None)),
        };
        let base = match ty {
            Some(ty) => self.expr_of(first, ty),
            None => self.expr(first, None),
        };
        Some(base.and_then(|base| self.native_method(native, base, name, rest, span)))
    }

    /// `bytes.be()` and its like; on a slice without making it.
    pub(super) fn unpacked(&mut self, native: Native, base: Expr, span: Span) -> Option<Expr> {
        let arguments = match base.kind {
            ExprKind::Native(Native::SliceBytes, arguments) => arguments,
            _ => {
                return self.with_length(base, |checker, base, length| {
                    let zero = checker.number(0, span);
                    Some(checker.native_expr(native, vec![base, zero, length], span))
                });
            }
        };
        Some(self.native_expr(native, arguments, span))
    }

    pub(super) fn number(&self, value: i64, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Int(value),
            ty: self.names.basic.int,
            span,
        }
    }

    /// The length of a list, text or bytes.
    pub(super) fn length(&self, value: Expr) -> Expr {
        let span = value.span;
        let kind = match self.types().get(value.ty) {
            Some(Type::List { .. }) => ExprKind::ListLen(value.into()),
            Some(Type::Text | Type::Bytes) => ExprKind::BytesLen(value.into()),
            _ => ExprKind::MapLen(value.into()),
        };
        let ty = self.names.basic.int;
        Expr { kind, ty, span }
    }

    /// What is made of a value and its length, where the value is computed once.
    pub(super) fn with_length(
        &mut self,
        value: Expr,
        make: impl FnOnce(&mut Self, Expr, Expr) -> Option<Expr>,
    ) -> Option<Expr> {
        self.bound(value, |checker, local, ty, span| {
            let whole = |kind| Expr { kind, ty, span };
            let length = checker.length(whole(ExprKind::Local(local)));
            make(checker, whole(ExprKind::Local(local)), length)
        })
    }

    /// A block that binds a value to a hidden variable and gives what is made of it.
    pub(super) fn bound(
        &mut self,
        value: Expr,
        make: impl FnOnce(&mut Self, LocalId, TypeId, Span) -> Option<Expr>,
    ) -> Option<Expr> {
        let (ty, span) = (value.ty, value.span);
        self.scoped(|checker| {
            let local = checker.declare_hidden("value", ty, span)?;
            let result = make(checker, local, ty, span)?;
            let (ty, whole) = (result.ty, result.span);
            let kind = StatementKind::Let { local, value };
            let block = Block {
                statements: vec![Statement { kind, span }],
                value: Some(result.into()),
            };
            let kind = ExprKind::Block(block.into());
            let span = whole;
            Some(Expr { kind, ty, span })
        })
    }

    /// `base[from..to]`
    pub(super) fn slice(
        &mut self,
        base: &ast::Expr,
        from: Option<&ast::Expr>,
        to: Option<&ast::Expr>,
        span: Span,
    ) -> Option<Expr> {
        let int = self.names.basic.int;
        let base = self.expr(base, None);
        let from = match from {
            Some(from) => self.expr_of(from, int),
            None => Some(self.number(0, span)),
        };
        let to = match to {
            Some(to) => Some(self.expr_of(to, int)?),
            None => None,
        };
        let (base, from) = (base?, from?);
        let ty = base.ty;
        let make = match self.types().get(ty) {
            Some(Type::List { .. }) => |base: Expr, from: Expr, to: Expr| {
                ExprKind::ListSlice(base.into(), from.into(), to.into())
            },
            Some(Type::Text) => {
                |base, from, to| ExprKind::Native(Native::SliceText, vec![base, from, to])
            }
            Some(Type::Bytes) => {
                |base, from, to| ExprKind::Native(Native::SliceBytes, vec![base, from, to])
            }
            _ => {
                let message = format!("this is `{}`, which has no slices", self.type_name(ty));
                self.report(
                    Diagnostic::new(&codes::NOT_A_COLLECTION, base.span, message)
                        .hint("lists, text and bytes have them"),
                );
                return None;
            }
        };
        match to {
            Some(to) => {
                let kind = make(base, from, to);
                Some(Expr { kind, ty, span })
            }
            None => self.with_length(base, |_, base, length| {
                let kind = make(base, from, length);
                Some(Expr { kind, ty, span })
            }),
        }
    }

    /// `"a {value} b"`
    pub(super) fn interpolation(
        &mut self,
        texts: &[String],
        values: &[ast::Expr],
        span: Span,
    ) -> Option<Expr> {
        let ty = self.names.basic.text;
        let blob = |text: &String| Expr {
            kind: ExprKind::Blob(text.clone().into_bytes()),
            ty,
            span,
        };
        let mut parts: Vec<Expr> = Vec::new();
        let mut complete = true;
        for (index, text) in texts.iter().enumerate() {
            if !text.is_empty() {
                parts.push(blob(text));
            }
            let Some(value) = values.get(index) else {
                continue;
            };
            match self.expr(value, None).and_then(|value| self.as_text(value)) {
                Some(value) => parts.push(value),
                None => complete = false,
            }
        }
        let join = |left: Expr, right: Expr| Expr {
            kind: ExprKind::Arithmetic(Arithmetic::Join, left.into(), right.into()),
            ty,
            span,
        };
        let whole = parts.into_iter().reduce(join)?;
        complete.then_some(whole)
    }

    /// A value as text.
    pub(super) fn as_text(&mut self, value: Expr) -> Option<Expr> {
        let (text, span) = (self.names.basic.text, value.span);
        let literal = |text_value: &str| Expr {
            kind: ExprKind::Blob(text_value.as_bytes().to_vec()),
            ty: text,
            span,
        };
        match self.types().get(value.ty) {
            Some(Type::Text) => Some(value),
            Some(Type::Int) => Some(self.native_expr(Native::IntToText, vec![value], span)),
            Some(Type::Duration) => {
                let digits = self.native_expr(Native::IntToText, vec![value], span);
                let unit = literal("us").into();
                let kind = ExprKind::Arithmetic(Arithmetic::Join, digits.into(), unit);
                let ty = text;
                Some(Expr { kind, ty, span })
            }
            Some(Type::Address) => {
                let kind = ExprKind::ToText(value.into());
                let ty = text;
                Some(Expr { kind, ty, span })
            }
            Some(Type::Bool) => {
                let block = |text: &str| Block {
                    statements: Vec::new(),
                    value: Some(literal(text).into()),
                };
                let arm = Arm {
                    bound: None,
                    condition: value,
                    block: block("true"),
                };
                let (arms, otherwise) = (vec![arm], block("false"));
                let kind = ExprKind::If { arms, otherwise };
                let ty = text;
                Some(Expr { kind, ty, span })
            }
            _ => {
                let message = format!(
                    "a `{}` is not written into a text",
                    self.type_name(value.ty)
                );
                self.report(
                    Diagnostic::new(&codes::MISMATCH, span, message)
                        .hint("text, numbers, truth values, addresses and durations are; bytes with `.to_text()` or `.to_hex()`"),
                );
                None
            }
        }
    }
}
