//! No damaged input reaches a handler: it is refused and counted, and the process goes on as if it
//! had never come.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{MODES, Record, binary, content, example_records, file, folder, pasc};
use pasc_vm::process::Input;

/// Feeds a trace to an example and checks that it sends what it always does, and refuses so many.
fn assert_harmless(name: &str, trace: &str, refused: usize) {
    let program = format!("examples/{name}/{name}.pasc");
    for mode in MODES {
        let ran = pasc(&["run", &program, "--trace", trace, "--mode", mode]);
        assert_eq!(
            ran.out,
            content(&format!("examples/{name}/expected.jsonl")),
            "{name}, {mode}"
        );
        assert_eq!(ran.code, 0, "{name}, {mode}");
        let counted = format!("refused {refused}, failed 0");
        assert!(
            ran.summary().contains(&counted),
            "{name}, {mode}: {}",
            ran.summary()
        );
    }
}

/// The records with others before each of them, numbered anew; and how many others there are.
fn with_others(
    records: &[Record],
    others: impl Fn(&Record, u64) -> Vec<Record>,
) -> (Vec<Record>, usize) {
    let mut all: Vec<Record> = Vec::new();
    for record in records {
        let before = others(record, all.len() as u64 + 1);
        all.extend(before);
        let intact = Input::new(all.len() as u64 + 1, record.time, &record.frame);
        let (ordinal, crc) = (intact.ordinal, intact.crc);
        all.push(Record {
            ordinal,
            crc,
            ..record.clone()
        });
    }
    let added = all.len() - records.len();
    (all, added)
}

#[test]
fn every_flipped_bit_of_every_frame_is_refused() {
    let folder = folder("damage_frames");
    for name in ["acceptor", "counter", "resp"] {
        let records = example_records(name, &folder);
        let (all, flips) = with_others(&records, |record, first| {
            let flip = |bit: usize| {
                let mut frame = record.frame.clone();
                frame[bit / 8] ^= 1 << (bit % 8);
                // The record itself is in order: only the frame's own CRC can tell.
                let input = Input::new(first + bit as u64, record.time, &frame);
                let (ordinal, time, crc) = (input.ordinal, input.time, input.crc);
                Record {
                    ordinal,
                    time,
                    crc,
                    frame,
                    kind: 1,
                }
            };
            (0..record.frame.len() * 8).map(flip).collect()
        });
        let bits: usize = records.iter().map(|record| record.frame.len() * 8).sum();
        assert_eq!(flips, bits);
        assert!(flips > 3_000, "{flips}");
        assert_harmless(name, &file(&folder, "flipped.frames", binary(&all)), flips);
    }
}

#[test]
fn every_flipped_bit_of_a_records_stamp_is_refused() {
    let folder = folder("damage_stamps");
    let records = example_records("acceptor", &folder);
    let (all, flips) = with_others(&records, |record, first| {
        let flip = |bit: u64| {
            let input = Input::new(first + bit, record.time, &record.frame);
            let (mut ordinal, mut time, mut crc) = (input.ordinal, input.time, input.crc);
            match bit {
                0..64 => ordinal ^= 1 << bit,
                64..128 => time ^= 1 << (bit - 64),
                _ => crc ^= 1 << (bit - 128),
            }
            Record {
                ordinal,
                time,
                crc,
                ..record.clone()
            }
        };
        (0..160).map(flip).collect()
    });
    assert_harmless(
        "acceptor",
        &file(&folder, "stamps.frames", binary(&all)),
        flips,
    );
}

#[test]
fn a_flipped_bit_of_a_length_or_kind_never_goes_unnoticed() {
    let folder = folder("damage_lengths");
    let records = example_records("acceptor", &folder);
    let intact = binary(&records);
    let tenth = binary(&records[..9]).len();
    for byte in [0, 1, 2, 3, 20] {
        for bit in 0..8 {
            let mut trace = intact.clone();
            trace[tenth + byte] ^= 1 << bit;
            let trace = file(&folder, "length.frames", trace);
            let program = "examples/acceptor/acceptor.pasc";
            let ran = pasc(&["run", program, "--trace", &trace]);
            let refused = !ran.summary().contains("refused 0");
            assert!(
                ran.code == 5 || refused,
                "byte {byte}, bit {bit}: {}",
                ran.err
            );
            let expected = content("examples/acceptor/expected.jsonl");
            let sent = ran.out.lines().collect::<Vec<_>>();
            let before = expected.lines().take(8).collect::<Vec<_>>();
            assert_eq!(sent[..8], before, "byte {byte}, bit {bit}");
        }
    }
}

#[test]
fn a_repeated_message_is_not_handled_twice() {
    let folder = folder("damage_repeated");
    let records = example_records("acceptor", &folder);
    let twice: Vec<Record> = records
        .iter()
        .flat_map(|r| [r.clone(), r.clone()])
        .collect();
    let trace = file(&folder, "twice.frames", binary(&twice));
    // All but the two that no handler took; those change nothing the second time either.
    assert_harmless("acceptor", &trace, records.len() - 2);
}

#[test]
fn a_message_for_another_process_is_refused() {
    let folder = folder("damage_destination");
    let mut lines = String::new();
    for line in content("examples/acceptor/trace.jsonl").lines() {
        lines += &line.replacen("{\"", "{\"to\": \"acceptor2\", \"", 1);
        lines.push('\n');
        lines += line;
        lines.push('\n');
    }
    assert_harmless("acceptor", &file(&folder, "other.jsonl", lines), 23);
}

#[test]
fn bytes_in_json_lines_are_refused_if_they_are_no_frame() {
    let folder = folder("damage_bytes");
    let mut lines = "{\"frame\": \"\"}\n{\"frame\": \"50534331\"}\n".to_owned();
    lines += &format!("{{\"frame\": \"{}\"}}\n", "00".repeat(300));
    lines += &content("examples/acceptor/trace.jsonl");
    assert_harmless("acceptor", &file(&folder, "bytes.jsonl", lines), 3);
}
