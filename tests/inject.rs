//! `pasc inject` as a command: what it refuses and how, what it writes, and what an interruption leaves.

mod common;
use common::{Ran, command, folder, pasc, text};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

const PROGRAM: &str = "inject/tests/programs/mixed.pasc";
const TRACE: &str = "inject/tests/programs/mixed.jsonl";

fn inject(options: &[&str]) -> Ran {
    pasc(&[&["inject", PROGRAM, "--trace", TRACE], options].concat())
}

fn file(folder: &str, name: &str, content: &str) -> PathBuf {
    let path = common::folder(folder).join(name);
    std::fs::write(&path, content).expect("written");
    path
}

#[test]
fn a_program_with_a_bug_and_traces_that_are_none_are_refused_with_their_place() {
    let bug = text(&file("inject_bug", "bug.pasc", "on X {"));
    let ran = pasc(&["inject", &bug, "--trace", TRACE]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("error[E0006]") && ran.err.contains("bug.pasc:1:6"),
        "{}",
        ran.err
    );
    let ran = pasc(&["inject", PROGRAM, "--trace", "none.jsonl"]);
    assert_eq!(ran.code, 5);
    assert!(
        ran.err.contains("none.jsonl: cannot be read"),
        "{}",
        ran.err
    );
    let bad = text(&file("inject_bad", "bad.jsonl", "garbage\n"));
    let ran = pasc(&["inject", PROGRAM, "--trace", &bad]);
    assert_eq!(ran.code, 5);
    assert!(
        ran.err.contains("bad.jsonl:1: malformed JSON"),
        "{}",
        ran.err
    );
    let empty = text(&file("inject_empty", "empty.jsonl", ""));
    let ran = pasc(&["inject", PROGRAM, "--trace", &empty]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("the trace has no inputs"), "{}", ran.err);
}

#[test]
fn options_with_wrong_values_are_refused_and_say_what_is_right() {
    for (options, says) in [
        (vec!["--samples", "x"], "invalid value 'x'"),
        (vec!["--samples", "0"], "invalid value '0'"),
        (vec!["--threads", "0"], "0 is not in 1..=256"),
        (vec!["--threads", "257"], "257 is not in 1..=256"),
        (
            vec!["--samples", "100000001"],
            "100000001 is not in 1..=100000000",
        ),
        (
            vec!["--mode", "fast"],
            "possible values: plain, lockstep, sequential",
        ),
        (vec!["--param", "q=1"], "there is no parameter `q`"),
        (
            vec!["--campaign", "wire"],
            "the campaigns are skipped-lane, code, bases",
        ),
        (vec!["--without", "bass"], "did you mean `bases`?"),
        (
            vec!["--without", "bases", "--without", "ends"],
            "several at once are for `--replay`",
        ),
        (
            vec!["--only", "nosuch"],
            "no place that a run touches has `nosuch` in its name",
        ),
        (vec!["--replay", "1:2"], "`1:2` is no fault"),
        (
            vec!["--replay", "9:9:jump:0"],
            "the trace has inputs 1 to 4",
        ),
        (vec!["--replay", "1:99999:jump:0"], "error: input 1 has "),
        (
            vec!["--replay", "1:0:a.nosuch[0]:flip:1"],
            "shows no such place at step 0",
        ),
        (
            vec!["--replay", "recovery:9:0"],
            "the process can be taken down after 0 to 4 inputs",
        ),
        (
            vec!["--replay", "recovery:1:999999999"],
            "the recovery after 1 inputs has ",
        ),
        (
            vec!["--replay", "recovery:1"],
            "is no damage to a recovery; one is `recovery:INPUTS:NUMBER`",
        ),
        (
            vec!["--level", "message", "--html", "x.html"],
            "there is `--json`",
        ),
        (
            vec!["--campaign", "recovery", "--html", "x.html"],
            "there is `--json`",
        ),
    ] {
        let ran = inject(&options);
        assert_eq!(ran.code, 2, "{options:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{options:?}: {}", ran.err);
    }
    let ran = inject(&["--samples", "9", "--resume", "/nowhere/x"]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("/nowhere/x: "), "{}", ran.err);
}

