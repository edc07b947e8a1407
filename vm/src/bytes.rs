//! Byte blocks: how texts, bytes and addresses lie in memory.
//!
//! A block is a header word, `length in bytes:32 capacity in words:32` from the least significant
//! bit up, then the bytes in little-endian words, zeros behind the last byte. A reference is the
//! block's address; 0 refers to the empty string. Blocks of the arena and the fixed area never
//! change, so they can be shared; a block of the state has one owner and is reused in place.

use crate::error::{ErrorCode, Stop};
use crate::exec::opaque;
use crate::memory::{LANE, Memory, Role, at};
use crate::probe::{point, touch};
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
#[inline(always)]
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

/// Appends the first `length` bytes of the words, which hold no fewer.
#[inline(always)]
fn append_words(words: &[u64], length: usize, out: &mut Vec<u8>) {
    let end = out.len() + length;
    out.reserve(8 * words.len());
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.truncate(end);
}

#[inline]
fn words_of(length: u64) -> u64 {
    length.div_ceil(8)
}

/// The byte at an index of a block that lies where `word` reads.
#[cfg(pasc_threaded)]
#[inline(always)]
fn quick_byte(word: impl Fn(u64) -> Option<u64>, block: u64, index: u64) -> Option<u64> {
    if index >= word(block)? & 0xffff_ffff {
        return None;
    }
    let eight = word(at(block, 1 + index / 8))?;
    Some(eight >> (8 * (index % 8)) & 0xff)
}

