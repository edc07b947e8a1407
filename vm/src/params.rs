//! The parameters of a process as bytes.
//!
//! In: a program, and values by name from the host. Out: the body of the program's parameter record; or a
//! sentence that says which parameter is unknown, missing or of another type.

use crate::program::Program;
use crate::value::Value;
use crate::wire;

/// The parameters as the body of their record: what the host gave, else the defaults.
pub(crate) fn encode(program: &Program, given: &[(String, Value)]) -> Result<Vec<u8>, String> {
    for (name, _) in given {
        if !program.params.iter().any(|param| param.name == *name) {
            let names: Vec<&str> = program.params.iter().map(|p| p.name.as_str()).collect();
            let known = match names.as_slice() {
                [] => "the program has none".to_owned(),
                names => format!("the program has {}", names.join(", ")),
            };
            return Err(format!("there is no parameter `{name}`; {known}"));
        }
    }
    let mut encoded = Vec::new();
    for param in &program.params {
        let value = given
            .iter()
            .rfind(|(name, _)| *name == param.name)
            .map(|(_, value)| value);
        let value = value.or(param.default.as_ref()).ok_or_else(|| {
            format!(
                "the parameter `{}` has no default and must be given",
                param.name
            )
        })?;
        wire::encode_value(&program.types, param.ty, value, &mut encoded)
            .map_err(|error| format!("the parameter `{}`: {error}", param.name))?;
    }
    Ok(encoded)
}
