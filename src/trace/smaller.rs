//! Values that are smaller than a value, and records with them.
//!
//! In: a value. Out: values of its type that are nearer to nothing in one place, those first that are
//! nearest. Whoever goes on from one of them gets to an end: numbers come nearer to zero, and what
//! has a length becomes shorter.

use pasc_traces::Record;
use pasc_vm::Program;
use pasc_vm::Value;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::types::TypeId;
use pasc_vm::wire;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Takes a value and says whether to go on.
type Visit<'v> = &'v mut dyn FnMut(Value) -> ControlFlow<()>;

/// A message of a record.
pub(super) struct Body<'a> {
    program: &'a Program,
    record: &'a Record,
    ty: TypeId,
    pub(super) value: Value,
}

impl<'a> Body<'a> {
    /// The message, if the record is intact and holds one.
    pub(super) fn of(program: &'a Program, record: &'a Record) -> Option<Body<'a>> {
        let frame = Frame::parse(&record.frame).ok()?;
        let message = program.find_fingerprint(frame.fingerprint)?;
        let ty = program.message_record(message)?;
        let value = wire::decode_value(&program.types, ty, frame.body)?;
        let is_intact = record.is_intact();
        is_intact.then_some(Body {
            program,
            record,
            ty,
            value,
        })
    }

    /// The record with another value, if that can be sent.
    pub(super) fn with(&self, value: &Value) -> Option<Record> {
        let types = &self.program.types;
        let frame = Frame::parse(&self.record.frame).ok()?;
        let mut body = Vec::new();
        wire::encode_value(types, self.ty, value, &mut body).ok()?;
        // A set that has an element twice is another value when it arrives.
        if wire::decode_value(types, self.ty, &body).as_ref() != Some(value) {
            return None;
        }
        let header = Header {
            fingerprint: frame.fingerprint,
            incarnation: frame.incarnation,
            number: frame.number,
            sender: frame.sender.as_bytes(),
            destination: frame.destination.as_bytes(),
        };
        let bytes = frame::build(&header, &body).ok()?;
        Some(Record::new(self.record.ordinal, self.record.time, bytes))
    }
}

/// Visits values that are smaller, until the visitor has enough.
pub(super) fn smaller(value: &Value, visit: Visit) -> ControlFlow<()> {
    match value {
        Value::Int(number) => numbers(*number, &mut |n| visit(Value::Int(n))),
        Value::Duration(number) => numbers(*number, &mut |n| visit(Value::Duration(n))),
        Value::Bool(true) => visit(Value::Bool(false)),
        Value::Bool(false) | Value::Option(None) | Value::Address(_) => ControlFlow::Continue(()),
        Value::Text(text) => {
            let parts: Vec<char> = text.chars().collect();
            shorter(&parts, &mut |left| {
                visit(Value::Text(left.iter().collect()))
            })
        }
        Value::Bytes(bytes) => shorter(bytes, &mut |left| visit(Value::Bytes(left))),
        Value::List(items) => {
            shorter(items, &mut |left| visit(Value::List(left)))?;
            parts(items, &mut |items| visit(Value::List(items)))
        }
        Value::Set(items) => {
            shorter(items, &mut |left| visit(Value::Set(left)))?;
            parts(items, &mut |items| visit(Value::Set(items)))
        }
        Value::Map(entries) => {
            shorter(entries, &mut |left| visit(Value::Map(left)))?;
            for (index, (key, value)) in entries.iter().enumerate() {
                let mut change = |key: Value, value: Value| {
                    let mut entries = entries.clone();
                    entries[index] = (key, value);
                    visit(Value::Map(entries))
                };
                smaller(value, &mut |value| change(key.clone(), value))?;
                smaller(key, &mut |key| change(key, value.clone()))?;
            }
            ControlFlow::Continue(())
        }
        Value::Record(fields) => parts(fields, &mut |fields| visit(Value::Record(fields))),
        Value::Tuple(fields) => parts(fields, &mut |fields| visit(Value::Tuple(fields))),
        Value::Variant(which, fields) => {
            parts(fields, &mut |fields| visit(Value::Variant(*which, fields)))
        }
        Value::Option(Some(inner)) => {
            visit(Value::Option(None))?;
            smaller(inner, &mut |inner| visit(Value::Option(Some(inner.into()))))
        }
    }
}

