//! Native functions, and work on whole values that is no business of one module.

use super::{Context, Step, clear_direction, type_of};
use crate::error::Stop;
use crate::isa::{REGISTERS, Word};
use crate::list::ListType;
use crate::memory::Role;
use crate::native;
use crate::probe::touch;
use crate::types::TypeId;

type Registers = [u64; REGISTERS];

impl<R: Role> Step<'_, '_, R> {
    pub(super) fn native(self, word: Word) -> Result<(), Stop> {
        clear_direction();
        run_native(self.registers, self.context, word)
    }

    pub(super) fn list_slice(self, word: Word) -> Result<(), Stop> {
        clear_direction();
        slice(self.registers, self.context, word)
    }

    pub(super) fn list_sort(self, word: Word) -> Result<(), Stop> {
        clear_direction();
        sort(self.registers, self.context, word)
    }

    pub(super) fn encode_value(self, word: Word) -> Result<(), Stop> {
        clear_direction();
        encode(self.registers, self.context, word)
    }
}

fn get(registers: &Registers, register: crate::isa::Reg) -> u64 {
    let place = &registers[usize::from(register.0)];
    touch(place);
    *place
}

// These keep local variables in memory, so they are no part of the instruction's own function, which
// must end in a jump.

#[inline(never)]
fn run_native<R: Role>(
    registers: &mut Registers,
    context: &mut Context<'_, R>,
    word: Word,
) -> Result<(), Stop> {
    let arguments = [word.b(), word.c(), word.d()].map(|register| get(registers, register));
    let result = native::run(&mut context.memory, word.wide(), arguments)?;
    touch(&registers[usize::from(word.a().0)]);
    registers[usize::from(word.a().0)] = result;
    Ok(())
}

#[inline(never)]
fn slice<R: Role>(
    registers: &mut Registers,
    context: &mut Context<'_, R>,
    word: Word,
) -> Result<(), Stop> {
    let ty = ListType::of(&context.constants.program.types, TypeId(word.wide()))?;
    let [list, from, to] = [word.b(), word.c(), word.d()].map(|register| get(registers, register));
    let place = context.memory.alloc_arena(1)?;
    context.memory.list_slice(ty, place, list, from, to)?;
    let result = context.memory.read(place)?;
    touch(&registers[usize::from(word.a().0)]);
    registers[usize::from(word.a().0)] = result;
    Ok(())
}

#[inline(never)]
fn sort<R: Role>(
    registers: &mut Registers,
    context: &mut Context<'_, R>,
    word: Word,
) -> Result<(), Stop> {
    let ty = ListType::of(&context.constants.program.types, type_of(word))?;
    let list = get(registers, word.b());
    let result = context.memory.list_sorted(ty, list)?;
    touch(&registers[usize::from(word.a().0)]);
    registers[usize::from(word.a().0)] = result;
    Ok(())
}

#[inline(never)]
fn encode<R: Role>(
    registers: &mut Registers,
    context: &mut Context<'_, R>,
    word: Word,
) -> Result<(), Stop> {
    let types = &context.constants.program.types;
    let value = get(registers, word.b());
    let end = context.memory.limits().message_bytes;
    let mut bytes = Vec::new();
    context
        .memory
        .encode_body(types, type_of(word), value, &mut bytes, end)?;
    let result = context.memory.bytes_new(&bytes)?;
    touch(&registers[usize::from(word.a().0)]);
    registers[usize::from(word.a().0)] = result;
    Ok(())
}
