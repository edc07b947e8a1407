//! Mutation: takes each check out of the machine and sees whether a fault then gets through.
//!
//! In: a workload and a mode. Out: a row for each check. A check is asked for only once it objects, so
//! that a fault to which it does not object runs the same without it: each fault is run once in the
//! whole machine, and again without each check that objected. That is a whole campaign for every check
//! at the price of about two. Countermeasures that act in every message are tried with every fault that
//! had an effect.
//!
//! Of a check that no fault misses it is found which others stand behind it: the smallest set with
//! which it must be taken out for a fault to get through.

use crate::campaign::{ModeName, Progress, Settings, budget, changes_constants, chosen_faults};
use crate::faults::Class;
use crate::golden::Golden;
use crate::judge::Subject;
use crate::outcome::Outcome;
use crate::report::fault_name;
use crate::workload::{CampaignError, Workload};
use pasc_vm_probed::probe::Check;
use pasc_vm_probed::probe::session::{self, Plan};
use pasc_vm_probed::process::{Lockstep, Mode, Plain, Sequential};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Countermeasures that act in every message: there is no fault to which they object.
const ALWAYS: [Check; 3] = [Check::OtherCrc, Check::Spoil, Check::Poison];

/// How many checks are taken out at once at most.
const MOST_TAKEN: usize = 4;

/// What was found of one check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mutation {
    /// The check.
    pub check: String,
    /// The mode.
    pub mode: String,
    /// Whether a fault gets through once this check alone is taken out.
    pub noticed: bool,
    /// The fault, as `--replay` takes it: of the check alone, or with those in `behind`.
    pub fault: Option<String>,
    /// The other checks that catch the same faults, and must be taken out with it for `fault` to get
    /// through. Empty if it was noticed, or if no fault gets through without up to three others.
    pub behind: Vec<String>,
    /// To how many runs it objected in the whole machine; of a countermeasure, to how many it was
    /// decisive whether it acted: not counted.
    pub objections: u64,
    /// Runs without it.
    pub performed: u64,
}

/// What is known of a check so far.
#[derive(Default)]
struct Known {
    objections: u64,
    performed: u64,
    /// Checks taken out, this one first, and the fault that got through.
    best: Option<(Vec<Check>, String)>,
}

impl Known {
    /// Whether taking out so many could tell more than is known.
    fn asks_for(&self, taken: usize) -> bool {
        let best = self.best.as_ref();
        taken <= best.map_or(MOST_TAKEN, |(set, _)| set.len() - 1)
    }
}

/// Takes out one check after the other.
pub fn mutate(
    workload: &Workload,
    settings: &Settings,
    progress: Progress,
) -> Result<Vec<Mutation>, CampaignError> {
    let quiet = crate::quiet::Quiet::new();
    let on_a_worker = || match settings.mode {
        ModeName::Plain => mutate_in::<Plain>(workload, settings, progress),
        ModeName::Lockstep => mutate_in::<Lockstep>(workload, settings, progress),
        ModeName::Sequential => mutate_in::<Sequential>(workload, settings, progress),
    };
    let rows = crate::campaign::on_a_deep_stack(on_a_worker);
    drop(quiet);
    rows
}

fn mutate_in<M: Mode>(
    workload: &Workload,
    settings: &Settings,
    progress: Progress,
) -> Result<Vec<Mutation>, CampaignError> {
    session::remove([Check::Poison]);
    let without_poison = Golden::<M>::new(workload)?;
    session::remove([]);
    let whole = Golden::<M>::new(workload)?;
    let faults = chosen_faults(&whole, &mut workload.start::<M>()?, settings);
    let mut hunt = Hunt {
        whole: Subject::new(&whole, workload.start::<M>()?),
        without_poison: Subject::new(&without_poison, workload.start::<M>()?),
        golden: &whole,
        known: BTreeMap::new(),
    };
    let all = faults.classes.iter().map(|class| class.runs(workload)).sum();
    let mut done = 0;
    for class in &faults.classes {
        for run in 0..class.runs(workload) {
            hunt.fault(class, run);
        }
        done += class.runs(workload);
        progress(done, all);
    }
    session::remove([]);
    Ok(hunt.rows(settings.mode))
}

/// The search for faults that get through.
struct Hunt<'g, M: Mode> {
    whole: Subject<'g, M>,
    without_poison: Subject<'g, M>,
    golden: &'g Golden<M>,
    known: BTreeMap<Check, Known>,
}

impl<M: Mode> Hunt<'_, M> {
    /// Lets a fault happen without some checks: the outcome, and which checks objected.
    fn run(&mut self, class: &Class, run: u64, without: &[Check]) -> (Outcome, Vec<Check>) {
        let recording = &self.golden.recordings[class.input as usize];
        let plan = Plan {
            step: u64::from(class.point),
            faults: vec![class.fault(run)],
            again: false,
            budget: budget(recording.points.len()),
        };
        let subject = if without.contains(&Check::Poison) {
            &mut self.without_poison
        } else {
            &mut self.whole
        };
        session::remove(without.iter().copied());
        session::objected();
        let outcome = subject.run(class.input as usize, plan, changes_constants(class));
        let mut objected = session::objected();
        objected.retain(|check| !ALWAYS.contains(check));
        (outcome, objected)
    }

    /// Tries a fault in the whole machine, and without what objected to it or could have mattered.
    fn fault(&mut self, class: &Class, run: u64) {
        let (outcome, objected) = self.run(class, run, &[]);
        for check in &objected {
            self.known.entry(*check).or_default().objections += 1;
            self.without(class, run, &mut vec![*check]);
        }
        if !matches!(outcome, Outcome::Masked | Outcome::Latent) {
            for check in ALWAYS {
                self.without(class, run, &mut vec![check]);
            }
        }
    }

    /// Tries a fault without a set of checks, and then without those that objected in their place.
    fn without(&mut self, class: &Class, run: u64, set: &mut Vec<Check>) {
        let first = set[0];
        if !self.known.entry(first).or_default().asks_for(set.len()) {
            return;
        }
        let (outcome, objected) = self.run(class, run, set);
        let known = self.known.entry(first).or_default();
        known.performed += 1;
        if outcome == Outcome::Sdc {
            // The others alone must not be enough: then the first has no part in it.
            if set.len() > 1 && self.run(class, run, &set[1..]).0 == Outcome::Sdc {
                return;
            }
            let fault = fault_name(class.fault(run));
            let fault = format!("{}:{}:{fault}", class.input + 1, class.point);
            self.known.entry(first).or_default().best = Some((set.clone(), fault));
            return;
        }
        for next in objected {
            if !set.contains(&next) {
                set.push(next);
                self.without(class, run, set);
                set.pop();
            }
        }
    }

    fn rows(mut self, mode: ModeName) -> Vec<Mutation> {
        let row = |check: &Check| {
            let known = self.known.remove(check).unwrap_or_default();
            let (set, fault) = known.best.unzip();
            let behind = set.iter().flatten().skip(1);
            Mutation {
                check: check.label().to_owned(),
                mode: mode.label().to_owned(),
                noticed: set.as_ref().is_some_and(|set| set.len() == 1),
                fault,
                behind: behind.map(|check| check.label().to_owned()).collect(),
                objections: known.objections,
                performed: known.performed,
            }
        };
        Check::ALL.iter().map(row).collect()
    }
}
