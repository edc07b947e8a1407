//! The portable dispatcher: a `match` over the instruction table.

use super::{Bases, Cpu, Dispatcher, NOWHERE, Next, Step, Whole, agree_as_a_whole, lie_apart};
use crate::check::Check;
use crate::error::Stop;
use crate::exec::black_box;
use crate::isa::{Word, instruction_table};
use crate::lane::{Lane, agree};
use crate::memory::{First, Role, Second, Single};
use crate::probe::{keeps, point, touch};
use crate::signature;
use crate::state::StateCopy;
use crate::trap::Trap;

/// Where a lane stands in a basic block.
pub(crate) struct Course {
    /// The position at which the block starts.
    start: u32,
    /// The position of the next word.
    pub(crate) position: u32,
    /// The signature so far.
    sum: u64,
}

impl Course {
    /// At the start of the block at this position.
    #[inline]
    pub(crate) fn new(start: u32) -> Course {
        Course {
            start,
            position: start,
            sum: signature::start(start),
        }
    }

    #[cfg(pasc_probe)]
    pub(crate) fn visit(&mut self, v: &mut crate::probe::Visitor) {
        let Course {
            start,
            position,
            sum,
        } = self;
        v.local("block.start", start);
        v.local("position", position);
        v.local("signature", sum);
    }
}

/// Executes one instruction of a block: goes on to the next word, or leaves the block.
macro_rules! run {
    ($cpu:ident, $word:ident, $course:ident, $method:ident, Straight) => {
        match $cpu.step().$method($word) {
            Ok(()) => {
                $course.position = $course.position.wrapping_add(1);
                Ok(None)
            }
            Err(stop) => Err($cpu.located(stop, $word, $course.position)),
        }
    };
    ($cpu:ident, $word:ident, $course:ident, $method:ident, End) => {
        match $cpu.leave($course) {
            Ok(()) => match $cpu.step().$method($word, $course.position.wrapping_add(2)) {
                Ok(next) => Ok(Some(next)),
                Err(stop) => Err($cpu.located(stop, $word, $course.position)),
            },
            Err(stop) => Err(stop),
        }
    };
}

macro_rules! dispatcher {
    ($($method:ident = $code:literal, $name:ident, $kind:ident, $operands:tt, $meaning:literal;)+) => {
        impl<R: Role> Cpu<'_, R> {
            /// Executes one instruction. At the end of the block its signature is checked, unless the
            /// lane is the only one, against the one that the assembler put there.
            #[inline]
            pub(crate) fn instruction(&mut self, course: &mut Course) -> Result<Option<Next>, Stop> {
                let Some(mut word) = self.context.code.get(course.position) else {
                    return Err(Trap::Code.into());
                };
                if R::HARDENED {
                    course.sum = signature::step(course.sum, word);
                }
                let mut entered = Word(word).opcode();
                point!("fetched", |v: &mut crate::probe::Visitor| {
                    v.side = R::SIDE;
                    v.local("word", &mut word);
                    v.local("entered", &mut entered);
                });
                let _ = &mut (&mut word, &mut entered);
                let word = Word(word);
                match entered {
                    $($code => {
                        // Control that comes here other than by the match finds another word.
                        if R::HARDENED && black_box(word).opcode() != $code && keeps(Check::Opcode) {
                            return Err(Trap::Opcode.into());
                        }
                        run!(self, word, course, $method, $kind)
                    })+
                    _ => Err(Trap::Code.into()),
                }
            }
        }
    };
}
instruction_table!(dispatcher);

impl<'m, R: Role> Cpu<'m, R> {
    /// Runs the basic block at `start`.
    pub(crate) fn block(&mut self, start: u32) -> Result<Next, Stop> {
        let mut course = Course::new(start);
        loop {
            if let Some(next) = self.instruction(&mut course)? {
                return Ok(next);
            }
        }
    }

    #[inline]
    fn step(&mut self) -> Step<'_, 'm, R> {
        Step {
            registers: self.registers,
            context: &mut self.context,
        }
    }

    /// Before a block is left: checks its signature, and takes its instructions from the fuel.
    #[inline]
    fn leave(&mut self, course: &Course) -> Result<(), Stop> {
        let Course {
            start,
            position,
            sum,
        } = *course;
        let expected = self.context.code.get(position.wrapping_add(1));
        if R::HARDENED && expected != Some(sum) && keeps(Check::Signature) {
            return Err(Trap::Signature.into());
        }
        touch(&self.context.memory.work.halt);
        self.context.memory.work.halt = (position, expected.unwrap_or(0));
        let steps = position.wrapping_add(1).wrapping_sub(start);
        let charged = self.context.memory.charge(u64::from(steps));
        charged.map_err(|stop| self.located(stop, Word(0), position))
    }

    #[cold]
    #[inline(never)]
    fn located(&mut self, stop: Stop, word: Word, position: u32) -> Stop {
        // A lane that trapped may hold what is the other's: nothing is written by it any more.
        if matches!(stop, Stop::Error(_)) {
            self.step().note_place(word, position);
        }
        stop
    }
}

/// The portable dispatcher.
#[derive(Debug)]
pub enum Portable {}

/// Runs one lane from `position` to the end of its region.
fn whole<R: Role>(mut cpu: Cpu<R>, mut position: u32) -> Whole {
    let mut way = 0;
    let end = loop {
        let from = std::mem::replace(&mut position, black_box(NOWHERE));
        match cpu.block(from) {
            Ok(Next::Block(next)) => {
                if R::HARDENED {
                    way = signature::step(way, u64::from(next) << 32 | u64::from(from));
                }
                position = next;
            }
            end => break end,
        }
    };
    Whole {
        end,
        way,
        ground: cpu.ground(),
    }
}

#[expect(private_interfaces, reason = "see the trait")]
impl Dispatcher for Portable {
    fn plain(lane: &mut Lane, copy: &mut StateCopy, position: u32) -> Result<Next, Stop> {
        whole(lane.cpu::<Single>(copy, copy), position).end
    }

    fn by_block(
        [lane_a, lane_b]: &mut [Lane; 2],
        [copy_a, copy_b]: &mut [StateCopy; 2],
        mut positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop> {
        lane_a.begin_region();
        lane_b.begin_region();
        let mut a = lane_a.cpu::<First>(copy_a, copy_b);
        let mut b = lane_b.cpu::<Second>(black_box(copy_b), black_box(copy_a));
        loop {
            let from = std::mem::replace(&mut positions, black_box([NOWHERE; 2]));
            let next_a = a.block(from[0]);
            let next_b = b.block(black_box(from[1]));
            match (next_a, next_b) {
                (Ok(Next::Block(to_a)), Ok(Next::Block(to_b))) if to_a == to_b => {
                    positions = [to_a, black_box(to_b)];
                }
                _ if !lie_apart(&a.ground(), &b.ground(), apart) => {
                    return Err(Trap::Base.into());
                }
                _ => return agree(next_a, next_b, Trap::ControlFlow),
            }
        }
    }

    fn by_handler(
        [lane_a, lane_b]: &mut [Lane; 2],
        [copy_a, copy_b]: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop> {
        lane_a.begin_region();
        lane_b.begin_region();
        let a = lane_a.cpu::<First>(copy_a, copy_b);
        let a = whole(a, positions[0]);
        let b = lane_b.cpu::<Second>(black_box(copy_b), black_box(copy_a));
        let b = whole(b, black_box(positions[1]));
        agree_as_a_whole(a, b, apart)
    }
}
