//! Types the registers of one region: a forward analysis over its basic blocks.
//!
//! In: a region whose blocks and targets are known to be right. Out: nothing, or the first fault.
//! Each block's registers at its start are what all ways to it agree on; a block is gone over again
//! when that rises, and all are when a block of new memory rises ([`super::sites`]). Kinds only rise,
//! so it ends; [`VISITS_PER_BLOCK`] and [`WORK_PER_WORD`] bound how soon it must.

use super::kind::{Kind, Roots};
use super::live::{RegisterSet, live};
use super::sites::Sites;
use super::{Fault, Part, fault};
use crate::isa::{Instruction, Kind as End, Narrow, Reg, Word};
use crate::program::{Function, Program, Region};
use crate::types::TypeId;
use std::collections::{BTreeMap, BTreeSet};

/// How often the blocks of a region are gone over, on average. Compiled code takes a few times, and
/// once more for each loop around a loop.
pub(super) const VISITS_PER_BLOCK: usize = 64;
/// How many words of values are looked at for each word of the region's code, on average.
pub(super) const WORK_PER_WORD: u64 = 4096;
/// How many registers at starts of blocks a region may have: registers times blocks.
pub(super) const MAX_CELLS: usize = 1 << 22;

/// What the code of a region may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// The type of the message that is handled, or of the key of the timer that fires.
    pub(super) message: Option<TypeId>,
    /// The message has a sender.
    pub(super) has_sender: bool,
    /// It may change the state.
    pub(super) writes: bool,
    /// It may send.
    pub(super) sends: bool,
    /// It may end in a result.
    pub(super) results: bool,
    /// It may end without one.
    pub(super) halts: bool,
}

/// What typing needs to know.
pub(super) struct Typing<'p> {
    pub(super) program: &'p Program,
    /// The constants that are strings, by position in the fixed area: what they may be.
    pub(super) literals: &'p BTreeMap<u32, u8>,
    pub(super) scope: Scope,
    /// The function whose code it is.
    pub(super) function: Option<&'p Function>,
    pub(super) sites: Sites<'p>,
    /// The variables of the state that the region names, in the order in which they were met.
    variables: BTreeMap<usize, usize>,
}

impl Typing<'_> {
    /// The set that stands for a variable of the state.
    pub(super) fn root(&mut self, variable: usize) -> Roots {
        let next = self.variables.len();
        Roots::of(*self.variables.entry(variable).or_insert(next))
    }
}

/// The blocks of a region.
pub(super) struct Blocks<'p> {
    code: &'p [u64],
    /// Where each block starts, and the end of the region.
    starts: &'p [u32],
    end: u32,
}

impl<'p> Blocks<'p> {
    /// `starts` are the starts of all blocks of the program.
    pub(super) fn new(program: &'p Program, starts: &'p [u32], region: Region) -> Blocks<'p> {
        let first = starts.partition_point(|start| *start < region.start.0);
        let last = starts.partition_point(|start| *start < region.end.0);
        Blocks {
            code: &program.code,
            starts: &starts[first..last],
            end: region.end.0,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    fn end_of(&self, block: usize) -> u32 {
        self.starts.get(block + 1).copied().unwrap_or(self.end)
    }

    /// The instructions of a block with their positions.
    pub(super) fn instructions(
        &self,
        block: usize,
    ) -> impl Iterator<Item = (u32, Instruction)> + '_ {
        // The word after the block's last instruction is its signature.
        let positions = self.starts[block]..self.end_of(block) - 1;
        positions.filter_map(|position| {
            let word = Word(self.code[position as usize]);
            Some((position, Instruction::decode(word)?))
        })
    }

    /// The instruction that ends a block.
    fn last(&self, block: usize) -> Option<Instruction> {
        Instruction::decode(Word(self.code[self.end_of(block) as usize - 2]))
    }

    /// Where control goes from a block: where its jump leads, and the block that follows.
    pub(super) fn successors(&self, block: usize) -> [Option<usize>; 2] {
        use Instruction as I;
        let at = |target: crate::isa::Target| self.starts.binary_search(&target.0).ok();
        let after = Some(block + 1).filter(|next| *next < self.count());
        match self.last(block) {
            Some(I::Jump { to }) => [at(to), None],
            Some(
                I::JumpIf { to, .. }
                | I::JumpUnless { to, .. }
                | I::JumpEq { to, .. }
                | I::JumpNe { to, .. }
                | I::JumpLt { to, .. }
                | I::JumpLe { to, .. }
                | I::JumpEqImm { to, .. }
                | I::JumpNeImm { to, .. }
                | I::JumpLtImm { to, .. }
                | I::JumpGtImm { to, .. }
                | I::JumpNextLt { to, .. },
            ) => [at(to), after],
            Some(I::Call { .. }) => [after, None],
            Some(I::Halt {} | I::Result { .. } | I::Leave {} | I::Return { .. }) | None => {
                [None, None]
            }
            Some(other) => {
                // An end without a rule here would be taken for one that goes nowhere.
                debug_assert_eq!(other.opcode().kind(), End::Straight);
                [None, None]
            }
        }
    }
}

