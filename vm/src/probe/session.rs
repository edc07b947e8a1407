//! What happens at points and touches, for the thread that runs the machine.

use super::recording::{Point, Recording, Touch, is_whole};
use super::visitor::{Change, Fault, Group, Place, Purpose, Visitor};
use crate::check::Check;
use crate::error::{ErrorCode, Stop};
use crate::trap::Trap;
use std::cell::{Cell, RefCell};

/// Faults at one point.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// The point, counted from the start of the session.
    pub step: u64,
    /// What happens there, in this order.
    pub faults: Vec<Fault>,
    /// Whether it happens again at every later point: a bit that is stuck.
    pub again: bool,
    /// A second fault and its point, which is not before the first; it happens at the next point then.
    /// It may find no place.
    pub second: Option<(u64, Fault)>,
    /// After how many points a watchdog ends the message.
    pub budget: u64,
}

impl Plan {
    /// One fault, once.
    pub fn once(step: u64, fault: Fault, budget: u64) -> Plan {
        Plan {
            step,
            faults: vec![fault],
            budget,
            ..Plan::default()
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Record,
    Inject,
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::Off) };
    static STEP: Cell<u64> = const { Cell::new(0) };
    /// How often fuel was taken since the session began.
    static TICKS: Cell<u64> = const { Cell::new(0) };
    /// Below this step nothing happens at a point.
    static QUIET: Cell<u64> = const { Cell::new(u64::MAX) };
    static REMOVED: Cell<u64> = const { Cell::new(0) };
    /// Checks that were asked for since they were last taken: a check is asked for once it objects.
    static OBJECTED: Cell<u64> = const { Cell::new(0) };
    static JUMP: Cell<Option<u32>> = const { Cell::new(None) };
    static HUNG: Cell<bool> = const { Cell::new(false) };
    static MISSED: Cell<bool> = const { Cell::new(false) };
    /// Whether the plan's second fault comes next, or came.
    static SECOND: Cell<bool> = const { Cell::new(false) };
    /// A fault in a word of the state that was not reached yet: its address, and the bits.
    static OVERLAY: Cell<(usize, u64)> = const { Cell::new((0, 0)) };
    /// The same fault as a place, to be made real at the next point that reaches it.
    static OWED: Cell<Option<(Place, Change)>> = const { Cell::new(None) };
    static PLAN: RefCell<Plan> = const { RefCell::new(Plan { step: 0, faults: Vec::new(), again: false, second: None, budget: 0 }) };
    static RECORDING: RefCell<Recording> = RefCell::default();
    static POSITION: Cell<Option<(u8, u32)>> = const { Cell::new(None) };
    static DRAWN: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Starts to record a right run.
pub fn record() {
    reset();
    MODE.set(Mode::Record);
    QUIET.set(0);
    RECORDING.with(|recording| *recording.borrow_mut() = Recording::default());
}

/// Ends recording and gives what was recorded.
pub fn recorded() -> Recording {
    MODE.set(Mode::Off);
    QUIET.set(u64::MAX);
    RECORDING.with(|recording| std::mem::take(&mut *recording.borrow_mut()))
}

/// Starts a run with a plan.
pub fn inject(plan: Plan) {
    reset();
    MODE.set(Mode::Inject);
    QUIET.set(plan.step.min(plan.budget));
    PLAN.with(|here| *here.borrow_mut() = plan);
}

/// Ends a run with a plan. Whether the watchdog ended it, and whether a fault had no place to happen.
pub fn injected() -> (bool, bool) {
    MODE.set(Mode::Off);
    QUIET.set(u64::MAX);
    OVERLAY.set((0, 0));
    OWED.set(None);
    JUMP.set(None);
    (HUNG.replace(false), MISSED.replace(false))
}

/// The last fault that happened, of this thread.
pub fn drawn() -> Option<Fault> {
    DRAWN.get()
}

/// Goes on with the same plan's budget and without its faults, as for the messages that follow.
pub fn go_on(budget: u64) {
    STEP.set(0);
    if OWED.get().is_none() {
        MODE.set(Mode::Inject);
        QUIET.set(budget);
    }
    PLAN.with(|plan| {
        let mut plan = plan.borrow_mut();
        plan.step = u64::MAX;
        plan.budget = budget;
        plan.faults.clear();
        plan.again = false;
        plan.second = None;
    });
}

fn reset() {
    STEP.set(0);
    TICKS.set(0);
    JUMP.set(None);
    HUNG.set(false);
    MISSED.set(false);
    SECOND.set(false);
    OVERLAY.set((0, 0));
    OWED.set(None);
    POSITION.set(None);
}

/// How many points there were.
pub fn steps() -> u64 {
    STEP.get()
}

/// Takes checks out of the machine, for this thread, and puts all others back.
pub fn remove(checks: impl IntoIterator<Item = Check>) {
    let bits = checks.into_iter().map(|check| 1_u64 << check as u64);
    REMOVED.set(bits.fold(0, |all, bit| all | bit));
}

/// The checks that objected since this was last called, whether they were part of the machine or
/// not. Countermeasures that act in every message are among them.
pub fn objected() -> Vec<Check> {
    let bits = OBJECTED.take();
    let objected = Check::ALL.iter().copied();
    objected
        .filter(|check| bits >> *check as u64 & 1 == 1)
        .collect()
}

/// Whether a check is part of the machine. Asked only when it objects, so that campaigns can tell.
#[inline]
pub(crate) fn keeps(check: Check) -> bool {
    OBJECTED.set(OBJECTED.get() | 1 << check as u64);
    REMOVED.get() >> check as u64 & 1 == 0
}

/// How often a message may take fuel: few enough for the stack, should a walk have no end.
const MOST_TICKS: u64 = 200_000;

/// Lets the watchdog look at work that writes nothing.
#[inline]
pub(crate) fn tick() -> Result<(), Stop> {
    let ticks = TICKS.get() + 1;
    TICKS.set(ticks);
    if ticks > MOST_TICKS && MODE.get() == Mode::Inject {
        HUNG.set(true);
        return Err(Stop::Trap(Trap::ControlFlow));
    }
    Ok(())
}

/// Tells which instruction comes next.
pub(crate) fn at_instruction(lane: u8, position: u32) {
    if MODE.get() == Mode::Record {
        POSITION.set(Some((lane, position)));
    }
}

/// Passes a point at which nothing can happen. Whether this is one; if not, it is still ahead.
#[inline]
pub(crate) fn pass() -> bool {
    let step = STEP.get();
    let is_quiet = step < QUIET.get();
    if is_quiet {
        STEP.set(step + 1);
    }
    is_quiet
}

/// A point between two writes.
#[inline]
pub(crate) fn point_at(
    site: &'static str,
    mut reach: impl FnMut(&mut Visitor),
) -> Result<(), Stop> {
    let step = STEP.get();
    STEP.set(step + 1);
    if step < QUIET.get() {
        return Ok(());
    }
    something_happens(site, step, &mut reach)
}

#[cold]
fn something_happens(
    site: &'static str,
    step: u64,
    reach: &mut dyn FnMut(&mut Visitor),
) -> Result<(), Stop> {
    match MODE.get() {
        Mode::Off => Ok(()),
        Mode::Record => {
            note(site, reach);
            Ok(())
        }
        Mode::Inject => strike(step, reach),
    }
}

/// Notes a point of a right run.
fn note(site: &'static str, reach: &mut dyn FnMut(&mut Visitor)) {
    let (mut table, mut locals) = (Vec::new(), Vec::new());
    reach(&mut Visitor::new(Purpose::List(&mut |group: Group| {
        if group.kind == super::visitor::Kind::Local {
            locals.extend((0..group.count).map(|index| {
                let place = Place {
                    side: group.side,
                    name: group.name,
                    index: group.first + index as u32,
                };
                (place, group.bits)
            }));
        } else {
            table.push(group);
        }
    })));
    RECORDING.with(|recording| {
        let mut recording = recording.borrow_mut();
        recording.resolve(&table);
        let known = recording.tables.iter().rposition(|known| *known == table);
        let index = known.unwrap_or_else(|| {
            recording.tables.push(table);
            recording.tables.len() - 1
        });
        if is_whole(&recording.tables[index]) {
            recording.whole = index;
        }
        if !recording.tables[index].is_empty() {
            recording.shown = index;
        }
        recording.points.push(Point {
            site,
            table: index as u32,
            locals,
            position: POSITION.take(),
        });
    });
}

/// Lets the faults of the plan happen, or ends the message if it takes too long.
fn strike(step: u64, reach: &mut dyn FnMut(&mut Visitor)) -> Result<(), Stop> {
    if let Some((place, change)) = OWED.get() {
        let found = change_at(reach, place, change);
        if found {
            OWED.set(None);
            OVERLAY.set((0, 0));
            PLAN.with(|plan| QUIET.set(plan.borrow().budget.min(plan.borrow().step)));
        }
        return Ok(());
    }
    let is_second = SECOND.get();
    let (faults, budget, next) = PLAN.with(|plan| {
        let mut plan = plan.borrow_mut();
        let due = step == plan.step || (plan.again || is_second) && step > plan.step;
        let faults = match due {
            true if plan.again => plan.faults.clone(),
            true => std::mem::take(&mut plan.faults),
            false => Vec::new(),
        };
        if due && let Some((at, fault)) = plan.second.take() {
            (plan.step, plan.faults) = (at, vec![fault]);
            SECOND.set(true);
        }
        let next = match plan.again {
            true => step + 1,
            false if plan.faults.is_empty() => plan.budget,
            false => plan.step.max(step + 1),
        };
        (faults, plan.budget, next)
    });
    if step >= budget {
        HUNG.set(true);
        return Err(Stop::Trap(Trap::ControlFlow));
    }
    QUIET.set(next.min(budget));
    for fault in faults {
        let fault = match fault {
            Fault::Drawn { seed, phases } => super::draw::draw(reach, seed, phases),
            fault => fault,
        };
        DRAWN.set(Some(fault));
        match fault {
            Fault::At(place, change) => {
                if !change_at(reach, place, change) && OWED.get().is_none() && !is_second {
                    MISSED.set(true);
                }
            }
            Fault::Jump(phase) => {
                JUMP.set(Some(phase));
                return Err(Stop::Trap(Trap::ControlFlow));
            }
            Fault::Turn(turn) => {
                JUMP.set(Some(IS_TURN | turn));
                return Err(Stop::Trap(Trap::ControlFlow));
            }
            Fault::Trap | Fault::Drawn { .. } => return Err(Stop::Trap(Trap::ControlFlow)),
            Fault::Error => return Err(Stop::Error(ErrorCode::OutOfMemory)),
        }
    }
    Ok(())
}

/// Changes a place, if it is shown at this point. A place of the other side is looked at first, if
/// its value is what the place is given.
fn change_at(reach: &mut dyn FnMut(&mut Visitor), place: Place, change: Change) -> bool {
    let change = match change {
        Change::Twin => {
            let twin = Place {
                side: place.side ^ 1,
                ..place
            };
            let mut visitor = Visitor::new(Purpose::Look(twin, None));
            reach(&mut visitor);
            match visitor.purpose {
                Purpose::Look(_, Some(value)) => Change::Set(value),
                // The other side has no such place: nothing happens.
                _ => return true,
            }
        }
        change => change,
    };
    let mut visitor = Visitor::new(Purpose::Change(place, change, false));
    reach(&mut visitor);
    matches!(visitor.purpose, Purpose::Change(_, _, true))
}

/// The phase to which control left, if it did.
pub(crate) fn take_jump() -> Option<u32> {
    JUMP.take()
}

/// The turn of a region that is its start. It comes before the first lane's, which is 0, the second's
/// and the comparison.
pub(crate) const ANEW: u32 = 3;

/// How many turns control can leave for within a region.
pub const TURNS: u32 = ANEW + 1;

/// The bit of a jump that says that it goes to a turn and not to a phase.
const IS_TURN: u32 = 1 << 31;

/// The turn to which control left, if it did.
pub(crate) fn take_turn() -> Option<u32> {
    let jump = JUMP.get().filter(|jump| jump & IS_TURN != 0)?;
    JUMP.set(None);
    Some(jump & !IS_TURN)
}

/// Whether a jump is under way: nothing else is to run until it is taken.
pub(crate) fn is_jumping() -> bool {
    JUMP.get().is_some() || HUNG.get()
}

/// A word of the state that a point shows without being able to change it.
pub(crate) fn overlay(words: &[u64], visitor: &Visitor, side: u8) {
    if let Purpose::Change(place, change, false) = &visitor.purpose
        && (place.side, place.name) == (side, "state")
        && let Some(word) = words.get(place.index as usize)
    {
        let mask = match *change {
            Change::Flip(bit) => 1 << bit,
            Change::Set(value) => *word ^ value,
            Change::Twin => return,
        };
        OVERLAY.set((std::ptr::from_ref(word).addr(), mask));
        OWED.set(Some((*place, *change)));
        QUIET.set(0);
    }
}

/// A word of the state as a fault lets it be seen.
#[inline]
pub(crate) fn seen(word: &u64) -> u64 {
    let (address, mask) = OVERLAY.get();
    if address == std::ptr::from_ref(word).addr() {
        *word ^ mask
    } else {
        *word
    }
}

/// Notes that a place is about to be read or written.
#[inline]
pub(crate) fn touch<T: ?Sized>(place: &T) {
    if MODE.get() == Mode::Record {
        touched(
            std::ptr::from_ref(place).cast::<u8>().addr(),
            size_of_val(place),
            std::any::type_name::<T>(),
        );
    }
}

#[cold]
fn touched(address: usize, bytes: usize, ty: &'static str) {
    RECORDING.with(|recording| {
        let mut recording = recording.borrow_mut();
        if let Some(point) = recording.points.len().checked_sub(1) {
            recording.touch(Touch {
                point: point as u32,
                address,
                bytes,
                ty,
            });
        }
    });
}

/// Until it is dropped, touches of the copy are touches of what it is a copy of.
pub(crate) struct Copied {
    /// How many groups there were before.
    before: usize,
}

/// Tells that what this lane has in this part is read from a copy.
pub(crate) fn copied(side: u8, copy: &mut impl super::Part) -> Copied {
    let mut groups = Vec::new();
    if MODE.get() == Mode::Record {
        let mut tell = |group| groups.push(group);
        let mut visitor = Visitor::new(Purpose::List(&mut tell));
        visitor.side = side;
        copy.visit(&mut visitor);
    }
    RECORDING.with(|recording| {
        let copies = &mut recording.borrow_mut().copies;
        let before = copies.len();
        copies.extend(groups);
        Copied { before }
    })
}

impl Drop for Copied {
    fn drop(&mut self) {
        RECORDING.with(|recording| recording.borrow_mut().copies.truncate(self.before));
    }
}
