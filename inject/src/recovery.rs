//! Recovery under faults: snapshots and redo records that were hit, faults while they are made and
//! applied, and the state after.
//!
//! In: a workload. A process that handled some of its inputs is taken down; its snapshot and the records
//! after it make another process, which handles the rest. Out: what came of each damage, judged by
//! all that the restored process gives from then on, and by its state at the end.

use crate::campaign::{ModeName, Progress, Settings, on_a_deep_stack};
use crate::draw::split_mix;
use crate::golden::{Golden, copy_of};
use crate::judge::Subject;
use crate::message::MessageReport;
use crate::outcome::Outcome;
use crate::report::fault_name;
use crate::workload::{CampaignError, Workload};
use pasc_vm_probed::probe::session::{self, Plan};
use pasc_vm_probed::probe::{Change, Check, Fault, Judged, Machine, Place};
use pasc_vm_probed::process::{Lockstep, Mode, Plain, Sequential};
use pasc_vm_probed::recovery::{RecoverError, Recovery, Released};

/// A piece of bytes that is kept while the process is down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kept {
    Snapshot,
    Record(usize),
}

/// What happens to a recovery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Damage {
    /// A bit of what is kept is flipped.
    Flip(Kept, usize),
    /// It is cut to a length.
    Cut(Kept, usize),
    /// A record is missing, or comes twice.
    Missing(usize),
    Twice(usize),
    /// A fault at a step while the snapshot is made.
    Making(u64, Fault),
    /// A fault at a step while the process is restored.
    Restoring(u64, Fault),
    /// A bit of a copy before the snapshot is made, and after the process was restored.
    Before(Place, u8),
    After(Place, u8),
}

impl Damage {
    fn name(self) -> &'static str {
        match self {
            Damage::Flip(Kept::Snapshot, _) => "snapshot flipped",
            Damage::Flip(Kept::Record(_), _) => "record flipped",
            Damage::Cut(Kept::Snapshot, _) => "snapshot cut",
            Damage::Cut(Kept::Record(_), _) => "record cut",
            Damage::Missing(_) => "record missing",
            Damage::Twice(_) => "record twice",
            Damage::Making(..) => "while the snapshot is made",
            Damage::Restoring(..) => "while the process is restored",
            Damage::Before(..) => "state before the snapshot",
            Damage::After(..) => "state after it was restored",
        }
    }

    /// Where it was, for a list of what went wrong.
    fn place(self) -> String {
        match self {
            Damage::Flip(kept, bit) => format!("{kept:?}, bit {bit}"),
            Damage::Cut(kept, length) => format!("{kept:?}, length {length}"),
            Damage::Missing(record) | Damage::Twice(record) => format!("record {record}"),
            Damage::Making(step, fault) | Damage::Restoring(step, fault) => {
                format!("step {step}, {}", fault_name(fault))
            }
            Damage::Before(place, bit) | Damage::After(place, bit) => {
                fault_name(Fault::At(place, Change::Flip(bit)))
            }
        }
    }
}

/// The sites of the points while a snapshot is made.
const MAKING: &[&str] = &["snapshot"];
/// The sites of the points while a process is restored. Those before are the start's, and the snapshot
/// with which a recovery ends is thrown away: it is made for the comparison before.
const RESTORING: &[&str] = &["restore", "replay"];

/// Damages recoveries after each number of inputs.
pub fn run_recovery(
    workload: &Workload,
    settings: &Settings,
    progress: Progress,
) -> Result<MessageReport, CampaignError> {
    let quiet = crate::quiet::Quiet::new();
    let report = on_a_deep_stack(|| {
        session::remove(settings.without);
        match settings.mode {
            ModeName::Plain => run_in::<Plain>(workload, settings, progress),
            ModeName::Lockstep => run_in::<Lockstep>(workload, settings, progress),
            ModeName::Sequential => run_in::<Sequential>(workload, settings, progress),
        }
    });
    drop(quiet);
    report
}

