//! Live bytes per entry against Rust's `HashMap`, and allocations per message.
//!
//! `memory [--json FILE]` fills maps with 0.5 to 2 million entries in eight steps, in every mode and in
//! Rust, and counts the bytes that are allocated then, as they were asked for; then it counts how often
//! each handler of the suite asks for memory once its keys exist. Ends with 1 if a handler does.

use pasc_benches::machine::Machine;
use pasc_benches::native::Handler;
use pasc_benches::works::{HANDLERS, HandlerWork, options};
use pasc_benches::{Counting, compile, message};
use pasc_vm::process::{Lockstep, Mode, Plain, Sequential};
use pasc_vm::{Program, Value};
use std::collections::HashMap;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SOURCE: &str = r#"
record Vote { ballot: int, value: bytes }
message Fill      { from: int, to: int }
message FillVotes { from: int, to: int }
message Full {}
state {
    numbers: map<int, int>
    votes: map<int, Vote>
}
on Fill(m) {
    for key in m.from..m.to { numbers[key] = key }
    reply Full
}
on FillVotes(m) {
    for key in m.from..m.to { votes[key] = Vote { ballot: 1, value: b"12345678" } }
    reply Full
}
"#;

const LEAST: i64 = 500_000;
const MOST: i64 = 2_000_000;
const STEPS: i64 = 8;
/// Entries that a message inserts.
const BATCH: i64 = 10_000;

struct Vote {
    _ballot: i64,
    _value: Vec<u8>,
}

/// The number of entries of each step.
fn steps() -> impl Iterator<Item = i64> {
    (0..STEPS).map(|step| LEAST + (MOST - LEAST) * step / (STEPS - 1))
}

/// Bytes per entry, the mean over the steps, of something that is filled from one key to another.
fn mean(mut fill: impl FnMut(i64, i64), before: usize) -> f64 {
    let mut from = 0;
    let per_entry = steps().map(|entries| {
        fill(from, entries);
        from = entries;
        (Counting::live() - before) as f64 / entries as f64
    });
    per_entry.sum::<f64>() / STEPS as f64
}

fn machine<M: Mode>(program: &Program, message_name: &str) -> f64 {
    let before = Counting::live();
    let mut machine = Machine::<M>::start(program, &options());
    let fill = |from: i64, to: i64| {
        for from in (from..to).step_by(BATCH as usize) {
            let range = vec![Value::Int(from), Value::Int(to.min(from + BATCH))];
            machine.handle(&message(program, message_name, range));
        }
    };
    mean(fill, before)
}

fn rust_numbers() -> f64 {
    let before = Counting::live();
    let mut map = HashMap::new();
    mean(
        |from, to| map.extend((from..to).map(|key| (key, key))),
        before,
    )
}

fn rust_votes() -> f64 {
    let before = Counting::live();
    let mut map = HashMap::new();
    let vote = |key| {
        let value = b"12345678".to_vec();
        (
            key,
            Vote {
                _ballot: 1,
                _value: value,
            },
        )
    };
    mean(|from, to| map.extend((from..to).map(vote)), before)
}

/// How often a handler asks for memory in its fourth round of messages.
fn allocations<M: Mode>(work: &HandlerWork) -> usize {
    let mut machine = Machine::<M>::start(&work.program, &work.options);
    let mut out = Vec::new();
    for round in 0..3 {
        for frame in work.frames(round) {
            out.clear();
            Handler::handle(&mut machine, &frame, &mut out);
        }
    }
    let frames = work.frames(3);
    let before = Counting::allocations();
    for frame in &frames {
        out.clear();
        Handler::handle(&mut machine, frame, &mut out);
    }
    Counting::allocations() - before
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let json = match args.as_slice() {
        [] => None,
        [option, path] if option == "--json" => Some(path),
        _ => {
            eprintln!("usage: memory [--json FILE]");
            return ExitCode::from(2);
        }
    };
    let program = compile("memory.pasc", SOURCE);
    let mut data = Vec::new();
    println!(
        "| map | HashMap | plain | lockstep | sequential | plain to HashMap, bar 1.5 | lockstep to plain, bar 2.05 |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (map, name, rust) in [
        ("map<int, int>", "Fill", rust_numbers as fn() -> f64),
        ("map<int, Vote>", "FillVotes", rust_votes),
    ] {
        let rust = rust();
        let plain = machine::<Plain>(&program, name);
        let lockstep = machine::<Lockstep>(&program, name);
        let sequential = machine::<Sequential>(&program, name);
        let (to_rust, to_plain) = (plain / rust, lockstep / plain);
        println!(
            "| `{map}` | {rust:.1} | {plain:.1} | {lockstep:.1} | {sequential:.1} | {to_rust:.2} | {to_plain:.2} |"
        );
        data.push(serde_json::json!({
            "map": map, "HashMap": rust, "plain": plain, "lockstep": lockstep, "sequential": sequential,
        }));
    }
    println!("\n| handler | plain | lockstep | sequential |\n| --- | --- | --- | --- |");
    let mut all = 0;
    for name in HANDLERS {
        let work = HandlerWork::new(name);
        let counts = [
            allocations::<Plain>(&work),
            allocations::<Lockstep>(&work),
            allocations::<Sequential>(&work),
        ];
        let [plain, lockstep, sequential] = counts;
        println!("| {name} | {plain} | {lockstep} | {sequential} |");
        data.push(serde_json::json!({ "handler": name, "allocations": counts }));
        all += counts.iter().sum::<usize>();
    }
    if let Some(path) = json {
        let text = serde_json::Value::from(data).to_string();
        if let Err(error) = std::fs::write(path, text + "\n") {
            eprintln!("error: {path}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::from(u8::from(all > 0))
}
