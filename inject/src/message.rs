//! Message level: what happens to frames on their way between processes.
//!
//! Each frame of the workload is flipped bit by bit, cut at each length, and sent to another process:
//! the machine must refuse it, keep its state and go on as if it had not come. A frame that comes
//! twice, or is sent again later, must have the effect of a second delivery, which is what the
//! machine without hardening makes of it.

use crate::campaign::{ModeName, on_a_deep_stack};
use crate::golden::copy_of;
use crate::outcome::{Counts, Outcome};
use crate::workload::{CampaignError, Workload, WorkloadInput};
use pasc_vm_probed::frame::{self, Frame, Header};
use pasc_vm_probed::probe::{Check, Judged, Machine, session};
use pasc_vm_probed::process::{Lockstep, Mode, Plain, Sequential};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was found at message level, or of recovery.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageReport {
    /// `message` or `recovery`.
    pub level: String,
    /// The mode.
    pub mode: String,
    /// How many frames there are; of recovery, points between two writes.
    pub steps: u64,
    /// How many bits they have; of recovery, snapshots and records.
    pub locations: u64,
    /// Damages done.
    pub injected: u64,
    /// Runs.
    pub performed: u64,
    /// Outcomes; a refused frame is an omission.
    #[serde(flatten)]
    pub counts: Counts,
    /// Outcomes by kind of damage.
    pub by_damage: BTreeMap<String, Counts>,
    /// What went wrong, the first cases.
    pub sdc_list: Vec<String>,
}

/// Damages every frame of a workload, in a machine without some checks.
pub fn run_messages(
    workload: &Workload,
    mode: ModeName,
    without: &[Check],
) -> Result<MessageReport, CampaignError> {
    on_a_deep_stack(|| {
        session::remove(without.iter().copied());
        match mode {
            ModeName::Plain => run_in::<Plain>(workload, mode),
            ModeName::Lockstep => run_in::<Lockstep>(workload, mode),
            ModeName::Sequential => run_in::<Sequential>(workload, mode),
        }
    })
}

impl MessageReport {
    /// A report of no damage yet.
    pub(crate) fn new(level: &str, mode: ModeName) -> MessageReport {
        MessageReport {
            level: level.to_owned(),
            mode: mode.label().to_owned(),
            steps: 0,
            locations: 0,
            injected: 0,
            performed: 0,
            counts: Counts::default(),
            by_damage: BTreeMap::new(),
            sdc_list: Vec::new(),
        }
    }
}

fn run_in<M: Mode>(workload: &Workload, mode: ModeName) -> Result<MessageReport, CampaignError> {
    let mut report = MessageReport::new("message", mode);
    let mut machine = workload.start::<M>()?;
    let mut reference = workload.start::<Plain>()?;
    let mut subject = workload.start::<M>()?;
    let mut doubled = workload.start::<Plain>()?;
    for (index, input) in workload.inputs.iter().enumerate() {
        if Frame::parse(&input.frame).is_ok() {
            report.steps += 1;
            report.locations += 8 * input.frame.len() as u64;
            for (damage, frame) in damaged(&input.frame) {
                subject.take_back(&machine, false);
                let outcome = refused(&mut subject, &machine, input, &frame);
                report.count(damage, outcome, |damage| at_input(index, damage));
            }
            let outcome = twice(
                workload,
                index,
                &machine,
                &reference,
                (&mut subject, &mut doubled),
            );
            report.count("duplicated", outcome, |damage| at_input(index, damage));
        }
        machine.handle(&input.input());
        reference.handle(&input.input());
        let outcome = late(workload, index, &machine, &reference)?;
        if let Some(outcome) = outcome {
            report.count("replayed", outcome, |damage| at_input(index, damage));
        }
    }
    Ok(report)
}

impl MessageReport {
    pub(crate) fn count(
        &mut self,
        damage: &str,
        outcome: Outcome,
        place: impl FnOnce(&str) -> String,
    ) {
        self.injected += 1;
        self.performed += 1;
        self.counts.add(outcome, 1);
        self.by_damage
            .entry(damage.to_owned())
            .or_default()
            .add(outcome, 1);
        if outcome == Outcome::Sdc && self.sdc_list.len() < 100 {
            self.sdc_list.push(place(damage));
        }
    }
}

fn at_input(index: usize, damage: &str) -> String {
    format!("input {}: {damage}", index + 1)
}

/// The frame as it can arrive: flipped, cut, at the wrong process.
fn damaged(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    for bit in 0..8 * bytes.len() {
        let mut frame = bytes.to_vec();
        frame[bit / 8] ^= 1 << (bit % 8);
        all.push(("flipped", frame));
    }
    for length in 0..bytes.len() {
        all.push(("truncated", bytes[..length].to_vec()));
    }
    if let Ok(frame) = Frame::parse(bytes) {
        let header = Header {
            fingerprint: frame.fingerprint,
            incarnation: frame.incarnation,
            number: frame.number,
            sender: frame.sender.as_bytes(),
            destination: b"elsewhere",
        };
        if let Ok(frame) = frame::build(&header, frame.body) {
            all.push(("misrouted", frame));
        }
    }
    all
}

/// The frame must be refused, and leave the machine as it was.
fn refused<M: Mode>(
    subject: &mut Machine<M>,
    before: &Machine<M>,
    input: &WorkloadInput,
    frame: &[u8],
) -> Outcome {
    let given = pasc_vm_probed::process::Input::new(input.ordinal, input.time, frame);
    match subject.handle(&given) {
        Judged::Refused(_) if subject.copies() == before.copies() => Outcome::Omitted,
        Judged::Trap(_) => Outcome::Trapped,
        _ => Outcome::Sdc,
    }
}

/// The frame comes twice in a row: as the machine without hardening takes it.
fn twice<M: Mode>(
    workload: &Workload,
    index: usize,
    before: &Machine<M>,
    reference: &Machine<Plain>,
    (subject, plain): (&mut Machine<M>, &mut Machine<Plain>),
) -> Outcome {
    subject.take_back(before, false);
    plain.take_back(reference, false);
    let input = &workload.inputs[index];
    let again = |ordinal| pasc_vm_probed::process::Input::new(ordinal, input.time, &input.frame);
    for ordinal in [input.ordinal, input.ordinal + 1] {
        let (own, right) = (
            subject.handle(&again(ordinal)),
            plain.handle(&again(ordinal)),
        );
        if own != right {
            return Outcome::Sdc;
        }
    }
    same_copies(subject, plain)
}

/// The first frame of the workload comes again after this input.
fn late<M: Mode>(
    workload: &Workload,
    index: usize,
    machine: &Machine<M>,
    reference: &Machine<Plain>,
) -> Result<Option<Outcome>, CampaignError> {
    let first = workload
        .inputs
        .iter()
        .find(|input| Frame::parse(&input.frame).is_ok());
    let Some(first) = first else {
        return Ok(None);
    };
    let last = &workload.inputs[index];
    let mut subject = copy_of(workload, machine)?;
    let mut plain = copy_of(workload, reference)?;
    let input = pasc_vm_probed::process::Input::new(last.ordinal + 1, last.time, &first.frame);
    let (own, right) = (subject.handle(&input), plain.handle(&input));
    Ok(Some(if own == right {
        same_copies(&subject, &plain)
    } else {
        Outcome::Sdc
    }))
}

fn same_copies<M: Mode>(subject: &Machine<M>, plain: &Machine<Plain>) -> Outcome {
    let right = plain.copies()[0];
    if subject.copies().iter().all(|copy| *copy == right) {
        Outcome::Masked
    } else {
        Outcome::Sdc
    }
}
