//! Methods that change nothing.

use super::evaluator::{Error, Flow};
use super::values::{V, add};

type Result = std::result::Result<V, Flow>;

fn fail(error: Error) -> Result {
    Err(Flow::Error(error))
}

/// An index that is below a length.
pub(crate) fn index(at: &V, length: usize) -> std::result::Result<usize, Flow> {
    match at {
        V::Int(n) if *n >= 0 && (*n as usize) < length => Ok(*n as usize),
        V::Int(_) => Err(Flow::Error(Error::IndexOutOfRange)),
        other => panic!("{other:?} is no index"),
    }
}

fn place_of(items: &[V], item: &V) -> Option<usize> {
    items.iter().position(|known| known.same(item))
}

pub(crate) fn sorted(items: &[V]) -> Vec<V> {
    let mut items = items.to_vec();
    items.sort_by(V::order);
    items
}

/// `base.name(arguments)`
pub(crate) fn call(base: &V, name: &str, arguments: &[V]) -> Result {
    match (base, arguments) {
        (V::List(items), _) => list(items, name, arguments),
        (V::Set(items), _) => set(items, name, arguments),
        (V::Map(entries), _) => map(entries, name, arguments),
        (V::Option(inner), _) => Ok(match (name, inner, arguments) {
            ("is_some", inner, []) => V::Bool(inner.is_some()),
            ("is_none", inner, []) => V::Bool(inner.is_none()),
            ("get_or", Some(inner), [_]) => (**inner).clone(),
            ("get_or", None, [other]) => other.clone(),
            _ => panic!("option.{name}"),
        }),
        (V::Text(text), _) => text_method(text, name, arguments),
        (V::Bytes(bytes), _) => bytes_method(bytes, name, arguments),
        (V::Int(n), _) => int(*n, name, arguments),
        (V::Address(_), []) if name == "to_text" => Ok(V::Text(base.shown())),
        _ => panic!("{base:?}.{name}"),
    }
}

fn list(items: &[V], name: &str, arguments: &[V]) -> Result {
    let in_range = |at: &V| index(at, items.len()).ok();
    Ok(match (name, arguments) {
        ("len", []) => V::Int(items.len() as i64),
        ("is_empty", []) => V::Bool(items.is_empty()),
        ("contains", [item]) => V::Bool(place_of(items, item).is_some()),
        ("get", [at]) => V::option(in_range(at).map(|at| items[at].clone())),
        ("get_or", [at, other]) => in_range(at).map_or(other.clone(), |at| items[at].clone()),
        ("first", []) => V::option(items.first().cloned()),
        ("last", []) => V::option(items.last().cloned()),
        ("min", []) => V::option(sorted(items).first().cloned()),
        ("max", []) => V::option(sorted(items).last().cloned()),
        ("index_of", [item]) => V::option(place_of(items, item).map(|at| V::Int(at as i64))),
        ("count", [item]) => V::Int(items.iter().filter(|x| x.same(item)).count() as i64),
        ("sorted", []) => V::List(sorted(items)),
        ("reversed", []) => V::List(items.iter().rev().cloned().collect()),
        ("to_set", []) => {
            let mut set = Vec::new();
            for item in items {
                add(&mut set, item.clone());
            }
            V::Set(set)
        }
        ("join", [V::Text(separator)]) => {
            let texts: Vec<String> = items.iter().map(V::shown).collect();
            V::Text(texts.join(separator))
        }
        _ => panic!("list.{name}"),
    })
}

fn set(items: &[V], name: &str, arguments: &[V]) -> Result {
    let has = |items: &[V], item: &V| place_of(items, item).is_some();
    Ok(match (name, arguments) {
        ("len", []) => V::Int(items.len() as i64),
        ("is_empty", []) => V::Bool(items.is_empty()),
        ("contains", [item]) => V::Bool(has(items, item)),
        ("union", [V::Set(other)]) => {
            let mut all = items.to_vec();
            for item in other {
                add(&mut all, item.clone());
            }
            V::Set(all)
        }
        ("intersection", [V::Set(other)]) => V::Set(
            items
                .iter()
                .filter(|item| has(other, item))
                .cloned()
                .collect(),
        ),
        ("difference", [V::Set(other)]) => V::Set(
            items
                .iter()
                .filter(|item| !has(other, item))
                .cloned()
                .collect(),
        ),
        ("is_subset", [V::Set(other)]) => V::Bool(items.iter().all(|item| has(other, item))),
        ("sorted", []) => V::List(sorted(items)),
        ("to_list", []) => V::List(items.to_vec()),
        _ => panic!("set.{name}"),
    })
}

fn map(entries: &[(V, V)], name: &str, arguments: &[V]) -> Result {
    let find = |key: &V| {
        entries
            .iter()
            .find(|entry| entry.0.same(key))
            .map(|entry| entry.1.clone())
    };
    Ok(match (name, arguments) {
        ("len", []) => V::Int(entries.len() as i64),
        ("is_empty", []) => V::Bool(entries.is_empty()),
        ("get", [key]) => V::option(find(key)),
        ("get_or", [key, other]) => find(key).unwrap_or(other.clone()),
        ("contains_key", [key]) => V::Bool(find(key).is_some()),
        ("keys", []) => V::List(entries.iter().map(|entry| entry.0.clone()).collect()),
        ("values", []) => V::List(entries.iter().map(|entry| entry.1.clone()).collect()),
        ("entries", []) => {
            let pairs = entries
                .iter()
                .map(|(k, v)| V::Tuple(vec![k.clone(), v.clone()]));
            V::List(pairs.collect())
        }
        _ => panic!("map.{name}"),
    })
}

