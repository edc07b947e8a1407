//! Checks a program before the machine runs it.
//!
//! In: a program, of which nothing is trusted. Out: `Ok`, or the first [`Fault`]. A program that
//! passes has only known instructions in whole blocks with right signatures; control stays within
//! the region that it entered; registers lie in what the handler declares; constants, types,
//! messages and state words exist; and at every point of the code every register that is read has a
//! static type that fits what the instruction does with it ([`region`], [`rules`]):
//!
//! - a register is written on every way to where it is read;
//! - addresses are those of parts of values whose types are known, and offsets stay inside;
//! - an address that may be 0 is used only where it was compared with 0;
//! - nothing is written into the decoded message, the fixed area or the keys of a map, nor, by a
//!   guard or invariant, into the state; only a message's handler and a test's probe send;
//! - a call gives a function what it asks for, and nothing that it may change is given twice or seen
//!   otherwise ([`calls`]);
//! - a reference gets into the state only as a copy, and what a write to a variable may have freed
//!   is not used after it.
//!
//! **Nothing runs forever.** Within a block control only goes forward, and a block has finitely many
//! words; every other way leads over an instruction of kind `end`, where the machine takes at least
//! one step of fuel ([`crate::limits::Limits::instructions`]). Work that depends on the size of a value
//! is charged by size where it is done. So a handler ends after at most as many blocks as it has
//! steps of fuel, whatever its jumps do.
//!
//! **Bounds of the verifier itself.** No recursion; memory and time grow with the code, up to the
//! bounds in [`region`], [`sites`] and [`MAX_CODE_WORDS`]. A program beyond them is refused.

mod calls;
mod kind;
mod literals;
mod live;
mod operands;
mod places;
mod region;
mod rules;
mod sites;
#[cfg(test)]
mod tests;

use self::region::{Blocks, Scope};
use crate::isa::{Instruction, Kind, Opcode, Operand, OperandValue, REGISTERS, Word};
use crate::native::Native;
use crate::program::{FIXED_START, Function, Handler, HandlerKind, Program, Region, TimerId};
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

/// A program that passed [`verify`]: to start it many times and check it once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified<'p>(&'p Program);

impl<'p> Verified<'p> {
    /// Checks the program.
    pub fn new(program: &'p Program) -> Result<Verified<'p>, Fault> {
        verify(program).map(|()| Verified(program))
    }

    /// The program.
    pub fn program(self) -> &'p Program {
        self.0
    }
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
    let mut regions = Vec::new();
    for handler in &program.handlers {
        regions.extend(parts(program, handler)?);
    }
    for function in &program.functions {
        regions.push(function_part(function)?);
    }
    apart(&regions)?;
    for part in &regions {
        region(program, part, &starts)?;
    }
    let literals = literals::find(program)?;
    for part in &regions {
        let blocks = Blocks::new(program, &starts, part.region);
        region::check(program, &literals, &blocks, part)?;
    }
    Ok(())
}

/// A region, of what handler or function, and what it may do.
#[derive(Clone, Copy)]
struct Part<'p> {
    name: &'p str,
    registers: u16,
    region: Region,
    scope: Scope,
    /// The function that it is the code of.
    function: Option<&'p Function>,
}

/// The region of a function.
fn function_part(function: &Function) -> Result<Part<'_>, Fault> {
    let (name, registers) = (&function.name, function.registers);
    if usize::from(registers) > REGISTERS || function.params.len() > usize::from(registers) {
        return fault(
            None,
            format!("the function {name} has too many registers or parameters"),
        );
    }
    let effects = &function.effects;
    Ok(Part {
        name,
        registers,
        region: function.region,
        scope: Scope {
            message: None,
            has_sender: effects.has_sender,
            writes: effects.acts,
            sends: effects.sends,
            results: false,
            halts: false,
        },
        function: Some(function),
    })
}

/// The regions of a handler.
fn parts<'p>(program: &Program, handler: &'p Handler) -> Result<Vec<Part<'p>>, Fault> {
    let name = &handler.name;
    if usize::from(handler.registers) > REGISTERS {
        return fault(
            None,
            format!("the handler {name} has more than {REGISTERS} registers"),
        );
    }
    let nothing = Scope {
        message: None,
        has_sender: false,
        writes: false,
        sends: false,
        results: false,
        halts: false,
    };
    let acts = Scope {
        writes: true,
        sends: true,
        halts: true,
        ..nothing
    };
    let scope = match handler.kind {
        HandlerKind::Init => Scope {
            writes: true,
            halts: true,
            ..nothing
        },
        HandlerKind::Message(id) => Scope {
            message: program.message_record(id),
            has_sender: true,
            ..acts
        },
        HandlerKind::Timer(id) => Scope {
            message: program.timers.get(id.0 as usize).map(|timer| timer.key),
            ..acts
        },
        HandlerKind::Start => acts,
        HandlerKind::Invariant => Scope {
            results: true,
            ..nothing
        },
        HandlerKind::Probe => Scope {
            sends: true,
            results: true,
            halts: true,
            ..nothing
        },
    };
    let body = Part {
        name,
        registers: handler.registers,
        region: handler.body,
        scope,
        function: None,
    };
    let Some(guard) = handler.guard else {
        return Ok(vec![body]);
    };
    if !matches!(handler.kind, HandlerKind::Message(_)) {
        return fault(None, format!("the handler {name} cannot have a guard"));
    }
    let guard = Part {
        region: guard,
        scope: Scope {
            message: scope.message,
            has_sender: scope.has_sender,
            results: true,
            ..nothing
        },
        ..body
    };
    Ok(vec![body, guard])
}

