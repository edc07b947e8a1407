//! The process under test: the machine that ships, with a plain host around it.
//!
//! In: three files and a workload, whose names come on the standard input. It stops itself once it has
//! started; the tracer then decides when it goes on, and makes copies of it at the [`gate`] of each input.
//! Faults happen between the gate and [`done`]: while the machine handles the input, and while the host
//! hands out what it gave.

use crate::protocol::{End, Entry, Given, Handled, Kind, MOST_INPUTS, Places, encode};
use crate::sandbox;
use nix::sys::personality::{self, Persona};
use nix::sys::signal::{Signal, raise};
use pasc_inject::ModeName;
use pasc_vm::limits::Limits;
use pasc_vm::process::{self, Failure, Input, Lockstep, Mode, Options, Plain, Process, Sequential};
use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The argument that makes the executable this process.
pub const PROCESS: &str = "inject-native-process";

/// The exit code of a process that could not be started as it must be, and of one whose memory the
/// system does not keep at the same addresses.
pub(crate) const NOT_STARTED: i32 = 7;
pub(crate) const NOT_SETTLED: i32 = 8;
/// The word of a state copy that counts its commits.
const EPOCH: usize = 1;
/// Room for the frames of an input, so that the host does not allocate while it hands them out.
const ROOM: usize = 1 << 16;

/// The numbers of the files into which the host puts what leaves: no bit that is flipped makes one of
/// them the number of another open file, for that would be the host's mistake and not the machine's.
const FRAMES: i32 = 24;
const RECORDS: i32 = 100;

/// One bit for each input: whether it is left out. Set by the tracer.
static SKIP: [AtomicU64; MOST_INPUTS / 64] = [const { AtomicU64::new(0) }; MOST_INPUTS / 64];
/// Not 0 if entries show the state copies. Set by the tracer.
static COPIES: AtomicU64 = AtomicU64::new(0);

/// The input that is handled. Written before its gate and read when it is done, so that no fault makes
/// the host give what an input sent for what another one sent.
static LABEL: AtomicU64 = AtomicU64::new(0);

/// Called before each input: here the tracer stops the process and copies it.
#[inline(never)]
extern "C" fn gate() {
    black_box(1_u8);
}

/// Called when all that an input gave has left.
#[inline(never)]
extern "C" fn done() {
    black_box(2_u16);
}

/// The files into which the host puts what leaves.
struct Files {
    frames: File,
    records: File,
}

/// The same files and the log, opened once more. Looked at between inputs alone, so that no fault of an
/// input changes what is told of it.
static NOTES: OnceLock<(Files, File)> = OnceLock::new();

/// Runs the process; for the executable's `main` alone.
pub fn serve() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => ExitCode::from(code as u8),
    }
}

/// Waits for the tracer, and sees to it that memory lies at the same addresses each time.
fn start() -> Result<(), i32> {
    let persona = personality::get().unwrap_or(Persona::empty());
    if persona.contains(Persona::ADDR_NO_RANDOMIZE) {
        return started().map_err(|()| NOT_STARTED);
    }
    // The tracer writes once it traces; one byte at a time, for the rest is for later.
    let mut go = [0];
    if nix::unistd::read(std::io::stdin(), &mut go) != Ok(1) {
        return Err(NOT_STARTED);
    }
    let settled = personality::set(persona | Persona::ADDR_NO_RANDOMIZE);
    settled.map_err(|_| NOT_SETTLED)?;
    if let Ok(executable) = std::env::current_exe() {
        let _ = Command::new(executable).arg(PROCESS).exec();
    }
    Err(NOT_STARTED)
}

/// Takes the workload, and runs it.
fn started() -> Result<(), ()> {
    let mut names = String::new();
    std::io::stdin().read_to_string(&mut names).map_err(drop)?;
    let mut names = names.lines();
    let mut next = || names.next().ok_or(());
    let (frames, records, log) = (next()?, next()?, next()?);
    let files = || -> Result<Files, ()> {
        Ok(Files {
            frames: append(frames)?,
            records: append(records)?,
        })
    };
    NOTES.set((files()?, append(log)?)).map_err(drop)?;
    let files = Files {
        frames: numbered(frames, FRAMES)?,
        records: numbered(records, RECORDS)?,
    };
    let given = std::fs::read(next()?).map_err(drop)?;
    let given: Given = postcard::from_bytes(&given).map_err(drop)?;
    match given.mode {
        ModeName::Plain => run::<Plain>(&given, files),
        ModeName::Lockstep => run::<Lockstep>(&given, files),
        ModeName::Sequential => run::<Sequential>(&given, files),
    }
}

/// Opens a file so that it has this number.
fn numbered(name: &str, number: i32) -> Result<File, ()> {
    let mut below = Vec::new();
    while below.len() <= number as usize {
        let file = append(name)?;
        if file.as_raw_fd() == number {
            return Ok(file);
        }
        below.push(file);
    }
    Err(())
}

fn append(name: &str) -> Result<File, ()> {
    OpenOptions::new().append(true).open(name).map_err(drop)
}

