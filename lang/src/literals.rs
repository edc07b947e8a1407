//! Reads literals: from the text of a token to its value.

use crate::codes::{self, Code};

/// What is wrong with a literal: code, sentence, and the range of bytes inside it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: &'static Code,
    pub(crate) message: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The value of a number, at most 2^63 (which only a minus sign makes an `int`).
pub(crate) fn integer(text: &str) -> Result<u64, Problem> {
    let whole = |code, message: String| Problem {
        code,
        message,
        start: 0,
        end: text.len(),
    };
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let digits: String = digits.chars().filter(|&c| c != '_').collect();
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(whole(
            &codes::BAD_NUMBER,
            format!("`{text}` is not a number"),
        ));
    }
    match u64::from_str_radix(&digits, radix) {
        Ok(value) if value <= 1 << 63 => Ok(value),
        _ => Err(whole(
            &codes::NUMBER_TOO_LARGE,
            format!("`{text}` does not fit into an `int`"),
        )),
    }
}

/// Suffixes of durations with their microseconds.
const UNITS: [(&str, u64); 6] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
];

/// The microseconds of a duration, at most 2^63; `None` if the text has no suffix of one.
pub(crate) fn duration(text: &str) -> Option<Result<u64, Problem>> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '_')?;
    let (digits, suffix) = text.split_at(digits_end);
    let micros = UNITS.iter().find(|unit| unit.0 == suffix)?.1;
    let too_large = || Problem {
        code: &codes::NUMBER_TOO_LARGE,
        message: format!("`{text}` does not fit into a `duration`"),
        start: 0,
        end: text.len(),
    };
    let value = integer(digits)
        .ok()
        .and_then(|count| count.checked_mul(micros));
    Some(
        value
            .filter(|&value| value <= 1 << 63)
            .ok_or_else(too_large),
    )
}

/// The value of a text literal, quotes included in `token`.
pub(crate) fn text(token: &str) -> Result<String, Problem> {
    let mut value = String::new();
    let mut chars = token
        .char_indices()
        .skip(1)
        .take(token.chars().count().saturating_sub(2));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                let byte = escape(token, at, &mut chars)?;
                if !byte.is_ascii() {
                    return Err(bad_escape(token, at, 4));
                }
                value.push(char::from(byte));
            }
            '{' | '}' => {
                if chars.next().map(|next| next.1) != Some(c) {
                    return Err(Problem {
                        code: &codes::BRACE_IN_TEXT,
                        message: format!("a `{c}` in a text is written `{c}{c}`"),
                        start: at,
                        end: at + 1,
                    });
                }
                value.push(c);
            }
            _ => value.push(c),
        }
    }
    Ok(value)
}

/// The value of a bytes literal, `b` and quotes included in `token`.
pub(crate) fn bytes(token: &str) -> Result<Vec<u8>, Problem> {
    let mut value = Vec::new();
    let mut chars = token
        .char_indices()
        .skip(2)
        .take(token.chars().count().saturating_sub(3));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.push(escape(token, at, &mut chars)?),
            _ if c.is_ascii() => value.push(c as u8),
            _ => {
                return Err(Problem {
                    code: &codes::NON_ASCII_BYTES,
                    message: format!("`{c}` is not an ASCII character"),
                    start: at,
                    end: at + c.len_utf8(),
                });
            }
        }
    }
    Ok(value)
}

/// The byte for an escape whose backslash at `at` has just been read.
fn escape(
    token: &str,
    at: usize,
    chars: &mut impl Iterator<Item = (usize, char)>,
) -> Result<u8, Problem> {
    Ok(match chars.next().map(|next| next.1) {
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('0') => 0,
        Some('\\') => b'\\',
        Some('"') => b'"',
        Some('x') => {
            let mut digit = || chars.next().and_then(|(_, c)| c.to_digit(16));
            match (digit(), digit()) {
                (Some(high), Some(low)) => (high * 16 + low) as u8,
                _ => return Err(bad_escape(token, at, 4)),
            }
        }
        _ => return Err(bad_escape(token, at, 2)),
    })
}

/// The problem of an escape of `length` characters, cut at the closing quote.
fn bad_escape(token: &str, at: usize, length: usize) -> Problem {
    let inside = &token[at..token.len() - 1];
    let escape: String = inside.chars().take(length).collect();
    Problem {
        code: &codes::BAD_ESCAPE,
        message: format!("`{escape}` is not an escape"),
        start: at,
        end: at + escape.len(),
    }
}
