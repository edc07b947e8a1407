//! The smallest schedule found that fails as a given one does.
//!
//! In: a schedule whose run has a violation. Out: one that has a violation of the same sort, with fewer
//! faults, operations and disturbances; no part of those that were tried can be left out.

use crate::cluster::Cluster;
use crate::history::{Outcome, Wrong};
use crate::schedule::{Clock, Happening, Planned, Schedule};
use crate::world::{Settings, Worker};

/// A search for a smaller schedule.
pub struct Shrink<'c> {
    worker: Worker<'c>,
    settings: Settings,
    wrong: Wrong,
    /// The smallest so far.
    best: Schedule,
    /// Runs that it may still take.
    left: u32,
}

impl<'c> Shrink<'c> {
    /// Begins with a schedule. Nothing if its run has no violation. The error is a sentence.
    pub fn new(
        cluster: &'c Cluster,
        schedule: Schedule,
        settings: Settings,
        runs: u32,
    ) -> Result<Option<Shrink<'c>>, String> {
        let mut worker = Worker::new(cluster);
        let (outcome, _) = worker.run(&schedule, settings)?;
        let Some(first) = outcome.violations.first() else {
            return Ok(None);
        };
        let wrong = first.wrong.clone();
        // What triggered by answers triggers at its time, so that it still does with fewer operations.
        let timed = timed(&schedule, &outcome);
        let mut shrink = Shrink {
            worker,
            settings,
            wrong,
            best: schedule,
            left: runs,
        };
        shrink.try_one(timed);
        Ok(Some(shrink))
    }

    /// Searches until nothing more can be left out, or the runs are used up.
    pub fn search(mut self) -> Schedule {
        loop {
            let before = self.best.clone();
            self.calm();
            self.fewer_faults();
            self.fewer_operations();
            if self.best == before || self.left == 0 {
                return self.best;
            }
        }
    }

    /// Keeps a schedule if it fails in the same way. Whether it does.
    fn try_one(&mut self, schedule: Schedule) -> bool {
        if self.left == 0 || schedule == self.best {
            return false;
        }
        self.left -= 1;
        let fails = match self.worker.run(&schedule, self.settings) {
            Ok((outcome, _)) => outcome
                .violations
                .iter()
                .any(|violation| violation.wrong == self.wrong),
            Err(_) => false,
        };
        if fails {
            self.best = schedule;
        }
        fails
    }

    fn with(&mut self, change: impl FnOnce(&mut Schedule)) -> bool {
        let mut schedule = self.best.clone();
        change(&mut schedule);
        self.try_one(schedule)
    }

    /// A network that does nothing wrong, and clocks that are right.
    fn calm(&mut self) {
        self.with(|schedule| schedule.loss = 0.0);
        self.with(|schedule| schedule.duplicate = 0.0);
        self.with(|schedule| schedule.reorder = 0.0);
        let right = Clock { ahead: 0, ppm: 0 };
        if !self.with(|schedule| schedule.clocks.fill(right)) {
            for node in 0..self.best.clocks.len() {
                self.with(|schedule| schedule.clocks[node] = right);
            }
        }
    }

    /// Leaves out halves, quarters, and so on, of what is planned.
    fn fewer_faults(&mut self) {
        let mut size = self.best.planned.len().div_ceil(2);
        while size > 0 && self.left > 0 {
            let mut from = 0;
            while from < self.best.planned.len() {
                let to = (from + size).min(self.best.planned.len());
                if !self.with(|schedule| drop(schedule.planned.drain(from..to))) {
                    from = to;
                }
            }
            size /= 2;
        }
    }

    /// Fewer clients, and fewer operations of each.
    fn fewer_operations(&mut self) {
        for client in 0..self.best.operations.len() {
            if self.best.operations[client] > 0 {
                self.with(|schedule| schedule.operations[client] = 0);
            }
        }
        for client in 0..self.best.operations.len() {
            let mut step = self.best.operations[client] / 2;
            while step > 0 && self.left > 0 {
                let has = self.best.operations[client];
                if has <= step || !self.with(|schedule| schedule.operations[client] = has - step) {
                    step /= 2;
                }
            }
        }
    }
}

/// The same, at the times at which everything happened.
fn timed(schedule: &Schedule, outcome: &Outcome) -> Schedule {
    let mut timed = schedule.clone();
    let planned = schedule.planned.iter().enumerate();
    let happened = planned.filter_map(|(index, planned)| {
        let at = *outcome.happened.get(&index)?;
        Some(Planned {
            after: u32::MAX,
            latest: at,
            ..planned.clone()
        })
    });
    timed.planned = happened.collect();
    timed.planned.sort_by_key(|planned| planned.latest);
    timed
}

/// What a schedule plans, by kind, in one line.
pub fn summary(schedule: &Schedule) -> String {
    let count = |of: fn(&Happening) -> bool| {
        schedule
            .planned
            .iter()
            .filter(|planned| of(&planned.what))
            .count()
    };
    let counted = |number, [one, many]: [&str; 2]| {
        let noun = if number == 1 { one } else { many };
        format!("{number} {noun}")
    };
    let operations = ["operation", "operations"];
    let mut parts = vec![counted(schedule.total() as usize, operations)];
    let kinds = [
        (
            ["crash", "crashes"],
            count(|what| matches!(what, Happening::Crash { .. })),
        ),
        (
            ["partition", "partitions"],
            count(|what| matches!(what, Happening::Cut { .. })),
        ),
        (
            ["fault inside", "faults inside"],
            count(|what| matches!(what, Happening::Asc { .. })),
        ),
        (
            ["corrupted word", "corrupted words"],
            count(|what| matches!(what, Happening::Corrupt { .. })),
        ),
    ];
    parts.extend(
        kinds
            .iter()
            .filter(|(_, number)| *number > 0)
            .map(|(nouns, number)| counted(*number, *nouns)),
    );
    let rates = [
        ("loss", schedule.loss),
        ("duplicates", schedule.duplicate),
        ("overtaking", schedule.reorder),
    ];
    parts.extend(
        rates
            .iter()
            .filter(|(_, rate)| *rate > 0.0)
            .map(|(name, _)| (*name).to_owned()),
    );
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::summary;
    use crate::replay::Replay;

    #[test]
    fn one_of_something_is_not_several() {
        let text = include_str!("../../tests/sim/regressions/early-records.toml");
        let replay = Replay::parse(text).unwrap();
        assert_eq!(summary(&replay.schedule), "3 operations, 1 crash");
        let text = text.replace("operations = [1, 1, 1]", "operations = [1]");
        let replay = Replay::parse(&text).unwrap();
        assert_eq!(summary(&replay.schedule), "1 operation, 1 crash");
    }
}
