//! One hot path, to be counted under callgrind: `hot WORK MODE` prints how many messages, or units of the
//! size of a program, the function `pasc_measured` took. The bench `counts` starts it.

use pasc_benches::machine::Machine;
use pasc_benches::works::{HANDLERS, HandlerWork, PROGRAMS, options};
use pasc_vm::process::{Lockstep, Mode, Plain, Sequential};
use std::process::ExitCode;

/// What callgrind counts: it knows the function by its name.
#[unsafe(no_mangle)]
#[inline(never)]
fn pasc_measured(work: &mut dyn FnMut()) {
    work();
}

/// Sizes that are small enough to be counted in a second.
fn size(program: &str) -> i64 {
    match program {
        "fib" => 15,
        "parse" => 1,
        "records" => 10,
        "strings" => 100,
        _ => 5_000,
    }
}

fn run<M: Mode>(work: &str) -> Option<usize> {
    if let Some(name) = HANDLERS.iter().find(|name| **name == work) {
        let work = HandlerWork::new(name);
        let mut machine = Machine::<M>::start(&work.program, &work.options);
        let mut round = |frames: &[Vec<u8>]| {
            for frame in frames {
                machine.handle(frame);
            }
        };
        round(&work.frames(0));
        round(&work.frames(1));
        let frames = work.frames(2);
        pasc_measured(&mut || round(&frames));
        return Some(frames.len());
    }
    let work = PROGRAMS.iter().find(|program| program.name == work)?;
    let program = work.compiled();
    let frame = work.frame(&program, size(work.name));
    let mut machine = Machine::<M>::start(&program, &options());
    machine.handle(&frame);
    pasc_measured(&mut || {
        machine.handle(&frame);
    });
    Some(size(work.name) as usize)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let units = match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [work, "plain"] => run::<Plain>(work),
        [work, "lockstep"] => run::<Lockstep>(work),
        [work, "sequential"] => run::<Sequential>(work),
        _ => None,
    };
    match units {
        Some(units) => {
            println!("{units}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("usage: hot WORK plain|lockstep|sequential");
            ExitCode::from(2)
        }
    }
}
