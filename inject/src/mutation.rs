//! Mutation: takes each check out of the machine and sees whether a fault then gets through.
//!
//! In: a workload and a mode. Out: a row for each check. A check is asked for only once it objects, so
//! that a fault to which it does not object runs the same without it: each fault is run once in the
//! whole machine, and again without each check that objected. That is a whole campaign for every check
//! at the price of a few. Countermeasures that act in every message get a campaign each.
//!
//! Of a check that no fault misses it is found which others stand behind it: a set from which no check
//! can be left if the fault is to get through.

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

/// How many checks are taken out at once when every choice of them is tried. More are taken out only
/// all together.
const MOST_TAKEN: usize = 3;

/// What was found of one check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mutation {
    /// The check.
    pub check: String,
    /// The mode.
    pub mode: String,
    /// Whether a fault gets through once this check alone is taken out.
    pub noticed: bool,
    /// A fault that gets through, as `--replay` takes it: without the check alone, or without those in
    /// `behind` too.
    pub fault: Option<String>,
    /// The other checks that catch the fault, and must be taken out too for it to get through. Empty
    /// if the check was noticed, or if no fault gets through.
    pub behind: Vec<String>,
    /// Why no fault gets through, in words, if none does.
    pub reason: Option<String>,
    /// To how many runs it objected in the whole machine; 0 for what acts in every message.
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
    let rows = crate::campaign::on_a_deep_stack(|| match settings.mode {
        ModeName::Plain => mutate_in::<Plain>(workload, settings, progress),
        ModeName::Lockstep => mutate_in::<Lockstep>(workload, settings, progress),
        ModeName::Sequential => mutate_in::<Sequential>(workload, settings, progress),
    });
    drop(quiet);
    rows
}

fn mutate_in<M: Mode>(
    workload: &Workload,
    settings: &Settings,
    progress: Progress,
) -> Result<Vec<Mutation>, CampaignError> {
    let mut known = BTreeMap::new();
    let passes = 1 + ALWAYS.len() as u64;
    let bases = std::iter::once(None).chain(ALWAYS.map(Some));
    for (pass, base) in (0..).zip(bases) {
        session::remove(base);
        let golden = Golden::<M>::new(workload)?;
        let mut machine = workload.start::<M>()?;
        let faults = chosen_faults(&golden, &mut machine, settings)?;
        let mut hunt = Hunt {
            subject: Subject::new(&golden, machine),
            golden: &golden,
            base,
            known: std::mem::take(&mut known),
        };
        let all: u64 = faults
            .classes
            .iter()
            .map(|class| class.runs(workload))
            .sum();
        let mut done = 0;
        for class in &faults.classes {
            for run in 0..class.runs(workload) {
                hunt.fault(class, run);
            }
            done += class.runs(workload);
            progress(pass * all + done, passes * all);
            if hunt.is_over() {
                break;
            }
        }
        known = hunt.known;
    }
    session::remove([]);
    Ok(rows(known, settings.mode))
}

/// The search for faults that get through.
struct Hunt<'g, M: Mode> {
    subject: Subject<'g, M>,
    golden: &'g Golden<M>,
    /// What is taken out in every run.
    base: Option<Check>,
    known: BTreeMap<Check, Known>,
}

