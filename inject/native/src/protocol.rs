//! What the process under test and its tracer tell each other.
//!
//! The tracer gives a [`Given`] once. The process appends the frames and the redo records that it gives,
//! as they are, to two files, and an [`Entry`] for each input to a third one. Each entry carries its
//! length and a CRC, so that a process with a fault cannot make up a story.

use pasc_inject::ModeName;
use pasc_vm::{Program, Value};
use serde::{Deserialize, Serialize};

/// The events of a workload at the most: inputs, snapshots and recoveries.
pub(crate) const MOST_INPUTS: usize = 4096;
/// The parts of lanes that are shown at the most.
pub(crate) const MOST_EXTENTS: usize = 16;
/// How the tracer makes the process copy itself: the copy is a child of the tracer's process, so that
/// its end is no business of the original.
pub(crate) const COPY: u64 = (libc::CLONE_PARENT | libc::SIGCHLD) as u64;
/// The last argument of that call, which the kernel does not use; no other copy is let through.
pub(crate) const FORK: u64 = 0x7061_7363_666f_726b;

/// A program with all that it needs to run.
#[derive(Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) mode: ModeName,
    pub(crate) program: Program,
    pub(crate) own_address: String,
    pub(crate) params: Vec<(String, Value)>,
    pub(crate) incarnation: u64,
    pub(crate) hash_key: [u64; 2],
    pub(crate) random_seed: u64,
    /// By name.
    pub(crate) limits: Vec<(String, u64)>,
    /// The digest of the options that these are, made by the tracer.
    pub(crate) digest: Option<u32>,
    pub(crate) events: Vec<Event>,
}

/// What the host does next.
#[derive(Serialize, Deserialize)]
pub(crate) enum Event {
    /// Hands an input to the machine.
    Input(GivenInput),
    /// Takes a snapshot.
    Snapshot,
    /// Builds the process again from the last snapshot and the records since.
    Restore,
}

/// One input.
#[derive(Serialize, Deserialize)]
pub(crate) struct GivenInput {
    pub(crate) ordinal: u64,
    pub(crate) time: u64,
    pub(crate) frame: Vec<u8>,
    pub(crate) crc: u32,
}

/// Where the tracer finds things in the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Places {
    /// The function that is called before each input.
    pub(crate) gate: u64,
    /// The function that is called when all of an input has left.
    pub(crate) done: u64,
    /// One bit for each input: whether it is left out.
    pub(crate) skip: u64,
    /// Not 0 if entries show the state copies.
    pub(crate) copies: u64,
    /// For each of at most [`MOST_EXTENTS`] parts of the lanes two addresses and its bytes, then zeros.
    pub(crate) extents: u64,
    /// Where the outputs of the event begin in the files of frames and records, a word each.
    pub(crate) starts: u64,
}

/// What became of an input. Texts are bytes, for a fault can make them no text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A handler ran.
    Done,
    Unhandled,
    Refused(Vec<u8>),
    Error(Vec<u8>),
    Trap(Vec<u8>),
}

/// An input that the process is done with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Handled {
    pub(crate) index: u32,
    pub(crate) kind: Kind,
    /// The commits of each state copy.
    pub(crate) epochs: Vec<u64>,
    /// Whether the state copies are equal.
    pub(crate) equal: bool,
    /// The lengths of the files of frames and records after it.
    pub(crate) frames: u64,
    pub(crate) records: u64,
    /// The words of the state copies, if asked for.
    pub(crate) copies: Vec<Vec<u64>>,
}

/// The state after the last input.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct End {
    /// A snapshot, or the trap that refused it.
    pub(crate) snapshot: Result<Vec<u8>, String>,
    /// In plain: the state as a value.
    pub(crate) state: Option<Vec<u8>>,
    /// The words of the state copies, if there is no snapshot.
    pub(crate) copies: Vec<Vec<u64>>,
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Entry {
    /// Where things are, and the words of the state copies before the first input.
    Hello(Places, Vec<Vec<u64>>),
    /// The process did not start; a sentence.
    Failed(String),
    Handled(Handled),
    End(End),
}

/// An entry as it stands in the log.
pub(crate) fn encode(entry: &Entry) -> Vec<u8> {
    let content = postcard::to_stdvec(entry).unwrap_or_default();
    let mut bytes = (content.len() as u32).to_le_bytes().to_vec();
    bytes.extend(crc32fast::hash(&content).to_le_bytes());
    bytes.extend(content);
    bytes
}

/// The entries of a log, up to the first one that is damaged.
pub(crate) fn decode(mut log: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = log.split_first_chunk::<4>()
        && let Some((crc, rest)) = rest.split_first_chunk::<4>()
        && let Some((content, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)
        && crc32fast::hash(content) == u32::from_le_bytes(*crc)
        && let Ok(entry) = postcard::from_bytes(content)
    {
        entries.push(entry);
        log = rest;
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_up_to_its_first_damaged_entry() {
        let entries = [
            Entry::Failed("a".to_owned()),
            Entry::Failed("b".to_owned()),
            Entry::Failed("c".to_owned()),
        ];
        let log: Vec<u8> = entries.iter().flat_map(encode).collect();
        assert_eq!(decode(&log), entries);
        assert_eq!(decode(&log[..log.len() - 1]), entries[..2]);
        let mut damaged = log;
        let last = encode(&entries[0]).len() * 2 - 1;
        damaged[last] ^= 1;
        assert_eq!(decode(&damaged), entries[..1]);
        assert_eq!(decode(&[0xff; 9]), []);
    }
}
