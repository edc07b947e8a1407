//! The bars that the figures should meet, and whether they do.

use super::cells::{Cell, mean, ratio};
use pasc_benches::works::{HANDLERS, PROGRAMS};
use std::fmt::Write;

/// Messages a second that `accept` should reach in lockstep.
const ACCEPTS: f64 = 5_000_000.0;

/// A table of the bars; what cannot be told from the cells is left out.
pub(super) fn bars(cells: &[Cell]) -> String {
    let programs = || PROGRAMS.iter().map(|work| work.name);
    let in_c = || {
        PROGRAMS
            .iter()
            .filter(|work| work.in_c)
            .map(|work| work.name)
    };
    let handlers = || HANDLERS.iter().copied();
    let mut bars = Bars::default();
    bars.at_most(
        "1",
        "plain to wasmi, four programs",
        mean(cells, in_c(), "plain", "wasmi"),
        Some(1.0),
    );
    bars.at_most(
        "2",
        "lockstep to lua54, programs",
        mean(cells, programs(), "lockstep", "lua54"),
        Some(0.9),
    );
    bars.at_most(
        "3",
        "lockstep to plain, programs",
        mean(cells, programs(), "lockstep", "plain"),
        Some(2.4),
    );
    bars.at_most(
        "3",
        "lockstep to plain, handlers",
        mean(cells, handlers(), "lockstep", "plain"),
        Some(2.0),
    );
    for work in HANDLERS {
        let text = format!("lockstep to native, {work}");
        bars.at_most(
            "3",
            &text,
            ratio(cells, work, "lockstep", "native"),
            Some(4.0),
        );
    }
    for work in HANDLERS {
        let text = format!("lockstep to native-dual, {work}");
        bars.at_most(
            "3",
            &text,
            ratio(cells, work, "lockstep", "native-dual"),
            None,
        );
    }
    bars.at_most(
        "3",
        "lockstep to native-dual, handlers",
        mean(cells, handlers(), "lockstep", "native-dual"),
        None,
    );
    bars.at_most(
        "4",
        "sequential to plain, programs",
        mean(cells, programs(), "sequential", "plain"),
        Some(2.4),
    );
    bars.at_most(
        "4",
        "sequential to plain, handlers",
        mean(cells, handlers(), "sequential", "plain"),
        Some(2.4),
    );
    let accept = cells
        .iter()
        .find(|cell| (cell.work, cell.contender) == ("accept", "lockstep"));
    if let Some(cell) = accept {
        let rate = 1e9 / cell.nanos();
        let verdict = verdict(rate >= ACCEPTS);
        bars.row([
            "5",
            "accept in lockstep, messages a second",
            "≥ 5000000",
            &format!("{rate:.0}"),
            verdict,
        ]);
    }
    bars.finish()
}

#[derive(Default)]
struct Bars(String);

impl Bars {
    fn at_most(&mut self, number: &str, text: &str, ratio: Option<f64>, bar: Option<f64>) {
        let Some(ratio) = ratio else { return };
        let bound = bar.map_or("reported".to_owned(), |bar| format!("≤ {bar}"));
        let verdict = bar.map_or("", |bar| verdict(ratio <= bar));
        self.row([number, text, &bound, &format!("{ratio:.2}"), verdict]);
    }

    fn row(&mut self, [number, text, bar, measured, verdict]: [&str; 5]) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.0,
            "| {number} | {text:<38} | {bar:<9} | {measured:>8} | {verdict:<7} |"
        );
    }

    fn finish(self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let head =
            "| # | measure                                | bar       | measured |         |\n";
        format!(
            "\n{head}| - | {} | --------- | -------- | ------- |\n{}",
            "-".repeat(38),
            self.0
        )
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "not met" }
}
