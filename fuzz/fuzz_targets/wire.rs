//! Bodies of messages: what decodes encodes into the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pasc_vm::{Program, wire};
use std::sync::LazyLock;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let text = include_str!("../../lang/tests/programs/values.pasc");
    let source = pasc_lang::SourceFile::new("values.pasc", text);
    pasc_lang::compile(&source).expect("no errors").program
});

fuzz_target!(|body: &[u8]| {
    for message in &PROGRAM.messages {
        let Some(value) = wire::decode_value(&PROGRAM.types, message.record, body) else {
            continue;
        };
        let mut again = Vec::new();
        let encoded = wire::encode_value(&PROGRAM.types, message.record, &value, &mut again);
        assert_eq!((encoded, again.as_slice()), (Ok(()), body));
    }
});
