//! The threaded dispatcher: each instruction is a function that ends in a jump to the next.
//!
//! In: processors whose code a verified program gave. Out: how the region ended. It gives what
//! [`super::dispatch`] gives, with the same meanings.
//!
//! All that changes from instruction to instruction is in six arguments, hence in machine registers:
//!
//! | argument | holds |
//! | --- | --- |
//! | `ip` | the place of this instruction in the running lane's code |
//! | `registers` | the base of the running lane's registers |
//! | `machine` | the [`Solo`] or the [`Pair`]: what lies still |
//! | `sum` | the signature of the block so far; in plain where the block starts |
//! | `word` | this instruction, fetched at `ip` once |
//! | `places` | the start of this block; the block at which the waiting lane goes on |
//!
//! Who goes on at the end of a block is a matter of [`Turn`]: the same lane ([`Alone`]), or in
//! lockstep the other: [`Ahead`] runs a block, then [`Behind`] runs the same, and only if both want
//! to go on at the same place [`Ahead`] runs the next. All errors of the lane ahead wait for the lane
//! behind. Each turn has a table with a function for each of the 256 opcodes.
//!
//! Nothing guarantees that a call at the end of a function becomes a jump. LLVM makes it one if both
//! have the same signature, all arguments fit in registers, and no local variable's address was given
//! away. `checks/` looks at the code that came out.
//!
//! # What every `unsafe` here rests on
//!
//! 1. **Code.** `ip` points into the running lane's [`Guarded`](super::code::Guarded) words. It gets
//!    there by `Guarded::place`, which checks bounds, at each start of a block; it moves by one word
//!    after an instruction that does not end a block. The guard is the last word and belongs to no
//!    instruction: its function never looks at the word behind. So `ip` cannot pass the guard, and an
//!    instruction that reads the word behind its own stands before the guard. The guard is two words, so
//!    that control may go on behind that word as well. This holds for any words,
//!    verified or not. [`crate::verify`] makes sure that a right run never meets the guard.
//! 2. **Registers.** `registers` comes from the exclusive reference in the lane's [`Cpu`], which
//!    nobody uses while the lane runs. Operands are bytes, the file has 256 registers.
//! 3. **Machine.** `machine` points to the `Solo` or `Pair` that [`enter`] got from a function that
//!    holds it exclusively until `enter` returns. Each function has the only reference into it.
//!
//! A fault in one of the machine registers that hold `ip`, `registers` or `machine` can break all of
//! this: the fault model says so, and the outcome is a crash or one of the checks.
#![allow(unsafe_code)]
#![expect(private_interfaces, reason = "a dispatcher is public in name only")]

#[macro_use]
mod bodies;
mod quick;
mod turn;

use super::barrier::by_branch;
use super::control::Condition;
use super::{Bases, Cpu, Dispatcher, Next, Step, Whole, agree_as_a_whole, lie_apart};
use crate::error::{ErrorCode, Refusal, Stop};
use crate::exec::black_box;
use crate::isa::{Opcode, REGISTERS, Word, instruction_table};
use crate::lane::{Lane, agree};
use crate::memory::{Paired, Role, Single};
use crate::signature;
use crate::state::StateCopy;
use crate::trap::Trap;
use turn::{Ahead, Alone, Behind, Entry, NO_END, NOWHERE, Pair, Solo, Turn};

type Registers = [u64; REGISTERS];

/// The code of an instruction.
type Function = unsafe extern "sysv64" fn(
    ip: *const u64,
    registers: *mut Registers,
    machine: *mut (),
    sum: u64,
    word: u64,
    places: u64,
);

/// The functions of all instructions for the type `Lane` in scope, and their table.
macro_rules! functions {
    ($($method:ident = $code:literal, $name:ident, $kind:ident, $operands:tt, $meaning:literal;)+) => {
        $(
            unsafe extern "sysv64" fn $method(
                ip: *const u64,
                registers: *mut Registers,
                machine: *mut (),
                sum: u64,
                word: u64,
                places: u64,
            ) {
                let mut sum = sum;
                if <Lane as Turn>::Role::HARDENED {
                    // Control that comes here other than by the table has another word.
                    if Word(word).opcode() != $code {
                        // SAFETY: the arguments are this function's.
                        return unsafe {
                            stopped::<Lane>(ip, registers, machine, pack(Trap::Opcode.into()), 0, places)
                        };
                    }
                    sum = signature::step(sum, word);
                }
                body!($method, $kind, ip, registers, machine, sum, word, places)
            }
        )+

        pub(super) static TABLE: [Function; 256] = {
            let mut table: [Function; 256] = [unknown::<Lane>; 256];
            $(table[$code] = $method;)+
            table
        };
    };
}

