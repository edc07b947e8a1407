//! The head of the page: what was run, and the verdict.

use super::html::Html;
use super::interval::clopper_pearson;
use super::numbers::{grouped, percent, several, share};
use super::{command_of, copyable, title};
use crate::happening::Happening;
use crate::report::Report;
use crate::workload::Workload;

/// The title, and a card for each report.
pub(crate) fn head(html: &mut Html, workload: &Workload, reports: &[Report], command: &str) {
    html.element("header", &[], |html| {
        html.leaf("p", &[("class", "kicker")], "pasc inject");
        html.element("h1", &[], |html| {
            html.text("Fault injection: ");
            html.leaf("code", &[], workload.source().0);
        });
        html.leaf("p", &[("class", "lead")], &about(workload, reports));
    });
    html.element("div", &[("class", "cards")], |html| {
        for report in reports {
            card(html, report, command);
        }
    });
}

fn about(workload: &Workload, reports: &[Report]) -> String {
    let inputs = several(workload.inputs() as u64, "input", "inputs");
    let level = reports
        .first()
        .map_or("machine", |report| report.level.as_str());
    format!(
        "{inputs} of a trace, once without a fault, then again for each fault at the level of the \
         {level}. What the process sends and keeps is compared with the run without a fault."
    )
}

fn card(html: &mut Html, report: &Report, command: &str) {
    let (class, sign) = match (report.counts.sdc, is_control(report)) {
        // What a campaign that is not whole did not find is no proof.
        (0, _) if report.injected == 0 || !report.gaps().is_empty() => ("card control", "△"),
        (0, _) => ("card good", "✓"),
        (_, true) => ("card control", "△"),
        (_, false) => ("card bad", "✗"),
    };
    html.element("section", &[("class", class)], |html| {
        html.leaf("h2", &[], &title(report));
        html.element("p", &[("class", "verdict")], |html| {
            html.leaf("span", &[("class", "sign"), ("aria-hidden", "true")], sign);
            html.text(&verdict(report));
        });
        if let Some(remark) = remark(report) {
            html.leaf("p", &[("class", "remark")], &remark);
        }
        for warning in report.gaps() {
            html.element("p", &[("class", "warning")], |html| {
                html.leaf("strong", &[], "Not whole: ");
                html.text(&warning);
            });
        }
        html.element("dl", &[], |html| {
            for (name, value) in facts(report) {
                html.element("div", &[], |html| {
                    html.leaf("dt", &[], name);
                    html.leaf("dd", &[], &value);
                });
            }
        });
        copyable(html, &command_of(report, command, None));
    });
}

/// Whether silent corruption is expected: nothing checks, a check was taken out, or the faults are
/// beyond the fault model.
fn is_control(report: &Report) -> bool {
    report.mode == "plain" || report.without.is_some() || report.happening != Happening::Once
}

/// The sentence that the campaign was run for.
pub(crate) fn verdict(report: &Report) -> String {
    let (found, all) = (report.counts.sdc, grouped(report.injected));
    let faults = match (report.injected, report.samples) {
        (1, _) => "fault",
        (_, Some(_)) => "faults that were drawn",
        (_, None) => "faults",
    };
    match found {
        0 if report.injected == 0 => "No fault was injected: this says nothing".to_owned(),
        0 => format!("No silent corruption in {all} {faults}"),
        1 => format!("1 silent corruption in {all} {faults}"),
        _ => format!("{} silent corruptions in {all} {faults}", grouped(found)),
    }
}

fn remark(report: &Report) -> Option<String> {
    if let Some(check) = &report.without {
        return Some(format!(
            "The check `{check}` was taken out of the machine, to see whether the campaign notices."
        ));
    }
    if let Some(what) = report.happening.remark() {
        return Some(format!("{what}: beyond the fault model, for information."));
    }
    (report.mode == "plain").then(|| {
        "The control: one lane and no checks. A campaign that finds nothing here is broken."
            .to_owned()
    })
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let mut facts = vec![("faults stood for", grouped(report.injected))];
    facts.push(("runs", grouped(report.performed)));
    facts.push(("steps", grouped(report.steps)));
    facts.push(("locations", grouped(report.locations)));
    facts.push(("extent", extent(report)));
    let of_all = share(report.counts.sdc, report.injected);
    if report.samples.is_some() && report.injected > 0 {
        let (low, high) = clopper_pearson(report.counts.sdc, report.injected);
        facts.push((
            "silent, of all",
            format!(
                "{}; {} to {} with 95 % confidence (Clopper-Pearson)",
                percent(of_all),
                percent(low),
                percent(high)
            ),
        ));
    } else if report.counts.sdc > 0 {
        facts.push(("silent, of all", percent(of_all)));
    }
    if report.counts.sdc > 0 {
        let of_effective = report.share(crate::outcome::Outcome::Sdc);
        facts.push(("silent, of those with an effect", percent(of_effective)));
    }
    if let Some(weighted) = report.weighted {
        let text = format!("{weighted:.1} for a fault in each instruction of a run");
        facts.push(("silent, weighted by run time", text));
    }
    if report.unreachable > 0 {
        facts.push((
            "out of reach between two steps",
            grouped(report.unreachable),
        ));
    }
    facts
}

fn extent(report: &Report) -> String {
    let places = if !report.part.is_empty() {
        format!("what `{}` chooses", report.part)
    } else if report.only.is_empty() {
        "all places".to_owned()
    } else {
        format!("places with {} in their name", report.only.join(" or "))
    };
    let places = if report.growing {
        format!("{places}, in messages with which the state grows")
    } else {
        places
    };
    match report.samples {
        Some(samples) => format!(
            "sampled: {} of {places}, seed {}",
            several(samples, "fault", "faults"),
            report.seed
        ),
        None => format!("exhaustive: every fault of {places}"),
    }
}
