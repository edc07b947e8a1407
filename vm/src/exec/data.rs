//! Words, places, strings and sending.

use super::{Step, clear_direction, type_of};
use crate::error::{ErrorCode, Stop};
use crate::frame::MAX_ADDRESS_BYTES;
use crate::isa::Word;
use crate::memory::{LANE, Role, at};
use crate::probe::touch;
use crate::program::MessageId;
use crate::state::SENT;
use crate::trap::Trap;

impl<R: Role> Step<'_, '_, R> {
    pub(super) fn constant(mut self, word: Word) -> Result<(), Stop> {
        let value = i64::from(word.immediate().cast_signed());
        self.set(word.a(), value.cast_unsigned())
    }

    pub(super) fn fixed(mut self, word: Word) -> Result<(), Stop> {
        let value = self
            .context
            .memory
            .read(LANE | u64::from(word.immediate()))?;
        self.set(word.a(), value)
    }

    pub(super) fn address(mut self, word: Word) -> Result<(), Stop> {
        self.set(word.a(), LANE | u64::from(word.immediate()))
    }

    pub(super) fn copy(mut self, word: Word) -> Result<(), Stop> {
        self.set(word.a(), self.get(word.b()))
    }

    pub(super) fn own_address(mut self, word: Word) -> Result<(), Stop> {
        touch(&self.context.constants.own_address);
        self.set(word.a(), self.context.constants.own_address)
    }

    pub(super) fn sender(mut self, word: Word) -> Result<(), Stop> {
        touch(&self.context.memory.work.sender);
        self.set(word.a(), self.context.memory.work.sender)
    }

    pub(super) fn message(mut self, word: Word) -> Result<(), Stop> {
        touch(&self.context.memory.work.message);
        self.set(word.a(), self.context.memory.work.message)
    }

    pub(super) fn now(mut self, word: Word) -> Result<(), Stop> {
        touch(&self.context.memory.work.time);
        self.set(word.a(), self.context.memory.work.time)
    }

    pub(super) fn random(mut self, word: Word) -> Result<(), Stop> {
        let bound = self.int(word.b());
        if bound <= 0 {
            return Err(Stop::Error(ErrorCode::BadBound));
        }
        let number = self.context.memory.random(bound.cast_unsigned())?;
        self.set(word.a(), number)
    }

    pub(super) fn load(mut self, word: Word) -> Result<(), Stop> {
        let address = at(self.get(word.b()), u64::from(word.immediate()));
        let value = self.context.memory.read(address)?;
        self.set(word.a(), value)
    }

    pub(super) fn store(self, word: Word) -> Result<(), Stop> {
        let address = at(self.get(word.a()), u64::from(word.immediate()));
        self.context.memory.write(address, self.get(word.b()))
    }

    pub(super) fn load_state(mut self, word: Word) -> Result<(), Stop> {
        let value = self.context.memory.read(u64::from(word.immediate()))?;
        self.set(word.a(), value)
    }

    pub(super) fn store_state(self, word: Word) -> Result<(), Stop> {
        self.context
            .memory
            .write(u64::from(word.immediate()), self.get(word.a()))
    }

    pub(super) fn field(mut self, word: Word) -> Result<(), Stop> {
        self.set(
            word.a(),
            at(self.get(word.b()), u64::from(word.immediate())),
        )
    }

    pub(super) fn place(mut self, word: Word) -> Result<(), Stop> {
        self.set(word.a(), u64::from(word.immediate()))
    }

    pub(super) fn allocate(mut self, word: Word) -> Result<(), Stop> {
        let address = self
            .context
            .memory
            .alloc_arena(u64::from(word.immediate()))?;
        self.set(word.a(), address)
    }

    pub(super) fn assign(self, word: Word) -> Result<(), Stop> {
        let (place, value) = (self.get(word.a()), self.get(word.b()));
        self.context.memory.assign(
            &self.context.constants.program.types,
            type_of(word),
            place,
            value,
        )
    }

    pub(super) fn own(mut self, word: Word) -> Result<(), Stop> {
        let value = self.get(word.b());
        let own =
            self.context
                .memory
                .own(&self.context.constants.program.types, type_of(word), value)?;
        self.set(word.a(), own)
    }

    pub(super) fn bytes_len(mut self, word: Word) -> Result<(), Stop> {
        let length = self.context.memory.bytes_len(self.get(word.b()))?;
        self.set(word.a(), length)
    }

    pub(super) fn byte_at(mut self, word: Word) -> Result<(), Stop> {
        let (bytes, index) = (self.get(word.b()), self.get(word.c()));
        let byte = self.context.memory.byte_at(bytes, index)?;
        self.set(word.a(), byte)
    }

    pub(super) fn concat(mut self, word: Word) -> Result<(), Stop> {
        let (left, right) = (self.get(word.b()), self.get(word.c()));
        let joined = self.context.memory.bytes_concat(left, right)?;
        self.set(word.a(), joined)
    }

    pub(super) fn send(self, word: Word) -> Result<(), Stop> {
        clear_direction();
        let (to, body) = (self.get(word.a()), self.get(word.b()));
        touch(&self.context.constants.own_address);
        touch(&self.context.constants.incarnation);
        let types = &self.context.constants.program.types;
        let record = self
            .context
            .constants
            .program
            .message_record(MessageId(word.immediate()))
            .ok_or(Trap::Code)?;
        if self.context.outbox.len() as u64 >= self.context.memory.limits().outputs {
            return Err(Stop::Error(ErrorCode::TooManyOutputs));
        }
        let lengths = [
            self.context
                .memory
                .bytes_len(self.context.constants.own_address)?,
            self.context.memory.bytes_len(to)?,
        ];
        if !(1..=MAX_ADDRESS_BYTES as u64).contains(&lengths[1]) {
            return Err(Stop::Error(ErrorCode::BadAddress));
        }
        let number = self
            .context
            .memory
            .read(SENT)?
            .wrapping_add(self.context.outbox.len() as u64 + 1);
        let numbers = [
            types.fingerprint(record),
            self.context.constants.incarnation,
            number,
        ];
        let start = self
            .context
            .outbox
            .open(numbers, lengths.map(|length| length as usize));
        self.context.memory.bytes_read(
            self.context.constants.own_address,
            self.context.outbox.bytes_mut(),
        )?;
        self.context
            .memory
            .bytes_read(to, self.context.outbox.bytes_mut())?;
        let end = start as u64 + self.context.memory.limits().message_bytes - 4;
        self.context.memory.encode_body(
            types,
            record,
            body,
            self.context.outbox.bytes_mut(),
            end,
        )?;
        self.context.outbox.close(start);
        Ok(())
    }
}
