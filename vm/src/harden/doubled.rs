//! The hardened modes: two lanes on two copies of the state. They differ in one thing, the grain at
//! which the machine changes lanes ([`super::grain`]).

mod phases;

use super::grain::Grain;
use super::{
    Body, Emission, Outcome, Way, handler, nth_handler, reading_fuel, restore_copy, state_value,
    way_to_choice, words_needed,
};
use crate::check::Check;
use crate::delta::Stamp;
use crate::error::{ErrorCode, Stop};
use crate::exec::black_box;
use crate::exec::{Bases, Next, distances};
use crate::isa::{Opcode, Word};
use crate::lane::{Input, Lane, LaneParts, agree};
use crate::memory::{First, Second};
use crate::probe::{keeps, touch};
use crate::program::{Handler, HandlerId, HandlerKind, Region};
use crate::progress::{Stage, UNGUARDED};
use crate::record::{self, RecoveryError};
use crate::state::StateCopy;
use crate::trap::Trap;
use crate::value::Value;
use std::marker::PhantomData;

/// Poison of the two lanes: what one lane never wrote does not agree with what the other never wrote.
const POISON: [u64; 2] = [0, !0];

/// After how many messages everything that never changes is compared between the lanes.
const SCRUB_EVERY: u64 = 1024;

/// Two lanes, and two copies of the state.
#[derive(Debug)]
pub struct DoubledBody<G> {
    pub(crate) lanes: [Lane; 2],
    pub(crate) copies: [StateCopy; 2],
    grain: PhantomData<G>,
}

impl<G: Grain> DoubledBody<G> {
    /// Runs a region, which each lane takes from its own program, to its end.
    fn run(&mut self, regions: [Region; 2]) -> Result<Next, Stop> {
        let apart = self.apart()?;
        let starts = regions.map(|region| region.start.0);
        let end = G::run(&mut self.lanes, &mut self.copies, starts, &apart);
        let [a, b] = &self.lanes;
        if matches!(end, Err(Stop::Error(_))) {
            touch(&a.work.error_place);
            touch(&b.work.error_place);
        }
        if matches!(end, Err(Stop::Error(_)))
            && a.work.error_place != b.work.error_place
            && keeps(Check::Ends)
        {
            return Err(Trap::Error.into());
        }
        end
    }

    /// How far apart the lanes' parts lie. The lanes themselves lie side by side, so that most
    /// distances are known at compile time; code and copies must at least not be the same.
    fn apart(&self) -> Result<Bases, Stop> {
        let [a, b] = &self.lanes;
        let [copy_a, copy_b] = &self.copies;
        let apart = distances(&a.bases(copy_a), &b.bases(copy_b));
        let side_by_side = size_of::<Lane>().wrapping_neg();
        let [registers, code, work, outbox, own] = apart;
        let together = [registers, work, outbox]
            .iter()
            .all(|part| *part == side_by_side);
        if (!together || code == 0 || own == 0) && keeps(Check::Bases) {
            return Err(Trap::Base.into());
        }
        Ok(apart)
    }

    /// What grows of the lanes' parts keeps no distance, but is never one part for both: what the lanes
    /// made there would agree.
    fn check_buffers(&self) -> Result<(), Stop> {
        let [a, b] = &self.lanes;
        if a.shares_buffers(b) && keeps(Check::Bases) {
            return Err(Trap::Base.into());
        }
        Ok(())
    }

    /// A part of a handler, which each lane takes from its own program by its own id. Marks the
    /// handler's registers as used.
    fn take<T>(&mut self, ids: [HandlerId; 2], part: fn(&Handler) -> T) -> Result<[T; 2], Stop> {
        let mut taken = [None, None];
        for ((lane, id), taken) in self.lanes.iter_mut().zip(ids).zip(&mut taken) {
            let handler = handler(&lane.constants.program, id)?;
            *taken = Some(part(handler));
            touch(&lane.registers_used);
            lane.registers_used = lane.registers_used.max(handler.registers);
        }
        match taken {
            [Some(a), Some(b)] => Ok([a, b]),
            _ => Err(Trap::Handler.into()),
        }
    }

