//! What the operands of an instruction hold.
//!
//! In: the kinds of the registers, and what an instruction takes. Out: what is known of the operand,
//! or a phrase that says what it is not.

use super::kind::{Kind, Lies, Roots, strings};
use super::region::Typing;
use super::rules::{Registers, Wrong, wrong};
use crate::isa::{Offset, Reg};
use crate::types::{Type, TypeId};

impl Typing<'_> {
    /// The kind of a register that is read.
    pub(super) fn read(&self, registers: &Registers, register: Reg) -> Result<Kind, Wrong> {
        let name = register.0;
        match registers.get(usize::from(name)).copied() {
            None | Some(Kind::Unset) => {
                wrong(format!("r{name} is read but not written on every path"))
            }
            Some(Kind::Stale) => wrong(format!("r{name} refers to what a write may have freed")),
            Some(Kind::Conflict) => {
                wrong(format!("r{name} has different types on different paths"))
            }
            Some(kind) => Ok(kind),
        }
    }

    /// Checks that a register holds a value of type `ty`; the variables that it depends on.
    pub(super) fn value(
        &mut self,
        registers: &Registers,
        register: Reg,
        ty: TypeId,
    ) -> Result<Roots, Wrong> {
        let kind = self.read(registers, register)?;
        let types = &self.program.types;
        let fits = if !types.is_in_place(ty) {
            kind.is_word(types, ty)
        } else if types.width(ty) == 0 {
            true // nothing is read
        } else {
            match kind {
                Kind::At {
                    ty: outer, offset, ..
                } => self.sites.is_start(ty, outer, offset),
                Kind::Fresh { site, offset, .. } => self.sites.holds(site, offset, ty),
                _ => false,
            }
        };
        if fits {
            Ok(kind.roots())
        } else {
            wrong(format!("r{} is no {}", register.0, types.name(ty)))
        }
    }

    pub(super) fn int(&self, registers: &Registers, register: Reg) -> Result<(), Wrong> {
        match self.read(registers, register)? {
            Kind::Int | Kind::Bit | Kind::Zero => Ok(()),
            _ => wrong(format!("r{} is no int", register.0)),
        }
    }

    pub(super) fn bool(&self, registers: &Registers, register: Reg) -> Result<(), Wrong> {
        match self.read(registers, register)? {
            Kind::Bool | Kind::Bit | Kind::Zero => Ok(()),
            _ => wrong(format!("r{} is no bool", register.0)),
        }
    }

    pub(super) fn ints(&self, registers: &Registers, left: Reg, right: Reg) -> Result<(), Wrong> {
        self.int(registers, left)?;
        self.int(registers, right)
    }

    /// Two words whose order means something: both numbers or both truth values.
    pub(super) fn scalars(
        &self,
        registers: &Registers,
        left: Reg,
        right: Reg,
    ) -> Result<(), Wrong> {
        let numbers = self.ints(registers, left, right);
        let truths = self
            .bool(registers, left)
            .and_then(|()| self.bool(registers, right));
        numbers.or(truths)
    }

    /// Two words that may be compared for equality: scalars, or an address that may be 0 with 0.
    pub(super) fn comparable(
        &self,
        registers: &Registers,
        left: Reg,
        right: Reg,
    ) -> Result<(), Wrong> {
        let kinds = (self.read(registers, left)?, self.read(registers, right)?);
        match kinds {
            (Kind::Found { .. } | Kind::Cursor { .. }, Kind::Zero)
            | (Kind::Zero, Kind::Found { .. } | Kind::Cursor { .. }) => Ok(()),
            _ => self.scalars(registers, left, right),
        }
    }

    pub(super) fn string(&self, registers: &Registers, register: Reg) -> Result<u8, Wrong> {
        match self.read(registers, register)? {
            Kind::Str { may, .. } => Ok(may),
            Kind::Zero => Ok(strings::TEXT | strings::BYTES | strings::ADDRESS),
            _ => wrong(format!("r{} is no text, bytes or address", register.0)),
        }
    }

    pub(super) fn address(&self, registers: &Registers, register: Reg) -> Result<(), Wrong> {
        if self.string(registers, register)? & strings::ADDRESS == 0 {
            return wrong(format!("r{} is no address", register.0));
        }
        Ok(())
    }

    /// The key and value types of a map; a set has no value type.
    pub(super) fn map_type(&self, ty: TypeId) -> Result<(TypeId, Option<TypeId>), Wrong> {
        match self.program.types.get(ty) {
            Some(Type::Map { key, value }) => Ok((*key, Some(*value))),
            Some(Type::Set { element }) => Ok((*element, None)),
            _ => wrong("the type is no map and no set"),
        }
    }

    pub(super) fn element_type(&self, ty: TypeId) -> Result<TypeId, Wrong> {
        match self.program.types.get(ty) {
            Some(Type::List { element }) => Ok(*element),
            _ => wrong("the type is no list"),
        }
    }

    /// Where a container lies that a register refers to; the empty one lies nowhere.
    pub(super) fn container(
        &mut self,
        registers: &Registers,
        register: Reg,
        ty: TypeId,
    ) -> Result<Lies, Wrong> {
        self.value(registers, register, ty)?;
        Ok(match self.read(registers, register)? {
            Kind::Container { lies, .. } => lies,
            // Certainly empty: there is nothing in it that could be changed or read.
            Kind::Zero => Lies::OWNED,
            _ => Lies::FROZEN,
        })
    }

    /// Where the container in a place lies, whose address is in a register.
    pub(super) fn container_in(
        &mut self,
        registers: &Registers,
        place: Reg,
        ty: TypeId,
    ) -> Result<Lies, Wrong> {
        let at = self.read(registers, place)?;
        let held = self.load(at, place, Offset(0))?;
        let types = &self.program.types;
        match held {
            Kind::Container { lies, .. } if held.is_word(types, ty) => Ok(lies),
            Kind::Zero => Ok(Lies::OWNED),
            _ => wrong(format!("r{} is no place of a {}", place.0, types.name(ty))),
        }
    }

    /// A word that may be compared with a constant for equality: a scalar, or an address that may be
    /// 0 with 0.
    pub(super) fn comparable_to(
        &self,
        registers: &Registers,
        register: Reg,
        constant: i32,
    ) -> Result<(), Wrong> {
        match (self.read(registers, register)?, constant) {
            (Kind::Found { .. } | Kind::Cursor { .. }, 0) => Ok(()),
            _ => self.scalar(registers, register),
        }
    }

    /// Checks that a register holds a number or a truth value.
    pub(super) fn scalar(&self, registers: &Registers, register: Reg) -> Result<(), Wrong> {
        let number = self.int(registers, register);
        number.or_else(|_| self.bool(registers, register))
    }

    /// The map or set in a register; `None` if it is certainly empty.
    pub(super) fn any_map(
        &self,
        registers: &Registers,
        register: Reg,
    ) -> Result<Option<(TypeId, Lies)>, Wrong> {
        match self.read(registers, register)? {
            Kind::Container { ty, lies } if self.map_type(ty).is_ok() => Ok(Some((ty, lies))),
            Kind::Zero => Ok(None),
            _ => wrong(format!("r{} is no map and no set", register.0)),
        }
    }

    /// The address of the value under a key.
    pub(super) fn under_key(
        &mut self,
        registers: &Registers,
        map: Reg,
        key: Reg,
        ty: TypeId,
    ) -> Result<(TypeId, u32, Lies), Wrong> {
        let (key_type, value) = self.map_type(ty)?;
        let lies = self.container(registers, map, ty)?;
        self.value(registers, key, key_type)?;
        Ok(match value {
            Some(value) => (value, 0, lies),
            // In a set nothing is there but the end of the key.
            None => (key_type, self.program.types.width(key_type), lies.of_key()),
        })
    }

    /// Whether values of the type refer to blocks of memory, which a write frees.
    pub(super) fn owns_blocks(&self, ty: TypeId) -> bool {
        match self.program.types.get(ty) {
            Some(Type::Int | Type::Bool | Type::Duration) => false,
            Some(Type::Text | Type::Bytes | Type::Address) => true,
            Some(Type::List { .. } | Type::Set { .. } | Type::Map { .. }) => true,
            // Or not; then nothing is lost but the use of a view.
            Some(
                Type::Record { .. } | Type::Tuple { .. } | Type::Option { .. } | Type::Enum { .. },
            )
            | None => true,
        }
    }

    pub(super) fn message(&self) -> Result<Kind, Wrong> {
        let types = &self.program.types;
        match self.scope.message {
            Some(ty) if types.is_in_place(ty) => Ok(Kind::At {
                ty,
                offset: 0,
                lies: Lies::FROZEN,
            }),
            Some(ty) => Ok(Kind::of_word(types, ty, Lies::FROZEN)),
            None => wrong("there is no message here"),
        }
    }

    pub(super) fn own(
        &mut self,
        registers: &Registers,
        value: Reg,
        ty: TypeId,
    ) -> Result<Kind, Wrong> {
        self.value(registers, value, ty)?;
        let types = &self.program.types;
        Ok(if types.is_in_place(ty) {
            Kind::At {
                ty,
                offset: 0,
                lies: Lies::OWNED,
            }
        } else {
            Kind::of_word(types, ty, Lies::OWNED)
        })
    }

    pub(super) fn concat(
        &self,
        registers: &Registers,
        left: Reg,
        right: Reg,
    ) -> Result<Kind, Wrong> {
        // An address is a text, but what is made of two may be too long for an address.
        let text = |may: u8| match may & strings::ADDRESS {
            0 => may,
            _ => may | strings::TEXT,
        };
        let may = text(self.string(registers, left)?) & text(self.string(registers, right)?);
        match may & !strings::ADDRESS {
            0 => wrong("the operands are no two texts and no two byte strings"),
            may => Ok(Kind::Str {
                may,
                roots: Roots::NONE,
            }),
        }
    }
}
