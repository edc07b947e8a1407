//! The bytes of values that lie in a lane's memory or in the state.

use super::check_room;
use crate::error::Stop;
use crate::list::ListType;
use crate::map::MapType;
use crate::memory::{Memory, Role, at};
use crate::probe::{point, touch};
use crate::sort::merge_sort;
use crate::trap::Trap;
use crate::types::{Kind, Slot, Type, TypeId, TypeTable};

impl<R: Role> Memory<'_, R> {
    /// Appends the bytes of a value to `out`, which may not become longer than `end`.
    #[inline(always)]
    pub(crate) fn encode_body(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        value: u64,
        out: &mut Vec<u8>,
        end: u64,
    ) -> Result<(), Stop> {
        self.charge(1)?;
        if types.has_parts(ty) {
            self.encode_parts(types, ty, value, out, end)?;
            return check_room(out, 0, end);
        }
        self.encode_other(types, ty, value, out, end)
    }

    /// Appends the bytes of a value that is no record or tuple.
    #[inline(never)]
    fn encode_other(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        value: u64,
        out: &mut Vec<u8>,
        end: u64,
    ) -> Result<(), Stop> {
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
            Some(Type::Option { .. }) => {
                let is_some = self.read(value)? != 0;
                out.push(u8::from(is_some));
                if is_some {
                    let content = types.walk(ty).get(1).ok_or(Stop::Trap(Trap::Code))?;
                    self.encode_slot(types, content, value, out, end)?;
                }
            }
            Some(Type::Enum { .. }) => {
                let variant = self.variant_of(types, ty, value)?;
                out.push(variant as u8);
                for slot in types.variant_slots(ty, variant) {
                    let slot = types.walk(ty).get(*slot).ok_or(Stop::Trap(Trap::Code))?;
                    self.encode_slot(types, slot, value, out, end)?;
                }
            }
            Some(Type::Record { .. } | Type::Tuple { .. }) | None => {
                return Err(Trap::Code.into());
            }
        }
        check_room(out, 0, end)
    }

    /// Appends the bytes of the parts of a record or tuple.
    #[inline(never)]
    fn encode_parts(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        value: u64,
        out: &mut Vec<u8>,
        end: u64,
    ) -> Result<(), Stop> {
        let walk = types.walk(ty);
        let mut index = 0;
        while let Some(slot) = walk.get(index) {
            touch(slot);
            index += slot.together();
            let place = at(value, u64::from(slot.offset));
            match slot.kind {
                Kind::Int => {
                    let count = slot.together() as u64;
                    self.charge(count)?;
                    check_room(out, 8 * count, end)?;
                    for index in 0..count {
                        let int = self.read(at(place, index))?;
                        out.extend_from_slice(&int.to_le_bytes());
                    }
                }
                Kind::Bytes | Kind::Text | Kind::Address => {
                    self.charge(1)?;
                    let string = self.read(place)?;
                    self.encode_string(string, out, end)?;
                }
                _ => self.encode_slot(types, slot, value, out, end)?,
            }
        }
        Ok(())
    }

    /// Appends the bytes of one part of the value in place.
    fn encode_slot(
        &mut self,
        types: &TypeTable,
        slot: &Slot,
        value: u64,
        out: &mut Vec<u8>,
        end: u64,
    ) -> Result<(), Stop> {
        touch(slot);
        let content = self.part_at(*slot, value)?;
        self.encode_body(types, slot.ty, content, out, end)
    }

    /// Appends length and bytes of a string.
    #[inline(always)]
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
