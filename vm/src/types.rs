//! The types of a program and how many words their values take.
//!
//! In: types from the compiler or a program file. Out: [`TypeTable`], in which a type refers only to
//! types before it, so that no type contains itself and every walk over a type ends.

mod layout;
mod slots;

use crate::probe::touch;
pub(crate) use layout::{Kind, Layout, Slot};

use indexmap::IndexSet;
use layout::{are_flat, count_runs};
use serde::{Deserialize, Serialize};
use slots::{numbered, share_slots};

/// A type of a program: an index into its [`TypeTable`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct TypeId(pub u32);

/// A type. A value of it takes [`TypeTable::width`] words where it is stored.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Type {
    /// A signed 64-bit integer: one word.
    Int,
    /// A truth value: one word, 0 or 1.
    Bool,
    /// UTF-8 text: one word, a reference.
    Text,
    /// Bytes: one word, a reference.
    Bytes,
    /// The address of a process, opaque text: one word, a reference.
    Address,
    /// A span of time in microseconds, like a signed integer: one word.
    Duration,
    /// A list: one word, a reference.
    List {
        /// The type of its elements.
        element: TypeId,
    },
    /// A set in the order of insertion: one word, a reference.
    Set {
        /// The type of its elements, which has an order.
        element: TypeId,
    },
    /// A map in the order of insertion: one word, a reference.
    Map {
        /// The type of its keys, which has an order.
        key: TypeId,
        /// The type of its values.
        value: TypeId,
    },
    /// A record, its fields side by side: the sum of their widths.
    Record {
        /// Its name in the source.
        name: String,
        /// Its fields in the order of declaration.
        fields: Vec<Field>,
    },
    /// Values side by side, without names: the sum of their widths.
    Tuple {
        /// The types of its elements.
        elements: Vec<TypeId>,
    },
    /// A value or none: a `bool` that tells which, then the value. Without one its words are 0.
    Option {
        /// The type of the value.
        value: TypeId,
    },
    /// One of several variants: an `int` that tells which, then the slots that all variants share.
    /// The words of slots that the variant does not use are 0.
    Enum {
        /// Its name in the source.
        name: String,
        /// Its variants in the order of declaration, at most [`MAX_VARIANTS`].
        variants: Vec<Variant>,
    },
}

/// A variant of an enum.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Variant {
    /// Its name in the source.
    pub name: String,
    /// The types of the values that it carries.
    pub fields: Vec<TypeId>,
}

/// A field of a record.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its name in the source.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
}

/// How deeply types may nest.
pub const MAX_TYPE_DEPTH: u32 = 32;
/// How many words a value may take in place.
pub const MAX_WIDTH_WORDS: u32 = 4096;
/// How many fields, those of inner records included, a record may have.
pub const MAX_PARTS: u32 = 4 * MAX_WIDTH_WORDS;
/// How many variants an enum may have: their number is a byte on the wire.
pub const MAX_VARIANTS: usize = 256;
/// How many types a program may have.
pub const MAX_TYPES: usize = 65_536;

/// Why a type cannot be added to a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeError {
    /// It refers to a type that the table does not have (yet).
    UnknownType,
    /// It nests deeper than [`MAX_TYPE_DEPTH`].
    TooDeep,
    /// A value takes more than [`MAX_WIDTH_WORDS`], or has more than [`MAX_PARTS`].
    TooWide,
    /// The table has [`MAX_TYPES`] types.
    TooMany,
    /// A map's key or a set's element is, or contains, a map or set, which have no order.
    UnorderedKey,
    /// A list's element is a record without fields: nothing bounds how many a message holds.
    EmptyElement,
    /// An enum has no variant, or more than [`MAX_VARIANTS`].
    BadVariants,
}

/// The types of a program, each once, each after those that it refers to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Type>", into = "Vec<Type>")]
pub struct TypeTable {
    pub(crate) types: IndexSet<Type>,
    pub(crate) layouts: Vec<Layout>,
}

