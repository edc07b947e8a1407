//! `pasc sim`: runs a cluster for many seeds and tells what must not be.
//!
//! Ends with 1 if something was found, and with 6 if a run has no answer.

mod report;

use crate::exit::{Code, Failed};
use crate::load;
use crate::output;
use crate::report::{is_terminal, say};
use clap::Args;
use pasc_sim::campaign::Seeds;
use pasc_sim::{Cluster, Report, Schedule, Settings, Span, Worker};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct SimArgs {
    /// The file of the cluster
    pub(crate) cluster: PathBuf,
    /// The first seed
    #[arg(long, default_value_t = 1)]
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
    /// Goes on after the first run in which something was found
    #[arg(long)]
    pub(crate) all: bool,
}

/// Runs the seeds.
pub(crate) fn sim(args: &SimArgs) -> Result<Code, Failed> {
    let cluster = read(&args.cluster)?;
    if !cluster.has_clients() && args.until.is_none() {
        let why = "the cluster has no clients, so that its runs have no end: give one with `--for DURATION`";
        return Err(Failed::usage(why));
    }
    let settings = Settings {
        until: args.until.map(|until| until.0),
        logs: false,
    };
    if let Some(path) = &args.log {
        write_log(&cluster, args.seed, settings, path)?;
    }
    let since = Instant::now();
    let last = Mutex::new(since);
    let seeds = Seeds {
        first: args.seed,
        count: args.seeds,
        threads: args.threads.unwrap_or_else(processors),
        settings,
        stops: !args.all,
        progress: &|runs, messages| progress(&last, since, (runs, args.seeds), messages),
    };
    let report = pasc_sim::run(&cluster, &seeds).map_err(|error| in_file(&args.cluster, error))?;
    clear();
    say(report::text(&report, since.elapsed()));
    if let Some(path) = &args.json {
        write(path, &report::json(&report))?;
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

/// Reads the file of a cluster and its programs.
pub(crate) fn read(path: &Path) -> Result<Cluster, Failed> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failed::read(path.display(), &error))?;
    let config = pasc_sim::parse(&text).map_err(|error| in_file(path, error))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let programs = config
        .process
        .iter()
        .map(|kind| load::program(&folder.join(&kind.program)));
    let programs = programs.collect::<Result<Vec<_>, _>>()?;
    Cluster::new(config, programs).map_err(|error| in_file(path, error))
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

fn write_log(cluster: &Cluster, seed: u64, settings: Settings, path: &Path) -> Result<(), Failed> {
    let settings = Settings {
        logs: true,
        ..settings
    };
    let schedule = Schedule::draw(cluster, seed);
    let ran = pasc_sim::campaign::on_a_deep_stack(|| Worker::new(cluster).run(&schedule, settings));
    let (_, log) = ran.and_then(|ran| ran).map_err(Failed::usage)?;
    let name = |endpoint: u16| cluster.address(endpoint as usize).to_owned();
    write(path, &log.map_or_else(String::new, |log| log.text(&name)))
}

/// The time between two looks of the line of progress.
const EVERY: Duration = Duration::from_millis(500);

fn progress(last: &Mutex<Instant>, since: Instant, (runs, of): (u64, u64), messages: u64) {
    let mut last = last.lock().unwrap_or_else(|held| held.into_inner());
    if !is_terminal() || last.elapsed() < EVERY {
        return;
    }
    *last = Instant::now();
    let rate = messages as f64 / since.elapsed().as_secs_f64();
    // Nobody may be listening.
    let _ = write!(
        std::io::stderr().lock(),
        "\r\x1b[K{runs} of {of} runs, {rate:.0} messages a second"
    );
}

fn clear() {
    if is_terminal() {
        let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
    }
}
