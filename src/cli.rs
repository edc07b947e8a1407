//! The arguments of `pasc` and its subcommands.

mod trace;

pub(crate) use trace::{CompareArgs, ConvertArgs, GenerateArgs, ShrinkArgs, VerifyArgs};

use clap::builder::styling::Styles;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes of every command:
  0  done
  1  found something: errors in a source, a failed test, a violated invariant
  2  wrong usage
  3  runtime error in a handler
  4  trap: corruption was detected
  5  input or output failed, a malformed trace or program file included
  6  undecided";

/// The exit codes and what they mean, in words without signs that have a meaning in a manual page.
pub(crate) fn exit_codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = EXIT_CODES.lines().skip(1);
    lines.filter_map(|line| line.trim_start().split_once("  "))
}

/// Runs message handlers that silent data corruption cannot fool.
#[derive(Parser)]
#[command(name = "pasc", version, styles = Styles::plain(), after_help = EXIT_CODES)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Colours in what is said to people
    #[arg(long, value_enum, default_value_t = Colour::Auto, global = true, value_name = "WHEN")]
    pub(crate) color: Colour,
}

/// When messages for people have colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Colour {
    /// On terminals, unless the environment has NO_COLOR or TERM=dumb
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Give a trace of messages to a program and write what it sends
    Run(RunArgs),
    /// Look for errors in programs
    Check(CheckArgs),
    /// Tell what the code of an error, warning, refusal or trap means
    Explain(ExplainArgs),
    /// Compile a program to a file that runs without its source
    Build(BuildArgs),
    /// Show the instructions of a program
    Disasm(FileArgs),
    /// Run the tests that stand in programs
    Test(TestArgs),
    /// Lay programs out as all programs are
    Fmt(FmtArgs),
    /// Begin a project: a program with a test and a trace, in a folder of its own
    New(NewArgs),
    /// Write what a shell needs to complete the arguments of this command
    Completions(CompletionsArgs),
    /// Write the manual pages of this command and its subcommands
    Man(ManArgs),
    /// Compare programs with what was kept of their bytecode
    Snapshot(SnapshotArgs),
    /// Let faults happen to a program and report what comes of each
    Inject(InjectArgs),
    /// Run a whole cluster in virtual time, with everything that can go wrong
    Sim(crate::sim::SimArgs),
    /// Look at every order of messages of a small cluster
    Model(crate::sim::model::ModelArgs),
    /// Tell which handlers, source lines and instructions take the time
    Profile(crate::profile::ProfileArgs),
    /// Work with traces
    #[command(subcommand)]
    Trace(TraceCommand),
}

#[derive(Subcommand)]
pub(crate) enum TraceCommand {
    /// Turn a trace of JSON Lines into a binary one, or back, without loss
    Convert(ConvertArgs),
    /// Check that every record of a trace is one that the program can take
    Verify(VerifyArgs),
    /// Make a trace of random messages that the program handles
    Generate(GenerateArgs),
    /// Show where two traces differ
    Compare(CompareArgs),
    /// Find the smallest part of a trace that fails as the whole does
    Shrink(ShrinkArgs),
}

/// How the machine is hardened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ModeName {
    /// One copy of the state, no checks
    Plain,
    /// Two copies that are compared after each basic block
    Lockstep,
    /// Two copies, the whole handler on the first before the second begins
    Sequential,
}

/// The form of the outputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum OutputForm {
    /// A JSON object a line
    Jsonl,
    /// The frames as they would go over the wire, one after the other
    Frames,
}

/// Who fires timers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum TimersBy {
    /// Lines of the trace
    Trace,
    /// The run, as the times of the trace go on
    Auto,
}

/// Which states are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum StateForm {
    /// The state at the end
    Final,
    /// At first the whole state, then after each input the variables that changed
    Changes,
}

/// How counts are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum StatsForm {
    /// A table on the standard error
    Text,
    /// A JSON object on the standard output, without times
    Json,
}

/// What to do with a line of a trace that is malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Malformed {
    /// End the run with code 5
    Stop,
    /// Report it, count it and go on
    Skip,
}

