//! One case: something hostile goes into the machine, and an error or a run within limits comes out.
//!
//! A case panics if a promise is broken: a run that traps although nothing was corrupted, or modes
//! that answer differently. Which case it was, seed and number tell.

use crate::corpus::{self, OWN_ADDRESS};
use crate::dice::Dice;
use crate::mutate;
use pasc_vm::error::ErrorCode;
use pasc_vm::frame::Frame;
use pasc_vm::limits::Limits;
use pasc_vm::process::{
    Failure, Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential, StartError,
};
use pasc_vm::program::{HandlerId, HandlerKind};
use pasc_vm::recovery::{Recovery, Released};
use pasc_vm::{Program, Value, file, timer, wire};

/// How far the cases came; what never happens would make the test worthless.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Tally {
    /// Program files that were refused.
    pub(crate) unread: u64,
    /// Programs that the verifier refused.
    pub(crate) refused: u64,
    /// Programs that did not start.
    pub(crate) unstarted: u64,
    /// Programs that ran in all modes.
    pub(crate) ran: u64,
    /// Inputs that a handler handled, in one mode.
    pub(crate) handled: u64,
    /// Inputs whose handler failed, in one mode.
    pub(crate) failed: u64,
    /// Inputs that were refused or met no guard, in one mode.
    pub(crate) dropped: u64,
    /// Recoveries from damaged data that came to an end, in one mode.
    pub(crate) recovered: u64,
    /// Traps of processes with damaged memory, in one mode.
    pub(crate) trapped: u64,
}

impl Tally {
    /// Adds what another tally counted.
    #[allow(dead_code, reason = "only the long form has several workers")]
    pub(crate) fn add(&mut self, other: &Tally) {
        self.unread += other.unread;
        self.refused += other.refused;
        self.unstarted += other.unstarted;
        self.ran += other.ran;
        self.handled += other.handled;
        self.failed += other.failed;
        self.dropped += other.dropped;
        self.recovered += other.recovered;
        self.trapped += other.trapped;
    }
}

/// What the cases start from.
pub(crate) struct Corpus {
    programs: Vec<Program>,
    files: Vec<Vec<u8>>,
}

impl Corpus {
    /// The programs of the examples and of the language's tests.
    pub(crate) fn new() -> Corpus {
        let programs = corpus::programs();
        let files = programs
            .iter()
            .map(|program| file::write(program).expect("memory"))
            .collect();
        Corpus { programs, files }
    }

    /// The file of the program number `index`.
    #[allow(dead_code, reason = "only the short form looks at files byte by byte")]
    pub(crate) fn file(&self, index: usize) -> &[u8] {
        &self.files[index]
    }
}

impl Default for Corpus {
    fn default() -> Corpus {
        Corpus::new()
    }
}

/// Limits that keep a case short.
fn options() -> Options {
    let limits = Limits {
        instructions: 20_000,
        call_depth: 20,
        message_bytes: 4096,
        outputs: 8,
        temporary_words: 1 << 13,
        state_words: 1 << 13,
    };
    Options {
        limits,
        records: true,
        ..Options::new(OWN_ADDRESS)
    }
}

/// Runs one case.
pub(crate) fn run(corpus: &Corpus, seed: u64, case: u64, tally: &mut Tally) {
    let dice = &mut Dice::new(seed, case);
    let index = dice.below(corpus.programs.len() as u64) as usize;
    let program = &corpus.programs[index];
    match dice.below(10) {
        0 | 1 => {
            let mut bytes = corpus.files[index].clone();
            mutate::bytes(&mut bytes, dice);
            mutate::stamp(&mut bytes);
            program_file(&bytes, dice, tally);
        }
        2..=5 => {
            let mut mutant = program.clone();
            mutate::program(&mut mutant, dice);
            let bytes = file::write(&mutant).expect("memory");
            program_file(&bytes, dice, tally);
        }
        6 | 7 => drop(in_all_modes(program, &inputs(program, dice, true), tally)),
        8 => readers(program, dice),
        _ => recovery(program, dice, tally),
    }
}

/// Loads a file and runs what is in it.
pub(crate) fn program_file(bytes: &[u8], dice: &mut Dice, tally: &mut Tally) {
    let Ok(program) = file::read(bytes) else {
        tally.unread += 1;
        return;
    };
    if pasc_vm::verify::verify(&program).is_err() {
        tally.refused += 1;
        return;
    }
    drop(pasc_vm::disassemble::disassemble(&program));
    let inputs = inputs(&program, dice, false);
    if in_all_modes(&program, &inputs, tally).is_some() {
        tally.ran += 1;
    } else {
        tally.unstarted += 1;
    }
}

