//! Places of the machine by name, and changes of them.
//!
//! Every struct of the machine shows its fields to a [`Visitor`] by taking itself apart without `..`,
//! so that a new field does not compile until someone says what it is.

use crate::error::Stop;
use crate::exec::Next;
use crate::program::{HandlerId, HandlerKind, MessageId, TimerId};
use crate::trap::Trap;
use crate::types::{self, Type};

/// A place of the machine: whose, which, and where in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// 0 or 1 for a lane or copy, [`SHARED`] for what is neither's.
    pub side: u8,
    /// The name of the group.
    pub name: &'static str,
    /// The index in the group.
    pub index: u32,
}

/// The side of what belongs to no lane.
pub const SHARED: u8 = 2;

/// What happens to a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// One bit is turned over.
    Flip(u8),
    /// It has another value.
    Set(u64),
    /// It has the value of the same place on the other side.
    Twin,
}

/// A fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A place changes.
    At(Place, Change),
    /// Control leaves for the phase with this number.
    Jump(u32),
    /// Control leaves for another turn of the region that runs: 0 the first lane's, 1 the second's, 2
    /// the comparison after both, 3 the region's start.
    Turn(u32),
    /// One of the faults that can happen at this point, drawn by `seed`: first the name of a place, then
    /// a place of this name and a bit, or a jump to one of so many phases, or to a turn where one runs.
    /// [`crate::probe::session::drawn`] tells which it was.
    Drawn {
        /// Decides.
        seed: u64,
        /// How many phases a message has.
        phases: u32,
    },
    /// The machine is made to stop here with a trap; not a fault, a test of what it leaves behind.
    Trap,
    /// The machine is made to stop here with a runtime error; as before.
    Error,
}

/// What a group is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Lasts beyond the message.
    Lasting,
    /// Belongs to one message.
    Passing,
    /// Exists at this point only.
    Local,
}

/// Equal things side by side, at one point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Group {
    /// 0 or 1 for a lane or copy, [`SHARED`] for what is neither's.
    pub side: u8,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// Where it lies.
    pub address: usize,
    /// How far apart its elements lie, in bytes.
    pub stride: usize,
    /// The index of its first element.
    pub first: u32,
    /// How many elements it has.
    pub count: usize,
    /// How many bits of an element a fault can change.
    pub bits: u8,
}

/// Something that a fault can change.
pub(crate) trait Scalar {
    const BITS: u8;
    fn get(&self) -> u64;
    fn put(&mut self, value: u64);
}

macro_rules! numbers {
    ($($ty:ty)+) => {$(
        impl Scalar for $ty {
            const BITS: u8 = <$ty>::BITS as u8;
            fn get(&self) -> u64 {
                *self as u64
            }
            fn put(&mut self, value: u64) {
                *self = value as $ty;
            }
        }
    )+};
}
numbers! { u8 u16 u32 u64 usize }

impl Scalar for bool {
    const BITS: u8 = 1;
    fn get(&self) -> u64 {
        u64::from(*self)
    }
    fn put(&mut self, value: u64) {
        *self = value & 1 != 0;
    }
}

impl Scalar for Option<u32> {
    const BITS: u8 = 33;
    fn get(&self) -> u64 {
        self.map_or(0, |value| u64::from(value) << 1 | 1)
    }
    fn put(&mut self, value: u64) {
        *self = (value & 1 == 1).then_some((value >> 1) as u32);
    }
}

impl Scalar for Option<HandlerId> {
    const BITS: u8 = 33;
    fn get(&self) -> u64 {
        self.map(|id| id.0).get()
    }
    fn put(&mut self, value: u64) {
        let mut id = None;
        Scalar::put(&mut id, value);
        *self = id.map(HandlerId);
    }
}

