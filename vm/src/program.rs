//! A program: what the compiler makes and the machine runs.
//!
//! In: tables from the compiler, or the bytes of a program file. Out: [`Program`]. Nothing in it is
//! trusted before [`crate::verify`] has seen it.

use crate::isa::{FixedOffset, StateOffset, Target};
use crate::probe::touch;
use crate::types::{Type, TypeId, TypeTable};
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// A message of a program: an index into [`Program::messages`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct MessageId(pub u32);

/// A timer of a program: an index into [`Program::timers`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct TimerId(pub u32);

/// A handler of a program: an index into [`Program::handlers`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct HandlerId(pub u32);

/// A checked program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Program {
    /// The name, by default that of the source file.
    pub name: String,
    /// All types.
    pub types: TypeTable,
    /// The record type that holds the parameters, in the order of [`Program::params`].
    pub params_record: TypeId,
    /// The parameters.
    pub params: Vec<Param>,
    /// The record type that holds the state; it lies at [`crate::state::ROOT`].
    pub state_record: TypeId,
    /// The messages that the program knows, received or sent.
    pub messages: Vec<MessageSchema>,
    /// The timers.
    pub timers: Vec<TimerSchema>,
    /// The handlers. Several for one message are tried in this order.
    pub handlers: Vec<Handler>,
    /// The functions that handlers and functions call.
    pub functions: Vec<Function>,
    /// The constants of the fixed area, after the parameters.
    pub constants: Vec<u64>,
    /// The code, all handlers in one sequence of words.
    pub code: Vec<u64>,
    /// What listings and error messages need and the machine does not.
    pub debug: Debug,
}

/// A parameter of the process.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// The value if the host gives none.
    pub default: Option<Value>,
}

/// A message type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageSchema {
    /// The record type with the message's name and fields. Its fingerprint stands in frames.
    pub record: TypeId,
}

/// A timer. What is set lies in a variable of the state, a map from keys to records of two words:
/// `deadline: duration, generation: int`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimerSchema {
    /// Its name in the source.
    pub name: String,
    /// The type of its keys: a record without fields if it has none.
    pub key: TypeId,
    /// The index of its variable among the fields of [`Program::state_record`].
    pub variable: u32,
}

/// When a handler runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum HandlerKind {
    /// Once, when the process is created: it gives the state its initial values.
    Init,
    /// When a message of this type arrives and the guard holds.
    Message(MessageId),
    /// When the timer fires. It has no guard; `Message` gives the key.
    Timer(TimerId),
    /// Once, when the host says that the process begins to work. It has no guard.
    Start,
    /// After each message where invariants are checked; its result is a `bool`.
    Invariant,
    /// On request of a test: sends a message, or results in a `bool`.
    Probe,
}

/// A handler.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Handler {
    /// The name in listings and errors: the message's, the invariant's.
    pub name: String,
    /// When it runs.
    pub kind: HandlerKind,
    /// The code of the guard; it ends in `Result` of a `bool`.
    pub guard: Option<Region>,
    /// The code of the body; it ends in `Halt`, or in `Result` for invariants and probes.
    pub body: Region,
    /// How many registers guard and body use, counted from register 0.
    pub registers: u16,
}

/// A function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Function {
    /// The name in listings.
    pub name: String,
    /// What registers hold when it is entered, from register 0 on.
    pub params: Vec<FunctionParam>,
    /// The type of its value, if it has one.
    pub result: Option<TypeId>,
    /// Its code; it ends in `Return`, or in `Leave` without a value.
    pub region: Region,
    /// How many registers it and the functions that it calls use, counted from register 0.
    pub registers: u16,
    /// What it, or a function that it calls, may do.
    pub effects: Effects,
}

/// A parameter of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FunctionParam {
    /// Its type.
    pub ty: TypeId,
    /// The register holds the address of a place, which the function may change.
    pub changeable: bool,
}

/// What a function may do besides computing a value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Effects {
    /// The variables of the state that it may change, ascending.
    pub writes: Vec<u32>,
    /// It may change the state, draw random numbers or set timers.
    pub acts: bool,
    /// It may send and set timers.
    pub sends: bool,
    /// It asks for the sender, so a message must be there.
    pub has_sender: bool,
}

/// A range of the code that control enters at its start and does not leave but by `Halt` or `Result`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Region {
    /// The position of its first word, which starts a block.
    pub start: Target,
    /// The position after its last word.
    pub end: Target,
}

