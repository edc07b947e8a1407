//! The run without a fault, instruction by instruction.
//!
//! In: a process before an input. Out: for each step from its gate until all that the input gave has left,
//! the address of the instruction, a hash of the registers before it, and the words of memory that are
//! read later, those that nothing can write apart.

use crate::NativeError;
use crate::base::Extents;
use crate::code::{Code, Touch};
use crate::fault::Place;
use crate::route::routes;
use crate::server::{Server, mappings};
use crate::tracee::{Registers, Tracee};
use std::collections::HashMap;

/// Instructions of one input at the most.
const MOST_STEPS: usize = 20_000_000;
/// Bytes that one instruction reads at the most; a longer read is taken for so long.
const MOST_BYTES: u64 = 1 << 16;
/// Flags that say how the process is traced, and not what it does: trap and resume.
const TRACING: u64 = 1 << 8 | 1 << 16;

/// A read of a word of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Read {
    /// A multiple of 8.
    pub(crate) address: u64,
    /// The bytes of it that are read, a bit each.
    pub(crate) mask: u8,
    /// The first step before which a change is not written over before the read.
    pub(crate) since: u32,
    /// The step that reads.
    pub(crate) step: u32,
}

/// A read of a word that is the same for the whole run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Constant {
    pub(crate) read: Read,
    /// What it holds.
    pub(crate) word: u64,
}

/// One input without a fault.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) addresses: Vec<u64>,
    pub(crate) hashes: Vec<u32>,
    /// How to come to each step: see [`crate::route`].
    pub(crate) from: Vec<u32>,
    /// The phase of each step, 0 before the first.
    pub(crate) phases: Vec<u8>,
    pub(crate) reads: Vec<Read>,
    /// Reads of what the process can neither write nor execute.
    pub(crate) constants: Vec<Constant>,
    /// The flags that a step reads.
    pub(crate) flags: Vec<(u32, u16)>,
    /// The registers and words of memory that hold the place of a part of a lane, and that a step uses.
    pub(crate) bases: Vec<(u32, Place)>,
}

/// Steps through one input; `told` is called now and then with the steps so far.
pub(crate) fn record(
    server: &mut Server,
    code: &mut Code,
    input: usize,
    told: &dyn Fn(u64),
) -> Result<Steps, NativeError> {
    let failed = |what: &'static str| NativeError::Lost(format!("input {}: {what}", input + 1));
    server.advance(input)?;
    let copy = server.copy()?;
    let writable = |tracee: &Tracee| -> Result<Vec<(u64, u64)>, NativeError> {
        let mappings = mappings(tracee)?;
        let writable = mappings.iter().filter(|piece| piece.writes);
        Ok(writable.map(|piece| (piece.start, piece.end)).collect())
    };
    let before = writable(&copy)?;
    let extents = Extents::of(&copy, server.places.extents);
    let extents = extents.map_err(|_| failed("its memory cannot be read"))?;
    let (mut steps, mut phase) = (Steps::default(), 0);
    let mut memory = Memory::default();
    loop {
        let registers = copy
            .registers()
            .map_err(|_| failed("its registers cannot be read"))?;
        if registers.rip == server.places.done {
            break;
        }
        let instruction = code.at(registers.rip);
        let instruction = instruction.ok_or_else(|| failed("an instruction is unknown"))?;
        let again = instruction.repeats() && steps.addresses.last() == Some(&registers.rip);
        if !again {
            steps.addresses.push(registers.rip);
            steps.hashes.push(hash(&registers));
            phase += u8::from(instruction.begins_phase);
            steps.phases.push(phase);
            told(1);
        }
        let step = steps.addresses.len() as u32 - 1;
        if !again {
            let flags = instruction.flags.iter().map(|flag| (step, *flag));
            steps.flags.extend(flags);
            let bases = extents.registers(&registers).map(|place| (step, place));
            steps.bases.extend(bases);
        }
        for touch in instruction.touches(&registers) {
            if extents.is_base(&copy, &touch) {
                steps.bases.push((step, Place::BaseWord(touch.address)));
            }
            memory.touch(&touch, step, &mut steps.reads);
        }
        if steps.addresses.len() > MOST_STEPS {
            return Err(failed(
                "it takes too many instructions to be stepped through",
            ));
        }
        copy.step().map_err(|astray| {
            NativeError::Lost(format!("input {}, stepped through: {astray}", input + 1))
        })?;
    }
    // Memory that the input itself asked for is there only after it.
    let after = writable(&copy)?;
    let is_in = |pieces: &[(u64, u64)], address: u64| {
        let mut pieces = pieces.iter();
        pieces.any(|piece| (piece.0..piece.1).contains(&address))
    };
    let all = mappings(&copy)?;
    let constants: Vec<(u64, u64)> = (all.iter().filter(|piece| piece.is_constant()))
        .map(|piece| (piece.start, piece.end))
        .collect();
    for read in std::mem::take(&mut steps.reads) {
        if is_in(&before, read.address) || is_in(&after, read.address) {
            steps.reads.push(read);
        } else if is_in(&constants, read.address) {
            let word = copy.word(read.address);
            let word = word.map_err(|_| failed("its memory cannot be read"))?;
            steps.constants.push(Constant { read, word });
        }
    }
    steps.from = routes(&steps.addresses);
    Ok(steps)
}

