//! The examples: each stage of the compiler as a snapshot, and their tests on the
//! machine in every mode.
#![allow(clippy::unwrap_used)]

mod common;

use common::{compiled, example, run};
use pasc_lang::{dump_tokens, dump_tree, parse};
use pasc_vm::disassemble::disassemble;
use pasc_vm::process::{Lockstep, Plain, Sequential};

/// Those of which every stage is kept.
const EXAMPLES: [&str; 3] = ["acceptor", "counter", "lease"];

/// Those besides.
const MORE: [&str; 6] = [
    "coordinator",
    "gossip",
    "lww-store",
    "participant",
    "raft",
    "resp",
];

#[test]
fn tokens_of_the_examples() {
    for name in EXAMPLES {
        insta::assert_snapshot!(format!("tokens_{name}"), dump_tokens(&example(name)));
    }
}

#[test]
fn trees_of_the_examples() {
    for name in EXAMPLES {
        let parsed = parse(&example(name));
        assert!(parsed.diagnostics.is_empty());
        insta::assert_snapshot!(format!("tree_{name}"), dump_tree(&parsed.program));
    }
}

/// Constants and code as the machine gets them, four words a line.
#[test]
fn bytecode_of_the_examples() {
    for name in EXAMPLES {
        let program = pasc_lang::compile(&example(name)).unwrap().program;
        let words = |words: &[u64]| {
            let lines = words.chunks(4).enumerate().map(|(index, line)| {
                let line: Vec<String> = line.iter().map(|word| format!("{word:016x}")).collect();
                format!("{:>5}  {}", 4 * index, line.join(" "))
            });
            lines.collect::<Vec<String>>().join("\n")
        };
        let (constants, code) = (words(&program.constants), words(&program.code));
        let text = format!("constants\n{constants}\ncode\n{code}\n");
        insta::assert_snapshot!(format!("bytecode_{name}"), text);
    }
}

#[test]
fn code_of_the_examples() {
    for name in EXAMPLES {
        let source = example(name);
        let program = pasc_lang::compile(&source).unwrap().program;
        insta::assert_snapshot!(format!("code_{name}"), disassemble(&program));
    }
}

#[test]
fn the_examples_have_no_warnings_and_pass_their_tests() {
    for name in EXAMPLES.into_iter().chain(MORE) {
        let compiled = compiled(&example(name));
        assert_eq!(compiled.warnings, [], "{name}");
        assert!(!compiled.tests.is_empty());
        for test in &compiled.tests {
            assert_eq!(
                run::<Plain>(&compiled.program, test),
                Ok(()),
                "{name}: {}",
                test.name
            );
            assert_eq!(
                run::<Lockstep>(&compiled.program, test),
                Ok(()),
                "{name}: {}",
                test.name
            );
            assert_eq!(
                run::<Sequential>(&compiled.program, test),
                Ok(()),
                "{name}: {}",
                test.name
            );
        }
    }
}

#[test]
fn compiling_twice_gives_the_same_program() {
    for name in EXAMPLES.into_iter().chain(MORE) {
        let source = example(name);
        assert_eq!(compiled(&source).program, compiled(&source).program);
    }
}
