//! Many seeds, on several threads, and what they came to together.
//!
//! The report depends on the cluster and the seeds alone, not on how many threads there are.

use crate::cluster::Cluster;
use crate::history::Outcome;
use crate::schedule::Schedule;
use crate::world::{Settings, Worker};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The stack of a worker: a fault can make the machine of the campaigns recurse as deep as it allows.
const STACK_BYTES: usize = 1 << 28;

/// The most violations that a report tells in full.
const MOST_SHOWN: usize = 100;

/// A violation in a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Found {
    /// The seed of the run.
    pub seed: u64,
    /// What sort.
    pub kind: &'static str,
    /// When, in virtual microseconds.
    pub at: u64,
    /// A sentence, and lines that show it.
    pub text: String,
}

/// What many runs came to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// The cluster.
    pub cluster: String,
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds.
    pub seeds: u64,
    /// Operations that were answered.
    pub operations: u64,
    /// Messages and firings that processes handled.
    pub messages: u64,
    /// What happened, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// How often another process leads.
    pub leader_changes: u64,
    /// Runs with a violation, at least one for each.
    pub violations: Vec<Found>,
    /// How many runs had one.
    pub violated: u64,
    /// The seeds of runs without an answer, and why.
    pub undecided: Vec<(u64, String)>,
    /// Acknowledged commands that are lost.
    pub lost: u64,
    /// Messages by name, as they were sent.
    pub sent: BTreeMap<String, u64>,
    /// The most words of state of a process of each kind.
    pub state_words: BTreeMap<String, u64>,
    /// Virtual microseconds from question to answer: half of the operations take no longer than the
    /// first, of 100 operations 99 no longer than the second. Within an eighth.
    pub latency: [u64; 2],
    /// Processes that clients named.
    pub suspects: BTreeMap<String, u64>,
    /// In how many runs a state was corrupted, and in how many of these clients named that process.
    pub corrupted: [u64; 2],
    /// In how many runs clients named a process whose state nobody had corrupted.
    pub named_wrongly: u64,
    /// The least of a run.
    pub least: BTreeMap<&'static str, u64>,
    /// Virtual time of all runs in microseconds.
    pub time: u64,
    /// The same for equal runs alone.
    pub digest: u64,
}

/// What `least` counts.
const LEAST: [&str; 3] = ["crashes", "partitions", "asc"];

impl Report {
    fn take(&mut self, outcome: &Outcome) {
        for (what, count) in &outcome.sent {
            *self.sent.entry(what.clone()).or_default() += count;
        }
        for (what, count) in &outcome.words {
            let most = self.state_words.entry(what.clone()).or_default();
            *most = *count.max(most);
        }
        self.seeds += 1;
        self.operations += outcome.operations;
        self.messages += outcome.messages;
        self.leader_changes += outcome.leader_changes;
        self.lost += outcome.lost;
        self.time += outcome.time;
        for (what, count) in &outcome.faults {
            *self.faults.entry(what).or_default() += count;
        }
        for (who, count) in &outcome.suspects {
            *self.suspects.entry(who.clone()).or_default() += count;
        }
        if let Some(who) = &outcome.corrupted {
            self.corrupted[0] += 1;
            self.corrupted[1] += u64::from(outcome.suspects.contains_key(who));
        }
        let wrongly = |who: &String| Some(who) != outcome.corrupted.as_ref();
        self.named_wrongly += u64::from(outcome.suspects.keys().any(wrongly));
        let counted = LEAST.map(|what| (what, outcome.faults.get(what).copied().unwrap_or(0)));
        for (what, count) in counted
            .into_iter()
            .chain([("leader_changes", outcome.leader_changes)])
        {
            let least = self.least.entry(what).or_insert(count);
            *least = count.min(*least);
        }
        self.violated += u64::from(!outcome.violations.is_empty());
        for violation in &outcome.violations {
            if self.violations.len() < MOST_SHOWN {
                self.violations.push(Found {
                    seed: outcome.seed,
                    kind: violation.wrong.name(),
                    at: violation.at,
                    text: violation.text.clone(),
                });
            }
        }
        if let Some(why) = &outcome.undecided
            && outcome.violations.is_empty()
        {
            self.undecided.push((outcome.seed, why.clone()));
        }
        self.digest = crate::random::mix(self.digest ^ outcome.digest);
    }
}

