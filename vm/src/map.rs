//! Maps and sets: keyed hash tables in words that remember the order of insertion. A set is a map
//! whose values take no words.
//!
//! The table grows by linear hashing: an insertion splits at most two buckets, so no single message
//! pays for a whole rehash. Entries are blocks of their own that never move; they hang in two lists,
//! the chain of their bucket and the order of insertion. Reading, inserting and removing cost the
//! same whatever the size.
//!
//! | header word | content |
//! | --- | --- |
//! | 0 | entries:32, buckets in use:32 (0 stands for one) |
//! | 1 | first entry:32, last entry:32 |
//! | 2 | one bucket: its chain; up to [`SEGMENT`] words of buckets: their block:32, its words:32; more: the directory of segments:32, its words:32 |
//!
//! | entry word | content |
//! | --- | --- |
//! | 0 | next of the chain:32, hash:32 |
//! | 1 | previous in order:32, next in order:32 |
//! | 2 … | the key, then the value, in place |
//!
//! A bucket is half a word: the address of the first entry of its chain. Addresses in 32 bits are
//! relative to the space, state or arena, in which the map lies; 0 is none.

mod halves;

use crate::error::Stop;
use crate::memory::{LANE, Memory, Role, at};
use crate::state::HASH_KEY;
use crate::trap::Trap;
use crate::types::{Kind, Type, TypeId, TypeTable};
use halves::{bucket_of, high, low, pair, space, whole};

/// The distance in words of an entry's key from the entry.
pub const ENTRY_KEY: u32 = 2;
/// The size in words of a header.
const HEADER: u64 = 3;
/// The size in words of a full segment of buckets.
const SEGMENT: u64 = 512;
/// How many entries a map may have before it gets a second bucket.
const ONE_BUCKET: u64 = 8;

/// The distance in words of an entry's value from the entry.
pub fn entry_value(types: &TypeTable, map: TypeId) -> u32 {
    match types.get(map) {
        Some(Type::Map { key, .. } | Type::Set { element: key }) => ENTRY_KEY + types.width(*key),
        _ => ENTRY_KEY,
    }
}

/// What an operation needs to know of a map's type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapType<'t> {
    pub(crate) types: &'t TypeTable,
    pub(crate) key: TypeId,
    /// `None` in sets.
    pub(crate) value: Option<TypeId>,
    key_kind: Kind,
    key_words: u64,
}

impl<'t> MapType<'t> {
    /// The parts of a map or set type.
    #[inline]
    pub(crate) fn of(types: &'t TypeTable, ty: TypeId) -> Result<MapType<'t>, Stop> {
        let (key, value) = match types.get(ty) {
            Some(Type::Map { key, value }) => (*key, Some(*value)),
            Some(Type::Set { element }) => (*element, None),
            _ => return Err(Trap::Code.into()),
        };
        Ok(MapType {
            types,
            key,
            value,
            key_kind: types.kind(key).ok_or(Trap::Code)?,
            key_words: u64::from(types.width(key)),
        })
    }

    /// The address of an entry's key.
    #[inline]
    pub(crate) fn key_of(self, entry: u64) -> u64 {
        at(entry, u64::from(ENTRY_KEY))
    }

    /// The address of an entry's value.
    #[inline]
    pub(crate) fn value_of(self, entry: u64) -> u64 {
        at(self.key_of(entry), self.key_words)
    }

    fn entry_words(self) -> u64 {
        self.value_of(0)
            + self
                .value
                .map_or(0, |value| u64::from(self.types.width(value)))
    }
}

/// Where a bucket lies.
#[derive(Clone, Copy)]
struct Place {
    /// The address of the word that holds it, and its shift there.
    word: u64,
    shift: u64,
}

/// What a look into a chain gave.
struct Found {
    /// The entry with the key, 0 if there is none.
    entry: u64,
    /// The entry before it, or the last one; 0 if there is none.
    before: u64,
    place: Place,
}

impl<R: Role> Memory<'_, R> {
    /// The number of entries.
    pub(crate) fn map_len(&self, map: u64) -> Result<u64, Stop> {
        if map == 0 {
            Ok(0)
        } else {
            Ok(low(self.read(map)?))
        }
    }

