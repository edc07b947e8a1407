//! Names that other languages have and this one does not.

use super::Around;
use crate::codes;
use crate::diagnostic::Diagnostic;

/// Types under other names.
const TYPES: &[(&[&str], &str)] = &[
    (
        &["string", "String", "str", "varchar", "char"],
        "texts have the type `text`",
    ),
    (
        &[
            "integer", "Integer", "long", "short", "i32", "i64", "u8", "u32", "u64", "int64",
            "number", "uint", "usize",
        ],
        "whole numbers have the type `int`",
    ),
    (
        &["boolean", "Boolean"],
        "the type of `true` and `false` is `bool`",
    ),
    (
        &["float", "double", "f32", "f64", "decimal", "real"],
        "there are no fractions: count in a smaller unit with `int`",
    ),
    (
        &[
            "array", "Array", "vec", "Vec", "vector", "List", "seq", "slice",
        ],
        "a sequence has the type `list<T>`",
    ),
    (
        &[
            "dict", "Dict", "hashmap", "HashMap", "Map", "object", "table",
        ],
        "a table has the type `map<K, V>`",
    ),
    (
        &["Set", "hashset", "HashSet"],
        "a set has the type `set<T>`",
    ),
    (
        &["byte", "blob", "buffer", "Bytes"],
        "bytes have the type `bytes`",
    ),
    (
        &["time", "timestamp", "Time", "Duration", "instant", "date"],
        "times and spans of time have the type `duration`",
    ),
    (
        &["node", "pid", "process", "peer", "Address"],
        "processes are named by the type `address`",
    ),
    (
        &["void", "unit", "any", "Any"],
        "there is no such type: what has no value has no type",
    ),
];

/// Methods and fields of containers under other names.
const METHODS: &[(&[&str], &str)] = &[
    (
        &["length", "size", "count", "Len", "len_", "Length", "Count"],
        "the number of elements is `.len()`",
    ),
    (
        &["append", "add", "push_back", "Add", "append_all"],
        "a list grows with `.push(x)`, a set with `.insert(x)`",
    ),
    (
        &["put", "set", "store"],
        "an entry of a map is set by its index: `map[key] = value`",
    ),
    (
        &[
            "contains",
            "has",
            "includes",
            "contains_key",
            "containsKey",
            "exists",
            "has_key",
        ],
        "whether something is in a collection is asked with `in`: `x in xs`",
    ),
    (
        &["delete", "erase", "del", "discard", "remove_all", "unset"],
        "an element is taken away with `.remove(x)`",
    ),
    (
        &["isEmpty", "empty", "is_none"],
        "whether there is nothing in it is `.is_empty()`",
    ),
    (
        &["sort", "Sort", "order"],
        "`.sorted()` gives a sorted list",
    ),
];

/// Functions of other languages.
const FUNCTIONS: &[(&[&str], &str)] = &[
    (
        &[
            "print", "println", "printf", "log", "console", "echo", "debug", "fmt", "trace", "puts",
        ],
        "a process says nothing but its messages; `pasc run --state=changes` shows what it does",
    ),
    (
        &["rand", "randint", "rnd", "math", "Math"],
        "`random(n)` draws a number from 0 to n - 1",
    ),
    (
        &["sleep", "wait", "delay", "after", "setTimeout"],
        "a handler never waits: set a timer, `set name in 50ms`, and handle `on timer name`",
    ),
    (
        &["len", "length", "size", "count"],
        "the number of elements is a method: `xs.len()`",
    ),
    (&["range"], "a range is written `a..b`, without its end"),
    (
        &["panic", "throw", "raise", "error", "fail", "exit"],
        "a handler ends early with `return`",
    ),
];

/// The hint for a diagnostic about a name, or a value.
pub(super) fn hint(diagnostic: &Diagnostic, text: &str, around: &Around) -> Option<String> {
    let code = diagnostic.code;
    let in_table = |table: &[(&[&str], &str)]| {
        let row = table.iter().find(|row| row.0.contains(&text));
        row.map(|row| row.1.to_string())
    };
    if code == &codes::UNKNOWN_TYPE {
        in_table(TYPES)
    } else if code == &codes::UNKNOWN_METHOD {
        in_table(METHODS)
    } else if code == &codes::UNKNOWN_FIELD {
        field(text, around).or_else(|| in_table(METHODS))
    } else if code == &codes::UNKNOWN_FUNCTION {
        in_table(FUNCTIONS)
    } else if code == &codes::UNKNOWN_NAME {
        variable(text, around).or_else(|| in_table(FUNCTIONS))
    } else if code == &codes::NOT_CHANGEABLE && text == "self" {
        of_state(around)
    } else if text.contains("--") && (code == &codes::UNUSED_VALUE || code == &codes::NOT_A_PLACE) {
        decrement(text)
    } else if code == &codes::MISMATCH {
        value(diagnostic, around)
    } else {
        None
    }
}

/// Names that stand for the process, or for nothing, elsewhere.
fn variable(text: &str, around: &Around) -> Option<String> {
    match text {
        "state" | "this" | "me" | "my" if around.after.starts_with('.') => of_state(around),
        "null" | "nil" | "None" | "undefined" | "NULL" | "Nil" | "nothing" | "void" => {
            Some(super::NO_VALUE.to_string())
        }
        _ => None,
    }
}

/// What is written after `state.` is a variable of its own.
fn of_state(around: &Around) -> Option<String> {
    let rest = around.after.strip_prefix('.')?;
    let end = rest
        .find(|c: char| !super::is_word(c))
        .unwrap_or(rest.len());
    let name = rest.get(..end).filter(|name| !name.is_empty())?;
    Some(format!("variables of the state are named alone: `{name}`"))
}

/// A method without its parentheses, or a variable of the state after `self`.
fn field(text: &str, around: &Around) -> Option<String> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let number = super::word_at_end(around.before.trim_end_matches('.'));
        if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
            return Some("there are no fractions: count in a smaller unit".to_string());
        }
    }
    if around.before.ends_with("self.") {
        return Some(format!("variables of the state are named alone: `{text}`"));
    }
    const METHODS: [&str; 14] = [
        "len", "is_empty", "clear", "pop", "keys", "values", "sorted", "first", "last", "remove",
        "insert", "push", "get", "to_text",
    ];
    METHODS
        .contains(&text)
        .then(|| format!("a method is called with parentheses: `{text}()`"))
}

/// `--n` and `n--`, which are two signs before a value.
fn decrement(text: &str) -> Option<String> {
    let (before, after) = text.split_once("--")?;
    let side = if before.is_empty() { after } else { before };
    let name = side.split(|c: char| !super::is_word(c)).next()?;
    Some(format!("count down with `{name} -= 1`"))
}

/// Values of another type where a habit explains them.
fn value(diagnostic: &Diagnostic, around: &Around) -> Option<String> {
    let wants = |ty: &str| diagnostic.message.starts_with(&format!("expected `{ty}`"));
    if wants("bool") && matches!(around.last_word(), "or" | "and") && around.tail().contains("==") {
        let word = around.last_word();
        return Some(format!("compare with each value: `x == 1 {word} x == 2`"));
    }
    let tail = around.tail();
    if wants("text") && tail.ends_with('+') {
        return Some("`+` joins texts alone; a number is no text".to_string());
    }
    if wants("text") && tail.ends_with('%') {
        return Some("`%` is the remainder of a division; texts are joined with `+`".to_string());
    }
    None
}
