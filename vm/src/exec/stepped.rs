//! The dispatcher of fault injection: between two instructions nothing is borrowed, so that a fault
//! can change any part of both lanes and copies. Only in builds with `cfg(pasc_probe)`.
//!
//! It gives what [`super::dispatch`] gives, with the same instructions and the same comparisons.
//! Which lane's parts an instruction works on, a matter of base pointers elsewhere, is a number here.

use super::dispatch::Course;
use super::{
    Bases, Context, Cpu, Dispatcher, Ground, NOWHERE, Next, Whole, agree_as_a_whole, lie_apart,
};
use crate::check::Check;
use crate::error::Stop;
use crate::exec::black_box;
use crate::lane::{Lane, agree};
use crate::memory::{First, Memory, Role, Second, Single};
use crate::probe::session::{ANEW, at_instruction, is_jumping, pass, take_turn};
use crate::probe::{Part, Visitor, keeps, point};
use crate::signature;
use crate::state::StateCopy;
use crate::trap::Trap;

/// The dispatcher of fault injection.
#[derive(Debug)]
pub enum Stepped {}

/// What the machine keeps while a region runs.
struct Held {
    positions: [u32; 2],
    apart: Bases,
    wires: [Wires; 2],
    next: [Result<Next, Stop>; 2],
    ways: [u64; 2],
}

/// For registers, constants, code, work, outbox, own copy and the other: whether they are the other
/// lane's.
type Wires = [bool; 7];

const NO_END: Result<Next, Stop> = Err(Stop::Trap(Trap::ControlFlow));

impl Held {
    fn new(positions: [u32; 2], apart: &Bases) -> Held {
        Held {
            positions,
            apart: *apart,
            wires: [[false; 7]; 2],
            next: [NO_END; 2],
            ways: [0; 2],
        }
    }

    fn visit(&mut self, v: &mut Visitor) {
        let Held {
            positions,
            apart,
            wires,
            next,
            ways,
        } = self;
        let sides = positions.iter_mut().zip(wires).zip(next).zip(ways);
        for (side, (((position, wires), next), way)) in sides.enumerate() {
            v.side = side as u8;
            v.local("turn.position", position);
            v.local_slice("wire", wires);
            v.local("turn.next", next);
            v.local("turn.way", way);
        }
        v.side = crate::probe::visitor::SHARED;
        v.local_slice("apart", apart);
    }
}

/// Shows both lanes and copies.
pub(crate) fn visit_all(v: &mut Visitor, lanes: &mut [Lane], copies: &mut [StateCopy]) {
    for (side, lane) in (0..).zip(lanes) {
        if v.wants(side) {
            v.side = side;
            lane.visit(v);
        }
    }
    for (side, copy) in (0..).zip(copies) {
        if v.wants(side) {
            v.side = side;
            copy.visit(v);
        }
    }
}

/// The processor of a lane, as its wires go.
fn wired<'m, R: Role>(
    lanes: &'m mut [Lane; 2],
    copies: &'m [StateCopy; 2],
    side: usize,
    held: &Held,
) -> Cpu<'m, R> {
    let [a, b] = lanes;
    let wires = &held.wires[side];
    let second = wires.map(|other| other != (side == 1));
    let constants = if second[1] {
        &b.constants
    } else {
        &a.constants
    };
    let code = if second[2] {
        &b.constants.code
    } else {
        &a.constants.code
    };
    let work = if second[3] { &mut b.work } else { &mut a.work };
    let own = &copies[usize::from(second[5])];
    let other = &copies[usize::from(wires[6] == (side == 1))];
    Cpu {
        registers: if second[0] {
            &mut b.registers
        } else {
            &mut a.registers
        },
        context: Context {
            code: code.guarded(),
            constants,
            memory: Memory::new(work, &constants.limits, own, other),
            outbox: if second[4] {
                &mut b.outbox
            } else {
                &mut a.outbox
            },
        },
    }
}

