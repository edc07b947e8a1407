//! What is computed of a type once.

use super::{Field, Type, TypeId, TypeTable};
use crate::probe::touch;

/// What a type is, without what it is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A signed integer: `int`, `duration`.
    Int,
    /// A truth value.
    Bool,
    /// A reference to any bytes.
    Bytes,
    /// A reference to bytes that are UTF-8.
    Text,
    /// A reference to bytes that are UTF-8 and few.
    Address,
    /// A reference to a list, set or map.
    Container,
    /// Parts side by side: a record, tuple, option or enum.
    InPlace,
}

/// A part of a value in place, as a walk comes by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    /// The distance in words from the value.
    pub(crate) offset: u32,
    pub(crate) ty: TypeId,
    pub(crate) kind: Kind,
    /// How many integers stand side by side from this part on: they are handled as one piece.
    pub(crate) run: u32,
}

impl Slot {
    /// How many parts are handled with this one: the integers of its run, or it alone.
    #[inline]
    pub(crate) fn together(&self) -> usize {
        self.run.max(1) as usize
    }
}

/// Whether parts have no parts themselves, and take a word at least.
pub(super) fn are_flat(walk: &[Slot]) -> bool {
    let is_simple = |slot: &Slot| !matches!(slot.kind, Kind::Container | Kind::InPlace);
    !walk.is_empty() && walk.iter().all(is_simple)
}

/// Notes for each part how many integers follow each other from it on.
pub(super) fn count_runs(walk: &mut [Slot]) {
    let mut run = 0;
    for slot in walk.iter_mut().rev() {
        run = if slot.kind == Kind::Int { run + 1 } else { 0 };
        slot.run = run;
    }
}

/// Facts about a type that are computed once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) width: u32,
    /// The words of an element of a list; 0 for what is no list.
    pub(crate) stride: u32,
    /// Whether it is a list of numbers or truth values.
    pub(crate) scalars: bool,
    pub(crate) kind: Kind,
    pub(crate) depth: u32,
    /// How many types a walk over one value in place visits.
    pub(crate) parts: u32,
    pub(crate) ordered: bool,
    /// Whether the type is a record or tuple with words of its own and without parts inside parts.
    pub(crate) flat: bool,
    /// The parts of a value in place, in their order.
    pub(crate) walk: Vec<Slot>,
    /// The parts of a tuple, option or enum, as if it were a record.
    pub(crate) slots: Vec<Field>,
    /// For each variant of an enum, the slots that it uses, ascending.
    pub(crate) variants: Vec<Vec<usize>>,
    pub(crate) fingerprint: u64,
}

impl Type {
    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Type::Int | Type::Duration => Kind::Int,
            Type::Bool => Kind::Bool,
            Type::Bytes => Kind::Bytes,
            Type::Text => Kind::Text,
            Type::Address => Kind::Address,
            Type::List { .. } | Type::Set { .. } | Type::Map { .. } => Kind::Container,
            Type::Record { .. } | Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. } => {
                Kind::InPlace
            }
        }
    }
}

impl TypeTable {
    /// What the type is, without what it is made of.
    #[inline]
    pub(crate) fn kind(&self, id: TypeId) -> Option<Kind> {
        let layout = self.layout(id)?;
        touch(&layout.kind);
        Some(layout.kind)
    }

    /// Whether values are encoded as their parts one by one: those of records and tuples.
    #[inline]
    pub(crate) fn has_parts(&self, id: TypeId) -> bool {
        matches!(self.get(id), Some(Type::Record { .. } | Type::Tuple { .. }))
    }

    /// Whether the type is a record or tuple with words of its own and without parts inside parts.
    #[inline]
    pub(crate) fn is_flat(&self, id: TypeId) -> bool {
        self.layout(id).is_some_and(|layout| {
            touch(&layout.flat);
            layout.flat
        })
    }
}
