//! What a campaign found, as data.

use crate::Part;
use pasc_inject::{Counts, FORMAT, ModeName, Outcome, Sparse, clopper_pearson};
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
    /// Registers and words of memory that hold the place of a part of a lane: they get that of the other
    /// lane's.
    Bases,
    /// Flags before an instruction that reads them; each once, if there are no more than are asked for.
    Flags,
    /// Of these the direction flag alone, which instructions on strings read.
    Direction,
    /// Bits of instructions before they are executed: beyond the fault model.
    Code,
    /// Bits of words that are read later and that nothing can write: constants, and tables of addresses.
    /// Beyond the fault model.
    Constants,
    /// Of these the words alone that hold the address of an instruction.
    Functions,
}

impl Only {
    /// All of them.
    pub const ALL: [Only; 9] = [
        Only::Registers,
        Only::Memory,
        Only::Jumps,
        Only::Bases,
        Only::Flags,
        Only::Direction,
        Only::Code,
        Only::Constants,
        Only::Functions,
    ];
    /// Those that are drawn if nothing is said.
    pub(crate) const MIXED: [Only; 3] = [Only::Registers, Only::Memory, Only::Jumps];

    /// The name on the command line.
    pub fn label(self) -> &'static str {
        match self {
            Only::Registers => "registers",
            Only::Memory => "memory",
            Only::Jumps => "jumps",
            Only::Bases => "bases",
            Only::Flags => "flags",
            Only::Direction => "direction",
            Only::Code => "code",
            Only::Constants => "constants",
            Only::Functions => "functions",
        }
    }
}

/// The kind of an instruction pointer that ends up inside of an instruction: beyond the fault model.
pub(crate) const INSIDE: &str = "inside";
/// The kinds beyond the fault model; those of changed instructions and constants as in [`crate::fault`].
const BEYOND: [&str; 3] = [INSIDE, "code", "constant"];

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
    /// The function whose address the changed word held, if it held one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub holds: String,
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
    /// What was drawn; registers, memory and jumps if empty.
    pub only: Vec<String>,
    /// The phase, or `interpreter`, from whose instructions was drawn; all if empty.
    pub within: Vec<String>,
    /// Whether faults happened in snapshots and recoveries alone.
    pub recovery: bool,
    /// The seed of the draw.
    pub seed: u64,
    /// Instructions of the run without a fault that were drawn from.
    pub steps: u64,
    /// Places where the run without a fault reads memory, or constants, that was drawn from.
    pub reads: u64,
    /// Faults that happened.
    pub injected: u64,
    /// Faults whose register this processor has not, or whose memory was not there yet; they did not happen.
    pub missed: u64,
    /// Faults that were not masked, of those in the model.
    pub effective: u64,
    /// Outcomes of the faults in the model; `omitted` contains `runtime_error` and `omitted_committed`.
    #[serde(flatten)]
    pub counts: Counts,
    /// Silent corruptions beyond the model: the instruction pointer was inside of an instruction, or code or
    /// constants were changed.
    pub sdc_beyond: u64,
    /// With 95 % confidence, the share of silent corruptions among effective faults is in between.
    pub sdc_share: (f64, f64),
    /// Silent corruptions in the model for each fault in each instruction, times the instructions: what
    /// counts when modes are compared, for a longer run is hit more often.
    pub sdc_weighted: f64,
    /// Outcomes by kind of place.
    pub by_kind: BTreeMap<String, Counts>,
    /// Outcomes by register.
    pub by_register: BTreeMap<String, Sparse>,
    /// Outcomes by function before whose instruction the fault happened, those beyond the model too.
    pub by_function: BTreeMap<String, Sparse>,
    /// Outcomes by bit that was flipped; for the page alone.
    #[serde(skip)]
    pub by_bit: BTreeMap<u8, Counts>,
    /// Outcomes by register or kind, and bit that was flipped; for the page alone.
    #[serde(skip)]
    pub by_place_bit: BTreeMap<String, BTreeMap<u8, Sparse>>,
    /// Silent corruptions, those beyond the model too.
    pub sdc_list: Vec<Silent>,
    /// How long the faults took in all, in seconds, without the run that was stepped through. Of a session that
    /// was interrupted it is not known.
    pub seconds: f64,
    /// Faults a second, of those that happened in this session; `null` if all were on record.
    pub faults_per_second: Option<f64>,
}

/// How long faults took.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Time {
    /// In all sessions.
    pub(crate) seconds: f64,
    /// Faults that happened in this session, and how many seconds they took.
    pub(crate) now: (usize, f64),
}

impl Time {
    fn faults_per_second(self) -> Option<f64> {
        let (faults, seconds) = self.now;
        (faults > 0).then(|| faults as f64 / seconds.max(1e-9))
    }
}

/// A fault and what it led to.
pub(crate) struct Row {
    pub(crate) kind: &'static str,
    pub(crate) register: Option<String>,
    /// The function of the instruction.
    pub(crate) site: String,
    pub(crate) bit: u16,
    /// Nothing if it did not happen.
    pub(crate) outcome: Option<Outcome>,
}

/// What is known before any fault.
pub(crate) struct Head<'h> {
    pub(crate) mode: ModeName,
    pub(crate) program: &'h str,
    pub(crate) inputs: usize,
    pub(crate) recovery: bool,
    pub(crate) part: &'h Part,
    pub(crate) steps: u64,
    pub(crate) all_steps: u64,
    pub(crate) reads: u64,
}

