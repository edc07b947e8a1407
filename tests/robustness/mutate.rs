//! Damage that a reader has to look at: it carries right CRCs and signatures.

use crate::dice::Dice;
use pasc_vm::Program;
use pasc_vm::assemble::block_starts;
use pasc_vm::isa::{Instruction, OperandValue, ROWS, Word};
use pasc_vm::signature;

/// Changes one to four bytes; sometimes cuts, repeats or inserts some.
pub(crate) fn bytes(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len().max(1) as u64) as usize;
        match dice.below(12) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at.min(bytes.len()), dice.word() as u8),
            2 if at < bytes.len() => {
                bytes.remove(at);
            }
            3 if at < bytes.len() => {
                bytes[at] = *dice.pick(&[0, 1, 0x7f, 0x80, 0xff]).unwrap_or(&0)
            }
            4 if at < bytes.len() => bytes[at] = bytes[at].wrapping_add(1),
            5 if at + 8 <= bytes.len() => {
                let word = *dice
                    .pick(&[0, 1, 192, 1 << 31, 1 << 32, u64::MAX])
                    .unwrap_or(&0);
                bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
            }
            _ if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            _ => bytes.push(dice.word() as u8),
        }
    }
}

/// Makes the last four bytes the CRC of those before.
pub(crate) fn stamp(bytes: &mut [u8]) {
    if let Some((content, crc)) = bytes.split_last_chunk_mut::<4>() {
        *crc = crc32fast::hash(content).to_le_bytes();
    }
}

/// Makes the length in a header and the CRC right.
pub(crate) fn stamp_frame(bytes: &mut [u8]) {
    let length = bytes.len() as u32;
    if let Some(field) = bytes.get_mut(4..8) {
        field.copy_from_slice(&length.to_le_bytes());
    }
    stamp(bytes);
}

/// Changes instructions, and sometimes tables, of a program; its blocks get right signatures.
pub(crate) fn program(program: &mut Program, dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let length = program.code.len() as u64;
        if length == 0 {
            return;
        }
        let at = dice.below(length) as usize;
        match dice.below(12) {
            0 => {
                let other = dice.below(length) as usize;
                program.code.swap(at, other);
            }
            1 => program.code[at] = program.code[dice.below(length) as usize],
            2 => {
                let (handlers, other) = (program.handlers.len(), dice.below(length));
                if let Some(handler) = program.handlers.get_mut(at % handlers.max(1)) {
                    match dice.below(3) {
                        0 => handler.body.start.0 = other as u32,
                        1 => handler.body.end.0 = other as u32,
                        _ => handler.registers = other as u16,
                    }
                }
            }
            3 => {
                let constants = program.constants.len() as u64;
                if constants != 0 {
                    program.constants[dice.below(constants) as usize] ^= 1 << dice.below(64);
                }
            }
            4 => program.code[at] ^= 1 << dice.below(64),
            _ => operand(program, at, dice),
        }
    }
    seal(program);
}

/// Changes one operand of an instruction to one of its kind, or the opcode to another.
fn operand(program: &mut Program, at: usize, dice: &mut Dice) {
    let word = program.code[at];
    let Some(instruction) = Instruction::decode(Word(word)) else {
        return;
    };
    let Some(operand) = dice.pick(&instruction.operands()).copied() else {
        return;
    };
    if dice.one_in(4) {
        let opcode = dice.pick(ROWS).map_or(0, |row| row.opcode as u64);
        program.code[at] = word & !0xff | opcode;
        return;
    }
    let (shift, value) = match operand.value {
        OperandValue::Reg(_) => (8 * (1 + dice.below(3)), dice.below(9)),
        OperandValue::Target(_) => {
            let starts = block_starts(&program.code);
            (32, u64::from(dice.pick(&starts).copied().unwrap_or(0)))
        }
        OperandValue::Type(_) => (32, dice.below(program.types.len().max(1) as u64)),
        OperandValue::State(_) => (32, 192 + dice.below(8)),
        _ => (32, dice.below(9)),
    };
    let mask = if shift == 32 { 0xffff_ffff } else { 0xff };
    program.code[at] = word & !(mask << shift) | value << shift;
}

/// Puts the right signature behind each block.
pub(crate) fn seal(program: &mut Program) {
    let starts = block_starts(&program.code);
    let ends = starts.iter().skip(1).copied();
    let length = program.code.len() as u32;
    for (start, end) in starts.iter().zip(ends.chain([length])) {
        let last = end as usize - 1;
        program.code[last] = signature::of_block(*start, &program.code[*start as usize..last]);
    }
}

/// Takes something out of a text, puts a piece of `other` in, or copies or changes something.
pub(crate) fn text(text: &mut String, other: &str, dice: &mut Dice) {
    let piece = slice(other, 1 + dice.below(40) as usize, dice).to_owned();
    let at = place(text, dice.below(text.len() as u64 + 1) as usize);
    let end = place(text, (at + dice.below(30) as usize).min(text.len())).max(at);
    match dice.below(10) {
        0 => text.replace_range(at..end, ""),
        1 => text.replace_range(at..end, &piece),
        2 => text.insert_str(at, &piece),
        3 => {
            let copied = slice(text, 1 + dice.below(80) as usize, dice).to_owned();
            text.insert_str(at, &copied);
        }
        4 => {
            let word = [
                "0",
                "-1",
                "9223372036854775807",
                "{",
                "}",
                "(",
                ")",
                "\"",
                "_",
                "\0",
                "\u{e9}",
                "..",
                "[",
                "]",
            ];
            text.insert_str(at, dice.pick(&word).unwrap_or(&""));
        }
        5..8 => {
            let (from, to) = (
                word(text, at),
                word(text, dice.below(text.len() as u64 + 1) as usize),
            );
            let copied = text[from].to_owned();
            text.replace_range(to, &copied);
        }
        _ => {
            // A whole line from elsewhere, in the place of one here.
            let lines: Vec<&str> = other.lines().collect();
            let line = dice.pick(&lines).copied().unwrap_or("").to_owned();
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let end = text[at..]
                .find('\n')
                .map_or(text.len(), |newline| at + newline);
            text.replace_range(start..end, &line);
        }
    }
}

/// The word, or the run of signs, that begins at or after a place.
fn word(text: &str, at: usize) -> std::ops::Range<usize> {
    let rest = &text[place(text, at)..];
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let trimmed = rest.trim_start_matches(|letter: char| !in_word(letter));
    let start = text.len() - trimmed.len();
    let length = trimmed.find(|letter: char| !in_word(letter));
    start..start + length.unwrap_or(trimmed.len())
}

/// A piece of a text, of this many bytes or so.
fn slice<'t>(text: &'t str, length: usize, dice: &mut Dice) -> &'t str {
    let start = place(text, dice.below(text.len() as u64 + 1) as usize);
    let end = place(text, (start + length).min(text.len())).max(start);
    &text[start..end]
}

/// The place between two characters that is not behind `at`.
fn place(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
