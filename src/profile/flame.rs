//! The shares as a flame graph: handler, function, line, opcode.

use super::By;
use super::shares::{Place, Shares};
use super::table::{handler_name, line_name};
use inferno::flamegraph::{self, Options};
use pasc_vm::Program;
use std::io;

/// The graph as SVG.
pub(super) fn draw(program: &Program, shares: &Shares, by: By) -> io::Result<Vec<u8>> {
    let lines: Vec<String> = shares
        .places
        .iter()
        .filter_map(|(place, share)| {
            let count = match by {
                By::Time => share.nanos,
                By::Instructions => share.instructions,
            };
            (count > 0).then(|| format!("{} {count}", stack(program, place)))
        })
        .collect();
    let mut options = Options::default();
    options.title = program.name.clone();
    (options.count_name, options.subtitle) = match by {
        By::Time => ("ns".to_owned(), Some("time".to_owned())),
        By::Instructions => (
            "instructions".to_owned(),
            Some("executed instructions".to_owned()),
        ),
    };
    options.deterministic = true;
    let mut drawn = Vec::new();
    let lines = lines.iter().map(String::as_str);
    flamegraph::from_lines(&mut options, lines, &mut drawn).map_err(io::Error::other)?;
    Ok(drawn)
}

/// Names from the bottom to the top, with `;` between them.
fn stack(program: &Program, place: &Place) -> String {
    let frames = match place {
        Place::Machine(name) => vec!["the machine".to_owned(), (*name).to_owned()],
        Place::Code {
            handler,
            function,
            opcode,
            ..
        } => {
            let mut frames = vec![handler_name(program, *handler)];
            let function = function.and_then(|index| program.functions.get(index));
            frames.extend(function.map(|function| format!("fn {}", function.name)));
            let (line, text) = line_name(program, place);
            frames.push(format!("{line} {text}"));
            frames.push((*opcode).to_owned());
            frames
        }
    };
    let frames = frames.iter().map(|frame| frame.replace(';', ","));
    frames.collect::<Vec<_>>().join(";")
}
