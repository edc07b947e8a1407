//! Files that hold nothing to be looked at: why, with a stable code as the findings in a source have one.

use crate::exit::{self, Failed};
use pasc_lang::Severity;
use pasc_lang::codes::{Code, SOURCE_TOO_LONG};
use pasc_traces::reason;
use serde_json::{Value as Json, json};
use std::io;
use std::path::Path;

macro_rules! codes {
    ($($name:ident = $number:literal $title:literal $explanation:literal)*) => {
        $(
            static $name: Code = Code {
                number: $number,
                severity: Severity::Error,
                title: $title,
                explanation: $explanation,
            };
        )*

        /// All codes of files, in the order of their numbers.
        pub(crate) static FILE_CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    UNREADABLE = "I01" "file cannot be read"
        "The system does not give the content of the file: there is none of this name, it is a folder, \
         or it may not be read. The message ends with the system's words."
    NOT_TEXT = "I02" "file is no text"
        "A source is UTF-8 text. The message names the first byte that is not, and its line. A program \
         that `pasc build` made begins with `PSCB`."
    DAMAGED = "I03" "built program is damaged"
        "A program that `pasc build` made is not as it was written, or was made by another version. \
         Build it again from its source."
}

/// Why a file could not be loaded.
pub(crate) struct Unloaded {
    code: &'static Code,
    exit: exit::Code,
    /// The file as it was given.
    file: String,
    line: usize,
    problem: String,
}

impl Unloaded {
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Unloaded {
        let problem = format!("cannot be read: {}", reason(error));
        Unloaded::of(&UNREADABLE, exit::Code::Io, path, problem)
    }

    pub(crate) fn damaged(path: &Path, problem: String) -> Unloaded {
        Unloaded::of(&DAMAGED, exit::Code::Io, path, problem)
    }

    pub(crate) fn too_long(path: &Path, problem: String) -> Unloaded {
        Unloaded::of(&SOURCE_TOO_LONG, exit::Code::Found, path, problem)
    }

    pub(crate) fn not_text(path: &Path, line: usize, problem: String) -> Unloaded {
        let unloaded = Unloaded::of(&NOT_TEXT, exit::Code::Found, path, problem);
        Unloaded { line, ..unloaded }
    }

    fn of(code: &'static Code, exit: exit::Code, path: &Path, problem: String) -> Unloaded {
        Unloaded {
            code,
            exit,
            file: path.display().to_string(),
            line: 1,
            problem,
        }
    }

    /// The object that stands for it among those of diagnostics.
    pub(crate) fn object(&self) -> Json {
        json!({
            "code": self.code.number,
            "severity": "error",
            "message": self.problem,
            "file": self.file,
            "line": self.line,
            "column": 1,
            "end": {"line": self.line, "column": 1},
            "labels": [],
            "hint": null,
        })
    }
}

impl From<Unloaded> for Failed {
    fn from(unloaded: Unloaded) -> Failed {
        let Unloaded { file, problem, .. } = &unloaded;
        match unloaded.exit {
            exit::Code::Found => {
                let line = unloaded.line;
                Failed::new(exit::Code::Found, format!("{file}:{line}: {problem}"))
            }
            code => Failed::new(code, format!("{file}: {problem}")),
        }
    }
}
