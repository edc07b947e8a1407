//! One fault inside of a process while it handles one message.
//!
//! In: the words of its state, the input, a number that decides. Out: what the fault came to, and the
//! machine that it happened to. The same message is handled without the fault first, for comparison.

use crate::machine::Slow;
use crate::random::Random;
use pasc_inject::fault_name;
use pasc_vm::frame;
use pasc_vm::process::Input;
use pasc_vm_probed::probe::session::{self, Plan};
use pasc_vm_probed::probe::{Fault, Judged};
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// How often a fault is drawn anew that found no place.
const MOST_DRAWS: u32 = 16;

/// What became of a fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Came {
    /// Nobody can tell.
    Masked,
    /// The machine stopped: it noticed.
    Trapped,
    /// The outputs are right, something else differs.
    Latent,
    /// Outputs are missing, or their CRC does not match, or the message was not handled.
    Lost,
    /// It ended in a panic or by the watchdog.
    Crashed,
    /// A wrong output or record left under a right CRC.
    Silent,
}

impl Came {
    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Came::Masked => "masked",
            Came::Trapped => "trapped",
            Came::Latent => "latent",
            Came::Lost => "lost",
            Came::Crashed => "crashed",
            Came::Silent => "silent",
        }
    }
}

/// A fault that happened.
pub(crate) struct Struck {
    /// What it was.
    pub(crate) fault: String,
    /// What became of it.
    pub(crate) came: Came,
    /// How the message ended; nothing after a panic or a hang.
    pub(crate) judged: Option<Judged>,
}

/// Two machines of one process: one for the run with the fault, one for the run without. A third one has
/// never handled anything.
pub(crate) struct Pair {
    /// What the others are at the start of a run.
    pub(crate) pristine: Slow,
    /// With.
    pub(crate) subject: Slow,
    /// Without.
    pub(crate) golden: Slow,
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics of a machine with a fault are outcomes: they are not told.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
}

/// Does something that may panic because of an earlier fault; nothing if it did.
pub(crate) fn quietly<T>(with: impl FnOnce() -> T) -> Option<T> {
    install_hook();
    QUIET.set(true);
    let given = catch_unwind(AssertUnwindSafe(with));
    QUIET.set(false);
    given.ok()
}

/// Handles an input under a plan. Nothing if the machine panicked or hung; else how it ended, and
/// whether a fault found no place.
fn under(machine: &mut Slow, plan: Plan, input: &Input) -> (Option<Judged>, bool) {
    session::inject(plan);
    let judged = quietly(|| machine.handle(input));
    let (hung, missed) = session::injected();
    (judged.filter(|_| !hung), missed)
}

/// Handles an input without a new fault; what a fault before left may still hang or crash it.
pub(crate) fn go_on(machine: &mut Slow, input: &Input) -> Option<Judged> {
    let plan = Plan {
        step: u64::MAX,
        budget: 50_000_000,
        ..Plan::default()
    };
    under(machine, plan, input).0
}

impl Pair {
    /// Forgets everything: what a machine's buffers held decides where faults can happen.
    pub(crate) fn reset(&mut self) {
        self.subject.take_back(&self.pristine, true);
        self.golden.take_back(&self.pristine, true);
    }

    /// Lets one fault happen while an input is handled by the process with these copies.
    pub(crate) fn strike(&mut self, copies: &[Vec<u64>], input: &Input, seed: u64) -> Struck {
        let mut random = Random::new(seed, 0x5712_1c3e);
        self.golden.load(copies);
        let before_constants = self.golden.phases();
        let endless = Plan {
            step: u64::MAX,
            budget: u64::MAX,
            ..Plan::default()
        };
        let (right, _) = under(&mut self.golden, endless, input);
        let steps = session::steps();
        for _ in 0..MOST_DRAWS {
            self.subject.take_back(&self.golden, true);
            self.subject.load(copies);
            let fault = Fault::Drawn {
                seed: random.word(),
                phases: before_constants,
            };
            let plan = Plan::once(random.below(steps), fault, 20 * steps + 10_000);
            let (judged, missed) = under(&mut self.subject, plan, input);
            if missed {
                continue;
            }
            let fault = session::drawn().map_or_else(String::new, fault_name);
            let same = || self.subject.is_same(&self.golden);
            let came = match (&judged, &right) {
                (None, _) => Came::Crashed,
                (Some(Judged::Trap(_)), _) => Came::Trapped,
                (judged, right) if judged == right => match same() {
                    true => Came::Masked,
                    false => Came::Latent,
                },
                (Some(Judged::Done { outputs, record }), right) => {
                    let (expected, expected_record) = match right {
                        Some(Judged::Done { outputs, record }) => (&outputs[..], &record[..]),
                        _ => (&[][..], &[][..]),
                    };
                    let wrong = wrong_frames(outputs, expected)
                        || is_intact(record) && record != expected_record;
                    match wrong {
                        true => Came::Silent,
                        false => Came::Lost,
                    }
                }
                _ => Came::Lost,
            };
            return Struck {
                fault,
                came,
                judged,
            };
        }
        Struck {
            fault: "none".to_owned(),
            came: Came::Masked,
            judged: right,
        }
    }
}

/// Whether there is a frame with a right CRC that is not among the right ones, in their order.
fn wrong_frames(outputs: &[u8], expected: &[u8]) -> bool {
    let mut right = frames(expected);
    frames(outputs)
        .filter(|frame| is_intact(frame))
        .any(|frame| !right.any(|other| other == frame))
}

/// The pieces of bytes that look like frames.
pub(crate) fn frames(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (frame, rest) = bytes.split_at_checked(frame::length(bytes)?)?;
        bytes = rest;
        Some(frame)
    })
}

/// Whether the CRC at the end of a frame or record matches.
pub(crate) fn is_intact(bytes: &[u8]) -> bool {
    bytes
        .split_last_chunk::<4>()
        .is_some_and(|(content, crc)| crc32fast::hash(content) == u32::from_le_bytes(*crc))
}
