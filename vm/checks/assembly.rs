//! What the compiler made of the threaded dispatcher: this very binary, disassembled by `objdump`,
//! which comes with every linker.
//!
//! A function is found by its name, `threaded::` lane `::` instruction. Operands are in the order of
//! AT&T: sources, then destination.

use pasc_vm::isa::{Kind, Opcode, ROWS, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

/// The modules with a function for each instruction, and whether a lane's end returns from them.
const LANES: [(&str, bool); 4] = [
    ("single", true),
    ("paired", true),
    ("ahead", false),
    ("behind", true),
];

/// One instruction of the processor: mnemonic and operands.
type Line = (String, Vec<String>);

/// Functions of this binary by name; generic ones have several versions.
static FUNCTIONS: LazyLock<BTreeMap<String, Vec<Vec<Line>>>> = LazyLock::new(disassemble);

fn disassemble() -> BTreeMap<String, Vec<Vec<Line>>> {
    let binary = std::env::current_exe().expect("a path");
    let objdump = Command::new("objdump")
        .args(["-d", "--demangle", "--no-show-raw-insn"])
        .arg(binary)
        .output()
        .expect("objdump is installed");
    assert!(objdump.status.success(), "objdump failed");
    let text = String::from_utf8_lossy(&objdump.stdout);
    let mut functions: BTreeMap<String, Vec<Vec<Line>>> = BTreeMap::new();
    let mut current: Option<&mut Vec<Line>> = None;
    for line in text.lines() {
        if let Some(header) = line.strip_suffix(">:") {
            let name = header.split_once('<').map_or("", |(_, name)| name);
            let versions = functions.entry(name.to_owned()).or_default();
            versions.push(Vec::new());
            current = versions.last_mut();
        } else if let Some((_, code)) = line.split_once(":\t")
            && let Some(function) = &mut current
        {
            function.push(parse(code));
        }
    }
    functions
}

fn parse(code: &str) -> Line {
    let code = code.split('#').next().unwrap_or("").trim();
    let (mnemonic, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    let mut operands = vec![String::new()];
    let mut depth = 0;
    for letter in rest.trim().chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match (letter, depth, operands.last_mut()) {
            (',', 0, _) => operands.push(String::new()),
            (letter, _, Some(last)) => last.push(letter),
            _ => {}
        }
    }
    (mnemonic.to_owned(), operands)
}

fn find(lane: &str, mnemonic: &str) -> Option<&'static [Line]> {
    let name = format!("pasc_vm::exec::threaded::{lane}::{mnemonic}");
    FUNCTIONS.get(&name).map(|versions| versions[0].as_slice())
}

fn function(lane: &str, mnemonic: &str) -> &'static [Line] {
    find(lane, mnemonic).unwrap_or_else(|| panic!("there is no function {lane}::{mnemonic}"))
}

/// Whether the line goes through a table, to the next instruction.
fn is_table_jump(line: &Line) -> bool {
    line.0.starts_with("jmp") && line.1[0].starts_with('*') && line.1[0].ends_with(",8)")
}

#[test]
fn every_instruction_ends_in_a_jump_to_the_next_and_none_in_a_call() {
    for (lane, returns) in LANES {
        for row in ROWS {
            let ends = matches!(row.opcode, Opcode::Halt | Opcode::Result);
            let Some(code) = find(lane, row.mnemonic) else {
                // Of equal functions the compiler keeps one: without the check of the opcode, or
                // without another instruction to go to, some are equal.
                let name = row.mnemonic;
                assert!(
                    lane == "single" || ends,
                    "there is no function {lane}::{name}"
                );
                continue;
            };
            assert!(
                code.iter().any(is_table_jump) || (ends && returns),
                "{lane}::{} does not jump to the next instruction",
                row.mnemonic
            );
            for (mnemonic, operands) in code {
                let through_table = operands[0].starts_with("*%") || operands[0].ends_with(",8)");
                let to_instruction = operands[0].contains("threaded::");
                assert!(
                    !mnemonic.starts_with("call") || !(through_table || to_instruction),
                    "{lane}::{} calls {}",
                    row.mnemonic,
                    operands[0]
                );
            }
        }
    }
}

#[test]
fn an_addition_compares_its_opcode_and_adds_itself_to_the_signature() {
    for (lane, _) in LANES {
        let code = function(lane, "add");
        let compares = code
            .iter()
            .any(|(name, operands)| name.starts_with("cmp") && operands[0] == "$0x10");
        let sums = code
            .iter()
            .any(|(name, operands)| name.starts_with("rol") && operands[0] == "$0x7");
        assert_eq!(
            (compares, sums),
            (lane != "single", lane != "single"),
            "{lane}"
        );
    }
}

/// The base and the index of an operand that is an element of an array of words.
fn element(operand: &str) -> Option<(&str, &str)> {
    let inner = operand.split_once('(')?.1.strip_suffix(",8)")?;
    inner.split_once(',')
}

