//! Diagnostics: every code of the table is triggered by a program, and shown as the
//! user sees it.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;

use common::{example, rendered};
use pasc_lang::codes::CODES;
use pasc_lang::{Diagnostic, SourceFile};

/// Everything that the compiler says about a text.
fn all(text: &str) -> Vec<Diagnostic> {
    let stateful = SourceFile::new("stateful.pasc", "state { n: int = 0 }");
    let source = SourceFile::new("case.pasc", text).with_modules(vec![stateful]);
    match pasc_lang::compile_tests(&source) {
        Ok(compiled) => compiled.warnings,
        Err(diagnostics) => diagnostics,
    }
}

/// Programs with one mistake each, with the code that it has.
fn cases() -> Vec<(&'static str, String)> {
    // What most cases need around them.
    let body = |text: &str| {
        format!(
            "param limit: int = 9\nrecord Vote {{ ballot: int, value: bytes }}\n\
             message Ask {{ n: int }}\nmessage Answer {{ n: int }}\n\
             state {{ votes: map<int, Vote>; total: int = 0 }}\n{text}\n"
        )
    };
    let on = |text: &str| body(&format!("on Ask(m) {{\n    {text}\n}}"));
    vec![
        ("E0001", body("on Ask(m) { total = 1 § 2 }")),
        ("E0002", body("invariant \"open { true }")),
        ("E0003", on("let _x = \"a\\qb\"")),
        ("E0004", on("total = 12ab")),
        ("E0005", on("total = 9223372036854775808")),
        ("E0006", body("on Ask(m) {\n    total = (1 + 2\n}")),
        ("E0007", on("let _x = \"a } b\"")),
        ("E0008", on("let _x = b\"é\"")),
        ("E0020", on("total = = 3")),
        ("E0021", " ".repeat(pasc_lang::MAX_SOURCE_BYTES + 1)),
        ("E0022", on(&format!("total = {}1", "-".repeat(200)))),
        ("E0100", on("total = totla")),
        ("E0101", body("record Other { n: itn }")),
        ("E0102", on("reply Answr { n: 1 }")),
        ("E0103", on("total = m.m")),
        ("E0104", on("total = votes.length()")),
        ("E0105", on("total = al(1)")),
        ("E0106", body("test \"t\" with limt = 3 { start }")),
        ("E0107", on("votes[1] = Vot { ballot: 1, value: b\"\" }")),
        ("E0108", body("message Ask { n: int }")),
        ("E0109", on("votes[1] = Vote { ballot: 1 }")),
        ("E0110", on("reply Answer { n: 1, n: 2 }")),
        ("E0111", on("let self = 3")),
        ("E0112", on("cancel electoin")),
        (
            "E0113",
            body("enum Role { Leader }\nparam r: Role = Role.Leadr"),
        ),
        ("E0114", body("use std.quorums")),
        ("E0114", body("use \"./stateful.pasc\"")),
        ("E0200", on("total = \"x\"")),
        ("E0201", on("total = total + (votes < votes)")),
        ("E0202", "state { on: bool }".into()),
        ("E0203", body("record A { inner: map<int, A> }")),
        ("E0204", on("let _x = {}")),
        ("E0205", on("for _ in total { }")),
        ("E0206", on("total = votes.get_or(1)")),
        ("E0207", body("record A { m: map<map<int, int>, int> }")),
        ("E0208", on("total = if total == 0 { 1 }")),
        ("E0209", on("total + 1")),
        ("E0210", body("record A {}\nparam as: list<A> = []")),
        ("E0211", on("match total { 1 => return }")),
        ("E0212", on("let (a, b) = total")),
        ("E0300", on("m.n = 3")),
        ("E0301", on("(total + 1) = 3")),
        ("E0302", body("param other: int = limit")),
        ("E0303", body("param other: int = 1 / 0")),
        ("E0304", body("invariant \"i\" { sender == self }")),
        ("E0305", on("break")),
        ("E0306", body("invariant \"i\" { total = 1; true }")),
        ("E0307", body("test \"t\" { send Ask { n: 1 } from \"\" }")),
        (
            "E0308",
            "state { total: int = 0; other: int = total }".into(),
        ),
        ("E0309", body("timer election")),
        ("E0310", body("on start when total == 0 { }")),
        ("E0311", body("invariant \"i\" { now > 0s }")),
        (
            "E0312",
            on("let some(v) = votes.get(1) else { total = 1 }\n    total = v.ballot"),
        ),
        ("E0313", body("fn f() -> int { total }")),
        (
            "E0314",
            on("swap(total, total)").replace(
                "on Ask",
                "fn swap(var a: int, var b: int) { a = b }\non Ask",
            ),
        ),
        ("E0400", on(&many_values())),
        ("E0401", body(&format!("record A {{\n{}}}", fields(201)))),
        ("E0402", body(&deep_records(40))),
        ("W0001", on("return\n    total = 1")),
        ("W0002", body("on Ask { }\non Ask when total == 0 { }")),
        ("W0003", on("let x = 3")),
        ("W0004", on("return").replace("on Ask", "fn f() {}\non Ask")),
        ("W0005", body("on Ask when 1 > 2 { }")),
    ]
}

/// More variables than there are registers.
fn many_values() -> String {
    (0..=pasc_lang::MAX_REGISTERS)
        .map(|n| format!("let _v{n} = {n}\n"))
        .collect()
}

