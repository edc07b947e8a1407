//! Typed values as hosts see them: parameters, fields of messages, the state in a listing.
//!
//! The machine itself never handles these; it works on words. [`crate::wire`] turns them into the
//! bytes of a frame and back.

use crate::types::{MAX_TYPE_DEPTH, Type, TypeId, TypeTable};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// A value of one of the language's types. The order is the language's `<`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<Token>", into = "Vec<Token>")]
pub enum Value {
    /// `int`
    Int(i64),
    /// `bool`
    Bool(bool),
    /// `text`
    Text(String),
    /// `bytes`
    Bytes(Vec<u8>),
    /// `address`: at most [`crate::frame::MAX_ADDRESS_BYTES`] bytes
    Address(String),
    /// `duration`: microseconds
    Duration(i64),
    /// `list`
    List(Vec<Value>),
    /// `set`: its elements; on the wire sorted, each once
    Set(Vec<Value>),
    /// `map`: keys and values; on the wire sorted by key, each key once
    Map(Vec<(Value, Value)>),
    /// A record: its fields in the order of declaration
    Record(Vec<Value>),
    /// A tuple
    Tuple(Vec<Value>),
    /// `option`
    Option(Option<Box<Value>>),
    /// A value of an enum: the number of the variant, and what it carries
    Variant(u32, Vec<Value>),
}

impl Value {
    /// The value that a place of the type holds before anything was written to it.
    pub fn empty(types: &TypeTable, ty: TypeId) -> Value {
        match types.get(ty) {
            Some(Type::Int) | None => Value::Int(0),
            Some(Type::Bool) => Value::Bool(false),
            Some(Type::Text) => Value::Text(String::new()),
            Some(Type::Bytes) => Value::Bytes(Vec::new()),
            Some(Type::Address) => Value::Address(String::new()),
            Some(Type::Duration) => Value::Duration(0),
            Some(Type::List { .. }) => Value::List(Vec::new()),
            Some(Type::Set { .. }) => Value::Set(Vec::new()),
            Some(Type::Map { .. }) => Value::Map(Vec::new()),
            Some(Type::Record { fields, .. }) => Value::Record(
                fields
                    .iter()
                    .map(|field| Value::empty(types, field.ty))
                    .collect(),
            ),
            Some(Type::Tuple { elements }) => Value::Tuple(empty_values(types, elements)),
            Some(Type::Option { .. }) => Value::Option(None),
            Some(Type::Enum { variants, .. }) => {
                let fields = variants.first().map_or(&[][..], |variant| &variant.fields);
                Value::Variant(0, empty_values(types, fields))
            }
        }
    }

    /// Whether the value has the type; texts and map order are not looked into.
    pub fn has_type(&self, types: &TypeTable, ty: TypeId) -> bool {
        match (self, types.get(ty)) {
            (Value::Int(_), Some(Type::Int))
            | (Value::Bool(_), Some(Type::Bool))
            | (Value::Text(_), Some(Type::Text))
            | (Value::Bytes(_), Some(Type::Bytes))
            | (Value::Address(_), Some(Type::Address))
            | (Value::Duration(_), Some(Type::Duration)) => true,
            (Value::List(items), Some(Type::List { element }))
            | (Value::Set(items), Some(Type::Set { element })) => {
                items.iter().all(|item| item.has_type(types, *element))
            }
            (Value::Map(entries), Some(Type::Map { key, value })) => entries
                .iter()
                .all(|entry| entry.0.has_type(types, *key) && entry.1.has_type(types, *value)),
            (Value::Record(values), Some(Type::Record { fields, .. })) => {
                values.len() == fields.len()
                    && values
                        .iter()
                        .zip(fields)
                        .all(|(value, field)| value.has_type(types, field.ty))
            }
            (Value::Tuple(values), Some(Type::Tuple { elements })) => {
                have_types(types, values, elements)
            }
            (Value::Option(content), Some(Type::Option { value })) => content
                .as_ref()
                .is_none_or(|content| content.has_type(types, *value)),
            (Value::Variant(index, values), Some(Type::Enum { variants, .. })) => variants
                .get(*index as usize)
                .is_some_and(|variant| have_types(types, values, &variant.fields)),
            _ => false,
        }
    }

