//! Types of operators.

use pasc_vm::types::{Type, TypeId};

use super::Checker;
use crate::ast::{self, BinaryOperator, UnaryOperator};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    pub(super) fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let basic = self.names.basic;
        match operator {
            UnaryOperator::Not => {
                let operand = self.expr_of(operand, basic.bool)?;
                Some(Expr {
                    kind: ExprKind::Not(operand.into()),
                    ty: basic.bool,
                    span,
                })
            }
            UnaryOperator::Negate => {
                // The least `int` has no positive counterpart.
                let literal = match operand.kind {
                    ast::ExprKind::Int(value) => Some((value, basic.int)),
                    ast::ExprKind::Duration(micros) => Some((micros, basic.duration)),
                    _ => None,
                };
                if let Some((value, ty)) = literal {
                    let kind = ExprKind::Int((value as i64).wrapping_neg());
                    return Some(Expr { kind, ty, span });
                }
                let operand = self.expr(operand, None)?;
                let ty = operand.ty;
                if ty != basic.duration && ty != basic.int {
                    let message = format!("expected `int`, found `{}`", self.type_name(ty));
                    self.report(Diagnostic::new(&codes::MISMATCH, operand.span, message));
                    return None;
                }
                let kind = ExprKind::Negate(operand.into());
                Some(Expr { kind, ty, span })
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &ast::Expr,
        right: &ast::Expr,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        use BinaryOperator as Op;
        let basic = self.names.basic;
        let kind = match operator {
            Op::And | Op::Or => {
                let left = self.expr_of(left, basic.bool);
                let right = self.expr_of(right, basic.bool);
                let (left, right) = (left?.into(), right?.into());
                if operator == Op::And {
                    ExprKind::And(left, right)
                } else {
                    ExprKind::Or(left, right)
                }
            }
            Op::In | Op::NotIn => {
                let contains = self.contains(left, right)?;
                if operator == Op::In {
                    contains
                } else {
                    ExprKind::Not(
                        Expr {
                            kind: contains,
                            ty: basic.bool,
                            span,
                        }
                        .into(),
                    )
                }
            }
            Op::Equal
            | Op::NotEqual
            | Op::Less
            | Op::LessEqual
            | Op::Greater
            | Op::GreaterEqual => {
                let (left, right) = self.operands(left, right, None)?;
                self.comparison(operator, left, right, span)?
            }
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem => {
                return self.calculation(operator, left, right, hint, span);
            }
        };
        Some(Expr {
            kind,
            ty: basic.bool,
            span,
        })
    }

    /// `left in right`
    fn contains(&mut self, left: &ast::Expr, right: &ast::Expr) -> Option<ExprKind> {
        let Some(right) = self.expr(right, None) else {
            self.expr(left, None);
            return None;
        };
        match self.types().get(right.ty) {
            Some(&(Type::Map { key, .. } | Type::Set { element: key })) => {
                let left = self.expr_of(left, key)?;
                Some(ExprKind::Contains(left.into(), right.into()))
            }
            Some(&Type::List { element }) => {
                let left = self.expr_of(left, element)?;
                Some(ExprKind::ListContains(left.into(), right.into()))
            }
            _ => {
                let message = format!("this is `{}` and no collection", self.type_name(right.ty));
                self.report(Diagnostic::new(
                    &codes::NOT_A_COLLECTION,
                    right.span,
                    message,
                ));
                self.expr(left, None);
                None
            }
        }
    }

    /// `+` and its like.
    fn calculation(
        &mut self,
        operator: BinaryOperator,
        left: &ast::Expr,
        right: &ast::Expr,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        use BinaryOperator as Op;
        let basic = self.names.basic;
        let scales = matches!(operator, Op::Mul | Op::Div);
        let (left, right, ty) = if scales {
            // Durations meet numbers here: what is wanted says nothing about the sides.
            let (left, right) = (self.expr(left, None), self.expr(right, None));
            let (left, right) = (left?, right?);
            let ty = match (operator, left.ty, right.ty) {
                (Op::Mul, a, b) if (a, b) == (basic.int, basic.duration) => b,
                (_, a, b) if (a, b) == (basic.duration, basic.int) => a,
                (Op::Div, a, b) if (a, b) == (basic.duration, basic.duration) => basic.int,
                (_, a, b) if a == b => {
                    self.arithmetic(operator, a, span)?;
                    a
                }
                (_, expected, found) => {
                    let message = format!(
                        "expected `{}`, found `{}`",
                        self.type_name(expected),
                        self.type_name(found)
                    );
                    self.report(Diagnostic::new(&codes::MISMATCH, right.span, message));
                    return None;
                }
            };
            (left, right, ty)
        } else {
            let (left, right) = self.operands(left, right, hint)?;
            let ty = left.ty;
            (left, right, ty)
        };
        let operator = match operator {
            Op::Mul => Arithmetic::Mul,
            Op::Div => Arithmetic::Div,
            _ => self.arithmetic(operator, ty, span)?,
        };
        let kind = ExprKind::Arithmetic(operator, left.into(), right.into());
        Some(Expr { kind, ty, span })
    }

    /// Two operands of one type. A literal whose type depends on its context takes
    /// it from the other operand.
    fn operands(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        hint: Option<TypeId>,
    ) -> Option<(Expr, Expr)> {
        let is_literal = |expr: &ast::Expr| {
            use ast::ExprKind as Kind;
            let is_none = matches!(&expr.kind, Kind::Name(name) if name == "none");
            is_none || matches!(expr.kind, Kind::Map(_) | Kind::List(_) | Kind::Set(_))
        };
        let flexible = matches!(left.kind, ast::ExprKind::Text(_)) || is_literal(left);
        if flexible && hint.is_none() && !is_literal(right) {
            let right = self.expr(right, None);
            let Some(right) = right else {
                self.expr(left, None);
                return None;
            };
            return Some((self.expr_of(left, right.ty)?, right));
        }
        let left = self.expr(left, hint);
        let Some(left) = left else {
            self.expr(right, None);
            return None;
        };
        let right = self.expr_of(right, left.ty)?;
        Some((left, right))
    }

    fn comparison(
        &mut self,
        operator: BinaryOperator,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Option<ExprKind> {
        use BinaryOperator as Op;
        let orders = !matches!(operator, Op::Equal | Op::NotEqual);
        if self.functions.without_equality.contains(&left.ty) {
            let hint = "let the type parameter ask for it: `T: eq`, or `T: ord` for an order";
            self.bad_operand(operator, left.ty, span, hint);
            return None;
        }
        if orders && !self.types().is_ordered(left.ty) {
            self.bad_operand(
                operator,
                left.ty,
                span,
                "there is no order on maps and sets",
            );
            return None;
        }
        let (left, right) = (left.into(), right.into());
        Some(match operator {
            Op::Equal => ExprKind::Compare(Comparison::Equal, left, right),
            Op::NotEqual => ExprKind::Compare(Comparison::NotEqual, left, right),
            Op::Less => ExprKind::Compare(Comparison::Less, left, right),
            Op::LessEqual => ExprKind::Compare(Comparison::LessEqual, left, right),
            Op::Greater => ExprKind::Compare(Comparison::Greater, left, right),
            _ => ExprKind::Compare(Comparison::GreaterEqual, left, right),
        })
    }

    /// What the operator does with values of this type.
    pub(super) fn arithmetic(
        &mut self,
        operator: BinaryOperator,
        ty: TypeId,
        span: Span,
    ) -> Option<Arithmetic> {
        use BinaryOperator as Op;
        let found = match (operator, self.types().get(ty)) {
            (Op::Add, Some(Type::Int | Type::Duration)) => Some(Arithmetic::Add),
            (Op::Sub, Some(Type::Int | Type::Duration)) => Some(Arithmetic::Sub),
            (Op::Mul, Some(Type::Int)) => Some(Arithmetic::Mul),
            (Op::Div, Some(Type::Int)) => Some(Arithmetic::Div),
            (Op::Rem, Some(Type::Int | Type::Duration)) => Some(Arithmetic::Rem),
            (Op::Add, Some(Type::List { .. })) => Some(Arithmetic::JoinLists(ty)),
            (Op::Add, Some(Type::Text | Type::Bytes)) => Some(Arithmetic::Join),
            _ => None,
        };
        if found.is_none() {
            let hint = match self.types().get(ty) {
                Some(Type::Duration) => "a duration is multiplied and divided by an `int`",
                Some(Type::Set { .. }) => "elements of a set are added with `insert`",
                _ => "arithmetic is defined on `int`, and `+` on `text`, `bytes` and lists too",
            };
            self.bad_operand(operator, ty, span, hint);
        }
        found
    }

    fn bad_operand(&mut self, operator: BinaryOperator, ty: TypeId, span: Span, hint: &str) {
        let message = format!(
            "`{}` is not defined on `{}`",
            operator.sign(),
            self.type_name(ty)
        );
        self.report(Diagnostic::new(&codes::BAD_OPERAND, span, message).hint(hint));
    }
}
