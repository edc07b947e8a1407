//! `pasc inject`: lets every fault happen to a program that handles a trace, and reports what came of
//! each. Ends with 1 if there was silent data corruption, and with 6 if a campaign was not whole.

pub(crate) mod inputs;
mod mutation;
mod native;
mod refuse;
mod table;

use crate::cli::{Happening, InjectArgs, Level, ModeName};
use crate::exit::{Code, Failed};
use crate::load;
use crate::output;
use crate::params;
use crate::progress::Shared;
use crate::report::{count, say};
use pasc_inject::{CampaignError, Check, PRESETS, Report, Settings, Workload};
use pasc_traces::near::did_you_mean;
use pasc_vm::process::Options;
use std::path::Path;
use std::time::Instant;

/// Runs a campaign for each mode that was asked for.
pub(crate) fn inject(args: &InjectArgs) -> Result<Code, Failed> {
    refuse::refuse(args)?;
    let program = load::program(&args.file)?;
    let own = load::own_address(args.own.as_deref(), &args.file)?;
    let options = Options {
        params: params::params(&program, &args.param)?,
        limits: params::limits(&args.limit)?,
        ..Options::new(&own)
    }
    .sealed();
    let without = args.without.iter().map(|name| check_named(name));
    let without = without.collect::<Result<Vec<_>, _>>()?;
    let inputs = inputs::read(&program, &options, &args.trace)?;
    if args.level == Level::Native {
        return native::inject(args, program, options, inputs);
    }
    let workload = Workload::new(&program, &options, inputs).map_err(failed)?;
    if let Some(fault) = &args.replay {
        return replay(args, &workload, &without, fault);
    }
    if args.level == Level::Message {
        return messages(args, &workload, &without);
    }
    let settings = settings(args, without.first().copied())?;
    if is_recovery(args) {
        return recovery(args, &workload, &settings);
    }
    if args.mutate {
        let modes: Vec<_> = args.mode.iter().map(|mode| campaign_mode(*mode)).collect();
        let rows = mutation::mutate(&workload, &modes, &settings)?;
        write_json(args, &rows)?;
        return Ok(Code::Done);
    }
    let mut reports = Vec::new();
    for mode in &args.mode {
        let settings = Settings {
            mode: campaign_mode(*mode),
            ..settings.clone()
        };
        let started = Instant::now();
        let told = Shared::new();
        let progress = |done: u64, all: u64| tell(&told, settings.mode.label(), done, all);
        let report = pasc_inject::run(&workload, &settings, &progress).map_err(failed)?;
        drop(told);
        say(format!(
            "{}: {} in {:.1} s",
            report.mode,
            count(report.performed as usize, "run"),
            started.elapsed().as_secs_f64()
        ));
        reports.push(report);
    }
    say(table::table(&reports));
    for report in &reports {
        for line in table::silent(report, args) {
            say(line);
        }
    }
    match reports.as_slice() {
        [report] => write_json(args, report)?,
        reports => write_json(args, &reports)?,
    }
    if let Some(path) = &args.html {
        let page = pasc_inject::page(&workload, &reports, &command(args));
        output::whole_file(path, page.as_bytes())?;
    }
    Ok(table::ended(&reports))
}

/// How a fault happens: once, if nothing is said.
fn happening(args: &InjectArgs) -> pasc_inject::Happening {
    args.happening.unwrap_or(Happening::Once).into()
}

fn is_recovery(args: &InjectArgs) -> bool {
    args.campaign.as_deref() == Some(pasc_inject::RECOVERY)
}

/// What the options ask for, but for the mode.
fn settings(args: &InjectArgs, without: Option<Check>) -> Result<Settings, Failed> {
    let mut only: Vec<String> = args.only.iter().cloned().collect();
    let mut growing = false;
    if let Some(name) = &args.campaign {
        let labels = || PRESETS.iter().map(|(label, ..)| *label);
        let Some(campaign) = pasc_inject::preset(name) else {
            return Err(Failed::usage(format!(
                "there is no campaign `{name}`{}; the campaigns are {}",
                did_you_mean(name, labels()),
                labels().collect::<Vec<_>>().join(", ")
            )));
        };
        growing = name == pasc_inject::GROWTH;
        only.extend(campaign.iter().map(|part| (*part).to_owned()));
    }
    Ok(Settings {
        samples: args.samples,
        seed: args.seed.unwrap_or(0),
        without,
        resume: args.resume.clone(),
        only,
        growing,
        happening: happening(args),
        threads: args
            .threads
            .map_or(Settings::default().threads, usize::from),
        ..Settings::default()
    })
}

