//! Values of the language as JSON, by type.
//!
//! | type | JSON |
//! | --- | --- |
//! | `int` | a number without point or exponent |
//! | `duration` | its microseconds, a number without point or exponent |
//! | `bool` | `true`, `false` |
//! | `text`, `address` | a string |
//! | `bytes` | a string where they are UTF-8, else `{"hex": "00ff"}`; both are read |
//! | `list` | an array |
//! | `set` | an array in the order of the wire |
//! | `map` with keys `int`, `bool`, `text`, `address` | an object, its keys in the order of the wire |
//! | other maps | an array of pairs `[key, value]` in the order of the wire |
//! | record | an object with all fields in the order of declaration |
//! | tuple | an array |
//! | `option` | `null` for none, else the value; one within another is `{"some": …}` |
//! | enum | the variant's name, or `{"Name": [values]}` if it carries some |
//!
//! Reading back what was written gives the same value. A key that stands twice is refused, where
//! other readers take the last.

mod parse;
mod variant;

pub use parse::parse;

use pasc_vm::Value;
use pasc_vm::types::{Type, TypeId, TypeTable};
use serde_json::Value as Json;
use std::fmt::Write;

use crate::near::did_you_mean;

/// Appends the JSON of a value of type `ty`.
pub fn write(types: &TypeTable, ty: TypeId, value: &Value, out: &mut String) {
    match value {
        // Writing to a String cannot fail.
        Value::Int(int) | Value::Duration(int) => drop(write!(out, "{int}")),
        Value::List(items) | Value::Set(items) => {
            let element = match types.get(ty) {
                Some(Type::List { element } | Type::Set { element }) => *element,
                _ => ty,
            };
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                write(types, element, item, out);
            }
            out.push(']');
        }
        Value::Bool(bool) => drop(write!(out, "{bool}")),
        Value::Text(text) | Value::Address(text) => quote(text, out),
        Value::Bytes(bytes) => match str::from_utf8(bytes) {
            Ok(text) => quote(text, out),
            Err(_) => drop(write!(out, "{{\"hex\": \"{}\"}}", hex(bytes))),
        },
        Value::Map(entries) => write_map(types, ty, entries, out),
        Value::Record(values) => {
            out.push('{');
            for (index, (field, value)) in types.fields(ty).iter().zip(values).enumerate() {
                separate(index, out);
                quote(&field.name, out);
                out.push_str(": ");
                write(types, field.ty, value, out);
            }
            out.push('}');
        }
        Value::Tuple(_) | Value::Option(_) | Value::Variant(..) => {
            variant::write(types, ty, value, out);
        }
    }
}

fn write_map(types: &TypeTable, ty: TypeId, entries: &[(Value, Value)], out: &mut String) {
    let (key_type, value_type) = match types.get(ty) {
        Some(Type::Map { key, value }) => (*key, *value),
        _ => (ty, ty),
    };
    let as_object = has_text_keys(types, key_type);
    out.push(if as_object { '{' } else { '[' });
    for (index, (key, value)) in entries.iter().enumerate() {
        separate(index, out);
        match key {
            _ if !as_object => {
                out.push('[');
                write(types, key_type, key, out);
                out.push_str(", ");
            }
            Value::Text(text) | Value::Address(text) => quote(text, out),
            Value::Int(int) => quote(&int.to_string(), out),
            Value::Bool(bool) => quote(&bool.to_string(), out),
            _ => quote("", out),
        }
        out.push_str(if as_object { ": " } else { "" });
        write(types, value_type, value, out);
        out.push_str(if as_object { "" } else { "]" });
    }
    out.push(if as_object { '}' } else { ']' });
}

fn separate(index: usize, out: &mut String) {
    out.push_str(if index == 0 { "" } else { ", " });
}

/// Whether maps with these keys are JSON objects.
fn has_text_keys(types: &TypeTable, key: TypeId) -> bool {
    matches!(
        types.get(key),
        Some(Type::Int | Type::Bool | Type::Text | Type::Address)
    )
}