impl<R: Role> Memory<'_, R> {
    /// The length in bytes.
    #[inline]
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

    /// The byte at an index, or an error.
    pub(crate) fn byte_at(&self, reference: u64, index: u64) -> Result<u64, Stop> {
        if index >= self.bytes_len(reference)? {
            return Err(Stop::Error(ErrorCode::IndexOutOfRange));
        }
        self.byte(reference, index)
    }

    /// The byte at an index, where it can be had by [`Memory::peek`].
    #[cfg(pasc_threaded)]
    #[inline(always)]
    pub(crate) fn quick_byte(&self, reference: u64, index: u64) -> Option<u64> {
        if reference & LANE == 0 {
            quick_byte(|address| self.peek_state(address), reference, index)
        } else {
            let used = self.peek_used()?;
            let word = |address: u64| used.get((address ^ LANE) as usize).copied();
            quick_byte(word, reference, index)
        }
    }

    /// Appends the bytes to `out`.
    #[inline(always)]
    pub(crate) fn bytes_read(&mut self, reference: u64, out: &mut Vec<u8>) -> Result<(), Stop> {
        if reference & LANE != 0 {
            let (words, length) = self.lane_string(reference)?;
            append_words(words, length as usize, out);
            return self.charge(words_of(length));
        }
        let length = self.bytes_len(reference)?;
        self.charge(words_of(length))?;
        self.read_from_state(reference, length, out)
    }

    #[inline(never)]
    fn read_from_state(
        &mut self,
        reference: u64,
        length: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        for index in 0..words_of(length) {
            let word = self.read(at(reference, 1 + index))?.to_le_bytes();
            let take = (length - 8 * index).min(8) as usize;
            out.extend_from_slice(&word[..take]);
        }
        Ok(())
    }

    /// A block in the arena with these bytes.
    #[inline(never)]
    pub(crate) fn bytes_new(&mut self, bytes: &[u8]) -> Result<u64, Stop> {
        self.new_bytes(bytes)
    }

    /// [`Memory::bytes_new`] without a call, where every message comes by.
    #[inline(always)]
    pub(crate) fn new_bytes(&mut self, bytes: &[u8]) -> Result<u64, Stop> {
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
        let (whole, last) = places.split_at_mut(chunks.len().min(places.len()));
        for (chunk, place) in chunks.iter().zip(whole) {
            // A loop that is not made wide: most strings are a word or two.
            *place = opaque(u64::from_le_bytes(*chunk));
        }
        if let Some(place) = last.first_mut() {
            *place = short_word(rest);
        }
        Ok(reference)
    }

    /// The words and the length in bytes of a string of the lane's own memory.
    #[inline(always)]
    #[cfg_attr(not(pasc_probe), expect(unused_mut, reason = "a fault can change it"))]
    fn lane_string(&self, reference: u64) -> Result<(&[u64], u64), Stop> {
        let words = &self.work.words;
        touch(&words.top);
        touch(&words.words);
        let start = (reference ^ LANE) as usize;
        let used = words.used();
        let first = used.get(start).ok_or(Trap::Address)?;
        touch(first);
        let mut first = *first;
        point!("read", |v: &mut crate::probe::Visitor| {
            v.side = R::SIDE;
            v.local("value.read", &mut first);
        });
        let length = first & 0xffff_ffff;
        let end = start + 1 + words_of(length) as usize;
        let block = used.get(start + 1..end).ok_or(Trap::Address)?;
        touch(block);
        Ok((block, length))
    }

    /// Whether a string of the lane's own memory consists of these bytes.
    #[inline(always)]
    pub(crate) fn is_bytes(&mut self, reference: u64, bytes: &[u8]) -> Result<bool, Stop> {
        let length = bytes.len() as u64;
        let (words, known) = self.lane_string(reference)?;
        if known != length {
            return Ok(false);
        }
        let (chunks, rest) = bytes.as_chunks::<8>();
        let (whole, last) = words.split_at(chunks.len().min(words.len()));
        let mut different = 0;
        for (chunk, word) in chunks.iter().zip(whole) {
            different |= opaque(u64::from_le_bytes(*chunk) ^ word);
        }
        if let Some(word) = last.first() {
            different |= short_word(rest) ^ word;
        }
        self.charge(words_of(length))?;
        Ok(different == 0)
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
    #[inline]
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
        if right_length == 0 {
            return self.bytes_own(left);
        }
        if left & right & LANE != 0 {
            return self.concat_lane((left, left_length), (right, right_length));
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

    /// [`Memory::bytes_concat`] of two strings of the lane's own memory, neither of which is empty.
    fn concat_lane(
        &mut self,
        (left, left_length): (u64, u64),
        (right, right_length): (u64, u64),
    ) -> Result<u64, Stop> {
        let length = left_length + right_length;
        self.charge(words_of(left_length) + words_of(right_length))?;
        let (joined, block) = self.take_arena(1 + words_of(length))?;
        let size = block.len();
        let memory = self.work.words.words_mut();
        let (before, block) = memory
            .split_at_mut_checked((joined ^ LANE) as usize)
            .ok_or(Trap::Address)?;
        let words = |reference: u64, length: u64| {
            let start = (reference ^ LANE) as usize + 1;
            let words = before.get(start..start + words_of(length) as usize);
            words.inspect(|words| touch(*words)).ok_or(Trap::Address)
        };
        let (left, right) = (words(left, left_length)?, words(right, right_length)?);
        let Some((first, places)) = block
            .get_mut(..size)
            .and_then(|block| block.split_first_mut())
        else {
            return Err(Trap::Address.into());
        };
        *first = header(length, words_of(length));
        // Loops that are not made wide or a call: as in `new_bytes`.
        for (word, place) in left.iter().zip(&mut *places) {
            *place = opaque(*word);
        }
        let (skip, shift) = (left_length / 8, 8 * (left_length % 8));
        let places = places.get_mut(skip as usize..).unwrap_or_default();
        if shift == 0 {
            for (word, place) in right.iter().zip(places) {
                *place = opaque(*word);
            }
            return Ok(joined);
        }
        // What of each word goes on in the next; zeros behind the last byte.
        let mut over = places.first().copied().unwrap_or(0);
        let mut places = places.iter_mut();
        for (word, place) in right.iter().zip(&mut places) {
            *place = opaque(over | word << shift);
            over = word >> (64 - shift);
        }
        if let Some(place) = places.next() {
            *place = over;
        }
        Ok(joined)
    }
}
