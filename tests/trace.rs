//! Traces: both forms say the same, conversion loses nothing, and what is malformed is named with
//! its place.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;
use common::{binary, content, example_records, file, folder, pasc, records, text};
use std::path::Path;

const ACCEPTOR: &str = "examples/acceptor/acceptor.pasc";

/// Converts a trace of the acceptor and gives the new file's path.
fn convert(folder: &Path, input: &str, output: &str) -> String {
    let output = text(&folder.join(output));
    let ran = pasc(&["trace", "convert", ACCEPTOR, input, &output]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    output
}

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn both_forms_of_a_trace_give_the_same_outputs() {
    let folder = folder("trace_forms");
    for name in ["acceptor", "counter", "lww-store", "resp"] {
        let program = format!("examples/{name}/{name}.pasc");
        example_records(name, &folder);
        let trace = text(&folder.join(format!("{name}.frames")));
        let ran = pasc(&["run", &program, "--trace", &trace]);
        let expected = content(&format!("examples/{name}/expected.jsonl"));
        assert_eq!((ran.code, ran.out), (0, expected), "{}", ran.err);
    }
}

#[test]
fn conversion_there_and_back_gives_the_same_file() {
    let folder = folder("trace_round");
    let trace = "examples/acceptor/trace.jsonl";
    let there = convert(&folder, trace, "there.frames");
    let back = convert(&folder, &there, "back.jsonl");
    assert_eq!(String::from_utf8(bytes(&back)).unwrap(), content(trace));
    let again = convert(&folder, &back, "again.frames");
    assert_eq!(bytes(&again), bytes(&there));
}

#[test]
fn a_record_holds_what_its_line_says() {
    let folder = folder("trace_fields");
    let lines = r#"{"at": 7, "from": "a", "type": "Prepare", "body": {"ballot": 1, "from": 2}}
{"from": "b", "to": "c", "type": "Prepare", "body": {"from": 2, "ballot": 1}}

{"from": "a", "type": "Prepare", "body": {"ballot": 1, "from": 2}}
{"from": "a", "incarnation": 3, "number": 9, "type": "Prepare", "body": {"ballot": 1, "from": 2}}
{"from": "a", "ordinal": 20, "at": 0, "type": "Prepare", "body": {"ballot": 1, "from": 2}}
{"frame": "00fF", "record_crc": 5}
"#;
    let there = convert(&folder, &file(&folder, "t.jsonl", lines), "t.frames");
    let records = records(&bytes(&there));
    let stamps: Vec<(u64, u64)> = records.iter().map(|r| (r.ordinal, r.time)).collect();
    assert_eq!(stamps, [(1, 7), (2, 7), (3, 7), (4, 7), (20, 0), (21, 0)]);
    let frames = records[..5]
        .iter()
        .map(|r| pasc_vm::frame::Frame::parse(&r.frame).unwrap());
    let headers: Vec<_> = frames
        .map(|f| (f.sender, f.destination, f.incarnation, f.number))
        .collect();
    let expected = [
        ("a", "acceptor", 0, 1),
        ("b", "c", 0, 1),
        ("a", "acceptor", 0, 2),
        ("a", "acceptor", 3, 9),
        ("a", "acceptor", 0, 10),
    ];
    assert_eq!(headers, expected);
    assert_eq!(
        (records[5].frame.as_slice(), records[5].crc),
        (&[0, 0xff][..], 5)
    );

    let back = convert(&folder, &there, "back.jsonl");
    let again = convert(&folder, &back, "again.frames");
    assert_eq!(bytes(&again), bytes(&there));
}

#[test]
fn damaged_records_survive_conversion_bit_by_bit() {
    let folder = folder("trace_damaged");
    let intact = example_records("acceptor", &folder);
    let mut damaged = Vec::new();
    for (index, record) in intact.iter().cycle().take(intact.len() * 40).enumerate() {
        // A walk over the bits of the record, some in the frame and some in its stamps.
        let mut record = record.clone();
        let bits = record.frame.len() * 8;
        match (index * 37) % (bits + 160) {
            bit if bit < bits => record.frame[bit / 8] ^= 1 << (bit % 8),
            bit if bit < bits + 64 => record.ordinal ^= 1 << (bit - bits),
            bit if bit < bits + 128 => record.time ^= 1 << (bit - bits - 64),
            bit => record.crc ^= 1 << (bit - bits - 128),
        }
        damaged.push(record);
    }
    let trace = binary(&damaged);
    let there = convert(&folder, &file(&folder, "d.frames", &trace), "d.jsonl");
    let back = convert(&folder, &there, "back.frames");
    assert!(bytes(&back) == trace, "the bytes differ");
}

#[test]
fn conversion_may_use_the_standard_streams() {
    let folder = folder("trace_streams");
    let there = convert(&folder, "examples/acceptor/trace.jsonl", "t.frames");
    let args = ["trace", "convert", ACCEPTOR, "-", "-"];
    let ran = common::pasc_with_input(&args, &bytes(&there));
    assert_eq!(
        (ran.code, ran.out),
        (0, content("examples/acceptor/trace.jsonl"))
    );
}

#[test]
fn a_failed_conversion_leaves_the_old_file() {
    let folder = folder("trace_old");
    let output = file(&folder, "t.frames", "old");
    let input = file(
        &folder,
        "t.jsonl",
        content("examples/acceptor/trace.jsonl") + "oops\n",
    );
    let ran = pasc(&["trace", "convert", ACCEPTOR, &input, &output]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(ran.err.contains("t.jsonl:24: "), "{}", ran.err);
    assert_eq!(bytes(&output), b"old");
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        2,
        "no part of a file is left"
    );
}

#[test]
fn a_conversion_does_not_overwrite_the_program_and_follows_links() {
    let folder = folder("trace_link");
    let trace = "examples/acceptor/trace.jsonl";
    let program = file(&folder, "a.pasc", content(ACCEPTOR));
    let ran = pasc(&["trace", "convert", &program, trace, &program]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(bytes(&program), content(ACCEPTOR).as_bytes());

    let target = file(&folder, "target.jsonl", "old");
    let link = folder.join("link.jsonl");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let ran = pasc(&["trace", "convert", ACCEPTOR, trace, &text(&link)]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(link.is_symlink());
    assert_eq!(bytes(&target), content(trace).as_bytes());
}

#[test]
fn a_conversion_onto_itself_works() {
    let folder = folder("trace_itself");
    let trace = content("examples/acceptor/trace.jsonl");
    let path = file(&folder, "t.jsonl", &trace);
    let ran = pasc(&["trace", "convert", ACCEPTOR, &path, &path]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(String::from_utf8(bytes(&path)).unwrap(), trace);
}

#[test]
fn malformed_lines_end_the_run_with_5_and_their_place() {
    let folder = folder("trace_malformed");
    let line = |from: &str, ty: &str, body: &str| {
        format!("{{\"from\": \"{from}\", \"type\": \"{ty}\", \"body\": {body}}}")
    };
    let accept = |fields: &str| line("p", "Accept", &format!("{{\"ballot\": 1, {fields}}}"));
    let cases = [
        (
            "oops".to_owned(),
            "malformed JSON: expected value at column 1",
        ),
        ("{\"from\": \"p\"".to_owned(), "EOF while parsing an object"),
        ("[]".to_owned(), "a line is a JSON object"),
        ("{} {}".to_owned(), "trailing characters"),
        ("[".repeat(1000), "recursion limit"),
        ("{}".to_owned(), "the key `from` is missing"),
        ("{\"from\": \"p\"}".to_owned(), "the key `type` is missing"),
        (
            "{\"from\": \"p\", \"type\": \"Prepare\"}".to_owned(),
            "the key `body` is missing",
        ),
        (
            "{\"form\": \"p\"}".to_owned(),
            "unknown key `form`; did you mean `from`?",
        ),
        (
            "{\"from\": 7}".to_owned(),
            "`from` is a string, not the number 7",
        ),
        (
            "{\"from\": \"p\", \"from\": \"q\"}".to_owned(),
            "the key \"from\" stands twice",
        ),
        (
            "{\"at\": -1, \"frame\": \"\"}".to_owned(),
            "`at` is a whole number from 0 on",
        ),
        (
            "{\"at\": 1.5, \"frame\": \"\"}".to_owned(),
            "`at` is a whole number from 0 on",
        ),
        (
            "{\"at\": 9223372036854775808, \"frame\": \"\"}".to_owned(),
            "the time 9223372036854775808 cannot be; times go up to 9223372036854775807",
        ),
        ("{\"frame\": \"0\"}".to_owned(), "an even number of digits"),
        ("{\"frame\": \"é\"}".to_owned(), "an even number of digits"),
        (
            "{\"frame\": \"\", \"from\": \"p\"}".to_owned(),
            "unknown key `from`",
        ),
        (
            "{\"frame\": \"\", \"record_crc\": 4294967296}".to_owned(),
            "32 bits",
        ),
        (
            line("p", "Prepair", "{}"),
            "no message `Prepair`; did you mean `Prepare`?",
        ),
        (
            line("", "Nack", "{\"promised\": 1}"),
            "the sender's address must have 1 to 63 bytes",
        ),
        (
            line(&"p".repeat(64), "Nack", "{\"promised\": 1}"),
            "1 to 63 bytes",
        ),
        (
            line("p", "Nack", "7"),
            "body: expected Nack, found the number 7",
        ),
        (
            line("p", "Nack", "{}"),
            "body: the field `promised` is missing",
        ),
        (
            line("p", "Nack", "{\"promise\": 1}"),
            "no field `promise`; did you mean `promised`?",
        ),
        (
            line("p", "Nack", "{\"promised\": \"1\"}"),
            "body.promised: expected int, found the string",
        ),
        (
            line("p", "Nack", "{\"promised\": 1.0}"),
            "body.promised: expected int",
        ),
        (line("p", "Nack", "{\"promised\": null}"), "found null"),
        (
            line("p", "Nack", "{\"promised\": 9223372036854775808}"),
            "outside of int",
        ),
        (
            line("p", "Nack", "{\"promised\": -9223372036854775809}"),
            "expected int",
        ),
        (
            line("p", "Nack", "{\"promised\": 1, \"promised\": 1}"),
            "stands twice",
        ),
        (
            accept("\"slot\": 1, \"value\": {\"hex\": \"0g\"}"),
            "body.value: `hex` holds",
        ),
        (
            accept("\"slot\": 1, \"value\": {}"),
            "body.value: bytes are a string or",
        ),
        (
            line("p", "Promise", "{\"ballot\": 1, \"votes\": {\"x\": {}}}"),
            "body.votes: the key \"x\" is no int",
        ),
        (
            line("p", "Promise", "{\"ballot\": 1, \"votes\": {\"01\": {}}}"),
            "body.votes: the key \"01\" is no int",
        ),
        (
            line(
                "p",
                "Promise",
                "{\"ballot\": 1, \"votes\": {\"3\": {\"ballot\": true}}}",
            ),
            "body.votes[3].ballot: expected int, found true",
        ),
    ];
    for (line, said) in cases {
        let good = content("examples/acceptor/trace.jsonl");
        let first_two: String = good.split_inclusive('\n').take(2).collect();
        let trace = file(&folder, "t.jsonl", format!("{first_two}\n{line}\n{good}"));
        let ran = pasc(&["run", ACCEPTOR, "--trace", &trace]);
        assert_eq!(ran.code, 5, "{line}: {}", ran.err);
        assert_eq!(
            ran.out.lines().count(),
            2,
            "what came before was handled: {line}"
        );
        assert!(ran.err.contains("t.jsonl:4: "), "{line}: {}", ran.err);
        assert!(ran.err.contains(said), "{line}: {}", ran.err);
        assert!(
            ran.summary().starts_with("handled 2, "),
            "{line}: {}",
            ran.err
        );

        let ran = pasc(&["run", ACCEPTOR, "--trace", &trace, "--malformed", "skip"]);
        assert_eq!(ran.code, 0, "{line}: {}", ran.err);
        assert!(
            ran.summary().ends_with("failed 0, malformed 1"),
            "{}",
            ran.summary()
        );
    }
}

#[test]
fn the_last_time_is_one_and_what_is_damaged_may_say_any() {
    let folder = folder("trace_late");
    let mut records = example_records("acceptor", &folder);
    records.truncate(1);
    let input = |time| {
        let frame = &records[0].frame;
        pasc_vm::process::Input::new(1, time, frame).crc
    };
    let (last, none) = (u64::MAX / 2, u64::MAX / 2 + 1);
    let cases = [
        (last, input(last), 0, "handled 1, "),
        (none, input(none), 5, "handled 0, "),
        (none, input(last), 0, "refused 1, "),
    ];
    for (time, crc, code, said) in cases {
        let record = common::Record {
            time,
            crc,
            ..records[0].clone()
        };
        let trace = file(&folder, "t.frames", binary(&[record]));
        let ran = pasc(&["run", ACCEPTOR, "--trace", &trace]);
        assert_eq!(ran.code, code, "{time}: {}", ran.err);
        assert!(ran.summary().contains(said), "{time}: {}", ran.err);
        if code == 5 {
            assert!(
                ran.err.contains("t.frames: record 1: the time "),
                "{}",
                ran.err
            );
            continue;
        }
        // Both survive a conversion.
        let back = convert(&folder, &trace, "back.jsonl");
        let again = convert(&folder, &back, "again.frames");
        assert_eq!(bytes(&again), bytes(&trace));
    }
}

#[test]
fn a_line_that_is_no_text_is_malformed() {
    let folder = folder("trace_latin1");
    let trace = file(&folder, "t.jsonl", b"\n{\"from\": \"gr\xf6\xdfer\"}\n");
    let ran = pasc(&["run", ACCEPTOR, "--trace", &trace]);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(
        ran.err
            .contains("t.jsonl:2: not UTF-8 text from byte 13 of the line on"),
        "{}",
        ran.err
    );
}

#[test]
fn empty_traces_byte_order_marks_and_lines_without_end_are_traces() {
    let folder = folder("trace_empty");
    let line = content("examples/acceptor/trace.jsonl")
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let crlf = format!("{line}\r\n \t\r\n{line}");
    let marked = format!("\u{feff}{line}\n{line}");
    let cases = [
        ("", 0),
        ("\n\n", 0),
        (&line, 1),
        (&crlf, 2),
        ("\u{feff}", 0),
        (&marked, 2),
    ];
    for (trace, handled) in cases {
        let ran = pasc(&["run", ACCEPTOR, "--trace", &file(&folder, "t.jsonl", trace)]);
        assert_eq!(ran.code, 0, "{trace:?}: {}", ran.err);
        assert!(
            ran.summary().starts_with(&format!("handled {handled},")),
            "{trace:?}"
        );
        // What is expected may begin with such a mark as well.
        let expected = file(&folder, "expected.jsonl", format!("\u{feff}{}", ran.out));
        let trace = file(&folder, "t.jsonl", trace);
        let again = pasc(&["run", ACCEPTOR, "--trace", &trace, "--expect", &expected]);
        assert_eq!(again.code, 0, "{trace:?}: {}", again.err);
    }
}

#[test]
fn a_cut_binary_trace_ends_the_run_with_5() {
    let folder = folder("trace_cut");
    let records = example_records("acceptor", &folder);
    let whole = binary(&records);
    let second = 8 + 25 + records[0].frame.len();
    for length in [
        0,
        3,
        7,
        second + 1,
        second + 4,
        second + 30,
        whole.len() - 1,
    ] {
        let trace = file(&folder, "cut.frames", &whole[..length]);
        let ran = pasc(&["run", ACCEPTOR, "--trace", &trace]);
        assert_eq!(ran.code, 5, "{length}: {}", ran.err);
        assert!(ran.err.contains("ends within"), "{length}: {}", ran.err);
        if length > second {
            assert!(
                ran.err.contains("cut.frames: record "),
                "{length}: {}",
                ran.err
            );
        }
    }
}

#[test]
fn what_is_no_binary_trace_is_said_to_be_none() {
    let folder = folder("trace_none");
    let mut version = binary(&[]);
    version[4] = 2;
    let cases: [(&str, &[u8], &str); 3] = [
        (
            "a.frames",
            b"nothing of the kind",
            "does not begin with `PSCF`",
        ),
        ("b.frames", b"PSC1 a bare frame", "these are bare frames"),
        (
            "c.frames",
            &version,
            "version 2 of binary traces is not known",
        ),
    ];
    for (name, bytes, said) in cases {
        let ran = pasc(&["run", ACCEPTOR, "--trace", &file(&folder, name, bytes)]);
        assert_eq!(ran.code, 5, "{name}: {}", ran.err);
        assert!(
            ran.err.contains(name) && ran.err.contains(said),
            "{name}: {}",
            ran.err
        );
    }
}
