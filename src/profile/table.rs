//! The shares for people, and as JSON.

use super::shares::{Place, Share, Shares};
use crate::report::count;
use pasc_vm::Program;
use pasc_vm::program::HandlerKind;
use serde_json::{Value, json};
use std::fmt::Write;

/// The name of a handler in a table.
pub(super) fn handler_name(program: &Program, index: usize) -> String {
    let Some(handler) = program.handlers.get(index) else {
        return "?".to_owned();
    };
    // Of several handlers for a message the guard's line tells which.
    match handler.kind {
        HandlerKind::Init => "initial state".to_owned(),
        HandlerKind::Timer(_) => format!("on timer {}", handler.name),
        HandlerKind::Start => "on start".to_owned(),
        _ => {
            let start = handler.guard.unwrap_or(handler.body).start.0;
            let line = program.debug.span_at(start);
            let line = line.map(|span| program.debug.line_and_column(span.0).0);
            let line = line.map_or(String::new(), |line| format!(", line {line}"));
            format!("on {}{line}", handler.name)
        }
    }
}

/// What stands for all that is no instruction.
fn machine() -> (String, String) {
    let text = "frames, checks, commits, redo records";
    ("(the machine)".to_owned(), text.to_owned())
}

/// A line of the source with its place, or what stands for one.
pub(super) fn line_name(program: &Program, place: &Place) -> (String, String) {
    match place {
        Place::Machine(_) => machine(),
        Place::Code { line, source, .. } => match (line, source) {
            (Some((file, line)), Some(byte)) => {
                let text = program.debug.line_at(*byte).trim().to_owned();
                (format!("{file}:{line}"), text)
            }
            _ => ("(no source)".to_owned(), String::new()),
        },
    }
}

fn by_handler(program: &Program, shares: &Shares) -> Vec<((String, String), Share)> {
    shares.by(|place| match place {
        Place::Code { handler, .. } => (handler_name(program, *handler), String::new()),
        Place::Machine(_) => machine(),
    })
}

fn by_line(program: &Program, shares: &Shares) -> Vec<((String, String), Share)> {
    shares.by(|place| line_name(program, place))
}

fn by_opcode(shares: &Shares) -> Vec<((String, String), Share)> {
    shares.by(|place| match place {
        Place::Code { opcode, .. } => ((*opcode).to_owned(), String::new()),
        Place::Machine(_) => machine(),
    })
}

/// The phases of the machine around the instructions.
fn by_phase(shares: &Shares) -> Vec<((String, String), Share)> {
    shares.by(|place| match place {
        Place::Code { .. } => ("(instructions)".to_owned(), String::new()),
        Place::Machine(name) => ((*name).to_owned(), String::new()),
    })
}

/// Four tables, and the line that takes the most time.
pub(super) fn tables(program: &Program, shares: &Shares, inputs: usize, top: usize) -> String {
    let lines = by_line(program, shares);
    let Share {
        instructions,
        nanos,
    } = shares.total;
    let mut out = format!(
        "{}, {}, {}\n",
        count(inputs, "input"),
        count(instructions as usize, "instruction"),
        time(nanos)
    );
    let is_source = |row: &&((String, String), Share)| !row.0.0.starts_with('(');
    if let Some(((place, text), share)) = lines.iter().find(is_source) {
        let percent = percent(share.nanos, nanos);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "hottest line: {place}, {percent} of the time: {text}");
    }
    let handlers = by_handler(program, shares);
    block(&mut out, "handler", &handlers, shares.total, usize::MAX);
    block(&mut out, "line", &lines, shares.total, top);
    block(&mut out, "opcode", &by_opcode(shares), shares.total, top);
    block(&mut out, "phase", &by_phase(shares), shares.total, top);
    out
}

fn block(
    out: &mut String,
    title: &str,
    rows: &[((String, String), Share)],
    total: Share,
    top: usize,
) {
    let head = format!(
        "\n{title:<28} {:>14} {:>7} {:>12} {:>7}",
        "instructions", "", "time", ""
    );
    let _ = writeln!(out, "{}", head.trim_end());
    for ((name, text), share) in rows.iter().take(top) {
        row(out, name, *share, total, text);
    }
    if let Some(rest) = rows.get(top..).filter(|rest| !rest.is_empty()) {
        let mut sum = Share::default();
        rest.iter().for_each(|(_, share)| sum += *share);
        row(out, &format!("{} more", rest.len()), sum, total, "");
    }
    row(out, "all", total, total, "");
}

fn row(out: &mut String, name: &str, share: Share, total: Share, text: &str) {
    let Share {
        instructions,
        nanos,
    } = share;
    let shown = format!(
        "{name:<28} {instructions:>14} {:>7} {:>12} {:>7}  {text}",
        percent(instructions, total.instructions),
        time(nanos),
        percent(nanos, total.nanos)
    );
    let _ = writeln!(out, "{}", shown.trim_end());
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}

fn time(nanos: u64) -> String {
    match nanos {
        0..10_000 => format!("{nanos} ns"),
        10_000..10_000_000 => format!("{:.1} us", nanos as f64 / 1e3),
        _ => format!("{:.1} ms", nanos as f64 / 1e6),
    }
}

/// All rows as one object; times in nanoseconds.
pub(super) fn json(program: &Program, shares: &Shares, inputs: usize) -> String {
    let rows = |rows: Vec<((String, String), Share)>| {
        let row = |((name, text), share): ((String, String), Share)| {
            json!({
                "name": name,
                "text": text,
                "instructions": share.instructions,
                "ns": share.nanos,
            })
        };
        Value::from(rows.into_iter().map(row).collect::<Vec<_>>())
    };
    let whole = json!({
        "inputs": inputs,
        "instructions": shares.total.instructions,
        "ns": shares.total.nanos,
        "handlers": rows(by_handler(program, shares)),
        "lines": rows(by_line(program, shares)),
        "opcodes": rows(by_opcode(shares)),
        "phases": rows(by_phase(shares)),
    });
    format!("{whole}\n")
}
