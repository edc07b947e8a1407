//! Outcomes of faults, and how many had each.

use serde::{Deserialize, Serialize};

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
