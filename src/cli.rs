//! The arguments of `pasc` and its subcommands.

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

/// Runs message handlers that silent data corruption cannot fool.
#[derive(Parser)]
#[command(name = "pasc", version, styles = Styles::plain(), after_help = EXIT_CODES)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Give a trace of messages to a program and write what it sends
    Run(RunArgs),
    /// Look for errors in programs
    Check(FilesArgs),
    /// Compile a program to a file that runs without its source
    Build(BuildArgs),
    /// Show the instructions of a program
    Disasm(FileArgs),
    /// Run the tests that stand in programs
    Test(TestArgs),
    /// Let faults happen to a program and report what comes of each
    Inject(InjectArgs),
    /// Work with traces
    #[command(subcommand)]
    Trace(TraceCommand),
}

#[derive(Subcommand)]
pub(crate) enum TraceCommand {
    /// Turn a trace of JSON Lines into a binary one, or back, without loss
    Convert(ConvertArgs),
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
    pub(crate) file: PathBuf,
    /// The messages, as JSON Lines or binary; `-` reads the standard input
    #[arg(long)]
    pub(crate) trace: PathBuf,
    /// How the machine is hardened
    #[arg(long, value_enum, default_value_t = ModeName::Lockstep)]
    pub(crate) mode: ModeName,
    /// Gives a parameter its value, which is read by its type; bytes also as `hex:00ff`, maps and
    /// records as JSON
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) param: Vec<(String, String)>,
    /// Sets a limit
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) limit: Vec<(String, String)>,
    /// The address of the process [default: the name of the file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
    /// The form of the outputs
    #[arg(long, value_enum, default_value_t = OutputForm::Jsonl)]
    pub(crate) output: OutputForm,
    /// What to do with a malformed line of the trace
    #[arg(long, value_enum, default_value_t = Malformed::Stop)]
    pub(crate) malformed: Malformed,
    /// Check the invariants after each message; the first that does not hold ends the run
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args)]
pub(crate) struct FilesArgs {
    /// The programs
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
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
    /// The programs
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Run the tests in this mode only
    #[arg(long, value_enum)]
    pub(crate) mode: Option<ModeName>,
}

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
    /// Draw this many faults instead of letting every one happen
    #[arg(long, value_name = "N")]
    pub(crate) samples: Option<u64>,
    /// The seed of the draw
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Only faults in places with this in their name
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// Take a check out of the machine, to see that the campaign notices
    #[arg(long, value_name = "CHECK")]
    pub(crate) without: Option<String>,
    /// Let one fault happen, as a report names it
    #[arg(long, value_name = "FAULT")]
    pub(crate) replay: Option<String>,
    /// Keep what is done in a file, and go on from it
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
    /// How many threads work [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the report as a page
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ConvertArgs {
    /// The program whose trace it is
    pub(crate) program: PathBuf,
    /// The trace; `-` reads the standard input
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// The new trace; `-` writes the standard output
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// The address of the process [default: the name of the program's file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
}

/// Splits `name=value`.
fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
