//! What a campaign found, as data: written as JSON, shown as a table or a page.

use crate::campaign::{Part, Settings};
use crate::faults::{Class, Faults};
use crate::happening::{Happening, OneFault};
use crate::outcome::{Counts, Outcome, Sparse};
use crate::page::several;
use crate::workload::Workload;
use pasc_vm_probed::probe::{Change, Fault, Place};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the report's format.
pub const FORMAT: u32 = 1;

/// A fault and where it was.
pub(crate) struct Row {
    pub(crate) line: u32,
    pub(crate) site: &'static str,
    pub(crate) fault: OneFault,
}

/// A silent corruption, as it is shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// The number of the input, 1 for the first.
    pub input: u32,
    /// The step within the input.
    pub step: u32,
    /// The name of the machine's site.
    pub site: String,
    /// The line of the source, 0 for none.
    pub line: u32,
    /// The fault, as `--replay` takes it.
    pub fault: String,
    /// How many faults it stands for.
    pub weight: u64,
    /// The check that was taken out of the machine, if one was.
    pub without: Option<String>,
}

impl Shown {
    pub(crate) fn new(row: &Row, class: &Class, settings: &Settings) -> Shown {
        Shown {
            input: class.input + 1,
            step: class.point,
            site: row.site.to_owned(),
            line: row.line,
            fault: name(&row.fault),
            weight: class.weight,
            without: settings.without.map(|check| check.label().to_owned()),
        }
    }
}

/// A fault, and a second one if there is one, as `--replay` takes it.
pub(crate) fn name(fault: &OneFault) -> String {
    let input = fault.input + 1;
    let mut name = format!("{input}:{}:{}", fault.step, fault_name(fault.fault));
    if let Some((step, second)) = fault.second {
        name += &format!("+{step}:{}", fault_name(second));
    }
    name
}

/// A fault in the words of `--replay`: `PLACE:flip:BIT`, `PLACE:set:VALUE`, `PLACE:twin`, `jump:PHASE`,
/// `turn:TURN`.
pub fn fault_name(fault: Fault) -> String {
    match fault {
        Fault::At(place, change) => {
            let Place { side, name, index } = place;
            let side = ["a", "b", "-"][usize::from(side.min(2))];
            match change {
                Change::Flip(bit) => format!("{side}.{name}[{index}]:flip:{bit}"),
                Change::Set(value) => format!("{side}.{name}[{index}]:set:{value:#x}"),
                Change::Twin => format!("{side}.{name}[{index}]:twin"),
            }
        }
        Fault::Jump(phase) => format!("jump:{phase}"),
        Fault::Turn(turn) => format!("turn:{turn}"),
        Fault::Drawn { seed, .. } => format!("drawn:{seed}"),
        Fault::Trap => "trap".to_owned(),
        Fault::Error => "error".to_owned(),
    }
}

/// What stands between the type of what has no name, and the site before it was touched.
const AFTER: &str = " after ";

