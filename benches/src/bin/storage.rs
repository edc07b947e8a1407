//! Two ways to store a committed copy: one image of words, as the machine does it, or an `IndexMap` for
//! each container.
//!
//! `storage [ENTRIES]` (1,000,000 by default) fills a `map<int, record>` of that many entries in each
//! way, then measures what storage decides: bytes per entry, comparing two copies, writing a snapshot,
//! and 100,000 updates in messages of 1,000, logged and applied to both copies. The image's updates run
//! in the interpreter, in lockstep; those of `IndexMap` are plain Rust with a log per copy.

use indexmap::IndexMap;
use pasc_benches::{Counting, compile, median, message};
use pasc_vm::Value;
use pasc_vm::process::{Handled, Input, Lockstep, Options, Process};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SOURCE: &str = r#"
record Vote { ballot: int, value: bytes }
message Fill   { from: int, to: int }
message Update { from: int, to: int, stride: int }
state { votes: map<int, Vote> }
on Fill(m) {
    var key = m.from
    while key < m.to {
        votes[key] = Vote { ballot: 1, value: b"12345678" }
        key += 1
    }
}
on Update(m) {
    var index = m.from
    while index < m.to {
        votes[index * m.stride % votes.len()].ballot = index
        index += 1
    }
}
"#;

const TURNS: usize = 5;
const UPDATES: usize = 100_000;
const BATCH: usize = 1_000;
const STRIDE: i64 = 7_919;

/// Milliseconds of the median turn.
fn time(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..TURNS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    median(&mut times)
}

struct Row {
    bytes: f64,
    compare: f64,
    snapshot: f64,
    updates: f64,
}

fn image(entries: i64) -> Row {
    let program = compile("votes.pasc", SOURCE);
    let before = Counting::live();
    let mut process: Process<Lockstep> =
        Process::start(&program, &Options::new("self").sealed()).expect("the program starts");
    let mut ordinal = 0;
    let mut handle = |process: &mut Process<Lockstep>, name: &str, fields: &[i64]| {
        ordinal += 1;
        let fields = fields.iter().map(|field| Value::Int(*field)).collect();
        let frame = message(&program, name, fields);
        match process.handle(&Input::new(ordinal, 0, &frame)) {
            Ok(Handled::Done { .. }) => {}
            other => panic!("{other:?}"),
        }
    };
    for from in (0..entries).step_by(10_000) {
        handle(&mut process, "Fill", &[from, entries.min(from + 10_000)]);
    }
    let bytes = (Counting::live() - before) as f64 / entries as f64 / 2.0;
    let compare = time(|| {
        let copies = process.copies();
        assert!(black_box(copies[0]) == black_box(copies[1]));
    });
    let snapshot = time(|| {
        black_box(process.snapshot().expect("the copies are equal"));
    });
    let updates = time(|| {
        for from in (0..UPDATES).step_by(BATCH) {
            let range = [from as i64, (from + BATCH) as i64, STRIDE];
            handle(&mut process, "Update", &range);
        }
    });
    Row {
        bytes,
        compare,
        snapshot,
        updates,
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Vote {
    ballot: i64,
    value: Box<[u8]>,
}

fn maps(entries: i64) -> Row {
    let before = Counting::live();
    let vote = |_| Vote {
        ballot: 1,
        value: Box::from(*b"12345678"),
    };
    let fill = || -> IndexMap<i64, Vote> { (0..entries).map(|key| (key, vote(key))).collect() };
    let mut copies = [fill(), fill()];
    let bytes = (Counting::live() - before) as f64 / entries as f64 / 2.0;
    let compare = time(|| assert!(black_box(&copies[0]) == black_box(&copies[1])));
    let snapshot = time(|| {
        assert!(black_box(&copies[0]) == black_box(&copies[1]));
        let crcs = [0, 1].map(|copy: usize| {
            let mut out = Vec::new();
            for (key, vote) in &copies[copy] {
                out.extend_from_slice(&key.to_le_bytes());
                out.extend_from_slice(&vote.ballot.to_le_bytes());
                out.extend_from_slice(&(vote.value.len() as u32).to_le_bytes());
                out.extend_from_slice(&vote.value);
            }
            crc32fast::hash(&out)
        });
        black_box(crcs);
    });
    let updates = time(|| {
        for from in (0..UPDATES as i64).step_by(BATCH) {
            let mut logs: [HashMap<i64, i64>; 2] = Default::default();
            for (copy, log) in copies.iter().zip(&mut logs) {
                for index in from..from + BATCH as i64 {
                    let key = index * STRIDE % entries;
                    assert!(copy.contains_key(&key));
                    log.insert(key, index);
                }
            }
            assert!(logs[0] == logs[1]);
            for (copy, log) in copies.iter_mut().zip(&logs) {
                for (key, ballot) in log {
                    if let Some(vote) = copy.get_mut(key) {
                        vote.ballot = *ballot;
                    }
                }
            }
        }
    });
    Row {
        bytes,
        compare,
        snapshot,
        updates,
    }
}

fn main() {
    let entries = std::env::args().nth(1);
    let entries = entries.map_or(1_000_000, |text| text.parse().expect("a number"));
    println!(
        "| storage | bytes per entry and copy | compare two copies, ms | snapshot, ms | {UPDATES} updates, ms |"
    );
    println!("| --- | --- | --- | --- | --- |");
    for (name, row) in [("image", image(entries)), ("IndexMap", maps(entries))] {
        println!(
            "| {name} | {:.0} | {:.1} | {:.0} | {:.0} |",
            row.bytes, row.compare, row.snapshot, row.updates
        );
    }
}
