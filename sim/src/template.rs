//! Messages with places for values, and places of values in messages.

use crate::cluster::Cluster;
use pasc_traces::json;
use pasc_vm::frame::{self, Header};
use pasc_vm::program::MessageId;
use pasc_vm::types::{Type, TypeId, TypeTable};
use pasc_vm::{Program, Value, wire};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use toml::Value as Toml;

/// JSON for a value of TOML. The error is a sentence.
pub(crate) fn to_json(value: &Toml) -> Result<Json, String> {
    Ok(match value {
        Toml::String(text) => Json::String(text.clone()),
        Toml::Integer(int) => Json::from(*int),
        Toml::Boolean(bool) => Json::Bool(*bool),
        Toml::Array(items) => Json::Array(items.iter().map(to_json).collect::<Result<_, _>>()?),
        Toml::Table(table) => {
            let entry = |(name, value): (&String, &Toml)| Ok((name.clone(), to_json(value)?));
            Json::Object(table.iter().map(entry).collect::<Result<_, String>>()?)
        }
        Toml::Float(_) | Toml::Datetime(_) => {
            return Err(format!("`{value}`: no value of a program is written so"));
        }
    })
}

/// Texts that stand where a number belongs become numbers; times become microseconds.
pub(crate) fn coerce(types: &TypeTable, ty: TypeId, json: &mut Json) {
    match (types.get(ty), json) {
        (Some(Type::Int), value @ Json::String(_)) => {
            if let Some(int) = value.as_str().and_then(|text| text.parse::<i64>().ok()) {
                *value = Json::from(int);
            }
        }
        (Some(Type::Duration), value @ Json::String(_)) => {
            let span = value
                .as_str()
                .and_then(|text| crate::span::Span::parse(text).ok());
            if let Some(span) = span {
                *value = Json::from(span.0);
            }
        }
        (Some(Type::List { element } | Type::Set { element }), Json::Array(items)) => {
            items
                .iter_mut()
                .for_each(|item| coerce(types, *element, item));
        }
        (Some(Type::Option { value }), inner) => coerce(types, *value, inner),
        (Some(Type::Map { value, .. }), Json::Object(entries)) => {
            entries
                .values_mut()
                .for_each(|item| coerce(types, *value, item));
        }
        (Some(Type::Tuple { elements }), Json::Array(items)) => {
            for (ty, item) in elements.iter().zip(items) {
                coerce(types, *ty, item);
            }
        }
        (Some(Type::Record { fields, .. }), Json::Object(entries)) => {
            for field in fields {
                if let Some(item) = entries.get_mut(&field.name) {
                    coerce(types, field.ty, item);
                }
            }
        }
        (Some(Type::Enum { variants, .. }), Json::Object(entries)) => {
            for variant in variants {
                if let Some(Json::Array(items)) = entries.get_mut(&variant.name) {
                    for (ty, item) in variant.fields.iter().zip(items) {
                        coerce(types, *ty, item);
                    }
                }
            }
        }
        _ => {}
    }
}

/// A message of a program by its name.
pub(crate) fn message(program: &Program, name: &str) -> Option<MessageId> {
    let named =
        |message: &pasc_vm::program::MessageSchema| program.types.name(message.record) == name;
    let index = program.messages.iter().position(named)?;
    Some(MessageId(index as u32))
}

/// Values that stand for names.
pub(crate) type Values<'v> = &'v dyn Fn(&str) -> Option<Json>;

/// A message whose body has places for values.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    record: TypeId,
    /// Stands in frames.
    pub(crate) fingerprint: u64,
    body: Json,
}

impl Template {
    /// A template of a message of this program. The error is a sentence.
    pub(crate) fn new(
        program: &Program,
        name: &str,
        body: &BTreeMap<String, Toml>,
    ) -> Result<Template, String> {
        let id = message(program, name)
            .ok_or_else(|| format!("`{}` has no message `{name}`", program.name))?;
        let record = program.messages[id.0 as usize].record;
        let mut fields = serde_json::Map::new();
        for (field, value) in body {
            fields.insert(field.clone(), to_json(value)?);
        }
        Ok(Template {
            record,
            fingerprint: program.types.fingerprint(record),
            body: Json::Object(fields),
        })
    }