fn run_in<M: Mode>(
    workload: &Workload,
    settings: &Settings,
    progress: Progress,
) -> Result<MessageReport, CampaignError> {
    let golden = Golden::<M>::new(workload)?;
    let machine = workload.start::<M>()?;
    let mut subject = Subject::new(&golden, machine);
    let mut report = MessageReport::new("recovery", settings.mode);
    let inputs = workload.inputs.len();
    let mut seed = settings.seed;
    for cut in 0..=inputs {
        let site = Site::new(&golden, cut)?;
        let damages = site.damages()?;
        report.steps += site.steps;
        report.locations += 8 * site.kept_bytes() as u64;
        let numbers: Vec<usize> = match settings.samples {
            None => (0..damages.len()).collect(),
            Some(samples) => {
                let all = damages.len() as u128;
                let share = samples.div_ceil(inputs as u64 + 1);
                (0..share)
                    .map(|_| ((u128::from(split_mix(&mut seed)) * all) >> 64) as usize)
                    .collect()
            }
        };
        for (done, number) in numbers.iter().enumerate() {
            let damage = damages[*number];
            let outcome = site.judge(damage, &mut subject)?;
            report.count(damage.name(), outcome, |name| {
                format!(
                    "{PREFIX}{cut}:{number}: replayed to {}: {name}: {}",
                    site.end,
                    damage.place()
                )
            });
            let all = numbers.len() as u64;
            progress(cut as u64 * all + done as u64, (inputs as u64 + 1) * all);
        }
    }
    Ok(report)
}

/// What the name of a damage to a recovery begins with; after it the number of inputs before the
/// process was taken down, and the number of the damage.
const PREFIX: &str = "recovery:";

/// The number of inputs and the number of the damage that a name is of, if it is of a recovery.
pub fn parse_damage(name: &str) -> Option<Result<(usize, usize), String>> {
    let parts = name.strip_prefix(PREFIX)?.split_once(':');
    let numbers = parts.and_then(|(cut, number)| Some((cut.parse().ok()?, number.parse().ok()?)));
    Some(numbers.ok_or_else(|| {
        format!("`{name}` is no damage to a recovery; one is `{PREFIX}INPUTS:NUMBER`")
    }))
}

/// Lets one damage happen to the recovery after so many inputs, in a machine without some checks. Gives
/// what it was, and what came of it.
pub fn replay_recovery(
    workload: &Workload,
    mode: ModeName,
    without: &[Check],
    (cut, number): (usize, usize),
) -> Result<(String, Outcome), CampaignError> {
    fn one<M: Mode>(
        workload: &Workload,
        (cut, number): (usize, usize),
    ) -> Result<(String, Outcome), CampaignError> {
        let golden = Golden::<M>::new(workload)?;
        let mut subject = Subject::new(&golden, workload.start::<M>()?);
        let inputs = workload.inputs.len();
        if cut > inputs {
            let why = format!("the process can be taken down after 0 to {inputs} inputs");
            return Err(CampaignError::NoFaults(why));
        }
        let site = Site::new(&golden, cut)?;
        let damages = site.damages()?;
        let Some(damage) = damages.get(number) else {
            let why = format!(
                "the recovery after {cut} inputs has {} damages",
                damages.len()
            );
            return Err(CampaignError::NoFaults(why));
        };
        let what = format!("{}: {}", damage.name(), damage.place());
        Ok((what, site.judge(*damage, &mut subject)?))
    }
    let quiet = crate::quiet::Quiet::new();
    let outcome = on_a_deep_stack(|| {
        session::remove(without.iter().copied());
        match mode {
            ModeName::Plain => one::<Plain>(workload, (cut, number)),
            ModeName::Lockstep => one::<Lockstep>(workload, (cut, number)),
            ModeName::Sequential => one::<Sequential>(workload, (cut, number)),
        }
    });
    drop(quiet);
    outcome
}

