//! Where faults were: a row for each place by name, a cell for each of its bits.

use super::bars::part;
use super::html::Html;
use super::numbers::{percent, share, short};
use super::tables::silent_cell;
use super::{effective, title};
use crate::outcome::{Counts, Outcome, Sparse};
use crate::report::Report;
use std::collections::{BTreeMap, BTreeSet};

/// What places that share no first word with another are called together.
const SINGLE: &str = "others";

/// The section with a map for each report, side by side where there is room.
pub(crate) fn places(html: &mut Html, reports: &[Report]) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], "Locations and bits");
        html.leaf(
            "p",
            &[("class", "note")],
            "A row is a place of the machine by name, over all its indices and lanes; a cell is a bit \
             of it, from the lowest at the left. Point at a cell to read its numbers.",
        );
        scale(html);
        let names: BTreeSet<&str> = reports
            .iter()
            .flat_map(|report| report.by_place.keys().map(String::as_str))
            .collect();
        let groups = groups(&names);
        html.element("div", &[("class", "maps")], |html| {
            for report in reports {
                html.element("div", &[("class", "map")], |html| {
                    html.leaf("h3", &[], &title(report));
                    map(html, report, &groups);
                });
            }
        });
    });
}

/// Names by their first word; those with a first word of their own come last, together.
fn groups<'a>(names: &BTreeSet<&'a str>) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut words: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        let word = name.split('.').next().unwrap_or(name);
        words.entry(word).or_default().push(name);
    }
    let (many, single): (Vec<_>, Vec<_>) = words.into_iter().partition(|(_, n)| n.len() > 1);
    let single: Vec<&str> = single.into_iter().flat_map(|(_, names)| names).collect();
    let mut groups = many;
    if !single.is_empty() {
        groups.push((SINGLE, single));
    }
    groups
}

/// Shares from which on a cell is darker: with an effect, or silent.
const EFFECTS: [f64; 5] = [0.0, 0.01, 0.1, 0.5, 0.9];
const SILENT: [f64; 4] = [0.0, 0.01, 0.1, 0.5];

/// How a cell looks: silent corruption first, then the share of faults with an effect.
fn look(counts: &Counts) -> String {
    let total = counts.total();
    let level = |part: u64, steps: &[f64]| {
        let value = share(part, total);
        let steps = steps.iter().filter(|from| value > 0.0 && value >= **from);
        steps.count()
    };
    match counts.sdc {
        0 => format!("e{}", level(effective(counts), &EFFECTS)),
        silent => format!("s{}", level(silent, &SILENT)),
    }
}

/// What the colours of cells mean.
fn scale(html: &mut Html) {
    let cell = |html: &mut Html, class: &str, text: &str| {
        html.element("li", &[], |html| {
            let attributes = [
                ("class", "key"),
                ("viewBox", "0 0 10 10"),
                ("aria-hidden", "true"),
            ];
            html.element("svg", &attributes, |html| {
                rect(html, class, (0, 10), 10, None);
            });
            html.text(text);
        });
    };
    html.element("ul", &[("class", "legend")], |html| {
        cell(html, "e0", "no effect");
        for (level, text) in ["< 1 %", "1 %", "10 %", "50 %", "≥ 90 % with an effect"]
            .iter()
            .enumerate()
        {
            cell(html, &format!("e{}", level + 1), text);
        }
        for (level, text) in ["silent, < 1 %", "1 %", "10 %", "≥ 50 %"]
            .iter()
            .enumerate()
        {
            cell(html, &format!("s{}", level + 1), text);
        }
    });
}

fn map(html: &mut Html, report: &Report, groups: &[(&str, Vec<&str>)]) {
    let width = width(report);
    let all: BTreeMap<u8, Sparse> = report
        .by_bit
        .iter()
        .map(|(bit, counts)| (*bit, Sparse(*counts)))
        .collect();
    let mut total = Counts::default();
    report
        .by_place
        .values()
        .for_each(|counts| total.merge(counts));
    html.element("div", &[("class", "scroll"), ("tabindex", "0")], |html| {
        html.element("table", &[("class", "grid places")], |html| {
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    html.leaf("th", &[("scope", "col")], "place");
                    html.element("th", &[("scope", "col"), ("class", "axis")], |html| {
                        axis(html, width)
                    });
                    for name in ["faults", "effect", "silent"] {
                        html.leaf("th", &[("scope", "col"), ("class", "num")], name);
                    }
                });
            });
            html.element("tbody", &[], |html| {
                row(html, "all places", &total, Some(&all), width);
            });
            for (word, names) in groups {
                html.element("tbody", &[], |html| {
                    let attributes = [("scope", "rowgroup"), ("colspan", "5"), ("class", "group")];
                    html.element("tr", &[], |html| html.leaf("th", &attributes, word));
                    for name in names {
                        let counts = report.by_place.get(*name).copied().unwrap_or_default();
                        row(html, name, &counts, report.by_place_bit.get(*name), width);
                    }
                });
            }
        });
    });
}

