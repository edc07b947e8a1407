//! What left a process, compared with what should have left it.
//!
//! In: frames or a redo record, and those of the run without a fault. Out: whether they are right, and if
//! not, whether a receiver would notice.

use pasc_vm_probed::frame::{self, CRC_BYTES, length};
use pasc_vm_probed::record::{RECORD_MAGIC, SNAPSHOT_MAGIC};
use pasc_vm_probed::timer;

/// How outputs compare with those of the run without a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outputs {
    /// They are the same.
    Right,
    /// Some are missing, the others are right.
    Fewer,
    /// Some have a CRC that does not match.
    Spoilt,
    /// One is wrong, extra or out of order, and its CRC matches.
    Wrong,
}

/// The frames in a piece of bytes, as a host takes them; whether all bytes were frames.
pub fn frames(mut bytes: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let Some((frame, rest)) = length(bytes).and_then(|length| bytes.split_at_checked(length))
        else {
            return (frames, false);
        };
        frames.push(frame);
        bytes = rest;
    }
    (frames, true)
}

/// Whether a receiver takes bytes for a frame, or the host for a timer's order: anything else, such as a
/// redo record, they refuse.
pub fn is_taken(bytes: &[u8]) -> bool {
    let is_frame = bytes.starts_with(&frame::MAGIC) || bytes.starts_with(&timer::MAGIC);
    is_frame && is_intact(bytes)
}

/// Whether a recovery takes bytes for a redo record or a snapshot.
pub fn is_recovered(bytes: &[u8]) -> bool {
    let is_record = bytes.starts_with(&RECORD_MAGIC) || bytes.starts_with(&SNAPSHOT_MAGIC);
    is_record && is_intact(bytes)
}

/// Whether the CRC at the end of a frame or record matches.
pub fn is_intact(bytes: &[u8]) -> bool {
    bytes
        .split_last_chunk::<CRC_BYTES>()
        .is_some_and(|(content, crc)| crc32fast::hash(content) == u32::from_le_bytes(*crc))
}

/// Compares the frames that left with the right ones.
pub fn compare(outputs: &[u8], right: &[u8]) -> Outputs {
    if outputs == right {
        return Outputs::Right;
    }
    let ((outputs, whole), (mut right, _)) = (frames(outputs), frames(right));
    let mut outcome = Outputs::Right;
    for frame in outputs {
        if !is_taken(frame) {
            outcome = Outputs::Spoilt;
        } else if let Some(place) = right.iter().position(|other| *other == frame) {
            if place > 0 && outcome == Outputs::Right {
                outcome = Outputs::Fewer;
            }
            right.drain(..=place);
        } else {
            return Outputs::Wrong;
        }
    }
    match outcome {
        Outputs::Right if !whole => Outputs::Spoilt,
        Outputs::Right if !right.is_empty() => Outputs::Fewer,
        outcome => outcome,
    }
}

/// Compares a redo record with the right one.
pub fn compare_record(record: &[u8], right: &[u8]) -> Outputs {
    if record == right {
        Outputs::Right
    } else if record.is_empty() {
        Outputs::Fewer
    } else if is_recovered(record) {
        Outputs::Wrong
    } else {
        Outputs::Spoilt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &[u8]) -> Vec<u8> {
        let mut frame = b"PSCT".to_vec();
        frame.extend((8 + 24 + body.len() as u32 + 4).to_le_bytes());
        frame.extend([0; 24]);
        frame.extend(body);
        frame.extend(crc32fast::hash(&frame).to_le_bytes());
        frame
    }

    #[test]
    fn outputs_are_right_fewer_spoilt_or_wrong() {
        let (a, b) = (frame(b"a"), frame(b"b"));
        let both = [a.clone(), b.clone()].concat();
        assert!(compare(&both, &both) == Outputs::Right);
        assert!(compare(&a, &both) == Outputs::Fewer);
        assert!(compare(&b, &both) == Outputs::Fewer);
        assert!(compare(&[b.clone(), a.clone()].concat(), &both) == Outputs::Wrong);
        assert!(compare(&[a.clone(), a.clone()].concat(), &both) == Outputs::Wrong);
        assert!(compare(&frame(b"c"), &both) == Outputs::Wrong);
        let mut spoilt = both.clone();
        spoilt[33] ^= 1;
        assert!(compare(&spoilt, &both) == Outputs::Spoilt);
        assert!(compare(&both[..both.len() - 1], &both) == Outputs::Spoilt);
        assert!(compare(&a, &[]) == Outputs::Wrong);
        let mut record = b"PSCR".to_vec();
        record.extend(&a[4..a.len() - 4]);
        record.extend(crc32fast::hash(&record).to_le_bytes());
        assert!(compare(&record, &[]) == Outputs::Spoilt);
        assert!(compare(&[], &[]) == Outputs::Right);
    }
}
