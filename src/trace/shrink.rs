//! `pasc trace shrink`: the smallest part of a trace that fails as the whole does.
//!
//! The failure is the first runtime error, trap or violated invariant. Records are left out, large
//! parts first and then smaller ones, as long as the same failure still comes; in the end none can be
//! left out alone (delta debugging, Zeller and Hildebrandt, 2002). Then the values in the messages that
//! are left become smaller in the same way, until no single one can.

use super::smaller::{self, Body};
use super::writer::Writer;
use crate::cli::{ModeName, ShrinkArgs, TimersBy};
use crate::exit::{Code, Failed};
use crate::invariants::Invariants;
use crate::load;
use crate::output::keep;
use crate::params;
use crate::progress::Progress;
use crate::report::{count, say};
use crate::run::not_started;
use pasc_traces::host::{Host, Origin, Outcome, start_before};
use pasc_traces::shown;
use pasc_traces::{Form, Reader, Record, Whose, jsonl};
use pasc_vm::Value;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::process::{Failure, Lockstep, Mode, Options, Plain, Sequential};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The most inputs of one run, timers included.
const MAX_INPUTS: usize = 1_000_000;

/// What went wrong, as far as it has to stay the same.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Signature(String);

/// What can be run.
struct Subject<'a> {
    origin: Origin<'a>,
    name: String,
    timers: TimersBy,
}

/// Shrinks a trace.
pub(crate) fn shrink(args: &ShrinkArgs) -> Result<Code, Failed> {
    keep(&args.program, &args.output)?;
    let program = load::runnable(&args.program)?;
    let own = load::own_address(args.own.as_deref(), &args.program)?;
    let options = Options {
        params: params::params(&program, &args.param)?,
        limits: params::limits(&args.limit)?,
        random_seed: args.seed,
        ..Options::new(&own)
    }
    .sealed();
    let whose = Whose {
        program: &program,
        own: &own,
    };
    let mut reader = Reader::open(&args.trace, whose)?;
    let mut records = Vec::new();
    while let Some(record) = reader.read()? {
        records.push(record);
    }
    let form = reader.form();
    let subject = Subject {
        origin: Origin {
            whose,
            options: &options,
        },
        name: args.program.display().to_string(),
        timers: args.timers,
    };
    let whole = records.len();
    let shrunk = match args.mode {
        ModeName::Plain => smallest::<Plain>(&subject, records, args.attempts),
        ModeName::Lockstep => smallest::<Lockstep>(&subject, records, args.attempts),
        ModeName::Sequential => smallest::<Sequential>(&subject, records, args.attempts),
    };
    write(args, whose, form, whole, shrunk?)
}

/// Writes what is left and tells about it.
fn write(
    args: &ShrinkArgs,
    whose: Whose,
    form: Form,
    whole: usize,
    shrunk: Shrunk,
) -> Result<Code, Failed> {
    let mut writer = Writer::create(&args.output, whose, form)?;
    for record in &shrunk.records {
        writer.write(record)?;
    }
    writer.finish()?;
    let Signature(failure) = &shrunk.signature;
    let left = count(shrunk.records.len(), "record");
    let runs = count(shrunk.runs as usize, "run");
    let name = shown(&args.output, "the standard output");
    say(format!(
        "{name}: {left} of {whole}, after {runs}: {failure}"
    ));
    if shrunk.complete {
        return Ok(Code::Done);
    }
    let text = format!(
        "after {runs} it is not known whether fewer records or smaller values are enough; allow more \
         with --attempts"
    );
    Err(Failed::new(Code::Undecided, text))
}

/// What is left of a trace.
struct Shrunk {
    records: Vec<Record>,
    signature: Signature,
    runs: u64,
    /// Whether no further record can be left out alone, and no value be smaller.
    complete: bool,
}

