//! One test for each file below `tests/mistakes`: a typical mistake of somebody who writes their first
//! program, the one diagnostic that it gets, and what its hint leads to.
//!
//! The first line says what is expected, in the form of the language tests; the text is that of the
//! hint. Lines between `// wrong` and `// right` are the mistake, those up to `// end` the mended lines.

mod common;
#[path = "common/expectations.rs"]
mod expectations;

use common::{file, folder, pasc, root, text};
use expectations::{Expectations, Found};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};

/// How many mistakes are collected at least.
const LEAST: usize = 30;

fn main() {
    let arguments = Arguments::from_args();
    let entries = std::fs::read_dir(root().join("tests/mistakes")).expect("there is the folder");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let mut trials: Vec<Trial> = files
        .iter()
        .map(|path| {
            let name = path
                .file_stem()
                .map_or("", |stem| stem.to_str().unwrap_or(""));
            let path = path.clone();
            Trial::test(name.to_owned(), move || test(&path).map_err(Failed::from))
        })
        .collect();
    let collected = files.len();
    trials.push(Trial::test("there_are_enough", move || match collected {
        LEAST.. => Ok(()),
        _ => Err(Failed::from(format!("{collected} mistakes"))),
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

fn test(path: &Path) -> Result<(), String> {
    let source = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let program = text(
        path.strip_prefix(root())
            .map_err(|error| error.to_string())?,
    );
    let expected = Expectations::read(&source)?;
    let [one] = expected.diagnostics.as_slice() else {
        return Err("the first line expects one diagnostic".to_owned());
    };
    let ran = pasc(&["check", &program]);
    let found = Found::all(&ran.err, &["error[", "warning["]);
    expectations::compare(std::slice::from_ref(one), &found)
        .map_err(|error| format!("{error}\n\nthe compiler said:\n{}", ran.err))?;
    // The text stands in the hint, and not by chance somewhere else.
    let hint = source.lines().next().and_then(|line| line.split_once(": "));
    let hint = hint.map_or("", |(_, hint)| hint);
    if hint.is_empty() || !ran.err.contains(&format!("= hint: {hint}")) {
        return Err(format!("the hint is not `{hint}`:\n{}", ran.err));
    }
    let mended = mended(&source)?;
    let name = program.replace('/', "_");
    let fixed = file(&folder(&format!("mistakes_{name}")), "mended.pasc", &mended);
    let ran = pasc(&["check", &fixed]);
    match ran.code {
        0 => Ok(()),
        _ => Err(format!(
            "the mended program has errors:\n{mended}\n{}",
            ran.err
        )),
    }
}

/// The program with the mended lines in place of the mistake.
fn mended(source: &str) -> Result<String, String> {
    let mut out = String::new();
    let (mut wrong, mut right, mut ended) = (false, false, false);
    for line in source.lines() {
        match line.trim() {
            "// wrong" => wrong = true,
            "// right" if wrong => (wrong, right) = (false, true),
            "// end" if right => (right, ended) = (false, true),
            _ if wrong => {}
            mended if right => {
                let mended = mended
                    .strip_prefix("//")
                    .ok_or("mended lines are comments")?;
                out += &format!("{mended}\n");
            }
            _ => out += &format!("{line}\n"),
        }
    }
    match ended {
        true => Ok(out),
        false => Err("the file has no lines `// wrong`, `// right` and `// end`".to_owned()),
    }
}
