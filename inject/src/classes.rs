//! Whether classes stand for what they stand for: every fault of a class is run for itself and must
//! have the outcome of the one that is run for all.

use crate::campaign::{ModeName, budget};
use crate::faults::{Class, Faults, Sort};
use crate::golden::Golden;
use crate::judge::Subject;
use crate::outcome::Outcome;
use crate::workload::{CampaignError, Workload};
use pasc_vm_probed::probe::session::Plan;
use pasc_vm_probed::process::{Lockstep, Mode, Plain, Sequential};

/// What was checked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CheckedClasses {
    /// Faults that were run for themselves.
    pub runs: u64,
    /// Faults whose outcome is not that of their class.
    pub different: Vec<String>,
}

/// Checks the classes of places with this in their name.
pub fn check_classes(
    workload: &Workload,
    mode: ModeName,
    only: &str,
) -> Result<CheckedClasses, CampaignError> {
    let quiet = crate::quiet::Quiet::new();
    let checked = match mode {
        ModeName::Plain => check_in::<Plain>(workload, only),
        ModeName::Lockstep => check_in::<Lockstep>(workload, only),
        ModeName::Sequential => check_in::<Sequential>(workload, only),
    };
    drop(quiet);
    checked
}

fn check_in<M: Mode>(workload: &Workload, only: &str) -> Result<CheckedClasses, CampaignError> {
    let golden = Golden::<M>::new(workload)?;
    let mut machine = workload.start::<M>()?;
    let faults = Faults::of(&golden, &mut machine);
    let mut subject = Subject::new(&golden, machine);
    let mut checked = CheckedClasses::default();
    let classes = faults.classes.iter().filter(|class| {
        class.place.name.contains(only) && matches!(class.sort, Sort::Bits(_)) && class.weight > 1
    });
    for class in classes {
        let points = points_of(&golden, class);
        for run in 0..class.runs(workload) {
            let right = outcome(&golden, &mut subject, class, run);
            for &(input, point) in &points {
                let other = Class {
                    input,
                    point,
                    ..*class
                };
                let outcome = outcome(&golden, &mut subject, &other, run);
                checked.runs += 1;
                if outcome != right && !is_same_kind(outcome, right) {
                    checked.different.push(format!(
                        "{:?} bit {run} at {input}:{point}: {outcome:?}, its class at {}:{}: {right:?}",
                        class.place, class.input, class.point
                    ));
                }
            }
        }
    }
    Ok(checked)
}

/// A fault that waits for a later message is latent until then, and trapped once that is handled.
fn is_same_kind(a: Outcome, b: Outcome) -> bool {
    let waits = |outcome| {
        matches!(
            outcome,
            Outcome::Latent | Outcome::Trapped | Outcome::Masked
        )
    };
    waits(a) && waits(b) && (a == Outcome::Latent || b == Outcome::Latent)
}

fn outcome<M: Mode>(
    golden: &Golden<M>,
    subject: &mut Subject<M>,
    class: &Class,
    run: u64,
) -> Outcome {
    let points = golden.recordings[class.input as usize].points.len();
    let plan = Plan::once(u64::from(class.point), class.fault(run), budget(points));
    subject.run(class.input as usize, plan, class.lasting)
}

/// The points that a class stands for and that show its place.
fn points_of<M: Mode>(golden: &Golden<M>, class: &Class) -> Vec<(u32, u32)> {
    let mut all = Vec::new();
    let (mut input, mut point) = (class.input, i64::from(class.until));
    for _ in 0..class.weight {
        if point < 0 {
            let Some(before) = input.checked_sub(1) else {
                break;
            };
            input = before;
            point = golden.recordings[before as usize].points.len() as i64 - 1;
        }
        let recording = &golden.recordings[input as usize];
        if recording.group(point as u32, class.place).is_some() {
            all.push((input, point as u32));
        }
        point -= 1;
    }
    all
}
