//! Half words, short addresses and the buckets of hashes.

use crate::memory::LANE;

#[inline]
pub(super) fn low(word: u64) -> u64 {
    word & 0xffff_ffff
}

#[inline]
pub(super) fn high(word: u64) -> u64 {
    word >> 32
}

#[inline]
pub(super) fn pair(low_half: u64, high_half: u64) -> u64 {
    low(low_half) | high_half << 32
}

/// The space bit of an address.
#[inline]
pub(super) fn space(address: u64) -> u64 {
    address & LANE
}

/// A short address as a whole one; 0 stays 0.
#[inline]
pub(super) fn whole(short: u64, space: u64) -> u64 {
    if short == 0 { 0 } else { short | space }
}

/// The bucket of a hash among `buckets`.
#[inline]
pub(super) fn bucket_of(hash: u64, buckets: u64) -> u64 {
    let mask = buckets.next_power_of_two() - 1;
    let bucket = hash & mask;
    if bucket < buckets {
        bucket
    } else {
        bucket & (mask >> 1)
    }
}
