//! How faults are drawn.
//!
//! In: the run without a fault, and what is asked for. Out: for each number a fault, the same for the
//! same seed, whatever others are drawn.

use crate::code::Code;
use crate::fault::{DIRECTION, FLAGS, Fault, GENERAL, Place};
use crate::golden::{Constant, Read, Steps};
use crate::vector::Vector;
use crate::{INTERPRETER, NativeError, Only, Part};
use pasc_inject::split_mix;
use std::collections::BTreeSet;

/// Where the functions of the interpreter are.
const INTERPRETED: &str = "pasc_vm::exec::";

/// Draws the faults of a part of a campaign.
pub(crate) struct Draw<'g> {
    part: &'g Part,
    golden: &'g [Steps],
    /// Inputs and steps.
    steps: Vec<(u32, u32)>,
    /// Inputs and reads of memory.
    reads: Vec<(u32, Read)>,
    /// The same of what nothing can write; none unless it is drawn.
    constants: Vec<(u32, Constant)>,
    /// The addresses that jumps go to, in order.
    targets: Vec<u64>,
    flags: Vec<(u32, u32, u16)>,
    bases: Vec<(u32, u32, Place)>,
    /// For each address of an instruction how many bytes it takes.
    lengths: std::collections::HashMap<u64, u16>,
}

impl<'g> Draw<'g> {
    /// `phases` are the names of the phases of a message.
    pub(crate) fn new(
        part: &'g Part,
        golden: &'g [Steps],
        code: &mut Code,
        phases: &[&str],
    ) -> Result<Draw<'g>, NativeError> {
        let scope = Scope::new(part.within.as_deref(), golden, code, phases)?;
        let inputs = || golden.iter().zip(0..);
        let in_scope = |steps: &Steps, step: u32| scope.holds(steps, step);
        let steps: Vec<(u32, u32)> = inputs()
            .flat_map(|(steps, input)| {
                let all =
                    (0..steps.addresses.len() as u32).filter(move |step| in_scope(steps, *step));
                all.map(move |step| (input, step))
            })
            .collect();
        let address =
            |(input, step): &(u32, u32)| golden[*input as usize].addresses[*step as usize];
        let executed: BTreeSet<u64> = steps.iter().map(address).collect();
        let lengths = executed.iter().map(|at| (*at, code.length(*at)));
        let lengths = lengths.collect();
        let draws_direction = part.only == Some(Only::Direction);
        let is_wanted = |flag: u16| !draws_direction || flag == DIRECTION;
        let draw = Draw {
            part,
            golden,
            steps,
            reads: gather(
                inputs(),
                |steps| &steps.reads,
                |steps, read| in_scope(steps, read.step),
            ),
            constants: gather(
                inputs(),
                |steps| &steps.constants,
                |steps, constant| {
                    let is_wanted = match part.only {
                        Some(Only::Constants) => true,
                        Some(Only::Functions) => code.holds(constant.word),
                        _ => false,
                    };
                    is_wanted && in_scope(steps, constant.read.step)
                },
            ),
            targets: executed.into_iter().filter(|at| code.is_own(*at)).collect(),
            flags: gather(
                inputs(),
                |steps| &steps.flags,
                |steps, flag| in_scope(steps, flag.0) && is_wanted(flag.1),
            )
            .into_iter()
            .map(|(input, (step, flag))| (input, step, flag))
            .collect(),
            bases: gather(
                inputs(),
                |steps| &steps.bases,
                |steps, base| in_scope(steps, base.0),
            )
            .into_iter()
            .map(|(input, (step, place))| (input, step, place))
            .collect(),
            lengths,
        };
        match draw.most() {
            0 => Err(NativeError::NoFault(format!(
                "the run without a fault has no {} to draw from{}",
                part.only.map_or("instructions", Only::label),
                part.within
                    .iter()
                    .map(|name| format!(" in `{name}`"))
                    .collect::<String>()
            ))),
            _ => Ok(draw),
        }
    }

    /// Of how many places is drawn, at the least.
    fn most(&self) -> usize {
        match self.part.only {
            None => self
                .reads
                .len()
                .min(self.steps.len())
                .min(self.targets.len()),
            Some(Only::Registers | Only::Code) => self.steps.len(),
            Some(Only::Memory) => self.reads.len(),
            Some(Only::Constants | Only::Functions) => self.constants.len(),
            Some(Only::Jumps) => self.targets.len().min(self.steps.len()),
            Some(Only::Bases) => self.bases.len(),
            Some(Only::Flags | Only::Direction) => self.flags.len(),
        }
    }

    /// The instructions from which is drawn.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.len() as u64
    }

    /// The reads of memory, or of constants, from which is drawn.
    pub(crate) fn reads(&self) -> u64 {
        match self.part.only {
            Some(Only::Constants | Only::Functions) => self.constants.len() as u64,
            _ => self.reads.len() as u64,
        }
    }

    /// All faults of the part, in the order of the run. There are no more flags than are read: each is
    /// then taken once.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let flags = self.flags.len() as u64;
        let mut faults: Vec<Fault> =
            if matches!(self.part.only, Some(Only::Flags | Only::Direction))
                && self.part.samples >= flags
            {
                self.flags.iter().map(|flag| of_flag(*flag)).collect()
            } else {
                (0..self.part.samples)
                    .map(|number| self.fault(number))
                    .collect()
            };
        faults.sort();
        faults
    }

    fn fault(&self, number: u64) -> Fault {
        let mut start = self.part.seed;
        let mut state = split_mix(&mut start) ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93);
        let mut below =
            |bound: u64| ((u128::from(split_mix(&mut state)) * u128::from(bound)) >> 64) as u64;
        let only = self
            .part
            .only
            .unwrap_or_else(|| Only::MIXED[below(3) as usize]);
        match only {
            Only::Registers => {
                let (place, bit) = register(&mut below);
                let (input, step) = pick(&self.steps, &mut below);
                Fault {
                    input,
                    step,
                    place,
                    bit,
                }
            }
            Only::Memory => {
                let (input, read) = pick(&self.reads, &mut below);
                in_word((input, read), Place::Memory(read.address), &mut below)
            }
            Only::Constants | Only::Functions => {
                let (input, Constant { read, .. }) = pick(&self.constants, &mut below);
                in_word((input, read), Place::Constant(read.address), &mut below)
            }
            Only::Jumps => {
                let place = Place::Jump(pick(&self.targets, &mut below));
                let (input, step) = pick(&self.steps, &mut below);
                Fault {
                    input,
                    step,
                    place,
                    bit: 0,
                }
            }
            Only::Bases => {
                let (input, step, place) = pick(&self.bases, &mut below);
                Fault {
                    input,
                    step,
                    place,
                    bit: 0,
                }
            }
            Only::Flags | Only::Direction => of_flag(pick(&self.flags, &mut below)),
            Only::Code => {
                let (input, step) = pick(&self.steps, &mut below);
                let address = self.golden[input as usize].addresses[step as usize];
                let bits = 8 * self
                    .lengths
                    .get(&address)
                    .map_or(1, |length| (*length).max(1));
                let bit = below(u64::from(bits)) as u16;
                Fault {
                    input,
                    step,
                    place: Place::Code(address),
                    bit,
                }
            }
        }
    }
}

