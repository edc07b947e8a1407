//! A complete host for one process: frames in over TCP, redo records to disk, outputs out.
//!
//! `host PROGRAM.pasc DIRECTORY [ADDRESS]` listens on a port of the loopback interface, which it prints.
//! A peer connects and writes frames; the sender's address in its first good frame names the
//! connection, and frames for that address go back over it. Every commit is on the disk before any of
//! its outputs leaves. After a crash the same command rebuilds the process and goes on.

use pasc_lang::SourceFile;
use pasc_vm::Program;
use pasc_vm::frame::{self, Frame};
use pasc_vm::process::{Failure, Handled, Input, Lockstep, Options, Process};
use pasc_vm::recovery::{Recovery, Released};
use pasc_vm::timer::{self, Order};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What the connections tell the task that owns the process.
enum Event {
    /// A peer connected.
    Opened(u64, OwnedWriteHalf),
    /// A peer sent something in the form of a frame.
    Frame(u64, Vec<u8>),
    /// A peer is gone.
    Closed(u64),
}

/// Snapshot and redo records in a directory.
struct Store {
    records: File,
    released: File,
}

impl Store {
    /// Opens the directory: the process as it was, or a fresh one.
    fn open(
        directory: &Path,
        program: &Program,
        options: &Options,
    ) -> Result<(Store, Process<Lockstep>)> {
        fs::create_dir_all(directory)?;
        let snapshot = directory.join("snapshot");
        let records = directory.join("records");
        let released = directory.join("released");
        let process = match fs::read(&snapshot) {
            Ok(bytes) => {
                let log = fs::read(&records)?;
                let mut recovery = Recovery::<Lockstep>::new(program, options, &bytes)?;
                let mut rest = log.as_slice();
                // A record that a crash cut short was not synced, so nothing of it was released.
                while let Some((record, after)) = split_record(rest) {
                    recovery.replay(record)?;
                    rest = after;
                }
                let reached = fs::read(&released).unwrap_or_default();
                let reached = reached.try_into().map_or(0, u64::from_le_bytes);
                let whole = log.len() - rest.len();
                OpenOptions::new()
                    .write(true)
                    .open(&records)?
                    .set_len(whole as u64)?;
                recovery.finish(Released::UpTo(reached))?
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut process = Process::start(program, options)?;
                let partial = directory.join("snapshot.partial");
                fs::write(&partial, process.snapshot()?)?;
                File::open(&partial)?.sync_all()?;
                File::create(&records)?.sync_all()?;
                fs::rename(&partial, &snapshot)?;
                File::open(directory)?.sync_all()?;
                process
            }
            Err(error) => return Err(error.into()),
        };
        let records = OpenOptions::new().append(true).open(&records)?;
        let released = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&released)?;
        Ok((Store { records, released }, process))
    }

    /// Returns once the record is on the disk.
    fn append(&mut self, record: &[u8]) -> Result<()> {
        self.records.write_all(record)?;
        self.records.sync_data()?;
        Ok(())
    }

    /// Notes that outputs of this epoch leave. A lower bound is enough, so it is not synced.
    fn release(&mut self, epoch: u64) -> Result<()> {
        use std::os::unix::fs::FileExt;
        self.released.write_all_at(&epoch.to_le_bytes(), 0)?;
        Ok(())
    }
}

/// The first record of a log, and what follows; `None` at its end or if the rest is cut.
fn split_record(log: &[u8]) -> Option<(&[u8], &[u8])> {
    log.split_at_checked(frame::length(log)?)
}

/// Reads frames from a peer until it is gone or says what cannot be a frame.
async fn read_frames(
    peer: u64,
    mut from: OwnedReadHalf,
    events: mpsc::Sender<Event>,
    longest: usize,
) -> Result<()> {
    loop {
        let mut bytes = vec![0; 8];
        if from.read_exact(&mut bytes).await.is_err() {
            break;
        }
        let Some(length) = frame::length(&bytes).filter(|length| *length <= longest) else {
            eprintln!("peer {peer}: not a frame, the connection is closed");
            break;
        };
        bytes.resize(length, 0);
        if from.read_exact(&mut bytes[8..]).await.is_err() {
            break;
        }
        events.send(Event::Frame(peer, bytes)).await?;
    }
    events.send(Event::Closed(peer)).await?;
    Ok(())
}

/// Owns process, store and timers: handles events one by one.
struct Host {
    process: Process<Lockstep>,
    store: Store,
    ordinal: u64,
    time: u64,
    peers: BTreeMap<u64, OwnedWriteHalf>,
    /// Addresses of processes and the connections that they speak over.
    names: BTreeMap<String, u64>,
    /// The timers that are set: number and key, and the whole order.
    timers: BTreeMap<(u32, Vec<u8>), Vec<u8>>,
}

impl Host {
    fn new(mut process: Process<Lockstep>, store: Store) -> Result<Host> {
        let (ordinal, time) = process.last_input();
        let (peers, names, timers) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut host = Host {
            process,
            store,
            ordinal,
            time,
            peers,
            names,
            timers,
        };
        host.keep_armed()?;
        Ok(host)
    }

    /// Keeps the orders of all timers that are set.
    fn keep_armed(&mut self) -> Result<()> {
        for order in self.process.armed_timers()? {
            self.keep(&order);
        }
        Ok(())
    }

