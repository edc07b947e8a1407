//! Every mode and every dispatcher does the same: outputs, state and redo records, byte for byte.
//!
//! The modes are compared with each other here. Debug and release builds dispatch differently, and both
//! are compared with the same snapshots.

mod common;
use common::root;
use pasc_lang::SourceFile;
use pasc_traces::host::{Host, Origin, start_before};
use pasc_traces::{Reader, Record, Whose};
use pasc_vm::process::{Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential};
use pasc_vm::recovery::{Recovery, Released};
use pasc_vm::{Program, timer};

/// The names of the examples that have a program and a trace.
fn examples() -> Vec<String> {
    let folders = std::fs::read_dir(root().join("examples")).expect("there are examples");
    let names = folders.map(|entry| entry.expect("an entry").file_name().into_string());
    let mut names: Vec<String> = names.map(|name| name.expect("text")).collect();
    names.sort();
    assert!(names.len() >= 2);
    names
}

/// The files that an example uses, which use no others.
fn modules(name: &str, text: &str) -> Vec<SourceFile> {
    let used = pasc_lang::used_files("", text).into_iter();
    let read = used.map(|key| {
        let path = root().join("examples").join(name).join(&key);
        let text = std::fs::read_to_string(path).expect("the file is there");
        SourceFile::new(key, text)
    });
    read.collect()
}

fn compile(name: &str) -> Program {
    let file = format!("{name}.pasc");
    let text = std::fs::read_to_string(root().join(format!("examples/{name}/{file}")));
    let text = text.expect("the example is text");
    let modules = modules(name, &text);
    let source = SourceFile::new(file.as_str(), text).with_modules(modules);
    pasc_lang::compile(&source)
        .expect("the example compiles")
        .program
}

/// Time and frame of the start and of each input of the example's trace, with the timers that fire as
/// the process set them.
fn inputs(program: &Program, name: &str) -> Vec<(u64, Vec<u8>)> {
    let options = Options::new(name);
    let whose = Whose { program, own: name };
    let trace = root().join(format!("examples/{name}/trace.jsonl"));
    let mut trace = Reader::open(&trace, whose).expect("the trace is there");
    let origin = Origin {
        whose,
        options: &options,
    };
    let mut host = Host::<Plain>::start(origin).expect("the example starts");
    let mut inputs = Vec::new();
    let mut record = trace.read().expect("the trace is whole");
    let start = start_before(record.as_ref()).filter(|_| host.starts);
    let start = start.unwrap_or_else(|| Record::new(1, 0, timer::start_input().to_vec()));
    let mut next = Some(start);
    while let Some(input) = next {
        host.handle(&input).expect("the process goes on");
        inputs.push((input.time, input.frame));
        next = record.take().map(|record| host.fired(record));
        record = trace.read().expect("the trace is whole");
    }
    inputs
}

/// Everything that a run leaves behind.
#[derive(PartialEq, Eq, Debug, Default)]
struct Traces {
    outputs: Vec<u8>,
    records: Vec<u8>,
    state: Vec<u64>,
    counts: [u64; 5],
}

fn run<M: Mode>(program: &Program, name: &str, inputs: &[(u64, Vec<u8>)]) -> Traces {
    let options = Options {
        records: true,
        ..Options::new(name)
    };
    let mut process: Process<M> = Process::start(program, &options).expect("the example starts");
    let mut traces = Traces::default();
    for (ordinal, (time, frame)) in inputs.iter().enumerate() {
        if let Ok(Handled::Done { outputs, .. }) =
            process.handle(&Input::new(ordinal as u64 + 1, *time, frame))
        {
            traces.outputs.extend(outputs.bytes());
            traces.records.extend(process.record());
        }
    }
    let copies = process.copies();
    assert!(
        copies.iter().all(|copy| *copy == copies[0]),
        "{name}: the copies differ"
    );
    traces.state = copies[0].to_vec();
    let counts = process.statistics();
    traces.counts = [
        counts.handled,
        counts.unhandled,
        counts.refused,
        counts.failed,
        counts.sent,
    ];
    traces
}

#[test]
fn outputs_state_and_records_of_every_example_are_the_same_in_every_mode_and_build() {
    for name in examples() {
        let program = compile(&name);
        let inputs = inputs(&program, &name);
        assert!(inputs.len() >= 8, "{name}");
        let plain = run::<Plain>(&program, &name, &inputs);
        assert!(plain.counts[0] >= 8, "{name} handles {:?}", plain.counts);
        assert_eq!(run::<Lockstep>(&program, &name, &inputs), plain, "{name}");
        assert_eq!(run::<Sequential>(&program, &name, &inputs), plain, "{name}");
        let state: Vec<u8> = plain
            .state
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let sums = [&plain.outputs, &plain.records, &state].map(|bytes| {
            format!(
                "{} bytes, CRC-32 {:08x}",
                bytes.len(),
                crc32fast::hash(bytes)
            )
        });
        let [outputs, records, state] = sums;
        insta::assert_snapshot!(
            format!("{name}"),
            format!(
                "outputs: {outputs}\nrecords: {records}\nstate: {state}\n\
                 handled, unhandled, refused, failed, sent: {:?}",
                plain.counts
            )
        );
    }
}

/// From a snapshot after any message, the records after it give the state at the end, in both copies.
fn recovers_from_everywhere<M: Mode>(program: &Program, name: &str, inputs: &[(u64, Vec<u8>)]) {
    let options = Options {
        records: true,
        ..Options::new(name)
    };
    let mut process: Process<M> = Process::start(program, &options).expect("the example starts");
    let mut snapshots = vec![(process.snapshot().expect("equal copies"), 0)];
    let mut records: Vec<Vec<u8>> = Vec::new();
    for (ordinal, (time, frame)) in inputs.iter().enumerate() {
        let input = Input::new(ordinal as u64 + 1, *time, frame);
        if let Ok(Handled::Done { .. }) = process.handle(&input) {
            records.push(process.record().to_vec());
        }
        snapshots.push((process.snapshot().expect("equal copies"), records.len()));
    }
    let last = process.copies()[0].to_vec();
    let released = Released::UpTo(process.epoch());
    for (snapshot, known) in &snapshots {
        let recovery = Recovery::<M>::new(program, &options, snapshot);
        let mut recovery = recovery.expect("the snapshot is whole");
        for record in &records[*known..] {
            recovery.replay(record).expect("the record follows");
        }
        let mut recovered = recovery.finish(released).expect("nothing is missing");
        assert!(
            recovered.copies().iter().all(|copy| **copy == *last),
            "{name}"
        );
    }
}

#[test]
fn every_example_recovers_from_a_snapshot_after_any_message_in_every_mode() {
    for name in examples() {
        let program = compile(&name);
        let inputs = inputs(&program, &name);
        recovers_from_everywhere::<Plain>(&program, &name, &inputs);
        recovers_from_everywhere::<Lockstep>(&program, &name, &inputs);
        recovers_from_everywhere::<Sequential>(&program, &name, &inputs);
    }
}
