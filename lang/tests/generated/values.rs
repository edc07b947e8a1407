//! Values of the evaluator, with their equality, order and texts.

use std::cmp::Ordering;

/// A value. Sets and maps stand in the order of insertion.
#[derive(Clone, Debug)]
pub(crate) enum V {
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    Address(String),
    Duration(i64),
    List(Vec<V>),
    Set(Vec<V>),
    Map(Vec<(V, V)>),
    Record(Vec<(String, V)>),
    Tuple(Vec<V>),
    Option(Option<Box<V>>),
    Variant(usize, Vec<V>),
}

impl V {
    pub(crate) fn some(value: V) -> V {
        V::Option(Some(value.into()))
    }

    pub(crate) fn option(value: Option<V>) -> V {
        V::Option(value.map(Box::new))
    }

    pub(crate) fn text(text: &str) -> V {
        V::Text(text.to_string())
    }

    /// How much there is of it, for the budget.
    pub(crate) fn size(&self) -> usize {
        match self {
            V::Text(text) => 1 + text.len() / 8,
            V::Bytes(bytes) => 1 + bytes.len() / 8,
            V::List(items) | V::Set(items) | V::Tuple(items) | V::Variant(_, items) => {
                1 + items.iter().map(V::size).sum::<usize>()
            }
            V::Map(entries) => {
                1 + entries
                    .iter()
                    .map(|(k, v)| k.size() + v.size())
                    .sum::<usize>()
            }
            V::Record(fields) => 1 + fields.iter().map(|field| field.1.size()).sum::<usize>(),
            V::Option(Some(inner)) => 1 + inner.size(),
            _ => 1,
        }
    }

