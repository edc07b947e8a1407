//! Short ends of loops stand in place of the jumps to them: a turn then jumps once.

use std::collections::BTreeMap;

use pasc_vm::isa::{Instruction, Target};

use super::flow::{Block, Flow, Line, target, with_target};

/// How many instructions stand there more than once at most.
const MOST: usize = 3;

/// Puts a copy of the end in place of each jump to it.
pub(super) fn repeat(flow: &mut Flow) {
    let predecessors = flow.predecessors();
    // Behind a block: where control goes on that does not go round.
    let mut exits: BTreeMap<usize, (usize, Line)> = BTreeMap::new();
    for end in flow.numbers().into_iter().skip(1) {
        let Some(after) = flow.next(end).filter(|_| is_short_end(flow, end)) else {
            continue;
        };
        let before = &predecessors[end];
        let jumps =
            |block: &usize| matches!(flow.blocks[*block].last(), Some(Instruction::Jump { .. }));
        let falls = |block: &usize| !flow.blocks[*block].ends();
        let jumping: Vec<usize> = before.iter().copied().filter(jumps).collect();
        let falling: Vec<usize> = before.iter().copied().filter(falls).collect();
        let is_left = jumping.len() + falling.len() < before.len();
        if jumping.is_empty() {
            continue;
        }
        let lines = flow.blocks[end].lines.clone();
        for block in jumping {
            if let Some(jump) = flow.blocks[block].lines.pop() {
                append(&mut flow.blocks[block], &lines, jump.item);
                exits.insert(block, (after, jump));
            }
        }
        if !is_left {
            for block in falling {
                let item = flow.blocks[block].lines.last().map(|line| line.item);
                append(&mut flow.blocks[block], &lines, item.unwrap_or(0));
            }
            flow.blocks[end].lines.clear();
            flow.blocks[end].gone = true;
        }
    }
    insert(flow, &exits);
}

/// Whether the block goes round a loop, or goes on, after a few instructions.
fn is_short_end(flow: &Flow, number: usize) -> bool {
    let block = &flow.blocks[number];
    let goes_on = flow.successors(number)[1].is_some();
    let is_back = block.last().and_then(target).is_some_and(|to| to <= number);
    goes_on && is_back && block.lines.len() <= MOST
}

/// The copies have the place in the region of what they stand for.
fn append(block: &mut Block, lines: &[Line], item: u32) {
    let copies = lines.iter().map(|line| Line { item, ..*line });
    block.lines.extend(copies);
}

/// Puts a jump behind each of these blocks.
fn insert(flow: &mut Flow, exits: &BTreeMap<usize, (usize, Line)>) {
    let mut numbers = Vec::with_capacity(flow.blocks.len());
    let mut blocks = Vec::with_capacity(flow.blocks.len() + exits.len());
    for (number, block) in std::mem::take(&mut flow.blocks).into_iter().enumerate() {
        numbers.push(blocks.len());
        blocks.push(block);
        if let Some((after, line)) = exits.get(&number) {
            let to = Target(*after as u32);
            let instruction = Instruction::Jump { to };
            let lines = vec![Line {
                instruction,
                ..*line
            }];
            blocks.push(Block {
                lines,
                ..Block::default()
            });
        }
    }
    for line in blocks.iter_mut().flat_map(|block| &mut block.lines) {
        if let Some(to) = target(line.instruction)
            && let Some(number) = numbers.get(to)
        {
            line.instruction = with_target(line.instruction, Target(*number as u32));
        }
    }
    flow.blocks = blocks;
}
