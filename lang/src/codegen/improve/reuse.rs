//! What is known to be in a register is not computed again, and a copy is read where it comes from.
//!
//! What is known holds along the only way to a block: where ways meet, nothing is known. A register
//! that refers into memory which is changed is never taken for what the memory holds afterwards.

use std::collections::BTreeMap;

use pasc_vm::isa::{Instruction, Reg};

use super::flow::Flow;
use super::operands::{changes_memory, with_reads, written};

/// What a register holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Value {
    Const(i32),
    Fixed(u32),
    Address(u32),
    /// The address of a word of the state.
    Place(u32),
    SelfAddress,
    Sender,
    Now,
    /// The address of the message.
    Message,
    /// A word of the message, which never changes.
    MessageWord(u32),
    /// A word of the state.
    State(u32),
    /// A word at a distance from the address in a register.
    Word(Reg, u32),
    /// The address of new memory, in which no variable of the state lies.
    New,
}

/// What is known of the registers.
#[derive(Clone, Debug, Default)]
struct Known {
    values: BTreeMap<Reg, Value>,
    /// Registers that hold the same as another one.
    copies: BTreeMap<Reg, Reg>,
}

/// Goes over the blocks in their order.
pub(super) fn reuse(flow: &mut Flow) {
    let predecessors = flow.predecessors();
    let mut at_end: Vec<Option<Known>> = vec![None; flow.blocks.len()];
    // How many blocks still begin with what is known at the end of a block.
    let mut wanted: Vec<usize> = vec![0; flow.blocks.len()];
    for before in predecessors.iter().filter(|before| before.len() == 1) {
        wanted[before[0]] += 1;
    }
    let numbers: Vec<usize> = flow.blocks().map(|(number, _)| number).collect();
    for number in numbers {
        let mut known = match (number, &predecessors[number][..]) {
            (0, _) | (_, []) => Known::default(),
            (_, &[before]) => {
                wanted[before] -= 1;
                let last = wanted[before] == 0;
                let found = if last {
                    at_end[before].take()
                } else {
                    at_end[before].clone()
                };
                found.unwrap_or_default()
            }
            _ => Known::default(),
        };
        flow.blocks[number].lines.retain_mut(|line| {
            let instruction = known.step(line.instruction);
            line.instruction = instruction.unwrap_or(line.instruction);
            instruction.is_some()
        });
        if wanted[number] > 0 {
            at_end[number] = Some(known);
        }
    }
}

impl Known {
    /// The instruction in place of this one, if there has to be one.
    fn step(&mut self, instruction: Instruction) -> Option<Instruction> {
        use Instruction as I;
        let is_test = matches!(instruction, I::JumpIf { .. } | I::JumpUnless { .. });
        let mut instruction = match is_test {
            // The machine's check of programs learns something of this register alone.
            true => instruction,
            false => with_reads(instruction, |register| self.original(register)),
        };
        if let I::JumpIf { condition, .. } | I::JumpUnless { condition, .. } = instruction {
            self.part(condition);
        }
        if let I::Move { dst, src } = instruction {
            let same = dst == src || self.copies.get(&src) == Some(&dst);
            if !same {
                self.overwrite(dst);
                self.note_copy(dst, src);
            }
            return (!same).then_some(instruction);
        }
        let value = self.value(instruction);
        let dst = written(instruction);
        if let (Some(value), Some(dst)) = (value, dst)
            && value != Value::New
        {
            if self.values.get(&dst) == Some(&value) {
                return None;
            }
            let mut all = self.values.iter();
            if let Some((&src, _)) = all.find(|(_, known)| **known == value) {
                self.overwrite(dst);
                self.note_copy(dst, src);
                let is_read = matches!(
                    value,
                    Value::State(_) | Value::Word(..) | Value::MessageWord(_)
                );
                if is_read {
                    instruction = I::Move { dst, src };
                }
                return Some(instruction);
            }
        }
        self.forget_memory(instruction);
        if let I::Call { base, .. } = instruction {
            self.forget_from(base);
        }
        if let Some(dst) = dst {
            self.overwrite(dst);
            match value {
                // The register that the value was found by is gone.
                Some(Value::Word(base, _)) if base == dst => {}
                Some(value) => {
                    self.values.insert(dst, value);
                }
                None => {}
            }
        }
        if let I::StoreState { src, to } = instruction {
            self.values.entry(src).or_insert(Value::State(to.0));
        }
        Some(instruction)
    }

    fn original(&self, register: Reg) -> Reg {
        *self.copies.get(&register).unwrap_or(&register)
    }

    fn note_copy(&mut self, dst: Reg, src: Reg) {
        let src = self.original(src);
        self.copies.insert(dst, src);
        if let Some(value) = self.values.get(&src) {
            self.values.insert(dst, *value);
        }
    }

    /// The register is one of its own from here on.
    fn part(&mut self, register: Reg) {
        self.copies.remove(&register);
        self.copies.retain(|_, src| *src != register);
    }

    /// The register is going to hold something else.
    fn overwrite(&mut self, register: Reg) {
        self.part(register);
        self.values.remove(&register);
        let stands_on = |value: &Value| matches!(value, Value::Word(base, _) if *base == register);
        self.values.retain(|_, value| !stands_on(value));
    }

    /// A call leaves nothing in the registers from `base` on.
    fn forget_from(&mut self, base: Reg) {
        self.values.retain(|register, value| {
            *register < base && !matches!(value, Value::Word(on, _) if *on >= base)
        });
        self.copies.retain(|dst, src| *dst < base && *src < base);
    }

    /// What an instruction changes in memory is not known any more.
    fn forget_memory(&mut self, instruction: Instruction) {
        use Instruction as I;
        let (state, words) = match instruction {
            I::StoreState { .. } => (true, true),
            I::Store { base, .. } => (self.values.get(&base) != Some(&Value::New), true),
            I::ListStoreIn { .. } => (true, true),
            other if changes_memory(other) => (true, true),
            _ => (false, false),
        };
        let stored = match instruction {
            I::StoreState { to, .. } => Some(to.0),
            _ => None,
        };
        self.values.retain(|_, value| match value {
            Value::State(at) => !state || stored.is_some_and(|stored| stored != *at),
            Value::Word(..) => !words,
            _ => true,
        });
    }

    /// What the instruction computes.
    fn value(&self, instruction: Instruction) -> Option<Value> {
        use Instruction as I;
        Some(match instruction {
            I::Const { value, .. } => Value::Const(value.0),
            I::Fixed { from, .. } => Value::Fixed(from.0),
            I::Address { of, .. } => Value::Address(of.0),
            I::Place { of, .. } => Value::Place(of.0),
            I::SelfAddress { .. } => Value::SelfAddress,
            I::Sender { .. } => Value::Sender,
            I::Now { .. } => Value::Now,
            I::Message { .. } => Value::Message,
            I::LoadState { from, .. } => Value::State(from.0),
            I::Load { base, offset, .. } => match self.values.get(&base) {
                Some(Value::Message) => Value::MessageWord(offset.0),
                _ => Value::Word(base, offset.0),
            },
            I::New { .. } => Value::New,
            I::Field { base, .. } if self.values.get(&base) == Some(&Value::New) => Value::New,
            _ => return None,
        })
    }
}
