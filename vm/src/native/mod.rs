//! The registry of native functions: what programs call that is written in Rust.
//!
//! In: words in a register's representation. Out: a word, or a runtime error. Each lane runs them for
//! itself on its own memory, like every instruction, and pays fuel by the size of what it reads and
//! makes. They look at nothing but their arguments.

mod hash;
mod number;
mod string;

use crate::error::Stop;
use crate::memory::{LANE, Memory, Role, at};
use crate::trap::Trap;
use smallvec::SmallVec;
use std::ops::Range;

/// What a native function takes or gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NativeType {
    /// `int` or `duration`.
    Int,
    /// `bool`
    Bool,
    /// `text`
    Text,
    /// `bytes`
    Bytes,
    /// `text`, `bytes` or `address`.
    Str,
    /// `address`
    Address,
}

/// The greatest number of arguments.
pub const MAX_NATIVE_ARGUMENTS: usize = 3;

macro_rules! natives {
    ($($code:literal $name:ident($($ty:ident),*) -> $result:ident = $module:ident::$method:ident, $meaning:literal;)+) => {
        /// A native function.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u32)]
        pub enum Native { $(#[doc = $meaning] $name = $code,)+ }

        impl Native {
            /// Every row of the table.
            pub const ALL: &[Native] = &[$(Native::$name),+];

            /// The function with this number.
            pub fn from_number(number: u32) -> Option<Native> {
                match number { $($code => Some(Native::$name),)+ _ => None }
            }

            /// The name in listings.
            pub fn name(self) -> &'static str {
                match self { $(Native::$name => stringify!($method),)+ }
            }

            /// The types of the arguments.
            pub fn arguments(self) -> &'static [NativeType] {
                match self { $(Native::$name => &[$(NativeType::$ty),*],)+ }
            }

            /// The type of the value.
            pub fn result(self) -> NativeType {
                match self { $(Native::$name => NativeType::$result,)+ }
            }

            /// The meaning in one line.
            pub fn meaning(self) -> &'static str {
                match self { $(Native::$name => $meaning,)+ }
            }
        }

        /// Runs a function.
        pub(crate) fn run<R: Role>(
            memory: &mut Memory<'_, R>,
            number: u32,
            arguments: [u64; MAX_NATIVE_ARGUMENTS],
        ) -> Result<u64, Stop> {
            match number {
                $($code => $module::$method(memory, arguments),)+
                _ => Err(Trap::Code.into()),
            }
        }
    };
}

