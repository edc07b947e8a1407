//! What a test expected against what the process sent, field by field.

use pasc_vm::frame::Frame;
use pasc_vm::program::MessageId;
use pasc_vm::types::TypeId;
use pasc_vm::{Program, Value, wire};

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
        let (wanted, found) = (value_of(&values, index), found.get(index));
        // A probe that did not send the field is a difference too.
        if wanted.as_ref() != found || found.is_none() {
            let field = types.fields(record).get(index);
            let show = |value: Option<&Value>| match (value, field) {
                (Some(value), Some(field)) => value.display(types, field.ty),
                _ => "no value".to_owned(),
            };
            let name = field.map_or("", |field| &field.name);
            let (wanted, found) = (show(wanted.as_ref()), show(found));
            differences.push(format!("\n   = {name}: expected {wanted}, got {found}"));
        }
    }
    if let Some(to) = wanted.to
        && to != frame.destination
    {
        differences.push(format!(
            "\n   = to: expected {to:?}, got {:?}",
            frame.destination
        ));
    }
    if differences.is_empty() {
        Ok(())
    } else {
        Err(shown + &differences.concat())
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
