//! Places: what an address leads to, what may be read there, and what a write does to registers.
//!
//! In: the kind of an address, and an offset or a value. Out: the kind of what lies there, or a phrase
//! that says why nothing may.

use super::kind::{Kind, Lies, Roots, field_at, leaf};
use super::region::Typing;
use super::rules::{Registers, Wrong, wrong};
use crate::isa::{FixedOffset, Offset, Reg, StateOffset, Words};
use crate::map::{ENTRY_KEY, entry_value};
use crate::program::FIXED_START;
use crate::state::ROOT;
use crate::types::TypeId;

impl Typing<'_> {
    /// Where the words of a value are.
    pub(super) fn within(&self, base: Kind, register: Reg) -> Result<(TypeId, u32, Lies), Wrong> {
        let name = register.0;
        match base {
            Kind::At { ty, offset, lies } => Ok((ty, offset, lies)),
            Kind::Found { .. } | Kind::Cursor { .. } => {
                wrong(format!("r{name} may be 0, it is used as an address"))
            }
            _ => wrong(format!("r{name} is no address")),
        }
    }

    /// The part of an entry that holds a word: its type, the word's distance, where it lies.
    pub(super) fn part_of_entry(
        &self,
        map: TypeId,
        offset: u32,
        lies: Lies,
    ) -> Result<(TypeId, u32, Lies), Wrong> {
        let (key, value) = self.map_type(map)?;
        let value_start = entry_value(&self.program.types, map);
        if let (Some(value), Some(offset)) = (value, offset.checked_sub(value_start)) {
            return Ok((value, offset, lies));
        }
        match offset.checked_sub(ENTRY_KEY) {
            Some(offset) => Ok((key, offset, lies.of_key())),
            None => wrong("the word is neither of the entry's key nor of its value"),
        }
    }

    /// `offset` words after the address in a register.
    pub(super) fn field(&mut self, base: Kind, register: Reg, offset: u32) -> Result<Kind, Wrong> {
        if let Kind::Fresh {
            site,
            offset: start,
            roots,
        } = base
        {
            let Some(offset) = start
                .checked_add(offset)
                .filter(|offset| *offset <= self.sites.size(site))
            else {
                return wrong("the offset is outside of the new words");
            };
            return Ok(Kind::Fresh {
                site,
                offset,
                roots,
            });
        }
        let (ty, start, lies) = match base {
            Kind::Entry { map, lies } => {
                let (ty, offset, lies) = self.part_of_entry(map, offset, lies)?;
                if offset > self.program.types.width(ty) {
                    return wrong("the offset is outside of the entry");
                }
                return Ok(Kind::At { ty, offset, lies });
            }
            base => self.within(base, register)?,
        };
        match start.checked_add(offset) {
            Some(offset) if offset <= self.program.types.width(ty) => {
                Ok(Kind::At { ty, offset, lies })
            }
            _ => wrong(format!(
                "the offset is outside of {}",
                self.program.types.name(ty)
            )),
        }
    }

    pub(super) fn load(
        &mut self,
        base: Kind,
        register: Reg,
        offset: Offset,
    ) -> Result<Kind, Wrong> {
        match self.field(base, register, offset.0)? {
            Kind::Fresh {
                site,
                offset,
                roots,
            } => match self.sites.word(site, offset, roots) {
                Some(kind) => Ok(kind),
                None => wrong("the offset is outside of the new words"),
            },
            Kind::At { ty, offset, lies } => match leaf(&self.program.types, ty, offset) {
                Some(ty) => Ok(Kind::of_word(&self.program.types, ty, lies)),
                None => wrong(format!(
                    "the offset is outside of {}",
                    self.program.types.name(ty)
                )),
            },
            _ => wrong(format!("r{} is no address", register.0)),
        }
    }

    pub(super) fn store(
        &mut self,
        registers: &mut Registers,
        base: Reg,
        src: Reg,
        offset: Offset,
    ) -> Result<(), Wrong> {
        let place = self.read(registers, base)?;
        self.store_to(registers, (place, base), src, offset)
    }

    /// A word is stored at a distance from an address, which the register named with it gave.
    pub(super) fn store_to(
        &mut self,
        registers: &mut Registers,
        (place, base): (Kind, Reg),
        src: Reg,
        offset: Offset,
    ) -> Result<(), Wrong> {
        let value = self.read(registers, src)?;
        match self.field(place, base, offset.0)? {
            Kind::Fresh { site, offset, .. } => {
                if offset >= self.sites.size(site) {
                    return wrong("the offset is outside of the new words");
                }
                match value {
                    Kind::Zero
                    | Kind::Bit
                    | Kind::Int
                    | Kind::Bool
                    | Kind::Str { .. }
                    | Kind::Container { .. } => {}
                    _ => return wrong(format!("r{} is no word that can be stored", src.0)),
                }
                self.sites.raise(site, offset, value);
                self.note_roots(registers, site, value.roots());
                Ok(())
            }
            Kind::At { ty, offset, lies } => {
                if !lies.write {
                    return wrong(format!("r{} lies in what may not be changed", base.0));
                }
                match leaf(&self.program.types, ty, offset) {
                    Some(word) if !self.owns_blocks(word) => {
                        self.value(registers, src, word).map(|_| ())
                    }
                    Some(_) => wrong("a reference is stored without a copy"),
                    None => wrong(format!(
                        "the offset is outside of {}",
                        self.program.types.name(ty)
                    )),
                }
            }
            _ => wrong(format!("r{} is no address", base.0)),
        }
    }

    /// Every register that may refer to the block depends on these variables from now on.
    pub(super) fn note_roots(&mut self, registers: &mut Registers, site: u32, more: Roots) {
        if more == Roots::NONE {
            return;
        }
        let site = self.sites.find(site);
        for kind in registers {
            if let Kind::Fresh {
                site: other, roots, ..
            } = kind
                && self.sites.find(*other) == site
            {
                *roots = roots.with(more);
            }
        }
    }

    /// A value of type `ty` is written to the place, and what was there is freed.
    pub(super) fn replace(
        &mut self,
        registers: &mut Registers,
        place: Reg,
        ty: TypeId,
        value: Roots,
    ) -> Result<(), Wrong> {
        let name = self.program.types.name(ty);
        match self.read(registers, place)? {
            Kind::Fresh { site, offset, .. } => {
                if !self.sites.raise_to(site, offset, ty) {
                    return wrong(format!("r{} is no place of a {name}", place.0));
                }
                Ok(())
            }
            Kind::At {
                ty: outer,
                offset,
                lies,
            } => {
                let empty = self.program.types.width(ty) == 0;
                if !empty && !self.sites.is_start(ty, outer, offset) {
                    return wrong(format!("r{} is no place of a {name}", place.0));
                }
                if !lies.write {
                    return wrong(format!("r{} lies in what may not be changed", place.0));
                }
                if !lies.lane && self.owns_blocks(ty) {
                    if lies.roots.meets(value) {
                        return wrong("the value may lie in what the write frees");
                    }
                    self.change(registers, lies.roots);
                }
                Ok(())
            }
            Kind::Found { .. } | Kind::Cursor { .. } => {
                wrong(format!("r{} may be 0, it is used as an address", place.0))
            }
            _ => wrong(format!("r{} is no place of a {name}", place.0)),
        }
    }

    /// What refers into these variables is of no more use.
    pub(super) fn change(&mut self, registers: &mut Registers, roots: Roots) {
        for kind in registers {
            *kind = kind.after_change(roots);
        }
    }

    /// The place of a variable of the state, and the variables that it depends on.
    pub(super) fn variable(&mut self, at: StateOffset) -> Result<Kind, Wrong> {
        let (types, record) = (&self.program.types, self.program.state_record);
        let offset = at.0.checked_sub(ROOT);
        if offset == Some(types.width(record)) {
            // A variable without words may stand behind all others.
            return Ok(Kind::At {
                ty: record,
                offset: types.width(record),
                lies: Lies::FROZEN,
            });
        }
        let Some((index, ty, rest)) = offset.and_then(|offset| field_at(types, record, offset))
        else {
            return wrong("no variable of the state lies there");
        };
        let lies = Lies {
            roots: self.root(index),
            stable: true,
            lane: false,
            write: self.may_write(index),
        };
        Ok(Kind::At {
            ty,
            offset: rest,
            lies,
        })
    }

    /// A word of the fixed area: of a parameter or a constant.
    pub(super) fn fixed(&self, at: FixedOffset) -> Result<Kind, Wrong> {
        let (types, record) = (&self.program.types, self.program.params_record);
        let Some(offset) = at.0.checked_sub(FIXED_START) else {
            return wrong("no parameter or constant lies there");
        };
        if let Some(ty) = leaf(types, record, offset) {
            return Ok(Kind::of_word(types, ty, Lies::FROZEN));
        }
        let constant = offset.checked_sub(types.width(record));
        match constant.and_then(|index| self.program.constants.get(index as usize)) {
            Some(_) => Ok(Kind::Int),
            None => wrong("no parameter or constant lies there"),
        }
    }

    /// The address of a word of the fixed area.
    pub(super) fn fixed_address(&self, at: FixedOffset) -> Result<Kind, Wrong> {
        let (types, record) = (&self.program.types, self.program.params_record);
        if let Some(may) = self.literals.get(&at.0) {
            return Ok(Kind::Str {
                may: *may,
                roots: Roots::NONE,
            });
        }
        match at.0.checked_sub(FIXED_START) {
            Some(offset) if offset <= types.width(record) => Ok(Kind::At {
                ty: record,
                offset,
                lies: Lies::FROZEN,
            }),
            _ => wrong("no parameter and no string starts there"),
        }
    }

    pub(super) fn allocated(&mut self, position: u32, size: Words) -> Result<Kind, Wrong> {
        match self.sites.open(position, size.0) {
            Some(site) => Ok(Kind::Fresh {
                site,
                offset: 0,
                roots: Roots::NONE,
            }),
            None => wrong("more new words than any value takes"),
        }
    }

    pub(super) fn store_state(
        &mut self,
        registers: &Registers,
        src: Reg,
        to: StateOffset,
    ) -> Result<(), Wrong> {
        let types = &self.program.types;
        match self.variable(to)? {
            Kind::At { ty, offset, lies } => match leaf(types, ty, offset) {
                Some(_) if !lies.write => wrong("the state may not be changed here"),
                Some(word) if self.owns_blocks(word) => {
                    wrong("a reference is stored without a copy")
                }
                Some(word) => self.value(registers, src, word).map(|_| ()),
                None => wrong("no variable of the state lies there"),
            },
            _ => wrong("no variable of the state lies there"),
        }
    }
}
