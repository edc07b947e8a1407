//! Workloads for the tests: the repository's examples, and programs in a few lines.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use pasc_inject::{Workload, WorkloadInput};
use pasc_lang::SourceFile;
use pasc_traces::host::{Host, Origin, start_before};
use pasc_traces::{Reader, Whose};
use pasc_vm::process::{Lockstep, Options};
use std::path::{Path, PathBuf};

/// The examples of the repository.
pub(crate) const EXAMPLES: [&str; 9] = [
    "acceptor",
    "coordinator",
    "counter",
    "gossip",
    "lease",
    "lww-store",
    "participant",
    "raft",
    "resp",
];

/// An example with its trace.
pub(crate) fn example(name: &str) -> Workload {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(name);
    let source = std::fs::read_to_string(folder.join(format!("{name}.pasc"))).unwrap();
    workload(name, &source, &folder.join("trace.jsonl"))
}

/// A program of the tests' own with its trace.
pub(crate) fn own_program(name: &str) -> Workload {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let source = std::fs::read_to_string(folder.join(format!("{name}.pasc"))).unwrap();
    workload(name, &source, &folder.join(format!("{name}.jsonl")))
}

/// A program with the lines of a trace.
pub(crate) fn program(name: &str, source: &str, trace: &str) -> Workload {
    let path = scratch(&format!("{name}.jsonl"));
    std::fs::write(&path, trace).unwrap();
    workload(name, source, &path)
}

/// A file of the test's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(std::process::id().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn workload(name: &str, source: &str, trace: &Path) -> Workload {
    let source = SourceFile::new(format!("{name}.pasc"), source.to_owned());
    let program = pasc_lang::compile(&source)
        .unwrap_or_else(|e| panic!("{e:?}"))
        .program;
    let options = Options::new(name);
    let whose = Whose {
        program: &program,
        own: name,
    };
    let mut trace = Reader::open(trace, whose).unwrap();
    let mut host = Host::<Lockstep>::start(Origin {
        whose,
        options: &options,
    })
    .unwrap();
    let mut inputs = Vec::new();
    loop {
        let record = trace.read().unwrap();
        let start = std::mem::take(&mut host.starts)
            .then(|| start_before(record.as_ref()))
            .flatten();
        let done = record.is_none();
        let record = record.map(|record| host.fired(record));
        for record in [start, record].into_iter().flatten() {
            host.handle(&record).unwrap();
            inputs.push(WorkloadInput {
                ordinal: record.ordinal,
                time: record.time,
                frame: record.frame,
                crc: record.crc,
            });
        }
        if done {
            return Workload::new(&program, &options, inputs).unwrap();
        }
    }
}

/// A program that a campaign goes through in a moment.
pub(crate) const ADDER: &str = "
message Add { by: int }
message Sum { sum: int }
state { sum: int = 0 }
on Add(m) {
    if m.by > 0 {
        sum += m.by
    }
    reply Sum { sum }
}
";

/// Two messages for it.
pub(crate) const ADDER_TRACE: &str = r#"{"from": "a", "type": "Add", "body": {"by": 7}}
{"from": "a", "type": "Add", "body": {"by": -1}}
"#;