/// Writes the report, if that was asked for.
fn write_json(args: &InjectArgs, report: &impl serde::Serialize) -> Result<(), Failed> {
    let Some(path) = &args.json else {
        return Ok(());
    };
    let text = serde_json::to_string_pretty(report);
    let text = text.map_err(|error| Failed::file(path.display(), error))?;
    output::whole_file(path, text.as_bytes())
}

/// Restores the process from snapshots and records, with damage to each.
fn recovery(args: &InjectArgs, workload: &Workload, settings: &Settings) -> Result<Code, Failed> {
    let mut reports = Vec::new();
    for mode in &args.mode {
        let settings = Settings {
            mode: campaign_mode(*mode),
            ..settings.clone()
        };
        let told = Shared::new();
        let progress = |done: u64, all: u64| tell(&told, settings.mode.label(), done, all);
        let report = pasc_inject::run_recovery(workload, &settings, &progress).map_err(failed)?;
        drop(told);
        say(format!(
            "{}: {} to recoveries: {} refused, {} masked, {} latent, {}",
            report.mode,
            count(report.injected as usize, "damage"),
            report.counts.trapped,
            report.counts.masked,
            report.counts.latent,
            count(report.counts.sdc as usize, "silent corruption")
        ));
        report.sdc_list.iter().take(10).for_each(say);
        reports.push(report);
    }
    keep_damages(args, &reports)
}

/// Damages the frames on their way.
fn messages(args: &InjectArgs, workload: &Workload, without: &[Check]) -> Result<Code, Failed> {
    let mut reports = Vec::new();
    for mode in &args.mode {
        let report = pasc_inject::run_messages(workload, campaign_mode(*mode), without);
        let report = report.map_err(failed)?;
        let counts = &report.counts;
        say(format!(
            "{}: {}, {}: {} refused, {} as a second delivery, {} trapped, {}",
            report.mode,
            count(report.steps as usize, "frame"),
            count(report.injected as usize, "damage"),
            counts.omitted,
            counts.masked,
            counts.trapped,
            count(counts.sdc as usize, "silent corruption")
        ));
        report.sdc_list.iter().take(10).for_each(say);
        reports.push(report);
    }
    keep_damages(args, &reports)
}

/// Writes the reports of damages, one for each mode, and tells whether one was silent.
fn keep_damages(args: &InjectArgs, reports: &[pasc_inject::MessageReport]) -> Result<Code, Failed> {
    match reports {
        [report] => write_json(args, report)?,
        reports => write_json(args, &reports)?,
    }
    let found = reports.iter().any(|report| report.counts.sdc > 0);
    Ok(if found { Code::Found } else { Code::Done })
}

fn campaign_mode(mode: ModeName) -> pasc_inject::ModeName {
    match mode {
        ModeName::Plain => pasc_inject::ModeName::Plain,
        ModeName::Lockstep => pasc_inject::ModeName::Lockstep,
        ModeName::Sequential => pasc_inject::ModeName::Sequential,
    }
}

impl From<Happening> for pasc_inject::Happening {
    fn from(happening: Happening) -> pasc_inject::Happening {
        match happening {
            Happening::Once => pasc_inject::Happening::Once,
            Happening::Stuck => pasc_inject::Happening::Stuck,
            Happening::Both => pasc_inject::Happening::Both,
            Happening::Twice => pasc_inject::Happening::Twice,
        }
    }
}

