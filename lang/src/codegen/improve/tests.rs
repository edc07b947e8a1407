//! Regions made by hand, and what is left of them.

use pasc_vm::isa::{Count, Immediate, Instruction as I, Offset, Reg, StateOffset, Words};
use pasc_vm::types::TypeTable;

use super::super::listing::{Item, Label};
use super::{Flow, improve};

const A: Reg = Reg(0);
const B: Reg = Reg(1);
const C: Reg = Reg(2);
const X: StateOffset = StateOffset(192);
const Y: StateOffset = StateOffset(193);

fn label(number: u32) -> Item {
    Item::Label(Label(number))
}

/// What is left of a region, with `-` between blocks.
fn improved(items: &[Item]) -> Vec<String> {
    let mut flow = Flow::new(items);
    improve(&mut flow, &TypeTable::default());
    let mut shown = Vec::new();
    for (number, (_, block)) in flow.blocks().enumerate() {
        if number > 0 {
            shown.push("-".to_string());
        }
        let lines = block.lines.iter();
        shown.extend(lines.map(|line| line.instruction.mnemonic().to_string()));
    }
    shown
}

fn region(instructions: &[I]) -> Vec<Item> {
    let items = instructions.iter();
    items.map(|it| Item::Code(*it, (0, 0))).collect()
}

fn number(dst: Reg, value: i32) -> I {
    let value = Immediate(value);
    I::Const { dst, value }
}

fn load(dst: Reg, from: StateOffset) -> I {
    I::LoadState { dst, from }
}

fn store(src: Reg, to: StateOffset) -> I {
    I::StoreState { src, to }
}

fn jump(to: u32) -> I {
    let to = Label(to).target();
    I::Jump { to }
}

fn jump_if(condition: Reg, to: u32) -> I {
    let to = Label(to).target();
    I::JumpIf { condition, to }
}

fn code(instruction: I) -> Item {
    Item::Code(instruction, (0, 0))
}

#[test]
fn what_nothing_reads_is_not_computed() {
    let left = improved(&region(&[
        number(A, 1),
        load(B, X),
        number(C, 3),
        store(C, Y),
        I::Halt {},
    ]));
    assert_eq!(left, ["constant", "store_state", "halt"]);
}

#[test]
fn what_may_fail_is_computed_though_nothing_reads_it() {
    let (dst, left, right) = (A, A, A);
    let left = improved(&region(&[
        load(A, X),
        I::Add { dst, left, right },
        I::Halt {},
    ]));
    assert_eq!(left, ["load_state", "add", "halt"]);
}

#[test]
fn a_word_of_the_state_is_read_again_only_after_it_may_have_changed() {
    let read = |between: &[I]| {
        let mut all = vec![load(A, X), store(A, Y)];
        all.extend(between);
        all.extend([load(A, X), store(A, Y), I::Halt {}]);
        let left = improved(&region(&all));
        left.iter().filter(|name| *name == "load_state").count()
    };
    assert_eq!(read(&[]), 1);
    assert_eq!(read(&[number(B, 5), store(B, Y)]), 1);
    assert_eq!(read(&[number(B, 5), store(B, X)]), 2);
    let (base, src, offset) = (C, B, Offset(0));
    let to_memory = [number(B, 5), load(C, Y), I::Store { base, src, offset }];
    assert_eq!(read(&to_memory), 2 + 1, "the store may change it");
    let (dst, size) = (C, Words(1));
    let to_new = [
        number(B, 5),
        I::New { dst, size },
        I::Store { base, src, offset },
    ];
    assert_eq!(read(&to_new), 1, "new memory is no state");
}

#[test]
fn a_stored_word_is_read_from_the_register_it_came_from() {
    let (dst, left, right) = (B, A, A);
    let left = improved(&region(&[
        load(A, X),
        I::Add { dst, left, right },
        store(B, X),
        load(C, X),
        store(C, Y),
        I::Halt {},
    ]));
    assert_eq!(
        left,
        ["load_state", "add", "store_state", "store_state", "halt"]
    );
}

#[test]
fn a_copy_stays_where_its_source_changes() {
    let (dst, left, value) = (A, A, Immediate(1));
    let copied = [
        load(A, X),
        I::Move { dst: B, src: A },
        I::AddImm { dst, left, value },
        store(B, X),
        store(A, Y),
        I::Halt {},
    ];
    assert_eq!(improved(&region(&copied))[1], "copy");
    let unchanged = [
        load(A, X),
        I::Move { dst: B, src: A },
        store(B, X),
        I::Halt {},
    ];
    assert_eq!(
        improved(&region(&unchanged)),
        ["load_state", "store_state", "halt"]
    );
}

#[test]
fn a_result_is_computed_where_it_is_copied_to() {
    let (dst, left, right) = (B, A, A);
    let left = improved(&region(&[
        load(A, X),
        I::Add { dst, left, right },
        I::Move { dst: C, src: B },
        I::Result { value: C },
    ]));
    assert_eq!(left, ["load_state", "add", "result"]);
}

#[test]
fn registers_from_the_base_of_a_call_on_hold_nothing_after_it() {
    let call = I::Call {
        base: B,
        arguments: Count(0),
        to: Label(9).target(),
    };
    let left = improved(&region(&[
        number(A, 1),
        number(C, 2),
        store(C, X),
        call,
        number(A, 1),
        number(C, 2),
        store(A, X),
        store(C, Y),
        I::Halt {},
    ]));
    assert_eq!(
        left,
        [
            "constant",
            "constant",
            "store_state",
            "call",
            "-",
            "constant",
            "store_state",
            "store_state",
            "halt"
        ]
    );
}

#[test]
fn a_jump_leads_where_control_ends_up() {
    let left = improved(&[
        code(load(A, X)),
        code(jump_if(A, 0)),
        code(number(B, 1)),
        code(store(B, Y)),
        code(jump(1)),
        label(0),
        code(jump(1)),
        label(1),
        code(I::Halt {}),
    ]);
    assert_eq!(
        left,
        [
            "load_state",
            "jump_if",
            "-",
            "constant",
            "store_state",
            "halt",
            "-",
            "halt"
        ]
    );
}

#[test]
fn a_jump_over_a_jump_becomes_one() {
    let left = improved(&[
        label(2),
        code(load(A, X)),
        code(jump_if(A, 0)),
        code(jump(2)),
        label(0),
        code(store(A, Y)),
        code(I::Halt {}),
    ]);
    assert_eq!(
        left,
        ["load_state", "jump_unless", "-", "store_state", "halt"]
    );
}

#[test]
fn what_control_never_gets_to_is_gone() {
    let left = improved(&[
        code(jump(0)),
        code(number(A, 1)),
        code(store(A, X)),
        label(0),
        code(number(A, 2)),
        code(store(A, X)),
        code(I::Halt {}),
    ]);
    assert_eq!(left, ["constant", "store_state", "halt"]);
}

#[test]
fn an_empty_loop_without_end_stays() {
    assert_eq!(improved(&[label(0), code(jump(0))]), ["jump"]);
    let two = [label(0), code(jump(1)), label(1), code(jump(0))];
    assert_eq!(improved(&two), ["jump"]);
}

#[test]
fn where_ways_meet_nothing_is_known() {
    let left = improved(&[
        code(load(A, X)),
        code(jump_if(A, 0)),
        code(number(B, 1)),
        code(store(B, X)),
        label(0),
        code(load(A, X)),
        code(store(A, Y)),
        code(I::Halt {}),
    ]);
    assert_eq!(left.iter().filter(|it| *it == "load_state").count(), 2);
}
