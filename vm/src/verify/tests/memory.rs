//! What is read and written through addresses.

use super::*;

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
