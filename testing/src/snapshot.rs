//! Snapshots of compiled programs: what a program is on the wire, in its state and in its code, as text
//! that changes only where the program does.
//!
//! In: a program. Out: its tables and listings without positions, line numbers and places of constants,
//! so that a change in one handler shows in that handler alone. `docs/snapshots.md` says what the text
//! promises.

use crate::difference;
use pasc_vm::Program;
use pasc_vm::disassemble::disassemble;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The version of the text below the header.
pub const FORMAT: u32 = 1;

/// The words of the header before the version.
const DESCRIPTION: &str = "description: pasc snapshot, format ";

/// The snapshot of a program in a file.
pub fn path_of(program: &Path) -> PathBuf {
    let mut name = program.as_os_str().to_owned();
    name.push(".snap");
    PathBuf::from(name)
}

/// A snapshot file, in the form of the crate insta: a header between lines of three dashes, the text.
/// `name` is the name of the program's file, without folders.
pub fn file(name: &str, text: &str) -> String {
    format!("---\nsource: {name}\n{DESCRIPTION}{FORMAT}\n---\n{text}")
}

/// What changed between a snapshot and a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changes {
    /// Which parts changed, in a line.
    pub summary: String,
    /// The lines that differ, each ended by a newline.
    pub lines: String,
}

/// Compares a snapshot file with the text of a program now. The error is a sentence about the file.
pub fn compare(file: &str, now: &str, coloured: bool) -> Result<Option<Changes>, String> {
    let mut parts = file.splitn(3, "---\n");
    let (Some(""), Some(header), Some(kept)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("this is no snapshot: its header is missing".to_owned());
    };
    let format = header
        .lines()
        .find_map(|line| line.strip_prefix(DESCRIPTION));
    let Some(format) = format.and_then(|format| format.trim().parse::<u32>().ok()) else {
        return Err("this is no snapshot of a program: its header names no format".to_owned());
    };
    if format != FORMAT {
        return Err(format!(
            "its format is {format}, and this version of pasc writes {FORMAT}"
        ));
    }
    let (kept, now) = (kept.trim_end(), now.trim_end());
    // Numbers of lines are those of the file.
    let first = header.lines().count() + 3;
    let lines = |text| str::lines(text).collect::<Vec<_>>();
    let found = difference::between(&lines(kept), &lines(now), first, coloured);
    Ok(found.map(|lines| Changes {
        summary: summary(&sections(kept), &sections(now)),
        lines,
    }))
}

/// The parts of a snapshot by their titles: the tables, then a part for each handler.
fn sections(text: &str) -> BTreeMap<String, &str> {
    let mut parts = BTreeMap::new();
    for part in text.split("\n\n") {
        let first = part.lines().next().unwrap_or("");
        let title = first.split(" ; ").next().unwrap_or("").trim().to_owned();
        // What is told of the program as a whole changes with every part.
        if !title.starts_with("program ") {
            parts.insert(title, part);
        }
    }
    parts
}

/// The titles of the parts that changed, are new or are gone.
fn summary(kept: &BTreeMap<String, &str>, now: &BTreeMap<String, &str>) -> String {
    let changed = kept
        .iter()
        .filter(|(title, part)| now.get(*title).is_some_and(|n| n != *part));
    let new = now.keys().filter(|title| !kept.contains_key(*title));
    let gone = kept.keys().filter(|title| !now.contains_key(*title));
    let groups = [
        (
            "changed",
            changed.map(|(title, _)| title).collect::<Vec<_>>(),
        ),
        ("new", new.collect()),
        ("gone", gone.collect()),
    ];
    let mut out = String::new();
    for (word, titles) in groups.iter().filter(|(_, titles)| !titles.is_empty()) {
        let titles: Vec<String> = titles.iter().map(|title| format!("`{title}`")).collect();
        let gap = if out.is_empty() { "" } else { "; " };
        // Writing to a String cannot fail.
        let _ = write!(out, "{gap}{word}: {}", titles.join(", "));
    }
    if out.is_empty() {
        "nothing but its identity changed".to_owned()
    } else {
        out
    }
}

