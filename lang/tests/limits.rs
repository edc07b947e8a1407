//! Every limit of the compiler, on both sides.
#![allow(clippy::unwrap_used)]

use pasc_lang::ast::MAX_TREE_DEPTH;
use pasc_lang::{MAX_DECLARATIONS, MAX_FIELDS, MAX_REGISTERS, MAX_SOURCE_BYTES, SourceFile};

/// The codes of all diagnostics.
fn codes(text: &str) -> Vec<&'static str> {
    let source = SourceFile::new("limits.pasc", text);
    let diagnostics = match pasc_lang::compile_tests(&source) {
        Ok(compiled) => compiled.warnings,
        Err(diagnostics) => diagnostics,
    };
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.number)
        .collect()
}

/// A handler with this body.
fn handler(body: &str) -> String {
    format!(
        "message Ask {{ n: int }}\nstate {{ total: int = 0; on: bool = true; \
         maps: map<int, int> }}\non Ask(m) {{\n{body}\n}}\n"
    )
}

/// Programs that nest something `n` times.
type Shape = fn(usize) -> String;

fn shapes() -> Vec<(&'static str, Shape)> {
    vec![
        ("list", |n| {
            let (open, close) = ("[7][".repeat(n), "]".repeat(n));
            handler(&format!("total = {open}0{close}"))
        }),
        ("set", |n| {
            let (open, close) = ("sum({".repeat(n), "})".repeat(n));
            handler(&format!("total = {open}1{close}"))
        }),
        ("minus", |n| {
            handler(&format!("total = {}m.n", "- ".repeat(n)))
        }),
        ("not", |n| handler(&format!("on = {}on", "not ".repeat(n)))),
        ("sum", |n| {
            handler(&format!("total = m.n{}", " + m.n".repeat(n)))
        }),
        ("and", |n| {
            handler(&format!("on = on{}", " and on".repeat(n)))
        }),
        ("index", |n| {
            handler(&format!("total = {}1{}", "maps[".repeat(n), "]".repeat(n)))
        }),
        ("if", |n| {
            handler(&format!("{}{}", "if on {\n".repeat(n), "}\n".repeat(n)))
        }),
        ("while", |n| {
            handler(&format!("{}{}", "while on {\n".repeat(n), "}\n".repeat(n)))
        }),
        ("if value", |n| {
            let (open, close) = ("if on { ".repeat(n), " } else { 1 }".repeat(n));
            handler(&format!("total = {open}2{close}"))
        }),
        ("call", |n| {
            let (open, close) = ("maps.get_or(".repeat(n), ", 0)".repeat(n));
            handler(&format!("total = {open}1{close}"))
        }),
        ("quantifier", |n| {
            let (open, close) = ("all(".repeat(n), " for _ in maps)".repeat(n));
            handler(&format!("on = {open}on{close}"))
        }),
    ]
}

#[test]
fn trees_up_to_the_depth_limit_compile_and_deeper_ones_are_refused() {
    for (name, shape) in shapes() {
        let limit = MAX_TREE_DEPTH as usize;
        let highest = (1..=limit + 1)
            .take_while(|&n| codes(&shape(n)).is_empty())
            .last();
        let highest = highest.unwrap();
        assert!((limit / 4..limit).contains(&highest), "{name}: {highest}");
        assert_eq!(codes(&shape(highest + 1)), ["E0022"], "{name}");
    }
}

#[test]
fn trees_far_beyond_the_depth_limit_are_refused_in_the_same_way() {
    for (name, shape) in shapes() {
        assert_eq!(codes(&shape(20_000)), ["E0022"], "{name}");
    }
    let types = format!(
        "record A {{ m: {}int{} }}",
        "map<int, ".repeat(50_000),
        ">".repeat(50_000)
    );
    assert_eq!(codes(&types), ["E0022"]);
}

#[test]
fn what_is_long_without_being_deep_has_no_limit_but_the_files() {
    let chain = format!("if on {{ }}{}", " else if not on { }".repeat(10_000));
    assert_eq!(codes(&handler(&chain)), [""; 0]);
    assert_eq!(codes(&handler(&"total += 1\n".repeat(20_000))), [""; 0]);
    let declarations = "// a comment\nmessage Same {}\n".repeat(20_000);
    assert_eq!(codes(&declarations).len(), pasc_lang::MAX_DIAGNOSTICS);
    let errors = "message Ask = 3\n".repeat(50_000);
    assert_eq!(codes(&errors).len(), pasc_lang::MAX_DIAGNOSTICS);
    let unknown = handler(&"total = totl\n".repeat(50_000));
    assert_eq!(codes(&unknown).len(), pasc_lang::MAX_DIAGNOSTICS);
    let steps = "assert true\n".repeat(50_000);
    assert_eq!(codes(&format!("test \"long\" {{\n{steps}}}")), [""; 0]);
}

