//! The arguments of `pasc trace`.

use super::{ModeName, TimersBy, assignment};
use clap::Args;
use std::path::PathBuf;

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

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// The program whose trace it is
    pub(crate) program: PathBuf,
    /// The trace; `-` reads the standard input
    pub(crate) trace: PathBuf,
    /// The address of the process [default: the name of the program's file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
    /// Write a JSON object a line for each finding to the standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct GenerateArgs {
    /// The program
    pub(crate) program: PathBuf,
    /// The new trace; `-` writes the standard output
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// How many messages
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) count: u64,
    /// The same seed gives the same trace
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// A sender; may be given several times [default: p1, p2 and p3]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Vec<String>,
    /// Only messages of this name; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) message: Vec<String>,
    /// The mean time between two messages in microseconds
    #[arg(long, default_value_t = 1000, value_name = "MICROS")]
    pub(crate) every: u64,
    /// The address of the process [default: the name of the program's file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
}

#[derive(Args)]
pub(crate) struct CompareArgs {
    /// The program whose traces they are
    pub(crate) program: PathBuf,
    /// The one trace
    pub(crate) expected: PathBuf,
    /// The other
    pub(crate) got: PathBuf,
    /// The address of the process [default: the name of the program's file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
}

#[derive(Args)]
pub(crate) struct ShrinkArgs {
    /// The program
    pub(crate) program: PathBuf,
    /// The trace with a runtime error, a trap or a violated invariant
    pub(crate) trace: PathBuf,
    /// The new trace; `-` writes the standard output
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// The most runs of the program
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) attempts: u64,
    /// How the machine is hardened
    #[arg(long, value_enum, default_value_t = ModeName::Lockstep)]
    pub(crate) mode: ModeName,
    /// Gives a parameter its value
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) param: Vec<(String, String)>,
    /// Sets a limit
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) limit: Vec<(String, String)>,
    /// The seed of the numbers that `random` draws
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// Who fires timers
    #[arg(long, value_enum, default_value_t = TimersBy::Trace, value_name = "WHO")]
    pub(crate) timers: TimersBy,
    /// The address of the process [default: the name of the program's file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
}
