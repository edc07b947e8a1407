//! One lane: everything that one of the two executions of a message reads and writes, the state
//! copies excepted. The two lanes of a process share nothing.

use crate::bytes;
use crate::check::Check;
use crate::delta::{Delta, Stamp};
use crate::error::{ErrorPlace, Stop};
use crate::exec::code::Code;
use crate::exec::{Bases, Context, Cpu, black_box};
use crate::fill::{GROUP, drop_bytes, fill_words};
use crate::isa::REGISTERS;
use crate::limits::Limits;
use crate::memory::{LANE, LaneWords, Memory, Role, Single};
use crate::options::Options;
use crate::outbox::Outbox;
use crate::params;
use crate::probe::{keeps, touch};
use crate::program::{FIXED_START, HandlerId, HandlerKind, MessageId, Program};
use crate::progress::mark;
use crate::state::{ORDINAL, SENT, StateCopy, TIME};
use crate::trap::Trap;

/// What enters a process: a frame with its place and time, and a CRC over these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Input<'f> {
    /// The place among the inputs of the process; each is greater than the last.
    pub ordinal: u64,
    /// Microseconds since the epoch; never goes back.
    pub time: u64,
    /// The bytes of the frame.
    pub frame: &'f [u8],
    /// CRC-32 over ordinal, time and the frame's last four bytes, its CRC.
    pub crc: u32,
}

impl<'f> Input<'f> {
    /// The record of a frame, a timer's firing or the start that enters now.
    pub fn new(ordinal: u64, time: u64, frame: &'f [u8]) -> Input<'f> {
        Input {
            ordinal,
            time,
            frame,
            crc: record_crc(ordinal, time, frame),
        }
    }
}

#[inline]
pub(crate) fn record_crc(ordinal: u64, time: u64, frame: &[u8]) -> u32 {
    let mut record = [0; 20];
    record[..8].copy_from_slice(&ordinal.to_le_bytes());
    record[8..16].copy_from_slice(&time.to_le_bytes());
    match frame.last_chunk::<4>() {
        Some(last) => record[16..].copy_from_slice(last),
        None => return short_record_crc(&record[..16], frame),
    }
    crate::crc::crc32(&record)
}

/// The CRC over ordinal, time and less bytes than a CRC has.
#[cold]
fn short_record_crc(start: &[u8], frame: &[u8]) -> u32 {
    crate::crc::crc32(&[start, frame].concat())
}

/// What stands in for the end of a stage that the lane has not come to.
pub(crate) const NOTHING: Result<(), Stop> = Err(Stop::Trap(Trap::ControlFlow));

/// What a lane holds of the program and the host's choices. It never changes.
#[cfg_attr(pasc_probe, derive(Clone))]
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Constants {
    pub(crate) program: Program,
    /// What the lane executes: a copy of the program's code.
    pub(crate) code: Code,
    pub(crate) limits: Limits,
    /// Whether the host wants a redo record of each commit.
    pub(crate) records: bool,
    pub(crate) incarnation: u64,
    /// Reference to the process's own address.
    pub(crate) own_address: u64,
    /// For each message the place of its first handler among all, if it has one.
    pub(crate) message_handlers: Vec<Option<u32>>,
}

impl Constants {
    fn new(options: &Options, program: Program, own_address: u64) -> Constants {
        let first = |index: usize| {
            let kind = HandlerKind::Message(MessageId(index as u32));
            let place = program.handlers.iter().position(|h| h.kind == kind)?;
            Some(place as u32)
        };
        Constants {
            message_handlers: (0..program.messages.len()).map(first).collect(),
            code: Code::new(&program.code),
            program,
            limits: options.limits,
            records: options.records,
            incarnation: options.incarnation,
            own_address,
        }
    }

    /// The place of the first handler of this kind, or one before it.
    pub(crate) fn first_handler(&self, kind: HandlerKind) -> Option<usize> {
        match kind {
            HandlerKind::Message(message) => {
                let first = self.message_handlers.get(message.0 as usize)?;
                touch(first);
                first.map(|first| first as usize)
            }
            _ => Some(0),
        }
    }
}

/// What the instructions of a lane work on, besides registers and outbox.
#[cfg_attr(pasc_probe, derive(Clone))]
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) words: LaneWords,
    pub(crate) delta: Delta,
    /// Steps left for this message.
    pub(crate) fuel: u64,
    /// The input's time in microseconds.
    pub(crate) time: u64,
    /// Reference to the sender's address.
    pub(crate) sender: u64,
    /// Address of the decoded message.
    pub(crate) message: u64,
    /// Where the region that ran last ended, and the signature that stands there in the lane's code.
    pub(crate) halt: (u32, u64),
    /// What the region that ran last gave.
    pub(crate) result: u64,
    /// How often a region of the message's handlers was begun or ended.
    pub(crate) borders: u64,
    /// Where the handler met an error, if it did.
    pub(crate) error_place: ErrorPlace,
}