impl Scalar for HandlerKind {
    const BITS: u8 = 35;
    fn get(&self) -> u64 {
        match *self {
            HandlerKind::Init => 0,
            HandlerKind::Message(id) => 1 | u64::from(id.0) << 3,
            HandlerKind::Timer(id) => 2 | u64::from(id.0) << 3,
            HandlerKind::Start => 3,
            HandlerKind::Invariant => 4,
            HandlerKind::Probe => 5,
        }
    }
    fn put(&mut self, value: u64) {
        let id = (value >> 3) as u32;
        *self = match value & 7 {
            1 => HandlerKind::Message(MessageId(id)),
            2 => HandlerKind::Timer(TimerId(id)),
            3 => HandlerKind::Start,
            4 => HandlerKind::Invariant,
            5 => HandlerKind::Probe,
            _ => HandlerKind::Init,
        };
    }
}

impl Scalar for Option<HandlerKind> {
    const BITS: u8 = 36;
    fn get(&self) -> u64 {
        self.as_ref().map_or(0, |kind| kind.get() << 1 | 1)
    }
    fn put(&mut self, value: u64) {
        let mut kind = HandlerKind::Init;
        kind.put(value >> 1);
        *self = (value & 1 == 1).then_some(kind);
    }
}

/// What a type is; the parts of one that has some are places of their own.
impl Scalar for Type {
    const BITS: u8 = 3;
    fn get(&self) -> u64 {
        let place = SIMPLE.iter().position(|simple| simple == self);
        place.unwrap_or(SIMPLE.len()) as u64
    }
    fn put(&mut self, value: u64) {
        if let Some(simple) = SIMPLE.get(value as usize) {
            *self = simple.clone();
        }
    }
}

impl Scalar for types::Kind {
    const BITS: u8 = 3;
    fn get(&self) -> u64 {
        *self as u64
    }
    fn put(&mut self, value: u64) {
        *self = match value & 7 {
            0 => types::Kind::Int,
            1 => types::Kind::Bool,
            2 => types::Kind::Bytes,
            3 => types::Kind::Text,
            4 => types::Kind::Address,
            5 => types::Kind::Container,
            _ => types::Kind::InPlace,
        };
    }
}

const SIMPLE: [Type; 6] = [
    Type::Int,
    Type::Bool,
    Type::Text,
    Type::Bytes,
    Type::Address,
    Type::Duration,
];

/// The errors that stand in a result: turned over, it is right or wrong.
impl Scalar for Result<(), Stop> {
    const BITS: u8 = 1;
    fn get(&self) -> u64 {
        u64::from(self.is_err())
    }
    fn put(&mut self, value: u64) {
        *self = if value & 1 == 0 {
            Ok(())
        } else {
            Err(Stop::Trap(Trap::ControlFlow))
        };
    }
}

/// Where control goes on: two bits say whether to a block, to the end, or with a result.
impl Scalar for Result<Next, Stop> {
    const BITS: u8 = 34;
    fn get(&self) -> u64 {
        match self {
            Ok(Next::Block(to)) => u64::from(*to) << 2,
            Ok(Next::Halt) => 1,
            Ok(Next::Result(value)) => 2 | value << 2,
            Err(_) => 3,
        }
    }
    fn put(&mut self, value: u64) {
        *self = match value & 3 {
            0 => Ok(Next::Block((value >> 2) as u32)),
            1 => Ok(Next::Halt),
            2 => Ok(Next::Result(value >> 2)),
            _ => Err(Stop::Trap(Trap::ControlFlow)),
        };
    }
}

/// What a visit is for.
pub(crate) enum Purpose<'v> {
    /// Tell of every group.
    List(&'v mut dyn FnMut(Group)),
    /// Change a place; whether it was found.
    Change(Place, Change, bool),
    /// Tell the value of a place.
    Look(Place, Option<u64>),
}

/// Goes over the parts of the machine.
pub struct Visitor<'v> {
    pub(crate) purpose: Purpose<'v>,
    pub(crate) side: u8,
    pub(crate) kind: Kind,
}