/// How many bits the map shows: those of the widest place, in whole bytes.
fn width(report: &Report) -> u32 {
    let most = report.by_bit.keys().next_back().copied().unwrap_or(63);
    (u32::from(most) + 1).next_multiple_of(8)
}

/// The numbers of bits above their cells.
fn axis(html: &mut Html, width: u32) {
    html.element("span", &[("class", "ticks")], |html| {
        for bit in (0..width).step_by(16) {
            html.leaf("span", &[], &format!("bit {bit}"));
        }
    });
}

fn row(
    html: &mut Html,
    name: &str,
    counts: &Counts,
    bits: Option<&BTreeMap<u8, Sparse>>,
    width: u32,
) {
    let total = counts.total();
    let class = if counts.sdc > 0 {
        "has-silent"
    } else {
        "is-clean"
    };
    html.element("tr", &[("class", class)], |html| {
        html.leaf("th", &[("scope", "row")], name);
        html.element("td", &[("class", "cells")], |html| match bits {
            Some(bits) => strip(html, name, bits, width),
            None => html.leaf(
                "span",
                &[("class", "quiet")],
                if total > 0 { "no single bits" } else { "" },
            ),
        });
        if total == 0 {
            (0..3).for_each(|_| html.leaf("td", &[("class", "num quiet")], "–"));
            return;
        }
        html.leaf("td", &[("class", "num")], &short(total));
        html.leaf(
            "td",
            &[("class", "num")],
            &percent(share(effective(counts), total)),
        );
        silent_cell(html, counts.sdc);
    });
}

/// The height of a strip, in the units in which a bit is 10 wide.
const HEIGHT: u32 = 24;

/// The cells of a place. Neighbours with equal numbers are one rectangle.
fn strip(html: &mut Html, name: &str, bits: &BTreeMap<u8, Sparse>, width: u32) {
    let mut parts: Vec<(u32, u32, Counts)> = Vec::new();
    for (bit, Sparse(counts)) in bits {
        let bit = u32::from(*bit);
        match parts.last_mut() {
            Some((_, last, same)) if *last + 1 == bit && same == counts => *last = bit,
            _ => parts.push((bit, bit, *counts)),
        }
    }
    let view = format!("0 0 {} {HEIGHT}", 10 * width);
    let label = format!("bits of {name}");
    let attributes = [
        ("class", "strip"),
        ("viewBox", view.as_str()),
        ("preserveAspectRatio", "none"),
        ("role", "img"),
        ("aria-label", label.as_str()),
    ];
    html.element("svg", &attributes, |html| {
        for (first, last, counts) in parts {
            let range = (10 * first, 10 * (last + 1 - first));
            rect(
                html,
                &look(&counts),
                range,
                HEIGHT,
                Some(&text(first, last, &counts)),
            );
        }
    });
}

/// A cell; one with silent corruption has a bar through it, for those who do not see its colour.
fn rect(html: &mut Html, class: &str, (left, width): (u32, u32), height: u32, text: Option<&str>) {
    let (x, w) = (left.to_string(), width.to_string());
    html.element("g", &[], |html| {
        if let Some(text) = text {
            html.leaf("title", &[], text);
        }
        let h = height.to_string();
        let attributes = [
            ("x", x.as_str()),
            ("width", &w),
            ("height", &h),
            ("class", class),
        ];
        html.void("rect", &attributes);
        if class.starts_with('s') {
            let (y, h) = ((height * 2 / 5).to_string(), (height / 5).to_string());
            let attributes = [("x", x.as_str()), ("y", &y), ("width", &w), ("height", &h)];
            html.element("g", &[("class", "mark")], |html| {
                html.void("rect", &attributes)
            });
        }
    });
}

/// The numbers of a cell, in words. Of several bits, the numbers are those of each.
fn text(first: u32, last: u32, counts: &Counts) -> String {
    let found = Outcome::ALL
        .iter()
        .filter(|outcome| counts.of(**outcome) > 0);
    let parts: Vec<String> = found.map(|outcome| part(counts, *outcome)).collect();
    let bits = if first == last {
        format!("bit {first}")
    } else {
        format!("each of the bits {first} to {last}")
    };
    format!("{bits}: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_grouped_by_their_first_word() {
        let names = BTreeSet::from(["arena", "arena.top", "fuel", "log.a", "log.b", "time"]);
        let expected = [
            ("arena", vec!["arena", "arena.top"]),
            ("log", vec!["log.a", "log.b"]),
            (SINGLE, vec!["fuel", "time"]),
        ];
        assert_eq!(groups(&names), expected);
    }

    #[test]
    fn silent_corruption_shows_before_any_other_effect() {
        let counts = |masked, trapped, sdc| Counts {
            masked,
            trapped,
            sdc,
            ..Counts::default()
        };
        let looks = [
            (1, 0, 0),
            (999, 1, 0),
            (90, 10, 0),
            (0, 9, 0),
            (0, 999, 1),
            (0, 1, 1),
        ];
        let looks = looks.map(|(masked, trapped, sdc)| look(&counts(masked, trapped, sdc)));
        assert_eq!(looks, ["e0", "e1", "e3", "e5", "s1", "s4"]);
    }
}