/// A bit that is read, at any time before.
fn in_word((input, read): (u32, Read), place: Place, below: &mut impl FnMut(u64) -> u64) -> Fault {
    let step = read.since + below(u64::from(read.step - read.since) + 1) as u32;
    let bytes: Vec<u16> = (0..8).filter(|byte| read.mask >> byte & 1 == 1).collect();
    let bit = 8 * pick(&bytes, below) + below(8) as u16;
    Fault {
        input,
        step,
        place,
        bit,
    }
}

/// What of each input is in the scope.
fn gather<'g, T: Copy + 'g>(
    inputs: impl Iterator<Item = (&'g Steps, u32)>,
    list: impl Fn(&'g Steps) -> &'g Vec<T>,
    holds: impl Fn(&Steps, &T) -> bool,
) -> Vec<(u32, T)> {
    let mut found = Vec::new();
    for (steps, input) in inputs {
        let inside = list(steps).iter().filter(|item| holds(steps, item));
        found.extend(inside.map(|item| (input, *item)));
    }
    found
}

fn of_flag((input, step, flag): (u32, u32, u16)) -> Fault {
    Fault {
        input,
        step,
        place: Place::Flags,
        bit: flag,
    }
}

fn pick<T: Copy>(list: &[T], below: &mut impl FnMut(u64) -> u64) -> T {
    list[below(list.len() as u64) as usize]
}

/// Seven of ten in a general register, one each in the flags, the instruction pointer and a vector
/// register.
fn register(below: &mut impl FnMut(u64) -> u64) -> (Place, u16) {
    match below(10) {
        0..7 => {
            let register = below(GENERAL.len() as u64) as u8;
            (Place::General(register), below(64) as u16)
        }
        7 => (Place::Flags, FLAGS[below(FLAGS.len() as u64) as usize]),
        8 => (Place::Pointer, below(64) as u16),
        _ => {
            let vector = Vector(below(u64::from(Vector::ALL)) as u8);
            let bit = below(u64::from(vector.bits())) as u16;
            (Place::Vector(vector), bit)
        }
    }
}

/// Which steps are drawn from.
enum Scope {
    All,
    /// The steps of one phase, by its number, 1 for the first.
    Phase(u8),
    /// The steps at these addresses.
    At(BTreeSet<u64>),
}

impl Scope {
    fn new(
        name: Option<&str>,
        golden: &[Steps],
        code: &Code,
        phases: &[&str],
    ) -> Result<Scope, NativeError> {
        let Some(name) = name else {
            return Ok(Scope::All);
        };
        let inside = |part: &str| -> BTreeSet<u64> {
            let executed = golden.iter().flat_map(|steps| &steps.addresses).copied();
            let executed: BTreeSet<u64> = executed.collect();
            let of_part = |at: &u64| code.function(*at).contains(part);
            executed.into_iter().filter(of_part).collect()
        };
        if name == INTERPRETER {
            return Ok(Scope::At(inside(INTERPRETED)));
        }
        let Some(place) = phases.iter().position(|phase| *phase == name) else {
            let found = match name.contains("::") {
                true => inside(name),
                false => BTreeSet::new(),
            };
            if !found.is_empty() {
                return Ok(Scope::At(found));
            }
            return Err(NativeError::NoFault(format!(
                "there is no phase `{name}`, and no function of this name is executed; a campaign is within \
                 {INTERPRETER}, a function (with `::` in it), or one of {}",
                phases.join(", ")
            )));
        };
        let begun = golden.iter().filter_map(|steps| steps.phases.last()).max();
        if usize::from(*begun.unwrap_or(&0)) != phases.len() {
            return Err(NativeError::NoFault(
                "the phases of this binary cannot be told apart: give a release build, and a trace with \
                 a message that is handled"
                    .to_owned(),
            ));
        }
        Ok(Scope::Phase(place as u8 + 1))
    }

    fn holds(&self, steps: &Steps, step: u32) -> bool {
        match self {
            Scope::All => true,
            Scope::Phase(phase) => steps.phases[step as usize] == *phase,
            Scope::At(addresses) => addresses.contains(&steps.addresses[step as usize]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::parse;

    fn golden() -> Vec<Steps> {
        let steps = |count: u64| Steps {
            addresses: (0..count).map(|step| 0x1000 + step).collect(),
            phases: (0..count).map(|step| step as u8).collect(),
            reads: vec![Read {
                address: 0x40,
                mask: 0b0000_1100,
                since: 1,
                step: 2,
            }],
            constants: vec![Constant {
                read: Read {
                    address: 0x80,
                    mask: 1,
                    since: 0,
                    step: 3,
                },
                word: 0x1002,
            }],
            flags: vec![(3, 6)],
            bases: vec![(1, Place::Base(2)), (4, Place::BaseWord(0x48))],
            ..Steps::default()
        };
        vec![steps(5), steps(7)]
    }

    fn draw<'g>(part: &'g Part, golden: &'g [Steps]) -> Draw<'g> {
        Draw {
            part,
            golden,
            steps: (0..5)
                .map(|step| (0, step))
                .chain((0..7).map(|step| (1, step)))
                .collect(),
            reads: vec![(0, golden[0].reads[0]), (1, golden[1].reads[0])],
            constants: vec![(0, golden[0].constants[0]), (1, golden[1].constants[0])],
            targets: vec![0x1001, 0x1002],
            flags: vec![(0, 3, 6), (1, 3, 6)],
            bases: vec![(0, 1, Place::Base(2)), (1, 4, Place::BaseWord(0x48))],
            lengths: (0x1000..0x1007).map(|address| (address, 3)).collect(),
        }
    }

    #[test]
    fn a_fault_that_is_drawn_is_read_again_from_its_name() {
        let golden = golden();
        let mut kinds = BTreeSet::new();
        for only in std::iter::once(None).chain(Only::ALL.map(Some)) {
            let part = Part {
                only,
                within: None,
                samples: 500,
                seed: 3,
            };
            let faults = draw(&part, &golden).faults();
            assert_eq!(draw(&part, &golden).faults(), faults);
            for fault in faults {
                assert_eq!(parse(&fault.to_string()), Ok(fault));
                assert!((fault.step as usize) < golden[fault.input as usize].addresses.len());
                let beyond = matches!(fault.place, Place::Code(_) | Place::Constant(_));
                assert!(!beyond || only.is_some(), "{fault}");
                match fault.place {
                    Place::Memory(address) => {
                        assert!(address == 0x40 && (16..32).contains(&fault.bit));
                        assert!((1..3).contains(&fault.step));
                    }
                    Place::Jump(target) => assert!([0x1001, 0x1002].contains(&target)),
                    Place::Code(_) => assert!(fault.bit < 24),
                    Place::Constant(address) => {
                        assert!(address == 0x80 && fault.bit < 8 && fault.step < 4);
                    }
                    _ => {}
                }
                kinds.insert(fault.place.kind());
            }
        }
        assert_eq!(kinds.len(), 9);
    }

    #[test]
    fn each_flag_is_hit_once_if_there_are_no_more_than_asked_for() {
        let golden = golden();
        let part = |samples| Part {
            only: Some(Only::Flags),
            within: None,
            samples,
            seed: 0,
        };
        assert_eq!(draw(&part(1 << 40), &golden).faults().len(), 2);
        assert_eq!(draw(&part(1), &golden).faults().len(), 1);
    }

    #[test]
    fn a_phase_holds_its_own_steps_alone() {
        let golden = golden();
        let scope = Scope::Phase(3);
        let held: Vec<u32> = (0..7)
            .filter(|step| scope.holds(&golden[1], *step))
            .collect();
        assert_eq!(held, [3]);
        assert!(Scope::At([0x1002].into()).holds(&golden[0], 2));
        assert!(!Scope::At([0x1002].into()).holds(&golden[0], 3));
    }
}
