//! Every bit of every word of the state, in either copy.

use crate::bench::{Answer, compile, give, looks_valid, message, start};
use pasc_vm::process::{Failure, Location, Lockstep, Mode, Plain, Sequential};
use pasc_vm::state::ROOT;
use pasc_vm::trap::Trap;
use pasc_vm::{Program, Value};

/// Whose `Read` reads every key, value, length and link of the state.
const SOURCE: &str = r#"
record Row { n: int, ok: bool, title: text, tags: map<text, int> }

message Write { key: int, n: int, ok: bool, title: text, tag: text }
message Written { count: int }
message Read { }
message Content { count: int, found: bool, same: bool, n: int, blob: bytes, rows: map<int, Row> }

state {
    last: int = -5
    any: bool = true
    blob: bytes = b"\x00\x01some bytes"
    rows: map<int, Row>
}

on Write(m) {
    if not (m.key in rows) {
        rows[m.key] = Row { n: 0, ok: false, title: "", tags: {} }
    }
    rows[m.key].n = m.n
    rows[m.key].ok = m.ok
    rows[m.key].title = m.title
    rows[m.key].tags[m.tag] = m.n
    last = m.n
    reply Written { count: rows.len() }
}

on Read(m) {
    reply Content {
        count: rows.len(),
        found: all(k in rows and all(t in row.tags for t, _ in row.tags) for k, row in rows),
        same: any and all(row.tags.len() > 0 for _, row in rows),
        n: last,
        blob,
        rows
    }
}
"#;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn writes(program: &Program) -> Vec<Vec<u8>> {
    let write = |key, n, ok, title, tag| {
        let fields = vec![
            Value::Int(key),
            Value::Int(n),
            Value::Bool(ok),
            text(title),
            text(tag),
        ];
        message(program, "Write", fields)
    };
    vec![
        write(7, 1, true, "seven", "a"),
        write(-1, 2, false, "a title that is longer than a word", "b"),
        write(i64::MAX, 3, true, "", "c"),
        write(7, 4, false, "SEVEN", "another tag, longer than a word"),
        write(7, 5, true, "7", ""),
    ]
}

#[test]
fn a_flipped_bit_of_the_state_traps_the_message_that_reads_it_in_lockstep() {
    traps_whoever_reads_a_flipped_bit::<Lockstep>();
}

#[test]
fn a_flipped_bit_of_the_state_traps_the_message_that_reads_it_in_sequential() {
    traps_whoever_reads_a_flipped_bit::<Sequential>();
}

/// The address of the word that holds the address behind the last word in use.
const TOP: usize = 4;

fn traps_whoever_reads_a_flipped_bit<M: Mode>() {
    let program = compile("rows.pasc", SOURCE);
    let frames = writes(&program);
    let read = message(&program, "Read", vec![]);
    let ordinal = frames.len() as u64 + 1;
    let end = start::<M>(&program, &frames).copies()[0][TOP] as usize;
    let mut flipped = 0;
    for word in ROOT as usize..end {
        for bit in 0..64 {
            for copy in 0..2 {
                let mut process = start::<M>(&program, &frames);
                assert!(process.flip(Location::State { copy, word }, bit));
                let before: Vec<Vec<u64>> = process.copies().iter().map(|c| c.to_vec()).collect();
                let answer = give(&mut process, ordinal, &read);
                let Answer::Failed(Failure::Trap(_)) = answer else {
                    panic!("copy {copy}, word {word}, bit {bit}: {answer:?}")
                };
                assert_eq!(process.copies(), before, "the state stays as it was");
                let again = give(&mut process, ordinal + 1, &read);
                assert_eq!(again, Answer::Failed(Failure::Stopped));
                flipped += 1;
            }
        }
    }
    // Three rows of 6 words, four tags of 3 words, maps, strings, variables: not a handful.
    assert!(flipped > 2 * 64 * 60, "{flipped}");
}

#[test]
fn the_same_bits_fool_an_unprotected_process() {
    let program = compile("rows.pasc", SOURCE);
    let frames = writes(&program);
    let read = message(&program, "Read", vec![]);
    let ordinal = frames.len() as u64 + 1;
    let right = give(&mut start::<Plain>(&program, &frames), ordinal, &read);
    let end = start::<Plain>(&program, &frames).copies()[0][TOP] as usize;
    let (mut silent, mut all) = (0, 0);
    for word in ROOT as usize..end {
        for bit in 0..64 {
            let mut process = start::<Plain>(&program, &frames);
            process.flip(Location::State { copy: 0, word }, bit);
            let answer = give(&mut process, ordinal, &read);
            silent += u32::from(looks_valid(&answer) && answer != right);
            all += 1;
        }
    }
    assert!(
        silent > all / 10,
        "{silent} of {all} flips give wrong answers with a right CRC"
    );
}

#[test]
fn a_flipped_bit_of_what_the_machine_itself_remembers_never_gives_a_wrong_answer() {
    let program = compile("rows.pasc", SOURCE);
    let frames = writes(&program);
    let mut later = writes(&program);
    later.push(message(&program, "Read", vec![]));
    let ordinal = frames.len() as u64 + 1;
    let give_later = |process: &mut _| -> Vec<Answer> {
        let inputs = later.iter().enumerate();
        inputs
            .map(|(index, frame)| give::<Lockstep>(process, ordinal + index as u64, frame))
            .collect()
    };
    let right = give_later(&mut start(&program, &frames));
    let mut trapped_words = Vec::new();
    for word in 0..ROOT as usize {
        for bit in 0..64 {
            for copy in 0..2 {
                let mut process = start(&program, &frames);
                process.flip(Location::State { copy, word }, bit);
                let answers = give_later(&mut process);
                for (answer, right) in answers.iter().zip(&right) {
                    match answer {
                        Answer::Failed(Failure::Trap(_) | Failure::Stopped) => {
                            trapped_words.push(word);
                        }
                        answer => assert_eq!(answer, right, "copy {copy}, word {word}, bit {bit}"),
                    }
                }
            }
        }
    }
    trapped_words.dedup();
    // Epoch, hash key, ordinal, time, number of frames sent: all of them are read.
    for word in [1, 2, 3, 5, 6, 7] {
        assert!(
            trapped_words.contains(&word),
            "word {word} is never checked"
        );
    }
}

#[test]
fn a_difference_between_the_copies_is_a_state_trap() {
    let program = compile("rows.pasc", SOURCE);
    let frames = writes(&program);
    let mut process = start::<Lockstep>(&program, &frames);
    process.flip(
        Location::State {
            copy: 1,
            word: ROOT as usize,
        },
        0,
    );
    let read = message(&program, "Read", vec![]);
    let answer = give(&mut process, frames.len() as u64 + 1, &read);
    assert_eq!(answer, Answer::Failed(Failure::Trap(Trap::State)));
}
