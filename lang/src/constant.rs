//! Values of constant expressions.

use pasc_vm::Value;
use pasc_vm::types::{Type, TypeId, TypeTable};

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

/// The value of an expression without names, or why it has none.
pub(crate) fn evaluate(expr: &Expr, types: &TypeTable) -> Result<Value, Diagnostic> {
    let fails = |message: &str| Diagnostic::new(&codes::CONSTANT_FAILS, expr.span, message);
    let int = |expr: &Expr| match evaluate(expr, types)? {
        Value::Int(value) | Value::Duration(value) => Ok(value),
        _ => Err(not_constant(expr)),
    };
    let number = |value: Option<i64>| match (value, types.get(expr.ty)) {
        (Some(micros), Some(Type::Duration)) => Ok(Value::Duration(micros)),
        (Some(value), _) => Ok(Value::Int(value)),
        (None, Some(Type::Duration)) => Err(fails("this constant does not fit into a `duration`")),
        (None, _) => Err(fails("this constant does not fit into an `int`")),
    };
    let items = |items: &[Expr]| -> Result<Vec<Value>, Diagnostic> {
        items.iter().map(|item| evaluate(item, types)).collect()
    };
    let truth = |expr: &Expr| match evaluate(expr, types)? {
        Value::Bool(value) => Ok(value),
        _ => Err(not_constant(expr)),
    };
    Ok(match &expr.kind {
        ExprKind::Int(value) => number(Some(*value))?,
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Blob(bytes) => blob(bytes, expr, types),
        ExprKind::Negate(operand) => {
            let value = int(operand)?.checked_neg();
            number(value)?
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
        ExprKind::Arithmetic(Arithmetic::JoinLists(_), left, right) => {
            match (evaluate(left, types)?, evaluate(right, types)?) {
                (Value::List(mut left), Value::List(right)) => {
                    left.extend(right);
                    Value::List(left)
                }
                _ => return Err(not_constant(expr)),
            }
        }
        ExprKind::Arithmetic(operator, left, right) => {
            let (left, right) = (int(left)?, int(right)?);
            if right == 0 && matches!(operator, Arithmetic::Div | Arithmetic::Rem) {
                return Err(fails("this constant divides by zero"));
            }
            number(fold(*operator, left, right))?
        }
        ExprKind::Not(operand) => Value::Bool(!truth(operand)?),
        ExprKind::And(left, right) => Value::Bool(truth(left)? && truth(right)?),
        ExprKind::Or(left, right) => Value::Bool(truth(left)? || truth(right)?),
        ExprKind::Compare(comparison, left, right) => {
            let (left, right) = (evaluate(left, types)?, evaluate(right, types)?);
            Value::Bool(match comparison {
                Comparison::Less => left < right,
                Comparison::LessEqual => left <= right,
                Comparison::Greater => left > right,
                Comparison::GreaterEqual => left >= right,
                // Sets and maps are equal whatever their order, which these are not.
                Comparison::Equal | Comparison::NotEqual if is_unordered(&left) => {
                    return Err(not_constant(expr));
                }
                Comparison::Equal => left == right,
                Comparison::NotEqual => left != right,
            })
        }
        ExprKind::Record(fields) => parts(items(fields)?, expr, types),
        ExprKind::Empty => Value::empty(types, expr.ty),
        ExprKind::List(list) => Value::List(items(list)?),
        ExprKind::Set(list) => {
            let mut once: Vec<Value> = Vec::new();
            for item in items(list)? {
                if !once.contains(&item) {
                    once.push(item);
                }
            }
            Value::Set(once)
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
        Arithmetic::Join | Arithmetic::JoinLists(_) => None,
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

/// A value from those of its slots.
fn parts(mut values: Vec<Value>, expr: &Expr, types: &TypeTable) -> Value {
    match (types.get(expr.ty), values.first()) {
        (Some(Type::Tuple { .. }), _) => Value::Tuple(values),
        (Some(Type::Option { .. }), Some(Value::Bool(is_some))) => {
            let content = is_some.then(|| values.pop()).flatten();
            Value::Option(content.map(Box::new))
        }
        (Some(Type::Enum { .. }), Some(&Value::Int(variant))) => {
            let slots = types.variant_slots(expr.ty, variant as usize).iter();
            let take = |slot: &usize| std::mem::replace(&mut values[*slot], Value::Bool(false));
            Value::Variant(variant as u32, slots.map(take).collect())
        }
        _ => Value::Record(values),
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

/// The expression that a value of this type is.
pub(crate) fn literal_of(value: &Value, ty: TypeId, types: &TypeTable, span: Span) -> Option<Expr> {
    let each = |values: &[Value], of: &mut dyn Iterator<Item = TypeId>| {
        let pairs = values.iter().zip(of);
        pairs
            .map(|(value, ty)| literal_of(value, ty, types, span))
            .collect::<Option<Vec<Expr>>>()
    };
    let slots = || types.fields(ty).iter().map(|slot| slot.ty);
    let empty = |ty| Expr {
        kind: ExprKind::Empty,
        ty,
        span,
    };
    let kind = match (value, types.get(ty)?) {
        (Value::Int(number) | Value::Duration(number), _) => ExprKind::Int(*number),
        (Value::Bool(truth), _) => ExprKind::Bool(*truth),
        (Value::Text(text) | Value::Address(text), _) => ExprKind::Blob(text.clone().into_bytes()),
        (Value::Bytes(bytes), _) => ExprKind::Blob(bytes.clone()),
        (Value::List(items), Type::List { element }) => {
            ExprKind::List(each(items, &mut std::iter::repeat(*element))?)
        }
        (Value::Set(items), Type::Set { element }) => {
            ExprKind::Set(each(items, &mut std::iter::repeat(*element))?)
        }
        (Value::Map(entries), Type::Map { key, value }) => {
            let entry = |entry: &(Value, Value)| {
                let key = literal_of(&entry.0, *key, types, span)?;
                Some((key, literal_of(&entry.1, *value, types, span)?))
            };
            ExprKind::Map(entries.iter().map(entry).collect::<Option<_>>()?)
        }
        (Value::Record(values) | Value::Tuple(values), _) => {
            ExprKind::Record(each(values, &mut slots())?)
        }
        (Value::Option(content), Type::Option { value: inner }) => {
            let mut parts: Vec<Expr> = slots().map(empty).collect();
            parts[0].kind = ExprKind::Bool(content.is_some());
            if let Some(content) = content {
                parts[1] = literal_of(content, *inner, types, span)?;
            }
            ExprKind::Record(parts)
        }
        (Value::Variant(index, values), Type::Enum { variants, .. }) => {
            let mut parts: Vec<Expr> = slots().map(empty).collect();
            parts[0].kind = ExprKind::Int(i64::from(*index));
            let variant = variants.get(*index as usize)?;
            let of = types.variant_slots(ty, *index as usize);
            let mut kinds = variant.fields.iter().copied();
            for (slot, value) in of.iter().zip(each(values, &mut kinds)?) {
                parts[*slot] = value;
            }
            ExprKind::Record(parts)
        }
        _ => return None,
    };
    Some(Expr { kind, ty, span })
}

/// Whether the value is none of the simple ones, whose equality is that of their parts.
fn is_unordered(value: &Value) -> bool {
    !matches!(
        value,
        Value::Int(_)
            | Value::Duration(_)
            | Value::Bool(_)
            | Value::Text(_)
            | Value::Bytes(_)
            | Value::Address(_)
    )
}

fn not_constant(expr: &Expr) -> Diagnostic {
    let message = "this is not known before the program runs";
    Diagnostic::new(&codes::NOT_CONSTANT, expr.span, message)
}
