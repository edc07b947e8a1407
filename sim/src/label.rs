//! Messages and timers as people read them in logs and charts.

use crate::cluster::Cluster;
use pasc_traces::json;
use pasc_vm::frame::Frame;
use pasc_vm::timer::Order;
use pasc_vm::types::{TypeId, TypeTable};
use pasc_vm::{Program, Value, wire};

/// The most characters of a label.
const MOST: usize = 100;

/// A message: its name and fields.
pub(crate) fn message(cluster: &Cluster, bytes: &[u8]) -> String {
    let Ok(frame) = Frame::parse(bytes) else {
        return "a damaged frame".to_owned();
    };
    let find = |kind: &crate::cluster::KindOf| of_program(&kind.program, &frame);
    cluster
        .kinds
        .iter()
        .find_map(find)
        .unwrap_or_else(|| "an unknown message".to_owned())
}

fn of_program(program: &Program, frame: &Frame) -> Option<String> {
    let types = &program.types;
    let known = |message: &&pasc_vm::program::MessageSchema| {
        types.fingerprint(message.record) == frame.fingerprint
    };
    let record = program.messages.iter().find(known)?.record;
    let value = wire::decode_value(types, record, frame.body)?;
    let mut text = types.name(record) + " ";
    json::write(types, record, &value, &mut text);
    Some(shorten(text))
}

/// A timer: its name and key.
pub(crate) fn timer(program: &Program, bytes: &[u8]) -> String {
    let Ok((order, key)) = Order::parse(bytes) else {
        return "a damaged order".to_owned();
    };
    let Some(schema) = program.timers.get(order.timer.0 as usize) else {
        return "an unknown timer".to_owned();
    };
    let mut text = schema.name.clone();
    if let Some(value) = wire::decode_value(&program.types, schema.key, key)
        && !key.is_empty()
    {
        text.push(' ');
        json::write(&program.types, schema.key, &value, &mut text);
    }
    shorten(text)
}

/// Variables with their names, types and values.
pub(crate) fn variables<'v>(
    types: &TypeTable,
    variables: impl Iterator<Item = ((&'v str, TypeId), &'v Value)>,
) -> String {
    let mut text = String::new();
    for ((name, ty), value) in variables {
        let comma = if text.is_empty() { "" } else { ", " };
        text.extend([comma, name, ": "]);
        json::write(types, ty, value, &mut text);
    }
    shorten(text)
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => text[..end].to_owned() + "…",
        None => text,
    }
}
