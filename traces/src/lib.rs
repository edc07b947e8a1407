//! What goes into processes and comes out of them, as files hold it.
//!
//! In: a file, a stream or lines of text. Out: [`Record`]s that the machine takes, values by their types,
//! lines of JSON. What is written reads back as the same. Nothing is printed.

pub mod frames;
pub mod host;
pub mod json;
pub mod jsonl;
pub mod near;
mod reader;
pub mod timers;
mod unusable;

pub use reader::{BYTE_ORDER_MARK, Form, MAX_TIME, Problem, Reader, Record, Whose};
pub use unusable::{Unusable, reason, shown};
