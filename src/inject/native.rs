//! `pasc inject --level native`: bits of registers and memory of this same executable, while it runs.

use super::{campaign_mode, command, write_json};
use crate::cli::InjectArgs;
use crate::exit::{Code, Failed};
use crate::output;
use crate::progress::Shared;
use crate::report::{count_grouped, say};
use pasc_inject::{Counts, Outcome, Workload, WorkloadInput, grouped};
use pasc_inject_native::{
    INTERPRETER, NativeError, Only, Part, Progress, Report, Settings, Target,
};
use pasc_traces::near::did_you_mean;
use pasc_vm::Program;
use pasc_vm::process::Options;
use std::path::{Path, PathBuf};

/// Faults, if nothing is said.
const SAMPLES: u64 = 1_000;
/// Threads, if nothing is said.
const THREADS: usize = 2;
/// How many silent corruptions are listed on a terminal.
const LISTED: usize = 10;

/// The campaign of jumps within the interpreter and within each phase, that of recoveries, and that of
/// everything else.
pub(crate) const TARGETED: &str = "targeted";
const RECOVERY: &str = "recovery";
pub(crate) const FULL: &str = "full";
/// More flags than any run reads: each is hit once.
const MOST_FLAGS: u64 = 1 << 32;

/// Runs a campaign for each mode that was asked for, or one fault in each.
pub(crate) fn inject(
    args: &InjectArgs,
    program: Program,
    options: Options,
    inputs: Vec<WorkloadInput>,
) -> Result<Code, Failed> {
    let executable = match &args.binary {
        // It is started in a folder of its own; what is not there is told of when it is started.
        Some(binary) => std::path::absolute(binary).unwrap_or_else(|_| binary.clone()),
        None => std::env::current_exe().map_err(|error| Failed::read("this executable", &error))?,
    };
    let target = Target {
        program,
        options,
        inputs,
    };
    let (mut reports, mut found) = (Vec::new(), false);
    for mode in &args.mode {
        let mode = campaign_mode(*mode);
        let settings = Settings {
            executable: executable.clone(),
            mode,
            parts: parts(args, mode)?,
            recovery: args.campaign.as_deref() == Some(RECOVERY),
            resume: args.resume.as_ref().map(|path| resumed(path, args, mode)),
            threads: args.threads.map_or(THREADS, usize::from),
        };
        if let Some(fault) = &args.replay {
            found |= replay(&target, &settings, fault)?;
            continue;
        }
        let told = Shared::new();
        let tell = |progress| tell(&told, settings.mode.label(), &progress);
        let found = pasc_inject_native::run(&target, &settings, &tell);
        drop(told);
        for report in found.map_err(failed)? {
            let rate = match report.faults_per_second {
                Some(rate) => format!("{rate:.0} a second"),
                None => "all on record".to_owned(),
            };
            say(format!(
                "{}: {} in {:.1} s, {rate}; {} without a fault",
                name(&report),
                count_grouped(report.injected, "fault"),
                report.seconds,
                count_grouped(report.steps, "instruction")
            ));
            reports.push(report);
        }
    }
    if args.replay.is_none() {
        say(table(&reports));
        found = reports.iter().any(|report| report.counts.sdc > 0);
    }
    for report in &reports {
        silent(report, args).iter().for_each(say);
    }
    match reports.as_slice() {
        [] => {}
        [report] => write_json(args, report)?,
        reports => write_json(args, &reports)?,
    }
    if let Some(path) = &args.html {
        let Target {
            program,
            options,
            inputs,
        } = target;
        let workload = Workload::new(&program, &options, inputs).map_err(super::failed)?;
        let pages: Vec<_> = reports.iter().map(Report::for_page).collect();
        let command = format!("{} --level native", command(args));
        let page = pasc_inject::page(&workload, &pages, &command);
        output::whole_file(path, page.as_bytes())?;
    }
    Ok(if found { Code::Found } else { Code::Done })
}

/// Mode and part of a report.
fn name(report: &Report) -> String {
    format!("{} {}", report.mode, report.options())
        .trim_end()
        .to_owned()
}

/// The file of the campaign in one mode.
fn resumed(path: &Path, args: &InjectArgs, mode: pasc_inject::ModeName) -> PathBuf {
    match args.mode.len() {
        1 => path.to_owned(),
        _ => PathBuf::from(format!("{}.{}", path.display(), mode.label())),
    }
}

/// The parts of the campaign that was asked for.
fn parts(args: &InjectArgs, mode: pasc_inject::ModeName) -> Result<Vec<Part>, Failed> {
    let part = |only: Option<Only>, within: Option<&str>, samples: u64| Part {
        only,
        within: within.map(str::to_owned),
        samples: args.samples.unwrap_or(samples),
        seed: args.seed.unwrap_or(0),
    };
    let targeted = || {
        let within = std::iter::once(INTERPRETER).chain(pasc_inject::phases(mode).iter().copied());
        let jumps = |within| part(Some(Only::Jumps), Some(within), 20_000);
        within.map(jumps).collect()
    };
    let all = [
        part(Some(Only::Registers), None, 80_000),
        part(Some(Only::Memory), None, 100_000),
        part(Some(Only::Jumps), None, 20_000),
    ];
    let Some(campaign) = args.campaign.as_deref() else {
        let only = args.only.as_deref().map(only).transpose()?;
        let only = if args.code { Some(Only::Code) } else { only };
        return Ok(vec![part(only, args.within.as_deref(), SAMPLES)]);
    };
    match campaign {
        TARGETED => Ok(targeted()),
        RECOVERY if args.only.is_some() || args.within.is_some() => {
            let only = args.only.as_deref().map(only).transpose()?;
            Ok(vec![part(only, args.within.as_deref(), SAMPLES)])
        }
        RECOVERY => Ok(all.iter().map(|all| part(all.only, None, 20_000)).collect()),
        FULL => {
            let mut parts = all.to_vec();
            if mode != pasc_inject::ModeName::Plain {
                parts.push(part(Some(Only::Bases), None, 10_000));
            }
            parts.push(part(Some(Only::Flags), None, MOST_FLAGS));
            parts.push(part(Some(Only::Code), None, 20_000));
            Ok(parts)
        }
        other => Err(Failed::usage(format!(
            "there is no campaign `{other}` at the native level{}; the campaigns are {}",
            did_you_mean(other, [TARGETED, RECOVERY, FULL].into_iter()),
            [TARGETED, RECOVERY, FULL].join(", ")
        ))),
    }
}

