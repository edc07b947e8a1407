//! How far a lane is with a message, and how it came to its handler.
//!
//! Each lane counts its stages and keeps a trail of its guards, both from a word of the message on, so
//! that no single variable says for both lanes where the message stands. Control that jumps takes some
//! steps twice or leaves some out.

use crate::check::Check;
use crate::delta::Stamp;
use crate::error::Stop;
use crate::lane::Lane;
use crate::probe::{keeps, touch};
use crate::program::HandlerId;
use crate::signature;
use crate::trap::Trap;

/// The stages of a message before which a lane asks whether it went through all others before, by
/// their place in the order of all stages: receive, run, note, compare, choice, record, apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Run = 1,
    Compare = 3,
    Apply = 6,
}

/// The number of stages.
const STAGES: u64 = Stage::Apply as u64 + 1;

/// How far a lane is with a message after this many steps, each a stage begun or done: a word of the
/// message.
pub(crate) fn mark(steps: u64, stamp: Stamp) -> u64 {
    let start = stamp.ordinal.rotate_left(32) ^ u64::from(stamp.crc);
    start.wrapping_add(1 + steps)
}

/// What a handler without a guard notes instead of the 1 of a guard that holds: control that leaves a guard's
/// result and comes to where there is none does not look as if the guard had held.
pub(crate) const UNGUARDED: u64 = 2;

/// The trail of guards after that of this handler gave this result.
pub(crate) fn guard_step(trail: u64, id: HandlerId, result: u64) -> u64 {
    signature::step(signature::step(trail, u64::from(id.0)), result)
}

impl Lane {
    /// Notes what the handler's guard gave, and uses it up; whether it holds.
    pub(crate) fn note_guard(&mut self, id: HandlerId) -> bool {
        touch(&self.trail);
        touch(&self.work.result);
        let result = std::mem::replace(&mut self.work.result, self.poison);
        self.trail = guard_step(self.trail, id, result);
        result == 1 || result == UNGUARDED
    }

    /// A region of a handler begins; at its end the halt counts again.
    #[inline]
    pub(crate) fn begin_region(&mut self) {
        touch(&self.work.borders);
        self.work.borders = self.work.borders.wrapping_add(1);
    }

    /// A stage begins or is done. Control that jumps takes some of these steps twice or leaves some out,
    /// which [`Lane::check_order`] and [`Lane::left_undone`] see.
    #[inline]
    pub(crate) fn advance(&mut self) {
        touch(&self.progress);
        self.progress = self.progress.wrapping_add(1);
    }

    /// A stage that has nothing to do begins and is done.
    pub(crate) fn skip_stage(&mut self) {
        self.advance();
        self.advance();
    }

    /// Whether every step before the stage was taken once.
    #[inline]
    pub(crate) fn check_order(&self, stage: Stage) -> Result<(), Stop> {
        touch(&self.start);
        touch(&self.progress);
        let due = self.start.wrapping_add(2 * stage as u64);
        if self.progress != due && keeps(Check::Progress) {
            return Err(Trap::Stage.into());
        }
        Ok(())
    }

    /// How far the lane is from the end of the message's last stage: 0 if it completed every one.
    pub(crate) fn left_undone(&self, stamp: Stamp) -> u64 {
        touch(&self.progress);
        self.progress ^ mark(2 * STAGES, stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_guard_leaves_the_trail_of_a_handler_without_one() {
        for result in [0, 1] {
            let [guarded, unguarded] =
                [result, UNGUARDED].map(|noted| guard_step(7, HandlerId(3), noted));
            assert_ne!(guarded, unguarded);
        }
    }
}
