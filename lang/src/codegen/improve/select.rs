//! One instruction in place of several: constants inside of instructions, elements read and written
//! where they lie, loops that count.
//!
//! What is known holds within a block. A constant or a reference that no instruction reads any more is
//! left for [`super::dead`].

use std::collections::BTreeMap;

use pasc_vm::isa::{Immediate, Instruction, Narrow, NativeId, Offset, Reg, Short};
use pasc_vm::native::Native;
use pasc_vm::types::{Type, TypeId, TypeTable};

use super::dead::{before, live};
use super::flow::{Flow, Line};
use super::operands::{RegisterSet, changes_memory, written};

/// Goes over the blocks.
pub(super) fn select(flow: &mut Flow, types: &TypeTable) {
    for block in &mut flow.blocks {
        let mut known = Known::default();
        for line in &mut block.lines {
            line.instruction = known.step(line.instruction);
        }
    }
    let live = live(flow);
    for (number, live_after) in live.into_iter().enumerate() {
        let lines = std::mem::take(&mut flow.blocks[number].lines);
        flow.blocks[number].lines = fuse(lines, live_after, types);
    }
}

/// What is known of the registers within a block.
#[derive(Default)]
struct Known {
    constants: BTreeMap<Reg, i32>,
}

impl Known {
    /// The instruction with what is constant inside of it.
    fn step(&mut self, instruction: Instruction) -> Instruction {
        let selected = self.with_constant(instruction).unwrap_or(instruction);
        if let Instruction::Call { base, .. } = selected {
            self.constants.retain(|register, _| *register < base);
        }
        if let Some(dst) = written(selected) {
            self.constants.remove(&dst);
        }
        if let Instruction::Const { dst, value } = selected {
            self.constants.insert(dst, value.0);
        }
        selected
    }

    fn constant(&self, register: Reg) -> Option<i32> {
        self.constants.get(&register).copied()
    }

    /// A constant and the other operand of an operation that both can exchange.
    fn either(&self, left: Reg, right: Reg) -> Option<(Reg, Immediate)> {
        let right_value = self.constant(right).map(|value| (left, Immediate(value)));
        right_value.or_else(|| Some((right, Immediate(self.constant(left)?))))
    }

    fn with_constant(&self, instruction: Instruction) -> Option<Instruction> {
        use Instruction as I;
        Some(match instruction {
            I::Native {
                dst,
                first: src,
                second: index,
                which: NativeId(which),
                ..
            } if which == Native::ByteAt as u32 => I::ByteAt { dst, src, index },
            I::Add { dst, left, right } => {
                let (left, value) = self.either(left, right)?;
                I::AddImm { dst, left, value }
            }
            I::Sub { dst, left, right } => {
                let value = Immediate(self.constant(right)?.checked_neg()?);
                I::AddImm { dst, left, value }
            }
            I::Mul { dst, left, right } => {
                let (left, value) = self.either(left, right)?;
                I::MulImm { dst, left, value }
            }
            I::Div { dst, left, right } => {
                let value = Immediate(self.constant(right)?);
                I::DivImm { dst, left, value }
            }
            I::Rem { dst, left, right } => {
                let value = Immediate(self.constant(right)?);
                I::RemImm { dst, left, value }
            }
            I::Eq { dst, left, right } => {
                let (left, value) = self.either(left, right)?;
                I::EqImm { dst, left, value }
            }
            I::JumpEq { left, right, to } => {
                let (left, value) = self.either(left, right)?;
                let value = narrow(value.0)?;
                I::JumpEqImm { left, value, to }
            }
            I::JumpNe { left, right, to } => {
                let (left, value) = self.either(left, right)?;
                let value = narrow(value.0)?;
                I::JumpNeImm { left, value, to }
            }
            I::JumpLt { left, right, to } => match self.constant(right) {
                Some(value) => {
                    let value = narrow(value)?;
                    I::JumpLtImm { left, value, to }
                }
                None => {
                    let value = narrow(self.constant(left)?)?;
                    let left = right;
                    I::JumpGtImm { left, value, to }
                }
            },
            I::JumpLe { left, right, to } => match self.constant(right) {
                Some(value) => {
                    let value = narrow(value.checked_add(1)?)?;
                    I::JumpLtImm { left, value, to }
                }
                None => {
                    let value = narrow(self.constant(left)?.checked_sub(1)?)?;
                    let left = right;
                    I::JumpGtImm { left, value, to }
                }
            },
            _ => return None,
        })
    }
}

