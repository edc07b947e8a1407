//! The bytes of values in the body of a frame.
//!
//! | type | bytes |
//! | --- | --- |
//! | `int`, `duration` (µs) | 8, little-endian two's complement |
//! | `bool` | 1: 0 or 1 |
//! | `text`, `bytes`, `address` | length in 4 bytes little-endian, then the bytes; text and address are UTF-8, an address has at most 63 bytes |
//! | `list` | number of elements in 4 bytes little-endian, then each |
//! | `set` | number of elements in 4 bytes little-endian, then each, strictly ascending |
//! | `map` | number of entries in 4 bytes little-endian, then key and value of each, keys strictly ascending |
//! | record, tuple | its fields in the order of declaration |
//! | `option` | 1: 0 for none, or 1 and the value |
//! | enum | 1: the number of the variant, then the values that it carries |
//!
//! Every value has one encoding, and the decoders refuse any other, so two processes that agree on a
//! value agree on its bytes. A map decodes into the order of its keys.

mod cursor;
mod decode;
mod encode;
mod host;

use crate::error::{ErrorCode, Stop};

pub use host::{decode_value, encode_value};

/// Whether `more` bytes behind `out` end before `end`.
fn check_room(out: &[u8], more: u64, end: u64) -> Result<(), Stop> {
    if out.len() as u64 + more > end {
        return Err(Stop::Error(ErrorCode::MessageTooLarge));
    }
    Ok(())
}
