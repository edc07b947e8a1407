//! Checks a program before the machine runs it.
//!
//! In: a program, of which nothing is trusted. Out: `Ok`, or the first [`Fault`]. A program that
//! passes has only known instructions in whole blocks with right signatures; control stays within
//! the region that it entered; registers lie in what the handler declares; constants, types,
//! messages and state words exist.

use crate::isa::{Instruction, Kind, Opcode, Operand, OperandValue, Word};
use crate::program::{FIXED_START, Handler, HandlerKind, Program, Region, TimerId};
use crate::signature;
use crate::state::ROOT;
use crate::types::Type;

/// What is wrong with a program, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The position in the code, where it is the code.
    pub position: Option<u32>,
    /// What is wrong, a phrase.
    pub text: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            Some(position) => write!(f, "at word {position} of the code: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for Fault {}

fn fault<T>(position: Option<u32>, text: impl Into<String>) -> Result<T, Fault> {
    Err(Fault {
        position,
        text: text.into(),
    })
}

/// The greatest number of words of code.
pub const MAX_CODE_WORDS: usize = 1 << 28;

/// Checks the whole program.
pub fn verify(program: &Program) -> Result<(), Fault> {
    if program.code.len() > MAX_CODE_WORDS || program.constants.len() > MAX_CODE_WORDS {
        return fault(
            None,
            format!("code or constants exceed {MAX_CODE_WORDS} words"),
        );
    }
    tables(program)?;
    let starts = blocks(&program.code)?;
    for handler in &program.handlers {
        let is_result = matches!(handler.kind, HandlerKind::Invariant) && handler.guard.is_none();
        region(
            program,
            handler,
            handler.body,
            &starts,
            if is_result {
                Ends::Result
            } else {
                Ends::Either
            },
        )?;
        if let Some(guard) = handler.guard {
            region(program, handler, guard, &starts, Ends::Result)?;
        }
    }
    Ok(())
}

fn tables(program: &Program) -> Result<(), Fault> {
    let is_record = |id| matches!(program.types.get(id), Some(Type::Record { .. }));
    if !is_record(program.state_record) || !is_record(program.params_record) {
        return fault(None, "state or parameters are no record");
    }
    let params = program.types.fields(program.params_record);
    let same = |(param, field): (&crate::program::Param, &crate::types::Field)| {
        param.ty == field.ty && param.name == field.name
    };
    if params.len() != program.params.len() || !program.params.iter().zip(params).all(same) {
        return fault(None, "the parameters are not those of their record");
    }
    for param in &program.params {
        if param
            .default
            .as_ref()
            .is_some_and(|value| !value.has_type(&program.types, param.ty))
        {
            return fault(
                None,
                format!("the default of `{}` has another type", param.name),
            );
        }
    }
    timers(program)?;
    let mut fingerprints = std::collections::BTreeSet::new();
    for message in &program.messages {
        if !is_record(message.record) {
            return fault(None, "a message is no record");
        }
        if !fingerprints.insert(program.types.fingerprint(message.record)) {
            return fault(None, "two messages have the same fingerprint");
        }
    }
    for handler in &program.handlers {
        if let HandlerKind::Message(id) = handler.kind
            && program.message_record(id).is_none()
        {
            return fault(
                None,
                format!("the handler {} is for no message", handler.name),
            );
        }
    }
    Ok(())
}

/// Each timer has a variable of its own with the shape that the machine writes, and one handler.
fn timers(program: &Program) -> Result<(), Fault> {
    let types = &program.types;
    let mut variables = std::collections::BTreeSet::new();
    for (index, timer) in program.timers.iter().enumerate() {
        let id = TimerId(index as u32);
        let place = program.timer_place(id).map(|(ty, _)| types.get(ty));
        let Some(Some(Type::Map { key, value })) = place else {
            return fault(None, format!("the timer {} has no map", timer.name));
        };
        let words: Vec<_> = types
            .fields(*value)
            .iter()
            .map(|field| types.get(field.ty))
            .collect();
        if *key != timer.key || words != [Some(&Type::Duration), Some(&Type::Int)] {
            return fault(
                None,
                format!("the map of the timer {} has another type", timer.name),
            );
        }
        let handlers = program
            .handlers
            .iter()
            .filter(|h| h.kind == HandlerKind::Timer(id));
        if !variables.insert(timer.variable) || handlers.count() != 1 {
            return fault(
                None,
                format!("the timer {} has not one variable and handler", timer.name),
            );
        }
    }
    let unguarded = |handler: &&Handler| !matches!(handler.kind, HandlerKind::Message(_));
    if program
        .handlers
        .iter()
        .filter(unguarded)
        .any(|handler| handler.guard.is_some())
    {
        return fault(None, "only handlers of messages have guards");
    }
    Ok(())
}

/// The starts of all blocks, once every word is known to stand where it may.
fn blocks(code: &[u64]) -> Result<Vec<u32>, Fault> {
    let mut starts = Vec::new();
    let (mut start, mut position) = (0, 0);
    while let Some(word) = code.get(position as usize) {
        if start == position {
            starts.push(start);
        }
        let Some(instruction) = Instruction::decode(Word(*word)) else {
            return fault(Some(position), "no instruction");
        };
        if instruction.opcode().kind() == Kind::Straight {
            position += 1;
            continue;
        }
        let expected = signature::of_block(start, &code[start as usize..=position as usize]);
        if code.get(position as usize + 1) != Some(&expected) {
            return fault(Some(position), "the block's signature is wrong");
        }
        position += 2;
        start = position;
    }
    if start == position {
        Ok(starts)
    } else {
        fault(Some(start), "the last block has no end")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Result,
    Either,
}

/// Checks a region: it holds whole blocks, and control stays within.
fn region(
    program: &Program,
    handler: &Handler,
    region: Region,
    starts: &[u32],
    ends: Ends,
) -> Result<(), Fault> {
    let (start, end) = (region.start.0, region.end.0);
    let is_start = |position: u32| starts.binary_search(&position).is_ok();
    let length = program.code.len() as u32;
    if start >= end || end > length || !is_start(start) || !(end == length || is_start(end)) {
        return fault(
            None,
            format!("the handler {} is not a range of blocks", handler.name),
        );
    }
    let mut position = start;
    while position < end {
        let word = Word(program.code[position as usize]);
        let Some(instruction) = Instruction::decode(word) else {
            return fault(Some(position), "no instruction");
        };
        for operand in instruction.operands() {
            check_operand(program, handler, operand, position)?;
            if let OperandValue::Target(target) = operand.value
                && !((start..end).contains(&target.0) && is_start(target.0))
            {
                return fault(
                    Some(position),
                    "a jump leaves its region or enters a block's middle",
                );
            }
        }
        let opcode = instruction.opcode();
        let falls = !matches!(opcode, Opcode::Jump | Opcode::Halt | Opcode::Result);
        position += if opcode.kind() == Kind::End { 2 } else { 1 };
        if falls && position >= end {
            return fault(Some(position), "control falls out of its region");
        }
        if opcode == Opcode::Halt && ends == Ends::Result {
            return fault(Some(position), "a guard or invariant without a result");
        }
    }
    Ok(())
}

fn check_operand(
    program: &Program,
    handler: &Handler,
    operand: Operand,
    position: u32,
) -> Result<(), Fault> {
    let fixed_words = u64::from(FIXED_START)
        + u64::from(program.types.width(program.params_record))
        + program.constants.len() as u64;
    let state_end = u64::from(ROOT) + u64::from(program.types.width(program.state_record));
    let good = match operand.value {
        OperandValue::Reg(register) => u16::from(register.0) < handler.registers,
        OperandValue::State(offset) => (u64::from(ROOT)..state_end).contains(&u64::from(offset.0)),
        OperandValue::Fixed(offset) => u64::from(offset.0) < fixed_words,
        OperandValue::Type(ty) => program.types.get(ty).is_some(),
        OperandValue::Message(message) => program.message_record(message).is_some(),
        OperandValue::Timer(timer) => program.timers.get(timer.0 as usize).is_some(),
        OperandValue::Offset(_)
        | OperandValue::Immediate(_)
        | OperandValue::Target(_)
        | OperandValue::Words(_) => true,
    };
    if good {
        Ok(())
    } else {
        fault(Some(position), format!("bad operand `{}`", operand.name))
    }
}
