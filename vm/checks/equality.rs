//! Both dispatchers give the same: outputs, states, errors and traps, bit by bit of damaged code.

use crate::exercise::exercise;
use crate::programs::{frame, give, looping, reg, start};
use pasc_vm::Program;
use pasc_vm::isa::{Immediate, Instruction, ROWS};
use pasc_vm::process::{Failure, Location, Lockstep, Mode, Plain, Portable, Sequential};

/// Answers to some messages, and the state after.
type Run = (
    Vec<Result<Option<Vec<u8>>, Failure>>,
    Result<Vec<u8>, Failure>,
);

fn run<M: Mode>(program: &Program, instructions: u64, fault: Option<(Location, u32)>) -> Run {
    let frame = frame(program);
    let mut process = start::<M>(program, instructions);
    if let Some((location, bit)) = fault {
        assert!(process.flip(location, bit));
    }
    let answers = (1..=2)
        .map(|ordinal| give(&mut process, ordinal, &frame))
        .collect();
    (answers, process.snapshot())
}

fn same<M: Mode>(program: &Program, instructions: u64, fault: Option<(Location, u32)>) -> Run {
    let own = run::<M>(program, instructions, fault);
    let portable = run::<Portable<M>>(program, instructions, fault);
    assert_eq!(own, portable, "{} with {fault:?}", M::NAME);
    own
}

#[test]
fn each_opcode_gives_the_same_with_both_dispatchers() {
    for row in ROWS {
        let program = looping(9, &|types, code| exercise(row.opcode, types, code));
        let plain = same::<Plain>(&program, 1_000_000, None);
        assert!(plain.0.iter().all(Result::is_ok), "{row:?}: {plain:?}");
        assert_eq!(same::<Lockstep>(&program, 1_000_000, None), plain);
        assert_eq!(same::<Sequential>(&program, 1_000_000, None), plain);
    }
}

#[test]
fn errors_are_the_same_with_both_dispatchers() {
    use reg::{FIVE, INT, ZERO};
    let (dst, left, right) = (INT, FIVE, ZERO);
    let divide = looping(9, &|_, code| {
        code.emit(Instruction::Div { dst, left, right }, (0, 0));
    });
    let double = looping(90, &|_, code| {
        let value = Immediate(1);
        code.emit(
            Instruction::AddImm {
                dst,
                left: dst,
                value,
            },
            (0, 0),
        );
        let (left, right) = (dst, dst);
        code.emit(Instruction::Add { dst, left, right }, (0, 0));
    });
    let long = looping(i32::MAX, &|_, _| {});
    for program in [divide, double, long] {
        let plain = same::<Plain>(&program, 10_000, None);
        let failed = |answer: &Result<_, Failure>| matches!(answer, Err(Failure::Error(_)));
        assert!(plain.0.iter().all(failed), "{plain:?}");
        assert_eq!(same::<Lockstep>(&program, 10_000, None), plain);
        assert_eq!(same::<Sequential>(&program, 10_000, None), plain);
    }
}

#[test]
fn every_flipped_bit_of_the_code_gives_the_same_with_both_dispatchers() {
    let program = looping(3, &|types, code| {
        for row in ROWS {
            exercise(row.opcode, types, code);
        }
    });
    let right = same::<Lockstep>(&program, 10_000, None);
    let mut trapped = 0;
    // A debug build has one dispatcher; there some bits of each word do, and release builds flip all.
    let apart = if cfg!(debug_assertions) { 7 } else { 1 };
    for word in 0..program.code.len() {
        for bit in (word as u32 % apart..64).step_by(apart as usize) {
            let fault = |lane| Some((Location::Code { lane, word }, bit));
            let _ = same::<Plain>(&program, 10_000, fault(0));
            for lane in 0..2 {
                let damaged = same::<Lockstep>(&program, 10_000, fault(lane));
                let _ = same::<Sequential>(&program, 10_000, fault(lane));
                let trap = |answer: &Result<_, Failure>| matches!(answer, Err(Failure::Trap(_)));
                if damaged.0.iter().any(trap) {
                    trapped += 1;
                } else {
                    assert_eq!(damaged.0, right.0);
                }
            }
        }
    }
    // Nearly all of the code is executed.
    assert!(
        trapped * apart as usize > program.code.len() * 100,
        "{trapped}"
    );
}
