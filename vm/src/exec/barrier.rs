//! A barrier that the optimiser cannot see through, and that costs no instruction.
//!
//! After a compare of two values the optimiser knows them equal and goes on with one; behind the
//! barrier it knows nothing. `std::hint::black_box` does the same by way of memory, and a local
//! variable in memory keeps an instruction from ending in a jump to the next.

#![cfg_attr(pasc_threaded, allow(unsafe_code))]

/// The same value by way of memory; what the optimiser knew of it is forgotten.
#[cfg(not(pasc_without = "barriers"))]
pub(crate) use std::hint::black_box;

/// The same value, in a build without barriers.
#[cfg(pasc_without = "barriers")]
#[inline(always)]
pub(crate) fn black_box<T>(value: T) -> T {
    value
}

/// The same number; what the optimiser knew of it is forgotten.
#[cfg(pasc_threaded)]
#[inline(always)]
pub(crate) fn opaque(mut number: u64) -> u64 {
    if cfg!(pasc_without = "barriers") {
        return number;
    }
    // SAFETY: an empty text touches no memory, no stack, no flags, and leaves the register as it is.
    unsafe {
        std::arch::asm!("/* opaque {0} */", inout(reg) number, options(nomem, nostack, preserves_flags));
    }
    number
}

/// The same number; what the optimiser knew of it is forgotten.
#[cfg(not(pasc_threaded))]
#[inline]
pub(crate) fn opaque(number: u64) -> u64 {
    std::hint::black_box(number)
}

/// Clears the direction flag: with a flipped one string instructions, as in copies of memory, would go
/// downwards, alike in both lanes. Called where phases begin and where an instruction calls out.
#[inline(always)]
pub(crate) fn clear_direction() {
    // SAFETY: the instruction touches no memory and no stack, and leaves the flag as Rust wants it.
    #[cfg(all(pasc_threaded, not(pasc_without = "direction")))]
    unsafe {
        std::arch::asm!("cld", options(nomem, nostack));
    }
}

/// The same number, made only where control comes by: a choice between this and another number must
/// be a branch, which the processor foresees, and not a conditional move, for which it waits.
#[inline(always)]
pub(crate) fn by_branch(number: u32) -> u32 {
    if cfg!(pasc_threaded) {
        opaque(u64::from(number)) as u32
    } else {
        number
    }
}