fn fields(count: usize) -> String {
    (0..count).map(|n| format!("f{n}: int\n")).collect()
}

fn deep_records(depth: usize) -> String {
    (0..depth)
        .map(|n| {
            format!(
                "record R{n} {{ inner: {} }}\n",
                if n + 1 == depth {
                    "int".into()
                } else {
                    format!("R{}", n + 1)
                }
            )
        })
        .collect()
}

#[test]
fn every_code_of_the_table_has_a_program_that_triggers_it() {
    let cases = cases();
    for (code, text) in &cases {
        let found: Vec<&str> = all(text).iter().map(|d| d.code.number).collect();
        assert!(
            found.contains(code),
            "{code} not among {found:?} for\n{text}"
        );
    }
    let tested: BTreeSet<&str> = cases.iter().map(|case| case.0).collect();
    let known: BTreeSet<&str> = CODES.iter().map(|code| code.number).collect();
    assert_eq!(tested, known);
}

#[test]
fn one_mistake_gives_one_diagnostic() {
    for (code, text) in cases() {
        let found: Vec<&str> = all(&text).iter().map(|d| d.code.number).collect();
        assert_eq!(found, [code], "for\n{text}");
    }
}

#[test]
fn diagnostics_as_the_user_sees_them() {
    let mut out = String::new();
    for (code, text) in cases() {
        // Long texts are made by rule and say nothing more.
        if text.len() < 1000 {
            let source = SourceFile::new("case.pasc", text.clone());
            out.push_str(&format!("== {code}\n{}\n", rendered(&source, &all(&text))));
        }
    }
    insta::assert_snapshot!(out);
}

/// The acceptor with one place changed.
fn acceptor_with(old: &str, new: &str) -> (SourceFile, Vec<Diagnostic>) {
    let source = example("acceptor");
    assert!(source.text.contains(old));
    let source = SourceFile::new("acceptor.pasc", source.text.replacen(old, new, 1));
    let diagnostics = pasc_lang::compile(&source).unwrap_err();
    (source, diagnostics)
}

#[test]
fn a_misspelt_field_is_refused_with_the_near_name() {
    let (source, diagnostics) = acceptor_with("m.ballot < promised", "m.balot < promised");
    insta::assert_snapshot!(rendered(&source, &diagnostics));
}

#[test]
fn a_misspelt_type_is_refused_with_the_near_name() {
    let (source, diagnostics) = acceptor_with("param id: int = 1", "param id: itn = 1");
    insta::assert_snapshot!(rendered(&source, &diagnostics));
}

#[test]
fn a_default_of_another_type_is_refused() {
    let (source, diagnostics) = acceptor_with("param id: int = 1", "param id: int = \"x\"");
    insta::assert_snapshot!(rendered(&source, &diagnostics));
}

#[test]
fn a_misspelt_message_is_refused_with_the_near_name() {
    let (source, diagnostics) = acceptor_with("reply Nack {", "reply Nak {");
    insta::assert_snapshot!(rendered(&source, &diagnostics));
}

#[test]
fn several_errors_are_reported_in_one_go() {
    let text = "\
param limit int = 3
message Ask { n: int }
message answer { n: int }
state { total: int = 0 }
on Ask(m) {
    let = 3
    total = m.n +
    total = (m.n * 2
    if total = 3 { return }
}
on Ask(m) when m.n == Ask { n: 1 } { }
test \"t\" {
    snd Ask { n: 1 } from \"p\"
    expect Ask from \"p\"
}
";
    let source = SourceFile::new("several.pasc", text);
    insta::assert_snapshot!(rendered(&source, &all(text)));
}

#[test]
fn an_unclosed_brace_does_not_hide_errors_of_later_declarations() {
    let text = "\
message Ask { n: int }
state { total: int = 0 }
on Ask(m) {
    if m.n > 3 {
        total = 4
}
on Ask(m) {
    total = = 3
}
";
    let source = SourceFile::new("unclosed.pasc", text);
    insta::assert_snapshot!(rendered(&source, &all(text)));
}

#[test]
fn there_is_a_greatest_number_of_diagnostics() {
    let lines = |count: usize| {
        let body: String = (0..count).map(|_| "    total = x\n".to_string()).collect();
        format!("message Ask {{}}\nstate {{ total: int = 0 }}\non Ask {{\n{body}}}\n")
    };
    assert_eq!(
        all(&lines(pasc_lang::MAX_DIAGNOSTICS)).len(),
        pasc_lang::MAX_DIAGNOSTICS
    );
    assert_eq!(
        all(&lines(pasc_lang::MAX_DIAGNOSTICS + 1)).len(),
        pasc_lang::MAX_DIAGNOSTICS
    );
}

#[test]
fn a_byte_order_mark_is_named_for_what_it_is() {
    let found =
        all("\u{feff}message Ask { n: int }\nstate { n: int = 0 }\non Ask(m) { n = m.n }\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].code.number, found[0].span.start), ("E0001", 0));
    let hint = found[0].hint.as_deref();
    assert!(
        hint.is_some_and(|hint| hint.contains("byte order mark")),
        "{hint:?}"
    );
    // Inside a file it is a character like any other.
    let found = all("state { n: int = \u{feff}0 }\n");
    assert_eq!(found[0].hint, None);
}
