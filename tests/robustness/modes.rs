//! Runs one program in all modes. What the verifier lets through traps in none of them, and gives the
//! same answers, redo records and state in all.

use crate::corpus::OWN_ADDRESS;
use crate::dice::Dice;
use crate::tally::Tally;
use pasc_vm::error::ErrorCode;
use pasc_vm::limits::Limits;
use pasc_vm::process::{
    Failure, Handled, Input, Lockstep, Mode, Options, Plain, Process, Sequential, StartError,
};
use pasc_vm::program::{HandlerId, HandlerKind};
use pasc_vm::verify::Verified;
use pasc_vm::{Value, timer};

/// The most timers that a case lets fire.
const FIRINGS: usize = 4;
/// The most invariants and probes that a case asks.
const PROBES: usize = 4;

/// Limits that keep a case short, some of them so tight that they are met.
pub(crate) fn options(dice: &mut Dice) -> Options {
    let roomy = Limits {
        instructions: 20_000,
        call_depth: 20,
        message_bytes: 4096,
        outputs: 8,
        temporary_words: 1 << 13,
        state_words: 1 << 13,
    };
    let limits = match dice.below(8) {
        0 => Limits {
            instructions: 10 + dice.below(400),
            ..roomy
        },
        1 => Limits {
            message_bytes: 60 + dice.below(200),
            outputs: dice.below(3),
            ..roomy
        },
        2 => Limits {
            temporary_words: dice.below(200),
            ..roomy
        },
        3 => Limits {
            state_words: 200 + dice.below(300),
            ..roomy
        },
        _ => roomy,
    };
    Options {
        limits,
        records: true,
        random_seed: dice.below(3),
        ..Options::new(OWN_ADDRESS)
    }
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

/// What a case runs.
pub(crate) struct Case<'c> {
    pub(crate) program: Verified<'c>,
    pub(crate) options: Options,
    pub(crate) inputs: Vec<Vec<u8>>,
    /// Whether it takes a snapshot at the end, which costs more than all the rest.
    pub(crate) saves: bool,
}

/// Runs all modes; the answers are the same in all of them, and none traps. `None` if the program does
/// not start.
pub(crate) fn in_all(case: &Case, tally: &mut Tally) -> Option<()> {
    let plain = in_one::<Plain>(case, tally);
    let lockstep = in_one::<Lockstep>(case, tally);
    let sequential = in_one::<Sequential>(case, tally);
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

fn in_one<M: Mode>(case: &Case, tally: &mut Tally) -> Result<Run, Answer> {
    let mut process: Process<M> = match Process::start_verified(case.program, &case.options) {
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
    for input in &case.inputs {
        ordinal += 1;
        let answer = give(&mut process, ordinal, input, tally);
        if let Answer::Frames(_, frames, _) = &answer {
            orders.extend(timer_orders(frames));
        }
        answers.push(answer);
    }
    for order in orders.iter().take(FIRINGS) {
        ordinal += 1;
        tally.count("firings");
        answers.push(give(&mut process, ordinal, order, tally));
    }
    let handlers = case.program.program().handlers.iter().enumerate();
    let asked = |kind| matches!(kind, HandlerKind::Invariant | HandlerKind::Probe);
    for (probe, _) in handlers.filter(|(_, it)| asked(it.kind)).take(PROBES) {
        let result = process.probe(HandlerId(probe as u32));
        answers.push(match result {
            Ok((value, outputs)) => Answer::Nothing(format!("{value:?} {:?}", outputs.bytes())),
            Err(failure) => failed(failure),
        });
    }
    let state = process.state().ok();
    if case.saves {
        let saved = process.snapshot().is_ok();
        assert_eq!(saved, state.is_some(), "what can be read can be saved");
    }
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

/// Gives a process an input; whether it trapped is the caller's to judge.
pub(crate) fn traps<M: Mode>(
    process: &mut Process<M>,
    ordinal: u64,
    input: &[u8],
    tally: &mut Tally,
) -> bool {
    matches!(give(process, ordinal, input, tally), Answer::Trap(_))
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
            tally.count("inputs handled");
            Answer::Frames(handler, outputs.bytes().to_vec(), Vec::new())
        }
        Ok(other) => {
            tally.count("inputs dropped");
            Answer::Nothing(format!("{other:?}"))
        }
        Err(failure) => {
            tally.count("inputs failed");
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
