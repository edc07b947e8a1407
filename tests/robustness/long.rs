//! The long form of the robustness tests:
//! `cargo run --release --example mutate -- --cases 10000000 --seed 1`. A single case:
//! `-- --seed 1 --only 4711`.
//!
//! Runs on all cores; which cases are run depends on the seed and their number only. Progress goes to
//! the standard error, the tally to the standard output. The exit code is 1 if a case broke a promise
//! or took longer than [`PATIENCE`].

mod cases;
mod corpus;
mod dice;
mod mutate;

use cases::{Corpus, Tally};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long one case may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many cases a worker takes at once.
const BATCH: u64 = 64;

struct Arguments {
    cases: u64,
    seed: u64,
    only: Option<u64>,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments {
        cases: 100_000,
        seed: 1,
        only: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let value = words.next().ok_or(format!("{name} needs a number"))?;
        let value: u64 = value.parse().map_err(|_| format!("{value} is no number"))?;
        match name.as_str() {
            "--cases" => found.cases = value,
            "--seed" => found.seed = value,
            "--only" => found.only = Some(value),
            _ => {
                return Err(format!(
                    "there is no {name}; there are --cases, --seed, --only"
                ));
            }
        }
    }
    Ok(found)
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
    let corpus = Corpus::new();
    let seed = arguments.seed;
    if let Some(case) = arguments.only {
        let mut tally = Tally::default();
        cases::run(&corpus, seed, case, &mut tally);
        println!("{tally:?}");
        return std::process::ExitCode::SUCCESS;
    }
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let watches: Vec<Watch> = (0..workers)
        .map(|_| Watch {
            case: AtomicU64::new(0),
            since_millis: AtomicU64::new(0),
        })
        .collect();
    let (next, done, failures) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let running = AtomicBool::new(true);
    let start = Instant::now();
    let total = std::thread::scope(|scope| {
        let handles: Vec<_> = watches
            .iter()
            .map(|watch| {
                scope.spawn(|| {
                    let mut tally = Tally::default();
                    loop {
                        let first = next.fetch_add(BATCH, Relaxed);
                        if first >= arguments.cases {
                            return tally;
                        }
                        for case in first..arguments.cases.min(first + BATCH) {
                            watch.case.store(case, Relaxed);
                            watch
                                .since_millis
                                .store(start.elapsed().as_millis() as u64, Relaxed);
                            let run =
                                AssertUnwindSafe(|| cases::run(&corpus, seed, case, &mut tally));
                            if catch_unwind(run).is_err() {
                                eprintln!("broken: --seed {seed} --only {case}");
                                failures.fetch_add(1, Relaxed);
                            }
                            done.fetch_add(1, Relaxed);
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| watch_over(&watches, &done, arguments.cases, start, &running));
        let mut total = Tally::default();
        for handle in handles {
            if let Ok(tally) = handle.join() {
                total.add(&tally);
            }
        }
        running.store(false, Relaxed);
        total
    });
    let (done, failures) = (done.load(Relaxed), failures.load(Relaxed));
    println!(
        "{done} cases with seed {seed} in {:.0} s on {workers} cores, {failures} broken\n{total:#?}",
        start.elapsed().as_secs_f64()
    );
    if failures == 0 {
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}

/// Shows how far the workers are, and ends everything if one of them hangs.
fn watch_over(
    watches: &[Watch],
    done: &AtomicU64,
    cases: u64,
    start: Instant,
    running: &AtomicBool,
) {
    let mut last = 0;
    while running.load(Relaxed) {
        std::thread::sleep(Duration::from_millis(200));
        let now = start.elapsed();
        for watch in watches {
            let since = Duration::from_millis(watch.since_millis.load(Relaxed));
            if running.load(Relaxed)
                && done.load(Relaxed) < cases
                && now.saturating_sub(since) > PATIENCE
                && watch.case.load(Relaxed) + BATCH > done.load(Relaxed)
            {
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