    /// Equality, in which the order of sets and maps does not matter.
    pub(crate) fn same(&self, other: &V) -> bool {
        let all = |a: &[V], b: &[V]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b));
        match (self, other) {
            (V::List(a), V::List(b)) | (V::Tuple(a), V::Tuple(b)) => all(a, b),
            (V::Variant(n, a), V::Variant(m, b)) => n == m && all(a, b),
            (V::Set(a), V::Set(b)) => {
                a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| x.same(y)))
            }
            (V::Map(a), V::Map(b)) => {
                let has = |x: &(V, V)| b.iter().any(|y| x.0.same(&y.0) && x.1.same(&y.1));
                a.len() == b.len() && a.iter().all(has)
            }
            (V::Record(a), V::Record(b)) => a.iter().zip(b).all(|(a, b)| a.1.same(&b.1)),
            (V::Option(a), V::Option(b)) => match (a, b) {
                (None, None) => true,
                (Some(a), Some(b)) => a.same(b),
                _ => false,
            },
            _ => self.order(other) == Ordering::Equal,
        }
    }

    /// The order, of values that have one.
    pub(crate) fn order(&self, other: &V) -> Ordering {
        let parts = |a: &[V], b: &[V]| {
            let differing = a.iter().zip(b).map(|(a, b)| a.order(b));
            let first = differing.into_iter().find(|found| found.is_ne());
            first.unwrap_or(a.len().cmp(&b.len()))
        };
        match (self, other) {
            (V::Int(a), V::Int(b)) | (V::Duration(a), V::Duration(b)) => a.cmp(b),
            (V::Bool(a), V::Bool(b)) => a.cmp(b),
            // A literal that turns out to be an address may meet one before.
            (V::Text(a) | V::Address(a), V::Text(b) | V::Address(b)) => {
                a.as_bytes().cmp(b.as_bytes())
            }
            (V::Bytes(a), V::Bytes(b)) => a.cmp(b),
            (V::List(a), V::List(b)) | (V::Tuple(a), V::Tuple(b)) => parts(a, b),
            (V::Record(a), V::Record(b)) => {
                let differing = a.iter().zip(b).map(|(a, b)| a.1.order(&b.1));
                differing
                    .into_iter()
                    .find(|found| found.is_ne())
                    .unwrap_or(Ordering::Equal)
            }
            (V::Option(a), V::Option(b)) => match (a, b) {
                (Some(a), Some(b)) => a.order(b),
                _ => a.is_some().cmp(&b.is_some()),
            },
            (V::Variant(n, a), V::Variant(m, b)) => n.cmp(m).then_with(|| parts(a, b)),
            _ => panic!("no order between {self:?} and {other:?}"),
        }
    }

    /// The text that interpolation and `to_text` make.
    pub(crate) fn shown(&self) -> String {
        match self {
            V::Int(n) => n.to_string(),
            V::Bool(b) => b.to_string(),
            V::Text(text) | V::Address(text) => text.clone(),
            other => panic!("no text for {other:?}"),
        }
    }

    /// A literal of the language.
    pub(crate) fn source(&self, records: &[(String, Vec<String>)]) -> Option<String> {
        let list = |items: &[V]| -> Option<String> {
            let parts: Option<Vec<String>> =
                items.iter().map(|item| item.source(records)).collect();
            Some(parts?.join(", "))
        };
        Some(match self {
            V::Int(n) if *n == i64::MIN => "(-9223372036854775807 - 1)".to_string(),
            V::Int(n) if *n < 0 => format!("({n})"),
            V::Int(n) => n.to_string(),
            V::Bool(b) => b.to_string(),
            V::Text(text) => format!("{text:?}").replace('{', "{{").replace('}', "}}"),
            V::Bytes(bytes) => {
                let bytes: Vec<String> = bytes.iter().map(|b| format!("\\x{b:02x}")).collect();
                format!("b\"{}\"", bytes.concat())
            }
            V::Address(name) => format!("address({name:?})"),
            V::Duration(n) if *n < 0 => format!("({n} * 1us)"),
            V::Duration(n) => format!("{n}us"),
            V::List(items) => format!("[{}]", list(items)?),
            V::Set(items) => format!("{{{}}}", list(items)?),
            V::Map(entries) => {
                let parts: Option<Vec<String>> = entries
                    .iter()
                    .map(|(k, v)| Some(format!("{}: {}", k.source(records)?, v.source(records)?)))
                    .collect();
                format!("{{{}}}", parts?.join(", "))
            }
            V::Tuple(items) => format!("({})", list(items)?),
            V::Option(None) => "none".to_string(),
            V::Option(Some(inner)) => format!("some({})", inner.source(records)?),
            V::Record(fields) => {
                let names = |record: &&(String, Vec<String>)| {
                    record.1.iter().eq(fields.iter().map(|field| &field.0))
                };
                let name = &records.iter().find(names)?.0;
                let parts: Option<Vec<String>> = fields
                    .iter()
                    .map(|(field, v)| Some(format!("{field}: {}", v.source(records)?)))
                    .collect();
                format!("{name} {{ {} }}", parts?.join(", "))
            }
            V::Variant(number, parts) => {
                let (name, _) = super::generator::variants()[*number].clone();
                match parts.as_slice() {
                    [] => format!("Mode.{name}"),
                    parts => format!("Mode.{name}({})", list(parts)?),
                }
            }
        })
    }

    /// The value as the machine's host sees it.
    pub(crate) fn host(&self) -> pasc_vm::Value {
        use pasc_vm::Value;
        let all = |items: &[V]| items.iter().map(V::host).collect();
        match self {
            V::Int(n) => Value::Int(*n),
            V::Bool(b) => Value::Bool(*b),
            V::Text(text) => Value::Text(text.clone()),
            V::Bytes(bytes) => Value::Bytes(bytes.clone()),
            V::Address(name) => Value::Address(name.clone()),
            V::Duration(n) => Value::Duration(*n),
            V::List(items) => Value::List(all(items)),
            V::Set(items) => Value::Set(all(items)),
            V::Map(entries) => {
                Value::Map(entries.iter().map(|(k, v)| (k.host(), v.host())).collect())
            }
            V::Record(fields) => Value::Record(fields.iter().map(|field| field.1.host()).collect()),
            V::Tuple(items) => Value::Tuple(all(items)),
            V::Option(inner) => Value::Option(inner.as_ref().map(|inner| inner.host().into())),
            V::Variant(n, items) => Value::Variant(*n as u32, all(items)),
        }
    }

    /// The value as it arrives: sets and maps in the order of their keys.
    pub(crate) fn arrived(&self) -> V {
        let all = |items: &[V]| items.iter().map(V::arrived).collect::<Vec<V>>();
        match self {
            V::List(items) => V::List(all(items)),
            V::Tuple(items) => V::Tuple(all(items)),
            V::Variant(n, items) => V::Variant(*n, all(items)),
            V::Set(items) => {
                let mut items = all(items);
                items.sort_by(V::order);
                V::Set(items)
            }
            V::Map(entries) => {
                let entries = entries.iter().map(|(k, v)| (k.arrived(), v.arrived()));
                let mut entries: Vec<(V, V)> = entries.collect();
                entries.sort_by(|a, b| a.0.order(&b.0));
                V::Map(entries)
            }
            V::Record(fields) => V::Record(
                fields
                    .iter()
                    .map(|(n, v)| (n.clone(), v.arrived()))
                    .collect(),
            ),
            V::Option(Some(inner)) => V::some(inner.arrived()),
            other => other.clone(),
        }
    }
}

/// Puts an element into a set; whether it is new.
pub(crate) fn add(items: &mut Vec<V>, item: V) -> bool {
    let new = !items.iter().any(|known| known.same(&item));
    if new {
        items.push(item);
    }
    new
}

/// Gives a key of a map a value.
pub(crate) fn put(entries: &mut Vec<(V, V)>, key: V, value: V) {
    match entries.iter_mut().find(|entry| entry.0.same(&key)) {
        Some(entry) => entry.1 = value,
        None => entries.push((key, value)),
    }
}
