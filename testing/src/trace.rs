//! `assert_trace!`.

use crate::bytecode::compile;
use crate::difference::Sides;
use pasc_traces::host::{Host, Origin, Outcome, start_before};
use pasc_traces::{Reader, Record, Whose, jsonl};
use pasc_vm::process::{Lockstep, Mode, Options, Plain, Sequential};
use serde_json::Value as Json;
use std::path::Path;

/// Runs a program on a trace, in every mode, and compares what it sends with the lines of a file. The
/// error shows the difference, or what else went wrong.
pub fn check_trace(folder: &str, program: &str, trace: &str, expected: &str) -> Result<(), String> {
    let folder = Path::new(folder);
    let path = folder.join(program);
    let compiled = compile(&path, program)?;
    let own = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let whose = Whose {
        program: &compiled,
        own: &own,
    };
    let mut reader = Reader::open(&folder.join(trace), whose).map_err(|error| error.to_string())?;
    let mut records = Vec::new();
    while let Some(record) = reader.read().map_err(|problem| problem.to_string())? {
        records.push(record);
    }
    let wanted = std::fs::read_to_string(folder.join(expected))
        .map_err(|error| format!("{expected}: {error}"))?;
    for (mode, run) in [
        (
            "plain",
            run::<Plain> as fn(Whose, &[Record]) -> Result<Vec<String>, String>,
        ),
        ("lockstep", run::<Lockstep>),
        ("sequential", run::<Sequential>),
    ] {
        let sent =
            run(whose, &records).map_err(|problem| format!("{trace} ({mode}): {problem}"))?;
        let mut sides = Sides::default();
        let (mut wanted, mut sent) = (wanted.lines(), sent.into_iter());
        loop {
            match (wanted.next(), sent.next()) {
                (None, None) => break,
                (Some(line), Some(got)) if agree(line, &got) => sides.agree(line.to_owned()),
                (line, got) => {
                    line.into_iter()
                        .for_each(|line| sides.expect(line.to_owned()));
                    got.into_iter().for_each(|line| sides.get(line));
                }
            }
        }
        if let Some(shown) = sides.shown(agree, false) {
            return Err(format!(
                "{program} ({mode}) does not send what {expected} says (- expected, + sent)\n{shown}"
            ));
        }
    }
    Ok(())
}

/// The lines that a program sends.
fn run<M: Mode>(whose: Whose, records: &[Record]) -> Result<Vec<String>, String> {
    let options = Options::new(whose.own).sealed();
    let origin = Origin {
        whose,
        options: &options,
    };
    let mut host = Host::<M>::start(origin).map_err(|error| error.to_string())?;
    let mut lines = Vec::new();
    let start = match host.starts {
        true => start_before(records.iter().find(|record| record.is_intact())),
        false => None,
    };
    for (index, record) in start
        .iter()
        .map(|start| (0, start))
        .chain((1..).zip(records))
    {
        let record = host.fired(record.clone());
        match host.handle(&record) {
            Ok(Outcome::Done(sent)) => lines.extend(sent.iter().map(|frame| {
                jsonl::output_line(whose, frame, false)
                    .trim_end()
                    .to_owned()
            })),
            Ok(Outcome::Unhandled) => {}
            Ok(Outcome::Refused(refusal)) => {
                return Err(format!("record {index} is refused: {refusal}"));
            }
            Ok(Outcome::Failed(error)) => return Err(format!("record {index}: {error}")),
            Err(failure) => return Err(format!("record {index}: {failure}")),
        }
    }
    Ok(lines)
}

/// Whether a line is what was expected: the same text, or the same object; the `crc` may be left out.
pub fn agree(expected: &str, got: &str) -> bool {
    if expected == got {
        return true;
    }
    let object = |text| serde_json::from_str::<Json>(text).ok();
    let (Some(expected), Some(mut got)) = (object(expected), object(got)) else {
        return false;
    };
    if expected.get("crc").is_none()
        && let Some(got) = got.as_object_mut()
    {
        got.shift_remove("crc");
    }
    expected == got
}
