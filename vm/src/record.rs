//! Redo records and snapshots: how a process's memory lies in files.
//!
//! A **redo record** holds what one commit wrote. A **snapshot** holds a whole state copy.
//!
//! | redo record, offset | bytes | content |
//! | --- | --- | --- |
//! | 0 | 4 | `PSCR` |
//! | 4 | 4 | length of the whole record in bytes |
//! | 8 | 8 | epoch of the state before the commit |
//! | 16 | 8 | ordinal of the input |
//! | 24 | 4 | CRC of the input record |
//! | 28 | 4 | number of pages |
//! | 32 | … | pages: number in 4 bytes, 4 zero bytes, mask of the words written in 8, then these words in 8 each |
//! | last 4 | 4 | CRC-32 (IEEE) over all bytes before |
//!
//! | snapshot, offset | bytes | content |
//! | --- | --- | --- |
//! | 0 | 4 | `PSCS` |
//! | 4 | 4 | version of the format |
//! | 8 | 8 | identity of the program ([`crate::program::Program::identity`]) |
//! | 16 | 8 | number of words |
//! | 24 | … | the words of the state ([`crate::state`]) |
//! | last 4 | 4 | CRC-32 (IEEE) over all bytes before |
//!
//! All integers are little-endian. Bytes come from the first lane or copy, the CRC from the second
//! one's bytes, so a record or snapshot that one of them spoilt does not pass.

use crate::delta::{Delta, PAGE_WORDS};
use crate::fill::make_room;
use crate::probe::rest;
use crate::state::{ROOT, StateCopy};

/// What every redo record begins with.
pub const RECORD_MAGIC: [u8; 4] = *b"PSCR";
const RECORD_HEADER: usize = 32;
/// What every snapshot begins with.
pub const SNAPSHOT_MAGIC: [u8; 4] = *b"PSCS";
const SNAPSHOT_HEADER: usize = 24;
const CRC_BYTES: usize = 4;
/// A page takes no more: its number, which words were written, the words; then the record's CRC.
const PAGE_BYTES: usize = 16 + 8 * PAGE_WORDS as usize + CRC_BYTES;
/// The version of the snapshot format.
pub const SNAPSHOT_VERSION: u32 = 1;

/// Why a snapshot or record was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecoveryError {
    /// It is cut, or its CRC does not match.
    Damaged,
    /// It is of another version of the format.
    Version,
    /// It is of another program.
    Program,
    /// The record does not follow on what was restored so far: records are missing, or come twice.
    Gap {
        /// The epoch of the state so far.
        state: u64,
        /// The epoch that the record follows on.
        record: u64,
    },
    /// It does not fit into the limits.
    TooLarge,
    /// Snapshot and records end before the last commit whose outputs were released: the process
    /// would forget what it promised.
    Forgetful {
        /// The epoch that was reached.
        reached: u64,
        /// The epoch of the last commit whose outputs were released.
        released: u64,
    },
}

impl std::fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecoveryError::Damaged => f.write_str("the snapshot or record is damaged"),
            RecoveryError::Version => f.write_str("the snapshot has another version of the format"),
            RecoveryError::Program => f.write_str("the snapshot is of another program"),
            RecoveryError::Gap { state, record } => write!(
                f,
                "the record follows on epoch {record}, but the state is at epoch {state}"
            ),
            RecoveryError::TooLarge => f.write_str("the state exceeds the limit `state_words`"),
            RecoveryError::Forgetful { reached, released } => write!(
                f,
                "snapshot and records reach epoch {reached}, but outputs of epoch {released} were \
                 released: the process would forget what it promised"
            ),
        }
    }
}

impl std::error::Error for RecoveryError {}

