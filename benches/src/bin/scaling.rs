//! How time and memory grow: with messages, entries, the size of the program and of messages.
//!
//! `scaling [--quick] [--svg FILE]` measures processor time and live bytes in plain and in lockstep, up
//! to 10^7 messages, 10^7 entries, programs of 30,000 lines and messages of 1 MiB,
//! prints the figures and plots them.
//! A quick run stops at a hundredth. Ends with 1 if something grows faster than in proportion: over the
//! last two decades by a power above 1.1, or above that of Rust's `HashMap` by 0.1, which the caches of
//! the processor slow down alike.

use pasc_benches::machine::Machine;
use pasc_benches::plot::{Panel, Series, exponent, plot};
use pasc_benches::works::shared::timed;
use pasc_benches::works::{HandlerWork, options};
use pasc_benches::{Counting, compile, median, message};
use pasc_vm::process::{Lockstep, Mode, Plain};
use pasc_vm::{Program, Value};
use std::collections::HashMap;
use std::fmt::Write;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A place, seconds and bytes.
type Point = (f64, f64, f64);

/// A line: its name, and its points.
type Line = (&'static str, Vec<Point>);

/// The power by which something may grow.
const PROPORTION: f64 = 1.1;

const ENTRIES: &str = r#"
record Vote { ballot: int, value: bytes }
message Fill { from: int, to: int }
message Full {}
state { votes: map<int, Vote> }
on Fill(m) {
    for key in m.from..m.to { votes[key] = Vote { ballot: 1, value: b"12345678" } }
    reply Full
}
"#;

const ECHO: &str = r#"
message Echo { data: bytes }
state { last: bytes }
on Echo(m) {
    last = m.data
    reply Echo { data: m.data }
}
"#;

/// Powers of ten.
fn decades(from: u32, to: u32) -> impl Iterator<Item = usize> {
    (from..=to).map(|power| 10_usize.pow(power))
}

fn repeat<M: Mode>(machine: &mut Machine<M>, frame: &[u8], times: usize) {
    for _ in 0..times {
        machine.handle(frame);
    }
}

/// Accept messages, one after the other.
fn messages<M: Mode>(most: u32) -> Line {
    let work = HandlerWork::new("accept");
    let frames = work.frames(0);
    let points = decades(3, most).map(|number| {
        let before = Counting::live();
        let mut machine = Machine::<M>::start(&work.program, &work.options);
        let (time, ()) = timed(|| {
            for frame in frames.iter().cycle().take(number) {
                machine.handle(frame);
            }
        });
        let bytes = Counting::live() - before;
        (number as f64, time.as_secs_f64(), bytes as f64)
    });
    (M::NAME, points.collect())
}

/// Entries that are put into a map, 10,000 a message.
fn entries<M: Mode>(most: u32) -> Line {
    const BATCH: usize = 10_000;
    let program = compile("entries.pasc", ENTRIES);
    let points = decades(2, most).map(|number| {
        let before = Counting::live();
        let mut machine = Machine::<M>::start(&program, &options());
        let (time, ()) = timed(|| {
            for from in (0..number).step_by(BATCH) {
                let to = number.min(from + BATCH);
                let range = vec![Value::Int(from as i64), Value::Int(to as i64)];
                machine.handle(&message(&program, "Fill", range));
            }
        });
        let bytes = Counting::live() - before;
        (number as f64, time.as_secs_f64(), bytes as f64)
    });
    (M::NAME, points.collect())
}

fn rust_entries(most: u32) -> Line {
    let points = decades(2, most).map(|number| {
        let before = Counting::live();
        let mut map: HashMap<i64, (i64, Vec<u8>)> = HashMap::new();
        let (time, ()) = timed(|| {
            for key in 0..number as i64 {
                map.insert(key, (1, b"12345678".to_vec()));
            }
        });
        let bytes = Counting::live() - before;
        (number as f64, time.as_secs_f64(), bytes as f64)
    });
    ("HashMap", points.collect())
}

/// The lines of programs.
const LINES: [usize; 6] = [100, 300, 1_000, 3_000, 10_000, 30_000];

/// The handlers of a program with this many lines.
fn handlers_of(lines: usize) -> usize {
    (lines / 10).min(300)
}

/// A program with about this many lines: more handlers, then longer ones. The last is always short.
fn large(lines: usize) -> String {
    let handlers = handlers_of(lines);
    let mut text = String::from("message Done { sum: int }\nstate { sum: int = 0 }\n");
    for number in 0..handlers {
        let pairs = match number + 1 == handlers {
            true => 1,
            false => (lines / handlers - 5) / 2,
        };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "message M{number} {{ by: int }}\non M{number}(m) when m.by > 0 {{\n    var step = m.by + {number}\n"
        );
        for pair in 0..pairs {
            let _ = write!(
                text,
                "    if step > sum {{ step -= {pair} }}\n    sum = (sum + step) % 1_000\n"
            );
        }
        text += "    reply Done { sum }\n}\n";
    }
    text
}

