//! Where the parts of a process lie in memory that there is one of for each lane, for fault injection from
//! outside.
//!
//! In: a process. Out: pairs of places of the same size. Nothing that a handler or an output could see.

use crate::harden::Body;
use crate::lane::Lane;
use crate::process::{Mode, Process};
use crate::state::StateCopy;

/// A part of the first lane and the same part of the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// The address of each lane's part.
    pub starts: [usize; 2],
    /// How many bytes of both are the same part.
    pub bytes: usize,
}

impl<M: Mode> Process<M> {
    /// The parts of the lanes: the lanes themselves, then what they refer to. Nothing in plain.
    pub fn extents(&mut self) -> Vec<Extent> {
        let (lanes, copies) = self.body.parts_mut();
        let ([a, b], [copy_a, copy_b]) = (&*lanes, &*copies) else {
            return Vec::new();
        };
        let pairs = parts(a, copy_a).into_iter().zip(parts(b, copy_b));
        let extent = |((start_a, bytes_a), (start_b, bytes_b)): (Part, Part)| Extent {
            starts: [start_a, start_b],
            bytes: bytes_a.min(bytes_b),
        };
        pairs.map(extent).filter(|part| part.bytes > 0).collect()
    }
}

/// Address and bytes.
type Part = (usize, usize);

fn parts(lane: &Lane, copy: &StateCopy) -> [Part; 9] {
    let work = &lane.work;
    [
        (std::ptr::from_ref(lane).addr(), size_of::<Lane>()),
        of(lane.constants.code.words()),
        of(copy.words()),
        of(&work.words.words),
        of(&work.delta.pages),
        of(&work.delta.table),
        of(&lane.outbox.bytes),
        of(&lane.frame),
        of(&lane.record),
    ]
}

fn of<T>(slice: &[T]) -> Part {
    (slice.as_ptr().addr(), size_of_val(slice))
}
