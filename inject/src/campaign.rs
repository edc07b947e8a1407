//! A campaign: all faults of a workload in one mode, or a sample of them.
//!
//! Deterministic: the totals depend on the workload, the mode and the seed alone, not on how many
//! threads there are, nor on interruptions.

use crate::faults::{Class, Faults};
use crate::golden::{Golden, copy_of};
use crate::happening::{Company, Happening, OneFault};
use crate::judge::Subject;
use crate::outcome::{Counts, Outcome, Sparse};
use crate::report::{Report, Row, Shown};
use crate::workload::{CampaignError, Workload};
use pasc_vm_probed::probe::session;
use pasc_vm_probed::probe::{Check, Fault, Machine};
use pasc_vm_probed::process::{Lockstep, Mode, Plain, Sequential};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The names of the phases of a message, in their order.
pub fn phases(mode: ModeName) -> &'static [&'static str] {
    match mode {
        ModeName::Plain => Machine::<Plain>::phases(),
        ModeName::Lockstep => Machine::<Lockstep>::phases(),
        ModeName::Sequential => Machine::<Sequential>::phases(),
    }
}

/// What to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `plain`, `lockstep` or `sequential`.
    pub mode: ModeName,
    /// How many faults to draw; all if none.
    pub samples: Option<u64>,
    /// The seed of the draw.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// A check to take out of the machine.
    pub without: Option<Check>,
    /// Where to keep what is done, to go on after an interruption.
    pub resume: Option<PathBuf>,
    /// Only faults whose place has one of these in its name; all if empty.
    pub only: Vec<String>,
    /// Only faults while an input is handled that makes the state take more memory.
    pub growing: bool,
    /// Stop at the first silent corruption.
    pub until_sdc: bool,
    /// How a fault happens.
    pub happening: Happening,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            mode: ModeName::Lockstep,
            samples: None,
            seed: 0,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            without: None,
            resume: None,
            only: Vec::new(),
            growing: false,
            until_sdc: false,
            happening: Happening::Once,
        }
    }
}

impl Settings {
    /// Whether every fault of the workload is asked for.
    pub(crate) fn is_exhaustive(&self) -> bool {
        self.samples.is_none() && self.takes_all_places()
    }

    /// Whether no place and no message is left out.
    pub(crate) fn takes_all_places(&self) -> bool {
        self.only.is_empty() && !self.growing
    }
}

/// A mode by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeName {
    /// One lane, no checks.
    Plain,
    /// Lanes alternate by basic block.
    Lockstep,
    /// One lane after the other.
    Sequential,
}

impl ModeName {
    /// The name on the command line.
    pub fn label(self) -> &'static str {
        match self {
            ModeName::Plain => Plain::NAME,
            ModeName::Lockstep => Lockstep::NAME,
            ModeName::Sequential => Sequential::NAME,
        }
    }
}

/// How far a campaign is: runs done, and all runs.
pub type Progress<'p> = &'p (dyn Fn(u64, u64) + Sync);

/// Runs a campaign.
pub fn run(
    workload: &Workload,
    settings: &Settings,
    progress: Progress,
) -> Result<Report, CampaignError> {
    let quiet = crate::quiet::Quiet::new();
    let report = match settings.mode {
        ModeName::Plain => run_in::<Plain>(workload, settings, progress),
        ModeName::Lockstep => run_in::<Lockstep>(workload, settings, progress),
        ModeName::Sequential => run_in::<Sequential>(workload, settings, progress),
    };
    drop(quiet);
    report
}

/// The stack of a worker. A type that a fault makes a part of itself is walked until the watchdog ends
/// the message.
const STACK_BYTES: usize = 1 << 28;

/// How many classes one piece of work has. Pieces are what is kept of an interrupted campaign.
const PIECE: usize = 256;

/// What a piece of work found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) counts: Counts,
    pub(crate) performed: u64,
    pub(crate) missed: u64,
    /// By line of the source (0: no line), place's name, bit.
    pub(crate) by_line: BTreeMap<u32, Counts>,
    pub(crate) by_place: BTreeMap<String, Counts>,
    pub(crate) by_bit: BTreeMap<u8, Counts>,
    pub(crate) by_site: BTreeMap<String, Counts>,
    pub(crate) by_place_bit: BTreeMap<String, BTreeMap<u8, Sparse>>,
    pub(crate) sdc: Vec<Shown>,
}

