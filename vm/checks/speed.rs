//! How long an instruction takes: a loop of seven, in each mode, with both dispatchers in one run.
//!
//! `cargo run --release -p pasc-vm --example dispatch_speed [ROUNDS [MODE [DISPATCHER]]]`, the last two
//! for counting instructions under callgrind.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a measurement takes arguments, looks at the clock and prints"
)]

#[allow(dead_code, reason = "the tests use the rest")]
mod programs;

use pasc_vm::Program;
use pasc_vm::isa::{Immediate, Instruction};
use pasc_vm::process::{Lockstep, Mode, Plain, Portable, Sequential};
use programs::{frame, give, looping, reg, start};
use std::time::Instant;

/// Instructions of the loop.
const LOOP: u64 = 7;
const SAMPLES: usize = 15;

/// Integer instructions; with the counting and the jump, [`LOOP`] of them.
fn integers(rounds: i32) -> Program {
    use reg::{BOOL, FIVE, INT, PLACE, THREE};
    looping(rounds, &|_, code| {
        let value = Immediate(3);
        for instruction in [
            Instruction::Add {
                dst: INT,
                left: FIVE,
                right: THREE,
            },
            Instruction::AddImm {
                dst: PLACE,
                left: INT,
                value,
            },
            Instruction::Sub {
                dst: INT,
                left: PLACE,
                right: INT,
            },
            Instruction::Lt {
                dst: BOOL,
                left: INT,
                right: PLACE,
            },
            Instruction::Mul {
                dst: INT,
                left: INT,
                right: THREE,
            },
        ] {
            code.emit(instruction, (0, 0));
        }
    })
}

/// Nanoseconds per instruction, the median of some runs.
fn time<M: Mode>(program: &Program, rounds: u64, samples: usize) -> f64 {
    let frame = frame(program);
    let mut process = start::<M>(program, u64::MAX);
    let mut times: Vec<f64> = (1..=samples as u64)
        .map(|ordinal| {
            let start = Instant::now();
            give(&mut process, ordinal, &frame).expect("the loop ends");
            start.elapsed().as_nanos() as f64 / (rounds * LOOP) as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[samples / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize| arguments.get(index).map(String::as_str);
    let rounds = argument(0).map_or(1_000_000, |text| text.parse().expect("a number"));
    let program = integers(rounds as i32);
    let wanted = |mode: &str, dispatcher: &str| {
        argument(1).is_none_or(|name| name == mode)
            && argument(2).is_none_or(|name| name == dispatcher)
    };
    let samples = if argument(1).is_some() { 1 } else { SAMPLES };
    let show = |mode: &str, dispatcher: &str, time: fn(&Program, u64, usize) -> f64| {
        if wanted(mode, dispatcher) {
            let nanoseconds = time(&program, rounds, samples);
            println!("{mode:<11} {dispatcher:<9} {nanoseconds:6.2} ns per instruction");
        }
    };
    show("plain", pasc_vm::DISPATCH, time::<Plain>);
    show("plain", "portable", time::<Portable<Plain>>);
    show("lockstep", pasc_vm::DISPATCH, time::<Lockstep>);
    show("lockstep", "portable", time::<Portable<Lockstep>>);
    show("sequential", pasc_vm::DISPATCH, time::<Sequential>);
    show("sequential", "portable", time::<Portable<Sequential>>);
}
