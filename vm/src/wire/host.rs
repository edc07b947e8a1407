//! Bodies of frames from and to the values of a host.

use super::cursor::Cursor;
use crate::frame::MAX_ADDRESS_BYTES;
use crate::probe::tick;
use crate::types::{Kind, Type, TypeId, TypeTable};
use crate::value::Value;

/// The value of type `ty` that `body` encodes, all of it; `None` if it encodes none.
pub fn decode_value(types: &TypeTable, ty: TypeId, body: &[u8]) -> Option<Value> {
    let mut cursor = Cursor { rest: body };
    let value = value_from(types, ty, &mut cursor)?;
    cursor.rest.is_empty().then_some(value)
}

fn value_from(types: &TypeTable, ty: TypeId, cursor: &mut Cursor) -> Option<Value> {
    // A type that a fault made a part of itself has no end.
    tick().ok()?;
    Some(match types.get(ty)? {
        Type::Int => Value::Int(cursor.int()?),
        Type::Bool => Value::Bool(cursor.bool()?),
        Type::Bytes => Value::Bytes(cursor.string(Kind::Bytes)?.to_vec()),
        Type::Text => Value::Text(String::from_utf8(cursor.string(Kind::Text)?.to_vec()).ok()?),
        Type::Address => {
            Value::Address(String::from_utf8(cursor.string(Kind::Address)?.to_vec()).ok()?)
        }
        Type::Duration => Value::Duration(cursor.int()?),
        Type::List { element } => Value::List(items_from(types, *element, cursor, false)?),
        Type::Set { element } => Value::Set(items_from(types, *element, cursor, true)?),
        Type::Map { key, value } => {
            let mut entries: Vec<(Value, Value)> = Vec::new();
            for _ in 0..cursor.entries()? {
                let entry_key = value_from(types, *key, cursor)?;
                if entries.last().is_some_and(|last| last.0 >= entry_key) {
                    return None;
                }
                entries.push((entry_key, value_from(types, *value, cursor)?));
            }
            Value::Map(entries)
        }
        Type::Record { fields, .. } => Value::Record(
            fields
                .iter()
                .map(|field| value_from(types, field.ty, cursor))
                .collect::<Option<_>>()?,
        ),
        Type::Tuple { elements } => Value::Tuple(values_from(types, elements, cursor)?),
        Type::Option { value } => Value::Option(if cursor.bool()? {
            Some(value_from(types, *value, cursor)?.into())
        } else {
            None
        }),
        Type::Enum { variants, .. } => {
            let variant = cursor.variant(types, ty)?;
            let values = values_from(types, &variants.get(variant)?.fields, cursor)?;
            Value::Variant(variant as u32, values)
        }
    })
}

fn values_from(types: &TypeTable, of: &[TypeId], cursor: &mut Cursor) -> Option<Vec<Value>> {
    of.iter().map(|ty| value_from(types, *ty, cursor)).collect()
}

fn items_from(
    types: &TypeTable,
    element: TypeId,
    cursor: &mut Cursor,
    ascending: bool,
) -> Option<Vec<Value>> {
    let mut items: Vec<Value> = Vec::new();
    for _ in 0..cursor.entries()? {
        let item = value_from(types, element, cursor)?;
        if ascending && items.last().is_some_and(|last| *last >= item) {
            return None;
        }
        items.push(item);
    }
    Some(items)
}

/// Appends the bytes of a value of type `ty`. The error is a phrase for people.
pub fn encode_value(
    types: &TypeTable,
    ty: TypeId,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match (value, types.get(ty)) {
        (Value::Int(int), Some(Type::Int)) => out.extend(int.to_le_bytes()),
        (Value::Bool(bool), Some(Type::Bool)) => out.push(u8::from(*bool)),
        (Value::Text(text), Some(Type::Text)) => string_bytes(text.as_bytes(), out)?,
        (Value::Bytes(bytes), Some(Type::Bytes)) => string_bytes(bytes, out)?,
        (Value::Address(address), Some(Type::Address)) => {
            if address.len() > MAX_ADDRESS_BYTES {
                return Err(format!("an address has at most {MAX_ADDRESS_BYTES} bytes"));
            }
            string_bytes(address.as_bytes(), out)?;
        }
        (Value::Duration(micros), Some(Type::Duration)) => out.extend(micros.to_le_bytes()),
        (Value::List(items), Some(Type::List { element })) => {
            out.extend(length_bytes(items.len())?);
            for item in items {
                encode_value(types, *element, item, out)?;
            }
        }
        (Value::Set(items), Some(Type::Set { element })) => {
            let mut sorted: Vec<&Value> = items.iter().collect();
            sorted.sort();
            if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!(
                    "element {} stands twice",
                    twice[0].display(types, *element)
                ));
            }
            out.extend(length_bytes(sorted.len())?);
            for item in sorted {
                encode_value(types, *element, item, out)?;
            }
        }
        (Value::Map(entries), Some(Type::Map { key, value })) => {
            let mut sorted: Vec<&(Value, Value)> = entries.iter().collect();
            sorted.sort_by(|left, right| left.0.cmp(&right.0));
            if let Some(twice) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(format!(
                    "key {} stands twice",
                    twice[0].0.display(types, *key)
                ));
            }
            out.extend(length_bytes(sorted.len())?);
            for (entry_key, entry_value) in sorted {
                encode_value(types, *key, entry_key, out)?;
                encode_value(types, *value, entry_value, out)?;
            }
        }
        (Value::Record(values), Some(Type::Record { fields, .. }))
            if values.len() == fields.len() =>
        {
            for (field, value) in fields.iter().zip(values) {
                encode_value(types, field.ty, value, out)?;
            }
        }
        (Value::Tuple(values), Some(Type::Tuple { elements }))
            if values.len() == elements.len() =>
        {
            for (element, value) in elements.iter().zip(values) {
                encode_value(types, *element, value, out)?;
            }
        }
        (Value::Option(content), Some(Type::Option { value })) => {
            out.push(u8::from(content.is_some()));
            if let Some(content) = content {
                encode_value(types, *value, content, out)?;
            }
        }
        (Value::Variant(index, values), Some(Type::Enum { variants, .. })) => {
            let variant = variants.get(*index as usize);
            let Some(variant) = variant.filter(|it| it.fields.len() == values.len()) else {
                return Err(format!("the value is no {}", types.name(ty)));
            };
            out.push(*index as u8);
            for (field, value) in variant.fields.iter().zip(values) {
                encode_value(types, *field, value, out)?;
            }
        }
        _ => return Err(format!("the value is no {}", types.name(ty))),
    }
    Ok(())
}

fn length_bytes(length: usize) -> Result<[u8; 4], String> {
    let length = u32::try_from(length).map_err(|_| "more than 2^32 bytes or entries".to_owned())?;
    Ok(length.to_le_bytes())
}

fn string_bytes(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    out.extend(length_bytes(bytes.len())?);
    out.extend(bytes);
    Ok(())
}
