//! What a process keeps: a snapshot, and the redo records after it.
//!
//! A record is synced a while after it was written. A crash leaves what was synced, and of the rest a
//! part from its beginning that chance decides.

use crate::random::Random;

struct Written {
    /// Where it ends among the records.
    end: usize,
    /// When it is synced.
    synced: u64,
}

/// A snapshot that is not on disk before the records that it covers.
struct Coming {
    snapshot: Vec<u8>,
    covered: usize,
    synced: u64,
}

/// The disk of one process.
#[derive(Default)]
pub(crate) struct Disk {
    snapshot: Vec<u8>,
    records: Vec<u8>,
    written: Vec<Written>,
    coming: Option<Coming>,
    /// When the last record is synced.
    busy: u64,
}

impl Disk {
    /// A disk with a snapshot alone.
    pub(crate) fn begin(&mut self, snapshot: Vec<u8>) {
        self.snapshot = snapshot;
        self.records.clear();
        self.written.clear();
        self.coming = None;
    }

    /// Writes a record; when it is synced.
    #[inline]
    pub(crate) fn write(&mut self, record: &[u8], now: u64, takes: u64) -> u64 {
        self.busy = self.busy.max(now + takes);
        self.records.extend_from_slice(record);
        self.written.push(Written {
            end: self.records.len(),
            synced: self.busy,
        });
        self.busy
    }

    /// How many records stand after the last snapshot.
    #[inline]
    pub(crate) fn length(&self) -> usize {
        self.written.len() - self.coming.as_ref().map_or(0, |coming| coming.covered)
    }

    /// Keeps a snapshot of what all records so far led to.
    pub(crate) fn keep(&mut self, snapshot: Vec<u8>, now: u64) {
        self.settle(now);
        if self.coming.is_none() {
            self.coming = Some(Coming {
                snapshot,
                covered: self.written.len(),
                synced: self.busy,
            });
        }
    }

    /// A snapshot whose records are synced takes their place.
    fn settle(&mut self, now: u64) {
        if let Some(coming) = self.coming.take_if(|coming| coming.synced <= now) {
            let end = self.written[..coming.covered]
                .last()
                .map_or(0, |written| written.end);
            self.snapshot = coming.snapshot;
            self.records.drain(..end);
            self.written.drain(..coming.covered);
            self.written
                .iter_mut()
                .for_each(|written| written.end -= end);
        }
    }

    /// A crash: records that were not synced are lost, or some of them are not.
    pub(crate) fn crash(&mut self, now: u64, random: &mut Random) -> Lost {
        self.settle(now);
        let synced = self
            .written
            .partition_point(|written| written.synced <= now);
        let unsynced = self.written.len() - synced;
        let kept = synced + random.below(unsynced as u64 + 1) as usize;
        self.written.truncate(kept);
        let end = self.written.last().map_or(0, |written| written.end);
        self.records.truncate(end);
        // What it would cover may be gone.
        self.coming = None;
        self.busy = now;
        Lost {
            unsynced,
            lost: synced + unsynced - kept,
        }
    }

    /// The snapshot.
    pub(crate) fn snapshot(&self) -> &[u8] {
        &self.snapshot
    }

    /// The records after the snapshot.
    pub(crate) fn records(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.written.iter().map(|written| written.end));
        starts
            .zip(&self.written)
            .map(|(start, written)| &self.records[start..written.end])
    }
}

/// What a crash did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lost {
    /// Records that were not synced.
    pub(crate) unsynced: usize,
    /// Those of them that are lost.
    pub(crate) lost: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_leaves_what_was_synced_and_a_beginning_of_the_rest() {
        let mut lengths = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let mut disk = Disk::default();
            disk.begin(vec![0]);
            for (number, now) in [(1, 0), (2, 10), (3, 100), (4, 101)] {
                disk.write(&[number], now, 20);
            }
            disk.crash(30, &mut Random::new(seed, 0));
            let left: Vec<u8> = disk.records().flatten().copied().collect();
            assert!(
                [1, 2, 3, 4].starts_with(&left) && left.len() >= 2,
                "{left:?}"
            );
            lengths.insert(left.len());
        }
        assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[test]
    fn a_snapshot_counts_once_its_records_are_synced() {
        let mut disk = Disk::default();
        disk.begin(vec![0]);
        disk.write(&[1], 0, 20);
        disk.keep(vec![9], 5);
        assert_eq!(disk.length(), 0);
        disk.write(&[2], 6, 20);
        disk.crash(10, &mut Random::new(1, 0));
        assert_eq!(disk.snapshot(), [0], "its records are not all there");
        disk.write(&[3], 50, 20);
        disk.keep(vec![7], 60);
        disk.write(&[4], 61, 20);
        disk.crash(200, &mut Random::new(1, 0));
        assert_eq!(disk.snapshot(), [7]);
        assert_eq!(disk.records().collect::<Vec<_>>(), [[4]]);
    }
}
