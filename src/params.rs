//! Parameters and limits from the command line.

use crate::exit::Failed;
use pasc_traces::json;
use pasc_traces::near::did_you_mean;
use pasc_vm::limits::Limits;
use pasc_vm::types::Type;
use pasc_vm::{Program, Value};

/// The values that were given, each read by the type of its parameter.
pub(crate) fn params(
    program: &Program,
    given: &[(String, String)],
) -> Result<Vec<(String, Value)>, Failed> {
    let read = |(name, text): &(String, String)| {
        let value = param(program, name, text)?;
        Ok((name.clone(), value))
    };
    given
        .iter()
        .map(read)
        .collect::<Result<_, String>>()
        .map_err(Failed::usage)
}

fn param(program: &Program, name: &str, text: &str) -> Result<Value, String> {
    let names = || program.params.iter().map(|param| param.name.as_str());
    let param = program
        .params
        .iter()
        .find(|param| param.name == name)
        .ok_or_else(|| {
            let known = match names().collect::<Vec<_>>().join(", ") {
                known if known.is_empty() => "the program has none".to_owned(),
                known => format!("the program has {known}"),
            };
            format!(
                "there is no parameter `{name}`; {known}{}",
                did_you_mean(name, names())
            )
        })?;
    let ty = param.ty;
    let wrong = || {
        let expected = program.types.name(ty);
        format!("the parameter `{name}`: expected {expected}, found `{text}`")
    };
    match program.types.get(ty) {
        Some(Type::Int) => text.parse().map(Value::Int).map_err(|_| wrong()),
        Some(Type::Bool) => text.parse().map(Value::Bool).map_err(|_| wrong()),
        Some(Type::Text) => Ok(Value::Text(text.to_owned())),
        Some(Type::Address) => Ok(Value::Address(text.to_owned())),
        Some(Type::Bytes) => match text.strip_prefix("hex:") {
            Some(digits) => json::unhex(digits).map(Value::Bytes).ok_or_else(wrong),
            None => Ok(Value::Bytes(text.as_bytes().to_vec())),
        },
        _ => {
            let place = format!("the parameter `{name}`");
            let json = json::parse(text).map_err(|error| format!("{place}: {error}"))?;
            json::read(&program.types, ty, &json, &place)
        }
    }
}

/// The limits with those that were given.
pub(crate) fn limits(given: &[(String, String)]) -> Result<Limits, Failed> {
    let mut limits = Limits::default();
    for (name, text) in given {
        let value = text
            .replace('_', "")
            .parse()
            .map_err(|_| format!("the limit `{name}`: `{text}` is no whole number"));
        value
            .and_then(|value| limits.set(name, value))
            .map_err(Failed::usage)?;
    }
    Ok(limits)
}
