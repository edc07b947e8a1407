//! What the end-to-end tests share: running the real binary, folders for files, damaged traces.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail where it stands"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The modes of the command line.
pub(crate) const MODES: [&str; 3] = ["plain", "lockstep", "sequential"];

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn of(output: Output) -> Ran {
        Ran {
            code: output
                .status
                .code()
                .expect("the command was not killed by a signal"),
            out: String::from_utf8(output.stdout).expect("the standard output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("the standard error is UTF-8"),
        }
    }

    /// The last line for people.
    pub(crate) fn summary(&self) -> &str {
        self.err.lines().last().unwrap_or("")
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The command, to be run in the root of the repository.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pasc"));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs the command in the root of the repository.
pub(crate) fn pasc(args: &[&str]) -> Ran {
    Ran::of(command(args).output().expect("the command starts"))
}

/// Runs the command with bytes on its standard input.
pub(crate) fn pasc_with_input(args: &[&str], input: &[u8]) -> Ran {
    let mut child = command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("there is a pipe");
    let input = input.to_vec();
    // The command may end before it has read everything.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the command ends");
    feeder.join().expect("the input was written");
    Ran::of(output)
}

/// A folder of its own for a test, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Writes a file into a folder; its path as an argument.
pub(crate) fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("the file can be written");
    text(&path)
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> String {
    path.to_str().expect("paths of tests are text").to_owned()
}

/// The content of a file of the repository.
pub(crate) fn content(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A record of a binary trace, as `docs/wire-format.md` describes it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) ordinal: u64,
    pub(crate) time: u64,
    pub(crate) kind: u8,
    pub(crate) frame: Vec<u8>,
    pub(crate) crc: u32,
}

/// The records of a binary trace.
pub(crate) fn records(trace: &[u8]) -> Vec<Record> {
    assert_eq!(&trace[..8], b"PSCF\x01\0\0\0", "the header");
    let mut rest = &trace[8..];
    let mut records = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        let (record, after) = rest.split_at(length);
        records.push(Record {
            ordinal: u64::from_le_bytes(record[4..12].try_into().unwrap()),
            time: u64::from_le_bytes(record[12..20].try_into().unwrap()),
            kind: record[20],
            frame: record[21..length - 4].to_vec(),
            crc: u32::from_le_bytes(record[length - 4..].try_into().unwrap()),
        });
        rest = after;
    }
    records
}

/// The binary trace of records.
pub(crate) fn binary(records: &[Record]) -> Vec<u8> {
    let mut trace = b"PSCF\x01\0\0\0".to_vec();
    for record in records {
        trace.extend((25 + record.frame.len() as u32).to_le_bytes());
        trace.extend(record.ordinal.to_le_bytes());
        trace.extend(record.time.to_le_bytes());
        trace.push(record.kind);
        trace.extend(&record.frame);
        trace.extend(record.crc.to_le_bytes());
    }
    trace
}

/// The binary trace of an example.
pub(crate) fn example_records(name: &str, folder: &Path) -> Vec<Record> {
    let program = format!("examples/{name}/{name}.pasc");
    let trace = format!("examples/{name}/trace.jsonl");
    let output = text(&folder.join(format!("{name}.frames")));
    let ran = pasc(&["trace", "convert", &program, &trace, &output]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    records(&std::fs::read(output).unwrap())
}
