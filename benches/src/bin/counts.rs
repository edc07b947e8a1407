//! Instructions of the hot paths under callgrind, against the figures that are committed.
//!
//! `counts` counts each work of the suite in each mode, per message or unit of size, and ends with 1 if
//! one costs over 3 % more than `counts.json` says. `counts --renew REASON` writes what is counted there,
//! with the reason, to be committed with what changed it. Needs valgrind; two paths are counted at once.

use pasc_benches::works::{HANDLERS, PROGRAMS};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much more a path may cost than its figure.
const MARGIN: f64 = 0.03;
const MODES: [&str; 3] = ["plain", "lockstep", "sequential"];
const AT_ONCE: usize = 2;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        [] => check(),
        ["--renew", reason] if !reason.is_empty() => renew(reason).map(|()| true),
        _ => {
            eprintln!("usage: counts [--renew REASON]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(fits) => ExitCode::from(u8::from(!fits)),
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}

fn figures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.json")
}

/// Builds what is counted, where this program was built.
fn build() -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = own.parent().and_then(Path::parent);
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args([
            "build",
            "--release",
            "--quiet",
            "--bin",
            "hot",
            "--manifest-path",
        ])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target.ok_or("this program lies in no target folder")?)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("`hot` is not built".to_owned()),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

/// Works and modes, in the order in which they are shown.
fn paths() -> Vec<(&'static str, &'static str)> {
    let works = PROGRAMS.iter().map(|program| program.name);
    let works = works.chain(HANDLERS.iter().copied());
    works
        .flat_map(|work| MODES.map(|mode| (work, mode)))
        .collect()
}

/// Instructions per message or unit.
fn count(work: &str, mode: &str) -> Result<f64, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=pasc_measured"])
        .arg(own.with_file_name("hot"))
        .args([work, mode])
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let units = String::from_utf8_lossy(&output.stdout);
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    let collected: Option<f64> = collected.and_then(|number| number.trim().parse().ok());
    match (units.trim().parse::<f64>(), collected) {
        (Ok(units), Some(collected)) if collected > 0.0 => Ok(collected / units),
        _ => Err(format!("{work}, {mode}: {report}")),
    }
}

/// Counts all paths, several at once.
fn counts() -> Result<Vec<f64>, String> {
    build()?;
    let paths = paths();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(vec![Ok(0.0); paths.len()]);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((work, mode)) = paths.get(index).copied() else {
                        return;
                    };
                    let counted = count(work, mode);
                    if let Ok(mut found) = found.lock()
                        && let Some(place) = found.get_mut(index)
                    {
                        *place = counted;
                    }
                }
            });
        }
    });
    let found = found.into_inner().map_err(|error| error.to_string())?;
    found.into_iter().collect()
}

/// Whether no path costs more than it may.
fn check() -> Result<bool, String> {
    let path = figures();
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    let figures: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let mut fits = true;
    println!(
        "{:<12}{:<12}{:>12}{:>12}",
        "work", "mode", "figure", "counted"
    );
    for ((work, mode), counted) in paths().into_iter().zip(counts()?) {
        let figure = figures["counts"][work][mode].as_f64();
        let figure = figure.ok_or(format!("{work}, {mode}: there is no figure"))?;
        let change = counted / figure - 1.0;
        let verdict = if change > MARGIN {
            fits = false;
            format!("  {:.1} % more", change * 100.0)
        } else if change < -MARGIN {
            format!("  {:.1} % less: renew the figures", -change * 100.0)
        } else {
            String::new()
        };
        println!("{work:<12}{mode:<12}{figure:>12.1}{counted:>12.1}{verdict}");
    }
    Ok(fits)
}

fn renew(reason: &str) -> Result<(), String> {
    let mut works: Map<String, Value> = Map::new();
    for ((work, mode), counted) in paths().into_iter().zip(counts()?) {
        let of_work = works.entry(work).or_insert_with(|| json!({}));
        of_work[mode] = json!((counted * 10.0).round() / 10.0);
    }
    let rows: Vec<String> = works
        .iter()
        .map(|(work, counts)| format!("    {}: {counts}", json!(work)))
        .collect();
    let text = format!(
        "{{\n  \"reason\": {},\n  \"unit\": \"instructions per message, or per unit of a program's size\",\n  \
         \"counts\": {{\n{}\n  }}\n}}\n",
        json!(reason),
        rows.join(",\n")
    );
    let path = figures();
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
