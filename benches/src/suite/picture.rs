//! The figures as a picture: a row for each work, a mark for each contender.
//!
//! Times are ratios to Rust (`native`) on a logarithmic scale. Colours follow the reader's choice of light or dark.

use super::cells::{Cell, ratio};
use pasc_benches::works::{HANDLERS, PROGRAMS};
use std::fmt::Write;

/// Contender, colour on light and on dark, and the form of its mark.
const MARKS: &[(&str, &str, &str, Form)] = &[
    ("plain", "#1f6fd6", "#6db1ff", Form::Circle),
    ("sequential", "#8d6fc9", "#c3adf5", Form::Circle),
    ("lockstep", "#c2255c", "#ff5c95", Form::Dot),
    ("native-dual", "#0b7f5c", "#4fd1a5", Form::Diamond),
    ("wasmi", "#b35c00", "#ffb057", Form::Diamond),
    ("lua54", "#20808d", "#63d3e0", Form::Square),
    ("luajit-off", "#6b7280", "#aab2bf", Form::Square),
    ("luajit", "#374151", "#e5e7eb", Form::Diamond),
    ("rhai", "#8a6d1b", "#e0c463", Form::Square),
];

#[derive(Clone, Copy)]
enum Form {
    Circle,
    /// Small enough to be seen on top of another mark.
    Dot,
    Square,
    Diamond,
}

const WIDTH: f64 = 860.0;
const LEFT: f64 = 110.0;
const RIGHT: f64 = 30.0;
const ROW: f64 = 30.0;
const TOP: f64 = 92.0;

/// The picture as SVG.
pub(super) fn picture(cells: &[Cell]) -> String {
    let works: Vec<&str> = PROGRAMS.iter().map(|work| work.name).collect();
    let present = |work: &&str| ratio(cells, work, "native", "native").is_some();
    let programs: Vec<&str> = works.into_iter().filter(present).collect();
    let handlers: Vec<&str> = HANDLERS.iter().copied().filter(present).collect();
    let rows = programs.len() + handlers.len();
    let height = TOP + ROW * (rows as f64 + 1.5) + 40.0;
    let scale = Scale::of(cells, programs.iter().chain(&handlers).copied());
    let mut out = head(height);
    out += &legend(cells);
    let bottom = height - 40.0;
    out += &scale.grid(bottom);
    let mut y = TOP;
    for (title, works) in [("programs", programs), ("handlers", handlers)] {
        if works.is_empty() {
            continue;
        }
        text(&mut out, 12.0, y + 4.0, "group", title);
        y += ROW * 0.75;
        for work in works {
            row(&mut out, cells, work, y, &scale);
            y += ROW;
        }
    }
    let axis =
        "time as a multiple of the same work in unhardened Rust, logarithmic; less is better";
    text(&mut out, LEFT, height - 8.0, "axis", axis);
    out + "</svg>\n"
}

fn head(height: f64) -> String {
    let mut light = String::new();
    let mut dark = String::new();
    for (index, (_, on_light, on_dark, _)) in MARKS.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(light, ".c{index}{{fill:{on_light}}}");
        let _ = write!(dark, ".c{index}{{fill:{on_dark}}}");
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Times of programs and handlers as multiples of Rust\">\n<style>\
         text{{font:13px system-ui,sans-serif;fill:#1b1f24}}.ground{{fill:#fff}}.grid{{stroke:#d0d7de}}\
         .unit{{stroke:#57606a}}.group{{font-weight:600}}.axis{{font-size:12px}}.tick{{text-anchor:middle}}{light}\
         @media (prefers-color-scheme:dark){{text{{fill:#e6edf3}}.ground{{fill:#0d1117}}\
         .grid{{stroke:#30363d}}.unit{{stroke:#8b949e}}{dark}}}</style>\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n"
    )
}

fn text(out: &mut String, x: f64, y: f64, class: &str, content: &str) {
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{content}</text>"
    );
}

fn legend(cells: &[Cell]) -> String {
    let mut out = String::new();
    let used = MARKS.iter().enumerate();
    let used = used.filter(|(_, mark)| cells.iter().any(|cell| cell.contender == mark.0));
    for (place, (index, (name, ..))) in used.enumerate() {
        let (x, y) = (
            LEFT + 140.0 * (place % 5) as f64,
            22.0 + 24.0 * (place / 5) as f64,
        );
        mark(&mut out, index, x, y, name);
        text(&mut out, x + 12.0, y + 4.5, "name", name);
    }
    out
}

fn mark(out: &mut String, index: usize, x: f64, y: f64, title: &str) {
    let form = match MARKS[index].3 {
        Form::Circle => format!("<circle class=\"c{index}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\">"),
        Form::Dot => format!("<circle class=\"c{index}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\">"),
        Form::Square => format!(
            "<rect class=\"c{index}\" x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\">",
            x - 5.0,
            y - 5.0
        ),
        Form::Diamond => format!(
            "<path class=\"c{index}\" d=\"M{x:.1} {:.1}l7 7l-7 7l-7 -7z\">",
            y - 7.0
        ),
    };
    let tag = form[1..].split(' ').next().unwrap_or("g").to_owned();
    let _ = writeln!(out, "{form}<title>{title}</title></{tag}>");
}

fn row(out: &mut String, cells: &[Cell], work: &str, y: f64, scale: &Scale) {
    text(out, 24.0, y + 4.5, "name", work);
    let _ = writeln!(
        out,
        "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
        WIDTH - RIGHT
    );
    for (index, (contender, ..)) in MARKS.iter().enumerate() {
        if let Some(ratio) = ratio(cells, work, contender, "native") {
            let title = format!("{work}, {contender}: {ratio:.2}");
            mark(out, index, scale.x(ratio), y, &title);
        }
    }
}

/// Ratios as places from left to right.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    /// Whole powers of ten around all ratios.
    fn of<'w>(cells: &[Cell], works: impl Iterator<Item = &'w str>) -> Scale {
        let (mut least, mut most) = (1.0, 10.0);
        for work in works {
            for (contender, ..) in MARKS {
                let found = ratio(cells, work, contender, "native");
                let found = found.filter(|ratio| ratio.is_finite() && *ratio > 0.0);
                let Some(ratio) = found else { continue };
                least = f64::min(least, ratio);
                most = f64::max(most, ratio);
            }
        }
        Scale {
            least: least.log10().floor(),
            most: most.log10().ceil(),
        }
    }

    fn x(&self, ratio: f64) -> f64 {
        let part = (ratio.log10() - self.least) / (self.most - self.least);
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    fn grid(&self, bottom: f64) -> String {
        let mut out = String::new();
        for power in self.least as i32..=self.most as i32 {
            let x = self.x(10_f64.powi(power));
            let class = if power == 0 { "unit" } else { "grid" };
            let _ = writeln!(
                out,
                "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{bottom:.1}\"/>",
                TOP - 16.0
            );
            let label = match power {
                0 => "1 (Rust)".to_owned(),
                power => format!("{}", 10_f64.powi(power)),
            };
            text(&mut out, x, bottom + 14.0, "axis tick", &label);
        }
        out
    }
}
