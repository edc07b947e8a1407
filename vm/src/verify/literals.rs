//! The constants that are strings.
//!
//! In: the operands of `Address` instructions. Out: for each byte block of the constants that one
//! names, which kinds of strings it may be. Blocks do not overlap, so all of them together are looked
//! at in one pass.

use super::kind::strings;
use super::{Fault, fault};
use crate::bytes::MAX_BYTES;
use crate::frame::MAX_ADDRESS_BYTES;
use crate::isa::{Instruction, Word};
use crate::program::Program;
use std::collections::BTreeMap;

/// Checks the blocks that the code names.
pub(super) fn find(program: &Program) -> Result<BTreeMap<u32, u8>, Fault> {
    let start = program.constants_offset().0;
    let mut named = BTreeMap::new();
    // The words that hold signatures may look like instructions; what they name is not used.
    let mut is_signature = false;
    for (position, word) in program.code.iter().enumerate() {
        if std::mem::take(&mut is_signature) {
            continue;
        }
        let instruction = Instruction::decode(Word(*word));
        is_signature = instruction.is_some_and(|it| it.opcode().kind() == crate::isa::Kind::End);
        if let Some(Instruction::Address { of, .. }) = instruction
            && let Some(index) = of.0.checked_sub(start)
        {
            named.entry(index).or_insert(position as u32);
        }
    }
    let mut literals = BTreeMap::new();
    let mut end = 0;
    for (index, position) in named {
        let block = program.constants.get(index as usize..).unwrap_or(&[]);
        let Some((words, may)) = block_at(block) else {
            if index == 0 {
                continue; // may be a parameter without words, behind all others
            }
            return fault(Some(position), "no string starts there");
        };
        if u64::from(index) < end {
            return fault(Some(position), "two strings of the constants overlap");
        }
        end = u64::from(index) + words;
        literals.insert(start + index, may);
    }
    Ok(literals)
}

/// The size in words of the byte block at the start of `words`, and what it may be.
fn block_at(words: &[u64]) -> Option<(u64, u8)> {
    let (header, rest) = words.split_first()?;
    let (length, capacity) = (header & 0xffff_ffff, header >> 32);
    if length > MAX_BYTES || length.div_ceil(8) > capacity {
        return None;
    }
    let content = rest.get(..usize::try_from(capacity).ok()?)?;
    let bytes: Vec<u8> = content.iter().flat_map(|word| word.to_le_bytes()).collect();
    let (string, padding) = bytes.split_at(length as usize);
    if padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    let mut may = strings::BYTES;
    if str::from_utf8(string).is_ok() {
        may |= strings::TEXT;
        if string.len() <= MAX_ADDRESS_BYTES {
            may |= strings::ADDRESS;
        }
    }
    Some((1 + capacity, may))
}
