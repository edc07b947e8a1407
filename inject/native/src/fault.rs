//! The faults: what they change, and how they are named.

use crate::tracee::Registers;
use crate::vector::Vector;
use std::fmt;

/// The general registers.
pub(crate) const GENERAL: [&str; 16] = [
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];
/// The kind of changed instructions: beyond the fault model.
pub(crate) const CODE: &str = "code";
/// The kind of changed words of what is never written: beyond the fault model as well.
pub(crate) const CONSTANT: &str = "constant";
/// The flags that a program sees: carry, parity, adjust, zero, sign, direction, overflow.
pub(crate) const FLAGS: [u16; 7] = [0, 2, 4, 6, 7, DIRECTION, 11];
/// The flag with which instructions on strings go downwards.
pub(crate) const DIRECTION: u16 = 10;

/// Where a fault happens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Place {
    /// A general register, by its place in [`GENERAL`].
    General(u8),
    Flags,
    /// The instruction pointer.
    Pointer,
    Vector(Vector),
    /// The word of memory at a multiple of 8.
    Memory(u64),
    /// The instruction pointer becomes this address; the bit is 0.
    Jump(u64),
    /// A register that holds a place in a part of a lane becomes the place in the other one; the bit is 0.
    Base(u8),
    /// The same for a word of memory.
    BaseWord(u64),
    /// The instruction at an address, for good.
    Code(u64),
    /// The word at a multiple of 8 of what the process cannot write, for good.
    Constant(u64),
}

/// The most bits of an instruction.
const CODE_BITS: u16 = 15 * 8;

/// A fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Fault {
    /// 0 for the first.
    pub(crate) input: u32,
    /// It happens before the instruction of this step.
    pub(crate) step: u32,
    pub(crate) place: Place,
    pub(crate) bit: u16,
}

impl Place {
    /// What kind of place it is, for tables.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Place::General(_) => "general",
            Place::Flags => "flags",
            Place::Pointer => "pointer",
            Place::Vector(_) => "vector",
            Place::Memory(_) => "memory",
            Place::Jump(_) => "jump",
            Place::Base(_) | Place::BaseWord(_) => "base",
            Place::Code(_) => CODE,
            Place::Constant(_) => CONSTANT,
        }
    }

    /// The register; memory, jumps, code and constants have none of their own.
    pub(crate) fn register(self) -> Option<String> {
        match self {
            Place::Memory(_)
            | Place::Jump(_)
            | Place::BaseWord(_)
            | Place::Code(_)
            | Place::Constant(_) => None,
            place => Some(place.to_string()),
        }
    }

    fn bits(self) -> u16 {
        match self {
            Place::Vector(vector) => vector.bits(),
            Place::Jump(_) | Place::Base(_) | Place::BaseWord(_) => 1,
            Place::Code(_) => CODE_BITS,
            _ => 64,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::General(register) => f.write_str(GENERAL[usize::from(*register)]),
            Place::Flags => f.write_str("flags"),
            Place::Pointer => f.write_str("rip"),
            Place::Vector(vector) => f.write_str(&vector.name()),
            Place::Memory(address) => write!(f, "memory@{address:x}"),
            Place::Jump(target) => write!(f, "jump@{target:x}"),
            Place::Base(register) => write!(f, "base@{}", GENERAL[usize::from(*register)]),
            Place::BaseWord(address) => write!(f, "base@{address:x}"),
            Place::Code(address) => write!(f, "code@{address:x}"),
            Place::Constant(address) => write!(f, "constant@{address:x}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            input,
            step,
            place,
            bit,
        } = self;
        write!(f, "{}:{step}:{place}:{bit}", input + 1)
    }
}

/// Reads a fault as it is written. The error is a sentence.
pub(crate) fn parse(text: &str) -> Result<Fault, String> {
    let none = || {
        format!(
            "`{text}` is no fault; one is INPUT:STEP:PLACE:BIT, with a PLACE such as `rax`, `flags`, \
             `rip`, `ymm3`, `memory@7ffff7d0`, `jump@555555560`, `base@rdi`, `code@555555560` or \
             `constant@555555560`"
        )
    };
    let parts: Vec<&str> = text.split(':').collect();
    let [input, step, place, bit] = parts.as_slice() else {
        return Err(none());
    };
    let input: u32 = input.parse().map_err(|_| none())?;
    let step = step.parse().map_err(|_| none())?;
    let place = parse_place(place).ok_or_else(none)?;
    let bit = bit.parse().map_err(|_| none())?;
    if input == 0 {
        return Err("the inputs of a trace are counted from 1".to_owned());
    }
    if bit >= place.bits() || place == Place::Flags && !FLAGS.contains(&bit) {
        return Err(format!("`{place}` has no bit {bit} that can be flipped"));
    }
    Ok(Fault {
        input: input - 1,
        step,
        place,
        bit,
    })
}

fn parse_place(text: &str) -> Option<Place> {
    let address = |text: &str| u64::from_str_radix(text, 16).ok();
    let general = |text: &str| GENERAL.iter().position(|name| *name == text);
    if let Some(register) = general(text) {
        return Some(Place::General(register as u8));
    }
    match (text, text.split_once('@')) {
        ("flags", _) => Some(Place::Flags),
        ("rip", _) => Some(Place::Pointer),
        (_, Some(("memory", at))) => address(at).filter(|at| at % 8 == 0).map(Place::Memory),
        (_, Some(("jump", at))) => address(at).map(Place::Jump),
        (_, Some(("base", at))) => match general(at) {
            Some(register) => Some(Place::Base(register as u8)),
            None => address(at).filter(|at| at % 8 == 0).map(Place::BaseWord),
        },
        (_, Some(("code", at))) => address(at).map(Place::Code),
        (_, Some(("constant", at))) => address(at).filter(|at| at % 8 == 0).map(Place::Constant),
        _ => Vector::named(text).map(Place::Vector),
    }
}

/// A general register by its place in [`GENERAL`].
pub(crate) fn general(registers: &mut Registers, register: u8) -> &mut u64 {
    match register {
        0 => &mut registers.rax,
        1 => &mut registers.rbx,
        2 => &mut registers.rcx,
        3 => &mut registers.rdx,
        4 => &mut registers.rsi,
        5 => &mut registers.rdi,
        6 => &mut registers.rbp,
        7 => &mut registers.rsp,
        8 => &mut registers.r8,
        9 => &mut registers.r9,
        10 => &mut registers.r10,
        11 => &mut registers.r11,
        12 => &mut registers.r12,
        13 => &mut registers.r13,
        14 => &mut registers.r14,
        _ => &mut registers.r15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_no_faults_are_refused() {
        for (name, says) in [
            ("1:2", "is no fault"),
            ("1:2:rox:3", "is no fault"),
            ("1:2:memory@41:3", "is no fault"),
            ("1:2:constant@41:3", "is no fault"),
            ("1:2:base@flags:0", "is no fault"),
            ("0:2:rax:3", "counted from 1"),
            ("1:2:rax:64", "`rax` has no bit 64"),
            ("1:2:flags:1", "`flags` has no bit 1"),
            ("1:2:k1:64", "`k1` has no bit 64"),
            ("1:2:code@40:120", "`code@40` has no bit 120"),
        ] {
            let error = parse(name).expect_err("no fault");
            assert!(error.contains(says), "{error}");
        }
    }
}
