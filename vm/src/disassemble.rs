//! A program as a listing for people: tables, then each handler with its source lines, names and
//! block signatures.

use crate::isa::{Instruction, Kind, Opcode, Operand, OperandValue, Reg, Word};
use crate::native::Native;
use crate::program::{Function, Handler, HandlerKind, Program, Region};
use crate::state::ROOT;
use crate::types::TypeId;
use std::fmt::Write;

/// The listing of a whole program. It holds no path and no date, and is the same for equal programs.
pub fn disassemble(program: &Program) -> String {
    let mut listing = Listing {
        program,
        out: String::new(),
    };
    listing.tables();
    listing.timers();
    for handler in &program.handlers {
        listing.handler(handler);
    }
    for function in &program.functions {
        listing.function(function);
    }
    listing.out
}

struct Listing<'p> {
    program: &'p Program,
    out: String,
}

impl<'p> Listing<'p> {
    /// Appends a line without white space at its end.
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn tables(&mut self) {
        let program = self.program;
        let types = &program.types;
        self.line(&format!("program {}", program.name));
        if !program.params.is_empty() {
            self.line("\nparameters");
        }
        for (index, param) in program.params.iter().enumerate() {
            let default = param
                .default
                .as_ref()
                .map(|value| value.display(types, param.ty));
            let default = default.map_or(String::new(), |value| format!(" = {value}"));
            let (at, ty) = (program.param_offset(index).0, types.name(param.ty));
            self.line(&format!("  @{at:<5} {}: {ty}{default}", param.name));
        }
        if !program.constants.is_empty() {
            let start = program.constants_offset().0;
            let end = start as usize + program.constants.len();
            self.line(&format!("\nconstants\n  @{start} to @{}", end - 1));
        }
        self.line("\nstate");
        for (index, field) in types.fields(program.state_record).iter().enumerate() {
            let (at, ty) = (program.state_offset(index).0, types.name(field.ty));
            self.line(&format!("  {at:<6} {}: {ty}", field.name));
        }
        self.line("\nmessages");
        for message in &program.messages {
            let text = self.record(message.record);
            let fingerprint = types.fingerprint(message.record);
            self.line(&format!("  {text:<60} ; fingerprint {fingerprint:016x}"));
        }
    }

    fn timers(&mut self) {
        let program = self.program;
        if !program.timers.is_empty() {
            self.line("\ntimers");
        }
        for timer in &program.timers {
            let key = program.types.name(timer.key);
            self.line(&format!("  {}({key})", timer.name));
        }
    }

    fn record(&self, record: TypeId) -> String {
        let types = &self.program.types;
        let fields: Vec<String> = types
            .fields(record)
            .iter()
            .map(|field| format!("{}: {}", field.name, types.name(field.ty)))
            .collect();
        format!("{} {{ {} }}", types.name(record), fields.join(", "))
    }

    fn handler(&mut self, handler: &Handler) {
        let title = match handler.kind {
            HandlerKind::Init => "initial state".to_owned(),
            HandlerKind::Message(_) => format!("on {}", handler.name),
            HandlerKind::Timer(_) => format!("on timer {}", handler.name),
            HandlerKind::Start => "on start".to_owned(),
            HandlerKind::Invariant => format!("invariant {:?}", handler.name),
            HandlerKind::Probe => format!("probe {:?}", handler.name),
        };
        self.line(&format!("\n{title:<48} ; {} registers", handler.registers));
        if let Some(guard) = handler.guard {
            self.region("guard", guard);
        }
        self.region("body", handler.body);
    }

    fn function(&mut self, function: &Function) {
        let types = &self.program.types;
        let params: Vec<String> = function
            .params
            .iter()
            .map(|param| {
                let var = if param.changeable { "var " } else { "" };
                format!("{var}{}", types.name(param.ty))
            })
            .collect();
        let result = function.result.map(|ty| format!(" -> {}", types.name(ty)));
        let (name, result) = (&function.name, result.unwrap_or_default());
        let title = format!("function {name}({}){result}", params.join(", "));
        self.line(&format!("\n{title:<48} ; {} registers", function.registers));
        self.region("body", function.region);
    }

    fn region(&mut self, title: &str, region: Region) {
        self.line(&format!("{title}:"));
        let mut position = region.start.0;
        let mut at_start = true;
        let mut last_line = 0;
        let mut last_excerpt = "";
        while position < region.end.0 {
            let Some(word) = self.program.code.get(position as usize).copied() else {
                break;
            };
            let Some(instruction) = Instruction::decode(Word(word)) else {
                self.line(&format!("  {position:>5}  ? {word:016x}"));
                position += 1;
                continue;
            };
            if at_start {
                let signature = self.signature(position, region.end.0);
                self.line(&format!(
                    "{:<48} ; signature {signature:016x}",
                    format!("b{position}:")
                ));
            }
            last_line = self.source_line(position, last_line);
            let operands: Vec<String> = instruction
                .operands()
                .iter()
                .map(|operand| self.operand(instruction, *operand, position))
                .collect();
            let text = join(instruction, &operands);
            let text = format!("  {position:>5}  {:<16} {text}", instruction.mnemonic());
            let source = self.excerpt(position);
            if source.is_empty() || source == last_excerpt || text.ends_with(source) {
                self.line(&text);
            } else {
                self.line(&format!("{text:<48} ; {source}"));
            }
            last_excerpt = source;
            at_start = instruction.opcode().kind() == Kind::End;
            position += if at_start { 2 } else { 1 };
        }
    }

