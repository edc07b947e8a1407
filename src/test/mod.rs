//! `pasc test`: runs the tests that stand in programs, each in every mode.
//!
//! What a test computes is computed by the machine, in probes that the compiler added. Outputs wait
//! in a queue until they are expected; invariants are looked at after the start and each message.

mod expect;
mod runner;

use crate::cli::{ModeName, TestArgs};
use crate::exit::{Code, Failed};
use crate::load::{self, Loaded};
use crate::report::{count, say};
use pasc_lang::{CompiledTests, SourceFile};
use pasc_vm::process::{Lockstep, Plain, Sequential};
use runner::Runner;
use std::path::Path;

/// The modes in which tests run if none is named.
const MODES: [ModeName; 3] = [ModeName::Plain, ModeName::Lockstep, ModeName::Sequential];

/// How many tests went how.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

/// Runs the tests of each file; the code is the greatest that any of them asks for.
pub(crate) fn test(args: &TestArgs) -> Result<Code, Failed> {
    let modes = args.mode.map_or(MODES.to_vec(), |mode| vec![mode]);
    let mut tally = Tally::default();
    let mut code = Code::Done;
    for file in &args.files {
        match test_file(file, &modes, &mut tally) {
            Ok(found) => code = code.max(found),
            Err(failed) => {
                say(format!("error: {}", failed.text));
                code = code.max(failed.code);
            }
        }
    }
    let names: Vec<&str> = modes.iter().map(|mode| mode_name(*mode)).collect();
    let tests = count(tally.passed, "test");
    say(format!(
        "{tests} passed, {} failed ({})",
        tally.failed,
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

fn test_file(path: &Path, modes: &[ModeName], tally: &mut Tally) -> Result<Code, Failed> {
    let Loaded::Source(source) = load::load(path)? else {
        let text = format!(
            "{}: tests stand in the source; a built program has none",
            path.display()
        );
        return Err(Failed::usage(text));
    };
    let compiled = pasc_lang::compile_tests(&source)
        .map_err(|diagnostics| load::refused(&diagnostics, &source))?;
    load::show(&compiled.warnings, &source);
    if compiled.tests.is_empty() {
        say(format!("{}: no tests", source.name));
    }
    let own = load::own_address(None, path).unwrap_or_else(|_| "process".to_owned());
    let mut code = Code::Done;
    for mode in modes {
        for index in 0..compiled.tests.len() {
            code = code.max(test_one(&source, &compiled, index, *mode, &own, tally));
        }
    }
    Ok(code)
}

fn test_one(
    source: &SourceFile,
    compiled: &CompiledTests,
    index: usize,
    mode: ModeName,
    own: &str,
    tally: &mut Tally,
) -> Code {
    let test = &compiled.tests[index];
    let result = match mode {
        ModeName::Plain => Runner::<Plain>::run(&compiled.program, test, own),
        ModeName::Lockstep => Runner::<Lockstep>::run(&compiled.program, test, own),
        ModeName::Sequential => Runner::<Sequential>::run(&compiled.program, test, own),
    };
    let title = format!("{}: \"{}\" ({})", source.name, test.name, mode_name(mode));
    match result {
        Ok(()) => {
            tally.passed += 1;
            say(format!("ok {title}"));
            Code::Done
        }
        Err(failed) => {
            tally.failed += 1;
            say(format!("FAILED {title}"));
            let lines = &source
                .text
                .lines()
                .nth(failed.line as usize - 1)
                .unwrap_or("")
                .trim();
            say(format!("  --> {}:{}", source.name, failed.line));
            say(format!("   | {lines}"));
            say(format!("  {}\n", failed.text.replace('\n', "\n  ")));
            failed.code
        }
    }
}