    /// The encoded body with these values. The error is a sentence.
    pub(crate) fn fill(&self, types: &TypeTable, values: Values) -> Result<Vec<u8>, String> {
        let mut body = self.body.clone();
        substitute(&mut body, values)?;
        coerce(types, self.record, &mut body);
        let name = types.name(self.record);
        let value = json::read(types, self.record, &body, &name)?;
        let mut bytes = Vec::new();
        wire::encode_value(types, self.record, &value, &mut bytes)
            .map_err(|error| format!("{name}: {error}"))?;
        Ok(bytes)
    }

    /// A whole frame.
    pub(crate) fn frame(
        &self,
        body: &[u8],
        number: u64,
        from: &str,
        to: &str,
    ) -> Result<Vec<u8>, String> {
        whole_frame(self.fingerprint, number, (from, to), body)
    }
}

/// A frame of a process that was never started again. The error is a sentence.
pub(crate) fn whole_frame(
    fingerprint: u64,
    number: u64,
    (from, to): (&str, &str),
    body: &[u8],
) -> Result<Vec<u8>, String> {
    let header = Header {
        fingerprint,
        incarnation: 0,
        number,
        sender: from.as_bytes(),
        destination: to.as_bytes(),
    };
    frame::build(&header, body)
}

/// Puts values in the places that name them. Within a longer text a value stands as text.
fn substitute(json: &mut Json, values: Values) -> Result<(), String> {
    match json {
        Json::String(text) if text.starts_with('$') => {
            *json = values(text).ok_or_else(|| format!("`{text}` stands for nothing here"))?;
        }
        Json::Array(items) => {
            for item in items {
                substitute(item, values)?;
            }
        }
        Json::Object(entries) => {
            for item in entries.values_mut() {
                substitute(item, values)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// A message that is received, and places in it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Stands in frames.
    pub(crate) fingerprint: u64,
    /// Whose types.
    pub(crate) kind: usize,
    record: TypeId,
}

impl Received {
    /// The message of this name of the first program that has it. The error is a sentence.
    pub(crate) fn new<'p>(
        programs: impl Iterator<Item = &'p Program>,
        name: &str,
    ) -> Result<Received, String> {
        for (kind, program) in programs.enumerate() {
            if let Some(id) = message(program, name) {
                let record = program.messages[id.0 as usize].record;
                let fingerprint = program.types.fingerprint(record);
                return Ok(Received {
                    fingerprint,
                    kind,
                    record,
                });
            }
        }
        Err(format!("no program has a message `{name}`"))
    }

    /// The message that stands for this number in frames.
    pub(crate) fn of(cluster: &Cluster, fingerprint: u64) -> Option<Received> {
        let of_kind = |(kind, program): (usize, &Program)| {
            let id = program.find_fingerprint(fingerprint)?;
            let record = program.messages[id.0 as usize].record;
            Some(Received {
                fingerprint,
                kind,
                record,
            })
        };
        let programs = cluster.kinds.iter().map(|kind| &kind.program);
        programs.enumerate().find_map(of_kind)
    }

    /// A whole frame with these fields.
    pub(crate) fn frame(
        &self,
        types: &TypeTable,
        value: &Value,
        from: &str,
        to: &str,
    ) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        wire::encode_value(types, self.record, value, &mut body).ok()?;
        whole_frame(self.fingerprint, 0, (from, to), &body).ok()
    }

    /// Whether it has a field of this name that is an integer.
    pub(crate) fn has_int(&self, types: &TypeTable, name: &str) -> bool {
        let mut fields = types.fields(self.record).iter();
        fields.any(|field| field.name == name && types.get(field.ty) == Some(&Type::Int))
    }

    /// The fields of a body.
    pub(crate) fn decode(&self, types: &TypeTable, body: &[u8]) -> Option<Value> {
        wire::decode_value(types, self.record, body)
    }

    /// The text of what stands at a place, in a whole message; nothing if there is no such place or it
    /// holds `none`.
    pub(crate) fn at(&self, types: &TypeTable, value: &Value, path: &Path) -> Option<String> {
        path.look(types, self.record, value)
    }
}

/// A place in a value: `outcome.Found.0`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Path {
    steps: Vec<String>,
}

