//! What nothing reads is not computed, and what is only copied is computed where the copy is.

use std::collections::BTreeSet;

use pasc_vm::isa::Instruction;

use super::flow::{Flow, Line};
use super::operands::{RegisterSet, each_read, with_written, written};

/// Takes out instructions that do nothing but write a register which nothing reads.
pub(super) fn remove(flow: &mut Flow) {
    let live = live(flow);
    for (number, live_after) in live.into_iter().enumerate() {
        let mut live = live_after;
        let lines = std::mem::take(&mut flow.blocks[number].lines);
        let mut kept: Vec<Line> = Vec::with_capacity(lines.len());
        let mut live_after_kept = live;
        for mut line in lines.into_iter().rev() {
            let dst = written(line.instruction);
            if let Some(dst) = dst
                && is_pure(line.instruction)
                && !live.has(dst)
            {
                continue;
            }
            if let Some(instruction) = in_place(line.instruction, &kept, live_after_kept) {
                line.instruction = instruction;
                kept.pop();
                live = live_after_kept;
            }
            live_after_kept = live;
            before(line.instruction, &mut live);
            kept.push(line);
        }
        kept.reverse();
        flow.blocks[number].lines = kept;
    }
}

/// The instruction as it writes the register into which what follows copies its result, if the
/// result has no other use. `live` is what is read after the copy.
fn in_place(instruction: Instruction, kept: &[Line], live: RegisterSet) -> Option<Instruction> {
    let Some(Instruction::Move { dst, src }) = kept.last().map(|line| line.instruction) else {
        return None;
    };
    let is_call = matches!(instruction, Instruction::Call { .. });
    let is_used = is_call || written(instruction) != Some(src) || live.has(src);
    (!is_used).then(|| with_written(instruction, dst))
}

/// The registers that are live after each block.
pub(super) fn live(flow: &Flow) -> Vec<RegisterSet> {
    let count = flow.blocks.len();
    let predecessors = flow.predecessors();
    let mut at_start = vec![RegisterSet::default(); count];
    let mut after = vec![RegisterSet::default(); count];
    let mut open: BTreeSet<usize> = flow.blocks().map(|(number, _)| number).collect();
    // A block is looked at again only when the set of a block after it grew.
    while let Some(number) = open.pop_last() {
        let mut live = RegisterSet::default();
        for next in flow.successors(number).into_iter().flatten() {
            live.add(at_start[next]);
        }
        after[number] = live;
        for line in flow.blocks[number].lines.iter().rev() {
            before(line.instruction, &mut live);
        }
        if live != at_start[number] {
            at_start[number] = live;
            open.extend(&predecessors[number]);
        }
    }
    after
}

/// From what is live after an instruction to what is before it.
pub(super) fn before(instruction: Instruction, live: &mut RegisterSet) {
    if let Some(dst) = written(instruction) {
        live.remove(dst);
    }
    each_read(instruction, |register| live.insert(register));
}

/// Whether the instruction does nothing but write its register.
fn is_pure(instruction: Instruction) -> bool {
    use Instruction as I;
    matches!(
        instruction,
        I::Const { .. }
            | I::Fixed { .. }
            | I::Address { .. }
            | I::Move { .. }
            | I::SelfAddress { .. }
            | I::Sender { .. }
            | I::Message { .. }
            | I::Now { .. }
            | I::Eq { .. }
            | I::Ne { .. }
            | I::Lt { .. }
            | I::Le { .. }
            | I::Not { .. }
            | I::EqImm { .. }
            | I::Equal { .. }
            | I::Less { .. }
            | I::LessEq { .. }
            | I::Load { .. }
            | I::LoadState { .. }
            | I::Field { .. }
            | I::Place { .. }
            | I::New { .. }
            | I::Own { .. }
            | I::MapFind { .. }
            | I::MapLen { .. }
            | I::MapFirst { .. }
            | I::MapNext { .. }
            | I::ListLen { .. }
            | I::BytesLen { .. }
    )
}
