//! Generated programs, each run in every mode and by an evaluator of its tree: outputs, state, errors
//! and invariants are equal; laid out by the formatter it compiles to the same; and a test that says
//! what the evaluator found passes. All productions of the grammar are made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod evaluator;
mod evaluator_values;
mod expressions;
mod generator;
mod made_effects;
mod made_expressions;
mod made_operators;
mod made_programs;
mod methods;
mod places;
mod production_values;
mod productions;
mod values;

use std::cell::RefCell;

use common::rendered;
use evaluator::{Error, Evaluator, Event, Flow, Output};
use made_programs::{Case, HELPER, case};
use pasc_lang::{SourceFile, ast};
use pasc_traces::timers::Timers;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::process::{
    Failure, Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential,
};
use pasc_vm::program::{HandlerId, HandlerKind};
use pasc_vm::timer::start_input;
use pasc_vm::{Program, Value, wire};
use productions::{ALL, NEVER, Productions};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use values::V;

/// How many programs are tried.
const PROGRAMS: u32 = 300;
/// How many kinds of runtime errors are met at least.
const ERRORS: usize = 5;
/// How many choices make a program at most.
const CHOICES: usize = 1200;

/// How many larger programs are tried.
const LARGER: u32 = 40;

/// How many timers a program has.
const TIMERS: usize = 2;

/// What one input did: what was sent, or the error, and whether each invariant holds then.
type Did = (
    Result<Vec<(String, String, Value)>, Error>,
    Vec<Result<bool, Error>>,
);

/// All that was seen of a process.
#[derive(Debug, PartialEq)]
struct Seen {
    inputs: Vec<Did>,
    state: Vec<Value>,
}

fn params() -> Vec<(String, V)> {
    vec![("limit".to_string(), V::Int(17))]
}

/// What was seen, what was sent after each event, and the state at the end.
type Evaluated = (Seen, Vec<Vec<Output>>, Vec<(String, V)>);

/// What the evaluator finds; nothing if it takes too long, or the state has no first value.
fn evaluated(
    program: &ast::Program,
    modules: &[(String, ast::Program)],
    events: &[Event],
) -> Option<Evaluated> {
    let started = Evaluator::start(program, modules, &params(), "own");
    let mut evaluator = match started {
        Ok(evaluator) => evaluator,
        Err(_) => return None,
    };
    let (mut inputs, mut sent, mut now) = (Vec::new(), Vec::new(), 0);
    for event in events {
        let results = match event {
            Event::Advance(by) => {
                now += by;
                evaluator.advance(now)
            }
            event => vec![evaluator.handle(event)],
        };
        let mut all = Vec::new();
        for result in results {
            let outcome = match result {
                Ok(outputs) => {
                    let shown = outputs
                        .iter()
                        .map(|(to, name, value)| (to.clone(), name.clone(), sorted(value)));
                    let shown = shown.collect();
                    all.extend(outputs);
                    Ok(shown)
                }
                Err(Flow::Error(error)) => Err(error),
                Err(Flow::TooLarge) => return None,
                Err(flow) => panic!("{flow:?} out of a handler"),
            };
            let mut invariants = Vec::new();
            for holds in evaluator.invariants() {
                invariants.push(match holds {
                    Ok(holds) => Ok(holds),
                    Err(Flow::Error(error)) => Err(error),
                    Err(_) => return None,
                });
            }
            inputs.push((outcome, invariants));
        }
        sent.push(all);
    }
    let state = evaluator.world.state.clone();
    let seen = Seen {
        inputs,
        state: state.iter().map(|known| known.1.host()).collect(),
    };
    Some((seen, sent, state))
}

/// A value as the wire has it.
fn sorted(value: &V) -> Value {
    value.arrived().host()
}

/// What a machine shows.
struct Machine<'p, M: Mode> {
    program: &'p Program,
    process: Process<M>,
    timers: Timers,
    inputs: Vec<Did>,
    now: u64,
}

