//! Values from the bytes of a body, in the memory of a lane.

use super::cursor::Cursor;
use crate::error::{Refusal, Stop};
use crate::exec::opaque;
use crate::list::ListType;
use crate::map::MapType;
use crate::memory::{LANE, Memory, Role, at};
use crate::probe::{point, touch};
use crate::trap::Trap;
use crate::types::{Kind, Slot, Type, TypeId, TypeTable};

/// The bytes are none of the type.
const REFUSED: Stop = Stop::Refused(Refusal::Body);

impl<R: Role> Memory<'_, R> {
    /// Decodes a body of type `ty` into the arena: the value in a register's representation.
    pub(crate) fn decode_body(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        body: &[u8],
    ) -> Result<u64, Stop> {
        let mut cursor = Cursor { rest: body };
        let width = u64::from(types.width(ty));
        let place = if types.is_flat(ty) {
            // Each word is written below.
            let (place, _) = self.take_arena(width)?;
            self.charge(1)?;
            self.decode_parts(types, ty, place, &mut cursor)?;
            place
        } else {
            let place = self.alloc_arena(width.max(1))?;
            self.decode_into(types, ty, place, &mut cursor)?;
            place
        };
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
        let refused = REFUSED;
        self.charge(1)?;
        match types.get(ty).ok_or(Stop::Trap(Trap::Code))? {
            Type::Int | Type::Duration => {
                self.write(place, cursor.int().ok_or(refused)?.cast_unsigned())
            }
            Type::Bool => self.write(place, u64::from(cursor.bool().ok_or(refused)?)),
            string @ (Type::Text | Type::Bytes | Type::Address) => {
                let string = cursor.string(string.kind()).ok_or(refused)?;
                let reference = self.bytes_new(string)?;
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
            Type::Record { .. } | Type::Tuple { .. } => self.decode_parts(types, ty, place, cursor),
            // The words of what is not there stay 0, as the place is new.
            Type::Option { .. } => {
                let is_some = cursor.bool().ok_or(refused)?;
                self.write(place, u64::from(is_some))?;
                if is_some {
                    let content = types.walk(ty).get(1).ok_or(Stop::Trap(Trap::Code))?;
                    self.decode_slot(types, content, place, cursor)?;
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
                        self.decode_slot(types, slot, place, cursor)
                    })
            }
        }
    }

    /// Decodes the parts of a record or tuple at `place`.
    #[inline(never)]
    fn decode_parts(
        &mut self,
        types: &TypeTable,
        ty: TypeId,
        place: u64,
        cursor: &mut Cursor,
    ) -> Result<(), Stop> {
        let walk = types.walk(ty);
        if place & LANE == 0 {
            return (walk.iter()).try_for_each(|slot| self.decode_slot(types, slot, place, cursor));
        }
        let start = (place ^ LANE) as usize;
        let mut index = 0;
        while let Some(slot) = walk.get(index) {
            touch(slot);
            let word = start.wrapping_add(slot.offset as usize);
            index += slot.together();
            match slot.kind {
                Kind::Int => {
                    self.charge(slot.together() as u64)?;
                    let ints = cursor.take(8 * slot.together()).ok_or(REFUSED)?;
                    for (index, int) in ints.as_chunks::<8>().0.iter().enumerate() {
                        self.put(word.wrapping_add(index), u64::from_le_bytes(*int))?;
                    }
                }
                Kind::Bytes | Kind::Text | Kind::Address => {
                    self.charge(1)?;
                    let string = cursor.string(slot.kind).ok_or(REFUSED)?;
                    let reference = self.new_bytes(string)?;
                    self.put(word, reference)?;
                }
                _ => self.decode_slot(types, slot, place, cursor)?,
            }
        }
        Ok(())
    }

    /// Decodes one part of the value at `place`.
    fn decode_slot(
        &mut self,
        types: &TypeTable,
        slot: &Slot,
        place: u64,
        cursor: &mut Cursor,
    ) -> Result<(), Stop> {
        touch(slot);
        self.decode_into(types, slot.ty, at(place, u64::from(slot.offset)), cursor)
    }

    /// Writes a word of the arena.
    #[inline(always)]
    #[cfg_attr(
        not(pasc_probe),
        expect(unused_mut, reason = "a fault can change them")
    )]
    fn put(&mut self, mut index: usize, mut word: u64) -> Result<(), Stop> {
        point!("write", |v: &mut crate::probe::Visitor| {
            v.side = R::SIDE;
            v.local("address.write", &mut index);
            v.local("value.write", &mut word);
            crate::probe::Part::visit(self.work, v);
        });
        let words = &mut self.work.words;
        touch(&words.arena);
        touch(&words.top);
        touch(&words.words);
        if index < words.arena || index >= words.top {
            return Err(Trap::Address.into());
        }
        let place = words.words.get_mut(index).ok_or(Trap::Address)?;
        touch(place);
        *place = opaque(word);
        Ok(())
    }
}