fn smallest<M: Mode>(
    subject: &Subject,
    mut records: Vec<Record>,
    attempts: u64,
) -> Result<Shrunk, Failed> {
    let Some((signature, end)) = subject.run::<M>(&records, None)? else {
        return Err(Failed::usage(
            "the whole trace runs without failure, so there is nothing to look for".to_owned(),
        ));
    };
    records.truncate(end);
    let mut runs = 1;
    let mut progress = Progress::of("run");
    // Whether the failure comes without a part; whatever follows it is left out too.
    let mut try_without = |records: &mut Vec<Record>, from: usize, to: usize| {
        runs += 1;
        progress.step();
        let mut rest = records.clone();
        rest.drain(from..to);
        match subject.run::<M>(&rest, Some(&signature)) {
            Ok(Some((_, end))) => {
                rest.truncate(end);
                *records = rest;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(failed) => Err(failed),
        }
    };
    let mut used = 1;
    let mut size = records.len().div_ceil(2);
    let mut complete = records.is_empty();
    while !complete && used < attempts {
        let mut left_out = false;
        // From the end, so that positions before stay as they are.
        let mut to = records.len();
        while to > 0 && used < attempts {
            let from = to.saturating_sub(size);
            left_out |= try_without(&mut records, from, to)?;
            used += 1;
            to = from.min(records.len());
        }
        complete = used < attempts && size == 1 && !left_out;
        size = if left_out {
            size.min(records.len()).max(1)
        } else {
            size.div_ceil(2)
        };
        complete |= records.is_empty();
    }
    if complete {
        let mut values = Values {
            subject,
            signature: &signature,
            attempts,
            runs,
            progress: Progress::of("run"),
        };
        complete = values.shrink::<M>(&mut records)?;
        runs = values.runs;
    }
    let first = jsonl::first_ordinal(subject.origin.whose.program);
    let renumbered = renumbered(&records, first);
    if subject.run::<M>(&renumbered, Some(&signature))?.is_some() {
        records = renumbered;
    }
    Ok(Shrunk {
        records,
        signature,
        runs,
        complete,
    })
}

/// The search for smaller values.
struct Values<'s, 'a> {
    subject: &'s Subject<'a>,
    signature: &'s Signature,
    attempts: u64,
    runs: u64,
    progress: Progress,
}

/// What came of the candidates for one place.
enum Found {
    /// The failure still comes with these records.
    Smaller(Vec<Record>),
    /// There is none.
    Nothing,
    /// Nobody knows: there were as many runs as there may be.
    OutOfRuns,
}

impl Values<'_, '_> {
    /// Makes values in the messages smaller as long as the same failure comes; whether that came to
    /// an end.
    fn shrink<M: Mode>(&mut self, records: &mut Vec<Record>) -> Result<bool, Failed> {
        loop {
            let before = records.clone();
            let ended = self.shared::<M>(records)? && self.single::<M>(records)?;
            if !ended || *records == before {
                return Ok(ended);
            }
        }
    }

    /// Values that stand in several places, such as the number that two messages agree on.
    fn shared<M: Mode>(&mut self, records: &mut Vec<Record>) -> Result<bool, Failed> {
        let program = self.subject.origin.whose.program;
        let mut last = None;
        loop {
            let mut leaves = BTreeMap::new();
            let bodies = records.iter().filter_map(|it| Body::of(program, it));
            bodies.for_each(|body| smaller::leaves(&body.value, &mut leaves));
            let mut several = leaves.into_iter().filter(|(_, count)| *count > 1);
            let Some((leaf, _)) = several.find(|(leaf, _)| last.as_ref() < Some(leaf)) else {
                return Ok(true);
            };
            let found = self.first_of::<M>(&leaf, |to| {
                let changed = records.iter().map(|record| {
                    let Some(body) = Body::of(program, record) else {
                        return Some(record.clone());
                    };
                    body.with(&smaller::replaced(&body.value, &leaf, to))
                });
                changed.collect()
            })?;
            match found {
                Found::Smaller(found) => *records = found,
                Found::Nothing => last = Some(leaf),
                Found::OutOfRuns => return Ok(false),
            }
        }
    }

    /// Values in one place.
    fn single<M: Mode>(&mut self, records: &mut Vec<Record>) -> Result<bool, Failed> {
        let program = self.subject.origin.whose.program;
        let mut index = 0;
        while index < records.len() {
            let record = records[index].clone();
            let Some(body) = Body::of(program, &record) else {
                index += 1;
                continue;
            };
            let found = self.first_of::<M>(&body.value, |value| {
                let mut changed = records.clone();
                changed[index] = body.with(value)?;
                Some(changed)
            })?;
            match found {
                Found::Smaller(found) => *records = found,
                Found::Nothing => index += 1,
                Found::OutOfRuns => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The records with the first smaller value with which the failure still comes.
    fn first_of<M: Mode>(
        &mut self,
        value: &Value,
        with: impl Fn(&Value) -> Option<Vec<Record>>,
    ) -> Result<Found, Failed> {
        let mut found = Ok(Found::Nothing);
        let _ = smaller::smaller(value, &mut |value| {
            let Some(mut records) = with(&value) else {
                return ControlFlow::Continue(());
            };
            if self.runs >= self.attempts {
                found = Ok(Found::OutOfRuns);
                return ControlFlow::Break(());
            }
            self.runs += 1;
            self.progress.step();
            match self.subject.run::<M>(&records, Some(self.signature)) {
                Ok(None) => return ControlFlow::Continue(()),
                Ok(Some((_, end))) => {
                    records.truncate(end);
                    found = Ok(Found::Smaller(records));
                }
                Err(failed) => found = Err(failed),
            }
            ControlFlow::Break(())
        });
        found
    }
}

impl Subject<'_> {
    /// Runs records until a failure, which is the wanted one if one is wanted: what it is, and how
    /// many records led to it.
    fn run<M: Mode>(
        &self,
        records: &[Record],
        wanted: Option<&Signature>,
    ) -> Result<Option<(Signature, usize)>, Failed> {
        let mut member =
            Host::<M>::start(self.origin).map_err(|error| not_started(&self.name, &error))?;
        let invariants = Invariants::of(self.origin.whose.program);
        let mut inputs = 0;
        let matches = |found: &Signature| wanted.is_none_or(|wanted| wanted == found);
        let start = match member.starts {
            true => start_before(records.iter().find(|record| record.is_intact())),
            false => None,
        };
        for (end, record) in start
            .iter()
            .map(|start| (0, start))
            .chain((1..).zip(records))
        {
            while let Some(record) = self.due(&member, record) {
                inputs += 1;
                if let Some(found) = step(&mut member, &invariants, record, self.timers)
                    && (matches(&found) || inputs > MAX_INPUTS)
                {
                    return Ok(matches(&found).then_some((found, end)));
                }
                if inputs > MAX_INPUTS {
                    return Ok(None);
                }
            }
            let record = member.fired(record.clone());
            match step(&mut member, &invariants, record, self.timers) {
                Some(found) if matches(&found) => return Ok(Some((found, end))),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The timer that fires before a record.
    fn due<M: Mode>(&self, member: &Host<M>, record: &Record) -> Option<Record> {
        if self.timers == TimersBy::Trace || !record.is_intact() {
            return None;
        }
        let (deadline, order) = member.timers.due(record.time)?;
        Some(Record::new(0, deadline, order.to_vec()))
    }
}

/// Hands one record over; the failure, if there is one.
fn step<M: Mode>(
    member: &mut Host<M>,
    invariants: &Invariants,
    record: Record,
    timers: TimersBy,
) -> Option<Signature> {
    let record = match timers {
        TimersBy::Trace => record,
        TimersBy::Auto => {
            // A timer whose handler fails fires no second time.
            member.timers.fired(&record.frame);
            member.numbered(&record)
        }
    };
    match member.handle(&record) {
        Ok(Outcome::Failed(error)) => {
            let code = error.code.code();
            Some(Signature(format!(
                "runtime error {code} at {}",
                error.place
            )))
        }
        Ok(_) => match invariants.first_violated(&mut member.process) {
            Ok(name) => name.map(|name| Signature(format!("the invariant \"{name}\" is violated"))),
            Err(failure) => Some(signature(&failure)),
        },
        Err(failure) => Some(signature(&failure)),
    }
}

fn signature(failure: &Failure) -> Signature {
    Signature(match failure {
        Failure::Error(error) => format!("runtime error {} at {}", error.code.code(), error.place),
        failure => failure.to_string(),
    })
}

/// The records with consecutive ordinals and numbers, where they are intact.
fn renumbered(records: &[Record], first: u64) -> Vec<Record> {
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    let renumber = |(ordinal, record): (u64, &Record)| {
        if !record.is_intact() {
            return record.clone();
        }
        let mut bytes = record.frame.clone();
        if let Ok(frame) = Frame::parse(&record.frame) {
            let number = numbers.entry(frame.sender.to_owned()).or_default();
            *number += 1;
            let header = Header {
                fingerprint: frame.fingerprint,
                incarnation: frame.incarnation,
                number: *number,
                sender: frame.sender.as_bytes(),
                destination: frame.destination.as_bytes(),
            };
            bytes = frame::build(&header, frame.body).unwrap_or(bytes);
        }
        Record::new(ordinal, record.time, bytes)
    };
    (first..).zip(records).map(renumber).collect()
}
