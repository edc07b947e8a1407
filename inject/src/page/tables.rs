//! Tables with a row for each line, site or bit: for each mode the number of faults and what came of
//! them.

use super::bars::mix;
use super::html::{Attributes, Html};
use super::numbers::{grouped, several, short};
use super::title;
use crate::outcome::Counts;
use crate::report::Report;
use crate::workload::Workload;
use std::collections::{BTreeMap, BTreeSet};

/// From how many lines without faults on they are left out.
const FOLDED: usize = 5;

/// The section with the source: a row for each line.
pub(crate) fn lines(html: &mut Html, workload: &Workload, reports: &[Report]) {
    let source: Vec<&str> = workload.source().1.lines().collect();
    let tables: Vec<_> = reports.iter().map(|report| &report.by_line).collect();
    section(html, "The source, line by line", |html| {
        let note = format!(
            "The stronger the colour behind a number of faults, the more there are, in powers of ten. Line 0 is the \
             machine between instructions. {}",
            untouched(reports)
        );
        html.leaf("p", &[("class", "note")], &note);
        grid(
            html,
            "grid source",
            reports,
            &["line", "source"],
            |html, most| {
                let machine: &[(&str, &str)] = &[("class", "machine")];
                let what = "the machine between instructions";
                row(html, &tables, most, &0, "line-0", |html| {
                    html.leaf("th", &[("scope", "row"), ("class", "no")], "0");
                    html.leaf("td", machine, what);
                });
                for lines in runs(&source, &tables) {
                    if let Lines::Without(first, last) = lines {
                        gap(html, first, last, reports.len());
                        continue;
                    }
                    let Lines::Shown(number) = lines else {
                        continue;
                    };
                    let text = source[number as usize - 1];
                    let id = format!("line-{number}");
                    row(html, &tables, most, &number, &id, |html| {
                        html.leaf(
                            "th",
                            &[("scope", "row"), ("class", "no")],
                            &number.to_string(),
                        );
                        html.element("td", &[("class", "text")], |html| {
                            html.leaf("code", &[], text)
                        });
                    });
                }
            },
        );
    });
}

/// What stands in the table of the source.
enum Lines {
    /// One line.
    Shown(u32),
    /// Lines without faults, the first and the last.
    Without(u32, u32),
}

/// The lines to show, and the longer runs of lines without faults.
fn runs(source: &[&str], tables: &[&BTreeMap<u32, Counts>]) -> Vec<Lines> {
    let has_faults = |line: u32| {
        let mut counts = tables.iter().filter_map(|table| table.get(&line));
        counts.any(|counts| counts.total() > 0)
    };
    let last = source.len() as u32;
    let mut found = Vec::new();
    let mut line = 1;
    while line <= last {
        let end = (line..=last)
            .find(|line| has_faults(*line))
            .unwrap_or(last + 1);
        if (end - line) as usize >= FOLDED {
            found.push(Lines::Without(line, end - 1));
        } else {
            found.extend((line..end).map(Lines::Shown));
        }
        if end <= last {
            found.push(Lines::Shown(end));
        }
        line = end + 1;
    }
    found
}

fn gap(html: &mut Html, first: u32, last: u32, modes: usize) {
    html.element("tr", &[("class", "gap")], |html| {
        let span = (2 + 3 * modes).to_string();
        let text = format!("lines {first} to {last}: no faults");
        html.leaf("td", &[("colspan", &span)], &text);
    });
}

/// Faults that are in no table, for nothing reads their place again.
fn untouched(reports: &[Report]) -> String {
    let missing: Vec<String> = reports
        .iter()
        .filter_map(|report| {
            let counted: u64 = report.by_line.values().map(Counts::total).sum();
            let missing = report.injected.saturating_sub(counted);
            (missing > 0).then(|| {
                format!(
                    "{} in {}",
                    several(missing, "fault", "faults"),
                    title(report)
                )
            })
        })
        .collect();
    if missing.is_empty() {
        return String::new();
    }
    format!(
        "Not here, and not in the tables below, are faults after the last use of a place, which \
         need no run: {}.",
        missing.join(", ")
    )
}

/// The section with the machine's sites.
pub(crate) fn sites(html: &mut Html, reports: &[Report]) {
    let tables: Vec<_> = reports.iter().map(|report| &report.by_site).collect();
    section(html, "Sites of the machine", |html| {
        html.leaf(
            "p",
            &[("class", "note")],
            "What the machine had last done when the fault happened.",
        );
        grid(html, "grid", reports, &["site"], |html, most| {
            for site in keys(&tables) {
                row(html, &tables, most, site, "", |html| {
                    html.leaf("th", &[("scope", "row")], site);
                });
            }
        });
    });
}

