//! Starts the process under test, so that it is the same each time: the same addresses, the same bytes
//! from the kernel's source of randomness.
//!
//! In: the executable and a workload. Out: a [`Server`] that stands at the gate of the first input.

use crate::NativeError;
use crate::child::{NOT_SETTLED, PROCESS};
use crate::protocol::{Entry, Places, decode};
use crate::run::Run;
use crate::tracee::{Astray, Exit, Template, Tracee};
use crate::watchdog::Watch;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The length of the name of a file that the process is given: the same each time, so that its memory
/// is the same.
const NAME: usize = 60;
/// System calls until the process has started, at the most.
const MOST_CALLS: usize = 1_000_000;
/// The number of the kernel's entry with random bytes, and that which ends the list.
const AT_RANDOM: u64 = 25;
const AT_NULL: u64 = 0;

/// A piece of a process's memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mapping {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) offset: u64,
    pub(crate) writes: bool,
    pub(crate) executes: bool,
    pub(crate) name: String,
}

impl Mapping {
    /// Whether it holds what a program only reads: constants, and tables of addresses that were filled in when
    /// it was loaded. What the kernel itself lays there is its own.
    pub(crate) fn is_constant(&self) -> bool {
        !self.writes && !self.executes && !self.name.starts_with("[v")
    }
}

/// The process under test at the gate of an input.
pub(crate) struct Server {
    // Before the child, so that it is killed before it is waited for.
    template: Template,
    child: Child,
    /// The name of its file.
    pub(crate) executable: String,
    pub(crate) places: Places,
    /// The words of the state copies before the first input.
    pub(crate) initial: Vec<Vec<u64>>,
    frames: File,
    records: File,
    log: File,
    /// The input before which it stands.
    at: usize,
}

fn error<E: Into<Astray>>(what: &'static str) -> impl Fn(E) -> NativeError {
    move |error| NativeError::System(what, error.into().to_string())
}

fn lost(what: impl Into<String>) -> NativeError {
    NativeError::Lost(what.into())
}

