//! What the benches share: programs, frames, medians.

use pasc_lang::SourceFile;
use pasc_vm::frame::{self, Header};
use pasc_vm::{Program, Value, wire};

/// Compiles a source that has no errors.
pub fn compile(name: &str, text: &str) -> Program {
    let source = SourceFile::new(name, text);
    match pasc_lang::compile(&source) {
        Ok(compiled) => compiled.program,
        Err(diagnostics) => {
            diagnostics
                .iter()
                .for_each(|d| eprintln!("{}", pasc_lang::render(d, &source)));
            std::process::exit(1);
        }
    }
}

/// The acceptor of the examples.
pub fn acceptor() -> Program {
    compile(
        "acceptor.pasc",
        include_str!("../../examples/acceptor/acceptor.pasc"),
    )
}

/// A frame from `p1` for the process `self`.
pub fn message(program: &Program, name: &str, fields: Vec<Value>) -> Vec<u8> {
    let id = program
        .find_message(name)
        .expect("the program has the message");
    let record = program.message_record(id).expect("messages are records");
    let mut body = Vec::new();
    wire::encode_value(&program.types, record, &Value::Record(fields), &mut body)
        .expect("the fields have their types");
    let header = Header {
        fingerprint: program.types.fingerprint(record),
        incarnation: 0,
        number: 1,
        sender: b"p1",
        destination: b"self",
    };
    frame::build(&header, &body).expect("the addresses are short")
}

/// The middle of the values.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
