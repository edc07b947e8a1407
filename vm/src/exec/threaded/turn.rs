//! Who goes on at the end of a block: the same lane, or the one that waits.

use super::{Function, Registers};
use crate::error::Stop;
use crate::exec::{Cpu, Next, opaque};
use crate::memory::{Paired, Role, Single};
use crate::signature;
use crate::trap::Trap;
use std::marker::PhantomData;

/// A lane that runs without waiting for another.
pub(super) struct Solo<'m, R: Role> {
    pub(super) cpu: Cpu<'m, R>,
    /// What sums up the blocks on the way.
    pub(super) way: u64,
    pub(super) end: Result<Next, Stop>,
}

/// Two lanes that take turns.
pub(super) struct Pair<'m> {
    pub(super) ahead: Cpu<'m, Paired>,
    pub(super) behind: Cpu<'m, Paired>,
    pub(super) ends: [Result<Next, Stop>; 2],
}

/// What stands in for an end until there is one.
pub(super) const NO_END: Result<Next, Stop> = Err(Stop::Trap(Trap::ControlFlow));

/// In `places` for the block at which the waiting lane goes on: nowhere, it has ended. No code is
/// that long.
pub(super) const NOWHERE: u32 = u32::MAX;

/// A place to go on at: the arguments of the function that comes next, but for what it finds itself.
pub(super) struct Entry {
    pub(super) ip: *const u64,
    pub(super) registers: *mut Registers,
    pub(super) sum: u64,
    pub(super) places: u64,
}

impl Entry {
    /// The entry of the block at `position` of the lane; the other one will go on at `waiting`.
    #[inline(always)]
    pub(super) fn new<R: Role>(cpu: &mut Cpu<'_, R>, position: u32, waiting: u32) -> Option<Entry> {
        Some(Entry {
            ip: cpu.context.code.place(position)?,
            registers: cpu.registers,
            sum: if R::HARDENED {
                signature::start(position)
            } else {
                cpu.context.code.place(position)?.addr() as u64
            },
            places: u64::from(position) << 32 | u64::from(waiting),
        })
    }
}

/// A lane and when it runs.
pub(super) trait Turn: Sized + 'static {
    /// Which lane.
    type Role: Role;
    /// Who runs after a block of this one.
    type After: Turn;
    /// The functions of the instructions, by opcode.
    const TABLE: &'static [Function; 256];

    /// The lane's processor.
    ///
    /// # Safety
    /// `machine` is the one of this turn (3).
    unsafe fn cpu<'c>(machine: *mut ()) -> &'c mut Cpu<'c, Self::Role>;

    /// The lane came to the end of its block and goes on at `to`. Where [`Turn::After`] goes on, if it
    /// does.
    ///
    /// # Safety
    /// As for `cpu`.
    unsafe fn block(machine: *mut (), places: u64, to: u32) -> Option<Entry>;

    /// As [`Turn::block`], behind the jump at `ip`: to a block, or to the one that follows.
    ///
    /// # Safety
    /// As for `cpu`; `ip` points at an instruction that ends a block.
    #[inline(always)]
    unsafe fn branch(
        machine: *mut (),
        ip: *const u64,
        _: *mut Registers,
        places: u64,
        to: Option<u32>,
    ) -> Option<Entry> {
        // SAFETY: as for this function.
        unsafe {
            let code = Self::cpu(machine).context.code;
            let to = to.unwrap_or_else(|| code.position(ip).wrapping_add(2));
            Self::block(machine, places, to)
        }
    }

    /// The lane came to its end. As [`Turn::block`].
    ///
    /// # Safety
    /// As for `cpu`.
    unsafe fn end(machine: *mut (), places: u64, end: Result<Next, Stop>) -> Option<Entry>;
}

/// A lane for itself.
pub(super) struct Alone<R>(PhantomData<R>);
/// The lane that runs each block first.
pub(super) enum Ahead {}
/// The lane that runs each block after the other.
pub(super) enum Behind {}

