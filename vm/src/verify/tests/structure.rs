//! What a handler may do, where its code lies, and the verifier's own bounds.

use super::*;
use crate::verify::{region, sites};

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
        "no end of a handler's body stands here",
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
    refused(&program, 0, "h and h share code");
}

#[test]
fn control_stays_in_its_region_and_blocks_are_whole() {
    let mut program = body(&[constant(R[0], 1)]);
    program.code[0] ^= 1 << 40;
    refused(&program, 1, "the block's signature is wrong");
    program.code[0] = 0xff;
    refused(&program, 0, "no instruction");
    let falls = super::program(ASK, |code| {
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
    refused(&long(most), 0, "the code is too large to be checked");
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