    /// The value as it is written in source, for example `Vote { ballot: 7, value: b"x" }`.
    pub fn display(&self, types: &TypeTable, ty: TypeId) -> String {
        let mut out = String::new();
        self.write(types, ty, &mut out);
        out
    }

    fn write(&self, types: &TypeTable, ty: TypeId, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Value::Int(value) => write!(out, "{value}"),
            Value::Bool(value) => write!(out, "{value}"),
            Value::Text(text) | Value::Address(text) => write!(out, "{text:?}"),
            Value::Bytes(bytes) => write!(out, "b\"{}\"", bytes.escape_ascii()),
            Value::Duration(micros) => write!(out, "{micros}us"),
            Value::List(items) | Value::Set(items) => {
                let (element, ends) = match types.get(ty) {
                    Some(Type::Set { element }) => (*element, ["{", "}"]),
                    Some(Type::List { element }) => (*element, ["[", "]"]),
                    _ => (ty, ["[", "]"]),
                };
                out.push_str(ends[0]);
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { ", " });
                    item.write(types, element, out);
                }
                out.push_str(ends[1]);
                Ok(())
            }
            Value::Map(entries) => {
                let inner = match types.get(ty) {
                    Some(Type::Map { key, value }) => (*key, *value),
                    _ => (ty, ty),
                };
                out.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { ", " });
                    key.write(types, inner.0, out);
                    out.push_str(": ");
                    value.write(types, inner.1, out);
                }
                out.push('}');
                Ok(())
            }
            Value::Record(values) => {
                out.push_str(&types.name(ty));
                for (index, (field, value)) in types.fields(ty).iter().zip(values).enumerate() {
                    out.push_str(if index == 0 { " { " } else { ", " });
                    out.push_str(&field.name);
                    out.push_str(": ");
                    value.write(types, field.ty, out);
                }
                out.push_str(if values.is_empty() { " {}" } else { " }" });
                Ok(())
            }
            Value::Tuple(values) => {
                let elements = types.fields(ty).iter().map(|field| field.ty);
                write_list(types, elements, values, out);
                Ok(())
            }
            Value::Option(None) => {
                out.push_str("none");
                Ok(())
            }
            Value::Option(Some(value)) => {
                let content = match types.get(ty) {
                    Some(Type::Option { value }) => *value,
                    _ => ty,
                };
                out.push_str("some(");
                value.write(types, content, out);
                out.push(')');
                Ok(())
            }
            Value::Variant(index, values) => {
                let _ = write!(out, "{}.", types.name(ty));
                if let Some(variant) = types.variants(ty).get(*index as usize) {
                    out.push_str(&variant.name);
                    if !values.is_empty() {
                        write_list(types, variant.fields.iter().copied(), values, out);
                    }
                }
                Ok(())
            }
        };
    }
}

fn empty_values(types: &TypeTable, of: &[TypeId]) -> Vec<Value> {
    of.iter().map(|ty| Value::empty(types, *ty)).collect()
}

fn have_types(types: &TypeTable, values: &[Value], expected: &[TypeId]) -> bool {
    let mut pairs = values.iter().zip(expected);
    values.len() == expected.len() && pairs.all(|(value, ty)| value.has_type(types, *ty))
}

/// Values in parentheses.
fn write_list(
    types: &TypeTable,
    of: impl Iterator<Item = TypeId>,
    values: &[Value],
    out: &mut String,
) {
    for (index, (ty, value)) in of.zip(values).enumerate() {
        out.push_str(if index == 0 { "(" } else { ", " });
        value.write(types, ty, out);
    }
    out.push(')');
}

/// A value in files: its parts in a row, so that no file can nest deeper than types can.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Token {
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    Address(String),
    Duration(i64),
    /// So many elements follow.
    List(u32),
    /// So many elements follow.
    Set(u32),
    /// So many entries follow: key, value, key, value.
    Map(u32),
    /// So many fields follow.
    Record(u32),
    /// So many elements follow.
    Tuple(u32),
    None,
    /// The value follows.
    Some,
    /// A variant's number; so many values follow.
    Variant(u32, u32),
}

impl From<Value> for Vec<Token> {
    fn from(value: Value) -> Vec<Token> {
        let mut tokens = Vec::new();
        flatten(value, &mut tokens);
        tokens
    }
}

