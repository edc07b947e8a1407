//! Which registers an instruction reads and writes.

use pasc_vm::isa::{Instruction, OperandValue, ROWS, Reg, Word};

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct RegisterSet([u64; 4]);

impl RegisterSet {
    pub(super) fn has(self, register: Reg) -> bool {
        self.0[usize::from(register.0 >> 6)] >> (register.0 & 63) & 1 == 1
    }

    pub(super) fn insert(&mut self, register: Reg) {
        self.0[usize::from(register.0 >> 6)] |= 1 << (register.0 & 63);
    }

    pub(super) fn remove(&mut self, register: Reg) {
        self.0[usize::from(register.0 >> 6)] &= !(1 << (register.0 & 63));
    }

    pub(super) fn add(&mut self, other: RegisterSet) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }
}

/// The register that the instruction writes.
pub(super) fn written(instruction: Instruction) -> Option<Reg> {
    if let Instruction::Call { base, .. } = instruction {
        return Some(base);
    }
    let operands = instruction.operands();
    let found = operands.iter().find(|operand| operand.name == "dst");
    match found.map(|operand| operand.value) {
        Some(OperandValue::Reg(register)) => Some(register),
        _ => None,
    }
}

/// Calls `visit` for each register that the instruction reads.
pub(super) fn each_read(instruction: Instruction, mut visit: impl FnMut(Reg)) {
    if let Instruction::Call {
        base, arguments, ..
    } = instruction
    {
        (base.0..base.0.saturating_add(arguments.0)).for_each(|register| visit(Reg(register)));
        return;
    }
    for operand in instruction.operands() {
        if let (true, OperandValue::Reg(register)) = (operand.name != "dst", operand.value) {
            visit(register);
        }
    }
}

/// The instruction with other registers to read; those of a call stay.
pub(super) fn with_reads(instruction: Instruction, map: impl Fn(Reg) -> Reg) -> Instruction {
    if matches!(instruction, Instruction::Call { .. }) {
        return instruction;
    }
    with_registers(instruction, |name, register| match name {
        "dst" => register,
        _ => map(register),
    })
}

/// The instruction with another register to write.
pub(super) fn with_written(instruction: Instruction, dst: Reg) -> Instruction {
    with_registers(instruction, |name, register| match name {
        "dst" => dst,
        _ => register,
    })
}

fn with_registers(instruction: Instruction, map: impl Fn(&str, Reg) -> Reg) -> Instruction {
    let mut word = instruction.encode().0;
    let row = ROWS.iter().find(|row| row.opcode == instruction.opcode());
    for (name, ty, slot) in row.map_or(&[][..], |row| row.operands) {
        let shift = match *slot {
            "A" => 8,
            "B" => 16,
            "C" => 24,
            _ => 32,
        };
        if *ty == "Reg" {
            let new = map(name, Reg((word >> shift) as u8));
            word = word & !(0xff << shift) | u64::from(new.0) << shift;
        }
    }
    Instruction::decode(Word(word)).unwrap_or(instruction)
}

/// Whether the instruction can change any word of memory, references among them.
pub(super) fn changes_memory(instruction: Instruction) -> bool {
    use Instruction as I;
    matches!(
        instruction,
        I::Assign { .. }
            | I::MapPut { .. }
            | I::MapRemove { .. }
            | I::ListPush { .. }
            | I::ListInsert { .. }
            | I::ListRemove { .. }
            | I::ListTruncate { .. }
            | I::TimerSet { .. }
            | I::TimerCancel { .. }
            | I::Call { .. }
    )
}
