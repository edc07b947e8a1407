//! A program, a process and frames for it.

use pasc_lang::SourceFile;
use pasc_vm::frame::{self, Header};
use pasc_vm::process::{Failure, Handled, Input, Mode, Options, Process};
use pasc_vm::{Program, Value, wire};
use std::sync::OnceLock;

/// Compiles a source that has no errors.
pub(crate) fn compile(name: &str, text: &str) -> Program {
    let source = SourceFile::new(name.to_owned(), text.to_owned());
    match pasc_lang::compile(&source) {
        Ok(compiled) => compiled.program,
        Err(diagnostics) => {
            let texts: Vec<String> = diagnostics
                .iter()
                .map(|d| pasc_lang::render(d, &source))
                .collect();
            panic!("{}", texts.join("\n"))
        }
    }
}

/// A frame with this message for the process `self`.
pub(crate) fn message(program: &Program, name: &str, fields: Vec<Value>) -> Vec<u8> {
    let id = program.find_message(name).unwrap();
    let record = program.message_record(id).unwrap();
    let mut body = Vec::new();
    wire::encode_value(&program.types, record, &Value::Record(fields), &mut body).unwrap();
    let header = Header {
        fingerprint: program.types.fingerprint(record),
        incarnation: 0,
        number: 1,
        sender: b"client",
        destination: b"self",
    };
    frame::build(&header, &body).unwrap()
}

/// What a process answered to one frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// The frames that left.
    Frames(Vec<Vec<u8>>),
    /// Nothing left: refused or not handled.
    Nothing,
    /// The handler or the machine failed.
    Failed(Failure),
}

/// Starts the program and gives it the frames.
pub(crate) fn start<M: Mode>(program: &Program, frames: &[Vec<u8>]) -> Process<M> {
    let mut process = Process::start(program, &Options::new("self")).unwrap();
    for (index, frame) in frames.iter().enumerate() {
        let answer = give(&mut process, index as u64 + 1, frame);
        assert!(matches!(answer, Answer::Frames(_)), "{answer:?}");
    }
    process
}

/// Gives the process one frame.
pub(crate) fn give<M: Mode>(process: &mut Process<M>, ordinal: u64, frame: &[u8]) -> Answer {
    match process.handle(&Input::new(ordinal, 0, frame)) {
        Ok(Handled::Done { outputs, .. }) => Answer::Frames(outputs.map(<[u8]>::to_vec).collect()),
        Ok(_) => Answer::Nothing,
        Err(failure) => Answer::Failed(failure),
    }
}

/// Whether every frame that left carries a CRC that matches it.
pub(crate) fn looks_valid(answer: &Answer) -> bool {
    match answer {
        Answer::Frames(frames) => frames
            .iter()
            .all(|bytes| frame::Frame::parse(bytes).is_ok()),
        _ => false,
    }
}

/// The acceptor of the examples, compiled once.
pub(crate) fn acceptor() -> &'static Program {
    static ACCEPTOR: OnceLock<Program> = OnceLock::new();
    ACCEPTOR.get_or_init(|| {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/examples/acceptor/acceptor.pasc"
        );
        compile("acceptor.pasc", &std::fs::read_to_string(path).unwrap())
    })
}

/// Messages that take the acceptor through all its branches.
pub(crate) fn acceptor_frames(program: &Program) -> Vec<Vec<u8>> {
    let prepare = |ballot, from| {
        message(
            program,
            "Prepare",
            vec![Value::Int(ballot), Value::Int(from)],
        )
    };
    let accept = |ballot, slot, value: &[u8]| {
        let value = Value::Bytes(value.to_vec());
        message(
            program,
            "Accept",
            vec![Value::Int(ballot), Value::Int(slot), value],
        )
    };
    vec![
        prepare(1, 0),
        accept(1, 4, b"value"),
        accept(2, 5, b"a value that is longer than a word"),
        prepare(1, 0),
        accept(2, 4, b""),
        accept(1, 9, b"too old"),
        accept(2, 4, b"once more"),
        prepare(9, 5),
    ]
}
