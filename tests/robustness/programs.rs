//! Programs, damaged or not, and the inputs that they are given.

use crate::corpus::{self, Corpus};
use crate::dice::Dice;
use crate::modes::{Case, in_all, options};
use crate::mutate;
use crate::tally::Tally;
use pasc_vm::verify::Verified;
use pasc_vm::{Program, file, timer};

/// A program file with some bytes changed.
pub(crate) fn damaged_file(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let mut bytes = corpus.file(dice).to_vec();
    mutate::bytes(&mut bytes, dice);
    mutate::stamp(&mut bytes);
    program_file(&bytes, dice, tally);
}

/// A program with some instructions or tables changed and right signatures.
pub(crate) fn damaged_code(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let mut mutant = corpus.program(dice).program().clone();
    mutate::program(&mut mutant, dice);
    if dice.one_in(8) {
        let bytes = file::write(&mutant).expect("memory");
        program_file(&bytes, dice, tally);
    } else {
        hostile(&mutant, dice, tally);
    }
}

/// A file with the byte at `at` changed by `change`. If it still holds a program, that is run once more
/// with right signatures, so that a changed instruction is not noticed at the door.
#[allow(
    dead_code,
    reason = "only the long form changes every byte by every value"
)]
pub(crate) fn changed_byte(file: &[u8], at: usize, change: u8, tally: &mut Tally) {
    let dice = &mut Dice::new(at as u64, u64::from(change));
    let mut bytes = file.to_vec();
    bytes[at] ^= change;
    mutate::stamp(&mut bytes);
    let Ok(mut program) = file::read(&bytes) else {
        tally.count("files not read");
        return;
    };
    hostile(&program, dice, tally);
    mutate::seal(&mut program);
    hostile(&program, dice, tally);
}

/// Loads a file and runs what is in it.
pub(crate) fn program_file(bytes: &[u8], dice: &mut Dice, tally: &mut Tally) {
    match file::read(bytes) {
        Ok(program) => hostile(&program, dice, tally),
        Err(_) => tally.count("files not read"),
    }
}

/// Runs a program that may be anything.
pub(crate) fn hostile(program: &Program, dice: &mut Dice, tally: &mut Tally) {
    if dice.one_in(16) {
        drop(pasc_vm::disassemble::disassemble(program));
    }
    let Ok(program) = Verified::new(program) else {
        tally.count("programs refused");
        return;
    };
    let case = case(program, dice, false);
    match in_all(&case, tally) {
        Some(()) => tally.count("changed programs run"),
        None => tally.count("programs not started"),
    }
}

/// A program as it is, damaged inputs, parameters of any value.
pub(crate) fn damaged_inputs(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let mut case = case(corpus.program(dice), dice, true);
    let program = case.program.program();
    if dice.one_in(2) {
        for param in &program.params {
            let ty = if dice.one_in(16) {
                pasc_vm::types::TypeId(dice.below(program.types.len() as u64) as u32)
            } else {
                param.ty
            };
            let value = corpus::value(&program.types, ty, dice, 4);
            case.options.params.push((param.name.clone(), value));
        }
    }
    if in_all(&case, tally).is_none() {
        tally.count("programs not started");
    }
}

/// A program with limits and inputs, damaged ones among them if `damaged`.
pub(crate) fn case<'p>(program: Verified<'p>, dice: &mut Dice, damaged: bool) -> Case<'p> {
    Case {
        program,
        options: options(dice),
        inputs: inputs(program.program(), dice, damaged),
        saves: dice.one_in(4),
    }
}

/// Some inputs for a program, damaged ones among them if `damaged`.
fn inputs(program: &Program, dice: &mut Dice, damaged: bool) -> Vec<Vec<u8>> {
    let mut inputs = vec![timer::start_input().to_vec()];
    for _ in 0..5 {
        let mut frame = corpus::frame(program, dice);
        if damaged && dice.one_in(2) {
            mutate::bytes(&mut frame, dice);
            if !dice.one_in(4) {
                mutate::stamp_frame(&mut frame);
            }
        }
        inputs.push(frame);
    }
    inputs
}