impl Part {
    fn merge(&mut self, other: Part) {
        self.counts.merge(&other.counts);
        self.performed += other.performed;
        self.missed += other.missed;
        for (own, other) in [
            (&mut self.by_place, other.by_place),
            (&mut self.by_site, other.by_site),
        ] {
            for (key, counts) in other {
                own.entry(key).or_default().merge(&counts);
            }
        }
        for (key, counts) in other.by_line {
            self.by_line.entry(key).or_default().merge(&counts);
        }
        for (key, counts) in other.by_bit {
            self.by_bit.entry(key).or_default().merge(&counts);
        }
        for (name, bits) in other.by_place_bit {
            let own = self.by_place_bit.entry(name).or_default();
            for (bit, counts) in bits {
                own.entry(bit).or_default().0.merge(&counts.0);
            }
        }
        self.sdc.extend(other.sdc);
    }
}

fn run_in<M: Mode>(
    workload: &Workload,
    settings: &Settings,
    progress: Progress,
) -> Result<Report, CampaignError> {
    session::remove(settings.without);
    let golden = Golden::<M>::new(workload)?;
    let mut machine = workload.start::<M>()?;
    let faults = chosen_faults(&golden, &mut machine, settings)?;
    let pieces: Vec<&[Class]> = faults.classes.chunks(PIECE).collect();
    let all: u64 = faults
        .classes
        .iter()
        .map(|class| class.runs(workload))
        .sum();
    let company = Company::new(&faults.classes, workload, settings);
    let kept = crate::resume::Kept::open(workload, settings, pieces.len())?;
    let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
    let parts = Mutex::new(BTreeMap::new());
    let enough = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Result<Vec<_>, CampaignError> = (0..settings.threads.max(1))
            .map(|_| {
                let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
                let worker = builder.spawn_scoped(scope, || {
                    session::remove(settings.without);
                    let machine = workload.start::<M>()?;
                    let mut subject = Subject::new(&golden, machine);
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(classes) = pieces.get(index) else {
                            return Ok(());
                        };
                        if enough.load(Ordering::Relaxed) > 0 {
                            return Ok(());
                        }
                        let runs: u64 = classes.iter().map(|class| class.runs(workload)).sum();
                        let part = match kept.part(index) {
                            Some(part) => part,
                            None => {
                                let part = work(&golden, &mut subject, classes, &company, settings);
                                kept.keep(index, &part)?;
                                part
                            }
                        };
                        if settings.until_sdc && part.counts.sdc > 0 {
                            enough.fetch_add(1, Ordering::Relaxed);
                        }
                        if let Ok(mut parts) = parts.lock() {
                            parts.insert(index, part);
                        }
                        progress(done.fetch_add(runs, Ordering::Relaxed) + runs, all);
                    }
                });
                let refused = |error: std::io::Error| CampaignError::Start(error.to_string());
                worker.map_err(refused)
            })
            .collect();
        workers?.into_iter().try_for_each(|worker| {
            let lost = || CampaignError::Start("a worker of the campaign died".to_owned());
            worker.join().map_err(|_| lost())?
        })
    })?;
    session::remove(None);
    let mut total = Part::default();
    for part in parts.into_inner().unwrap_or_default().into_values() {
        total.merge(part);
    }
    if settings.takes_all_places() {
        total.counts.masked += faults.untouched_passing;
        total.counts.latent += faults.untouched_lasting;
    }
    Ok(Report::new(
        workload,
        settings,
        &golden.points(),
        &faults,
        total,
    ))
}

/// The faults that the settings ask for.
pub(crate) fn chosen_faults<M: Mode>(
    golden: &Golden<M>,
    machine: &mut Machine<M>,
    settings: &Settings,
) -> Result<Faults, CampaignError> {
    let mut faults = Faults::of(golden, machine);
    if !settings.only.is_empty() {
        let is_asked_for = |name: &str| settings.only.iter().any(|part| name.contains(&**part));
        let named = |class: &Class| is_asked_for(class.place.name);
        faults.classes.retain(named);
        if faults.classes.is_empty() {
            let parts = settings.only.join("` or `");
            let why = format!("no place that a run touches has `{parts}` in its name");
            return Err(CampaignError::NoFaults(why));
        }
    }
    if settings.growing {
        let grows = golden.growing();
        if !grows.contains(&true) {
            let why = "no message makes the state grow: there is nothing to inject faults into";
            return Err(CampaignError::NoFaults(why.to_owned()));
        }
        faults.classes.retain(|class| grows[class.input as usize]);
    }
    if let Some(samples) = settings.samples {
        faults.draw(settings, &golden.workload, samples);
    }
    Ok(faults)
}

/// Does some work on a thread with the stack of a worker.
pub(crate) fn on_a_deep_stack<T: Send>(
    work: impl FnOnce() -> Result<T, CampaignError> + Send,
) -> Result<T, CampaignError> {
    let lost = |why: &dyn std::fmt::Display| CampaignError::Start(why.to_string());
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
        let worker = builder.spawn_scoped(scope, work).map_err(|e| lost(&e))?;
        let died = |_| lost(&"a worker of the campaign died");
        worker.join().map_err(died)?
    })
}

