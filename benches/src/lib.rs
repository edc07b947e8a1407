//! What the benches share: works, contenders, frames, medians.

pub mod machine;
pub mod native;
pub mod plot;
pub mod replication;
pub mod works;

use pasc_lang::SourceFile;
use pasc_vm::frame::{self, Header};
use pasc_vm::{Program, Value, wire};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Compiles a file of the repository that has no errors, with the files that it uses.
pub fn compile_file(path: &str) -> Program {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &std::path::Path| {
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let path = root.join(path);
    let text = read(&path);
    let mut wanted = pasc_lang::used_files("", &text);
    let mut modules: Vec<SourceFile> = Vec::new();
    while let Some(key) = wanted.pop() {
        if modules.iter().all(|module| module.name != key) {
            let text = read(&path.with_file_name(&key));
            wanted.extend(pasc_lang::used_files(&key, &text));
            modules.push(SourceFile::new(key, text));
        }
    }
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let source = SourceFile::new(name, text).with_modules(modules);
    match pasc_lang::compile(&source) {
        Ok(compiled) => compiled.program,
        Err(diagnostics) => panic!("{}: {:?}", path.display(), diagnostics.first()),
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
    message_from("p1", program, name, fields)
}

/// A frame for the process `self`.
pub fn message_from(from: &str, program: &Program, name: &str, fields: Vec<Value>) -> Vec<u8> {
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
        sender: from.as_bytes(),
        destination: b"self",
    };
    frame::build(&header, &body).expect("the addresses are short")
}

/// The middle of the values.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The system's allocator, counting the bytes that are in use, as they were asked for, and how often
/// memory was asked for.
pub struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

impl Counting {
    /// How often memory was asked for so far.
    pub fn allocations() -> usize {
        ALLOCATIONS.load(Ordering::Relaxed)
    }

    /// The bytes in use.
    pub fn live() -> usize {
        LIVE.load(Ordering::Relaxed)
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_add(size, Ordering::Relaxed);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(memory, layout, size) }
    }
}
