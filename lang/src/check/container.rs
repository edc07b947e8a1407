//! The table of methods, by what they are called on.

use pasc_vm::types::{Type, TypeId};

use super::Checker;

/// Methods that change their place.
pub(super) const CHANGING: [&str; 8] = [
    "push", "pop", "insert", "add", "remove", "truncate", "clear", "extend",
];

/// What a type's methods are and do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    List(TypeId),
    Set(TypeId),
    Map(TypeId, TypeId),
    Option,
    Text,
    Bytes,
    Int,
    Duration,
    Address,
    Other,
}

impl Container {
    pub(super) fn methods(self) -> &'static [&'static str] {
        match self {
            Container::List(_) => &[
                "len", "is_empty", "contains", "push", "pop", "insert", "remove", "truncate",
                "clear", "extend", "get", "get_or", "first", "last", "index_of", "find", "count",
                "sorted", "reversed", "min", "max", "to_set", "join",
            ],
            Container::Set(_) => &[
                "len",
                "is_empty",
                "contains",
                "insert",
                "add",
                "remove",
                "clear",
                "extend",
                "union",
                "intersection",
                "difference",
                "is_subset",
                "sorted",
                "to_list",
            ],
            Container::Map(..) => &[
                "len",
                "is_empty",
                "contains_key",
                "get",
                "get_or",
                "insert",
                "remove",
                "clear",
                "extend",
                "keys",
                "values",
                "entries",
            ],
            Container::Option => &["is_some", "is_none", "get_or"],
            Container::Text => &[
                "len",
                "is_empty",
                "starts_with",
                "ends_with",
                "contains",
                "find",
                "trim",
                "split",
                "replace",
                "repeat",
                "to_upper",
                "to_lower",
                "parse_int",
                "parse_hex",
                "to_bytes",
                "to_address",
                "try_address",
            ],
            Container::Bytes => &[
                "len",
                "is_empty",
                "starts_with",
                "ends_with",
                "contains",
                "find",
                "get",
                "repeat",
                "to_text",
                "try_text",
                "to_hex",
                "be",
                "le",
                "signed_be",
                "signed_le",
            ],
            Container::Int => &[
                "to_text",
                "abs",
                "to_be",
                "to_le",
                "wrapping_add",
                "wrapping_sub",
                "wrapping_mul",
                "bit_and",
                "bit_or",
                "bit_xor",
                "shift_left",
                "shift_right",
            ],
            Container::Address | Container::Duration => &["to_text"],
            Container::Other => &[],
        }
    }

    /// How the names of functions of the prelude begin that are methods here.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Container::List(_) => "list",
            Container::Set(_) => "set",
            Container::Map(..) => "map",
            Container::Option => "option",
            Container::Text => "text",
            Container::Bytes => "bytes",
            Container::Int => "int",
            Container::Duration | Container::Address | Container::Other => "",
        }
    }

    /// Whether the method changes its place.
    pub(super) fn changes(self, name: &str) -> bool {
        CHANGING.contains(&name) && self.methods().contains(&name)
    }
}

impl Checker<'_> {
    pub(super) fn container(&self, ty: TypeId) -> Container {
        match self.types().get(ty) {
            Some(&Type::List { element }) => Container::List(element),
            Some(&Type::Set { element }) => Container::Set(element),
            Some(&Type::Map { key, value }) => Container::Map(key, value),
            Some(Type::Option { .. }) => Container::Option,
            Some(Type::Text) => Container::Text,
            Some(Type::Bytes) => Container::Bytes,
            Some(Type::Int) => Container::Int,
            Some(Type::Duration) => Container::Duration,
            Some(Type::Address) => Container::Address,
            _ => Container::Other,
        }
    }
}
