//! The readers of traces and of JSON values, which belong to the `pasc` command.

#[path = "../../src/trace/frames.rs"]
pub(crate) mod frames;
#[path = "../../src/trace/jsonl.rs"]
pub(crate) mod jsonl;

pub(crate) use crate::json;
use pasc_vm::Program;
use pasc_vm::process::Input;

/// One input of a process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Record {
    pub(crate) ordinal: u64,
    pub(crate) time: u64,
    pub(crate) frame: Vec<u8>,
    pub(crate) crc: u32,
}

impl Record {
    /// A record whose CRC matches.
    pub(crate) fn new(ordinal: u64, time: u64, frame: Vec<u8>) -> Record {
        let mut record = Record {
            ordinal,
            time,
            frame,
            crc: 0,
        };
        record.crc = record.matching_crc();
        record
    }

    /// The CRC that an intact record carries.
    pub(crate) fn matching_crc(&self) -> u32 {
        Input::new(self.ordinal, self.time, &self.frame).crc
    }
}

/// Whose trace it is.
#[derive(Clone, Copy)]
pub(crate) struct Whose<'p> {
    pub(crate) program: &'p Program,
    pub(crate) own: &'p str,
}
