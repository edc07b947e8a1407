//! Checks of the dispatchers: that both mean the same, and that the threaded one jumps.
//!
//! `cargo test --release -p pasc-vm --test dispatch`; see docs/testing.md.

#[cfg(pasc_threaded)]
mod assembly;
mod equality;
mod programs;
mod steps;
