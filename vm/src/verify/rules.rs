//! What each instruction asks of its operands, and what it leaves in its result.
//!
//! In: the kinds of the registers before an instruction. Out: those after it, or a phrase that says
//! what is wrong. The `match` over instructions has no wildcard: an instruction that is new in the
//! table does not compile before it has a rule here.

use super::kind::{Kind, Lies, Roots, field_at, leaf, strings};
use super::region::Typing;
use crate::isa::{FixedOffset, Instruction, Offset, Reg, StateOffset, Words};
use crate::map::{ENTRY_KEY, entry_value};
use crate::program::{FIXED_START, MessageId, TimerId};
use crate::state::ROOT;
use crate::types::{Type, TypeId};

/// What is wrong with an instruction.
pub(super) type Wrong = String;

fn wrong<T>(text: impl Into<String>) -> Result<T, Wrong> {
    Err(text.into())
}

/// The registers at a point of the code.
pub(super) type Registers = [Kind];

impl Typing<'_> {
    /// The kind of a register that is read.
    fn read(&self, registers: &Registers, register: Reg) -> Result<Kind, Wrong> {
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
    fn value(&mut self, registers: &Registers, register: Reg, ty: TypeId) -> Result<Roots, Wrong> {
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

    fn int(&self, registers: &Registers, register: Reg) -> Result<(), Wrong> {
        match self.read(registers, register)? {
            Kind::Int | Kind::Bit | Kind::Zero => Ok(()),
            _ => wrong(format!("r{} is no int", register.0)),
        }
    }

    fn bool(&self, registers: &Registers, register: Reg) -> Result<(), Wrong> {
        match self.read(registers, register)? {
            Kind::Bool | Kind::Bit | Kind::Zero => Ok(()),
            _ => wrong(format!("r{} is no bool", register.0)),
        }
    }

    fn ints(&self, registers: &Registers, left: Reg, right: Reg) -> Result<(), Wrong> {
        self.int(registers, left)?;
        self.int(registers, right)
    }

    /// Two words whose order means something: both numbers or both truth values.
    fn scalars(&self, registers: &Registers, left: Reg, right: Reg) -> Result<(), Wrong> {
        let numbers = self.ints(registers, left, right);
        let truths = self
            .bool(registers, left)
            .and_then(|()| self.bool(registers, right));
        numbers.or(truths)
    }

    /// Two words that may be compared for equality: scalars, or an address that may be 0 with 0.
    fn comparable(&self, registers: &Registers, left: Reg, right: Reg) -> Result<(), Wrong> {
        let kinds = (self.read(registers, left)?, self.read(registers, right)?);
        match kinds {
            (Kind::Found { .. } | Kind::Cursor { .. }, Kind::Zero)
            | (Kind::Zero, Kind::Found { .. } | Kind::Cursor { .. }) => Ok(()),
            _ => self.scalars(registers, left, right),
        }
    }

    fn string(&self, registers: &Registers, register: Reg) -> Result<u8, Wrong> {
        match self.read(registers, register)? {
            Kind::Str { may, .. } => Ok(may),
            Kind::Zero => Ok(strings::TEXT | strings::BYTES | strings::ADDRESS),
            _ => wrong(format!("r{} is no text, bytes or address", register.0)),
        }
    }

    fn address(&self, registers: &Registers, register: Reg) -> Result<(), Wrong> {
        if self.string(registers, register)? & strings::ADDRESS == 0 {
            return wrong(format!("r{} is no address", register.0));
        }
        Ok(())
    }

    /// The key and value types of a map; a set has no value type.
    fn map_type(&self, ty: TypeId) -> Result<(TypeId, Option<TypeId>), Wrong> {
        match self.program.types.get(ty) {
            Some(Type::Map { key, value }) => Ok((*key, Some(*value))),
            Some(Type::Set { element }) => Ok((*element, None)),
            _ => wrong("the type is no map and no set"),
        }
    }

    fn element_type(&self, ty: TypeId) -> Result<TypeId, Wrong> {
        match self.program.types.get(ty) {
            Some(Type::List { element }) => Ok(*element),
            _ => wrong("the type is no list"),
        }
    }

    /// Where a container lies that a register refers to; the empty one lies nowhere.
    fn container(
        &mut self,
        registers: &Registers,
        register: Reg,
        ty: TypeId,
    ) -> Result<Lies, Wrong> {
        self.value(registers, register, ty)?;
        Ok(match self.read(registers, register)? {
            Kind::Container { lies, .. } => lies,
            _ => Lies::FROZEN,
        })
    }

    /// The map or set in a register; `None` if it is certainly empty.
    fn any_map(
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
    fn under_key(
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

    /// Where the words of a value are.
    fn within(&self, base: Kind, register: Reg) -> Result<(TypeId, u32, Lies), Wrong> {
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
    fn part_of_entry(
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
    fn field(&mut self, base: Kind, register: Reg, offset: u32) -> Result<Kind, Wrong> {
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

    fn load(&mut self, base: Kind, register: Reg, offset: Offset) -> Result<Kind, Wrong> {
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

    fn store(
        &mut self,
        registers: &mut Registers,
        base: Reg,
        src: Reg,
        offset: Offset,
    ) -> Result<(), Wrong> {
        let value = self.read(registers, src)?;
        let place = self.read(registers, base)?;
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
    fn note_roots(&mut self, registers: &mut Registers, site: u32, more: Roots) {
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

    /// Whether values of the type refer to blocks of memory, which a write frees.
    fn owns_blocks(&self, ty: TypeId) -> bool {
        match self.program.types.get(ty) {
            Some(Type::Int | Type::Bool | Type::Duration) => false,
            Some(Type::Text | Type::Bytes | Type::Address) => true,
            Some(Type::List { .. } | Type::Set { .. } | Type::Map { .. }) => true,
            // Or not; then nothing is lost but the use of a view.
            Some(Type::Record { .. }) | None => true,
        }
    }

    /// A value of type `ty` is written to the place, and what was there is freed.
    fn replace(
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
    fn change(&mut self, registers: &mut Registers, roots: Roots) {
        for kind in registers {
            *kind = kind.after_change(roots);
        }
    }

    /// The place of a variable of the state, and the variables that it depends on.
    fn variable(&mut self, at: StateOffset) -> Result<Kind, Wrong> {
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
            write: self.scope.writes,
        };
        Ok(Kind::At {
            ty,
            offset: rest,
            lies,
        })
    }

    /// A word of the fixed area: of a parameter or a constant.
    fn fixed(&self, at: FixedOffset) -> Result<Kind, Wrong> {
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
    fn fixed_address(&self, at: FixedOffset) -> Result<Kind, Wrong> {
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

    fn message(&self) -> Result<Kind, Wrong> {
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

    /// A timer is set or cancelled: an order to the host, and a change of the timer's variable.
    fn timer(&mut self, registers: &mut Registers, key: Reg, timer: TimerId) -> Result<(), Wrong> {
        if !self.scope.sends || !self.scope.writes {
            return wrong("timers may not be changed here");
        }
        let program = self.program;
        let Some(schema) = program.timers.get(timer.0 as usize) else {
            return wrong("there is no such timer");
        };
        self.value(registers, key, schema.key)?;
        let root = self.root(schema.variable as usize);
        self.change(registers, root);
        Ok(())
    }

    fn allocated(&mut self, position: u32, size: Words) -> Result<Kind, Wrong> {
        match self.sites.open(position, size.0) {
            Some(site) => Ok(Kind::Fresh {
                site,
                offset: 0,
                roots: Roots::NONE,
            }),
            None => wrong("more new words than any value takes"),
        }
    }

    fn own(&mut self, registers: &Registers, value: Reg, ty: TypeId) -> Result<Kind, Wrong> {
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

    fn concat(&self, registers: &Registers, left: Reg, right: Reg) -> Result<Kind, Wrong> {
        // Two addresses are longer than one may be.
        let may = self.string(registers, left)? & self.string(registers, right)?;
        match may & !strings::ADDRESS {
            0 => wrong("the operands are no two texts and no two byte strings"),
            may => Ok(Kind::Str {
                may,
                roots: Roots::NONE,
            }),
        }
    }

    fn send(
        &mut self,
        registers: &Registers,
        to: Reg,
        body: Reg,
        id: MessageId,
    ) -> Result<(), Wrong> {
        if !self.scope.sends {
            return wrong("nothing may be sent here");
        }
        self.address(registers, to)?;
        match self.program.message_record(id) {
            Some(record) => self.value(registers, body, record).map(|_| ()),
            None => wrong("there is no such message"),
        }
    }

    /// The kind that the instruction's operands give its destination, if it has one.
    pub(super) fn step(
        &mut self,
        registers: &mut Registers,
        instruction: Instruction,
        position: u32,
    ) -> Result<(), Wrong> {
        use Instruction as I;
        let result = match instruction {
            I::Const { dst, value } => match value.0 {
                0 => Some((dst, Kind::Zero)),
                1 => Some((dst, Kind::Bit)),
                _ => Some((dst, Kind::Int)),
            },
            I::Fixed { dst, from } => Some((dst, self.fixed(from)?)),
            I::Address { dst, of } => Some((dst, self.fixed_address(of)?)),
            I::Move { dst, src } => Some((dst, self.read(registers, src)?)),
            I::SelfAddress { dst } => Some((dst, ADDRESS)),
            I::Sender { .. } if !self.scope.has_sender => {
                return wrong("there is no sender here");
            }
            I::Sender { dst } => Some((dst, ADDRESS)),
            I::Now { dst } => Some((dst, Kind::Int)),
            I::Random { .. } if !self.scope.writes => {
                return wrong("a random number changes the state, which may not be here");
            }
            I::Random { dst, bound } => {
                self.int(registers, bound)?;
                Some((dst, Kind::Int))
            }
            I::Message { dst } => Some((dst, self.message()?)),
            I::Add { dst, left, right }
            | I::Sub { dst, left, right }
            | I::Mul { dst, left, right }
            | I::Div { dst, left, right }
            | I::Rem { dst, left, right } => {
                self.ints(registers, left, right)?;
                Some((dst, Kind::Int))
            }
            I::AddImm { dst, left: src, .. } | I::Neg { dst, src } => {
                self.int(registers, src)?;
                Some((dst, Kind::Int))
            }
            I::Eq { dst, left, right } | I::Ne { dst, left, right } => {
                self.comparable(registers, left, right)?;
                Some((dst, Kind::Bool))
            }
            I::Lt { dst, left, right } | I::Le { dst, left, right } => {
                self.scalars(registers, left, right)?;
                Some((dst, Kind::Bool))
            }
            I::Not { dst, src } => {
                self.bool(registers, src)?;
                Some((dst, Kind::Bool))
            }
            I::Equal {
                dst,
                left,
                right,
                ty,
            } => {
                self.value(registers, left, ty)?;
                self.value(registers, right, ty)?;
                Some((dst, Kind::Bool))
            }
            I::Less {
                dst,
                left,
                right,
                ty,
            }
            | I::LessEq {
                dst,
                left,
                right,
                ty,
            } => {
                if !self.program.types.is_ordered(ty) {
                    return wrong("the type has no order");
                }
                self.value(registers, left, ty)?;
                self.value(registers, right, ty)?;
                Some((dst, Kind::Bool))
            }
            I::Load { dst, base, offset } => {
                let from = self.read(registers, base)?;
                Some((dst, self.load(from, base, offset)?))
            }
            I::Store { base, src, offset } => {
                self.store(registers, base, src, offset)?;
                None
            }
            I::LoadState { dst, from } => {
                let place = self.variable(from)?;
                Some((dst, self.load(place, dst, Offset(0))?))
            }
            I::StoreState { src, to } => {
                self.store_state(registers, src, to)?;
                None
            }
            I::Field { dst, base, offset } => {
                let from = self.read(registers, base)?;
                Some((dst, self.field(from, base, offset.0)?))
            }
            I::Place { dst, of } => Some((dst, self.variable(of)?)),
            I::New { dst, size } => Some((dst, self.allocated(position, size)?)),
            I::Assign { place, value, ty } => {
                let value = self.value(registers, value, ty)?;
                self.replace(registers, place, ty, value)?;
                None
            }
            I::Own { dst, value, ty } => Some((dst, self.own(registers, value, ty)?)),
            I::MapFind { dst, map, key, ty } => {
                let (ty, offset, lies) = self.under_key(registers, map, key, ty)?;
                Some((dst, Kind::Found { ty, offset, lies }))
            }
            I::MapAt { dst, map, key, ty } => {
                let (ty, offset, lies) = self.under_key(registers, map, key, ty)?;
                Some((dst, Kind::At { ty, offset, lies }))
            }
            I::MapPut {
                place,
                key,
                value,
                ty,
            } => {
                let (key_type, value_type) = self.map_type(ty)?;
                self.value(registers, key, key_type)?;
                let value = match value_type {
                    Some(value_type) => self.value(registers, value, value_type)?,
                    None => self.read(registers, value).map(|_| Roots::NONE)?,
                };
                self.replace(registers, place, ty, value)?;
                None
            }
            I::MapRemove {
                dst,
                place,
                key,
                ty,
            } => {
                let (key_type, _) = self.map_type(ty)?;
                self.value(registers, key, key_type)?;
                self.replace(registers, place, ty, Roots::NONE)?;
                Some((dst, Kind::Bool))
            }
            I::MapLen { dst, map } => {
                self.any_map(registers, map)?;
                Some((dst, Kind::Int))
            }
            I::MapFirst { dst, map } => {
                let first = match self.any_map(registers, map)? {
                    Some((map, lies)) => Kind::Cursor { map, lies },
                    None => Kind::Zero,
                };
                Some((dst, first))
            }
            I::MapNext { dst, entry } => match self.read(registers, entry)? {
                Kind::Entry { map, lies } => Some((dst, Kind::Cursor { map, lies })),
                Kind::Cursor { .. } => {
                    return wrong(format!("r{} may be 0, it is used as an entry", entry.0));
                }
                _ => return wrong(format!("r{} is no entry of a map", entry.0)),
            },
            I::ListLen { dst, list } => match self.read(registers, list)? {
                Kind::Container { ty, .. } if self.element_type(ty).is_ok() => {
                    Some((dst, Kind::Int))
                }
                Kind::Zero => Some((dst, Kind::Int)),
                _ => return wrong(format!("r{} is no list", list.0)),
            },
            I::ListAt {
                dst,
                list,
                index,
                ty,
            } => {
                let element = self.element_type(ty)?;
                let lies = self.container(registers, list, ty)?;
                self.int(registers, index)?;
                let offset = 0;
                let ty = element;
                Some((dst, Kind::At { ty, offset, lies }))
            }
            I::ListPush { place, value, ty } => {
                let element = self.element_type(ty)?;
                let value = self.value(registers, value, element)?;
                self.replace(registers, place, ty, value)?;
                None
            }
            I::ListInsert {
                place,
                index,
                value,
                ty,
            } => {
                let element = self.element_type(ty)?;
                self.int(registers, index)?;
                let value = self.value(registers, value, element)?;
                self.replace(registers, place, ty, value)?;
                None
            }
            I::ListRemove { place, index, ty }
            | I::ListTruncate {
                place,
                length: index,
                ty,
            } => {
                self.element_type(ty)?;
                self.int(registers, index)?;
                self.replace(registers, place, ty, Roots::NONE)?;
                None
            }
            I::ListConcat {
                dst,
                left,
                right,
                ty,
            } => {
                self.element_type(ty)?;
                self.container(registers, left, ty)?;
                self.container(registers, right, ty)?;
                Some((dst, Kind::of_word(&self.program.types, ty, Lies::OWNED)))
            }
            I::TimerSet { key, delay, timer } => {
                self.int(registers, delay)?;
                self.timer(registers, key, timer)?;
                None
            }
            I::TimerCancel { key, timer } => {
                self.timer(registers, key, timer)?;
                None
            }
            I::BytesLen { dst, src } => {
                self.string(registers, src)?;
                Some((dst, Kind::Int))
            }
            I::Concat { dst, left, right } => Some((dst, self.concat(registers, left, right)?)),
            I::Send { to, body, message } => {
                self.send(registers, to, body, message)?;
                None
            }
            I::Jump { .. } | I::Halt {} => None,
            I::JumpIf { condition, .. } | I::JumpUnless { condition, .. } => {
                match self.read(registers, condition)? {
                    Kind::Found { .. } | Kind::Cursor { .. } => {}
                    _ => self.bool(registers, condition)?,
                }
                None
            }
            I::JumpEq { left, right, .. } | I::JumpNe { left, right, .. } => {
                self.comparable(registers, left, right)?;
                None
            }
            I::JumpLt { left, right, .. } | I::JumpLe { left, right, .. } => {
                self.scalars(registers, left, right)?;
                None
            }
            I::Result { value } => {
                if !self.scope.results {
                    return wrong("nothing asks for a result here");
                }
                self.bool(registers, value)?;
                None
            }
        };
        if let Some((dst, kind)) = result
            && let Some(register) = registers.get_mut(usize::from(dst.0))
        {
            *register = kind;
        }
        Ok(())
    }

    fn store_state(
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

/// The address of a process.
const ADDRESS: Kind = Kind::Str {
    may: strings::ADDRESS,
    roots: Roots::NONE,
};
