//! Calls: what a function is given, changes and gives back.

use super::*;
use crate::isa::{Count, NativeId, Target};
use crate::native::Native;
use crate::program::{Effects, Function, FunctionParam};

/// A function: its parameters, whether each is changeable; its result, effects and code.
struct Callee {
    params: Vec<(TypeId, bool)>,
    result: Option<TypeId>,
    effects: Effects,
    code: Vec<I>,
}

impl Callee {
    fn new(params: &[(TypeId, bool)], result: Option<TypeId>, code: &[I]) -> Callee {
        Callee {
            params: params.to_vec(),
            result,
            effects: Effects::default(),
            code: code.to_vec(),
        }
    }

    /// The same function, which may change these variables of the state.
    fn writing(mut self, variables: &[u32]) -> Callee {
        self.effects.acts = true;
        self.effects.writes = variables.to_vec();
        self
    }
}

/// A program whose handler is this code; the function stands after it, at the label that `call` names.
fn calling(kind: HandlerKind, code: &[I], callee: &Callee) -> Program {
    let mut functions = Vec::new();
    let mut words = Vec::new();
    let mut made = program(kind, |assembler| {
        let label = assembler.label();
        code.iter().for_each(|it| assembler.emit(*it, (0, 0)));
        if code
            .last()
            .is_none_or(|last| last.opcode() != Opcode::Result)
        {
            assembler.emit(I::Halt {}, (0, 0));
        }
        // The handler's region ends where the function begins.
        words.push(assembler.position());
        assembler.bind(label);
        let start = assembler.position();
        callee
            .code
            .iter()
            .for_each(|it| assembler.emit(*it, (0, 0)));
        functions.push(Function {
            name: "f".to_owned(),
            params: callee
                .params
                .iter()
                .map(|&(ty, changeable)| FunctionParam { ty, changeable })
                .collect(),
            result: callee.result,
            region: assembler.region(start),
            registers: 4,
            effects: callee.effects.clone(),
        });
    });
    made.handlers[0].body.end = words[0];
    made.functions = functions;
    made
}

fn call(base: usize, arguments: u8) -> I {
    I::Call {
        base: R[base],
        arguments: Count(arguments),
        to: Target(0),
    }
}

fn give(register: usize) -> I {
    I::Return { value: R[register] }
}

/// The position of the first word of the function.
fn start_of(program: &Program) -> u32 {
    program.functions[0].region.start.0
}

#[test]
fn a_call_gives_as_many_values_as_the_function_takes_and_of_their_types() {
    let int = id().int;
    let twice = Callee::new(
        &[(int, false)],
        Some(int),
        &[
            I::Add {
                dst: R[0],
                left: R[0],
                right: R[0],
            },
            give(0),
        ],
    );
    let good = [
        constant(R[3], 4),
        call(3, 1),
        I::Neg {
            dst: R[0],
            src: R[3],
        },
    ];
    assert_eq!(verify(&calling(ASK, &good, &twice)), Ok(()));
    let none = calling(ASK, &[call(3, 0)], &twice);
    refused(&none, 0, "the function takes another number of arguments");
    let unset = calling(ASK, &[call(3, 1)], &twice);
    refused(&unset, 0, "r3 is read but not written on every path");
    let text = [
        I::LoadState {
            dst: R[3],
            from: LABEL,
        },
        call(3, 1),
    ];
    refused(&calling(ASK, &text, &twice), 1, "r3 is no int");
}

#[test]
fn registers_from_the_base_on_are_gone_after_a_call_and_those_below_stay() {
    let five = Callee::new(&[], Some(id().int), &[constant(R[0], 5), give(0)]);
    let kept = [
        constant(R[0], 1),
        call(1, 0),
        I::Add {
            dst: R[0],
            left: R[0],
            right: R[1],
        },
    ];
    assert_eq!(verify(&calling(ASK, &kept, &five)), Ok(()));
    let lost = [
        constant(R[2], 1),
        call(1, 0),
        I::Neg {
            dst: R[0],
            src: R[2],
        },
    ];
    let program = calling(ASK, &lost, &five);
    refused(&program, 3, "r2 is read but not written on every path");
}

#[test]
fn a_function_changes_only_what_it_says_and_only_where_that_may_be() {
    let write = [
        constant(R[0], 5),
        I::StoreState { src: R[0], to: N },
        I::Leave {},
    ];
    let honest = Callee::new(&[], None, &write).writing(&[0]);
    assert_eq!(verify(&calling(ASK, &[call(0, 0)], &honest)), Ok(()));
    let silent = calling(
        ASK,
        &[call(0, 0)],
        &Callee::new(&[], None, &write).writing(&[1]),
    );
    let at = start_of(&silent) + 1;
    refused(&silent, at, "the state may not be changed here");
    let looks = [call(0, 0), constant(R[0], 1), I::Result { value: R[0] }];
    let invariant = calling(HandlerKind::Invariant, &looks, &honest);
    refused(
        &invariant,
        0,
        "the function may do what may not be done here",
    );
}

