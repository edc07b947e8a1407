//! Faults in the memory of a process: what the machine promises, tried bit by bit.

#![allow(clippy::unwrap_used)]

mod bench;
mod code_bits;
mod errors;
mod recovery;
mod state_bits;
mod watchdog;