/// Appends a JSON string.
pub fn quote(text: &str, out: &mut String) {
    out.push_str(&Json::from(text).to_string());
}

/// Two digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes that hexadecimal digits, two for each, stand for.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| Some((digit(pair[0])? << 4) | digit(*pair.get(1)?)?))
        .collect()
}

/// The value of type `ty` that `json` stands for. The error is a sentence that begins with `place`.
pub fn read(types: &TypeTable, ty: TypeId, json: &Json, place: &str) -> Result<Value, String> {
    let wrong = || {
        format!(
            "{place}: expected {}, found {}",
            types.name(ty),
            describe(json)
        )
    };
    match (types.get(ty), json) {
        (Some(number_type @ (Type::Int | Type::Duration)), Json::Number(number)) => {
            match number.as_i64() {
                Some(int) if *number_type == Type::Int => Ok(Value::Int(int)),
                Some(micros) => Ok(Value::Duration(micros)),
                None if number.is_u64() => Err(format!(
                    "{place}: {number} is outside of {}, which ends at {}",
                    types.name(ty),
                    i64::MAX
                )),
                None => Err(wrong()),
            }
        }
        (Some(Type::Bool), Json::Bool(bool)) => Ok(Value::Bool(*bool)),
        (Some(Type::Text), Json::String(text)) => Ok(Value::Text(text.clone())),
        (Some(Type::Address), Json::String(text)) => Ok(Value::Address(text.clone())),
        (Some(Type::Bytes), Json::String(text)) => Ok(Value::Bytes(text.as_bytes().to_vec())),
        (Some(Type::Bytes), Json::Object(object)) => {
            let digits = match object.get("hex") {
                Some(Json::String(digits)) if object.len() == 1 => digits,
                _ => {
                    return Err(format!(
                        "{place}: bytes are a string or {{\"hex\": \"00ff\"}}"
                    ));
                }
            };
            unhex(digits)
                .map(Value::Bytes)
                .ok_or_else(|| format!("{place}: `hex` holds an even number of digits 0-9, a-f"))
        }
        (Some(Type::List { element }), Json::Array(items)) => {
            Ok(Value::List(read_items(types, *element, items, place)?))
        }
        (Some(Type::Set { element }), Json::Array(items)) => {
            let mut items = read_items(types, *element, items, place)?;
            items.sort();
            match items.windows(2).find(|pair| pair[0] == pair[1]) {
                Some(pair) => {
                    let twice = pair[0].display(types, *element);
                    Err(format!("{place}: the element {twice} stands twice"))
                }
                None => Ok(Value::Set(items)),
            }
        }
        (Some(Type::Map { key, value }), _) => {
            read_map(types, (*key, *value), json, place).unwrap_or_else(|| Err(wrong()))
        }
        (Some(Type::Record { fields, .. }), Json::Object(object)) => {
            let names = || fields.iter().map(|field| field.name.as_str());
            if let Some(unknown) = object
                .keys()
                .find(|name| !names().any(|known| known == *name))
            {
                let hint = did_you_mean(unknown, names());
                let record = types.name(ty);
                return Err(format!("{place}: {record} has no field `{unknown}`{hint}"));
            }
            let values = fields.iter().map(|field| match object.get(&field.name) {
                Some(json) => read(types, field.ty, json, &format!("{place}.{}", field.name)),
                None => Err(format!("{place}: the field `{}` is missing", field.name)),
            });
            Ok(Value::Record(values.collect::<Result<_, _>>()?))
        }
        (Some(Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. }), _) => {
            variant::read(types, ty, json, place).unwrap_or_else(|| Err(wrong()))
        }
        _ => Err(wrong()),
    }
}

fn read_items(
    types: &TypeTable,
    element: TypeId,
    items: &[Json],
    place: &str,
) -> Result<Vec<Value>, String> {
    let item = |(index, item)| read(types, element, item, &format!("{place}[{index}]"));
    items.iter().enumerate().map(item).collect()
}