    /// The part of its source line that the instruction comes from, if it is one and short.
    fn excerpt(&self, position: u32) -> &'p str {
        let debug = &self.program.debug;
        let Some((start, end)) = debug.span_at(position) else {
            return "";
        };
        let text = debug
            .source_text
            .get(start as usize..end as usize)
            .unwrap_or("");
        let line = debug
            .source_text
            .get(..start as usize)
            .unwrap_or("")
            .rfind('\n');
        let line = &debug.source_text[line.map_or(0, |newline| newline + 1)..];
        let whole = line.lines().next().unwrap_or("").trim() == text;
        if whole || text.contains('\n') || text.chars().count() > 32 {
            ""
        } else {
            text
        }
    }

    /// The signature of the block at `position`.
    fn signature(&self, mut position: u32, end: u32) -> u64 {
        while position < end {
            let word = self
                .program
                .code
                .get(position as usize)
                .copied()
                .unwrap_or(0);
            let kind = Instruction::decode(Word(word)).map(|i| i.opcode().kind());
            if kind == Some(Kind::End) {
                return self
                    .program
                    .code
                    .get(position as usize + 1)
                    .copied()
                    .unwrap_or(0);
            }
            position += 1;
        }
        0
    }

    /// Shows the source line of the instruction, unless it was the last one shown.
    fn source_line(&mut self, position: u32, last: u32) -> u32 {
        let debug = &self.program.debug;
        let Some((start, _)) = debug.span_at(position) else {
            return last;
        };
        let (line, _) = debug.line_and_column(start);
        if line != last {
            self.line(&format!("{line:>5} | {}", debug.line_at(start).trim()));
        }
        line
    }

    fn register(&self, register: Reg, position: u32) -> String {
        let named = |name: &&crate::program::RegisterName| {
            name.register == register.0 && (name.start..name.end).contains(&position)
        };
        match self.program.debug.names.iter().find(named) {
            Some(name) => format!("r{}:{}", register.0, name.name),
            None => format!("r{}", register.0),
        }
    }

    fn operand(&self, instruction: Instruction, operand: Operand, position: u32) -> String {
        let program = self.program;
        match operand.value {
            OperandValue::Reg(register) => {
                // A name begins to hold after the instruction that gives the register its value.
                let after = position + u32::from(operand.name == "dst");
                self.register(register, after)
            }
            OperandValue::Offset(offset) => offset.0.to_string(),
            OperandValue::State(offset) => variable(program, program.state_record, ROOT, offset.0),
            OperandValue::Fixed(offset) => self.constant(instruction, offset.0),
            OperandValue::Immediate(value) => value.0.to_string(),
            OperandValue::Narrow(value) => value.0.to_string(),
            OperandValue::Short(offset) => offset.0.to_string(),
            OperandValue::Target(target) => match program.function_at(target) {
                Some(function) if instruction.opcode() == Opcode::Call => function.name.clone(),
                _ => format!("b{}", target.0),
            },
            OperandValue::Native(native) => Native::from_number(native.0)
                .map_or("?", Native::name)
                .to_owned(),
            OperandValue::Count(count) => count.0.to_string(),
            OperandValue::Words(words) => words.0.to_string(),
            OperandValue::Type(ty) => program.types.name(ty),
            OperandValue::Message(message) => program.message_name(message),
            OperandValue::Timer(timer) => program
                .timers
                .get(timer.0 as usize)
                .map_or("?".to_owned(), |t| t.name.clone()),
        }
    }

    /// A word of the fixed area: a parameter's name, or what the constant is.
    fn constant(&self, instruction: Instruction, offset: u32) -> String {
        let program = self.program;
        let start = program.constants_offset().0;
        if offset < start {
            let first = crate::program::FIXED_START;
            return variable(program, program.params_record, first, offset);
        }
        let words = program
            .constants
            .get((offset - start) as usize..)
            .unwrap_or(&[]);
        match (instruction, words) {
            (Instruction::Address { .. }, [header, data @ ..]) => {
                let bytes: Vec<u8> = data.iter().flat_map(|word| word.to_le_bytes()).collect();
                let length = (*header as u32 as usize).min(bytes.len());
                format!("\"{}\" @{offset}", bytes[..length].escape_ascii())
            }
            (_, [word, ..]) => format!("{} @{offset}", word.cast_signed()),
            _ => format!("@{offset}"),
        }
    }
}

/// The name of the word `offset` of a record that starts at `start`.
fn variable(program: &Program, record: TypeId, start: u32, offset: u32) -> String {
    let types = &program.types;
    let mut text = String::new();
    let (mut record, mut base) = (record, start);
    loop {
        let fields = types.fields(record).iter().enumerate();
        let holding = fields.rev().find(|(index, field)| {
            let first = base + types.field_offset(record, *index);
            (first..first + types.width(field.ty).max(1)).contains(&offset)
        });
        let Some((index, field)) = holding else { break };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{}{}",
            if text.is_empty() { "" } else { "." },
            field.name
        );
        base += types.field_offset(record, index);
        record = field.ty;
        if base == offset && !types.is_in_place(record) {
            return text;
        }
    }
    if text.is_empty() {
        format!("@{offset}")
    } else {
        text
    }
}

/// The operands of an instruction in the way that people write them.
fn join(instruction: Instruction, operands: &[String]) -> String {
    match (instruction, operands) {
        (Instruction::Load { .. }, [dst, base, offset]) => format!("{dst}, [{base} + {offset}]"),
        (Instruction::Store { .. }, [base, src, offset]) => format!("[{base} + {offset}], {src}"),
        (Instruction::Field { .. }, [dst, base, offset]) => format!("{dst}, {base} + {offset}"),
        _ => operands.join(", "),
    }
}
