//! What the compiler says about durations, collections, timers and the start where they
//! do not fit: the code, and the words that name the matter.
#![allow(clippy::unwrap_used)]

use pasc_lang::SourceFile;

/// Asserts that the program has this one diagnostic, whose sentence or hint holds the
/// words.
fn says(code: &str, words: &str, text: &str) {
    let source = SourceFile::new("case.pasc", text);
    let found = match pasc_lang::compile_tests(&source) {
        Ok(compiled) => compiled.warnings,
        Err(diagnostics) => diagnostics,
    };
    let shown: Vec<String> = found
        .iter()
        .map(|d| pasc_lang::render(d, &source))
        .collect();
    let shown = shown.join("\n");
    let codes: Vec<&str> = found.iter().map(|d| d.code.number).collect();
    assert_eq!(codes, [code], "{text}\n{shown}");
    assert!(shown.contains(words), "`{words}` is not in\n{shown}");
}

/// A handler with this body in a program with one variable of each kind.
fn on(body: &str) -> String {
    format!(
        "record Empty {{}}\nmessage Ask {{ n: int }}\ntimer plain\ntimer keyed(int)\n\
         state {{ xs: list<int>; s: set<text>; m: map<int, int>; d: duration = 0s; n: int = 0; \
         a: address = self }}\non timer plain {{ }}\non timer keyed {{ }}\n\
         on Ask(m_) {{\n    n = m_.n\n    {body}\n}}\n"
    )
}

#[test]
fn durations_and_numbers_are_not_mixed() {
    says("E0200", "expected `duration`, found `int`", &on("d = 3"));
    says(
        "E0200",
        "expected `duration`, found `int`",
        &on("d = d + 3"),
    );
    says(
        "E0201",
        "multiplied and divided by an `int`",
        &on("d = d * d"),
    );
    says(
        "E0200",
        "expected `int`, found `duration`",
        &on("n = 3 / d"),
    );
    says("E0200", "expected `int`, found `duration`", &on("d *= 2s"));
    says(
        "E0005",
        "does not fit into a `duration`",
        &on("d = 9_000_000_000h"),
    );
    says("E0005", "a `duration`", &on("d = 9223372036854775808us"));
    says("E0004", "`5min` is not a number", &on("d = 5min"));
    says(
        "E0303",
        "`duration`",
        "param d: duration = 106751991d + 106751991d",
    );
}

#[test]
fn what_is_no_collection_is_not_gone_through_or_indexed() {
    says("E0205", "which has no index", &on("n = s[1]"));
    says("E0205", "which has no index", &on("d[1] = 2s"));
    says("E0205", "no collection", &on("if 1 in n { }"));
    says("E0205", "`0..n`", &on("for _ in 3 { }"));
    says("E0205", "list or set", &on("n = sum(m)"));
    says(
        "E0205",
        "`send` for one receiver",
        &on("broadcast a, Ask { n }"),
    );
    says(
        "E0206",
        "one name for each element",
        &on("for a_, b_ in s { n = 1 }"),
    );
    says("E0200", "`int` or `duration`", &on("n = sum(x for x in s)"));
    says("E0200", "expected `bool`", &on("if all(xs) { }"));
}

#[test]
fn elements_have_the_type_of_their_collection() {
    says(
        "E0200",
        "expected `int`, found `text`",
        &on("xs.push(\"a\")"),
    );
    says(
        "E0200",
        "expected `int`, found `bool`",
        &on("xs = [1, true]"),
    );
    says("E0200", "expected `text`, found `int`", &on("s.insert(1)"));
    says(
        "E0200",
        "expected `int`, found `text`",
        &on("xs.remove(\"a\")"),
    );
    says("E0207", "cannot be a key", "record A { s: set<set<int>> }");
    says("E0207", "cannot be a key", &on("let _t = {{1}}"));
    says("E0210", "hold nothing", &on("let _l = [Empty {}]"));
    says("E0204", "empty list", &on("let _l = []"));
    says("E0206", "`list<T>`", "record A { l: list<int, int> }");
    says("E0101", "did you mean `list`", "record A { l: lst<int> }");
}

#[test]
fn methods_that_only_change_give_no_value() {
    says("E0208", "gives no value", &on("let _x = xs.push(1)"));
    says("E0208", "gives no value", &on("if n == xs.clear() { }"));
    says("E0104", "has no method `push`", &on("s.push(\"a\")"));
    says("E0104", "did you mean `push`", &on("xs.puhs(1)"));
    says("E0209", "nothing is done", &on("xs.contains(1)"));
    says(
        "E0300",
        "keeps its value",
        &on("let l = [1]\n    l.push(2)"),
    );
    says("E0301", "no place", &on("[1].push(2)"));
}

#[test]
fn timers_are_named_with_the_keys_that_they_have() {
    says("E0206", "one for each key", &on("set keyed in 1s"));
    says("E0206", "has no key", &on("set plain(1) in 1s"));
    says("E0206", "has no key", &on("cancel plain(1)"));
    says(
        "E0200",
        "expected `int`, found `text`",
        &on("cancel keyed(\"a\")"),
    );
    says(
        "E0200",
        "expected `duration`, found `int`",
        &on("set plain in 5"),
    );
    says("E0112", "did you mean `plain`", &on("set plan in 5s"));
    says("E0112", "`timer other`", &(on("") + "on timer other { }"));
    says("E0108", "declared twice", &(on("") + "on timer plain { }"));
    says("E0108", "declared twice", &(on("") + "timer plain"));
    says(
        "E0310",
        "fires in any case",
        "timer t\non timer t when 1 == 1 { }",
    );
    says("E0206", "has no key", "timer t\non timer t(k) { }");
    says(
        "E0207",
        "cannot be a key",
        "timer t(map<int, int>)\non timer t { }",
    );
}

#[test]
fn effects_stand_where_something_is_handled() {
    let ask = "message Ask {}\n";
    let with = |text: &str| format!("{ask}{text}");
    says("E0304", "no sender", &with("on start { reply Ask }"));
    says("E0304", "no sender", &with("on start { send sender, Ask }"));
    says(
        "E0304",
        "no sender",
        &with("timer t\non timer t { reply Ask }"),
    );
    says(
        "E0306",
        "draw random",
        &with("on Ask when random(2) == 1 { }"),
    );
    says("E0306", "draw random", "state { n: int = random(3) }");
    says("E0311", "no time", "state { d: duration = now }");
    says("E0311", "no time", "test \"t\" { assert now == 0s }");
    says("E0302", "the time of an input", "param d: duration = now");
    says(
        "E0111",
        "`now` cannot be declared",
        "state { now: int = 0 }",
    );
    says("E0108", "two handlers", "on start { }\non start { }");
    says("E0206", "nothing that could be named", "on start(m) { }");
    says("E0303", "go back", "test \"t\" { advance -1s }");
    says(
        "E0306",
        "change the state",
        &with("state { s: set<int> }\non Ask when s.insert(1) { }"),
    );
}