#[test]
fn brackets_nest_up_to_the_depth_limit_whatever_they_hold() {
    // One is the handler's brace.
    let limit = MAX_TREE_DEPTH as usize - 1;
    let nested = |n: usize| handler(&format!("total = {}1{}", "(".repeat(n), ")".repeat(n)));
    assert_eq!(codes(&nested(limit)), [""; 0]);
    assert_eq!(codes(&nested(limit + 1)), ["E0022"]);
    assert_eq!(codes(&"(".repeat(100_000)), ["E0022"]);
}

#[test]
fn a_file_has_a_greatest_size() {
    let fill = |size: usize| format!("//{}", "x".repeat(size - 2));
    assert_eq!(codes(&fill(MAX_SOURCE_BYTES)), [""; 0]);
    assert_eq!(codes(&fill(MAX_SOURCE_BYTES + 1)), ["E0021"]);
    assert_eq!(codes(&"{".repeat(10_000_000)), ["E0021"]);
}

#[test]
fn an_empty_file_is_a_program() {
    assert_eq!(codes(""), [""; 0]);
    assert_eq!(codes("\n// nothing\n\n"), [""; 0]);
}

#[test]
fn a_handler_has_a_greatest_number_of_values() {
    // The message is one of them.
    let locals = |count: usize| {
        handler(
            &(0..count)
                .map(|n| format!("let _v{n} = 7\n"))
                .collect::<String>(),
        )
    };
    assert_eq!(codes(&locals(MAX_REGISTERS - 1)), [""; 0]);
    assert_eq!(codes(&locals(MAX_REGISTERS)), ["E0400"]);
    // Intermediate values count too: the sum has two, the rest are variables.
    let sum = |count: usize| locals(count).replace("\n}", "\ntotal = m.n * m.n\n}");
    assert_eq!(codes(&sum(MAX_REGISTERS - 4)), [""; 0]);
    assert_eq!(codes(&sum(MAX_REGISTERS - 1)), ["E0400"]);
    // In blocks of their own they share their registers.
    let blocks = |count: usize| {
        handler(
            &(0..count)
                .map(|n| format!("if on {{ let _v{n} = m.n }}\n"))
                .collect::<String>(),
        )
    };
    assert_eq!(codes(&blocks(MAX_REGISTERS * 2)), [""; 0]);
}

#[test]
fn a_program_has_a_greatest_number_of_declarations_and_fields() {
    let records = |count: usize| {
        (0..count)
            .map(|n| format!("record R{n} {{}}\n"))
            .collect::<String>()
    };
    assert_eq!(codes(&records(MAX_DECLARATIONS)), [""; 0]);
    assert_eq!(codes(&records(MAX_DECLARATIONS + 1)), ["E0401"]);
    let fields = |count: usize| {
        let list: Vec<String> = (0..count).map(|n| format!("f{n}: int")).collect();
        format!("message Ask {{ {} }}", list.join(", "))
    };
    assert_eq!(codes(&fields(MAX_FIELDS)), [""; 0]);
    assert_eq!(codes(&fields(MAX_FIELDS + 1)), ["E0401"]);
}

#[test]
fn numbers_go_from_the_least_to_the_greatest_int() {
    assert_eq!(codes(&handler("total = 9223372036854775807")), [""; 0]);
    assert_eq!(codes(&handler("total = 0x7fff_ffff_ffff_ffff")), [""; 0]);
    assert_eq!(codes(&handler("total = -9223372036854775808")), [""; 0]);
    assert_eq!(codes(&handler("total = 9223372036854775808")), ["E0005"]);
    assert_eq!(codes(&handler("total = -9223372036854775809")), ["E0005"]);
    assert_eq!(
        codes(&handler("total = 99999999999999999999999999")),
        ["E0005"]
    );
    assert_eq!(codes(&handler("total = - -9223372036854775808")), [""; 0]);
    assert_eq!(codes("param p: int = - -9223372036854775808"), ["E0303"]);
}

#[test]
fn an_address_has_at_most_63_bytes() {
    let to = |length: usize| handler(&format!("send \"{}\", Ask {{ n: 1 }}", "a".repeat(length)));
    assert_eq!(codes(&to(63)), [""; 0]);
    assert_eq!(codes(&to(64)), ["E0307"]);
}

#[test]
fn records_nest_as_deeply_as_the_machine_can_follow() {
    let records = |count: usize| {
        let inner = (1..count).map(|n| format!("record R{n} {{ r: R{} }}\n", n - 1));
        std::iter::once("record R0 { n: int }\n".to_string())
            .chain(inner)
            .collect::<String>()
    };
    let deepest = pasc_vm::types::MAX_TYPE_DEPTH as usize - 1;
    assert_eq!(codes(&records(deepest)), [""; 0]);
    assert_eq!(codes(&records(deepest + 1)), ["E0402"]);
    assert_eq!(codes(&records(900)), ["E0402"]);
}
