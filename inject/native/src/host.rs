//! The host inside of the process under test: hands one event after the other to the machine, and puts
//! what it gives into files.
//!
//! In: events. Out: frames, records and snapshots as they leave. It is small, is hit like the machine, and
//! finds everything that it tells of an event by addresses of its own.

use crate::held::{FRAMES, RECORDS, put};
use crate::protocol::{End, Event, GivenInput, Kind};
use pasc_vm::Program;
use pasc_vm::process::{self, Failure, Input, Mode, Options, Process};
use pasc_vm::recovery::{RecoverError, Recovery, Released};
use pasc_vm::verify::Verified;

/// Room for what an input gives, so that the host does not allocate while it hands it out.
const ROOM: usize = 1 << 16;

/// Bytes on their way out. They are put at the beginning each time: control that comes back puts the same
/// bytes where they were.
struct Leaving {
    bytes: Vec<u8>,
    length: usize,
    /// All bits of the buffer's address, turned over.
    place: usize,
}

impl Leaving {
    fn new() -> Leaving {
        let bytes = vec![0; ROOM];
        Leaving {
            place: !bytes.as_ptr().addr(),
            bytes,
            length: 0,
        }
    }

    /// Drops and overwrites what is there: a jump to where it leaves must not find that of the event before.
    fn clear(&mut self) {
        self.must_be_in_place();
        self.length = 0;
        self.bytes.clear();
        self.resize(ROOM);
    }

    fn fill(&mut self, from: &[u8]) {
        self.must_be_in_place();
        if self.bytes.len() < from.len() {
            self.resize(from.len());
        }
        for (to, from) in self.bytes.iter_mut().zip(from) {
            *to = *from;
        }
        self.length = from.len();
    }

    fn resize(&mut self, length: usize) {
        self.bytes.resize(length, 0);
        self.place = !self.bytes.as_ptr().addr();
    }

    /// A buffer whose address was hit lies elsewhere, where the number of the event is for one: what is told of
    /// later events would be told of others.
    fn must_be_in_place(&self) {
        if self.bytes.as_ptr().addr() != !self.place {
            std::process::abort();
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// A process in some mode, as the events see it.
pub(crate) trait Subject {
    /// Gets ready for an event: what the one before gave must not leave again.
    fn prepare(&mut self);
    /// Hands an event to the machine, and out what it gives, the record before the frames.
    fn happen(&mut self, event: &Event) -> Kind;
    /// The words of the state copies.
    fn words(&mut self) -> Vec<Vec<u64>>;
    /// For each part of the lanes two addresses and its bytes.
    fn extents(&mut self) -> Vec<[u64; 3]>;
    /// The state at the end.
    fn end(&mut self) -> End;
}

pub(crate) struct Host<M: Mode> {
    process: Process<M>,
    program: Program,
    options: Options,
    /// Frames and record of the event until they left.
    frames: Leaving,
    record: Leaving,
    snapshot: Vec<u8>,
    /// The records since the snapshot.
    records: Vec<Vec<u8>>,
    /// Outputs of commits up to this epoch left.
    released: u64,
    with_state: bool,
}

impl<M: Mode> Host<M> {
    /// Starts a process. The error is a sentence.
    pub(crate) fn start(
        program: &Program,
        options: Options,
        with_state: bool,
    ) -> Result<Host<M>, String> {
        let process = Process::<M>::start(program, &options).map_err(|error| error.to_string())?;
        Ok(Host {
            released: process.epoch(),
            process,
            program: program.clone(),
            options,
            frames: Leaving::new(),
            record: Leaving::new(),
            snapshot: Vec::new(),
            records: Vec::new(),
            with_state,
        })
    }

    #[inline(never)]
    fn handle(&mut self, input: &GivenInput) -> Kind {
        let input = Input {
            ordinal: input.ordinal,
            time: input.time,
            frame: &input.frame,
            crc: input.crc,
        };
        let kind = match self.process.handle(&input) {
            Ok(process::Handled::Done { outputs, .. }) => {
                self.frames.fill(outputs.bytes());
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
            self.record.fill(self.process.record());
            put::<RECORDS>(self.record.bytes());
            put::<FRAMES>(self.frames.bytes());
            self.keep_record();
            self.process.spoil();
        }
        kind
    }

    /// A recovery needs the records since its snapshot.
    fn keep_record(&mut self) {
        let record = self.record.bytes();
        if !self.snapshot.is_empty() && !record.is_empty() {
            self.records.push(record.to_vec());
            self.released = self.process.epoch();
        }
    }

    /// Takes a snapshot, which leaves as a record does.
    #[inline(never)]
    fn snapshot(&mut self) -> Kind {
        match self.process.snapshot() {
            Ok(snapshot) => {
                put::<RECORDS>(&snapshot);
                self.released = self.process.epoch();
                self.snapshot = snapshot;
                Kind::Done
            }
            Err(failure) => Kind::Trap(failure.to_string().into_bytes()),
        }
    }

    /// Builds the process again from the snapshot and the records since.
    #[inline(never)]
    fn restore(&mut self) -> Result<(), RecoverError> {
        let program = Verified::new(&self.program);
        let program =
            program.map_err(|fault| RecoverError::Start(process::StartError::Program(fault)))?;
        let mut recovery = Recovery::of_verified(program, &self.options, &self.snapshot)?;
        for record in &self.records {
            recovery.replay(record)?;
        }
        self.process = recovery.finish(Released::UpTo(self.released))?;
        Ok(())
    }
}

impl<M: Mode> Subject for Host<M> {
    fn prepare(&mut self) {
        self.frames.clear();
        self.record.clear();
    }

    fn happen(&mut self, event: &Event) -> Kind {
        match event {
            Event::Input(input) => self.handle(input),
            Event::Snapshot => {
                self.records.clear();
                self.snapshot()
            }
            Event::Restore => match self.restore() {
                Ok(()) => Kind::Done,
                Err(error) => Kind::Trap(error.to_string().into_bytes()),
            },
        }
    }

    fn words(&mut self) -> Vec<Vec<u64>> {
        let mut copies = self.process.copies();
        // A lane that was led to the other one's copy: the machine sees that there is one only.
        copies.dedup_by_key(|copy| copy.as_ptr());
        copies.into_iter().map(<[u64]>::to_vec).collect()
    }

    fn extents(&mut self) -> Vec<[u64; 3]> {
        let extents = self.process.extents().into_iter();
        extents
            .map(|part| [part.starts[0], part.starts[1], part.bytes].map(|word| word as u64))
            .collect()
    }

    fn end(&mut self) -> End {
        let snapshot = self.process.snapshot();
        let snapshot = snapshot.map_err(|failure| failure.to_string());
        let state = match self.with_state {
            true => self.process.state().ok(),
            false => None,
        };
        let copies = match &snapshot {
            Ok(_) => Vec::new(),
            Err(_) => self.words(),
        };
        End {
            snapshot,
            state: state.and_then(|state| postcard::to_stdvec(&state).ok()),
            copies,
        }
    }
}
