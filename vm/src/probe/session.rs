//! What happens at points and touches, for the thread that runs the machine.

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
    /// After how many points a watchdog ends the message.
    pub budget: u64,
}

/// A point of a right run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    /// The name of the site.
    pub site: &'static str,
    /// What could be changed there: an index into [`Recording::tables`].
    pub table: u32,
    /// What existed there only: place and bits.
    pub locals: Vec<(Place, u8)>,
    /// The position in the code of the instruction that comes next, if one does, and its lane.
    pub position: Option<(u8, u32)>,
}

/// Memory that was touched and whose place is not known yet.
#[derive(Clone, Copy, Debug)]
struct Touch {
    point: u32,
    address: usize,
    bytes: usize,
    ty: &'static str,
}

/// What a right run did.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The points in order.
    pub points: Vec<Point>,
    /// Which places were touched after a point and before the next: the point's index, the place.
    pub touches: Vec<(u32, Place)>,
    /// The groups that could be reached at points.
    pub tables: Vec<Vec<Group>>,
    /// Touches of memory that no group names: the site before, and the type.
    pub strangers: Vec<(&'static str, &'static str)>,
    pending: Vec<Touch>,
    /// The last table of a point that reaches everything.
    whole: usize,
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
    /// A fault in a word of the state that was not reached yet: its address, and the bits.
    static OVERLAY: Cell<(usize, u64)> = const { Cell::new((0, 0)) };
    /// The same fault as a place, to be made real at the next point that reaches it.
    static OWED: Cell<Option<(Place, Change)>> = const { Cell::new(None) };
    static PLAN: RefCell<Plan> = const { RefCell::new(Plan { step: 0, faults: Vec::new(), again: false, budget: 0 }) };
    static RECORDING: RefCell<Recording> = RefCell::default();
    static POSITION: Cell<Option<(u8, u32)>> = const { Cell::new(None) };
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
    });
}

fn reset() {
    STEP.set(0);
    TICKS.set(0);
    JUMP.set(None);
    HUNG.set(false);
    MISSED.set(false);
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
        recording.points.push(Point {
            site,
            table: index as u32,
            locals,
            position: POSITION.take(),
        });
    });
}

impl Touch {
    /// The places in a table that were touched; nothing if there is none.
    fn places(&self, table: &[Group]) -> Option<Vec<Place>> {
        let mut places = Vec::new();
        for group in table {
            let end = group.address + group.stride * group.count;
            let from = self.address.max(group.address);
            let to = (self.address + self.bytes).min(end);
            if from < to {
                let first = (from - group.address) / group.stride;
                let last = (to - 1 - group.address) / group.stride;
                places.extend((first..=last).map(|index| Place {
                    side: group.side,
                    name: group.name,
                    index: group.first + index as u32,
                }));
            }
        }
        (!places.is_empty() || self.bytes == 0).then_some(places)
    }
}

/// Whether a table is of a point that reaches the whole machine: lanes and copies.
fn is_whole(table: &[Group]) -> bool {
    table.iter().any(|group| group.name == "state")
}

impl Recording {
    /// Finds the places of what was touched since the last point.
    fn resolve(&mut self, table: &[Group]) {
        for touch in std::mem::take(&mut self.pending) {
            let last = self.points[touch.point as usize].table as usize;
            let tables = [table, &self.tables[self.whole], &self.tables[last]];
            let Some(places) = tables.into_iter().find_map(|table| touch.places(table)) else {
                // What grew since may be shown at a later point.
                if is_whole(table) {
                    let site = self.points[touch.point as usize].site;
                    self.strangers.push((site, touch.ty));
                } else {
                    self.pending.push(touch);
                }
                continue;
            };
            let touched = places.into_iter().map(|place| (touch.point, place));
            self.touches.extend(touched);
        }
    }

    /// Ends the recording's last stretch.
    pub fn finish(&mut self) {
        let table = self.tables.get(self.whole).cloned().unwrap_or_default();
        self.resolve(&table);
        self.touches.sort_unstable();
        self.touches.dedup();
    }

    /// Whether everything can be reached at this point.
    pub fn is_whole(&self, point: u32) -> bool {
        let point = &self.points[point as usize];
        is_whole(&self.tables[point.table as usize])
    }

    /// The group of a place at a point, if it can be reached there.
    pub fn group(&self, point: u32, place: Place) -> Option<&Group> {
        let point = &self.points[point as usize];
        let table = &self.tables[point.table as usize];
        table.iter().find(|group| {
            (group.side, group.name) == (place.side, place.name)
                && (place.index.wrapping_sub(group.first) as usize) < group.count
        })
    }
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
    let (faults, budget) = PLAN.with(|plan| {
        let plan = plan.borrow();
        let due = step == plan.step || plan.again && step > plan.step;
        (
            if due { plan.faults.clone() } else { Vec::new() },
            plan.budget,
        )
    });
    if step >= budget {
        HUNG.set(true);
        return Err(Stop::Trap(Trap::ControlFlow));
    }
    let again = PLAN.with(|plan| plan.borrow().again);
    QUIET.set(if again { step + 1 } else { budget });
    for fault in faults {
        match fault {
            Fault::At(place, change) => {
                if !change_at(reach, place, change) && OWED.get().is_none() {
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
            Fault::Trap => return Err(Stop::Trap(Trap::ControlFlow)),
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
            recording.pending.push(Touch {
                point: point as u32,
                address,
                bytes,
                ty,
            });
        }
    });
}
