//! Whatever the text, the compiler answers with a program that the machine accepts or
//! with diagnostics; it never panics.
#![allow(clippy::unwrap_used)]

mod common;

use common::example;
use pasc_lang::SourceFile;
use pasc_vm::process::{Failure, Lockstep, Options, Process, StartError};
use proptest::prelude::*;

/// Pieces that are put where they do not belong.
const PIECES: [&str; 68] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ",",
    ":",
    ".",
    "=",
    "==",
    "+=",
    "-",
    "+",
    "*",
    "/",
    "\n",
    ";",
    "\"",
    "b\"",
    "\\",
    "{{",
    "//",
    "///",
    "if ",
    "else ",
    "for ",
    "in ",
    "while ",
    "return",
    "reply ",
    "send ",
    "not ",
    "and ",
    "let ",
    "var ",
    "state {",
    "on ",
    "test \"",
    "_",
    "0x",
    "9223372036854775808",
    "é",
    "\u{0}",
    "sender",
    "map<int, Vote>",
    "..",
    "5ms",
    "9d",
    "now",
    "random(",
    "timer ",
    "timer lease",
    "set ",
    "set lease(",
    "cancel ",
    "broadcast ",
    "list<",
    "set<text>",
    ".push(",
    ".remove(",
    ".insert(",
    "[]",
    "on start {",
    "advance ",
    "sum(",
];

/// One change to a text.
#[derive(Clone, Debug)]
enum Change {
    /// Takes out some bytes.
    Remove(usize, usize),
    /// Puts a piece in.
    Insert(usize, usize),
    /// Copies some bytes to somewhere else.
    Copy(usize, usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0usize..1 << 20;
    prop_oneof![
        (at.clone(), 1usize..30).prop_map(|(at, length)| Change::Remove(at, length)),
        (at.clone(), 0..PIECES.len()).prop_map(|(at, piece)| Change::Insert(at, piece)),
        (at.clone(), 1usize..80, at).prop_map(|(from, length, to)| Change::Copy(from, length, to)),
    ]
}

/// A place between two characters.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at % (text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn apply(text: &mut String, change: &Change) {
    match *change {
        Change::Remove(at, length) => {
            let start = boundary(text, at);
            let end = boundary(text, (start + length).min(text.len()));
            text.replace_range(start..end.max(start), "");
        }
        Change::Insert(at, piece) => text.insert_str(boundary(text, at), PIECES[piece]),
        Change::Copy(from, length, to) => {
            let start = boundary(text, from);
            let end = boundary(text, (start + length).min(text.len())).max(start);
            let piece = text[start..end].to_string();
            text.insert_str(boundary(text, to), &piece);
        }
    }
}

/// Compiles the text; a program that comes out must start.
fn survives(text: &str) {
    let source = SourceFile::new("mutant.pasc", text);
    match pasc_lang::compile_tests(&source) {
        Ok(compiled) => {
            pasc_vm::verify::verify(&compiled.program).unwrap();
            // An initial value may overflow, a parameter may be missing: errors of the run, no traps.
            let started = Process::<Lockstep>::start(&compiled.program, &Options::new("p"));
            if let Err(StartError::Init(failure)) = started {
                assert!(matches!(failure, Failure::Error(_)), "{failure}");
            }
        }
        Err(diagnostics) => {
            assert!(diagnostics.iter().any(pasc_lang::Diagnostic::is_error));
            for diagnostic in &diagnostics {
                assert!(diagnostic.span.end as usize <= text.len());
                pasc_lang::render(diagnostic, &source);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn changed_examples_compile_or_are_refused(
        which in 0usize..9,
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let mut text = match which {
            0 => example("acceptor").text,
            1 => example("counter").text,
            2 => example("lease").text,
            3 => include_str!("programs/lists.pasc").to_string(),
            4 => include_str!("programs/effects.pasc").to_string(),
            5 => example("lww-store").text,
            6 => example("raft").text,
            7 => example("resp").text,
            _ => include_str!("programs/expressions.pasc").to_string(),
        };
        for change in &changes {
            apply(&mut text, change);
        }
        survives(&text);
    }

    #[test]
    fn any_text_is_refused_or_compiles(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn any_pieces_are_refused_or_compile(pieces in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: Vec<&str> = pieces.iter().map(|&piece| PIECES[piece]).collect();
        survives(&text.join(" "));
    }
}

#[test]
fn every_beginning_of_an_example_is_refused_or_compiles() {
    for name in ["acceptor", "counter", "lease"] {
        let text = example(name).text;
        for end in (0..text.len())
            .step_by(3)
            .filter(|&end| text.is_char_boundary(end))
        {
            survives(&text[..end]);
        }
    }
}
