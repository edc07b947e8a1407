//! Steps 1 and 2: from the bytes of an input to the message in a lane's memory.
//!
//! In: the lane's own copy of the input. Out: what kind of handler it is for, and the decoded message
//! or key; or a refusal, if it is no input that this process accepts.

use crate::check::Check;
use crate::error::{Refusal, Stop};
use crate::frame::{Frame, Parts, is_text};
use crate::lane::{Lane, record_crc};
use crate::map::MapType;
use crate::memory::{Memory, Role, at};
#[cfg(pasc_probe)]
use crate::probe::Part;
use crate::probe::{keeps, point, touch};
use crate::program::HandlerKind;
use crate::state::{ORDINAL, STARTED, StateCopy, TIME};
use crate::timer::{self, Order};
use crate::trap::Trap;

impl Lane {
    /// Checks the lane's copy of the input and decodes it; notes what kind of handler it is for.
    pub(crate) fn receive<R: Role>(
        &mut self,
        own: &StateCopy,
        other: &StateCopy,
    ) -> Result<(), Stop> {
        if R::HARDENED {
            self.advance();
        }
        touch(&self.frame);
        touch(&self.kind);
        touch(&self.decoded_words);
        let mut bytes = std::mem::take(&mut self.frame);
        let received = self.receive_bytes::<R>(&mut bytes, own, other);
        self.frame = bytes;
        match received {
            // What would be an error of a handler is here the fault of the sender.
            Err(Stop::Error(_)) => return Err(Refusal::Fuel.into()),
            received => received?,
        }
        self.decoded_words = self.work.words.arena().len();
        if R::HARDENED {
            self.advance();
        }
        Ok(())
    }

    #[inline(always)]
    fn receive_bytes<R: Role>(
        &mut self,
        bytes: &mut [u8],
        own: &StateCopy,
        other: &StateCopy,
    ) -> Result<(), Stop> {
        touch(&self.ordinal);
        touch(&self.crc);
        touch(&self.work.time);
        touch(&self.constants.limits.message_bytes);
        touch(&bytes[bytes.len().saturating_sub(4)..]);
        let right = record_crc(self.ordinal, self.work.time, bytes) == self.crc;
        if !right && keeps(Check::RecordCrc) {
            return Err(Refusal::Record.into());
        }
        if bytes.len() as u64 > self.constants.limits.message_bytes {
            return Err(Refusal::TooLarge.into());
        }
        let (ordinal, time) = (self.ordinal, self.work.time);
        let memory = self.memory::<R>(own, other);
        if ordinal <= memory.read(ORDINAL)? || time < memory.read(TIME)? {
            return Err(Refusal::Stale.into());
        }
        match bytes.first_chunk::<4>() {
            Some(&timer::MAGIC) => self.receive_firing::<R>(bytes, own, other),
            Some(&timer::START_MAGIC) => self.receive_start::<R>(bytes, own, other),
            _ => self.receive_frame::<R>(bytes, own, other),
        }
    }

    #[inline(always)]
    fn receive_frame<R: Role>(
        &mut self,
        bytes: &mut [u8],
        own: &StateCopy,
        other: &StateCopy,
    ) -> Result<(), Stop> {
        Frame::check(bytes)?;
        point!("frame checked", |v: &mut crate::probe::Visitor| {
            v.side = R::SIDE;
            self.constants.visit(v);
            self.work.visit(v);
            v.slice("frame", bytes);
        });
        let frame = Parts::take_apart(bytes)?;
        if !is_text(frame.sender) {
            return Err(Refusal::Header.into());
        }
        let constants = &self.constants;
        touch(&constants.own_address);
        let program = &constants.program;
        let mut memory: Memory<R> = Memory::new(&mut self.work, &self.constants.limits, own, other);
        if !memory.is_bytes(constants.own_address, frame.destination)? {
            return Err(Refusal::Destination.into());
        }
        let message = program
            .find_fingerprint(frame.fingerprint)
            .ok_or(Refusal::UnknownMessage)?;
        let record = program.message_record(message).ok_or(Trap::Code)?;
        let sender = memory.new_bytes(frame.sender)?;
        let decoded = memory.decode_body(&program.types, record, frame.body)?;
        touch(&self.work.sender);
        touch(&self.work.message);
        (self.work.sender, self.work.message) = (sender, decoded);
        self.kind = Some(HandlerKind::Message(message));
        Ok(())
    }

    /// A timer fires if it is set with the same generation and its deadline has come; the commit of
    /// its handler takes it away.
    #[inline(never)]
    fn receive_firing<R: Role>(
        &mut self,
        bytes: &[u8],
        own: &StateCopy,
        other: &StateCopy,
    ) -> Result<(), Stop> {
        touch(bytes);
        let (order, key) = Order::parse(bytes)?;
        let (program, time) = (&self.constants.program, self.work.time);
        let schema = program
            .timers
            .get(order.timer.0 as usize)
            .ok_or(Refusal::Timer)?;
        touch(schema);
        let (map, place) = program.timer_place(order.timer).ok_or(Trap::Code)?;
        let ty = MapType::of(&program.types, map)?;
        let place = u64::from(place.0);
        let mut memory: Memory<R> = Memory::new(&mut self.work, &self.constants.limits, own, other);
        let decoded = memory.decode_body(&program.types, schema.key, key)?;
        let entry = memory
            .read(place)
            .and_then(|map| memory.map_find(ty, map, decoded))?;
        if entry == 0 {
            return Err(Refusal::Timer.into());
        }
        let value = ty.value_of(entry);
        let (deadline, generation) = (memory.read(value)?, memory.read(at(value, 1))?);
        if (deadline, generation) != (order.deadline, order.generation) || time < deadline {
            return Err(Refusal::Timer.into());
        }
        memory.map_remove(ty, place, decoded)?;
        touch(&self.work.message);
        self.work.message = decoded;
        self.kind = Some(HandlerKind::Timer(order.timer));
        Ok(())
    }

    #[inline(never)]
    fn receive_start<R: Role>(
        &mut self,
        bytes: &[u8],
        own: &StateCopy,
        other: &StateCopy,
    ) -> Result<(), Stop> {
        touch(bytes);
        if bytes != timer::start_input() {
            return Err(Refusal::Crc.into());
        }
        let mut memory = self.memory::<R>(own, other);
        if memory.read(STARTED)? != 0 {
            return Err(Refusal::Started.into());
        }
        memory.write(STARTED, 1)?;
        self.kind = Some(HandlerKind::Start);
        Ok(())
    }
}
