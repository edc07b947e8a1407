//! Many messages without a fault: no trap may ever fire.
//!
//! `soak [MESSAGES] [SEED]` sends MESSAGES (10^7 by default) random inserts, updates, removals and reads
//! to a hardened process whose map grows to 10^6 entries, one in ten thousand with a value of up to
//! 1 MiB, and checks every answer against a model. Progress goes to standard error.

use pasc_benches::{compile, message};
use pasc_vm::frame::Frame;
use pasc_vm::process::{Handled, Input, Lockstep, Options, Process};
use pasc_vm::{Value, wire};
use std::collections::HashMap;
use std::time::Instant;

const SOURCE: &str = r#"
record Entry { version: int, value: bytes }
message Put    { key: int, value: bytes }
message Get    { key: int }
message Remove { key: int }
message Found  { version: int, size: int, value: bytes, entries: int }
message Absent { entries: int }
state { entries: map<int, Entry> }
on Put(m) when m.key in entries {
    entries[m.key].version += 1
    entries[m.key].value = m.value
}
on Put(m) { entries[m.key] = Entry { version: 1, value: m.value } }
on Get(m) when m.key in entries {
    reply Found {
        version: entries[m.key].version,
        size: entries[m.key].value.len(),
        value: entries[m.key].value,
        entries: entries.len(),
    }
}
on Get(m) { reply Absent { entries: entries.len() } }
on Remove(m) { entries.remove(m.key) }
"#;

/// The largest key of a small value; the keys above hold large values.
const SMALL_KEYS: u64 = 1_000_000;
const LARGE_KEYS: u64 = 16;
const LARGE_BYTES: u64 = 1 << 20;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|argument| argument.parse::<u64>());
    let mut argument = |default| match arguments.next() {
        None => default,
        Some(Ok(number)) => number,
        Some(Err(_)) => {
            eprintln!("usage: soak [MESSAGES] [SEED]");
            std::process::exit(2);
        }
    };
    let (messages, seed) = (argument(10_000_000), argument(1));
    let program = compile("soak.pasc", SOURCE);
    let mut process: Process<Lockstep> =
        Process::start(&program, &Options::new("self").sealed()).expect("the program starts");
    let mut model: HashMap<u64, (i64, Vec<u8>)> = HashMap::new();
    let mut random = Random(seed.max(1));
    let (mut largest_map, mut largest_value) = (0, 0);
    let started = Instant::now();
    for ordinal in 1..=messages {
        let large = random.below(10_000) == 0;
        let key = match large {
            true => SMALL_KEYS + random.below(LARGE_KEYS),
            false => random.below(SMALL_KEYS),
        };
        let int = Value::Int(key as i64);
        let choice = random.below(100);
        let frame = if choice < 70 {
            let size = if large {
                random.below(LARGE_BYTES + 1)
            } else {
                random.below(17)
            };
            let value = vec![random.below(256) as u8; size as usize];
            let entry = model.entry(key).or_default();
            *entry = (entry.0 + 1, value.clone());
            largest_value = largest_value.max(size);
            message(&program, "Put", vec![int, Value::Bytes(value)])
        } else if choice < 75 {
            model.remove(&key);
            message(&program, "Remove", vec![int])
        } else {
            message(&program, "Get", vec![int])
        };
        largest_map = largest_map.max(model.len());
        let handled = process.handle(&Input::new(ordinal, ordinal, &frame));
        let Ok(Handled::Done { outputs, .. }) = handled else {
            eprintln!("message {ordinal}, seed {seed}: {handled:?}");
            std::process::exit(1);
        };
        for bytes in outputs {
            let frame = Frame::parse(bytes).expect("outputs are whole frames");
            let id = program
                .find_fingerprint(frame.fingerprint)
                .expect("a known message");
            let record = program.message_record(id).expect("messages are records");
            let answer = wire::decode_value(&program.types, record, frame.body);
            let entries = Value::Int(model.len() as i64);
            let expected = match model.get(&key) {
                Some((version, value)) => Value::Record(vec![
                    Value::Int(*version),
                    Value::Int(value.len() as i64),
                    Value::Bytes(value.clone()),
                    entries,
                ]),
                None => Value::Record(vec![entries]),
            };
            if answer.as_ref() != Some(&expected) {
                eprintln!("message {ordinal}, seed {seed}: wrong answer for key {key}");
                std::process::exit(1);
            }
        }
        if ordinal % (messages / 20).max(1) == 0 {
            let seconds = started.elapsed().as_secs_f64();
            let left = seconds / ordinal as f64 * (messages - ordinal) as f64;
            eprintln!(
                "{ordinal} messages, {} entries, {left:.0} s left",
                model.len()
            );
        }
    }
    process.snapshot().expect("the copies are equal at the end");
    println!(
        "{messages} messages, seed {seed}: 0 traps; up to {largest_map} entries, values up to \
         {largest_value} bytes, {:.0} s",
        started.elapsed().as_secs_f64()
    );
}
