//! Filling a few words or bytes, as every message does many times.
//!
//! A loop that the compiler does not take for a call of `memset`: for the few words that one message
//! uses the call costs more than the work, and its masked stores make the next read of them wait.

use crate::exec::opaque;

/// Sets all words.
#[inline(never)]
pub(crate) fn fill_words(words: &mut [u64], value: u64) {
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
#[inline(never)]
pub(crate) fn fill_bytes(bytes: &mut [u8], value: u8) {
    if bytes.len() > 8 * MANY {
        bytes.fill(value);
        return;
    }
    let pattern = u64::from_ne_bytes([value; 8]);
    let (groups, rest) = bytes.as_chunks_mut::<32>();
    for group in groups {
        let pattern = u128::from(opaque(pattern));
        let (halves, _) = group.as_chunks_mut::<16>();
        for half in halves {
            *half = (pattern | pattern << 64).to_ne_bytes();
        }
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    for word in words {
        *word = opaque(pattern).to_ne_bytes();
    }
    for byte in rest {
        *byte = opaque(u64::from(value)) as u8;
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
