//! Outcomes of faults, and how many had each.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! outcomes {
    ($($name:ident $label:ident $text:literal;)+) => {
        /// What a fault led to.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Outcome { $(#[doc = $text] $name,)+ }

        impl Outcome {
            /// Every outcome.
            pub const ALL: &[Outcome] = &[$(Outcome::$name),+];

            /// The name in reports.
            pub fn label(self) -> &'static str {
                match self { $(Outcome::$name => stringify!($label),)+ }
            }

            /// What it means.
            pub fn text(self) -> &'static str {
                match self { $(Outcome::$name => $text,)+ }
            }
        }

        /// How many faults had each outcome.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
        pub struct Counts { $(#[doc = $text] pub $label: u64,)+ }

        impl Counts {
            /// Counts faults.
            pub fn add(&mut self, outcome: Outcome, faults: u64) {
                match outcome { $(Outcome::$name => self.$label += faults,)+ }
            }

            /// How many had this outcome.
            pub fn of(&self, outcome: Outcome) -> u64 {
                match outcome { $(Outcome::$name => self.$label,)+ }
            }
        }
    };
}

outcomes! {
    Masked masked "the same outputs and the same state as without the fault";
    Trapped trapped "the process stopped before a wrong output left";
    Latent latent "outputs are right; a variable differs from its replica, and its next read traps";
    Exposed exposed "an output left whose CRC does not match; receivers drop it";
    Omitted omitted "the message, or an output of it, was lost";
    RuntimeError runtime_error "the handler failed with a runtime error; part of the omissions";
    OmittedCommitted omitted_committed "the message was handled and committed, and an output was lost; part of the omissions";
    Crashed crashed "the process died of itself before a wrong output left";
    Hung hung "the watchdog ended the process";
    Sdc sdc "silent data corruption: a wrong output with a right CRC, or a wrong state in both copies";
}

impl Counts {
    /// All faults.
    pub fn total(&self) -> u64 {
        Outcome::ALL.iter().map(|outcome| self.of(*outcome)).sum()
    }

    /// Adds the counts of another part of the campaign.
    pub fn merge(&mut self, other: &Counts) {
        for outcome in Outcome::ALL {
            self.add(*outcome, other.of(*outcome));
        }
    }
}

/// Counts of which only those that are not 0 are written, by label: for tables with many rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(into = "BTreeMap<String, u64>", from = "BTreeMap<String, u64>")]
pub struct Sparse(pub Counts);

impl From<Sparse> for BTreeMap<String, u64> {
    fn from(counts: Sparse) -> BTreeMap<String, u64> {
        let found = Outcome::ALL
            .iter()
            .filter(|outcome| counts.0.of(**outcome) > 0);
        found
            .map(|outcome| (outcome.label().to_owned(), counts.0.of(*outcome)))
            .collect()
    }
}

impl From<BTreeMap<String, u64>> for Sparse {
    fn from(written: BTreeMap<String, u64>) -> Sparse {
        let mut counts = Counts::default();
        for outcome in Outcome::ALL {
            counts.add(*outcome, written.get(outcome.label()).copied().unwrap_or(0));
        }
        Sparse(counts)
    }
}
