//! Accept messages to an acceptor, from frame to frame, in memory: the modes turn by turn.
//!
//! `accept [MESSAGES] [TURNS] [MODE]` (1,000,000, 5 and all modes by default) prints the median nanoseconds per message of
//! each mode with the spread over the turns, and the ratios to `plain` within the same run. 1,024 slots,
//! 8-byte values, warm. With a mode only this one runs, one turn, to be counted under callgrind.

use pasc_benches::{acceptor, median, message};
use pasc_vm::Value;
use pasc_vm::process::{Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential};
use std::time::Instant;

/// A process that is warm, and the ordinal of its next input.
struct Contender<M: Mode> {
    process: Process<M>,
    ordinal: u64,
}

impl<M: Mode> Contender<M> {
    fn new(frames: &[Vec<u8>]) -> Contender<M> {
        let process = Process::start(&acceptor(), &Options::new("self").sealed()).expect("it starts");
        let mut contender = Contender {
            process,
            ordinal: 0,
        };
        contender.turn(frames, 4 * frames.len());
        contender
    }

    /// Nanoseconds per message.
    fn turn(&mut self, frames: &[Vec<u8>], messages: usize) -> f64 {
        let mut sent = 0;
        let started = Instant::now();
        for frame in frames.iter().cycle().take(messages) {
            self.ordinal += 1;
            match self.process.handle(&Input::new(self.ordinal, 0, frame)) {
                Ok(Handled::Done { outputs, .. }) => sent += outputs.bytes().len(),
                other => panic!("{other:?}"),
            }
        }
        let nanos = started.elapsed().as_nanos() as f64;
        assert_eq!(
            sent % messages,
            0,
            "every message has an answer of the same size"
        );
        nanos / messages as f64
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, otherwise: usize| {
        let given = arguments.get(place);
        given.map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let (messages, turns) = (number(0, 1_000_000), number(1, 5));
    let program = acceptor();
    let frames: Vec<Vec<u8>> = (0..1024)
        .map(|slot| {
            let value = Value::Bytes(b"12345678".to_vec());
            message(
                &program,
                "Accept",
                vec![Value::Int(1), Value::Int(slot), value],
            )
        })
        .collect();
    if let Some(mode) = arguments.get(2) {
        let nanos = match mode.as_str() {
            "plain" => Contender::<Plain>::new(&frames).turn(&frames, messages),
            "lockstep" => Contender::<Lockstep>::new(&frames).turn(&frames, messages),
            "sequential" => Contender::<Sequential>::new(&frames).turn(&frames, messages),
            other => panic!("no mode {other}"),
        };
        println!("{nanos:.0} ns per message");
        return;
    }
    let mut plain = Contender::<Plain>::new(&frames);
    let mut lockstep = Contender::<Lockstep>::new(&frames);
    let mut sequential = Contender::<Sequential>::new(&frames);
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for turn in 1..=turns {
        times[0].push(plain.turn(&frames, messages));
        times[1].push(lockstep.turn(&frames, messages));
        times[2].push(sequential.turn(&frames, messages));
        eprintln!("turn {turn} of {turns}");
    }
    println!("| mode | ns per message | spread | to plain |\n| --- | --- | --- | --- |");
    let base = median(&mut times[0].clone());
    for (name, times) in ["plain", "lockstep", "sequential"]
        .into_iter()
        .zip(&mut times)
    {
        let middle = median(times);
        let (least, most) = (times[0], times[times.len() - 1]);
        println!(
            "| {name} | {middle:.0} | {least:.0} to {most:.0} | {:.2} |",
            middle / base
        );
    }
}