fn narrow(value: i32) -> Option<Narrow> {
    i16::try_from(value).ok().map(Narrow)
}

/// Makes one instruction of two where nothing else reads what the first gives. `live` is what is read
/// after the block.
fn fuse(lines: Vec<Line>, live: RegisterSet, types: &TypeTable) -> Vec<Line> {
    let places = places(&lines);
    let mut live = live;
    let mut fused: Vec<Line> = Vec::with_capacity(lines.len());
    let mut live_after_last = live;
    for (mut line, place) in lines.into_iter().zip(places).rev() {
        let last = fused.last().map(|line| line.instruction);
        let pair =
            last.and_then(|last| pair(line.instruction, last, place, live_after_last, types));
        if let Some(instruction) = pair {
            line.instruction = instruction;
            fused.pop();
            live = live_after_last;
        }
        live_after_last = live;
        before(line.instruction, &mut live);
        fused.push(line);
    }
    fused.reverse();
    fused
}

/// For each line that takes an element of a list: the register with the address of the word that still
/// holds the list.
fn places(lines: &[Line]) -> Vec<Option<Reg>> {
    let mut held: BTreeMap<Reg, Reg> = BTreeMap::new();
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        use Instruction as I;
        found.push(match line.instruction {
            I::ListAt { list, .. } => held.get(&list).copied(),
            _ => None,
        });
        if changes_references(line.instruction) {
            held.clear();
        }
        if let Some(dst) = written(line.instruction) {
            held.retain(|list, place| *list != dst && *place != dst);
        }
        if let I::Load {
            dst,
            base,
            offset: Offset(0),
        } = line.instruction
            && dst != base
        {
            held.insert(dst, base);
        }
    }
    found
}

/// Whether the instruction can change which list a word refers to.
fn changes_references(instruction: Instruction) -> bool {
    use Instruction as I;
    matches!(instruction, I::Store { .. } | I::StoreState { .. }) || changes_memory(instruction)
}

/// The instruction in place of two that follow each other. `live` is what is read after both.
fn pair(
    first: Instruction,
    second: Instruction,
    place: Option<Reg>,
    live: RegisterSet,
    types: &TypeTable,
) -> Option<Instruction> {
    use Instruction as I;
    match (first, second) {
        (
            I::ListAt {
                dst: element,
                list,
                index,
                ty,
            },
            I::Load { dst, base, offset },
        ) if base == element && (dst == element || !live.has(element)) => {
            let (offset, stride) = (short(offset.0)?, short(element_width(types, ty))?);
            let ty = narrow_type(ty)?;
            Some(match place {
                Some(place) => I::ListLoadIn {
                    dst,
                    place,
                    index,
                    offset,
                    stride,
                    ty,
                },
                None => I::ListLoad {
                    dst,
                    list,
                    index,
                    offset,
                    stride,
                    ty,
                },
            })
        }
        (
            I::ListAt {
                dst: element,
                index,
                ty,
                ..
            },
            I::Store { base, src, offset },
        ) if base == element && src != element && !live.has(element) => Some(I::ListStoreIn {
            place: place?,
            index,
            src,
            offset: short(offset.0)?,
            stride: short(element_width(types, ty))?,
            ty: narrow_type(ty)?,
        }),
        (
            I::AddImm {
                dst,
                left: from,
                value: Immediate(1),
            },
            I::JumpLt { left, right, to },
        ) if left == dst && right != dst => Some(I::JumpNextLt {
            dst,
            left: from,
            bound: right,
            to,
        }),
        _ => None,
    }
}

/// How far apart the elements of a list lie.
fn element_width(types: &TypeTable, list: TypeId) -> u32 {
    match types.get(list) {
        Some(Type::List { element }) => types.width(*element),
        _ => u32::MAX,
    }
}

fn short(words: u32) -> Option<Short> {
    u8::try_from(words).ok().map(Short)
}

/// The type, if it fits into what an instruction with five other operands has left.
fn narrow_type(ty: TypeId) -> Option<TypeId> {
    (ty.0 < 1 << 16).then_some(ty)
}
