//! The places of the lanes' parts: a fault can make one lane's code work on a part of the other lane.
//!
//! In: the table that the process keeps of where the parts lie. Out: the registers and words that hold a
//! place in one, and the same place in the other lane.

use crate::code::Touch;
use crate::fault::Place;
use crate::protocol::MOST_EXTENTS;
use crate::tracee::{Registers, Tracee};
use nix::errno::Errno;

/// The bytes of an address.
const WORD: u64 = 8;

/// A part of each lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Extent {
    starts: [u64; 2],
    bytes: u64,
}

/// Where the parts of the lanes lie; none in plain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Extents(Vec<Extent>);

impl Extents {
    /// Reads the table of a process at this address.
    pub(crate) fn of(tracee: &Tracee, table: u64) -> Result<Extents, Errno> {
        let mut found = Vec::new();
        for part in 0..MOST_EXTENTS as u64 {
            let word = |index: u64| tracee.word(table + (3 * part + index) * WORD);
            let extent = Extent {
                starts: [word(0)?, word(1)?],
                bytes: word(2)?,
            };
            if extent.bytes == 0 {
                break;
            }
            found.push(extent);
        }
        Ok(Extents(found))
    }

    /// The same place in the other lane.
    pub(crate) fn twin(&self, place: u64) -> Option<u64> {
        self.0.iter().find_map(|part| {
            let side = (0..2).find(|side| {
                let start = part.starts[*side];
                (start..start.saturating_add(part.bytes)).contains(&place)
            })?;
            Some(place - part.starts[side] + part.starts[1 - side])
        })
    }

    /// The registers that hold a place in a part.
    pub(crate) fn registers(&self, registers: &Registers) -> impl Iterator<Item = Place> {
        let mut registers = *registers;
        (0..16).filter_map(move |number| {
            let value = *crate::fault::general(&mut registers, number);
            self.twin(value).map(|_| Place::Base(number))
        })
    }

    /// Whether a word is read that holds a place in a part.
    pub(crate) fn is_base(&self, tracee: &Tracee, touch: &Touch) -> bool {
        let is_word = touch.reads && touch.bytes == WORD && touch.address.is_multiple_of(WORD);
        is_word
            && !self.0.is_empty()
            && tracee
                .word(touch.address)
                .is_ok_and(|word| self.twin(word).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twin_of_a_place_is_as_far_into_the_other_part_and_back() {
        let part = |a, b, bytes| Extent {
            starts: [a, b],
            bytes,
        };
        let extents = Extents(vec![part(100, 200, 50), part(1000, 900, 8)]);
        for (place, twin) in [(100, 200), (149, 249), (225, 125), (1007, 907)] {
            assert_eq!(extents.twin(place), Some(twin));
            assert_eq!(extents.twin(twin), Some(place));
        }
        assert!(
            [99, 150, 250, 1008]
                .iter()
                .all(|place| extents.twin(*place).is_none())
        );
    }
}
