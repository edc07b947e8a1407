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

mod host;

use crate::error::{ErrorCode, Refusal, Stop};
use crate::frame::{MAX_ADDRESS_BYTES, is_text};
use crate::list::ListType;
use crate::map::MapType;
use crate::memory::{Memory, Role, at};
use crate::probe::{point, touch};
use crate::sort::merge_sort;
use crate::trap::Trap;
use crate::types::{Kind, Slot, Type, TypeId, TypeTable};

pub use host::{decode_value, encode_value};

/// Takes bytes from the front of a body.
struct Cursor<'b> {
    rest: &'b [u8],
}

impl<'b> Cursor<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        touch(taken);
        self.rest = rest;
        Some(taken)
    }

    fn int(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn count(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?) as usize)
    }

    fn bool(&mut self) -> Option<bool> {
        match self.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// The bytes of a string of the type, if they are what the type allows.
    fn string(&mut self, ty: &Type) -> Option<&'b [u8]> {
        let length = self.count()?;
        let bytes = self.take(length)?;
        let allowed = match ty {
            Type::Text => is_text(bytes),
            Type::Address => length <= MAX_ADDRESS_BYTES && is_text(bytes),
            _ => true,
        };
        allowed.then_some(bytes)
    }

    /// The number of a variant.
    fn variant(&mut self, types: &TypeTable, ty: TypeId) -> Option<usize> {
        let variant = usize::from(*self.take(1)?.first()?);
        (variant < types.variants(ty).len()).then_some(variant)
    }

    /// The number of elements or entries of a container, if the remaining bytes can hold them. Those
    /// without bytes, which lists cannot have, cannot ascend, so there is at most one of them.
    fn entries(&mut self) -> Option<usize> {
        let count = self.count()?;
        (count <= self.rest.len().max(1)).then_some(count)
    }
}

fn check_room(out: &[u8], more: u64, end: u64) -> Result<(), Stop> {
    if out.len() as u64 + more > end {
        return Err(Stop::Error(ErrorCode::MessageTooLarge));
    }
    Ok(())
}

