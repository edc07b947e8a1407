//! One fault: lets it happen, and tells what came of it.
//!
//! In: the run without a fault, the number of an input, a plan. Out: the outcome. A run with a fault
//! goes on over the later inputs until it cannot be told from the run without any more, so that a
//! fault that sleeps is followed to its end.

use crate::golden::Golden;
use crate::outcome::Outcome;
use crate::outputs::{Outputs, compare, compare_record, frames, is_intact};
use pasc_vm_probed::Value;
use pasc_vm_probed::probe::session::{self, Plan};
use pasc_vm_probed::probe::{Judged, Machine};
use pasc_vm_probed::process::Mode;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Steps enough to read the state of any workload, and few enough for the stack of a worker.
const MOST_STEPS_OF_READING: u64 = 100_000;

/// The word of a copy that counts its commits.
const EPOCH: usize = 1;

/// A machine that faults happen to, again and again.
pub(crate) struct Subject<'g, M: Mode> {
    golden: &'g Golden<M>,
    machine: Machine<M>,
    /// Whether a fault may have changed what never changes in a right run.
    dirty: bool,
    /// Faults that had no place to happen: none in a right campaign.
    pub(crate) missed: u64,
}

/// What one run of an input led to.
enum End {
    Judged(Judged),
    Hung,
    Crashed,
}

