//! `pasc test`: runs the tests that stand in programs, each in every mode.
//!
//! What a test computes is computed by the machine, in probes that the compiler added. Outputs wait
//! in a queue until they are expected; invariants are looked at after the start and each message.

mod expect;
mod report;
mod runner;
mod watch;

use crate::cli::{ModeName, TestArgs};
use crate::exit::{Code, Failed};
use crate::folders::Found;
use crate::load::{self, Loaded};
use crate::report::{count, say};
use pasc_lang::{CompiledTests, SourceFile};
use pasc_vm::process::{Lockstep, Plain, Sequential};
use report::{Report, Tested};
use runner::Runner;
use std::path::Path;
use std::time::Instant;

/// The modes in which tests run if none is named.
const MODES: [ModeName; 3] = [ModeName::Plain, ModeName::Lockstep, ModeName::Sequential];

/// Runs the tests, once or whenever a file changes.
pub(crate) fn test(args: &TestArgs) -> Result<Code, Failed> {
    if args.watch {
        return watch::watch(args);
    }
    run_all(args)
}

/// Runs the tests of each file, also of folders; the code is the greatest that any of them asks for.
fn run_all(args: &TestArgs) -> Result<Code, Failed> {
    let modes = args.mode.map_or(MODES.to_vec(), |mode| vec![mode]);
    let mut files = Vec::new();
    for path in &args.files {
        files.extend(Found::below(path)?.programs);
    }
    let mut report = Report::open(args)?;
    let mut code = Code::Done;
    for file in &files {
        match test_file(file, args, &modes, &mut report) {
            Ok(found) => code = code.max(found),
            Err(failed) => {
                say(format!("error: {}", failed.text));
                code = code.max(failed.code);
                report.broken(file, &failed);
            }
        }
    }
    let (passed, failed) = report.counts();
    if passed + failed == 0
        && code == Code::Done
        && let Some(filter) = &args.filter
    {
        let names = report.left_out().join(", ");
        return Err(Failed::usage(format!(
            "no test has `{filter}` in its name; there are {names}"
        )));
    }
    report.finish()?;
    let names: Vec<&str> = modes.iter().map(|mode| mode_name(*mode)).collect();
    let tests = count(passed, "test");
    say(format!(
        "{tests} passed, {failed} failed{} ({})",
        report.broken_files(),
        names.join(", ")
    ));
    Ok(code)
}

fn mode_name(mode: ModeName) -> &'static str {
    match mode {
        ModeName::Plain => "plain",
        ModeName::Lockstep => "lockstep",
        ModeName::Sequential => "sequential",
    }
}

fn test_file(
    path: &Path,
    args: &TestArgs,
    modes: &[ModeName],
    report: &mut Report,
) -> Result<Code, Failed> {
    let Loaded::Source(source) = load::load(path)? else {
        let text = format!(
            "{}: tests stand in the source; a built program has none",
            path.display()
        );
        return Err(Failed::usage(text));
    };
    let mut compiled = pasc_lang::compile_tests(&source)
        .map_err(|diagnostics| load::refused(&diagnostics, &source))?;
    compiled.program.debug.source_name = source.name.clone();
    load::show(&compiled.warnings, &source);
    if compiled.tests.is_empty() {
        say(format!("{}: no tests", source.name));
    }
    let own = load::own_address(None, path).unwrap_or_else(|_| "process".to_owned());
    let mut code = Code::Done;
    for mode in modes {
        for (index, test) in compiled.tests.iter().enumerate() {
            if args
                .filter
                .as_ref()
                .is_some_and(|text| !test.name.contains(text))
            {
                report.leave_out(&test.name);
                continue;
            }
            let tested = test_one(&source, &compiled, index, *mode, &own);
            code = code.max(
                tested
                    .failed
                    .as_ref()
                    .map_or(Code::Done, |failed| failed.code),
            );
            report.take(tested)?;
        }
    }
    Ok(code)
}

fn test_one<'a>(
    source: &'a SourceFile,
    compiled: &'a CompiledTests,
    index: usize,
    mode: ModeName,
    own: &str,
) -> Tested<'a> {
    let test = &compiled.tests[index];
    let since = Instant::now();
    let result = match mode {
        ModeName::Plain => Runner::<Plain>::run(&compiled.program, test, own),
        ModeName::Lockstep => Runner::<Lockstep>::run(&compiled.program, test, own),
        ModeName::Sequential => Runner::<Sequential>::run(&compiled.program, test, own),
    };
    Tested {
        source,
        name: &test.name,
        line: test.line,
        mode: mode_name(mode),
        seconds: since.elapsed().as_secs_f64(),
        failed: result.err(),
    }
}