impl TypeTable {
    /// The id of `ty`, which is added if the table does not have it.
    pub fn intern(&mut self, ty: Type) -> Result<TypeId, TypeError> {
        if let Some(index) = self.types.get_index_of(&ty) {
            return Ok(TypeId(index as u32));
        }
        if self.types.len() >= MAX_TYPES {
            return Err(TypeError::TooMany);
        }
        let layout = self.layout_of(&ty)?;
        self.types.insert(ty);
        self.layouts.push(layout);
        Ok(TypeId(self.types.len() as u32 - 1))
    }

    fn layout_of(&self, ty: &Type) -> Result<Layout, TypeError> {
        let known = |id: TypeId| {
            self.layouts
                .get(id.0 as usize)
                .ok_or(TypeError::UnknownType)
        };
        let mut layout = Layout {
            width: 1,
            stride: 0,
            scalars: false,
            depth: 1,
            parts: 1,
            kind: ty.kind(),
            ordered: true,
            flat: false,
            walk: Vec::new(),
            slots: Vec::new(),
            variants: Vec::new(),
            fingerprint: hash_bytes(ty.simple_name().as_bytes()),
        };
        let mut mark = |bytes: &[u8]| {
            layout.fingerprint = continue_hash(layout.fingerprint, bytes);
        };
        match ty {
            Type::Int | Type::Bool | Type::Text | Type::Bytes | Type::Address | Type::Duration => {}
            Type::List { element } => {
                let inner = known(*element)?;
                if inner.width == 0 {
                    return Err(TypeError::EmptyElement);
                }
                layout.stride = inner.width;
                layout.scalars = matches!(inner.kind, Kind::Int | Kind::Bool);
                mark(b"list");
                mark(&inner.fingerprint.to_le_bytes());
                layout.depth = 1 + inner.depth;
                layout.ordered = inner.ordered;
            }
            Type::Set { element } => {
                let inner = known(*element)?;
                if !inner.ordered {
                    return Err(TypeError::UnorderedKey);
                }
                mark(b"set");
                mark(&inner.fingerprint.to_le_bytes());
                layout.depth = 1 + inner.depth;
                layout.ordered = false;
            }
            Type::Map { key, value } => {
                if !known(*key)?.ordered {
                    return Err(TypeError::UnorderedKey);
                }
                mark(b"map");
                mark(&known(*key)?.fingerprint.to_le_bytes());
                mark(&known(*value)?.fingerprint.to_le_bytes());
                layout.depth = 1 + known(*key)?.depth.max(known(*value)?.depth);
                layout.ordered = false;
            }
            Type::Record { name, fields } => {
                mark(b"record");
                mark(name.as_bytes());
                for field in fields {
                    mark(&[0]);
                    mark(field.name.as_bytes());
                    mark(&[0]);
                    mark(&known(field.ty)?.fingerprint.to_le_bytes());
                }
                self.lay_out(fields, &mut layout)?;
            }
            Type::Tuple { elements } => {
                mark(b"tuple");
                for element in elements {
                    mark(&known(*element)?.fingerprint.to_le_bytes());
                }
                layout.slots = numbered(elements.iter().copied());
                self.lay_out(&layout.slots.clone(), &mut layout)?;
            }
            Type::Option { value } => {
                mark(b"option");
                mark(&known(*value)?.fingerprint.to_le_bytes());
                let is_some = self.known_id(&Type::Bool)?;
                layout.slots = numbered([is_some, *value].into_iter());
                self.lay_out(&layout.slots.clone(), &mut layout)?;
            }
            Type::Enum { name, variants } => {
                if !(1..=MAX_VARIANTS).contains(&variants.len()) {
                    return Err(TypeError::BadVariants);
                }
                mark(b"enum");
                mark(name.as_bytes());
                for variant in variants {
                    mark(&[0]);
                    mark(variant.name.as_bytes());
                    mark(&[0]);
                    for field in &variant.fields {
                        mark(&known(*field)?.fingerprint.to_le_bytes());
                    }
                }
                let tag = self.known_id(&Type::Int)?;
                let (slots, of_variants) = share_slots(tag, variants);
                layout.slots = numbered(slots.into_iter());
                layout.variants = of_variants;
                self.lay_out(&layout.slots.clone(), &mut layout)?;
            }
        }
        let is_plain = matches!(ty, Type::Record { .. } | Type::Tuple { .. });
        layout.flat = is_plain && are_flat(&layout.walk);
        if layout.depth > MAX_TYPE_DEPTH {
            Err(TypeError::TooDeep)
        } else {
            Ok(layout)
        }
    }

