//! Native functions on texts and bytes.

use super::{Bytes, MAX_NATIVE_ARGUMENTS, read, with_range};
use crate::error::{ErrorCode, Stop};
use crate::frame::MAX_ADDRESS_BYTES;
use crate::memory::{Memory, Role};
use std::ops::Range;

type Words = [u64; MAX_NATIVE_ARGUMENTS];

/// A text. What the language calls text is UTF-8.
fn text<R: Role>(memory: &mut Memory<'_, R>, reference: u64) -> Result<String, Stop> {
    let bytes = read(memory, reference)?;
    let text = String::from_utf8(bytes.into_vec());
    text.map_err(|_| Stop::Error(ErrorCode::NotText))
}

/// The bytes of a range. It costs what the range holds, whatever the length of the string.
fn sliced<R: Role>(memory: &mut Memory<'_, R>, [string, from, to]: Words) -> Result<u64, Stop> {
    if from > to || to > memory.bytes_len(string)? {
        return Err(Stop::Error(ErrorCode::IndexOutOfRange));
    }
    let part = with_range(memory, string, from..to, Bytes::from_slice)?;
    memory.bytes_new(&part)
}

pub(super) fn slice_bytes<R: Role>(memory: &mut Memory<'_, R>, words: Words) -> Result<u64, Stop> {
    sliced(memory, words)
}

pub(super) fn slice_text<R: Role>(memory: &mut Memory<'_, R>, words: Words) -> Result<u64, Stop> {
    let [text, from, to] = words;
    let part = sliced(memory, words)?;
    let length = memory.bytes_len(text)?;
    for end in [from, to] {
        // No character begins with a byte that goes on with one.
        if end < length && memory.byte(text, end)? & 0xc0 == 0x80 {
            return Err(Stop::Error(ErrorCode::NotText));
        }
    }
    Ok(part)
}

pub(super) fn starts_with<R: Role>(
    memory: &mut Memory<'_, R>,
    [a, b, _]: Words,
) -> Result<u64, Stop> {
    let part = read(memory, b)?;
    let end = part.len() as u64;
    if end > memory.bytes_len(a)? {
        return Ok(0);
    }
    let starts = with_range(memory, a, 0..end, |start| start == &*part)?;
    Ok(u64::from(starts))
}

pub(super) fn ends_with<R: Role>(
    memory: &mut Memory<'_, R>,
    [a, b, _]: Words,
) -> Result<u64, Stop> {
    let part = read(memory, b)?;
    let length = memory.bytes_len(a)?;
    let Some(start) = length.checked_sub(part.len() as u64) else {
        return Ok(0);
    };
    let ends = with_range(memory, a, start..length, |end| end == &*part)?;
    Ok(u64::from(ends))
}

/// The first index at which `part`, which is not empty, stands in `whole`.
fn first(whole: &[u8], part: &[u8]) -> Option<usize> {
    let (byte, rest) = part.split_first()?;
    let last = whole.len().checked_sub(part.len())?;
    let starts = whole.get(..=last)?.iter().enumerate();
    let mut starts = starts.filter(|(_, start)| *start == byte);
    let found = starts.find(|(index, _)| {
        let follows = whole.get(index + 1..index + part.len());
        rest.is_empty() || follows == Some(rest)
    });
    found.map(|(index, _)| index)
}

/// The least and the greatest number of places that a search pays for at once.
const FIRST_STARTS: usize = 64;
const MOST_STARTS: usize = 4096;

/// The ranges in which a part of `part` bytes is looked for one after the other, from `start` on: a
/// search that soon finds it costs little, however much there is to search.
fn windows(start: usize, length: usize, part: usize) -> impl Iterator<Item = Range<usize>> {
    let (mut from, mut most) = (start, FIRST_STARTS.max(part));
    std::iter::from_fn(move || {
        let starts = (length + 1).checked_sub(part)?.checked_sub(from)?.min(most);
        let window = from..from + starts + part - 1;
        from += starts;
        most = (2 * most).min(MOST_STARTS.max(part));
        (starts > 0).then_some(window)
    })
}

