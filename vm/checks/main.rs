//! Checks of the dispatchers: that both mean the same, and that the threaded one jumps.
//!
//! `cargo test --release -p pasc-vm --test dispatch`; see docs/testing.md.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the checks disassemble their own binary, choose a stack and take a number of rounds"
)]

#[cfg(pasc_threaded)]
mod assembly;
mod equality;
mod exercise;
mod programs;
mod steps;