/// One recovery: where the process was taken down, and how far the records go.
struct Site<'g, M: Mode> {
    golden: &'g Golden<M>,
    cut: usize,
    end: usize,
    snapshot: Vec<u8>,
    /// The records from the cut to the end; inputs that committed nothing have none.
    records: Vec<Vec<u8>>,
    steps: u64,
}

/// A step, and which places with how many bits exist there.
type Shown = (u64, Vec<(Place, u8)>);

/// How a recovery ended.
enum Restored<M: Mode> {
    Process(Box<Machine<M>>),
    /// It was refused, or the machine trapped.
    Refused,
}

impl<'g, M: Mode> Site<'g, M> {
    /// Half of what is left after the cut is replayed, the other half handled.
    fn new(golden: &'g Golden<M>, cut: usize) -> Result<Site<'g, M>, CampaignError> {
        let end = cut + (golden.ends.len() - cut).div_ceil(2);
        let mut machine = copy_of(&golden.workload, &golden.checkpoints[cut])?;
        let refused = || CampaignError::NotRight(cut, "the machine gives no snapshot".to_owned());
        let records = golden.ends[cut..end].iter().filter_map(|end| match end {
            Judged::Done { record, .. } => Some(record.clone()),
            _ => None,
        });
        let mut site = Site {
            golden,
            cut,
            end,
            snapshot: machine.snapshot().ok_or_else(refused)?,
            records: records.collect(),
            steps: 0,
        };
        site.steps = (site.points(true)?.len() + site.points(false)?.len()) as u64;
        Ok(site)
    }

    fn kept_bytes(&self) -> usize {
        self.snapshot.len() + self.records.iter().map(Vec::len).sum::<usize>()
    }

    /// The points while the snapshot is made, or else while the process is restored: step and what
    /// exists there.
    fn points(&self, making: bool) -> Result<Vec<Shown>, CampaignError> {
        let workload = &self.golden.workload;
        let mut machine = copy_of(workload, &self.golden.checkpoints[self.cut])?;
        session::record();
        let right = if making {
            machine.snapshot().is_some()
        } else {
            matches!(
                self.restore(&self.snapshot, self.records.iter()),
                Restored::Process(_)
            )
        };
        let recording = session::recorded();
        if !right {
            let what = "the process is not restored without a fault".to_owned();
            return Err(CampaignError::NotRight(self.cut, what));
        }
        let points = (0..).zip(recording.points);
        let sites = if making { MAKING } else { RESTORING };
        let inside = points.filter(|(_, point)| sites.contains(&point.site));
        Ok(inside.map(|(step, point)| (step, point.locals)).collect())
    }

    fn damages(&self) -> Result<Vec<Damage>, CampaignError> {
        let mut damages = Vec::new();
        let records = self.records.iter().enumerate();
        let records = records.map(|(index, record)| (Kept::Record(index), record.len()));
        for (kept, length) in std::iter::once((Kept::Snapshot, self.snapshot.len())).chain(records)
        {
            damages.extend((0..8 * length).map(|bit| Damage::Flip(kept, bit)));
            damages.extend((0..length).map(|length| Damage::Cut(kept, length)));
        }
        for record in 0..self.records.len() {
            damages.extend([Damage::Missing(record), Damage::Twice(record)]);
        }
        for making in [true, false] {
            for (step, locals) in self.points(making)? {
                for (place, bits) in locals {
                    damages.extend((0..bits).map(|bit| {
                        let fault = Fault::At(place, Change::Flip(bit));
                        if making {
                            Damage::Making(step, fault)
                        } else {
                            Damage::Restoring(step, fault)
                        }
                    }));
                }
            }
        }
        let words = |checkpoint: usize| {
            let copies = self.golden.checkpoints[checkpoint].copies();
            let sides = (0..).zip(copies.iter().map(|copy| copy.len() as u32));
            let places: Vec<Place> = sides
                .flat_map(|(side, words)| (0..words).map(move |index| (side, index)))
                .map(|(side, index)| Place {
                    side,
                    name: "state",
                    index,
                })
                .collect();
            places
                .into_iter()
                .flat_map(|place| (0..64).map(move |bit| (place, bit)))
        };
        damages.extend(words(self.cut).map(|(place, bit)| Damage::Before(place, bit)));
        damages.extend(words(self.end).map(|(place, bit)| Damage::After(place, bit)));
        Ok(damages)
    }

    /// Restores a process, which must be as far as its outputs were released.
    fn restore<'b>(
        &self,
        snapshot: &[u8],
        records: impl Iterator<Item = &'b Vec<u8>>,
    ) -> Restored<M> {
        let workload = &self.golden.workload;
        let mut options = workload.options.clone();
        options.records = true;
        let released = self.golden.checkpoints[self.end].copies()[0]
            .get(1)
            .copied();
        let restored = || -> Result<Machine<M>, RecoverError> {
            let mut recovery = Recovery::<M>::new(&workload.program, &options, snapshot)?;
            for record in records {
                recovery.replay(record)?;
            }
            let released = Released::UpTo(released.unwrap_or(0));
            Ok(Machine::of(recovery.finish(released)?))
        };
        restored().map_or(Restored::Refused, |machine| {
            Restored::Process(Box::new(machine))
        })
    }

