//! Messages on a map that holds few or many entries, to be counted under callgrind.
//!
//! `growth ENTRIES OPERATION MESSAGES [MODE]` fills a `map<int, record>` and sends MESSAGES messages of one
//! kind: `insert`, `update`, `read` or `remove`, spread over the whole map. Instructions per message
//! are the difference between two runs divided by the difference of their messages.

use pasc_benches::{compile, message};
use pasc_vm::Value;
use pasc_vm::process::{Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential};
use std::time::Instant;

const SOURCE: &str = r#"
record Vote { ballot: int, value: bytes }
message Fill   { from: int, to: int }
message Insert { key: int, value: bytes }
message Update { key: int, ballot: int }
message Read   { key: int }
message Remove { key: int }
message Answer { ballot: int, size: int }
state { votes: map<int, Vote> }
on Fill(m) {
    var key = m.from
    while key < m.to {
        votes[key] = Vote { ballot: 1, value: b"12345678" }
        key += 1
    }
}
on Insert(m) { votes[m.key] = Vote { ballot: 1, value: m.value } }
on Update(m) { votes[m.key].ballot = m.ballot }
on Read(m)   { reply Answer { ballot: votes[m.key].ballot, size: votes.len() } }
on Remove(m) { votes.remove(m.key) }
"#;

fn run<M: Mode>(entries: i64, operation: &str, messages: i64) {
    let program = compile("votes.pasc", SOURCE);
    let mut process: Process<M> =
        Process::start(&program, &Options::new("self").sealed()).expect("the program starts");
    let insert = |key: i64| {
        message(
            &program,
            "Insert",
            vec![Value::Int(key), Value::Bytes(b"12345678".to_vec())],
        )
    };
    let mut ordinal = 0;
    let mut handle = |process: &mut Process<M>, frame: &[u8]| {
        ordinal += 1;
        match process.handle(&Input::new(ordinal, 0, frame)) {
            Ok(Handled::Done { .. }) => {}
            other => panic!("{other:?}"),
        }
    };
    for from in (0..entries).step_by(10_000) {
        let range = vec![Value::Int(from), Value::Int(entries.min(from + 10_000))];
        handle(&mut process, &message(&program, "Fill", range));
    }
    // A stride that is coprime to the number of entries visits all of them.
    let key = |index: i64| (index * 7_919) % entries;
    let frames: Vec<Vec<u8>> = (0..messages)
        .map(|index| match operation {
            "insert" => insert(entries + index),
            "update" => message(
                &program,
                "Update",
                vec![Value::Int(key(index)), Value::Int(index)],
            ),
            "read" => message(&program, "Read", vec![Value::Int(key(index))]),
            "remove" => message(&program, "Remove", vec![Value::Int(key(index))]),
            other => panic!("no operation {other}"),
        })
        .collect();
    let started = Instant::now();
    frames.iter().for_each(|frame| handle(&mut process, frame));
    let nanos = started.elapsed().as_nanos() as f64 / messages as f64;
    println!(
        "{} {operation} at {entries} entries: {nanos:.0} ns",
        M::NAME
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, entries, operation, messages, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: growth ENTRIES insert|update|read|remove MESSAGES [MODE]");
        std::process::exit(2);
    };
    let entries = entries.parse().expect("a number of entries");
    let messages = messages.parse().expect("a number of messages");
    match rest.first().map(String::as_str) {
        Some("plain") => run::<Plain>(entries, operation, messages),
        Some("sequential") => run::<Sequential>(entries, operation, messages),
        _ => run::<Lockstep>(entries, operation, messages),
    }
}