/// Options, and why they are refused together.
const IN_VAIN: &[(&[&str], &str)] = &[
    (
        &["--level", "message"],
        "means nothing with `--level message`, which does every damage to every frame",
    ),
    (
        &["--campaign", "recovery"],
        "means nothing with `--campaign recovery`",
    ),
    (&["--mutate"], "means nothing with `--mutate`"),
    (
        &["--replay", "1:2:jump:0"],
        "means nothing with `--replay`, which lets one fault happen",
    ),
    (
        &["--replay", "recovery:1:2"],
        "means nothing with `--replay`, which does one damage to a recovery",
    ),
    (
        &["--level", "native", "--replay", "1:2:rax:3"],
        "means nothing with `--replay`, which lets one fault happen",
    ),
    (
        &["--level", "native", "--campaign", "targeted"],
        "means nothing with this campaign, which says itself where faults happen",
    ),
];

#[test]
fn an_option_that_would_be_given_in_vain_is_refused() {
    // For each row of the table above, by its place, what means nothing with it.
    for (option, rows) in [
        (&["--samples", "5"][..], &[0, 3, 4, 5][..]),
        (&["--only", "register"], &[0, 1, 3, 4, 5, 6]),
        (&["--within", "interpreter"], &[5, 6]),
        (&["--code"], &[5, 6]),
        (&["--campaign", "code"], &[0, 3, 4]),
        // What would happen by itself counts too.
        (&["--happening", "once"], &[0, 1, 2, 4]),
        (&["--mutate"], &[0, 1, 3, 4]),
        (&["--replay", "1:2:jump:0"], &[0]),
        (&["--resume", "kept"], &[0, 1, 3, 4, 5]),
        (&["--json", "x.json"], &[3, 4, 5]),
        (&["--html", "x.html"], &[3, 4, 5]),
    ] {
        for row in rows {
            let (with, says) = IN_VAIN[*row];
            let ran = inject(&[option, with].concat());
            assert_eq!(ran.code, 2, "{option:?} {with:?}: {}", ran.err);
            let says = format!("`{}` {says}", option[0]);
            assert!(ran.err.contains(&says), "{option:?} {with:?}: {}", ran.err);
        }
    }
    // What changes no result is no vain wish.
    for with in [&["--level", "message"][..], &["--samples", "9"]] {
        let ran = inject(&[&["--seed", "3", "--threads", "1"], with].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}

#[test]
fn the_report_has_the_fields_that_readers_count_on() {
    let json = folder("inject_json").join("report.json");
    let ran = inject(&["--samples", "500", "--json", &text(&json)]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report = std::fs::read_to_string(&json).expect("written");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    for field in [
        "level",
        "mode",
        "steps",
        "locations",
        "injected",
        "performed",
        "masked",
        "trapped",
        "latent",
        "exposed",
        "omitted",
        "omitted_committed",
        "runtime_error",
        "crashed",
        "hung",
        "sdc",
    ] {
        assert!(report.get(field).is_some(), "{field}");
    }
    let number = |field: &str| report[field].as_u64().expect("a number");
    assert_eq!(number("injected"), 500);
    let outcomes = [
        "masked", "trapped", "latent", "exposed", "omitted", "crashed", "hung", "sdc",
    ];
    assert_eq!(outcomes.map(number).iter().sum::<u64>(), 500);
    assert!(number("omitted") >= number("omitted_committed") + number("runtime_error"));
}

#[test]
fn a_silent_corruption_is_listed_with_a_command_that_shows_it_again() {
    let place = folder("inject again").join("it's mixed.pasc");
    let source = std::fs::read_to_string(common::root().join(PROGRAM)).expect("read");
    std::fs::write(&place, source).expect("written");
    let options = [
        "--self",
        "mixed",
        "--limit",
        "call_depth=9",
        "--only",
        "region",
    ];
    let own = text(&place);
    let ran = pasc(
        &[
            &["inject", &own, "--trace", TRACE, "--without", "borders"],
            &options[..],
        ]
        .concat(),
    );
    assert_eq!(ran.code, 1, "{}", ran.err);
    let line = ran
        .err
        .lines()
        .find(|line| line.contains("--replay"))
        .expect("a command");
    let line = line.trim().strip_prefix("pasc ").expect("of this program");
    assert!(line.contains("--limit call_depth=9 --self mixed"), "{line}");
    let shell = format!("\"{}\" {line}", env!("CARGO_BIN_EXE_pasc"));
    let mut again = std::process::Command::new("sh");
    let again = again
        .args(["-c", &shell])
        .current_dir(common::root())
        .output();
    let again = again.expect("the shell starts");
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("lockstep: sdc"), "{said}");
}

#[test]
fn a_run_that_takes_more_steps_than_are_kept_says_what_to_do() {
    let program = "
message Go { times: int }
state { sum: int = 0 }
on Go(m) {
    var i = 0
    while i < m.times {
        sum += i
        i += 1
    }
}
";
    let program = text(&file("inject_long", "long.pasc", program));
    let lines = |times| {
        format!("{{\"from\": \"a\", \"type\": \"Go\", \"body\": {{\"times\": {times}}}}}\n")
    };
    let (short, long) = (lines(10), lines(30_000));
    let trace = text(&file(
        "inject_long_trace",
        "long.jsonl",
        &(short.clone() + &long),
    ));
    for more in [&["--samples", "1"][..], &["--campaign", "recovery"]] {
        let ran = pasc(&[&["inject", &program, "--trace", &trace], more].concat());
        assert_eq!(ran.code, 6, "{}", ran.err);
        assert!(
            ran.err
                .contains("with input 2 the run without a fault takes more than 300,000 steps")
                && ran
                    .err
                    .contains("leave out inputs, or give them less to do"),
            "{}",
            ran.err
        );
    }
    let trace = text(&file("inject_short_trace", "short.jsonl", &short));
    let ran = pasc(&["inject", &program, "--trace", &trace, "--samples", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

/// Starts a campaign from its beginning and interrupts it once some pieces are done; whether more were
/// left then.
fn interrupt_half_way(options: &[&str], kept: &Path) -> bool {
    if kept.exists() {
        std::fs::remove_file(kept).expect("removed");
    }
    let mut started = command(&["inject", PROGRAM, "--trace", TRACE]);
    started.args(options).arg("--resume").arg(kept);
    let mut child = started
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let long = Instant::now();
    while std::fs::read_to_string(kept).map_or(0, |kept| kept.lines().count()) < 4 {
        assert!(long.elapsed() < Duration::from_secs(120), "nothing is kept");
        std::thread::sleep(Duration::from_millis(2));
    }
    let signal = std::process::Command::new("kill")
        .args(["-KILL", &child.id().to_string()])
        .status();
    signal.expect("kill runs");
    !child.wait().expect("it ends").success()
}

#[test]
fn a_run_that_was_interrupted_goes_on_to_the_same_totals() {
    let folder = folder("inject_interrupted");
    let (whole, rest) = (
        text(&folder.join("whole.json")),
        text(&folder.join("rest.json")),
    );
    let kept = folder.join("kept");
    let options = ["--samples", "300000", "--threads", "1"];
    assert_eq!(
        inject(&[&options[..], &["--json", &whole]].concat()).code,
        0
    );
    // On a busy machine the signal may come after the end. (Another signal than this one is ignored where
    // the tests run in the background of a shell.)
    let interrupted = (0..20).any(|_| interrupt_half_way(&options, &kept));
    assert!(interrupted, "each of 20 runs ended before the signal came");
    let resumed = inject(&[&options[..], &["--resume", &text(&kept), "--json", &rest]].concat());
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    let read = |path: &str| std::fs::read_to_string(path).expect("written");
    assert_eq!(read(&whole), read(&rest));
}
