//! A report as a page.
//!
//! In: reports of the same workload, one for each mode. Out: one HTML page that needs nothing else:
//! no network, no fonts, no other file. Every tag is closed and every text escaped. Without its script
//! the page says the same; only the buttons that copy commands are missing.

mod bars;
mod head;
mod html;
mod interval;
mod numbers;
mod places;
mod silent;
mod tables;

use crate::happening::Happening;
use crate::outcome::{Counts, Outcome};
use crate::presets::{GROWTH, PRESETS};
use crate::report::Report;
use crate::workload::Workload;
use html::Html;
pub use interval::clopper_pearson;
pub use numbers::{grouped, several};

/// What a browser may load for this page: nothing but what stands in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// One self-contained page for reports of the same workload. `command` is the one that was given,
/// without modes and samples.
pub fn page(workload: &Workload, reports: &[Report], command: &str) -> String {
    let mut html = Html::new();
    html.own("<!DOCTYPE html>\n");
    html.element("html", &[("lang", "en")], |html| {
        html.element("head", &[], |html| head(html, workload));
        html.element("body", &[], |html| {
            html.element("main", &[], |html| {
                head::head(html, workload, reports, command);
                bars::outcomes(html, reports);
                tables::lines(html, workload, reports);
                tables::sites(html, reports);
                places::places(html, reports);
                tables::bits(html, reports);
                silent::silent(html, reports, command);
            });
            html.element("script", &[], |html| html.own(include_str!("page/page.js")));
        });
    });
    html.own("\n");
    html.finish()
}

fn head(html: &mut Html, workload: &Workload) {
    html.void("meta", &[("charset", "utf-8")]);
    html.void(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", POLICY),
        ],
    );
    html.void(
        "meta",
        &[
            ("name", "viewport"),
            ("content", "width=device-width, initial-scale=1"),
        ],
    );
    html.void(
        "meta",
        &[("name", "color-scheme"), ("content", "light dark")],
    );
    html.leaf(
        "title",
        &[],
        &format!("Fault injection: {}", workload.source().0),
    );
    html.element("style", &[], |html| html.own(include_str!("page/page.css")));
}

/// The name of an outcome for people.
fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::RuntimeError => "runtime error",
        Outcome::OmittedCommitted => "omitted after a commit",
        Outcome::Sdc => "silent corruption",
        other => other.label(),
    }
}

/// Outcomes of which none is part of another: those of the whole report hold the parts
/// of the omissions twice.
fn apart(report: &Report) -> Counts {
    let mut counts = report.counts;
    let parts = counts.runtime_error + counts.omitted_committed;
    counts.omitted = counts.omitted.saturating_sub(parts);
    counts
}

/// Faults that had an effect: neither masked nor latent.
fn effective(counts: &Counts) -> u64 {
    counts.total() - counts.masked - counts.latent
}

/// What tells a report from the others: its mode, the check that was taken out, what was drawn.
fn title(report: &Report) -> String {
    match &report.without {
        Some(check) => format!("{} without {check}", report.mode),
        None if report.part.is_empty() => report.mode.clone(),
        None => format!("{} {}", report.mode, report.part),
    }
}

/// The command of the campaign in one mode, or with `--replay` of one fault.
fn command_of(report: &Report, command: &str, fault: Option<&str>) -> String {
    let mut text = format!("{command} --mode {}", report.mode);
    if let Some(check) = &report.without {
        text += &format!(" --without {check}");
    }
    if fault.is_none() {
        if !report.part.is_empty() {
            text += &format!(" {}", report.part);
        }
        text += &part_of(&report.only);
        if report.growing {
            text += &format!(" --campaign {GROWTH}");
        }
    }
    if report.happening != Happening::Once {
        text += &format!(" --happening {}", report.happening.label());
    }
    if let Some(fault) = fault {
        return format!("{text} --replay '{fault}'");
    }
    if let Some(samples) = report.samples {
        text += &format!(" --samples {samples} --seed {}", report.seed);
    }
    text
}

/// The options that choose a part of the places: the parts of names that were given, then those of a
/// named campaign.
fn part_of(only: &[String]) -> String {
    let named = PRESETS.iter().find(|(_, parts, _)| {
        if parts.is_empty() {
            return false;
        }
        let rest = only.len().checked_sub(parts.len());
        rest.is_some_and(|rest| only[rest..].iter().zip(*parts).all(|(a, b)| a == b))
    });
    let given = only.len() - named.map_or(0, |(_, parts, _)| parts.len());
    let mut options: Vec<String> = only[..given]
        .iter()
        .map(|part| format!(" --only {part}"))
        .collect();
    options.extend(named.map(|(name, ..)| format!(" --campaign {name}")));
    options.concat()
}

/// A command with a button that copies it.
fn copyable(html: &mut Html, command: &str) {
    html.element("span", &[("class", "command")], |html| {
        html.leaf("code", &[], command);
        let label = format!("copy: {command}");
        let attributes = [
            ("type", "button"),
            ("hidden", ""),
            ("aria-label", label.as_str()),
        ];
        html.leaf("button", &attributes, "copy");
    });
}