fn check_named(name: &str) -> Result<Check, Failed> {
    let labels = || Check::ALL.iter().map(|check| check.label());
    let found = Check::ALL.iter().find(|check| check.label() == name);
    found.copied().ok_or_else(|| {
        Failed::usage(format!(
            "there is no check `{name}`{}; the checks are {}",
            did_you_mean(name, labels()),
            labels().collect::<Vec<_>>().join(", ")
        ))
    })
}

fn failed(error: CampaignError) -> Failed {
    let code = match error {
        CampaignError::NoInputs | CampaignError::Resume(_) => Code::Io,
        CampaignError::Start(_) | CampaignError::NoFaults(_) => Code::Usage,
        CampaignError::NotRight(..) => Code::Trap,
        CampaignError::TooLong(..) => Code::Undecided,
    };
    Failed::new(code, error.to_string())
}

/// Lets one fault happen.
fn replay(
    args: &InjectArgs,
    workload: &Workload,
    without: &[Check],
    fault: &str,
) -> Result<Code, Failed> {
    if let Some(damage) = pasc_inject::parse_damage(fault) {
        return replay_recovery(args, workload, without, damage.map_err(Failed::usage)?);
    }
    let fault = pasc_inject::parse_fault(fault).map_err(Failed::usage)?;
    if fault.input >= workload.inputs() {
        return Err(Failed::usage(format!(
            "the trace has inputs 1 to {}",
            workload.inputs()
        )));
    }
    let mut code = Code::Done;
    for mode in &args.mode {
        let mode = campaign_mode(*mode);
        let happening = happening(args);
        let outcome = pasc_inject::replay(workload, mode, without, &fault, happening);
        let outcome = outcome.map_err(failed)?;
        say(format!(
            "{}: {}: {}",
            mode.label(),
            outcome.label(),
            outcome.text()
        ));
        if outcome == pasc_inject::Outcome::Sdc {
            code = Code::Found;
        }
    }
    Ok(code)
}

/// Lets one damage to a recovery happen.
fn replay_recovery(
    args: &InjectArgs,
    workload: &Workload,
    without: &[Check],
    damage: (usize, usize),
) -> Result<Code, Failed> {
    let mut code = Code::Done;
    for mode in &args.mode {
        let mode = campaign_mode(*mode);
        let replayed = pasc_inject::replay_recovery(workload, mode, without, damage);
        let (what, outcome) = replayed.map_err(failed)?;
        say(format!(
            "{}: {what}: {}: {}",
            mode.label(),
            outcome.label(),
            outcome.text()
        ));
        if outcome == pasc_inject::Outcome::Sdc {
            code = Code::Found;
        }
    }
    Ok(code)
}

/// The command that was given, for the report.
fn command(args: &InjectArgs) -> String {
    let path = |path: &Path| quoted(&path.display().to_string());
    let mut command = format!("pasc inject {}", path(&args.file));
    command += &format!(" --trace {}", path(&args.trace));
    for (option, pairs) in [("param", &args.param), ("limit", &args.limit)] {
        for (name, value) in pairs {
            command += &format!(" --{option} {}", quoted(&format!("{name}={value}")));
        }
    }
    if let Some(own) = &args.own {
        command += &format!(" --self {}", quoted(own));
    }
    command
}

/// An argument as a shell takes it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

/// How many runs of a mode are done, and the time left.
fn tell(told: &Shared, mode: &str, done: u64, all: u64) {
    told.show(|seconds| {
        let share = done as f64 / all.max(1) as f64;
        let left = seconds * (1.0 / share.max(1e-6) - 1.0);
        format!(
            "{mode}: {:.0} % of {all} runs, {left:.0} s left",
            100.0 * share
        )
    });
}

/// What the report says of a mode whose silent corruptions are to be looked at.
pub(crate) fn replay_command(args: &InjectArgs, report: &Report, fault: &str) -> String {
    let without = match &report.without {
        Some(check) => format!(" --without {check}"),
        None => String::new(),
    };
    let happening = match happening(args) {
        pasc_inject::Happening::Once => String::new(),
        other => format!(" --happening {}", other.label()),
    };
    format!(
        "{} --mode {}{without}{happening} --replay '{fault}'",
        command(args),
        report.mode
    )
}
