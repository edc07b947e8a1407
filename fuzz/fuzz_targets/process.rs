//! A whole process: inputs that the fuzzer chooses, in all three modes, which answer alike.
//!
//! The data is cut into bodies; each begins with a byte that chooses the message and one that gives the
//! body's length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pasc_vm::Program;
use pasc_vm::frame::{self, Header};
use pasc_vm::process::{Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential};
use std::sync::LazyLock;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let text = include_str!("../../lang/tests/programs/values.pasc");
    let source = pasc_lang::SourceFile::new("values.pasc", text);
    pasc_lang::compile(&source).expect("no errors").program
});

fn frames(mut data: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let [message, length, rest @ ..] = data {
        let (body, behind) = rest.split_at(rest.len().min(usize::from(*length)));
        let schema = &PROGRAM.messages[usize::from(*message) % PROGRAM.messages.len()];
        let header = Header {
            fingerprint: PROGRAM.types.fingerprint(schema.record),
            incarnation: 0,
            number: 1,
            sender: b"a",
            destination: b"self",
        };
        frames.push(frame::build(&header, body).expect("the parts are small"));
        data = behind;
    }
    frames
}

/// What a mode answered to each frame.
fn run<M: Mode>(frames: &[Vec<u8>]) -> Vec<Result<Vec<u8>, String>> {
    let mut process: Process<M> = Process::start(&PROGRAM, &Options::new("self")).expect("starts");
    let mut answers = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        answers.push(
            match process.handle(&Input::new(index as u64 + 1, 0, frame)) {
                Ok(Handled::Done { outputs, .. }) => Ok(outputs.bytes().to_vec()),
                Ok(other) => Err(format!("{other:?}")),
                Err(failure) => Err(failure.to_string()),
            },
        );
    }
    answers
}

fuzz_target!(|data: &[u8]| {
    let frames = frames(data);
    let plain = run::<Plain>(&frames);
    assert_eq!(plain, run::<Lockstep>(&frames));
    assert_eq!(plain, run::<Sequential>(&frames));
});
