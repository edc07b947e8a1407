//! `pasc sim`: runs a cluster for many seeds and tells what must not be.
//!
//! Ends with 1 if something was found, and with 6 if a run has no answer.

mod file;
pub(crate) mod model;
mod one;
mod report;

use crate::exit::{Code, Failed};
use crate::output;
use crate::progress::Shared;
use crate::report::{count, say};
use clap::Args;
use pasc_sim::campaign::Seeds;
use pasc_sim::{Report, Schedule, Settings, Span};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Args)]
pub(crate) struct SimArgs {
    /// The file of the cluster
    #[arg(required_unless_present = "replay")]
    pub(crate) cluster: Option<PathBuf>,
    /// The first seed
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=MOST_SEED))]
    pub(crate) seed: u64,
    /// How many seeds, one after the other
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// Virtual time of each run, such as `30s`; without it a run ends when its clients are done
    #[arg(long = "for", value_name = "DURATION", value_parser = Span::parse)]
    pub(crate) until: Option<Span>,
    /// Writes what the runs came to as JSON; `-` is the standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Writes all that happened in the first run; `-` is the standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// How many runs at a time; by default one for each processor
    #[arg(long, value_name = "NUMBER")]
    pub(crate) threads: Option<usize>,
    /// Writes what a process is given in the first run, as a trace
    #[arg(long, value_name = "ADDRESS=FILE", value_parser = crate::cli::placement)]
    pub(crate) record: Option<(String, String)>,
    /// Sets a value of the cluster's file, such as `network.loss=0` or `process.replica.count=3`
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Draws the first run as a chart; an HTML page if the file's name ends in `.html`, else text
    #[arg(long, value_name = "FILE")]
    pub(crate) chart: Vec<PathBuf>,
    /// Makes the first run that fails smaller, and writes it to this folder: as a file for `--replay`, and
    /// as charts
    #[arg(long, value_name = "FOLDER")]
    pub(crate) shrink: Option<PathBuf>,
    /// How many runs the search for a smaller one may take
    #[arg(long, value_name = "NUMBER", default_value_t = 400)]
    pub(crate) shrink_runs: u32,
    /// Runs what is in a file that `--shrink` wrote; ends with 1 if it does not come to what the file expects
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cluster", "seed", "seeds", "shrink", "set", "until"])]
    pub(crate) replay: Option<PathBuf>,
    /// Goes on after the first run in which something was found
    #[arg(long)]
    pub(crate) all: bool,
}

/// Files hold whole numbers up to this one.
const MOST_SEED: u64 = i64::MAX as u64;

/// Runs the seeds.
pub(crate) fn sim(args: &SimArgs) -> Result<Code, Failed> {
    if let Some(path) = &args.replay {
        return one::replay(args, path);
    }
    let Some(path) = &args.cluster else {
        return Err(Failed::usage("give the file of a cluster"));
    };
    let cluster = file::read(path, &args.set)?;
    if !cluster.has_clients() && args.until.is_none() {
        let why = "the cluster has no clients, so that its runs have no end: give one with `--for DURATION`";
        return Err(Failed::usage(why));
    }
    let settings = Settings {
        until: args.until.map(|until| until.0),
        ..Settings::default()
    };
    if one::is_wanted(args) {
        one::show(
            &cluster,
            args,
            &Schedule::draw(&cluster, args.seed),
            settings,
        )?;
    }
    let since = Instant::now();
    let told = Shared::new();
    let seeds = Seeds {
        first: args.seed,
        count: args.seeds,
        threads: args.threads.unwrap_or_else(processors),
        settings,
        stops: !args.all,
        progress: &|runs, messages| {
            told.show(|seconds| {
                let rate = messages as f64 / seconds;
                let all = count(args.seeds as usize, "run");
                format!("{runs} of {all}, {rate:.0} messages a second")
            });
        },
    };
    let report = pasc_sim::run(&cluster, &seeds).map_err(|error| in_file(path, error))?;
    drop(told);
    say(report::text(&report, since.elapsed()));
    if let Some(path) = &args.json {
        write(path, &report::json(&report))?;
    }
    if let (Some(folder), Some(found)) = (&args.shrink, report.violations.first()) {
        let schedule = Schedule::draw(&cluster, found.seed);
        one::shrink(&cluster, (args, path, folder), schedule, settings)?;
    }
    Ok(code(&report))
}

fn code(report: &Report) -> Code {
    if report.violated > 0 {
        Code::Found
    } else if report.undecided.is_empty() {
        Code::Done
    } else {
        Code::Undecided
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn in_file(path: &Path, error: String) -> Failed {
    Failed::new(Code::Usage, format!("{}: {error}", path.display()))
}

/// Writes to a file, or to the standard output.
fn write(path: &Path, text: &str) -> Result<(), Failed> {
    if path == Path::new("-") {
        let mut out = output::Standard::new();
        out.write(text.as_bytes())?;
        return out.flush();
    }
    output::whole_file(path, text.as_bytes())
}
