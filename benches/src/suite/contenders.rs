//! Who does the work: the machine in its modes, Rust, and other interpreters.

use super::Field;
use super::children::Children;
use pasc_benches::machine::{Machine, result};
use pasc_benches::native::{self, Handler, programs};
use pasc_benches::works::shared::{parse_input, timed};
use pasc_benches::works::{HandlerWork, ProgramWork, options};
use pasc_vm::Program;
use pasc_vm::process::{Lockstep, Options, Plain, Sequential};
use std::hint::black_box;

/// The machine in the mode with this name.
fn machine(mode: &str, program: &Program, options: &Options) -> Option<Box<dyn Handler>> {
    Some(match mode {
        "plain" => Box::new(Machine::<Plain>::start(program, options)),
        "lockstep" => Box::new(Machine::<Lockstep>::start(program, options)),
        "sequential" => Box::new(Machine::<Sequential>::start(program, options)),
        _ => return None,
    })
}

/// All that run a program.
pub(super) struct ProgramField<'c> {
    work: &'static ProgramWork,
    size: i64,
    program: Program,
    frame: Vec<u8>,
    machines: Vec<(&'static str, Box<dyn Handler>)>,
    data: Vec<u8>,
    children: &'c mut Children,
}

impl ProgramField<'_> {
    pub(super) fn new<'c>(
        work: &'static ProgramWork,
        size: i64,
        names: &[&'static str],
        children: &'c mut Children,
    ) -> ProgramField<'c> {
        let program = work.compiled();
        let start = |name: &&'static str| Some((*name, machine(name, &program, &options())?));
        ProgramField {
            work,
            size,
            frame: work.frame(&program, size),
            machines: names.iter().filter_map(start).collect(),
            program,
            data: parse_input(),
            children,
        }
    }
}

impl Field for ProgramField<'_> {
    fn turn(&mut self, contender: &str, _: usize) -> Result<(f64, String), String> {
        if self.children.has(contender) {
            return self.children.run(contender, self.work, self.size);
        }
        let (time, result) = if contender == "native" {
            let (name, size) = (self.work.name, black_box(self.size));
            timed(|| programs::run(name, size, &self.data))
        } else {
            let mut machines = self.machines.iter_mut();
            let found = machines.find(|(name, _)| *name == contender);
            let (_, machine) = found.ok_or("there is no such contender")?;
            let mut out = Vec::new();
            let (time, _) = timed(|| machine.handle(&self.frame, &mut out));
            (time, result(&self.program, &out))
        };
        let result = result.ok_or("it gives no number")?;
        Ok((time.as_nanos() as f64, result.to_string()))
    }
}

/// How many messages a turn has, in a quick run and otherwise.
const MESSAGES: [usize; 2] = [100_000, 400_000];

/// All that handle messages.
pub(super) struct HandlerField {
    work: HandlerWork,
    messages: usize,
    contenders: Vec<(&'static str, Box<dyn Handler>)>,
    /// The turn whose frames these are.
    turn: Option<usize>,
    frames: Vec<Vec<u8>>,
}

impl HandlerField {
    pub(super) fn new(work: &'static str, quick: bool, names: &[&'static str]) -> HandlerField {
        let work = HandlerWork::new(work);
        let start = |name: &&'static str| {
            let handler = match *name {
                "native" => native::handler(work.name, &work.program, false),
                "native-dual" => native::handler(work.name, &work.program, true),
                mode => machine(mode, &work.program, &work.options),
            };
            Some((*name, handler?))
        };
        HandlerField {
            contenders: names.iter().filter_map(start).collect(),
            messages: MESSAGES[usize::from(!quick)],
            turn: None,
            frames: Vec::new(),
            work,
        }
    }

    /// Makes the frames of a turn, unless they are there.
    fn prepare(&mut self, turn: usize) {
        if self.turn.replace(turn) == Some(turn) {
            return;
        }
        self.frames = self.work.frames(turn);
        while self.work.name == "gossip" && self.frames.len() < MESSAGES[0] {
            let round = turn * 1_000 + self.frames.len();
            self.frames.extend(self.work.frames(round));
        }
    }
}

impl Field for HandlerField {
    /// The first turn goes through all frames and gives the hash of all outputs; later turns are timed.
    fn turn(&mut self, contender: &str, turn: usize) -> Result<(f64, String), String> {
        self.prepare(turn);
        let mut contenders = self.contenders.iter_mut();
        let found = contenders.find(|(name, _)| *name == contender);
        let (_, handler) = found.ok_or("there is no such contender")?;
        let mut out = Vec::new();
        if turn == 0 {
            let mut hash = crc32fast::Hasher::new();
            let mut bytes = 0;
            for _ in 0..2 {
                for frame in &self.frames {
                    out.clear();
                    if !handler.handle(frame, &mut out) {
                        return Err("a frame is not taken".to_owned());
                    }
                    hash.update(&out);
                    bytes += out.len();
                }
            }
            return Ok((0.0, format!("{bytes} bytes, CRC {:08x}", hash.finalize())));
        }
        let frames = self.frames.iter().cycle().take(self.messages);
        let (time, sent) = timed(|| {
            let mut sent = 0;
            for frame in frames {
                out.clear();
                handler.handle(frame, &mut out);
                sent += out.len();
            }
            sent
        });
        match sent {
            0 => Err("nothing was sent".to_owned()),
            _ => Ok((time.as_nanos() as f64 / self.messages as f64, String::new())),
        }
    }
}
