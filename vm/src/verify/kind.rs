//! What the verifier knows of a register: a lattice of static types.
//!
//! In: types of the program. Out: [`Kind`], and what stands where in a type ([`leaf`], [`starts`]).
//! A kind says what a word is, where what it refers to lies, and which variables of the state must
//! not change as long as it is used.

use crate::types::{Type, TypeId, TypeTable};

/// The kinds of strings that a reference may stand for, as a set.
pub(super) mod strings {
    pub(in crate::verify) const TEXT: u8 = 1;
    pub(in crate::verify) const BYTES: u8 = 2;
    pub(in crate::verify) const ADDRESS: u8 = 4;
}

/// A set of variables of the state. A region's first variables have an element each, the others
/// share the last, which can only make the verifier stricter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Roots(u64);

impl Roots {
    pub(super) const NONE: Roots = Roots(0);

    /// The set of the region's variable number `index`.
    pub(super) fn of(index: usize) -> Roots {
        Roots(1 << index.min(63))
    }

    pub(super) fn with(self, other: Roots) -> Roots {
        Roots(self.0 | other.0)
    }

    pub(super) fn meets(self, other: Roots) -> bool {
        self.0 & other.0 != 0
    }
}

/// Where a value lies, and what may be done there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lies {
    /// The variables whose change may free the value or what it refers to.
    pub(super) roots: Roots,
    /// It is itself a variable of the state, which has its place for good: only what it refers to
    /// may be freed.
    pub(super) stable: bool,
    /// It certainly lies in the lane's memory, where nothing is freed.
    pub(super) lane: bool,
    /// It may be changed.
    pub(super) write: bool,
}

impl Lies {
    /// In the arena, owned by the handler.
    pub(super) const OWNED: Lies = Lies {
        roots: Roots::NONE,
        stable: false,
        lane: true,
        write: true,
    };
    /// In the lane's memory, not to be changed: parameters, constants, the decoded message.
    pub(super) const FROZEN: Lies = Lies {
        write: false,
        ..Lies::OWNED
    };

    pub(super) fn join(self, other: Lies) -> Lies {
        Lies {
            roots: self.roots.with(other.roots),
            stable: self.stable && other.stable,
            lane: self.lane && other.lane,
            write: self.write && other.write,
        }
    }

    /// Of what a value that lies here refers to.
    pub(super) fn content(self) -> Lies {
        Lies {
            stable: false,
            ..self
        }
    }

    /// Of the key of an entry that lies here: it never changes, the entry hangs where its hash says.
    pub(super) fn of_key(self) -> Lies {
        Lies {
            write: false,
            ..self
        }
    }

    fn is_stale_after(self, changed: Roots) -> bool {
        !self.stable && self.roots.meets(changed)
    }
}

/// The static type of a register at a point of the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Not written on some path.
    Unset,
    /// Refers to what a change of the state may have freed.
    Stale,
    /// Of different types on different paths.
    Conflict,
    /// The constant 0: the number, `false`, or an empty string or map.
    Zero,
    /// The constant 1, or 0: a number or a truth value.
    Bit,
    /// A number or a span of time: constants do not say which.
    Int,
    Bool,
    /// A reference to a byte block.
    Str {
        may: u8,
        roots: Roots,
    },
    /// A reference to a list, set or map.
    Container {
        ty: TypeId,
        lies: Lies,
    },
    /// The address of a word, `offset` words into a value of type `ty`.
    At {
        ty: TypeId,
        offset: u32,
        lies: Lies,
    },
    /// The address of a word, `offset` words into a value of type `ty`, or 0.
    Found {
        ty: TypeId,
        offset: u32,
        lies: Lies,
    },
    /// The address of an entry of a map or set.
    Entry {
        map: TypeId,
        lies: Lies,
    },
    /// The address of an entry, or 0.
    Cursor {
        map: TypeId,
        lies: Lies,
    },
    /// The address of a word, `offset` words into what the `New` number `site` gave.
    Fresh {
        site: u32,
        offset: u32,
        roots: Roots,
    },
}

