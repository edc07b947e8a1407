//! Fault injection: lets every fault happen to a program that the machine runs, and tells what came
//! of each.
//!
//! In: a program with its inputs ([`Workload`]). Out: a [`Report`] with the number of faults for each
//! [`Outcome`]. The machine is that of `vm/`, compiled with the points at which faults happen.

mod campaign;
mod classes;
mod draw;
mod faults;
mod forced;
mod golden;
mod happening;
mod judge;
pub mod kept;
mod message;
mod mutation;
mod outcome;
mod outputs;
mod page;
mod parse;
mod presets;
mod quiet;
mod recovery;
mod report;
mod resume;
mod workload;

pub use campaign::{ModeName, Progress, Settings, phases, replay, run};
pub use classes::{CheckedClasses, check_classes};
pub use draw::split_mix;
pub use forced::{ForcedStop, force_stops};
pub use happening::{Happening, OneFault};
pub use message::{MessageReport, run_messages};
pub use mutation::{Mutation, mutate};
pub use outcome::{Counts, Outcome, Sparse};
pub use outputs::{Outputs, compare, compare_record, frames, is_intact, is_recovered, is_taken};
pub use page::{clopper_pearson, grouped, page, several};
pub use parse::parse_fault;
pub use pasc_vm_probed::probe::{Change, Check, Fault, Place};
pub use presets::{GROWTH, PRESETS, RECOVERY, preset};
pub use recovery::{parse_damage, replay_recovery, run_recovery};
pub use report::{FORMAT, Report, Shown, fault_name};
pub use workload::{CampaignError, MOST_STEPS, Workload, WorkloadInput};
