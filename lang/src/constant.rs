//! Values of constant expressions.

use pasc_vm::Value;
use pasc_vm::types::{Type, TypeTable};

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::typed::*;

/// The value of an expression without names, or why it has none.
pub(crate) fn evaluate(expr: &Expr, types: &TypeTable) -> Result<Value, Diagnostic> {
    let fails = |message: &str| Diagnostic::new(&codes::CONSTANT_FAILS, expr.span, message);
    let int = |expr: &Expr| match evaluate(expr, types)? {
        Value::Int(value) => Ok(value),
        _ => Err(not_constant(expr)),
    };
    let truth = |expr: &Expr| match evaluate(expr, types)? {
        Value::Bool(value) => Ok(value),
        _ => Err(not_constant(expr)),
    };
    Ok(match &expr.kind {
        ExprKind::Int(value) => Value::Int(*value),
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Blob(bytes) => blob(bytes, expr, types),
        ExprKind::Negate(operand) => {
            let value = int(operand)?.checked_neg();
            Value::Int(value.ok_or_else(|| fails("this constant does not fit into an `int`"))?)
        }
        ExprKind::Arithmetic(Arithmetic::Join, left, right) => {
            match (evaluate(left, types)?, evaluate(right, types)?) {
                (Value::Text(left), Value::Text(right)) => Value::Text(left + &right),
                (Value::Bytes(mut left), Value::Bytes(right)) => {
                    left.extend(right);
                    Value::Bytes(left)
                }
                _ => return Err(not_constant(expr)),
            }
        }
        ExprKind::Arithmetic(operator, left, right) => {
            let (left, right) = (int(left)?, int(right)?);
            if right == 0 && matches!(operator, Arithmetic::Div | Arithmetic::Rem) {
                return Err(fails("this constant divides by zero"));
            }
            let value = fold(*operator, left, right);
            Value::Int(value.ok_or_else(|| fails("this constant does not fit into an `int`"))?)
        }
        ExprKind::Not(operand) => Value::Bool(!truth(operand)?),
        ExprKind::And(left, right) => Value::Bool(truth(left)? && truth(right)?),
        ExprKind::Or(left, right) => Value::Bool(truth(left)? || truth(right)?),
        ExprKind::Record(fields) => {
            let fields: Result<Vec<Value>, Diagnostic> =
                fields.iter().map(|field| evaluate(field, types)).collect();
            Value::Record(fields?)
        }
        ExprKind::Map(entries) => map(entries, types)?,
        _ => return Err(not_constant(expr)),
    })
}

/// The result of integer arithmetic, if it fits into an `int`.
pub(crate) fn fold(operator: Arithmetic, left: i64, right: i64) -> Option<i64> {
    match operator {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Sub => left.checked_sub(right),
        Arithmetic::Mul => left.checked_mul(right),
        Arithmetic::Div => left.checked_div(right),
        Arithmetic::Rem => left.checked_rem(right),
        Arithmetic::Join => None,
    }
}

fn blob(bytes: &[u8], expr: &Expr, types: &TypeTable) -> Value {
    let text = || String::from_utf8_lossy(bytes).into_owned();
    match types.get(expr.ty) {
        Some(Type::Text) => Value::Text(text()),
        Some(Type::Address) => Value::Address(text()),
        _ => Value::Bytes(bytes.to_vec()),
    }
}

/// A map; of entries with one key the last stays, at the place of the first.
fn map(entries: &[(Expr, Expr)], types: &TypeTable) -> Result<Value, Diagnostic> {
    let mut values: Vec<(Value, Value)> = Vec::new();
    for (key, value) in entries {
        let (key, value) = (evaluate(key, types)?, evaluate(value, types)?);
        match values.iter_mut().find(|entry| entry.0 == key) {
            Some(entry) => entry.1 = value,
            None => values.push((key, value)),
        }
    }
    Ok(Value::Map(values))
}

fn not_constant(expr: &Expr) -> Diagnostic {
    let message = "this is not known before the program runs";
    Diagnostic::new(&codes::NOT_CONSTANT, expr.span, message)
}
