//! The tests of a source file, compiled: what a runner of tests goes by.
//!
//! Whatever a test computes is computed by the machine itself, in handlers of kind
//! `Probe` that stand after the program's own.

use pasc_vm::program::{HandlerId, HandlerKind, MessageId};
use pasc_vm::{Program, Value};

use crate::codegen::Generator;
use crate::diagnostic::Diagnostic;
use crate::modules::Files;
use crate::source::{Lines, SourceFile, Span};
use crate::typed;

/// A program together with its tests.
#[derive(Debug)]
pub struct CompiledTests {
    /// The program, with a probe handler for each thing that a test computes.
    pub program: Program,
    /// The tests in the order of the source.
    pub tests: Vec<TestCase>,
    /// What is of no use in the program.
    pub warnings: Vec<Diagnostic>,
}

/// One test.
#[derive(Debug)]
pub struct TestCase {
    /// What it shows.
    pub name: String,
    /// Its place in the source.
    pub span: Span,
    /// The line on which it begins.
    pub line: u32,
    /// Values of parameters that differ from their defaults.
    pub params: Vec<(String, Value)>,
    /// The process's own address, if the test gives it one.
    pub own: Option<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One step of a test.
#[derive(Debug)]
pub struct Step {
    /// Its place in the source.
    pub span: Span,
    /// The line on which it begins.
    pub line: u32,
    /// What it does.
    pub kind: StepKind,
}

/// What a step of a test does.
#[derive(Debug)]
pub enum StepKind {
    /// The process starts.
    Start,
    /// A message arrives.
    Send {
        /// The handler that sends this message to the process itself.
        probe: HandlerId,
        /// Whom it seems to come from.
        from: String,
    },
    /// The next output is this message.
    Expect {
        /// Its type.
        message: MessageId,
        /// The handler that sends, to the process itself, a message with the expected
        /// fields and all others empty; there is none if no field matters.
        probe: Option<HandlerId>,
        /// The numbers of the fields that matter.
        fields: Vec<usize>,
        /// Whom it goes to, if that matters.
        to: Option<String>,
    },
    /// There are no outputs left.
    ExpectNothing,
    /// Time passes, and timers that become due fire.
    Advance {
        /// How long, in microseconds.
        micros: u64,
    },
    /// A condition holds.
    Assert {
        /// The handler that results in the condition.
        probe: HandlerId,
        /// The condition as it is written.
        text: String,
    },
}

/// Adds the probes of all tests to a program.
pub(crate) fn compile(
    module: &typed::Module,
    files: &Files,
    mut generator: Generator<'_>,
    warnings: Vec<Diagnostic>,
) -> Result<CompiledTests, Vec<Diagnostic>> {
    let source = &files.source;
    let lines = Lines::new(&source.text);
    let line = |span: Span| lines.line(span.start);
    let tests = module
        .tests
        .iter()
        .map(|test| TestCase {
            name: test.title.clone(),
            span: test.span,
            line: line(test.span),
            params: test.with.clone(),
            own: test.own.clone(),
            steps: test
                .steps
                .iter()
                .map(|step| Step {
                    span: step.span,
                    line: line(step.span),
                    kind: compile_step(&step.kind, source, &mut generator),
                })
                .collect(),
        })
        .collect();
    Ok(CompiledTests {
        program: generator.finish(files)?,
        tests,
        warnings,
    })
}

fn compile_step(
    kind: &typed::StepKind,
    source: &SourceFile,
    generator: &mut Generator<'_>,
) -> StepKind {
    let mut add = |probe: &typed::Probe| generator.probe(probe, HandlerKind::Probe);
    match kind {
        typed::StepKind::Start => StepKind::Start,
        typed::StepKind::Send { probe, from } => StepKind::Send {
            probe: add(probe),
            from: from.clone(),
        },
        typed::StepKind::Expect {
            message,
            probe,
            fields,
            to,
        } => StepKind::Expect {
            message: *message,
            probe: probe.as_ref().map(add),
            fields: fields.clone(),
            to: to.clone(),
        },
        typed::StepKind::Advance { micros } => StepKind::Advance { micros: *micros },
        typed::StepKind::ExpectNothing => StepKind::ExpectNothing,
        typed::StepKind::Assert { probe } => StepKind::Assert {
            probe: add(probe),
            text: source.slice(probe.body.span).to_string(),
        },
    }
}