#[test]
fn what_a_call_changes_is_seen_by_no_argument_and_by_no_view() {
    let (text, names) = (id().text, id().names);
    let clear = Callee::new(&[(text, false)], None, &[I::Leave {}]).writing(&[1]);
    let label = I::LoadState {
        dst: R[0],
        from: LABEL,
    };
    let given = calling(ASK, &[label, call(0, 1)], &clear);
    refused(&given, 1, "an argument lies in what the function changes");
    let own = I::Own {
        dst: R[1],
        value: R[0],
        ty: text,
    };
    assert_eq!(
        verify(&calling(ASK, &[label, own, call(1, 1)], &clear)),
        Ok(())
    );
    let measured = I::BytesLen {
        dst: R[2],
        src: R[0],
    };
    let stale = calling(ASK, &[label, own, call(1, 1), measured], &clear);
    refused(&stale, 4, "r0 refers to what a write may have freed");
    let push = Callee::new(&[(names, true)], None, &[I::Leave {}]).writing(&[4]);
    let place = I::Place {
        dst: R[0],
        of: NAMES,
    };
    let twice = calling(ASK, &[place, call(0, 1)], &push);
    refused(&twice, 1, "what the function changes is given to it twice");
    let other = Callee::new(&[(names, true)], None, &[I::Leave {}]);
    assert_eq!(verify(&calling(ASK, &[place, call(0, 1)], &other)), Ok(()));
}

#[test]
fn a_value_that_is_given_is_not_changed_and_not_given_back() {
    let names = id().names;
    let cut = I::ListTruncate {
        place: R[0],
        length: R[1],
        ty: names,
    };
    let changes = Callee::new(
        &[(names, false)],
        None,
        &[constant(R[1], 0), cut, I::Leave {}],
    );
    let load = I::LoadState {
        dst: R[0],
        from: NAMES,
    };
    let program = calling(ASK, &[load, call(0, 1)], &changes);
    let at = start_of(&program) + 1;
    refused(&program, at, "r0 is no place of a list<text>");
    let back = Callee::new(&[(names, false)], Some(names), &[give(0)]);
    let program = calling(ASK, &[load, call(0, 1)], &back);
    let at = start_of(&program);
    refused(&program, at, "r0 is returned without a copy");
    let own = I::Own {
        dst: R[0],
        value: R[0],
        ty: names,
    };
    let copies = Callee::new(&[(names, false)], Some(names), &[own, give(0)]);
    assert_eq!(verify(&calling(ASK, &[load, call(0, 1)], &copies)), Ok(()));
}

#[test]
fn functions_return_as_they_say_and_handlers_do_not() {
    let int = id().int;
    let nothing = Callee::new(&[], Some(int), &[I::Leave {}]);
    let program = calling(ASK, &[call(0, 0)], &nothing);
    let at = start_of(&program);
    refused(
        &program,
        at,
        "a function returns a value if it says so, else none",
    );
    let halts = calling(ASK, &[call(0, 0)], &Callee::new(&[], None, &[I::Halt {}]));
    let at = start_of(&halts);
    refused(&halts, at, "no end of a handler's body stands here");
    let leaves = program_of(&[I::Leave {}]);
    refused(&leaves, 0, "no function ends here");
}

fn program_of(code: &[I]) -> Program {
    program(ASK, |assembler| {
        code.iter().for_each(|it| assembler.emit(*it, (0, 0)));
    })
}

#[test]
fn a_call_goes_to_the_start_of_a_function_whose_registers_the_caller_counts() {
    let five = Callee::new(&[], None, &[I::Leave {}]);
    let mut program = calling(ASK, &[call(0, 0)], &five);
    program.functions[0].registers = 9;
    refused(
        &program,
        0,
        "the function uses more registers than its caller says",
    );
    let mut program = calling(ASK, &[call(0, 0)], &five);
    program.functions.clear();
    refused(&program, 0, "no function starts there");
}

#[test]
fn a_native_function_takes_what_its_row_says() {
    let native = |which: u32| I::Native {
        dst: R[2],
        first: R[0],
        second: R[1],
        third: R[1],
        which: NativeId(which),
    };
    let add = native(Native::WrappingAdd as u32);
    let ints = [constant(R[0], 1), constant(R[1], 2)];
    assert_eq!(verify(&body(&[ints[0], ints[1], add])), Ok(()));
    let label = I::LoadState {
        dst: R[1],
        from: LABEL,
    };
    refused_at_last(&[ints[0], label, add], "r1 is no int");
    refused(
        &body(&[ints[0], ints[1], native(999)]),
        2,
        "bad operand `which`",
    );
}
