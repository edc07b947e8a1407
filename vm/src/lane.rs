//! One lane: everything that one of the two executions of a message reads and writes, the state
//! copies excepted. The two lanes of a process share nothing.

use crate::bytes;
use crate::delta::{Delta, Stamp};
use crate::error::{ErrorPlace, Stop};
use crate::exec::code::Code;
use crate::exec::{Bases, Context, Cpu};
use crate::isa::REGISTERS;
use crate::limits::Limits;
use crate::memory::{LANE, LaneWords, Memory, Role, Single};
use crate::outbox::Outbox;
use crate::program::{FIXED_START, HandlerId, HandlerKind, Program};
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

pub(crate) fn record_crc(ordinal: u64, time: u64, frame: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&ordinal.to_le_bytes());
    crc.update(&time.to_le_bytes());
    crc.update(&frame[frame.len().saturating_sub(4)..]);
    crc.finalize()
}

/// The stages whose completion a lane proves by a gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Receive,
    Run,
    Compare,
    Apply,
}

/// The number of stages.
pub(crate) const STAGES: usize = 4;

/// The word that a lane leaves when it has completed a stage of the message.
pub(crate) fn gate(stage: Stage, stamp: Stamp) -> u64 {
    let mark = stamp.ordinal.rotate_left(32) ^ u64::from(stamp.crc);
    (mark ^ (stage as u64 + 1) << 56).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// One lane.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) program: Program,
    /// What the lane executes: a copy of the program's code.
    pub(crate) code: Code,
    pub(crate) limits: Limits,
    pub(crate) incarnation: u64,
    /// Reference to the process's own address.
    pub(crate) own_address: u64,
    pub(crate) words: LaneWords,
    pub(crate) registers: [u64; REGISTERS],
    /// How many registers the last message used.
    pub(crate) registers_used: u16,
    pub(crate) delta: Delta,
    pub(crate) outbox: Outbox,
    /// The redo record of the message, without its CRC.
    pub(crate) record: Vec<u8>,
    pub(crate) fuel: u64,
    /// The lane's copy of the input.
    pub(crate) ordinal: u64,
    pub(crate) time: u64,
    pub(crate) crc: u32,
    pub(crate) frame: Vec<u8>,
    /// What the lane received.
    pub(crate) kind: Option<HandlerKind>,
    /// The handler that the lane chose for it.
    pub(crate) chosen: Option<HandlerId>,
    /// Reference to the sender's address.
    pub(crate) sender: u64,
    /// Address of the decoded message.
    pub(crate) message: u64,
    /// How many words of the arena hold sender and message.
    pub(crate) decoded_words: usize,
    /// The epoch of the lane's state copy when the message entered.
    pub(crate) epoch: u64,
    /// Where the region that ran last ended, and the signature that stands there in the lane's code.
    pub(crate) halt: (u32, u64),
    /// The same of the handler's body: the lane's token for the whole body.
    pub(crate) token: (u32, u64),
    pub(crate) gates: [u64; STAGES],
    /// Where the handler met an error, if it did.
    pub(crate) error_place: ErrorPlace,
    pub(crate) poison: u64,
}

/// What a lane is made of.
#[derive(Clone, Debug)]
pub(crate) struct LaneParts<'p> {
    pub(crate) program: &'p Program,
    pub(crate) limits: Limits,
    pub(crate) incarnation: u64,
    pub(crate) own_address: &'p str,
    /// The parameters, encoded as the body of their record type.
    pub(crate) params: &'p [u8],
}

impl Lane {
    /// A lane whose unused memory holds `poison`. Fails if the parameters take too much memory.
    pub(crate) fn new(parts: &LaneParts, poison: u64, state: &StateCopy) -> Result<Lane, Stop> {
        let program = parts.program.clone();
        let width = program.types.width(program.params_record) as usize;
        let start = FIXED_START as usize;
        let mut fixed = vec![0; start + width];
        fixed.extend(&program.constants);
        let own_address = LANE | fixed.len() as u64;
        fixed.extend(bytes::block(parts.own_address.as_bytes()));

        let mut words = LaneWords::new(fixed, poison);
        let mut delta = Delta::new(poison);
        let mut fuel = parts.limits.instructions;
        let own = state.words();
        let mut memory: Memory<Single> =
            Memory::new(&mut words, &mut delta, own, own, &parts.limits, &mut fuel);
        let record = memory.decode_body(&program.types, program.params_record, parts.params)?;
        let values = (0..width as u64)
            .map(|word| memory.read(record + word))
            .collect::<Result<Vec<u64>, Stop>>()?;
        words.words_mut()[start..start + width].copy_from_slice(&values);
        words.freeze();
        Ok(Lane {
            code: Code::new(&program.code),
            program,
            limits: parts.limits,
            incarnation: parts.incarnation,
            own_address,
            words,
            registers: [poison; REGISTERS],
            registers_used: 0,
            delta,
            outbox: Outbox::default(),
            record: Vec::new(),
            fuel,
            ordinal: 0,
            time: 0,
            crc: 0,
            frame: Vec::new(),
            kind: None,
            chosen: None,
            sender: 0,
            message: 0,
            decoded_words: 0,
            epoch: 0,
            halt: (0, 0),
            token: (0, 0),
            gates: [poison; STAGES],
            error_place: ErrorPlace::default(),
            poison,
        })
    }