/// Where code comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Debug {
    /// The name of the source file, without folders.
    pub source_name: String,
    /// The source text, with that of the files that it uses behind.
    pub source_text: String,
    /// The files that it uses, by where they begin, ascending.
    pub modules: Vec<DebugModule>,
    /// The places in the source, by position in the code, ascending; each holds up to the next.
    pub spans: Vec<CodeSpan>,
    /// Names of registers, for listings.
    pub names: Vec<RegisterName>,
}

/// A file within the source text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DebugModule {
    /// The name of the file, as it is used.
    pub name: String,
    /// The byte of the source text at which it begins.
    pub start: u32,
}

/// The source of the code from one position on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CodeSpan {
    /// The position in the code.
    pub position: u32,
    /// The first byte of the source text.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// A register holds a named value over a range of the code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RegisterName {
    /// The register.
    pub register: u8,
    /// The first position in the code where the name holds.
    pub start: u32,
    /// The position after the last.
    pub end: u32,
    /// The name in the source.
    pub name: String,
}

impl Program {
    /// A copy in which all that is not part of the [`Program::identity`] is made anew from what is. None if the
    /// types do not follow on each other, as after damage.
    pub(crate) fn rebuilt(&self) -> Option<Program> {
        let types: Vec<Type> = self.types.types.iter().cloned().collect();
        Some(Program {
            types: TypeTable::try_from(types).ok()?,
            ..self.clone()
        })
    }

    /// The position in the fixed area of a parameter.
    pub fn param_offset(&self, index: usize) -> FixedOffset {
        FixedOffset(FIXED_START + self.types.field_offset(self.params_record, index))
    }

    /// The position in the fixed area of the first constant.
    pub fn constants_offset(&self) -> FixedOffset {
        constants_offset(&self.types, self.params_record)
    }

    /// The address of a variable of the state.
    pub fn state_offset(&self, index: usize) -> StateOffset {
        state_offset(&self.types, self.state_record, index)
    }

    /// A hash over everything but [`Program::debug`]: programs with the same identity have the same
    /// state layout and behave alike.
    pub fn identity(&self) -> u64 {
        let Program {
            name,
            types,
            params_record,
            params,
            state_record,
            messages,
            timers,
            handlers,
            functions,
            constants,
            code,
            debug: _,
        } = self;
        // Encoded like the whole program, fields in their order, with nothing in the place of `debug`.
        let tables = (name, types, params_record, params, state_record);
        let rest = (messages, timers, handlers, functions, constants, code);
        // Writing to memory cannot fail; the empty encoding is no program's.
        let bytes = postcard::to_stdvec(&(tables, rest, Debug::default()));
        crate::types::hash_bytes(&bytes.unwrap_or_default())
    }

    /// The name of a message.
    pub fn message_name(&self, id: MessageId) -> String {
        self.messages
            .get(id.0 as usize)
            .map_or_else(String::new, |m| self.types.name(m.record))
    }

    /// The type of the map that holds what is set of a timer, and the address of its place.
    pub fn timer_place(&self, timer: TimerId) -> Option<(TypeId, StateOffset)> {
        let schema = self.timers.get(timer.0 as usize)?;
        touch(schema);
        touch(&self.state_record);
        let index = schema.variable as usize;
        let field = self.types.fields(self.state_record).get(index)?;
        Some((field.ty, self.state_offset(index)))
    }

    /// The record type of a message.
    pub fn message_record(&self, id: MessageId) -> Option<TypeId> {
        let message = self.messages.get(id.0 as usize)?;
        touch(message);
        Some(message.record)
    }

    /// The message with this name.
    pub fn find_message(&self, name: &str) -> Option<MessageId> {
        let index = self
            .messages
            .iter()
            .position(|m| self.types.name(m.record) == name)?;
        Some(MessageId(index as u32))
    }

    /// The message with this fingerprint.
    pub fn find_fingerprint(&self, fingerprint: u64) -> Option<MessageId> {
        touch(self.messages.as_slice());
        let matches = |m: &MessageSchema| self.types.fingerprint(m.record) == fingerprint;
        self.messages
            .iter()
            .position(matches)
            .map(|index| MessageId(index as u32))
    }

