//! Tuples, options and enums as JSON.

use pasc_vm::Value;
use pasc_vm::types::{Type, TypeId, TypeTable};
use serde_json::Value as Json;

use super::separate;
use crate::near::did_you_mean;

/// Whether an option that holds values of the type names them, so that `null` stays clear.
fn is_named(types: &TypeTable, content: TypeId) -> bool {
    matches!(types.get(content), Some(Type::Option { .. }))
}

/// Appends the JSON of a value of such a type.
pub(super) fn write(types: &TypeTable, ty: TypeId, value: &Value, out: &mut String) {
    match (value, types.get(ty)) {
        (Value::Tuple(values), Some(Type::Tuple { elements })) => {
            write_values(types, elements, values, out);
        }
        (Value::Option(None), _) => out.push_str("null"),
        (Value::Option(Some(value)), Some(Type::Option { value: content })) => {
            let named = is_named(types, *content);
            out.push_str(if named { "{\"some\": " } else { "" });
            super::write(types, *content, value, out);
            out.push_str(if named { "}" } else { "" });
        }
        (Value::Variant(index, values), Some(Type::Enum { variants, .. })) => {
            let Some(variant) = variants.get(*index as usize) else {
                return;
            };
            if values.is_empty() {
                return super::quote(&variant.name, out);
            }
            out.push('{');
            super::quote(&variant.name, out);
            out.push_str(": ");
            write_values(types, &variant.fields, values, out);
            out.push('}');
        }
        _ => {}
    }
}

fn write_values(types: &TypeTable, of: &[TypeId], values: &[Value], out: &mut String) {
    out.push('[');
    for (index, (ty, value)) in of.iter().zip(values).enumerate() {
        separate(index, out);
        super::write(types, *ty, value, out);
    }
    out.push(']');
}

/// The value of such a type that `json` stands for; `None` if it has another shape.
pub(super) fn read(
    types: &TypeTable,
    ty: TypeId,
    json: &Json,
    place: &str,
) -> Option<Result<Value, String>> {
    match (types.get(ty)?, json) {
        (Type::Tuple { elements }, Json::Array(items)) => {
            let values = read_values(types, elements, items, place)?;
            Some(values.map(Value::Tuple))
        }
        (Type::Option { .. }, Json::Null) => Some(Ok(Value::Option(None))),
        (Type::Option { value: content }, _) => {
            let json = match (is_named(types, *content), json) {
                (false, json) => json,
                (true, Json::Object(object)) if object.len() == 1 => object.get("some")?,
                (true, _) => return None,
            };
            let value = super::read(types, *content, json, place);
            Some(value.map(|value| Value::Option(Some(value.into()))))
        }
        (Type::Enum { .. }, Json::String(name)) => Some(variant(types, ty, name, &[], place)),
        (Type::Enum { .. }, Json::Object(object)) if object.len() == 1 => {
            let (name, values) = object.iter().next()?;
            Some(variant(types, ty, name, values.as_array()?, place))
        }
        _ => None,
    }
}

fn variant(
    types: &TypeTable,
    ty: TypeId,
    name: &str,
    values: &[Json],
    place: &str,
) -> Result<Value, String> {
    let variants = types.variants(ty);
    let Some(index) = variants.iter().position(|variant| variant.name == name) else {
        let hint = did_you_mean(name, variants.iter().map(|variant| variant.name.as_str()));
        let of = types.name(ty);
        return Err(format!("{place}: {of} has no variant `{name}`{hint}"));
    };
    let fields = &variants[index].fields;
    match read_values(types, fields, values, &format!("{place}.{name}")) {
        Some(values) => Ok(Value::Variant(index as u32, values?)),
        None => Err(format!(
            "{place}: the variant `{name}` carries {} values, not {}",
            fields.len(),
            values.len()
        )),
    }
}

/// Values of these types, if there are as many.
fn read_values(
    types: &TypeTable,
    of: &[TypeId],
    items: &[Json],
    place: &str,
) -> Option<Result<Vec<Value>, String>> {
    let read = |(index, (ty, item)): (usize, (&TypeId, &Json))| {
        super::read(types, *ty, item, &format!("{place}[{index}]"))
    };
    let pairs = of.iter().zip(items).enumerate();
    (of.len() == items.len()).then(|| pairs.map(read).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
    use super::*;
    use pasc_vm::types::Variant;

    #[track_caller]
    fn assert_written(types: &TypeTable, ty: TypeId, value: &Value, expected: &str) {
        let mut text = String::new();
        super::super::write(types, ty, value, &mut text);
        assert_eq!(text, expected);
        let json = super::super::parse(&text).unwrap();
        assert_eq!(super::super::read(types, ty, &json, "x"), Ok(value.clone()));
    }

    #[test]
    fn options_tuples_and_variants_read_back_as_they_were_written() {
        let mut types = TypeTable::default();
        let [int, _, text] =
            [Type::Int, Type::Bool, Type::Text].map(|ty| types.intern(ty).unwrap());
        let option = types.intern(Type::Option { value: int }).unwrap();
        let nested = types.intern(Type::Option { value: option }).unwrap();
        let pair = types
            .intern(Type::Tuple {
                elements: vec![int, text],
            })
            .unwrap();
        let variant = |name: &str, fields: &[TypeId]| Variant {
            name: name.to_owned(),
            fields: fields.to_vec(),
        };
        let variants = vec![variant("Idle", &[]), variant("Busy", &[int, pair])];
        let name = "Work".to_owned();
        let work = types.intern(Type::Enum { name, variants }).unwrap();
        let some = |value: Value| Value::Option(Some(value.into()));
        assert_written(&types, option, &some(Value::Int(3)), "3");
        assert_written(&types, option, &Value::Option(None), "null");
        assert_written(
            &types,
            nested,
            &some(Value::Option(None)),
            "{\"some\": null}",
        );
        assert_written(&types, nested, &Value::Option(None), "null");
        let tuple = Value::Tuple(vec![Value::Int(1), Value::Text("a".to_owned())]);
        assert_written(&types, pair, &tuple, "[1, \"a\"]");
        assert_written(&types, work, &Value::Variant(0, vec![]), "\"Idle\"");
        let busy = Value::Variant(1, vec![Value::Int(2), tuple]);
        assert_written(&types, work, &busy, "{\"Busy\": [2, [1, \"a\"]]}");
    }
}