/// How many operations took how long, by eighths of powers of two.
#[derive(Clone, Debug, Default)]
struct Latencies {
    counts: Vec<u64>,
}

impl Latencies {
    /// The place of a time, and back.
    fn place(micros: u64) -> usize {
        let micros = micros.max(8);
        let power = micros.ilog2();
        (power as usize) * 8 + (micros >> (power - 3) & 7) as usize
    }

    fn time(place: usize) -> u64 {
        (8 + place as u64 % 8) << (place / 8).saturating_sub(3)
    }

    fn take(&mut self, history: &[crate::history::Done]) {
        for done in history {
            if let Some(answered) = done.answered {
                let place = Latencies::place(answered - done.asked);
                self.counts.resize(self.counts.len().max(place + 1), 0);
                self.counts[place] += 1;
            }
        }
    }

    fn add(&mut self, other: &Latencies) {
        self.counts
            .resize(self.counts.len().max(other.counts.len()), 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// The time that so many of a hundred do not exceed.
    fn part(&self, percent: u64) -> u64 {
        let all: u64 = self.counts.iter().sum();
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen * 100 >= all * percent && all > 0 {
                return Latencies::time(place);
            }
        }
        0
    }
}

/// How seeds are run.
pub struct Seeds<'s> {
    /// The first one.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Threads.
    pub threads: usize,
    /// How each run is made.
    pub settings: Settings,
    /// Whether to stop at the first violation.
    pub stops: bool,
    /// Is told the number of runs and messages so far.
    pub progress: &'s (dyn Fn(u64, u64) + Sync),
}

/// How a run ended.
type Ended = Result<(Outcome, Latencies), String>;

/// Runs seeds. The error is a sentence.
pub fn run(cluster: &Cluster, seeds: &Seeds) -> Result<Report, String> {
    let next = AtomicU64::new(0);
    let (done, messages) = (AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let results: Mutex<BTreeMap<u64, Ended>> = Mutex::default();
    let work = || {
        let mut worker = Worker::new(cluster);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= seeds.count || stop.load(Ordering::Relaxed) {
                return;
            }
            let schedule = Schedule::draw(cluster, seeds.first.wrapping_add(index));
            let ended = worker.run(&schedule, seeds.settings);
            let ended = ended.map(|(outcome, _)| {
                let mut latencies = Latencies::default();
                latencies.take(&outcome.history);
                let history = Vec::new();
                (Outcome { history, ..outcome }, latencies)
            });
            let fails = ended.as_ref().map_or(true, |(outcome, _)| {
                seeds.stops && !outcome.violations.is_empty()
            });
            if fails {
                stop.store(true, Ordering::Relaxed);
            }
            let handled = ended.as_ref().map_or(0, |(outcome, _)| outcome.messages);
            let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
            (seeds.progress)(
                so_far,
                messages.fetch_add(handled, Ordering::Relaxed) + handled,
            );
            results
                .lock()
                .unwrap_or_else(|held| held.into_inner())
                .insert(index, ended);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..seeds.threads.max(1))
            .map(|_| {
                std::thread::Builder::new()
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, work)
            })
            .collect();
        for worker in workers {
            let joined = worker.map_err(|error| error.to_string())?.join();
            joined.map_err(|_| "a worker of the simulator died".to_owned())?;
        }
        Ok::<(), String>(())
    })?;
    let mut report = Report {
        cluster: cluster.config.name.clone(),
        first_seed: seeds.first,
        ..Report::default()
    };
    let mut latencies = Latencies::default();
    for outcome in results
        .into_inner()
        .unwrap_or_else(|held| held.into_inner())
        .into_values()
    {
        let (outcome, taken) = outcome?;
        latencies.add(&taken);
        let violated = !outcome.violations.is_empty();
        report.take(&outcome);
        if violated && seeds.stops {
            break;
        }
    }
    report.latency = [latencies.part(50), latencies.part(99)];
    Ok(report)
}

/// Does something on a thread with the stack of a worker. The error is a sentence.
pub fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
        let worker = builder
            .spawn_scoped(scope, work)
            .map_err(|error| error.to_string())?;
        worker
            .join()
            .map_err(|_| "a worker of the simulator died".to_owned())
    })
}