/// Runs the faults of some classes.
fn work<M: Mode>(
    golden: &Golden<M>,
    subject: &mut Subject<M>,
    classes: &[Class],
    company: &Company,
    settings: &Settings,
) -> Part {
    let workload = &golden.workload;
    let mut part = Part::default();
    let before = subject.missed;
    for class in classes {
        let recording = &golden.recordings[class.input as usize];
        let point = &recording.points[class.point as usize];
        let line = point
            .position
            .map_or(0, |(_, position)| workload.line(position));
        let site = point.site;
        let mut found = OfClass::default();
        for run in 0..class.runs(workload) {
            let fault = OneFault {
                input: class.input as usize,
                step: u64::from(class.point),
                fault: class.fault(run),
                second: company.of(class, run),
            };
            let budget = budget(recording.points.len());
            let plan = settings.happening.plan(&fault, budget);
            // The second fault can hit anything.
            let dirty = fault.second.is_some() || changes_constants(class);
            let outcome = subject.run(fault.input, plan, dirty);
            found.count(fault.fault, outcome, class.weight);
            if outcome == Outcome::Sdc && part.sdc.len() < MOST_SHOWN {
                let row = Row { line, site, fault };
                part.sdc.push(Shown::new(&row, class, settings));
            }
        }
        part.take(line, site, class.place.name, found);
    }
    part.missed = subject.missed - before;
    part
}

/// After how many points a message with a fault is taken to hang.
pub(crate) fn budget(points: usize) -> u64 {
    20 * points as u64 + 10_000
}

pub(crate) fn changes_constants(class: &Class) -> bool {
    class.lasting && class.place.name != "state"
}

/// How many silent corruptions are kept with their place.
const MOST_SHOWN: usize = 200;

/// What the faults of one class came to.
#[derive(Default)]
struct OfClass {
    performed: u64,
    counts: Counts,
    by_bit: BTreeMap<u8, Counts>,
}

impl OfClass {
    fn count(&mut self, fault: Fault, outcome: Outcome, weight: u64) {
        self.performed += 1;
        self.counts.add(outcome, weight);
        if let Fault::At(_, pasc_vm_probed::probe::Change::Flip(bit)) = fault {
            self.by_bit.entry(bit).or_default().add(outcome, weight);
        }
    }
}

impl Part {
    /// Adds the faults of a class that struck here.
    fn take(&mut self, line: u32, site: &str, place: &str, found: OfClass) {
        self.performed += found.performed;
        self.counts.merge(&found.counts);
        self.by_line.entry(line).or_default().merge(&found.counts);
        for (table, key) in [(&mut self.by_site, site), (&mut self.by_place, place)] {
            table
                .entry(key.to_owned())
                .or_default()
                .merge(&found.counts);
        }
        if found.by_bit.is_empty() {
            return;
        }
        let bits = self.by_place_bit.entry(place.to_owned()).or_default();
        for (bit, counts) in found.by_bit {
            self.by_bit.entry(bit).or_default().merge(&counts);
            bits.entry(bit).or_default().0.merge(&counts);
        }
    }
}

/// Lets one fault happen, in a machine without some checks.
pub fn replay(
    workload: &Workload,
    mode: ModeName,
    without: &[Check],
    fault: &OneFault,
    happening: Happening,
) -> Result<Outcome, CampaignError> {
    fn one<M: Mode>(
        workload: &Workload,
        fault: &OneFault,
        happening: Happening,
    ) -> Result<Outcome, CampaignError> {
        let golden = Golden::<M>::new(workload)?;
        let machine = copy_of(workload, &golden.checkpoints[0])?;
        let points = golden
            .recordings
            .get(fault.input)
            .map_or(0, |r| r.points.len());
        let input = fault.input;
        let plan = happening.plan(fault, budget(points));
        if fault.last_step() >= points as u64 {
            return Err(CampaignError::NoFaults(format!(
                "input {} has {points} steps",
                input + 1
            )));
        }
        let mut subject = Subject::new(&golden, machine);
        let outcome = subject.run(input, plan, true);
        if subject.missed > 0 {
            let step = fault.step;
            let why = format!("input {} shows no such place at step {step}", input + 1);
            return Err(CampaignError::NoFaults(why));
        }
        Ok(outcome)
    }
    let quiet = crate::quiet::Quiet::new();
    let outcome = on_a_deep_stack(|| {
        session::remove(without.iter().copied());
        match mode {
            ModeName::Plain => one::<Plain>(workload, fault, happening),
            ModeName::Lockstep => one::<Lockstep>(workload, fault, happening),
            ModeName::Sequential => one::<Sequential>(workload, fault, happening),
        }
    });
    drop(quiet);
    outcome
}
