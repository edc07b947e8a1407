//! `pasc check`: errors and warnings of programs.

use crate::cli::CheckArgs;
use crate::diagnostics;
use crate::exit::{Code, Failed};
use crate::folders::Found;
use crate::load::{self, Loaded};
use crate::output::Standard;
use crate::report::{count, say};
use crate::unloaded::Unloaded;
use pasc_lang::SourceFile;
use std::path::Path;

/// Checks each file, also of folders; the first that fails does not keep the others from being looked at.
pub(crate) fn check(args: &CheckArgs) -> Result<Code, Failed> {
    let mut out = Standard::new();
    let mut files = Vec::new();
    for path in &args.files {
        files.extend(Found::below(path)?.programs);
    }
    let mut code = Code::Done;
    for file in &files {
        if let Err(failed) = check_file(file, args.json.then_some(&mut out)) {
            say(format!("error: {}", failed.text));
            code = code.max(failed.code);
        }
    }
    out.flush()?;
    if code == Code::Done {
        say(format!("{} without errors", count(files.len(), "file")));
    }
    Ok(code)
}

/// Checks a file; findings go to `json` as objects, or to people.
fn check_file(path: &Path, json: Option<&mut Standard>) -> Result<(), Failed> {
    let source = match load::load(path).and_then(|loaded| verified(path, loaded)) {
        Ok(Some(source)) => source,
        Ok(None) => return Ok(()),
        Err(unloaded) => {
            if let Some(out) = json {
                diagnostics::write_object(&unloaded.object(), out)?;
            }
            return Err(unloaded.into());
        }
    };
    let checked = pasc_lang::check(&source);
    let (Ok(found) | Err(found)) = &checked;
    match json {
        Some(out) => diagnostics::write(found, &source, out)?,
        None => load::show(found, &source),
    }
    match &checked {
        Ok(_) => Ok(()),
        Err(found) => Err(load::failure(found, &source)),
    }
}

/// The source of what was loaded; nothing for a built program, which is verified.
fn verified(path: &Path, loaded: Loaded) -> Result<Option<SourceFile>, Unloaded> {
    match loaded {
        Loaded::Source(source) => Ok(Some(source)),
        Loaded::Built(program) => match pasc_vm::verify::verify(&program) {
            Ok(_) => Ok(None),
            Err(fault) => Err(Unloaded::damaged(path, format!("damaged: {fault}"))),
        },
    }
}
