//! What each instruction asks of its operands, and what it leaves in its result.
//!
//! In: the kinds of the registers before an instruction. Out: those after it, or a phrase that says
//! what is wrong. The `match` over instructions has no wildcard: an instruction that is new in the
//! table does not compile before it has a rule here.

use super::kind::{Kind, Lies, Roots, strings};
use super::region::Typing;
use crate::isa::{Instruction, Offset, Reg, Short};
use crate::program::{MessageId, TimerId};
use crate::types::TypeId;

/// What is wrong with an instruction.
pub(super) type Wrong = String;

pub(super) fn wrong<T>(text: impl Into<String>) -> Result<T, Wrong> {
    Err(text.into())
}

/// The registers at a point of the code.
pub(super) type Registers = [Kind];

impl Typing<'_> {
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
        if !self.may_write(schema.variable as usize) {
            return wrong("the timer's variable may not be changed here");
        }
        let root = self.root(schema.variable as usize);
        self.change(registers, root);
        Ok(())
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

    /// [`Typing::element`] of a list whose elements lie so far apart.
    fn element_apart(
        &self,
        registers: &Registers,
        (list, stride): (TypeId, Short),
        lies: Lies,
        index: Reg,
    ) -> Result<Kind, Wrong> {
        let element = self.element_type(list)?;
        if self.program.types.width(element) != u32::from(stride.0) {
            return wrong("the elements lie at another distance");
        }
        self.element(registers, list, lies, index)
    }

    /// The kind of an element's address; the index is a number.
    fn element(
        &self,
        registers: &Registers,
        list: TypeId,
        lies: Lies,
        index: Reg,
    ) -> Result<Kind, Wrong> {
        let ty = self.element_type(list)?;
        self.int(registers, index)?;
        let offset = 0;
        Ok(Kind::At { ty, offset, lies })
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
            I::AddImm { dst, left: src, .. }
            | I::MulImm { dst, left: src, .. }
            | I::DivImm { dst, left: src, .. }
            | I::RemImm { dst, left: src, .. }
            | I::Neg { dst, src } => {
                self.int(registers, src)?;
                Some((dst, Kind::Int))
            }
            I::EqImm { dst, left, value } => {
                self.comparable_to(registers, left, value.0)?;
                Some((dst, Kind::Bool))
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
                let lies = self.container(registers, list, ty)?;
                Some((dst, self.element(registers, ty, lies, index)?))
            }
            I::ListLoad {
                dst,
                list,
                index,
                offset,
                stride,
                ty,
            } => {
                let lies = self.container(registers, list, ty)?;
                let element = self.element_apart(registers, (ty, stride), lies, index)?;
                Some((dst, self.load(element, list, Offset(offset.0.into()))?))
            }
            I::ListLoadIn {
                dst,
                place,
                index,
                offset,
                stride,
                ty,
            } => {
                let lies = self.container_in(registers, place, ty)?;
                let element = self.element_apart(registers, (ty, stride), lies, index)?;
                Some((dst, self.load(element, place, Offset(offset.0.into()))?))
            }
            I::ListStoreIn {
                place,
                index,
                src,
                offset,
                stride,
                ty,
            } => {
                let lies = self.container_in(registers, place, ty)?;
                let element = self.element_apart(registers, (ty, stride), lies, index)?;
                let offset = Offset(offset.0.into());
                self.store_to(registers, (element, place), src, offset)?;
                None
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
            I::ListSlice {
                dst,
                list,
                from,
                to,
                ty,
            } => {
                self.element_type(ty)?;
                self.container(registers, list, ty)?;
                self.ints(registers, from, to)?;
                Some((dst, Kind::of_word(&self.program.types, ty, Lies::OWNED)))
            }
            I::ListSort { dst, list, ty } => {
                let element = self.element_type(ty)?;
                if !self.program.types.is_ordered(element) {
                    return wrong("the type has no order");
                }
                self.container(registers, list, ty)?;
                Some((dst, Kind::of_word(&self.program.types, ty, Lies::OWNED)))
            }
            I::Encode { dst, value, ty } => {
                self.value(registers, value, ty)?;
                let (may, roots) = (strings::BYTES, Roots::NONE);
                Some((dst, Kind::Str { may, roots }))
            }
            I::Native {
                dst,
                first,
                second,
                third,
                which,
            } => {
                let arguments = [first, second, third];
                Some((dst, self.native(registers, which, arguments)?))
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
            I::ByteAt { dst, src, index } => {
                if self.string(registers, src)? & strings::BYTES == 0 {
                    return wrong(format!("r{} is no bytes", src.0));
                }
                self.int(registers, index)?;
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
                    // An address that may be 0, or was found not to be on every way to here.
                    Kind::Found { .. }
                    | Kind::Cursor { .. }
                    | Kind::At { .. }
                    | Kind::Entry { .. } => {}
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
            I::JumpEqImm { left, value, .. } | I::JumpNeImm { left, value, .. } => {
                self.comparable_to(registers, left, value.0.into())?;
                None
            }
            I::JumpLtImm { left, .. } | I::JumpGtImm { left, .. } => {
                self.scalar(registers, left)?;
                None
            }
            I::JumpNextLt {
                dst, left, bound, ..
            } => {
                self.ints(registers, left, bound)?;
                Some((dst, Kind::Int))
            }
            I::Call {
                base,
                arguments,
                to,
            } => {
                self.call(registers, base, arguments, to)?;
                None
            }
            I::Leave {} => {
                self.returns(registers, None)?;
                None
            }
            I::Return { value } => {
                self.returns(registers, Some(value))?;
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
}

/// The address of a process.
const ADDRESS: Kind = Kind::Str {
    may: strings::ADDRESS,
    roots: Roots::NONE,
};