/// The section with the bits.
pub(crate) fn bits(html: &mut Html, reports: &[Report]) {
    let tables: Vec<_> = reports.iter().map(|report| &report.by_bit).collect();
    section(html, "Bits, over all locations", |html| {
        html.element("details", &[], |html| {
            html.leaf("summary", &[], "a row for each bit that was flipped");
            grid(html, "grid", reports, &["bit"], |html, most| {
                for bit in keys(&tables) {
                    row(html, &tables, most, bit, "", |html| {
                        html.leaf("th", &[("scope", "row"), ("class", "no")], &bit.to_string());
                    });
                }
            });
        });
    });
}

fn section(html: &mut Html, name: &str, inside: impl FnOnce(&mut Html)) {
    html.element("section", &[], |html| {
        html.leaf("h2", &[], name);
        inside(html);
    });
}

/// The keys of all tables, in order.
fn keys<'a, K: Ord>(tables: &[&'a BTreeMap<K, Counts>]) -> BTreeSet<&'a K> {
    tables.iter().flat_map(|table| table.keys()).collect()
}

/// A table with its head; three columns for each report. The body is told the most faults of a row.
fn grid(
    html: &mut Html,
    class: &str,
    reports: &[Report],
    columns: &[&str],
    body: impl FnOnce(&mut Html, Most),
) {
    html.element("div", &[("class", "scroll"), ("tabindex", "0")], |html| {
        html.element("table", &[("class", class)], |html| {
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    for column in columns {
                        html.leaf("th", &[("scope", "col"), ("rowspan", "2")], column);
                    }
                    for report in reports {
                        let attributes =
                            [("scope", "colgroup"), ("colspan", "3"), ("class", "mode")];
                        html.leaf("th", &attributes, &title(report));
                    }
                });
                html.element("tr", &[], |html| {
                    for _ in reports {
                        html.leaf("th", &[("scope", "col"), ("class", "mode num")], "faults");
                        html.leaf("th", &[("scope", "col")], "outcomes");
                        html.leaf("th", &[("scope", "col"), ("class", "num")], "silent");
                    }
                });
            });
            let most = Most(
                reports
                    .iter()
                    .map(|report| report.injected)
                    .max()
                    .unwrap_or(0),
            );
            html.element("tbody", &[], |html| body(html, most));
        });
    });
}

/// The number of faults that has the strongest colour.
#[derive(Clone, Copy)]
struct Most(u64);

impl Most {
    /// How strong the colour of a number is, 0 to 6: a step for each power of ten below the most.
    fn heat(self, number: u64) -> u32 {
        if number == 0 {
            return 0;
        }
        6_u32
            .saturating_sub(self.0.max(1).ilog10().saturating_sub(number.ilog10()))
            .max(1)
    }
}

/// A row: its head, then the faults, the mix and the silent ones of each report.
fn row<K: Ord>(
    html: &mut Html,
    tables: &[&BTreeMap<K, Counts>],
    most: Most,
    key: &K,
    id: &str,
    head: impl FnOnce(&mut Html),
) {
    let counts: Vec<Counts> = tables
        .iter()
        .map(|table| table.get(key).copied().unwrap_or_default())
        .collect();
    let attributes: Attributes = if id.is_empty() { &[] } else { &[("id", id)] };
    html.element("tr", attributes, |html| {
        head(html);
        for counts in &counts {
            cells(html, counts, most);
        }
    });
}

fn cells(html: &mut Html, counts: &Counts, most: Most) {
    let total = counts.total();
    if total == 0 {
        for class in ["mode", "", ""] {
            html.leaf("td", &[("class", class)], "");
        }
        return;
    }
    let class = format!("mode num heat-{}", most.heat(total));
    html.leaf(
        "td",
        &[("class", &class), ("title", &grouped(total))],
        &short(total),
    );
    html.element("td", &[("class", "mixed")], |html| mix(html, counts));
    silent_cell(html, counts.sdc);
}

/// The number of silent corruptions; 0 is quiet, more is marked.
pub(crate) fn silent_cell(html: &mut Html, number: u64) {
    if number == 0 {
        html.leaf("td", &[("class", "num quiet")], "0");
    } else {
        let text = format!("▲ {}", short(number));
        html.leaf(
            "td",
            &[("class", "num loud"), ("title", &grouped(number))],
            &text,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Most;

    #[test]
    fn heat_falls_by_one_with_each_power_of_ten() {
        let heats = [0, 1, 9_999, 10_000, 1_000_000, 100_000_000, 999_999_999];
        assert_eq!(
            heats.map(|n| Most(999_999_999).heat(n)),
            [0, 1, 1, 2, 4, 6, 6]
        );
        assert_eq!(Most(1).heat(1), 6);
    }
}