impl Kind {
    /// The kind of a word of type `ty`, which is no record, that lies there.
    pub(super) fn of_word(types: &TypeTable, ty: TypeId, lies: Lies) -> Kind {
        let roots = lies.roots;
        match types.get(ty) {
            Some(Type::Int | Type::Duration) => Kind::Int,
            Some(Type::Bool) => Kind::Bool,
            Some(Type::Text) => Kind::Str {
                may: strings::TEXT,
                roots,
            },
            Some(Type::Bytes) => Kind::Str {
                may: strings::BYTES,
                roots,
            },
            Some(Type::Address) => Kind::Str {
                may: strings::ADDRESS,
                roots,
            },
            Some(Type::List { .. } | Type::Set { .. } | Type::Map { .. }) => Kind::Container {
                ty,
                lies: lies.content(),
            },
            Some(
                Type::Record { .. } | Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. },
            )
            | None => Kind::Conflict,
        }
    }

    /// Whether the word may stand for a value of type `ty`, which is no record.
    pub(super) fn is_word(self, types: &TypeTable, ty: TypeId) -> bool {
        match (types.get(ty), self) {
            (_, Kind::Zero) => types.get(ty).is_some() && !types.is_in_place(ty),
            (Some(Type::Int | Type::Duration), Kind::Int | Kind::Bit) => true,
            (Some(Type::Bool), Kind::Bool | Kind::Bit) => true,
            (Some(Type::Text), Kind::Str { may, .. }) => may & strings::TEXT != 0,
            (Some(Type::Bytes), Kind::Str { may, .. }) => may & strings::BYTES != 0,
            (Some(Type::Address), Kind::Str { may, .. }) => may & strings::ADDRESS != 0,
            (
                Some(Type::List { .. } | Type::Set { .. } | Type::Map { .. }),
                Kind::Container { ty: known, .. },
            ) => known == ty,
            _ => false,
        }
    }

    /// The variables whose change makes the register useless.
    pub(super) fn roots(self) -> Roots {
        match self {
            Kind::Str { roots, .. } | Kind::Fresh { roots, .. } => roots,
            Kind::Container { lies, .. }
            | Kind::At { lies, .. }
            | Kind::Found { lies, .. }
            | Kind::Entry { lies, .. }
            | Kind::Cursor { lies, .. } => lies.roots,
            _ => Roots::NONE,
        }
    }

    /// The kind after these variables of the state changed.
    pub(super) fn after_change(self, changed: Roots) -> Kind {
        let stale = match self {
            Kind::Str { roots, .. } | Kind::Fresh { roots, .. } => roots.meets(changed),
            Kind::Container { lies, .. }
            | Kind::At { lies, .. }
            | Kind::Found { lies, .. }
            | Kind::Entry { lies, .. }
            | Kind::Cursor { lies, .. } => lies.is_stale_after(changed),
            _ => false,
        };
        if stale { Kind::Stale } else { self }
    }

    /// The kind where the register is known not to be 0; `None` if it is known to be 0.
    pub(super) fn nonzero(self) -> Option<Kind> {
        match self {
            Kind::Zero => None,
            Kind::Found { ty, offset, lies } => Some(Kind::At { ty, offset, lies }),
            Kind::Cursor { map, lies } => Some(Kind::Entry { map, lies }),
            other => Some(other),
        }
    }

    /// The kind where the register is known to be 0; `None` if it is known not to be.
    pub(super) fn zero(self) -> Option<Kind> {
        match self {
            Kind::Found { .. } | Kind::Cursor { .. } => Some(Kind::Zero),
            Kind::At { .. } | Kind::Entry { .. } | Kind::Fresh { .. } => None,
            other => Some(other),
        }
    }
}

