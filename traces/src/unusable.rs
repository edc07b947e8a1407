//! Files that cannot be used, in words for people.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;

/// Why a file, or a place in it, cannot be used: `NAME: PROBLEM`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unusable {
    text: String,
}

impl Unusable {
    /// A file that cannot be used as it is.
    pub fn file(name: impl Display, problem: impl Display) -> Unusable {
        let text = format!("{name}: {problem}");
        Unusable { text }
    }

    /// A file that could not be read.
    pub fn read(name: impl Display, error: &io::Error) -> Unusable {
        Unusable::file(name, format_args!("cannot be read: {}", reason(error)))
    }
}

impl Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Unusable {}

/// The name of a file as messages show it; `-` stands for the standard streams.
pub fn shown(path: &Path, standard: &str) -> String {
    if path.as_os_str() == "-" {
        standard.to_owned()
    } else {
        path.display().to_string()
    }
}

/// The system's words without its error number.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}
