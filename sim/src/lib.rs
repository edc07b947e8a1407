//! Whole clusters of pasc processes in virtual time, with everything that can go wrong.
//!
//! In: the file of a cluster, its programs, a seed. Out: what the run came to, the same for the same
//! seed. Nothing is read or printed here, and no clock is looked at.

pub mod campaign;
pub mod chart;
pub mod check;
mod client;
pub mod cluster;
pub mod config;
mod disk;
mod happen;
pub mod history;
mod host;
mod label;
pub mod linear;
pub mod log;
mod machine;
pub mod merge;
pub mod model;
mod net;
mod numbers;
mod queue;
mod random;
pub mod replay;
pub mod schedule;
pub mod shrink;
mod span;
mod strike;
mod template;
mod timers;
pub mod world;

pub use campaign::{Report, run};
pub use chart::Chart;
pub use cluster::{Cluster, parse};
pub use history::{Outcome, Violation, Wrong};
pub use replay::Replay;
pub use schedule::Schedule;
pub use shrink::Shrink;
pub use span::Span;
pub use world::{Settings, Worker};
