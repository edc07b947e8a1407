//! The process under test: the machine that ships, with a plain host around it.
//!
//! In: three files and a workload, whose names come on the standard input. It stops itself once it has
//! started; the tracer then decides when it goes on, and makes copies of it at the [`gate`] of each event.
//! Faults happen between the gate and [`done`]: while the machine handles the event, and while the host
//! hands out what it gave.

use crate::held::{FRAMES, Held, Number, RECORDS, STARTS, keep};
use crate::host::{Host, Subject};
use crate::protocol::{
    Entry, Event, Given, Handled, Kind, MOST_EXTENTS, MOST_INPUTS, Places, encode,
};
use crate::sandbox;
use nix::sys::personality::{self, Persona};
use nix::sys::signal::{Signal, raise};
use pasc_inject::ModeName;
use pasc_vm::limits::Limits;
use pasc_vm::process::{Lockstep, Mode, Options, Plain, Sequential};
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
/// The bytes of the stack that are overwritten before each event; calls of this process go less deep.
const SWEPT: usize = 1 << 16;
/// The word of a state copy that counts its commits.
const EPOCH: usize = 1;

/// One bit for each event: whether it is left out. Set by the tracer.
static SKIP: [AtomicU64; MOST_INPUTS / 64] = [const { AtomicU64::new(0) }; MOST_INPUTS / 64];
/// Not 0 if entries show the state copies. Set by the tracer.
static COPIES: AtomicU64 = AtomicU64::new(0);
/// Where the parts of the lanes lie, two addresses and the bytes each. For the tracer.
static EXTENTS: [AtomicU64; 3 * MOST_EXTENTS] = [const { AtomicU64::new(0) }; 3 * MOST_EXTENTS];

/// The number of the event that happens, or happened last.
static LABEL: Number = Number::new(0);

/// All events.
static EVENTS: Held<Vec<Event>> = Held::new();

/// The machine with its host. A fault that makes a variable point elsewhere does not change what is read
/// of it between two events.
static SUBJECT: Held<Box<dyn Subject>> = Held::new();

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

/// The files of frames and records, and the log, opened once more. Looked at between events alone, so that
/// no fault of an event changes what is told of it.
static NOTES: OnceLock<[File; 3]> = OnceLock::new();

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
    let notes = [append(frames)?, append(records)?, append(log)?];
    NOTES.set(notes).map_err(drop)?;
    keep::<FRAMES>(numbered(frames, FRAMES)?)?;
    keep::<RECORDS>(numbered(records, RECORDS)?)?;
    let given = std::fs::read(next()?).map_err(drop)?;
    let given: Given = postcard::from_bytes(&given).map_err(drop)?;
    let subject = match given.mode {
        ModeName::Plain => subject::<Plain>(&given),
        ModeName::Lockstep => subject::<Lockstep>(&given),
        ModeName::Sequential => subject::<Sequential>(&given),
    };
    match subject {
        Ok(subject) => run(given, subject),
        Err(why) => {
            note(&Entry::Failed(why));
            Err(())
        }
    }
}

/// Opens a file so that it has this number.
fn numbered(name: &str, number: i32) -> Result<File, ()> {
    let mut below = Vec::new();
    while below.len() <= number as usize {
        let file = OpenOptions::new().write(true).open(name).map_err(drop)?;
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
        // Not made here: a fault in this process must not have a digest of its own.
        digest: given.digest,
        ..Options::new(&given.own_address)
    })
}

/// The machine in a mode. The error is a sentence.
fn subject<M: Mode + 'static>(given: &Given) -> Result<Box<dyn Subject>, String> {
    let with_state = given.mode == ModeName::Plain;
    let host = Host::<M>::start(&given.program, options(given)?, with_state)?;
    Ok(Box::new(host))
}

