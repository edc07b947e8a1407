//! The allocator of the state's memory.
//!
//! Free blocks hang in lists by size class, linked through their first word; what no list has comes
//! from the upper end. The list heads and the upper end are words of the state, so that the
//! allocator is checked, logged and committed like every variable. A block knows neither its size nor
//! that it is allocated: its owner does, from its type or its header.
//!
//! Sizes up to 32 words are classes of their own; above, each doubling has four classes, so that at
//! most a fifth of a block is unused.

use crate::error::{ErrorCode, Stop};
use crate::exec::black_box;
use crate::memory::{LANE, Memory, Role};
use crate::state::{FREE_LISTS, ROOT, TOP};
use crate::trap::Trap;

/// The sizes that are classes of their own.
const EXACT: u64 = 32;
/// The number of classes: 32 exact ones, and four for each doubling up to 2^32 words.
pub(crate) const CLASSES: u64 = EXACT + 4 * 27;

const _: () = assert!(FREE_LISTS + CLASSES <= ROOT as u64);

/// The smallest class whose blocks have `size` words, and the size of its blocks.
fn class_of(size: u64) -> (u64, u64) {
    if size <= EXACT {
        return (size.max(1) - 1, size.max(1));
    }
    // size lies in (2^power, 2^(power + 1)], which is cut into four.
    let power = 63 - u64::from((size - 1).leading_zeros());
    let step = 1 << (power - 2);
    let quarter = (size - 1 - (1 << power)) / step;
    (
        EXACT + 4 * (power - 5) + quarter,
        (1 << power) + (quarter + 1) * step,
    )
}

impl<R: Role> Memory<'_, R> {
    /// A block of at least `size` words where `near` lies, state or arena: address and true size.
    /// Its words are undefined in the state, 0 in the arena.
    pub(crate) fn alloc(&mut self, near: u64, size: u64) -> Result<(u64, u64), Stop> {
        if near & LANE != 0 {
            return Ok((self.alloc_arena(size)?, size));
        }
        if size >= 1 << 32 {
            return Err(Stop::Error(ErrorCode::StateFull));
        }
        self.charge(1)?;
        let (class, size) = class_of(size);
        let list = FREE_LISTS + class;
        let head = self.read(list)?;
        if head != 0 {
            let next = self.read(head)?;
            self.write(list, next)?;
            return Ok((head, size));
        }
        let start = self.read(TOP)?;
        let end = start.checked_add(size).ok_or(Stop::Trap(Trap::Heap))?;
        if end > self.limits().state_words {
            return Err(Stop::Error(ErrorCode::StateFull));
        }
        self.write(TOP, end)?;
        Ok((start, size))
    }

    /// Whether the place refers to what was made there, and that is empty. Words that went to the other lane's
    /// memory would have emptied what lies there and left this lane's place as it was, empty as well.
    #[cold]
    #[inline(never)]
    pub(crate) fn check_new(&mut self, place: u64, made: u64) -> Result<(), Stop> {
        let memory = black_box(self);
        if memory.read(place)? != made || memory.read(made)? != 0 {
            return Err(Trap::Address.into());
        }
        Ok(())
    }

    /// Gives back a block of `size` words, the true size. Blocks of the arena stay until its end.
    pub(crate) fn free(&mut self, block: u64, size: u64) -> Result<(), Stop> {
        if block & LANE != 0 {
            return Ok(());
        }
        self.charge(1)?;
        let (class, true_size) = class_of(size);
        if block < u64::from(ROOT) || true_size != size || class >= CLASSES {
            return Err(Trap::Heap.into());
        }
        let list = FREE_LISTS + class;
        let head = self.read(list)?;
        self.write(block, head)?;
        self.write(list, block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_their_sizes_and_grow_in_order() {
        let mut last = (0, 1);
        for size in (1..5000).chain([1 << 20, (1 << 20) + 1, (1 << 31) + 7, (1 << 32) - 1]) {
            let (class, rounded) = class_of(size);
            assert!(
                rounded >= size && rounded - size <= size / 4,
                "{size} {rounded}"
            );
            assert_eq!(class_of(rounded), (class, rounded), "{size}");
            assert!(class < CLASSES && (class, rounded) >= last, "{size}");
            last = (class, rounded);
        }
    }
}
