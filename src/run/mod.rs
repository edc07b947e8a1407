//! `pasc run`: gives a trace to one process or several and writes what they send.
//!
//! A runtime error or a refused input is reported and the run goes on; a trap stops its process. A program
//! that says what happens at its start is started first, unless the trace does it. Orders about
//! timers are no outputs: they wait until the trace, or the time, fires their timer.

mod failure;
mod flip;
mod sink;
mod stats;
mod world;

pub(crate) use failure::{ended, not_started};

use crate::cli::{Malformed, ModeName, RunArgs};
use crate::exit::{Code, Failed};
use crate::load;
use crate::params;
use crate::report::say;
use pasc_traces::host::{Host, Origin};
use pasc_traces::near::did_you_mean;
use pasc_traces::{Reader, Whose};
use pasc_vm::Program;
use pasc_vm::process::{Lockstep, Mode, Options, Plain, Sequential};
use sink::Sink;
use std::path::{Path, PathBuf};
use world::World;

/// A process that the command line names.
struct Named {
    file: PathBuf,
    program: Program,
    options: Options,
}

impl Named {
    fn whose(&self) -> Whose<'_> {
        Whose {
            program: &self.program,
            own: &self.options.own_address,
        }
    }
}

/// Runs the programs in the mode that was asked for.
pub(crate) fn run(args: &RunArgs) -> Result<Code, Failed> {
    let processes = named(args)?;
    match args.mode {
        ModeName::Plain => run_in::<Plain>(args, &processes),
        ModeName::Lockstep => run_in::<Lockstep>(args, &processes),
        ModeName::Sequential => run_in::<Sequential>(args, &processes),
    }
}

/// The processes with their programs and options.
fn named(args: &RunArgs) -> Result<Vec<Named>, Failed> {
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    if let Some(file) = &args.file {
        files.push((load::own_address(args.own.as_deref(), file)?, file.clone()));
    } else if args.own.is_some() {
        let text = "`--self` names the process of FILE, and no FILE is given";
        return Err(Failed::usage(text));
    }
    for (address, file) in &args.process {
        let file = PathBuf::from(file);
        let address = load::own_address(Some(address), &file)?;
        if files.iter().any(|(other, _)| *other == address) {
            let text = format!("two processes have the address `{address}`; give each its own");
            return Err(Failed::usage(text));
        }
        files.push((address, file));
    }
    let limits = params::limits(&args.limit)?;
    let mut processes = Vec::new();
    for (index, (address, file)) in files.into_iter().enumerate() {
        let program = load::runnable(&file)?;
        let options = Options {
            limits,
            // Each process draws numbers of its own.
            random_seed: args.seed.wrapping_add(index as u64),
            ..Options::new(&address)
        };
        processes.push(Named {
            file,
            program,
            options,
        });
    }
    give_params(args, &mut processes)?;
    for process in &mut processes {
        process.options = process.options.clone().sealed();
    }
    Ok(processes)
}

/// Hands each parameter to the process that `ADDRESS/` names, or to all that have one of its name.
fn give_params(args: &RunArgs, processes: &mut [Named]) -> Result<(), Failed> {
    for (name, value) in &args.param {
        let (takers, name) = match name.rsplit_once('/') {
            Some((address, name)) => {
                let own = |process: &Named| process.options.own_address.clone();
                let addresses: Vec<String> = processes.iter().map(own).collect();
                let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
                (vec![find_process(&addresses, address)?], name)
            }
            None => {
                let has = |process: &Named| process.program.params.iter().any(|p| p.name == *name);
                let all = 0..processes.len();
                (
                    all.filter(|index| has(&processes[*index])).collect(),
                    name.as_str(),
                )
            }
        };
        // A name that nobody has is refused by the first, with what it has.
        let takers = if takers.is_empty() { vec![0] } else { takers };
        for index in takers {
            let process = &mut processes[index];
            let given = [(name.to_owned(), value.clone())];
            let values = params::params(&process.program, &given)?;
            process.options.params.extend(values);
        }
    }
    Ok(())
}

/// The number of the process with an address.
fn find_process(addresses: &[&str], address: &str) -> Result<usize, Failed> {
    let found = addresses.iter().position(|own| *own == address);
    found.ok_or_else(|| {
        let hint = did_you_mean(address, addresses.iter().copied());
        let known = addresses.join(", ");
        Failed::usage(format!(
            "there is no process `{address}`; there are {known}{hint}"
        ))
    })
}

fn run_in<M: Mode>(args: &RunArgs, processes: &[Named]) -> Result<Code, Failed> {
    let trace = Path::new(&args.trace);
    let mut trace = Reader::open_for(trace, processes.iter().map(Named::whose).collect())?;
    let flips = flip::Flips::read(
        &args.flip,
        processes.iter().map(Named::whose).collect(),
        args.mode,
    )?;
    let mut members = Vec::new();
    for process in processes {
        let origin = Origin {
            whose: process.whose(),
            options: &process.options,
        };
        let name = process.file.display().to_string();
        members.push(Host::<M>::start(origin).map_err(|error| not_started(&name, &error))?);
    }
    let sink = Sink::open(args, processes.len() > 1)?;
    let mut world = World::new(args, members, flips, sink);
    let ended = world.feed(&mut trace);
    let code = world.finish(ended);
    Ok(code)
}

/// Whether malformed lines of the trace are passed over.
fn skips_malformed(args: &RunArgs) -> bool {
    args.skip_malformed || args.malformed == Malformed::Skip
}

/// Reports a failure and gives its code.
fn report(failed: &Failed) -> Code {
    say(format!("error: {}", failed.text));
    failed.code
}