/// Where two words of two arrays are compared that were loaded through bases and indices of their own.
fn compares_copies(code: &[Line]) -> bool {
    code.iter().enumerate().any(|(at, (name, operands))| {
        if !name.starts_with("cmp") || operands.len() != 2 {
            return false;
        }
        let own = code[..at].iter().rev().take(8).find(|(name, load)| {
            name.starts_with("mov") && load.len() == 2 && load[1] == operands[1]
        });
        let own = own.and_then(|(_, load)| element(&load[0]));
        match (own, element(&operands[0])) {
            (Some(own), Some(first)) => own.0 != first.0 && own.1 != first.1,
            _ => false,
        }
    })
}

#[test]
fn a_hardened_lane_loads_both_copies_and_compares_them() {
    for (lane, _) in LANES {
        let code = function(lane, "load_state");
        assert_eq!(compares_copies(code), lane != "single", "{lane}");
    }
}

#[test]
fn map_reads_of_a_hardened_lane_load_both_copies_and_compare_them() {
    let is_read = |name: &str| name.contains("memory::Memory<R>") && name.ends_with("::chain_find");
    let versions: Vec<bool> = FUNCTIONS
        .iter()
        .filter(|(name, _)| is_read(name))
        .flat_map(|(_, versions)| versions.iter().map(|code| compares_copies(code)))
        .collect();
    let comparing = versions.iter().filter(|compares| **compares).count();
    // The compiler may have made both for each crate that uses them.
    assert!(
        comparing > 0 && 2 * comparing == versions.len(),
        "of the versions for a lane alone and one of two the second compares: {versions:?}"
    );
}

/// What a value was made from.
type Sources = BTreeSet<&'static str>;

/// The 64-bit name of the register that an operand is.
fn register(operand: &str) -> Option<String> {
    let name = operand.strip_prefix('%')?;
    let short = name.trim_start_matches(['r', 'e']);
    Some(match (name.as_bytes(), short) {
        ([b'r', digit, ..], _) if digit.is_ascii_digit() => {
            name.trim_end_matches(['d', 'w', 'b']).to_owned()
        }
        (_, "al" | "ah" | "ax") => "rax".to_owned(),
        (_, "bl" | "bh" | "bx") => "rbx".to_owned(),
        (_, "cl" | "ch" | "cx") => "rcx".to_owned(),
        (_, "dl" | "dh" | "dx") => "rdx".to_owned(),
        (_, short) => format!("r{}", short.trim_end_matches('l')),
    })
}

/// The sources of an operand that is read.
fn sources(values: &BTreeMap<String, Sources>, operand: &str) -> Sources {
    let known = |name: &str| values.get(name).cloned().unwrap_or_default();
    match (register(operand), values.get(operand)) {
        (Some(register), _) => known(&register),
        (None, Some(spilled)) => spilled.clone(),
        // An address does not tell what lies there.
        (None, None) => Sources::new(),
    }
}

/// Follows where values come from, line by line up to the jump through the table.
fn follow(code: &[Line]) -> BTreeMap<String, Sources> {
    let mut values = BTreeMap::new();
    // A decision is a target in the word, or the block behind the instruction pointer.
    values.insert("rdi".to_owned(), Sources::from(["decision"]));
    values.insert("r8".to_owned(), Sources::from(["decision"]));
    values.insert("r9".to_owned(), Sources::from(["waiting"]));
    for line in code {
        let (name, operands) = line;
        if is_table_jump(line) {
            break;
        }
        // What a call gives is the decision of an instruction that calls out.
        if name.starts_with("call") {
            values.insert("rax".to_owned(), Sources::from(["decision"]));
            continue;
        }
        // So is the mark at the end of a frame, for an instruction that returns.
        if let ("mov", [mark, target]) = (name.as_str(), operands.as_slice())
            && mark.starts_with("-0x8(")
            && mark.contains(",%")
            && let Some(target) = register(target)
        {
            values.insert(target, Sources::from(["decision"]));
            continue;
        }
        let passive = ["cmp", "test", "push", "j", "bt"];
        if passive.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let Some(target) = operands.last() else {
            continue;
        };
        let mut made = Sources::new();
        if name.starts_with("lea") {
            let parts = operands[0].split(['(', ',', ')']);
            made.extend(parts.flat_map(|part| sources(&values, part)));
        } else {
            let keeps = name.starts_with("mov") || name.starts_with("pop") || operands.len() == 3;
            let read = operands.len() - usize::from(keeps && operands.len() > 1);
            let read = if name.starts_with("pop") { 0 } else { read };
            made.extend(operands[..read].iter().flat_map(|o| sources(&values, o)));
        }
        values.insert(register(target).unwrap_or_else(|| target.clone()), made);
    }
    values
}

#[test]
fn each_lane_goes_on_at_its_own_decision() {
    let is_end = |row: &&Row| row.kind == Kind::End;
    let goes_on = |row: &&Row| !matches!(row.opcode, Opcode::Halt | Opcode::Result);
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(is_end).filter(goes_on) {
        let values = follow(function("behind", row.mnemonic));
        let ahead = sources(&values, "%rdi");
        let behind = sources(&values, "%r9");
        let right =
            ahead == Sources::from(["waiting"]) && behind == Sources::from(["decision", "waiting"]);
        if !right {
            wrong.push((row.mnemonic, ahead, behind));
        }
    }
    assert!(
        wrong.is_empty(),
        "where the lanes go on comes from: {wrong:?}"
    );
}
