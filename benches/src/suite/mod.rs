//! In: the arguments. Out: figures as a table, as JSON and as a picture, or what is wrong with them.

mod args;
mod bars;
mod cells;
mod children;
mod contenders;
mod picture;
mod table;

use args::Args;
use cells::Cell;
use contenders::{HandlerField, ProgramField};
use pasc_benches::works::{HANDLERS, PROGRAMS};
use std::fs::write;

/// How often each contender does a work, after a first time that is not measured.
const TURNS: usize = 5;

/// The contenders of programs, and which of them take C alone.
pub(crate) const PROGRAM_CONTENDERS: &[&str] = &[
    "plain",
    "lockstep",
    "sequential",
    "native",
    "lua54",
    "luajit-off",
    "luajit",
    "rhai",
    "wasmi",
];

/// The contenders of handlers.
pub(crate) const HANDLER_CONTENDERS: &[&str] =
    &["plain", "lockstep", "sequential", "native", "native-dual"];

/// Runs the suite.
pub(crate) fn run(args: impl Iterator<Item = String>) -> Result<(), String> {
    let args = Args::read(args)?;
    let expected = expected(&args);
    if expected.is_empty() {
        return Err("no such contender does such a work".to_owned());
    }
    let mut cells = Vec::new();
    let mut children = children::Children::build(&expected)?;
    for work in PROGRAMS {
        let names = contenders_of(&expected, work.name);
        if !names.is_empty() {
            let size = work.sizes[usize::from(!args.quick)];
            let field = ProgramField::new(work, size, &names, &mut children);
            cells.extend(turns(work.name, &names, field)?);
        }
    }
    for work in HANDLERS {
        let names = contenders_of(&expected, work);
        if !names.is_empty() {
            let field = HandlerField::new(work, args.quick, &names);
            cells.extend(turns(work, &names, field)?);
        }
    }
    cells::check(&cells, &expected)?;
    println!("{}", machine());
    print!("{}", table::table(&cells));
    print!("{}", bars::bars(&cells));
    if let Some(path) = &args.json {
        write(path, cells::json(&cells)).map_err(|error| format!("{path}: {error}"))?;
    }
    if let Some(path) = &args.svg {
        write(path, picture::picture(&cells)).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// The processor, and how busy it is.
fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let mut models = processors
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let number = models.clone().count();
    let model = models
        .next()
        .map_or("an unknown processor", |model| model.1);
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    format!("{number} processors of {model}, load {load}")
}

/// All that do one work.
pub(crate) trait Field {
    /// One turn of a contender: nanoseconds, and what came out.
    fn turn(&mut self, contender: &str, turn: usize) -> Result<(f64, String), String>;
}

/// Every cell that there should be: a work and a contender.
fn expected(args: &Args) -> Vec<(&'static str, &'static str)> {
    let mut cells = Vec::new();
    for work in PROGRAMS {
        let able = |name: &&&str| **name != "wasmi" || work.in_c;
        let names = PROGRAM_CONTENDERS.iter().filter(able);
        cells.extend(names.map(|name| (work.name, *name)));
    }
    for work in HANDLERS {
        cells.extend(HANDLER_CONTENDERS.iter().map(|name| (*work, *name)));
    }
    cells.retain(|(work, contender)| args.wants(work, contender));
    cells
}

fn contenders_of(expected: &[(&'static str, &'static str)], work: &str) -> Vec<&'static str> {
    let of_work = expected.iter().filter(|cell| cell.0 == work);
    of_work.map(|cell| cell.1).collect()
}

/// Lets the contenders take turns at a work.
fn turns(
    work: &'static str,
    names: &[&'static str],
    mut field: impl Field,
) -> Result<Vec<Cell>, String> {
    eprint!("{work}");
    let mut cells: Vec<Cell> = names.iter().map(|name| Cell::new(work, name)).collect();
    for turn in 0..=TURNS {
        for cell in &mut cells {
            let (nanos, result) = field
                .turn(cell.contender, turn)
                .map_err(|error| format!("{work}: {}: {error}", cell.contender))?;
            cell.add(turn, nanos, result)?;
        }
        eprint!(" .");
    }
    eprintln!();
    Ok(cells)
}
