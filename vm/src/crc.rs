//! CRC-32 (IEEE) of the few dozen bytes that a record or a frame has.
//!
//! In: any bytes. Out: what `crc32fast` gives, which does all work where the processor cannot multiply
//! without carries, and for bytes that are very few or many. In between it goes byte by byte through
//! tables for what is no multiple of 16; here the remainder comes first, behind zeros, which change no
//! remainder, and all blocks are folded alike.

#![cfg_attr(target_arch = "x86_64", allow(unsafe_code))]

/// The CRC of the bytes.
#[inline]
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if (folding::BLOCK..=folding::MOST).contains(&bytes.len())
        && std::arch::is_x86_feature_detected!("pclmulqdq")
    {
        // SAFETY: the processor has the instruction.
        return unsafe { folding::crc32(bytes) };
    }
    crc32fast::hash(bytes)
}

#[cfg(target_arch = "x86_64")]
mod folding {
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi32,
        _mm_set_epi64x, _mm_srli_si128, _mm_xor_si128,
    };

    /// The bytes that are folded at once; no fewer are taken.
    pub(super) const BLOCK: usize = 16;
    /// From more bytes on it is worth it to fold several blocks side by side.
    pub(super) const MOST: usize = 512;

    /// The remainders, bits reversed, of x^(128+32), x^(128-32), x^64; the polynomial; x^64 divided by it.
    const FAR: i64 = 0x1_7519_97d0;
    const NEAR: i64 = 0x0_ccaa_009e;
    const HALF: i64 = 0x1_63cd_6124;
    const POLYNOMIAL: i64 = 0x1_db71_0641;
    const QUOTIENT: i64 = 0x1_f701_1641;

    fn register(block: u128) -> __m128i {
        // SAFETY: baseline instructions of the architecture; no memory is touched.
        unsafe { _mm_set_epi64x((block >> 64) as i64, block as i64) }
    }

    /// The CRC of at least [`BLOCK`] bytes; 0 of fewer.
    #[target_feature(enable = "pclmulqdq")]
    pub(super) fn crc32(bytes: &[u8]) -> u32 {
        let remainder = bytes.len() % BLOCK;
        let Some(first) = bytes.first_chunk::<BLOCK>() else {
            return 0;
        };
        // The first four bytes are inverted, wherever they stand in the first one or two blocks.
        const INVERTED: u128 = 0xffff_ffff;
        let head = (u128::from_le_bytes(*first) ^ INVERTED) << (8 * (BLOCK - 1 - remainder)) << 8;
        let mut inverted = register(INVERTED >> (8 * remainder));
        let factors = _mm_set_epi64x(NEAR, FAR);
        let mut folded = register(head);
        let (blocks, _) = bytes[remainder..].as_chunks::<BLOCK>();
        for block in blocks {
            let low = _mm_clmulepi64_si128(folded, factors, 0x00);
            let high = _mm_clmulepi64_si128(folded, factors, 0x11);
            let next = _mm_xor_si128(register(u128::from_le_bytes(*block)), inverted);
            folded = _mm_xor_si128(_mm_xor_si128(low, high), next);
            inverted = register(0);
        }
        reduce(folded, factors)
    }

    /// The remainder of 128 bits.
    #[target_feature(enable = "pclmulqdq")]
    fn reduce(folded: __m128i, factors: __m128i) -> u32 {
        let low_words = _mm_set_epi32(0, !0, 0, !0);
        let near = _mm_clmulepi64_si128(folded, factors, 0x10);
        let folded = _mm_xor_si128(_mm_srli_si128(folded, 8), near);
        let half = _mm_set_epi64x(0, HALF);
        let low = _mm_clmulepi64_si128(_mm_and_si128(folded, low_words), half, 0x00);
        let folded = _mm_xor_si128(_mm_srli_si128(folded, 4), low);
        let division = _mm_set_epi64x(QUOTIENT, POLYNOMIAL);
        let quotient = _mm_clmulepi64_si128(_mm_and_si128(folded, low_words), division, 0x10);
        let product = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), division, 0x00);
        let remainder = _mm_cvtsi128_si64(_mm_xor_si128(folded, product));
        !((remainder.cast_unsigned() >> 32) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_crc_of_every_length() {
        let bytes: Vec<u8> = (0..700u32).map(|n| (n * n / 3 + n) as u8).collect();
        for length in 0..600 {
            for start in [0, 1, 7, 100] {
                let bytes = &bytes[start..start + length];
                assert_eq!(crc32(bytes), crc32fast::hash(bytes), "{length} bytes");
            }
        }
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn every_bit_counts() {
        let bytes = [0x5a; 37];
        let right = crc32(&bytes);
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(crc32(&flipped), right, "bit {bit}");
        }
    }
}
