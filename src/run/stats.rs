//! States and counts as they are written: JSON lines among the results, or a table for people.

use crate::cli::StatsForm;
use crate::report::count;
use pasc_traces::Whose;
use pasc_traces::host::Host;
use pasc_traces::json;
use pasc_vm::Value;
use pasc_vm::process::Mode;
use pasc_vm::program::{HandlerKind, Program};
use std::fmt::Write;

/// The line with the whole state of a process; `several` says whether it names the process.
pub(super) fn state(whose: Whose, state: &Value, several: bool) -> String {
    let program = whose.program;
    let mut line = start(whose, several);
    line.push_str("\"state\": ");
    json::write(&program.types, program.state_record, state, &mut line);
    line + "}\n"
}

/// The line with the variables that are not as before.
pub(super) fn changes(
    whose: Whose,
    input: u64,
    before: Option<&Value>,
    state: &Value,
    several: bool,
) -> String {
    let types = &whose.program.types;
    let mut line = start(whose, several);
    // Writing to a String cannot fail.
    let _ = write!(line, "\"input\": {input}, \"changes\": {{");
    let (Value::Record(values), fields) = (state, types.fields(whose.program.state_record)) else {
        return line + "}}\n";
    };
    let old = |index: usize| match before {
        Some(Value::Record(values)) => values.get(index),
        _ => None,
    };
    let mut first = true;
    for (index, (field, value)) in fields.iter().zip(values).enumerate() {
        if old(index) != Some(value) {
            line.push_str(if first { "" } else { ", " });
            json::quote(&field.name, &mut line);
            line.push_str(": ");
            json::write(types, field.ty, value, &mut line);
            first = false;
        }
    }
    line + "}}\n"
}

fn start(whose: Whose, several: bool) -> String {
    let mut line = "{".to_owned();
    if several {
        line.push_str("\"process\": ");
        json::quote(whose.own, &mut line);
        line.push_str(", ");
    }
    line
}

/// Counts, and where they go.
pub(super) enum Shown {
    ForPeople(String),
    Result(String),
}

/// What each handler did, and how large the states are.
pub(super) fn table<M: Mode>(
    form: Option<StatsForm>,
    members: &mut [Host<M>],
    inputs: u64,
    seconds: f64,
) -> Shown {
    if form == Some(StatsForm::Json) {
        return Shown::Result(object(members, inputs));
    }
    let rate = inputs as f64 / seconds.max(1e-9);
    let counted = count(inputs as usize, "input");
    let mut text = format!("{counted} in {seconds:.3} s, {rate:.0} a second");
    for member in members {
        let program = member.whose.program;
        let _ = write!(text, "\n{}", member.whose.own);
        for (index, ran) in member.ran.iter().enumerate().filter(|(_, ran)| **ran > 0) {
            let _ = write!(text, "\n  {:<30} {ran:>12}", title(program, index));
        }
        for (name, number) in sizes(member) {
            let _ = write!(text, "\n  {name:<30} {number:>12}");
        }
    }
    Shown::ForPeople(text)
}

fn object<M: Mode>(members: &mut [Host<M>], inputs: u64) -> String {
    let mut processes = Vec::new();
    for member in members {
        let program = member.whose.program;
        let ran = member.ran.iter().enumerate().filter(|(_, ran)| **ran > 0);
        let handlers: serde_json::Map<String, serde_json::Value> =
            ran.fold(serde_json::Map::new(), |mut handlers, (index, ran)| {
                // Several handlers of one message count together.
                let before = handlers
                    .get(&title(program, index))
                    .and_then(|n| n.as_u64());
                handlers.insert(title(program, index), (before.unwrap_or(0) + ran).into());
                handlers
            });
        let sizes: serde_json::Map<String, serde_json::Value> = sizes(member)
            .into_iter()
            .map(|(name, number)| (name.replace(' ', "_"), number.into()))
            .collect();
        let mut process = serde_json::json!({"process": member.whose.own, "handlers": handlers});
        if let Some(process) = process.as_object_mut() {
            process.extend(sizes);
        }
        processes.push(process);
    }
    format!(
        "{}\n",
        serde_json::json!({"stats": {"inputs": inputs, "processes": processes}})
    )
}

fn title(program: &Program, handler: usize) -> String {
    match program.handlers.get(handler) {
        None => String::new(),
        Some(handler) => match handler.kind {
            HandlerKind::Timer(_) => format!("on timer {}", handler.name),
            HandlerKind::Start => "on start".to_owned(),
            _ => format!("on {}", handler.name),
        },
    }
}

fn sizes<M: Mode>(member: &mut Host<M>) -> Vec<(&'static str, u64)> {
    let did = member.process.statistics();
    let words = member.process.copies().first().map_or(0, |copy| copy.len());
    vec![
        ("sent", did.sent),
        ("unhandled", did.unhandled),
        ("refused", did.refused),
        ("failed", did.failed),
        ("commits", member.process.epoch()),
        ("words of state", words as u64),
    ]
}
