//! A process under fault injection: it can be looked at, taken back to a checkpoint, and compared.

use super::checkpoint::{copy_lane, same_lane};
use super::session;
use super::visitor::{Group, Place, Purpose, SHARED, Visitor};
use super::{Part, point};
use crate::error::{Refusal, Stop};
use crate::exec::{Dispatcher, stepped};
use crate::harden::doubled::DoubledBody;
use crate::harden::grain::Grain;
use crate::harden::plain::PlainBody;
use crate::harden::{Emission, Outcome};
use crate::lane::Lane;
use crate::mode::Mode;
use crate::process::{Failure, Handled, Input, Options, Process, StartError};
use crate::program::Program;
use crate::state::StateCopy;
use crate::trap::Trap;
use crate::value::Value;

/// What fault injection asks of lanes and copies.
pub(crate) trait Probed: Sync {
    /// All lanes and copies.
    fn parts(&mut self) -> (&mut [Lane], &mut [StateCopy]);
    /// All lanes and copies, to look at.
    fn looked_at(&self) -> (&[Lane], &[StateCopy]);
    /// The names of the phases of a message.
    fn phases() -> &'static [&'static str];
}

impl<G: Grain> Probed for DoubledBody<G> {
    fn parts(&mut self) -> (&mut [Lane], &mut [StateCopy]) {
        (&mut self.lanes, &mut self.copies)
    }
    fn looked_at(&self) -> (&[Lane], &[StateCopy]) {
        (&self.lanes, &self.copies)
    }
    fn phases() -> &'static [&'static str] {
        Self::PHASES
    }
}

impl<D: Dispatcher> Probed for PlainBody<D> {
    fn parts(&mut self) -> (&mut [Lane], &mut [StateCopy]) {
        let (lane, copy) = (&mut self.lane, &mut self.copy);
        (std::slice::from_mut(lane), std::slice::from_mut(copy))
    }
    fn looked_at(&self) -> (&[Lane], &[StateCopy]) {
        (
            std::slice::from_ref(&self.lane),
            std::slice::from_ref(&self.copy),
        )
    }
    fn phases() -> &'static [&'static str] {
        Self::PHASES
    }
}

/// How a phase is called, and its name.
type PhaseOf<B> = (
    &'static str,
    fn(&mut B, &Input, &mut Emission) -> Result<Option<Outcome>, Stop>,
);

/// Takes a message through its phases. A fault can change which one comes next.
pub(crate) fn drive<B: Probed>(
    body: &mut B,
    phases: &[PhaseOf<B>],
    input: &Input,
    out: &mut Emission,
) -> Result<Outcome, Stop> {
    let mut frame = input.frame.to_vec();
    let mut input = *input;
    let mut phase: u32 = 0;
    loop {
        let Some((name, run)) = phases.get(phase as usize) else {
            return Err(Trap::ControlFlow.into());
        };
        let shown = at_phase(name, body, (&mut input, &mut frame), out);
        let given = Input {
            frame: &frame,
            ..input
        };
        let end = shown.and_then(|()| run(body, &given, out));
        if let Some(to) = session::take_jump() {
            phase = to;
            continue;
        }
        match end? {
            Some(outcome) => return Ok(outcome),
            None => phase += 1,
        }
    }
}

fn at_phase<B: Probed>(
    name: &'static str,
    body: &mut B,
    (input, frame): (&mut Input, &mut [u8]),
    out: &mut Emission,
) -> Result<(), Stop> {
    point!(name, |v: &mut Visitor| {
        let (lanes, copies) = body.parts();
        stepped::visit_all(v, lanes, copies);
        out.visit(v);
        input.visit(v);
        v.local_slice("input.frame", frame);
    });
    Ok(())
}

/// A process under fault injection.
pub struct Machine<M: Mode> {
    process: Process<M>,
}

/// How a message ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judged {
    /// A handler ran; its outputs and its redo record.
    Done {
        /// The frames, one after the other.
        outputs: Vec<u8>,
        /// The redo record.
        record: Vec<u8>,
    },
    /// No handler ran.
    Unhandled,
    /// The input was not accepted.
    Refused(Refusal),
    /// The handler failed; the code of the error.
    Error(String),
    /// The machine trapped.
    Trap(Trap),
}

impl<M: Mode> Machine<M> {
    /// Starts a process. It makes redo records.
    pub fn start(program: &Program, options: &Options) -> Result<Machine<M>, StartError> {
        let mut options = options.clone();
        options.records = true;
        let process = Process::start(program, &options.sealed())?;
        Ok(Machine { process })
    }

