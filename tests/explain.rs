//! `pasc explain`: a page for each code, whose programs do what the page says.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{content, file, folder, pasc, text};
use pasc_lang::SourceFile;
use pasc_lang::codes::CODES;
use pasc_vm::error::{ErrorCode, Refusal};
use pasc_vm::trap::Trap;

/// The first two `pasc` blocks of a page: the wrong program and the right one.
fn programs(page: &str) -> [String; 2] {
    let blocks: Vec<&str> = page.split("```pasc\n").skip(1).collect();
    assert_eq!(blocks.len(), 2, "a page has two programs:\n{page}");
    let program = |index: usize| expanded(blocks[index].split("```").next().unwrap());
    [program(0), program(1)]
}

/// A line with `… up to N` stands for lines in which its numbers go on, up to N of them.
fn expanded(program: &str) -> String {
    let mut text = String::new();
    for line in program.lines() {
        let Some((line, count)) = line.split_once(" … up to ") else {
            text += &(line.to_owned() + "\n");
            continue;
        };
        let count: u32 = count.trim().parse().unwrap();
        let number = |digits: &str| digits.parse::<u32>().unwrap();
        for index in 0..count {
            let mut digits = String::new();
            for c in line.chars().chain(['\n']) {
                if c.is_ascii_digit() {
                    digits.push(c);
                    continue;
                }
                if !digits.is_empty() {
                    text += &(number(&digits) + index).to_string();
                    digits.clear();
                }
                text.push(c);
            }
        }
    }
    text
}

/// The codes that the compiler gives to a program.
fn codes(program: &str) -> Vec<&'static str> {
    let found = match pasc_lang::check(&SourceFile::new("page.pasc", program)) {
        Ok(warnings) => warnings,
        Err(diagnostics) => diagnostics,
    };
    found.iter().map(|found| found.code.number).collect()
}

#[test]
fn every_code_has_a_page_whose_wrong_program_gives_it_and_whose_right_one_compiles() {
    let mut wrong_pages = Vec::new();
    for code in CODES {
        let number = code.number;
        let page = content(&format!("docs/errors/{number}.md"));
        let heading = format!("# {number}: {}\n\n", code.title);
        assert!(page.starts_with(&heading), "{number}: the heading");
        let [wrong, right] = programs(&page);
        let (of_wrong, of_right) = (codes(&wrong), codes(&right));
        if of_wrong != [number] || !of_right.is_empty() {
            wrong_pages.push((number, of_wrong, of_right));
        }
        let shown = pasc(&["explain", number]);
        assert_eq!((shown.code, shown.err.as_str()), (0, ""));
        assert!(shown.out.starts_with(&heading), "{}", shown.out);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words(&shown.out).contains(&words(code.explanation)),
            "{}",
            shown.out
        );
        assert!(
            shown.out.ends_with(page.split_once('\n').unwrap().1),
            "{}",
            shown.out
        );
    }
    assert_eq!(wrong_pages, [], "pages whose programs give other codes");
}

#[test]
fn every_page_is_about_a_code() {
    for entry in std::fs::read_dir(common::root().join("docs/errors")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let number = name.trim_end_matches(".md");
        assert!(CODES.iter().any(|code| code.number == number), "{name}");
    }
}

