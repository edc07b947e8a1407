//! Numbers of a cluster's file that mean nothing: refused, so that no run says that all is well with them.

use crate::config::Config;
use crate::span::Range;

impl Config {
    /// Whether all numbers are such as they can be. The error is a sentence.
    pub(crate) fn check_numbers(&self) -> Result<(), String> {
        let Config {
            network,
            disk,
            clocks,
            faults,
            ..
        } = self;
        for (name, probability) in [
            ("network.loss", network.loss),
            ("network.duplicate", network.duplicate),
            ("network.reorder", network.reorder),
        ] {
            if !(0.0..=1.0).contains(&probability) {
                return Err(format!("`{name}` is a probability, from 0 to 1"));
            }
        }
        for (name, is_ordered) in [
            ("network.delay", is_ordered(&network.delay)),
            ("disk.sync", is_ordered(&disk.sync)),
            ("faults.crashes", is_ordered(&faults.crashes)),
            ("faults.partitions", is_ordered(&faults.partitions)),
            ("faults.leader", is_ordered(&faults.leader)),
            ("faults.asc", is_ordered(&faults.asc)),
            ("faults.corrupt", is_ordered(&faults.corrupt)),
            ("faults.down", is_ordered(&faults.down)),
            ("faults.cut", is_ordered(&faults.cut)),
            ("faults.restart", is_ordered(&faults.restart)),
        ] {
            if !is_ordered {
                return Err(format!("`{name}` has its least before its greatest"));
            }
        }
        if clocks.drift_ppm >= 1_000_000 {
            return Err("`clocks.drift_ppm` is below 1000000: no clock stands still".to_owned());
        }
        if self.model.states == 0 {
            return Err("`model.states` is at least 1".to_owned());
        }
        match self.process.iter().find(|kind| kind.count == 0) {
            Some(kind) => Err(format!("`count` of `{}` is at least 1", kind.name)),
            None => Ok(()),
        }
    }
}

fn is_ordered<T: Copy + PartialOrd>(range: &Range<T>) -> bool {
    let [least, greatest] = range.ends();
    least <= greatest
}
