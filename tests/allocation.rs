//! In the steady state a message allocates nothing on the heap.

#![allow(clippy::unwrap_used)]
#![allow(unsafe_code)]

use pasc_lang::SourceFile;
use pasc_vm::frame::{self, Header};
use pasc_vm::process::{Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential};
use pasc_vm::{Program, Value, wire};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's allocator, counting what is asked of it.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes on to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn frames(program: &Program) -> Vec<Vec<u8>> {
    let frame = |name: &str, fields: Vec<Value>| {
        let record = program
            .message_record(program.find_message(name).unwrap())
            .unwrap();
        let mut body = Vec::new();
        wire::encode_value(&program.types, record, &Value::Record(fields), &mut body).unwrap();
        let header = Header {
            fingerprint: program.types.fingerprint(record),
            incarnation: 0,
            number: 1,
            sender: b"p1",
            destination: b"self",
        };
        frame::build(&header, &body).unwrap()
    };
    let mut frames = Vec::new();
    for slot in 0..64 {
        let value = Value::Bytes(vec![slot as u8; (slot % 40) as usize]);
        // Descending slots, so that the reply to Prepare has to be sorted.
        frames.push(frame(
            "Accept",
            vec![Value::Int(1), Value::Int(64 - slot), value],
        ));
        frames.push(frame("Prepare", vec![Value::Int(1), Value::Int(0)]));
        frames.push(frame("Prepare", vec![Value::Int(0), Value::Int(0)]));
        frames.push(frame(
            "Accept",
            vec![Value::Int(0), Value::Int(7), Value::Bytes(vec![1])],
        ));
    }
    frames
}

fn steady_state_allocates_nothing<M: Mode>(program: &Program, frames: &[Vec<u8>]) {
    let options = Options {
        records: true,
        ..Options::new("self")
    };
    let mut process: Process<M> = Process::start(program, &options).unwrap();
    let mut ordinal = 0;
    let mut sent = 0;
    let mut round = |process: &mut Process<M>| {
        for frame in frames {
            ordinal += 1;
            match process.handle(&Input::new(ordinal, 0, frame)).unwrap() {
                Handled::Done { outputs, .. } => sent += outputs.count(),
                Handled::Unhandled(_) => {}
                Handled::Refused(refusal) => panic!("{refusal}"),
            }
        }
    };
    round(&mut process);
    round(&mut process);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    round(&mut process);
    let after = ALLOCATIONS.load(Ordering::Relaxed);
    assert_eq!(after - before, 0, "{}", M::NAME);
    assert_eq!(sent, 3 * 3 * 64);
}

// One test, because the counter is the whole program's.
#[test]
fn an_acceptor_whose_keys_exist_allocates_nothing_in_any_mode() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/acceptor/acceptor.pasc"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let source = SourceFile::new("acceptor.pasc", text);
    let program = pasc_lang::compile(&source).unwrap().program;
    let frames = frames(&program);
    steady_state_allocates_nothing::<Plain>(&program, &frames);
    steady_state_allocates_nothing::<Lockstep>(&program, &frames);
    steady_state_allocates_nothing::<Sequential>(&program, &frames);
}