#[test]
fn a_page_as_people_see_it() {
    let ran = pasc(&["explain", "e0102"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn without_a_code_all_are_listed() {
    let ran = pasc(&["explain"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let listed: Vec<&str> = ran.out.lines().map(|line| line[..5].trim_end()).collect();
    let known: Vec<&str> = CODES.iter().map(|code| code.number).collect();
    let (of_compiler, others) = listed.split_at(known.len());
    assert_eq!(of_compiler, known);
    let mut machine = machine_codes();
    machine.sort();
    let machine: Vec<&str> = machine.iter().map(|(number, _)| number.as_str()).collect();
    let (of_files, of_machine) = others.split_at(others.len() - machine.len());
    assert_eq!(of_files, ["I01", "I02", "I03"]);
    assert_eq!(of_machine, machine);
}

/// The codes of the machine with what they say: refusals, runtime errors, traps.
fn machine_codes() -> Vec<(String, &'static str)> {
    let errors = ErrorCode::ALL.iter().map(|code| (code.code(), code.text()));
    let refusals = Refusal::ALL.iter().map(|code| (code.code(), code.text()));
    let traps = Trap::ALL.iter();
    let traps = traps.map(|trap| (format!("T{:02}", trap.code()), trap.text()));
    errors.chain(refusals).chain(traps).collect()
}

#[test]
fn codes_of_the_machine_are_explained_too() {
    for (number, text) in machine_codes() {
        let ran = pasc(&["explain", &number.to_lowercase()]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{number}");
        let kind = match &number[..1] {
            "R" => "A runtime error: ",
            "F" => "A refusal: ",
            _ => "A trap: ",
        };
        let page = format!("# {number}: {text}\n\n{kind}");
        assert!(ran.out.starts_with(&page), "{}", ran.out);
    }
    let ran = pasc(&["explain", "R1"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(
        ran.err
            .contains("there is no code `R1`; did you mean `R01`?"),
        "{}",
        ran.err
    );
}

#[test]
fn an_unknown_code_is_wrong_usage_with_a_near_one() {
    let ran = pasc(&["explain", "E102"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(
        ran.err
            .contains("there is no code `E102`; did you mean `E0102`?"),
        "{}",
        ran.err
    );
}

/// A program with an error that has a label and a warning that has a hint.
const TWO_FINDINGS: &str = "message Ask { n: int }\n\
    message Ask { n: int }\n\
    on Ask { let größe = 1 }\n";

#[test]
fn check_gives_each_finding_as_a_json_object() {
    let folder = folder("explain_json");
    let program = file(&folder, "two.pasc", TWO_FINDINGS);
    let ran = pasc(&["check", "--json", &program]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for line in ran.out.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        for key in [
            "code", "severity", "message", "file", "line", "column", "end", "labels",
        ] {
            assert!(!object[key].is_null(), "{key}: {line}");
        }
    }
    insta::assert_snapshot!(ran.out.replace(&program, "two.pasc"));
    assert!(
        !ran.err.contains("-->"),
        "nothing is said twice: {}",
        ran.err
    );
    let ran = pasc(&["check", "--json", "examples/counter/counter.pasc"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

#[test]
fn check_gives_an_object_for_what_is_no_program_too() {
    let folder = folder("explain_unloaded");
    let cases = [
        (text(&folder.join("missing.pasc")), 5, 1, "I01"),
        (
            file(&folder, "latin1.pasc", b"// a\n// \xf6\n"),
            1,
            2,
            "I02",
        ),
        (file(&folder, "cut.pascb", b"PSCB"), 5, 1, "I03"),
        ("/dev/zero".to_owned(), 1, 1, "E0021"),
    ];
    for (path, exit, line, number) in cases {
        let ran = pasc(&["check", "--json", &path]);
        assert_eq!(ran.code, exit, "{path}: {}", ran.err);
        let object: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(object["code"], number, "{path}");
        assert_eq!(object["severity"], "error");
        assert_eq!(object["file"], path);
        assert_eq!(object["line"], line, "{path}");
        assert_eq!(object["end"]["line"], line, "{path}");
        let message = object["message"].as_str().unwrap();
        assert!(ran.err.contains(message), "{message}: {}", ran.err);
        assert_eq!(pasc(&["explain", number]).code, 0);
    }
}

#[test]
fn colours_are_for_terminals_and_those_who_ask() {
    let folder = folder("explain_colours");
    let program = file(&folder, "two.pasc", TWO_FINDINGS);
    let plain = pasc(&["check", &program]).err;
    assert!(!plain.contains('\x1b'), "{plain}");
    assert_eq!(pasc(&["check", &program, "--color", "never"]).err, plain);
    let coloured = pasc(&["check", &program, "--color", "always"]).err;
    assert!(coloured.contains("\x1b["), "{coloured}");
    // Without their escape sequences the two say the same.
    let mut parts = coloured.split("\x1b[");
    let mut bare = parts.next().unwrap().to_owned();
    for part in parts {
        bare += part.split_once('m').unwrap().1;
    }
    assert_eq!(bare, plain);
}

#[test]
fn the_finding_in_the_guide_is_one_that_check_gives() {
    let guide = content("docs/command.md");
    let shown = guide
        .split("```json\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let program = "message Add { by: int }\nmessage Sum { total: int }\nstate { total: int = 0 }\n\
        on Add(m) {\n    reply Sun { total }\n}\n";
    let program = file(&folder("explain_guide"), "a.pasc", program);
    let ran = pasc(&["check", "--json", &program]);
    assert_eq!(ran.out.replace(&program, "a.pasc"), shown);
}
