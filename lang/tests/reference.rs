//! The language reference: every block of code in it compiles and passes its tests, or
//! is refused with the code that it names.
#![allow(clippy::unwrap_used)]

mod common;

use common::{compiled, run};
use pasc_lang::SourceFile;
use pasc_vm::process::{Lockstep, Plain, Sequential};

const PAGE: &str = include_str!("../../docs/language.md");

/// The blocks of code of the reference: what follows the word `pasc`, and the code.
fn blocks() -> Vec<(String, SourceFile)> {
    let mut blocks = Vec::new();
    let mut lines = PAGE.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let info = info
            .strip_prefix("pasc")
            .unwrap_or_else(|| panic!("line {}: every block is a program", number + 1));
        let code: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| !line.starts_with("```"))
            .collect();
        let name = format!("language.md:{}", number + 1);
        let source = SourceFile::new(name, code.join("\n") + "\n");
        blocks.push((info.trim().to_string(), source));
    }
    blocks
}

#[test]
fn programs_of_the_reference_compile_without_warnings_and_pass_their_tests() {
    let mut tests = 0;
    for (_, source) in blocks().iter().filter(|(code, _)| code.is_empty()) {
        let compiled = compiled(source);
        assert_eq!(compiled.warnings, [], "{}", source.name);
        for test in &compiled.tests {
            let name = format!("{}: {}", source.name, test.name);
            assert_eq!(run::<Plain>(&compiled.program, test), Ok(()), "{name}");
            assert_eq!(run::<Lockstep>(&compiled.program, test), Ok(()), "{name}");
            assert_eq!(run::<Sequential>(&compiled.program, test), Ok(()), "{name}");
            tests += 1;
        }
    }
    assert!(tests >= 3, "only {tests} tests");
}

#[test]
fn mistakes_of_the_reference_have_the_codes_that_it_names() {
    let mut mistakes = 0;
    for (code, source) in blocks().iter().filter(|(code, _)| !code.is_empty()) {
        let found = pasc_lang::compile(source).unwrap_err();
        let found: Vec<&str> = found.iter().map(|d| d.code.number).collect();
        assert_eq!(found, [code.as_str()], "{}", source.name);
        mistakes += 1;
    }
    assert!(mistakes >= 2, "only {mistakes} mistakes");
}

/// The methods that the reference lists are those that the compiler knows.
#[test]
fn every_method_that_the_compiler_proposes_is_in_the_reference() {
    let methods = include_str!("../src/check/container.rs");
    let start = methods.find("fn methods(self)").unwrap();
    let end = start + methods[start..].find("\n    }\n").unwrap();
    let names: Vec<&str> = methods[start..end].split('"').skip(1).step_by(2).collect();
    assert!(names.len() >= 20, "{names:?}");
    for name in names {
        assert!(PAGE.contains(&format!("`{name}(")), "`{name}` is missing");
    }
}
