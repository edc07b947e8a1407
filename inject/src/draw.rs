//! Faults drawn at random.
//!
//! In: all classes and a seed. Out: so many single faults, the same for the same seed.

use crate::campaign::Settings;
use crate::faults::{Class, Faults, Sort};
use crate::workload::Workload;

impl Faults {
    /// Keeps faults drawn at random, each with its weight as chance. Those that need no run are drawn
    /// too, where all places are asked for, and counted.
    pub(crate) fn draw(&mut self, settings: &Settings, workload: &Workload, samples: u64) {
        let mut sums = Vec::with_capacity(self.classes.len());
        let mut sum = 0_u128;
        for class in &self.classes {
            sum += u128::from(class.weight) * u128::from(class.runs(workload));
            sums.push(sum);
        }
        let untouched = [self.untouched_passing, self.untouched_lasting];
        let (passing, lasting) = match settings.takes_all_places() {
            true => (u128::from(untouched[0]), u128::from(untouched[1])),
            false => (0, 0),
        };
        (self.untouched_passing, self.untouched_lasting) = (0, 0);
        let all = sum + passing + lasting;
        let mut state = settings.seed;
        let mut drawn = Vec::new();
        for _ in 0..samples {
            if all == 0 {
                break;
            }
            let place = (u128::from(split_mix(&mut state)) * all) >> 64;
            if place >= sum {
                if place < sum + passing {
                    self.untouched_passing += 1;
                } else {
                    self.untouched_lasting += 1;
                }
                continue;
            }
            let class = self.classes[sums.partition_point(|sum| *sum <= place)];
            let runs = class.runs(workload);
            let run = (u128::from(split_mix(&mut state)) * u128::from(runs)) >> 64;
            drawn.push(Class {
                sort: Sort::One(class.fault(run as u64)),
                weight: 1,
                ..class
            });
        }
        drawn.sort_by_key(|class| (class.input, class.point));
        self.classes = drawn;
    }
}

/// The next number of a sequence that its seed decides (SplitMix64).
pub fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}
