//! What the machine says to fault injection, in builds without it: nothing.
//!
//! The crate `pasc-vm-probed` compiles the same sources with `cfg(pasc_probe)`; there these calls
//! report steps and touched memory, and can change what they are shown. See `probe/mod.rs`.

use crate::check::Check;

/// A point between two writes of the machine, and what a fault can reach there.
macro_rules! point {
    ($($reach:tt)*) => {};
}
pub(crate) use point;

/// A point that control does not leave by a jump.
macro_rules! rest {
    ($($reach:tt)*) => {};
}
pub(crate) use rest;

/// A copy that is read in place of a part of the first lane.
macro_rules! copied {
    ($copy:ident) => {};
}
pub(crate) use copied;

/// Whether a check is part of this build: asked once it objects. Campaigns take checks out.
#[inline(always)]
pub(crate) const fn keeps(check: Check) -> bool {
    check.is_built()
}

/// Lets the watchdog look at work that writes nothing.
#[inline(always)]
pub(crate) const fn tick() -> Result<(), crate::error::Stop> {
    Ok(())
}

/// Reports that the machine is about to read or write this place.
#[inline(always)]
pub(crate) fn touch<T: ?Sized>(_: &T) {}

/// A word of the state as a fault lets it be seen.
#[inline(always)]
pub(crate) fn seen(word: &u64) -> u64 {
    *word
}

/// What fault injection asks of lanes and copies.
pub(crate) trait Probed {}
impl<T> Probed for T {}
