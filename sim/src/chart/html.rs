//! A chart as a page that needs nothing else: no script, no network.

use super::{Chart, What};
use crate::log::Sort;
use std::fmt::Write;

/// Pixels: between columns, between rows, left of the first column, above the first row.
const COLUMN: usize = 130;
const ROW: usize = 18;
const LEFT: usize = 110;
const TOP: usize = 46;
/// Room for texts beside the last column.
const RIGHT: usize = 620;

const STYLE: &str = "\
:root{color-scheme:light dark}body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem}\
pre{white-space:pre-wrap;border-left:4px solid #c22;padding-left:.8rem}\
svg{font:11px ui-monospace,monospace}svg text{fill:currentColor}\
.life{stroke:currentColor;stroke-opacity:.35}.down{stroke:#c22;stroke-width:5;stroke-opacity:.35}\
.msg{stroke:#27c;fill:none}.lost{stroke:#c60;stroke-dasharray:4 3;fill:none}.tip{fill:#27c}\
.band{stroke:#c60;stroke-dasharray:8 4}.fault{fill:#c22}.note{fill:#888}.wrong{stroke:#c22;stroke-width:2}\
.t{opacity:.75}";

/// Draws a chart under a title, with what must not be.
pub fn html(chart: &Chart, title: &str, wrong: &str) -> String {
    let height = TOP + ROW * (chart.rows.len() + 2);
    let width = LEFT + COLUMN * chart.names.len() + RIGHT;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>{STYLE}</style></head>\n\
         <body><h1>{0}</h1>\n<pre>{1}</pre>\n{2}<p>Blue: messages, from where they left to where they came. \
         Orange: lost messages and partitions. Red: faults, processes that are down, and what must not be.</p>\n\
         <svg width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"message-sequence chart\">\n\
         <defs><marker id=\"tip\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\">\
         <path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
        escape(title),
        escape(wrong.trim_end()),
        match chart.left_out {
            0 => String::new(),
            rows => format!("<p>{rows} rows before these are left out.</p>\n"),
        }
    );
    columns(chart, &mut out);
    for (index, row) in chart.rows.iter().enumerate() {
        draw(chart, index, row.time, &row.what, &mut out);
    }
    out.push_str("</svg></body></html>\n");
    out
}

fn x(column: usize) -> usize {
    LEFT + COLUMN * column + COLUMN / 2
}

fn y(row: usize) -> usize {
    TOP + ROW * (row + 1)
}

/// Names, lifelines, and where a process is down.
fn columns(chart: &Chart, out: &mut String) {
    let end = y(chart.rows.len());
    for (column, name) in chart.names.iter().enumerate() {
        let x = x(column);
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"24\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>\
             <line class=\"life\" x1=\"{x}\" y1=\"32\" x2=\"{x}\" y2=\"{end}\"/>",
            escape(name)
        );
        let mut since = None;
        let mut down = |from: usize, to: usize| {
            let _ = writeln!(
                out,
                "<line class=\"down\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\"/>"
            );
        };
        for (index, row) in chart.rows.iter().enumerate() {
            match &row.what {
                What::Mark {
                    at,
                    sort: Sort::Down,
                    ..
                } if *at == column => since = since.or(Some(y(index))),
                What::Mark {
                    at, sort: Sort::Up, ..
                } if *at == column => {
                    down(since.take().unwrap_or(32), y(index));
                }
                _ => {}
            }
        }
        if let Some(since) = since {
            down(since, end);
        }
    }
}

fn draw(chart: &Chart, index: usize, time: u64, what: &What, out: &mut String) {
    let y1 = y(index);
    let right = x(chart.names.len()) - COLUMN / 2;
    let seconds = time as f64 / 1e6;
    if !matches!(what, What::Sent { .. }) {
        let _ = writeln!(
            out,
            "<text class=\"t\" x=\"4\" y=\"{}\">{seconds:.6}</text>",
            y1 + 4
        );
    }
    let note = |out: &mut String, class: &str, text: &str| {
        let _ = writeln!(
            out,
            "<text class=\"{class}\" x=\"{right}\" y=\"{}\">{}</text>",
            y1 + 4,
            escape(text)
        );
    };
    match what {
        What::Sent { from } => {
            let _ = writeln!(
                out,
                "<circle class=\"tip\" cx=\"{}\" cy=\"{y1}\" r=\"2\"/>",
                x(*from)
            );
        }
        What::Message {
            from,
            to,
            sent,
            row,
            label,
        } => {
            let start = row.map_or(TOP, y);
            let _ = writeln!(
                out,
                "<line class=\"msg\" x1=\"{}\" y1=\"{start}\" x2=\"{}\" y2=\"{y1}\" marker-end=\"url(#tip)\"><title>{}, left {:.6}</title></line>",
                x(*from),
                x(*to),
                escape(label),
                *sent as f64 / 1e6
            );
            note(
                out,
                "t",
                &format!("{} → {}: {label}", chart.names[*from], chart.names[*to]),
            );
        }
        What::Lost {
            from,
            to,
            label,
            why,
        } => {
            let start = x(*from);
            let end = to.map_or(start + COLUMN / 2, |to| start.midpoint(x(to)));
            let _ = writeln!(
                out,
                "<line class=\"lost\" x1=\"{start}\" y1=\"{y1}\" x2=\"{end}\" y2=\"{y1}\"/>\
                 <text class=\"fault\" x=\"{end}\" y=\"{}\">✕</text>",
                y1 + 4
            );
            note(
                out,
                "note",
                &format!("{} lost: {label} ({why})", chart.names[*from]),
            );
        }
        What::Mark { at, sort, text } => {
            let class = match sort {
                Sort::Fault | Sort::Down | Sort::Cut | Sort::Error | Sort::Wrong => "fault",
                Sort::Timer => "note",
                _ => "t",
            };
            let x = x(*at);
            let _ = match sort {
                // A flash.
                Sort::Fault => writeln!(
                    out,
                    "<path class=\"fault\" d=\"M{x} {}l-6 10h5l-3 8l9 -11h-5l4 -7z\"/>",
                    y1 - 9
                ),
                Sort::Timer => writeln!(
                    out,
                    "<circle class=\"life\" fill=\"none\" cx=\"{x}\" cy=\"{y1}\" r=\"5\"/>"
                ),
                _ => writeln!(
                    out,
                    "<text class=\"{class}\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>",
                    y1 + 4,
                    sort.sign()
                ),
            };
            note(
                out,
                class,
                &format!("{} {}{text}", chart.names[*at], sort.word()),
            );
        }
        What::Band { sort, text } => {
            let class = if *sort == Sort::Wrong {
                "wrong"
            } else {
                "band"
            };
            let _ = writeln!(
                out,
                "<line class=\"{class}\" x1=\"{LEFT}\" y1=\"{y1}\" x2=\"{right}\" y2=\"{y1}\"/>"
            );
            note(out, "fault", &format!("{}{text}", sort.word()));
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