impl<M: Mode> Machine<'_, M> {
    fn input(&mut self, bytes: &[u8]) {
        let number = self.inputs.len() as u64 + 1;
        let outcome = match self.process.handle(&Input::new(number, self.now, bytes)) {
            Ok(Handled::Done { outputs, .. }) => {
                let mut sent = Vec::new();
                for output in outputs {
                    if Timers::is_order(output) {
                        self.timers.take(output);
                    } else {
                        sent.push(shown(self.program, output));
                    }
                }
                Ok(sent)
            }
            Ok(Handled::Unhandled(_)) => Ok(Vec::new()),
            Err(Failure::Error(error)) => Err(error.code),
            other => panic!("{other:?}"),
        };
        let mut invariants = Vec::new();
        for (index, handler) in self.program.handlers.iter().enumerate() {
            if handler.kind == HandlerKind::Invariant {
                invariants.push(match self.process.probe(HandlerId(index as u32)) {
                    Ok((result, _)) => Ok(result == Some(1)),
                    Err(Failure::Error(error)) => Err(error.code),
                    Err(other) => panic!("{other}"),
                });
            }
        }
        self.inputs.push((outcome, invariants));
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Start => self.input(&start_input()),
            Event::Advance(by) => {
                let until = self.now + by;
                for _ in 0..100 {
                    let Some((deadline, order)) = self.timers.due(until) else {
                        break;
                    };
                    let order = order.to_vec();
                    self.timers.fired(&order);
                    self.now = self.now.max(deadline);
                    self.input(&order);
                }
                self.now = until;
            }
            Event::Message { name, body, from } => {
                let message = self.program.find_message(name).unwrap();
                let record = self.program.message_record(message).unwrap();
                let mut bytes = Vec::new();
                wire::encode_value(&self.program.types, record, &body.host(), &mut bytes).unwrap();
                let header = Header {
                    fingerprint: self.program.types.fingerprint(record),
                    incarnation: 0,
                    number: self.inputs.len() as u64 + 1,
                    sender: from.as_bytes(),
                    destination: b"own",
                };
                self.input(&frame::build(&header, &bytes).unwrap());
            }
        }
    }
}

fn shown(program: &Program, bytes: &[u8]) -> (String, String, Value) {
    let parsed = Frame::parse(bytes).unwrap();
    let message = program.find_fingerprint(parsed.fingerprint).unwrap();
    let record = program.message_record(message).unwrap();
    let value = wire::decode_value(&program.types, record, parsed.body).unwrap();
    (
        parsed.destination.to_string(),
        program.types.name(record).to_string(),
        value,
    )
}

fn machine<M: Mode>(program: &Program, events: &[Event]) -> Seen {
    let mut options = Options::new("own");
    options.params = params()
        .into_iter()
        .map(|(name, value)| (name, value.host()))
        .collect();
    let mut machine: Machine<'_, M> = Machine {
        program,
        process: Process::start(program, &options).unwrap(),
        timers: Timers::default(),
        inputs: Vec::new(),
        now: 0,
    };
    events.iter().for_each(|event| machine.event(event));
    let Value::Record(state) = machine.process.state().unwrap() else {
        unreachable!("a record")
    };
    Seen {
        inputs: machine.inputs,
        state,
    }
}

/// The errors among diagnostics, as text.
fn errors(source: &SourceFile, found: &[pasc_lang::Diagnostic]) -> String {
    let errors: Vec<_> = found.iter().filter(|one| one.is_error()).cloned().collect();
    rendered(source, &errors)
}

fn with_modules(text: &str) -> SourceFile {
    SourceFile::new("made.pasc", text).with_modules(vec![SourceFile::new("helper.pasc", HELPER)])
}