fn only(name: &str) -> Result<Only, Failed> {
    let labels = || Only::ALL.iter().map(|only| only.label());
    let found = Only::ALL.iter().find(|only| only.label() == name);
    found.copied().ok_or_else(|| {
        Failed::usage(format!(
            "at the native level `--only` is one of {}{}",
            labels().collect::<Vec<_>>().join(", "),
            did_you_mean(name, labels())
        ))
    })
}

fn failed(error: NativeError) -> Failed {
    let code = match error {
        NativeError::NoFault(_)
        | NativeError::Start(_)
        | NativeError::Unsupported
        | NativeError::TooManyInputs(_) => Code::Usage,
        NativeError::NotRight(_) | NativeError::NotTheSame(_) => Code::Trap,
        NativeError::NoInputs
        | NativeError::Executable(..)
        | NativeError::Forbidden(_)
        | NativeError::Unsettled
        | NativeError::Stripped(_)
        | NativeError::Resume(_)
        | NativeError::System(..)
        | NativeError::Lost(_) => Code::Io,
    };
    Failed::new(code, error.to_string())
}

/// Lets one fault happen; whether it was silent.
fn replay(target: &Target, settings: &Settings, fault: &str) -> Result<bool, Failed> {
    let replayed = pasc_inject_native::replay(target, settings, fault).map_err(failed)?;
    say(format!(
        "{}: {}: {}",
        settings.mode.label(),
        replayed.outcome.label(),
        replayed.outcome.text()
    ));
    replayed.story.iter().for_each(say);
    Ok(replayed.outcome == Outcome::Sdc)
}

/// A row for each kind of place and for all, a block for each mode.
fn table(reports: &[Report]) -> String {
    let outcomes = || Outcome::ALL.iter().filter(|outcome| shown(**outcome));
    let mut head = vec!["mode".to_owned(), "place".to_owned(), "faults".to_owned()];
    head.extend(outcomes().map(|outcome| outcome.label().to_owned()));
    let mut rows = vec![head];
    for report in reports {
        let all = ("all in the model", &report.counts);
        let kinds = report.by_kind.iter();
        let kinds = kinds.map(|(kind, counts)| (kind.as_str(), counts));
        for (kind, counts) in kinds.chain([all]) {
            let total = outcomes().map(|outcome| counts.of(*outcome)).sum();
            let mut row = vec![name(report), kind.to_owned(), grouped(total)];
            row.extend(outcomes().map(|outcome| grouped(counts.of(*outcome))));
            rows.push(row);
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            0 | 1 => format!("{cell:width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    for report in reports {
        let (low, high) = report.sdc_share;
        // Of none there is no share.
        let share = match report.effective {
            0 => String::new(),
            _ => format!(
                ": {:.3} % to {:.3} % with 95 % confidence",
                100.0 * low,
                100.0 * high
            ),
        };
        lines.push(format!(
            "{}: {}, {} silent{share}; {} silent beyond the model",
            name(report),
            count_grouped(report.effective, "effective fault"),
            grouped(report.counts.sdc),
            grouped(report.sdc_beyond)
        ));
    }
    lines.join("\n")
}

/// Outcomes that are part of another one have no column.
fn shown(outcome: Outcome) -> bool {
    let mut counts = Counts::default();
    counts.add(outcome, 1);
    counts.runtime_error == 0 && counts.omitted_committed == 0
}

fn silent(report: &Report, args: &InjectArgs) -> Vec<String> {
    let recovery = if report.recovery {
        " --campaign recovery"
    } else {
        ""
    };
    let mut lines = Vec::new();
    for silent in report.sdc_list.iter().take(LISTED) {
        let beyond = if silent.beyond {
            ", beyond the model"
        } else {
            ""
        };
        lines.push(format!(
            "silent corruption in {}: input {}, instruction {}, bit {} of {}{beyond}, before {}: {} {}\n  \
             {} --level native{recovery} --mode {} --replay '{}'",
            report.mode,
            silent.input,
            silent.step,
            silent.bit,
            silent.place,
            silent.symbol,
            silent.instruction,
            silent.line,
            command(args),
            report.mode,
            silent.fault
        ));
    }
    let more = report.sdc_list.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(format!("and {more} more; --json lists them"));
    }
    lines
}

/// How far a campaign in a mode has come.
fn tell(told: &Shared, mode: &str, progress: &Progress) {
    told.show(|_| match progress {
        Progress::Stepped(steps) => {
            let steps = count_grouped(*steps, "instruction");
            format!("{mode}: {steps} stepped through")
        }
        Progress::Injected(done) => format!("{mode}: {}", count_grouped(*done, "fault")),
    });
}
