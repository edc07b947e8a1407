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

/// Something for each instruction of the functions of this binary, by name; generic functions have several
/// versions.
type ByFunction<T> = BTreeMap<String, Vec<Vec<T>>>;

/// The instructions, and how far each is from its function's start.
static CODE: LazyLock<(ByFunction<Line>, ByFunction<u64>)> = LazyLock::new(disassemble);

fn disassemble() -> (ByFunction<Line>, ByFunction<u64>) {
    let binary = std::env::current_exe().expect("a path");
    let objdump = Command::new("objdump")
        .args(["-d", "--demangle", "--no-show-raw-insn"])
        .arg(binary)
        .output()
        .expect("objdump is installed");
    assert!(objdump.status.success(), "objdump failed");
    let text = String::from_utf8_lossy(&objdump.stdout);
    let mut functions: ByFunction<Line> = BTreeMap::new();
    let mut places: ByFunction<u64> = BTreeMap::new();
    let mut current: Option<(&mut Vec<Line>, &mut Vec<u64>, u64)> = None;
    let address = |text: &str| u64::from_str_radix(text.trim(), 16).unwrap_or(0);
    for line in text.lines() {
        if let Some(header) = line.strip_suffix(">:") {
            let (start, name) = header.split_once('<').unwrap_or((header, ""));
            let versions = functions.entry(name.to_owned()).or_default();
            versions.push(Vec::new());
            let far = places.entry(name.to_owned()).or_default();
            far.push(Vec::new());
            let last = versions.last_mut().zip(far.last_mut());
            current = last.map(|(lines, far)| (lines, far, address(start)));
        } else if let Some((at, code)) = line.split_once(":\t")
            && let Some((lines, far, start)) = &mut current
        {
            lines.push(parse(code));
            far.push(address(at) - *start);
        }
    }
    (functions, places)
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
    CODE.0.get(&name).map(|versions| versions[0].as_slice())
}

/// How far each instruction of a function of the lane behind is from the function's start.
fn distances(mnemonic: &str) -> &'static [u64] {
    let name = format!("pasc_vm::exec::threaded::behind::{mnemonic}");
    CODE.1
        .get(&name)
        .map_or(&[], |versions| versions[0].as_slice())
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
    let versions: Vec<bool> = CODE
        .0
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

/// Takes one instruction into account.
fn follow(values: &mut BTreeMap<String, Sources>, (name, operands): &Line) {
    // What a call gives is the decision of an instruction that calls out.
    if name.starts_with("call") {
        values.insert("rax".to_owned(), Sources::from(["decision"]));
        return;
    }
    // So is the mark at the end of a frame, for an instruction that returns.
    if let ("mov", [mark, target]) = (name.as_str(), operands.as_slice())
        && mark.starts_with("-0x8(")
        && mark.contains(",%")
        && let Some(target) = register(target)
    {
        values.insert(target, Sources::from(["decision"]));
        return;
    }
    let passive = ["cmp", "test", "push", "j", "bt"];
    if passive.iter().any(|prefix| name.starts_with(prefix)) {
        return;
    }
    let Some(target) = operands.last() else {
        return;
    };
    let mut made = Sources::new();
    if name.starts_with("lea") {
        let parts = operands[0].split(['(', ',', ')']);
        made.extend(parts.flat_map(|part| sources(values, part)));
    } else {
        let keeps = name.starts_with("mov") || name.starts_with("pop") || operands.len() == 3;
        let read = operands.len() - usize::from(keeps && operands.len() > 1);
        let read = if name.starts_with("pop") { 0 } else { read };
        made.extend(operands[..read].iter().flat_map(|o| sources(values, o)));
    }
    values.insert(register(target).unwrap_or_else(|| target.clone()), made);
}

/// Where a jump leads within its function: how far it is from the function's start.
fn leads(operand: &str) -> Option<u64> {
    let (_, distance) = operand.rsplit_once("+0x")?;
    u64::from_str_radix(distance.strip_suffix('>')?, 16).ok()
}

/// What the values come from at each jump through the table, on each way to one.
fn ways(code: &[Line], distances: &[u64]) -> Vec<BTreeMap<String, Sources>> {
    // A decision is a target in the word, or the block behind the instruction pointer.
    let start = BTreeMap::from([
        ("rdi".to_owned(), Sources::from(["decision"])),
        ("r8".to_owned(), Sources::from(["decision"])),
        ("r9".to_owned(), Sources::from(["waiting"])),
    ]);
    let mut found = Vec::new();
    let mut open = vec![(0, start, vec![0_u8; code.len()])];
    while let Some((mut at, mut values, mut seen)) = open.pop() {
        // A loop is gone through twice: what it changes it has changed then.
        while at < code.len() && seen[at] < 2 {
            seen[at] += 1;
            let line = &code[at];
            let name = line.0.as_str();
            if is_table_jump(line) {
                found.push(values);
                break;
            }
            let to = leads(&line.1[0]).and_then(|to| distances.binary_search(&to).ok());
            match (name, to) {
                ("jmp", Some(to)) => at = to,
                ("jmp" | "ret" | "ud2", _) => break,
                (_, to) => {
                    if let Some(to) = to.filter(|_| name.starts_with('j')) {
                        open.push((to, values.clone(), seen.clone()));
                    }
                    follow(&mut values, line);
                    at += 1;
                }
            }
        }
        assert!(found.len() < 10_000, "too many ways");
    }
    found
}

#[test]
fn each_lane_goes_on_at_its_own_decision() {
    let is_end = |row: &&Row| row.kind == Kind::End;
    let goes_on = |row: &&Row| !matches!(row.opcode, Opcode::Halt | Opcode::Result);
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(is_end).filter(goes_on) {
        let ways = ways(function("behind", row.mnemonic), distances(row.mnemonic));
        assert!(!ways.is_empty(), "{} goes on nowhere", row.mnemonic);
        for values in ways {
            let ahead = sources(&values, "%rdi");
            let behind = sources(&values, "%r9");
            let right = ahead == Sources::from(["waiting"])
                && behind == Sources::from(["decision", "waiting"]);
            if !right {
                wrong.push((row.mnemonic, ahead, behind));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "where the lanes go on comes from: {wrong:?}"
    );
}
