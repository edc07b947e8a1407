//! Steps and times as shares of handlers, functions, lines and opcodes.

use super::count::{At, Step};
use pasc_vm::Program;
use pasc_vm::isa::{Instruction, Word};
use std::collections::BTreeMap;

/// Where something is executed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Place {
    /// An instruction.
    Code {
        /// The index of the handler that it is executed for.
        handler: usize,
        /// The index of the function that it stands in, if it stands in one.
        function: Option<usize>,
        /// The first byte of its source, nothing if there is no source.
        source: Option<u32>,
        /// The name of the file and the number of the line.
        line: Option<(String, u32)>,
        opcode: &'static str,
    },
    /// The machine around the instructions.
    Machine(&'static str),
}

/// What a place takes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Share {
    /// Executed instructions, of all lanes.
    pub(super) instructions: u64,
    pub(super) nanos: u64,
}

impl std::ops::AddAssign for Share {
    fn add_assign(&mut self, other: Share) {
        self.instructions += other.instructions;
        self.nanos += other.nanos;
    }
}

/// All shares, and what they come to.
pub(super) struct Shares {
    pub(super) places: BTreeMap<Place, Share>,
    pub(super) total: Share,
}

impl Shares {
    /// Shares out the time of each input among its steps. No nanosecond is lost.
    pub(super) fn new(program: &Program, steps: &[Vec<Step>], nanos: &[u64]) -> Shares {
        let mut shares = Shares {
            places: BTreeMap::new(),
            total: Share::default(),
        };
        for (steps, nanos) in steps.iter().zip(nanos) {
            let mut places = Places::new(program);
            let all: u64 = steps.iter().map(|step| step.weight).sum();
            let (mut weight, mut given) = (0, 0);
            for step in steps {
                weight += step.weight;
                let due = u128::from(*nanos) * u128::from(weight) / u128::from(all.max(1));
                // It is at most the time of the input.
                let due = due as u64;
                let share = Share {
                    instructions: u64::from(matches!(step.at, At::Instruction(..))),
                    nanos: due - given,
                };
                given = due;
                *shares.places.entry(places.of(step.at)).or_default() += share;
            }
            shares.total.nanos += nanos;
        }
        let instructions = |steps: &Vec<Step>| {
            let is_one = |step: &&Step| matches!(step.at, At::Instruction(..));
            steps.iter().filter(is_one).count() as u64
        };
        shares.total.instructions = steps.iter().map(instructions).sum();
        shares
    }

    /// The shares by something that places have, the greatest time first.
    pub(super) fn by<K: Ord + Clone>(&self, key: impl Fn(&Place) -> K) -> Vec<(K, Share)> {
        let mut sums: BTreeMap<K, Share> = BTreeMap::new();
        for (place, share) in &self.places {
            *sums.entry(key(place)).or_default() += *share;
        }
        let mut sums: Vec<(K, Share)> = sums.into_iter().collect();
        sums.sort_by_key(|(_, share)| std::cmp::Reverse((share.nanos, share.instructions)));
        sums
    }
}

/// Finds the places of the steps of one input.
struct Places<'p> {
    program: &'p Program,
    /// The handler whose code each lane was last in: functions run for it.
    handlers: [usize; 2],
}

impl<'p> Places<'p> {
    fn new(program: &'p Program) -> Places<'p> {
        Places {
            program,
            handlers: [0; 2],
        }
    }

    fn of(&mut self, at: At) -> Place {
        let (lane, position) = match at {
            At::Phase(name) => return Place::Machine(name),
            At::Instruction(lane, position) => (lane, position),
        };
        let program = self.program;
        let within =
            |region: pasc_vm::program::Region| (region.start.0..region.end.0).contains(&position);
        let is_here = |handler: &pasc_vm::program::Handler| {
            within(handler.body) || handler.guard.is_some_and(within)
        };
        let last = &mut self.handlers[usize::from(lane) % 2];
        if let Some(handler) = program.handlers.iter().position(is_here) {
            *last = handler;
        }
        let functions = &program.functions;
        let source = program.debug.span_at(position).map(|span| span.0);
        let word = program.code.get(position as usize).copied().unwrap_or(0);
        Place::Code {
            handler: *last,
            function: functions
                .iter()
                .position(|function| within(function.region)),
            source,
            line: source.map(|byte| {
                let line = program.debug.line_and_column(byte).0;
                (program.debug.file_at(byte).to_owned(), line)
            }),
            opcode: Instruction::decode(Word(word)).map_or("?", |found| found.mnemonic()),
        }
    }
}