/// What a campaign found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// `machine` or `message`.
    pub level: String,
    /// The mode.
    pub mode: String,
    /// The program's source file.
    pub program: String,
    /// How many inputs the trace has.
    pub inputs: u64,
    /// Whether all faults were counted, or a sample.
    pub exhaustive: bool,
    /// The check that was taken out, if one was.
    pub without: Option<String>,
    /// How many faults were drawn; none if it was no sample.
    #[serde(default)]
    pub samples: Option<u64>,
    /// What the names of the places had to contain, one of these; all places were taken if empty.
    #[serde(default)]
    pub only: Vec<String>,
    /// Whether only messages were taken that make the state take more memory.
    #[serde(default)]
    pub growing: bool,
    /// How faults happened.
    #[serde(default)]
    pub happening: Happening,
    /// At the level of the processor: what was drawn, as options of the command.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// At the level of the processor: silent corruptions weighted by run time, that is those to be
    /// expected if each instruction of the run without a fault were hit by one fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighted: Option<f64>,
    /// The seed of the sample.
    pub seed: u64,
    /// Points between two writes, over all inputs.
    pub steps: u64,
    /// Different places.
    pub locations: u64,
    /// Faults that were stood for.
    pub injected: u64,
    /// Runs.
    pub performed: u64,
    /// Faults in places that cannot be changed between the two touches in question.
    pub unreachable: u64,
    /// The same by place and the machine's site before it.
    pub unreachable_by_place: BTreeMap<String, u64>,
    /// Faults that had no place when they were to happen; a defect of the campaign if not 0.
    pub missed: u64,
    /// Outcomes; `omitted` contains `runtime_error`.
    #[serde(flatten)]
    pub counts: Counts,
    /// Outcomes by line of the source; 0 stands for the machine between instructions.
    pub by_line: BTreeMap<u32, Counts>,
    /// Outcomes by name of the place.
    pub by_place: BTreeMap<String, Counts>,
    /// Outcomes by site of the machine.
    pub by_site: BTreeMap<String, Counts>,
    /// Outcomes by bit that was flipped.
    pub by_bit: BTreeMap<u8, Counts>,
    /// Outcomes by name of the place and bit that was flipped.
    #[serde(default)]
    pub by_place_bit: BTreeMap<String, BTreeMap<u8, Sparse>>,
    /// Silent corruptions, the first ones.
    pub sdc_list: Vec<Shown>,
    /// Memory that was touched and that no place names, by site; a defect of the campaign if any.
    pub strangers: Vec<String>,
}

impl Report {
    pub(crate) fn new(
        workload: &Workload,
        settings: &Settings,
        steps: &u64,
        faults: &Faults,
        part: Part,
    ) -> Report {
        let injected = part.counts.total();
        let mut counts = part.counts;
        counts.omitted += counts.runtime_error + counts.omitted_committed;
        let mut strangers: Vec<String> = faults
            .strangers
            .iter()
            .map(|(site, ty)| format!("{ty}{AFTER}{site}"))
            .collect();
        strangers.sort();
        strangers.dedup();
        let mut sdc_list = part.sdc;
        sdc_list.sort();
        sdc_list.truncate(200);
        Report {
            format: FORMAT,
            level: "machine".to_owned(),
            mode: settings.mode.label().to_owned(),
            program: workload.source().0.to_owned(),
            inputs: workload.inputs.len() as u64,
            exhaustive: settings.is_exhaustive(),
            without: settings.without.map(|check| check.label().to_owned()),
            samples: settings.samples,
            only: settings.only.clone(),
            growing: settings.growing,
            happening: settings.happening,
            part: String::new(),
            weighted: None,
            seed: settings.seed,
            steps: *steps,
            locations: faults.locations,
            injected,
            performed: part.performed,
            unreachable: faults.unreachable,
            unreachable_by_place: faults.unreachable_by_place.clone(),
            missed: part.missed,
            counts,
            by_line: part.by_line,
            by_place: part.by_place,
            by_site: part.by_site,
            by_bit: part.by_bit,
            by_place_bit: part.by_place_bit,
            sdc_list,
            strangers,
        }
    }

    /// Why what the campaign did not find is no proof, a sentence each; none if it is whole.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        if self.missed > 0 {
            let missed = several(self.missed, "fault", "faults");
            gaps.push(format!("{missed} had no place when they were to happen."));
        }
        // The types are for whoever gives the memory a name.
        let sites = self.strangers.iter();
        let sites = sites.filter_map(|stranger| Some(stranger.rsplit_once(AFTER)?.1));
        let sites: BTreeSet<&str> = sites.collect();
        if !sites.is_empty() {
            let sites: Vec<&str> = sites.into_iter().collect();
            gaps.push(format!(
                "memory was touched that no place names, after the points: {}.",
                sites.join("; ")
            ));
        }
        gaps
    }

    /// The share of an outcome among faults that had any effect: neither masked nor latent.
    pub fn share(&self, outcome: Outcome) -> f64 {
        let effective = self.injected - self.counts.masked - self.counts.latent;
        if effective == 0 {
            0.0
        } else {
            self.counts.of(outcome) as f64 / effective as f64
        }
    }
}
