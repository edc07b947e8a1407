//! Traces: what a process is given, in two forms that say the same.
//!
//! In: a file or the standard input, as JSON Lines ([`jsonl`]) or binary ([`frames`]); the first
//! bytes tell which. Out: [`Record`]s in the order of the file.

use crate::unusable::{Unusable, shown};
use crate::{frames, jsonl};
use pasc_vm::Program;
use pasc_vm::frame::Frame;
use pasc_vm::process::Input;
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

/// The greatest time of an input in microseconds since the epoch: `now` is a duration of the language, which
/// has a sign.
pub const MAX_TIME: u64 = i64::MAX.cast_unsigned();

/// What may stand before a text in UTF-8 and says nothing.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One input of a process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// The place among the inputs.
    pub ordinal: u64,
    /// Microseconds since the epoch.
    pub time: u64,
    /// The bytes of the frame, which may be damaged.
    pub frame: Vec<u8>,
    /// The CRC of the record, which may not match.
    pub crc: u32,
}

impl Record {
    /// A record whose CRC matches.
    pub fn new(ordinal: u64, time: u64, frame: Vec<u8>) -> Record {
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
    pub fn matching_crc(&self) -> u32 {
        Input::new(self.ordinal, self.time, &self.frame).crc
    }

    /// Whether the record is as it was made. What a damaged one says of the time, and of which input it is,
    /// may be anything: it is for the machine to refuse and for nothing else.
    pub fn is_intact(&self) -> bool {
        self.crc == self.matching_crc()
    }

    /// The record, unless it is intact and its time is none; the error is a sentence.
    pub fn in_time(self) -> Result<Record, String> {
        if self.time > MAX_TIME && self.is_intact() {
            return Err(format!(
                "the time {} cannot be; times go up to {MAX_TIME} microseconds",
                self.time
            ));
        }
        Ok(self)
    }

    /// The record as the machine takes it; whether it is intact is for the machine to find out.
    pub fn input(&self) -> Input<'_> {
        Input {
            ordinal: self.ordinal,
            time: self.time,
            frame: &self.frame,
            crc: self.crc,
        }
    }
}

/// Whose trace it is.
#[derive(Clone, Copy)]
pub struct Whose<'p> {
    /// What the process runs.
    pub program: &'p Program,
    /// The address of the process.
    pub own: &'p str,
}

/// Why there is no next record.
#[derive(Debug)]
pub enum Problem {
    /// This one is malformed; the next may be read.
    Malformed(String),
    /// Nothing further can be read.
    Broken(Unusable),
}

/// The two forms of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A JSON object a line.
    Jsonl,
    /// Binary records.
    Frames,
}

impl Form {
    /// The form that the name of a file tells.
    pub fn of_name(path: &Path) -> Option<Form> {
        match path.extension()?.to_str()? {
            "jsonl" => Some(Form::Jsonl),
            "frames" => Some(Form::Frames),
            _ => None,
        }
    }
}

/// Reads a trace of one process or of several.
pub struct Reader<'p> {
    input: BufReader<Box<dyn Read>>,
    name: String,
    /// The line, or the record of a binary trace, that was read last; from 1.
    number: u64,
    /// Whose trace it is; the first is meant where a record names none.
    processes: Vec<Whose<'p>>,
    codec: Codec<'p>,
}

enum Codec<'p> {
    /// One for each process.
    Jsonl(Vec<jsonl::Codec<'p>>),
    Frames,
}

