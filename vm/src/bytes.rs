//! Byte blocks: how texts, bytes and addresses lie in memory.
//!
//! A block is a header word, `length in bytes:32 capacity in words:32` from the least significant
//! bit up, then the bytes in little-endian words, zeros behind the last byte. A reference is the
//! block's address; 0 refers to the empty string. Blocks of the arena and the fixed area never
//! change, so they can be shared; a block of the state has one owner and is reused in place.

use crate::error::{ErrorCode, Stop};
use crate::memory::{LANE, Memory, Role, at};
use crate::trap::Trap;
use std::cmp::Ordering;

/// The greatest length of a string in bytes.
pub const MAX_BYTES: u64 = 1 << 30;

/// The words of a block that holds `bytes` and has no room for more.
pub fn block(bytes: &[u8]) -> Vec<u64> {
    let mut words = Vec::with_capacity(1 + bytes.len().div_ceil(8));
    words.push(header(bytes.len() as u64, bytes.len().div_ceil(8) as u64));
    words.extend(bytes.chunks(8).map(word));
    words
}

/// The header of a block.
fn header(length_bytes: u64, capacity_words: u64) -> u64 {
    (length_bytes & 0xffff_ffff) | capacity_words << 32
}

/// Up to eight bytes as a word, zeros behind the last.
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// [`word`] of less than eight bytes, without a call: pieces that overlap, as they say the same.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last));
        return u64::from(u32::from_le_bytes(*first)) | last << (8 * (length - 4));
    }
    match bytes {
        [] => 0,
        [first, .., last] => {
            let middle = u64::from(bytes[length / 2]) << (8 * (length / 2));
            u64::from(*first) | middle | u64::from(*last) << (8 * (length - 1))
        }
        [only] => u64::from(*only),
    }
}

fn words_of(length: u64) -> u64 {
    length.div_ceil(8)
}

