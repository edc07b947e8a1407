//! Several processes, or one: inputs go in, one after the other, and messages between the processes
//! are delivered in the order in which they were sent, before the trace goes on.
//!
//! A trap stops its process: what comes for it from then on is lost, and the others go on. The run ends
//! when none is left.
//!
//! With one process and timers fired by the trace, records are handed over exactly as they are, damage
//! included. Else the run numbers the inputs of each process itself.

use super::failure::ended;
use super::flip::Flips;
use super::sink::Sink;
use super::{report, skips_malformed, stats};
use crate::cli::{RunArgs, StateForm, TimersBy};
use crate::exit::{Code, Failed};
use crate::invariants::Invariants;
use crate::progress::Progress;
use crate::report::say;
use pasc_traces::host::{Host, Outcome, start_before};
use pasc_traces::{Problem, Reader, Record};
use pasc_vm::frame::Frame;
use pasc_vm::process::Mode;
use std::collections::VecDeque;
use std::time::Instant;

/// The most inputs that follow from one line of the trace: deliveries and firings at one time may
/// have no end.
const MAX_CONSEQUENCES: u64 = 100_000;

/// A message between two processes on its way.
struct Sent {
    to: usize,
    frame: Vec<u8>,
    /// Where in the trace it comes from.
    place: String,
}

/// A run.
pub(super) struct World<'a, M: Mode> {
    args: &'a RunArgs,
    members: Vec<Host<'a, M>>,
    /// Which processes a trap has stopped.
    stopped: Vec<bool>,
    /// The invariants of each process, if they are looked at.
    invariants: Vec<Option<Invariants>>,
    flips: Flips,
    sink: Sink,
    queue: VecDeque<Sent>,
    /// Inputs so far.
    inputs: u64,
    /// Inputs since the last line of the trace.
    consequences: u64,
    /// Microseconds since the epoch.
    time: u64,
    /// Malformed lines that were passed over.
    malformed: u64,
    /// Inputs of processes that have stopped.
    lost: u64,
    code: Code,
    progress: Progress,
    since: Instant,
}