/// Runs instructions as long as nothing can happen between them; gives how the block ends, if it does
/// within. Most of a campaign's time goes here.
#[inline]
fn unwatched<R: Role>(
    lanes: &mut [Lane; 2],
    copies: &[StateCopy; 2],
    held: &Held,
    side: usize,
    course: &mut Course,
) -> Option<Result<Next, Stop>> {
    if !pass() {
        return None;
    }
    let mut cpu = wired::<R>(lanes, copies, side, held);
    loop {
        match cpu.instruction(course) {
            Ok(None) if pass() => {}
            Ok(None) => return None,
            Ok(Some(next)) => return Some(Ok(next)),
            Err(stop) => return Some(Err(stop)),
        }
    }
}

/// Runs the block at which a lane stands. The outer error ends the region at once: control left.
fn block<R: Role>(
    lanes: &mut [Lane; 2],
    copies: &mut [StateCopy; 2],
    held: &mut Held,
    side: usize,
) -> Result<Result<Next, Stop>, Stop> {
    let from = std::mem::replace(&mut held.positions[side], NOWHERE);
    let mut course = Course::new(from);
    loop {
        if let Some(end) = unwatched::<R>(lanes, copies, held, side, &mut course) {
            return if is_jumping() {
                Err(Trap::ControlFlow.into())
            } else {
                Ok(end)
            };
        }
        at_instruction(side as u8, course.position);
        point!("instruction", |v: &mut Visitor| {
            visit_all(v, lanes, copies);
            held.visit(v);
            v.side = side as u8;
            course.visit(v);
        });
        let mut cpu = wired::<R>(lanes, copies, side, held);
        let end = cpu.instruction(&mut course);
        if is_jumping() {
            return Err(Trap::ControlFlow.into());
        }
        match end {
            Ok(None) => {}
            Ok(Some(next)) => return Ok(Ok(next)),
            Err(stop) => return Ok(Err(stop)),
        }
    }
}

/// Whether the lanes' parts lie as far apart as they should, as their wires go.
fn grounds(lanes: &mut [Lane; 2], copies: &[StateCopy; 2], held: &Held) -> [Ground; 2] {
    let a = wired::<First>(lanes, copies, 0, held).ground();
    let b = wired::<Second>(lanes, copies, 1, held).ground();
    [a, b]
}

/// Runs one lane to the end of its block.
fn to_next<R: Role>(
    lanes: &mut [Lane; 2],
    copies: &mut [StateCopy; 2],
    held: &mut Held,
    side: usize,
) -> Result<(), Stop> {
    held.next[side] = block::<R>(lanes, copies, held, side)?;
    Ok(())
}

/// Runs one lane to the end of its region.
fn whole<R: Role>(
    lanes: &mut [Lane; 2],
    copies: &mut [StateCopy; 2],
    held: &mut Held,
    side: usize,
) -> Result<(), Stop> {
    loop {
        let from = held.positions[side];
        held.next[side] = block::<R>(lanes, copies, held, side)?;
        let Ok(Next::Block(to)) = held.next[side] else {
            return Ok(());
        };
        let hop = u64::from(to) << 32 | u64::from(from);
        held.ways[side] = signature::step(held.ways[side], hop);
        held.positions[side] = to;
    }
}

/// How a turn ends: the next one follows, or the region is over.
type Turn = Result<Option<Result<Next, Stop>>, Stop>;

/// What a lane does in its turn.
trait Run: Fn(&mut [Lane; 2], &mut [StateCopy; 2], &mut Held, usize) -> Result<(), Stop> {}
impl<F: Fn(&mut [Lane; 2], &mut [StateCopy; 2], &mut Held, usize) -> Result<(), Stop>> Run for F {}

/// The comparison after both.
trait Compare: Fn(&mut [Lane; 2], &mut [StateCopy; 2], &mut Held) -> Turn {}
impl<F: Fn(&mut [Lane; 2], &mut [StateCopy; 2], &mut Held) -> Turn> Compare for F {}