natives! {
    0 WrappingAdd(Int, Int) -> Int = number::wrapping_add, "the sum modulo 2^64";
    1 WrappingSub(Int, Int) -> Int = number::wrapping_sub, "the difference modulo 2^64";
    2 WrappingMul(Int, Int) -> Int = number::wrapping_mul, "the product modulo 2^64";
    3 BitAnd(Int, Int) -> Int = number::bit_and, "the bits that both have";
    4 BitOr(Int, Int) -> Int = number::bit_or, "the bits that one has";
    5 BitXor(Int, Int) -> Int = number::bit_xor, "the bits that only one has";
    6 ShiftLeft(Int, Int) -> Int = number::shift_left, "the bits moved up, by 0 to 63 places";
    7 ShiftRight(Int, Int) -> Int = number::shift_right, "the bits moved down, by 0 to 63 places, zeros in front";
    8 IntToText(Int) -> Text = number::int_to_text, "the number in decimal digits";
    9 IsInt(Text) -> Bool = number::is_int, "whether the text is a number in decimal digits that fits";
    10 ParseInt(Text) -> Int = number::parse_int, "the number that the text is, 0 if it is none";
    11 PackBig(Int, Int) -> Bytes = number::pack_big, "the number in so many bytes, the most significant first";
    12 PackLittle(Int, Int) -> Bytes = number::pack_little, "the number in so many bytes, the least significant first";
    13 UnpackBig(Bytes, Int, Int) -> Int = number::unpack_big, "the number without sign in a range of bytes, the most significant first";
    14 UnpackLittle(Bytes, Int, Int) -> Int = number::unpack_little, "the number without sign in a range of bytes, the least significant first";
    15 UnpackSignedBig(Bytes, Int, Int) -> Int = number::unpack_signed_big, "the number with sign in a range of bytes, the most significant first";
    16 UnpackSignedLittle(Bytes, Int, Int) -> Int = number::unpack_signed_little, "the number with sign in a range of bytes, the least significant first";
    17 ByteAt(Bytes, Int) -> Int = number::byte_at, "the byte at the index";

    32 SliceBytes(Bytes, Int, Int) -> Bytes = string::slice_bytes, "the bytes from one index on, without the other";
    33 SliceText(Text, Int, Int) -> Text = string::slice_text, "the text from one byte on, without the other";
    34 StartsWith(Str, Str) -> Bool = string::starts_with, "whether the first begins with the second";
    35 EndsWith(Str, Str) -> Bool = string::ends_with, "whether the first ends with the second";
    36 Find(Str, Str, Int) -> Int = string::find, "the first index, from the third on, at which the second stands in the first; -1 if there is none";
    37 Trim(Text) -> Text = string::trim, "the text without white space at its ends";
    38 ToUpper(Text) -> Text = string::to_upper, "the text with its ASCII letters as capitals";
    39 ToLower(Text) -> Text = string::to_lower, "the text with its ASCII letters small";
    40 IsText(Bytes) -> Bool = string::is_text, "whether the bytes are UTF-8";
    41 ToText(Bytes) -> Text = string::to_text, "the bytes as text, or an error";
    42 ToBytes(Str) -> Bytes = string::to_bytes, "the UTF-8 bytes of the text";
    43 ToHex(Bytes) -> Text = string::to_hex, "two hexadecimal digits for each byte";
    44 IsAddress(Text) -> Bool = string::is_address, "whether the text can be an address";
    45 ToAddress(Text) -> Address = string::to_address, "the text as an address, or an error";
    46 Replace(Text, Text, Text) -> Text = string::replace, "the first text with the third wherever it has the second";
    47 IsHex(Text) -> Bool = string::is_hex, "whether the text is an even number of hexadecimal digits";
    48 FromHex(Text) -> Bytes = string::from_hex, "the bytes of hexadecimal digits, nothing if they are none";

    64 Crc32(Bytes) -> Int = hash::crc32, "CRC-32 (IEEE)";
    65 Sha256(Bytes) -> Bytes = hash::sha256, "SHA-256 (FIPS 180-4), 32 bytes";
    66 HmacSha256(Bytes, Bytes) -> Bytes = hash::hmac_sha256, "HMAC with SHA-256 (RFC 2104) of a key and a message, 32 bytes";
}

/// Bytes on their way; few of them are no matter for the allocator.
type Bytes = SmallVec<[u8; 128]>;

/// The bytes of a string.
fn read<R: Role>(memory: &mut Memory<'_, R>, reference: u64) -> Result<Bytes, Stop> {
    let length = memory.bytes_len(reference)?;
    with_range(memory, reference, 0..length, Bytes::from_slice)
}

/// What `look` makes of a range of the bytes of a string, which the string has: where they lie if they lie
/// in the lane's own memory. It costs what the range holds, whatever the length of the string.
fn with_range<R: Role, T>(
    memory: &mut Memory<'_, R>,
    reference: u64,
    range: Range<u64>,
    look: impl FnOnce(&[u8]) -> T,
) -> Result<T, Stop> {
    let (first, end) = (range.start / 8, range.end.div_ceil(8));
    let words = end.saturating_sub(first);
    memory.charge(words)?;
    let skip = (range.start % 8) as usize;
    let part = skip..skip + range.end.saturating_sub(range.start) as usize;
    let place = at(reference, 1 + first);
    if reference & LANE == 0 || cfg!(target_endian = "big") {
        let mut bytes = Vec::new();
        for index in 0..words {
            bytes.extend_from_slice(&memory.read(at(place, index))?.to_le_bytes());
        }
        return Ok(look(bytes.get(part).unwrap_or(&[])));
    }
    let block = memory.lane_block(place, words)?;
    let bytes = bytemuck::cast_slice::<u64, u8>(block);
    Ok(look(bytes.get(part).unwrap_or(&[])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_few_enough_arguments_and_its_own_number() {
        for native in Native::ALL {
            assert_eq!(Native::from_number(*native as u32), Some(*native));
            assert!(native.arguments().len() <= MAX_NATIVE_ARGUMENTS);
        }
    }
}
