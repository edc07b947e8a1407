//! Filling a few words or bytes, as every message does many times.
//!
//! A loop that the compiler does not take for a call of `memset`: for the few words that one message
//! uses the call costs more than the work, and its masked stores make the next read of them wait.

use crate::exec::{black_box, opaque};

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

/// Overwrites all bytes of a buffer and forgets them. A length that was hit must not write over what lies
/// behind the buffer, which may be both copies of the state.
pub(crate) fn drop_bytes(bytes: &mut Vec<u8>, value: u8) {
    bytes.truncate(black_box(bytes.capacity()));
    fill_bytes(bytes, value);
    bytes.clear();
}

/// Gives a lane's buffer room for more bytes.
///
/// What it holds is copied by a loop of its own into poison: the one function of the system that copies for
/// both lanes could leave out the same bytes in both, once its address was hit.
#[inline]
pub(crate) fn make_room(bytes: &mut Vec<u8>, more: usize, poison: u8) {
    if bytes.capacity().wrapping_sub(bytes.len()) < more {
        move_bytes(bytes, more, poison);
    }
}

#[cold]
#[inline(never)]
fn move_bytes(bytes: &mut Vec<u8>, more: usize, poison: u8) {
    let length = bytes.len();
    let mut room = vec![poison; (length + more).next_power_of_two()];
    for (to, from) in room.iter_mut().zip(bytes.iter()) {
        *to = opaque(u64::from(*from)) as u8;
    }
    room.truncate(length);
    *bytes = room;
}

/// As much poison as is asked for, behind words that are copied by a loop of its own; nothing if there is
/// no memory.
pub(crate) fn longer(words: &[u64], length: usize, poison: u64) -> Option<Vec<u64>> {
    let mut room = Vec::new();
    room.try_reserve_exact(length).ok()?;
    room.resize(length, poison);
    for (to, from) in room.iter_mut().zip(words) {
        *to = opaque(*from);
    }
    Some(room)
}

/// The same elements with room for more.
///
/// They are moved one by one: the functions of the system that fill and copy for both lanes could leave in both
/// what the memory held before, once their address was hit.
pub(crate) fn moved<T>(elements: &[T], room: usize, element: impl Fn(&T) -> T) -> Vec<T> {
    let mut moved = Vec::with_capacity(room);
    for from in elements {
        moved.push(element(from));
    }
    moved
}

/// Makes a table longer, by zeros, as [`moved`] moves.
pub(crate) fn lengthen(table: &mut Vec<u32>, length: usize) {
    let number = |of: &u32| opaque(u64::from(*of)) as u32;
    if table.capacity() < length {
        *table = moved(table, length.max(2 * table.len()), number);
    }
    while table.len() < length {
        table.push(number(&0));
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
    fn a_buffer_that_moves_keeps_what_it_holds() {
        let mut bytes = vec![1, 2, 3];
        make_room(&mut bytes, 500, 9);
        assert!(bytes == [1, 2, 3] && bytes.capacity() >= 503);
        let at = bytes.as_ptr();
        make_room(&mut bytes, 400, 9);
        assert_eq!(bytes.as_ptr(), at);
        assert_eq!(longer(&[4, 5], 4, 7), Some(vec![4, 5, 7, 7]));
        drop_bytes(&mut bytes, 8);
        assert!(bytes.is_empty());
        let mut table = vec![6];
        lengthen(&mut table, 3);
        assert_eq!(table, [6, 0, 0]);
        lengthen(&mut table, 2);
        assert_eq!(table, [6, 0, 0]);
    }

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
