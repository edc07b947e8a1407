//! The checked program to a program of the machine.
//!
//! In: a [`Module`]. Out: a [`Program`] in which every handler, guard, invariant and
//! initial value is a region of code that keeps the values of the language apart:
//! what is bound or stored is either the only one of its kind or never changed.

mod branch;
mod call;
mod collection;
mod effects;
mod element;
mod expr;
mod generator;
mod improve;
mod listing;
mod literal;
mod loops;
mod memory;
mod message;
mod operator;
mod place;
mod statement;
mod views;
mod walk;

use std::collections::BTreeSet;

use pasc_vm::assemble::ConstantPool;
use pasc_vm::isa::{Instruction, Reg, StateOffset};
use pasc_vm::program::{self, Handler, RegisterName};
use pasc_vm::types::{Type, TypeId};

use self::listing::{Label, Listing};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::registers::{MAX_REGISTERS, Registers};
use crate::source::Span;
use crate::typed::*;

/// Whose code makes a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Caller {
    Handler(usize),
    Function(usize),
}

/// Makes the code of a program.
pub(crate) struct Generator<'m> {
    module: &'m Module,
    listing: Listing,
    pool: ConstantPool,
    names: Vec<RegisterName>,
    handlers: Vec<Handler>,
    functions: Vec<program::Function>,
    /// Where the functions of the module begin.
    labels: Vec<Label>,
    /// Who calls which function.
    calls: BTreeSet<(Caller, usize)>,
    diagnostics: Vec<Diagnostic>,
}

/// A register with a value.
#[derive(Clone, Copy, Debug)]
struct Operand {
    register: Reg,
    /// Whether it is to be given back after use.
    temporary: bool,
}

/// Where a local variable lives.
#[derive(Clone, Copy, Debug)]
enum Slot {
    /// Not declared yet, or not any more.
    None,
    /// The register holds the value; a record's words change where they are.
    Register(Reg),
    /// The register holds the address of the word that holds the value: a list, set or
    /// map that changes in place.
    Cell(Reg),
    /// The register holds the address of a place of the caller.
    Place(Reg),
    /// The register holds the address of the value that an option holds, 0 if it is none.
    Found(Reg),
}

impl Slot {
    fn register(self) -> Option<Reg> {
        match self {
            Slot::None => None,
            Slot::Register(register)
            | Slot::Cell(register)
            | Slot::Place(register)
            | Slot::Found(register) => Some(register),
        }
    }
}

/// A place in the code that is jumped to.
#[derive(Clone, Copy, Debug)]
struct Mark(usize);

/// A mark's label, once something jumps to it.
#[derive(Clone, Copy, Debug)]
struct MarkState {
    label: Label,
    used: bool,
}

/// A local that holds now.
#[derive(Clone, Copy, Debug)]
struct OpenLocal {
    local: LocalId,
    /// The position from which its name holds.
    start: u32,
    /// Whether its register is given back when it ends.
    owns: bool,
}

/// Makes the code of one body.
struct Code<'g, 'm> {
    generator: &'g mut Generator<'m>,
    body: &'g Body,
    registers: Registers,
    slots: Vec<Slot>,
    /// For each local, the roots whose storage its value is a view of.
    aliases: Vec<Vec<Root>>,
    /// Locals declared in blocks that are still open.
    open: Vec<OpenLocal>,
    /// Fields of the message that have registers of their own.
    cached: Vec<message::CachedField>,
    /// Roots that a part of a larger expression changes, anywhere in the body.
    changed_by_parts: BTreeSet<Root>,
    /// Those of them that the statement at hand changes: a view ends with its statement, so what
    /// others change does it no harm.
    unstable: BTreeSet<Root>,
    caller: Caller,
    /// The function whose code it is.
    function: Option<&'m Function>,
    /// Roots that some statement of the body changes.
    written: BTreeSet<Root>,
    marks: Vec<MarkState>,
    /// Where `break` and `continue` of the loops around the statement go.
    loops: Vec<(Mark, Mark)>,
    /// Whether control gets to the next instruction.
    reachable: bool,
}

impl<'g, 'm> Code<'g, 'm> {
    fn new(generator: &'g mut Generator<'m>, body: &'g Body) -> Self {
        let count = body.locals.len();
        let module = generator.module;
        let mut changed_by_parts: BTreeSet<Root> = body.unstable.iter().copied().collect();
        changed_by_parts.append(&mut views::written_by_parts(module, &body.block));
        Code {
            unstable: changed_by_parts.clone(),
            changed_by_parts,
            caller: Caller::Handler(generator.handlers.len()),
            function: None,
            generator,
            registers: Registers::new(),
            slots: vec![Slot::None; count],
            aliases: vec![Vec::new(); count],
            open: Vec::new(),
            cached: Vec::new(),
            written: views::written_in_block(module, &body.block),
            marks: Vec::new(),
            loops: Vec::new(),
            reachable: true,
            body,
        }
    }

    /// Ends the code: how many registers it needs.
    fn finish(mut self) -> u16 {
        self.close_cached();
        self.close(0);
        debug_assert!(self.registers.all_free());
        if self.registers.is_exhausted() {
            let message = format!("this holds more than {MAX_REGISTERS} values at once");
            self.generator.diagnostics.push(
                Diagnostic::new(&codes::TOO_MANY_REGISTERS, self.body.span, message)
                    .hint("declare variables in the block that uses them, or join them in records"),
            );
        }
        self.registers.used()
    }

