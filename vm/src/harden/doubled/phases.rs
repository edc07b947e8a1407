//! The phases of a message in the hardened modes, in their order. Those of one lane stand apart, so
//! that no more than one lane's work is between two of them.
//!
//! Control that jumps from one to another finds that a stage was skipped or repeated: each begins
//! with [`Lane::begin`], for each lane, and the outputs' CRCs hold only if all were completed.

use super::{DoubledBody, SCRUB_EVERY};
use crate::check::Check;
use crate::error::Stop;
use crate::exec::black_box;
#[cfg(pasc_probe)]
use crate::exec::stepped;
use crate::fill::fill_bytes;
use crate::frame::CRC_BYTES;
use crate::harden::grain::Grain;
use crate::harden::{Emission, ON, Outcome, SPOILT, hand_over, phases};
use crate::lane::{Input, Lane, NOTHING, agree};
use crate::memory::{First, Second};
#[cfg(pasc_probe)]
use crate::probe::Visitor;
use crate::probe::{keeps, point, touch};
use crate::record;
use crate::state::StateCopy;
use crate::trap::Trap;

/// How a phase ends.
type Phase = Result<Option<Outcome>, Stop>;

impl<G: Grain> DoubledBody<G> {
    phases! {
        enter_a enter_b check_entry receive_a receive_b check_received choose_handler run_handler
        note_a note_b check_notes compare_lanes check_choices reserve_room write_record_a
        write_record_b apply_a apply_b hand_out_record hand_out
    }

    fn enter<const SIDE: usize>(&mut self, input: &Input, _: &mut Emission) -> Phase {
        self.lanes[SIDE].enter(black_box(input), &self.copies[SIDE]);
        ON
    }

    fn enter_a(&mut self, input: &Input, out: &mut Emission) -> Phase {
        self.enter::<0>(input, out)
    }

    fn enter_b(&mut self, input: &Input, out: &mut Emission) -> Phase {
        self.enter::<1>(input, out)
    }

    /// Copies and limits fit together; what never changes is compared now and then.
    fn check_entry(&mut self, input: &Input, _: &mut Emission) -> Phase {
        if !self.copies.iter().all(StateCopy::is_a_state) {
            return Err(Trap::State.into());
        }
        let [a, b] = &self.lanes;
        touch(&a.epoch);
        touch(&b.epoch);
        if a.epoch != b.epoch && keeps(Check::EntryEpochs) {
            return Err(Trap::Epoch.into());
        }
        touch(&a.constants.limits);
        touch(&b.constants.limits);
        let scrub = input.ordinal.is_multiple_of(SCRUB_EVERY);
        if a.constants.limits != b.constants.limits && keeps(Check::Limits)
            || scrub && !a.has_same_constants(b)
        {
            return Err(Trap::Constant.into());
        }
        ON
    }

    fn receive_a(&mut self, _: &Input, _: &mut Emission) -> Phase {
        let ([a, _], [copy_a, copy_b]) = (&mut self.lanes, &self.copies);
        a.noted = a.receive::<First>(copy_a, copy_b);
        touch(&a.noted);
        ON
    }

    fn receive_b(&mut self, _: &Input, _: &mut Emission) -> Phase {
        let ([_, b], [copy_a, copy_b]) = (&mut self.lanes, &self.copies);
        let (copy_b, copy_a) = (black_box(copy_b), black_box(copy_a));
        b.noted = b.receive::<Second>(copy_b, copy_a);
        touch(&b.noted);
        ON
    }

    /// What the lanes noted, if they agree on it; the notes are used up.
    fn agreed(&mut self, otherwise: Trap) -> Result<(), Stop> {
        let [a, b] = self.lanes.each_mut().map(|lane| {
            touch(&lane.noted);
            std::mem::replace(&mut lane.noted, NOTHING)
        });
        agree(a, b, otherwise)
    }

    fn check_received(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.agreed(Trap::Decoded)?;
        let [a, b] = &self.lanes;
        touch(&a.kind);
        touch(&b.kind);
        if a.kind != b.kind && keeps(Check::Received) {
            return Err(Trap::Decoded.into());
        }
        ON
    }

    fn choose_handler(&mut self, _: &Input, _: &mut Emission) -> Phase {
        let chosen = self.choose()?;
        if self.note_choice(chosen) {
            ON
        } else {
            touch(&self.lanes[0].kind);
            Ok(Some(Outcome::Unhandled(self.lanes[0].kind)))
        }
    }

    fn run_handler(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.run_body()?;
        ON
    }

    fn note_a(&mut self, _: &Input, _: &mut Emission) -> Phase {
        let ([a, _], [copy_a, copy_b]) = (&mut self.lanes, &self.copies);
        a.noted = a.note_message::<First>(copy_a, copy_b);
        touch(&a.noted);
        ON
    }

    fn note_b(&mut self, _: &Input, _: &mut Emission) -> Phase {
        let ([_, b], [copy_a, copy_b]) = (&mut self.lanes, &self.copies);
        let (copy_b, copy_a) = (black_box(copy_b), black_box(copy_a));
        b.noted = b.note_message::<Second>(copy_b, copy_a);
        touch(&b.noted);
        ON
    }

