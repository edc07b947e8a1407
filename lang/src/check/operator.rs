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
                if let ast::ExprKind::Int(value) = operand.kind {
                    let kind = ExprKind::Int((value as i64).wrapping_neg());
                    return Some(Expr {
                        kind,
                        ty: basic.int,
                        span,
                    });
                }
                let operand = self.expr_of(operand, basic.int)?;
                Some(Expr {
                    kind: ExprKind::Negate(operand.into()),
                    ty: basic.int,
                    span,
                })
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
                let Some((map, key, _)) = self.map(right) else {
                    self.expr(left, None);
                    return None;
                };
                let key = self.expr_of(left, key)?;
                let contains = ExprKind::Contains(key.into(), map.into());
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
                let (left, right) = self.operands(left, right, hint)?;
                let ty = left.ty;
                let operator = self.arithmetic(operator, ty, span)?;
                let kind = ExprKind::Arithmetic(operator, left.into(), right.into());
                return Some(Expr { kind, ty, span });
            }
        };
        Some(Expr {
            kind,
            ty: basic.bool,
            span,
        })
    }

    /// Two operands of one type. A literal whose type depends on its context takes
    /// it from the other operand.
    fn operands(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        hint: Option<TypeId>,
    ) -> Option<(Expr, Expr)> {
        let flexible = matches!(left.kind, ast::ExprKind::Text(_) | ast::ExprKind::Map(_));
        if flexible && hint.is_none() && !matches!(right.kind, ast::ExprKind::Map(_)) {
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
        if orders && !self.types().is_ordered(left.ty) {
            self.bad_operand(operator, left.ty, span, "there is no order on maps");
            return None;
        }
        let (left, right) = (left.into(), right.into());
        Some(match operator {
            Op::Equal => ExprKind::Compare(Comparison::Equal, left, right),
            Op::NotEqual => ExprKind::Compare(Comparison::NotEqual, left, right),
            Op::Less => ExprKind::Compare(Comparison::Less, left, right),
            Op::LessEqual => ExprKind::Compare(Comparison::LessEqual, left, right),
            Op::Greater => ExprKind::Compare(Comparison::Less, right, left),
            _ => ExprKind::Compare(Comparison::LessEqual, right, left),
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
            (Op::Add, Some(Type::Int)) => Some(Arithmetic::Add),
            (Op::Sub, Some(Type::Int)) => Some(Arithmetic::Sub),
            (Op::Mul, Some(Type::Int)) => Some(Arithmetic::Mul),
            (Op::Div, Some(Type::Int)) => Some(Arithmetic::Div),
            (Op::Rem, Some(Type::Int)) => Some(Arithmetic::Rem),
            (Op::Add, Some(Type::Text | Type::Bytes)) => Some(Arithmetic::Join),
            _ => None,
        };
        if found.is_none() {
            let hint = "arithmetic is defined on `int`, and `+` on `text` and `bytes` too";
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
