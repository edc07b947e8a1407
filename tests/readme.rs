//! What README and guides say is tried: programs compile and pass their tests, commands run, bytes are
//! what they are said to be.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{content, file, folder, pasc, root, text};

/// The code blocks of a document in a language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.trim_start().strip_prefix("```") {
            let block: Vec<&str> = lines
                .by_ref()
                .take_while(|line| line.trim() != "```")
                .collect();
            if found == language {
                blocks.push(block.join("\n") + "\n");
            }
        }
    }
    blocks
}

/// Every document of the repository that people read, with its name.
fn documents() -> Vec<(String, String)> {
    let mut documents = Vec::new();
    let mut folders = vec![root(), root().join("docs"), root().join("tests/language")];
    let examples = std::fs::read_dir(root().join("examples")).unwrap();
    folders.extend(examples.map(|entry| entry.unwrap().path()));
    for folder in folders {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = text(path.strip_prefix(root()).unwrap());
                documents.push((name.clone(), content(&name)));
            }
        }
    }
    documents.sort();
    documents
}

/// The command of the README that begins so.
fn promised(start: &str) -> String {
    let blocks = blocks(&content("README.md"), "sh").concat();
    let mut lines = blocks.lines().filter(|line| line.starts_with(start));
    let line = lines
        .next()
        .unwrap_or_else(|| panic!("no `{start}`"))
        .to_owned();
    assert_eq!(lines.next(), None, "more than one `{start}`");
    line
}

#[test]
fn programs_in_documents_compile_and_pass_their_tests() {
    let folder = folder("readme_programs");
    let mut tried = 0;
    for (name, document) in documents() {
        for (index, program) in blocks(&document, "pasc").iter().enumerate() {
            let path = file(
                &folder,
                &format!("{}_{index}.pasc", name.replace('/', "_")),
                program,
            );
            let ran = pasc(&["test", &path]);
            assert_eq!(ran.code, 0, "{name}: {}", ran.err);
            assert!(!ran.err.contains("warning"), "{name}: {}", ran.err);
            tried += 1;
        }
    }
    assert!(tried >= 1, "the README shows a program");
}

#[test]
fn commands_in_documents_run() {
    let mut tried = 0;
    for (name, document) in documents() {
        for line in blocks(&document, "sh").concat().lines() {
            let Some(args) = line.strip_prefix("cargo run --release -- ") else {
                continue;
            };
            let (args, code) = args.split_once("   # ends with ").unwrap_or((args, "0"));
            // Quotes of the shell around a whole argument.
            let args = args.split(' ').map(|arg| arg.replace('\'', ""));
            let args: Vec<String> = args.collect();
            let ran = pasc(&args.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(ran.code.to_string(), code, "{name}: {line}: {}", ran.err);
            tried += 1;
        }
    }
    assert!(tried >= 13, "README and examples show a command each");
}

#[test]
fn every_subcommand_stands_in_the_readme() {
    let readme = content("README.md");
    let help = pasc(&["--help"]).out;
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    for line in commands.lines() {
        let command = line.split_whitespace().next().unwrap();
        let shown = command == "help" || readme.contains(&format!("| `pasc {command} "));
        assert!(shown, "`pasc {command}` does not stand in the README");
    }
}

#[test]
fn the_checks_run_what_the_readme_promises() {
    let test = promised("cargo test ");
    assert_eq!(
        test,
        "cargo test --workspace && cargo test --workspace --release"
    );
    let run = promised("cargo run ");
    let script = content(".ci/run");
    for line in [
        "test_command=$(readme_command test)",
        "step \"$test_command\"",
    ] {
        assert!(script.lines().any(|found| found == line), "{line}");
    }
    assert!(script.contains("run_command=$(readme_command run)\n"));
    assert!(script.contains("step \"$run_command | cmp - examples/acceptor/expected.jsonl\"\n"));

    // The function of the script finds these very commands.
    let start = script.find("readme_command() {").unwrap();
    let function = &script[start..start + script[start..].find("\n}\n").unwrap() + 3];
    for (name, promised) in [("test", &test), ("run", &run)] {
        let bash = format!("set -euo pipefail; {function} readme_command {name}");
        let args = ["-c", &bash];
        let output = std::process::Command::new("bash")
            .args(args)
            .current_dir(root())
            .output();
        let output = output.unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            String::from_utf8(output.stdout).unwrap().trim_end(),
            promised
        );
    }
}

#[test]
fn the_frame_in_the_wire_format_is_the_one_that_is_sent() {
    let document = content("docs/wire-format.md");
    let shown: String = blocks(&document, "text")[0].split_whitespace().collect();
    let trace = "examples/acceptor/trace.jsonl";
    let args = [
        "run",
        "examples/acceptor/acceptor.pasc",
        "--trace",
        trace,
        "--output",
        "frames",
    ];
    let sent = common::command(&args).output().unwrap().stdout;
    let sent: String = sent[..62]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(shown, sent);
}

#[test]
fn the_line_in_the_wire_format_is_one_of_the_example() {
    let document = content("docs/wire-format.md");
    let line = &blocks(&document, "json")[0];
    assert!(
        content("examples/acceptor/trace.jsonl").contains(line.as_str()),
        "{line}"
    );
}

#[test]
fn timers_and_the_start_in_the_wire_format_are_what_traces_hold() {
    let document = content("docs/wire-format.md");
    let lines = &blocks(&document, "json")[1];
    let example = content("examples/lease/trace.jsonl");
    for line in lines.lines().take(2) {
        assert!(example.contains(line), "{line}");
    }
    let folder = folder("readme_wire");
    let trace = file(&folder, "t.jsonl", lines);
    let output = text(&folder.join("t.frames"));
    let lease = "examples/lease/lease.pasc";
    let ran = pasc(&["trace", "convert", lease, &trace, &output]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let records = common::records(&std::fs::read(&output).unwrap());
    let bytes = |index: usize| -> String {
        let shown = blocks(&document, "text")[index].clone();
        shown.split_whitespace().collect()
    };
    let hex = |frame: &[u8]| -> String { frame.iter().map(|byte| format!("{byte:02x}")).collect() };
    assert_eq!(hex(&records[2].frame), bytes(1), "the start");
    assert_eq!(hex(&records[0].frame), bytes(2), "the timer");
    assert!(records.iter().all(|record| record.kind == 1));
}

#[test]
fn every_file_of_the_architecture_exists() {
    let document = content("ARCHITECTURE.md");
    let mut folder = String::new();
    let mut named = 0;
    for line in document.lines() {
        if line.starts_with("## ") {
            folder = line.split('`').nth(1).unwrap_or("tests/").to_owned();
        }
        let Some(files) = line
            .strip_prefix("| ")
            .and_then(|row| row.split(" | ").nth(1))
        else {
            continue;
        };
        for file in files.split('`').skip(1).step_by(2) {
            assert!(
                root().join(&folder).join(file).exists(),
                "{folder}{file} does not exist"
            );
            named += 1;
        }
    }
    assert!(named > 40, "{named}");
}