impl<M: Mode> Hunt<'_, M> {
    /// Whether the check that every run of this hunt does without was noticed.
    fn is_over(&self) -> bool {
        let known = self.base.and_then(|base| self.known.get(&base));
        known.is_some_and(|known| !known.asks_for(1))
    }

    /// Lets a fault happen without some checks: the outcome, and which other checks caught it.
    fn run(&mut self, class: &Class, run: u64, without: &[Check]) -> (Outcome, Vec<Check>) {
        let recording = &self.golden.recordings[class.input as usize];
        let budget = budget(recording.points.len());
        let plan = Plan::once(u64::from(class.point), class.fault(run), budget);
        session::remove(without.iter().copied());
        session::objected();
        let input = class.input as usize;
        let outcome = self.subject.run(input, plan, changes_constants(class));
        let mut caught = session::objected();
        caught.retain(|check| !ALWAYS.contains(check) && !without.contains(check));
        if outcome == Outcome::Exposed && !without.contains(&Check::OtherCrc) {
            caught.push(Check::OtherCrc);
        }
        (outcome, caught)
    }

    /// Tries a fault without each check that has a say in it.
    fn fault(&mut self, class: &Class, run: u64) {
        if let Some(base) = self.base {
            return self.without(class, run, &mut vec![base]);
        }
        let (_, caught) = self.run(class, run, &[]);
        for check in caught {
            if !ALWAYS.contains(&check) {
                self.known.entry(check).or_default().objections += 1;
                self.without(class, run, &mut vec![check]);
            }
        }
    }

    /// Tries a fault without a set of checks, and then without those too that caught it instead.
    fn without(&mut self, class: &Class, run: u64, set: &mut Vec<Check>) {
        let first = set[0];
        if !self.known.entry(first).or_default().asks_for(set.len()) {
            return;
        }
        let (outcome, caught) = self.run(class, run, set);
        self.known.entry(first).or_default().performed += 1;
        if outcome == Outcome::Sdc {
            return self.got_through(class, run, set);
        }
        if set.len() == MOST_TAKEN {
            return self.without_all(class, run, set.clone());
        }
        for next in caught {
            set.push(next);
            self.without(class, run, set);
            set.pop();
        }
    }

    /// Tries a fault without everything that catches it, and looks what of this it takes.
    fn without_all(&mut self, class: &Class, run: u64, mut set: Vec<Check>) {
        let first = set[0];
        if self.known.entry(first).or_default().best.is_some() {
            return;
        }
        loop {
            let (outcome, caught) = self.run(class, run, &set);
            if outcome == Outcome::Sdc {
                break;
            }
            if caught.is_empty() {
                return;
            }
            set.extend(caught);
        }
        for check in set.clone() {
            let fewer: Vec<Check> = set.iter().copied().filter(|c| *c != check).collect();
            if check != first && self.run(class, run, &fewer).0 == Outcome::Sdc {
                set = fewer;
            }
        }
        self.got_through(class, run, &set);
    }

    /// Notes a fault that gets through without these checks, if the first of them has a part in it.
    fn got_through(&mut self, class: &Class, run: u64, set: &[Check]) {
        if set.len() > 1 && self.run(class, run, &set[1..]).0 == Outcome::Sdc {
            return;
        }
        let fault = fault_name(class.fault(run));
        let fault = format!("{}:{}:{fault}", class.input + 1, class.point);
        self.known.entry(set[0]).or_default().best = Some((set.to_vec(), fault));
    }
}

/// Why no fault of this level gets past the machine without a check, where that is known.
fn reason(check: Check) -> Option<&'static str> {
    Some(match check {
        Check::Limits => {
            "a limit that differs shows when a lane reaches it, and then the lanes end apart"
        }
        Check::Tokens => {
            "a lane that halts elsewhere went another way, which `decision`, `ends` and `fuel` see"
        }
        Check::Stamp => {
            "a log is opened and applied in one message; `progress` refuses to apply it by a jump"
        }
        Check::ApplyEpoch => {
            "epochs are compared by `entry-epochs` and `delta` before, `residue-epochs` after"
        }
        Check::FrameCount => {
            "a frame left out is a loss; one that comes twice has the CRC of another"
        }
        Check::EmptyOutput => {
            "what lay in the buffer is no frame; `frame-count` sees that there is more"
        }
        Check::Spoil => {
            "an outbox is poisoned again when the next message enters; `progress` stands before"
        }
        Check::Poison => {
            "one fault leaves at most one lane with stale words; jumps are for `progress`"
        }
        _ => return None,
    })
}

fn rows(mut known: BTreeMap<Check, Known>, mode: ModeName) -> Vec<Mutation> {
    let row = |check: &Check| {
        let known = known.remove(check).unwrap_or_default();
        let (set, fault) = known.best.unzip();
        let behind = set.iter().flatten().skip(1);
        Mutation {
            check: check.label().to_owned(),
            mode: mode.label().to_owned(),
            noticed: set.as_ref().is_some_and(|set| set.len() == 1),
            reason: match &fault {
                Some(_) => None,
                None => reason(*check).map(str::to_owned),
            },
            fault,
            behind: behind.map(|check| check.label().to_owned()).collect(),
            objections: known.objections,
            performed: known.performed,
        }
    };
    Check::ALL.iter().map(row).collect()
}
