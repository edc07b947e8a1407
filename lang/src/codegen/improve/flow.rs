//! The blocks of a region and the ways between them.

use std::collections::{BTreeMap, BTreeSet};

use pasc_vm::isa::{Instruction, Kind, Target, Word};

use crate::codegen::listing::{Item, Label, Source};

/// How often the ways are simplified at most; one simplification can make another one possible.
const ROUNDS: usize = 16;

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::codegen) struct Line {
    /// Targets of jumps are numbers of blocks, those of calls are labels.
    pub(in crate::codegen) instruction: Instruction,
    pub(in crate::codegen) source: Source,
    /// Its position in the region, as it was generated.
    pub(in crate::codegen) item: u32,
}

/// Code that control enters at its beginning alone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::codegen) struct Block {
    /// Without an instruction that ends a block, control goes on in the next block.
    pub(in crate::codegen) lines: Vec<Line>,
    /// Control never gets there, or what it held is elsewhere.
    pub(super) gone: bool,
}

impl Block {
    pub(super) fn last(&self) -> Option<Instruction> {
        self.lines.last().map(|line| line.instruction)
    }

    pub(super) fn ends(&self) -> bool {
        self.last()
            .is_some_and(|last| last.opcode().kind() == Kind::End)
    }

    /// The only instruction.
    fn only(&self) -> Option<Instruction> {
        self.last().filter(|_| self.lines.len() == 1)
    }
}

/// A region. Control enters it at block 0.
#[derive(Debug)]
pub(in crate::codegen) struct Flow {
    pub(super) blocks: Vec<Block>,
    items: usize,
}

impl Flow {
    pub(in crate::codegen) fn new(items: &[Item]) -> Flow {
        let mut blocks = vec![Block::default()];
        let mut labels: BTreeMap<Label, usize> = BTreeMap::new();
        let mut ended = false;
        for (number, item) in items.iter().enumerate() {
            let is_label = matches!(item, Item::Label(_));
            if ended || is_label && blocks.last().is_some_and(|block| !block.lines.is_empty()) {
                blocks.push(Block::default());
                ended = false;
            }
            let at = blocks.len() - 1;
            match *item {
                Item::Label(label) => {
                    labels.insert(label, at);
                }
                Item::Code(instruction, source) => {
                    ended = instruction.opcode().kind() == Kind::End;
                    blocks[at].lines.push(Line {
                        instruction,
                        source,
                        item: number as u32,
                    });
                }
            }
        }
        for line in blocks.iter_mut().flat_map(|block| &mut block.lines) {
            if let Some(label) = target(line.instruction)
                && let Some(block) = labels.get(&Label(label as u32))
            {
                line.instruction = with_target(line.instruction, Target(*block as u32));
            }
        }
        Flow {
            blocks,
            items: items.len(),
        }
    }

    /// How many items the region was made of.
    pub(in crate::codegen) fn items(&self) -> usize {
        self.items
    }

    /// The blocks that are left, with their numbers.
    pub(in crate::codegen) fn blocks(&self) -> impl Iterator<Item = (usize, &Block)> {
        let all = self.blocks.iter().enumerate();
        all.filter(|(_, block)| !block.gone)
    }

    /// The blocks that are jumped to.
    pub(in crate::codegen) fn targets(&self) -> BTreeSet<usize> {
        let lasts = self.blocks().filter_map(|(_, block)| block.last());
        lasts.filter_map(target).collect()
    }

    /// The numbers of the blocks that are left.
    pub(super) fn numbers(&self) -> Vec<usize> {
        self.blocks().map(|(number, _)| number).collect()
    }

    pub(super) fn next(&self, block: usize) -> Option<usize> {
        (block + 1..self.blocks.len()).find(|next| !self.blocks[*next].gone)
    }

    /// Where control goes from a block: where it jumps, and where it goes on without a jump.
    pub(super) fn successors(&self, block: usize) -> [Option<usize>; 2] {
        use Instruction as I;
        let last = self.blocks[block].last();
        let goes_on = !matches!(
            last,
            Some(I::Jump { .. } | I::Halt {} | I::Leave {} | I::Return { .. } | I::Result { .. })
        );
        let on = if goes_on { self.next(block) } else { None };
        [last.and_then(target), on]
    }

    /// From which blocks control comes to each block.
    pub(super) fn predecessors(&self) -> Vec<Vec<usize>> {
        let mut found = vec![Vec::new(); self.blocks.len()];
        for (number, _) in self.blocks() {
            for next in self.successors(number).into_iter().flatten() {
                found[next].push(number);
            }
        }
        found
    }

    /// Takes detours out.
    pub(super) fn tidy(&mut self) {
        for _ in 0..ROUNDS {
            let before = self.blocks.clone();
            self.thread();
            self.drop_unreachable();
            self.invert();
            self.join();
            if self.blocks == before {
                return;
            }
        }
    }

    /// Where control ends up that goes to a block.
    fn resolve(&self, block: usize) -> usize {
        let mut at = block;
        for _ in 0..self.blocks.len() {
            let to = match self.blocks[at].only() {
                Some(Instruction::Jump { to }) => Some(to.0 as usize),
                _ if self.blocks[at].lines.is_empty() => self.next(at),
                _ => return at,
            };
            match to {
                Some(to) => at = to,
                None => return at,
            }
        }
        // It goes round in circles.
        block
    }

