//! Lists: elements in place, in segments that never move once the list is large.
//!
//! | header word | content |
//! | --- | --- |
//! | 0 | elements:32, full segments that are allocated:32 (0: one small block) |
//! | 1 | the small block:32, its words:32; or the directory of segments:32, its words:32 |
//!
//! A list of up to [`SEGMENT`] elements lies in one block, which doubles as it grows. A longer one has
//! a directory of segments of [`SEGMENT`] elements each; only the directory doubles. So reading and
//! writing an element cost the same whatever the length, and appending copies a bounded number of
//! words, but for the directory's one word per segment. Addresses in 32 bits are relative to the
//! space, state or arena, in which the list lies.

use crate::error::{ErrorCode, Stop};
use crate::memory::{LANE, Memory, Role, at};
use crate::sort::merge_sort;
use crate::trap::Trap;
use crate::types::{Type, TypeId, TypeTable};
use std::cmp::Ordering;

/// The size in words of a header.
const HEADER: u64 = 2;
/// The number of elements of a segment.
const SEGMENT: u64 = 256;

/// What an operation needs to know of a list's type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListType<'t> {
    pub(crate) types: &'t TypeTable,
    pub(crate) element: TypeId,
}

impl<'t> ListType<'t> {
    /// The parts of a list type.
    pub(crate) fn of(types: &'t TypeTable, ty: TypeId) -> Result<ListType<'t>, Stop> {
        match types.get(ty) {
            Some(Type::List { element }) => Ok(ListType {
                types,
                element: *element,
            }),
            _ => Err(Trap::Code.into()),
        }
    }

    /// The words of an element; at least one, so that elements have addresses of their own.
    fn stride(self) -> u64 {
        u64::from(self.types.width(self.element)).max(1)
    }
}

fn low(word: u64) -> u64 {
    word & 0xffff_ffff
}

fn high(word: u64) -> u64 {
    word >> 32
}

fn pair(low_half: u64, high_half: u64) -> u64 {
    low(low_half) | high_half << 32
}

/// The address of an element of a list that lies where `word` reads.
#[cfg(pasc_threaded)]
#[inline(always)]
fn quick_element(
    word: impl Fn(u64) -> Option<u64>,
    stride: u64,
    list: u64,
    index: u64,
) -> Option<u64> {
    if list == 0 || stride == 0 {
        return None;
    }
    let counts = word(list)?;
    if index >= low(counts) {
        return None;
    }
    let space = list & LANE;
    let block = low(word(at(list, 1))?) | space;
    if high(counts) == 0 {
        return Some(at(block, index * stride));
    }
    let segment = low(word(at(block, index / SEGMENT))?) | space;
    Some(at(segment, index % SEGMENT * stride))
}

/// The word at an address of a lane's own memory, of which `used` is in use.
#[cfg(pasc_threaded)]
#[inline(always)]
fn lane_word(used: &[u64], address: u64) -> Option<u64> {
    used.get((address ^ LANE) as usize).copied()
}

impl<R: Role> Memory<'_, R> {
    /// The number of elements.
    pub(crate) fn list_len(&self, list: u64) -> Result<u64, Stop> {
        if list == 0 {
            Ok(0)
        } else {
            Ok(low(self.read(list)?))
        }
    }

    /// The address of an element.
    pub(crate) fn list_at(&self, ty: ListType, list: u64, index: u64) -> Result<u64, Stop> {
        if list == 0 {
            return Err(Stop::Error(ErrorCode::IndexOutOfRange));
        }
        let counts = self.read(list)?;
        if index >= low(counts) {
            return Err(Stop::Error(ErrorCode::IndexOutOfRange));
        }
        self.slot(ty, list, high(counts), index)
    }

    /// The address of an element, where all that leads to it can be had by [`Memory::peek`].
    #[cfg(pasc_threaded)]
    #[inline(always)]
    pub(crate) fn quick_element(&self, stride: u64, list: u64, index: u64) -> Option<u64> {
        if list & LANE == 0 {
            quick_element(|address| self.peek_state(address), stride, list, index)
        } else {
            self.quick_lane_element(stride, list, index)
        }
    }

