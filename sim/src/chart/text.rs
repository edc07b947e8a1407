//! A chart as text: a column for each process and client, time goes down.

use super::{Chart, What};
use crate::log::Sort;
use std::fmt::Write;

/// Characters of a column.
const WIDTH: usize = 9;

/// Draws a chart.
pub fn text(chart: &Chart) -> String {
    let mut out = String::new();
    if chart.left_out > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "({} rows before these)", chart.left_out);
    }
    let heads: String = chart
        .names
        .iter()
        .map(|name| format!("{:^WIDTH$}", shortened(name)))
        .collect();
    let _ = writeln!(out, "{:>12} {}", "seconds", heads.trim_end());
    let mut down = vec![false; chart.names.len()];
    for row in &chart.rows {
        let seconds = row.time as f64 / 1e6;
        let (cells, note) = match &row.what {
            What::Sent { .. } => continue,
            What::Message {
                from,
                to,
                sent,
                label,
                ..
            } => {
                let note = format!("{label}  (left {:.6})", *sent as f64 / 1e6);
                (arrow(&down, *from, *to, false), note)
            }
            What::Lost {
                from,
                to,
                label,
                why,
            } => {
                let to = to.unwrap_or(*from);
                (
                    arrow(&down, *from, to, true),
                    format!("{label}  LOST: {why}"),
                )
            }
            What::Mark { at, sort, text } => {
                match sort {
                    Sort::Down => down[*at] = true,
                    Sort::Up => down[*at] = false,
                    _ => {}
                }
                let mut cells = lifelines(&down);
                cells[*at * WIDTH + WIDTH / 2] = sort.sign();
                (cells, format!("{} {}{text}", chart.names[*at], sort.word()))
            }
            What::Band { sort, text } => {
                let cells = vec!['='; chart.names.len() * WIDTH];
                (cells, format!("{}{text}", sort.word()))
            }
        };
        let cells: String = cells.into_iter().collect();
        let _ = writeln!(out, "{seconds:>12.6} {cells} {}", note.trim_end());
    }
    out
}

fn shortened(name: &str) -> String {
    name.chars().take(WIDTH - 1).collect()
}

/// The lines of all columns: nothing where one is down.
fn lifelines(down: &[bool]) -> Vec<char> {
    let mut cells = vec![' '; down.len() * WIDTH];
    for (column, down) in down.iter().enumerate() {
        cells[column * WIDTH + WIDTH / 2] = if *down { ':' } else { '|' };
    }
    cells
}

fn arrow(down: &[bool], from: usize, to: usize, lost: bool) -> Vec<char> {
    let mut cells = lifelines(down);
    let place = |column: usize| column * WIDTH + WIDTH / 2;
    let (start, end) = (place(from), place(to));
    if start < end {
        cells[start + 1..end].fill('-');
        cells[end - 1] = if lost { 'x' } else { '>' };
    } else if end < start {
        cells[end + 1..start].fill('-');
        cells[end + 1] = if lost { 'x' } else { '<' };
    } else {
        cells[start + 1] = if lost { 'x' } else { '<' };
    }
    cells
}