/// Pays for a search: the worst case compares all of the part at each place.
fn charge_search<R: Role>(
    memory: &mut Memory<'_, R>,
    window: &Range<usize>,
    part: usize,
) -> Result<(), Stop> {
    let starts = (window.len() + 1).saturating_sub(part);
    memory.charge((starts as u64).saturating_mul(part as u64) / 8)
}

pub(super) fn find<R: Role>(memory: &mut Memory<'_, R>, [a, b, start]: Words) -> Result<u64, Stop> {
    let length = memory.bytes_len(a)?;
    let part = read(memory, b)?;
    if start > length {
        return Ok(u64::MAX);
    }
    if part.is_empty() {
        return Ok(start);
    }
    for window in windows(start as usize, length as usize, part.len()) {
        charge_search(memory, &window, part.len())?;
        let from = window.start as u64;
        let range = from..window.end as u64;
        let found = with_range(memory, a, range, |bytes| first(bytes, &part))?;
        if let Some(index) = found {
            return Ok(from + index as u64);
        }
    }
    Ok(u64::MAX)
}

/// The first index from `start` on at which `part` stands in `whole`.
fn found<R: Role>(
    memory: &mut Memory<'_, R>,
    whole: &[u8],
    part: &[u8],
    start: usize,
) -> Result<Option<usize>, Stop> {
    for window in windows(start, whole.len(), part.len()) {
        charge_search(memory, &window, part.len())?;
        let bytes = whole.get(window.clone()).unwrap_or(&[]);
        if let Some(index) = first(bytes, part) {
            return Ok(Some(window.start + index));
        }
    }
    Ok(None)
}

pub(super) fn replace<R: Role>(
    memory: &mut Memory<'_, R>,
    [whole, part, by]: Words,
) -> Result<u64, Stop> {
    let (whole, part, by) = (read(memory, whole)?, read(memory, part)?, read(memory, by)?);
    if part.is_empty() {
        return memory.bytes_new(&whole);
    }
    let mut made = Vec::new();
    let mut done = 0;
    while let Some(index) = found(memory, &whole, &part, done)? {
        made.extend_from_slice(&whole[done..index]);
        made.extend_from_slice(&by);
        memory.charge(1 + (by.len() as u64) / 8)?;
        done = index + part.len();
    }
    made.extend_from_slice(&whole[done..]);
    memory.bytes_new(&made)
}

pub(super) fn trim<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let text = text(memory, a)?;
    memory.bytes_new(text.trim().as_bytes())
}

pub(super) fn to_upper<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let mut bytes = read(memory, a)?;
    bytes.make_ascii_uppercase();
    memory.bytes_new(&bytes)
}

pub(super) fn to_lower<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let mut bytes = read(memory, a)?;
    bytes.make_ascii_lowercase();
    memory.bytes_new(&bytes)
}

pub(super) fn is_text<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let bytes = read(memory, a)?;
    Ok(u64::from(str::from_utf8(&bytes).is_ok()))
}

pub(super) fn to_text<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let text = text(memory, a)?;
    memory.bytes_new(text.as_bytes())
}

pub(super) fn to_bytes<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let bytes = read(memory, a)?;
    memory.bytes_new(&bytes)
}

pub(super) fn to_hex<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let bytes = read(memory, a)?;
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
    let digits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect();
    memory.bytes_new(&digits)
}

/// The bytes that hexadecimal digits stand for.
fn unhexed(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let pairs = digits.chunks(2);
    pairs
        .map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?))
        .collect()
}

pub(super) fn is_hex<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let digits = read(memory, a)?;
    Ok(u64::from(unhexed(&digits).is_some()))
}

pub(super) fn from_hex<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let digits = read(memory, a)?;
    memory.bytes_new(&unhexed(&digits).unwrap_or_default())
}

pub(super) fn is_address<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let length = memory.bytes_len(a)?;
    Ok(u64::from((1..=MAX_ADDRESS_BYTES as u64).contains(&length)))
}

pub(super) fn to_address<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let bytes = read(memory, a)?;
    if !(1..=MAX_ADDRESS_BYTES).contains(&bytes.len()) {
        return Err(Stop::Error(ErrorCode::BadAddress));
    }
    memory.bytes_new(&bytes)
}