    /// [`Memory::quick_element`] for lists in the lane's own memory.
    #[cfg(pasc_threaded)]
    #[inline(always)]
    pub(crate) fn quick_lane_element(&self, stride: u64, list: u64, index: u64) -> Option<u64> {
        let used = self.peek_used()?;
        quick_element(|address| lane_word(used, address), stride, list, index)
    }

    /// A word of an element, as [`Memory::quick_element`].
    #[cfg(pasc_threaded)]
    #[inline(always)]
    pub(crate) fn quick_element_word(
        &self,
        stride: u64,
        list: u64,
        index: u64,
        offset: u64,
    ) -> Option<u64> {
        if list & LANE == 0 {
            let word = |address| self.peek_state(address);
            let element = quick_element(word, stride, list, index)?;
            word(at(element, offset))
        } else {
            let used = self.peek_used()?;
            let word = |address| lane_word(used, address);
            let element = quick_element(word, stride, list, index)?;
            word(at(element, offset))
        }
    }

    /// Appends a word to the list in a place, if both lie in the lane's own memory, the elements are
    /// single words that own nothing, and the last block has room.
    #[cfg(pasc_threaded)]
    #[inline(always)]
    pub(crate) fn quick_push(&mut self, place: u64, value: u64) -> Option<()> {
        let used = self.peek_used()?;
        let list = lane_word(used, place)?;
        let counts = lane_word(used, list)?;
        let block = lane_word(used, at(list, 1))?;
        let (length, segments) = (low(counts), high(counts));
        let slot = if segments == 0 {
            if length >= high(block).min(SEGMENT) {
                return None;
            }
            at(low(block), length)
        } else {
            if length >= segments * SEGMENT || length >= 0xffff_ffff {
                return None;
            }
            let segment = lane_word(used, at(low(block) | LANE, length / SEGMENT))?;
            at(low(segment), length % SEGMENT)
        };
        // As much as the whole meaning takes.
        if self.work.fuel == 0 {
            return None;
        }
        if !self.poke_lane(slot | LANE, value) {
            return None;
        }
        // Read a moment ago, so it can be written.
        self.poke_lane(list, pair(length + 1, segments))
            .then_some(())?;
        self.work.fuel -= 1;
        Some(())
    }

    /// The address of slot `index` of a list with `segments` segments.
    fn slot(&self, ty: ListType, list: u64, segments: u64, index: u64) -> Result<u64, Stop> {
        let space = list & LANE;
        let block = low(self.read(at(list, 1))?) | space;
        if segments == 0 {
            return Ok(at(block, index * ty.stride()));
        }
        let segment = low(self.read(at(block, index / SEGMENT))?) | space;
        Ok(at(segment, index % SEGMENT * ty.stride()))
    }

    /// Appends an empty element to the list that the word at `place` refers to: its address.
    pub(crate) fn list_grow(&mut self, ty: ListType, place: u64) -> Result<u64, Stop> {
        self.charge(1)?;
        let mut list = self.read(place)?;
        if list == 0 {
            list = self.alloc(place, HEADER)?.0;
            self.write(list, 0)?;
            self.write(at(list, 1), 0)?;
            self.write(place, list)?;
            self.check_new(place, list)?;
        }
        let counts = self.read(list)?;
        let (length, mut segments) = (low(counts), high(counts));
        if length == 0xffff_ffff {
            return Err(Stop::Error(ErrorCode::StateFull));
        }
        if segments == 0 {
            segments = self.grow_block(ty, list, length)?;
        } else if length == segments * SEGMENT {
            segments = self.grow_directory(ty, list, segments)?;
        }
        self.write(list, pair(length + 1, segments))?;
        let slot = self.slot(ty, list, segments, length)?;
        (0..ty.stride()).try_for_each(|word| self.write(at(slot, word), 0))?;
        Ok(slot)
    }

    /// Makes room for element `length` of a small list; the number of segments then.
    fn grow_block(&mut self, ty: ListType, list: u64, length: u64) -> Result<u64, Stop> {
        let block = self.read(at(list, 1))?;
        let (address, size) = (low(block) | list & LANE, high(block));
        if (length + 1) * ty.stride() <= size && length < SEGMENT {
            return Ok(0);
        }
        if length < SEGMENT {
            let elements = (2 * length).clamp(4, SEGMENT);
            let (larger, room) = self.alloc(list, elements * ty.stride())?;
            self.list_words(address, larger, length * ty.stride())?;
            if size != 0 {
                self.free(address, size)?;
            }
            self.write(at(list, 1), pair(larger, room))?;
            return Ok(0);
        }
        let segment = if size >= SEGMENT * ty.stride() {
            address
        } else {
            return Err(Trap::Heap.into());
        };
        let (directory, room) = self.alloc(list, 4)?;
        self.write(directory, pair(segment, size))?;
        self.write(at(list, 1), pair(directory, room))?;
        self.add_segment(ty, list, 1)
    }

