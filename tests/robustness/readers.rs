//! Random and damaged bytes for the readers that stand on their own.

use crate::corpus::{self, Corpus, OWN_ADDRESS};
use crate::dice::Dice;
use crate::mutate;
use crate::tally::Tally;
use pasc_traces::{Record, Whose, frames, json, jsonl};
use pasc_vm::frame::Frame;
use pasc_vm::{Program, file, timer, wire};

/// Frames, orders of timers, program files, bodies.
pub(crate) fn binary(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let program = corpus.program(dice).program();
    let mut bytes: Vec<u8> = if dice.one_in(4) {
        (0..dice.below(200)).map(|_| dice.word() as u8).collect()
    } else {
        corpus::frame(program, dice)
    };
    mutate::bytes(&mut bytes, dice);
    mutate::stamp_frame(&mut bytes);
    let _ = timer::Order::parse(&bytes);
    let _ = file::read(&bytes);
    if let Ok(frame) = Frame::parse(&bytes) {
        tally.count("frames read");
        for message in &program.messages {
            let value = wire::decode_value(&program.types, message.record, frame.body);
            let Some(value) = value else { continue };
            tally.count("bodies read");
            let mut again = Vec::new();
            let encoded = wire::encode_value(&program.types, message.record, &value, &mut again);
            assert_eq!(encoded, Ok(()));
            assert_eq!(again, frame.body, "a value has one encoding");
        }
    }
    let magic = *dice
        .pick(&[*b"PSCT", *b"PSCI", *b"PSC1", *b"PSCB"])
        .unwrap_or(b"PSC1");
    if let Some(start) = bytes.first_chunk_mut::<4>() {
        *start = magic;
        mutate::stamp_frame(&mut bytes);
        let _ = timer::Order::parse(&bytes);
        let _ = Frame::parse(&bytes);
        let _ = file::read(&bytes);
    }
}

/// Values as JSON.
pub(crate) fn json(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let program = corpus.program(dice).program();
    let types = &program.types;
    let ty = pasc_vm::types::TypeId(dice.below(types.len() as u64) as u32);
    let value = corpus::value(types, ty, dice, 4);
    let mut bytes = String::new();
    json::write(types, ty, &value, &mut bytes);
    let mut bytes = bytes.into_bytes();
    if !dice.one_in(4) {
        mutate::bytes(&mut bytes, dice);
    }
    let Ok(text) = str::from_utf8(&bytes) else {
        return;
    };
    let Ok(value) = json::parse(text).and_then(|json| json::read(types, ty, &json, "value")) else {
        tally.count("JSON values refused");
        return;
    };
    tally.count("JSON values read");
    let mut again = String::new();
    json::write(types, ty, &value, &mut again);
    let read = json::parse(&again).and_then(|json| json::read(types, ty, &json, "value"));
    assert_eq!(read, Ok(value), "what was written is read");
}

/// Records of some frames, damaged ones among them.
fn records(program: &Program, dice: &mut Dice) -> Vec<Record> {
    let mut time = 0;
    (0..dice.below(4))
        .map(|ordinal| {
            let mut frame = corpus::frame(program, dice);
            if dice.one_in(4) {
                mutate::bytes(&mut frame, dice);
            }
            time += dice.below(3);
            let mut record = Record::new(ordinal + dice.below(2), time, frame);
            if dice.one_in(8) {
                record.crc ^= 1;
            }
            record
        })
        .collect()
}

/// Binary traces.
pub(crate) fn binary_trace(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let records = records(corpus.program(dice).program(), dice);
    let mut bytes = frames::header().to_vec();
    for record in &records {
        frames::write_record(record, &mut bytes);
    }
    let intact = dice.one_in(8);
    if !intact {
        mutate::bytes(&mut bytes, dice);
    }
    let mut rest = bytes.as_slice();
    if frames::read_header(&mut rest, "trace").is_err() {
        return;
    }
    let mut read = Vec::new();
    while let Ok(Some(record)) = frames::read_record(&mut rest) {
        tally.count("binary records read");
        read.push(record);
    }
    assert!(!intact || read == records, "what was written is read");
}

/// Traces as JSON Lines.
pub(crate) fn line_trace(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let program = corpus.program(dice).program();
    let whose = Whose {
        program,
        own: OWN_ADDRESS,
    };
    let records = records(program, dice);
    let mut writer = jsonl::Codec::new(whose);
    let mut bytes = Vec::new();
    for record in &records {
        bytes.extend_from_slice(writer.write(record).as_bytes());
    }
    let intact = dice.one_in(8);
    if !intact {
        mutate::bytes(&mut bytes, dice);
    }
    let mut rest = bytes.as_slice();
    let (mut reader, mut writer) = (jsonl::Codec::new(whose), jsonl::Codec::new(whose));
    let mut check = jsonl::Codec::new(whose);
    let mut read = Vec::new();
    while let Ok(Some(line)) = jsonl::read_line(&mut rest) {
        let Ok(Some(record)) = reader.read(&line) else {
            tally.count("lines refused");
            continue;
        };
        tally.count("lines read");
        let again = writer.write(&record);
        let found = check.read(again.trim_end().as_bytes());
        assert_eq!(found, Ok(Some(record.clone())), "what was written is read");
        read.push(record);
    }
    assert!(!intact || read == records, "what was written is read");
}
