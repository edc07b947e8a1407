//! Filling a few words or bytes, as every message does many times.
//!
//! A loop that the compiler does not take for a call of `memset`: for the few words that one message
//! uses the call costs more than the work, and its masked stores make the next read of them wait.

use crate::exec::opaque;

/// Sets all words.
#[inline]
pub(crate) fn fill_words(words: &mut [u64], value: u64) {
    if !words.is_empty() {
        fill_some_words(words, value);
    }
}

#[inline(never)]
fn fill_some_words(words: &mut [u64], value: u64) {
    if words.len() > MANY {
        words.fill(value);
        return;
    }
    let (groups, rest) = words.as_chunks_mut::<GROUP>();
    for group in groups {
        *group = [opaque(value); GROUP];
    }
    for word in rest {
        *word = opaque(value);
    }
}

/// Sets all bytes.
#[inline]
pub(crate) fn fill_bytes(bytes: &mut [u8], value: u8) {
    if !bytes.is_empty() {
        fill_some_bytes(bytes, value);
    }
}

#[inline(never)]
fn fill_some_bytes(bytes: &mut [u8], value: u8) {
    let pattern = u128::from_ne_bytes([value; 16]);
    let Some(last) = bytes.last_chunk_mut::<16>() else {
        for byte in bytes {
            *byte = opaque(u64::from(value)) as u8;
        }
        return;
    };
    // What no whole piece covers; the pieces may cover a part of it once more.
    *last = pattern.to_ne_bytes();
    if bytes.len() > 8 * MANY {
        bytes.fill(value);
        return;
    }
    for piece in bytes.as_chunks_mut::<16>().0 {
        let half = u128::from(opaque(pattern as u64));
        *piece = (half | half << 64).to_ne_bytes();
    }
}

/// How many words are filled at once.
pub(crate) const GROUP: usize = 8;

/// From this many words on the call is worth it.
const MANY: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_filled_and_nothing_else() {
        for length in [0, 1, 7, 8, 9, 127, 128, 129, 1025] {
            let mut words = vec![1; length + 1];
            fill_words(&mut words[..length], 7);
            assert!(words[..length].iter().all(|word| *word == 7) && words[length] == 1);
            let mut bytes = vec![1; length + 1];
            fill_bytes(&mut bytes[..length], 7);
            assert!(bytes[..length].iter().all(|byte| *byte == 7) && bytes[length] == 1);
        }
    }
}