/// Appends the record of a log without its CRC.
pub(crate) fn write_record(delta: &Delta, out: &mut Vec<u8>) {
    let poison = delta.poison as u8;
    make_room(out, RECORD_HEADER + CRC_BYTES, poison);
    let start = out.len();
    let (stamp, epoch) = (delta.stamp(), delta.epoch());
    out.extend(RECORD_MAGIC);
    out.extend([0; 4]);
    out.extend(epoch.to_le_bytes());
    out.extend(stamp.ordinal.to_le_bytes());
    out.extend(stamp.crc.to_le_bytes());
    out.extend((delta.pages().count() as u32).to_le_bytes());
    for page in delta.pages() {
        make_room(out, PAGE_BYTES, poison);
        out.extend(u64::from(page.number).to_le_bytes());
        out.extend(page.written.to_le_bytes());
        page.each_word(|_, word| out.extend(word.to_le_bytes()));
    }
    let length = (out.len() - start + CRC_BYTES) as u32;
    out[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
}

/// The record's content, if its CRC matches.
fn checked(bytes: &[u8], magic: [u8; 4], header: usize) -> Result<&[u8], RecoveryError> {
    let damaged = RecoveryError::Damaged;
    let (content, crc) = bytes.split_last_chunk::<CRC_BYTES>().ok_or(damaged)?;
    let whole = content.len() >= header && content[..4] == magic;
    if !whole || crc32fast::hash(content) != u32::from_le_bytes(*crc) {
        return Err(damaged);
    }
    Ok(content)
}

fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Applies a record to a copy: everything or nothing.
pub(crate) fn replay(
    bytes: &[u8],
    copy: &mut StateCopy,
    limit_words: u64,
) -> Result<(), RecoveryError> {
    let damaged = RecoveryError::Damaged;
    let content = checked(bytes, RECORD_MAGIC, RECORD_HEADER)?;
    let record = word_at(content, 8).ok_or(damaged)?;
    if record != copy.epoch() {
        return Err(RecoveryError::Gap {
            state: copy.epoch(),
            record,
        });
    }
    let end = each_word(content, |_, _| {})?;
    if end > limit_words || !copy.reserve(end as usize) {
        return Err(RecoveryError::TooLarge);
    }
    let words = copy.words_mut();
    each_word(content, |address, word| {
        #[cfg_attr(
            not(pasc_probe),
            expect(unused_mut, reason = "a fault can change them")
        )]
        let (mut place, mut word) = (address as usize, word);
        rest!("replay", |v: &mut crate::probe::Visitor| {
            v.local("replay.address", &mut place);
            v.local("replay.word", &mut word);
        });
        if let Some(place) = words.get_mut(place) {
            *place = word;
        }
    })?;
    copy.advance_epoch();
    Ok(())
}

/// Visits every address and word of a record; the address after the highest one.
fn each_word(content: &[u8], mut visit: impl FnMut(u64, u64)) -> Result<u64, RecoveryError> {
    let damaged = RecoveryError::Damaged;
    let pages = word_at(content, 24).ok_or(damaged)? >> 32;
    let mut at = RECORD_HEADER;
    let mut end = 0;
    for _ in 0..pages {
        let number = word_at(content, at).ok_or(damaged)?;
        let written = word_at(content, at + 8).ok_or(damaged)?;
        if number > u64::from(u32::MAX) / PAGE_WORDS {
            return Err(damaged);
        }
        at += 16;
        for bit in (0..PAGE_WORDS).filter(|bit| written >> bit & 1 == 1) {
            let address = number * PAGE_WORDS + bit;
            visit(address, word_at(content, at).ok_or(damaged)?);
            end = end.max(address + 1);
            at += 8;
        }
    }
    if at == content.len() {
        Ok(end)
    } else {
        Err(damaged)
    }
}

/// Appends the snapshot of a copy without its CRC.
pub(crate) fn write_snapshot(identity: u64, copy: &StateCopy, out: &mut Vec<u8>) {
    let words = copy.words();
    out.reserve(SNAPSHOT_HEADER + 8 * words.len() + CRC_BYTES);
    out.extend(SNAPSHOT_MAGIC);
    out.extend(SNAPSHOT_VERSION.to_le_bytes());
    out.extend(identity.to_le_bytes());
    out.extend((words.len() as u64).to_le_bytes());
    for word in words {
        #[cfg_attr(not(pasc_probe), expect(unused_mut, reason = "a fault can change it"))]
        let mut word = *word;
        rest!("snapshot", |v: &mut crate::probe::Visitor| {
            v.local("snapshot.word", &mut word);
        });
        out.extend(word.to_le_bytes());
    }
}

/// The copy in a snapshot of a program whose variables take `width` words.
pub(crate) fn read_snapshot(
    bytes: &[u8],
    identity: u64,
    width: u32,
    limit_words: u64,
) -> Result<StateCopy, RecoveryError> {
    let damaged = RecoveryError::Damaged;
    let content = checked(bytes, SNAPSHOT_MAGIC, SNAPSHOT_HEADER)?;
    if word_at(content, 0).ok_or(damaged)? >> 32 != u64::from(SNAPSHOT_VERSION) {
        return Err(RecoveryError::Version);
    }
    if word_at(content, 8) != Some(identity) {
        return Err(RecoveryError::Program);
    }
    let data = &content[SNAPSHOT_HEADER..];
    let count = word_at(content, 16).ok_or(damaged)?;
    if count != data.len() as u64 / 8 || data.len() % 8 != 0 || count < u64::from(ROOT + width) {
        return Err(damaged);
    }
    if count > limit_words.next_multiple_of(PAGE_WORDS) {
        return Err(RecoveryError::TooLarge);
    }
    let words = data.as_chunks::<8>().0.iter().map(|bytes| {
        #[cfg_attr(not(pasc_probe), expect(unused_mut, reason = "a fault can change it"))]
        let mut word = u64::from_le_bytes(*bytes);
        rest!("restore", |v: &mut crate::probe::Visitor| {
            v.local("restore.word", &mut word);
        });
        word
    });
    Ok(StateCopy::from_words(words.collect()))
}