    /// Puts fields side by side.
    fn lay_out(&self, fields: &[Field], layout: &mut Layout) -> Result<(), TypeError> {
        layout.width = 0;
        for field in fields {
            let inner = self.layouts.get(field.ty.0 as usize);
            let inner = inner.ok_or(TypeError::UnknownType)?;
            layout.parts = layout.parts.saturating_add(inner.parts);
            layout.walk.push(Slot {
                offset: layout.width,
                ty: field.ty,
                kind: inner.kind,
                run: 0,
            });
            layout.width += inner.width;
            layout.depth = layout.depth.max(1 + inner.depth);
            layout.ordered &= inner.ordered;
            if layout.width > MAX_WIDTH_WORDS || layout.parts > MAX_PARTS {
                return Err(TypeError::TooWide);
            }
        }
        count_runs(&mut layout.walk);
        Ok(())
    }

    /// The id of a type that must be there already.
    fn known_id(&self, ty: &Type) -> Result<TypeId, TypeError> {
        let index = self.types.get_index_of(ty);
        index
            .map(|index| TypeId(index as u32))
            .ok_or(TypeError::UnknownType)
    }

    /// The type with this id, if there is one.
    pub fn get(&self, id: TypeId) -> Option<&Type> {
        let ty = self.types.get_index(id.0 as usize)?;
        touch(ty);
        if let Type::Record { fields, .. } = ty {
            touch(fields.as_slice());
        }
        Some(ty)
    }

    /// What was computed of the type once, if there is one with this id.
    pub(crate) fn layout(&self, id: TypeId) -> Option<&Layout> {
        self.layouts.get(id.0 as usize)
    }

    /// How many words a value takes where it is stored; 0 for an unknown type.
    pub fn width(&self, id: TypeId) -> u32 {
        self.layout(id).map_or(0, |layout| {
            touch(&layout.width);
            layout.width
        })
    }

    /// The words of an element of a list, at least 1; 0 for what is no list.
    #[cfg(pasc_threaded)]
    #[inline]
    pub(crate) fn stride(&self, id: TypeId) -> u32 {
        self.layout(id).map_or(0, |layout| {
            touch(&layout.stride);
            layout.stride
        })
    }

    /// Whether the type is a list of numbers or truth values.
    #[cfg(pasc_threaded)]
    #[inline]
    pub(crate) fn has_scalar_elements(&self, id: TypeId) -> bool {
        self.layout(id).is_some_and(|layout| layout.scalars)
    }

    /// The greatest number of types that a walk over one value in place visits.
    pub(crate) fn most_parts(&self) -> u32 {
        let parts = self.layouts.iter().map(|layout| layout.parts);
        parts.max().unwrap_or(1)
    }

    /// Whether `<` is defined on the type.
    pub fn is_ordered(&self, id: TypeId) -> bool {
        self.layouts
            .get(id.0 as usize)
            .is_some_and(|layout| layout.ordered)
    }

    /// Whether a value is represented in a register by the address where it stands (records, tuples,
    /// options and enums), and not by the one word that it is.
    pub fn is_in_place(&self, id: TypeId) -> bool {
        self.kind(id) == Some(Kind::InPlace)
    }

    /// The parts of a value in place, in their order; none of other types.
    #[inline]
    pub(crate) fn walk(&self, id: TypeId) -> &[Slot] {
        let walk = self.layout(id).map_or(&[][..], |layout| &layout.walk);
        touch(walk);
        walk
    }