impl<'g, M: Mode> Subject<'g, M> {
    pub(crate) fn new(golden: &'g Golden<M>, machine: Machine<M>) -> Subject<'g, M> {
        Subject {
            golden,
            machine,
            dirty: true,
            missed: 0,
        }
    }

    /// Lets the faults of a plan happen while an input is handled.
    pub(crate) fn run(&mut self, input: usize, plan: Plan, changes_constants: bool) -> Outcome {
        self.machine
            .take_back(&self.golden.checkpoints[input], self.dirty);
        self.dirty = changes_constants;
        let budget = plan.budget;
        session::inject(plan);
        let end = self.handle(input);
        let (hung, missed) = session::injected();
        self.missed += u64::from(missed);
        let end = if hung { End::Hung } else { end };
        let outcome = self.judge(input, &end, budget);
        if matches!(end, End::Crashed) || outcome == Outcome::Crashed {
            self.renew();
        }
        outcome
    }

    /// Gives a machine the inputs from one on, as if it had handled those before: whether all it
    /// gives, and the state at the end, are as in the right run.
    pub(crate) fn go_on(&mut self, machine: Machine<M>, first: usize) -> Outcome {
        self.machine = machine;
        self.renew();
        let golden = self.golden;
        let last = golden.checkpoints.len() - 1;
        let budget = crate::campaign::budget(golden.points() as usize);
        let outcome = self.later(first, &golden.ends[first..], last, Outcome::Masked, budget);
        if outcome == Outcome::Masked && !self.copies_are_equal() {
            return Outcome::Latent;
        }
        outcome
    }

    fn handle(&mut self, input: usize) -> End {
        let given = self.golden.workload.inputs[input].input();
        let machine = &mut self.machine;
        match catch_unwind(AssertUnwindSafe(|| machine.handle(&given))) {
            Ok(judged) => End::Judged(judged),
            Err(_) => End::Crashed,
        }
    }

    /// After a panic everything is taken back, what never changes included.
    fn renew(&mut self) {
        self.dirty = true;
    }

    /// Whether the copies are equal to each other, and neither as before nor as after the input.
    fn is_torn(&self, input: usize) -> bool {
        let copies = self.machine.copies();
        copies.len() == 2
            && copies[0] == copies[1]
            && !self.is_like(input)
            && !self.is_like(input + 1)
    }

    /// Whether the copies are those of the checkpoint.
    fn is_like(&self, checkpoint: usize) -> bool {
        let right = self.golden.checkpoints[checkpoint].copies();
        self.machine
            .copies()
            .iter()
            .zip(right)
            .all(|(a, b)| same_words(a, b))
    }

    /// Whether both copies have seen as many commits as those of the checkpoint: the input was not
    /// committed, even if a part of it was written.
    fn is_at_epoch_of(&self, checkpoint: usize) -> bool {
        let right = self.golden.checkpoints[checkpoint].copies();
        let copies = self.machine.copies();
        copies
            .iter()
            .zip(right)
            .all(|(a, b)| a.get(EPOCH) == b.get(EPOCH))
            && self.golden.checkpoints[checkpoint + 1].copies()[0].get(EPOCH)
                != copies[0].get(EPOCH)
    }

    fn copies_are_equal(&self) -> bool {
        let copies = self.machine.copies();
        copies.windows(2).all(|pair| pair[0] == pair[1])
    }

    fn judge(&mut self, input: usize, end: &End, budget: u64) -> Outcome {
        let expected = &self.golden.ends[input];
        let judged = match end {
            End::Judged(judged) => judged,
            _ if self.is_torn(input) => return Outcome::Sdc,
            End::Hung => return Outcome::Hung,
            End::Crashed => return Outcome::Crashed,
        };
        match (judged, expected) {
            (Judged::Trap(_), _) => {
                if self.is_torn(input) {
                    Outcome::Sdc
                } else {
                    Outcome::Trapped
                }
            }
            (judged, expected) if judged == expected => {
                let leaked = matches!(judged, Judged::Done { outputs, .. } if !outputs.is_empty());
                self.after(input, Outcome::Masked, leaked, budget)
            }
            (
                Judged::Done { outputs, record },
                Judged::Done {
                    outputs: right,
                    record: right_record,
                },
            ) => {
                let leaked = frames(outputs).0.into_iter().any(is_intact);
                let outputs = compare(outputs, right);
                let record = compare_record(record, right_record);
                let so_far = match (outputs, record) {
                    (Outputs::Wrong, _) | (_, Outputs::Wrong) => return Outcome::Sdc,
                    (Outputs::Spoilt, _) | (_, Outputs::Spoilt) => Outcome::Exposed,
                    (Outputs::Fewer, _) | (_, Outputs::Fewer) => Outcome::Omitted,
                    (Outputs::Right, Outputs::Right) => Outcome::Masked,
                };
                self.after(input, so_far, leaked, budget)
            }
            // A handler ran that should not have: nothing of it may have left under a right CRC.
            (Judged::Done { outputs, record }, _) => {
                let leaked = frames(outputs).0.into_iter().any(is_intact) || is_intact(record);
                if leaked {
                    Outcome::Sdc
                } else {
                    self.after(input, Outcome::Exposed, false, budget)
                }
            }
            (Judged::Error(_), _) => self.without(input, Outcome::RuntimeError, budget),
            (Judged::Unhandled | Judged::Refused(_), _) => {
                self.without(input, Outcome::Omitted, budget)
            }
        }
    }

    /// The input was handled, with these outputs; whether one of them left under a right CRC. What of
    /// the state, and of later outputs?
    fn after(&mut self, input: usize, so_far: Outcome, leaked: bool, budget: u64) -> Outcome {
        let golden = self.golden;
        if self
            .machine
            .is_same(&golden.checkpoints[input + 1], self.dirty)
        {
            return so_far;
        }
        let committed = self.is_like(input + 1);
        // In plain a wrong word of the only copy may be one that nobody reads.
        let doubled = self.machine.copies().len() == 2;
        if !committed && doubled && (self.copies_are_equal() || self.is_at_epoch_of(input)) {
            if leaked || self.copies_are_equal() && !self.is_like(input) {
                return Outcome::Sdc;
            }
            let lost = match so_far {
                Outcome::Exposed => Outcome::Exposed,
                _ => Outcome::Omitted,
            };
            return self.without(input, lost, budget);
        }
        let sleeping = if so_far == Outcome::Masked && !committed {
            Outcome::Latent
        } else {
            so_far
        };
        let last = golden.checkpoints.len() - 1;
        self.later(input + 1, &golden.ends[input + 1..], last, sleeping, budget)
    }

    /// The input was not handled. The state must be as before, and later outputs as if it had never
    /// come.
    fn without(&mut self, input: usize, outcome: Outcome, budget: u64) -> Outcome {
        let golden = self.golden;
        let same = matches!(
            &golden.ends[input],
            Judged::Unhandled | Judged::Refused(_) | Judged::Error(_)
        );
        if !self.is_like(input) && self.copies_are_equal() {
            // Handled, and its outputs never left: a loss.
            if self.is_like(input + 1) {
                let last = golden.checkpoints.len() - 1;
                let ends = &golden.ends[input + 1..];
                return self.later(input + 1, ends, last, Outcome::OmittedCommitted, budget);
            }
            return Outcome::Sdc;
        }
        if same
            && self
                .machine
                .is_same(&golden.checkpoints[input + 1], self.dirty)
        {
            return outcome;
        }
        let Some(omission) = golden.without(input) else {
            return outcome;
        };
        match self.later_ends(input + 1, &omission.ends, outcome, false, budget) {
            Later::Settled(outcome) => outcome,
            Later::AtTheEnd(outcome) => {
                if self.is_wrong(&omission.last, omission.state.as_ref()) {
                    Outcome::Sdc
                } else {
                    outcome
                }
            }
        }
    }

    fn later(
        &mut self,
        first: usize,
        ends: &[Judged],
        last: usize,
        outcome: Outcome,
        budget: u64,
    ) -> Outcome {
        let golden = self.golden;
        match self.later_ends(first, ends, outcome, true, budget) {
            Later::Settled(outcome) => outcome,
            Later::AtTheEnd(outcome) => {
                if self.is_wrong(&golden.checkpoints[last], golden.state.as_ref()) {
                    Outcome::Sdc
                } else {
                    outcome
                }
            }
        }
    }

    /// Goes on with the inputs from one on, which should end in this way.
    fn later_ends(
        &mut self,
        first: usize,
        ends: &[Judged],
        so_far: Outcome,
        converges: bool,
        budget: u64,
    ) -> Later {
        let mut outcome = so_far;
        let worse = |outcome: Outcome, other: Outcome| match outcome {
            Outcome::Masked | Outcome::Latent => other,
            outcome => outcome,
        };
        for (index, expected) in (first..).zip(ends) {
            session::inject(Plan {
                step: u64::MAX,
                budget,
                ..Plan::default()
            });
            let end = self.handle(index);
            let (hung, _) = session::injected();
            let End::Judged(judged) = end else {
                self.renew();
                return Later::Settled(outcome);
            };
            if hung {
                return Later::Settled(outcome);
            }
            match (&judged, expected) {
                (Judged::Trap(_), _) => return Later::Settled(outcome),
                (judged, expected) if judged == expected => {}
                (
                    Judged::Done { outputs, record },
                    Judged::Done {
                        outputs: right,
                        record: right_record,
                    },
                ) => match (
                    compare(outputs, right),
                    compare_record(record, right_record),
                ) {
                    (Outputs::Wrong, _) | (_, Outputs::Wrong) => {
                        return Later::Settled(Outcome::Sdc);
                    }
                    (Outputs::Spoilt, _) | (_, Outputs::Spoilt) => {
                        outcome = worse(outcome, Outcome::Exposed);
                    }
                    (Outputs::Fewer, _) | (_, Outputs::Fewer) => {
                        outcome = worse(outcome, Outcome::Omitted);
                    }
                    (Outputs::Right, Outputs::Right) => {}
                },
                (Judged::Done { outputs, .. }, _) => {
                    return Later::Settled(match compare(outputs, &[]) {
                        Outputs::Spoilt => worse(outcome, Outcome::Exposed),
                        _ => Outcome::Sdc,
                    });
                }
                // A later message was lost: what follows on it is not known, but the state is.
                (Judged::Unhandled | Judged::Refused(_) | Judged::Error(_), _) => {
                    let wrong = converges && self.copies_are_equal() && !self.is_like(index);
                    return Later::Settled(if wrong {
                        Outcome::Sdc
                    } else {
                        worse(outcome, Outcome::Omitted)
                    });
                }
            }
            if converges
                && self
                    .machine
                    .is_same(&self.golden.checkpoints[index + 1], self.dirty)
            {
                return Later::Settled(outcome);
            }
        }
        Later::AtTheEnd(outcome)
    }

    /// The state as a value, if it can be read before the watchdog looks: a type that a fault made a
    /// part of itself has no end.
    fn state(&mut self) -> Option<Value> {
        session::inject(Plan {
            step: u64::MAX,
            budget: MOST_STEPS_OF_READING,
            ..Plan::default()
        });
        let machine = &mut self.machine;
        let state = catch_unwind(AssertUnwindSafe(|| machine.state()));
        session::injected();
        state.ok().flatten()
    }

    /// At the end: whether both copies agree on a state that is wrong, or the only copy holds one.
    fn is_wrong(&mut self, right: &Machine<M>, right_state: Option<&Value>) -> bool {
        let (copies, right) = (self.machine.copies(), right.copies());
        let same = copies.iter().zip(&right).all(|(a, b)| same_words(a, b));
        if same || !self.copies_are_equal() {
            return false;
        }
        copies.len() == 2 || self.state().as_ref() != right_state
    }
}

/// Whether two copies hold the same. Room that was reserved and not used is no difference: its words
/// are zeros that nobody owns.
pub(crate) fn same_words(a: &[u64], b: &[u64]) -> bool {
    let shared = a.len().min(b.len());
    let mut rest = a[shared..].iter().chain(&b[shared..]);
    a[..shared] == b[..shared] && rest.all(|word| *word == 0)
}

/// What became of the inputs that followed.
enum Later {
    /// Nothing further can come of the fault.
    Settled(Outcome),
    /// The last input was reached; the state is to be compared.
    AtTheEnd(Outcome),
}
