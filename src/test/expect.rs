//! What a test expected against what the process sent, field by field.

use pasc_vm::frame::Frame;
use pasc_vm::program::MessageId;
use pasc_vm::types::{Type, TypeId, TypeTable};
use pasc_vm::{Program, Value, wire};

/// The most differences between two messages that are shown.
const MAX_DIFFERENCES: usize = 8;

/// The output that a test expects.
pub(super) struct Wanted<'a> {
    pub(super) message: MessageId,
    /// A frame with the fields that matter; none of them does if there is no frame.
    pub(super) frame: Option<&'a [u8]>,
    /// The numbers of the fields that matter.
    pub(super) fields: &'a [usize],
    /// The receiver, if that matters.
    pub(super) to: Option<&'a str>,
}

/// Compares an output with what was expected. The error shows both and where they differ.
pub(super) fn compare(
    program: &Program,
    wanted: &Wanted,
    got: Option<&[u8]>,
) -> Result<(), String> {
    let types = &program.types;
    let record = program
        .message_record(wanted.message)
        .unwrap_or(TypeId(u32::MAX));
    let values = wanted
        .frame
        .and_then(|frame| decode(program, frame))
        .map(|found| found.1);
    let value_of = |values: &Option<Vec<Value>>, field: usize| {
        values
            .as_ref()
            .and_then(|values| values.get(field).cloned())
    };
    let expected = {
        let shown = wanted.fields.iter().filter_map(|&index| {
            let field = types.fields(record).get(index)?;
            let value = value_of(&values, index)?;
            Some(format!(
                "{}: {}",
                field.name,
                value.display(types, field.ty)
            ))
        });
        let shown: Vec<String> = shown.collect();
        let body = if shown.is_empty() {
            String::new()
        } else {
            format!(" {{ {} }}", shown.join(", "))
        };
        let to = wanted
            .to
            .map_or_else(String::new, |to| format!(" to {to:?}"));
        format!("{}{body}{to}", program.message_name(wanted.message))
    };
    let Some(got) = got else {
        return Err(format!("expected {expected}\n     got nothing"));
    };
    let shown = format!("expected {expected}\n     got {}", describe(program, got));
    let (frame, found) = match (Frame::parse(got), decode(program, got)) {
        (Ok(frame), Some((id, found))) if id == wanted.message => (frame, found),
        _ => return Err(shown),
    };
    let mut differences = Vec::new();
    for &index in wanted.fields {
        let found = (
            value_of(&values, index),
            found.get(index),
            types.fields(record).get(index),
        );
        match found {
            (Some(wanted), Some(found), Some(field)) => {
                let place = field.name.clone();
                differ(types, field.ty, (&wanted, found), place, &mut differences);
            }
            // A probe that did not send the field is a difference too.
            (_, _, field) => {
                let name = field.map_or("", |field| &field.name);
                differences.push(format!("{name}: no value"));
            }
        }
    }
    if let Some(to) = wanted.to
        && to != frame.destination
    {
        let got = frame.destination;
        differences.push(format!("to: expected {to:?}, got {got:?}"));
    }
    if differences.is_empty() {
        return Ok(());
    }
    let mut text = shown;
    for (index, difference) in differences.iter().enumerate() {
        if index == MAX_DIFFERENCES {
            let more = differences.len() - index;
            text += &format!("\n   = and {more} more");
            break;
        }
        text += &format!("\n   = {difference}");
    }
    Err(text)
}

/// Appends where two values of a type differ, as deep inside of them as that can be told.
fn differ(
    types: &TypeTable,
    ty: TypeId,
    (wanted, found): (&Value, &Value),
    place: String,
    out: &mut Vec<String>,
) {
    if wanted == found {
        return;
    }
    match (types.get(ty), wanted, found) {
        (Some(Type::Record { .. }), Value::Record(left), Value::Record(right)) => {
            for (field, pair) in types.fields(ty).iter().zip(left.iter().zip(right)) {
                let place = format!("{place}.{}", field.name);
                differ(types, field.ty, pair, place, out);
            }
        }
        (Some(Type::List { element }), Value::List(left), Value::List(right))
            if left.len() == right.len() =>
        {
            for (index, pair) in left.iter().zip(right).enumerate() {
                differ(types, *element, pair, format!("{place}[{index}]"), out);
            }
        }
        (Some(Type::Map { key, value }), Value::Map(left), Value::Map(right)) => {
            let named = |found: &Value| format!("{place}[{}]", found.display(types, *key));
            for (key, wanted) in left {
                match right.iter().find(|entry| entry.0 == *key) {
                    Some((_, found)) => differ(types, *value, (wanted, found), named(key), out),
                    None => out.push(format!(
                        "{}: expected {}, got no such key",
                        named(key),
                        wanted.display(types, *value)
                    )),
                }
            }
            for (key, found) in right
                .iter()
                .filter(|(key, _)| left.iter().all(|l| l.0 != *key))
            {
                let found = found.display(types, *value);
                out.push(format!("{}: expected no such key, got {found}", named(key)));
            }
        }
        _ => out.push(format!(
            "{place}: expected {}, got {}",
            wanted.display(types, ty),
            found.display(types, ty)
        )),
    }
}

/// An output in the words of the source.
pub(super) fn describe(program: &Program, bytes: &[u8]) -> String {
    match (Frame::parse(bytes), decode(program, bytes)) {
        (Ok(frame), Some((message, values))) => {
            let record = program.message_record(message).unwrap_or(TypeId(u32::MAX));
            let value = Value::Record(values).display(&program.types, record);
            format!("{value} to {:?}", frame.destination)
        }
        _ => "bytes that are no frame of this program".to_owned(),
    }
}

fn decode(program: &Program, bytes: &[u8]) -> Option<(MessageId, Vec<Value>)> {
    let frame = Frame::parse(bytes).ok()?;
    let message = program.find_fingerprint(frame.fingerprint)?;
    match wire::decode_value(&program.types, program.message_record(message)?, frame.body)? {
        Value::Record(values) => Some((message, values)),
        _ => None,
    }
}
