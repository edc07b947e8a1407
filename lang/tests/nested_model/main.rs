//! Random handlers over nested lists, sets, maps and records, against a model that
//! clones every value, in every mode: nothing may alias, whatever the compiler leaves
//! uncopied; and a handler that fails leaves the state as it was.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;
mod generator;
mod model;
mod program;

use common::rendered;
use generator::{Counts, Generator};
use model::Stop;
use pasc_lang::SourceFile;
use pasc_vm::Value;
use pasc_vm::error::ErrorCode;
use pasc_vm::frame::{self, Header};
use pasc_vm::process::{
    Failure, Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential,
};
use program::{literal, statement};

/// How many programs are tried.
const PROGRAMS: u64 = 700;

/// What must have been produced, each at least this often.
const LEAST: usize = 10;
const PRODUCED: [&str; 47] = [
    "add",
    "append",
    "assign a field",
    "assign a variable",
    "assign an element",
    "clear",
    "comprehension of a list from a list",
    "comprehension of a list from a set",
    "comprehension of a map from a list",
    "comprehension of a map from a set",
    "comprehension of a set from a list",
    "comprehension of a set from a set",
    "get_or",
    "insert",
    "insert as a condition",
    "join",
    "let",
    "list in list",
    "list in map",
    "list in record",
    "list in set",
    "loop over a list",
    "loop over a map",
    "loop over a range",
    "loop over a set",
    "make a list",
    "make a map",
    "make a record",
    "make a set",
    "map in list",
    "map in map",
    "map in record",
    "push",
    "put",
    "record in list",
    "record in map",
    "record in record",
    "record in set",
    "remove from a list",
    "remove from a map",
    "remove from a set",
    "set in list",
    "set in map",
    "set in record",
    "statement in a value",
    "take",
    "truncate",
];

/// How the handler ended and the state after it.
fn run<M: Mode>(source: &SourceFile, seed: u64) -> (Result<(), ErrorCode>, Vec<Value>) {
    let program = pasc_lang::compile(source)
        .unwrap_or_else(|found| {
            panic!("seed {seed}\n{}\n{}", source.text, rendered(source, &found))
        })
        .program;
    let record = program
        .message_record(program.find_message("Go").unwrap())
        .unwrap();
    let header = Header {
        fingerprint: program.types.fingerprint(record),
        incarnation: 0,
        number: 1,
        sender: b"test",
        destination: b"p",
    };
    let frame = frame::build(&header, &[]).unwrap();
    let mut process: Process<M> = Process::start(&program, &Options::new("p"))
        .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", source.text));
    let ended = match process.handle(&Input::new(1, 0, &frame)) {
        Ok(Handled::Done { .. }) => Ok(()),
        Err(Failure::Error(error)) => Err(error.code),
        other => panic!("seed {seed}: {other:?}\n{}", source.text),
    };
    let Value::Record(state) = process.state().unwrap() else {
        unreachable!("a record")
    };
    (ended, state)
}

/// Source, expected end and expected state of the program for a seed; nothing if its
/// values grow too large.
fn case(seed: u64, counts: &mut Counts) -> Option<(SourceFile, Result<(), Stop>, Vec<Value>)> {
    let mut generator = Generator::new(seed);
    let first = generator.model.state.clone();
    let (statements, ended) = generator.statements(14);
    if ended == Err(Stop::TooLarge) {
        return None;
    }
    for (what, count) in &generator.counts {
        *counts.entry(what.clone()).or_default() += count;
    }
    let types = &generator.types;
    let mut text = String::from("param flag: bool = true\nmessage Go {}\n");
    for (number, fields) in generator.records.iter().enumerate() {
        let fields = fields.iter().enumerate();
        let fields: Vec<String> = fields
            .map(|(index, ty)| format!("f{index}: {}", ty.source()))
            .collect();
        text += &format!("record R{number} {{ {} }}\n", fields.join(", "));
    }
    // What the handler's own variables hold at the end is kept in the state too.
    let mut declared = String::new();
    let mut begin = String::new();
    let mut end = String::new();
    let mut expected = if ended.is_ok() {
        generator.model.state.clone()
    } else {
        first.clone()
    };
    for (n, ty) in types.iter().enumerate() {
        let (ty_source, value) = (ty.source(), literal(&first[n], ty));
        declared += &format!("    s{n}: {ty_source} = {value}\n");
        begin += &format!("    var v{n}: {ty_source} = {value}\n");
    }
    let vars = types
        .iter()
        .enumerate()
        .map(|(n, ty)| (format!("v{n}"), ty, &generator.model.vars[n]));
    // A handler that failed did not come to all variables.
    let lets = generator.lets.iter().enumerate();
    let lets = lets.take(generator.model.lets.len());
    let lets = lets.map(|(n, ty)| (format!("l{n}"), ty, &generator.model.lets[n]));
    for (name, ty, value) in vars.chain(lets) {
        let position = types.iter().position(|known| known == ty).unwrap();
        declared += &format!(
            "    end_{name}: {} = {}\n",
            ty.source(),
            literal(&first[position], ty)
        );
        end += &format!("    end_{name} = {name}\n");
        expected.push(if ended.is_ok() {
            value.clone()
        } else {
            first[position].clone()
        });
    }
    let mut lets = 0;
    let body: Vec<String> = statements.iter().map(|s| statement(s, &mut lets)).collect();
    text += &format!(
        "state {{\n{declared}}}\non Go {{\n{begin}{}\n{end}}}\n",
        body.join("\n")
    );
    Some((SourceFile::new("model.pasc", text), ended, expected))
}

#[test]
fn random_handlers_do_to_nested_values_what_the_model_does() {
    let mut counts = Counts::new();
    let (mut failed, mut skipped) = (0, 0);
    for seed in 1..=PROGRAMS {
        let Some((source, ended, expected)) = case(seed, &mut counts) else {
            skipped += 1;
            continue;
        };
        common::assert_layout_changes_nothing(&source);
        let results = [
            run::<Plain>(&source, seed),
            run::<Lockstep>(&source, seed),
            run::<Sequential>(&source, seed),
        ];
        for (code, state) in results {
            let wanted = match (ended, code) {
                (Ok(()), _) => Ok(()),
                // Which of the two it is depends on the place alone.
                (Err(_), Err(ErrorCode::MissingKey)) => Err(ErrorCode::MissingKey),
                (Err(_), _) => Err(ErrorCode::IndexOutOfRange),
            };
            assert_eq!(code, wanted, "seed {seed}\n{}", source.text);
            for (index, (found, expected)) in state.iter().zip(&expected).enumerate() {
                assert_eq!(
                    found, expected,
                    "seed {seed}, variable {index}\n{}",
                    source.text
                );
            }
            assert_eq!(state.len(), expected.len());
        }
        failed += u64::from(ended.is_err());
    }
    assert!(skipped < PROGRAMS / 4, "{skipped} programs grow too large");
    assert!(failed > PROGRAMS / 50, "only {failed} handlers fail");
    let rare: Vec<&str> = PRODUCED
        .into_iter()
        .filter(|what| counts.get(*what).copied().unwrap_or(0) < LEAST)
        .collect();
    assert!(rare.is_empty(), "hardly produced: {rare:?} of {counts:?}");
}