    /// Runs the body of the handler that each lane chose.
    fn run_body(&mut self) -> Result<Next, Stop> {
        let [Some(a), Some(b)] = self.lanes.each_ref().map(Lane::choice) else {
            return Err(Trap::Handler.into());
        };
        for lane in &mut self.lanes {
            lane.check_order(Stage::Run)?;
            lane.advance();
        }
        let regions = self.take([a, b], |handler| handler.body)?;
        let end = self.run(regions)?;
        for lane in &mut self.lanes {
            touch(&lane.work.halt);
            touch(&lane.token);
            lane.token = lane.work.halt;
            lane.advance();
        }
        Ok(end)
    }

    /// Whether the guard holds. Each lane notes what it came to itself, so that no single variable
    /// decides for both.
    fn guard_holds(&mut self, ids: [HandlerId; 2]) -> Result<bool, Stop> {
        match self.take(ids, |handler| handler.guard)? {
            [None, None] => {
                for lane in &mut self.lanes {
                    touch(&lane.work.result);
                    lane.work.result = black_box(UNGUARDED);
                }
            }
            [Some(a), Some(b)] => {
                self.run([a, b])?;
            }
            _ => return Err(Trap::Handler.into()),
        }
        let [a, b] = &mut self.lanes;
        let holds = a.note_guard(ids[0]);
        b.note_guard(ids[1]);
        Ok(holds)
    }

    /// The first handler whose guard holds. Each lane looks for it in its own program by the kind that
    /// it received itself.
    fn choose(&mut self) -> Result<[Option<HandlerId>; 2], Stop> {
        for place in 0.. {
            let [a, b] = &self.lanes;
            match [nth_handler(a, place), nth_handler(b, black_box(place))] {
                [None, None] => break,
                [Some(a), Some(b)] if a == b || !keeps(Check::Choice) => {
                    if self.guard_holds([a, b])? {
                        return Ok([Some(a), Some(b)]);
                    }
                }
                _ => return Err(Trap::Handler.into()),
            }
        }
        Ok([None, None])
    }

    /// Each lane notes the handler that it chose; whether there is one.
    fn note_choice(&mut self, [a, b]: [Option<HandlerId>; 2]) -> bool {
        touch(&self.lanes[0].chosen);
        touch(&self.lanes[1].chosen);
        self.lanes[0].chosen = a;
        self.lanes[1].chosen = black_box(b);
        a.is_some()
    }

    /// Each lane chose the first handler whose guard gave 1 to it, after guards that gave 0: what it
    /// noted of its guards is what its choice says. Control that went back and ran a region once more
    /// in both lanes has come to more ends than these.
    fn check_choice(&mut self) -> Result<(), Stop> {
        for lane in &mut self.lanes {
            lane.advance();
            let way = way_to_choice(black_box(lane));
            touch(&lane.trail);
            touch(&lane.work.borders);
            let is_other = |way: &Way| way.trail != lane.trail;
            if way.as_ref().is_none_or(is_other) && keeps(Check::Trail) {
                return Err(Trap::Guard.into());
            }
            let is_other = |way: &Way| way.borders != lane.work.borders;
            if way.as_ref().is_none_or(is_other) && keeps(Check::Borders) {
                return Err(Trap::Stage.into());
            }
            lane.advance();
        }
        Ok(())
    }

    /// Step 4: everything that the lanes made is equal, and they came to it by the whole handler.
    fn compare(&mut self) -> Result<(), Stop> {
        for lane in &mut self.lanes {
            lane.check_order(Stage::Compare)?;
            lane.advance();
        }
        self.check_buffers()?;
        let tokens = self.check_tokens();
        if tokens.is_err() && keeps(Check::Tokens) {
            return tokens;
        }
        let [a, b] = &mut self.lanes;
        touch(&a.work.fuel);
        touch(&b.work.fuel);
        if a.work.fuel != b.work.fuel && keeps(Check::Fuel) {
            return Err(Trap::Fuel.into());
        }
        if !a.has_same_input(b) && keeps(Check::Input) {
            return Err(Trap::Message.into());
        }
        if !a.work.delta.agrees_with(&b.work.delta) && keeps(Check::Delta) {
            return Err(Trap::Delta.into());
        }
        if !a.outbox.agrees_with(&b.outbox) && keeps(Check::Outputs) {
            return Err(Trap::Output.into());
        }
        a.advance();
        b.advance();
        Ok(())
    }

