//! Runtime errors in the words of the source.

use crate::error::{ErrorCode, RuntimeError};
use crate::frame;
use crate::harden::render;
use crate::isa::{Instruction, Reg, Word};
use crate::lane::Lane;
use crate::memory::Single;
use crate::native::{Native, NativeType};
use crate::probe::copied;
use crate::program::Program;
use crate::state::StateCopy;
use crate::types::{Type, TypeId};
use crate::value::Value;
use crate::wire;

/// An error in the words of the source.
pub(crate) fn describe(code: ErrorCode, lane: &mut Lane, copy: &StateCopy) -> RuntimeError {
    let error = lane.work.error_place;
    let program = lane.constants.program.clone();
    copied!(program);
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
        (ErrorCode::Overflow, Some(Instruction::JumpNextLt { .. })) => {
            vec![format!("{left_int} + 1")]
        }
        (ErrorCode::Overflow, Some(Instruction::MulImm { value, .. })) => {
            vec![format!("{left_int} * {}", value.0)]
        }
        (
            ErrorCode::Overflow | ErrorCode::DivisionByZero,
            Some(Instruction::DivImm { value, .. }),
        ) => vec![format!("{left_int} / {}", value.0)],
        (
            ErrorCode::Overflow | ErrorCode::DivisionByZero,
            Some(Instruction::RemImm { value, .. }),
        ) => vec![format!("{left_int} % {}", value.0)],
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
        (_, Some(instruction)) => arguments(code, instruction, lane, copy),
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

/// The indices, lengths and numbers that an instruction does not take.
fn arguments(
    code: ErrorCode,
    instruction: Instruction,
    lane: &mut Lane,
    copy: &StateCopy,
) -> Vec<String> {
    use Instruction as I;
    let word = |register: Reg| lane.registers[usize::from(register.0)];
    let int = |register: Reg| word(register).cast_signed();
    let index = |register: Reg| format!("index {}", int(register));
    let range = |from: Reg, to: Reg| format!("range {}..{}", int(from), int(to));
    // What has a length: a list, or bytes; or a place that holds a list.
    let (list, bytes, place, mut shown) = match (code, instruction) {
        (
            ErrorCode::IndexOutOfRange,
            I::ListAt {
                list, index: at, ..
            }
            | I::ListLoad {
                list, index: at, ..
            },
        ) => (Some(word(list)), None, None, vec![index(at)]),
        (ErrorCode::IndexOutOfRange, I::ListSlice { list, from, to, .. }) => {
            (Some(word(list)), None, None, vec![range(from, to)])
        }
        (
            ErrorCode::IndexOutOfRange,
            I::ListInsert {
                place, index: at, ..
            }
            | I::ListLoadIn {
                place, index: at, ..
            }
            | I::ListStoreIn {
                place, index: at, ..
            }
            | I::ListRemove {
                place, index: at, ..
            },
        ) => (None, None, Some(word(place)), vec![index(at)]),
        (ErrorCode::IndexOutOfRange, I::ListTruncate { length, .. }) => {
            return vec![format!("length {}", int(length))];
        }
        (ErrorCode::IndexOutOfRange, I::ByteAt { src, index: at, .. }) => {
            (None, Some(word(src)), None, vec![index(at)])
        }
        (
            ErrorCode::IndexOutOfRange,
            I::Native {
                first,
                second,
                third,
                which,
                ..
            },
        ) => {
            let known = Native::from_number(which.0);
            let takes_range = known.is_some_and(|native| native.arguments().len() > 2);
            let asked = if takes_range {
                range(second, third)
            } else {
                index(second)
            };
            (None, Some(word(first)), None, vec![asked])
        }
        (
            ErrorCode::BadArgument | ErrorCode::DoesNotFit,
            I::Native {
                first,
                second,
                third,
                which,
                ..
            },
        ) => {
            let known = Native::from_number(which.0);
            let taken = known.map_or(&[][..], |native| native.arguments());
            let ints = taken.iter().zip([first, second, third]);
            let ints = ints.filter(|(ty, _)| **ty == NativeType::Int);
            let shown: Vec<String> = ints
                .map(|(_, register)| int(register).to_string())
                .collect();
            let plural = if shown.len() == 1 {
                "argument"
            } else {
                "arguments"
            };
            return vec![format!("{plural} {}", shown.join(", "))];
        }
        _ => return Vec::new(),
    };
    let memory = lane.memory::<Single>(copy, copy);
    let list = list.or_else(|| memory.read(place?).ok());
    let length = match (list, bytes) {
        (Some(list), _) => memory.list_len(list).ok(),
        (None, Some(bytes)) => memory.bytes_len(bytes).ok(),
        (None, None) => None,
    };
    shown.extend(length.map(|length| format!("length {length}")));
    shown
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
