//! Functions and calls.
//!
//! A call puts its arguments into a row of registers above all that are in use: values, and addresses
//! of the places that the function may change. What the function changes by another way is copied
//! first, so that no argument changes while the function runs.

use std::collections::BTreeSet;

use pasc_vm::isa::{Count, Instruction, NativeId, Offset, Reg};
use pasc_vm::native::Native;
use pasc_vm::program::{self, FunctionParam};

use super::memory::Location;
use super::views::Part;
use super::{Caller, Code, Generator, Operand, Slot};
use crate::source::Span;
use crate::typed::*;

impl Generator<'_> {
    /// The code of a function.
    pub(super) fn function(&mut self, index: usize) {
        let function = &self.module.functions[index];
        let start = self.listing.position();
        self.listing.bind(self.labels[index]);
        let mut code = Code::new(self, &function.body);
        code.caller = Caller::Function(index);
        code.function = Some(function);
        code.parameters(function);
        code.run_function();
        let registers = code.finish();
        let region = self.listing.region(start);
        let params = function.parameters.iter();
        let effects = &function.effects;
        self.functions.push(program::Function {
            name: function.name.clone(),
            params: params
                .map(|parameter| FunctionParam {
                    ty: parameter.ty,
                    changeable: parameter.changeable,
                })
                .collect(),
            result: function.result,
            region,
            registers,
            effects: program::Effects {
                writes: effects.writes.iter().map(|state| state.0 as u32).collect(),
                acts: effects.acts,
                sends: effects.sends,
                has_sender: effects.sender,
            },
        });
    }

    /// Who calls a function says that it uses as many registers. Numbers only grow, up to that of the
    /// largest function, so this ends.
    pub(super) fn share_registers(&mut self) {
        loop {
            let mut changed = false;
            for (caller, callee) in &self.calls {
                let needed = self.functions[*callee].registers;
                let registers = match caller {
                    Caller::Handler(index) => &mut self.handlers[*index].registers,
                    Caller::Function(index) => &mut self.functions[*index].registers,
                };
                changed |= *registers < needed;
                *registers = needed.max(*registers);
            }
            if !changed {
                return;
            }
        }
    }
}

impl Code<'_, '_> {
    /// Declares the parameters, which stand in the first registers.
    fn parameters(&mut self, function: &Function) {
        let first = self.registers.take_row(function.parameters.len());
        for (index, parameter) in function.parameters.iter().enumerate() {
            let register = Reg(first.0 + index as u8);
            let slot = match parameter.changeable {
                true => Slot::Place(register),
                false => Slot::Register(register),
            };
            self.declare(parameter.local, slot, Vec::new());
        }
    }

    /// The body of a function, then its return.
    fn run_function(&mut self) {
        let block = &self.body.block;
        let end = Span {
            start: self.body.span.end.saturating_sub(1),
            end: self.body.span.end,
        };
        self.return_block(block, end);
    }

    /// Returns the value of a block, or nothing at its end.
    fn return_block(&mut self, block: &Block, end: Span) {
        let before = self.open.len();
        self.block_statements(&block.statements);
        if self.reachable {
            match block.value.as_deref() {
                Some(value) => self.narrowed(Part::Value(value), |code| {
                    code.return_statement(Some(value), value.span);
                }),
                None => self.return_statement(None, end),
            }
        }
        self.close(before);
    }

    /// Returns the value of the first arm whose condition holds.
    fn return_arms(&mut self, arms: &[Arm], otherwise: &Block, span: Span) {
        for arm in arms {
            let next = self.mark();
            let before = self.open.len();
            self.bind_arm(arm);
            self.branch(&arm.condition, next, false);
            self.return_block(&arm.block, span);
            self.place_mark(next);
            self.close(before);
        }
        self.return_block(otherwise, span);
    }

    /// `return`: of a function to its caller, else the end of the handler.
    pub(super) fn return_statement(&mut self, value: Option<&Expr>, span: Span) {
        match (self.function, value) {
            (None, _) => self.end_with(Instruction::Halt {}, span),
            (Some(_), Some(value)) if let ExprKind::If { arms, otherwise } = &value.kind => {
                self.return_arms(arms, otherwise, span);
            }
            (Some(_), Some(value)) if let ExprKind::Block(block) = &value.kind => {
                self.return_block(block, span);
            }
            (Some(_), Some(value)) => {
                let result = self.returned(value);
                let value = result.register;
                self.end_with(Instruction::Return { value }, span);
                self.release(result);
            }
            (Some(function), None) if function.result.is_none() => {
                self.end_with(Instruction::Leave {}, span);
            }
            // Control does not come here.
            (Some(_), None) => debug_assert!(!self.reachable),
        }
    }

    /// A value that belongs to nobody but the caller.
    fn returned(&mut self, value: &Expr) -> Operand {
        if let ExprKind::Local(local) = value.kind {
            let known = &self.body.locals[local.0];
            let own = matches!(self.slots[local.0], Slot::Register(_) | Slot::Cell(_));
            // A variable of the function's own is gone with it.
            let in_memory = self.is_collection(value.ty) || self.is_record(value.ty);
            if known.changeable && !known.given && own && in_memory {
                return self.value(value);
            }
        }
        self.owned_value(value)
    }

