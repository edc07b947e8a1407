//! Lists.

use super::{Step, type_of};
use crate::error::{ErrorCode, Stop};
use crate::isa::Word;
use crate::list::ListType;
use crate::memory::{Role, at};

impl<R: Role> Step<'_, '_, R> {
    pub(super) fn list_len(mut self, word: Word) -> Result<(), Stop> {
        let length = self.context.memory.list_len(self.get(word.b()))?;
        self.set(word.a(), length)
    }

    pub(super) fn list_at(mut self, word: Word) -> Result<(), Stop> {
        let ty = ListType::of(&self.context.constants.program.types, type_of(word))?;
        let address = self
            .context
            .memory
            .list_at(ty, self.get(word.b()), self.get(word.c()))?;
        self.set(word.a(), address)
    }

    pub(super) fn list_load(mut self, word: Word) -> Result<(), Stop> {
        let list = self.get(word.b());
        let value = self.element_word(word, list)?;
        self.set(word.a(), value)
    }

    pub(super) fn list_load_in(mut self, word: Word) -> Result<(), Stop> {
        let list = self.context.memory.read(self.get(word.b()))?;
        let value = self.element_word(word, list)?;
        self.set(word.a(), value)
    }

    fn element_word(&self, word: Word, list: u64) -> Result<u64, Stop> {
        let ty = ListType::of(&self.context.constants.program.types, word.narrow_type())?;
        let memory = &self.context.memory;
        let element = memory.list_at(ty, list, self.get(word.c()))?;
        memory.read(at(element, u64::from(word.d().0)))
    }

    pub(super) fn list_store_in(self, word: Word) -> Result<(), Stop> {
        let ty = ListType::of(&self.context.constants.program.types, word.narrow_type())?;
        let (place, index) = (self.get(word.a()), self.get(word.b()));
        let src = self.get(word.c());
        let memory = &mut self.context.memory;
        let list = memory.read(place)?;
        let element = memory.list_at(ty, list, index)?;
        memory.write(at(element, u64::from(word.d().0)), src)
    }

    pub(super) fn list_push(self, word: Word) -> Result<(), Stop> {
        let ty = ListType::of(&self.context.constants.program.types, type_of(word))?;
        self.context
            .memory
            .list_push(ty, self.get(word.a()), self.get(word.b()))
    }

    pub(super) fn list_insert(self, word: Word) -> Result<(), Stop> {
        let ty = ListType::of(&self.context.constants.program.types, type_of(word))?;
        let (place, index) = (self.get(word.a()), self.get(word.b()));
        self.context
            .memory
            .list_insert(ty, place, index, self.get(word.c()))
    }

    pub(super) fn list_remove(self, word: Word) -> Result<(), Stop> {
        let ty = ListType::of(&self.context.constants.program.types, type_of(word))?;
        self.context
            .memory
            .list_remove(ty, self.get(word.a()), self.get(word.b()))
    }

    pub(super) fn list_truncate(self, word: Word) -> Result<(), Stop> {
        let ty = ListType::of(&self.context.constants.program.types, type_of(word))?;
        let length = self.int(word.b());
        if length < 0 {
            return Err(Stop::Error(ErrorCode::IndexOutOfRange));
        }
        self.context
            .memory
            .list_truncate(ty, self.get(word.a()), length.cast_unsigned())
    }

    pub(super) fn list_concat(mut self, word: Word) -> Result<(), Stop> {
        let ty = ListType::of(&self.context.constants.program.types, type_of(word))?;
        let joined = self
            .context
            .memory
            .list_concat(ty, self.get(word.b()), self.get(word.c()))?;
        self.set(word.a(), joined)
    }
}