fn flatten(value: Value, tokens: &mut Vec<Token>) {
    match value {
        Value::Int(int) => tokens.push(Token::Int(int)),
        Value::Bool(bool) => tokens.push(Token::Bool(bool)),
        Value::Text(text) => tokens.push(Token::Text(text)),
        Value::Bytes(bytes) => tokens.push(Token::Bytes(bytes)),
        Value::Address(address) => tokens.push(Token::Address(address)),
        Value::Duration(micros) => tokens.push(Token::Duration(micros)),
        Value::List(items) => {
            tokens.push(Token::List(items.len() as u32));
            items.into_iter().for_each(|item| flatten(item, tokens));
        }
        Value::Set(items) => {
            tokens.push(Token::Set(items.len() as u32));
            items.into_iter().for_each(|item| flatten(item, tokens));
        }
        Value::Map(entries) => {
            tokens.push(Token::Map(entries.len() as u32));
            for (key, value) in entries {
                flatten(key, tokens);
                flatten(value, tokens);
            }
        }
        Value::Record(fields) => {
            tokens.push(Token::Record(fields.len() as u32));
            fields.into_iter().for_each(|field| flatten(field, tokens));
        }
        Value::Tuple(items) => {
            tokens.push(Token::Tuple(items.len() as u32));
            items.into_iter().for_each(|item| flatten(item, tokens));
        }
        Value::Option(None) => tokens.push(Token::None),
        Value::Option(Some(value)) => {
            tokens.push(Token::Some);
            flatten(*value, tokens);
        }
        Value::Variant(index, values) => {
            tokens.push(Token::Variant(index, values.len() as u32));
            values.into_iter().for_each(|value| flatten(value, tokens));
        }
    }
}

impl TryFrom<Vec<Token>> for Value {
    type Error = String;

    fn try_from(tokens: Vec<Token>) -> Result<Value, String> {
        let mut tokens = tokens.into_iter();
        let value = gather(&mut tokens, MAX_TYPE_DEPTH).ok_or("a value is cut or too deep")?;
        if tokens.next().is_some() {
            Err("a value has too many parts".to_owned())
        } else {
            Ok(value)
        }
    }
}

fn gather(tokens: &mut impl Iterator<Item = Token>, depth: u32) -> Option<Value> {
    let inner = depth.checked_sub(1)?;
    Some(match tokens.next()? {
        Token::Int(int) => Value::Int(int),
        Token::Bool(bool) => Value::Bool(bool),
        Token::Text(text) => Value::Text(text),
        Token::Bytes(bytes) => Value::Bytes(bytes),
        Token::Address(address) => Value::Address(address),
        Token::Duration(micros) => Value::Duration(micros),
        Token::List(count) => Value::List(gather_items(tokens, count, inner)?),
        Token::Set(count) => Value::Set(gather_items(tokens, count, inner)?),
        Token::Map(count) => Value::Map(
            (0..count)
                .map(|_| Some((gather(tokens, inner)?, gather(tokens, inner)?)))
                .collect::<Option<_>>()?,
        ),
        Token::Record(count) => Value::Record(gather_items(tokens, count, inner)?),
        Token::Tuple(count) => Value::Tuple(gather_items(tokens, count, inner)?),
        Token::None => Value::Option(None),
        Token::Some => Value::Option(Some(gather(tokens, inner)?.into())),
        Token::Variant(index, count) => Value::Variant(index, gather_items(tokens, count, inner)?),
    })
}

fn gather_items(
    tokens: &mut impl Iterator<Item = Token>,
    count: u32,
    depth: u32,
) -> Option<Vec<Value>> {
    (0..count).map(|_| gather(tokens, depth)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_in_files_nest_as_deep_as_types_and_no_deeper() {
        let nested = |depth: u32| {
            (1..depth).fold(Value::Int(7), |value, _| {
                Value::Record(vec![value, Value::Bool(true)])
            })
        };
        let round_trip = |value: &Value| -> Result<Value, postcard::Error> {
            postcard::from_bytes(&postcard::to_stdvec(value).unwrap())
        };
        let deepest = nested(MAX_TYPE_DEPTH);
        assert_eq!(round_trip(&deepest), Ok(deepest));
        assert!(round_trip(&nested(MAX_TYPE_DEPTH + 1)).is_err());
        assert!(
            postcard::from_bytes::<Value>(&[0]).is_err(),
            "no part at all"
        );
    }
}
