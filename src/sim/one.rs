//! One run: shown as a log, as charts, as a trace of a process; made smaller; run again from a file.

use super::{SimArgs, file, in_file, write};
use crate::exit::{Code, Failed};
use crate::report::say;
use pasc_sim::campaign::on_a_deep_stack;
use pasc_sim::log::Log;
use pasc_sim::replay::{NOTHING, Replay};
use pasc_sim::{Chart, Cluster, Outcome, Schedule, Settings, Shrink, Worker, chart, shrink};
use pasc_traces::Whose;
use pasc_traces::jsonl::Codec;
use std::path::{Path, PathBuf};

/// Whether the first run is to be shown.
pub(super) fn is_wanted(args: &SimArgs) -> bool {
    args.log.is_some() || args.record.is_some() || !args.chart.is_empty()
}

fn run(
    cluster: &Cluster,
    schedule: &Schedule,
    settings: Settings,
) -> Result<(Outcome, Log), Failed> {
    let settings = Settings {
        logs: true,
        ..settings
    };
    let ran = on_a_deep_stack(|| Worker::new(cluster).run(schedule, settings));
    let (outcome, log) = ran.and_then(|ran| ran).map_err(Failed::usage)?;
    Ok((outcome, log.unwrap_or_default()))
}

/// Makes a run and writes what was asked for.
pub(super) fn show(
    cluster: &Cluster,
    args: &SimArgs,
    schedule: &Schedule,
    settings: Settings,
) -> Result<Outcome, Failed> {
    let records = match &args.record {
        Some((address, _)) => Some(member(cluster, address)?),
        None => None,
    };
    let settings = Settings {
        records,
        ..settings
    };
    let (outcome, log) = run(cluster, schedule, settings)?;
    if let Some(path) = &args.log {
        let name = |endpoint: u16| cluster.address(endpoint as usize).to_owned();
        write(path, &log.text(&name))?;
    }
    for path in &args.chart {
        draw(cluster, &outcome, &log, path)?;
    }
    if let (Some(index), Some((address, path))) = (records, &args.record) {
        let program = &cluster.kinds[cluster.members[index].kind].program;
        let mut codec = Codec::new(Whose {
            program,
            own: address,
        });
        let lines: String = log
            .inputs
            .iter()
            .map(|record| codec.write(record) + "\n")
            .collect();
        write(Path::new(path), &lines)?;
    }
    Ok(outcome)
}

fn member(cluster: &Cluster, address: &str) -> Result<usize, Failed> {
    let found = cluster
        .members
        .iter()
        .position(|member| member.address == address);
    found.ok_or_else(|| Failed::usage(format!("no process has the address `{address}`")))
}

/// Draws a run.
fn draw(cluster: &Cluster, outcome: &Outcome, log: &Log, path: &Path) -> Result<(), Failed> {
    let title = format!("{}, seed {}", cluster.config.name, outcome.seed);
    draw_log(cluster, &title, &wrong(outcome), log, path)
}

/// Draws a log under a title, with what must not be.
pub(super) fn draw_log(
    cluster: &Cluster,
    title: &str,
    wrong: &str,
    log: &Log,
    path: &Path,
) -> Result<(), Failed> {
    let drawn = Chart::new(cluster, log);
    let text = match path
        .extension()
        .is_some_and(|extension| extension == "html")
    {
        true => chart::html(&drawn, title, wrong),
        false => format!("{}{wrong}", chart::text(&drawn)),
    };
    write(path, &text)
}

/// What must not be in a run, for people.
fn wrong(outcome: &Outcome) -> String {
    let line = |violation: &pasc_sim::Violation| {
        let at = violation.at as f64 / 1e6;
        format!(
            "{}, at {at:.6} s: {}\n",
            violation.wrong.name(),
            violation.text.trim_end()
        )
    };
    outcome.violations.iter().map(line).collect()
}

/// Makes a run that fails smaller, and writes it to a folder.
pub(super) fn shrink(
    cluster: &Cluster,
    (args, path, folder): (&SimArgs, &Path, &Path),
    schedule: Schedule,
    settings: Settings,
) -> Result<(), Failed> {
    let seed = schedule.seed;
    let search = || {
        let found = Shrink::new(cluster, schedule, settings, args.shrink_runs)?;
        Ok::<_, String>(found.map(Shrink::search))
    };
    let small = on_a_deep_stack(search)
        .and_then(|small| small)
        .map_err(Failed::usage)?;
    let Some(small) = small else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|error| Failed::write(folder.display(), &error))?;
    let (outcome, log) = run(cluster, &small, settings)?;
    let replay = Replay {
        cluster: from_folder(folder, path)?,
        set: args.set.clone(),
        expect: NOTHING.to_owned(),
        until: args.until,
        schedule: small,
    };
    let about = format!(
        "Seed {seed}, made smaller: {}.\n{}",
        shrink::summary(&replay.schedule),
        wrong(&outcome)
    );
    let text = replay.text(&about).map_err(Failed::usage)?;
    let named = |end: &str| folder.join(format!("seed-{seed}.{end}"));
    write(&named("toml"), &text)?;
    draw(cluster, &outcome, &log, &named("txt"))?;
    draw(cluster, &outcome, &log, &named("html"))?;
    say(format!(
        "{}: {}",
        named("toml").display(),
        shrink::summary(&replay.schedule)
    ));
    Ok(())
}

/// The path of a file as it is written in a folder.
fn from_folder(folder: &Path, path: &Path) -> Result<String, Failed> {
    let whole = |path: &Path| {
        std::path::absolute(path).map_err(|error| Failed::read(path.display(), &error))
    };
    let (folder, path) = (whole(folder)?, whole(path)?);
    let shared = folder
        .components()
        .zip(path.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder
        .components()
        .skip(shared)
        .map(|_| std::path::Component::ParentDir);
    let way: PathBuf = up.chain(path.components().skip(shared)).collect();
    Ok(way.to_string_lossy().into_owned())
}

/// Runs what is in a file, and tells whether it came to what the file expects.
pub(super) fn replay(args: &SimArgs, path: &Path) -> Result<Code, Failed> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failed::read(path.display(), &error))?;
    let replay = Replay::parse(&text).map_err(|error| in_file(path, error))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let cluster = file::read(&folder.join(&replay.cluster), &replay.set)?;
    let fits = replay.schedule.clocks.len() == cluster.nodes.len()
        && replay.schedule.operations.len() == cluster.clients();
    if !fits {
        let why = "it was made for another number of nodes or clients than the cluster has now";
        return Err(in_file(path, why.to_owned()));
    }
    let settings = Settings {
        until: replay.until.map(|until| until.0),
        ..Settings::default()
    };
    let outcome = show(&cluster, args, &replay.schedule, settings)?;
    say(wrong(&outcome).trim_end());
    let found = outcome
        .violations
        .first()
        .map_or(NOTHING, |violation| violation.wrong.name());
    match (&outcome.undecided, found == replay.expect) {
        (_, true) => Ok(Code::Done),
        (Some(why), false) if found == NOTHING => Err(Failed::new(Code::Undecided, why.clone())),
        (_, false) => Err(Failed::new(
            Code::Found,
            format!(
                "{}: expected {}, found {found}",
                path.display(),
                replay.expect
            ),
        )),
    }
}