impl Report {
    pub(crate) fn new(head: &Head, rows: &[Row], sdc_list: Vec<Silent>, time: Time) -> Report {
        let mut counts = Counts::default();
        let mut by_kind: BTreeMap<String, Counts> = BTreeMap::new();
        let mut by_register: BTreeMap<String, Sparse> = BTreeMap::new();
        let mut by_function: BTreeMap<String, Sparse> = BTreeMap::new();
        let mut by_bit: BTreeMap<u8, Counts> = BTreeMap::new();
        let mut by_place_bit: BTreeMap<String, BTreeMap<u8, Sparse>> = BTreeMap::new();
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
            let function = by_function.entry(row.site.clone()).or_default();
            function.0.add(outcome, 1);
            if BEYOND.contains(&row.kind) {
                continue;
            }
            // Of the registers the widest has 256 bits.
            let bit = row.bit as u8;
            by_bit.entry(bit).or_default().add(outcome, 1);
            let place = row.register.clone().unwrap_or_else(|| row.kind.to_owned());
            let bits = by_place_bit.entry(place).or_default();
            bits.entry(bit).or_default().0.add(outcome, 1);
            counts.add(outcome, 1);
            if let Some(register) = &row.register {
                let counts = by_register.entry(register.clone()).or_default();
                counts.0.add(outcome, 1);
            }
        }
        let of_model = counts.total();
        let effective = of_model - counts.masked;
        for counts in by_kind
            .values_mut()
            .chain(by_register.values_mut().map(|counts| &mut counts.0))
            .chain(by_function.values_mut().map(|counts| &mut counts.0))
            .chain(by_bit.values_mut())
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
            only: (head.part.only.iter())
                .map(|only| only.label().to_owned())
                .collect(),
            within: head.part.within.iter().cloned().collect(),
            recovery: head.recovery,
            seed: head.part.seed,
            steps: head.steps,
            reads: head.reads,
            injected: rows.len() as u64 - missed,
            missed,
            effective,
            counts,
            sdc_beyond: BEYOND
                .iter()
                .filter_map(|kind| by_kind.get(*kind))
                .map(|counts| counts.sdc)
                .sum(),
            sdc_share: clopper_pearson(counts.sdc, effective),
            sdc_weighted: counts.sdc as f64 / of_model.max(1) as f64 * head.all_steps as f64,
            by_kind,
            by_register,
            by_function,
            by_bit,
            by_place_bit,
            sdc_list,
            seconds: time.seconds,
            faults_per_second: time.faults_per_second(),
        }
    }
}

impl Report {
    /// The options of the command that chose what was drawn.
    pub fn options(&self) -> String {
        let mut options: Vec<String> = Vec::new();
        if self.recovery {
            options.push("--campaign recovery".to_owned());
        }
        options.extend(self.only.iter().map(|only| format!("--only {only}")));
        options.extend(
            self.within
                .iter()
                .map(|within| format!("--within {within}")),
        );
        options.join(" ")
    }

    /// The report as pages of the machine's level show it; of source lines it knows nothing.
    pub fn for_page(&self) -> pasc_inject::Report {
        let mut by_place: BTreeMap<String, Counts> = BTreeMap::new();
        for (place, bits) in &self.by_place_bit {
            let counts = by_place.entry(place.clone()).or_default();
            for bit in bits.values() {
                for outcome in Outcome::ALL {
                    counts.add(*outcome, bit.0.of(*outcome));
                }
            }
        }
        let silent = self.sdc_list.iter().filter(|silent| !silent.beyond);
        pasc_inject::Report {
            format: self.format,
            level: "processor".to_owned(),
            mode: self.mode.clone(),
            program: self.program.clone(),
            inputs: self.inputs,
            exhaustive: false,
            without: None,
            samples: Some(self.samples),
            only: Vec::new(),
            growing: false,
            happening: pasc_inject::Happening::Once,
            part: self.options(),
            weighted: Some(self.sdc_weighted),
            seed: self.seed,
            steps: self.steps,
            locations: by_place.len() as u64,
            injected: self.counts.total()
                - self.counts.runtime_error
                - self.counts.omitted_committed,
            performed: self.injected,
            unreachable: self.missed,
            unreachable_by_place: BTreeMap::new(),
            missed: 0,
            counts: self.counts,
            by_line: BTreeMap::new(),
            by_place,
            by_site: (self.by_function.iter())
                .map(|(function, counts)| (function.clone(), counts.0))
                .collect(),
            by_bit: self.by_bit.clone(),
            by_place_bit: self.by_place_bit.clone(),
            sdc_list: silent.map(Silent::for_page).collect(),
            strangers: Vec::new(),
        }
    }
}

impl Silent {
    fn for_page(&self) -> pasc_inject::Shown {
        pasc_inject::Shown {
            input: self.input,
            step: self.step,
            site: format!("{} {} {}", self.symbol, self.line, self.instruction),
            line: 0,
            fault: self.fault.clone(),
            weight: 1,
            without: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_the_faults_of_this_session_alone() {
        let of = |now| Time { seconds: 40.0, now }.faults_per_second();
        assert_eq!(of((20, 10.0)), Some(2.0));
        assert_eq!(of((0, 0.0)), None);
    }
}
