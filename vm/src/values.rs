//! What every type can do, by walking over its structure: copy, free, compare, hash.
//!
//! A value comes in the representation of a register: the word itself, a reference, or for records
//! the address where it stands. A walk goes no deeper than [`crate::types::MAX_TYPE_DEPTH`].

use crate::error::Stop;
use crate::list::ListType;
use crate::map::{MapType, mix};
use crate::memory::{LANE, Memory, Role, at};
use crate::probe::touch;
use crate::trap::Trap;
use crate::types::{Kind, Slot, Type, TypeId, TypeTable};
use crate::value::Value;
use std::cmp::Ordering;

impl<R: Role> Memory<'_, R> {
    /// The representation of the value of type `ty` that stands at `address`.
    #[inline]
    pub(crate) fn value_at(
        &self,
        types: &TypeTable,
        ty: TypeId,
        address: u64,
    ) -> Result<u64, Stop> {
        if types.is_in_place(ty) {
            Ok(address)
        } else {
            self.read(address)
        }
    }

    /// The part of a value in place that stands at `base`.
    #[inline]
    pub(crate) fn part_at(&self, slot: Slot, base: u64) -> Result<u64, Stop> {
        let address = at(base, u64::from(slot.offset));
        if slot.kind == Kind::InPlace {
            Ok(address)
        } else {
            self.read(address)
        }
    }

    /// Calls `visit` for each part of a value in place: the part, and its distance. Costs a step each,
    /// so that one instruction on a large record is no way around the fuel.
    #[inline]
    fn for_parts(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        mut visit: impl FnMut(&mut Self, Slot, u64) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let parts = types.walk(ty);
        self.charge(parts.len() as u64)?;
        for slot in parts {
            touch(slot);
            visit(self, *slot, u64::from(slot.offset))?;
        }
        Ok(())
    }

    /// Makes the place hold a deep copy of the value. What it held is freed or reused.
    pub(crate) fn assign(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        place: u64,
        value: u64,
    ) -> Result<(), Stop> {
        match types.kind(ty) {
            Some(Kind::Int | Kind::Bool) => self.write(place, value),
            Some(Kind::Bytes | Kind::Text | Kind::Address) => self.bytes_assign(place, value),
            Some(Kind::Container) => self.assign_container(types, ty, place, value),
            Some(Kind::InPlace) => self.for_parts(types, ty, |memory, slot, offset| {
                let part = memory.part_at(slot, value)?;
                match slot.kind {
                    Kind::Int | Kind::Bool => memory.write(at(place, offset), part),
                    Kind::Bytes | Kind::Text | Kind::Address => {
                        memory.bytes_assign(at(place, offset), part)
                    }
                    _ => memory.assign(types, slot.ty, at(place, offset), part),
                }
            }),
            None => Err(Trap::Code.into()),
        }
    }

    #[inline(never)]
    fn assign_container(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        place: u64,
        value: u64,
    ) -> Result<(), Stop> {
        if let Some(Type::List { element }) = types.get(ty) {
            let ty = ListType {
                types,
                element: *element,
            };
            if self.read(place)? == value && value & LANE == 0 {
                return Ok(());
            }
            self.list_free(ty, place)?;
            return self.list_copy(ty, place, value);
        }
        let ty = MapType::of(types, ty)?;
        if self.read(place)? == value {
            return if value & LANE == 0 {
                Ok(())
            } else {
                self.map_copy(ty, place, value)
            };
        }
        self.map_free(ty, place)?;
        self.map_copy(ty, place, value)
    }

    /// Makes the place, which holds nothing to free, refer to a copy of the map.
    fn map_copy(&mut self, ty: MapType, place: u64, map: u64) -> Result<(), Stop> {
        self.write(place, 0)?;
        let mut entry = self.map_first(map)?;
        while entry != 0 {
            let key = self.value_at(ty.types, ty.key, ty.key_of(entry))?;
            let (new, _) = self.map_entry(ty, place, key)?;
            if let Some(content) = ty.value {
                let value = self.value_at(ty.types, content, ty.value_of(entry))?;
                self.assign(ty.types, content, ty.value_of(new), value)?;
            }
            entry = self.map_next(entry)?;
        }
        Ok(())
    }

    /// A deep copy of the value in the arena, in a register's representation.
    pub(crate) fn own(&mut self, types: &TypeTable, ty: TypeId, value: u64) -> Result<u64, Stop> {
        match types.get(ty) {
            Some(Type::Int | Type::Bool | Type::Duration) => Ok(value),
            Some(Type::Text | Type::Bytes | Type::Address) => self.bytes_own(value),
            Some(_) => {
                let place = self.alloc_arena(u64::from(types.width(ty)))?;
                self.assign(types, ty, place, value)?;
                self.value_at(types, ty, place)
            }
            None => Err(Trap::Code.into()),
        }
    }

    /// Frees what the value at `place` refers to; references there become empty.
    pub(crate) fn release(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        place: u64,
    ) -> Result<(), Stop> {
        match types.get(ty) {
            Some(Type::Int | Type::Bool | Type::Duration) => Ok(()),
            Some(Type::Text | Type::Bytes | Type::Address) => self.bytes_free(place),
            Some(Type::List { element }) => self.list_free(
                ListType {
                    types,
                    element: *element,
                },
                place,
            ),
            Some(Type::Map { .. } | Type::Set { .. }) => {
                self.map_free(MapType::of(types, ty)?, place)
            }
            Some(
                Type::Record { .. } | Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. },
            ) => self.for_parts(types, ty, |memory, slot, offset| {
                memory.release(types, slot.ty, at(place, offset))
            }),
            None => Err(Trap::Code.into()),
        }
    }

    /// Whether two values are equal. The order of maps does not count.
    pub(crate) fn values_equal(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        left: u64,
        right: u64,
    ) -> Result<bool, Stop> {
        match types.get(ty) {
            Some(Type::Int | Type::Bool | Type::Duration) => Ok(left == right),
            Some(Type::Text | Type::Bytes | Type::Address) => self.bytes_equal(left, right),
            Some(Type::List { element }) => {
                let ty = ListType {
                    types,
                    element: *element,
                };
                Ok(self.list_len(left)? == self.list_len(right)?
                    && self
                        .lists_compare(ty, left, right, Memory::equal_order)?
                        .is_eq())
            }
            Some(Type::Map { .. } | Type::Set { .. }) => {
                self.maps_equal(MapType::of(types, ty)?, left, right)
            }
            Some(
                Type::Record { .. } | Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. },
            ) => {
                let mut equal = true;
                self.for_parts(types, ty, |memory, slot, _| {
                    if equal {
                        let left = memory.part_at(slot, left)?;
                        let right = memory.part_at(slot, right)?;
                        equal = memory.values_equal(types, slot.ty, left, right)?;
                    }
                    Ok(())
                })?;
                Ok(equal)
            }
            None => Err(Trap::Code.into()),
        }
    }

    /// `Equal` if two values are equal, else something else: equality in the form of an order.
    fn equal_order(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        left: u64,
        right: u64,
    ) -> Result<Ordering, Stop> {
        let equal = self.values_equal(types, ty, left, right)?;
        Ok(if equal {
            Ordering::Equal
        } else {
            Ordering::Less
        })
    }

    fn maps_equal(&mut self, ty: MapType, left: u64, right: u64) -> Result<bool, Stop> {
        if self.map_len(left)? != self.map_len(right)? {
            return Ok(false);
        }
        let mut entry = self.map_first(left)?;
        while entry != 0 {
            self.charge(1)?;
            let key = self.value_at(ty.types, ty.key, ty.key_of(entry))?;
            let other = self.map_find(ty, right, key)?;
            if other == 0 {
                return Ok(false);
            }
            if let Some(content) = ty.value {
                let value = self.value_at(ty.types, content, ty.value_of(entry))?;
                let other = self.value_at(ty.types, content, ty.value_of(other))?;
                if !self.values_equal(ty.types, content, value, other)? {
                    return Ok(false);
                }
            }
            entry = self.map_next(entry)?;
        }
        Ok(true)
    }

    /// The order of two values of an ordered type.
    pub(crate) fn values_compare(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        left: u64,
        right: u64,
    ) -> Result<Ordering, Stop> {
        match types.get(ty) {
            Some(Type::Int | Type::Duration) => Ok(left.cast_signed().cmp(&right.cast_signed())),
            Some(Type::Bool) => Ok(left.cmp(&right)),
            Some(Type::Text | Type::Bytes | Type::Address) => self.bytes_compare(left, right),
            Some(
                Type::Record { .. } | Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. },
            ) => {
                let mut order = Ordering::Equal;
                self.for_parts(types, ty, |memory, slot, _| {
                    if order.is_eq() {
                        let left = memory.part_at(slot, left)?;
                        let right = memory.part_at(slot, right)?;
                        order = memory.values_compare(types, slot.ty, left, right)?;
                    }
                    Ok(())
                })?;
                Ok(order)
            }
            Some(Type::List { element }) => {
                let ty = ListType {
                    types,
                    element: *element,
                };
                self.lists_compare(ty, left, right, Memory::values_compare)
            }
            Some(Type::Set { .. } | Type::Map { .. }) | None => Err(Trap::Code.into()),
        }
    }

    /// The keyed hash of a value of an ordered type, continued from `hash`.
    pub(crate) fn hash_value(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        value: u64,
        keys: [u64; 2],
        hash: u64,
    ) -> Result<u64, Stop> {
        match types.get(ty) {
            Some(Type::Int | Type::Bool | Type::Duration) => Ok(mix(hash, value, keys[1])),
            Some(Type::Text | Type::Bytes | Type::Address) => {
                let length = self.bytes_len(value)?;
                let mut hash = mix(hash, length, keys[1]);
                for index in 0..length.div_ceil(8) {
                    self.charge(1)?;
                    hash = mix(hash, self.read(at(value, 1 + index))?, keys[1]);
                }
                Ok(hash)
            }
            Some(
                Type::Record { .. } | Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. },
            ) => {
                let mut hash = hash;
                self.for_parts(types, ty, |memory, slot, _| {
                    let part = memory.part_at(slot, value)?;
                    hash = memory.hash_value(types, slot.ty, part, keys, hash)?;
                    Ok(())
                })?;
                Ok(hash)
            }
            Some(Type::List { element }) => {
                let ty = ListType {
                    types,
                    element: *element,
                };
                let length = self.list_len(value)?;
                let mut hash = mix(hash, length, keys[1]);
                for index in 0..length {
                    self.charge(1)?;
                    let item = self.list_at(ty, value, index)?;
                    let item = self.value_at(types, *element, item)?;
                    hash = self.hash_value(types, *element, item, keys, hash)?;
                }
                Ok(hash)
            }
            Some(Type::Set { .. } | Type::Map { .. }) | None => Err(Trap::Code.into()),
        }
    }

    /// The value for a host to read. Map entries come in the order of insertion.
    pub(crate) fn read_value(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        value: u64,
    ) -> Result<Value, Stop> {
        Ok(match types.get(ty) {
            Some(Type::Int) => Value::Int(value.cast_signed()),
            Some(Type::Bool) => Value::Bool(value != 0),
            Some(string @ (Type::Text | Type::Bytes | Type::Address)) => {
                let mut bytes = Vec::new();
                self.bytes_read(value, &mut bytes)?;
                match string {
                    Type::Bytes => Value::Bytes(bytes),
                    Type::Text => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
                    _ => Value::Address(String::from_utf8_lossy(&bytes).into_owned()),
                }
            }
            Some(Type::Duration) => Value::Duration(value.cast_signed()),
            Some(Type::List { element }) => {
                let ty = ListType {
                    types,
                    element: *element,
                };
                let mut items = Vec::new();
                for index in 0..self.list_len(value)? {
                    self.charge(1)?;
                    let item = self.list_at(ty, value, index)?;
                    let item = self.value_at(types, *element, item)?;
                    items.push(self.read_value(types, *element, item)?);
                }
                Value::List(items)
            }
            Some(Type::Set { element }) => {
                let ty = MapType::of(types, ty)?;
                let mut items = Vec::new();
                let mut entry = self.map_first(value)?;
                while entry != 0 {
                    self.charge(1)?;
                    let item = self.value_at(types, *element, ty.key_of(entry))?;
                    items.push(self.read_value(types, *element, item)?);
                    entry = self.map_next(entry)?;
                }
                Value::Set(items)
            }
            Some(Type::Map { value: content, .. }) => {
                let ty = MapType::of(types, ty)?;
                let mut entries = Vec::new();
                let mut entry = self.map_first(value)?;
                while entry != 0 {
                    self.charge(1)?;
                    let key = self.value_at(types, ty.key, ty.key_of(entry))?;
                    let inner = self.value_at(types, *content, ty.value_of(entry))?;
                    entries.push((
                        self.read_value(types, ty.key, key)?,
                        self.read_value(types, *content, inner)?,
                    ));
                    entry = self.map_next(entry)?;
                }
                Value::Map(entries)
            }
            Some(Type::Record { .. }) => Value::Record(self.read_fields(types, ty, value)?),
            Some(Type::Tuple { .. }) => Value::Tuple(self.read_fields(types, ty, value)?),
            Some(Type::Option { .. }) => {
                let mut parts = self.read_fields(types, ty, value)?;
                match (parts.pop(), parts.pop()) {
                    (Some(content), Some(Value::Bool(true))) => Value::Option(Some(content.into())),
                    _ => Value::Option(None),
                }
            }
            Some(Type::Enum { .. }) => {
                let variant = self.variant_of(types, ty, value)?;
                let mut parts = self.read_fields(types, ty, value)?;
                let slots = types.variant_slots(ty, variant).iter();
                let take = |slot: &usize| std::mem::replace(&mut parts[*slot], Value::Bool(false));
                Value::Variant(variant as u32, slots.map(take).collect())
            }
            None => return Err(Trap::Code.into()),
        })
    }
    fn read_fields(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        value: u64,
    ) -> Result<Vec<Value>, Stop> {
        let mut values = Vec::new();
        self.for_parts(types, ty, |memory, slot, _| {
            let part = memory.part_at(slot, value)?;
            values.push(memory.read_value(types, slot.ty, part)?);
            Ok(())
        })?;
        Ok(values)
    }

    /// Which variant a value of an enum is. Any other number is no work of the compiler.
    pub(crate) fn variant_of(
        &self,
        types: &TypeTable,
        ty: TypeId,
        value: u64,
    ) -> Result<usize, Stop> {
        let variant = self.read(value)?;
        if variant < types.variants(ty).len() as u64 {
            Ok(variant as usize)
        } else {
            Err(Trap::State.into())
        }
    }
}
