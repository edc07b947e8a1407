//! Files to programs: source text is compiled, a built program is read; the first bytes tell which.

use crate::exit::{Code, Failed};
use crate::report::{coloured, say};
use crate::unloaded::Unloaded;
use pasc_lang::{Diagnostic, MAX_SOURCE_BYTES, SourceFile};
use pasc_vm::Program;
use pasc_vm::file::MAX_FILE_BYTES;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What a file holds.
pub(crate) enum Loaded {
    Source(SourceFile),
    Built(Box<Program>),
}

/// Reads a file. A built program whose bytes are damaged is refused.
pub(crate) fn load(path: &Path) -> Result<Loaded, Unloaded> {
    let unreadable = |error| Unloaded::unreadable(path, &error);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let magic = pasc_vm::file::MAGIC;
    let mut read = |bytes: &mut Vec<u8>, limit: usize| {
        let rest = (limit - bytes.len()) as u64;
        file.by_ref()
            .take(rest)
            .read_to_end(bytes)
            .map_err(unreadable)
    };
    read(&mut bytes, magic.len())?;
    if bytes == magic {
        read(&mut bytes, MAX_FILE_BYTES + 1)?;
        return match pasc_vm::file::read(&bytes) {
            Ok(program) => Ok(Loaded::Built(Box::new(program))),
            Err(error) => {
                let problem = format!("{error}; build it again with `pasc build`");
                Err(Unloaded::damaged(path, problem))
            }
        };
    }
    read(&mut bytes, MAX_SOURCE_BYTES + 1)?;
    if bytes.len() > MAX_SOURCE_BYTES {
        let problem = format!("a source file has at most {MAX_SOURCE_BYTES} bytes");
        return Err(Unloaded::too_long(path, problem));
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let modules = modules(path, &text);
            let name = path.display().to_string();
            let source = SourceFile::new(name, text).with_modules(modules);
            Ok(Loaded::Source(source))
        }
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let line = bytes[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
            let found = bytes[valid];
            let problem = format!(
                "byte 0x{found:02x} is not UTF-8 text, and the file is no program that `pasc \
                 build` made"
            );
            Err(Unloaded::not_text(path, line, problem))
        }
    }
}

/// The files that a program uses, as far as they can be read; the compiler reports the others.
fn modules(path: &Path, text: &str) -> Vec<SourceFile> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut wanted = pasc_lang::used_files("", text);
    let mut modules: Vec<SourceFile> = Vec::new();
    while let Some(key) = wanted.pop() {
        let is_known = modules.iter().any(|module| module.name == key);
        if is_known || modules.len() >= pasc_lang::MAX_MODULES {
            continue;
        }
        let mut bytes = Vec::new();
        let opened = File::open(folder.join(&key));
        let read = opened.and_then(|file| {
            let limit = MAX_SOURCE_BYTES as u64 + 1;
            file.take(limit).read_to_end(&mut bytes)
        });
        if read.is_err() {
            continue;
        }
        if let Ok(text) = String::from_utf8(bytes) {
            wanted.extend(pasc_lang::used_files(&key, &text));
            modules.push(SourceFile::new(key, text));
        }
    }
    modules
}

/// The program of a file; what is wrong with its source is reported.
pub(crate) fn program(path: &Path) -> Result<Program, Failed> {
    Ok(program_and_source(path)?.0)
}

/// The program of a file, to be run here: its runtime errors name the source as it was given, as
/// diagnostics do. A program that goes elsewhere does not tell where it was made.
pub(crate) fn runnable(path: &Path) -> Result<Program, Failed> {
    let (mut program, source) = program_and_source(path)?;
    if let Some(source) = source {
        program.debug.source_name = source.name;
    }
    Ok(program)
}

fn program_and_source(path: &Path) -> Result<(Program, Option<SourceFile>), Failed> {
    match load(path)? {
        Loaded::Built(program) => Ok((*program, None)),
        Loaded::Source(source) => match pasc_lang::compile(&source) {
            Ok(compiled) => {
                show(&compiled.warnings, &source);
                Ok((compiled.program, Some(source)))
            }
            Err(diagnostics) => Err(refused(&diagnostics, &source)),
        },
    }
}

/// Reports what the compiler found.
pub(crate) fn show(diagnostics: &[Diagnostic], source: &SourceFile) {
    let render = if coloured() {
        pasc_lang::render_coloured
    } else {
        pasc_lang::render
    };
    for diagnostic in diagnostics {
        say(render(diagnostic, source));
    }
}

/// Reports what the compiler found in a source that it did not accept.
pub(crate) fn refused(diagnostics: &[Diagnostic], source: &SourceFile) -> Failed {
    show(diagnostics, source);
    failure(diagnostics, source)
}

/// The end of a command that found errors in a source, which were reported.
pub(crate) fn failure(diagnostics: &[Diagnostic], source: &SourceFile) -> Failed {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|one| one.is_error()).collect();
    let first = errors.first().map_or("E0020", |error| error.code.number);
    Failed::new(
        Code::Found,
        format!(
            "{}: {} in the source; `pasc explain {first}` tells more",
            source.name,
            crate::report::count(errors.len(), "error")
        ),
    )
}

/// The address of a process that has not been given one: the name of its program's file.
pub(crate) fn own_address(given: Option<&str>, path: &Path) -> Result<String, Failed> {
    let address = match given {
        Some(given) => given.to_owned(),
        None => path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    };
    if (1..=pasc_vm::frame::MAX_ADDRESS_BYTES).contains(&address.len()) {
        return Ok(address);
    }
    Err(Failed::usage(format!(
        "`{address}` cannot be the address of a process, which has 1 to {} bytes; \
         give another with `--self NAME`",
        pasc_vm::frame::MAX_ADDRESS_BYTES
    )))
}
