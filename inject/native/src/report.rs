//! What a campaign found, as data.

use pasc_inject::{Counts, FORMAT, ModeName, Outcome, clopper_pearson};
use serde::Serialize;
use std::collections::BTreeMap;

/// What faults to draw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Only {
    /// Bits of general registers, flags, instruction pointer and vector registers.
    Registers,
    /// Bits of words of memory that are read later.
    Memory,
    /// Jumps to other instructions that the run executes.
    Jumps,
}

impl Only {
    /// All of them.
    pub const ALL: [Only; 3] = [Only::Registers, Only::Memory, Only::Jumps];

    /// The name on the command line.
    pub fn label(self) -> &'static str {
        match self {
            Only::Registers => "registers",
            Only::Memory => "memory",
            Only::Jumps => "jumps",
        }
    }
}

/// The kind of an instruction pointer that ends up inside of an instruction: beyond the fault model.
pub(crate) const INSIDE: &str = "inside";

/// A silent corruption.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Silent {
    /// The number of the input, 1 for the first.
    pub input: u32,
    /// The instruction before which the fault happened, 0 for the first of the input.
    pub step: u32,
    /// Its address in the process.
    pub address: String,
    /// The function that it is in.
    pub symbol: String,
    /// File and line, if the binary knows them.
    pub line: String,
    /// The instruction.
    pub instruction: String,
    /// What was changed.
    pub place: String,
    /// The bit that was flipped.
    pub bit: u16,
    /// The fault, as `--replay` takes it.
    pub fault: String,
    /// Whether it is beyond the fault model.
    pub beyond: bool,
}

/// What a campaign found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// `native`.
    pub level: String,
    /// The mode.
    pub mode: String,
    /// The program's source file.
    pub program: String,
    /// How many inputs the trace has.
    pub inputs: u64,
    /// Never: faults are drawn.
    pub exhaustive: bool,
    /// How many faults were drawn.
    pub samples: u64,
    /// What was drawn; everything if empty.
    pub only: Vec<String>,
    /// The seed of the draw.
    pub seed: u64,
    /// Instructions of the run without a fault.
    pub steps: u64,
    /// Places where the run without a fault reads memory that was drawn from.
    pub reads: u64,
    /// Faults that happened.
    pub injected: u64,
    /// Faults whose register this processor has not; they did not happen.
    pub missed: u64,
    /// Faults that were not masked, of those in the model.
    pub effective: u64,
    /// Outcomes of the faults in the model; `omitted` contains `runtime_error` and `omitted_committed`.
    #[serde(flatten)]
    pub counts: Counts,
    /// Silent corruptions beyond the model: the instruction pointer was inside of an instruction.
    pub sdc_beyond: u64,
    /// With 95 % confidence, the share of silent corruptions among effective faults is in between.
    pub sdc_share: (f64, f64),
    /// Silent corruptions in the model for each fault in each instruction, times the instructions: what
    /// counts when modes are compared, for a longer run is hit more often.
    pub sdc_weighted: f64,
    /// Outcomes by kind of place.
    pub by_kind: BTreeMap<String, Counts>,
    /// Outcomes by register.
    pub by_register: BTreeMap<String, Counts>,
    /// Silent corruptions, those beyond the model too.
    pub sdc_list: Vec<Silent>,
    /// How long the faults took in all, in seconds, without the run that was stepped through.
    pub seconds: f64,
    /// Faults a second.
    pub faults_per_second: f64,
}

/// A fault and what it led to.
pub(crate) struct Row {
    pub(crate) kind: &'static str,
    pub(crate) register: Option<String>,
    /// Nothing if it did not happen.
    pub(crate) outcome: Option<Outcome>,
}

/// What is known before any fault.
pub(crate) struct Head<'h> {
    pub(crate) mode: ModeName,
    pub(crate) program: &'h str,
    pub(crate) inputs: usize,
    pub(crate) only: Option<Only>,
    pub(crate) seed: u64,
    pub(crate) steps: u64,
    pub(crate) reads: u64,
}

impl Report {
    pub(crate) fn new(head: &Head, rows: &[Row], sdc_list: Vec<Silent>, seconds: f64) -> Report {
        let mut counts = Counts::default();
        let mut by_kind: BTreeMap<String, Counts> = BTreeMap::new();
        let mut by_register: BTreeMap<String, Counts> = BTreeMap::new();
        let mut missed = 0;
        for row in rows {
            let Some(outcome) = row.outcome else {
                missed += 1;
                continue;
            };
            by_kind
                .entry(row.kind.to_owned())
                .or_default()
                .add(outcome, 1);
            if row.kind == INSIDE {
                continue;
            }
            counts.add(outcome, 1);
            if let Some(register) = &row.register {
                by_register
                    .entry(register.clone())
                    .or_default()
                    .add(outcome, 1);
            }
        }
        let of_model = counts.total();
        let effective = of_model - counts.masked;
        for counts in by_kind
            .values_mut()
            .chain(by_register.values_mut())
            .chain([&mut counts])
        {
            counts.omitted += counts.runtime_error + counts.omitted_committed;
        }
        Report {
            format: FORMAT,
            level: "native".to_owned(),
            mode: head.mode.label().to_owned(),
            program: head.program.to_owned(),
            inputs: head.inputs as u64,
            exhaustive: false,
            samples: rows.len() as u64,
            only: head
                .only
                .iter()
                .map(|only| only.label().to_owned())
                .collect(),
            seed: head.seed,
            steps: head.steps,
            reads: head.reads,
            injected: rows.len() as u64 - missed,
            missed,
            effective,
            counts,
            sdc_beyond: by_kind.get(INSIDE).map_or(0, |counts| counts.sdc),
            sdc_share: clopper_pearson(counts.sdc, effective),
            sdc_weighted: counts.sdc as f64 / of_model.max(1) as f64 * head.steps as f64,
            by_kind,
            by_register,
            sdc_list,
            seconds,
            faults_per_second: rows.len() as f64 / seconds.max(1e-9),
        }
    }
}
