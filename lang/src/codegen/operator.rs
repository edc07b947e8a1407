//! Arithmetic and comparisons.

use pasc_vm::isa::{Immediate, Instruction, Reg};

use super::{Code, Operand};
use crate::constant::fold;
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    /// `left operator right`; the left operand is used up.
    pub(super) fn arithmetic(
        &mut self,
        operator: Arithmetic,
        a: Operand,
        right: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let left = a.register;
        let step = constant_int(right).and_then(|value| match operator {
            Arithmetic::Add => i32::try_from(value).ok(),
            Arithmetic::Sub => i32::try_from(value.checked_neg()?).ok(),
            _ => None,
        });
        if let Some(step) = step {
            self.release(a);
            let result = self.destination(wanted);
            let value = Immediate(step);
            self.emit(
                Instruction::AddImm {
                    dst: result.register,
                    left,
                    value,
                },
                span,
            );
            return result;
        }
        let b = self.value(right);
        self.release(a);
        self.release(b);
        let right = b.register;
        let result = self.destination(wanted);
        let dst = result.register;
        let instruction = arithmetic_instruction(operator, dst, left, right);
        self.emit(instruction, span);
        result
    }

    /// A comparison as a `bool`.
    pub(super) fn compare_values(
        &mut self,
        comparison: Comparison,
        left: &Expr,
        right: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let (ty, scalar) = (left.ty, self.is_scalar(left.ty));
        let (a, b) = (self.value(left), self.value(right));
        self.release(a);
        self.release(b);
        let (comparison, turned) = comparison.turned();
        let (left, right) = if turned {
            (b.register, a.register)
        } else {
            (a.register, b.register)
        };
        let result = self.destination(wanted);
        let dst = result.register;
        let instruction = match (comparison, scalar) {
            (Comparison::Equal, true) => Instruction::Eq { dst, left, right },
            (Comparison::NotEqual, true) => Instruction::Ne { dst, left, right },
            (Comparison::Less | Comparison::Greater, true) => Instruction::Lt { dst, left, right },
            (Comparison::LessEqual | Comparison::GreaterEqual, true) => {
                Instruction::Le { dst, left, right }
            }
            (Comparison::Equal | Comparison::NotEqual, false) => Instruction::Equal {
                dst,
                left,
                right,
                ty,
            },
            (Comparison::Less | Comparison::Greater, false) => Instruction::Less {
                dst,
                left,
                right,
                ty,
            },
            (Comparison::LessEqual | Comparison::GreaterEqual, false) => Instruction::LessEq {
                dst,
                left,
                right,
                ty,
            },
        };
        self.emit(instruction, span);
        if comparison == Comparison::NotEqual && !scalar {
            self.emit(Instruction::Not { dst, src: dst }, span);
        }
        result
    }
}

/// The instruction for an operator.
pub(super) fn arithmetic_instruction(
    operator: Arithmetic,
    dst: Reg,
    left: Reg,
    right: Reg,
) -> Instruction {
    match operator {
        Arithmetic::Add => Instruction::Add { dst, left, right },
        Arithmetic::Sub => Instruction::Sub { dst, left, right },
        Arithmetic::Mul => Instruction::Mul { dst, left, right },
        Arithmetic::Div => Instruction::Div { dst, left, right },
        Arithmetic::Rem => Instruction::Rem { dst, left, right },
        Arithmetic::Join => Instruction::Concat { dst, left, right },
        Arithmetic::JoinLists(ty) => Instruction::ListConcat {
            dst,
            left,
            right,
            ty,
        },
    }
}

/// The value of arithmetic on literals, unless it overflows: that is an error of the
/// run, and only if it comes to it.
pub(super) fn constant_int(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Int(value) => Some(*value),
        ExprKind::Negate(operand) => constant_int(operand)?.checked_neg(),
        ExprKind::Arithmetic(operator, left, right) => {
            fold(*operator, constant_int(left)?, constant_int(right)?)
        }
        _ => None,
    }
}

/// The value of a condition of literals. What stands beside a literal that decides is not asked
/// for: it stands behind it.
pub(super) fn constant_bool(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Bool(value) => Some(*value),
        ExprKind::Not(operand) => Some(!constant_bool(operand)?),
        ExprKind::And(left, right) => match constant_bool(left)? {
            true => constant_bool(right),
            false => Some(false),
        },
        ExprKind::Or(left, right) => match constant_bool(left)? {
            true => Some(true),
            false => constant_bool(right),
        },
        ExprKind::Compare(comparison, left, right) => {
            let (left, right) = (constant_int(left)?, constant_int(right)?);
            Some(match comparison {
                Comparison::Equal => left == right,
                Comparison::NotEqual => left != right,
                Comparison::Less => left < right,
                Comparison::LessEqual => left <= right,
                Comparison::Greater => left > right,
                Comparison::GreaterEqual => left >= right,
            })
        }
        _ => None,
    }
}
