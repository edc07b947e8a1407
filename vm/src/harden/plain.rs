//! `plain`: one lane, one state copy, no checks. What every cost is measured against.

use super::{
    Body, Emission, ON, Outcome, hand_over, handler, nth_handler, phases, reading_fuel,
    restore_copy, state_value, words_needed,
};
use crate::error::{ErrorCode, Stop};
use crate::exec::{Dispatcher, Next};
use crate::lane::{Input, Lane, LaneParts};
use crate::memory::Single;
use crate::probe::touch;
use crate::program::{HandlerId, HandlerKind, Region};
use crate::record::{self, RecoveryError};
use crate::state::StateCopy;
use crate::trap::Trap;
use crate::value::Value;
use std::marker::PhantomData;

/// How a phase ends.
type Phase = Result<Option<Outcome>, Stop>;

/// The lane and its state.
#[derive(Debug)]
pub struct PlainBody<D> {
    pub(crate) lane: Lane,
    pub(crate) copy: StateCopy,
    dispatcher: PhantomData<D>,
}

impl<D: Dispatcher> PlainBody<D> {
    fn run(&mut self, region: Region) -> Result<Next, Stop> {
        D::plain(&mut self.lane, &mut self.copy, region.start.0)
    }

    fn run_body(&mut self, id: HandlerId) -> Result<Next, Stop> {
        let handler = handler(&self.lane.constants.program, id)?;
        let (region, registers) = (handler.body, handler.registers);
        self.lane.registers_used = self.lane.registers_used.max(registers);
        self.run(region)
    }

    fn guard_holds(&mut self, id: HandlerId) -> Result<bool, Stop> {
        let handler = handler(&self.lane.constants.program, id)?;
        let (guard, registers) = (handler.guard, handler.registers);
        self.lane.registers_used = self.lane.registers_used.max(registers);
        match guard {
            None => Ok(true),
            Some(guard) => Ok(self.run(guard)? == Next::Result(1)),
        }
    }

    /// The first handler of what was received whose guard holds.
    fn choose(&mut self) -> Result<Option<HandlerId>, Stop> {
        let mut place = 0;
        while let Some(id) = nth_handler(&self.lane, place) {
            if self.guard_holds(id)? {
                return Ok(Some(id));
            }
            place += 1;
        }
        Ok(None)
    }

    fn commit(&mut self) -> Result<(), Stop> {
        if !self.copy.reserve(words_needed(&self.lane, &self.copy)?) {
            return Err(Stop::Error(ErrorCode::OutOfMemory));
        }
        let stamp = self.lane.stamp();
        self.lane.work.delta.apply(stamp, &mut self.copy)
    }

    phases! {
        enter receive choose_handler run_handler note write_record apply hand_out
    }

    fn enter(&mut self, input: &Input, _: &mut Emission) -> Phase {
        self.lane.enter(input, &self.copy);
        ON
    }

    fn receive(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.lane.receive::<Single>(&self.copy, &self.copy)?;
        ON
    }

    fn choose_handler(&mut self, _: &Input, _: &mut Emission) -> Phase {
        touch(&self.lane.chosen);
        self.lane.chosen = self.choose()?;
        if self.lane.chosen.is_some() {
            ON
        } else {
            Ok(Some(Outcome::Unhandled(self.lane.kind)))
        }
    }

    fn run_handler(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.run_body(self.lane.choice().ok_or(Trap::Handler)?)?;
        ON
    }

    fn note(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.lane.note_message::<Single>(&self.copy, &self.copy)?;
        ON
    }

    fn write_record(&mut self, _: &Input, out: &mut Emission) -> Phase {
        if self.lane.makes_records() {
            touch(&out.record);
            record::write_record(&self.lane.work.delta, &mut out.record);
            let crc = crate::crc::crc32(&out.record);
            out.record.extend(crc.to_le_bytes());
        }
        ON
    }

    fn apply(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.commit()?;
        ON
    }

    fn hand_out(&mut self, _: &Input, out: &mut Emission) -> Phase {
        self.emit(&mut out.frames)?;
        Ok(Some(Outcome::Handled(self.lane.choice())))
    }

    fn emit(&mut self, out: &mut Vec<u8>) -> Result<(), Stop> {
        for index in 0..self.lane.outbox.len() {
            let bytes = self.lane.outbox.frame(index).ok_or(Trap::Output)?;
            hand_over(bytes, crate::crc::crc32(bytes), out);
        }
        self.lane.outbox.spoil(self.lane.poison);
        Ok(())
    }
}

impl<D: Dispatcher> Body for PlainBody<D> {
    fn new(parts: &LaneParts) -> Result<PlainBody<D>, Stop> {
        let (lane, copy) = Lane::new(parts, 0)?;
        Ok(PlainBody {
            lane,
            copy,
            dispatcher: PhantomData,
        })
    }

    fn initialise(&mut self) -> Result<(), Stop> {
        self.lane.enter(&Input::new(0, 0, &[]), &self.copy);
        self.lane.kind = Some(HandlerKind::Init);
        self.lane.chosen = self.choose()?;
        if let Some(handler) = self.lane.choice() {
            self.run_body(handler)?;
        }
        self.commit()
    }

    fn handle(&mut self, input: &Input, out: &mut Emission) -> Result<Outcome, Stop> {
        self.go_through(input, out)
    }

    fn probe(&mut self, handler: HandlerId, out: &mut Vec<u8>) -> Result<Option<u64>, Stop> {
        self.lane.enter(&Input::new(0, 0, &[]), &self.copy);
        self.lane.chosen = Some(handler);
        let end = self.run_body(handler)?;
        self.emit(out)?;
        self.lane.clear();
        Ok(if let Next::Result(value) = end {
            Some(value)
        } else {
            None
        })
    }

    fn state(&mut self) -> Result<Value, Stop> {
        self.lane.clear();
        let program = self.lane.constants.program.clone();
        self.lane.work.fuel = reading_fuel(&program, &self.copy);
        state_value(
            &mut self.lane.memory::<Single>(&self.copy, &self.copy),
            &program,
        )
    }

    fn snapshot(&self, out: &mut Vec<u8>) -> Result<(), Stop> {
        record::write_snapshot(self.lane.constants.program.identity(), &self.copy, out);
        out.extend(crate::crc::crc32(out).to_le_bytes());
        Ok(())
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<(), RecoveryError> {
        restore_copy(&self.lane, &mut self.copy, snapshot)
    }

    fn replay(&mut self, record: &[u8]) -> Result<(), RecoveryError> {
        record::replay(
            record,
            &mut self.copy,
            self.lane.constants.limits.state_words,
        )
    }

    fn epoch(&self) -> u64 {
        self.copy.epoch()
    }

    fn first(&mut self) -> (&mut Lane, &StateCopy) {
        (&mut self.lane, &self.copy)
    }

    fn parts_mut(&mut self) -> (&mut [Lane], &mut [StateCopy]) {
        (
            std::slice::from_mut(&mut self.lane),
            std::slice::from_mut(&mut self.copy),
        )
    }
}