/// Names and fields of all records and messages.
fn names() -> Vec<(String, Vec<String>)> {
    let all = generator::records()
        .into_iter()
        .chain(generator::messages());
    all.map(|(name, fields)| {
        let name = name.split('<').next().unwrap_or("").to_string();
        (
            name,
            fields
                .into_iter()
                .map(|field| field.0.to_string())
                .collect(),
        )
    })
    .collect()
}

/// A test of the language that says what the evaluator found.
fn derived(case: &Case, sent: &[Vec<Output>], state: &[(String, V)]) -> String {
    let names = names();
    let mut text = format!(
        "{}\ntest \"as evaluated\" with limit = 17, self = \"own\" {{\n",
        case.text
    );
    let literal = |name: &str, value: &V| match value.source(&names) {
        Some(_) if matches!(value, V::Record(fields) if fields.is_empty()) => name.to_string(),
        Some(text) => format!("{name} {}", &text[text.find('{').unwrap()..]),
        None => panic!("no literal"),
    };
    let mut expected = 0;
    for (event, outputs) in case.events.iter().zip(sent) {
        text += &match event {
            Event::Start => "    start\n".to_string(),
            Event::Advance(by) => format!("    advance {by}us\n"),
            Event::Message { name, body, from } => {
                format!("    send {} from \"{from}\"\n", literal(name, body))
            }
        };
        for (to, name, value) in outputs {
            expected += 1;
            text += &match expected % 2 {
                0 => format!("    expect {} to \"{to}\"\n", literal(name, value)),
                _ => format!("    expect {}\n", literal(name, value)),
            };
        }
        text += "    expect nothing\n";
    }
    for (name, value) in state {
        text += &format!("    assert {name} == {}\n", value.source(&names).unwrap());
    }
    text + "}\n"
}

/// What was tried.
#[derive(Default)]
struct Tried {
    productions: Productions,
    skipped: u32,
    errors: std::collections::BTreeMap<String, usize>,
    derived: u32,
}

fn tried(choices: &[u16], tried: &mut Tried) {
    let case = case(choices);
    let source = with_modules(&case.text);
    let parsed = pasc_lang::parse(&source);
    assert!(
        parsed.diagnostics.is_empty(),
        "{}\n{}",
        case.text,
        errors(&source, &parsed.diagnostics)
    );
    let compiled = pasc_lang::compile(&source);
    let program = compiled
        .unwrap_or_else(|found| panic!("{}\n{}", case.text, errors(&source, &found)))
        .program;
    let helper = pasc_lang::parse(&SourceFile::new("helper.pasc", HELPER)).program;
    let quorum = pasc_lang::parse(&SourceFile::new(
        "quorum",
        pasc_stdlib::module("quorum").unwrap(),
    ))
    .program;
    let modules = [
        ("helper".to_string(), helper),
        ("quorum".to_string(), quorum),
    ];
    tried.productions.program(&parsed.program);
    same_when_laid_out(&source, &program);
    let Some((seen, sent, state)) = evaluated(&parsed.program, &modules, &case.events) else {
        tried.skipped += 1;
        return;
    };
    let modes = [
        machine::<Plain>(&program, &case.events),
        machine::<Lockstep>(&program, &case.events),
        machine::<Sequential>(&program, &case.events),
    ];
    for (mode, found) in ["plain", "lockstep", "sequential"].iter().zip(modes) {
        for (number, (found, wanted)) in found.inputs.iter().zip(&seen.inputs).enumerate() {
            assert_eq!(
                found, wanted,
                "{mode}, input {number} of {:#?}\n{}",
                case.events, case.text
            );
        }
        for (number, (found, wanted)) in found.state.iter().zip(&seen.state).enumerate() {
            assert_eq!(
                found, wanted,
                "{mode}, variable {number} after {:#?}\n{}",
                case.events, case.text
            );
        }
        assert_eq!(found.inputs.len(), seen.inputs.len(), "{mode}");
        // What follows the variables are the timers.
        assert_eq!(found.state.len(), seen.state.len() + TIMERS, "{mode}");
    }
    let outcomes = seen.inputs.iter();
    let errors: Vec<Error> = outcomes
        .filter_map(|did| did.0.as_ref().err().copied())
        .collect();
    for error in &errors {
        *tried.errors.entry(format!("{error:?}")).or_default() += 1;
    }
    let holds = seen
        .inputs
        .iter()
        .all(|did| did.1.iter().all(|holds| *holds == Ok(true)));
    if errors.is_empty() && holds {
        tried.derived += 1;
        passes(
            &with_modules(&derived(&case, &sent, &state)),
            &mut tried.productions,
        );
    }
}

