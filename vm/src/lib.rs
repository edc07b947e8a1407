//! The pasc machine: runs checked programs, each message on two copies of the state.
//!
//! No input, no output, no clock, no randomness, no threads: a frame goes in, frames come out.

pub mod assemble;
pub mod bytes;
pub mod isa;
pub mod map;
pub mod memory;
pub mod program;
pub mod signature;
pub mod state;
pub mod types;
pub mod value;

pub use program::Program;
pub use value::Value;
