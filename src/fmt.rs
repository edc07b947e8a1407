//! `pasc fmt`: programs in the layout that all programs have.
//!
//! A file is written only if its layout changes, whole or not at all.

use crate::cli::FmtArgs;
use crate::exit::{Code, Failed};
use crate::folders::Found;
use crate::load::{self, Loaded};
use crate::output::{Standard, Target};
use crate::report::{coloured, count, say};
use pasc_lang::{MAX_SOURCE_BYTES, SourceFile, Unformatted};
use pasc_testing::difference;
use std::io::Read;
use std::path::Path;

/// Formats files, or the standard input.
pub(crate) fn fmt(args: &FmtArgs) -> Result<Code, Failed> {
    if args.stdin {
        return standard_input(args.check);
    }
    let mut programs = Vec::new();
    for path in &args.files {
        programs.extend(Found::below(path)?.programs);
    }
    let (mut code, mut changed, mut left) = (Code::Done, 0, 0);
    for program in &programs {
        match file(program, args.check) {
            Ok(false) => {}
            Ok(true) => changed += 1,
            Err(failed) => {
                say(format!("error: {}", failed.text));
                code = code.max(failed.code);
                left += 1;
            }
        }
    }
    let files = count(programs.len(), "file");
    let left = match left {
        0 => String::new(),
        left => format!(", {left} with errors"),
    };
    if args.check {
        say(format!("{files}, {changed} not formatted{left}"));
    } else {
        say(format!("{files}, {changed} changed{left}"));
    }
    Ok(if args.check && changed > 0 {
        code.max(Code::Found)
    } else {
        code
    })
}

/// Formats a file, or shows what would change; whether it is in another layout.
fn file(path: &Path, check: bool) -> Result<bool, Failed> {
    let Loaded::Source(source) = load::load(path)? else {
        let text = format!("{}: a built program has no source", path.display());
        return Err(Failed::usage(text));
    };
    let formatted = formatted(&source)?;
    if formatted == source.text {
        return Ok(false);
    }
    if check {
        say(format!(
            "{} is not formatted\n{}",
            path.display(),
            shown(&source.text, &formatted)
        ));
        return Ok(true);
    }
    let mut target = Target::create(path)?;
    target.write(formatted.as_bytes())?;
    target.finish()?;
    Ok(true)
}

fn standard_input(check: bool) -> Result<Code, Failed> {
    let name = "the standard input";
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(MAX_SOURCE_BYTES as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failed::read(name, &error))?;
    let source = SourceFile::new(name, text);
    let formatted = formatted(&source)?;
    if check {
        if formatted == source.text {
            return Ok(Code::Done);
        }
        say(format!(
            "{name} is not formatted\n{}",
            shown(&source.text, &formatted)
        ));
        return Ok(Code::Found);
    }
    let mut out = Standard::new();
    out.write(formatted.as_bytes())?;
    out.flush()?;
    Ok(Code::Done)
}

fn formatted(source: &SourceFile) -> Result<String, Failed> {
    pasc_lang::format(source).map_err(|unformatted| match unformatted {
        Unformatted::Errors(diagnostics) => load::refused(&diagnostics, source),
        Unformatted::Changed => Failed::new(
            Code::Found,
            format!(
                "{}: left as it is: the formatter would change more than its layout, which is a \
                 mistake of pasc",
                source.name
            ),
        ),
    })
}

/// The lines that change.
fn shown(before: &str, after: &str) -> String {
    let lines = |text| str::lines(text).collect::<Vec<_>>();
    let shown = difference::between(&lines(before), &lines(after), 1, coloured());
    let shown = shown.unwrap_or_else(|| "      the ends of lines change\n".to_owned());
    shown.trim_end().to_owned()
}