impl<'a, M: Mode> World<'a, M> {
    pub(super) fn new(
        args: &'a RunArgs,
        members: Vec<Host<'a, M>>,
        flips: Flips,
        sink: Sink,
    ) -> World<'a, M> {
        let invariants = members.iter().map(|member| {
            let program = member.whose.program;
            args.check.then(|| Invariants::of(program))
        });
        World {
            args,
            invariants: invariants.collect(),
            stopped: vec![false; members.len()],
            members,
            flips,
            sink,
            queue: VecDeque::new(),
            inputs: 0,
            consequences: 0,
            time: 0,
            malformed: 0,
            lost: 0,
            code: Code::Done,
            progress: Progress::of("input"),
            since: Instant::now(),
        }
    }

    /// Hands over one input after the other until the trace, or the interest in it, ends.
    pub(super) fn feed(&mut self, trace: &mut Reader) -> Result<(), Failed> {
        self.show_changes()?;
        while !self.is_over() {
            if trace.may_wait() {
                self.sink.flush()?;
            }
            let next = match trace.read_for() {
                Ok(next) => next,
                Err(Problem::Malformed(text)) if skips_malformed(self.args) => {
                    say(format!("warning: {text}"));
                    self.malformed += 1;
                    continue;
                }
                Err(problem) => return Err(problem.into()),
            };
            self.consequences = 0;
            let place = trace.place();
            let intact = next.as_ref().is_none_or(|(_, record)| record.is_intact());
            if intact {
                self.start(next.as_ref(), &place)?;
            }
            let Some((index, record)) = next else {
                return Ok(());
            };
            if intact {
                self.fire_until(record.time, &place)?;
                self.time = self.time.max(record.time);
            }
            let record = self.members[index].fired(record);
            self.hand(index, record, &place)?;
            self.deliver()?;
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.sink.is_closed() || self.args.until.is_some_and(|until| self.inputs >= until)
    }

    /// Whether the run numbers inputs itself.
    fn numbers(&self) -> bool {
        self.members.len() > 1 || self.args.timers == TimersBy::Auto
    }

    /// Starts the processes that have not been, before the first input of all.
    fn start(&mut self, first: Option<&(usize, Record)>, place: &str) -> Result<(), Failed> {
        for index in 0..self.members.len() {
            let own = first.filter(|(of, _)| *of == index);
            let time = first.map_or(0, |(_, record)| record.time);
            if !std::mem::take(&mut self.members[index].starts) {
                continue;
            }
            let start = match own {
                Some((_, record)) => start_before(Some(record)),
                None => {
                    start_before(None).map(|start| Record::new(start.ordinal, time, start.frame))
                }
            };
            if let Some(start) = start {
                self.time = self.time.max(start.time);
                self.hand(index, start, place)?;
            }
        }
        self.deliver()
    }

    /// Fires the timers that are due by a time, the earliest first, if that is for the run to do.
    fn fire_until(&mut self, until: u64, place: &str) -> Result<(), Failed> {
        while self.args.timers == TimersBy::Auto && !self.is_over() {
            let due = |(index, member): (usize, &Host<M>)| {
                let (deadline, order) = member.timers.due(until)?;
                Some((deadline, index, order.to_vec()))
            };
            let all = self.members.iter().enumerate();
            let all = all.filter(|(index, _)| !self.stopped[*index]);
            let Some((deadline, index, order)) = all.filter_map(due).min() else {
                break;
            };
            self.members[index].timers.fired(&order);
            self.time = self.time.max(deadline);
            let place = format!("{place}: before it, at {}", self.time);
            self.hand(index, Record::new(0, self.time, order), &place)?;
            self.deliver()?;
        }
        Ok(())
    }

    /// Delivers messages until none is on its way.
    fn deliver(&mut self) -> Result<(), Failed> {
        while !self.is_over() {
            let Some(sent) = self.queue.pop_front() else {
                break;
            };
            let record = Record::new(0, self.time, sent.frame);
            self.hand(sent.to, record, &sent.place)?;
        }
        Ok(())
    }

    /// Hands one input over, writes what is sent, and looks at the state as far as that is asked for.
    fn hand(&mut self, index: usize, record: Record, place: &str) -> Result<(), Failed> {
        if self.is_over() {
            return Ok(());
        }
        self.inputs += 1;
        self.consequences += 1;
        if self.consequences > MAX_CONSEQUENCES {
            return Err(Failed::new(
                Code::Undecided,
                format!(
                    "{place}: after {MAX_CONSEQUENCES} messages and timers that follow from this \
                     the processes are still not quiet"
                ),
            ));
        }
        self.progress.step();
        if self.stopped[index] {
            self.lost += 1;
            return Ok(());
        }
        let several = self.members.len() > 1;
        let member = &mut self.members[index];
        let place = match several {
            true => format!("{place}: {}", member.whose.own),
            false => place.to_owned(),
        };
        let mut record = record;
        self.flips.apply(self.inputs, index, member, &mut record)?;
        if self.numbers() {
            record = self.members[index].numbered(&record);
        }
        let handled = self.members[index].handle(&record);
        let handled = match handled {
            Ok(handled) => handled,
            Err(failure) => return self.stop(index, ended(&place, &failure)),
        };
        match handled {
            Outcome::Done(sent) => self.send(index, sent, &place)?,
            Outcome::Unhandled => {}
            Outcome::Refused(refusal) => {
                let code = refusal.code();
                say(format!("warning: {place}: refused {code}: {refusal}"));
            }
            Outcome::Failed(error) => {
                say(format!("error: {place}: {error}"));
                self.code = self.code.max(Code::Runtime);
            }
        }
        self.show_changes()?;
        self.check(index, &place)
    }

    /// A process has failed for good. Others go on.
    fn stop(&mut self, index: usize, failed: Failed) -> Result<(), Failed> {
        self.stopped[index] = true;
        if self.stopped.iter().all(|stopped| *stopped) {
            return Err(failed);
        }
        let own = self.members[index].whose.own;
        self.code = self.code.max(report(&failed));
        say(format!(
            "warning: `{own}` has stopped; what comes for it is lost, the others go on"
        ));
        Ok(())
    }

    /// Writes messages; those to other processes are on their way.
    fn send(&mut self, index: usize, sent: Vec<Vec<u8>>, place: &str) -> Result<(), Failed> {
        for frame in sent {
            self.sink.output(self.members[index].whose, &frame)?;
            if self.members.len() == 1 {
                continue;
            }
            let destination = Frame::parse(&frame).map(|frame| frame.destination);
            let to = |member: &Host<M>| destination == Ok(member.whose.own);
            if let Some(to) = self.members.iter().position(to) {
                let place = place.split(": ").next().unwrap_or(place).to_owned();
                self.queue.push_back(Sent { to, frame, place });
            }
        }
        Ok(())
    }

    /// Looks at the invariants, if that was asked for.
    fn check(&mut self, index: usize, place: &str) -> Result<(), Failed> {
        let Some(invariants) = &self.invariants[index] else {
            return Ok(());
        };
        let member = &mut self.members[index];
        let violated = invariants.violated(member.whose.program, &mut member.process);
        match violated {
            Err(failure) => self.stop(index, ended(place, &failure)),
            Ok(None) => Ok(()),
            Ok(Some(text)) => {
                let text = format!("{place}: after this message {text}");
                Err(Failed::new(self.code.max(Code::Found), text))
            }
        }
    }

    /// Writes what changed in the states since the last time, if that was asked for.
    fn show_changes(&mut self) -> Result<(), Failed> {
        if self.args.state != Some(StateForm::Changes) {
            return Ok(());
        }
        let several = self.members.len() > 1;
        let members = self.members.iter_mut().zip(&self.stopped);
        for (member, _) in members.filter(|(_, stopped)| !**stopped) {
            let state = member.process.state();
            let state = state.map_err(|failure| ended("reading the state", &failure))?;
            if member.shown.as_ref() != Some(&state) {
                let before = member.shown.as_ref();
                let line = stats::changes(member.whose, self.inputs, before, &state, several);
                self.sink.note(&line)?;
                member.shown = Some(state);
            }
        }
        Ok(())
    }

    /// Ends the run: states, differences and counts are told. The greatest code counts.
    pub(super) fn finish(mut self, ended: Result<(), Failed>) -> Code {
        crate::progress::clear();
        let mut code = self.code;
        let broken = ended.is_err();
        if self.args.state == Some(StateForm::Final) {
            code = code.max(self.show_states(broken));
        }
        if self.args.stats.is_some() && !self.sink.is_closed() {
            code = code.max(self.show_stats());
        }
        // What was sent before a failure has been sent.
        let flushed = self.sink.finish(broken);
        for failed in [
            ended.err(),
            flushed.err(),
            self.flips.unused(self.inputs).err(),
        ] {
            code = code.max(failed.as_ref().map_or(Code::Done, report));
        }
        if !self.sink.is_closed() {
            say(self.summary());
        }
        code
    }

    fn show_states(&mut self, broken: bool) -> Code {
        let several = self.members.len() > 1;
        let members = self.members.iter_mut().zip(&self.stopped);
        for (member, stopped) in members {
            let written = match member.process.state() {
                Ok(state) => self.sink.note(&stats::state(member.whose, &state, several)),
                // A process that has stopped says so already.
                Err(_) if broken || *stopped => Ok(()),
                Err(failure) => Err(ended(member.whose.own, &failure)),
            };
            if let Err(failed) = written {
                return report(&failed);
            }
        }
        Code::Done
    }

    fn show_stats(&mut self) -> Code {
        let seconds = self.since.elapsed().as_secs_f64();
        let lines = stats::table(self.args.stats, &mut self.members, self.inputs, seconds);
        match lines {
            stats::Shown::ForPeople(text) => {
                say(text);
                Code::Done
            }
            stats::Shown::Result(line) => {
                let written = self.sink.note(&line);
                written.err().as_ref().map_or(Code::Done, report)
            }
        }
    }

    /// The closing line of counts.
    fn summary(&self) -> String {
        let did = self
            .members
            .iter()
            .map(|member| member.process.statistics());
        let did: Vec<_> = did.collect();
        let sum = |of: fn(&pasc_vm::process::Statistics) -> u64| did.iter().map(of).sum::<u64>();
        let malformed = match self.malformed {
            0 => String::new(),
            number => format!(", malformed {number}"),
        };
        let lost = match self.lost {
            0 => String::new(),
            number => format!(", lost {number}"),
        };
        format!(
            "handled {}, sent {}, unhandled {}, refused {}, failed {}{malformed}{lost}",
            sum(|did| did.handled),
            sum(|did| did.sent),
            sum(|did| did.unhandled),
            sum(|did| did.refused),
            sum(|did| did.failed)
        )
    }
}
