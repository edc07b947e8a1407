//! Differences between two texts, line by line, for people.
//!
//! In: the lines that were expected and those that came. Out: the lines that differ with a few around
//! them; where a JSON object stands in place of another, also the fields that differ.

use serde_json::Value as Json;
use similar::{Algorithm, ChangeTag, DiffOp, DiffTag};
use similar::{capture_diff_slices_deadline, group_diff_ops};
use std::collections::VecDeque;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Lines that are shown before and after a difference.
const CONTEXT: usize = 3;
/// The most lines that are shown.
const MAX_SHOWN: usize = 60;
/// The most fields of an object that are shown.
const MAX_FIELDS: usize = 6;
/// How long the shortest difference is looked for.
const MAX_TIME: Duration = Duration::from_secs(2);

/// The most lines of a side that are kept once the sides differ.
const MAX_KEPT: usize = 2000;

/// Two texts that are compared line by line as they come.
#[derive(Default)]
pub struct Sides {
    /// Lines that are kept no more.
    passed: usize,
    /// The last lines in which the sides are equal.
    equal: VecDeque<String>,
    /// The lines from the first difference on.
    expected: Vec<String>,
    got: Vec<String>,
}

impl Sides {
    /// Whether a difference was found.
    pub fn differ(&self) -> bool {
        !(self.expected.is_empty() && self.got.is_empty())
    }

    /// Whether there is no need for further lines.
    pub fn is_full(&self) -> bool {
        self.expected.len() >= MAX_KEPT || self.got.len() >= MAX_KEPT
    }

    /// A line in which the sides are equal.
    pub fn agree(&mut self, line: String) {
        if self.differ() {
            self.expect(line.clone());
            self.get(line);
            return;
        }
        self.equal.push_back(line);
        if self.equal.len() > CONTEXT {
            self.equal.pop_front();
            self.passed += 1;
        }
    }

    /// A line that was expected, and differs.
    pub fn expect(&mut self, line: String) {
        if self.expected.len() < MAX_KEPT {
            self.expected.push(line);
        }
    }

    /// A line that came, and differs.
    pub fn get(&mut self, line: String) {
        if self.got.len() < MAX_KEPT {
            self.got.push(line);
        }
    }

    /// The difference, if there is one; `same` tells which lines say the same in other words.
    pub fn shown(mut self, same: impl Fn(&str, &str) -> bool, coloured: bool) -> Option<String> {
        for (expected, got) in self.expected.iter().zip(&mut self.got) {
            if same(expected, got) {
                got.clone_from(expected);
            }
        }
        let equal = || self.equal.iter().map(String::as_str);
        let expected: Vec<&str> = equal()
            .chain(self.expected.iter().map(String::as_str))
            .collect();
        let got: Vec<&str> = equal().chain(self.got.iter().map(String::as_str)).collect();
        between(&expected, &got, self.passed + 1, coloured)
    }
}

/// The difference between two texts whose first lines have the number `first`; nothing if they are
/// equal.
pub fn between(expected: &[&str], got: &[&str], first: usize, coloured: bool) -> Option<String> {
    if expected == got {
        return None;
    }
    let deadline = Some(Instant::now() + MAX_TIME);
    let ops = capture_diff_slices_deadline(Algorithm::Myers, expected, got, deadline);
    let mut out = String::new();
    let mut shown = 0;
    for (index, group) in group_diff_ops(ops, CONTEXT).iter().enumerate() {
        if index > 0 {
            out.push_str("      …\n");
        }
        let mut before = "";
        for (tag, number, text, ends_pair) in group.iter().flat_map(|op| changes(op, expected, got))
        {
            shown += 1;
            if shown > MAX_SHOWN {
                out.push_str("      … and more\n");
                return Some(out);
            }
            line(tag, number + first, text, coloured, &mut out);
            if ends_pair {
                fields(before, text, &mut out);
            }
            before = text;
        }
    }
    Some(out)
}

