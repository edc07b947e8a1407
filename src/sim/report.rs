//! What many runs came to, for people and as JSON.

use crate::report::count;
use pasc_sim::Report;
use std::fmt::Write;
use std::time::Duration;

/// The report as JSON.
pub(super) fn json(report: &Report) -> String {
    // It holds numbers, texts and maps with texts as keys.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

/// The report for people.
pub(super) fn text(report: &Report, took: Duration) -> String {
    let mut out = String::new();
    for found in &report.violations {
        // Writing to a String cannot fail.
        let at = found.at as f64 / 1e6;
        let _ = writeln!(
            out,
            "seed {}: {}, at {at:.6} s: {}",
            found.seed,
            found.kind,
            found.text.trim_end()
        );
    }
    for (seed, why) in &report.undecided {
        let _ = writeln!(out, "seed {seed}: undecided: {why}");
    }
    for (what, number) in &report.faults {
        let _ = writeln!(out, "  {:<32} {number}", what.replace('_', " "));
    }
    for (who, number) in &report.suspects {
        let _ = writeln!(
            out,
            "  {:<32} {number}",
            format!("{who} answered otherwise")
        );
    }
    let seconds = took.as_secs_f64();
    let _ = write!(
        out,
        "{}, {}, {} ({:.0} a second), {}, {:.1} s of virtual time in {seconds:.1} s",
        count(report.seeds as usize, "run"),
        count(report.operations as usize, "operation"),
        count(report.messages as usize, "message"),
        report.messages as f64 / seconds,
        count(report.leader_changes as usize, "leader change"),
        report.time as f64 / 1e6,
    );
    out
}
