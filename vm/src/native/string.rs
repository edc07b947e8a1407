//! Native functions on texts and bytes.

use super::{MAX_NATIVE_ARGUMENTS, read};
use crate::error::{ErrorCode, Stop};
use crate::frame::MAX_ADDRESS_BYTES;
use crate::memory::{Memory, Role};

type Words = [u64; MAX_NATIVE_ARGUMENTS];

/// A text. What the language calls text is UTF-8.
fn text<R: Role>(memory: &mut Memory<'_, R>, reference: u64) -> Result<String, Stop> {
    let bytes = read(memory, reference)?;
    String::from_utf8(bytes).map_err(|_| Stop::Error(ErrorCode::NotText))
}

/// The bytes of a range.
fn sliced<R: Role>(
    memory: &mut Memory<'_, R>,
    [string, from, to]: Words,
) -> Result<(Vec<u8>, usize, usize), Stop> {
    if from > to || to > memory.bytes_len(string)? {
        return Err(Stop::Error(ErrorCode::IndexOutOfRange));
    }
    Ok((read(memory, string)?, from as usize, to as usize))
}

pub(super) fn slice_bytes<R: Role>(memory: &mut Memory<'_, R>, words: Words) -> Result<u64, Stop> {
    let (bytes, from, to) = sliced(memory, words)?;
    memory.bytes_new(bytes.get(from..to).unwrap_or(&[]))
}

pub(super) fn slice_text<R: Role>(memory: &mut Memory<'_, R>, words: Words) -> Result<u64, Stop> {
    let (bytes, from, to) = sliced(memory, words)?;
    let text = str::from_utf8(&bytes).unwrap_or("");
    match text.get(from..to) {
        Some(part) => memory.bytes_new(part.as_bytes()),
        None => Err(Stop::Error(ErrorCode::NotText)),
    }
}

pub(super) fn starts_with<R: Role>(
    memory: &mut Memory<'_, R>,
    [a, b, _]: Words,
) -> Result<u64, Stop> {
    let (a, b) = (read(memory, a)?, read(memory, b)?);
    Ok(u64::from(a.starts_with(&b)))
}

pub(super) fn ends_with<R: Role>(
    memory: &mut Memory<'_, R>,
    [a, b, _]: Words,
) -> Result<u64, Stop> {
    let (a, b) = (read(memory, a)?, read(memory, b)?);
    Ok(u64::from(a.ends_with(&b)))
}

/// The first index from `start` on at which `part` stands.
fn position<R: Role>(
    memory: &mut Memory<'_, R>,
    whole: &[u8],
    part: &[u8],
    start: usize,
) -> Result<Option<usize>, Stop> {
    let rest = whole.get(start..).unwrap_or(&[]);
    if start > whole.len() || part.len() > rest.len() {
        return Ok(None);
    }
    if part.is_empty() {
        return Ok(Some(start));
    }
    // The worst case compares all of the part at each place.
    let work = (rest.len() as u64).saturating_mul(part.len() as u64);
    memory.charge(work / 8)?;
    let found = rest.windows(part.len()).position(|window| window == part);
    Ok(found.map(|index| start + index))
}

pub(super) fn find<R: Role>(memory: &mut Memory<'_, R>, [a, b, start]: Words) -> Result<u64, Stop> {
    let (whole, part) = (read(memory, a)?, read(memory, b)?);
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let found = position(memory, &whole, &part, start)?;
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
    while let Some(index) = position(memory, &whole, &part, done)? {
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
    let bytes = read(memory, a)?;
    memory.bytes_new(&bytes.to_ascii_uppercase())
}

pub(super) fn to_lower<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let bytes = read(memory, a)?;
    memory.bytes_new(&bytes.to_ascii_lowercase())
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