/// 10,000 messages for the last handler of a program.
fn programs<M: Mode>(most: usize) -> Line {
    let points = LINES[..most].iter().map(|lines| {
        let program = compile("large.pasc", &large(*lines));
        let before = Counting::live();
        let mut machine = Machine::<M>::start(&program, &options());
        let bytes = Counting::live() - before;
        let name = format!("M{}", handlers_of(*lines) - 1);
        let frame = message(&program, &name, vec![Value::Int(1)]);
        let (time, ()) = timed(|| repeat(&mut machine, &frame, 10_000));
        (*lines as f64, time.as_secs_f64(), bytes as f64)
    });
    (M::NAME, points.collect())
}

fn compiler(most: usize) -> Line {
    let points = LINES[..most].iter().map(|lines| {
        let text = large(*lines);
        let before = Counting::live();
        let (time, program) = timed(|| compile("large.pasc", &text));
        let bytes = Counting::live() - before;
        drop::<Program>(program);
        (*lines as f64, time.as_secs_f64(), bytes as f64)
    });
    ("compiler", points.collect())
}

/// Messages of a size that are kept and sent back, 20 of them.
fn sizes<M: Mode>(most: u32) -> Line {
    let program = compile("echo.pasc", ECHO);
    let sizes = [0]
        .into_iter()
        .chain((0..=most).map(|power| 1_usize << power));
    let points = sizes.map(|size| {
        let frame = message(&program, "Echo", vec![Value::Bytes(vec![7; size])]);
        let before = Counting::live();
        let mut machine = Machine::<M>::start(&program, &options());
        let (time, ()) = timed(|| repeat(&mut machine, &frame, 20));
        let bytes = Counting::live() - before;
        // An empty message is a whole frame.
        (frame.len() as f64, time.as_secs_f64(), bytes as f64)
    });
    (M::NAME, points.collect())
}

/// The median time and the last bytes of three measurements of a line.
fn thrice(measure: impl Fn() -> Line) -> Line {
    let mut lines = [measure(), measure(), measure()];
    let places = lines[0].1.len();
    let points = (0..places).map(|place| {
        let mut times: Vec<f64> = lines.iter().map(|line| line.1[place].1).collect();
        let (x, _, bytes) = lines[2].1[place];
        (x, median(&mut times), bytes)
    });
    let points = points.collect();
    lines[0].1 = points;
    let [first, ..] = lines;
    first
}

/// Prints lines and gives their panels. Whether one of them grows too fast.
fn report(what: &str, lines: Vec<Line>, panels: &mut Vec<Panel>) -> bool {
    let mut steep = false;
    let mut of = |title: String, value: fn(&Point) -> f64| {
        let series = lines.iter().map(|(name, points)| Series {
            name,
            points: points.iter().map(|point| (point.0, value(point))).collect(),
        });
        let series: Vec<Series> = series.collect();
        let reference = series.iter().find(|series| series.name == "HashMap");
        let bound = reference.map_or(PROPORTION, |reference| {
            PROPORTION.max(exponent(&reference.points) + 0.1)
        });
        println!("\n{title}");
        for series in &series {
            let power = exponent(&series.points);
            let points = series.points.iter();
            let shown: Vec<String> = points.map(|(x, y)| format!("{x}: {y:.4}")).collect();
            let verdict = if power > bound {
                "  grows too fast"
            } else {
                ""
            };
            println!(
                "  {:<9} power {power:.2}{verdict}  {}",
                series.name,
                shown.join(", ")
            );
            steep |= power > bound && series.name != "HashMap";
        }
        panels.push(Panel { title, series });
    };
    of(format!("seconds, by {what}"), |point| point.1);
    of(format!("live MiB, by {what}"), |point| {
        point.2 / f64::from(1 << 20)
    });
    steep
}

fn main() -> ExitCode {
    let (mut quick, mut svg) = (false, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match (arg.as_str(), &mut svg) {
            ("--quick", _) => quick = true,
            ("--svg", svg) => *svg = args.next(),
            _ => {
                eprintln!("usage: scaling [--quick] [--svg FILE]");
                return ExitCode::from(2);
            }
        }
    }
    let less = if quick { 2 } else { 0 };
    let mut panels = Vec::new();
    let mut steep = false;
    let lines = vec![messages::<Plain>(7 - less), messages::<Lockstep>(7 - less)];
    steep |= report("accept messages", lines, &mut panels);
    let most = 7 - less;
    let lines = vec![
        entries::<Plain>(most),
        entries::<Lockstep>(most),
        rust_entries(most),
    ];
    steep |= report("entries of a map", lines, &mut panels);
    let most = if quick { 3 } else { LINES.len() };
    let lines = vec![
        thrice(|| programs::<Plain>(most)),
        thrice(|| programs::<Lockstep>(most)),
        thrice(|| compiler(most)),
    ];
    steep |= report("lines of the program", lines, &mut panels);
    let most = 20 - 3 * less;
    let lines = vec![
        thrice(|| sizes::<Plain>(most)),
        thrice(|| sizes::<Lockstep>(most)),
    ];
    steep |= report("bytes of a frame", lines, &mut panels);
    if let Some(path) = svg
        && let Err(error) = std::fs::write(&path, plot(&panels))
    {
        eprintln!("error: {path}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::from(u8::from(steep))
}
