//! What faults are injected into: a program, how it starts, and the inputs that it is given.

use crate::page::grouped;
use pasc_vm::process::Options;
use pasc_vm_probed as probed;
use pasc_vm_probed::process::{Mode, Plain};
use std::fmt;

/// One input of a workload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkloadInput {
    /// The place among the inputs.
    pub ordinal: u64,
    /// Microseconds since the epoch.
    pub time: u64,
    /// The bytes of the frame or firing.
    pub frame: Vec<u8>,
    /// The CRC of the input record.
    pub crc: u32,
}

impl WorkloadInput {
    /// The input as the machine takes it.
    pub(crate) fn input(&self) -> probed::process::Input<'_> {
        probed::process::Input {
            ordinal: self.ordinal,
            time: self.time,
            frame: &self.frame,
            crc: self.crc,
        }
    }
}

/// A program with its inputs.
#[derive(Clone, Debug)]
pub struct Workload {
    pub(crate) program: probed::Program,
    pub(crate) options: probed::process::Options,
    pub(crate) inputs: Vec<WorkloadInput>,
    /// How many steps the run without a fault may take.
    pub(crate) most_steps: u64,
}

/// How many steps the run without a fault may take, all inputs together. Each is kept with what exists
/// there and what it touches, some 3 KB; and each run with a fault in an input takes the input's steps.
pub const MOST_STEPS: u64 = 300_000;

/// Why there is no campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CampaignError {
    /// There are no inputs.
    NoInputs,
    /// No fault is what was asked for: a sentence.
    NoFaults(String),
    /// The process does not start; a sentence.
    Start(String),
    /// The run without a fault is not right: the number of the input and what happened.
    NotRight(usize, String),
    /// The run without a fault takes more steps than are kept: the number of the input with which it does,
    /// and the bound.
    TooLong(usize, u64),
    /// The file of a campaign that was interrupted is of another one, or cannot be used.
    Resume(String),
}

impl fmt::Display for CampaignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CampaignError::NoInputs => f.write_str("the trace has no inputs to inject faults into"),
            CampaignError::Start(why) => write!(f, "the process does not start: {why}"),
            CampaignError::NotRight(input, what) => write!(
                f,
                "the run without a fault ends at input {}: {what}",
                input + 1
            ),
            CampaignError::TooLong(input, most) => write!(
                f,
                "with input {} the run without a fault takes more than {} steps; all are kept, for drawn \
                 faults too: leave out inputs, or give them less to do",
                input + 1,
                grouped(*most)
            ),
            CampaignError::Resume(why) | CampaignError::NoFaults(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for CampaignError {}

impl Workload {
    /// A workload.
    pub fn new(
        program: &pasc_vm::Program,
        options: &Options,
        inputs: Vec<WorkloadInput>,
    ) -> Result<Workload, CampaignError> {
        if inputs.is_empty() {
            return Err(CampaignError::NoInputs);
        }
        let start = |error: &dyn fmt::Display| CampaignError::Start(error.to_string());
        let bytes = postcard::to_stdvec(program).map_err(|error| start(&error))?;
        let program: probed::Program =
            postcard::from_bytes(&bytes).map_err(|error| start(&error))?;
        let mut own = probed::process::Options::new(&options.own_address);
        for (name, value) in &options.params {
            let bytes = postcard::to_stdvec(value).map_err(|error| start(&error))?;
            let value = postcard::from_bytes(&bytes).map_err(|error| start(&error))?;
            own.params.push((name.clone(), value));
        }
        own.incarnation = options.incarnation;
        own.hash_key = options.hash_key;
        own.random_seed = options.random_seed;
        for (name, _, _, _) in probed::limits::Limits::TABLE {
            let value = options.limits.get(name).unwrap_or(1);
            own.limits.set(name, value).map_err(CampaignError::Start)?;
        }
        let mut workload = Workload {
            program,
            options: own,
            inputs,
            most_steps: MOST_STEPS,
        };
        workload.lower_limits()?;
        Ok(workload)
    }

    /// The workload with another bound than [`MOST_STEPS`].
    pub fn bounded(self, most_steps: u64) -> Workload {
        Workload { most_steps, ..self }
    }

    /// Lowers the limits of memory to four times what a run without a fault takes, so that a fault in
    /// a length or an address is noticed in microseconds and not after gigabytes.
    fn lower_limits(&mut self) -> Result<(), CampaignError> {
        let mut machine = self.start::<Plain>()?;
        for input in &self.inputs {
            machine.handle(&input.input());
        }
        let state = machine.copies().iter().map(|copy| copy.len()).max();
        let arena = machine
            .groups()
            .into_iter()
            .find(|group| group.name == "arena");
        let limits = &mut self.options.limits;
        for (limit, taken) in [
            (&mut limits.state_words, state),
            (&mut limits.temporary_words, arena.map(|group| group.count)),
        ] {
            *limit = (4 * taken.unwrap_or(0) as u64).max(LEAST_WORDS).min(*limit);
        }
        Ok(())
    }

    pub(crate) fn start<M: Mode>(&self) -> Result<probed::probe::Machine<M>, CampaignError> {
        probed::probe::Machine::start(&self.program, &self.options)
            .map_err(|error| CampaignError::Start(error.to_string()))
    }

    /// How many inputs there are.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// The line of the source at a position of the code, 1 for the first; 0 if there is none.
    pub fn line(&self, position: u32) -> u32 {
        let debug = &self.program.debug;
        debug
            .span_at(position)
            .map_or(0, |(start, _)| debug.line_and_column(start).0)
    }

    /// The text of the source.
    pub fn source(&self) -> (&str, &str) {
        (
            &self.program.debug.source_name,
            &self.program.debug.source_text,
        )
    }

    /// How many words the code has.
    pub(crate) fn code_words(&self) -> u32 {
        self.program.code.len() as u32
    }
}

/// Words of state, and of temporary memory, that a campaign allows at least.
const LEAST_WORDS: u64 = 1 << 12;
