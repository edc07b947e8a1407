//! A process with what its host keeps for it: the timers that wait, the ordinals.
//!
//! In: records. Out: frames; orders about timers stay here.

use crate::timers::Timers;
use crate::{Record, Whose, jsonl};
use pasc_vm::Value;
use pasc_vm::error::{Refusal, RuntimeError};
use pasc_vm::process::{Failure, Handled, Mode, Options, Process, StartError};
use pasc_vm::timer::{self, Order};

/// What a process is made from.
#[derive(Clone, Copy)]
pub struct Origin<'p> {
    /// The program and the address.
    pub whose: Whose<'p>,
    /// Everything else.
    pub options: &'p Options,
}

/// A process, its timers, and counts.
pub struct Host<'p, M: Mode> {
    /// The program and the address.
    pub whose: Whose<'p>,
    /// The process itself.
    pub process: Process<M>,
    /// The orders that wait.
    pub timers: Timers,
    /// Whether the process still has to be started.
    pub starts: bool,
    /// How often each handler ran.
    pub ran: Vec<u64>,
    /// The state that was written last.
    pub shown: Option<Value>,
    /// The last ordinal, where the run counts them itself.
    ordinal: u64,
}

/// What became of an input.
pub enum Outcome {
    /// These bytes were sent; orders about timers are not among them.
    Done(Vec<Vec<u8>>),
    /// No handler was for it.
    Unhandled,
    /// It was not acceptable.
    Refused(Refusal),
    /// Its handler failed; the state is as before.
    Failed(Box<RuntimeError>),
}

impl<'p, M: Mode> Host<'p, M> {
    /// Starts the process.
    pub fn start(origin: Origin<'p>) -> Result<Host<'p, M>, StartError> {
        let Origin { whose, options } = origin;
        let process = Process::start(whose.program, options);
        Ok(Host {
            whose,
            process: process?,
            timers: Timers::default(),
            starts: jsonl::starts(whose.program),
            ran: vec![0; whose.program.handlers.len()],
            shown: None,
            ordinal: 0,
        })
    }

    /// Hands an input over and keeps the orders about timers.
    pub fn handle(&mut self, record: &Record) -> Result<Outcome, Failure> {
        match self.process.handle(&record.input()) {
            Ok(Handled::Done { handler, outputs }) => {
                self.timers.fired(&record.frame);
                if let Some(ran) = self.ran.get_mut(handler.0 as usize) {
                    *ran += 1;
                }
                let mut sent = Vec::new();
                for output in outputs {
                    if Timers::is_order(output) {
                        self.timers.take(output);
                    } else {
                        sent.push(output.to_vec());
                    }
                }
                self.process.spoil();
                Ok(Outcome::Done(sent))
            }
            Ok(Handled::Unhandled(_)) => Ok(Outcome::Unhandled),
            Ok(Handled::Refused(refusal)) => Ok(Outcome::Refused(refusal)),
            Err(Failure::Error(error)) => Ok(Outcome::Failed(error)),
            Err(failure) => Err(failure),
        }
    }

    /// The record under the process's next ordinal; what was damaged stays so.
    pub fn numbered(&mut self, record: &Record) -> Record {
        self.ordinal += 1;
        let damage = record.crc ^ record.matching_crc();
        let mut numbered = Record::new(self.ordinal, record.time, record.frame.clone());
        numbered.crc ^= damage;
        numbered
    }

    /// A trace says which timer fires; what fires is the order that waits for it. The machine refuses
    /// what is not set.
    pub fn fired(&self, record: Record) -> Record {
        let unnamed = Order::parse(&record.frame).is_ok_and(|(order, _)| order.cancels());
        match self.timers.same_timer(&record.frame) {
            Some(order) if unnamed && record.is_intact() => {
                Record::new(record.ordinal, record.time, order.to_vec())
            }
            _ => record,
        }
    }
}

/// The input that starts a program before its first intact one, at the same time; nothing if the first is
/// a start or leaves no ordinal for one.
pub fn start_before(first: Option<&Record>) -> Option<Record> {
    let (ordinal, time) = first.map_or((jsonl::START_ORDINAL + 1, 0), |r| (r.ordinal, r.time));
    let is_start = first.is_some_and(|record| record.frame == timer::start_input());
    let record = || Record::new(jsonl::START_ORDINAL, time, timer::start_input().to_vec());
    (!is_start && ordinal > jsonl::START_ORDINAL).then(record)
}