/// The whole meaning of instructions that have a common case. Their signatures are summed up already.
macro_rules! slow {
    ($($method:ident = $code:expr, $kind:ident;)+) => {
        mod slow {
            use super::*;
            $(
                #[cold]
                #[inline(never)]
                pub(super) unsafe extern "sysv64" fn $method(
                    ip: *const u64,
                    registers: *mut Registers,
                    machine: *mut (),
                    sum: u64,
                    word: u64,
                    places: u64,
                ) {
                    if <Lane as Turn>::Role::HARDENED && Word(word).opcode() != $code as u8 {
                        // SAFETY: the arguments are this function's.
                        return unsafe {
                            stopped::<Lane>(ip, registers, machine, pack(Trap::Opcode.into()), 0, places)
                        };
                    }
                    whole!($method, $kind, ip, registers, machine, sum, word, places)
                }
            )+
        }
    };
}

/// A module for each turn: its functions have names of their own in the object code.
macro_rules! turns {
    ($($module:ident $turn:ty;)+) => {$(
        mod $module {
            use super::*;
            type Lane = $turn;
            instruction_table!(functions);
            slow! {
                load = Opcode::Load, Straight;
                load_state = Opcode::LoadState, Straight;
                fixed = Opcode::Fixed, Straight;
                store = Opcode::Store, Straight;
                bytes_len = Opcode::BytesLen, Straight;
                byte_at = Opcode::ByteAt, Straight;
                list_len = Opcode::ListLen, Straight;
                list_at = Opcode::ListAt, Straight;
                list_load = Opcode::ListLoad, Straight;
                list_load_in = Opcode::ListLoadIn, Straight;
                list_store_in = Opcode::ListStoreIn, Straight;
                list_push = Opcode::ListPush, Straight;
                call = Opcode::Call, End;
            }
        }
    )+};
}
turns! {
    single Alone<Single>;
    paired Alone<Paired>;
    ahead Ahead;
    behind Behind;
}

/// The lane at an instruction.
///
/// # Safety
/// `registers` are the lane's (2), `machine` is the one of this turn (3); `'c` ends with the
/// instruction.
#[inline(always)]
unsafe fn step<'c, L: Turn>(registers: *mut Registers, machine: *mut ()) -> Step<'c, 'c, L::Role> {
    // SAFETY: see above. The context does not hold the registers.
    unsafe {
        Step {
            registers: &mut *registers,
            context: &mut L::cpu(machine).context,
        }
    }
}