#[derive(Args)]
pub(crate) struct RunArgs {
    /// The program: source text, or what `pasc build` made
    #[arg(required_unless_present = "process")]
    pub(crate) file: Option<PathBuf>,
    /// A further process, and messages between the processes: each is delivered after those that
    /// were sent before it
    #[arg(long, value_name = "ADDRESS=FILE", value_parser = placement)]
    pub(crate) process: Vec<(String, String)>,
    /// The messages, as JSON Lines or binary; `-` reads the standard input
    #[arg(long)]
    pub(crate) trace: PathBuf,
    /// How the machine is hardened
    #[arg(long, value_enum, default_value_t = ModeName::Lockstep)]
    pub(crate) mode: ModeName,
    /// Gives a parameter its value, which is read by its type; bytes also as `hex:00ff`, maps and
    /// records as JSON. Of several processes ADDRESS/NAME=VALUE names one
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) param: Vec<(String, String)>,
    /// Sets a limit
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) limit: Vec<(String, String)>,
    /// The address of the process [default: the name of the file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
    /// The seed of the numbers that `random` draws
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// Who fires timers
    #[arg(long, value_enum, default_value_t = TimersBy::Trace, value_name = "WHO")]
    pub(crate) timers: TimersBy,
    /// Ends the run after this many inputs, starts and timers included
    #[arg(long, value_name = "N")]
    pub(crate) until: Option<u64>,
    /// Compares the outputs with this file instead of writing them; ends with 1 if they differ
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub(crate) expect: Option<PathBuf>,
    /// Also writes the state as JSON
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "final")]
    pub(crate) state: Option<StateForm>,
    /// Also tells how often each handler ran and how large the state is
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub(crate) stats: Option<StatsForm>,
    /// Flips a bit before an input, as a fault would: MESSAGE is the number of the input, LOCATION
    /// for example `state.NAME`, `replica.NAME+1`, `state@200`, `code.HANDLER+3` or `frame@12`
    #[arg(long, value_name = "MESSAGE:LOCATION:BIT")]
    pub(crate) flip: Vec<String>,
    /// The form of the outputs
    #[arg(long, value_enum, default_value_t = OutputForm::Jsonl)]
    pub(crate) output: OutputForm,
    /// What to do with a malformed line of the trace
    #[arg(long, value_enum, default_value_t = Malformed::Stop)]
    pub(crate) malformed: Malformed,
    /// The same as `--malformed skip`
    #[arg(long)]
    pub(crate) skip_malformed: bool,
    /// Check the invariants after each message; the first that does not hold ends the run
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Programs, or folders with programs at any depth
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write a JSON object a line for each error and warning to the standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// The code, such as E0102 or R01; all codes are listed without one
    pub(crate) code: Option<String>,
}

#[derive(Args)]
pub(crate) struct FmtArgs {
    /// Programs, or folders with programs at any depth
    #[arg(required_unless_present = "stdin", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Change nothing, show what would change, and end with 1 if something would
    #[arg(long)]
    pub(crate) check: bool,
    /// Read the standard input and write the standard output
    #[arg(long, conflicts_with = "files")]
    pub(crate) stdin: bool,
}

#[derive(Args)]
pub(crate) struct NewArgs {
    /// The name of the project and its folder: small letters, digits, `-` and `_`
    pub(crate) name: String,
}

#[derive(Args)]
pub(crate) struct SnapshotArgs {
    /// A folder with programs, at any depth, or one program
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Keep the bytecode as it is now
    #[arg(long)]
    pub(crate) accept: bool,
}