    fn module(&self) -> &'m Module {
        self.generator.module
    }

    /// The statements of the body, then `Halt`.
    fn run(&mut self) {
        self.block_statements(&self.body.block.statements);
        let end = Span {
            start: self.body.span.end.saturating_sub(1),
            end: self.body.span.end,
        };
        self.end_with(Instruction::Halt {}, end);
    }

    /// The value of the body as the result.
    fn result(&mut self) {
        self.block_statements(&self.body.block.statements);
        if let Some(value) = &self.body.block.value {
            self.narrowed(views::Part::Value(value), |code| {
                let result = code.value(value);
                code.end_with(
                    Instruction::Result {
                        value: result.register,
                    },
                    value.span,
                );
                code.release(result);
            });
        }
    }

    fn emit(&mut self, instruction: Instruction, span: Span) {
        if self.reachable {
            let hidden = self.function.is_some_and(|function| function.hidden);
            let span = if hidden { Span::default() } else { span };
            self.generator
                .listing
                .emit(instruction, (span.start, span.end));
        }
    }

    /// Emits an instruction after which nothing follows.
    fn end_with(&mut self, instruction: Instruction, span: Span) {
        self.emit(instruction, span);
        self.reachable = false;
    }

    fn mark(&mut self) -> Mark {
        let label = self.generator.listing.label();
        self.marks.push(MarkState { label, used: false });
        Mark(self.marks.len() - 1)
    }

    /// The mark as the target of a jump that is about to be emitted.
    fn target(&mut self, mark: Mark) -> pasc_vm::isa::Target {
        self.marks[mark.0].used |= self.reachable;
        self.marks[mark.0].label.target()
    }

    fn jump(&mut self, mark: Mark, span: Span) {
        let to = self.target(mark);
        self.end_with(Instruction::Jump { to }, span);
    }

    /// Puts a mark here, if something jumps to it.
    fn place_mark(&mut self, mark: Mark) {
        if self.marks[mark.0].used {
            self.generator.listing.bind(self.marks[mark.0].label);
            self.reachable = true;
        }
    }

    /// Puts a mark here to which something will jump back.
    fn place_loop_mark(&mut self, mark: Mark) {
        if self.reachable {
            self.generator.listing.bind(self.marks[mark.0].label);
        }
    }

    fn take(&mut self) -> Operand {
        Operand {
            register: self.registers.take(),
            temporary: true,
        }
    }

    /// The register that was asked for, or a new one.
    fn destination(&mut self, wanted: Option<Reg>) -> Operand {
        match wanted {
            Some(register) => Operand {
                register,
                temporary: false,
            },
            None => self.take(),
        }
    }

    fn release(&mut self, operand: Operand) {
        if operand.temporary {
            self.registers.release(operand.register);
        }
    }

    fn declare(&mut self, local: LocalId, slot: Slot, aliases: Vec<Root>) {
        self.slots[local.0] = slot;
        self.aliases[local.0] = aliases;
        let start = self.generator.listing.position().0;
        let owns = true;
        self.open.push(OpenLocal { local, start, owns });
    }

    /// Declares a local whose register belongs to someone else, who does not change it.
    fn declare_lent(&mut self, local: LocalId, register: Reg) {
        self.declare(local, Slot::Register(register), Vec::new());
        if let Some(last) = self.open.last_mut() {
            last.owns = false;
        }
    }

    /// Ends the locals that were declared since there were `before` of them.
    fn close(&mut self, before: usize) {
        let end = self.generator.listing.position().0;
        for OpenLocal { local, start, owns } in self.open.split_off(before) {
            let slot = std::mem::replace(&mut self.slots[local.0], Slot::None);
            if let Some(register) = slot.register() {
                if owns {
                    self.registers.release(register);
                }
                let name = self.body.locals[local.0].name.clone();
                if start < end {
                    let register = register.0;
                    self.generator.names.push(RegisterName {
                        register,
                        start,
                        end,
                        name,
                    });
                }
            }
        }
    }

    /// Ends the registers of the message's fields.
    fn close_cached(&mut self) {
        let end = self.generator.listing.position().0;
        for field in std::mem::take(&mut self.cached) {
            self.registers.release(field.register);
            self.generator.names.push(RegisterName {
                register: field.register.0,
                start: field.start,
                end,
                name: field.name,
            });
        }
    }

    fn state_offset(&self, state: StateId) -> StateOffset {
        let module = self.module();
        program::state_offset(&module.types, module.state_record, state.0)
    }

    fn ty(&self, ty: TypeId) -> Option<&'m Type> {
        self.module().types.get(ty)
    }

    /// Whether values of the type are whole words that refer to nothing.
    fn is_scalar(&self, ty: TypeId) -> bool {
        matches!(self.ty(ty), Some(Type::Int | Type::Bool | Type::Duration))
    }

    fn is_record(&self, ty: TypeId) -> bool {
        self.module().types.is_in_place(ty)
    }

    /// Whether values of the type are lists, sets or maps.
    fn is_collection(&self, ty: TypeId) -> bool {
        matches!(
            self.ty(ty),
            Some(Type::Map { .. } | Type::Set { .. } | Type::List { .. })
        )
    }

    fn is_list(&self, ty: TypeId) -> bool {
        matches!(self.ty(ty), Some(Type::List { .. }))
    }
}