    /// Lets a damage happen and judges what follows.
    fn judge(&self, damage: Damage, subject: &mut Subject<M>) -> Result<Outcome, CampaignError> {
        let (mut snapshot, mut records) = (self.snapshot.clone(), self.records.clone());
        let bytes = |kept,
                     snapshot: &'_ mut Vec<u8>,
                     records: &'_ mut Vec<Vec<u8>>,
                     change: &dyn Fn(&mut Vec<u8>)| match kept {
            Kept::Snapshot => change(snapshot),
            Kept::Record(index) => change(&mut records[index]),
        };
        let mut fault = None;
        match damage {
            Damage::Flip(kept, bit) => bytes(kept, &mut snapshot, &mut records, &|bytes| {
                bytes[bit / 8] ^= 1 << (bit % 8);
            }),
            Damage::Cut(kept, length) => bytes(kept, &mut snapshot, &mut records, &|bytes| {
                bytes.truncate(length);
            }),
            Damage::Missing(record) => drop(records.remove(record)),
            Damage::Twice(record) => records.insert(record, self.records[record].clone()),
            Damage::Before(..) | Damage::Making(..) => match self.snapshot_with(damage)? {
                Some(made) => snapshot = made,
                None => return Ok(Outcome::Trapped),
            },
            Damage::Restoring(step, what) => fault = Some((step, what)),
            Damage::After(..) => {}
        }
        if let Some((step, fault)) = fault {
            session::inject(Plan::once(step, fault, u64::MAX));
        }
        let restored = self.restore(&snapshot, records.iter());
        session::injected();
        let Restored::Process(mut machine) = restored else {
            return Ok(Outcome::Trapped);
        };
        if let Damage::After(place, bit) = damage {
            machine.change(place, Change::Flip(bit));
        }
        Ok(subject.go_on(*machine, self.end))
    }

    /// The snapshot of a process that is hit before or while it is made.
    fn snapshot_with(&self, damage: Damage) -> Result<Option<Vec<u8>>, CampaignError> {
        let workload = &self.golden.workload;
        let mut machine = copy_of(workload, &self.golden.checkpoints[self.cut])?;
        match damage {
            Damage::Before(place, bit) => drop(machine.change(place, Change::Flip(bit))),
            Damage::Making(step, fault) => session::inject(Plan::once(step, fault, u64::MAX)),
            _ => {}
        }
        let made = machine.snapshot();
        session::injected();
        Ok(made)
    }
}
