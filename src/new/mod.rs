//! `pasc new`: a folder with a program, its test, a trace and what it sends.
//!
//! Nothing that exists is written over. The templates lie beside this file; `NAME` in them is replaced.

use crate::cli::NewArgs;
use crate::exit::{Code, Failed};
use crate::load;
use crate::report::say;
use pasc_testing::snapshot;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// The longest name of a project, in characters.
const MAX_NAME: usize = 40;

/// The files of a project.
const FILES: [(&str, &str); 8] = [
    ("NAME.pasc", include_str!("NAME.pasc")),
    ("trace.jsonl", include_str!("trace.jsonl")),
    ("expected.jsonl", include_str!("expected.jsonl")),
    ("README.md", include_str!("project.md")),
    ("Cargo.toml", include_str!("package.toml")),
    ("src/lib.rs", include_str!("lib.txt")),
    ("tests/NAME.rs", include_str!("tests.txt")),
    (".gitignore", "/target\n*.pascb\n"),
];

/// Makes a project.
pub(crate) fn new(args: &NewArgs) -> Result<Code, Failed> {
    let name = args.name.as_str();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts || !name.chars().all(fits) || name.len() > MAX_NAME {
        let suggested: String = name
            .to_lowercase()
            .chars()
            .map(|c| if fits(c) { c } else { '-' })
            .skip_while(|c| !c.is_ascii_lowercase())
            .take(MAX_NAME)
            .collect();
        let hint = match suggested.as_str() {
            "" => String::new(),
            suggested => format!("; how about `{suggested}`?"),
        };
        return Err(Failed::usage(format!(
            "`{name}` cannot be the name of a project: it begins with a small letter and has small \
             letters, digits, `-` and `_`, {MAX_NAME} at most{hint}"
        )));
    }
    let folder = Path::new(name);
    if folder.exists() {
        return Err(Failed::usage(format!(
            "`{name}` exists already; take another name"
        )));
    }
    for (file, text) in FILES {
        write(
            &folder.join(file.replace("NAME", name)),
            &text.replace("NAME", name),
        )?;
    }
    let program = folder.join(format!("{name}.pasc"));
    let text = snapshot::text(&load::program(&program)?);
    let kept = snapshot::file(&format!("{name}.pasc"), &text);
    write(&snapshot::path_of(&program), &kept)?;
    say(format!(
        "{name}: try `pasc test {name}/{name}.pasc` and\n  `pasc run {name}/{name}.pasc --trace \
         {name}/trace.jsonl --expect {name}/expected.jsonl`"
    ));
    Ok(Code::Done)
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str) -> Result<(), Failed> {
    let unwritten = |error| Failed::write(path.display(), &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unwritten)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(unwritten)?;
    file.write_all(text.as_bytes()).map_err(unwritten)
}