impl<'v> Visitor<'v> {
    pub(crate) fn new(purpose: Purpose<'v>) -> Visitor<'v> {
        Visitor {
            purpose,
            side: SHARED,
            kind: Kind::Lasting,
        }
    }

    /// Whether a visit of the things of a side can do something: what is looked for was not found yet
    /// and is of this side. A campaign's time goes to such visits.
    #[inline]
    pub(crate) fn wants(&self, side: u8) -> bool {
        match &self.purpose {
            Purpose::List(_) => true,
            Purpose::Change(place, _, found) => !found && place.side == side,
            Purpose::Look(place, value) => value.is_none() && place.side == side,
        }
    }

    /// Equal things side by side.
    pub(crate) fn slice<T: Scalar>(&mut self, name: &'static str, slice: &mut [T]) {
        self.part_of(name, 0, slice);
    }

    /// One of several things that do not lie side by side.
    pub(crate) fn one_of<T: Scalar>(&mut self, name: &'static str, index: usize, value: &mut T) {
        self.part_of(name, index, std::slice::from_mut(value));
    }

    /// Some of several things, from an index on.
    pub(crate) fn part_of<T: Scalar>(&mut self, name: &'static str, first: usize, slice: &mut [T]) {
        let here = |place: &Place, side: u8| place.side == side && place.name == name;
        match &mut self.purpose {
            Purpose::List(tell) => tell(Group {
                side: self.side,
                name,
                kind: self.kind,
                address: slice.as_ptr().addr(),
                stride: size_of::<T>(),
                first: first as u32,
                count: slice.len(),
                bits: T::BITS,
            }),
            Purpose::Change(place, change, found) if here(place, self.side) => {
                if let Some(at) = slice.get_mut((place.index as usize).wrapping_sub(first)) {
                    match *change {
                        Change::Flip(bit) => at.put(at.get() ^ 1 << bit),
                        Change::Set(value) => at.put(value),
                        Change::Twin => {}
                    }
                    *found = true;
                }
            }
            Purpose::Look(place, value) if here(place, self.side) => {
                if let Some(at) = slice.get((place.index as usize).wrapping_sub(first)) {
                    *value = Some(at.get());
                }
            }
            _ => {}
        }
    }

    /// One thing.
    pub(crate) fn scalar<T: Scalar>(&mut self, name: &'static str, value: &mut T) {
        self.slice(name, std::slice::from_mut(value));
    }

    /// One thing that exists at this point only.
    pub(crate) fn local<T: Scalar>(&mut self, name: &'static str, value: &mut T) {
        self.local_slice(name, std::slice::from_mut(value));
    }

    /// Equal things that exist at this point only.
    pub(crate) fn local_slice<T: Scalar>(&mut self, name: &'static str, values: &mut [T]) {
        let kind = std::mem::replace(&mut self.kind, Kind::Local);
        self.slice(name, values);
        self.kind = kind;
    }

    /// The length of a vector. It cannot be made longer than [`LONGEST`]; a longer one is a pointer
    /// to elsewhere, which the native level injects.
    pub(crate) fn length<T: Clone>(&mut self, name: &'static str, vector: &mut Vec<T>, other: T) {
        if let Purpose::List(tell) = &mut self.purpose {
            return tell(Group {
                side: self.side,
                name,
                kind: self.kind,
                address: std::ptr::from_ref(vector).addr(),
                stride: size_of::<Vec<T>>(),
                first: 0,
                count: 1,
                bits: usize::BITS as u8,
            });
        }
        let mut length = vector.len();
        self.slice(name, std::slice::from_mut(&mut length));
        if length != vector.len() {
            vector.resize(length.min(LONGEST / size_of::<T>().max(1)), other);
        }
    }
}

/// The greatest length that a fault gives to a vector.
pub const LONGEST: usize = 1 << 13;
