//! One test on one process.

use super::expect;
use crate::exit::Code;
use crate::invariants::{Invariants, state_lines};
use crate::run::not_started;
use pasc_lang::{StepKind, TestCase};
use pasc_vm::Program;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::process::{Failure, Handled, Input, Mode, Options, Process};
use pasc_vm::program::HandlerId;
use std::collections::{BTreeMap, VecDeque};

/// Why a test failed.
pub(super) struct FailedTest {
    pub(super) code: Code,
    /// The line of the step.
    pub(super) line: u32,
    /// What happened, in one line or several.
    pub(super) text: String,
}

/// A process in a test.
pub(super) struct Runner<'a, M: Mode> {
    program: &'a Program,
    own: &'a str,
    process: Process<M>,
    invariants: Invariants,
    /// Frames that no step has expected yet.
    waiting: VecDeque<Vec<u8>>,
    /// The last ordinal.
    ordinal: u64,
    /// The last number of each sender.
    numbers: BTreeMap<&'a str, u64>,
}

/// The outcome of a step: a text says why it failed.
type Stepped = Result<(), (Code, String)>;

impl<'a, M: Mode> Runner<'a, M> {
    /// Runs a test to its end or its first failure.
    pub(super) fn run(
        program: &'a Program,
        test: &'a TestCase,
        own: &'a str,
    ) -> Result<(), FailedTest> {
        let fail = |line| move |(code, text)| FailedTest { code, line, text };
        let options = Options {
            params: test.params.clone(),
            ..Options::new(own)
        };
        let process = Process::start(program, &options).map_err(|error| {
            let failed = not_started("the process does not start", &error);
            fail(test.line)((failed.code, failed.text))
        })?;
        let mut runner = Runner::<M> {
            program,
            own,
            process,
            invariants: Invariants::of(program),
            waiting: VecDeque::new(),
            ordinal: 0,
            numbers: BTreeMap::new(),
        };
        runner.check_invariants().map_err(fail(test.line))?;
        for step in &test.steps {
            runner.step(&step.kind).map_err(fail(step.line))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &'a StepKind) -> Stepped {
        match step {
            StepKind::Start => Ok(()),
            StepKind::Send { probe, from } => self.send(*probe, from),
            StepKind::Expect {
                message,
                probe,
                fields,
                to,
            } => {
                let wanted = match probe {
                    Some(probe) => Some(self.probe(*probe)?.1),
                    None => None,
                };
                let wanted = expect::Wanted {
                    message: *message,
                    frame: wanted.as_deref(),
                    fields,
                    to: to.as_deref(),
                };
                let got = self.waiting.pop_front();
                let compared = expect::compare(self.program, &wanted, got.as_deref());
                compared.map_err(|text| (Code::Found, text))
            }
            StepKind::ExpectNothing => match self.waiting.pop_front() {
                None => Ok(()),
                Some(frame) => {
                    let got = expect::describe(self.program, &frame);
                    Err((Code::Found, format!("expected nothing\n     got {got}")))
                }
            },
            StepKind::Assert { probe, text } => {
                if self.probe(*probe)?.0 == Some(1) {
                    return Ok(());
                }
                let state = state_lines(self.program, &mut self.process).map_err(broken)?;
                Err((Code::Found, format!("`{text}` does not hold\n{state}")))
            }
        }
    }

    /// The result and the output of a probe.
    fn probe(&mut self, probe: HandlerId) -> Result<(Option<u64>, Vec<u8>), (Code, String)> {
        let (result, outputs) = self.process.probe(probe).map_err(broken)?;
        Ok((result, outputs.bytes().to_vec()))
    }

    fn send(&mut self, probe: HandlerId, from: &'a str) -> Stepped {
        let (_, bytes) = self.probe(probe)?;
        // The probe sent it to the process itself; only the sender has to be put right.
        let unsent = |problem: &str| {
            (
                Code::Found,
                format!("the message cannot be sent: {problem}"),
            )
        };
        let sent = Frame::parse(&bytes).map_err(|refusal| unsent(refusal.text()))?;
        let number = self.numbers.entry(from).or_default();
        *number += 1;
        let header = Header {
            fingerprint: sent.fingerprint,
            incarnation: 0,
            number: *number,
            sender: from.as_bytes(),
            destination: self.own.as_bytes(),
        };
        let frame = frame::build(&header, sent.body).map_err(|problem| unsent(&problem))?;
        self.ordinal += 1;
        match self.process.handle(&Input::new(self.ordinal, 0, &frame)) {
            Ok(Handled::Done { outputs, .. }) => self.waiting.extend(outputs.map(<[u8]>::to_vec)),
            Ok(Handled::Unhandled(_)) => {}
            Ok(Handled::Refused(refusal)) => {
                let text = format!("the message was refused: {} {refusal}", refusal.code());
                return Err((Code::Found, text));
            }
            Err(failure) => return Err(broken(failure)),
        }
        self.check_invariants()
    }

    fn check_invariants(&mut self) -> Stepped {
        let violated = self
            .invariants
            .violated(self.program, &mut self.process)
            .map_err(broken)?;
        violated.map_or(Ok(()), |text| Err((Code::Found, text)))
    }
}

/// A handler or probe that did not come to its end. A runtime error fails the test; a trap is more.
fn broken(failure: Failure) -> (Code, String) {
    let code = match failure {
        Failure::Error(_) => Code::Found,
        Failure::Trap(_) | Failure::Stopped => Code::Trap,
    };
    (code, failure.to_string())
}
