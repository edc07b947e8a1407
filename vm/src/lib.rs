//! The pasc machine: runs checked programs, each message on two copies of the state.
//!
//! No input, no output, no clock, no randomness, no threads: a frame goes in, frames come out.
//! A host starts with [`process::Process`]; a compiler with [`assemble::Assembler`].

pub mod assemble;
pub mod bytes;
pub mod check;
pub mod disassemble;
pub mod error;
pub mod file;
mod fill;
pub mod frame;
mod frames;
pub mod isa;
pub mod limits;
pub mod map;
pub mod memory;
pub mod native;
pub mod process;
pub mod program;
mod progress;
pub mod record;
pub mod recovery;
pub mod signature;
pub mod state;
pub mod timer;
pub mod trap;
pub mod types;
pub mod value;
pub mod verify;
pub mod wire;

mod crc;
mod delta;
mod describe;
mod exec;
mod extents;
mod harden;
mod heap;
mod lane;
mod list;
mod mode;
mod options;
mod outbox;
mod params;
#[cfg(pasc_probe)]
pub mod probe;
#[cfg(not(pasc_probe))]
#[path = "probe/off.rs"]
mod probe;
mod random;
mod receive;
mod sort;
mod values;

/// The dispatcher of this build: `threaded`, or `match` in debug builds and where calls at the end of
/// a function are no jumps.
pub const DISPATCH: &str = if cfg!(pasc_threaded) {
    "threaded"
} else if cfg!(pasc_probe) {
    "stepped"
} else {
    "match"
};

pub use extents::Extent;
pub use program::Program;
pub use value::Value;
