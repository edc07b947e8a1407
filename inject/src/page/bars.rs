//! Outcomes by mode, as bars and in numbers.

use super::html::Html;
use super::numbers::{grouped, percent, share};
use super::{apart, effective, name, title};
use crate::outcome::{Counts, Outcome};
use crate::report::Report;

/// The section with the outcomes of whole reports.
pub(crate) fn outcomes(html: &mut Html, reports: &[Report]) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], "Outcomes");
        for report in reports {
            let counts = apart(report);
            let effects = Counts {
                masked: 0,
                latent: 0,
                ..counts
            };
            html.element("div", &[("class", "bars")], |html| {
                html.leaf("h3", &[], &title(report));
                bar(html, "all faults", &counts);
                bar(html, "with an effect", &effects);
            });
        }
        legend(html);
        html.leaf(
            "p",
            &[("class", "note")],
            "The bars are linear; what would be too narrow to be seen is drawn two pixels wide. \
             Faults with an effect are those that are neither masked nor latent.",
        );
        numbers(html, reports);
    });
}

fn bar(html: &mut Html, label: &str, counts: &Counts) {
    html.element("div", &[("class", "bar")], |html| {
        html.leaf("span", &[("class", "bar-name")], label);
        mix(html, counts);
        html.leaf("span", &[("class", "bar-total")], &grouped(counts.total()));
    });
}

/// What each colour and pattern is.
fn legend(html: &mut Html) {
    html.element("ul", &[("class", "legend")], |html| {
        for outcome in Outcome::ALL {
            html.element("li", &[], |html| {
                swatch(html, *outcome);
                html.text(name(*outcome));
            });
        }
    });
}

fn swatch(html: &mut Html, outcome: Outcome) {
    let class = format!("swatch o-{}", outcome.label());
    html.leaf("i", &[("class", &class), ("aria-hidden", "true")], "");
}

/// A bar of all outcomes next to each other, in linear shares. The numbers are its text.
pub(crate) fn mix(html: &mut Html, counts: &Counts) {
    let total = counts.total();
    if total == 0 {
        html.leaf("span", &[("class", "mix empty")], "none");
        return;
    }
    let found = Outcome::ALL
        .iter()
        .filter(|outcome| counts.of(**outcome) > 0);
    let texts: Vec<String> = found
        .clone()
        .map(|outcome| part(counts, *outcome))
        .collect();
    let text = texts.join(", ");
    let attributes = [
        ("class", "mix"),
        ("role", "img"),
        ("aria-label", &text),
        ("title", &text),
    ];
    html.element("span", &attributes, |html| {
        for outcome in found {
            let class = format!("o-{}", outcome.label());
            let width = 100.0 * share(counts.of(*outcome), total);
            html.leaf(
                "i",
                &[
                    ("class", &class),
                    ("style", &format!("flex-grow:{width:.4}")),
                ],
                "",
            );
        }
    });
}

/// An outcome among others, in words.
pub(crate) fn part(counts: &Counts, outcome: Outcome) -> String {
    let number = counts.of(outcome);
    format!(
        "{} {} ({})",
        name(outcome),
        grouped(number),
        percent(share(number, counts.total()))
    )
}

/// From which share on bars are readable on a linear scale.
const READABLE: f64 = 0.005;

/// How the bars beside the numbers are scaled.
enum Scale {
    Linear,
    /// Each power of ten is equally wide; this many of them, down from 100 %.
    Logarithmic(u32),
}

impl Scale {
    /// The scale on which the least share can be seen.
    fn of(reports: &[Report]) -> Scale {
        let shares = reports.iter().flat_map(|report| {
            let counts = apart(report);
            Outcome::ALL
                .iter()
                .map(move |o| share(counts.of(*o), counts.total()))
        });
        let least = shares.filter(|share| *share > 0.0).fold(1.0, f64::min);
        if least >= READABLE {
            Scale::Linear
        } else {
            Scale::Logarithmic((-least.log10()).floor() as u32 + 1)
        }
    }

    /// The width of a share's bar in per cent.
    fn width(&self, share: f64) -> f64 {
        match self {
            _ if share <= 0.0 => 0.0,
            Scale::Linear => 100.0 * share,
            Scale::Logarithmic(powers) => {
                (100.0 * (1.0 + share.log10() / f64::from(*powers))).clamp(0.0, 100.0)
            }
        }
    }

    /// How many equal parts the scale is divided into by lines.
    fn parts(&self) -> u32 {
        match self {
            Scale::Linear => 4,
            Scale::Logarithmic(powers) => *powers,
        }
    }

    fn text(&self) -> String {
        match self {
            Scale::Linear => "The bars below the numbers are linear, from 0 to 100 %.".to_owned(),
            Scale::Logarithmic(powers) => format!(
                "The bars below the numbers are logarithmic, so that small shares can be seen: from \
                 {} to 100 % of all faults, a line for each power of ten.",
                percent(10_f64.powi(-(*powers as i32)))
            ),
        }
    }
}

/// Exact numbers, with a bar for each share.
fn numbers(html: &mut Html, reports: &[Report]) {
    let scale = Scale::of(reports);
    html.leaf("h3", &[], "In numbers");
    html.leaf("p", &[("class", "note")], &scale.text());
    html.element("div", &[("class", "scroll"), ("tabindex", "0")], |html| {
        html.element("table", &[("class", "numbers")], |html| {
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    html.leaf("th", &[("scope", "col")], "outcome");
                    for report in reports {
                        html.leaf("th", &[("scope", "col"), ("class", "num")], &title(report));
                    }
                });
            });
            html.element("tbody", &[], |html| {
                for outcome in Outcome::ALL {
                    row(html, *outcome, reports, &scale);
                }
                totals(html, reports);
            });
        });
    });
}

fn row(html: &mut Html, outcome: Outcome, reports: &[Report], scale: &Scale) {
    let class = format!("row-{}", outcome.label());
    html.element("tr", &[("class", &class)], |html| {
        html.element("th", &[("scope", "row")], |html| {
            swatch(html, outcome);
            html.text(name(outcome));
            html.leaf("span", &[("class", "meaning")], outcome.text());
        });
        for report in reports {
            // Omissions as the report counts them: with runtime errors.
            let number = report.counts.of(outcome);
            let part = share(number, report.injected);
            html.element("td", &[("class", "num")], |html| {
                html.leaf("b", &[], &grouped(number));
                html.leaf("span", &[("class", "share")], &percent(part));
                let style = format!("--parts:{}", scale.parts());
                let track = [
                    ("class", "track"),
                    ("style", style.as_str()),
                    ("aria-hidden", "true"),
                ];
                html.element("span", &track, |html| {
                    let class = format!("o-{}", outcome.label());
                    let width = format!("width:{:.2}%", scale.width(part));
                    html.leaf("i", &[("class", &class), ("style", &width)], "");
                });
            });
        }
    });
}

fn totals(html: &mut Html, reports: &[Report]) {
    let all = |report: &Report| report.injected;
    let with_effect = |report: &Report| effective(&apart(report));
    total(html, "all faults", reports, &all);
    total(html, "with an effect", reports, &with_effect);
}

fn total(html: &mut Html, name: &str, reports: &[Report], number: &dyn Fn(&Report) -> u64) {
    html.element("tr", &[("class", "total")], |html| {
        html.leaf("th", &[("scope", "row")], name);
        for report in reports {
            let number = number(report);
            html.element("td", &[("class", "num")], |html| {
                html.leaf("b", &[], &grouped(number));
                let part = percent(share(number, report.injected));
                html.leaf("span", &[("class", "share")], &part);
            });
        }
    });
}