/// The registers after the jump of a block: on the way to its target if `taken`, else after it.
/// `None` if control cannot go that way.
fn refine(last: Option<Instruction>, taken: bool, registers: &[Kind]) -> Option<Vec<Kind>> {
    use Instruction as I;
    let kind = |register: Reg| registers.get(usize::from(register.0)).copied();
    let (register, is_zero) = match last {
        Some(I::JumpIf { condition, .. }) => (condition, !taken),
        Some(I::JumpUnless { condition, .. }) => (condition, taken),
        Some(
            I::JumpEqImm {
                left,
                value: Narrow(0),
                ..
            }
            | I::JumpNeImm {
                left,
                value: Narrow(0),
                ..
            },
        ) if matches!(kind(left), Some(Kind::Found { .. } | Kind::Cursor { .. })) => {
            let is_zero = matches!(last, Some(I::JumpEqImm { .. })) == taken;
            (left, is_zero)
        }
        Some(I::JumpEq { left, right, .. } | I::JumpNe { left, right, .. }) => {
            let equal = matches!(last, Some(I::JumpEq { .. })) == taken;
            match (kind(left), kind(right)) {
                (Some(Kind::Found { .. } | Kind::Cursor { .. }), Some(Kind::Zero)) => (left, equal),
                (Some(Kind::Zero), Some(Kind::Found { .. } | Kind::Cursor { .. })) => {
                    (right, equal)
                }
                _ => return Some(registers.to_vec()),
            }
        }
        _ => return Some(registers.to_vec()),
    };
    let known = kind(register)?;
    let refined = if is_zero {
        known.zero()
    } else {
        known.nonzero()
    };
    let mut after = registers.to_vec();
    after[usize::from(register.0)] = refined?;
    Some(after)
}

/// Types a region.
pub(super) fn check(
    program: &Program,
    literals: &BTreeMap<u32, u8>,
    blocks: &Blocks,
    part: &Part,
) -> Result<(), Fault> {
    let registers = usize::from(part.registers);
    let place = blocks.starts.first().copied();
    if blocks.count().saturating_mul(registers) > MAX_CELLS {
        return fault(place, "the code is too large to be checked");
    }
    let mut typing = Typing {
        program,
        literals,
        scope: part.scope,
        function: part.function,
        sites: Sites::new(&program.types),
        variables: BTreeMap::new(),
    };
    let at_entry = typing.at_entry(registers);
    let live = live(blocks);
    let mut entries: Vec<Option<Vec<Kind>>> = vec![None; blocks.count()];
    entries[0] = Some(at_entry);
    let mut queue = BTreeSet::from([0]);
    let mut visits = 0;
    let most_visits = VISITS_PER_BLOCK * (blocks.count() + 1);
    let words = u64::from(blocks.end - blocks.starts[0]);
    loop {
        let Some(block) = queue.pop_first() else {
            if !typing.sites.take_changed() {
                return Ok(());
            }
            let reached = entries.iter().enumerate();
            queue.extend(
                reached
                    .filter(|entry| entry.1.is_some())
                    .map(|entry| entry.0),
            );
            continue;
        };
        visits += 1;
        if visits > most_visits || typing.sites.work > WORK_PER_WORD * (words + 1024) {
            return fault(place, "the code is too intricate to be checked");
        }
        let Some(mut kinds) = entries[block].clone() else {
            continue;
        };
        for (position, instruction) in blocks.instructions(block) {
            typing
                .step(&mut kinds, instruction, position)
                .or_else(|text| fault(Some(position), text))?;
        }
        let last = blocks.last(block);
        for (next, taken) in blocks.successors(block).into_iter().zip([true, false]) {
            let Some(next) = next else { continue };
            let Some(after) = refine(last, taken, &kinds) else {
                continue;
            };
            if meet(&mut typing.sites, &mut entries[next], &after, live[next]) {
                queue.insert(next);
            }
        }
    }
}

/// Joins what comes from one more way into the registers at the start of a block; whether they rose.
fn meet(
    sites: &mut Sites,
    entry: &mut Option<Vec<Kind>>,
    after: &[Kind],
    live: RegisterSet,
) -> bool {
    let Some(entry) = entry else {
        let alive = |(register, kind): (usize, &Kind)| {
            if live.has(register) {
                *kind
            } else {
                Kind::Unset
            }
        };
        *entry = Some(after.iter().enumerate().map(alive).collect());
        return true;
    };
    let mut rose = false;
    for (register, (known, more)) in entry.iter_mut().zip(after).enumerate() {
        if live.has(register) {
            let joined = sites.join(*known, *more);
            rose |= sites.settled(*known) != joined;
            *known = joined;
        }
    }
    rose
}
