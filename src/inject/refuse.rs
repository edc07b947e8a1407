//! Options of `pasc inject` that mean nothing where they are given: refused, for who gives one takes the
//! report for what was asked. `--seed` and `--threads` are taken everywhere: without a draw, or without threads, the
//! result is the same.

use super::is_recovery;
use super::native::{FULL, TARGETED};
use crate::cli::{InjectArgs, Level};
use crate::exit::Failed;

/// What is done, as far as it decides which options mean something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Task {
    /// One fault in the machine, or in a recovery of it, or in the processor.
    Fault,
    Damage,
    NativeFault,
    /// Damage to frames, and to recoveries.
    Messages,
    Recovery,
    /// Faults in the machine without each check, in the whole machine, or in the processor.
    Mutation,
    Machine,
    Native,
    /// Campaigns in the processor that say what their parts are.
    NativeParts,
}

impl Task {
    fn of(args: &InjectArgs) -> Task {
        let is_native = args.level == Level::Native;
        let names_parts = || matches!(args.campaign.as_deref(), Some(TARGETED | FULL));
        match &args.replay {
            _ if args.level == Level::Message => Task::Messages,
            Some(_) if is_native => Task::NativeFault,
            Some(fault) if pasc_inject::parse_damage(fault).is_some() => Task::Damage,
            Some(_) => Task::Fault,
            None if is_native && names_parts() => Task::NativeParts,
            None if is_native => Task::Native,
            None if is_recovery(args) => Task::Recovery,
            None if args.mutate => Task::Mutation,
            None => Task::Machine,
        }
    }

    /// What would be given in vain.
    fn ignores(self) -> &'static [&'static str] {
        match self {
            Task::Fault => &[
                "--samples",
                "--only",
                "--campaign",
                "--mutate",
                "--resume",
                "--json",
                "--html",
            ],
            Task::Damage => &[
                "--samples",
                "--only",
                "--campaign",
                "--happening",
                "--mutate",
                "--resume",
                "--json",
                "--html",
            ],
            // Of a campaign on recoveries the replay has to know.
            Task::NativeFault => &[
                "--samples",
                "--only",
                "--within",
                "--code",
                "--resume",
                "--json",
                "--html",
            ],
            Task::Messages => &[
                "--samples",
                "--only",
                "--campaign",
                "--happening",
                "--mutate",
                "--replay",
                "--resume",
            ],
            Task::Recovery => &["--only", "--happening", "--mutate", "--resume"],
            Task::Mutation => &["--happening"],
            Task::NativeParts => &["--only", "--within", "--code"],
            Task::Machine | Task::Native => &[],
        }
    }

    /// Where they would be given in vain, and why.
    fn text(self) -> &'static str {
        match self {
            Task::Fault | Task::NativeFault => "`--replay`, which lets one fault happen",
            Task::Damage => "`--replay`, which does one damage to a recovery",
            Task::Messages => "`--level message`, which does every damage to every frame",
            Task::Recovery => {
                "`--campaign recovery`, which does one damage after the other to recoveries"
            }
            Task::Mutation => "`--mutate`, which lets each fault happen once, on one thread",
            Task::NativeParts => "this campaign, which says itself where faults happen",
            Task::Machine | Task::Native => "this level",
        }
    }
}

/// Whether an option was given.
fn is_given(args: &InjectArgs, option: &str) -> bool {
    match option {
        "--samples" => args.samples.is_some(),
        "--only" => args.only.is_some(),
        "--within" => args.within.is_some(),
        "--code" => args.code,
        "--campaign" => args.campaign.is_some(),
        "--happening" => args.happening.is_some(),
        "--mutate" => args.mutate,
        "--without" => !args.without.is_empty(),
        "--replay" => args.replay.is_some(),
        "--binary" => args.binary.is_some(),
        "--resume" => args.resume.is_some(),
        "--json" => args.json.is_some(),
        "--html" => args.html.is_some(),
        other => unreachable!("`{other}` is no option that is refused"),
    }
}

/// Refuses what means nothing with the rest.
pub(crate) fn refuse(args: &InjectArgs) -> Result<(), Failed> {
    let first = |options: &[&'static str]| {
        let mut options = options.iter().copied();
        options.find(|option| is_given(args, option))
    };
    let is_native = args.level == Level::Native;
    if is_native && let Some(option) = first(&["--happening", "--mutate", "--without"]) {
        return Err(Failed::usage(format!(
            "`{option}` is not for `--level native`, which runs the binary as it is"
        )));
    }
    if !is_native && let Some(option) = first(&["--binary", "--within", "--code"]) {
        let why = format!("`{option}` is for `--level native`");
        return Err(Failed::usage(why));
    }
    let task = Task::of(args);
    if let Some(option) = first(task.ignores()) {
        let why = format!("`{option}` means nothing with {}", task.text());
        return Err(Failed::usage(why));
    }
    if args.html.is_some() && matches!(task, Task::Messages | Task::Recovery) {
        let why =
            "`--html` draws campaigns on the machine; of frames and recoveries there is `--json`";
        return Err(Failed::usage(why.to_owned()));
    }
    let is_one = matches!(task, Task::Fault | Task::Damage | Task::Messages);
    if args.without.len() > 1 && !is_one {
        let why = "a campaign takes out one check; several at once are for `--replay`";
        return Err(Failed::usage(why.to_owned()));
    }
    Ok(())
}
