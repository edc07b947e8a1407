//! The silent corruptions, each with the command that replays it.

use super::html::Html;
use super::numbers::{grouped, several};
use super::{command_of, copyable, title};
use crate::report::{Report, Shown};

/// How many of a report are shown without a click.
const OPEN: usize = 12;

/// The section with the lists.
pub(crate) fn silent(html: &mut Html, reports: &[Report], command: &str) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], "Silent corruptions");
        for report in reports {
            html.leaf("h3", &[], &title(report));
            if report.counts.sdc == 0 {
                html.leaf("p", &[("class", "none")], "None was found.");
                continue;
            }
            html.leaf("p", &[("class", "note")], &extent(report));
            let (open, folded) = report.sdc_list.split_at(report.sdc_list.len().min(OPEN));
            list(html, open, report, command);
            if !folded.is_empty() {
                html.element("details", &[], |html| {
                    let more = format!("{} more", grouped(folded.len() as u64));
                    html.leaf("summary", &[], &more);
                    list(html, folded, report, command);
                });
            }
        }
    });
}

fn extent(report: &Report) -> String {
    let weight: u64 = report.sdc_list.iter().map(|shown| shown.weight).sum();
    let runs = several(report.sdc_list.len() as u64, "run", "runs");
    if weight == report.counts.sdc {
        return format!("All of them: {runs}.");
    }
    format!(
        "{runs} that stand for {} of {}; the report keeps no more of them.",
        several(weight, "fault", "faults"),
        grouped(report.counts.sdc)
    )
}

fn list(html: &mut Html, shown: &[Shown], report: &Report, command: &str) {
    html.element("ol", &[("class", "silent")], |html| {
        for shown in shown {
            html.element("li", &[], |html| {
                html.element("p", &[], |html| place(html, shown));
                copyable(html, &command_of(report, command, Some(&shown.fault)));
            });
        }
    });
}

fn place(html: &mut Html, shown: &Shown) {
    html.leaf(
        "b",
        &[],
        &format!("input {}, step {}", shown.input, shown.step),
    );
    html.text(" · ");
    // Input and step stand before the fault already.
    let fault = shown.fault.splitn(3, ':').last().unwrap_or(&shown.fault);
    html.leaf("code", &[], fault);
    html.text(&format!(" · after {}", shown.site));
    if shown.line > 0 {
        html.text(" · ");
        let target = format!("#line-{}", shown.line);
        html.leaf("a", &[("href", &target)], &format!("line {}", shown.line));
    }
    if shown.weight > 1 {
        html.text(&format!(
            " · stands for {}",
            several(shown.weight, "fault", "faults")
        ));
    }
}