/// The map that an object or an array of pairs stands for; `None` if `json` is neither.
fn read_map(
    types: &TypeTable,
    (key_type, value_type): (TypeId, TypeId),
    json: &Json,
    place: &str,
) -> Option<Result<Value, String>> {
    let entry = |key: Value, value: &Json| {
        let place = format!("{place}[{}]", key.display(types, key_type));
        Ok((key, read(types, value_type, value, &place)?))
    };
    let entries: Result<Vec<(Value, Value)>, String> = match json {
        Json::Object(object) if has_text_keys(types, key_type) => object
            .iter()
            .map(|(text, value)| {
                let key = key_from_text(types, key_type, text).ok_or_else(|| {
                    let expected = types.name(key_type);
                    format!("{place}: the key {text:?} is no {expected}")
                })?;
                entry(key, value)
            })
            .collect(),
        Json::Array(pairs) if !has_text_keys(types, key_type) => pairs
            .iter()
            .map(|pair| match pair.as_array().map(Vec::as_slice) {
                Some([key, value]) => entry(
                    read(types, key_type, key, &format!("{place}, a key"))?,
                    value,
                ),
                _ => Err(format!(
                    "{place}: an entry of this map is an array [key, value]"
                )),
            })
            .collect(),
        _ => return None,
    };
    Some(entries.and_then(|mut entries| {
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        match entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => {
                let key = pair[0].0.display(types, key_type);
                Err(format!("{place}: the key {key} stands twice"))
            }
            None => Ok(Value::Map(entries)),
        }
    }))
}

/// The key that the name in an object stands for; only what `write` writes is read.
fn key_from_text(types: &TypeTable, ty: TypeId, text: &str) -> Option<Value> {
    match types.get(ty)? {
        Type::Text => Some(Value::Text(text.to_owned())),
        Type::Address => Some(Value::Address(text.to_owned())),
        Type::Bool => text.parse().ok().map(Value::Bool),
        Type::Int => {
            let int: i64 = text.parse().ok()?;
            (int.to_string() == text).then_some(Value::Int(int))
        }
        _ => None,
    }
}