macro_rules! alone {
    ($($role:ident $functions:ident { $($branch:item)? })+) => {$(
        impl Turn for Alone<$role> {
            type Role = $role;
            type After = Self;
            const TABLE: &'static [Function; 256] = &super::$functions::TABLE;

            #[inline(always)]
            unsafe fn cpu<'c>(machine: *mut ()) -> &'c mut Cpu<'c, $role> {
                // SAFETY: 3.
                unsafe { &mut (*machine.cast::<Solo<'c, $role>>()).cpu }
            }

            #[inline(always)]
            unsafe fn block(machine: *mut (), places: u64, to: u32) -> Option<Entry> {
                // SAFETY: 3.
                let solo = unsafe { &mut *machine.cast::<Solo<$role>>() };
                if <$role>::HARDENED {
                    let hop = u64::from(to) << 32 | places >> 32;
                    solo.way = signature::step(solo.way, hop);
                }
                Entry::new(&mut solo.cpu, to, NOWHERE).or_else(|| {
                    solo.end = Err(Trap::Code.into());
                    None
                })
            }

            $($branch)?

            #[inline(always)]
            unsafe fn end(machine: *mut (), _: u64, end: Result<Next, Stop>) -> Option<Entry> {
                // SAFETY: 3.
                unsafe { (*machine.cast::<Solo<$role>>()).end = end };
                None
            }
        }
    )+};
}
alone! {
    Single single {
        /// A jump stays in the lane: there is nothing to compare, and what follows is behind `ip`.
        #[inline(always)]
        unsafe fn branch(
            machine: *mut (),
            ip: *const u64,
            registers: *mut Registers,
            _: u64,
            to: Option<u32>,
        ) -> Option<Entry> {
            let place = match to {
                Some(to) => {
                    // SAFETY: 3.
                    let solo = unsafe { &mut *machine.cast::<Solo<Single>>() };
                    let Some(place) = solo.cpu.context.code.place(to) else {
                        solo.end = Err(Trap::Code.into());
                        return None;
                    };
                    place
                }
                // Behind an end and the word that belongs to it stands at least the guard (1).
                None => ip.wrapping_add(2),
            };
            Some(Entry {
                ip: place,
                registers,
                sum: place.addr() as u64,
                places: 0,
            })
        }
    }
    Paired paired {
        /// A jump stays in the lane, and what follows is behind `ip`; the lane's way is summed up.
        #[inline(always)]
        unsafe fn branch(
            machine: *mut (),
            ip: *const u64,
            registers: *mut Registers,
            places: u64,
            to: Option<u32>,
        ) -> Option<Entry> {
            // SAFETY: 3.
            let solo = unsafe { &mut *machine.cast::<Solo<Paired>>() };
            let code = solo.cpu.context.code;
            let (place, to) = match to {
                Some(to) => {
                    let Some(place) = code.place(to) else {
                        solo.end = Err(Trap::Code.into());
                        return None;
                    };
                    (place, to)
                }
                // Behind an end and the word that belongs to it stands at least the guard (1).
                None => (ip.wrapping_add(2), code.position(ip).wrapping_add(2)),
            };
            let hop = u64::from(to) << 32 | places >> 32;
            solo.way = signature::step(solo.way, hop);
            Some(Entry {
                ip: place,
                registers,
                sum: signature::start(to),
                places: u64::from(to) << 32 | u64::from(NOWHERE),
            })
        }
    }
}

impl Turn for Ahead {
    type Role = Paired;
    type After = Behind;
    const TABLE: &'static [Function; 256] = &super::ahead::TABLE;

    #[inline(always)]
    unsafe fn cpu<'c>(machine: *mut ()) -> &'c mut Cpu<'c, Paired> {
        // SAFETY: 3.
        unsafe { &mut (*machine.cast::<Pair<'c>>()).ahead }
    }

    #[inline(always)]
    unsafe fn block(machine: *mut (), places: u64, to: u32) -> Option<Entry> {
        // SAFETY: 3.
        let pair = unsafe { &mut *machine.cast::<Pair>() };
        Entry::new(&mut pair.behind, places as u32, to).or_else(|| {
            pair.ends[1] = Err(Trap::Code.into());
            None
        })
    }

    #[inline(always)]
    unsafe fn end(machine: *mut (), places: u64, end: Result<Next, Stop>) -> Option<Entry> {
        // SAFETY: 3.
        let pair = unsafe { &mut *machine.cast::<Pair>() };
        pair.ends[0] = end;
        // SAFETY: 3.
        unsafe { Ahead::block(machine, places, NOWHERE) }
    }
}

impl Turn for Behind {
    type Role = Paired;
    type After = Ahead;
    const TABLE: &'static [Function; 256] = &super::behind::TABLE;

    #[inline(always)]
    unsafe fn cpu<'c>(machine: *mut ()) -> &'c mut Cpu<'c, Paired> {
        // SAFETY: 3.
        unsafe { &mut (*machine.cast::<Pair<'c>>()).behind }
    }

    #[inline(always)]
    unsafe fn block(machine: *mut (), places: u64, to: u32) -> Option<Entry> {
        let waiting = places as u32;
        // Each lane goes on at its own decision: what passed the barrier before the compare is not what
        // the compiler then knows to be equal.
        let own = opaque(u64::from(to)) as u32;
        if to != waiting {
            // SAFETY: 3.
            unsafe { parted(machine, waiting, to) };
            return None;
        }
        // SAFETY: 3.
        let pair = unsafe { &mut *machine.cast::<Pair>() };
        Entry::new(&mut pair.ahead, waiting, own).or_else(|| {
            pair.ends[1] = Err(Trap::Code.into());
            None
        })
    }

    #[inline(always)]
    unsafe fn end(machine: *mut (), places: u64, end: Result<Next, Stop>) -> Option<Entry> {
        // SAFETY: 3.
        let pair = unsafe { &mut *machine.cast::<Pair>() };
        pair.ends[1] = end;
        if places as u32 != NOWHERE {
            pair.ends[0] = Ok(Next::Block(places as u32));
        }
        None
    }
}

/// The lane behind goes on elsewhere than the lane ahead, or the lane ahead has ended.
///
/// # Safety
/// `machine` is a `Pair` (3).
#[cold]
#[inline(never)]
unsafe fn parted(machine: *mut (), waiting: u32, to: u32) {
    // SAFETY: 3.
    unsafe { Behind::end(machine, u64::from(waiting), Ok(Next::Block(to))) };
}