    /// Both lanes halted at an end of the handler's body, with the signature that stands there in
    /// the *other* lane's code.
    fn check_tokens(&self) -> Result<(), Stop> {
        let [a, b] = &self.lanes;
        for (lane, other) in [(a, b), (b, a)] {
            touch(&lane.token);
            let (position, signature) = lane.token;
            let chosen = lane.choice().ok_or(Trap::Handler)?;
            let body = handler(&other.constants.program, chosen)?.body;
            let inside = (body.start.0..body.end.0).contains(&position);
            let code = &other.constants.code;
            let words = (code.word(position), code.word(position.wrapping_add(1)));
            let (Some(end), Some(expected)) = words else {
                return Err(Trap::Token.into());
            };
            let opcode = Word(end).opcode();
            let halts = opcode == Opcode::Halt as u8 || opcode == Opcode::Result as u8;
            if !inside || !halts || expected != signature {
                return Err(Trap::Token.into());
            }
        }
        Ok(())
    }

    /// Both copies get room for what the logs write. The last thing that can fail.
    fn reserve(&mut self) -> Result<(), Stop> {
        let [a, b] = &self.lanes;
        let [copy_a, copy_b] = &mut self.copies;
        let (room_a, room_b) = (words_needed(a, copy_a)?, words_needed(b, copy_b)?);
        if room_a != room_b {
            return Err(Trap::Delta.into());
        }
        if !copy_a.reserve(room_a) || !copy_b.reserve(room_b) {
            return Err(Stop::Error(ErrorCode::OutOfMemory));
        }
        Ok(())
    }

    /// Step 5: the log of a lane to its copy. Control that comes here by a jump, with half of the work
    /// done in both lanes, finds the stage before not done.
    fn apply<const SIDE: usize>(&mut self) -> Result<(), Stop> {
        self.lanes[SIDE].check_order(Stage::Apply)?;
        self.lanes[SIDE].advance();
        let lane = &mut self.lanes[SIDE];
        let stamp = lane.stamp();
        lane.work.delta.apply(stamp, &mut self.copies[SIDE])?;
        lane.advance();
        Ok(())
    }

    /// What went wrong since the message entered, 0 if nothing did: stages, tokens and epochs, each
    /// XORed with what it should be.
    fn residue(&self, input: &Input) -> u32 {
        let [a, b] = &self.lanes;
        let stamp = Stamp {
            ordinal: input.ordinal,
            crc: input.crc,
        };
        let epoch = black_box(b.epoch).wrapping_add(1);
        let signature = |lane: &Lane, position: u32| {
            let end = lane.constants.code.word(position.wrapping_add(1));
            end.unwrap_or(!0)
        };
        for lane in [a, b] {
            touch(&lane.token);
            touch(&lane.epoch);
        }
        let stages = black_box(a.left_undone(stamp)) | black_box(b.left_undone(stamp));
        let tokens = u64::from(a.token.0 ^ b.token.0)
            | (a.token.1 ^ signature(b, a.token.0))
            | (b.token.1 ^ signature(a, b.token.0));
        let epochs = (self.copies[0].epoch() ^ epoch)
            | (self.copies[1].epoch() ^ epoch)
            | (a.epoch ^ b.epoch);
        let part = |check, wrong: u64| if wrong == 0 || keeps(check) { wrong } else { 0 };
        let wrong = part(Check::Stages, stages)
            | part(Check::ResidueTokens, tokens)
            | part(Check::ResidueEpochs, epochs);
        (wrong | wrong >> 32) as u32
    }
}

impl<G: Grain> Body for DoubledBody<G> {
    fn new(parts: &LaneParts) -> Result<DoubledBody<G>, Stop> {
        let (lane_a, copy_a) = Lane::new(parts, POISON[0])?;
        let poison = POISON[usize::from(keeps(Check::Poison))];
        let (lane_b, copy_b) = Lane::new(black_box(parts), poison)?;
        Ok(DoubledBody {
            lanes: [lane_a, lane_b],
            copies: [copy_a, copy_b],
            grain: PhantomData,
        })
    }