    /// Keeps an order about a timer; it replaces the one before.
    fn keep(&mut self, bytes: &[u8]) {
        if let Ok((order, key)) = Order::parse(bytes) {
            let place = (order.timer.0, key.to_vec());
            match order.cancels() {
                true => self.timers.remove(&place),
                false => self.timers.insert(place, bytes.to_vec()),
            };
        }
    }

    /// The order that fires first.
    fn next_timer(&self) -> Option<(u64, Vec<u8>)> {
        let deadline = |bytes: &Vec<u8>| Order::parse(bytes).ok().map(|(order, _)| order.deadline);
        let due = self
            .timers
            .values()
            .filter_map(|bytes| Some((deadline(bytes)?, bytes.clone())));
        due.min()
    }

    async fn work(mut self, mut events: mpsc::Receiver<Event>) -> Result<()> {
        // Refused if the process began its work before a restart.
        self.input(&timer::start_input()).await?;
        loop {
            let next = self.next_timer();
            let wait = next
                .as_ref()
                .map_or(u64::MAX >> 16, |(due, _)| due.saturating_sub(now()));
            let event = tokio::time::timeout(Duration::from_micros(wait), events.recv()).await;
            match (event, next) {
                (Ok(Some(Event::Opened(peer, to))), _) => {
                    self.peers.insert(peer, to);
                }
                (Ok(Some(Event::Closed(peer))), _) => {
                    self.peers.remove(&peer);
                    self.names.retain(|_, named| *named != peer);
                }
                (Ok(Some(Event::Frame(peer, bytes))), _) => {
                    if let Ok(frame) = Frame::parse(&bytes) {
                        self.names.insert(frame.sender.to_owned(), peer);
                    }
                    self.input(&bytes).await?;
                }
                (Ok(None), _) => return Ok(()),
                (Err(_), Some((_, order))) => {
                    // Fired once, whatever its handler does.
                    if let Ok((parsed, key)) = Order::parse(&order) {
                        self.timers.remove(&(parsed.timer.0, key.to_vec()));
                    }
                    self.input(&order).await?;
                }
                (Err(_), None) => {}
            }
        }
    }

    /// Gives the process one input; outputs leave once their record is on the disk.
    async fn input(&mut self, bytes: &[u8]) -> Result<()> {
        self.ordinal += 1;
        self.time = self.time.max(now());
        let before = self.process.sent();
        let input = Input::new(self.ordinal, self.time, bytes);
        let outputs: Vec<Vec<u8>> = match self.process.handle(&input) {
            Ok(Handled::Done { outputs, .. }) => outputs.map(<[u8]>::to_vec).collect(),
            Ok(Handled::Refused(refusal)) => {
                eprintln!("refused: {refusal}");
                // Nobody else fires a timer: one that a fault had refused is still set, and fires again.
                self.keep_armed()?;
                return Ok(());
            }
            Ok(Handled::Unhandled(_)) => return Ok(()),
            Err(Failure::Error(error)) => {
                eprintln!("{error}");
                return Ok(());
            }
            // Corruption: only a restart from the disk helps.
            Err(failure) => return Err(failure.into()),
        };
        // Fewer outputs, or one that is spoilt: the fault may have taken an order about a timer.
        let whole = outputs.iter().filter(|output| is_intact(output)).count();
        if whole as u64 != self.process.sent() - before {
            return Err("an output is lost: the process must start again from the disk".into());
        }
        self.store.append(self.process.record())?;
        self.store.release(self.process.epoch())?;
        // What was taken must not be taken again, whatever a fault does next.
        self.process.spoil();
        for output in &outputs {
            if output.starts_with(&timer::MAGIC) {
                self.keep(output);
                continue;
            }
            let destination = Frame::parse(output).map(|frame| frame.destination);
            let names = &self.names;
            let to = destination
                .ok()
                .and_then(|name| self.peers.get_mut(names.get(name)?));
            if let Some(to) = to
                && to.write_all(output).await.is_err()
            {
                eprintln!("a peer is gone; its message is lost");
            }
        }
        Ok(())
    }
}

/// Whether the CRC at the end of an output matches.
fn is_intact(output: &[u8]) -> bool {
    let parts = output.split_last_chunk::<4>();
    parts.is_some_and(|(content, crc)| crc32fast::hash(content) == u32::from_le_bytes(*crc))
}

/// Microseconds since the epoch.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_micros() as u64)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, directory, address) = match arguments.as_slice() {
        [file, directory] => (file, directory, "self"),
        [file, directory, address] => (file, directory, address.as_str()),
        _ => return Err("usage: host PROGRAM.pasc DIRECTORY [ADDRESS]".into()),
    };
    let source = SourceFile::new(file.as_str(), fs::read_to_string(file)?);
    let compiled = pasc_lang::compile(&source).map_err(|diagnostics| {
        let texts: Vec<String> = diagnostics
            .iter()
            .map(|one| pasc_lang::render(one, &source))
            .collect();
        texts.join("\n")
    })?;
    let options = Options {
        records: true,
        ..Options::new(address)
    }
    .sealed();
    let (store, process) = Store::open(Path::new(directory), &compiled.program, &options)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let (sender, receiver) = mpsc::channel(1024);
    let longest = options.limits.message_bytes as usize;
    tokio::spawn(async move {
        for peer in 0.. {
            let Ok((stream, _)) = listener.accept().await else {
                break;
            };
            let (from, to) = stream.into_split();
            if sender.send(Event::Opened(peer, to)).await.is_err() {
                break;
            }
            tokio::spawn(read_frames(peer, from, sender.clone(), longest));
        }
    });
    Host::new(process, store)?.work(receiver).await
}
