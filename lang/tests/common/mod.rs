//! What the tests of this crate share: running the tests of a source file on the
//! machine.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "a test reads its files")]

use std::path::PathBuf;

use pasc_lang::{CompiledTests, SourceFile, StepKind, TestCase};
use pasc_traces::timers;
use pasc_vm::Program;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::process::{Failure, Handled, Input, Mode, Options, Process};
use pasc_vm::program::{HandlerId, HandlerKind, MessageId};
use pasc_vm::timer::start_input;
use pasc_vm::{Value, wire};

/// The source file of an example.
pub(crate) fn example(name: &str) -> SourceFile {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let text = std::fs::read_to_string(root.join(name).join(format!("{name}.pasc"))).unwrap();
    SourceFile::new(format!("{name}.pasc"), text)
}

/// Diagnostics as text.
pub(crate) fn rendered(source: &SourceFile, diagnostics: &[pasc_lang::Diagnostic]) -> String {
    let list: Vec<String> = diagnostics
        .iter()
        .map(|d| pasc_lang::render(d, source))
        .collect();
    list.join("\n")
}

/// The program and tests of a source that has no errors.
pub(crate) fn compiled(source: &SourceFile) -> CompiledTests {
    pasc_lang::compile_tests(source)
        .unwrap_or_else(|diagnostics| panic!("{}", rendered(source, &diagnostics)))
}

/// The formatted program compiles to the same code as before, and is formatted.
pub(crate) fn assert_layout_changes_nothing(source: &SourceFile) {
    let formatted = pasc_lang::format(source);
    let formatted = formatted.unwrap_or_else(|error| panic!("{error:?}\n{}", source.text));
    let after = SourceFile::new(source.name.as_str(), formatted);
    assert_eq!(pasc_lang::format(&after).as_ref(), Ok(&after.text));
    let bare = |source: &SourceFile| {
        let program = pasc_lang::compile(source).map(|compiled| compiled.program);
        let debug = pasc_vm::program::Debug::default();
        program.map(|program| Program { debug, ..program })
    };
    assert!(bare(source).is_ok(), "{}", source.text);
    assert_eq!(
        bare(source),
        bare(&after),
        "{}\n{}",
        source.text,
        after.text
    );
}

const OWN_ADDRESS: &str = "process";

/// A process under test and the frames that it sent and nobody expected yet.
struct Runner<'p, M: Mode> {
    program: &'p Program,
    own: &'p str,
    process: Process<M>,
    sent: Vec<Vec<u8>>,
    inputs: u64,
    time: u64,
    timers: timers::Timers,
}

/// Runs one test; the error says what went wrong and on which line.
pub(crate) fn run<M: Mode>(program: &Program, test: &TestCase) -> Result<(), String> {
    let own = test.own.as_deref().unwrap_or(OWN_ADDRESS);
    let mut options = Options::new(own);
    options.params = test.params.clone();
    let process = Process::start(program, &options).map_err(|error| error.to_string())?;
    let mut runner: Runner<'_, M> = Runner {
        program,
        own,
        process,
        sent: Vec::new(),
        inputs: 0,
        time: 0,
        timers: timers::Timers::default(),
    };
    for step in &test.steps {
        runner
            .step(&step.kind)
            .map_err(|error| format!("line {}: {error}", step.line))?;
    }
    Ok(())
}