    /// The first entry in the order of insertion, 0 if there is none.
    pub(crate) fn map_first(&self, map: u64) -> Result<u64, Stop> {
        if map == 0 {
            Ok(0)
        } else {
            Ok(whole(low(self.read(at(map, 1))?), space(map)))
        }
    }

    /// The entry after this one in the order of insertion, 0 after the last.
    pub(crate) fn map_next(&self, entry: u64) -> Result<u64, Stop> {
        Ok(whole(high(self.read(at(entry, 1))?), space(entry)))
    }

    /// The entry with this key (in a register's representation), 0 if there is none.
    pub(crate) fn map_find(&mut self, ty: MapType, map: u64, key: u64) -> Result<u64, Stop> {
        if map == 0 {
            return Ok(0);
        }
        let hash = self.hash(ty, key)?;
        Ok(self.chain_find(ty, map, key, hash)?.entry)
    }

    /// Looks for the entry with this key in the chain of its bucket.
    fn chain_find(&mut self, ty: MapType, map: u64, key: u64, hash: u64) -> Result<Found, Stop> {
        let buckets = high(self.read(map)?).max(1);
        let block = self.read(at(map, 2))?;
        let place = self.bucket_place(map, block, buckets, bucket_of(hash, buckets))?;
        let mut before = 0;
        let mut entry = whole(low(self.read(place.word)? >> place.shift), space(map));
        while entry != 0 {
            self.charge(1)?;
            let link = self.read(entry)?;
            if high(link) == hash {
                let known = self.key_at(ty, entry)?;
                if self.keys_equal(ty, known, key)? {
                    break;
                }
            }
            before = entry;
            entry = whole(low(link), space(map));
        }
        Ok(Found {
            entry,
            before,
            place,
        })
    }

    /// The key of an entry, in a register's representation.
    #[inline]
    fn key_at(&self, ty: MapType, entry: u64) -> Result<u64, Stop> {
        if ty.key_kind == Kind::InPlace {
            Ok(ty.key_of(entry))
        } else {
            self.read(ty.key_of(entry))
        }
    }

    #[inline]
    fn keys_equal(&mut self, ty: MapType, left: u64, right: u64) -> Result<bool, Stop> {
        match ty.key_kind {
            Kind::Int | Kind::Bool => Ok(left == right),
            Kind::Bytes | Kind::Text | Kind::Address => self.bytes_equal(left, right),
            _ => self.values_equal(ty.types, ty.key, left, right),
        }
    }

    /// Where a bucket lies, in a map of which `block` is the word that refers to the buckets.
    #[inline(always)]
    fn bucket_place(&self, map: u64, block: u64, buckets: u64, bucket: u64) -> Result<Place, Stop> {
        if buckets == 1 {
            return Ok(Place {
                word: at(map, 2),
                shift: 0,
            });
        }
        let (word, shift) = (bucket / 2, 32 * (bucket % 2));
        let base = whole(low(block), space(map));
        if buckets <= 2 * SEGMENT {
            let word = at(base, word);
            return Ok(Place { word, shift });
        }
        let segment = self.read(at(base, word / SEGMENT))?;
        let word = at(whole(segment, space(map)), word % SEGMENT);
        Ok(Place { word, shift })
    }

    fn set_half(&mut self, word: u64, shift: u64, half: u64) -> Result<(), Stop> {
        let kept = self.read(word)? & !(0xffff_ffff << shift);
        self.write(word, kept | low(half) << shift)
    }

    /// Makes the entry the first of the bucket's chain.
    #[inline]
    fn set_bucket(&mut self, place: Place, entry: u64) -> Result<(), Stop> {
        self.set_half(place.word, place.shift, entry)
    }

    /// The entry with this key in the map that the word at `place` refers to, and whether it is
    /// new. The value of a new entry is empty.
    #[inline]
    pub(crate) fn map_entry(
        &mut self,
        ty: MapType,
        place: u64,
        key: u64,
    ) -> Result<(u64, bool), Stop> {
        let hash = self.hash(ty, key)?;
        let mut map = self.read(place)?;
        if map == 0 {
            map = self.map_new(place)?;
        }
        let found = self.chain_find(ty, map, key, hash)?;
        if found.entry != 0 {
            return Ok((found.entry, false));
        }
        Ok((self.map_insert(ty, map, (key, hash), found.place)?, true))
    }