    /// Jumps lead to where control ends up. Where only the end of the code is left, it stands in
    /// place of the jump.
    fn thread(&mut self) {
        for number in self.numbers() {
            let block = &self.blocks[number];
            let last = block.lines.last().copied();
            if !block.ends() {
                let Some(next) = self.next(number) else {
                    continue;
                };
                let to = self.resolve(next);
                let is_far = to != next && !self.blocks[next].lines.is_empty();
                let exit = self.exit(to);
                if let (true, Some(mut line)) = (is_far || exit.is_some(), last) {
                    let to = Target(to as u32);
                    line.instruction = exit.unwrap_or(Instruction::Jump { to });
                    self.blocks[number].lines.push(line);
                }
                continue;
            }
            let Some(mut line) = last else { continue };
            let Some(to) = target(line.instruction) else {
                continue;
            };
            let to = self.resolve(to);
            let exit = self.exit(to);
            let on = self.next(number).map(|next| self.resolve(next));
            let is_exit = matches!(line.instruction, Instruction::Jump { .. })
                || exit == on.and_then(|on| self.exit(on));
            line.instruction = match (line.instruction, exit) {
                (_, Some(exit)) if is_exit => exit,
                (jump, _) => with_target(jump, Target(to as u32)),
            };
            let lines = &mut self.blocks[number].lines;
            lines.pop();
            lines.push(line);
        }
    }

    /// The block's only instruction, if it ends the code.
    fn exit(&self, block: usize) -> Option<Instruction> {
        use Instruction as I;
        let only = self.blocks[block].only();
        only.filter(|only| {
            matches!(
                only,
                I::Halt {} | I::Leave {} | I::Return { .. } | I::Result { .. }
            )
        })
    }

    fn drop_unreachable(&mut self) {
        let mut reached = BTreeSet::from([0]);
        let mut open = vec![0];
        while let Some(block) = open.pop() {
            for next in self.successors(block).into_iter().flatten() {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        for (number, block) in self.blocks.iter_mut().enumerate() {
            if !reached.contains(&number) {
                block.gone = true;
                block.lines.clear();
            }
        }
    }

    /// A jump over a jump becomes one, and a jump to what follows none.
    fn invert(&mut self) {
        let predecessors = self.predecessors();
        for number in self.numbers() {
            if self.blocks[number].gone {
                continue;
            }
            let (Some(last), Some(next)) = (self.blocks[number].last(), self.next(number)) else {
                continue;
            };
            let Some(to) = target(last) else { continue };
            if to == next {
                self.blocks[number].lines.pop();
                continue;
            }
            if let (Some(Instruction::Jump { to: far }), Some(after)) =
                (self.blocks[next].only(), self.next(next))
                && after == to
                && let Some(negated) = negated(last)
                && predecessors[next].len() == 1
            {
                if let Some(line) = self.blocks[number].lines.last_mut() {
                    line.instruction = with_target(negated, far);
                }
                self.blocks[next].gone = true;
                self.blocks[next].lines.clear();
            }
        }
    }

    /// What control enters from the block before alone belongs to that block.
    fn join(&mut self) {
        let predecessors = self.predecessors();
        let mut into = 0;
        for number in self.numbers().into_iter().skip(1) {
            let alone = predecessors[number].len() == 1 && !self.blocks[into].ends();
            if alone {
                let mut lines = std::mem::take(&mut self.blocks[number].lines);
                self.blocks[into].lines.append(&mut lines);
                self.blocks[number].gone = true;
            } else {
                into = number;
            }
        }
    }
}

/// Where a jump leads; calls are none.
pub(in crate::codegen) fn target(instruction: Instruction) -> Option<usize> {
    use Instruction as I;
    match instruction {
        I::Jump { to }
        | I::JumpIf { to, .. }
        | I::JumpUnless { to, .. }
        | I::JumpEq { to, .. }
        | I::JumpNe { to, .. }
        | I::JumpLt { to, .. }
        | I::JumpLe { to, .. }
        | I::JumpEqImm { to, .. }
        | I::JumpNeImm { to, .. }
        | I::JumpLtImm { to, .. }
        | I::JumpGtImm { to, .. }
        | I::JumpNextLt { to, .. } => Some(to.0 as usize),
        _ => None,
    }
}

/// The jump or call with another target.
pub(in crate::codegen) fn with_target(instruction: Instruction, to: Target) -> Instruction {
    let low = instruction.encode().0 & 0xffff_ffff;
    Instruction::decode(Word(low | u64::from(to.0) << 32)).unwrap_or(instruction)
}

/// The jump that is taken when this one is not.
fn negated(jump: Instruction) -> Option<Instruction> {
    use Instruction as I;
    Some(match jump {
        I::JumpIf { condition, to } => I::JumpUnless { condition, to },
        I::JumpUnless { condition, to } => I::JumpIf { condition, to },
        I::JumpEq { left, right, to } => I::JumpNe { left, right, to },
        I::JumpNe { left, right, to } => I::JumpEq { left, right, to },
        I::JumpLt { left, right, to } => I::JumpLe {
            left: right,
            right: left,
            to,
        },
        I::JumpLe { left, right, to } => I::JumpLt {
            left: right,
            right: left,
            to,
        },
        _ => return None,
    })
}
