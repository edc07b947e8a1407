//! Runtime errors in the words of the source.

use crate::error::{ErrorCode, RuntimeError};
use crate::frame;
use crate::harden::render;
use crate::isa::{Instruction, Word};
use crate::lane::Lane;
use crate::program::Program;
use crate::state::StateCopy;
use crate::types::{Type, TypeId};
use crate::value::Value;
use crate::wire;

/// An error in the words of the source.
pub(crate) fn describe(code: ErrorCode, lane: &mut Lane, copy: &StateCopy) -> RuntimeError {
    let error = lane.work.error_place;
    let program = lane.constants.program.clone();
    let debug = &program.debug;
    // Code without a place in the source is a part of what called it.
    let calls = lane.work.words.frames.returns();
    let mut places = [error.position]
        .into_iter()
        .chain(calls.into_iter().map(|after| after.saturating_sub(2)))
        .filter_map(|position| debug.span_at(position));
    let (start, _) = places.find(|(start, end)| start < end).unwrap_or((0, 0));
    let (line, column) = debug.line_and_column(start);
    let source_line = debug.line_at(start);
    let chosen = lane
        .chosen
        .and_then(|id| program.handlers.get(id.0 as usize));
    let handler = program
        .handler_at(error.position)
        .or(chosen)
        .map_or("", |handler| &handler.name);
    let [left, right] = error.operands;
    let (left_int, right_int) = (left.cast_signed(), right.cast_signed());
    let word = program
        .code
        .get(error.position as usize)
        .copied()
        .unwrap_or(0);
    let binary = |operator: &str| vec![format!("{left_int} {operator} {right_int}")];
    let values = match (code, Instruction::decode(Word(word))) {
        (ErrorCode::Overflow, Some(Instruction::Add { .. })) => binary("+"),
        (ErrorCode::Overflow, Some(Instruction::Sub { .. })) => binary("-"),
        (ErrorCode::Overflow, Some(Instruction::Mul { .. })) => binary("*"),
        (ErrorCode::Overflow, Some(Instruction::Neg { .. })) => vec![format!("-({left_int})")],
        (ErrorCode::Overflow, Some(Instruction::AddImm { value, .. })) => {
            vec![format!("{left_int} + {}", value.0)]
        }
        (ErrorCode::Overflow | ErrorCode::DivisionByZero, Some(Instruction::Div { .. })) => {
            binary("/")
        }
        (ErrorCode::Overflow | ErrorCode::DivisionByZero, Some(Instruction::Rem { .. })) => {
            binary("%")
        }
        (ErrorCode::MissingKey, Some(Instruction::MapAt { ty, .. })) => {
            let key = match program.types.get(ty) {
                Some(Type::Map { key, .. }) => *key,
                _ => TypeId(u32::MAX),
            };
            let value = render(lane, copy, key, right);
            let text =
                |value: Value| shortened(format!("key {}", value.display(&program.types, key)));
            value.map(text).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let message = describe_message(&program, &lane.frame);
    RuntimeError {
        code,
        handler: handler.to_owned(),
        place: format!("{}:{line}:{column}", debug.file_at(start)),
        source_line: source_line.trim().to_owned(),
        values,
        message: shortened(message),
        in_probe: false,
    }
}

/// A message in the words of the source, with its sender.
fn describe_message(program: &Program, frame: &[u8]) -> String {
    let Ok(frame) = frame::Frame::parse(frame) else {
        return String::new();
    };
    let message = program.find_fingerprint(frame.fingerprint);
    let Some(record) = message.and_then(|message| program.message_record(message)) else {
        return String::new();
    };
    match wire::decode_value(&program.types, record, frame.body) {
        Some(value) => {
            format!(
                "{} from {:?}",
                value.display(&program.types, record),
                frame.sender
            )
        }
        None => String::new(),
    }
}

/// How many characters of a message or value an error shows.
const MAX_SHOWN: usize = 400;

/// The text, cut if it is long: whoever sends large messages must not fill the logs.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_SHOWN) {
        text.truncate(end);
        text.push('…');
    }
    text
}
