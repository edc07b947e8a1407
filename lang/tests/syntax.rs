//! What the shape of a program allows: lines, words, comments, separators.
#![allow(clippy::unwrap_used)]

mod common;

use common::{compiled, run};
use pasc_lang::SourceFile;
use pasc_vm::process::Lockstep;

/// Compiles the text without a word of complaint and runs its tests.
fn accepted(text: &str) {
    let compiled = compiled(&SourceFile::new("syntax.pasc", text));
    assert_eq!(compiled.warnings, []);
    for test in &compiled.tests {
        assert_eq!(
            run::<Lockstep>(&compiled.program, test),
            Ok(()),
            "{}",
            test.name
        );
    }
}

/// The codes and lines of what is wrong with the text.
fn refused(text: &str) -> Vec<(&'static str, u32)> {
    let source = SourceFile::new("syntax.pasc", text);
    let diagnostics = pasc_lang::compile(&source).unwrap_err();
    let place = |d: &pasc_lang::Diagnostic| (d.code.number, source.position(d.span.start).line);
    diagnostics.iter().map(place).collect()
}

#[test]
fn words_with_a_meaning_in_one_place_are_names_in_all_others() {
    let words = [
        "param",
        "record",
        "message",
        "state",
        "on",
        "when",
        "invariant",
        "test",
        "with",
        "from",
        "to",
        "start",
        "expect",
        "nothing",
        "map",
        "text",
        "int",
        "all",
        "any",
        "address",
    ];
    let fields: Vec<String> = words.iter().map(|word| format!("{word}: int")).collect();
    let params: Vec<String> = words
        .iter()
        .map(|word| format!("param {word}: int = 1"))
        .collect();
    let sum: Vec<String> = words.iter().map(|word| format!("m.{word}")).collect();
    accepted(&format!(
        "{}\nmessage Ask {{ {} }}\nmessage Sum {{ n: int }}\n\
         on Ask(m) {{ reply Sum {{ n: {} + {} }} }}\n",
        params.join("\n"),
        fields.join(", "),
        sum.join(" + "),
        words.join(" + ")
    ));
    let locals: Vec<String> = words
        .iter()
        .map(|word| format!("    var {word} = 1\n    {word} += 1\n"))
        .collect();
    accepted(&format!(
        "message Ask {{}}\nmessage Sum {{ n: int }}\non Ask {{\n{}    reply Sum {{ n: {} }}\n}}\n",
        locals.concat(),
        words.join(" + ")
    ));
}

#[test]
fn reserved_words_are_no_names() {
    for word in [
        "let",
        "var",
        "if",
        "else",
        "for",
        "in",
        "while",
        "break",
        "continue",
        "return",
        "match",
        "and",
        "or",
        "not",
        "true",
        "false",
        "send",
        "reply",
        "broadcast",
        "assert",
    ] {
        assert_eq!(
            refused(&format!("param {word}: int = 1\n")),
            [("E0020", 1)],
            "{word}"
        );
    }
}

#[test]
fn a_newline_ends_a_statement_only_where_one_can_end() {
    accepted(
        "message Ask {
    n: int

    b: bool
}
message Sum {
    n: int,
    ok: bool,
}

state { total: int = 0
    seen: map<
        int,
        bool> }
on Ask(
    m
) when m.n > 0 and
    m.b {
    total =
        m.n +
        1
    total = (total
        - 1)
    total = total
    seen[
        m.n
    ] = not
        false
    if total == 1
        and m.b {
        total += 1
    }
    else if total == 2
        or m.b { total += 2 }
    else {
        total += 3
    }
    let big = {
        k: v
        for k, v in seen
        if k in
            seen
    }
    reply Sum {
        n: big
            .len(),
        ok: all(
            v
            for _, v in seen
        )
    }
}
test \"lines\" {
    send Ask {
        n: 1,
        b: true,
    } from \"p\"

    expect Sum { n: 1
    } to \"p\"
    assert total == 2
        and seen == {1:
            true}
}
",
    );
}

#[test]
fn a_minus_at_the_start_of_a_line_begins_a_statement() {
    let text = "message Ask {}\nstate { n: int = 1 }\non Ask {\n    n = n\n    - n\n}\n";
    assert_eq!(refused(text), [("E0209", 5)]);
}

#[test]
fn a_brace_that_opens_a_body_stands_on_the_line_of_its_head() {
    let text = "message Ask {}\non Ask\n{\n}\non Ask when 1 == 1\n{\n}\n";
    let source = SourceFile::new("brace.pasc", text);
    let diagnostics = pasc_lang::compile(&source).unwrap_err();
    insta::assert_snapshot!(common::rendered(&source, &diagnostics));
}

#[test]
fn semicolons_separate_statements_on_a_line() {
    accepted(
        "message Ask {}; message Done { n: int };
state { a: int = 1; b: int = 2 }
on Ask { a = 3; b = a; if a == b { a += 1; }; reply Done { n: a } }
test \"all\" { send Ask from \"p\"; expect Done { n: 4 }; expect nothing; }
",
    );
}

#[test]
fn comments_stand_anywhere() {
    accepted(
        "//! The module.\n//! Two lines.\n\n// plain\n/// of the message\nmessage Ask { // end\n\
         /// of a field\nn: int /// late\n}\n//// not documentation\non Ask(m) { // body\n\
         /// inside\nif m.n == 1 { return } // \"text\"\n// last\n}\n// at the end, no newline",
    );
}

#[test]
fn windows_line_ends_and_tabs_are_white_space() {
    accepted("message Ask {\r\n\tn: int\r\n}\r\non Ask(m) {\r\n\tif m.n == 1 { return }\r\n}\r\n");
}

#[test]
fn errors_after_tabs_and_wide_characters_have_the_right_column() {
    let source = SourceFile::new("columns.pasc", "on\tAsk { let _é = 1 }\n");
    let diagnostics = pasc_lang::compile(&source).unwrap_err();
    insta::assert_snapshot!(common::rendered(&source, &diagnostics));
}

#[test]
fn comparisons_do_not_chain() {
    let text = "message Ask { n: int }\non Ask(m) {\n    if 1 < m.n < 3 { return }\n}\n";
    assert_eq!(refused(text), [("E0020", 3)]);
}

#[test]
fn a_local_variable_hides_nothing_and_ends_with_its_block() {
    let hides = "param n: int = 1\nmessage Ask {}\non Ask {\n    let n = 2\n    if n == 2 { }\n}\n";
    assert_eq!(refused(hides), [("E0108", 4)]);
    accepted(
        "message Ask { n: int }
on Ask(m) {
    if m.n == 1 { let x = m.n; if x == 1 { return } }
    if m.n == 2 { let x = m.n; if x == 2 { return } }
}
",
    );
    let ended =
        "message Ask { n: int }\non Ask(m) {\n    if m.n == 1 { let _x = 1 }\n    let _y = _x\n}\n";
    assert_eq!(refused(ended), [("E0100", 4)]);
}

#[test]
fn the_value_of_a_block_ignores_errors_that_were_reported() {
    let text = "message Ask {}\nstate { n: int = 0 }\non Ask {\n    n = if true { unknown } else { 2 }\n}\n";
    assert_eq!(refused(text), [("E0100", 4)]);
}
