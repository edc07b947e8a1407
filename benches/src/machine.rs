//! The machine as a contender.

use crate::native::Handler;
use pasc_vm::frame::Frame;
use pasc_vm::process::{Handled, Input, Mode, Options, Process};
use pasc_vm::{Program, Value, wire};

/// A process, and the ordinal of its last input.
pub struct Machine<M: Mode> {
    /// The process.
    pub process: Process<M>,
    ordinal: u64,
}

impl<M: Mode> Machine<M> {
    /// Starts a program that starts.
    pub fn start(program: &Program, options: &Options) -> Machine<M> {
        let process = Process::start(program, options).expect("the program starts");
        Machine {
            process,
            ordinal: 0,
        }
    }

    /// Hands a frame over; the frames that are sent, one after the other.
    #[inline]
    pub fn handle(&mut self, frame: &[u8]) -> &[u8] {
        self.ordinal += 1;
        match self.process.handle(&Input::new(self.ordinal, 0, frame)) {
            Ok(Handled::Done { outputs, .. }) => outputs.bytes(),
            other => panic!("{other:?}"),
        }
    }
}

impl<M: Mode> Handler for Machine<M> {
    #[inline]
    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(Machine::handle(self, frame));
        true
    }
}

/// The number that a program replies.
pub fn result(program: &Program, reply: &[u8]) -> Option<i64> {
    let frame = Frame::parse(reply).ok()?;
    let record = program.message_record(program.find_fingerprint(frame.fingerprint)?)?;
    match wire::decode_value(&program.types, record, frame.body)? {
        Value::Record(fields) => match fields.as_slice() {
            [Value::Int(result)] => Some(*result),
            _ => None,
        },
        _ => None,
    }
}