/// The text of a program.
pub fn text(program: &Program) -> String {
    let listing = disassemble(program);
    let mut out = String::new();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for (index, part) in listing.trim_end().split("\n\n").enumerate() {
        if part.starts_with("constants\n") {
            // They stand beside the instructions that use them.
            continue;
        }
        if index > 0 {
            out.push('\n');
        }
        let is_handler = part
            .lines()
            .nth(1)
            .is_some_and(|l| matches!(l, "guard:" | "body:"));
        if is_handler {
            let title = part.split(" ; ").next().unwrap_or("").trim().to_owned();
            let time = times.entry(title.clone()).or_default();
            *time += 1;
            handler(part, &title, *time, &mut out);
        } else {
            out.push_str(part);
            out.push('\n');
        }
        if index == 0 {
            let _ = writeln!(out, "identity {:016x}", program.identity());
        }
    }
    out
}

/// A handler with positions that count from its own first word.
fn handler(part: &str, title: &str, time: u32, out: &mut String) {
    let first = part.lines().find_map(block).unwrap_or(0);
    for (index, line) in part.lines().enumerate() {
        if index == 0 && time > 1 {
            let rest = line.trim_start_matches(title).trim_start();
            let _ = writeln!(out, "{:<48} {rest}", format!("{title}, number {time}"));
        } else if let Some(at) = block(line) {
            let _ = writeln!(out, "b{}:", at - first);
        } else if let Some((_, source)) = source(line) {
            let _ = writeln!(out, "      | {source}");
        } else {
            let line = instruction(line, first);
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
}

/// The position of a block, if the line begins one.
fn block(line: &str) -> Option<u32> {
    let rest = line.strip_prefix('b')?;
    rest.split(':').next()?.parse().ok()
}

/// Number and text of a source line, if the line shows one.
fn source(line: &str) -> Option<(u32, &str)> {
    let (number, text) = line.split_once(" | ")?;
    Some((number.trim().parse().ok()?, text))
}

/// An instruction without its position, its targets counted from `first`, its constants without their
/// places. What follows `;` is source text and stays.
fn instruction(line: &str, first: u32) -> String {
    let (code, comment) = match line.split_once(" ; ") {
        Some((code, comment)) => (code, Some(comment)),
        None => (line, None),
    };
    if code.contains('"') && code.starts_with(' ') {
        return with_text(code, comment);
    }
    let mut words: Vec<String> = Vec::new();
    for (index, word) in code.split_whitespace().enumerate() {
        let (bare, comma) = match word.strip_suffix(',') {
            Some(bare) => (bare, ","),
            None => (word, ""),
        };
        let is_position = index == 0 && bare.parse::<u32>().is_ok();
        let is_place = bare
            .strip_prefix('@')
            .is_some_and(|place| place.parse::<u32>().is_ok());
        let target = bare
            .strip_prefix('b')
            .and_then(|target| target.parse::<u32>().ok());
        match target {
            _ if is_position => {}
            _ if is_place && !words.is_empty() => {
                // The comma belongs to the constant before it.
                if let Some(last) = words.last_mut() {
                    last.push_str(comma);
                }
            }
            Some(target) => words.push(format!("b{}{comma}", target.saturating_sub(first))),
            None => words.push(word.to_owned()),
        }
    }
    let is_title = !code.starts_with(' ');
    let indent = if is_title { "" } else { "         " };
    let text = match words.split_first() {
        Some((mnemonic, operands)) if !is_title && !operands.is_empty() => {
            format!("{indent}{mnemonic:<16} {}", operands.join(" "))
        }
        _ => format!("{indent}{}", words.join(" ")),
    };
    commented(text, comment)
}

/// An instruction with a literal, in which nothing looks like anything else.
fn with_text(code: &str, comment: Option<&str>) -> String {
    let code = code
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit());
    let (mnemonic, operands) = code.trim_start().split_once(' ').unwrap_or((code, ""));
    let operands = operands.trim();
    let bare = match operands.rsplit_once(" @") {
        Some((bare, place)) if place.parse::<u32>().is_ok() => bare,
        _ => operands,
    };
    commented(format!("         {mnemonic:<16} {bare}"), comment)
}

fn commented(text: String, comment: Option<&str>) -> String {
    match comment {
        Some(comment) => format!("{text:<48} ; {comment}"),
        None => text,
    }
}
