//! The run without a fault: what every other run is compared with, and what it touched.

use crate::workload::{CampaignError, Workload};
use pasc_vm_probed::Value;
use pasc_vm_probed::probe::{Judged, Machine};
use pasc_vm_probed::probe::{Plan, Recording, session};
use pasc_vm_probed::process::Mode;
use std::sync::OnceLock;

/// The word of a copy that says where the memory in use ends.
const TOP: usize = 4;

/// The run without a fault.
pub(crate) struct Golden<M: Mode> {
    pub(crate) workload: Workload,
    /// The machine before each input, and after the last.
    pub(crate) checkpoints: Vec<Machine<M>>,
    /// How each input ended.
    pub(crate) ends: Vec<Judged>,
    /// What the machine did with each input.
    pub(crate) recordings: Vec<Recording>,
    /// The state at the end.
    pub(crate) state: Option<Value>,
    /// The runs that never see an input: made when a fault makes the machine omit it.
    omissions: Vec<OnceLock<Omission<M>>>,
}

/// What comes after an input that was omitted.
pub(crate) struct Omission<M: Mode> {
    /// How each later input ends.
    pub(crate) ends: Vec<Judged>,
    /// The machine at the end.
    pub(crate) last: Machine<M>,
    /// Its state.
    pub(crate) state: Option<Value>,
}

impl<M: Mode> Golden<M> {
    /// Runs a workload without a fault, twice: to remember each step, and what happens between them.
    pub(crate) fn new(workload: &Workload) -> Result<Golden<M>, CampaignError> {
        let mut machine = workload.start::<M>()?;
        let (mut checkpoints, mut ends) = (Vec::new(), Vec::new());
        let mut left = workload.most_steps;
        for (index, input) in workload.inputs.iter().enumerate() {
            checkpoints.push(copy_of(workload, &machine)?);
            session::inject(Plan {
                step: u64::MAX,
                budget: left,
                ..Plan::default()
            });
            let end = machine.handle(&input.input());
            left = left.saturating_sub(session::steps());
            let (is_cut, _) = session::injected();
            if is_cut {
                return Err(CampaignError::TooLong(index, workload.most_steps));
            }
            if let Judged::Trap(trap) = end {
                return Err(CampaignError::NotRight(index, trap.to_string()));
            }
            ends.push(end);
        }
        checkpoints.push(copy_of(workload, &machine)?);
        let mut recordings = Vec::new();
        for (index, input) in workload.inputs.iter().enumerate() {
            machine.take_back(&checkpoints[index], true);
            session::record();
            let end = machine.handle(&input.input());
            let mut recording = session::recorded();
            recording.finish();
            if end != ends[index] || !machine.is_same(&checkpoints[index + 1], true) {
                let what = "it does not end the same way twice".to_owned();
                return Err(CampaignError::NotRight(index, what));
            }
            recordings.push(recording);
        }
        let last = &checkpoints[workload.inputs.len()];
        let state = copy_of(workload, last)?.state();
        Ok(Golden {
            state,
            omissions: workload.inputs.iter().map(|_| OnceLock::new()).collect(),
            workload: workload.clone(),
            checkpoints,
            ends,
            recordings,
        })
    }

    /// What comes after an input that was omitted.
    pub(crate) fn without(&self, input: usize) -> Option<&Omission<M>> {
        if let Some(known) = self.omissions[input].get() {
            return Some(known);
        }
        let mut machine = copy_of(&self.workload, &self.checkpoints[input]).ok()?;
        let later = &self.workload.inputs[input + 1..];
        let ends = later
            .iter()
            .map(|input| machine.handle(&input.input()))
            .collect();
        let last = copy_of(&self.workload, &machine).ok()?;
        let omission = Omission {
            ends,
            last,
            state: machine.state(),
        };
        Some(self.omissions[input].get_or_init(|| omission))
    }

    /// For each input whether the state takes more memory after it: a container grew.
    pub(crate) fn growing(&self) -> Vec<bool> {
        let top = |machine: &Machine<M>| machine.copies()[0].get(TOP).copied();
        let pairs = self.checkpoints.windows(2);
        pairs.map(|pair| top(&pair[0]) < top(&pair[1])).collect()
    }

    /// How many points there are.
    pub(crate) fn points(&self) -> u64 {
        self.recordings.iter().map(|r| r.points.len() as u64).sum()
    }
}

/// Another machine in the same state.
pub(crate) fn copy_of<M: Mode>(
    workload: &Workload,
    machine: &Machine<M>,
) -> Result<Machine<M>, CampaignError> {
    let mut copy = workload.start::<M>()?;
    copy.take_back(machine, true);
    Ok(copy)
}
