//! The common case of instructions that read or write memory: done without a call, so that nothing has
//! to be saved on the way.
//!
//! In: an instruction. Out: its whole effect, or none at all: then the meaning that all dispatchers
//! share is executed. What is done here is what it would have done.

use crate::exec::Step;
use crate::isa::Word;
use crate::memory::{Role, at};
use crate::types::TypeId;

impl<R: Role> Step<'_, '_, R> {
    #[inline(always)]
    fn put(self, word: Word, value: u64) -> Option<()> {
        self.registers[usize::from(word.a().0)] = value;
        Some(())
    }

    #[inline(always)]
    pub(super) fn quick_load(self, word: Word) -> Option<()> {
        let address = at(self.get(word.b()), u64::from(word.immediate()));
        let value = self.context.memory.peek(address)?;
        self.put(word, value)
    }

    #[inline(always)]
    pub(super) fn quick_load_state(self, word: Word) -> Option<()> {
        let address = u64::from(word.immediate());
        let value = self.context.memory.peek_state(address)?;
        self.put(word, value)
    }

    #[inline(always)]
    pub(super) fn quick_fixed(self, word: Word) -> Option<()> {
        let index = u64::from(word.immediate());
        let value = self.context.memory.peek_lane(crate::memory::LANE | index)?;
        self.put(word, value)
    }

    #[inline(always)]
    pub(super) fn quick_store(self, word: Word) -> Option<()> {
        let address = at(self.get(word.a()), u64::from(word.immediate()));
        let value = self.get(word.b());
        self.context.memory.poke_lane(address, value).then_some(())
    }

    #[inline(always)]
    pub(super) fn quick_bytes_len(self, word: Word) -> Option<()> {
        let header = self.context.memory.peek(self.get(word.b()))?;
        self.put(word, header & 0xffff_ffff)
    }

    #[inline(always)]
    pub(super) fn quick_byte_at(self, word: Word) -> Option<()> {
        let (bytes, index) = (self.get(word.b()), self.get(word.c()));
        let header = self.context.memory.peek(bytes)?;
        if index >= header & 0xffff_ffff {
            return None;
        }
        let eight = self.context.memory.peek(at(bytes, 1 + index / 8))?;
        self.put(word, eight >> (8 * (index % 8)) & 0xff)
    }

    #[inline(always)]
    pub(super) fn quick_list_len(self, word: Word) -> Option<()> {
        let counts = self.context.memory.peek(self.get(word.b()))?;
        self.put(word, counts & 0xffff_ffff)
    }

    #[inline(always)]
    fn stride(&self, ty: u32) -> u64 {
        let types = &self.context.constants.program.types;
        u64::from(types.stride(TypeId(ty)))
    }

    #[inline(always)]
    pub(super) fn quick_list_at(self, word: Word) -> Option<()> {
        let stride = self.stride(word.immediate());
        let (list, index) = (self.get(word.b()), self.get(word.c()));
        let element = self.context.memory.quick_element(stride, list, index)?;
        self.put(word, element)
    }

    #[inline(always)]
    pub(super) fn quick_list_load(self, word: Word) -> Option<()> {
        let stride = self.stride(word.wide());
        let (list, index) = (self.get(word.b()), self.get(word.c()));
        let memory = &self.context.memory;
        let element = memory.quick_element(stride, list, index)?;
        let value = memory.peek(at(element, u64::from(word.d().0)))?;
        self.put(word, value)
    }

    #[inline(always)]
    pub(super) fn quick_list_load_in(self, word: Word) -> Option<()> {
        let stride = self.stride(word.wide());
        let (place, index) = (self.get(word.b()), self.get(word.c()));
        let memory = &self.context.memory;
        let list = memory.peek(place)?;
        let element = memory.quick_element(stride, list, index)?;
        let value = memory.peek(at(element, u64::from(word.d().0)))?;
        self.put(word, value)
    }

    #[inline(always)]
    pub(super) fn quick_list_store_in(self, word: Word) -> Option<()> {
        let stride = self.stride(word.wide());
        let (place, index) = (self.get(word.a()), self.get(word.b()));
        let src = self.get(word.c());
        let memory = &mut self.context.memory;
        let list = memory.peek(place)?;
        let element = memory.quick_element(stride, list, index)?;
        let address = at(element, u64::from(word.d().0));
        memory.poke_lane(address, src).then_some(())
    }
}
