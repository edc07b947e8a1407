//! How far the cases came; what never happens would make the test worthless.

use std::collections::BTreeMap;

/// Counts by name.
#[derive(Clone, Default, Debug)]
pub(crate) struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    /// Counts one more of these.
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    /// How many of these were counted.
    #[allow(dead_code, reason = "only the short form asks")]
    pub(crate) fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// Adds what another tally counted.
    #[allow(dead_code, reason = "only the long form has several workers")]
    pub(crate) fn add(&mut self, other: &Tally) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        for (what, count) in &self.0 {
            writeln!(f, "{count:>12}  {what}")?;
        }
        Ok(())
    }
}
