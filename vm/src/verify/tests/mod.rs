//! Each rule with a program that breaks it, position and phrase included, and a neighbour that does
//! not. The state is `n: int`, `label: text`, `votes: map<int, text>`, `vote: Vote`, `names:
//! list<text>`; the message `Ask { id: int, vote: Vote }`; a vote is `{ ballot: int, value: text }`.

#![allow(clippy::unwrap_used)]

mod calls;
mod memory;
mod structure;
mod types;

use super::*;
use crate::assemble::{Assembler, Label};
use crate::isa::Instruction as I;
use crate::isa::{FixedOffset, Immediate, Offset, Reg, StateOffset, Words};
use crate::program::{Debug, MessageId, MessageSchema};
use crate::types::{Field, TypeId, TypeTable};

const R: [Reg; 8] = [
    Reg(0),
    Reg(1),
    Reg(2),
    Reg(3),
    Reg(4),
    Reg(5),
    Reg(6),
    Reg(7),
];
const N: StateOffset = StateOffset(ROOT);
const LABEL: StateOffset = StateOffset(ROOT + 1);
const VOTES: StateOffset = StateOffset(ROOT + 2);
const VOTE: StateOffset = StateOffset(ROOT + 3);
const NAMES: StateOffset = StateOffset(ROOT + 5);

/// The types of the program, by what they are.
struct Ids {
    int: TypeId,
    text: TypeId,
    votes: TypeId,
    vote: TypeId,
    names: TypeId,
}

fn record(types: &mut TypeTable, name: &str, fields: &[(&str, TypeId)]) -> TypeId {
    let field = |(name, ty): &(&str, TypeId)| Field {
        name: (*name).to_owned(),
        ty: *ty,
    };
    let record = Type::Record {
        name: name.to_owned(),
        fields: fields.iter().map(field).collect(),
    };
    types.intern(record).unwrap()
}

fn type_table() -> (TypeTable, Ids, [TypeId; 3]) {
    let mut types = TypeTable::default();
    let int = types.intern(Type::Int).unwrap();
    let text = types.intern(Type::Text).unwrap();
    let votes = types
        .intern(Type::Map {
            key: int,
            value: text,
        })
        .unwrap();
    let names = types.intern(Type::List { element: text }).unwrap();
    let vote = record(&mut types, "Vote", &[("ballot", int), ("value", text)]);
    let state = record(
        &mut types,
        "State",
        &[
            ("n", int),
            ("label", text),
            ("votes", votes),
            ("vote", vote),
            ("names", names),
        ],
    );
    let ask = record(&mut types, "Ask", &[("id", int), ("vote", vote)]);
    let params = record(&mut types, "Params", &[]);
    let ids = Ids {
        int,
        text,
        votes,
        vote,
        names,
    };
    (types, ids, [state, ask, params])
}

fn id() -> Ids {
    type_table().1
}

/// A program with one handler of this kind, whose body is what `emit` makes.
fn program(kind: HandlerKind, emit: impl FnOnce(&mut Assembler)) -> Program {
    let (types, _, [state_record, ask, params_record]) = type_table();
    let mut assembler = Assembler::new();
    let start = assembler.position();
    emit(&mut assembler);
    let body = assembler.region(start);
    let handler = Handler {
        name: "h".to_owned(),
        kind,
        guard: None,
        body,
        registers: 8,
    };
    Program {
        name: String::new(),
        types,
        params_record,
        params: Vec::new(),
        state_record,
        messages: vec![MessageSchema { record: ask }],
        timers: Vec::new(),
        handlers: vec![handler],
        functions: Vec::new(),
        constants: crate::bytes::block(b"constant"),
        code: assembler.finish().words,
        debug: Debug::default(),
    }
}

const ASK: HandlerKind = HandlerKind::Message(MessageId(0));

fn body(code: &[I]) -> Program {
    program(ASK, |assembler| {
        for instruction in code {
            assembler.emit(*instruction, (0, 0));
        }
        assembler.emit(I::Halt {}, (0, 0));
    })
}

/// The program is refused at the position with this phrase.
fn refused(program: &Program, position: u32, phrase: &str) {
    let found = verify(program).expect_err("the program is refused");
    assert_eq!(
        (found.position, found.text.as_str()),
        (Some(position), phrase)
    );
}

/// The body is refused at its last instruction, and accepted without it.
fn refused_at_last(code: &[I], phrase: &str) {
    let last = code.len() - 1;
    assert_eq!(verify(&body(&code[..last])), Ok(()));
    refused(&body(code), last as u32, phrase);
}

fn accepted(code: &[I]) {
    assert_eq!(verify(&body(code)), Ok(()));
}

fn constant(dst: Reg, value: i32) -> I {
    I::Const {
        dst,
        value: Immediate(value),
    }
}

fn load(dst: Reg, base: Reg, offset: u32) -> I {
    let offset = Offset(offset);
    I::Load { dst, base, offset }
}

fn store(base: Reg, offset: u32, src: Reg) -> I {
    let offset = Offset(offset);
    I::Store { base, src, offset }
}

fn new(dst: Reg, size: u32) -> I {
    let size = Words(size);
    I::New { dst, size }
}

fn field(dst: Reg, base: Reg, offset: u32) -> I {
    let offset = Offset(offset);
    I::Field { dst, base, offset }
}

fn assign(place: Reg, value: Reg, ty: TypeId) -> I {
    I::Assign { place, value, ty }
}

fn negate(dst: Reg, src: Reg) -> I {
    I::Neg { dst, src }
}
