//! Checks of the dispatchers: that both mean the same, and that the threaded one jumps.

mod equality;
mod programs;
mod steps;
