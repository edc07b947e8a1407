//! Program files with a right header and CRC: read, verified, listed and, if nothing objects, started.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pasc_vm::limits::Limits;
use pasc_vm::process::{Lockstep, Options, Process};
use pasc_vm::{disassemble, file, verify};

fuzz_target!(|tables: &[u8]| {
    let mut bytes = file::MAGIC.to_vec();
    bytes.extend(file::VERSION.to_le_bytes());
    bytes.extend(tables);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    let Ok(program) = file::read(&bytes) else {
        return;
    };
    if verify::verify(&program).is_err() {
        return;
    }
    let _ = disassemble::disassemble(&program);
    let limits = Limits {
        instructions: 20_000,
        call_depth: 20,
        message_bytes: 4096,
        outputs: 8,
        temporary_words: 1 << 13,
        state_words: 1 << 13,
    };
    let options = Options {
        limits,
        ..Options::new("self")
    };
    let _ = Process::<Lockstep>::start(&program, &options);
});