/// Runs a region: goes round its turns, the first lane's, the second's and the comparison, until one is
/// the last. A fault can change which one comes next.
fn region(
    lanes: &mut [Lane; 2],
    copies: &mut [StateCopy; 2],
    positions: [u32; 2],
    apart: &Bases,
    turns: (impl Run, impl Run, impl Compare),
) -> Result<Next, Stop> {
    let (first, second, compare) = turns;
    let mut held = Held::new(positions, apart);
    let mut next = ANEW;
    loop {
        let end = match next {
            ANEW => {
                held = Held::new(positions, apart);
                lanes.iter_mut().for_each(Lane::begin_region);
                Ok(None)
            }
            0 => first(lanes, copies, &mut held, 0).map(|()| None),
            1 => second(lanes, copies, &mut held, 1).map(|()| None),
            _ => compare(lanes, copies, &mut held),
        };
        if let Some(to) = take_turn() {
            next = to;
            continue;
        }
        match end? {
            Some(end) => return end,
            None if next == ANEW => next = 0,
            None => next = (next + 1) % ANEW,
        }
    }
}

/// The comparison at the end of a block.
fn after_block(lanes: &mut [Lane; 2], copies: &mut [StateCopy; 2], held: &mut Held) -> Turn {
    point!("block end", |v: &mut Visitor| {
        visit_all(v, lanes, copies);
        held.visit(v);
    });
    match held.next {
        [Ok(Next::Block(to_a)), Ok(Next::Block(to_b))]
            if to_a == to_b || !keeps(Check::Decision) =>
        {
            held.positions = [to_a, black_box(to_b)];
            Ok(None)
        }
        [next_a, next_b] => {
            let [a, b] = grounds(lanes, copies, held);
            if !lie_apart(&a, &b, &held.apart) && keeps(Check::Bases) {
                return Err(Trap::Base.into());
            }
            Ok(Some(agree(next_a, next_b, Trap::ControlFlow)))
        }
    }
}

/// The comparison at the end of a region that each lane ran as a whole.
fn after_handler(lanes: &mut [Lane; 2], copies: &mut [StateCopy; 2], held: &mut Held) -> Turn {
    point!("handler end", |v: &mut Visitor| {
        visit_all(v, lanes, copies);
        held.visit(v);
    });
    let [ground_a, ground_b] = grounds(lanes, copies, held);
    let lane = |side: usize, ground| Whole {
        end: held.next[side],
        way: held.ways[side],
        ground,
    };
    let (a, b) = (lane(0, ground_a), lane(1, ground_b));
    Ok(Some(agree_as_a_whole(a, b, &held.apart)))
}

#[expect(private_interfaces, reason = "see the trait")]
impl Dispatcher for Stepped {
    fn plain(lane: &mut Lane, copy: &mut StateCopy, mut position: u32) -> Result<Next, Stop> {
        loop {
            let mut course = Course::new(position);
            let next = loop {
                at_instruction(0, course.position);
                point!("instruction", |v: &mut Visitor| {
                    visit_all(v, std::slice::from_mut(lane), std::slice::from_mut(copy));
                    v.side = 0;
                    course.visit(v);
                });
                let end = lane.cpu::<Single>(copy, copy).instruction(&mut course)?;
                if let Some(next) = end {
                    break next;
                }
            };
            match next {
                Next::Block(to) => position = to,
                end => return Ok(end),
            }
        }
    }

    fn by_block(
        lanes: &mut [Lane; 2],
        copies: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop> {
        let turns = (to_next::<First>, to_next::<Second>, after_block);
        region(lanes, copies, positions, apart, turns)
    }

    fn by_handler(
        lanes: &mut [Lane; 2],
        copies: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop> {
        let turns = (whole::<First>, whole::<Second>, after_handler);
        region(lanes, copies, positions, apart, turns)
    }
}
