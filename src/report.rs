//! What people read: lines on the standard error.
//!
//! Nobody may be listening there, so that a failed write is no failure of the command.

use std::fmt::Display;
use std::io::Write;

/// One line, or several, on the standard error.
pub(crate) fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A number with the noun that it counts: `1 error`, `2 errors`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
