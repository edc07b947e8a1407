//! From instructions with labels to code words with block signatures.
//!
//! In: instructions, labels and source spans in order. Out: [`Code`]. It guarantees that every
//! block ends in an instruction of kind `end`, that every target is the start of a block, and that
//! the second word of each `end` instruction is the signature of its block.

use crate::isa::FixedOffset;
use crate::isa::{Immediate, Instruction, Kind, Target, Word};
use crate::memory::LANE;
use crate::program::{CodeSpan, Region};
use crate::signature;
use std::collections::BTreeMap;

/// A place in the code that may not be known yet. `Target` operands of instructions that are
/// emitted hold label numbers; [`Assembler::finish`] replaces them by positions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

impl Label {
    /// The label as the operand of a jump.
    pub fn target(self) -> Target {
        Target(self.0)
    }
}

/// Assembled code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Code {
    /// The words.
    pub words: Vec<u64>,
    /// Where they come from.
    pub spans: Vec<CodeSpan>,
}

/// Builds the code of a program, region by region.
#[derive(Default, Debug)]
pub struct Assembler {
    words: Vec<u64>,
    spans: Vec<CodeSpan>,
    labels: Vec<Option<u32>>,
    jumps: Vec<(usize, Label)>,
    blocks: Vec<u32>,
    block_open: bool,
}

impl Assembler {
    /// An assembler without code.
    pub fn new() -> Assembler {
        Assembler::default()
    }

    /// A label that is not bound yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() as u32 - 1)
    }

    /// Binds the label here and starts a block. A block that is still open is ended by a jump to
    /// the next word.
    ///
    /// # Panics
    /// If the label is bound already.
    pub fn bind(&mut self, label: Label) {
        if self.block_open {
            self.emit_jump_to_next(label);
        }
        let slot = &mut self.labels[label.0 as usize];
        assert!(slot.is_none(), "a label is bound once");
        *slot = Some(self.words.len() as u32);
    }

    fn emit_jump_to_next(&mut self, label: Label) {
        let span = self
            .spans
            .last()
            .map_or((0, 0), |span| (span.start, span.end));
        self.emit(Instruction::Jump { to: label.target() }, span);
    }

    /// Whether the next instruction starts a block, so that nothing falls through to here unless a
    /// conditional jump stands before.
    pub fn at_block_start(&self) -> bool {
        !self.block_open
    }

    /// The position of the next instruction.
    pub fn position(&self) -> Target {
        Target(self.words.len() as u32)
    }

    /// Appends an instruction that comes from the bytes `span` of the source. `Target` operands
    /// are labels.
    pub fn emit(&mut self, instruction: Instruction, span: (u32, u32)) {
        let position = self.words.len() as u32;
        if !self.block_open {
            self.blocks.push(position);
            self.block_open = true;
        }
        if self
            .spans
            .last()
            .is_none_or(|last| (last.start, last.end) != span)
        {
            self.spans.push(CodeSpan {
                position,
                start: span.0,
                end: span.1,
            });
        }
        let jump = instruction
            .operands()
            .iter()
            .find_map(|operand| match operand.value {
                crate::isa::OperandValue::Target(target) => Some(Label(target.0)),
                _ => None,
            });
        if let Some(label) = jump {
            self.jumps.push((self.words.len(), label));
        }
        self.words.push(instruction.encode().0);
        if instruction.opcode().kind() == Kind::End {
            self.words.push(0);
            self.block_open = false;
        }
    }

    /// The region from `start` up to here.
    ///
    /// # Panics
    /// If the last block has no end.
    pub fn region(&self, start: Target) -> Region {
        assert!(!self.block_open, "a region ends with the end of a block");
        Region {
            start,
            end: self.position(),
        }
    }

    /// Resolves the labels and computes the signatures.
    ///
    /// # Panics
    /// If a label that is jumped to is not bound, or the last block has no end.
    pub fn finish(mut self) -> Code {
        assert!(!self.block_open, "the code ends with the end of a block");
        for (position, label) in &self.jumps {
            let target = self.labels[label.0 as usize].expect("every label in use is bound");
            let low = self.words[*position] & 0xffff_ffff;
            self.words[*position] = low | u64::from(target) << 32;
        }
        let ends = self
            .blocks
            .iter()
            .skip(1)
            .copied()
            .chain([self.words.len() as u32]);
        for (start, end) in self.blocks.iter().zip(ends) {
            let last = end as usize - 1;
            let block = &self.words[*start as usize..last];
            self.words[last] = signature::of_block(*start, block);
        }
        Code {
            words: self.words,
            spans: self.spans,
        }
    }
}

/// The constants of a program: words and byte blocks, each once.
#[derive(Debug)]
pub struct ConstantPool {
    start: FixedOffset,
    words: Vec<u64>,
    known_words: BTreeMap<u64, FixedOffset>,
    known_blocks: BTreeMap<Vec<u8>, FixedOffset>,
}

impl ConstantPool {
    /// A pool whose first constant has the position `start` of the fixed area, see
    /// [`crate::program::constants_offset`].
    pub fn new(start: FixedOffset) -> ConstantPool {
        ConstantPool {
            start,
            words: Vec::new(),
            known_words: BTreeMap::new(),
            known_blocks: BTreeMap::new(),
        }
    }

    fn next(&self) -> FixedOffset {
        FixedOffset(self.start.0 + self.words.len() as u32)
    }

    /// The position of a word.
    pub fn word(&mut self, word: u64) -> FixedOffset {
        if let Some(offset) = self.known_words.get(&word) {
            return *offset;
        }
        let offset = self.next();
        self.words.push(word);
        self.known_words.insert(word, offset);
        offset
    }

    /// The position of a byte block with these bytes; a reference to it is what
    /// `Instruction::Address` gives. The empty block needs none: its reference is 0.
    pub fn bytes(&mut self, bytes: &[u8]) -> FixedOffset {
        if let Some(offset) = self.known_blocks.get(bytes) {
            return *offset;
        }
        let offset = self.next();
        self.words.extend(crate::bytes::block(bytes));
        self.known_blocks.insert(bytes.to_vec(), offset);
        offset
    }

    /// The constants.
    pub fn finish(self) -> Vec<u64> {
        self.words
    }
}

/// The reference to a byte block at a position of the fixed area.
pub fn reference(offset: FixedOffset) -> u64 {
    LANE | u64::from(offset.0)
}

/// The instruction that gives `dst` an integer, from the pool where it is too large for one word.
pub fn load_int(pool: &mut ConstantPool, dst: crate::isa::Reg, value: i64) -> Instruction {
    match i32::try_from(value) {
        Ok(value) => Instruction::Const {
            dst,
            value: Immediate(value),
        },
        Err(_) => Instruction::Fixed {
            dst,
            from: pool.word(value as u64),
        },
    }
}

/// The positions where the blocks of `words` start: the first, and after each `end` instruction.
/// Stops at the first word that is no instruction.
pub fn block_starts(words: &[u64]) -> Vec<u32> {
    let mut starts = Vec::new();
    let mut position = 0;
    let mut open = false;
    while let Some(word) = words.get(position) {
        let Some(instruction) = Instruction::decode(Word(*word)) else {
            break;
        };
        if !open {
            starts.push(position as u32);
        }
        open = instruction.opcode().kind() == Kind::Straight;
        position += if open { 1 } else { 2 };
    }
    starts
}