impl Work {
    /// Work on no message, with an empty arena and an empty log.
    pub(crate) fn new(words: LaneWords, delta: Delta, fuel: u64) -> Work {
        Work {
            words,
            delta,
            fuel,
            time: 0,
            sender: 0,
            message: 0,
            halt: (0, 0),
            result: 0,
            borders: 0,
            error_place: ErrorPlace::default(),
        }
    }
}

/// One lane.
#[cfg_attr(pasc_probe, derive(Clone))]
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) constants: Constants,
    pub(crate) registers: [u64; REGISTERS],
    /// How many registers the last message used.
    pub(crate) registers_used: u16,
    pub(crate) work: Work,
    pub(crate) outbox: Outbox,
    /// The redo record of the message, without its CRC.
    pub(crate) record: Vec<u8>,
    /// The lane's copy of the input; its time is part of the work.
    pub(crate) ordinal: u64,
    pub(crate) crc: u32,
    pub(crate) frame: Vec<u8>,
    /// What the lane received.
    pub(crate) kind: Option<HandlerKind>,
    /// The handler that the lane chose for it.
    pub(crate) chosen: Option<HandlerId>,
    /// How many words of the arena hold sender and message.
    pub(crate) decoded_words: usize,
    /// The epoch of the lane's state copy when the message entered.
    pub(crate) epoch: u64,
    /// `halt` of the handler's body: the lane's token for the whole body.
    pub(crate) token: (u32, u64),
    /// `start` and how many stages were begun and done.
    pub(crate) progress: u64,
    /// What `progress` was when the message entered.
    pub(crate) start: u64,
    /// Which guards ran and what they gave, from `start` on.
    pub(crate) trail: u64,
    /// How the lane's last stage ended that waits for the other lane's.
    pub(crate) noted: Result<(), Stop>,
    pub(crate) poison: u64,
}

/// What a lane is made of.
#[derive(Clone, Debug)]
pub(crate) struct LaneParts<'p> {
    pub(crate) program: &'p Program,
    /// What the host gave, sealed.
    pub(crate) options: &'p Options,
}

impl Lane {
    /// A lane whose unused memory holds `poison`, and its copy of a state without initial values. Fails if the
    /// parameters take too much memory.
    ///
    /// The lane makes layouts, fingerprints and parameters itself: of the program that it was given, a snapshot
    /// vouches for the [`Program::identity`] alone. All that it takes over of the host's options is from a copy
    /// of its own, for which their digest vouches: what is hit before is hit for both lanes.
    pub(crate) fn new(parts: &LaneParts, poison: u64) -> Result<(Lane, StateCopy), Stop> {
        let damaged = Stop::Trap(Trap::Constant);
        let options = black_box(black_box(parts.options).clone());
        let program = black_box(parts.program).rebuilt().ok_or(damaged)?;
        let state = StateCopy::new(
            program.types.width(program.state_record),
            options.hash_key,
            options.random_seed,
        );
        let params = params::encode(&program, &options.params).map_err(|_| damaged)?;
        let width = program.types.width(program.params_record) as usize;
        let start = FIXED_START as usize;
        let mut fixed = vec![0; start + width];
        fixed.extend(&program.constants);
        let own_address = LANE | fixed.len() as u64;
        fixed.extend(bytes::block(options.own_address.as_bytes()));

        let words = LaneWords::new(fixed, poison);
        let mut work = Work::new(words, Delta::new(poison), options.limits.instructions);
        let mut memory: Memory<Single> = Memory::new(&mut work, &options.limits, &state, &state);
        let record = memory.decode_body(&program.types, program.params_record, &params)?;
        let values = (0..width as u64)
            .map(|word| memory.read(record + word))
            .collect::<Result<Vec<u64>, Stop>>()?;
        work.words.words_mut()[start..start + width].copy_from_slice(&values);
        work.words.freeze();
        let constants = Constants::new(&options, program, own_address);
        if !black_box(&options).is_as_sealed() {
            return Err(damaged);
        }
        let lane = Lane {
            constants,
            registers: [poison; REGISTERS],
            registers_used: 0,
            work,
            outbox: Outbox::new(),
            record: Vec::new(),
            ordinal: 0,
            crc: 0,
            frame: Vec::new(),
            kind: None,
            chosen: None,
            decoded_words: 0,
            epoch: 0,
            token: (0, 0),
            progress: poison,
            start: poison,
            trail: poison,
            noted: NOTHING,
            poison,
        };
        Ok((lane, state))
    }

