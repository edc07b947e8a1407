//! `pasc check`: errors and warnings of programs.

use crate::exit::{Code, Failed};
use crate::load::{self, Loaded};
use crate::report::{count, say};
use std::path::{Path, PathBuf};

/// Checks each file; the first that fails does not keep the others from being looked at.
pub(crate) fn check(files: &[PathBuf]) -> Result<Code, Failed> {
    let mut code = Code::Done;
    for file in files {
        if let Err(failed) = check_file(file) {
            say(format!("error: {}", failed.text));
            code = code.max(failed.code);
        }
    }
    if code == Code::Done {
        say(format!("{} without errors", count(files.len(), "file")));
    }
    Ok(code)
}

fn check_file(path: &Path) -> Result<(), Failed> {
    match load::load(path)? {
        Loaded::Source(source) => match pasc_lang::check(&source) {
            Ok(warnings) => {
                load::show(&warnings, &source);
                // The code generator has limits of its own.
                let compiled = pasc_lang::compile_tests(&source);
                compiled
                    .map(drop)
                    .map_err(|diagnostics| load::refused(&diagnostics, &source))
            }
            Err(diagnostics) => Err(load::refused(&diagnostics, &source)),
        },
        Loaded::Built(program) => pasc_vm::verify::verify(&program)
            .map_err(|fault| Failed::file(path.display(), format_args!("damaged: {fault}"))),
    }
}