impl<M: Mode> Runner<'_, M> {
    fn step(&mut self, step: &StepKind) -> Result<(), String> {
        match step {
            StepKind::Start => self.handle(&start_input())?,
            StepKind::Advance { micros } => self.advance(*micros)?,
            StepKind::Send { probe, from } => self.send(*probe, from)?,
            StepKind::Expect {
                message,
                probe,
                fields,
                to,
            } => {
                self.expect(*message, *probe, fields, to.as_deref())?;
            }
            StepKind::ExpectNothing => {
                if let Some(frame) = self.sent.first() {
                    return Err(format!("expected nothing, found {}", self.show(frame)));
                }
            }
            StepKind::Assert { probe, text } => {
                let (result, _) = self
                    .process
                    .probe(*probe)
                    .map_err(|error| error.to_string())?;
                if result != Some(1) {
                    return Err(format!("`{text}` does not hold"));
                }
            }
        }
        Ok(())
    }

    /// The frame that a probe sends to the process itself.
    fn probed(&mut self, probe: HandlerId) -> Result<Vec<u8>, Failure> {
        let (_, mut outputs) = self.process.probe(probe)?;
        Ok(outputs.next().unwrap().to_vec())
    }

    fn send(&mut self, probe: HandlerId, from: &str) -> Result<(), String> {
        let frame = self.probed(probe).map_err(|error| error.to_string())?;
        let parsed = Frame::parse(&frame).unwrap();
        let header = Header {
            fingerprint: parsed.fingerprint,
            incarnation: 0,
            number: self.inputs + 1,
            sender: from.as_bytes(),
            destination: self.own.as_bytes(),
        };
        let frame = frame::build(&header, parsed.body).unwrap();
        self.handle(&frame)
    }

    /// Lets time pass; what becomes due fires at its deadline.
    fn advance(&mut self, micros: u64) -> Result<(), String> {
        let end = self.time + micros;
        while let Some((deadline, order)) = self.timers.due(end) {
            let order = order.to_vec();
            self.timers.fired(&order);
            self.time = self.time.max(deadline);
            self.handle(&order)?;
        }
        self.time = end;
        Ok(())
    }

    fn handle(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.inputs += 1;
        let input = Input::new(self.inputs, self.time, bytes);
        match self
            .process
            .handle(&input)
            .map_err(|error| error.to_string())?
        {
            Handled::Done { outputs, .. } => {
                for output in outputs {
                    if timers::Timers::is_order(output) {
                        self.timers.take(output);
                    } else {
                        self.sent.push(output.to_vec());
                    }
                }
            }
            Handled::Unhandled(_) => {}
            Handled::Refused(refusal) => return Err(refusal.to_string()),
        }
        for (index, handler) in self.program.handlers.iter().enumerate() {
            if handler.kind == HandlerKind::Invariant {
                let result = self.process.probe(HandlerId(index as u32));
                let (result, _) = result.map_err(|error| error.to_string())?;
                if result != Some(1) {
                    return Err(format!("the invariant \"{}\" does not hold", handler.name));
                }
            }
        }
        Ok(())
    }

    fn expect(
        &mut self,
        message: MessageId,
        probe: Option<HandlerId>,
        fields: &[usize],
        to: Option<&str>,
    ) -> Result<(), String> {
        if self.sent.is_empty() {
            return Err("expected a message, found nothing".to_string());
        }
        let frame = self.sent.remove(0);
        let found = Frame::parse(&frame).unwrap();
        let shown = self.show(&frame);
        if self.program.find_fingerprint(found.fingerprint) != Some(message) {
            return Err(format!("expected another message than {shown}"));
        }
        if to.is_some_and(|to| to != found.destination) {
            return Err(format!("expected another destination than that of {shown}"));
        }
        let Some(probe) = probe else { return Ok(()) };
        let wanted = self.probed(probe).map_err(|error| error.to_string())?;
        let record = self.program.message_record(message).unwrap();
        let wanted = Frame::parse(&wanted).unwrap().body;
        let decode = |body| wire::decode_value(&self.program.types, record, body).unwrap();
        let (Value::Record(found), Value::Record(wanted)) = (decode(found.body), decode(wanted))
        else {
            unreachable!("messages are records");
        };
        if fields.iter().any(|&field| found[field] != wanted[field]) {
            return Err(format!("expected other fields than those of {shown}"));
        }
        Ok(())
    }

    fn show(&self, frame: &[u8]) -> String {
        let frame = Frame::parse(frame).unwrap();
        let message = self.program.find_fingerprint(frame.fingerprint).unwrap();
        let record = self.program.message_record(message).unwrap();
        let value = wire::decode_value(&self.program.types, record, frame.body).unwrap();
        format!(
            "{} to {}",
            value.display(&self.program.types, record),
            frame.destination
        )
    }
}
