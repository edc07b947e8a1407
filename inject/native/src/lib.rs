//! Fault injection into machine code: single bits of the registers and the memory of the release binary,
//! while it handles a trace.
//!
//! In: a program with its inputs ([`Target`]) and an executable whose `main` calls [`serve`] when its first
//! argument is [`PROCESS`]. Out: a [`Report`]. The same seed gives the same faults and, but for rates, the
//! same report, whatever the number of threads.
//!
//! The executable runs as a child under ptrace, on Linux on x86-64 alone. It is stepped through once; then
//! copies of it, made at the gate of an input, are stopped by breakpoints at a drawn instruction, changed,
//! and left to themselves.

mod report;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod base;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod campaign;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod child;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod code;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod draw;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod fault;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod golden;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod held;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod host;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod judge;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod protocol;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod replay;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod resume;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod route;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod run;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod sandbox;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod server;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod subject;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracee;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod vector;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod watchdog;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[path = "elsewhere.rs"]
mod campaign;
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
use campaign as child;
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
use campaign as replay;

pub use campaign::run;
pub use child::{PROCESS, serve};
pub use replay::replay;
pub use report::{Only, Report, Silent};

use pasc_inject::{ModeName, Outcome, WorkloadInput};
use pasc_vm::Program;
use pasc_vm::process::Options;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The name of all instructions of the interpreter, for [`Part::within`].
pub const INTERPRETER: &str = "interpreter";

/// A program, how it starts, and what it is given.
#[derive(Clone, Debug)]
pub struct Target {
    /// The program.
    pub program: Program,
    /// How it starts; whether it makes records does not count, for it does.
    pub options: Options,
    /// The inputs, 1 to 4,096.
    pub inputs: Vec<WorkloadInput>,
}

/// What to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The executable that runs as the process.
    pub executable: PathBuf,
    /// How the machine is hardened.
    pub mode: ModeName,
    /// What to draw, part by part.
    pub parts: Vec<Part>,
    /// Whether the process takes snapshots and is recovered from them, and faults happen then alone.
    pub recovery: bool,
    /// Where to keep what came of each fault, to go on after an interruption.
    pub resume: Option<PathBuf>,
    /// How many threads work, each with a process of its own.
    pub threads: usize,
}

/// A part of a campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What to draw; a third each of registers, memory and jumps if nothing is said.
    pub only: Option<Only>,
    /// The phase of a message, `interpreter`, or a part of functions' names with `::` in it, from whose
    /// instructions is drawn; jumps stay inside.
    pub within: Option<String>,
    /// How many faults to draw.
    pub samples: u64,
    /// The seed of the draw.
    pub seed: u64,
}

/// How far a campaign is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// So many instructions of the run without a fault were stepped through.
    Stepped(u64),
    /// So many faults of a part happened.
    Injected(u64),
}

/// What one fault led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// The outcome.
    pub outcome: Outcome,
    /// Where it happened, and where the run left the right way, a line each.
    pub story: Vec<String>,
}

/// Why there is no campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NativeError {
    /// Not on this system.
    Unsupported,
    /// There are no inputs.
    NoInputs,
    /// There are more inputs than a campaign takes.
    TooManyInputs(usize),
    /// What was asked for is no fault of this workload; a sentence.
    NoFault(String),
    /// The executable cannot be started.
    Executable(String, ErrorKind),
    /// The system does not let this process trace another one; why.
    Forbidden(String),
    /// The system does not keep the memory of a process at the same addresses.
    Unsettled,
    /// The executable does not say where its functions are.
    Stripped(String),
    /// The process does not start; a sentence.
    Start(String),
    /// The run without a fault is not right; what happened.
    NotRight(String),
    /// Two runs without a fault differ; where.
    NotTheSame(String),
    /// A call of the system failed: what it was for, and why.
    System(&'static str, String),
    /// The file of a campaign that was interrupted is of another one, or cannot be used.
    Resume(String),
    /// The process did not do what it must; a part of a sentence.
    Lost(String),
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NativeError::Unsupported => f.write_str(
                "faults in the processor are injected on Linux on x86-64 alone; `--level machine` runs \
                 everywhere",
            ),
            NativeError::NoInputs => f.write_str("the trace has no inputs to inject faults into"),
            NativeError::TooManyInputs(inputs) => write!(
                f,
                "the trace has {inputs} inputs, and every instruction is stepped through: give 4096 at \
                 the most"
            ),
            NativeError::NoFault(why) | NativeError::Resume(why) => f.write_str(why),
            NativeError::Executable(name, why) => write!(f, "{name}: cannot be started: {why}"),
            NativeError::Forbidden(why) => write!(
                f,
                "this system does not let a process trace its child ({why}): ptrace must be allowed, in \
                 a container with `--cap-add=SYS_PTRACE`"
            ),
            NativeError::Unsettled => f.write_str(
                "this system does not let a process have its memory at the same addresses each time: \
                 personality(ADDR_NO_RANDOMIZE) must be allowed, in a container with \
                 `--security-opt seccomp=unconfined`",
            ),
            NativeError::Stripped(name) => write!(
                f,
                "{name}: has no table of symbols, so that no fault can be told from one inside of an \
                 instruction: give a binary that is not stripped"
            ),
            NativeError::Start(why) => write!(f, "the process does not start: {why}"),
            NativeError::NotRight(what) => write!(f, "the run without a fault is not right: {what}"),
            NativeError::NotTheSame(what) => {
                write!(f, "two runs without a fault are not the same: {what}")
            }
            NativeError::System(what, why) => write!(f, "the system could not {what}: {why}"),
            NativeError::Lost(what) => write!(f, "the process under test is lost: {what}"),
        }
    }
}

impl std::error::Error for NativeError {}