/// Checks that no two regions share code, so that each word is checked once.
fn apart(parts: &[Part]) -> Result<(), Fault> {
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by_key(|part| (part.region.start, part.region.end));
    for pair in sorted.windows(2) {
        if pair[1].region.start < pair[0].region.end {
            let (one, other) = (pair[0].name, pair[1].name);
            return fault(
                Some(pair[1].region.start.0),
                format!("{one} and {other} share code"),
            );
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
    let mut handlers = vec![0; program.timers.len()];
    for handler in &program.handlers {
        if let HandlerKind::Timer(id) = handler.kind {
            match handlers.get_mut(id.0 as usize) {
                Some(count) => *count += 1,
                None => {
                    return fault(
                        None,
                        format!("the handler {} is for no timer", handler.name),
                    );
                }
            }
        }
    }
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
        if !variables.insert(timer.variable) || handlers[index] != 1 {
            return fault(
                None,
                format!("the timer {} has not one variable and handler", timer.name),
            );
        }
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

/// Checks a region: it holds whole blocks, and control stays within.
fn region(program: &Program, part: &Part, starts: &[u32]) -> Result<(), Fault> {
    let (start, end) = (part.region.start.0, part.region.end.0);
    let is_start = |position: u32| starts.binary_search(&position).is_ok();
    let length = program.code.len() as u32;
    if start >= end || end > length || !is_start(start) || !(end == length || is_start(end)) {
        return fault(
            None,
            format!("the code of {} is not a range of blocks", part.name),
        );
    }
    let mut position = start;
    while position < end {
        let word = Word(program.code[position as usize]);
        let Some(instruction) = Instruction::decode(word) else {
            return fault(Some(position), "no instruction");
        };
        for operand in instruction.operands() {
            check_operand(program, part.registers, operand, position)?;
            if let OperandValue::Target(target) = operand.value
                && instruction.opcode() != Opcode::Call
                && !((start..end).contains(&target.0) && is_start(target.0))
            {
                return fault(
                    Some(position),
                    "a jump leaves its region or enters a block's middle",
                );
            }
        }
        let opcode = instruction.opcode();
        let start = position;
        let falls = !matches!(
            opcode,
            Opcode::Jump | Opcode::Halt | Opcode::Result | Opcode::Leave | Opcode::Return
        );
        position += if opcode.kind() == Kind::End { 2 } else { 1 };
        if falls && position >= end {
            return fault(Some(start), "control falls out of its region");
        }
        if opcode == Opcode::Halt && !part.scope.halts {
            return fault(Some(start), "no end of a handler's body stands here");
        }
    }
    Ok(())
}

fn check_operand(
    program: &Program,
    registers: u16,
    operand: Operand,
    position: u32,
) -> Result<(), Fault> {
    let fixed_words = u64::from(FIXED_START)
        + u64::from(program.types.width(program.params_record))
        + program.constants.len() as u64;
    let state_end = u64::from(ROOT) + u64::from(program.types.width(program.state_record));
    let good = match operand.value {
        OperandValue::Reg(register) => u16::from(register.0) < registers,
        // A value without words may stand at the very end.
        OperandValue::State(offset) => (u64::from(ROOT)..=state_end).contains(&u64::from(offset.0)),
        OperandValue::Fixed(offset) => u64::from(offset.0) <= fixed_words,
        OperandValue::Type(ty) => program.types.get(ty).is_some(),
        OperandValue::Native(native) => Native::from_number(native.0).is_some(),
        OperandValue::Message(message) => program.message_record(message).is_some(),
        OperandValue::Timer(timer) => program.timers.get(timer.0 as usize).is_some(),
        OperandValue::Offset(_)
        | OperandValue::Immediate(_)
        | OperandValue::Narrow(_)
        | OperandValue::Short(_)
        | OperandValue::Target(_)
        | OperandValue::Count(_)
        | OperandValue::Words(_) => true,
    };
    if good {
        Ok(())
    } else {
        fault(Some(position), format!("bad operand `{}`", operand.name))
    }
}
