//! `pasc explain`: what a code means, with a wrong and a right program if the compiler gives it.
//!
//! The rule comes from the compiler's table of codes, the programs from `docs/errors/`; runtime errors,
//! refusals and traps come from the machine's tables.

use crate::cli::ExplainArgs;
use crate::exit::{Code, Failed};
use crate::output::Standard;
use crate::unloaded::FILE_CODES;
use pasc_lang::codes::CODES;
use pasc_traces::near::did_you_mean;
use pasc_vm::error::{ErrorCode, Refusal};
use pasc_vm::trap::Trap;
use std::fmt::Write;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The most columns of a line.
const WIDTH: usize = 80;

/// What codes of the machine have in common.
const RUNTIME_ERROR: &str = "A runtime error: a handler could not go on. The state is as it was before the \
    message and nothing was sent; the process takes the next message. `pasc run` names the place and the \
    values, and ends with 3.";
const REFUSAL: &str = "A refusal: the process did not accept an input. No handler has run, and the process takes \
    the next input. `pasc run` warns of it.";
const TRAP: &str = "A trap: the machine detected corruption of its memory or its control. The process has stopped, and \
    nothing wrong left it. Neither a program nor an input is the cause. `pasc run` ends with 4.";

/// A code, whoever gives it.
struct Entry {
    number: String,
    title: &'static str,
    explanation: &'static str,
}

/// All codes: those of the compiler, of files, and of the machine by their letters.
fn entries() -> Vec<Entry> {
    let known = CODES.iter().chain(FILE_CODES).map(|code| Entry {
        number: code.number.to_owned(),
        title: code.title,
        explanation: code.explanation,
    });
    let entry = |explanation| {
        move |(number, title)| Entry {
            number,
            title,
            explanation,
        }
    };
    let errors = ErrorCode::ALL.iter().map(|code| (code.code(), code.text()));
    let refusals = Refusal::ALL.iter().map(|code| (code.code(), code.text()));
    let traps = Trap::ALL.iter().map(|trap| {
        let number = format!("T{:02}", trap.code());
        (number, trap.text())
    });
    let machine = errors.map(entry(RUNTIME_ERROR));
    let machine = machine
        .chain(refusals.map(entry(REFUSAL)))
        .chain(traps.map(entry(TRAP)));
    let mut machine: Vec<Entry> = machine.collect();
    machine.sort_by(|left, right| left.number.cmp(&right.number));
    known.chain(machine).collect()
}

/// Shows the page of a code, or lists the codes.
pub(crate) fn explain(args: &ExplainArgs) -> Result<Code, Failed> {
    let text = match &args.code {
        Some(code) => page(code)?,
        None => entries().iter().fold(String::new(), |mut list, code| {
            let _ = writeln!(list, "{:<5}  {}", code.number, code.title);
            list
        }),
    };
    let mut out = Standard::new();
    out.write(text.as_bytes())?;
    out.flush()?;
    Ok(Code::Done)
}

fn page(wanted: &str) -> Result<String, Failed> {
    let wanted = wanted.to_uppercase();
    let entries = entries();
    let code = entries.iter().find(|code| code.number == wanted);
    let code = code.ok_or_else(|| {
        let hint = did_you_mean(&wanted, entries.iter().map(|code| code.number.as_str()));
        Failed::usage(format!(
            "there is no code `{wanted}`{hint}\n  `pasc explain` lists all codes"
        ))
    })?;
    let mut text = format!("# {}: {}\n\n", code.number, code.title);
    wrap(code.explanation, &mut text);
    let page = PAGES.iter().find(|page| page.0 == code.number);
    // The heading stands above already.
    let programs = page.and_then(|page| page.1.split_once('\n'));
    text.push_str(programs.map_or("", |(_, programs)| programs));
    Ok(text)
}

/// Appends a paragraph in lines of at most [`WIDTH`] columns where its words allow that.
fn wrap(paragraph: &str, out: &mut String) {
    let mut column = 0;
    for word in paragraph.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            column = 0;
        }
        if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}