/// Before a block is left: compares its signature and the base of its registers, and takes its instructions from the fuel.
///
/// # Safety
/// The arguments are those of a function that ends a block.
#[inline(always)]
unsafe fn leave<L: Turn>(
    ip: *const u64,
    registers: *mut Registers,
    machine: *mut (),
    sum: u64,
    places: u64,
) -> Result<(), Stop> {
    // SAFETY: an instruction stands at `ip`, so the word behind exists (1).
    let expected = unsafe { *ip.wrapping_add(1) };
    if L::Role::HARDENED && expected != sum {
        return Err(Trap::Signature.into());
    }
    // SAFETY: 3.
    let cpu = unsafe { L::cpu::<'_>(machine) };
    if L::Role::HARDENED && registers.addr() != std::ptr::from_ref(&*cpu.registers).addr() {
        return Err(Trap::Base.into());
    }
    let context = &mut cpu.context;
    let before = if L::Role::HARDENED {
        u64::from(
            context
                .code
                .position(ip)
                .wrapping_sub((places >> 32) as u32),
        )
    } else {
        // There is no signature: where the block starts stands in its place.
        (ip.addr() as u64).wrapping_sub(sum) / size_of::<u64>() as u64
    };
    context.memory.charge(before.wrapping_add(1))
}

/// The lane comes to the end of its region: notes which one, and its signature.
///
/// # Safety
/// The arguments are those of a function that ends a block.
#[inline(always)]
unsafe fn leave_token<L: Turn>(ip: *const u64, machine: *mut ()) {
    // SAFETY: an instruction stands at `ip` (1); 3.
    let (expected, context) = unsafe { (*ip.wrapping_add(1), &mut L::cpu(machine).context) };
    context.memory.work.halt = (context.code.position(ip), expected);
}

/// No instruction: the guard, or a word that a fault made.
unsafe extern "sysv64" fn unknown<L: Turn>(
    ip: *const u64,
    registers: *mut Registers,
    machine: *mut (),
    _: u64,
    _: u64,
    places: u64,
) {
    // SAFETY: the arguments are this function's.
    unsafe { stopped::<L>(ip, registers, machine, pack(Trap::Code.into()), 0, places) }
}

/// The lane stopped with an error or a trap, which comes in the place of the signature. Notes where an
/// error was met, and what stood in the instruction's operands.
#[cold]
#[inline(never)]
unsafe extern "sysv64" fn stopped<L: Turn>(
    ip: *const u64,
    registers: *mut Registers,
    machine: *mut (),
    stop: u64,
    word: u64,
    places: u64,
) {
    let stop = unpack(stop);
    // A lane that trapped may hold what is the other's: nothing is written by it any more.
    if matches!(stop, Stop::Error(_)) {
        // SAFETY: 2 and 3.
        let step = unsafe { step::<L>(registers, machine) };
        let position = step.context.code.position(ip);
        step.note_place(Word(word), position);
    }
    // SAFETY: 3.
    enter!(L, machine, unsafe { L::end(machine, places, Err(stop)) })
}

/// A stop as a number. A stop that has no number yet must not be lost on the way.
fn pack(stop: Stop) -> u64 {
    match stop {
        Stop::Trap(trap) => trap as u64,
        Stop::Error(code) => 0x100 | code as u64,
        Stop::Refused(refusal) => 0x200 | refusal as u64,
    }
}

/// The stop with this number; a trap if there is none.
fn unpack(number: u64) -> Stop {
    let traps = Trap::ALL.iter().map(|trap| Stop::Trap(*trap));
    let errors = ErrorCode::ALL.iter().map(|code| Stop::Error(*code));
    let refusals = Refusal::ALL.iter().map(|refusal| Stop::Refused(*refusal));
    let mut all = errors.chain(traps).chain(refusals);
    all.find(|stop| pack(*stop) == number)
        .unwrap_or(Stop::Trap(Trap::ControlFlow))
}

/// Runs from an entry until a function returns: a lane ended, and no other goes on.
///
/// # Safety
/// `machine` is the one of the turn `L`, held exclusively; the entry is of its lane.
unsafe fn run<L: Turn>(machine: *mut (), entry: Entry) {
    go!(
        L,
        entry.ip,
        entry.registers,
        machine,
        entry.sum,
        entry.places
    )
}

/// The threaded dispatcher.
#[derive(Debug)]
pub enum Threaded {}

/// Runs a lane alone, from `position` to the end of its region.
fn whole<R: Role>(cpu: Cpu<R>, position: u32) -> Whole
where
    Alone<R>: Turn<Role = R>,
{
    let mut solo = Solo {
        cpu,
        way: 0,
        end: NO_END,
    };
    match Entry::new(&mut solo.cpu, position, NOWHERE) {
        // SAFETY: the machine is a `Solo` of this role, this function holds it.
        Some(entry) => unsafe { run::<Alone<R>>((&raw mut solo).cast(), entry) },
        None => solo.end = Err(Trap::Code.into()),
    }
    Whole {
        end: solo.end,
        way: solo.way,
        ground: solo.cpu.ground(),
    }
}

impl Dispatcher for Threaded {
    #[inline(never)]
    fn plain(lane: &mut Lane, copy: &mut StateCopy, position: u32) -> Result<Next, Stop> {
        whole(lane.cpu::<Single>(copy, copy), position).end
    }

    #[inline(never)]
    fn by_block(
        [lane_a, lane_b]: &mut [Lane; 2],
        [copy_a, copy_b]: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop> {
        lane_a.begin_region();
        lane_b.begin_region();
        let mut pair = Pair {
            ahead: lane_a.cpu::<Paired>(copy_a, copy_b),
            behind: lane_b.cpu::<Paired>(black_box(copy_b), black_box(copy_a)),
            ends: [NO_END; 2],
        };
        match Entry::new(&mut pair.ahead, positions[0], black_box(positions[1])) {
            // SAFETY: this function holds the pair; the lane ahead is the first to run.
            Some(entry) => unsafe { run::<Ahead>((&raw mut pair).cast(), entry) },
            None => pair.ends[0] = Err(Trap::Code.into()),
        }
        let [end_a, end_b] = pair.ends;
        if !lie_apart(&pair.ahead.ground(), &pair.behind.ground(), apart) {
            return Err(Trap::Base.into());
        }
        agree(end_a, end_b, Trap::ControlFlow)
    }

    #[inline(never)]
    fn by_handler(
        [lane_a, lane_b]: &mut [Lane; 2],
        [copy_a, copy_b]: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop> {
        lane_a.begin_region();
        lane_b.begin_region();
        let a = lane_a.cpu::<Paired>(copy_a, copy_b);
        let a = whole(a, positions[0]);
        let b = lane_b.cpu::<Paired>(black_box(copy_b), black_box(copy_a));
        let b = whole(b, black_box(positions[1]));
        agree_as_a_whole(a, b, apart)
    }
}
