//! Native functions on numbers.

use super::{MAX_NATIVE_ARGUMENTS, read};
use crate::error::{ErrorCode, Stop};
use crate::memory::{Memory, Role};

type Words = [u64; MAX_NATIVE_ARGUMENTS];

macro_rules! on_words {
    ($($name:ident($a:ident, $b:ident) $result:expr;)+) => {$(
        pub(super) fn $name<R: Role>(_: &mut Memory<'_, R>, [$a, $b, _]: Words) -> Result<u64, Stop> {
            Ok($result)
        }
    )+};
}
on_words! {
    wrapping_add(a, b) a.wrapping_add(b);
    wrapping_sub(a, b) a.wrapping_sub(b);
    wrapping_mul(a, b) a.wrapping_mul(b);
    bit_and(a, b) a & b;
    bit_or(a, b) a | b;
    bit_xor(a, b) a ^ b;
}

/// The number of places of a shift.
fn places(by: u64) -> Result<u32, Stop> {
    if by < 64 {
        Ok(by as u32)
    } else {
        Err(Stop::Error(ErrorCode::BadArgument))
    }
}

pub(super) fn shift_left<R: Role>(_: &mut Memory<'_, R>, [a, by, _]: Words) -> Result<u64, Stop> {
    Ok(a << places(by)?)
}

pub(super) fn shift_right<R: Role>(_: &mut Memory<'_, R>, [a, by, _]: Words) -> Result<u64, Stop> {
    Ok(a >> places(by)?)
}

/// The most digits of a number, and its sign.
const MOST_DIGITS: usize = 20;

pub(super) fn int_to_text<R: Role>(
    memory: &mut Memory<'_, R>,
    [a, ..]: Words,
) -> Result<u64, Stop> {
    let mut digits = [0; MOST_DIGITS];
    let mut start = MOST_DIGITS;
    let mut rest = a.cast_signed().unsigned_abs();
    while rest > 0 || start == MOST_DIGITS {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if a.cast_signed() < 0 {
        start -= 1;
        digits[start] = b'-';
    }
    memory.bytes_new(&digits[start..])
}

/// The longest text that can be a number.
const MAX_DIGITS: u64 = 64;

fn parsed<R: Role>(memory: &mut Memory<'_, R>, text: u64) -> Result<Option<i64>, Stop> {
    if memory.bytes_len(text)? > MAX_DIGITS {
        return Ok(None);
    }
    let bytes = read(memory, text)?;
    let text = str::from_utf8(&bytes).unwrap_or("");
    Ok(text.parse().ok().filter(|_| !text.starts_with('+')))
}

pub(super) fn is_int<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    Ok(u64::from(parsed(memory, a)?.is_some()))
}

pub(super) fn parse_int<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    Ok(parsed(memory, a)?.unwrap_or(0).cast_unsigned())
}

/// The number in `width` bytes, 1 to 8, the least significant first; an error if it does not fit,
/// neither with sign nor without.
fn packed(number: u64, width: u64) -> Result<Vec<u8>, Stop> {
    if !(1..=8).contains(&width) {
        return Err(Stop::Error(ErrorCode::BadArgument));
    }
    let bits = 8 * width as u32;
    let signed = number.cast_signed();
    let fits = bits == 64 || (-1i64 << (bits - 1)..1i64 << bits).contains(&signed);
    if !fits {
        return Err(Stop::Error(ErrorCode::DoesNotFit));
    }
    Ok(number.to_le_bytes()[..width as usize].to_vec())
}

pub(super) fn pack_little<R: Role>(
    memory: &mut Memory<'_, R>,
    [number, width, _]: Words,
) -> Result<u64, Stop> {
    memory.bytes_new(&packed(number, width)?)
}

pub(super) fn pack_big<R: Role>(
    memory: &mut Memory<'_, R>,
    [number, width, _]: Words,
) -> Result<u64, Stop> {
    let mut bytes = packed(number, width)?;
    bytes.reverse();
    memory.bytes_new(&bytes)
}

/// The bytes from `from` on, without `to`: 1 to 8, the least significant first.
fn range<R: Role>(
    memory: &mut Memory<'_, R>,
    [bytes, from, to]: Words,
    big: bool,
) -> Result<(u64, u32), Stop> {
    if from > to || to > memory.bytes_len(bytes)? {
        return Err(Stop::Error(ErrorCode::IndexOutOfRange));
    }
    if !(1..=8).contains(&(to - from)) {
        return Err(Stop::Error(ErrorCode::BadArgument));
    }
    let mut number = 0;
    for step in 0..to - from {
        let index = if big { from + step } else { to - 1 - step };
        number = number << 8 | memory.byte(bytes, index)?;
    }
    Ok((number, 8 * (to - from) as u32))
}

fn unsigned((number, _): (u64, u32)) -> Result<u64, Stop> {
    if i64::try_from(number).is_ok() {
        Ok(number)
    } else {
        Err(Stop::Error(ErrorCode::DoesNotFit))
    }
}

fn signed((number, bits): (u64, u32)) -> u64 {
    let unused = 64 - bits;
    ((number << unused).cast_signed() >> unused).cast_unsigned()
}

pub(super) fn unpack_big<R: Role>(memory: &mut Memory<'_, R>, words: Words) -> Result<u64, Stop> {
    unsigned(range(memory, words, true)?)
}

pub(super) fn unpack_little<R: Role>(
    memory: &mut Memory<'_, R>,
    words: Words,
) -> Result<u64, Stop> {
    unsigned(range(memory, words, false)?)
}

pub(super) fn unpack_signed_big<R: Role>(
    memory: &mut Memory<'_, R>,
    words: Words,
) -> Result<u64, Stop> {
    range(memory, words, true).map(signed)
}

pub(super) fn unpack_signed_little<R: Role>(
    memory: &mut Memory<'_, R>,
    words: Words,
) -> Result<u64, Stop> {
    range(memory, words, false).map(signed)
}

pub(super) fn byte_at<R: Role>(
    memory: &mut Memory<'_, R>,
    [bytes, index, _]: Words,
) -> Result<u64, Stop> {
    memory.byte_at(bytes, index)
}