    fn check_notes(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.agreed(Trap::Delta)?;
        ON
    }

    fn compare_lanes(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.compare()?;
        ON
    }

    fn check_choices(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.check_choice()?;
        ON
    }

    fn reserve_room(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.reserve()?;
        ON
    }

    fn write_record<const SIDE: usize>(&mut self) -> Phase {
        let lane = black_box(&mut self.lanes[SIDE]);
        lane.advance();
        if lane.makes_records() {
            touch(&lane.record);
            lane.record.clear();
            record::write_record(&lane.work.delta, &mut lane.record);
            touch(lane.record.as_slice());
        }
        lane.advance();
        ON
    }

    fn write_record_a(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.write_record::<0>()
    }

    fn write_record_b(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.write_record::<1>()
    }

    fn apply_a(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.apply::<0>()?;
        ON
    }

    fn apply_b(&mut self, _: &Input, _: &mut Emission) -> Phase {
        self.apply::<1>()?;
        ON
    }

    /// The redo record, under a CRC that holds only if all phases before were gone through.
    fn hand_out_record(&mut self, input: &Input, out: &mut Emission) -> Phase {
        let residue = self.residue(input);
        let [a, b] = &self.lanes;
        if a.makes_records() {
            touch(&out.record);
            if !out.record.is_empty() {
                return Err(Trap::Output.into());
            }
            touch(&b.record);
            touch(b.record.as_slice());
            touch(&a.record);
            let crc = crate::crc::crc32(black_box(&b.record)) ^ residue;
            hand_over(&a.record, crc, &mut out.record);
        }
        ON
    }

    /// How the record that was handed out differs in length from what this lane expects, 0 if it does
    /// not: frames must not leave if their record did not.
    fn left_of_record(lane: &Lane, out: &Emission) -> usize {
        touch(&out.record);
        touch(&lane.record);
        let due = match lane.makes_records() {
            true => lane.record.len() + CRC_BYTES,
            false => 0,
        };
        out.record.len() ^ due
    }

    /// The outputs, under CRCs that hold only if all phases before were gone through.
    fn hand_out(&mut self, input: &Input, out: &mut Emission) -> Phase {
        let residue = self.residue(input);
        let [a, b] = &self.lanes;
        let left = Self::left_of_record(a, out) | Self::left_of_record(black_box(b), out);
        self.emit(residue | left as u32, &mut out.frames)?;
        if left != 0 {
            return Err(Trap::Output.into());
        }
        Ok(Some(Outcome::Handled(self.lanes[0].choice())))
    }

    /// Step 6: the bytes of lane A, the CRC of lane B's bytes, spoilt by what went wrong.
    #[cfg_attr(
        not(pasc_probe),
        expect(unused_mut, reason = "a fault can change them")
    )]
    pub(super) fn emit(&mut self, mut residue: u32, out: &mut Vec<u8>) -> Result<(), Stop> {
        touch(out);
        if !out.is_empty() && keeps(Check::EmptyOutput) {
            return Err(Trap::Output.into());
        }
        // A counter for each lane, so that a fault in one shows as a CRC of another frame.
        let (mut of_a, mut of_b) = (0, 0);
        while of_a < self.lanes[0].outbox.len() {
            let mut crc = self.output_crc(of_b)? ^ residue;
            point!("emit", |v: &mut Visitor| {
                stepped::visit_all(v, &mut self.lanes, &mut self.copies);
                v.side = crate::probe::visitor::SHARED;
                v.kind = crate::probe::visitor::Kind::Passing;
                v.local("emit.of_a", &mut of_a);
                v.local("emit.of_b", &mut of_b);
                v.local("emit.crc", &mut crc);
                v.local("emit.residue", &mut residue);
                v.slice("output", out);
                v.length("output.length", out, 0);
            });
            let bytes = self.lanes[0].outbox.frame(of_a).ok_or(Trap::Output)?;
            hand_over(bytes, crc, out);
            of_a += 1;
            of_b = black_box(of_b + 1);
        }
        let [a, b] = &mut self.lanes;
        touch(out);
        let whole = b.outbox.bytes().len() + CRC_BYTES * b.outbox.len();
        let counted = of_a == b.outbox.len() && of_b == a.outbox.len() && out.len() == whole;
        if !counted && keeps(Check::FrameCount) {
            fill_bytes(out, SPOILT);
            out.clear();
            return Err(Trap::Output.into());
        }
        if keeps(Check::Spoil) {
            a.outbox.spoil(a.poison);
            b.outbox.spoil(b.poison);
        }
        Ok(())
    }

    /// The CRC of the frame, of lane B's bytes.
    fn output_crc(&self, index: usize) -> Result<u32, Stop> {
        let lane = &self.lanes[usize::from(keeps(Check::OtherCrc))];
        let replica = black_box(&lane.outbox).frame(index).ok_or(Trap::Output)?;
        touch(replica);
        Ok(crate::crc::crc32(replica))
    }
}
