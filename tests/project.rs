//! `pasc new`, `pasc completions` and `pasc man`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{command, folder, pasc, text};
use std::path::Path;

/// Runs the command in a folder.
fn pasc_in(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = command(args).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn a_new_project_is_in_order_and_does_what_it_says() {
    let folder = folder("project_new");
    let (code, said) = pasc_in(&folder, &["new", "bank-2"]);
    assert_eq!(code, Some(0), "{said}");
    // What the project's own page promises.
    let page = std::fs::read_to_string(folder.join("bank-2/README.md")).unwrap();
    let mut tried = 0;
    for line in page
        .lines()
        .filter_map(|line| line.strip_prefix("| `pasc "))
    {
        let args: Vec<&str> = line.split('`').next().unwrap().split(' ').collect();
        let (code, said) = pasc_in(&folder.join("bank-2"), &args);
        assert_eq!(code, Some(0), "{args:?}: {said}");
        assert!(!said.contains("warning"), "{args:?}: {said}");
        tried += 1;
    }
    assert!(tried >= 4, "{page}");
    for entry in std::fs::read_dir(folder.join("bank-2")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let content = std::fs::read_to_string(&path).unwrap();
            assert!(!content.contains("NAME"), "{}: {content}", path.display());
        }
    }
}

#[test]
fn a_new_project_writes_nothing_over_and_has_a_proper_name() {
    let folder = folder("project_names");
    std::fs::create_dir(folder.join("there")).unwrap();
    for (name, said) in [
        ("there", "`there` exists already"),
        ("My Bank", "how about `my-bank`?"),
        ("../out", "how about `out`?"),
        ("1st", "how about `st`?"),
        ("", "cannot be the name"),
    ] {
        let (code, found) = pasc_in(&folder, &["new", name]);
        assert_eq!(code, Some(2), "{name}: {found}");
        assert!(found.contains(said), "{name}: {found}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

/// The subcommands that the help lists.
fn subcommands() -> Vec<String> {
    let help = pasc(&["--help"]).out;
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let names = commands
        .lines()
        .map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn completions_know_every_subcommand_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = pasc(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for name in subcommands() {
            assert!(ran.out.contains(&name), "{shell} does not know {name}");
        }
    }
    // What bash thinks of it.
    let script = pasc(&["completions", "bash"]).out;
    let ask = "COMP_WORDS=(pasc ch); COMP_CWORD=1; _pasc pasc ch pasc; echo \"${COMPREPLY[*]}\"";
    let bash = std::process::Command::new("bash")
        .args(["-c", &(script + ask)])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout).trim(), "check");
}

#[test]
fn there_is_a_manual_page_for_every_subcommand() {
    let folder = folder("project_man");
    let pages = text(&folder.join("man"));
    let ran = pasc(&["man", &pages]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for name in subcommands() {
        let page = std::fs::read_to_string(folder.join(format!("man/pasc-{name}.1"))).unwrap();
        assert_page(&page, &format!("pasc-{name}"));
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
    let deeper = std::fs::read_to_string(folder.join("man/pasc-trace-convert.1")).unwrap();
    assert_page(&deeper, "pasc-trace-convert");
    let written = std::fs::read_dir(folder.join("man")).unwrap().count();
    assert_eq!(ran.err, format!("{pages}: {written} pages\n"));
    let ran = pasc(&["man"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_page(&ran.out, "pasc");
}

/// Its title says whose page it is, and it tells the exit codes.
fn assert_page(page: &str, name: &str) {
    let version = env!("CARGO_PKG_VERSION");
    let title = format!("\n.TH {name} 1 \" \" \"pasc {version}\" pasc\n");
    assert!(page.contains(&title), "{page}");
    let codes: Vec<&str> = page.split(".SH \"EXIT STATUS\"\n").collect();
    assert_eq!(codes.len(), 2, "{page}");
    assert!(codes[1].contains("\\fB0\\fR\ndone\n"), "{page}");
    let trap = "\\fB4\\fR\ntrap: corruption was detected\n";
    assert!(codes[1].contains(trap), "{page}");
    assert_eq!(codes[1].matches(".TP\n").count(), 7, "{page}");
}
