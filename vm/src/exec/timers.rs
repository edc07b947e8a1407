//! Timers: committed state, and orders to the host.

use super::Step;
use crate::error::{ErrorCode, Stop};
use crate::isa::Word;
use crate::map::MapType;
use crate::memory::{Role, at};
use crate::probe::touch;
use crate::program::TimerId;
use crate::state::TIMERS_SET;
use crate::timer::{self, Order};
use crate::trap::Trap;

impl<R: Role> Step<'_, '_, R> {
    pub(super) fn timer_set(mut self, word: Word) -> Result<(), Stop> {
        let delay = self.int(word.b());
        if delay < 0 {
            return Err(Stop::Error(ErrorCode::BadDelay));
        }
        touch(&self.context.memory.work.time);
        let deadline = self
            .context
            .memory
            .work
            .time
            .checked_add(delay.cast_unsigned());
        let deadline = deadline.filter(|deadline| i64::try_from(*deadline).is_ok());
        let deadline = deadline.ok_or(Stop::Error(ErrorCode::Overflow))?;
        let id = TimerId(word.immediate());
        let (map, place) = self
            .context
            .constants
            .program
            .timer_place(id)
            .ok_or(Trap::Code)?;
        let ty = MapType::of(&self.context.constants.program.types, map)?;
        let generation = self.context.memory.read(TIMERS_SET)?.wrapping_add(1);
        self.context.memory.write(TIMERS_SET, generation)?;
        let key = self.get(word.a());
        let (entry, _) = self.context.memory.map_entry(ty, u64::from(place.0), key)?;
        let value = ty.value_of(entry);
        self.context.memory.write(value, deadline)?;
        self.context.memory.write(at(value, 1), generation)?;
        self.order(
            Order {
                timer: id,
                deadline,
                generation,
            },
            key,
        )
    }

    pub(super) fn timer_cancel(mut self, word: Word) -> Result<(), Stop> {
        let id = TimerId(word.immediate());
        let (map, place) = self
            .context
            .constants
            .program
            .timer_place(id)
            .ok_or(Trap::Code)?;
        let ty = MapType::of(&self.context.constants.program.types, map)?;
        let key = self.get(word.a());
        if self
            .context
            .memory
            .map_remove(ty, u64::from(place.0), key)?
        {
            self.order(
                Order {
                    timer: id,
                    deadline: 0,
                    generation: 0,
                },
                key,
            )?;
        }
        Ok(())
    }

    /// Puts an order to the host into the outbox.
    fn order(&mut self, order: Order, key: u64) -> Result<(), Stop> {
        if self.context.outbox.len() as u64 >= self.context.memory.limits().outputs {
            return Err(Stop::Error(ErrorCode::TooManyOutputs));
        }
        let schema = self
            .context
            .constants
            .program
            .timers
            .get(order.timer.0 as usize)
            .ok_or(Trap::Code)?;
        touch(schema);
        let start = self.context.outbox.bytes_mut().len();
        timer::write_order(order, self.context.outbox.bytes_mut());
        let end = start as u64 + self.context.memory.limits().message_bytes - 4;
        let types = &self.context.constants.program.types;
        self.context.memory.encode_body(
            types,
            schema.key,
            key,
            self.context.outbox.bytes_mut(),
            end,
        )?;
        self.context.outbox.close(start);
        Ok(())
    }
}
