//! One test on one process.

use super::expect;
use crate::exit::Code;
use crate::invariants::{Invariants, state_lines};
use crate::run::not_started;
use pasc_lang::{StepKind, TestCase};
use pasc_traces::timers::Timers;
use pasc_vm::Program;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::process::{Failure, Handled, Input, Mode, Options, Process};
use pasc_vm::program::HandlerId;
use pasc_vm::timer::start_input;
use std::collections::{BTreeMap, VecDeque};

/// The most outputs that are shown after one that was not expected.
const MAX_WAITING_SHOWN: usize = 5;

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
    /// Timers that are set.
    timers: Timers,
    /// The last ordinal.
    ordinal: u64,
    /// Microseconds since the test began.
    time: u64,
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
        let own = test.own.as_deref().unwrap_or(own);
        let fail = |line| move |(code, text)| FailedTest { code, line, text };
        let options = Options {
            params: test.params.clone(),
            ..Options::new(own)
        }
        .sealed();
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
            timers: Timers::default(),
            ordinal: 0,
            time: 0,
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
            StepKind::Start => self.handle(&start_input()),
            StepKind::Advance { micros } => self.advance(*micros),
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
                compared.map_err(|text| (Code::Found, text + &self.still_waiting(&wanted)))
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

    /// The outputs after the one that was not expected; the one that was may be among them.
    fn still_waiting(&self, wanted: &expect::Wanted) -> String {
        let mut text = String::new();
        for (index, output) in self.waiting.iter().enumerate() {
            if index == MAX_WAITING_SHOWN {
                text += &format!("\n   = and {} more", self.waiting.len() - index);
                break;
            }
            let shown = expect::describe(self.program, output);
            let met = expect::compare(self.program, wanted, Some(output)).is_ok();
            let note = if met {
                ", which is what was expected"
            } else {
                ""
            };
            text += &format!("\n   = then {shown}{note}");
        }
        text
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
        self.handle(&frame)
    }

    /// Lets time pass; what becomes due on the way fires at its deadline.
    fn advance(&mut self, micros: u64) -> Stepped {
        let too_far = || (Code::Found, "time goes further than it can".to_owned());
        let end = self.time.checked_add(micros).ok_or_else(too_far)?;
        while let Some((deadline, order)) = self.timers.due(end) {
            let order = order.to_vec();
            self.timers.fired(&order);
            self.time = self.time.max(deadline);
            self.handle(&order)?;
        }
        self.time = end;
        Ok(())
    }

    /// Hands an input over, keeps the outputs and looks at the invariants.
    fn handle(&mut self, bytes: &[u8]) -> Stepped {
        self.ordinal += 1;
        let input = Input::new(self.ordinal, self.time, bytes);
        match self.process.handle(&input) {
            Ok(Handled::Done { outputs, .. }) => {
                for output in outputs {
                    if Timers::is_order(output) {
                        self.timers.take(output);
                    } else {
                        self.waiting.push_back(output.to_vec());
                    }
                }
            }
            Ok(Handled::Unhandled(_)) => {}
            Ok(Handled::Refused(refusal)) => {
                let text = format!("the input was refused: {} {refusal}", refusal.code());
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
