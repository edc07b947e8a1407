//! Each rule with a program that breaks it, position and phrase included, and a neighbour that does
//! not. The state is `n: int`, `label: text`, `votes: map<int, text>`, `vote: Vote`, `names:
//! list<text>`; the message `Ask { id: int, vote: Vote }`; a vote is `{ ballot: int, value: text }`.

#![allow(clippy::unwrap_used)]

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

fn types() -> (TypeTable, Ids, [TypeId; 3]) {
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
    types().1
}

/// A program with one handler of this kind, whose body is what `emit` makes.
fn program(kind: HandlerKind, emit: impl FnOnce(&mut Assembler)) -> Program {
    let (types, _, [state_record, ask, params_record]) = types();
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

#[test]
fn a_register_is_read_only_after_it_was_written_on_every_path() {
    refused_at_last(
        &[constant(R[0], 5), negate(R[1], R[2])],
        "r2 is read but not written on every path",
    );
    let one_armed = |both: bool| {
        program(ASK, |code| {
            let (other, end) = (code.label(), code.label());
            code.emit(constant(R[0], 1), (0, 0));
            let (condition, to) = (R[0], other.target());
            code.emit(I::JumpIf { condition, to }, (0, 0));
            code.emit(constant(R[1], 5), (0, 0));
            code.emit(I::Jump { to: end.target() }, (0, 0));
            code.bind(other);
            code.emit(constant(if both { R[1] } else { R[2] }, 6), (0, 0));
            code.bind(end);
            code.emit(negate(R[3], R[1]), (0, 0));
            code.emit(I::Halt {}, (0, 0));
        })
    };
    assert_eq!(verify(&one_armed(true)), Ok(()));
    refused(
        &one_armed(false),
        9,
        "r1 is read but not written on every path",
    );
}

#[test]
fn paths_that_give_a_register_different_types_do_not_meet_where_it_is_read() {
    let meets = |is_read: bool| {
        program(ASK, |code| {
            let (other, end) = (code.label(), code.label());
            code.emit(constant(R[0], 1), (0, 0));
            let (condition, to) = (R[0], other.target());
            code.emit(I::JumpIf { condition, to }, (0, 0));
            code.emit(constant(R[1], 5), (0, 0));
            code.emit(I::Jump { to: end.target() }, (0, 0));
            code.bind(other);
            code.emit(I::Sender { dst: R[1] }, (0, 0));
            code.bind(end);
            if is_read {
                code.emit(negate(R[3], R[1]), (0, 0));
            }
            code.emit(I::Halt {}, (0, 0));
        })
    };
    assert_eq!(verify(&meets(false)), Ok(()));
    refused(&meets(true), 9, "r1 has different types on different paths");
}

#[test]
fn operands_have_the_type_that_the_instruction_takes() {
    let sender = I::Sender { dst: R[0] };
    refused_at_last(&[sender, negate(R[1], R[0])], "r0 is no int");
    let not = I::Not {
        dst: R[1],
        src: R[0],
    };
    refused_at_last(&[constant(R[0], 5), not], "r0 is no bool");
    accepted(&[constant(R[0], 1), not]);
    let length = I::BytesLen {
        dst: R[1],
        src: R[0],
    };
    refused_at_last(
        &[constant(R[0], 5), length],
        "r0 is no text, bytes or address",
    );
    let ty = id().text;
    let equal = |ty| I::Equal {
        dst: R[1],
        left: R[0],
        right: R[0],
        ty,
    };
    refused_at_last(&[sender, equal(ty)], "r0 is no text");
    accepted(&[
        constant(R[0], 0),
        equal(ty),
        equal(id().votes),
        equal(id().int),
    ]);
    refused_at_last(
        &[
            sender,
            constant(R[1], 4),
            I::Eq {
                dst: R[2],
                left: R[0],
                right: R[1],
            },
        ],
        "r0 is no bool",
    );
}

#[test]
fn maps_have_no_order() {
    let votes = I::LoadState {
        dst: R[0],
        from: VOTES,
    };
    let less = I::Less {
        dst: R[1],
        left: R[0],
        right: R[0],
        ty: id().votes,
    };
    refused_at_last(&[votes, less], "the type has no order");
}

#[test]
fn offsets_stay_within_the_value() {
    let message = I::Message { dst: R[0] };
    accepted(&[message, load(R[1], R[0], 0), negate(R[2], R[1])]);
    refused_at_last(
        &[message, load(R[1], R[0], 3)],
        "the offset is outside of Ask",
    );
    refused_at_last(
        &[message, field(R[1], R[0], 4)],
        "the offset is outside of Ask",
    );
    refused_at_last(
        &[new(R[0], 2), constant(R[1], 5), store(R[0], 2, R[1])],
        "the offset is outside of the new words",
    );
    // A place in one variable does not lead to the next.
    let place = I::Place { dst: R[0], of: N };
    refused_at_last(
        &[place, load(R[1], R[0], 1)],
        "the offset is outside of int",
    );
    refused_at_last(
        &[constant(R[0], 192), load(R[1], R[0], 0)],
        "r0 is no address",
    );
}

#[test]
fn what_is_loaded_has_the_type_of_the_field() {
    let message = I::Message { dst: R[0] };
    refused_at_last(
        &[message, load(R[1], R[0], 2), negate(R[2], R[1])],
        "r1 is no int",
    );
    accepted(&[
        message,
        field(R[1], R[0], 1),
        I::Own {
            dst: R[2],
            value: R[1],
            ty: id().vote,
        },
    ]);
    refused_at_last(
        &[
            message,
            I::Own {
                dst: R[2],
                value: R[0],
                ty: id().vote,
            },
        ],
        "r0 is no Vote",
    );
}

#[test]
fn message_and_constants_are_not_written() {
    let message = I::Message { dst: R[0] };
    refused_at_last(
        &[message, constant(R[1], 5), store(R[0], 0, R[1])],
        "r0 lies in what may not be changed",
    );
    refused_at_last(
        &[
            message,
            field(R[1], R[0], 2),
            constant(R[2], 0),
            assign(R[1], R[2], id().text),
        ],
        "r1 lies in what may not be changed",
    );
    let of = FixedOffset(FIXED_START);
    let literal = I::Address { dst: R[0], of };
    let zero = constant(R[2], 0);
    refused_at_last(&[literal, zero, store(R[0], 0, R[2])], "r0 is no address");
    let inside = FixedOffset(FIXED_START + 1);
    refused(
        &body(&[I::Address {
            dst: R[0],
            of: inside,
        }]),
        0,
        "no string starts there",
    );
}

#[test]
fn a_reference_gets_into_the_state_only_as_a_copy() {
    let message = I::Message { dst: R[0] };
    let text = load(R[1], R[0], 2);
    let to = LABEL;
    refused_at_last(
        &[message, text, I::StoreState { src: R[1], to }],
        "a reference is stored without a copy",
    );
    let place = I::Place { dst: R[2], of: to };
    accepted(&[message, text, place, assign(R[2], R[1], id().text)]);
    let number = load(R[1], R[0], 0);
    accepted(&[message, number, I::StoreState { src: R[1], to: N }]);
    refused_at_last(
        &[message, text, I::StoreState { src: R[1], to: N }],
        "r1 is no int",
    );
}

#[test]
fn what_a_write_may_have_freed_is_not_used_after_it() {
    let view = I::LoadState {
        dst: R[0],
        from: LABEL,
    };
    let place = |of| I::Place { dst: R[1], of };
    let zero = constant(R[2], 0);
    let length = I::BytesLen {
        dst: R[3],
        src: R[0],
    };
    let write = assign(R[1], R[2], id().text);
    refused_at_last(
        &[view, place(LABEL), zero, write, length],
        "r0 refers to what a write may have freed",
    );
    // A write to another variable frees nothing of this one; a copy lasts.
    let value = StateOffset(VOTE.0 + 1);
    accepted(&[view, place(value), zero, write, length]);
    let own = I::Own {
        dst: R[0],
        value: R[0],
        ty: id().text,
    };
    accepted(&[view, own, place(LABEL), zero, write, length]);
    let push = I::ListPush {
        place: R[1],
        value: R[0],
        ty: id().names,
    };
    let names = I::LoadState {
        dst: R[4],
        from: NAMES,
    };
    let element = I::ListAt {
        dst: R[5],
        list: R[4],
        index: R[2],
        ty: id().names,
    };
    refused_at_last(
        &[
            view,
            names,
            zero,
            element,
            place(NAMES),
            push,
            load(R[6], R[5], 0),
        ],
        "r5 refers to what a write may have freed",
    );
    let own_text = load(R[0], R[5], 0);
    refused_at_last(
        &[names, zero, element, own_text, place(NAMES), push],
        "the value may lie in what the write frees",
    );
}

#[test]
fn a_view_in_a_new_record_is_as_short_lived_as_the_view() {
    let view = I::LoadState {
        dst: R[0],
        from: LABEL,
    };
    let place = I::Place {
        dst: R[2],
        of: LABEL,
    };
    let write = [place, constant(R[3], 0), assign(R[2], R[3], id().text)];
    let kept = [new(R[1], 2), view, store(R[1], 1, R[0])];
    let used = I::Own {
        dst: R[4],
        value: R[1],
        ty: id().vote,
    };
    accepted(&[&kept[..], &[used], &write[..]].concat());
    refused_at_last(
        &[&kept[..], &write[..], &[used]].concat(),
        "r1 refers to what a write may have freed",
    );
}

#[test]
fn an_address_that_may_be_0_is_used_only_where_it_is_not() {
    let found = |compared: bool, when: bool| {
        program(ASK, |code| {
            let end: Label = code.label();
            let (dst, ty) = (R[2], id().votes);
            code.emit(
                I::LoadState {
                    dst: R[0],
                    from: VOTES,
                },
                (0, 0),
            );
            code.emit(constant(R[1], 7), (0, 0));
            let (map, key) = (R[0], R[1]);
            code.emit(I::MapFind { dst, map, key, ty }, (0, 0));
            let (condition, to) = (R[2], end.target());
            if compared && when {
                code.emit(I::JumpUnless { condition, to }, (0, 0));
            } else if compared {
                code.emit(I::JumpIf { condition, to }, (0, 0));
            }
            code.emit(load(R[3], R[2], 0), (0, 0));
            code.bind(end);
            code.emit(I::Halt {}, (0, 0));
        })
    };
    assert_eq!(verify(&found(true, true)), Ok(()));
    refused(&found(true, false), 5, "r2 is no address");
    refused(
        &found(false, false),
        3,
        "r2 may be 0, it is used as an address",
    );
}

#[test]
fn keys_and_links_of_map_entries_are_not_reached_for_writing() {
    let entry = |last: I| {
        program(ASK, |code| {
            let end = code.label();
            code.emit(
                I::LoadState {
                    dst: R[0],
                    from: VOTES,
                },
                (0, 0),
            );
            code.emit(
                I::MapFirst {
                    dst: R[1],
                    map: R[0],
                },
                (0, 0),
            );
            let (condition, to) = (R[1], end.target());
            code.emit(I::JumpUnless { condition, to }, (0, 0));
            code.emit(constant(R[2], 0), (0, 0));
            code.emit(last, (0, 0));
            code.bind(end);
            code.emit(I::Halt {}, (0, 0));
        })
    };
    assert_eq!(verify(&entry(load(R[3], R[1], 3))), Ok(()));
    refused(
        &entry(store(R[1], 2, R[2])),
        5,
        "r1 lies in what may not be changed",
    );
    refused(
        &entry(load(R[3], R[1], 1)),
        5,
        "the word is neither of the entry's key nor of its value",
    );
    refused(
        &entry(load(R[3], R[1], 4)),
        5,
        "the offset is outside of text",
    );
}

#[test]
fn a_new_record_has_the_type_that_it_is_sent_as() {
    let send = I::Send {
        to: R[0],
        body: R[1],
        message: MessageId(0),
    };
    let sender = I::Sender { dst: R[0] };
    // Words that nothing was stored to are empty values.
    accepted(&[
        sender,
        new(R[1], 3),
        constant(R[2], 5),
        store(R[1], 1, R[2]),
        send,
    ]);
    refused_at_last(
        &[
            sender,
            new(R[1], 3),
            constant(R[2], 5),
            store(R[1], 2, R[2]),
            send,
        ],
        "r1 is no Ask",
    );
    refused_at_last(&[sender, new(R[1], 2), send], "r1 is no Ask");
    refused_at_last(
        &[constant(R[0], 5), new(R[1], 3), send],
        "r0 is no text, bytes or address",
    );
    refused_at_last(
        &[new(R[1], 5000)][..],
        "more new words than any value takes",
    );
}

#[test]
fn a_map_that_is_not_the_handlers_own_is_not_changed_through_a_new_word() {
    let votes = I::LoadState {
        dst: R[0],
        from: VOTES,
    };
    let own = I::Own {
        dst: R[0],
        value: R[0],
        ty: id().votes,
    };
    let put = I::MapPut {
        place: R[1],
        key: R[2],
        value: R[2],
        ty: id().votes,
    };
    let cell = [new(R[1], 1), store(R[1], 0, R[0]), constant(R[2], 0)];
    accepted(&[&[votes, own][..], &cell[..], &[put]].concat());
    refused_at_last(
        &[&[votes][..], &cell[..], &[put]].concat(),
        "r1 is no place of a map<int, text>",
    );
}

#[test]
fn each_kind_of_handler_does_only_what_it_may() {
    let with = |kind, code: Vec<I>| {
        program(kind, |assembler| {
            code.iter().for_each(|it| assembler.emit(*it, (0, 0)));
        })
    };
    let result = I::Result { value: R[0] };
    let invariant = |code| with(HandlerKind::Invariant, code);
    assert_eq!(verify(&invariant(vec![constant(R[0], 1), result])), Ok(()));
    refused(
        &invariant(vec![constant(R[0], 2), result]),
        1,
        "r0 is no bool",
    );
    refused(
        &invariant(vec![constant(R[0], 1), I::Halt {}]),
        1,
        "a guard or invariant without a result",
    );
    let write = I::StoreState { src: R[0], to: N };
    refused(
        &invariant(vec![constant(R[0], 1), write, result]),
        1,
        "the state may not be changed here",
    );
    refused(
        &invariant(vec![I::Sender { dst: R[0] }, result]),
        0,
        "there is no sender here",
    );
    let init = |code| with(HandlerKind::Init, code);
    assert_eq!(
        verify(&init(vec![constant(R[0], 1), write, I::Halt {}])),
        Ok(())
    );
    refused(
        &init(vec![I::Message { dst: R[0] }, I::Halt {}]),
        0,
        "there is no message here",
    );
    let bound = R[0];
    let random = I::Random { dst: R[0], bound };
    refused(
        &invariant(vec![constant(R[0], 1), random, result]),
        1,
        "a random number changes the state, which may not be here",
    );
    refused(
        &with(ASK, vec![constant(R[0], 1), result]),
        1,
        "nothing asks for a result here",
    );
}

#[test]
fn regions_do_not_share_code() {
    let mut program = body(&[]);
    program.handlers.push(program.handlers[0].clone());
    refused(&program, 0, "the handlers h and h share code");
}

#[test]
fn control_stays_in_its_region_and_blocks_are_whole() {
    let mut program = body(&[constant(R[0], 1)]);
    program.code[0] ^= 1 << 40;
    refused(&program, 1, "the block's signature is wrong");
    program.code[0] = 0xff;
    refused(&program, 0, "no instruction");
    let falls = super::tests::program(ASK, |code| {
        let end = code.label();
        code.bind(end);
        code.emit(constant(R[0], 1), (0, 0));
        let (condition, to) = (R[0], end.target());
        code.emit(I::JumpIf { condition, to }, (0, 0));
    });
    refused(&falls, 1, "control falls out of its region");
    let mut few = body(&[constant(R[3], 1)]);
    few.handlers[0].registers = 3;
    refused(&few, 0, "bad operand `dst`");
    few.handlers[0].registers = 4;
    assert_eq!(verify(&few), Ok(()));
}

/// A region of `blocks` blocks that each jump to the next, and 256 registers.
fn long(blocks: usize) -> Program {
    let mut program = program(ASK, |code| {
        for _ in 0..blocks {
            let next = code.label();
            code.emit(I::Jump { to: next.target() }, (0, 0));
            code.bind(next);
        }
        code.emit(I::Halt {}, (0, 0));
    });
    program.handlers[0].registers = 256;
    program
}

#[test]
fn a_region_has_a_greatest_size() {
    let most = region::MAX_CELLS / 256;
    assert_eq!(verify(&long(most - 1)), Ok(()));
    refused(&long(most), 0, "the handler is too large to be checked");
}

#[test]
fn new_words_of_a_region_have_a_bound() {
    let size = crate::types::MAX_WIDTH_WORDS;
    let count = (sites::MAX_NEW_WORDS / size) as usize;
    let mut code = vec![new(R[0], size); count];
    accepted(&code);
    code.push(new(R[0], 1));
    refused_at_last(&code, "more new words than any value takes");
}
