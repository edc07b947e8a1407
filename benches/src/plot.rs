//! Plots with logarithmic axes: how something grows.
//!
//! In: panels of series. Out: an SVG whose colours follow the reader's choice of light or dark.

use std::fmt::Write;

/// A line of a panel.
pub struct Series {
    /// What it is of; equal names have equal colours.
    pub name: &'static str,
    /// Places and values, all above 0, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A plot.
pub struct Panel {
    /// What is plotted.
    pub title: String,
    /// Its lines.
    pub series: Vec<Series>,
}

/// Name, colour on light, colour on dark.
const COLOURS: &[(&str, &str, &str)] = &[
    ("plain", "#1f6fd6", "#6db1ff"),
    ("lockstep", "#c2255c", "#ff5c95"),
    ("HashMap", "#0b7f5c", "#4fd1a5"),
    ("compiler", "#b35c00", "#ffb057"),
];

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 34.0;
const RIGHT: f64 = 16.0;

/// The panels, two in a row.
pub fn plot(panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(2) as f64;
    let (width, height) = (2.0 * WIDTH, rows * HEIGHT + 30.0);
    let mut style = String::new();
    let mut dark = String::new();
    for (index, (_, on_light, on_dark)) in COLOURS.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(
            style,
            ".s{index}{{stroke:{on_light}}}.f{index}{{fill:{on_light}}}"
        );
        let _ = write!(
            dark,
            ".s{index}{{stroke:{on_dark}}}.f{index}{{fill:{on_dark}}}"
        );
    }
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"Growth of time and memory\">\n<style>text{{font:12px system-ui,sans-serif;\
         fill:#1b1f24}}.ground{{fill:#fff}}.grid{{stroke:#d0d7de}}.line{{fill:none;stroke-width:2}}\
         .guide{{stroke:#57606a;stroke-dasharray:4 4}}.title{{font-weight:600}}\
         .x{{text-anchor:middle}}.y{{text-anchor:end}}{style}\
         @media (prefers-color-scheme:dark){{text{{fill:#e6edf3}}.ground{{fill:#0d1117}}\
         .grid{{stroke:#30363d}}.guide{{stroke:#8b949e}}{dark}}}</style>\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n"
    );
    for (index, panel) in panels.iter().enumerate() {
        let (x, y) = ((index % 2) as f64 * WIDTH, (index / 2) as f64 * HEIGHT);
        let _ = writeln!(out, "<g transform=\"translate({x} {y})\">");
        out += &panel.draw();
        out += "</g>\n";
    }
    for (index, (name, ..)) in COLOURS.iter().enumerate() {
        let (x, y) = (LEFT + 120.0 * index as f64, height - 12.0);
        let _ = writeln!(
            out,
            "<rect class=\"f{index}\" x=\"{x}\" y=\"{}\" width=\"10\" height=\"10\"/>",
            y - 9.0
        );
        let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\">{name}</text>", x + 16.0);
    }
    let x = LEFT + 120.0 * COLOURS.len() as f64;
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{}\">dashed: growth in proportion</text>",
        height - 12.0
    );
    out + "</svg>\n"
}

/// Whole powers of ten around values.
struct Axis {
    least: i32,
    most: i32,
    from: f64,
    to: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Axis {
        let (least, most) = values.fold((f64::MAX, f64::MIN), |(least, most), value| {
            (least.min(value.log10()), most.max(value.log10()))
        });
        let least = least.floor() as i32;
        let most = (most.ceil() as i32).max(least + 1);
        Axis {
            least,
            most,
            from,
            to,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let part = (value.log10() - f64::from(self.least)) / f64::from(self.most - self.least);
        self.from + part * (self.to - self.from)
    }

    fn powers(&self) -> impl Iterator<Item = i32> {
        let stride = ((self.most - self.least) / 6 + 1) as usize;
        (self.least..=self.most).step_by(stride)
    }
}

impl Panel {
    fn draw(&self) -> String {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<text class=\"title\" x=\"{LEFT}\" y=\"20\">{}</text>",
            self.title
        );
        if points().next().is_none() {
            return out;
        }
        let x = Axis::around(points().map(|point| point.0), LEFT, WIDTH - RIGHT);
        let y = Axis::around(points().map(|point| point.1), HEIGHT - BOTTOM, TOP);
        for power in x.powers() {
            let at = x.place(10_f64.powi(power));
            let (label, bottom) = (label(power), y.from);
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
                 <text class=\"x\" x=\"{at:.1}\" y=\"{}\">{label}</text>",
                bottom + 16.0
            );
        }
        for power in y.powers() {
            let (at, right) = (y.place(10_f64.powi(power)), x.to);
            let label = label(power);
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
                 <text class=\"y\" x=\"{}\" y=\"{:.1}\">{label}</text>",
                LEFT - 6.0,
                at + 4.0
            );
        }
        out += &self.guide(&x, &y);
        for series in &self.series {
            out += &series.draw(&x, &y);
        }
        out
    }

    /// A line in proportion, through the last point of the first series.
    fn guide(&self, x: &Axis, y: &Axis) -> String {
        let Some((last_x, last_y)) = self.series.first().and_then(|series| series.points.last())
        else {
            return String::new();
        };
        let factor = last_y / last_x;
        let least_y = 10_f64.powi(y.least);
        let start = (least_y / factor).max(10_f64.powi(x.least));
        format!(
            "<line class=\"guide\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>\n",
            x.place(start),
            y.place(start * factor),
            x.place(*last_x),
            y.place(*last_y)
        )
    }
}

/// A power of ten as people write it.
fn label(power: i32) -> String {
    match power {
        -3..=4 => format!("{}", 10_f64.powi(power)),
        _ => format!("1e{power}"),
    }
}

impl Series {
    fn draw(&self, x: &Axis, y: &Axis) -> String {
        let index = COLOURS.iter().position(|colour| colour.0 == self.name);
        let index = index.unwrap_or(0);
        let places: Vec<String> = self
            .points
            .iter()
            .map(|(at, value)| format!("{:.1},{:.1}", x.place(*at), y.place(*value)))
            .collect();
        let mut out = format!(
            "<polyline class=\"line s{index}\" points=\"{}\"/>\n",
            places.join(" ")
        );
        for (at, value) in &self.points {
            let _ = writeln!(
                out,
                "<circle class=\"f{index}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"><title>{}: {value:.3} at {at}</title></circle>",
                x.place(*at),
                y.place(*value),
                self.name
            );
        }
        out
    }
}

/// By which power of the place the values grow over the last two decades of places, at most.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let Some((last_x, last_y)) = points.last() else {
        return 0.0;
    };
    let from = points.iter().find(|(x, _)| *x >= last_x / 100.0 * 0.999);
    match from {
        Some((x, y)) if x < last_x => (last_y / y).ln() / (last_x / x).ln(),
        _ => 0.0,
    }
}
