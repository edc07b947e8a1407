//! `pasc profile`: instructions and time by handler, source line and opcode, as tables and a flame graph.
//!
//! Instructions are counted on the machine of fault injection, which stops before each; its lanes
//! execute what those of the machine that ships do. Time is taken on the machine that ships, each message
//! for itself, and shared out within the message by what the machine writes and touches meanwhile. What
//! the parts come to is the whole, exactly.

mod count;
mod flame;
mod shares;
mod table;
mod time;

use crate::cli::ModeName;
use crate::exit::{Code, Failed};
use crate::output::{Standard, whole_file};
use crate::{inject, load, params};
use clap::{Args, ValueEnum};
use pasc_vm::process::{Lockstep, Options, Plain, Sequential};
use pasc_vm_probed::process as probed;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct ProfileArgs {
    /// The program: source text, or what `pasc build` made
    pub(crate) file: PathBuf,
    /// The messages, as JSON Lines or binary; `-` reads the standard input
    #[arg(long)]
    pub(crate) trace: PathBuf,
    /// How the machine is hardened
    #[arg(long, value_enum, default_value_t = ModeName::Lockstep)]
    pub(crate) mode: ModeName,
    /// Gives a parameter its value, which is read by its type
    #[arg(long, value_name = "NAME=VALUE", value_parser = crate::cli::assignment)]
    pub(crate) param: Vec<(String, String)>,
    /// Sets a limit
    #[arg(long, value_name = "NAME=VALUE", value_parser = crate::cli::assignment)]
    pub(crate) limit: Vec<(String, String)>,
    /// The address of the process [default: the name of the file without its extension]
    #[arg(long = "self", value_name = "NAME")]
    pub(crate) own: Option<String>,
    /// The seed of the numbers that `random` draws
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// The most lines and opcodes that are shown
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) top: usize,
    /// Write a flame graph as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) flame: Option<PathBuf>,
    /// What the flame graph shows
    #[arg(long, value_enum, default_value_t = By::Time, value_name = "WHAT")]
    pub(crate) by: By,
    /// Write all figures as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// What is shared out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum By {
    /// Nanoseconds
    Time,
    /// Executed instructions, of both lanes
    Instructions,
}

/// Profiles a program that handles a trace.
pub(crate) fn profile(args: &ProfileArgs) -> Result<Code, Failed> {
    let program = load::program(&args.file)?;
    let own = load::own_address(args.own.as_deref(), &args.file)?;
    let options = Options {
        params: params::params(&program, &args.param)?,
        limits: params::limits(&args.limit)?,
        random_seed: args.seed,
        ..Options::new(&own)
    }
    .sealed();
    let inputs = inject::inputs::read(&program, &options, &args.trace)?;
    if inputs.is_empty() {
        let name = args.trace.display();
        return Err(Failed::file(name, "the trace has no inputs to profile"));
    }
    let times = match args.mode {
        ModeName::Plain => time::measure::<Plain>(&program, &options, &inputs),
        ModeName::Lockstep => time::measure::<Lockstep>(&program, &options, &inputs),
        ModeName::Sequential => time::measure::<Sequential>(&program, &options, &inputs),
    }?;
    let steps = match args.mode {
        ModeName::Plain => count::count::<probed::Plain>(&program, &options, &inputs),
        ModeName::Lockstep => count::count::<probed::Lockstep>(&program, &options, &inputs),
        ModeName::Sequential => count::count::<probed::Sequential>(&program, &options, &inputs),
    }?;
    let shares = shares::Shares::new(&program, &steps, &times);
    let mut out = Standard::new();
    out.write(table::tables(&program, &shares, inputs.len(), args.top).as_bytes())?;
    out.flush()?;
    if let Some(path) = &args.json {
        whole_file(
            path,
            table::json(&program, &shares, inputs.len()).as_bytes(),
        )?;
    }
    if let Some(path) = &args.flame {
        let drawn = flame::draw(&program, &shares, args.by);
        let drawn = drawn.map_err(|error| Failed::write(path.display(), &error))?;
        whole_file(path, &drawn)?;
    }
    Ok(Code::Done)
}