/// The program as the formatter lays it out is the same one.
fn same_when_laid_out(source: &SourceFile, program: &Program) {
    let formatted =
        pasc_lang::format(source).unwrap_or_else(|error| panic!("{error:?}\n{}", source.text));
    let after = with_modules(&formatted);
    assert_eq!(
        pasc_lang::format(&after).as_ref(),
        Ok(&after.text),
        "{}",
        source.text
    );
    let bare = |program: Program| Program {
        debug: pasc_vm::program::Debug::default(),
        ..program
    };
    let compiled = pasc_lang::compile(&after).unwrap().program;
    assert_eq!(
        bare(compiled),
        bare(program.clone()),
        "{}\n{}",
        source.text,
        after.text
    );
}

fn passes(source: &SourceFile, productions: &mut Productions) {
    productions.program(&pasc_lang::parse(source).program);
    let compiled = common::compiled(source);
    let test = &compiled.tests[0];
    let results = [
        common::run::<Plain>(&compiled.program, test),
        common::run::<Lockstep>(&compiled.program, test),
        common::run::<Sequential>(&compiled.program, test),
    ];
    for result in results {
        assert_eq!(result, Ok(()), "{}", source.text);
    }
}

/// The same programs in every run.
fn deterministic(config: Config) -> TestRunner {
    let algorithm = proptest::test_runner::RngAlgorithm::ChaCha;
    let rng = proptest::test_runner::TestRng::deterministic_rng(algorithm);
    TestRunner::new_with_rng(config, rng)
}

/// Much larger programs end, too: one whose failure was being made smaller seemed to run forever.
#[test]
fn larger_programs_do_it_as_well() {
    let config = Config {
        cases: LARGER,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..Config::default()
    };
    let choices = prop::collection::vec(any::<u16>(), CHOICES..3050);
    let counted = RefCell::new(Tried::default());
    let result = deterministic(config).run(&choices, |choices| {
        tried(&choices, &mut counted.borrow_mut());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(counted.into_inner().skipped < LARGER / 4);
}

#[test]
fn generated_programs_do_what_an_evaluator_of_their_trees_finds() {
    let counted = RefCell::new(Tried::default());
    let config = Config {
        cases: PROGRAMS,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = deterministic(config);
    let choices = prop::collection::vec(any::<u16>(), 50..CHOICES);
    let result = runner.run(&choices, |choices| {
        tried(&choices, &mut counted.borrow_mut());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let tried = counted.into_inner();
    assert!(
        tried.skipped < PROGRAMS / 4,
        "{} take too long",
        tried.skipped
    );
    assert!(
        tried.derived > PROGRAMS / 20,
        "only {} derived tests",
        tried.derived
    );
    let kinds = tried.errors.len();
    assert!(kinds >= ERRORS, "few kinds of errors: {:?}", tried.errors);
    let counts = &tried.productions.counts;
    let missing: Vec<&&str> = ALL
        .iter()
        .filter(|name| !counts.contains_key(**name))
        .collect();
    assert!(missing.is_empty(), "never made: {missing:?}");
    let unknown = |name: &&String| !ALL.contains(&name.as_str()) || NEVER.contains(&name.as_str());
    let unknown: Vec<&String> = counts.keys().filter(unknown).collect();
    assert!(unknown.is_empty(), "not in the list: {unknown:?}");
}
