//! Native functions on texts and bytes.

use super::{Bytes, MAX_NATIVE_ARGUMENTS, read, with_bytes};
use crate::error::{ErrorCode, Stop};
use crate::frame::MAX_ADDRESS_BYTES;
use crate::memory::{Memory, Role};

type Words = [u64; MAX_NATIVE_ARGUMENTS];

/// A text. What the language calls text is UTF-8.
fn text<R: Role>(memory: &mut Memory<'_, R>, reference: u64) -> Result<String, Stop> {
    let bytes = read(memory, reference)?;
    let text = String::from_utf8(bytes.into_vec());
    text.map_err(|_| Stop::Error(ErrorCode::NotText))
}

/// The bytes of a range, if `fits` says that it may be taken.
fn sliced<R: Role>(
    memory: &mut Memory<'_, R>,
    [string, from, to]: Words,
    fits: impl Fn(&[u8], usize) -> bool,
) -> Result<u64, Stop> {
    if from > to || to > memory.bytes_len(string)? {
        return Err(Stop::Error(ErrorCode::IndexOutOfRange));
    }
    let (from, to) = (from as usize, to as usize);
    let part = with_bytes(memory, string, |bytes| {
        let part = bytes.get(from..to)?;
        (fits(bytes, from) && fits(bytes, to)).then(|| Bytes::from_slice(part))
    })?;
    match part {
        Some(part) => memory.bytes_new(&part),
        None => Err(Stop::Error(ErrorCode::NotText)),
    }
}

pub(super) fn slice_bytes<R: Role>(memory: &mut Memory<'_, R>, words: Words) -> Result<u64, Stop> {
    sliced(memory, words, |_, _| true)
}

pub(super) fn slice_text<R: Role>(memory: &mut Memory<'_, R>, words: Words) -> Result<u64, Stop> {
    // No character begins with a byte that goes on with one.
    sliced(memory, words, |bytes, at| {
        bytes.get(at).is_none_or(|byte| byte & 0xc0 != 0x80)
    })
}

pub(super) fn starts_with<R: Role>(
    memory: &mut Memory<'_, R>,
    [a, b, _]: Words,
) -> Result<u64, Stop> {
    let part = read(memory, b)?;
    let starts = with_bytes(memory, a, |whole| whole.starts_with(&part))?;
    Ok(u64::from(starts))
}

pub(super) fn ends_with<R: Role>(
    memory: &mut Memory<'_, R>,
    [a, b, _]: Words,
) -> Result<u64, Stop> {
    let part = read(memory, b)?;
    let ends = with_bytes(memory, a, |whole| whole.ends_with(&part))?;
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

/// What a search costs: the worst case compares all of the part at each place.
fn search_fuel(rest: usize, part: usize) -> u64 {
    if part > rest {
        return 0;
    }
    (rest as u64).saturating_mul(part as u64) / 8
}

pub(super) fn find<R: Role>(memory: &mut Memory<'_, R>, [a, b, start]: Words) -> Result<u64, Stop> {
    let length = memory.bytes_len(a)? as usize;
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let part = read(memory, b)?;
    let rest = length.checked_sub(start);
    memory.charge(search_fuel(rest.unwrap_or(0), part.len()))?;
    let found = with_bytes(memory, a, |whole| {
        let rest = whole.get(start..)?;
        let index = if part.is_empty() {
            Some(0)
        } else {
            first(rest, &part)
        };
        index.map(|index| start + index)
    })?;
    Ok(found.map_or(u64::MAX, |index| index as u64))
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
    loop {
        let rest = whole.get(done..).unwrap_or(&[]);
        memory.charge(search_fuel(rest.len(), part.len()))?;
        let Some(index) = first(rest, &part) else {
            break;
        };
        let index = done + index;
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
