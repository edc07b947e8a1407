//! The figures for people: times, and geometric means of ratios.

use super::cells::{Cell, mean};
use super::{HANDLER_CONTENDERS, PROGRAM_CONTENDERS};
use pasc_benches::works::{HANDLERS, PROGRAMS};
use std::fmt::Write;

/// A table of the programs, in milliseconds, and one of the handlers, in nanoseconds a message.
pub(super) fn table(cells: &[Cell]) -> String {
    let programs: Vec<&str> = PROGRAMS.iter().map(|work| work.name).collect();
    let title = "ms a run, ± half the spread";
    let mut text = block(cells, title, &programs, PROGRAM_CONTENDERS, 1e6);
    let title = "ns a message, ± half the spread";
    text += &block(cells, title, HANDLERS, HANDLER_CONTENDERS, 1.0);
    text
}

fn block(cells: &[Cell], title: &str, works: &[&str], contenders: &[&str], unit: f64) -> String {
    let find = |work: &str, contender: &str| {
        cells
            .iter()
            .find(|cell| (cell.work, cell.contender) == (work, contender))
    };
    let works: Vec<&str> = works
        .iter()
        .copied()
        .filter(|work| cells.iter().any(|cell| cell.work == *work))
        .collect();
    if works.is_empty() {
        return String::new();
    }
    let mut text = format!("\n| {title} |");
    for contender in contenders {
        // Writing to a String cannot fail.
        let _ = write!(text, " {contender} |");
    }
    text += &format!("\n| --- |{}", " --- |".repeat(contenders.len()));
    for work in &works {
        let _ = write!(text, "\n| {work} |");
        for contender in contenders {
            let shown = find(work, contender).map_or("–".to_owned(), |cell| {
                let [least, most] = cell.spread();
                let (nanos, half) = (cell.nanos() / unit, (most - least) / 2.0 / unit);
                format!("{nanos:.1} ±{half:.1}")
            });
            let _ = write!(text, " {shown} |");
        }
    }
    text += "\n| to plain |";
    for contender in contenders {
        let has = |work: &&&str| find(work, contender).is_some();
        let common = works.iter().filter(has).copied();
        let ratio = mean(cells, common, contender, "plain").filter(|ratio| ratio.is_finite());
        let shown = ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
        let _ = write!(text, " {shown} |");
    }
    text + "\n"
}
