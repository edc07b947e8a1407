//! A campaign: steps through the run without a fault, draws faults, and lets each happen.

use crate::code::Code;
use crate::draw::Draw;
use crate::fault::{CODE, CONSTANT, Fault, Place};
use crate::golden::{self, Steps};
use crate::protocol::{Event, Given, GivenInput, MOST_INPUTS};
use crate::report::{Head, INSIDE, Report, Row, Silent, Time};
use crate::resume::Kept;
use crate::server::Server;
use crate::subject::Subject;
use crate::watchdog::{Watch, watch};
use crate::{NativeError, Progress, Settings, Target};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use pasc_inject::Outcome;
use pasc_vm::limits::Limits;
use pasc_vm::process::Options;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Where progress is told.
type Tell<'t> = &'t (dyn Fn(Progress) + Sync);
/// How many steps, or faults, go by between two reports.
const OFTEN: u64 = 64;
/// How many faults are kept at once.
pub(crate) const BLOCK: usize = 256;
/// How often a process is recovered in a campaign on recoveries, and how many inputs there are between a
/// snapshot and the recovery.
const RECOVERIES: usize = 3;
const RECORDS: usize = 3;

/// Runs a campaign, part by part on one run without a fault; a report for each.
pub fn run(target: &Target, settings: &Settings, tell: Tell) -> Result<Vec<Report>, NativeError> {
    let given = given(target, settings)?;
    let threads = settings.threads.max(1);
    let steps = step_through(target, settings, &given, threads, tell)?;
    let server = Server::start(&settings.executable, &given)?;
    let mut code = Code::of(&server)?;
    drop(server);
    let phases = pasc_inject::phases(settings.mode);
    let mut kept = Kept::open(settings, &given, &steps)?;
    let mut reports = Vec::new();
    for (number, part) in settings.parts.iter().enumerate() {
        let draw = Draw::new(part, &steps, &mut code, phases)?;
        let faults = draw.faults();
        let campaign = Campaign {
            settings,
            given: &given,
            steps: &steps,
            threads,
            tell,
        };
        let time = campaign.inject(number, &faults, &mut kept)?;
        let mut rows = Vec::with_capacity(faults.len());
        let mut silent = Vec::new();
        for (fault, outcome) in faults.iter().zip(kept.outcomes(number, faults.len())?) {
            let steps = &steps[fault.input as usize];
            let beyond = is_beyond(&code, steps, fault);
            if outcome == Some(Outcome::Sdc) {
                silent.push(silent_at(&mut code, steps, fault, beyond));
            }
            let address = steps.addresses[fault.step as usize];
            rows.push(Row {
                kind: match (fault.place.kind(), beyond) {
                    (kind @ (CODE | CONSTANT), _) | (kind, false) => kind,
                    (_, true) => INSIDE,
                },
                register: fault.place.register(),
                site: code.function(address),
                bit: fault.bit,
                outcome,
            });
        }
        let head = Head {
            mode: settings.mode,
            program: &target.program.debug.source_name,
            inputs: target.inputs.len(),
            recovery: settings.recovery,
            part,
            steps: draw.steps(),
            all_steps: steps.iter().map(|steps| steps.addresses.len() as u64).sum(),
            reads: draw.reads(),
        };
        reports.push(Report::new(&head, &rows, silent, time));
    }
    Ok(reports)
}

/// The workload as the process takes it.
pub(crate) fn given(target: &Target, settings: &Settings) -> Result<Vec<u8>, NativeError> {
    match target.inputs.len() {
        0 => return Err(NativeError::NoInputs),
        1..=MOST_INPUTS => {}
        more => return Err(NativeError::TooManyInputs(more)),
    }
    // As the process is to have them: it makes records.
    let options = Options {
        records: true,
        ..target.options.clone()
    }
    .sealed();
    let limit = |name: &str| Some((name.to_owned(), options.limits.get(name)?));
    let given = Given {
        mode: settings.mode,
        program: target.program.clone(),
        own_address: options.own_address,
        params: options.params,
        incarnation: options.incarnation,
        hash_key: options.hash_key,
        random_seed: options.random_seed,
        limits: Limits::TABLE
            .iter()
            .filter_map(|row| limit(row.0))
            .collect(),
        digest: options.digest,
        events: events(target, settings.recovery),
    };
    postcard::to_stdvec(&given).map_err(|error| NativeError::Start(error.to_string()))
}

