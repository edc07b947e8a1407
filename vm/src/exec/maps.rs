//! Maps.

use super::{Step, type_of};
use crate::error::{ErrorCode, Stop};
use crate::isa::Word;
use crate::map::MapType;
use crate::memory::Role;

impl<R: Role> Step<'_, '_, R> {
    /// The address of the value under the key, 0 if there is none.
    fn value_address(&mut self, word: Word) -> Result<u64, Stop> {
        let ty = MapType::of(&self.context.constants.program.types, type_of(word))?;
        let entry = self
            .context
            .memory
            .map_find(ty, self.get(word.b()), self.get(word.c()))?;
        Ok(if entry == 0 { 0 } else { ty.value_of(entry) })
    }

    pub(super) fn map_find(mut self, word: Word) -> Result<(), Stop> {
        let address = self.value_address(word)?;
        self.set(word.a(), address)
    }

    pub(super) fn map_at(mut self, word: Word) -> Result<(), Stop> {
        match self.value_address(word)? {
            0 => Err(Stop::Error(ErrorCode::MissingKey)),
            address => self.set(word.a(), address),
        }
    }

    pub(super) fn map_put(self, word: Word) -> Result<(), Stop> {
        let ty = MapType::of(&self.context.constants.program.types, type_of(word))?;
        let (place, key) = (self.get(word.a()), self.get(word.b()));
        let (entry, _) = self.context.memory.map_entry(ty, place, key)?;
        let value = self.get(word.c());
        match ty.value {
            Some(content) => {
                self.context
                    .memory
                    .assign(ty.types, content, ty.value_of(entry), value)
            }
            None => Ok(()),
        }
    }

    pub(super) fn map_remove(mut self, word: Word) -> Result<(), Stop> {
        let ty = MapType::of(&self.context.constants.program.types, type_of(word))?;
        let removed = self
            .context
            .memory
            .map_remove(ty, self.get(word.b()), self.get(word.c()))?;
        self.set_bool(word.a(), removed)
    }

    pub(super) fn map_len(mut self, word: Word) -> Result<(), Stop> {
        let entries = self.context.memory.map_len(self.get(word.b()))?;
        self.set(word.a(), entries)
    }

    pub(super) fn map_first(mut self, word: Word) -> Result<(), Stop> {
        let entry = self.context.memory.map_first(self.get(word.b()))?;
        self.set(word.a(), entry)
    }

    pub(super) fn map_next(mut self, word: Word) -> Result<(), Stop> {
        let entry = self.context.memory.map_next(self.get(word.b()))?;
        self.set(word.a(), entry)
    }
}
