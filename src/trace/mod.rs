//! `pasc trace`: what can be done with traces without a run, and shrinking.

pub(crate) mod compare;
pub(crate) mod convert;
pub(crate) mod generate;
pub(crate) mod shrink;
mod smaller;
pub(crate) mod verify;
mod writer;
