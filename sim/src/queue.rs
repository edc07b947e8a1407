//! What is to come, by time; at one time in the order in which it was planned.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// A message reaches an endpoint.
    Deliver {
        /// From whom.
        from: u16,
        /// To whom.
        to: u16,
        /// The sender's life, and when in it the message left.
        life: u32,
        /// When it left.
        left: u64,
        /// The frame, a number in the store of frames.
        frame: u32,
    },
    /// A timer of a process is due.
    Timer {
        /// Whose.
        member: u16,
        /// Of which life.
        life: u32,
        /// Which.
        slot: u32,
        /// Which setting of it.
        generation: u64,
    },
    /// A process starts again.
    Restart {
        /// Which.
        member: u16,
        /// Its life so far.
        life: u32,
    },
    /// A client goes on, or repeats its request.
    Client {
        /// Which.
        client: u16,
        /// What it waits for; it may have gone on since.
        token: u32,
    },
    /// The time has come for what was planned, whatever was answered.
    Planned,
    /// A partition ends.
    Mend {
        /// Its number.
        cut: u32,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Event {
    time: u64,
    number: u64,
    what: What,
}

impl Ord for Event {
    fn cmp(&self, other: &Event) -> Ordering {
        (other.time, other.number).cmp(&(self.time, self.number))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Event) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What is to come.
#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Event>,
    number: u64,
}

impl Queue {
    /// Plans something.
    #[inline]
    pub(crate) fn push(&mut self, time: u64, what: What) {
        self.number += 1;
        self.heap.push(Event {
            time,
            number: self.number,
            what,
        });
    }

    /// What comes next, and when.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(u64, What)> {
        self.heap.pop().map(|event| (event.time, event.what))
    }
}

/// Frames on their way, in memory that is used again.
#[derive(Default)]
pub(crate) struct Frames {
    frames: Vec<Vec<u8>>,
    free: Vec<u32>,
}

impl Frames {
    /// Keeps a frame.
    #[inline]
    pub(crate) fn keep(&mut self, bytes: &[u8]) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.frames.push(Vec::new());
            (self.frames.len() - 1) as u32
        });
        let frame = &mut self.frames[index as usize];
        frame.clear();
        frame.extend_from_slice(bytes);
        index
    }

    /// Takes a frame out; [`Frames::give_back`] gets its memory.
    #[inline]
    pub(crate) fn take(&mut self, index: u32) -> Vec<u8> {
        std::mem::take(&mut self.frames[index as usize])
    }

    /// The memory of a frame that was taken out.
    #[inline]
    pub(crate) fn give_back(&mut self, index: u32, frame: Vec<u8>) {
        self.frames[index as usize] = frame;
        self.free.push(index);
    }
}

#[cfg(test)]
mod tests {
    use super::{Queue, What};

    #[test]
    fn equal_times_keep_their_order() {
        let mut queue = Queue::default();
        for (time, cut) in [(5, 1), (3, 2), (5, 3), (3, 4)] {
            queue.push(time, What::Mend { cut });
        }
        let order: Vec<(u64, What)> = std::iter::from_fn(|| queue.pop()).collect();
        let cut = |cut| What::Mend { cut };
        assert_eq!(order, [(3, cut(2)), (3, cut(4)), (5, cut(1)), (5, cut(3))]);
    }
}
