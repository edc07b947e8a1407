//! Stops that are forced: not faults, but what any check may do at any point.

use crate::campaign::{ModeName, budget};
use crate::golden::{Golden, copy_of};
use crate::judge::same_words;
use crate::workload::{CampaignError, Workload};
use pasc_vm_probed::probe::session::{self, Plan};
use pasc_vm_probed::probe::{Fault, Judged};
use pasc_vm_probed::process::{Lockstep, Mode, Plain, Sequential};

/// A stop that was forced, and what it left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForcedStop {
    /// The number of the input, 1 for the first.
    pub input: usize,
    /// The point.
    pub point: usize,
    /// The name of its site.
    pub site: &'static str,
    /// Whether it was a runtime error and not a trap.
    pub is_error: bool,
    /// `before` or `after` the commit in both copies, `unequal`, or `other`: equal copies of anything
    /// else, which must never be.
    pub left: &'static str,
}

/// Forces a trap, and a runtime error, at each point of each input.
pub fn force_stops(workload: &Workload, mode: ModeName) -> Result<Vec<ForcedStop>, CampaignError> {
    match mode {
        ModeName::Plain => force_in::<Plain>(workload),
        ModeName::Lockstep => force_in::<Lockstep>(workload),
        ModeName::Sequential => force_in::<Sequential>(workload),
    }
}

fn force_in<M: Mode>(workload: &Workload) -> Result<Vec<ForcedStop>, CampaignError> {
    let golden = Golden::<M>::new(workload)?;
    let mut machine = copy_of(workload, &golden.checkpoints[0])?;
    let mut stops = Vec::new();
    for (input, given) in workload.inputs.iter().enumerate() {
        let recording = &golden.recordings[input];
        for (point, at) in recording.points.iter().enumerate() {
            for fault in [Fault::Trap, Fault::Error] {
                machine.take_back(&golden.checkpoints[input], false);
                let budget = budget(recording.points.len());
                session::inject(Plan::once(point as u64, fault, budget));
                let end = machine.handle(&given.input());
                session::injected();
                let copies = machine.copies();
                let equals = |checkpoint: usize| {
                    let right = golden.checkpoints[checkpoint].copies();
                    copies.iter().zip(right).all(|(a, b)| same_words(a, b))
                };
                let left = if equals(input) {
                    "before"
                } else if equals(input + 1) {
                    "after"
                } else if copies.len() == 2 && copies[0] != copies[1] {
                    "unequal"
                } else {
                    "other"
                };
                // What was stopped may not have sent anything.
                let left = match end {
                    Judged::Done { .. } => "other",
                    _ => left,
                };
                stops.push(ForcedStop {
                    input: input + 1,
                    point,
                    site: at.site,
                    is_error: fault == Fault::Error,
                    left,
                });
            }
        }
    }
    Ok(stops)
}