/// The inputs; with recoveries, between some of them a snapshot, and some inputs later a recovery.
fn events(target: &Target, recovery: bool) -> Vec<Event> {
    let every = (target.inputs.len() / RECOVERIES).max(1);
    let mut events = Vec::new();
    for (number, input) in target.inputs.iter().enumerate() {
        if recovery && number % every == 0 {
            events.push(Event::Snapshot);
        }
        events.push(Event::Input(GivenInput {
            ordinal: input.ordinal,
            time: input.time,
            frame: input.frame.clone(),
            crc: input.crc,
        }));
        if recovery && number % every == RECORDS.min(every) - 1 {
            events.push(Event::Restore);
        }
    }
    events
}

/// How many events there are.
pub(crate) fn count(target: &Target, settings: &Settings) -> usize {
    events(target, settings.recovery).len()
}

/// Steps through all inputs, each thread through some of them.
fn step_through(
    target: &Target,
    settings: &Settings,
    given: &[u8],
    threads: usize,
    tell: Tell,
) -> Result<Vec<Steps>, NativeError> {
    let events = events(target, settings.recovery);
    let stepped = AtomicU64::new(0);
    let told = |steps| {
        let now = stepped.fetch_add(steps, Ordering::Relaxed);
        if now.is_multiple_of(OFTEN) {
            tell(Progress::Stepped(now));
        }
    };
    let worker = |worker: usize| -> Result<Vec<(usize, Steps)>, NativeError> {
        keep_to_processor(worker);
        let mut server = Server::start(&settings.executable, given)?;
        let mut code = Code::of(&server)?;
        // In a campaign on recoveries faults happen in nothing else.
        let is_hit = |event: &Event| !settings.recovery || !matches!(event, Event::Input(_));
        let hit = events.iter().enumerate().filter(|(_, event)| is_hit(event));
        let mine = hit.skip(worker).step_by(threads);
        let step = |(event, _)| Ok((event, golden::record(&mut server, &mut code, event, &told)?));
        mine.map(step).collect()
    };
    let mut all = vec![Steps::default(); events.len()];
    for steps in in_threads(threads, worker)? {
        for (input, steps) in steps {
            all[input] = steps;
        }
    }
    Ok(all)
}

/// Lets a worker run in each thread. Its process is traced by that thread alone.
fn in_threads<T: Send>(
    threads: usize,
    worker: impl Fn(usize) -> Result<T, NativeError> + Sync,
) -> Result<Vec<T>, NativeError> {
    std::thread::scope(|scope| {
        let worker = &worker;
        let started: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || worker(number)))
            .collect();
        let ended = started.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.collect()
    })
}

/// Tracer and process take turns, and wake each other faster on one processor. It is no more than that:
/// what fails is left.
fn keep_to_processor(worker: usize) {
    let this = Pid::from_raw(0);
    let Ok(allowed) = sched_getaffinity(this) else {
        return;
    };
    let processors = (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu) == Ok(true));
    let processors: Vec<usize> = processors.collect();
    let mut mine = CpuSet::new();
    if let Some(processor) = processors.get(worker % processors.len().max(1))
        && mine.set(*processor).is_ok()
    {
        let _ = sched_setaffinity(this, &mine);
    }
}

/// What the parts of a campaign share.
struct Campaign<'c> {
    settings: &'c Settings,
    given: &'c [u8],
    steps: &'c [Steps],
    threads: usize,
    tell: Tell<'c>,
}

