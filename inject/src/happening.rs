//! How a fault happens: once, as the fault model has it, or in ways that are beyond the model.

use crate::campaign::Settings;
use crate::draw::split_mix;
use crate::faults::Class;
use crate::workload::Workload;
use pasc_vm_probed::probe::Fault;
use pasc_vm_probed::probe::Place;
use pasc_vm_probed::probe::session::Plan;
use serde::{Deserialize, Serialize};

/// How a fault happens. All but `Once` are beyond the fault model, for information.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Happening {
    /// Once, to one lane or copy.
    #[default]
    Once,
    /// At every later step of the message again: a bit that is stuck.
    Stuck,
    /// To both lanes or copies at once.
    Both,
    /// With a second fault, drawn at random, in the same message.
    Twice,
}

/// A fault to be replayed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OneFault {
    /// The number of the input, 0 for the first.
    pub input: usize,
    /// The step of the input.
    pub step: u64,
    /// What happens there.
    pub fault: Fault,
    /// What happens besides in the same input, and at which step.
    pub second: Option<(u64, Fault)>,
}

impl OneFault {
    /// The step of the last fault.
    pub(crate) fn last_step(&self) -> u64 {
        self.second
            .map_or(self.step, |(step, _)| step.max(self.step))
    }
}

impl Happening {
    /// The name on the command line.
    pub fn label(self) -> &'static str {
        match self {
            Happening::Once => "once",
            Happening::Stuck => "stuck",
            Happening::Both => "both",
            Happening::Twice => "twice",
        }
    }

    /// What a report says of it, if it is beyond the fault model.
    pub(crate) fn remark(self) -> Option<&'static str> {
        match self {
            Happening::Once => None,
            Happening::Stuck => Some("Each fault came back at every later step of its message"),
            Happening::Both => Some("Each fault hit both lanes at once"),
            Happening::Twice => {
                Some("A second fault, drawn at random, hit the message of each fault")
            }
        }
    }

    /// The plan that lets a fault happen in this way.
    pub(crate) fn plan(self, fault: &OneFault, budget: u64) -> Plan {
        let (mut first, mut second) = ((fault.step, fault.fault), fault.second);
        if let Some(other) = &mut second
            && other.0 < first.0
        {
            std::mem::swap(&mut first, other);
        }
        let mut faults = vec![first.1];
        if let Some((step, other)) = second
            && step == first.0
        {
            // What is changed comes before control leaves.
            let place = usize::from(matches!(first.1, Fault::At(..)));
            faults.insert(place, other);
            second = None;
        }
        if self == Happening::Both
            && let Fault::At(place, change) = fault.fault
            && place.side < 2
        {
            let side = 1 - place.side;
            faults.push(Fault::At(Place { side, ..place }, change));
        }
        Plan {
            step: first.0,
            faults,
            again: self == Happening::Stuck,
            second,
            budget,
        }
    }
}

/// Where second faults are drawn from: the classes of each input.
pub(crate) struct Company<'c> {
    workload: &'c Workload,
    seed: u64,
    by_input: Vec<Vec<&'c Class>>,
}

impl<'c> Company<'c> {
    /// The classes of a campaign whose faults happen twice; of another one none.
    pub(crate) fn new(
        classes: &'c [Class],
        workload: &'c Workload,
        settings: &Settings,
    ) -> Company<'c> {
        let mut by_input = vec![Vec::new(); workload.inputs.len()];
        if settings.happening == Happening::Twice {
            for class in classes {
                by_input[class.input as usize].push(class);
            }
        }
        Company {
            workload,
            seed: settings.seed,
            by_input,
        }
    }

    /// The second fault of a run of a class; the same for the same seed.
    pub(crate) fn of(&self, class: &Class, run: u64) -> Option<(u64, Fault)> {
        let mut state = self.seed;
        let index = u64::from(class.place.index);
        for part in [u64::from(class.input), u64::from(class.point), index, run] {
            state = split_mix(&mut state) ^ part;
        }
        let classes = &self.by_input[class.input as usize];
        let drawn = |below: u64, state: &mut u64| {
            ((u128::from(split_mix(state)) * u128::from(below)) >> 64) as u64
        };
        let second = classes.get(drawn(classes.len() as u64, &mut state) as usize)?;
        let run = drawn(second.runs(self.workload), &mut state);
        Some((u64::from(second.point), second.fault(run)))
    }
}
