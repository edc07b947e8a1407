//! One test for each `.pasc` file below `tests/language`, whose comments say what to expect.
//! `tests/language/README.md` describes the comments.

mod common;
#[path = "common/expectations.rs"]
mod expectations;

use common::{MODES, Ran, file, folder, pasc, root, text};
use expectations::{Expectations, Found};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    let base = root().join("tests/language");
    let mut files = Vec::new();
    collect(&base, &mut files);
    files.sort();
    let trials = files.into_iter().map(|path| {
        let name = text(path.strip_prefix(&base).expect("it lies below the folder"));
        let name = name.trim_end_matches(".pasc").to_owned();
        Trial::test(name.clone(), move || {
            test(&name, &path).map_err(Failed::from)
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// The `.pasc` files below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "pasc")
        {
            files.push(path);
        }
    }
}

fn test(name: &str, path: &Path) -> Result<(), String> {
    let source = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let expected = Expectations::read(&source)?;
    let program = text(path.strip_prefix(root()).expect("it lies below the root"));
    check(&program, &expected)?;
    if expected.has_errors() {
        return Ok(());
    }
    if expected.tests_pass || !expected.failing.is_empty() {
        run_tests(&program, &expected)?;
    }
    if !expected.inputs.is_empty() {
        let folder = folder(&format!("language_{}", name.replace('/', "_")));
        let trace = file(&folder, "trace.jsonl", expected.inputs.join("\n"));
        for mode in MODES {
            let mut args = vec!["run", &program, "--trace", &trace, "--mode", mode];
            args.extend(expected.arguments.iter().map(String::as_str));
            let ran = pasc(&args);
            run(&ran, &expected).map_err(|error| format!("{mode}: {error}\n{}", ran.err))?;
        }
    }
    Ok(())
}

/// Compares what the compiler says.
fn check(program: &str, expected: &Expectations) -> Result<(), String> {
    let ran = pasc(&["check", program]);
    let found = Found::all(&ran.err, &["error[", "warning["]);
    expectations::compare(&expected.diagnostics, &found)
        .map_err(|error| format!("{error}\n\nthe compiler said:\n{}", ran.err))?;
    let code = i32::from(expected.has_errors());
    if ran.code == code && ran.out.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "`pasc check` ended with {}, expected {code}\n{}",
            ran.code, ran.err
        ))
    }
}

/// Compares how the tests of the file go.
fn run_tests(program: &str, expected: &Expectations) -> Result<(), String> {
    let ran = pasc(&["test", program]);
    let complain = |text: String| Err(format!("{text}\n\n{}", ran.err));
    let failed = ran
        .err
        .lines()
        .filter(|line| line.starts_with("FAILED "))
        .count();
    for (title, text) in &expected.failing {
        for mode in MODES {
            let start = format!("\"{title}\" ({mode})\n");
            let report = ran.err.split("FAILED ").find(|part| part.contains(&start));
            match report {
                Some(report) if report.contains(text) => {}
                Some(_) => return complain(format!("{mode}: the report does not hold `{text}`")),
                None => return complain(format!("{mode}: the test \"{title}\" did not fail")),
            }
        }
    }
    let wanted = expected.failing.len() * MODES.len();
    let passed = ran.err.lines().any(|line| line.starts_with("ok "));
    if failed != wanted {
        return complain(format!(
            "{failed} tests failed in all modes, expected {wanted}"
        ));
    }
    if expected.tests_pass && !passed {
        return complain("no test passed".to_owned());
    }
    let code = i32::from(wanted > 0);
    if ran.code == code {
        Ok(())
    } else {
        complain(format!("code {}, expected {code}", ran.code))
    }
}

/// Compares outputs and runtime errors of a run.
fn run(ran: &Ran, expected: &Expectations) -> Result<(), String> {
    let found = Found::all(&ran.err, &["error: ", "warning: "]);
    expectations::compare(&expected.runtime, &found)?;
    let outputs: Vec<&str> = ran
        .out
        .lines()
        .map(|line| {
            line.rsplit_once(", \"crc\": ")
                .map_or(line, |(start, _)| start)
        })
        .collect();
    let wanted: Vec<&str> = expected
        .outputs
        .iter()
        .map(|line| line.strip_suffix('}').unwrap_or(line))
        .collect();
    if outputs != wanted {
        return Err(format!(
            "sent\n{}\nexpected\n{}",
            outputs.join("\n"),
            wanted.join("\n")
        ));
    }
    let code = if expected.runtime.is_empty() { 0 } else { 3 };
    if ran.code == code {
        Ok(())
    } else {
        Err(format!("code {}, expected {code}", ran.code))
    }
}
