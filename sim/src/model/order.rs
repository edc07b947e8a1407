//! Values without the order in which their maps and sets were filled.

use pasc_vm::Value;

/// A value in which maps and sets stand in the order of their keys.
pub(super) fn sorted(value: &Value) -> Value {
    let all = |values: &[Value]| values.iter().map(sorted).collect::<Vec<_>>();
    match value {
        Value::Set(items) => {
            let mut items = all(items);
            items.sort();
            Value::Set(items)
        }
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (sorted(key), sorted(value)));
            let mut entries: Vec<(Value, Value)> = entries.collect();
            entries.sort();
            Value::Map(entries)
        }
        Value::List(items) => Value::List(all(items)),
        Value::Record(items) => Value::Record(all(items)),
        Value::Tuple(items) => Value::Tuple(all(items)),
        Value::Variant(index, items) => Value::Variant(*index, all(items)),
        Value::Option(Some(inner)) => Value::Option(Some(Box::new(sorted(inner)))),
        other => other.clone(),
    }
}