    /// The memory as the lane sees it.
    pub(crate) fn memory<'m, R: Role>(
        &'m mut self,
        own: &'m StateCopy,
        other: &'m StateCopy,
    ) -> Memory<'m, R> {
        Memory::new(&mut self.work, &self.constants.limits, own, other)
    }

    /// The processor of the lane.
    #[inline]
    pub(crate) fn cpu<'m, R: Role>(
        &'m mut self,
        own: &'m StateCopy,
        other: &'m StateCopy,
    ) -> Cpu<'m, R> {
        let constants = &self.constants;
        Cpu {
            registers: &mut self.registers,
            context: Context {
                code: constants.code.guarded(),
                constants,
                memory: Memory::new(&mut self.work, &constants.limits, own, other),
                outbox: &mut self.outbox,
            },
        }
    }

    /// Where the lane's parts lie, as [`Cpu::ground`] must find them.
    #[inline]
    pub(crate) fn bases(&self, own: &StateCopy) -> Bases {
        [
            std::ptr::from_ref(&self.registers).addr(),
            self.constants.code.guarded().start().addr(),
            std::ptr::from_ref(&self.work).addr(),
            std::ptr::from_ref(&self.outbox).addr(),
            own.words().as_ptr().addr(),
        ]
    }

    /// Whether memory that grows belongs to both lanes, without a branch for each part.
    #[inline]
    pub(crate) fn shares_buffers(&self, other: &Lane) -> bool {
        let places = |lane: &Lane| {
            [
                lane.work.words.words.as_ptr().addr(),
                lane.work.delta.table.as_ptr().addr(),
                lane.work.delta.pages.as_ptr().addr(),
                lane.outbox.bytes.as_ptr().addr(),
                lane.frame.as_ptr().addr(),
                lane.record.as_ptr().addr(),
            ]
        };
        let pairs = places(self).into_iter().zip(places(other));
        pairs.fold(false, |shares, (a, b)| shares | (a == b) & (a > NO_ROOM))
    }

    /// Step 0: poisons what the last message used and takes a copy of the input.
    pub(crate) fn enter(&mut self, input: &Input, own: &StateCopy) {
        self.clear();
        for word in [&self.ordinal, &self.work.time, &self.work.fuel, &self.epoch] {
            touch(word);
        }
        touch(&self.crc);
        touch(&self.frame);
        touch(&self.constants.limits.instructions);
        self.ordinal = input.ordinal;
        self.work.time = input.time;
        self.crc = input.crc;
        self.frame.extend_from_slice(input.frame);
        touch(self.frame.as_slice());
        self.work.fuel = self.constants.limits.instructions;
        self.epoch = own.epoch();
        self.start = mark(0, self.stamp());
        self.progress = self.start;
        self.trail = self.start;
        self.work.delta.open(self.stamp(), self.epoch);
    }

    /// Poisons everything that belongs to one message.
    pub(crate) fn clear(&mut self) {
        self.touch_passing();
        // The registers behind are poison already; whole groups are faster to fill.
        let used = usize::from(self.registers_used).next_multiple_of(GROUP);
        let used = used.min(REGISTERS);
        touch(&self.registers[..used]);
        fill_words(&mut self.registers[..used], self.poison);
        self.registers_used = 0;
        self.work.words.reset();
        self.outbox.spoil(self.poison);
        drop_bytes(&mut self.record, self.poison as u8);
        self.work.delta.clear();
        drop_bytes(&mut self.frame, self.poison as u8);
        self.kind = None;
        self.chosen = None;
        self.work.sender = 0;
        self.work.message = 0;
        self.decoded_words = 0;
        self.work.halt = (self.poison as u32, self.poison);
        self.token = self.work.halt;
        self.progress = self.poison;
        self.start = !self.poison;
        self.trail = self.poison;
        self.work.result = self.poison;
        self.work.borders = 0;
        self.noted = NOTHING;
        self.work.error_place = ErrorPlace::default();
    }

    /// Says that all that belongs to one message is written, but registers, log, arena and outbox.
    fn touch_passing(&self) {
        touch(&self.registers_used);
        touch(&self.poison);
        touch(&self.record);
        touch(self.record.as_slice());
        touch(&self.frame);
        touch(self.frame.as_slice());
        touch(&self.kind);
        touch(&self.chosen);
        touch(&self.work.sender);
        touch(&self.work.message);
        touch(&self.decoded_words);
        touch(&self.work.halt);
        touch(&self.token);
        touch(&self.progress);
        touch(&self.start);
        touch(&self.trail);
        touch(&self.work.result);
        touch(&self.work.borders);
        touch(&self.noted);
        touch(&self.work.error_place);
    }

    /// Which message the lane is at.
    pub(crate) fn stamp(&self) -> Stamp {
        touch(&self.ordinal);
        touch(&self.crc);
        Stamp {
            ordinal: self.ordinal,
            crc: self.crc,
        }
    }

    /// Whether each commit gives a redo record. Asked for each lane apart: one answer for both would let
    /// one fault leave both without a record.
    #[inline]
    pub(crate) fn makes_records(&self) -> bool {
        touch(&self.constants.records);
        self.constants.records
    }

    /// The handler that the lane chose.
    pub(crate) fn choice(&self) -> Option<HandlerId> {
        touch(&self.chosen);
        self.chosen
    }

    /// Logs what the machine itself remembers of a handled message.
    pub(crate) fn note_message<R: Role>(
        &mut self,
        own: &StateCopy,
        other: &StateCopy,
    ) -> Result<(), Stop> {
        if R::HARDENED {
            self.advance();
        }
        touch(&self.ordinal);
        touch(&self.work.time);
        let (ordinal, time, sent) = (self.ordinal, self.work.time, self.outbox.len() as u64);
        let mut memory = self.memory::<R>(own, other);
        memory.write(ORDINAL, ordinal)?;
        memory.write(TIME, time)?;
        if sent != 0 {
            let before = memory.read(SENT)?;
            memory.write(SENT, before.wrapping_add(sent))?;
        }
        if R::HARDENED {
            self.advance();
        }
        Ok(())
    }

    /// Whether what never changes is equal in both lanes.
    pub(crate) fn has_same_constants(&self, other: &Lane) -> bool {
        for lane in [self, other] {
            touch(&lane.constants);
            touch(&*lane.constants.code.words);
            touch(lane.constants.message_handlers.as_slice());
        }
        self.constants == other.constants
            && self.constants.code.words() == self.constants.program.code
            && self.work.words.fixed() == other.work.words.fixed()
    }

    /// Whether the other lane has the same input and decoded message.
    pub(crate) fn has_same_input(&self, other: &Lane) -> bool {
        for lane in [self, other] {
            touch(&lane.work.time);
            touch(&lane.frame);
            touch(lane.frame.as_slice());
            touch(&lane.kind);
            touch(&lane.chosen);
            touch(&lane.work.sender);
            touch(&lane.work.message);
            touch(&lane.decoded_words);
        }
        self.stamp() == other.stamp()
            && self.work.time == other.work.time
            && self.frame == other.frame
            && (self.kind, self.chosen) == (other.kind, other.chosen)
            && (self.work.sender, self.work.message) == (other.work.sender, other.work.message)
            && self.decoded_words == other.decoded_words
            && self.work.words.arena().get(..self.decoded_words)
                == other.work.words.arena().get(..other.decoded_words)
    }
}

/// Where the elements of a vector without room lie at most: such places are no memory.
const NO_ROOM: usize = 4096;

/// The result of both lanes, if they agree. Detected corruption goes before disagreement.
pub(crate) fn agree<T: PartialEq>(
    first: Result<T, Stop>,
    second: Result<T, Stop>,
    otherwise: Trap,
) -> Result<T, Stop> {
    match (first, second) {
        (Ok(first), Ok(second)) if first == second => Ok(first),
        (Err(first), Err(second)) if first == second => Err(first),
        (first, _) if !keeps(Check::Ends) => first,
        (Err(Stop::Trap(trap)), _) | (_, Err(Stop::Trap(trap))) => Err(trap.into()),
        (Ok(_), Ok(_)) => Err(otherwise.into()),
        _ => Err(Trap::Error.into()),
    }
}
