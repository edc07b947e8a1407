//! The faults: what they change, how they are named, and how they are drawn.

use crate::Only;
use crate::golden::Steps;
use crate::vector::Vector;
use pasc_inject::split_mix;
use std::fmt;

/// The general registers.
pub(crate) const GENERAL: [&str; 16] = [
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];
/// The flags that a program sees: carry, parity, adjust, zero, sign, direction, overflow.
pub(crate) const FLAGS: [u16; 7] = [0, 2, 4, 6, 7, 10, 11];

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
}

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
        }
    }

    /// The register; memory and jumps have none of their own.
    pub(crate) fn register(self) -> Option<String> {
        match self {
            Place::Memory(_) | Place::Jump(_) => None,
            place => Some(place.to_string()),
        }
    }

    fn bits(self) -> u16 {
        match self {
            Place::Vector(vector) => vector.bits(),
            Place::Jump(_) => 1,
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
             `rip`, `ymm3`, `memory@7ffff7d0` or `jump@555555560`"
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
    if let Some(register) = GENERAL.iter().position(|name| *name == text) {
        return Some(Place::General(register as u8));
    }
    match (text, text.split_once('@')) {
        ("flags", _) => Some(Place::Flags),
        ("rip", _) => Some(Place::Pointer),
        (_, Some(("memory", at))) => address(at).filter(|at| at % 8 == 0).map(Place::Memory),
        (_, Some(("jump", at))) => address(at).map(Place::Jump),
        _ => Vector::named(text).map(Place::Vector),
    }
}

/// Draws faults.
pub(crate) struct Draw<'g> {
    steps: &'g [Steps],
    /// For each input the sum of the steps up to it, and of the reads.
    step_sums: Vec<u64>,
    read_sums: Vec<u64>,
    /// The addresses that jumps go to.
    targets: Vec<u64>,
}

impl<'g> Draw<'g> {
    /// From the run without a fault. `is_own` says which addresses are the executable's.
    pub(crate) fn new(steps: &'g [Steps], is_own: impl Fn(u64) -> bool) -> Draw<'g> {
        let sums = |count: &dyn Fn(&Steps) -> usize| {
            let mut sum = 0;
            let add = |steps| {
                sum += count(steps) as u64;
                sum
            };
            steps.iter().map(add).collect()
        };
        let all = steps.iter().flat_map(|steps| &steps.addresses);
        let targets: std::collections::BTreeSet<u64> = all.copied().collect();
        Draw {
            steps,
            step_sums: sums(&|steps| steps.addresses.len()),
            read_sums: sums(&|steps| steps.reads.len()),
            targets: targets.into_iter().filter(|at| is_own(*at)).collect(),
        }
    }

    /// How many steps there are.
    pub(crate) fn steps(&self) -> u64 {
        self.step_sums.last().copied().unwrap_or(0)
    }

    /// The fault with a number: the same for the same seed, whatever others are drawn.
    pub(crate) fn fault(&self, seed: u64, number: u64, only: Option<Only>) -> Fault {
        let mut start = seed;
        let mut state = split_mix(&mut start) ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93);
        let mut below =
            |bound: u64| ((u128::from(split_mix(&mut state)) * u128::from(bound)) >> 64) as u64;
        let only = only.unwrap_or_else(|| Only::ALL[below(3) as usize]);
        match only {
            Only::Registers => {
                let (place, bit) = register(&mut below);
                self.at_step(below(self.steps()), place, bit)
            }
            Only::Memory => self.in_memory(&mut below),
            Only::Jumps => {
                let target = self.targets[below(self.targets.len() as u64) as usize];
                self.at_step(below(self.steps()), Place::Jump(target), 0)
            }
        }
    }

    fn at_step(&self, step: u64, place: Place, bit: u16) -> Fault {
        let (input, step) = find(&self.step_sums, step);
        Fault {
            input,
            step,
            place,
            bit,
        }
    }

    fn in_memory(&self, below: &mut impl FnMut(u64) -> u64) -> Fault {
        let all = self.read_sums.last().copied().unwrap_or(0);
        let (input, read) = find(&self.read_sums, below(all));
        let read = self.steps[input as usize].reads[read as usize];
        let step = read.since + below(u64::from(read.step - read.since) + 1) as u32;
        let bytes: Vec<u16> = (0..8).filter(|byte| read.mask >> byte & 1 == 1).collect();
        let byte = bytes[below(bytes.len() as u64) as usize];
        Fault {
            input,
            step,
            place: Place::Memory(read.address),
            bit: 8 * byte + below(8) as u16,
        }
    }
}

/// Seven of ten in a general register, one each in the flags, the instruction pointer and a vector
/// register.
fn register(below: &mut impl FnMut(u64) -> u64) -> (Place, u16) {
    match below(10) {
        0..7 => (Place::General(below(16) as u8), below(64) as u16),
        7 => (Place::Flags, FLAGS[below(FLAGS.len() as u64) as usize]),
        8 => (Place::Pointer, below(64) as u16),
        _ => {
            let vector = Vector(below(u64::from(Vector::ALL)) as u8);
            (
                Place::Vector(vector),
                below(u64::from(vector.bits())) as u16,
            )
        }
    }
}

/// The input in which a number lies that counts over all of them, and its place there.
fn find(sums: &[u64], number: u64) -> (u32, u32) {
    let input = sums.partition_point(|sum| *sum <= number);
    let before = if input == 0 { 0 } else { sums[input - 1] };
    (input as u32, (number - before) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::Read;

    fn steps(count: u64) -> Steps {
        Steps {
            addresses: (0..count).map(|step| 0x1000 + step).collect(),
            reads: vec![Read {
                address: 0x40,
                mask: 0b0000_1100,
                since: 1,
                step: 2,
            }],
            ..Steps::default()
        }
    }

    #[test]
    fn a_fault_that_is_drawn_is_read_again_from_its_name() {
        let golden = [steps(5), steps(7)];
        let draw = Draw::new(&golden, |address| address != 0x1000);
        let mut kinds = std::collections::BTreeSet::new();
        for number in 0..2_000 {
            let fault = draw.fault(3, number, None);
            assert_eq!(parse(&fault.to_string()), Ok(fault));
            assert!((fault.step as usize) < golden[fault.input as usize].addresses.len());
            if let Place::Memory(address) = fault.place {
                assert!(
                    address == 0x40
                        && (16..32).contains(&fault.bit)
                        && (1..3).contains(&fault.step)
                );
            }
            assert_ne!(fault.place, Place::Jump(0x1000));
            kinds.insert(fault.place.kind());
        }
        assert_eq!(kinds.len(), 6);
    }

    #[test]
    fn names_of_no_faults_are_refused() {
        for (name, says) in [
            ("1:2", "is no fault"),
            ("1:2:rox:3", "is no fault"),
            ("1:2:memory@41:3", "is no fault"),
            ("0:2:rax:3", "counted from 1"),
            ("1:2:rax:64", "`rax` has no bit 64"),
            ("1:2:flags:1", "`flags` has no bit 1"),
            ("1:2:k1:64", "`k1` has no bit 64"),
        ] {
            let error = parse(name).expect_err("no fault");
            assert!(error.contains(says), "{error}");
        }
    }
}