/// The lines of a step from one text to the other, each with its number from 0, and whether it stands
/// in place of the line before it. Objects in place of as many objects come in pairs.
fn changes<'t>(
    op: &DiffOp,
    expected: &[&'t str],
    got: &[&'t str],
) -> Vec<(ChangeTag, usize, &'t str, bool)> {
    let is_object = |line: &&str| line.starts_with('{') && line.ends_with('}');
    let (old, new) = (op.old_range(), op.new_range());
    let (left, right) = (&expected[old.clone()], &got[new.clone()]);
    let pairs = op.tag() == DiffTag::Replace && left.len() == right.len();
    if pairs && left.iter().chain(right).all(is_object) {
        let pair = |(index, (left, right)): (usize, (&&'t str, &&'t str))| {
            let (old, new) = (old.start + index, new.start + index);
            [
                (ChangeTag::Delete, old, *left, false),
                (ChangeTag::Insert, new, *right, true),
            ]
        };
        return left.iter().zip(right).enumerate().flat_map(pair).collect();
    }
    let plain = op.iter_changes(expected, got).map(|change| {
        let number = change.old_index().or(change.new_index()).unwrap_or(0);
        (change.tag(), number, change.value(), false)
    });
    plain.collect()
}

fn line(tag: ChangeTag, number: usize, text: &str, coloured: bool, out: &mut String) {
    let (sign, colour) = match tag {
        ChangeTag::Delete => ('-', "\x1b[31m"),
        ChangeTag::Insert => ('+', "\x1b[32m"),
        ChangeTag::Equal => (' ', ""),
    };
    let line = format!("{number:>5} {sign} {text}");
    let line = line.trim_end();
    // Writing to a String cannot fail.
    let _ = if coloured && !colour.is_empty() {
        writeln!(out, "{colour}{line}\x1b[0m")
    } else {
        writeln!(out, "{line}")
    };
}

/// The fields in which two lines differ, if both are JSON objects.
fn fields(expected: &str, got: &str, out: &mut String) {
    let (Ok(expected), Ok(got)) = (serde_json::from_str(expected), serde_json::from_str(got))
    else {
        return;
    };
    let mut found = Vec::new();
    compare(&expected, &got, String::new(), &mut found);
    if found.len() > 1 {
        // The checksum of a message follows from the rest of it.
        found.retain(|text| !text.starts_with("crc: "));
    }
    for (index, text) in found.iter().enumerate() {
        if index == MAX_FIELDS {
            let _ = writeln!(out, "        = and {} more", found.len() - MAX_FIELDS);
            break;
        }
        let _ = writeln!(out, "        = {text}");
    }
}

fn compare(expected: &Json, got: &Json, place: String, found: &mut Vec<String>) {
    let inner = |key: &str| match place.as_str() {
        "" => key.to_owned(),
        _ => format!("{place}.{key}"),
    };
    match (expected, got) {
        (Json::Object(left), Json::Object(right)) => {
            for (key, expected) in left {
                match right.get(key) {
                    Some(got) => compare(expected, got, inner(key), found),
                    None => found.push(format!("{} is missing", inner(key))),
                }
            }
            let added = right.keys().filter(|key| !left.contains_key(*key));
            found.extend(added.map(|key| format!("{} was not expected", inner(key))));
        }
        (Json::Array(left), Json::Array(right)) if left.len() == right.len() => {
            for (index, (expected, got)) in left.iter().zip(right).enumerate() {
                compare(expected, got, format!("{place}[{index}]"), found);
            }
        }
        _ if expected != got => found.push(format!("{place}: expected {expected}, got {got}")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The difference between two texts.
    fn of_texts(expected: &str, got: &str) -> Option<String> {
        let lines = |text| str::lines(text).collect::<Vec<_>>();
        between(&lines(expected), &lines(got), 1, false)
    }

    #[test]
    fn equal_texts_have_no_difference_and_others_show_it_with_its_surroundings() {
        assert_eq!(of_texts("a\nb\n", "a\nb\n"), None);
        let expected: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let mut got = expected.clone();
        got[9] = "nine".to_owned();
        let shown = of_texts(&expected.join("\n"), &got.join("\n"));
        let text = "    7   6\n    8   7\n    9   8\n   10 - 9\n   10 + nine\n   11   10\n   12   11\n   13   12\n";
        assert_eq!(shown.as_deref(), Some(text));
    }

    #[test]
    fn objects_show_the_fields_that_differ() {
        let shown = of_texts(
            r#"{"a": 1, "b": {"c": [1, 2], "d": 3}, "e": 4}"#,
            r#"{"a": 1, "b": {"c": [1, 5], "x": 3}, "e": "4"}"#,
        );
        let shown = shown.unwrap_or_default();
        for line in [
            "= b.c[1]: expected 2, got 5",
            "= b.d is missing",
            "= b.x was not expected",
            "= e: expected 4, got \"4\"",
        ] {
            assert!(shown.contains(line), "{line}: {shown}");
        }
    }

    #[test]
    fn a_long_difference_is_cut() {
        let expected = "a\n".repeat(1000);
        let got = "b\n".repeat(1000);
        let shown = of_texts(&expected, &got).unwrap_or_default();
        assert_eq!(shown.lines().count(), MAX_SHOWN + 1);
    }
}