    /// The function whose code starts there.
    pub fn function_at(&self, start: Target) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.region.start == start)
    }

    /// The handler whose code holds the position.
    pub fn handler_at(&self, position: u32) -> Option<&Handler> {
        let within = |region: Region| (region.start.0..region.end.0).contains(&position);
        self.handlers
            .iter()
            .find(|h| within(h.body) || h.guard.is_some_and(within))
    }
}

impl Debug {
    /// The source of the instruction at a position: bytes, from and to.
    pub fn span_at(&self, position: u32) -> Option<(u32, u32)> {
        let after = self.spans.partition_point(|span| span.position <= position);
        self.spans[..after]
            .last()
            .map(|span| (span.start, span.end))
    }

    /// The name of the file that holds a byte of the source.
    pub fn file_at(&self, byte: u32) -> &str {
        let after = self.modules.partition_point(|module| module.start <= byte);
        match after.checked_sub(1) {
            Some(index) => &self.modules[index].name,
            None => &self.source_name,
        }
    }

    /// The whole line of a byte of the source.
    pub fn line_at(&self, byte: u32) -> &str {
        let byte = byte as usize;
        let before = self.source_text.get(..byte).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.source_text.get(start..).unwrap_or("");
        line.lines().next().unwrap_or("")
    }

    /// Line and column in its file, both from 1 (columns count characters), of a byte of the source.
    pub fn line_and_column(&self, byte: u32) -> (u32, u32) {
        let mut end = (byte as usize).min(self.source_text.len());
        while !self.source_text.is_char_boundary(end) {
            end -= 1;
        }
        let after = self
            .modules
            .partition_point(|module| module.start as usize <= end);
        let start = after
            .checked_sub(1)
            .map_or(0, |index| self.modules[index].start as usize);
        let before = self.source_text.get(start..end).unwrap_or("");
        let line = before.matches('\n').count() as u32 + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() as u32 + 1)
    }
}

/// The first position of the fixed area that a parameter can have.
pub const FIXED_START: u32 = 1;

/// The position in the fixed area of the first constant, for parameters of this record type.
pub fn constants_offset(types: &TypeTable, params_record: TypeId) -> FixedOffset {
    FixedOffset(FIXED_START + types.width(params_record))
}

/// The address of a variable of the state.
pub fn state_offset(types: &TypeTable, state_record: TypeId, index: usize) -> StateOffset {
    StateOffset(crate::state::ROOT + types.field_offset(state_record, index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Type, TypeTable};

    /// A program without code.
    fn program(types: TypeTable, record: TypeId) -> Program {
        Program {
            name: "p".to_owned(),
            types,
            params_record: record,
            params: Vec::new(),
            state_record: record,
            messages: vec![MessageSchema { record }],
            timers: Vec::new(),
            handlers: Vec::new(),
            functions: Vec::new(),
            constants: Vec::new(),
            code: Vec::new(),
            debug: Debug::default(),
        }
    }

    #[test]
    fn the_identity_is_the_hash_of_the_program_without_what_listings_need() {
        let mut types = TypeTable::default();
        let record = types
            .intern(Type::Record {
                name: "State".to_owned(),
                fields: Vec::new(),
            })
            .expect("a record without fields");
        let mut program = program(types, record);
        (program.constants, program.code) = (vec![1, 2], vec![3, u64::MAX]);
        let encoded = postcard::to_stdvec(&program).expect("memory");
        let identity = crate::types::hash_bytes(&encoded);
        assert_eq!(program.identity(), identity);
        program.debug.source_name = "p.pasc".to_owned();
        assert_eq!(program.identity(), identity);
        program.code[0] = 4;
        assert_ne!(program.identity(), identity);
    }

    /// A lane takes over nothing that the identity, for which a snapshot vouches, does not cover.
    #[test]
    fn what_follows_from_the_types_is_made_anew() {
        let mut types = TypeTable::default();
        let field = types.intern(Type::Int).expect("a word");
        let fields = vec![crate::types::Field {
            name: "n".to_owned(),
            ty: field,
        }];
        let name = "State".to_owned();
        let record = types
            .intern(Type::Record { name, fields })
            .expect("a record of one field");
        let program = program(types, record);
        let mut damaged = program.clone();
        damaged.types.layouts[1].fingerprint ^= 1 << 40;
        assert_eq!(damaged.identity(), program.identity());
        assert_ne!(damaged, program);
        assert_eq!(damaged.rebuilt(), Some(program.clone()));
        damaged.types.types.shift_remove_index(0);
        assert_eq!(damaged.rebuilt(), None);
    }
}