    /// Makes the place refer to a map without entries: its address.
    #[cold]
    #[inline(never)]
    fn map_new(&mut self, place: u64) -> Result<u64, Stop> {
        let map = self.alloc(place, HEADER)?.0;
        (0..HEADER).try_for_each(|word| self.write(at(map, word), 0))?;
        self.write(place, map)?;
        self.check_new(place, map)?;
        Ok(map)
    }

    /// Adds an entry with a key that the map does not have to the bucket at this place.
    #[inline(never)]
    fn map_insert(
        &mut self,
        ty: MapType,
        map: u64,
        (key, hash): (u64, u64),
        place: Place,
    ) -> Result<u64, Stop> {
        let (entry, _) = self.alloc(map, ty.entry_words())?;
        (2..ty.entry_words()).try_for_each(|word| self.write(at(entry, word), 0))?;
        self.assign(ty.types, ty.key, ty.key_of(entry), key)?;

        let counts = self.read(map)?;
        let chain = low(self.read(place.word)? >> place.shift);
        self.write(entry, pair(chain, hash))?;
        self.set_bucket(place, entry)?;

        let ends = self.read(at(map, 1))?;
        let last = high(ends);
        self.write(at(entry, 1), pair(last, 0))?;
        if last == 0 {
            self.write(at(map, 1), pair(entry, low(entry)))?;
        } else {
            self.set_half(whole(last, space(map)) + 1, 32, entry)?;
            self.write(at(map, 1), pair(ends, low(entry)))?;
        }
        self.write(map, pair(counts.wrapping_add(1), high(counts)))?;
        for _ in 0..2 {
            self.map_grow(map)?;
        }
        Ok(entry)
    }

    /// Adds a bucket if the map has fewer buckets than entries.
    fn map_grow(&mut self, map: u64) -> Result<(), Stop> {
        let counts = self.read(map)?;
        let (entries, buckets) = (low(counts), high(counts).max(1));
        if entries <= ONE_BUCKET || buckets >= entries {
            return Ok(());
        }
        self.make_room(map, buckets)?;
        // The new bucket takes its entries from the one that held its hashes so far.
        let mask = (buckets + 1).next_power_of_two() - 1;
        let block = self.read(at(map, 2))?;
        let from = self.bucket_place(map, block, buckets + 1, buckets & (mask >> 1))?;
        let to = self.bucket_place(map, block, buckets + 1, buckets)?;
        let mut chains = [0, 0];
        let mut entry = whole(low(self.read(from.word)? >> from.shift), space(map));
        while entry != 0 {
            self.charge(1)?;
            let link = self.read(entry)?;
            let goes = usize::from(high(link) & mask == buckets);
            self.write(entry, pair(chains[goes], high(link)))?;
            chains[goes] = low(entry);
            entry = whole(low(link), space(map));
        }
        self.set_bucket(from, chains[0])?;
        self.set_bucket(to, chains[1])?;
        self.write(map, pair(counts, buckets + 1))
    }

    /// Makes the bucket array large enough for bucket number `buckets`.
    fn make_room(&mut self, map: u64, buckets: u64) -> Result<(), Stop> {
        let block = self.read(at(map, 2))?;
        if buckets == 1 {
            let (array, size) = self.alloc(map, 4)?;
            self.write(array, low(block))?;
            (1..size).try_for_each(|word| self.write(at(array, word), 0))?;
            return self.write(at(map, 2), pair(array, size));
        }
        let (array, size) = (whole(low(block), space(map)), high(block));
        if buckets < 2 * SEGMENT {
            if buckets / 2 < size {
                return Ok(());
            }
            let (larger, room) = self.alloc(map, (2 * size).min(SEGMENT))?;
            self.copy_words(array, larger, size)?;
            (size..room).try_for_each(|word| self.write(at(larger, word), 0))?;
            self.free(array, size)?;
            return self.write(at(map, 2), pair(larger, room));
        }
        let segments = buckets / 2 / SEGMENT;
        if !buckets.is_multiple_of(2 * SEGMENT) {
            return Ok(());
        }
        let (mut directory, mut room) = (array, size);
        if buckets == 2 * SEGMENT {
            (directory, room) = self.alloc(map, 2)?;
            self.write(directory, low(array))?;
        } else if segments == size {
            (directory, room) = self.alloc(map, 2 * size)?;
            self.copy_words(array, directory, size)?;
            self.free(array, size)?;
        }
        let (segment, words) = self.alloc(map, SEGMENT)?;
        (0..words).try_for_each(|word| self.write(at(segment, word), 0))?;
        self.write(at(directory, segments), low(segment))?;
        self.write(at(map, 2), pair(directory, room))
    }

