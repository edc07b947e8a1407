//! Reports of campaigns as a table for a terminal.

use super::replay_command;
use crate::cli::InjectArgs;
use crate::exit::Code;
use pasc_inject::{Outcome, Report, grouped};

/// One column for each report.
pub(crate) fn table(reports: &[Report]) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: &str, cell: &dyn Fn(&Report) -> String| {
        let cells = reports.iter().map(cell);
        rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
    };
    row("", &|report| report.mode.clone());
    row("steps", &|report| grouped(report.steps));
    row("locations", &|report| grouped(report.locations));
    row("faults", &|report| grouped(report.injected));
    row("runs", &|report| grouped(report.performed));
    for outcome in Outcome::ALL {
        let name = match outcome {
            Outcome::RuntimeError => "  of these runtime errors",
            Outcome::OmittedCommitted => "  of these after a commit",
            Outcome::Sdc => "silent corruption",
            other => other.label(),
        };
        row(name, &|report| {
            let number = report.counts.of(*outcome);
            match outcome {
                Outcome::Sdc if number > 0 => {
                    format!(
                        "{} ({:.3} %)",
                        grouped(number),
                        100.0 * report.share(*outcome)
                    )
                }
                _ => grouped(number),
            }
        });
    }
    row("not reachable", &|report| grouped(report.unreachable));
    let widths: Vec<usize> = (0..=reports.len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
        .collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).enumerate();
        let line: Vec<String> = cells
            .map(|(column, (cell, width))| match column {
                0 => format!("{cell:width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        line.join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// How many silent corruptions are listed on a terminal.
const LISTED: usize = 10;

/// The silent corruptions of a report, with the command that shows each again.
pub(crate) fn silent(report: &Report, args: &InjectArgs) -> Vec<String> {
    let mut lines = Vec::new();
    for shown in report.sdc_list.iter().take(LISTED) {
        let line = match shown.line {
            0 => String::new(),
            line => format!(", line {line}"),
        };
        lines.push(format!(
            "silent corruption in {}: input {}, step {} ({}{line})\n  {}",
            report.mode,
            shown.input,
            shown.step,
            shown.site,
            replay_command(args, report, &shown.fault)
        ));
    }
    let more = report.sdc_list.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(format!("and {more} more; --json and --html list them"));
    }
    for gap in report.gaps() {
        lines.push(format!(
            "warning: the campaign in {} is not whole: {gap}",
            report.mode
        ));
    }
    lines
}

/// How campaigns end. Of one that is not whole, what it did not find is undecided.
pub(crate) fn ended(reports: &[Report]) -> Code {
    let of_one = |report: &Report| match report.gaps().is_empty() {
        false => Code::Undecided,
        true if report.counts.sdc > 0 => Code::Found,
        true => Code::Done,
    };
    reports.iter().map(of_one).max().unwrap_or(Code::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pasc_inject::Counts;
    use std::collections::BTreeMap;

    fn report(missed: u64, stranger: Option<&str>, sdc: u64) -> Report {
        Report {
            format: pasc_inject::FORMAT,
            level: "machine".to_owned(),
            mode: "lockstep".to_owned(),
            program: "a.pasc".to_owned(),
            inputs: 1,
            exhaustive: true,
            without: None,
            samples: None,
            only: Vec::new(),
            growing: false,
            happening: pasc_inject::Happening::Once,
            part: String::new(),
            weighted: None,
            seed: 0,
            steps: 1,
            locations: 1,
            injected: 9,
            performed: 9,
            unreachable: 0,
            unreachable_by_place: BTreeMap::new(),
            missed,
            counts: Counts {
                sdc,
                ..Counts::default()
            },
            by_line: BTreeMap::new(),
            by_place: BTreeMap::new(),
            by_site: BTreeMap::new(),
            by_bit: BTreeMap::new(),
            by_place_bit: BTreeMap::new(),
            sdc_list: Vec::new(),
            strangers: stranger.into_iter().map(str::to_owned).collect(),
        }
    }

    #[test]
    fn a_campaign_that_is_not_whole_is_undecided() {
        let stranger = Some("[u64] after read");
        for (reports, code) in [
            (vec![report(0, None, 0)], Code::Done),
            (vec![report(0, None, 1)], Code::Found),
            (vec![report(1, None, 0)], Code::Undecided),
            (vec![report(0, stranger, 0)], Code::Undecided),
            (
                vec![report(0, stranger, 1), report(0, None, 0)],
                Code::Undecided,
            ),
        ] {
            assert_eq!(ended(&reports), code, "{reports:?}");
        }
    }
}
