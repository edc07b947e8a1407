//! What people read: lines on the standard error.
//!
//! Nobody may be listening there, so that a failed write is no failure of the command.

use crate::cli::Colour;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether messages have colours.
static COLOURED: AtomicBool = AtomicBool::new(false);

/// Decides once, at the start, whether messages have colours.
pub(crate) fn choose_colours(colour: Colour) {
    let given = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let coloured = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            is_terminal() && !given("NO_COLOR") && !dumb
        }
    };
    COLOURED.store(coloured, Ordering::Relaxed);
}

/// Whether messages have colours.
pub(crate) fn coloured() -> bool {
    COLOURED.load(Ordering::Relaxed)
}

/// Whether people watch while messages are written.
pub(crate) fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// One line, or several, on the standard error.
pub(crate) fn say(text: impl Display) {
    crate::progress::clear();
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A number with the noun that it counts: `1 error`, `2 errors`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The same with the digits of large numbers in groups: `1 fault`, `12,345 faults`.
pub(crate) fn count_grouped(number: u64, noun: &str) -> String {
    let digits = pasc_inject::grouped(number);
    format!("{digits} {noun}{}", if number == 1 { "" } else { "s" })
}
