//! Runtime errors, wherever they strike: the state is as it was, and every mode says the same.

use crate::bench::{Answer, acceptor, acceptor_frames, compile, give, message};
use pasc_vm::limits::Limits;
use pasc_vm::process::{Failure, Lockstep, Mode, Options, Plain, Process, Sequential};
use pasc_vm::{Program, Value};

/// What each message gives when it may take only so many steps, with the state checked.
fn answers_with_fuel<M: Mode>(program: &Program, frames: &[Vec<u8>], steps: u64) -> Vec<Answer> {
    answers_within::<M>(
        program,
        frames,
        Limits {
            instructions: steps,
            ..Limits::default()
        },
    )
}

fn answers_within<M: Mode>(program: &Program, frames: &[Vec<u8>], limits: Limits) -> Vec<Answer> {
    let options = Options {
        limits,
        ..Options::new("self")
    };
    let Ok(mut process) = Process::<M>::start(program, &options) else {
        return Vec::new();
    };
    let mut answers = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        let before: Vec<Vec<u64>> = process.copies().iter().map(|copy| copy.to_vec()).collect();
        let answer = give(&mut process, index as u64 + 1, frame);
        if let Answer::Failed(failure) = &answer {
            assert!(matches!(failure, Failure::Error(_)), "{failure}");
            assert_eq!(process.copies(), before, "{} within {limits:?}", M::NAME);
        }
        answers.push(answer);
    }
    answers
}

#[test]
fn running_out_of_fuel_anywhere_leaves_the_state_as_it_was_in_every_mode() {
    let program = acceptor();
    let frames = acceptor_frames(program);
    let whole = answers_with_fuel::<Lockstep>(program, &frames, 100_000);
    let mut kinds = std::collections::BTreeSet::new();
    for steps in 1..400 {
        let plain = answers_with_fuel::<Plain>(program, &frames, steps);
        let lockstep = answers_with_fuel::<Lockstep>(program, &frames, steps);
        let sequential = answers_with_fuel::<Sequential>(program, &frames, steps);
        assert_eq!(plain, lockstep, "{steps} steps");
        assert_eq!(plain, sequential, "{steps} steps");
        for answer in plain {
            kinds.insert(match answer {
                Answer::Frames(_) => "frames",
                Answer::Nothing => "nothing",
                Answer::Failed(_) => "failed",
            });
        }
    }
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["failed", "frames", "nothing"]
    );
    assert_eq!(whole, answers_with_fuel::<Plain>(program, &frames, 100_000));
}

const FAILING: &str = r#"
message Divide { by: int }
message Add { to: int }
message Look { key: int }
message Done { n: int }
state {
    n: int = 9_223_372_036_854_775_800
    m: map<int, int>
}
on Divide(d) {
    m[1] = 1
    reply Done { n: 1 }
    n = n / d.by
}
on Add(a) {
    m[a.to] = a.to
    n = n + a.to
    reply Done { n }
}
on Look(l) {
    m[l.key] += 1
    n = m[l.key + 1]
}
"#;

fn errors<M: Mode>() -> Vec<String> {
    let program = compile("failing.pasc", FAILING);
    let mut process: Process<M> = Process::start(&program, &Options::new("self")).unwrap();
    let mut texts = Vec::new();
    let inputs = [
        ("Divide", 0),
        ("Add", 100),
        ("Look", 7),
        ("Add", 1),
        ("Look", 1),
        ("Divide", 2),
    ];
    for (index, (name, value)) in inputs.into_iter().enumerate() {
        let before: Vec<Vec<u64>> = process.copies().iter().map(|copy| copy.to_vec()).collect();
        let frame = message(&program, name, vec![Value::Int(value)]);
        match give(&mut process, index as u64 + 1, &frame) {
            Answer::Failed(Failure::Error(error)) => {
                assert_eq!(process.copies(), before, "{error}");
                texts.push(error.to_string());
            }
            answer => texts.push(format!("{} frames", matches!(answer, Answer::Frames(_)))),
        }
    }
    assert_eq!(process.statistics().failed, 4);
    texts
}

#[test]
fn an_error_names_place_values_and_message_alike_in_every_mode() {
    let texts = errors::<Lockstep>();
    assert_eq!(texts, errors::<Plain>());
    assert_eq!(texts, errors::<Sequential>());
    insta::assert_snapshot!(texts.join("\n\n"));
}

const JOINING: &str = r#"
message Join { left: text, right: text }
message Joined { text: text }
state { last: text = "" }
on Join(j) when j.left + j.right != last {
    last = j.left + j.right
    reply Joined { text: last + j.right }
}
on Join(j) { reply Joined { text: "again" } }
"#;

#[test]
fn running_out_of_temporary_memory_is_the_same_in_every_mode() {
    let program = compile("joining.pasc", JOINING);
    let text = |text: &str| Value::Text(text.to_owned());
    let join = |left, right| message(&program, "Join", vec![text(left), text(right)]);
    let frames = [
        join("a text of some words", "and more"),
        join("a", "b"),
        join("a", "b"),
    ];
    let mut failed = 0;
    for words in 1..80 {
        let limits = Limits {
            temporary_words: words,
            ..Limits::default()
        };
        let plain = answers_within::<Plain>(&program, &frames, limits);
        assert_eq!(
            plain,
            answers_within::<Lockstep>(&program, &frames, limits),
            "{words} words"
        );
        assert_eq!(
            plain,
            answers_within::<Sequential>(&program, &frames, limits),
            "{words} words"
        );
        failed += plain
            .iter()
            .filter(|answer| matches!(answer, Answer::Failed(_)))
            .count();
    }
    assert!(failed > 0);
}

#[test]
fn a_state_that_does_not_fit_its_limit_is_refused_at_the_start() {
    let program = acceptor();
    let start = |words| {
        let limits = Limits {
            state_words: words,
            ..Limits::default()
        };
        Process::<Lockstep>::start(
            program,
            &Options {
                limits,
                ..Options::new("self")
            },
        )
    };
    let error = start(193).err().unwrap().to_string();
    assert!(
        error.contains("`state_words` must be at least 194"),
        "{error}"
    );
    assert!(start(194).is_ok());
}