fn text_method(text: &str, name: &str, arguments: &[V]) -> Result {
    Ok(match (name, arguments) {
        ("len", []) => V::Int(text.len() as i64),
        ("is_empty", []) => V::Bool(text.is_empty()),
        ("starts_with", [V::Text(other)]) => V::Bool(text.starts_with(other.as_str())),
        ("ends_with", [V::Text(other)]) => V::Bool(text.ends_with(other.as_str())),
        ("contains", [V::Text(other)]) => V::Bool(text.contains(other.as_str())),
        ("find", [V::Text(other)]) => {
            V::option(text.find(other.as_str()).map(|at| V::Int(at as i64)))
        }
        ("trim", []) => V::text(text.trim_matches([' ', '\t', '\n', '\r'])),
        ("split", [V::Text(separator)]) => {
            V::List(text.split(separator.as_str()).map(V::text).collect())
        }
        ("replace", [V::Text(old), V::Text(new)]) => V::Text(text.replace(old.as_str(), new)),
        ("repeat", [V::Int(n)]) if *n >= 0 => V::Text(text.repeat(*n as usize)),
        ("to_upper", []) => V::Text(text.to_ascii_uppercase()),
        ("to_lower", []) => V::Text(text.to_ascii_lowercase()),
        ("parse_int", []) => V::option(parse_int(text)),
        ("to_bytes", []) => V::Bytes(text.as_bytes().to_vec()),
        _ => panic!("text.{name}({arguments:?})"),
    })
}

/// A sign, if there is one, and digits.
fn parse_int(text: &str) -> Option<V> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain).map(V::Int)
}

fn bytes_method(bytes: &[u8], name: &str, arguments: &[V]) -> Result {
    let number = |bytes: &mut dyn Iterator<Item = &u8>| {
        bytes.fold(0u64, |n, byte| (n << 8) | u64::from(*byte))
    };
    let whole = |n: u64| match i64::try_from(n) {
        Ok(n) => Ok(V::Int(n)),
        Err(_) => fail(Error::DoesNotFit),
    };
    Ok(match (name, arguments) {
        ("len", []) => V::Int(bytes.len() as i64),
        ("is_empty", []) => V::Bool(bytes.is_empty()),
        ("starts_with", [V::Bytes(other)]) => V::Bool(bytes.starts_with(other)),
        ("ends_with", [V::Bytes(other)]) => V::Bool(bytes.ends_with(other)),
        ("get", [at]) => V::option(
            index(at, bytes.len())
                .ok()
                .map(|at| V::Int(i64::from(bytes[at]))),
        ),
        ("to_hex", []) => V::Text(bytes.iter().map(|b| format!("{b:02x}")).collect()),
        ("be" | "le", []) if bytes.is_empty() || bytes.len() > 8 => {
            return fail(Error::BadArgument);
        }
        ("be", []) => return whole(number(&mut bytes.iter())),
        ("le", []) => return whole(number(&mut bytes.iter().rev())),
        ("try_text", []) => V::option(String::from_utf8(bytes.to_vec()).ok().map(V::Text)),
        _ => panic!("bytes.{name}"),
    })
}

fn int(n: i64, name: &str, arguments: &[V]) -> Result {
    Ok(match (name, arguments) {
        ("abs", []) => match n.checked_abs() {
            Some(n) => V::Int(n),
            None => return fail(Error::Overflow),
        },
        ("to_text", []) => V::Text(n.to_string()),
        ("wrapping_add", [V::Int(m)]) => V::Int(n.wrapping_add(*m)),
        ("wrapping_sub", [V::Int(m)]) => V::Int(n.wrapping_sub(*m)),
        ("wrapping_mul", [V::Int(m)]) => V::Int(n.wrapping_mul(*m)),
        ("bit_and", [V::Int(m)]) => V::Int(n & m),
        ("bit_or", [V::Int(m)]) => V::Int(n | m),
        ("bit_xor", [V::Int(m)]) => V::Int(n ^ m),
        ("shift_left", [V::Int(by @ 0..64)]) => V::Int(((n as u64) << by) as i64),
        ("shift_right", [V::Int(by @ 0..64)]) => V::Int(((n as u64) >> by) as i64),
        ("shift_left" | "shift_right", [_]) => return fail(Error::BadArgument),
        ("to_be" | "to_le", [V::Int(k @ 1..=8)]) => {
            let bits = 8 * *k as u32;
            let fits = bits == 64 || (-(1i64 << (bits - 1))..(1i64 << bits)).contains(&n);
            if !fits {
                return fail(Error::DoesNotFit);
            }
            let mut bytes = n.to_be_bytes()[8 - *k as usize..].to_vec();
            if name == "to_le" {
                bytes.reverse();
            }
            V::Bytes(bytes)
        }
        ("to_be" | "to_le", [_]) => return fail(Error::BadArgument),
        _ => panic!("int.{name}"),
    })
}
