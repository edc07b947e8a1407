//! Every mode and every dispatcher does the same: outputs, state and redo records, byte for byte.
//!
//! The modes are compared with each other here. Debug and release builds dispatch differently, and both
//! are compared with the same snapshots.

mod common;
use common::{folder, pasc, root};
use pasc_lang::SourceFile;
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

fn compile(name: &str) -> Program {
    let file = format!("{name}.pasc");
    let text = std::fs::read_to_string(root().join(format!("examples/{name}/{file}")));
    let source = SourceFile::new(file.as_str(), text.expect("the example is text"));
    pasc_lang::compile(&source)
        .expect("the example compiles")
        .program
}

/// Time and frame of each input of the example's trace, as `pasc trace convert` gives them.
fn inputs(name: &str, test: &str) -> Vec<(u64, Vec<u8>)> {
    let folder = folder(&format!("modes-{test}-{name}"));
    let out = folder.join("trace.frames");
    let out = out.to_str().expect("text");
    let [program, trace] = [format!("{name}.pasc"), "trace.jsonl".to_owned()]
        .map(|file| format!("examples/{name}/{file}"));
    let converted = pasc(&["trace", "convert", &program, &trace, out]);
    assert_eq!(converted.code, 0, "{}", converted.err);
    let bytes = std::fs::read(out).expect("the trace was written");
    let mut rest = &bytes[8..];
    let mut inputs = Vec::new();
    while !rest.is_empty() {
        let number = |at: usize| u64::from_le_bytes(rest[at..at + 8].try_into().expect("8 bytes"));
        let length = (number(0) & 0xffff_ffff) as usize;
        inputs.push((number(12), rest[21..length - 4].to_vec()));
        rest = &rest[length..];
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
    let start = (0, timer::start_input().to_vec());
    for (ordinal, (time, frame)) in std::iter::once(&start).chain(inputs).enumerate() {
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
        let (program, inputs) = (compile(&name), inputs(&name, "same"));
        assert!(inputs.len() >= 20, "{name}");
        let plain = run::<Plain>(&program, &name, &inputs);
        assert!(plain.counts[0] > 10, "{name} handles messages");
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
    let start = (0, timer::start_input().to_vec());
    for (ordinal, (time, frame)) in std::iter::once(&start).chain(inputs).enumerate() {
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
        let (program, inputs) = (compile(&name), inputs(&name, "recovers"));
        recovers_from_everywhere::<Plain>(&program, &name, &inputs);
        recovers_from_everywhere::<Lockstep>(&program, &name, &inputs);
        recovers_from_everywhere::<Sequential>(&program, &name, &inputs);
    }
}