impl Server {
    /// Starts the process. The calling thread traces it.
    pub(crate) fn start(executable: &Path, given: &[u8]) -> Result<Server, NativeError> {
        let file = || memfd_create("pasc", MFdFlags::MFD_CLOEXEC).map(File::from);
        let file = || file().map_err(error("make a file in memory"));
        let (frames, records, log, workload) = (file()?, file()?, file()?, file()?);
        let written = workload.write_all_at(given, 0);
        written.map_err(|why| lost(why.to_string()))?;
        let mut child = Command::new(executable)
            .arg(PROCESS)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|why| NativeError::Executable(executable.display().to_string(), why.kind()))?;
        let tracee = match Tracee::seize(child.id() as i32) {
            Ok(tracee) => tracee,
            Err(errno) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(NativeError::Forbidden(errno.desc().to_owned()));
            }
        };
        let files = [&frames, &records, &log, &workload];
        let names = files.map(|file| name(file) + "\n").concat();
        let mut stdin = child.stdin.take();
        let given = stdin
            .as_mut()
            .map(|pipe| pipe.write_all(format!("g{names}").as_bytes()));
        drop(stdin);
        if !matches!(given, Some(Ok(()))) {
            return Err(lost("it does not read its input"));
        }
        let (places, initial) = begin(&tracee, &log)?;
        let run = tracee.run_to(places.gate);
        run.map_err(error("run the process to its first input"))?;
        let system_call = find_system_call(&tracee)?;
        let template = Template::new(tracee, system_call).map_err(error("read registers"))?;
        Ok(Server {
            template,
            child,
            executable: executable.display().to_string(),
            places,
            initial,
            frames,
            records,
            log,
            at: 0,
        })
    }

    /// Goes on to the gate of an input at or after that before which it stands.
    pub(crate) fn advance(&mut self, input: usize) -> Result<(), NativeError> {
        while self.at < input {
            // A copy may have written as much as any process may.
            self.empty()?;
            let advanced = self.template.advance(self.places.gate);
            advanced.map_err(error("run the process to its next input"))?;
            self.at += 1;
        }
        Ok(())
    }

    /// A copy of the process before its input, with nothing written.
    pub(crate) fn copy(&mut self) -> Result<Tracee, NativeError> {
        self.empty()?;
        let copy = self.template.copy().map_err(error("copy the process"))?;
        // Two numbers, each followed by itself turned over.
        for (place, word) in (self.places.starts..).step_by(8).zip([0, !0, 0, !0]) {
            let start = copy.set_word(place, word);
            start.map_err(error("write memory"))?;
        }
        Ok(copy)
    }

    fn empty(&self) -> Result<(), NativeError> {
        let mut files = [&self.frames, &self.records, &self.log].into_iter();
        let emptied = files.try_for_each(|file| file.set_len(0));
        emptied.map_err(|why| lost(why.to_string()))
    }

    /// A run without a fault that leaves inputs out; with the words of the state copies, if asked for.
    pub(crate) fn run_without(
        &mut self,
        skipped: &[usize],
        copies: bool,
        watch: &Watch,
    ) -> Result<Run, NativeError> {
        let copy = self.copy()?;
        let write = |address, word| copy.set_word(address, word).map_err(error("write memory"));
        for input in skipped {
            let address = self.places.skip + (input / 64 * 8) as u64;
            let word = copy.word(address).map_err(error("read memory"))?;
            write(address, word | 1 << (input % 64))?;
        }
        write(self.places.copies, u64::from(copies))?;
        self.finish(&copy, watch)
    }

    /// Lets a copy go on to its end, and reads what it gave.
    pub(crate) fn finish(&self, copy: &Tracee, watch: &Watch) -> Result<Run, NativeError> {
        watch.begin(copy.pid());
        let exit = copy.finish();
        let exit = match watch.end() {
            true => Exit::Hung,
            false => exit.map_err(error("go on"))?,
        };
        let read = |file: &File| -> Result<Vec<u8>, NativeError> {
            let length = file.metadata().map_or(0, |data| data.len());
            let mut bytes = vec![0; length as usize];
            let read = file.read_exact_at(&mut bytes, 0);
            read.map_err(|why| lost(why.to_string()))?;
            Ok(bytes)
        };
        let (frames, records, log) = (read(&self.frames)?, read(&self.records)?, read(&self.log)?);
        Ok(Run::read(&frames, &records, &log, exit))
    }

    /// The pieces of its memory.
    pub(crate) fn mappings(&self) -> Result<Vec<Mapping>, NativeError> {
        mappings(self.template.tracee())
    }

    /// Bytes of its memory; fewer, if there are no more.
    pub(crate) fn bytes(&self, from: u64, to: u64) -> Vec<u8> {
        bytes(self.template.tracee(), from, to)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The template may be in the middle of a call; the signal ends it all the same.
        let _ = self.child.kill();
    }
}

/// The name under which another process finds a file of this one.
fn name(file: &File) -> String {
    let (id, number) = (std::process::id(), file.as_raw_fd());
    let name = format!("/proc/{id}/fd/");
    let slashes = NAME.saturating_sub(name.len() + number.to_string().len());
    format!("{name}{}{number}", "/".repeat(slashes))
}

/// From the executable's start to where it says where things are. What is random becomes constant.
fn begin(tracee: &Tracee, log: &File) -> Result<(Places, Vec<Vec<u64>>), NativeError> {
    let wait = error("start the process");
    loop {
        match tracee.wait().map_err(&wait)? {
            WaitStatus::PtraceEvent(_, _, libc::PTRACE_EVENT_EXEC) => {}
            status => return Err(not_begun(tracee, &status, log)),
        }
        if is_settled(tracee)? {
            break;
        }
        // It was caught while it started for the first time.
        tracee.resume().map_err(&wait)?;
    }
    settle_auxiliary(tracee)?;
    for _ in 0..MOST_CALLS {
        match tracee.to_system_call().map_err(&wait)? {
            WaitStatus::PtraceSyscall(_) => {
                let registers = tracee.registers().map_err(&wait)?;
                // At the entry there is no result yet.
                let result = registers.rax as i64;
                if registers.orig_rax == libc::SYS_getrandom as u64 && result > 0 {
                    fill(tracee, registers.rdi, result as u64)?;
                }
            }
            WaitStatus::Stopped(_, Signal::SIGSTOP) => {
                return match entries(log).pop() {
                    Some(Entry::Hello(places, initial)) => Ok((places, initial)),
                    _ => Err(lost("it does not say where things are")),
                };
            }
            status => return Err(not_begun(tracee, &status, log)),
        }
    }
    Err(lost("it does not come to its start"))
}

