//! Programs that test the meaning of the language: each file of `programs/` holds
//! tests of its own, which run on the machine in every mode.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "a test reads its files")]

mod common;

use std::path::PathBuf;

use common::{compiled, run};
use pasc_lang::SourceFile;
use pasc_vm::process::{Lockstep, Plain};

#[test]
fn the_tests_of_all_programs_hold_in_every_mode() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = SourceFile::new(name.clone(), std::fs::read_to_string(path).unwrap());
        let compiled = compiled(&source);
        assert_eq!(compiled.warnings, [], "{name}");
        assert!(!compiled.tests.is_empty(), "{name}");
        for test in &compiled.tests {
            count += 1;
            let plain = run::<Plain>(&compiled.program, test);
            let lockstep = run::<Lockstep>(&compiled.program, test);
            assert_eq!(plain, lockstep, "{name}: {}", test.name);
            if let Err(error) = plain {
                failures.push(format!("{name}: {}: {error}", test.name));
            }
        }
    }
    assert!(count >= 19, "only {count} tests");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_test_that_does_not_hold_is_reported_with_its_line() {
    let text = "message Ask { n: int }
state { n: int = 0 }
on Ask(m) when m.n < 9 { n = m.n; reply Ask { n } }
invariant \"small\" { n < 5 }
test \"field\" { send Ask { n: 1 } from \"a\"; expect Ask { n: 2 } }
test \"destination\" { send Ask { n: 1 } from \"a\"; expect Ask to \"b\" }
test \"something\" { send Ask { n: 1 } from \"a\"; expect nothing }
test \"nothing\" { send Ask { n: 9 } from \"a\"; expect Ask }
test \"assertion\" { assert n == 1 }
test \"invariant\" { send Ask { n: 5 } from \"a\" }
";
    let compiled = compiled(&SourceFile::new("failing.pasc", text));
    let found: Vec<String> = compiled
        .tests
        .iter()
        .map(|test| run::<Lockstep>(&compiled.program, test).unwrap_err())
        .collect();
    insta::assert_snapshot!(found.join("\n"));
}
