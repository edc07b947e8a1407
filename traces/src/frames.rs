//! Binary traces: the same inputs as JSON Lines, faster to read. `docs/wire-format.md` shows the
//! bytes.
//!
//! A trace with a damaged record is read as it is as long as its lengths hold; the machine refuses
//! the record. Nothing is taken from a trace whose lengths do not.

use super::Record;
use crate::unusable::Unusable;
use std::io::{self, ErrorKind, Read};

/// The first bytes of a binary trace.
const MAGIC: [u8; 4] = *b"PSCF";
/// The first bytes of everything binary; no JSON begins so.
pub const FAMILY: &[u8] = b"PSC";
/// The version after the magic bytes.
const VERSION: u32 = 1;
/// The kind of a record that holds a frame.
const FRAME: u8 = 1;
/// The bytes of a record without its frame: length, ordinal, time, kind, CRC.
const FIXED_BYTES: u32 = 4 + 8 + 8 + 1 + 4;
/// The longest record in bytes: the largest frame that any limit allows.
const MAX_RECORD_BYTES: u32 = (1 << 30) + FIXED_BYTES;

/// Why a record could not be read.
#[derive(Debug)]
pub enum Problem {
    /// A sentence.
    Malformed(String),
    /// The file cannot be read.
    Read(io::Error),
}

/// The first bytes of a trace.
pub fn header() -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..].copy_from_slice(&VERSION.to_le_bytes());
    bytes
}

/// Reads and checks the first bytes of a trace.
pub fn read_header(input: &mut impl Read, name: &str) -> Result<(), Unusable> {
    let mut bytes = [0; 8];
    let wrong = |text: &str| Unusable::file(name, text);
    match input.read_exact(&mut bytes) {
        Ok(()) if bytes == header() => Ok(()),
        Ok(()) if bytes[..4] == MAGIC => {
            let version = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
            Err(wrong(&format!(
                "version {version} of binary traces is not known, only {VERSION}"
            )))
        }
        Ok(()) if bytes[..4] == pasc_vm::frame::MAGIC => Err(wrong(
            "these are bare frames; a trace has a header and a record for each of them",
        )),
        Ok(()) => Err(wrong(
            "this is no binary trace: it does not begin with `PSCF`",
        )),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Err(wrong("the binary trace ends within its first 8 bytes"))
        }
        Err(error) => Err(Unusable::read(name, &error)),
    }
}

/// Appends the bytes of a record.
pub fn write_record(record: &Record, out: &mut Vec<u8>) {
    let length = FIXED_BYTES + record.frame.len() as u32;
    out.extend(length.to_le_bytes());
    out.extend(record.ordinal.to_le_bytes());
    out.extend(record.time.to_le_bytes());
    out.push(FRAME);
    out.extend(&record.frame);
    out.extend(record.crc.to_le_bytes());
}

/// The next record; `None` at the end of the trace.
pub fn read_record(input: &mut impl Read) -> Result<Option<Record>, Problem> {
    let malformed = |text: String| Err(Problem::Malformed(text));
    let mut bytes = Vec::new();
    let mut take = |bytes: &mut Vec<u8>, wanted: u32| {
        // Grows as bytes arrive: a wrong length costs no memory.
        input
            .by_ref()
            .take(u64::from(wanted))
            .read_to_end(bytes)
            .map_err(Problem::Read)
    };
    take(&mut bytes, 4)?;
    let length = match bytes.as_slice() {
        [] => return Ok(None),
        [a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => return malformed("the trace ends within the record's length".to_owned()),
    };
    if !(FIXED_BYTES..=MAX_RECORD_BYTES).contains(&length) {
        return malformed(format!(
            "a record of {length} bytes cannot be; it has {FIXED_BYTES} to {MAX_RECORD_BYTES}"
        ));
    }
    take(&mut bytes, length - 4)?;
    if bytes.len() < length as usize {
        return malformed(format!(
            "the trace ends within the record, after {} of {length} bytes",
            bytes.len()
        ));
    }
    let kind = bytes[20];
    if kind != FRAME {
        return malformed(format!("kind {kind} of records is not known, only {FRAME}"));
    }
    let crc_at = bytes.len() - 4;
    let frame = bytes[21..crc_at].to_vec();
    let crc = u64_at(&bytes, crc_at, 4) as u32;
    let record = Record {
        ordinal: u64_at(&bytes, 4, 8),
        time: u64_at(&bytes, 12, 8),
        frame,
        crc,
    };
    record.in_time().map(Some).map_err(Problem::Malformed)
}

/// The little-endian number in `size` bytes, 8 at most.
fn u64_at(bytes: &[u8], at: usize, size: usize) -> u64 {
    bytes[at..at + size]
        .iter()
        .rev()
        .fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn two_records() -> (Vec<Record>, Vec<u8>) {
        let mut damaged = Record::new(u64::MAX, 5, b"not a frame".to_vec());
        damaged.crc ^= 1;
        let records = vec![Record::new(1, 0, Vec::new()), damaged];
        let mut bytes = Vec::new();
        records
            .iter()
            .for_each(|record| write_record(record, &mut bytes));
        (records, bytes)
    }

    fn read_all(mut bytes: &[u8]) -> Result<Vec<Record>, Problem> {
        std::iter::from_fn(|| read_record(&mut bytes).transpose()).collect()
    }

    #[test]
    fn records_are_read_as_they_were_written_the_damaged_too() {
        let (records, bytes) = two_records();
        assert_eq!(read_all(&bytes).unwrap(), records);
    }

    #[test]
    fn a_cut_is_noticed_everywhere_but_between_records() {
        let (records, bytes) = two_records();
        for length in 0..bytes.len() {
            match read_all(&bytes[..length]) {
                Ok(read) => {
                    assert_eq!(read, records[..read.len()]);
                    assert!(length == 0 || length == 25, "cut at {length}");
                }
                Err(Problem::Malformed(text)) => assert!(text.contains("ends within"), "{text}"),
                Err(Problem::Read(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn lengths_and_kinds_that_cannot_be_are_refused() {
        for length in [0, 24, MAX_RECORD_BYTES + 1, u32::MAX] {
            let read = read_all(&length.to_le_bytes());
            assert!(matches!(read, Err(Problem::Malformed(text)) if text.contains("cannot be")));
        }
        let (_, mut bytes) = two_records();
        bytes[20] = 2;
        let read = read_all(&bytes);
        assert!(matches!(read, Err(Problem::Malformed(text)) if text.contains("kind 2")));
    }
}