    /// Adds a segment to a list that has `segments` full ones; their number then.
    fn grow_directory(&mut self, ty: ListType, list: u64, segments: u64) -> Result<u64, Stop> {
        let block = self.read(at(list, 1))?;
        let (address, size) = (low(block) | list & LANE, high(block));
        if segments >= size {
            let (larger, room) = self.alloc(list, 2 * size)?;
            self.list_words(address, larger, segments)?;
            self.free(address, size)?;
            self.write(at(list, 1), pair(larger, room))?;
        }
        self.add_segment(ty, list, segments)
    }

    fn add_segment(&mut self, ty: ListType, list: u64, segments: u64) -> Result<u64, Stop> {
        let directory = low(self.read(at(list, 1))?) | list & LANE;
        let (segment, size) = self.alloc(list, SEGMENT * ty.stride())?;
        self.write(at(directory, segments), pair(segment, size))?;
        Ok(segments + 1)
    }

    fn list_words(&mut self, from: u64, to: u64, count: u64) -> Result<(), Stop> {
        self.charge(count)?;
        for word in 0..count {
            let value = self.read(at(from, word))?;
            self.write(at(to, word), value)?;
        }
        Ok(())
    }

    /// Appends a deep copy of a value.
    pub(crate) fn list_push(&mut self, ty: ListType, place: u64, value: u64) -> Result<(), Stop> {
        let slot = self.list_grow(ty, place)?;
        self.assign(ty.types, ty.element, slot, value)
    }

    /// Removes the elements from `length` on; nothing if there are none.
    pub(crate) fn list_truncate(
        &mut self,
        ty: ListType,
        place: u64,
        length: u64,
    ) -> Result<(), Stop> {
        let list = self.read(place)?;
        let old = self.list_len(list)?;
        for index in (length..old).rev() {
            self.charge(1)?;
            let slot = self.list_at(ty, list, index)?;
            self.release(ty.types, ty.element, slot)?;
        }
        if length < old {
            let counts = self.read(list)?;
            self.write(list, pair(length, high(counts)))?;
        }
        Ok(())
    }

    /// Inserts a deep copy of a value before element `index`; the later ones move up.
    pub(crate) fn list_insert(
        &mut self,
        ty: ListType,
        place: u64,
        index: u64,
        value: u64,
    ) -> Result<(), Stop> {
        let length = self.list_len(self.read(place)?)?;
        if index > length {
            return Err(Stop::Error(ErrorCode::IndexOutOfRange));
        }
        self.list_grow(ty, place)?;
        let list = self.read(place)?;
        for to in (index + 1..=length).rev() {
            self.move_element(ty, list, to - 1, to)?;
        }
        let slot = self.list_at(ty, list, index)?;
        (0..ty.stride()).try_for_each(|word| self.write(at(slot, word), 0))?;
        self.assign(ty.types, ty.element, slot, value)
    }

    /// Removes element `index`; the later ones move down.
    pub(crate) fn list_remove(&mut self, ty: ListType, place: u64, index: u64) -> Result<(), Stop> {
        let list = self.read(place)?;
        let slot = self.list_at(ty, list, index)?;
        self.release(ty.types, ty.element, slot)?;
        let length = self.list_len(list)?;
        for from in index + 1..length {
            self.move_element(ty, list, from, from - 1)?;
        }
        let counts = self.read(list)?;
        self.write(list, pair(length - 1, high(counts)))
    }

    /// Moves the words of an element, and with them what they refer to.
    fn move_element(&mut self, ty: ListType, list: u64, from: u64, to: u64) -> Result<(), Stop> {
        let (from, to) = (self.list_at(ty, list, from)?, self.list_at(ty, list, to)?);
        self.list_words(from, to, ty.stride())
    }