    fn initialise(&mut self) -> Result<(), Stop> {
        let input = Input::new(0, 0, &[]);
        for (lane, copy) in self.lanes.iter_mut().zip(&self.copies) {
            lane.enter(black_box(&input), copy);
            lane.kind = Some(HandlerKind::Init);
            lane.skip_stage(); // nothing is received
        }
        if !self.lanes[0].has_same_constants(&self.lanes[1]) {
            return Err(Trap::Constant.into());
        }
        let chosen = self.choose()?;
        let has_initial_values = self.note_choice(chosen);
        if has_initial_values {
            self.run_body()?;
            self.lanes.iter_mut().for_each(Lane::skip_stage);
            self.compare()?;
            self.check_choice()?;
        } else {
            for lane in &mut self.lanes {
                // Run, note, compare, choice.
                (0..4).for_each(|_| lane.skip_stage());
            }
        }
        self.reserve()?;
        self.lanes.iter_mut().for_each(Lane::skip_stage);
        self.apply::<0>()?;
        self.apply::<1>()?;
        if has_initial_values && self.residue(&input) != 0 {
            return Err(Trap::Token.into());
        }
        Ok(())
    }

    fn handle(&mut self, input: &Input, out: &mut Emission) -> Result<Outcome, Stop> {
        self.go_through(input, out)
    }

    fn probe(&mut self, handler: HandlerId, out: &mut Vec<u8>) -> Result<Option<u64>, Stop> {
        for (lane, copy) in self.lanes.iter_mut().zip(&self.copies) {
            lane.enter(&Input::new(0, 0, &[]), copy);
            lane.skip_stage();
        }
        self.note_choice([Some(handler), Some(handler)]);
        let end = self.run_body()?;
        self.lanes.iter_mut().for_each(Lane::skip_stage);
        self.compare()?;
        self.emit(0, out)?;
        self.lanes.iter_mut().for_each(Lane::clear);
        Ok(if let Next::Result(value) = end {
            Some(value)
        } else {
            None
        })
    }

    fn state(&mut self) -> Result<Value, Stop> {
        let [lane_a, lane_b] = &mut self.lanes;
        let [copy_a, copy_b] = &self.copies;
        lane_a.clear();
        lane_b.clear();
        let programs = [
            lane_a.constants.program.clone(),
            lane_b.constants.program.clone(),
        ];
        lane_a.work.fuel = reading_fuel(&programs[0], copy_a);
        lane_b.work.fuel = reading_fuel(&programs[1], copy_b);
        agree(
            state_value(&mut lane_a.memory::<First>(copy_a, copy_b), &programs[0]),
            state_value(&mut lane_b.memory::<Second>(copy_b, copy_a), &programs[1]),
            Trap::State,
        )
    }

    fn snapshot(&self, out: &mut Vec<u8>) -> Result<(), Stop> {
        // One copy that is taken for both agrees with itself.
        self.apart()?;
        let [lane_a, lane_b] = &self.lanes;
        let [copy_a, copy_b] = &self.copies;
        if copy_a != copy_b || !copy_a.is_a_state() {
            return Err(Trap::State.into());
        }
        if !lane_a.has_same_constants(lane_b) {
            return Err(Trap::Constant.into());
        }
        let mut replica = Vec::new();
        record::write_snapshot(lane_a.constants.program.identity(), copy_a, out);
        record::write_snapshot(
            lane_b.constants.program.identity(),
            black_box(copy_b),
            &mut replica,
        );
        out.extend(crate::crc::crc32(&replica).to_le_bytes());
        Ok(())
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<(), RecoveryError> {
        for (lane, copy) in self.lanes.iter().zip(&mut self.copies) {
            restore_copy(lane, copy, black_box(snapshot))?;
        }
        Ok(())
    }

    fn replay(&mut self, record: &[u8]) -> Result<(), RecoveryError> {
        for (lane, copy) in self.lanes.iter().zip(&mut self.copies) {
            record::replay(black_box(record), copy, lane.constants.limits.state_words)?;
        }
        Ok(())
    }

    fn epoch(&self) -> u64 {
        // If they differ the next message traps; the greater one promises nothing that was not kept.
        self.copies[0].epoch().max(self.copies[1].epoch())
    }

    fn first(&mut self) -> (&mut Lane, &StateCopy) {
        (&mut self.lanes[0], &self.copies[0])
    }

    fn parts_mut(&mut self) -> (&mut [Lane], &mut [StateCopy]) {
        (&mut self.lanes, &mut self.copies)
    }
}
