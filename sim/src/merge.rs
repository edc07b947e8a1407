//! Files that build on others: what stands in the later one counts.

use toml::{Table, Value};

/// The tables whose elements are told apart by their name.
const BY_NAME: &str = "process";

/// Puts a file over the one that it builds on. Tables are merged, kinds of processes by name; everything
/// else is replaced.
pub fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (Some(Value::Array(base)), Value::Array(over)) if key == BY_NAME => {
                for item in over {
                    merge_named(base, item);
                }
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn name(value: &Value) -> Option<&str> {
    value.get("name")?.as_str()
}

fn merge_named(base: &mut Vec<Value>, item: Value) {
    let known = base
        .iter_mut()
        .find(|known| name(known).is_some() && name(known) == name(&item));
    match (known, item) {
        (Some(Value::Table(known)), Value::Table(item)) => merge(known, item),
        (_, item) => base.push(item),
    }
}

/// Sets one value: `network.loss=0`, `process.replica.params.window=1`. The error is a sentence.
pub fn set(table: &mut Table, assignment: &str) -> Result<(), String> {
    let (path, text) = assignment
        .split_once('=')
        .ok_or_else(|| format!("`{assignment}`: expected KEY=VALUE"))?;
    let parsed: Result<Table, _> = toml::from_str(&format!("value = {text}"));
    let value = parsed.ok().and_then(|mut table| table.remove("value"));
    let mut value = value.unwrap_or_else(|| Value::String(text.to_owned()));
    let mut keys: Vec<&str> = path.split('.').collect();
    let process = (keys.first() == Some(&BY_NAME) && keys.len() > 2)
        .then(|| keys.drain(..2).nth(1))
        .flatten();
    for key in keys.iter().rev() {
        let mut outer = Table::new();
        outer.insert((*key).to_owned(), value);
        value = Value::Table(outer);
    }
    let Value::Table(mut over) = value else {
        return Err(format!("`{assignment}`: expected KEY=VALUE"));
    };
    if let Some(process) = process {
        let kinds = table.get(BY_NAME).and_then(Value::as_array);
        if !kinds.is_some_and(|kinds| kinds.iter().any(|kind| name(kind) == Some(process))) {
            return Err(format!(
                "`{assignment}`: there is no kind of process `{process}`"
            ));
        }
        over.insert("name".to_owned(), Value::String(process.to_owned()));
        let mut whole = Table::new();
        whole.insert(BY_NAME.to_owned(), Value::Array(vec![Value::Table(over)]));
        over = whole;
    }
    merge(table, over);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn later_files_and_settings_count() {
        let mut base: Table = toml::from_str(
            "name = 'a'\n[network]\nloss = 0.5\nreorder = 0.1\n[[process]]\nname = 'p'\ncount = 3\nparams = { w = 1, x = 2 }\n[[process]]\nname = 'q'\n",
        )
        .unwrap();
        let over: Table = toml::from_str(
            "name = 'b'\n[network]\nloss = 0\n[[process]]\nname = 'p'\nparams = { w = 7 }\n",
        )
        .unwrap();
        merge(&mut base, over);
        set(&mut base, "process.q.mode=plain").unwrap();
        set(&mut base, "process.p.params.x=[1, 2]").unwrap();
        set(&mut base, "faults.asc=3").unwrap();
        let expected: Table = toml::from_str(
            "name = 'b'\n[network]\nloss = 0\nreorder = 0.1\n[faults]\nasc = 3\n[[process]]\nname = 'p'\ncount = 3\nparams = { w = 7, x = [1, 2] }\n[[process]]\nname = 'q'\nmode = 'plain'\n",
        )
        .unwrap();
        assert_eq!(base, expected);
        for wrong in ["loss", "process.z.count=1"] {
            assert!(set(&mut base, wrong).is_err(), "{wrong}");
        }
    }
}
