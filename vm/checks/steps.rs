//! Each opcode many times on a small stack: a call that is no jump overflows it.

use crate::exercise::exercise;
use crate::programs::{frame, give, looping, start};
use pasc_vm::isa::{Opcode, ROWS};
use pasc_vm::process::{Lockstep, Mode, Plain, Sequential};

const STACK_BYTES: usize = 1 << 20;
/// A call leaves 16 bytes or more, so that this many are too much for the stack.
const ROUNDS: i32 = 100_000;

/// How many messages, each of [`ROUNDS`]: 1, or what `PASC_ROUNDS` in the environment asks for.
fn messages() -> u64 {
    let rounds = std::env::var("PASC_ROUNDS").map_or(0, |text| {
        text.parse::<u64>().expect("`PASC_ROUNDS` is a number")
    });
    rounds.div_ceil(ROUNDS as u64).max(1)
}

fn run<M: Mode>(opcode: Opcode) {
    let program = looping(ROUNDS, &|types, code| exercise(opcode, types, code));
    let frame = frame(&program);
    let mut process = start::<M>(&program, u64::MAX);
    for ordinal in 1..=messages() {
        let answer = give(&mut process, ordinal, &frame);
        assert!(answer.is_ok(), "{opcode:?} in {}: {answer:?}", M::NAME);
    }
}

#[test]
fn each_opcode_runs_many_times_on_a_small_stack() {
    let small = std::thread::Builder::new().stack_size(STACK_BYTES);
    let all = small.spawn(|| {
        for row in ROWS {
            run::<Plain>(row.opcode);
            run::<Lockstep>(row.opcode);
            run::<Sequential>(row.opcode);
        }
    });
    let joined = all.expect("a thread").join();
    assert!(joined.is_ok(), "an opcode failed");
}