/// When each word of memory was written last.
#[derive(Default)]
struct Memory {
    written: HashMap<u64, u32>,
}

impl Memory {
    fn touch(&mut self, touch: &Touch, step: u32, reads: &mut Vec<Read>) {
        let end = touch.address.saturating_add(touch.bytes.min(MOST_BYTES));
        let mut at = touch.address & !7;
        while at < end {
            let bytes = (0..8).filter(|byte| (touch.address..end).contains(&(at + byte)));
            let mask = bytes.fold(0, |mask, byte| mask | 1 << byte);
            // An instruction may touch no byte at all.
            if touch.reads && mask != 0 {
                reads.push(Read {
                    address: at,
                    mask,
                    since: self.written.get(&at).map_or(0, |written| written + 1),
                    step,
                });
            }
            if touch.writes {
                self.written.insert(at, step);
            }
            at += 8;
        }
    }
}

/// A hash of the general registers, the flags and the instruction pointer (FNV-1a).
pub(crate) fn hash(registers: &Registers) -> u32 {
    let words = [
        registers.rax,
        registers.rbx,
        registers.rcx,
        registers.rdx,
        registers.rsi,
        registers.rdi,
        registers.rbp,
        registers.rsp,
        registers.r8,
        registers.r9,
        registers.r10,
        // A call of the kernel leaves the flags here.
        registers.r11 & !TRACING,
        registers.r12,
        registers.r13,
        registers.r14,
        registers.r15,
        registers.rip,
        registers.eflags & !TRACING,
    ];
    let hash = words.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| {
        (hash ^ word)
            .wrapping_mul(0x0000_0100_0000_01b3)
            .rotate_left(29)
    });
    (hash ^ hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_knows_the_last_write_before_it_and_its_bytes() {
        let (mut memory, mut reads) = (Memory::default(), Vec::new());
        let touch = |address, bytes, reads, writes| Touch {
            address,
            bytes,
            reads,
            writes,
        };
        memory.touch(&touch(16, 8, true, false), 3, &mut reads);
        memory.touch(&touch(16, 4, false, true), 5, &mut reads);
        memory.touch(&touch(22, 4, true, true), 9, &mut reads);
        memory.touch(&touch(24, 1, true, false), 11, &mut reads);
        memory.touch(&touch(19, 0, true, false), 12, &mut reads);
        let read = |address, mask, since, step| Read {
            address,
            mask,
            since,
            step,
        };
        assert_eq!(
            reads,
            [
                read(16, 0xff, 0, 3),
                read(16, 0b1100_0000, 6, 9),
                read(24, 0b0000_0011, 0, 9),
                read(24, 0b0000_0001, 10, 11),
            ]
        );
    }
}
