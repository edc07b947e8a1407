//! Operands, offsets and paths that meet.

use super::*;

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