/// A JSON value as an error names it.
pub fn describe(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(bool) => bool.to_string(),
        Json::Number(number) => format!("the number {number}"),
        Json::String(text) if text.chars().count() > 40 => {
            format!(
                "the string {:?}…",
                text.chars().take(40).collect::<String>()
            )
        }
        Json::String(text) => format!("the string {text:?}"),
        Json::Array(_) => "an array".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
    use super::*;
    use pasc_vm::types::Field;

    /// A table with a record `R { n: int, b: bytes }` and one type built on it or on the basic ones.
    fn table(build: impl Fn(TypeId, TypeId, TypeId) -> Type) -> (TypeTable, TypeId) {
        let mut types = TypeTable::default();
        let int = types.intern(Type::Int).unwrap();
        let bytes = types.intern(Type::Bytes).unwrap();
        let field = |name: &str, ty| Field {
            name: name.to_owned(),
            ty,
        };
        let fields = vec![field("n", int), field("b", bytes)];
        let record = types
            .intern(Type::Record {
                name: "R".to_owned(),
                fields,
            })
            .unwrap();
        let ty = types.intern(build(int, bytes, record)).unwrap();
        (types, ty)
    }

    /// Writes a value, checks the text, and reads it back.
    #[track_caller]
    fn assert_written((types, ty): &(TypeTable, TypeId), value: &Value, expected: &str) {
        let mut text = String::new();
        write(types, *ty, value, &mut text);
        assert_eq!(text, expected);
        assert_eq!(
            read(types, *ty, &parse(&text).unwrap(), "v").as_ref(),
            Ok(value)
        );
    }

    #[track_caller]
    fn assert_refused((types, ty): &(TypeTable, TypeId), text: &str, expected: &str) {
        let refused = read(types, *ty, &parse(text).unwrap(), "v").unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }

    #[test]
    fn integers_keep_every_digit() {
        let int = table(|_, _, _| Type::Int);
        assert_written(&int, &Value::Int(i64::MIN), "-9223372036854775808");
        assert_written(&int, &Value::Int(i64::MAX), "9223372036854775807");
        for text in [
            "9223372036854775808",
            "1e3",
            "1.0",
            "-9223372036854775809",
            "\"1\"",
            "true",
        ] {
            assert_refused(&int, text, "v: ");
        }
    }

    #[test]
    fn bytes_are_text_where_they_are_text() {
        let bytes = table(|_, _, _| Type::Bytes);
        for (value, text) in [
            (&b""[..], "\"\""),
            (b"a\"\\\n\0", r#""a\"\\\n\u0000""#),
            ("größer".as_bytes(), "\"größer\""),
            (b"\x00\xff", "{\"hex\": \"00ff\"}"),
            (b"{\"hex\": \"00\"}", r#""{\"hex\": \"00\"}""#),
        ] {
            assert_written(&bytes, &Value::Bytes(value.to_vec()), text);
        }
        assert_refused(&bytes, r#"{"hex": "00", "x": 1}"#, "bytes are a string or");
        assert_refused(&bytes, r#"{"hex": "+1"}"#, "an even number of digits");
    }

    #[test]
    fn maps_with_keys_that_are_no_text_are_pairs() {
        let by_record = table(|int, _, record| Type::Map {
            key: record,
            value: int,
        });
        let key = |n, b: &[u8]| Value::Record(vec![Value::Int(n), Value::Bytes(b.to_vec())]);
        let entries = vec![
            (key(1, b"a"), Value::Int(5)),
            (key(1, b"\xff"), Value::Int(6)),
        ];
        let text = r#"[[{"n": 1, "b": "a"}, 5], [{"n": 1, "b": {"hex": "ff"}}, 6]]"#;
        assert_written(&by_record, &Value::Map(entries), text);
        let twice = r#"[[{"n": 1, "b": "a"}, 5], [{"b": "a", "n": 1}, 6]]"#;
        assert_refused(&by_record, twice, "stands twice");
        assert_refused(&by_record, "[[1]]", "an array [key, value]");
        assert_refused(&by_record, "{}", "expected map<R, int>, found an object");
    }

    #[test]
    fn maps_with_keys_that_are_text_are_objects() {
        let by_int = table(|int, bytes, _| Type::Map {
            key: int,
            value: bytes,
        });
        let entry = |n| (Value::Int(n), Value::Bytes(Vec::new()));
        let entries = vec![entry(-1), entry(2), entry(10)];
        assert_written(
            &by_int,
            &Value::Map(entries.clone()),
            r#"{"-1": "", "2": "", "10": ""}"#,
        );
        let any_order = parse(r#"{"10": "", "-1": "", "2": ""}"#).unwrap();
        assert_eq!(
            read(&by_int.0, by_int.1, &any_order, "v"),
            Ok(Value::Map(entries))
        );
        for key in ["+1", "01", "-0", " 1", "", "1.0", "9223372036854775808"] {
            assert_refused(&by_int, &format!("{{\"{key}\": \"\"}}"), "is no int");
        }
    }

    #[test]
    fn lists_keep_their_order_and_sets_have_one() {
        let list = table(|int, _, _| Type::List { element: int });
        let items = vec![Value::Int(2), Value::Int(1), Value::Int(2)];
        assert_written(&list, &Value::List(items), "[2, 1, 2]");
        assert_refused(&list, "[1, true]", "v[1]: expected int, found true");
        let set = table(|int, _, _| Type::Set { element: int });
        assert_written(
            &set,
            &Value::Set(vec![Value::Int(1), Value::Int(2)]),
            "[1, 2]",
        );
        let any_order = parse("[2, 1]").unwrap();
        let expected = Value::Set(vec![Value::Int(1), Value::Int(2)]);
        assert_eq!(read(&set.0, set.1, &any_order, "v"), Ok(expected));
        assert_refused(&set, "[1, 1]", "the element 1 stands twice");
    }

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        assert_eq!(unhex("00fF"), Some(vec![0, 255]));
        assert_eq!(unhex(""), Some(Vec::new()));
        for text in ["0", "0g", "é", "+1", " 0", "0x"] {
            assert_eq!(unhex(text), None, "{text}");
        }
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }
}
