//! The long form of the robustness tests:
//! `cargo run --release --example mutate -- --cases 10000000 --seed 1`. A single case:
//! `-- --seed 1 --only 4711`. With `--sweep 1` the cases are every byte of every program file, changed to
//! every other value.
//!
//! Runs on all cores, or `--workers`; which cases are run depends on the seed and their number only,
//! which begins with `--first`. Progress goes to the standard error, the tally to the standard output.
//! The exit code is 1 if a case broke a promise or took longer than `--patience`, in seconds.

mod cases;
mod corpus;
mod dice;
mod modes;
mod mutate;
mod programs;
mod readers;
mod recovery;
mod sources;
mod tally;

use corpus::Corpus;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tally::Tally;

/// How many cases a worker takes at once.
const BATCH: u64 = 64;
/// When a worker that is at nothing began with it.
const IDLE: u64 = u64::MAX;

struct Arguments {
    cases: Option<u64>,
    first: u64,
    only: Option<u64>,
    patience: u64,
    seed: u64,
    sweep: bool,
    workers: u64,
}

fn arguments() -> Result<Arguments, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut found = Arguments {
        cases: None,
        first: 0,
        only: None,
        patience: 20,
        seed: 1,
        sweep: false,
        workers: cores as u64,
    };
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let value = words.next().ok_or(format!("{name} needs a number"))?;
        let value: u64 = value.parse().map_err(|_| format!("{value} is no number"))?;
        match name.as_str() {
            "--cases" => found.cases = Some(value),
            "--first" => found.first = value,
            "--only" => found.only = Some(value),
            "--patience" => found.patience = value,
            "--seed" => found.seed = value,
            "--sweep" => found.sweep = value != 0,
            "--workers" => found.workers = value.max(1),
            _ => {
                return Err(format!(
                    "there is no {name}; there are --cases, --first, --only, --patience, --seed, \
                     --sweep, --workers"
                ));
            }
        }
    }
    Ok(found)
}

/// The cases of a run.
struct Plan {
    corpus: Corpus,
    seed: u64,
    sweep: bool,
}

impl Plan {
    /// How many cases a sweep has: 255 changes of each byte but those of the CRC.
    fn sweep_cases(&self) -> u64 {
        let bytes = self.corpus.files().iter().map(|file| file.len() as u64 - 4);
        255 * bytes.sum::<u64>()
    }

    fn run(&self, case: u64, tally: &mut Tally) {
        if !self.sweep {
            return cases::run(&self.corpus, self.seed, case, tally);
        }
        let mut at = (case / 255) as usize;
        for file in self.corpus.files() {
            if at < file.len() - 4 {
                return programs::changed_byte(file, at, (case % 255) as u8 + 1, tally);
            }
            at -= file.len() - 4;
        }
    }
}

/// What a worker is at, for the watch.
struct Watch {
    case: AtomicU64,
    since_millis: AtomicU64,
}

fn main() -> std::process::ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}");
            return std::process::ExitCode::from(2);
        }
    };
    let plan = Plan {
        corpus: Corpus::new(),
        seed: arguments.seed,
        sweep: arguments.sweep,
    };
    if let Some(case) = arguments.only {
        let mut tally = Tally::default();
        plan.run(case, &mut tally);
        print!("{tally}");
        return std::process::ExitCode::SUCCESS;
    }
    let all = if plan.sweep {
        plan.sweep_cases()
    } else {
        100_000
    };
    let end = arguments.first + arguments.cases.unwrap_or(all);
    let failures = run(&plan, &arguments, end);
    if failures == 0 {
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}

/// Runs the cases up to `end`; how many broke a promise.
fn run(plan: &Plan, arguments: &Arguments, end: u64) -> u64 {
    let watches: Vec<Watch> = (0..arguments.workers)
        .map(|_| Watch {
            case: AtomicU64::new(0),
            since_millis: AtomicU64::new(IDLE),
        })
        .collect();
    let next = AtomicU64::new(arguments.first);
    let (done, failures) = (AtomicU64::new(0), AtomicU64::new(0));
    let running = AtomicBool::new(true);
    let start = Instant::now();
    let work = |watch: &Watch| {
        let mut tally = Tally::default();
        loop {
            let first = next.fetch_add(BATCH, Relaxed);
            if first >= end {
                watch.since_millis.store(IDLE, Relaxed);
                return tally;
            }
            for case in first..end.min(first + BATCH) {
                watch.case.store(case, Relaxed);
                let now = start.elapsed().as_millis() as u64;
                watch.since_millis.store(now, Relaxed);
                if catch_unwind(AssertUnwindSafe(|| plan.run(case, &mut tally))).is_err() {
                    eprintln!("broken: --seed {} --only {case}", plan.seed);
                    failures.fetch_add(1, Relaxed);
                }
                done.fetch_add(1, Relaxed);
            }
        }
    };
    let patience = Duration::from_secs(arguments.patience);
    let cases = end - arguments.first;
    let total = std::thread::scope(|scope| {
        let workers: Vec<_> = watches
            .iter()
            .map(|watch| scope.spawn(|| work(watch)))
            .collect();
        scope.spawn(|| watch_over(&watches, &done, cases, patience, start, &running));
        let mut total = Tally::default();
        for worker in workers {
            if let Ok(tally) = worker.join() {
                total.add(&tally);
            }
        }
        running.store(false, Relaxed);
        total
    });
    let (done, failures) = (done.load(Relaxed), failures.load(Relaxed));
    println!(
        "{done} cases from {} on with seed {} in {:.0} s, {} at a time, {failures} broken\n{total}",
        arguments.first,
        plan.seed,
        start.elapsed().as_secs_f64(),
        arguments.workers,
    );
    failures
}

/// Shows how far the workers are, and ends everything if one of them hangs.
fn watch_over(
    watches: &[Watch],
    done: &AtomicU64,
    cases: u64,
    patience: Duration,
    start: Instant,
    running: &AtomicBool,
) {
    let mut last = 0;
    while running.load(Relaxed) {
        std::thread::sleep(Duration::from_millis(200));
        let now = start.elapsed();
        for watch in watches {
            let since = watch.since_millis.load(Relaxed);
            if since != IDLE && now.saturating_sub(Duration::from_millis(since)) > patience {
                eprintln!("hangs: case {}", watch.case.load(Relaxed));
                std::process::exit(1);
            }
        }
        if now.as_secs() >= last + 5 {
            last = now.as_secs();
            let done = done.load(Relaxed).max(1);
            let left = now.as_secs_f64() * (cases.saturating_sub(done)) as f64 / done as f64;
            eprintln!("{done} of {cases} cases, {left:.0} s left");
        }
    }
}