/// Whether the process has the same addresses each time, as it asked for before it started again.
fn is_settled(tracee: &Tracee) -> Result<bool, NativeError> {
    const NO_RANDOM_ADDRESSES: u32 = 0x0004_0000;
    let path = format!("/proc/{}/personality", tracee.pid());
    let persona = std::fs::read_to_string(path).map_err(|why| lost(why.to_string()))?;
    let persona = u32::from_str_radix(persona.trim(), 16).unwrap_or(0);
    Ok(persona & NO_RANDOM_ADDRESSES != 0)
}

fn entries(log: &File) -> Vec<Entry> {
    let length = log.metadata().map_or(0, |data| data.len());
    let mut bytes = vec![0; length as usize];
    match log.read_exact_at(&mut bytes, 0) {
        Ok(()) => decode(&bytes),
        Err(_) => Vec::new(),
    }
}

fn not_begun(tracee: &Tracee, status: &WaitStatus, log: &File) -> NativeError {
    if let Some(Entry::Failed(why)) = entries(log).first() {
        return NativeError::Start(why.clone());
    }
    match status {
        WaitStatus::PtraceEvent(_, _, libc::PTRACE_EVENT_EXIT) => match tracee.exit() {
            Ok(Exit::Code(NOT_SETTLED)) => NativeError::Unsettled,
            exit => lost(format!("it ended while it started: {exit:?}")),
        },
        status => lost(format!("it stopped while it started: {status:?}")),
    }
}

/// Overwrites the random bytes that the kernel gives to each program.
fn settle_auxiliary(tracee: &Tracee) -> Result<(), NativeError> {
    let path = format!("/proc/{}/auxv", tracee.pid());
    let list = std::fs::read(path).map_err(|why| lost(why.to_string()))?;
    for pair in list.chunks_exact(16) {
        let word = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
        match word(&pair[..8]) {
            AT_NULL => break,
            AT_RANDOM => return fill(tracee, word(&pair[8..]), 16),
            _ => {}
        }
    }
    Ok(())
}

/// Writes a pattern over bytes that were random.
fn fill(tracee: &Tracee, from: u64, length: u64) -> Result<(), NativeError> {
    const PATTERN: u64 = 0x5bd1_e995_a3c5_9f00;
    for offset in (0..length).step_by(8) {
        let rest = length - offset;
        let mask = match rest {
            8.. => u64::MAX,
            rest => (1 << (8 * rest)) - 1,
        };
        let read = tracee.word(from + offset).map_err(error("read memory"))?;
        let word = (read & !mask) | (PATTERN & mask);
        let written = tracee.set_word(from + offset, word);
        written.map_err(error("write memory"))?;
    }
    Ok(())
}

/// The pieces of a process's memory.
pub(crate) fn mappings(tracee: &Tracee) -> Result<Vec<Mapping>, NativeError> {
    let path = format!("/proc/{}/maps", tracee.pid());
    let text = std::fs::read_to_string(path).map_err(|why| lost(why.to_string()))?;
    let mapping = |line: &str| {
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let rights = fields.next()?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some(Mapping {
            start: number(start)?,
            end: number(end)?,
            writes: rights.contains('w'),
            executes: rights.contains('x'),
            offset: number(fields.next()?)?,
            name: fields.nth(2).unwrap_or_default().to_owned(),
        })
    };
    Ok(text.lines().filter_map(mapping).collect())
}

fn bytes(tracee: &Tracee, from: u64, to: u64) -> Vec<u8> {
    let mut bytes = vec![0; to.saturating_sub(from) as usize];
    let memory = File::open(format!("/proc/{}/mem", tracee.pid()));
    let read = memory.and_then(|memory| memory.read_at(&mut bytes, from));
    bytes.truncate(read.unwrap_or(0));
    bytes
}

/// The address of an instruction that calls the kernel.
fn find_system_call(tracee: &Tracee) -> Result<u64, NativeError> {
    const SYSTEM_CALL: [u8; 2] = [0x0f, 0x05];
    for mapping in mappings(tracee)?.iter().filter(|piece| piece.executes) {
        let code = bytes(tracee, mapping.start, mapping.end);
        if let Some(at) = code.windows(2).position(|pair| pair == SYSTEM_CALL) {
            return Ok(mapping.start + at as u64);
        }
    }
    Err(lost("it has no instruction that calls the kernel"))
}