impl<R: Role> Memory<'_, R> {
    /// The length in bytes.
    pub(crate) fn bytes_len(&self, reference: u64) -> Result<u64, Stop> {
        if reference == 0 {
            Ok(0)
        } else {
            Ok(self.read(reference)? & 0xffff_ffff)
        }
    }

    /// The byte at an index that is in range.
    pub(crate) fn byte(&self, reference: u64, index: u64) -> Result<u64, Stop> {
        let word = self.read(at(reference, 1 + index / 8))?;
        Ok(word >> (8 * (index % 8)) & 0xff)
    }

    /// Appends the bytes to `out`.
    pub(crate) fn bytes_read(&mut self, reference: u64, out: &mut Vec<u8>) -> Result<(), Stop> {
        let length = self.bytes_len(reference)?;
        self.charge(words_of(length))?;
        if reference & LANE != 0 {
            let words = self.lane_block(at(reference, 1), words_of(length))?;
            let end = out.len() + length as usize;
            out.reserve(8 * words.len());
            for word in words {
                out.extend_from_slice(&word.to_le_bytes());
            }
            out.truncate(end);
            return Ok(());
        }
        for index in 0..words_of(length) {
            let word = self.read(at(reference, 1 + index))?.to_le_bytes();
            let take = (length - 8 * index).min(8) as usize;
            out.extend_from_slice(&word[..take]);
        }
        Ok(())
    }

    /// A block in the arena with these bytes.
    pub(crate) fn bytes_new(&mut self, bytes: &[u8]) -> Result<u64, Stop> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let capacity = words_of(bytes.len() as u64);
        let (reference, words) = self.take_arena(1 + capacity)?;
        let Some((first, places)) = words.split_first_mut() else {
            return Err(Trap::Address.into());
        };
        *first = header(bytes.len() as u64, capacity);
        let (chunks, rest) = bytes.as_chunks::<8>();
        let mut places = places.iter_mut();
        for (chunk, place) in chunks.iter().zip(places.by_ref()) {
            *place = u64::from_le_bytes(*chunk);
        }
        for place in places {
            *place = short_word(rest);
        }
        Ok(reference)
    }

    /// Whether a string of the lane's own memory consists of these bytes.
    pub(crate) fn is_bytes(&mut self, reference: u64, bytes: &[u8]) -> Result<bool, Stop> {
        let length = bytes.len() as u64;
        if self.bytes_len(reference)? != length {
            return Ok(false);
        }
        self.charge(words_of(length))?;
        let words = self.lane_block(at(reference, 1), words_of(length))?;
        let (chunks, rest) = bytes.as_chunks::<8>();
        let mut words = words.iter();
        let equal = (chunks.iter().zip(words.by_ref()))
            .all(|(chunk, word)| u64::from_le_bytes(*chunk) == *word);
        Ok(equal && words.all(|word| short_word(rest) == *word))
    }

    /// A reference in the arena to the same bytes: the same block if it lies there already.
    pub(crate) fn bytes_own(&mut self, reference: u64) -> Result<u64, Stop> {
        let length = self.bytes_len(reference)?;
        if reference & LANE != 0 || length == 0 {
            return Ok(if length == 0 { 0 } else { reference });
        }
        let copy = self.alloc_arena(1 + words_of(length))?;
        self.bytes_copy(reference, copy, length, words_of(length))?;
        Ok(copy)
    }

    /// Writes header and words of a block of `capacity` words.
    fn bytes_copy(&mut self, from: u64, to: u64, length: u64, capacity: u64) -> Result<(), Stop> {
        self.charge(words_of(length))?;
        self.write(to, header(length, capacity))?;
        for index in 0..words_of(length) {
            let word = self.read(at(from, 1 + index))?;
            self.write(at(to, 1 + index), word)?;
        }
        Ok(())
    }

    /// Makes the word at `place` refer to the same bytes as `value`. In the state that is the
    /// place's own block, in place if it is large enough.
    pub(crate) fn bytes_assign(&mut self, place: u64, value: u64) -> Result<(), Stop> {
        if place & LANE != 0 {
            let own = self.bytes_own(value)?;
            return self.write(place, own);
        }
        let old = self.read(place)?;
        if old == value && old != 0 {
            return Ok(()); // assigned to itself
        }
        let length = self.bytes_len(value)?;
        let capacity = if old == 0 { 0 } else { self.read(old)? >> 32 };
        if old != 0 && capacity >= words_of(length) {
            return self.bytes_copy(value, old, length, capacity);
        }
        if length == 0 {
            return Ok(()); // nothing was there
        }
        self.bytes_free(place)?;
        let (block, size) = self.alloc(place, 1 + words_of(length))?;
        self.write(place, block)?;
        self.bytes_copy(value, block, length, size - 1)
    }

    /// Frees the block that the word at `place` refers to; the place is empty then.
    pub(crate) fn bytes_free(&mut self, place: u64) -> Result<(), Stop> {
        let old = self.read(place)?;
        if old != 0 {
            let capacity = self.read(old)? >> 32;
            self.free(old, 1 + capacity)?;
            self.write(place, 0)?;
        }
        Ok(())
    }

    /// The order of two strings, byte by byte.
    pub(crate) fn bytes_compare(&mut self, left: u64, right: u64) -> Result<Ordering, Stop> {
        let (left_length, right_length) = (self.bytes_len(left)?, self.bytes_len(right)?);
        let shared = left_length.min(right_length);
        for index in 0..words_of(shared) {
            self.charge(1)?;
            let mut a = self.read(at(left, 1 + index))?.swap_bytes();
            let mut b = self.read(at(right, 1 + index))?.swap_bytes();
            if shared - 8 * index < 8 {
                let unused = 64 - 8 * (shared - 8 * index);
                (a, b) = (a >> unused, b >> unused);
            }
            if a != b {
                return Ok(a.cmp(&b));
            }
        }
        Ok(left_length.cmp(&right_length))
    }

    /// Whether two strings are equal.
    pub(crate) fn bytes_equal(&mut self, left: u64, right: u64) -> Result<bool, Stop> {
        let length = self.bytes_len(left)?;
        if length != self.bytes_len(right)? {
            return Ok(false);
        }
        if left & right & LANE != 0 {
            self.charge(words_of(length))?;
            let left = self.lane_block(at(left, 1), words_of(length))?;
            let right = self.lane_block(at(right, 1), words_of(length))?;
            return Ok(left.iter().zip(right).all(|(left, right)| left == right));
        }
        for index in 0..words_of(length) {
            self.charge(1)?;
            if self.read(at(left, 1 + index))? != self.read(at(right, 1 + index))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A block in the arena with the bytes of both.
    pub(crate) fn bytes_concat(&mut self, left: u64, right: u64) -> Result<u64, Stop> {
        let (left_length, right_length) = (self.bytes_len(left)?, self.bytes_len(right)?);
        let length = left_length + right_length;
        if length > MAX_BYTES {
            return Err(Stop::Error(ErrorCode::ArenaFull));
        }
        if left_length == 0 {
            return self.bytes_own(right);
        }
        let capacity = words_of(length);
        let joined = self.alloc_arena(1 + capacity)?;
        self.bytes_copy(left, joined, left_length, capacity)?;
        self.write(joined, header(length, capacity))?;
        self.charge(words_of(right_length))?;
        let (skip, shift) = (left_length / 8, 8 * (left_length % 8));
        for index in 0..words_of(right_length) {
            let word = self.read(at(right, 1 + index))?;
            let low = at(joined, 1 + skip + index);
            let kept = if shift == 0 { 0 } else { self.read(low)? };
            self.write(low, kept | word << shift)?;
            if shift != 0 && skip + index + 1 < capacity {
                self.write(at(low, 1), word >> (64 - shift))?;
            }
        }
        Ok(joined)
    }
}