impl<R: Role> Memory<'_, R> {
    /// Decodes a body of type `ty` into the arena: the value in a register's representation.
    pub(crate) fn decode_body(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        body: &[u8],
    ) -> Result<u64, Stop> {
        let mut cursor = Cursor { rest: body };
        let place = self.alloc_arena(u64::from(types.width(ty)).max(1))?;
        self.decode_into(types, ty, place, &mut cursor)?;
        if !cursor.rest.is_empty() {
            return Err(Refusal::Body.into());
        }
        self.value_at(types, ty, place)
    }

    fn decode_into(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        place: u64,
        cursor: &mut Cursor,
    ) -> Result<(), Stop> {
        let refused = Stop::Refused(Refusal::Body);
        self.charge(1)?;
        match types.get(ty).ok_or(Stop::Trap(Trap::Code))? {
            Type::Int | Type::Duration => {
                self.write(place, cursor.int().ok_or(refused)?.cast_unsigned())
            }
            Type::Bool => self.write(place, u64::from(cursor.bool().ok_or(refused)?)),
            string @ (Type::Text | Type::Bytes | Type::Address) => {
                let reference = self.bytes_new(cursor.string(string).ok_or(refused)?)?;
                self.write(place, reference)
            }
            Type::List { element } => {
                let list = ListType {
                    types,
                    element: *element,
                };
                for _ in 0..cursor.entries().ok_or(refused)? {
                    let item = self.list_grow(list, place)?;
                    self.decode_into(types, *element, item, cursor)?;
                }
                Ok(())
            }
            Type::Map { key, .. } | Type::Set { element: key } => {
                let map = MapType::of(types, ty)?;
                let mut last: Option<u64> = None;
                let scratch = self.alloc_arena(u64::from(types.width(*key)).max(1))?;
                for _ in 0..cursor.entries().ok_or(refused)? {
                    self.decode_into(types, *key, scratch, cursor)?;
                    let entry_key = self.value_at(types, *key, scratch)?;
                    if let Some(last) = last
                        && self.values_compare(types, *key, last, entry_key)?.is_ge()
                    {
                        return Err(refused);
                    }
                    let (entry, _) = self.map_entry(map, place, entry_key)?;
                    if let Some(value) = map.value {
                        self.decode_into(types, value, map.value_of(entry), cursor)?;
                    }
                    last = Some(self.value_at(types, *key, map.key_of(entry))?);
                }
                Ok(())
            }
            Type::Record { .. } | Type::Tuple { .. } => {
                let mut rest = types.walk(ty);
                while let Some(slot) = rest.first() {
                    self.decode_slot(types, slot, slot.together(), place, cursor)?;
                    rest = rest.get(slot.together()..).unwrap_or(&[]);
                }
                Ok(())
            }
            // The words of what is not there stay 0, as the place is new.
            Type::Option { .. } => {
                let is_some = cursor.bool().ok_or(refused)?;
                self.write(place, u64::from(is_some))?;
                if is_some {
                    let content = types.walk(ty).get(1).ok_or(Stop::Trap(Trap::Code))?;
                    self.decode_slot(types, content, 1, place, cursor)?;
                }
                Ok(())
            }
            Type::Enum { .. } => {
                let variant = cursor.variant(types, ty).ok_or(refused)?;
                self.write(place, variant as u64)?;
                types
                    .variant_slots(ty, variant)
                    .iter()
                    .try_for_each(|slot| {
                        let slot = types.walk(ty).get(*slot).ok_or(Stop::Trap(Trap::Code))?;
                        self.decode_slot(types, slot, 1, place, cursor)
                    })
            }
        }
    }

    /// Decodes a part of the value at `place`; if it is an integer, `count` of them side by side.
    #[inline]
    fn decode_slot(
        &mut self,
        types: &TypeTable,
        slot: &Slot,
        count: usize,
        place: u64,
        cursor: &mut Cursor,
    ) -> Result<(), Stop> {
        touch(slot);
        let place = at(place, u64::from(slot.offset));
        let refused = Stop::Refused(Refusal::Body);
        match slot.kind {
            Kind::Int => {
                self.charge(count as u64)?;
                let bytes = cursor.take(8 * count).ok_or(refused)?;
                self.write_ints(place, bytes)
            }
            Kind::String => {
                self.charge(1)?;
                let ty = types.get(slot.ty).ok_or(Stop::Trap(Trap::Code))?;
                let reference = self.bytes_new(cursor.string(ty).ok_or(refused)?)?;
                self.write(place, reference)
            }
            _ => self.decode_into(types, slot.ty, place, cursor),
        }
    }

    /// Writes integers side by side in the arena.
    #[inline]
    fn write_ints(&mut self, place: u64, bytes: &[u8]) -> Result<(), Stop> {
        for (index, int) in bytes.as_chunks::<8>().0.iter().enumerate() {
            self.write(at(place, index as u64), u64::from_le_bytes(*int))?;
        }
        Ok(())
    }

    /// Appends the bytes of a value to `out`, which may not become longer than `end`.
    pub(crate) fn encode_body(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        value: u64,
        out: &mut Vec<u8>,
        end: u64,
    ) -> Result<(), Stop> {
        self.charge(1)?;
        match types.get(ty) {
            Some(Type::Int | Type::Duration) => out.extend_from_slice(&value.to_le_bytes()),
            Some(Type::Bool) => out.push(value as u8),
            Some(Type::List { element }) => {
                let list = ListType {
                    types,
                    element: *element,
                };
                let count = self.list_len(value)?;
                check_room(out, count, end)?;
                out.extend((count as u32).to_le_bytes());
                for index in 0..count {
                    let item = self.list_at(list, value, index)?;
                    let item = self.value_at(types, *element, item)?;
                    self.encode_body(types, *element, item, out, end)?;
                }
            }
            Some(Type::Text | Type::Bytes | Type::Address) => {
                self.encode_string(value, out, end)?;
            }
            Some(Type::Map { .. } | Type::Set { .. }) => {
                let ty = MapType::of(types, ty)?;
                let count = self.map_len(value)?;
                check_room(out, count, end)?;
                out.extend((count as u32).to_le_bytes());
                let start = self.scratch().len();
                self.sort_entries(ty, value)?;
                for index in start..self.scratch().len() {
                    self.show_scratch()?;
                    let entry = self.scratch().get(index).copied().unwrap_or(0);
                    let key = self.value_at(types, ty.key, ty.key_of(entry))?;
                    self.encode_body(types, ty.key, key, out, end)?;
                    if let Some(value) = ty.value {
                        let content = self.value_at(types, value, ty.value_of(entry))?;
                        self.encode_body(types, value, content, out, end)?;
                    }
                }
                self.show_scratch()?;
                self.scratch().truncate(start);
            }
            Some(Type::Record { .. } | Type::Tuple { .. }) => {
                let mut rest = types.walk(ty);
                while let Some(slot) = rest.first() {
                    self.encode_slot(types, slot, slot.together(), value, out, end)?;
                    rest = rest.get(slot.together()..).unwrap_or(&[]);
                }
            }
            Some(Type::Option { .. }) => {
                let is_some = self.read(value)? != 0;
                out.push(u8::from(is_some));
                if is_some {
                    let content = types.walk(ty).get(1).ok_or(Stop::Trap(Trap::Code))?;
                    self.encode_slot(types, content, 1, value, out, end)?;
                }
            }
            Some(Type::Enum { .. }) => {
                let variant = self.variant_of(types, ty, value)?;
                out.push(variant as u8);
                for slot in types.variant_slots(ty, variant) {
                    let slot = types.walk(ty).get(*slot).ok_or(Stop::Trap(Trap::Code))?;
                    self.encode_slot(types, slot, 1, value, out, end)?;
                }
            }
            None => return Err(Trap::Code.into()),
        }
        check_room(out, 0, end)
    }

    /// Appends the bytes of a part of the value in place; if it is an integer, of `count` of them side by
    /// side.
    #[inline]
    fn encode_slot(
        &mut self,
        types: &TypeTable,
        slot: &Slot,
        count: usize,
        value: u64,
        out: &mut Vec<u8>,
        end: u64,
    ) -> Result<(), Stop> {
        touch(slot);
        match slot.kind {
            Kind::Int => {
                let count = count as u64;
                self.charge(count)?;
                check_room(out, 8 * count, end)?;
                let place = at(value, u64::from(slot.offset));
                out.reserve(8 * count as usize);
                for index in 0..count {
                    out.extend_from_slice(&self.read(at(place, index))?.to_le_bytes());
                }
                Ok(())
            }
            Kind::String => {
                self.charge(1)?;
                let content = self.part_at(*slot, value)?;
                self.encode_string(content, out, end)
            }
            _ => {
                let content = self.part_at(*slot, value)?;
                self.encode_body(types, slot.ty, content, out, end)
            }
        }
    }

    /// Appends length and bytes of a string.
    #[inline]
    fn encode_string(&mut self, string: u64, out: &mut Vec<u8>, end: u64) -> Result<(), Stop> {
        let length = self.bytes_len(string)?;
        check_room(out, 4 + length, end)?;
        out.extend_from_slice(&(length as u32).to_le_bytes());
        self.bytes_read(string, out)
    }

    /// A fault can change what is collected.
    #[inline]
    fn show_scratch(&mut self) -> Result<(), Stop> {
        point!("scratch", |v: &mut crate::probe::Visitor| {
            v.side = R::SIDE;
            v.slice("scratch", &mut self.work.words.scratch);
        });
        Ok(())
    }

    /// Puts the entries of a map into the scratch, in the order of their keys.
    fn sort_entries(&mut self, ty: MapType, map: u64) -> Result<(), Stop> {
        let start = self.scratch().len();
        let mut entry = self.map_first(map)?;
        while entry != 0 {
            self.charge(1)?;
            self.show_scratch()?;
            self.scratch().push(entry);
            entry = self.map_next(entry)?;
        }
        self.show_scratch()?;
        let mut entries = std::mem::take(self.scratch());
        let sorted = merge_sort::<Stop>(&mut entries, start, |left, right| {
            let left = self.value_at(ty.types, ty.key, ty.key_of(left))?;
            let right = self.value_at(ty.types, ty.key, ty.key_of(right))?;
            self.charge(1)?;
            Ok(self.values_compare(ty.types, ty.key, left, right)?.is_le())
        });
        *self.scratch() = entries;
        self.show_scratch()?;
        sorted
    }
}
