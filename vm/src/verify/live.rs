//! Which registers the code may still read.
//!
//! In: the blocks of a region. Out: for each block the registers that are live at its start. What a
//! dead register holds does not matter, so paths that meet need to agree on live ones only.

use super::region::Blocks;
use crate::isa::{Instruction, OperandValue};
use std::collections::BTreeSet;

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct RegisterSet([u64; 4]);

impl RegisterSet {
    pub(super) fn has(&self, register: usize) -> bool {
        self.0
            .get(register / 64)
            .is_some_and(|word| word >> (register % 64) & 1 == 1)
    }

    fn insert(&mut self, register: u8) {
        self.0[usize::from(register) / 64] |= 1 << (register % 64);
    }

    /// This set without `removed`, with `added`.
    fn updated(self, removed: RegisterSet, added: RegisterSet) -> RegisterSet {
        let mut words = self.0;
        for (index, word) in words.iter_mut().enumerate() {
            *word = *word & !removed.0[index] | added.0[index];
        }
        RegisterSet(words)
    }
}

/// What a block reads before it writes it, and what it writes.
#[derive(Clone, Copy, Default)]
struct Effect {
    reads: RegisterSet,
    writes: RegisterSet,
}

fn effect(instructions: impl Iterator<Item = Instruction>) -> Effect {
    let mut effect = Effect::default();
    for instruction in instructions {
        if let Instruction::Call {
            base, arguments, ..
        } = instruction
        {
            for argument in base.0..base.0.saturating_add(arguments.0) {
                if !effect.writes.has(usize::from(argument)) {
                    effect.reads.insert(argument);
                }
            }
            effect.writes.insert(base.0);
            continue;
        }
        let operands = instruction.operands();
        let registers = operands.iter().filter_map(|operand| match operand.value {
            OperandValue::Reg(register) => Some((operand.name == "dst", register)),
            _ => None,
        });
        for (_, read) in registers.clone().filter(|(is_dst, _)| !is_dst) {
            if !effect.writes.has(usize::from(read.0)) {
                effect.reads.insert(read.0);
            }
        }
        for (_, written) in registers.filter(|(is_dst, _)| *is_dst) {
            effect.writes.insert(written.0);
        }
    }
    effect
}

/// The live registers at the start of each block. A block is looked at again only when the set of a
/// block after it grew, so at most 256 times for each edge.
pub(super) fn live(blocks: &Blocks) -> Vec<RegisterSet> {
    let count = blocks.count();
    let effects: Vec<Effect> = (0..count)
        .map(|block| effect(blocks.instructions(block).map(|(_, it)| it)))
        .collect();
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); count];
    for block in 0..count {
        for next in blocks.successors(block).into_iter().flatten() {
            before[next].push(block as u32);
        }
    }
    let mut live: Vec<RegisterSet> = effects.iter().map(|effect| effect.reads).collect();
    let mut queue: BTreeSet<usize> = (0..count).collect();
    while let Some(block) = queue.pop_last() {
        let mut after = RegisterSet::default();
        for next in blocks.successors(block).into_iter().flatten() {
            after = after.updated(RegisterSet::default(), live[next]);
        }
        let Effect { reads, writes } = effects[block];
        let at_start = after.updated(writes, reads);
        if at_start != live[block] {
            live[block] = at_start;
            queue.extend(before[block].iter().map(|block| *block as usize));
        }
    }
    live
}
