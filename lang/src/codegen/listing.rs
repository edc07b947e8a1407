//! Instructions and labels in the order in which they were made.
//!
//! In: what the code generator emits, region by region. Out: the assembled code, improved, and the
//! word of the code for each position. A position counts labels and instructions until then.

use std::collections::BTreeMap;

use pasc_vm::assemble::{self, Assembler};
use pasc_vm::isa::{Instruction, Kind, Target};
use pasc_vm::program::Region;
use pasc_vm::types::TypeTable;

use super::improve::{self, Flow};

/// A place in the code that may not be known yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Label(pub(super) u32);

impl Label {
    /// The label as the operand of a jump.
    pub(super) fn target(self) -> Target {
        Target(self.0)
    }
}

/// The bytes of the source that an instruction comes from.
pub(super) type Source = (u32, u32);

/// A line of the listing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Label(Label),
    /// The targets are labels.
    Code(Instruction, Source),
}

/// All code of a program.
#[derive(Debug, Default)]
pub(super) struct Listing {
    items: Vec<Item>,
    labels: u32,
}

impl Listing {
    /// A label that is not bound yet.
    pub(super) fn label(&mut self) -> Label {
        self.labels += 1;
        Label(self.labels - 1)
    }

    /// Binds the label here.
    pub(super) fn bind(&mut self, label: Label) {
        self.items.push(Item::Label(label));
    }

    pub(super) fn emit(&mut self, instruction: Instruction, source: Source) {
        self.items.push(Item::Code(instruction, source));
    }

    /// The position of what comes next.
    pub(super) fn position(&self) -> Target {
        Target(self.items.len() as u32)
    }

    /// The region from `start` up to here.
    pub(super) fn region(&self, start: Target) -> Region {
        Region {
            start,
            end: self.position(),
        }
    }

    /// The code of the regions, which hold all that was emitted, in their order; `entries` are the
    /// labels of functions.
    pub(super) fn assemble(
        self,
        types: &TypeTable,
        regions: &[Region],
        entries: &[Label],
    ) -> Assembled {
        let mut assembler = Assembler::new();
        let calls: BTreeMap<Label, assemble::Label> = entries
            .iter()
            .map(|label| (*label, assembler.label()))
            .collect();
        let mut positions = vec![0; self.items.len() + 1];
        for region in regions {
            let items = &self.items[region.start.0 as usize..region.end.0 as usize];
            for item in items {
                if let Item::Label(label) = item
                    && let Some(label) = calls.get(label)
                {
                    assembler.bind(*label);
                }
            }
            let mut flow = Flow::new(items);
            improve::improve(&mut flow, types);
            emit(
                &mut assembler,
                &flow,
                &calls,
                region.start.0,
                &mut positions,
            );
            positions[region.end.0 as usize] = assembler.position().0;
        }
        Assembled {
            code: assembler.finish(),
            positions,
        }
    }
}

/// Code with its positions.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) code: assemble::Code,
    positions: Vec<u32>,
}

impl Assembled {
    /// The word at which stands what stood at a position, or what is left of what followed.
    pub(super) fn word(&self, position: u32) -> u32 {
        self.positions[position as usize]
    }

    pub(super) fn region(&self, region: Region) -> Region {
        Region {
            start: Target(self.word(region.start.0)),
            end: Target(self.word(region.end.0)),
        }
    }
}

/// Emits a region that begins at the position `start`.
fn emit(
    assembler: &mut Assembler,
    flow: &Flow,
    calls: &BTreeMap<Label, assemble::Label>,
    start: u32,
    positions: &mut [u32],
) {
    let labels: BTreeMap<usize, assemble::Label> = flow
        .targets()
        .into_iter()
        .map(|block| (block, assembler.label()))
        .collect();
    let mut next = start as usize;
    for (number, block) in flow.blocks() {
        if let Some(label) = labels.get(&number) {
            assembler.bind(*label);
        }
        for line in &block.lines {
            let word = assembler.position().0;
            let item = start as usize + line.item as usize;
            while next <= item {
                positions[next] = word;
                next += 1;
            }
            let label = match line.instruction {
                Instruction::Call { to, .. } => calls.get(&Label(to.0)),
                _ => improve::target(line.instruction).and_then(|to| labels.get(&to)),
            };
            let instruction = match label {
                Some(label) => improve::with_target(line.instruction, label.target()),
                None => line.instruction,
            };
            debug_assert!(
                instruction.opcode().kind() == Kind::Straight
                    || improve::target(instruction).is_none()
                    || label.is_some()
            );
            assembler.emit(instruction, line.source);
        }
    }
    while next < positions.len() && next < start as usize + flow.items() {
        positions[next] = assembler.position().0;
        next += 1;
    }
}
