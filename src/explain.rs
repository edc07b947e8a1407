//! `pasc explain`: what the code of an error or warning means, with a wrong and a right program.
//!
//! The rule comes from the compiler's table of codes, the programs from `docs/errors/`.

use crate::cli::ExplainArgs;
use crate::exit::{Code, Failed};
use crate::output::Standard;
use pasc_lang::codes::CODES;
use pasc_traces::near::did_you_mean;
use std::fmt::Write;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The most columns of a line.
const WIDTH: usize = 80;

/// Shows the page of a code, or lists the codes.
pub(crate) fn explain(args: &ExplainArgs) -> Result<Code, Failed> {
    let text = match &args.code {
        Some(code) => page(code)?,
        None => CODES.iter().fold(String::new(), |mut list, code| {
            let _ = writeln!(list, "{}  {}", code.number, code.title);
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
    let numbers = || CODES.iter().map(|code| code.number);
    let code = CODES.iter().find(|code| code.number == wanted);
    let code = code.ok_or_else(|| {
        let hint = did_you_mean(&wanted, numbers());
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