#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args)]
pub(crate) struct ManArgs {
    /// The folder for one page a subcommand; without it the main page goes to the standard output
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct FileArgs {
    /// The program: source text, or what `pasc build` made
    pub(crate) file: PathBuf,
}

#[derive(Args)]
pub(crate) struct BuildArgs {
    /// The program's source
    pub(crate) file: PathBuf,
    /// Where the built program goes [default: FILE with the extension pascb]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TestArgs {
    /// Programs, or folders with programs at any depth
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Run the tests in this mode only
    #[arg(long, value_enum)]
    pub(crate) mode: Option<ModeName>,
    /// Run the tests alone whose names contain this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Write a JSON object a line for each test to the standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report in the form of JUnit
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Run the tests again whenever a file changes, until the standard input ends or Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Where faults happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Level {
    /// In the machine's memory and control flow
    Machine,
    /// In frames between processes
    Message,
    /// In registers and memory of the running binary, by ptrace; on Linux on x86-64
    Native,
}

/// How a fault happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Happening {
    /// Once, to one lane or copy
    Once,
    /// At every later step of the message again
    Stuck,
    /// To both lanes or copies at once
    Both,
    /// With a second fault, drawn at random, in the same message
    Twice,
}

/// The most faults that are drawn: each is kept, in some 80 bytes, before the first happens.
const MOST_SAMPLES: u64 = 100_000_000;
/// The most threads of a campaign: each has a stack for walks that a fault made long.
const MOST_THREADS: i64 = 256;

#[derive(Args)]
pub(crate) struct InjectArgs {
    /// The program: source text, or what `pasc build` made
    pub(crate) file: PathBuf,
    /// The messages, as JSON Lines or binary; `-` reads the standard input
    #[arg(long)]
    pub(crate) trace: PathBuf,
    /// How the machine is hardened; may be given several times, for a campaign each
    #[arg(long, value_enum, default_values_t = [ModeName::Lockstep])]
    pub(crate) mode: Vec<ModeName>,
    /// Gives a parameter its value, which is read by its type
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) param: Vec<(String, String)>,
    /// Sets a limit
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) limit: Vec<(String, String)>,
    /// The address of the process [default: the name of the file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
    /// Draw this many faults instead of letting every one happen; 1,000 at the native level
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_SAMPLES))]
    pub(crate) samples: Option<u64>,
    /// The seed of the draw [default: 0]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Faults in the machine, damage to frames on their way, or faults in the processor
    #[arg(long, value_enum, default_value_t = Level::Machine)]
    pub(crate) level: Level,
    /// Only faults in places with this in their name; at the native level registers, memory, jumps, bases, flags, direction, code, constants or functions
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// At the native level: only faults in this phase of a message, in the `interpreter`, or in functions with
    /// this in their name, which has `::` in it
    #[arg(long, value_name = "PHASE")]
    pub(crate) within: Option<String>,
    /// At the native level: changed instructions, which are beyond the fault model; as `--only code`
    #[arg(long, conflicts_with = "only")]
    pub(crate) code: bool,
    /// Only the faults of a hard case: skipped-lane, code, bases, outputs, checks, input, state, growth or recovery; at the native level targeted, recovery or full
    #[arg(long, value_name = "NAME")]
    pub(crate) campaign: Option<String>,
    /// How a fault happens; all but `once` are beyond the fault model, for information [default: once]
    #[arg(long, value_enum)]
    pub(crate) happening: Option<Happening>,
    /// Take out each check, and see whether a fault gets through; on one thread
    #[arg(long, conflicts_with_all = ["without", "html", "resume"])]
    pub(crate) mutate: bool,
    /// Take a check out of the machine, to see that the campaign notices; several with `--replay`
    #[arg(long, value_name = "CHECK")]
    pub(crate) without: Vec<String>,
    /// Let one fault happen, as a report names it: `1:2:a.register[3]:flip:4`, `recovery:1:2`, `1:2:rax:3`
    #[arg(long, value_name = "FAULT")]
    pub(crate) replay: Option<String>,
    /// At the native level: the binary that faults happen to [default: this one]
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
    /// Keep what is done in a file, and go on from it
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
    /// How many threads work [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    pub(crate) threads: Option<u16>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the report as a page
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// Splits `name=value`.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// Splits `address=file`.
pub(crate) fn placement(text: &str) -> Result<(String, String), String> {
    match assignment(text) {
        Ok((address, file)) if !file.is_empty() => Ok((address, file)),
        _ => Err("expected ADDRESS=FILE".to_owned()),
    }
}