    /// The fields of a record; the parts of a tuple, option or enum; none for other types.
    pub fn fields(&self, id: TypeId) -> &[Field] {
        match self.get(id) {
            Some(Type::Record { fields, .. }) => fields,
            _ => self
                .layouts
                .get(id.0 as usize)
                .map_or(&[], |layout| &layout.slots),
        }
    }

    /// The variants of an enum; none for other types.
    pub fn variants(&self, id: TypeId) -> &[Variant] {
        match self.get(id) {
            Some(Type::Enum { variants, .. }) => variants,
            _ => &[],
        }
    }

    /// Which of [`TypeTable::fields`] the values of an enum's variant are, in their order.
    pub fn variant_slots(&self, id: TypeId, variant: usize) -> &[usize] {
        let layout = self.layouts.get(id.0 as usize);
        layout
            .and_then(|layout| layout.variants.get(variant))
            .map_or(&[], |slots| slots)
    }

    /// The distance in words of a record's field from the record; 0 if there is no such field.
    pub fn field_offset(&self, record: TypeId, index: usize) -> u32 {
        let offset = self
            .layout(record)
            .and_then(|layout| layout.walk.get(index));
        offset.map_or(0, |slot| {
            touch(slot);
            slot.offset
        })
    }

    /// How many types there are.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there is no type.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// The type as it is written in source, for example `map<int, Vote>`.
    pub fn name(&self, id: TypeId) -> String {
        match self.get(id) {
            Some(Type::Map { key, value }) => {
                format!("map<{}, {}>", self.name(*key), self.name(*value))
            }
            Some(Type::List { element }) => format!("list<{}>", self.name(*element)),
            Some(Type::Set { element }) => format!("set<{}>", self.name(*element)),
            Some(Type::Record { name, .. } | Type::Enum { name, .. }) => name.clone(),
            Some(Type::Option { value }) => format!("option<{}>", self.name(*value)),
            Some(Type::Tuple { elements }) => {
                let names: Vec<String> = elements.iter().map(|ty| self.name(*ty)).collect();
                format!("({})", names.join(", "))
            }
            Some(other) => other.simple_name().to_owned(),
            None => "?".to_owned(),
        }
    }

    /// A hash over the structure of the type: the names of records and fields, and their types.
    /// Two programs whose message types have the same fingerprint can talk to each other.
    pub fn fingerprint(&self, id: TypeId) -> u64 {
        self.layout(id).map_or(0, |layout| {
            touch(&layout.fingerprint);
            layout.fingerprint
        })
    }
}

const FINGERPRINT_SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, 64 bits (RFC 9923).
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    continue_hash(FINGERPRINT_SEED, bytes)
}

/// FNV-1a, continued from `hash`.
pub(crate) fn continue_hash(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Type {
    /// The name of a type without parts; empty for the others.
    fn simple_name(&self) -> &'static str {
        match self {
            Type::Int => "int",
            Type::Bool => "bool",
            Type::Text => "text",
            Type::Bytes => "bytes",
            Type::Address => "address",
            Type::Duration => "duration",
            Type::List { .. } | Type::Set { .. } | Type::Map { .. } => "",
            Type::Record { .. } | Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. } => {
                ""
            }
        }
    }
}

impl TryFrom<Vec<Type>> for TypeTable {
    type Error = String;

    fn try_from(types: Vec<Type>) -> Result<TypeTable, String> {
        if types.len() > MAX_TYPES {
            return Err(format!("more than {MAX_TYPES} types"));
        }
        let mut table = TypeTable::default();
        for (index, ty) in types.into_iter().enumerate() {
            let layout = table
                .layout_of(&ty)
                .map_err(|error| format!("type {index}: {error:?}"))?;
            if !table.types.insert(ty) {
                return Err(format!("type {index} stands twice"));
            }
            table.layouts.push(layout);
        }
        Ok(table)
    }
}

impl From<TypeTable> for Vec<Type> {
    fn from(table: TypeTable) -> Vec<Type> {
        table.types.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