    /// A call; the result is in the wanted register if one is wanted. Without a result the operand
    /// holds nothing.
    pub(super) fn call(
        &mut self,
        function: FunctionId,
        arguments: &[Argument],
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let callee = &self.module().functions[function.0];
        let mut changed: BTreeSet<Root> = callee
            .effects
            .writes
            .iter()
            .map(|state| Root::State(*state))
            .collect();
        changed.extend(arguments.iter().filter_map(|argument| match argument {
            Argument::Place(place) => Some(place.root),
            Argument::Value(_) => None,
        }));
        let cells: Vec<Option<Operand>> = arguments
            .iter()
            .map(|argument| self.argument_cell(argument, span))
            .collect();
        let row = self.registers.take_row_at(wanted);
        let register = |index: usize| Reg(row.0.wrapping_add(index as u8));
        for (index, argument) in arguments.iter().enumerate() {
            // The rest of the row is taken later: a call among the arguments may use it.
            if index > 0 {
                self.registers.take_row(1);
            }
            if let Argument::Value(value) = argument {
                self.argument_value(value, &changed, register(index));
            }
        }
        for (index, (argument, cell)) in arguments.iter().zip(&cells).enumerate() {
            if let Argument::Place(place) = argument {
                let at = match cell {
                    Some(cell) => Operand {
                        temporary: false,
                        ..*cell
                    },
                    None => self.place_address(place),
                };
                self.settle(at, Some(register(index)), place.span);
            }
        }
        for index in 1..arguments.len() {
            self.registers.release(register(index));
        }
        let (caller, to) = (self.caller, self.generator.labels[function.0].target());
        self.generator.calls.insert((caller, function.0));
        let call = Instruction::Call {
            base: row,
            arguments: Count(arguments.len() as u8),
            to,
        };
        self.emit(call, span);
        for (argument, cell) in arguments.iter().zip(cells) {
            self.take_back(argument, cell, span);
        }
        let result = Operand {
            register: row,
            temporary: wanted != Some(row),
        };
        match callee.result {
            Some(_) => self.settle(result, wanted, span),
            None => result,
        }
    }

    /// A call of a function of the machine.
    pub(super) fn native(
        &mut self,
        native: Native,
        arguments: &[Expr],
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let values: Vec<Operand> = arguments.iter().map(|value| self.value(value)).collect();
        for value in &values {
            self.release(*value);
        }
        // What the function does not take is the first argument again.
        let register = |index: usize| {
            let value = values.get(index).or(values.first());
            value.map_or(Reg(0), |value| value.register)
        };
        let (first, second, third) = (register(0), register(1), register(2));
        let result = self.destination(wanted);
        let call = Instruction::Native {
            dst: result.register,
            first,
            second,
            third,
            which: NativeId(native as u32),
        };
        self.emit(call, span);
        result
    }

    pub(super) fn list_slice(
        &mut self,
        list: &Expr,
        from: &Expr,
        to: &Expr,
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let ty = list.ty;
        let values = [list, from, to].map(|value| self.value(value));
        for value in values {
            self.release(value);
        }
        let [list, from, to] = values.map(|value| value.register);
        let result = self.destination(wanted);
        let slice = Instruction::ListSlice {
            dst: result.register,
            list,
            from,
            to,
            ty,
        };
        self.emit(slice, span);
        result
    }

    /// The value of an argument, which nothing changes while the function runs.
    fn argument_value(&mut self, value: &Expr, changed: &BTreeSet<Root>, dst: Reg) {
        let depends = self.roots(value).iter().any(|root| changed.contains(root));
        if depends && !self.is_fresh(value) {
            let view = self.value(value);
            self.own(view, value.ty, Some(dst), value.span);
        } else {
            self.compute_into(value, dst);
        }
    }

    /// New memory for a variable that lies in a register, where the function finds it.
    fn argument_cell(&mut self, argument: &Argument, span: Span) -> Option<Operand> {
        let register = self.register_of(argument)?;
        let cell = self.new_words(1, None, span);
        let src = Operand {
            register,
            temporary: false,
        };
        let place = Operand {
            temporary: false,
            ..cell
        };
        self.write_word(Location::Memory(place, Offset(0)), src, span);
        Some(cell)
    }

    /// The variable has the value that the function left in its memory.
    fn take_back(&mut self, argument: &Argument, cell: Option<Operand>, span: Span) {
        if let (Some(dst), Some(cell)) = (self.register_of(argument), cell) {
            let base = cell.register;
            let offset = Offset(0);
            self.emit(Instruction::Load { dst, base, offset }, span);
            self.release(cell);
        }
    }

    /// The register that holds a variable which is no place in memory.
    fn register_of(&self, argument: &Argument) -> Option<Reg> {
        let Argument::Place(place) = argument else {
            return None;
        };
        match (place.root, &place.path[..]) {
            (Root::Local(local), []) => match self.slots[local.0] {
                Slot::Register(register) if !self.is_record(place.ty) => Some(register),
                _ => None,
            },
            _ => None,
        }
    }
}
