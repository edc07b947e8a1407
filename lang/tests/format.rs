//! The formatter on every program of the repository: nothing is lost, nothing means anything else,
//! and a second time changes nothing.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![allow(clippy::disallowed_methods, reason = "a test reads its files")]

use std::path::{Path, PathBuf};

use pasc_lang::{SourceFile, Unformatted, format, used_files};
use pasc_vm::Program;
use proptest::prelude::*;

/// Every `.pasc` file of the repository.
fn programs() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
        &mut found,
    );
    assert!(found.len() > 60, "{} programs", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, found);
        } else if name.ends_with(".pasc") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// The files that a program uses, under the names that the compiler looks for.
fn modules(folder: &Path, text: &str) -> Vec<SourceFile> {
    let mut found: Vec<SourceFile> = Vec::new();
    let mut wanted = used_files("", text);
    while let Some(key) = wanted.pop() {
        let known = found.iter().any(|file| file.name == key);
        let Ok(text) = std::fs::read_to_string(folder.join(&key)) else {
            continue;
        };
        if !known {
            wanted.extend(used_files(&key, &text));
            found.push(SourceFile::new(key, text));
        }
    }
    found
}

/// What a program compiles to, without where that comes from.
fn compiled(path: &Path, text: &str) -> Option<Program> {
    let modules = modules(path.parent().unwrap(), text);
    let source = SourceFile::new("p.pasc", text).with_modules(modules);
    let compiled = pasc_lang::compile_tests(&source).ok()?;
    let debug = pasc_vm::program::Debug::default();
    Some(Program {
        debug,
        ..compiled.program
    })
}

/// The comments of a text; none of the programs has one's sign in a literal before it.
fn comments(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines
        .filter_map(|line| line.find("//").map(|at| line[at..].trim_end()))
        .collect()
}

#[test]
fn every_program_of_the_repository_keeps_its_meaning_and_its_comments() {
    let (mut formatted, mut compiling) = (0, 0);
    for (path, text) in programs() {
        let shown = path.display();
        let once = match format(&SourceFile::new("p.pasc", text.as_str())) {
            Ok(once) => once,
            Err(Unformatted::Errors(_)) => continue,
            Err(Unformatted::Changed) => panic!("{shown}: the formatter gave up"),
        };
        formatted += 1;
        let twice = format(&SourceFile::new("p.pasc", once.as_str()));
        assert_eq!(twice.as_ref(), Ok(&once), "{shown}");
        let before = compiled(&path, &text);
        compiling += usize::from(before.is_some());
        assert!(before == compiled(&path, &once), "{shown}: other bytecode");
        assert_eq!(comments(&text), comments(&once), "{shown}");
        for part in [
            "/../examples/",
            "/../stdlib/",
            "/language/accepted/",
            "/drafts/",
        ] {
            let is_there = path.to_str().unwrap().contains(part);
            assert!(!is_there || before.is_some(), "{shown}: does not compile");
        }
    }
    assert!(formatted > 300, "{formatted} programs");
    assert!(compiling > 200, "{compiling} programs");
}

#[test]
fn the_examples_have_this_layout() {
    for (path, text) in programs() {
        if path.to_str().unwrap().contains("/../examples/") {
            let once = format(&SourceFile::new("p.pasc", text.as_str())).unwrap();
            assert_eq!(once, text, "{}", path.display());
        }
    }
}

/// A program in which every space is another one, as far as the tokens stay what they are.
fn respaced(text: &str, gaps: &[u8]) -> String {
    let mut gaps = gaps.iter().cycle();
    let mut out = String::new();
    for line in text.lines() {
        // Literals and comments hold spaces that are theirs.
        if line.contains('"') || line.contains("//") {
            out.push_str(line);
        } else {
            for word in line.split(' ').filter(|word| !word.is_empty()) {
                let gap = usize::from(*gaps.next().unwrap_or(&0));
                out.push_str(&" ".repeat(1 + gap % 5));
                out.push_str(word);
            }
        }
        out.push_str(&"\n".repeat(1 + usize::from(*gaps.next().unwrap_or(&0)) % 3));
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn spaces_and_empty_lines_do_not_matter(gaps in prop::collection::vec(any::<u8>(), 1..40)) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        for name in ["acceptor", "counter", "lease", "lww-store", "resp"] {
            let text = std::fs::read_to_string(folder.join(name).join(format!("{name}.pasc"))).unwrap();
            let wanted = format(&SourceFile::new("p.pasc", text.as_str())).unwrap();
            let other = respaced(&text, &gaps);
            let got = format(&SourceFile::new("p.pasc", other.as_str())).unwrap();
            // Where lines were empty and what was lined up are the author's own.
            let bare = |text: &str| -> Vec<String> {
                let lines = text.lines().filter(|line| !line.is_empty());
                let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
                words.collect()
            };
            prop_assert_eq!(bare(&wanted), bare(&got));
            prop_assert_eq!(indents(&wanted), indents(&got));
        }
    }
}

fn indents(text: &str) -> Vec<usize> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| line.len() - line.trim_start().len())
        .collect()
}
