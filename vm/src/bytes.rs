//! Byte blocks: how texts, bytes and addresses lie in memory.
//!
//! A block is a header word, `length in bytes:32 capacity in words:32` from the least significant
//! bit up, then the bytes in little-endian words, zeros behind the last byte.

/// The words of a block that holds `bytes` and has no room for more.
pub fn block(bytes: &[u8]) -> Vec<u64> {
    let mut words = Vec::with_capacity(1 + bytes.len().div_ceil(8));
    words.push(header(bytes.len() as u32, bytes.len().div_ceil(8) as u32));
    words.extend(bytes.chunks(8).map(word));
    words
}

/// The header of a block.
pub fn header(length_bytes: u32, capacity_words: u32) -> u64 {
    u64::from(length_bytes) | u64::from(capacity_words) << 32
}

/// Up to eight bytes as a word, zeros behind the last.
pub fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}