/// Some inputs for a program, damaged ones among them if `damaged`.
fn inputs(program: &Program, dice: &mut Dice, damaged: bool) -> Vec<Vec<u8>> {
    let mut inputs = vec![timer::start_input().to_vec()];
    for _ in 0..5 {
        let mut frame = corpus::frame(program, dice);
        if damaged && dice.one_in(2) {
            mutate::bytes(&mut frame, dice);
            if !dice.one_in(4) {
                mutate::stamp_frame(&mut frame);
            }
        }
        inputs.push(frame);
    }
    inputs
}

/// What one mode answered to one input.
#[derive(Clone, PartialEq, Debug)]
enum Answer {
    Frames(HandlerId, Vec<u8>, Vec<u8>),
    Nothing(String),
    Error(String),
    /// The modes use up fuel and memory differently.
    OutOfBudget,
    Trap(String),
}

/// What one mode made of all inputs.
#[derive(Clone, PartialEq, Debug)]
struct Run {
    answers: Vec<Answer>,
    state: Option<Value>,
}

/// Runs all modes; the answers are the same in all of them, and none traps. `None` if the program does
/// not start.
fn in_all_modes(program: &Program, inputs: &[Vec<u8>], tally: &mut Tally) -> Option<()> {
    let plain = in_mode::<Plain>(program, inputs, tally);
    let lockstep = in_mode::<Lockstep>(program, inputs, tally);
    let sequential = in_mode::<Sequential>(program, inputs, tally);
    assert_eq!(lockstep, sequential, "lockstep and sequential differ");
    let (Ok(plain), Ok(lockstep)) = (&plain, &lockstep) else {
        let budget = [&plain, &lockstep]
            .iter()
            .any(|run| matches!(run, Err(Answer::OutOfBudget)));
        assert!(budget || plain == lockstep, "{plain:?} {lockstep:?}");
        return None;
    };
    for (one, other) in plain.answers.iter().zip(&lockstep.answers) {
        for answer in [one, other] {
            assert!(!matches!(answer, Answer::Trap(_)), "{answer:?}");
        }
        if [one, other].contains(&&Answer::OutOfBudget) {
            return Some(());
        }
        assert_eq!(one, other, "plain and lockstep differ");
    }
    assert_eq!(plain.state, lockstep.state, "plain and lockstep differ");
    Some(())
}

fn in_mode<M: Mode>(
    program: &Program,
    inputs: &[Vec<u8>],
    tally: &mut Tally,
) -> Result<Run, Answer> {
    let mut process: Process<M> = match Process::start(program, &options()) {
        Ok(process) => process,
        Err(StartError::Init(failure)) => {
            let answer = failed(failure);
            assert!(!matches!(answer, Answer::Trap(_)), "{answer:?}");
            return Err(answer);
        }
        Err(error) => return Err(Answer::Error(error.to_string())),
    };
    let mut answers = Vec::new();
    let mut ordinal = 0;
    let mut orders = Vec::new();
    for input in inputs {
        ordinal += 1;
        let answer = give(&mut process, ordinal, input, tally);
        if let Answer::Frames(_, frames, _) = &answer {
            orders.extend(timer_orders(frames));
        }
        answers.push(answer);
    }
    for order in orders.iter().take(4) {
        ordinal += 1;
        answers.push(give(&mut process, ordinal, order, tally));
    }
    let handlers = program.handlers.iter().enumerate();
    let asked = |kind| matches!(kind, HandlerKind::Invariant | HandlerKind::Probe);
    for (probe, _) in handlers.filter(|(_, it)| asked(it.kind)).take(4) {
        let result = process.probe(HandlerId(probe as u32));
        answers.push(match result {
            Ok((value, outputs)) => Answer::Nothing(format!("{value:?} {:?}", outputs.bytes())),
            Err(failure) => failed(failure),
        });
    }
    let state = process.state().ok();
    let _ = process.snapshot();
    Ok(Run { answers, state })
}

fn timer_orders(frames: &[u8]) -> Vec<Vec<u8>> {
    let mut orders = Vec::new();
    let mut rest = frames;
    while let Some(length) = pasc_vm::frame::length(rest)
        && let Some((frame, behind)) = rest.split_at_checked(length)
    {
        if frame.starts_with(&timer::MAGIC) {
            orders.push(frame.to_vec());
        }
        rest = behind;
    }
    orders
}