    /// Frees the list that the word at `place` refers to; the place is empty then.
    pub(crate) fn list_free(&mut self, ty: ListType, place: u64) -> Result<(), Stop> {
        let list = self.read(place)?;
        if list == 0 {
            return Ok(());
        }
        if list & LANE == 0 {
            self.list_truncate(ty, place, 0)?;
            let block = self.read(at(list, 1))?;
            for segment in 0..high(self.read(list)?) {
                self.charge(1)?;
                let entry = self.read(at(low(block), segment))?;
                self.free(low(entry), high(entry))?;
            }
            if high(block) != 0 {
                self.free(low(block), high(block))?;
            }
            self.free(list, HEADER)?;
        }
        self.write(place, 0)
    }

    /// Makes the place, which holds nothing to free, refer to a copy of the elements `from..to`.
    pub(crate) fn list_slice(
        &mut self,
        ty: ListType,
        place: u64,
        list: u64,
        from: u64,
        to: u64,
    ) -> Result<(), Stop> {
        if from > to || to > self.list_len(list)? {
            return Err(Stop::Error(ErrorCode::IndexOutOfRange));
        }
        self.write(place, 0)?;
        for index in from..to {
            let item = self.list_at(ty, list, index)?;
            let item = self.value_at(ty.types, ty.element, item)?;
            self.list_push(ty, place, item)?;
        }
        Ok(())
    }

    /// Makes the place, which holds nothing to free, refer to a copy of the list.
    pub(crate) fn list_copy(&mut self, ty: ListType, place: u64, list: u64) -> Result<(), Stop> {
        let length = self.list_len(list)?;
        self.list_slice(ty, place, list, 0, length)
    }

    /// A list in the arena with the elements of both.
    pub(crate) fn list_concat(&mut self, ty: ListType, left: u64, right: u64) -> Result<u64, Stop> {
        let place = self.alloc_arena(1)?;
        self.list_copy(ty, place, left)?;
        for index in 0..self.list_len(right)? {
            let item = self.list_at(ty, right, index)?;
            let item = self.value_at(ty.types, ty.element, item)?;
            self.list_push(ty, place, item)?;
        }
        self.read(place)
    }

    /// A list in the arena with the elements in ascending order; equal ones keep theirs.
    pub(crate) fn list_sorted(&mut self, ty: ListType, list: u64) -> Result<u64, Stop> {
        let start = self.scratch().len();
        for index in 0..self.list_len(list)? {
            self.charge(1)?;
            let item = self.list_at(ty, list, index)?;
            self.scratch().push(item);
        }
        let mut items = std::mem::take(self.scratch());
        let sorted = merge_sort::<Stop>(&mut items, start, |left, right| {
            let left = self.value_at(ty.types, ty.element, left)?;
            let right = self.value_at(ty.types, ty.element, right)?;
            self.charge(1)?;
            Ok(self
                .values_compare(ty.types, ty.element, left, right)?
                .is_le())
        });
        *self.scratch() = items;
        sorted?;
        let place = self.alloc_arena(1)?;
        for index in start..self.scratch().len() {
            let item = self.scratch().get(index).copied().unwrap_or(0);
            let item = self.value_at(ty.types, ty.element, item)?;
            self.list_push(ty, place, item)?;
        }
        self.scratch().truncate(start);
        self.read(place)
    }

    /// The order of two lists, element by element, by the order `compare` of elements.
    pub(crate) fn lists_compare(
        &mut self,
        ty: ListType,
        left: u64,
        right: u64,
        compare: fn(&mut Self, &TypeTable, TypeId, u64, u64) -> Result<Ordering, Stop>,
    ) -> Result<Ordering, Stop> {
        let lengths = (self.list_len(left)?, self.list_len(right)?);
        for index in 0..lengths.0.min(lengths.1) {
            self.charge(1)?;
            let a = self.list_at(ty, left, index)?;
            let a = self.value_at(ty.types, ty.element, a)?;
            let b = self.list_at(ty, right, index)?;
            let b = self.value_at(ty.types, ty.element, b)?;
            let order = compare(self, ty.types, ty.element, a, b)?;
            if order.is_ne() {
                return Ok(order);
            }
        }
        Ok(lengths.0.cmp(&lengths.1))
    }
}