/// The kind of a register that has either kind, for kinds that need to know of no type's layout and
/// of no block of the handler; `None` for the others.
pub(super) fn join_plain(left: Kind, right: Kind) -> Option<Kind> {
    use Kind::*;
    Some(match (left, right) {
        (Unset, _) | (_, Unset) => Unset,
        (Stale, _) | (_, Stale) => Stale,
        (Conflict, _) | (_, Conflict) => Conflict,
        (Zero, Zero) => Zero,
        (Zero | Bit, Zero | Bit) => Bit,
        (Int, Zero | Bit | Int) | (Zero | Bit, Int) => Int,
        (Bool, Zero | Bit | Bool) | (Zero | Bit, Bool) => Bool,
        (Zero, other @ (Str { .. } | Container { .. } | Found { .. } | Cursor { .. }))
        | (other @ (Str { .. } | Container { .. } | Found { .. } | Cursor { .. }), Zero) => other,
        (Zero, Entry { map, lies }) | (Entry { map, lies }, Zero) => Cursor { map, lies },
        (Str { may: a, roots: x }, Str { may: b, roots: y }) if a & b != 0 => Str {
            may: a & b,
            roots: x.with(y),
        },
        (Container { ty: a, lies: x }, Container { ty: b, lies: y }) if a == b => Container {
            ty: a,
            lies: x.join(y),
        },
        (
            Found {
                ty: a,
                offset: m,
                lies: x,
            },
            Found {
                ty: b,
                offset: n,
                lies: y,
            },
        ) if (a, m) == (b, n) => Found {
            ty: a,
            offset: m,
            lies: x.join(y),
        },
        (Entry { map: a, lies: x }, Entry { map: b, lies: y }) if a == b => Entry {
            map: a,
            lies: x.join(y),
        },
        (Cursor { map: a, lies: x }, Cursor { map: b, lies: y } | Entry { map: b, lies: y })
        | (Entry { map: a, lies: x }, Cursor { map: b, lies: y })
            if a == b =>
        {
            Cursor {
                map: a,
                lies: x.join(y),
            }
        }
        (At { .. } | Fresh { .. }, At { .. } | Fresh { .. }) => return None,
        _ => Conflict,
    })
}

/// The field of a record that holds its word number `offset`: index, type, and the distance of the
/// word from the field's start.
pub(super) fn field_at(
    types: &TypeTable,
    record: TypeId,
    offset: u32,
) -> Option<(usize, TypeId, u32)> {
    if offset >= types.width(record) {
        return None;
    }
    let fields = types.fields(record);
    // The last field that starts at or before the word; fields without words come before it.
    let (mut low, mut high) = (0, fields.len());
    while high - low > 1 {
        let middle = low.midpoint(high);
        if types.field_offset(record, middle) <= offset {
            low = middle;
        } else {
            high = middle;
        }
    }
    let field = fields.get(low)?;
    Some((low, field.ty, offset - types.field_offset(record, low)))
}

/// The type of the word at `offset` of a value of type `ty`.
pub(super) fn leaf(types: &TypeTable, ty: TypeId, offset: u32) -> Option<TypeId> {
    let innermost = starts(types, ty, offset).last()?;
    (!types.is_in_place(innermost)).then_some(innermost)
}

/// The types of the values that start exactly `offset` words into a value of type `ty`, from the
/// outside in. Values without words are left out.
pub(super) fn starts(
    types: &TypeTable,
    ty: TypeId,
    offset: u32,
) -> impl Iterator<Item = TypeId> + '_ {
    let mut at = (offset < types.width(ty)).then_some((ty, offset));
    // No type nests deeper than MAX_TYPE_DEPTH, so the walk ends.
    std::iter::from_fn(move || {
        loop {
            let (ty, offset) = at?;
            at = field_at(types, ty, offset).map(|(_, field, rest)| (field, rest));
            if offset == 0 {
                return Some(ty);
            }
        }
    })
}