    fn copy_words(&mut self, from: u64, to: u64, count: u64) -> Result<(), Stop> {
        self.charge(count)?;
        for word in 0..count {
            let value = self.read(at(from, word))?;
            self.write(at(to, word), value)?;
        }
        Ok(())
    }

    /// Removes the key from the map that the word at `place` refers to; whether it was there.
    pub(crate) fn map_remove(&mut self, ty: MapType, place: u64, key: u64) -> Result<bool, Stop> {
        let map = self.read(place)?;
        if map == 0 {
            return Ok(false);
        }
        let hash = self.hash(ty, key)?;
        let Found {
            entry,
            before,
            place: bucket,
        } = self.chain_find(ty, map, key, hash)?;
        if entry == 0 {
            return Ok(false);
        }
        let counts = self.read(map)?;
        let chain_next = low(self.read(entry)?);
        if before == 0 {
            self.set_bucket(bucket, chain_next)?;
        } else {
            self.set_half(before, 0, chain_next)?;
        }
        let order = self.read(at(entry, 1))?;
        let (previous, next) = (low(order), high(order));
        let ends = self.read(at(map, 1))?;
        let (mut first, mut last) = (low(ends), high(ends));
        if previous == 0 {
            first = next;
        } else {
            self.set_half(whole(previous, space(map)) + 1, 32, next)?;
        }
        if next == 0 {
            last = previous;
        } else {
            self.set_half(whole(next, space(map)) + 1, 0, previous)?;
        }
        self.write(at(map, 1), pair(first, last))?;
        self.write(map, pair(low(counts).wrapping_sub(1), high(counts)))?;
        self.release(ty.types, ty.key, ty.key_of(entry))?;
        if let Some(value) = ty.value {
            self.release(ty.types, value, ty.value_of(entry))?;
        }
        self.free(entry, ty.entry_words())?;
        Ok(true)
    }

    /// Frees the map that the word at `place` refers to, entries and all; the place is empty then.
    pub(crate) fn map_free(&mut self, ty: MapType, place: u64) -> Result<(), Stop> {
        let map = self.read(place)?;
        if map == 0 {
            return Ok(());
        }
        self.write(place, 0)?;
        if space(map) == LANE {
            return Ok(());
        }
        let mut entry = self.map_first(map)?;
        while entry != 0 {
            self.charge(1)?;
            let next = self.map_next(entry)?;
            self.release(ty.types, ty.key, ty.key_of(entry))?;
            if let Some(value) = ty.value {
                self.release(ty.types, value, ty.value_of(entry))?;
            }
            self.free(entry, ty.entry_words())?;
            entry = next;
        }
        let buckets = high(self.read(map)?).max(1);
        if buckets > 1 {
            let block = self.read(at(map, 2))?;
            if buckets > 2 * SEGMENT {
                for segment in 0..buckets.div_ceil(2 * SEGMENT) {
                    let address = self.read(low(block) + segment)?;
                    self.free(address, SEGMENT)?;
                }
            }
            self.free(low(block), high(block))?;
        }
        self.free(map, HEADER)
    }

    /// The keyed hash of a key, 32 bits.
    #[inline(always)]
    fn hash(&mut self, ty: MapType, key: u64) -> Result<u64, Stop> {
        // No message changes them: they are in no log.
        let keys = [self.read_copies(HASH_KEY)?, self.read_copies(HASH_KEY + 1)?];
        let hash = match ty.key_kind {
            Kind::Int | Kind::Bool => mix(keys[0], key, keys[1]),
            _ => self.hash_value(ty.types, ty.key, key, keys, keys[0])?,
        };
        Ok(low(hash ^ hash >> 32))
    }
}

/// One step of the keyed hash: the two halves of a 128-bit product, folded. The constant keeps small
/// keys from being small factors.
#[inline]
pub(crate) fn mix(hash: u64, word: u64, key: u64) -> u64 {
    let factor = (key ^ 0xa076_1d64_78bd_642f) | 1;
    let product = u128::from(hash ^ word) * u128::from(factor);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests;