fn run(given: Given, mut subject: Box<dyn Subject>) -> Result<(), ()> {
    let places = Places {
        gate: gate as extern "C" fn() as usize as u64,
        done: done as extern "C" fn() as usize as u64,
        skip: SKIP.as_ptr() as usize as u64,
        copies: COPIES.as_ptr() as usize as u64,
        extents: EXTENTS.as_ptr() as usize as u64,
        starts: STARTS.as_ptr() as usize as u64,
    };
    note(&Entry::Hello(places, subject.words()));
    EVENTS.hold(given.events);
    SUBJECT.hold(subject);
    raise(Signal::SIGSTOP).map_err(drop)?;
    sandbox::confine()?;
    while turn()? {}
    note(&Entry::End(SUBJECT.with(|subject| subject.end())?));
    Ok(())
}

/// One event; whether there is another one. Nothing that is known before the event is kept in a variable
/// to its end: a fault would change what is told of it.
#[inline(never)]
fn turn() -> Result<bool, ()> {
    if !before()? {
        return Ok(false);
    }
    sweep();
    gate();
    if skips() {
        return after(None);
    }
    let kind = happen()?;
    done();
    after(Some(kind))
}

/// Overwrites what earlier calls left below on the stack, times and inodes of files among it: copies of values
/// that have unused bytes would bring it into registers, and two runs would differ.
#[inline(never)]
fn sweep() {
    black_box(&mut [0_u8; SWEPT]);
}

/// The number of the event.
fn label() -> usize {
    LABEL.get() as usize
}

/// Gets ready for the event; whether there is one.
#[inline(never)]
fn before() -> Result<bool, ()> {
    let [frames, records] = lengths();
    STARTS[0].set(frames);
    STARTS[1].set(records);
    SUBJECT.with(|subject| {
        subject.prepare();
        show_extents(&subject.extents());
    })?;
    EVENTS.with(|events| label() < events.len())
}

#[inline(never)]
fn happen() -> Result<Kind, ()> {
    let happened = EVENTS.with(|events| {
        let event = events.get(label()).ok_or(())?;
        SUBJECT.with(|subject| subject.happen(event))
    });
    happened?
}

/// Tells what became of the event, if it was not left out, and goes on to the next; whether to go on.
#[inline(never)]
fn after(kind: Option<Kind>) -> Result<bool, ()> {
    let trapped = matches!(kind, Some(Kind::Trap(_)));
    if let Some(kind) = kind {
        SUBJECT.with(|subject| note_handled(label() as u32, kind, &subject.words()))?;
    }
    LABEL.set(LABEL.get() + 1);
    Ok(!trapped)
}

fn show_extents(extents: &[[u64; 3]]) {
    let words = extents.iter().flatten().chain(std::iter::repeat(&0));
    for (place, word) in EXTENTS.iter().zip(words) {
        place.store(*word, Ordering::Relaxed);
    }
}

/// Whether the event is left out.
fn skips() -> bool {
    let word = SKIP.get(label() / 64);
    word.is_some_and(|word| word.load(Ordering::Relaxed) >> (label() % 64) & 1 == 1)
}

/// What cannot be written ends the process.
fn note(entry: &Entry) {
    if let Some([.., log]) = NOTES.get() {
        let mut log: &File = log;
        if log.write_all(&encode(entry)).is_err() {
            std::process::abort();
        }
    }
}

/// How long the files of frames and records are.
fn lengths() -> [u64; 2] {
    let length = |file: &File| file.metadata().map_or(0, |data| data.len());
    match NOTES.get() {
        Some([frames, records, _]) => [length(frames), length(records)],
        None => [0; 2],
    }
}

fn note_handled(index: u32, kind: Kind, copies: &[Vec<u64>]) {
    let [frames, records] = lengths();
    let epochs = copies.iter().map(|copy| copy.get(EPOCH).copied());
    note(&Entry::Handled(Handled {
        index,
        kind,
        epochs: epochs.map(|epoch| epoch.unwrap_or(u64::MAX)).collect(),
        equal: copies.windows(2).all(|pair| pair[0] == pair[1]),
        frames,
        records,
        copies: match COPIES.load(Ordering::Relaxed) {
            0 => Vec::new(),
            _ => copies.to_vec(),
        },
    }));
}