    /// Handles an input.
    pub fn handle(&mut self, input: &Input) -> Judged {
        let end = match self.process.handle(input) {
            Ok(Handled::Done { outputs, .. }) => Ok(outputs.bytes().to_vec()),
            Ok(Handled::Unhandled(_)) => Err(Judged::Unhandled),
            Ok(Handled::Refused(refusal)) => Err(Judged::Refused(refusal)),
            Err(Failure::Error(error)) => Err(Judged::Error(error.code.code())),
            Err(Failure::Trap(trap)) => Err(Judged::Trap(trap)),
            Err(Failure::Stopped) => Err(Judged::Trap(Trap::ControlFlow)),
        };
        match end {
            Ok(outputs) => Judged::Done {
                outputs,
                record: self.process.record().to_vec(),
            },
            Err(other) => other,
        }
    }

    /// The names of the phases, by number.
    pub fn phases() -> &'static [&'static str] {
        M::Body::phases()
    }

    /// Every group that lasts between messages.
    pub fn groups(&mut self) -> Vec<Group> {
        let mut groups = Vec::new();
        self.visit(&mut Visitor::new(Purpose::List(&mut |group| {
            groups.push(group)
        })));
        groups
    }

    /// The value at a place between messages.
    pub fn look(&mut self, place: Place) -> Option<u64> {
        let mut visitor = Visitor::new(Purpose::Look(place, None));
        self.visit(&mut visitor);
        match visitor.purpose {
            Purpose::Look(_, value) => value,
            _ => None,
        }
    }

    /// Changes a place between messages. Whether it was found.
    pub fn change(&mut self, place: Place, change: super::Change) -> bool {
        let mut visitor = Visitor::new(Purpose::Change(place, change, false));
        self.visit(&mut visitor);
        matches!(visitor.purpose, Purpose::Change(_, _, true))
    }

    fn visit(&mut self, v: &mut Visitor) {
        let Process {
            body,
            out,
            stopped: _, // set once the machine has stopped; a second fault would be needed
            statistics: _, // counts for people
            heartbeat: _, // the host's
        } = &mut self.process;
        let (lanes, copies) = body.parts();
        stepped::visit_all(v, lanes, copies);
        v.side = SHARED;
        out.visit(v);
    }

    /// The words of each state copy.
    pub fn copies(&self) -> Vec<&[u64]> {
        let (_, copies) = self.process.body.looked_at();
        copies.iter().map(|copy| copy.words.as_slice()).collect()
    }

    /// Gives each state copy these words, as another process of the same program has them. A machine
    /// that had stopped works again.
    pub fn load(&mut self, copies: &[Vec<u64>]) {
        self.process.stopped = false;
        let (_, own) = self.process.body.parts();
        for (copy, words) in own.iter_mut().zip(copies) {
            copy.words.clone_from(words);
        }
    }

    /// The state as a value, if it can be read.
    pub fn state(&mut self) -> Option<Value> {
        self.process.state().ok()
    }

    /// A snapshot, if the machine gives one.
    pub fn snapshot(&mut self) -> Option<Vec<u8>> {
        self.process.snapshot().ok()
    }

    /// A machine around a process that recovery made.
    pub fn of(process: Process<M>) -> Machine<M> {
        Machine { process }
    }

    /// Makes this machine what the other one is, without giving up its memory. With `constants` also
    /// what never changes in a right run.
    pub fn take_back(&mut self, other: &Machine<M>, constants: bool) {
        let (from_lanes, from_copies) = other.process.body.looked_at();
        let (lanes, copies) = self.process.body.parts();
        for (lane, from) in lanes.iter_mut().zip(from_lanes) {
            copy_lane(lane, from, constants);
        }
        for (copy, from) in copies.iter_mut().zip(from_copies) {
            copy.words.clone_from(&from.words);
        }
        let (out, from) = (&mut self.process.out, &other.process.out);
        out.frames.clone_from(&from.frames);
        out.record.clone_from(&from.record);
        self.process.stopped = other.process.stopped;
    }

    /// Whether later messages cannot tell this machine from the other one. Without `constants` what
    /// never changes in a right run is taken to be the same.
    pub fn is_same(&self, other: &Machine<M>, constants: bool) -> bool {
        let (lanes, copies) = self.process.body.looked_at();
        let (other_lanes, other_copies) = other.process.body.looked_at();
        let (out, other_out) = (&self.process.out, &other.process.out);
        copies
            .iter()
            .zip(other_copies)
            .all(|(a, b)| a.words == b.words)
            && (lanes.iter().zip(other_lanes)).all(|(a, b)| same_lane(a, b, constants))
            && (&out.frames, &out.record) == (&other_out.frames, &other_out.record)
            && self.process.stopped == other.process.stopped
    }
}