fn options(given: &Given) -> Result<Options, String> {
    let mut limits = Limits::default();
    for (name, value) in &given.limits {
        limits.set(name, *value)?;
    }
    Ok(Options {
        incarnation: given.incarnation,
        params: given.params.clone(),
        limits,
        hash_key: given.hash_key,
        random_seed: given.random_seed,
        records: true,
        ..Options::new(&given.own_address)
    })
}

fn run<M: Mode>(given: &Given, files: Files) -> Result<(), ()> {
    let started = options(given).and_then(|options| {
        let process = Process::<M>::start(&given.program, &options);
        process.map_err(|error| error.to_string())
    });
    let mut process = match started {
        Ok(process) => process,
        Err(why) => {
            note(&Entry::Failed(why));
            return Err(());
        }
    };
    let mut frames: Vec<u8> = Vec::with_capacity(ROOM);
    let places = Places {
        gate: gate as extern "C" fn() as usize as u64,
        done: done as extern "C" fn() as usize as u64,
        skip: SKIP.as_ptr() as usize as u64,
        copies: COPIES.as_ptr() as usize as u64,
    };
    note(&Entry::Hello(places, words(&mut process)));
    raise(Signal::SIGSTOP).map_err(drop)?;
    sandbox::confine()?;
    for input in &given.inputs {
        // Frames of the input before must not leave again if this one's are not put here.
        frames.clear();
        frames.resize(ROOM, 0);
        LABEL.store(input.index.into(), Ordering::SeqCst);
        gate();
        if skips(input.index as usize) {
            continue;
        }
        let input = Input {
            ordinal: input.ordinal,
            time: input.time,
            frame: &input.frame,
            crc: input.crc,
        };
        let kind = one(&mut process, &input, &mut frames, &files);
        done();
        let trapped = matches!(kind, Kind::Trap(_));
        note_handled(LABEL.load(Ordering::SeqCst) as u32, kind, &mut process);
        if trapped {
            break;
        }
    }
    let snapshot = process.snapshot().map_err(|failure| failure.to_string());
    let state = match given.mode {
        ModeName::Plain => process
            .state()
            .ok()
            .and_then(|state| postcard::to_stdvec(&state).ok()),
        _ => None,
    };
    let copies = match &snapshot {
        Ok(_) => Vec::new(),
        Err(_) => words(&mut process),
    };
    note(&Entry::End(End {
        snapshot,
        state,
        copies,
    }));
    Ok(())
}

fn skips(index: usize) -> bool {
    SKIP.get(index / 64)
        .is_some_and(|word| word.load(Ordering::Relaxed) >> (index % 64) & 1 == 1)
}

/// Handles one input and hands out what it gave, the record before the frames.
#[inline(never)]
fn one<M: Mode>(
    process: &mut Process<M>,
    input: &Input,
    frames: &mut Vec<u8>,
    files: &Files,
) -> Kind {
    frames.clear();
    let kind = match process.handle(input) {
        Ok(process::Handled::Done { outputs, .. }) => {
            frames.extend(outputs.bytes());
            Kind::Done
        }
        Ok(process::Handled::Unhandled(_)) => Kind::Unhandled,
        Ok(process::Handled::Refused(refusal)) => {
            Kind::Refused(format!("{refusal:?}").into_bytes())
        }
        Err(Failure::Error(error)) => Kind::Error(error.to_string().into_bytes()),
        Err(failure) => Kind::Trap(failure.to_string().into_bytes()),
    };
    if kind == Kind::Done {
        put(&files.records, process.record());
        put(&files.frames, frames);
    }
    kind
}

/// What cannot be written ends the process: nothing may be judged as lost that the host dropped.
fn put(mut file: &File, bytes: &[u8]) {
    if !bytes.is_empty() && file.write_all(bytes).is_err() {
        std::process::abort();
    }
}

fn words<M: Mode>(process: &mut Process<M>) -> Vec<Vec<u64>> {
    process.copies().into_iter().map(<[u64]>::to_vec).collect()
}

fn note(entry: &Entry) {
    if let Some((_, log)) = NOTES.get() {
        put(log, &encode(entry));
    }
}

fn note_handled<M: Mode>(index: u32, kind: Kind, process: &mut Process<M>) {
    let Some((files, _)) = NOTES.get() else {
        return;
    };
    let length = |file: &File| file.metadata().map_or(0, |data| data.len());
    let (frames, records) = (length(&files.frames), length(&files.records));
    let copies = process.copies();
    let epochs = copies.iter().map(|copy| copy.get(EPOCH).copied());
    let epochs = epochs.map(|epoch| epoch.unwrap_or(u64::MAX)).collect();
    let equal = copies.windows(2).all(|pair| pair[0] == pair[1]);
    let copies = match COPIES.load(Ordering::Relaxed) {
        0 => Vec::new(),
        _ => words(process),
    };
    note(&Entry::Handled(Handled {
        index,
        kind,
        epochs,
        equal,
        frames,
        records,
        copies,
    }));
}