impl Campaign<'_> {
    /// Lets the faults of a part happen that did not happen yet; how long it took.
    fn inject(&self, part: usize, faults: &[Fault], kept: &mut Kept) -> Result<Time, NativeError> {
        let blocks: Vec<usize> = (0..faults.len().div_ceil(BLOCK))
            .filter(|block| !kept.has(part, *block))
            .collect();
        if blocks.is_empty() {
            return Ok(Time {
                seconds: kept.seconds(part),
                ..Time::default()
            });
        }
        let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
        let ended = AtomicBool::new(false);
        let watches: Vec<Watch> = (0..self.threads).map(|_| Watch::default()).collect();
        let started = Instant::now();
        let kept_now = Mutex::new(&mut *kept);
        let worker = |number: usize| -> Result<(), NativeError> {
            keep_to_processor(number);
            let mut subject = Subject::start(
                self.settings,
                self.given,
                self.steps.len(),
                &watches[number],
            )?;
            while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let faults = of_block(faults, *block);
                let outcomes = self.block(&mut subject, faults, &done).inspect_err(|_| {
                    // The others need not go on.
                    next.store(blocks.len(), Ordering::Relaxed);
                })?;
                let mut kept = kept_now.lock().unwrap_or_else(PoisonError::into_inner);
                kept.keep(part, *block, faults, outcomes)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let dog = scope.spawn(|| watch(&watches, &ended));
            let results = in_threads(self.threads, worker);
            ended.store(true, Ordering::SeqCst);
            let _ = dog.join();
            results
        })?;
        let seconds = started.elapsed().as_secs_f64();
        let happened = blocks.iter().map(|block| of_block(faults, *block).len());
        Ok(Time {
            seconds: kept.add_seconds(part, seconds)?,
            now: (happened.sum(), seconds),
        })
    }

    fn block(
        &self,
        subject: &mut Subject,
        faults: &[Fault],
        done: &AtomicU64,
    ) -> Result<Vec<Option<Outcome>>, NativeError> {
        let mut outcomes = Vec::with_capacity(faults.len());
        for fault in faults {
            outcomes.push(subject.run(&self.steps[fault.input as usize], fault)?);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(OFTEN) {
                (self.tell)(Progress::Injected(done));
            }
        }
        Ok(outcomes)
    }
}

/// The faults that are kept at once.
fn of_block(faults: &[Fault], block: usize) -> &[Fault] {
    let from = block * BLOCK;
    &faults[from..(from + BLOCK).min(faults.len())]
}

/// Whether a fault is beyond the model: it changes code or constants, which both lanes share, or makes the
/// processor go on inside of an instruction.
pub(crate) fn is_beyond(code: &Code, steps: &Steps, fault: &Fault) -> bool {
    if matches!(fault.place, Place::Code(_) | Place::Constant(_)) {
        return true;
    }
    let address = steps.addresses[fault.step as usize];
    fault.place == Place::Pointer && code.is_inside(address ^ 1 << fault.bit)
}

fn silent_at(code: &mut Code, steps: &Steps, fault: &Fault, beyond: bool) -> Silent {
    let address = steps.addresses[fault.step as usize];
    let name = code.name(address);
    let holds = match fault.place {
        Place::Constant(address) => (steps.constants.iter())
            .find(|constant| constant.read.address == address && code.holds(constant.word))
            .map(|constant| code.name(constant.word).symbol),
        _ => None,
    };
    Silent {
        input: fault.input + 1,
        step: fault.step,
        address: format!("{address:#x}"),
        symbol: name.symbol,
        line: name.line,
        instruction: code.text(address),
        place: fault.place.to_string(),
        holds: holds.unwrap_or_default(),
        bit: fault.bit,
        fault: fault.to_string(),
        beyond,
    }
}