/// As many of the first bytes as it takes to tell the form; a pipe may give them one by one.
fn first_bytes(input: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut first = Vec::new();
    while first.len() < frames::FAMILY.len() && frames::FAMILY.starts_with(&first) {
        let mut byte = [0];
        match input.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => first.push(byte[0]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(first)
}

impl<'p> Reader<'p> {
    /// Opens the trace of one process; `-` is the standard input.
    pub fn open(path: &Path, whose: Whose<'p>) -> Result<Reader<'p>, Unusable> {
        Reader::open_for(path, vec![whose])
    }

    /// Opens a trace whose records go to these processes, at least one; `-` is the standard input.
    pub fn open_for(path: &Path, processes: Vec<Whose<'p>>) -> Result<Reader<'p>, Unusable> {
        let name = shown(path, "the standard input");
        let mut input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(std::io::stdin())
        } else {
            Box::new(File::open(path).map_err(|error| Unusable::read(&name, &error))?)
        };
        let first = first_bytes(&mut input).map_err(|error| Unusable::read(&name, &error))?;
        let binary = match Form::of_name(path) {
            Some(Form::Frames) => first.first() != Some(&b'{'),
            _ => first == frames::FAMILY,
        };
        let input: Box<dyn Read> = Box::new(Cursor::new(first).chain(input));
        let mut input = BufReader::with_capacity(1 << 16, input);
        let codec = if binary {
            frames::read_header(&mut input, &name)?;
            Codec::Frames
        } else {
            Codec::Jsonl(processes.iter().copied().map(jsonl::Codec::new).collect())
        };
        Ok(Reader {
            input,
            name,
            number: 0,
            processes,
            codec,
        })
    }

    /// The form of the trace.
    pub fn form(&self) -> Form {
        match self.codec {
            Codec::Jsonl(_) => Form::Jsonl,
            Codec::Frames => Form::Frames,
        }
    }

    /// Where the last record stands.
    pub fn place(&self) -> String {
        match self.codec {
            Codec::Jsonl(_) => format!("{}:{}", self.name, self.number),
            Codec::Frames => format!("{}: record {}", self.name, self.number),
        }
    }

    /// Whether the next record may have to be waited for.
    pub fn may_wait(&self) -> bool {
        self.input.buffer().is_empty()
    }

    /// The next record of a trace of one process; `None` at the end.
    pub fn read(&mut self) -> Result<Option<Record>, Problem> {
        Ok(self.read_for()?.map(|(_, record)| record))
    }

    /// The next record and the number of its process; `None` at the end.
    pub fn read_for(&mut self) -> Result<Option<(usize, Record)>, Problem> {
        let Codec::Jsonl(codecs) = &mut self.codec else {
            self.number += 1;
            let next = frames::read_record(&mut self.input);
            let next = next.map(|record| record.map(|record| (self.receiver(&record), record)));
            return next.map_err(|problem| {
                let place = self.place();
                Problem::Broken(match problem {
                    frames::Problem::Malformed(text) => Unusable::file(place, text),
                    frames::Problem::Read(error) => Unusable::read(place, &error),
                })
            });
        };
        loop {
            self.number += 1;
            let line = jsonl::read_line(&mut self.input);
            let place = || format!("{}:{}", self.name, self.number);
            let line = match line {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(None),
                Err(error) => return Err(Problem::Broken(Unusable::read(place(), &error))),
            };
            // Some editors and shells put a byte order mark before everything else.
            let line = match line.strip_prefix(BYTE_ORDER_MARK) {
                Some(rest) if self.number == 1 => rest,
                _ => &line,
            };
            let read = jsonl::receiver(line, &self.processes).and_then(|index| {
                let read = codecs[index].read(line)?;
                Ok(read.map(|record| (index, record)))
            });
            match read {
                Ok(Some((index, record))) => {
                    codecs
                        .iter_mut()
                        .for_each(|codec| codec.go_on_at(record.time));
                    return Ok(Some((index, record)));
                }
                Ok(None) => {}
                Err(text) => return Err(Problem::Malformed(format!("{}: {text}", place()))),
            }
        }
    }

    /// The number of the process that a binary record is for.
    fn receiver(&self, record: &Record) -> usize {
        let frame = Frame::parse(&record.frame).ok();
        let is_for = |whose: &Whose| frame.is_some_and(|frame| frame.destination == whose.own);
        self.processes.iter().position(is_for).unwrap_or(0)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::Malformed(text) => f.write_str(text),
            Problem::Broken(unusable) => unusable.fmt(f),
        }
    }
}

impl std::error::Error for Problem {}