fn give<M: Mode>(
    process: &mut Process<M>,
    ordinal: u64,
    input: &[u8],
    tally: &mut Tally,
) -> Answer {
    // Far enough on that every timer is due.
    let time = ordinal << 40;
    let answer = match process.handle(&Input::new(ordinal, time, input)) {
        Ok(Handled::Done { handler, outputs }) => {
            tally.handled += 1;
            Answer::Frames(handler, outputs.bytes().to_vec(), Vec::new())
        }
        Ok(other) => {
            tally.dropped += 1;
            Answer::Nothing(format!("{other:?}"))
        }
        Err(failure) => {
            tally.failed += 1;
            failed(failure)
        }
    };
    match answer {
        Answer::Frames(handler, frames, _) => {
            Answer::Frames(handler, frames, process.record().to_vec())
        }
        other => other,
    }
}

fn failed(failure: Failure) -> Answer {
    match failure {
        Failure::Error(error)
            if matches!(error.code, ErrorCode::OutOfFuel | ErrorCode::ArenaFull) =>
        {
            Answer::OutOfBudget
        }
        Failure::Error(error) => Answer::Error(error.to_string()),
        Failure::Trap(trap) => Answer::Trap(trap.to_string()),
        Failure::Stopped => Answer::Trap("stopped".to_owned()),
    }
}

/// Random and damaged bytes for the readers that stand on their own.
fn readers(program: &Program, dice: &mut Dice) {
    let mut frame = corpus::frame(program, dice);
    mutate::bytes(&mut frame, dice);
    mutate::stamp_frame(&mut frame);
    let mut bytes: Vec<u8> = if dice.one_in(4) {
        (0..dice.below(200)).map(|_| dice.word() as u8).collect()
    } else {
        frame
    };
    let _ = timer::Order::parse(&bytes);
    let _ = file::read(&bytes);
    if let Ok(frame) = Frame::parse(&bytes) {
        for message in &program.messages {
            let value = wire::decode_value(&program.types, message.record, frame.body);
            let Some(value) = value else { continue };
            let mut again = Vec::new();
            let encoded = wire::encode_value(&program.types, message.record, &value, &mut again);
            assert_eq!(encoded, Ok(()));
            assert_eq!(again, frame.body, "a value has one encoding");
        }
    }
    let magic = *dice
        .pick(&[*b"PSCT", *b"PSCI", *b"PSC1", *b"PSCB"])
        .unwrap_or(b"PSC1");
    if let Some(start) = bytes.first_chunk_mut::<4>() {
        *start = magic;
        mutate::stamp_frame(&mut bytes);
        let _ = timer::Order::parse(&bytes);
        let _ = Frame::parse(&bytes);
        let _ = file::read(&bytes);
    }
}

/// Snapshots and records with damage that their CRCs do not show.
fn recovery(program: &Program, dice: &mut Dice, tally: &mut Tally) {
    let inputs = inputs(program, dice, false);
    let mut source: Process<Lockstep> =
        Process::start(program, &options()).expect("the program starts");
    let mut snapshot = source.snapshot().expect("nothing is corrupted");
    let mut records = Vec::new();
    for (ordinal, input) in inputs.iter().enumerate() {
        let _ = source.handle(&Input::new(ordinal as u64 + 1, 0, input));
        if !source.record().is_empty() {
            records.push(source.record().to_vec());
        }
        if dice.one_in(3) {
            snapshot = source.snapshot().expect("nothing is corrupted");
            records.clear();
        }
    }
    if dice.one_in(2) {
        mutate::bytes(&mut snapshot, dice);
        mutate::stamp(&mut snapshot);
    }
    for record in &mut records {
        if dice.one_in(2) {
            mutate::bytes(record, dice);
            mutate::stamp_frame(record);
        }
    }
    recover::<Plain>(program, &snapshot, &records, &inputs, tally);
    recover::<Lockstep>(program, &snapshot, &records, &inputs, tally);
    recover::<Sequential>(program, &snapshot, &records, &inputs, tally);
}

fn recover<M: Mode>(
    program: &Program,
    snapshot: &[u8],
    records: &[Vec<u8>],
    inputs: &[Vec<u8>],
    tally: &mut Tally,
) {
    let Ok(mut recovery) = Recovery::<M>::new(program, &options(), snapshot) else {
        return;
    };
    for record in records {
        let _ = recovery.replay(record);
    }
    let Ok(mut process) = recovery.finish(Released::Lost) else {
        return;
    };
    tally.recovered += 1;
    let _ = process.state();
    for (index, input) in inputs.iter().enumerate() {
        let answer = give(&mut process, 1000 + index as u64, input, tally);
        tally.trapped += u64::from(matches!(answer, Answer::Trap(_)));
    }
    let _ = process.state();
}