    /// The memory as the lane sees it.
    pub(crate) fn memory<'m, R: Role>(
        &'m mut self,
        own: &'m StateCopy,
        first: &'m StateCopy,
    ) -> Memory<'m, R> {
        let (own, first) = (own.words(), first.words());
        Memory::new(
            &mut self.words,
            &mut self.delta,
            own,
            first,
            &self.limits,
            &mut self.fuel,
        )
    }

    /// The processor of the lane.
    pub(crate) fn cpu<'m, R: Role>(
        &'m mut self,
        own: &'m StateCopy,
        first: &'m StateCopy,
    ) -> Cpu<'m, R> {
        let (own, first) = (own.words(), first.words());
        let context = Context {
            code: self.code.guarded(),
            program: &self.program,
            memory: Memory::new(
                &mut self.words,
                &mut self.delta,
                own,
                first,
                &self.limits,
                &mut self.fuel,
            ),
            outbox: &mut self.outbox,
            own_address: self.own_address,
            incarnation: self.incarnation,
            sender: self.sender,
            message: self.message,
            time: self.time,
            halt: &mut self.halt,
            error_place: &mut self.error_place,
        };
        Cpu {
            registers: &mut self.registers,
            context,
        }
    }

    /// Where the lane's parts lie, as [`Cpu::bases`] must find them.
    pub(crate) fn bases(&self, own: &StateCopy) -> Bases {
        [
            std::ptr::from_ref(&self.registers).addr(),
            self.code.guarded().start().addr(),
            std::ptr::from_ref(&self.words).addr(),
            std::ptr::from_ref(&self.delta).addr(),
            std::ptr::from_ref(&self.outbox).addr(),
            own.words().as_ptr().addr(),
        ]
    }

    /// Step 0: poisons what the last message used and takes a copy of the input.
    pub(crate) fn enter(&mut self, input: &Input, own: &StateCopy) {
        self.clear();
        self.ordinal = input.ordinal;
        self.time = input.time;
        self.crc = input.crc;
        self.frame.extend_from_slice(input.frame);
        self.fuel = self.limits.instructions;
        self.epoch = own.epoch();
        self.delta.open(self.stamp(), self.epoch);
    }

    /// Poisons everything that belongs to one message.
    pub(crate) fn clear(&mut self) {
        let used = usize::from(self.registers_used).min(REGISTERS);
        self.registers[..used].fill(self.poison);
        self.registers_used = 0;
        self.words.reset();
        self.outbox.spoil(self.poison);
        self.record.fill(self.poison as u8);
        self.record.clear();
        self.delta.clear();
        self.frame.fill(self.poison as u8);
        self.frame.clear();
        self.kind = None;
        self.chosen = None;
        self.sender = 0;
        self.message = 0;
        self.decoded_words = 0;
        self.halt = (self.poison as u32, self.poison);
        self.token = self.halt;
        self.gates = [self.poison; STAGES];
        self.error_place = ErrorPlace::default();
    }

    /// Which message the lane is at.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp {
            ordinal: self.ordinal,
            crc: self.crc,
        }
    }

    /// Notes that the lane completed a stage.
    pub(crate) fn pass(&mut self, stage: Stage) {
        self.gates[stage as usize] = gate(stage, self.stamp());
    }

    /// What is wrong with the lane's gates: 0 if every stage was completed for this message.
    pub(crate) fn open_gates(&self, stamp: Stamp) -> u64 {
        [Stage::Receive, Stage::Run, Stage::Compare, Stage::Apply]
            .into_iter()
            .fold(0, |wrong, stage| {
                wrong | self.gates[stage as usize] ^ gate(stage, stamp)
            })
    }

    /// Logs what the machine itself remembers of a handled message.
    pub(crate) fn note_message<R: Role>(
        &mut self,
        own: &StateCopy,
        first: &StateCopy,
    ) -> Result<(), Stop> {
        let (ordinal, time, sent) = (self.ordinal, self.time, self.outbox.len() as u64);
        let mut memory = self.memory::<R>(own, first);
        memory.write(ORDINAL, ordinal)?;
        memory.write(TIME, time)?;
        if sent != 0 {
            let before = memory.read(SENT)?;
            memory.write(SENT, before.wrapping_add(sent))?;
        }
        Ok(())
    }

    /// Whether what never changes is equal in both lanes.
    pub(crate) fn has_same_constants(&self, other: &Lane) -> bool {
        self.program == other.program
            && self.code == other.code
            && self.code.words() == self.program.code
            && self.limits == other.limits
            && self.incarnation == other.incarnation
            && self.own_address == other.own_address
            && self.words.fixed() == other.words.fixed()
    }

    /// Whether the other lane has the same input and decoded message.
    pub(crate) fn has_same_input(&self, other: &Lane) -> bool {
        self.stamp() == other.stamp()
            && self.time == other.time
            && self.frame == other.frame
            && (self.kind, self.chosen) == (other.kind, other.chosen)
            && (self.sender, self.message) == (other.sender, other.message)
            && self.decoded_words == other.decoded_words
            && self.words.arena().get(..self.decoded_words)
                == other.words.arena().get(..other.decoded_words)
    }
}

/// The result of both lanes, if they agree. Detected corruption goes before disagreement.
pub(crate) fn agree<T: PartialEq>(
    first: Result<T, Stop>,
    second: Result<T, Stop>,
    otherwise: Trap,
) -> Result<T, Stop> {
    match (first, second) {
        (Err(Stop::Trap(trap)), _) | (_, Err(Stop::Trap(trap))) => Err(trap.into()),
        (Ok(first), Ok(second)) if first == second => Ok(first),
        (Ok(_), Ok(_)) => Err(otherwise.into()),
        (Err(first), Err(second)) if first == second => Err(first),
        _ => Err(Trap::Error.into()),
    }
}
