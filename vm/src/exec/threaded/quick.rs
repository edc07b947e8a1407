//! The common case of instructions that read or write memory: done without a call, so that nothing has
//! to be saved on the way.
//!
//! In: an instruction. Out: its whole effect, or none at all: then the meaning that all dispatchers
//! share is executed. What is done here is what it would have done.

use crate::error::Stop;
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
        let byte = self.context.memory.quick_byte(bytes, index)?;
        self.put(word, byte)
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
        let stride = u64::from(word.e());
        let (list, index) = (self.get(word.b()), self.get(word.c()));
        let offset = u64::from(word.d().0);
        let memory = &self.context.memory;
        let value = memory.quick_element_word(stride, list, index, offset)?;
        self.put(word, value)
    }

    #[inline(always)]
    pub(super) fn quick_list_load_in(self, word: Word) -> Option<()> {
        let stride = u64::from(word.e());
        let (place, index) = (self.get(word.b()), self.get(word.c()));
        let offset = u64::from(word.d().0);
        let memory = &self.context.memory;
        let list = memory.peek(place)?;
        let value = memory.quick_element_word(stride, list, index, offset)?;
        self.put(word, value)
    }

    #[inline(always)]
    pub(super) fn quick_list_store_in(self, word: Word) -> Option<()> {
        let stride = u64::from(word.e());
        let (place, index) = (self.get(word.a()), self.get(word.b()));
        let src = self.get(word.c());
        let memory = &mut self.context.memory;
        let list = memory.peek_lane(place)?;
        let element = memory.quick_lane_element(stride, list, index)?;
        let address = at(element, u64::from(word.d().0));
        memory.poke_lane(address, src).then_some(())
    }

    #[inline(always)]
    pub(super) fn quick_list_push(self, word: Word) -> Option<()> {
        let types = &self.context.constants.program.types;
        let list = TypeId(word.immediate());
        if !types.has_scalar_elements(list) {
            return None;
        }
        let (place, value) = (self.get(word.a()), self.get(word.b()));
        self.context.memory.quick_push(place, value)
    }

    /// Counts on: whether the number is below the bound then; none if it would be too large.
    #[inline(always)]
    pub(super) fn quick_next(self, word: Word) -> Option<bool> {
        let next = self.int(word.b()).checked_add(1)?;
        // Read before the write: the bound may stand in the register that is written.
        let bound = self.int(word.c());
        self.put(word, next.cast_unsigned())?;
        Some(next < bound)
    }

    /// Whether a call needs no more memory for its frame than there is.
    #[inline(always)]
    pub(super) fn has_room(&self, word: Word) -> bool {
        let memory = &self.context.memory;
        let limit = memory.limits().call_depth;
        memory.work.words.frames.has_room(word.a().0, limit)
    }

    /// Opens a call for which there is room; where control goes.
    #[inline(always)]
    pub(super) fn quick_call(self, word: Word, after: u32) -> Result<u32, Stop> {
        let (base, arguments) = (word.a().0, word.b().0);
        let memory = &mut self.context.memory;
        memory.charge(1 + u64::from(base) / 8)?;
        let frames = &mut memory.work.words.frames;
        frames.call(self.registers, (base, arguments), after)?;
        Ok(word.immediate())
    }
}