impl Path {
    /// Reads a path.
    pub(crate) fn new(text: &str) -> Path {
        let steps = text.split('.').filter(|step| !step.is_empty());
        Path {
            steps: steps.map(str::to_owned).collect(),
        }
    }

    /// The text of what stands there.
    pub(crate) fn look(&self, types: &TypeTable, ty: TypeId, value: &Value) -> Option<String> {
        let (mut ty, mut value) = (ty, value);
        for step in &self.steps {
            (ty, value) = walk(types, unwrap(types, ty, value)?, step)?;
        }
        let (ty, value) = unwrap(types, ty, value)?;
        Some(text(types, ty, value))
    }
}

/// What an option holds, however deep.
fn unwrap<'v>(types: &TypeTable, ty: TypeId, value: &'v Value) -> Option<(TypeId, &'v Value)> {
    let (mut ty, mut value) = (ty, value);
    while let (Some(Type::Option { value: inner }), Value::Option(content)) = (types.get(ty), value)
    {
        (ty, value) = (*inner, content.as_deref()?);
    }
    Some((ty, value))
}

fn walk<'v>(
    types: &TypeTable,
    (ty, value): (TypeId, &'v Value),
    step: &str,
) -> Option<(TypeId, &'v Value)> {
    let number = step.parse::<usize>().ok();
    match (types.get(ty)?, value) {
        (Type::Record { fields, .. }, Value::Record(values)) => {
            let index = fields.iter().position(|field| field.name == step)?;
            Some((fields[index].ty, values.get(index)?))
        }
        (Type::Tuple { elements }, Value::Tuple(values)) => {
            Some((*elements.get(number?)?, values.get(number?)?))
        }
        (Type::List { element }, Value::List(items)) => Some((*element, items.get(number?)?)),
        (Type::Enum { variants, .. }, Value::Variant(index, values)) => {
            let variant = variants.get(*index as usize)?;
            match number {
                Some(number) => Some((*variant.fields.get(number)?, values.get(number)?)),
                None if variant.name == step => Some((ty, value)),
                None => None,
            }
        }
        _ => None,
    }
}

/// A value as checkers compare it.
fn text(types: &TypeTable, ty: TypeId, value: &Value) -> String {
    match (types.get(ty), value) {
        (_, Value::Int(int) | Value::Duration(int)) => int.to_string(),
        (_, Value::Bool(bool)) => bool.to_string(),
        (_, Value::Text(text) | Value::Address(text)) => text.clone(),
        (_, Value::Bytes(bytes)) => match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => json::hex(bytes),
        },
        (
            Some(Type::List { element } | Type::Set { element }),
            Value::List(items) | Value::Set(items),
        ) => items
            .iter()
            .map(|item| text(types, *element, item) + ",")
            .collect(),
        (_, Value::Variant(index, values)) if values.is_empty() => {
            let variant = types.variants(ty).get(*index as usize);
            variant.map_or_else(String::new, |variant| variant.name.clone())
        }
        (Some(Type::Enum { variants, .. }), Value::Variant(index, values)) if values.len() == 1 => {
            let field = variants
                .get(*index as usize)
                .and_then(|variant| variant.fields.first());
            field.map_or_else(String::new, |ty| text(types, *ty, &values[0]))
        }
        _ => value.display(types, ty),
    }
}
