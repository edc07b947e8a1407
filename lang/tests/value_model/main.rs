//! Random handlers that copy, change and iterate, against a model that clones every
//! value: nothing may alias, whatever the compiler leaves uncopied.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod generator;
mod model;
mod program;

use common::rendered;
use generator::Generator;
use model::Model;
use pasc_lang::SourceFile;
use pasc_vm::Value;
use pasc_vm::frame::{self, Header};
use pasc_vm::process::{Handled, Input, Lockstep, Options, Process};

use program::{Map, Record, source};

/// How many programs are tried.
const PROGRAMS: u64 = 1500;

fn map_value(map: &Map) -> Value {
    let entries = map
        .iter()
        .map(|(key, text)| (Value::Int(*key), Value::Text(text.clone())));
    Value::Map(entries.collect())
}

fn record_value(record: &Record) -> Value {
    Value::Record(vec![Value::Text(record.t.clone()), map_value(&record.m)])
}

/// The state of a process after the handler ran.
fn machine(source: &SourceFile, seed: u64) -> Vec<Value> {
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
    let mut process: Process<Lockstep> = Process::start(&program, &Options::new("p")).unwrap();
    match process.handle(&Input::new(1, 0, &frame)) {
        Ok(Handled::Done { .. }) => {}
        other => panic!("seed {seed}: {other:?}\n{}", source.text),
    }
    let Value::Record(state) = process.state().unwrap() else {
        unreachable!("a record")
    };
    state
}

#[test]
fn random_handlers_do_to_values_what_the_model_does() {
    for seed in 1..=PROGRAMS {
        let mut generator = Generator::new(seed);
        let count = 4 + generator.pick(14);
        let statements = generator.statements(count);

        let mut model = Model::start();
        statements.iter().for_each(|statement| model.run(statement));

        let mut lets = [0; 3];
        let body: Vec<String> = statements
            .iter()
            .map(|statement| source(statement, &mut lets))
            .collect();
        // What the handler's own variables hold at the end is kept in the state too.
        let mut results = Vec::new();
        let mut fields = vec![
            ("sa".to_string(), map_value(&model.maps[0])),
            ("sb".to_string(), map_value(&model.maps[1])),
            ("sr".to_string(), record_value(&model.records[1])),
            ("st".to_string(), Value::Text(model.texts[1].clone())),
        ];
        let mut keep = |name: String, ty: &str, value: Value| {
            results.push((format!("end_{name} = {name}"), format!("end_{name}: {ty}")));
            fields.push((format!("end_{name}"), value));
        };
        keep("vm".into(), "map<int, text>", map_value(&model.maps[2]));
        keep("vt".into(), "text", Value::Text(model.texts[0].clone()));
        for (n, value) in model.let_texts.iter().enumerate() {
            keep(format!("lt{n}"), "text", Value::Text(value.clone()));
        }
        for (n, value) in model.let_maps.iter().enumerate() {
            keep(format!("lm{n}"), "map<int, text>", map_value(value));
        }
        let empty = "R { t: \"\", m: {} }";
        keep("vr".into(), "R", record_value(&model.records[0]));
        for (n, value) in model.let_records.iter().enumerate() {
            keep(format!("lr{n}"), "R", record_value(value));
        }
        let declared: Vec<String> = results
            .iter()
            .map(|(_, field)| match field.strip_suffix(": R") {
                Some(name) => format!("    {name}: R = {empty}"),
                None => format!("    {field}"),
            })
            .collect();
        let kept: Vec<&str> = results
            .iter()
            .map(|(statement, _)| statement.as_str())
            .collect();
        let program = format!(
            "param flag: bool = true
param empty: map<int, text> = {{}}
record R {{ t: text, m: map<int, text> }}
message Go {{}}
state {{
    sa: map<int, text> = {{1: \"one\", 2: \"two\"}}
    sb: map<int, text>
    sr: R = R {{ t: \"start\", m: {{3: \"three\"}} }}
    st: text
{}
}}
on Go {{
    var vm = sa
    var vr = sr
    var vt = st
{}
{}
}}
",
            declared.join("\n"),
            body.join("\n"),
            kept.join("\n")
        );
        let source = SourceFile::new("model.pasc", program);
        common::assert_layout_changes_nothing(&source);
        let state = machine(&source, seed);
        for ((name, expected), found) in fields.iter().zip(&state) {
            assert_eq!(found, expected, "seed {seed}, `{name}`\n{}", source.text);
        }
        assert_eq!(state.len(), fields.len());
    }
}