/// Adds the values in a value that have no parts.
pub(super) fn leaves(value: &Value, found: &mut BTreeMap<Value, usize>) {
    match value {
        Value::Int(_) | Value::Duration(_) | Value::Text(_) | Value::Bytes(_) => {
            *found.entry(value.clone()).or_default() += 1;
        }
        Value::Bool(_) | Value::Address(_) | Value::Option(None) => {}
        Value::Option(Some(inner)) => leaves(inner, found),
        Value::Map(entries) => entries.iter().for_each(|(key, value)| {
            leaves(key, found);
            leaves(value, found);
        }),
        Value::List(items)
        | Value::Set(items)
        | Value::Record(items)
        | Value::Tuple(items)
        | Value::Variant(_, items) => items.iter().for_each(|item| leaves(item, found)),
    }
}

/// The value with another one in each place where there is a certain one without parts.
pub(super) fn replaced(value: &Value, from: &Value, to: &Value) -> Value {
    let all = |items: &[Value]| items.iter().map(|item| replaced(item, from, to)).collect();
    match value {
        _ if value == from => to.clone(),
        Value::Option(Some(inner)) => Value::Option(Some(replaced(inner, from, to).into())),
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries =
                entries.map(|(key, value)| (replaced(key, from, to), replaced(value, from, to)));
            Value::Map(entries.collect())
        }
        Value::List(items) => Value::List(all(items)),
        Value::Set(items) => Value::Set(all(items)),
        Value::Record(items) => Value::Record(all(items)),
        Value::Tuple(items) => Value::Tuple(all(items)),
        Value::Variant(which, items) => Value::Variant(*which, all(items)),
        other => other.clone(),
    }
}

/// Numbers between a number and zero: zero first, then nearer and nearer to the number.
fn numbers(number: i64, visit: &mut dyn FnMut(i64) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut step = number;
    while step != 0 {
        visit(number - step)?;
        step /= 2;
    }
    ControlFlow::Continue(())
}

/// What is left without a part: without all first, then without smaller and smaller parts.
fn shorter<T: Clone>(
    items: &[T],
    visit: &mut dyn FnMut(Vec<T>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut size = items.len();
    while size > 0 {
        let mut end = items.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            visit([&items[..start], &items[end..]].concat())?;
            end = start;
        }
        size /= 2;
    }
    ControlFlow::Continue(())
}

/// The values with one of them smaller.
fn parts(
    values: &[Value],
    visit: &mut dyn FnMut(Vec<Value>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for (index, value) in values.iter().enumerate() {
        smaller(value, &mut |value| {
            let mut values = values.to_vec();
            values[index] = value;
            visit(values)
        })?;
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(value: &Value) -> Vec<Value> {
        let mut found = Vec::new();
        let _ = smaller(value, &mut |value| {
            found.push(value);
            ControlFlow::Continue(())
        });
        found
    }

    #[test]
    fn numbers_come_from_zero_nearer_and_nearer() {
        let found = |n| all(&Value::Int(n));
        assert_eq!(found(9), [0, 5, 7, 8].map(Value::Int));
        assert_eq!(found(-2), [0, -1].map(Value::Int));
        assert_eq!(found(0), []);
        assert_eq!(found(i64::MIN)[..2], [0, i64::MIN / 2].map(Value::Int));
    }

    #[test]
    fn parts_are_left_out_before_what_is_left_becomes_smaller() {
        let list = |items: &[i64]| Value::List(items.iter().copied().map(Value::Int).collect());
        assert_eq!(
            all(&list(&[1, 2])),
            [
                list(&[]),
                list(&[1]),
                list(&[2]),
                list(&[0, 2]),
                list(&[1, 0]),
                list(&[1, 1])
            ]
        );
        let some = |n| Value::Option(Some(Value::Int(n).into()));
        assert_eq!(all(&some(1)), [Value::Option(None), some(0)]);
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(all(&text("é1")), [text(""), text("é"), text("1")]);
    }

    #[test]
    fn going_on_ends() {
        let mut value = Value::Map(vec![(Value::Int(-77), Value::Bytes(vec![1; 40]))]);
        let mut steps = 0;
        // The slowest way: always the value that is nearest.
        while let Some(next) = all(&value).pop() {
            value = next;
            steps += 1;
            assert!(steps < 200, "{value:?}");
        }
        assert_eq!(value, Value::Map(Vec::new()));
    }
}
