//! `pasc inject --level native`: faults in this very binary while it runs, each placed at one instruction.
//!
//! Where the system does not let a process be traced, or its memory lie at the same addresses, these tests
//! ask for the error that says so, and for nothing else.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;
use common::{Ran, folder, pasc, text};
use nix::libc::{SYS_personality, SYS_ptrace};
use nix::sys::personality::{self, Persona};
use nix::sys::ptrace;
use nix::unistd::Pid;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::path::PathBuf;
use std::process::Stdio;

const PROGRAM: &str = "examples/counter/counter.pasc";
/// The errors of systems that do not allow what this level needs, and the exit code.
const NO_PTRACE: &str = "ptrace must be allowed";
const NO_ADDRESSES: &str = "personality(ADDR_NO_RANDOMIZE) must be allowed";
const REFUSED: i32 = 5;

/// The first inputs of the example's trace: every instruction of them is stepped through.
fn trace(folder: &str, inputs: usize) -> PathBuf {
    let path = common::folder(folder).join("trace.jsonl");
    let lines = common::content("examples/counter/trace.jsonl");
    let lines: Vec<&str> = lines.lines().take(inputs).collect();
    std::fs::write(&path, lines.join("\n") + "\n").expect("written");
    path
}

/// The error that this system makes the command end with, found out without the command's own help.
fn forbidden() -> Option<&'static str> {
    let mut child = common::command(&["inject-native-process"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let seized = ptrace::seize(
        Pid::from_raw(child.id() as i32),
        ptrace::Options::PTRACE_O_EXITKILL,
    );
    let _ = child.kill();
    let _ = child.wait();
    // A thread of its own, for it keeps what it sets.
    let set = || personality::set(Persona::ADDR_NO_RANDOMIZE);
    let settled = std::thread::spawn(set).join().expect("no panic");
    match (seized, settled) {
        (Err(_), _) => Some(NO_PTRACE),
        (_, Err(_)) => Some(NO_ADDRESSES),
        _ => None,
    }
}

fn pasc_at(program: &str, trace: &str, options: &[&str]) -> Ran {
    let level = ["inject", program, "--trace", trace, "--level", "native"];
    pasc(&[&level, options].concat())
}

/// What the command gave; nothing, once its error was asked for, if this system does not let it work.
fn allowed(ran: Ran) -> Option<Ran> {
    let Some(says) = forbidden() else {
        return Some(ran);
    };
    refused(&ran, REFUSED, says);
    None
}

fn inject(trace: &str, options: &[&str]) -> Option<Ran> {
    allowed(pasc_at(PROGRAM, trace, options))
}

#[test]
fn what_is_no_fault_of_this_level_is_refused_with_a_reason() {
    let trace = text(&trace("native_refused", 1));
    for (options, says) in [
        (vec!["--only", "register"], "did you mean `registers`?"),
        (vec!["--campaign", "recover"], "did you mean `recovery`?"),
        (vec!["--without", "bases"], "`--without` is not for"),
        (vec!["--mutate"], "`--mutate` is not for"),
        (vec!["--happening", "both"], "`--happening` is not for"),
        (vec!["--replay", "1:2:rex:3"], "`1:2:rex:3` is no fault"),
        (vec!["--replay", "1:2:rax:64"], "`rax` has no bit 64"),
        (vec!["--replay", "9:2:rax:6"], "the trace has inputs 1 to "),
    ] {
        refused(&pasc_at(PROGRAM, &trace, &options), 2, says);
    }
    let empty = common::file(&folder("native_empty"), "empty.jsonl", "");
    let ran = pasc_at(PROGRAM, &empty, &[]);
    refused(&ran, REFUSED, "the trace has no inputs");
    if let Some(ran) = inject(&trace, &["--within", "apply_c"]) {
        refused(&ran, 2, "there is no phase `apply_c`");
    }
    if let Some(ran) = inject(&trace, &["--within", "Lane::recieve"]) {
        refused(&ran, 2, "no function of this name is executed");
    }
    if let Some(ran) = inject(&trace, &["--replay", "1:99999999:rax:6"]) {
        refused(&ran, 2, "input 1 has instructions 0 to ");
    }
}

fn refused(ran: &Ran, code: i32, says: &str) {
    assert!(ran.err.contains(says), "{says}: {}", ran.err);
    assert_eq!(ran.code, code, "{says}: {}", ran.err);
}

/// Lets a thread, and the processes that it starts, have a call of the kernel refused.
fn without_call(call: i64) {
    const EPERM: u32 = 1;
    let filter = SeccompFilter::new(
        [(call, Vec::new())].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(EPERM),
        std::env::consts::ARCH.try_into().expect("known"),
    );
    let filter: BpfProgram = filter.expect("a filter").try_into().expect("a program");
    seccompiler::apply_filter(&filter).expect("any process may give up a call");
}

#[test]
fn a_system_that_forbids_what_is_needed_is_named() {
    let trace = text(&trace("native_forbidden", 1));
    for (call, says) in [(SYS_ptrace, NO_PTRACE), (SYS_personality, NO_ADDRESSES)] {
        if forbidden().is_some_and(|here| here != says) {
            continue;
        }
        let trace = trace.clone();
        let ran = std::thread::spawn(move || {
            without_call(call);
            pasc_at(PROGRAM, &trace, &["--samples", "1"])
        });
        refused(&ran.join().expect("no panic"), REFUSED, says);
    }
}

#[test]
fn a_binary_without_symbols_is_refused() {
    let trace = text(&trace("native_stripped", 1));
    let stripped = folder("native_binary").join("stripped");
    let mut bytes = std::fs::read(env!("CARGO_BIN_EXE_pasc")).expect("the command is there");
    // Where the sections begin, how many there are, and which holds their names.
    bytes[0x28..0x30].fill(0);
    bytes[0x3c..0x40].fill(0);
    std::fs::write(&stripped, bytes).expect("written");
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&stripped, all).expect("its owner may");
    let options = ["--samples", "1", "--binary", &text(&stripped)];
    if let Some(ran) = inject(&trace, &options) {
        refused(&ran, REFUSED, "has no table of symbols");
    }
    let missing = text(&folder("native_missing").join("pasc"));
    let ran = pasc_at(PROGRAM, &trace, &["--binary", &missing]);
    refused(&ran, REFUSED, "cannot be started: entity not found");
}

#[test]
fn the_process_under_test_alone_ends_by_itself() {
    let ran = pasc(&["inject-native-process"]);
    assert_eq!(ran.code, 7, "{}", ran.err);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
}

/// Campaigns take the machine that ships: a debug build has many times the instructions, and no phases.
#[cfg(not(debug_assertions))]
mod campaigns {
    use super::*;

    /// Whose every instruction a release build steps through in some seconds.
    const ACCEPTOR: (&str, &str) = (
        "examples/acceptor/acceptor.pasc",
        "examples/acceptor/trace.jsonl",
    );

    /// The report of a campaign, without what clocks say.
    fn report(trace: &str, name: &str, options: &[&str]) -> Option<(i32, serde_json::Value)> {
        let json = folder(name).join("report.json");
        let ran = inject(trace, &[options, &["--json", &text(&json)]].concat())?;
        let report = std::fs::read_to_string(&json).unwrap_or_else(|_| panic!("{}", ran.err));
        let mut report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
        let fields = report.as_object_mut().expect("an object");
        for clock in ["seconds", "faults_per_second"] {
            assert!(fields.remove(clock).is_some(), "{clock}");
        }
        Some((ran.code, report))
    }

    #[test]
    fn a_few_faults_in_lockstep_are_not_silent_and_their_totals_do_not_depend_on_threads() {
        let trace = text(&trace("native_lockstep", 2));
        let Some((code, two)) = report(&trace, "native_two", &["--samples", "40"]) else {
            return;
        };
        assert_eq!(code, 0, "{two}");
        let number = |field: &str| two[field].as_u64().expect(field);
        assert_eq!(number("sdc"), 0);
        assert_eq!(number("injected") + number("missed"), 40);
        assert!(number("effective") > 0 && number("masked") > 0, "{two}");
        assert_eq!(two["level"], "native");
        let one = report(&trace, "native_one", &["--samples", "40", "--threads", "1"]);
        assert_eq!(one, Some((0, two)));
    }

    #[test]
    fn plain_is_silently_corrupted_and_a_replay_shows_it_again() {
        let trace = text(&trace("native_plain", 2));
        let options = ["--samples", "150", "--mode", "plain", "--only", "memory"];
        let Some((code, report)) = report(&trace, "native_control", &options) else {
            return;
        };
        assert_eq!(code, 1, "{report}");
        assert!(report["sdc"].as_u64().expect("a number") > 0, "{report}");
        // A run that the watchdog ends has come a little further or less far each time.
        let again = |fault: &str| {
            inject(&trace, &["--mode", "plain", "--replay", fault]).expect("as before")
        };
        let silent = report["sdc_list"].as_array().expect("a list").iter();
        let (fault, first) = silent
            .map(|silent| silent["fault"].as_str().expect("a name"))
            .map(|fault| (fault, again(fault)))
            .find(|(_, ran)| !ran.err.contains("it ends with Hung"))
            .expect("a silent fault whose run ends by itself");
        assert_eq!(first.code, 1, "{}", first.err);
        assert!(first.err.starts_with("plain: sdc: "), "{}", first.err);
        assert_eq!(first.err, again(fault).err);
    }

    /// What the process does between two inputs must not show in them: times and inodes of files did, by way of the
    /// stack and of copies of values that have unused bytes.
    #[test]
    fn two_runs_without_a_fault_are_the_same_to_the_last_instruction() {
        let trace = text(&trace("native_same", 2));
        let beyond = ["--mode", "plain", "--replay", "2:99999999:rax:6"];
        let Some(ran) = inject(&trace, &beyond) else {
            return;
        };
        let (_, end) = ran
            .err
            .split_once("input 2 has instructions 0 to ")
            .expect("an error");
        let digits = end.find(|c: char| !c.is_ascii_digit()).unwrap_or(end.len());
        let last: u64 = end[..digits].parse().expect("a number");
        for step in (last - 24..=last).step_by(3) {
            let fault = format!("2:{step}:r15:60");
            let ran = inject(&trace, &["--mode", "plain", "--replay", &fault]).expect("as before");
            assert!(ran.err.starts_with("plain: "), "{fault}: {}", ran.err);
        }
    }

    /// The same campaign, as far as it was kept: cut in the middle of a block, and of another build.
    #[test]
    fn an_interrupted_campaign_goes_on_to_the_same_totals() {
        let trace = text(&trace("native_resume", 1));
        let kept = text(&folder("native_kept").join("kept.lines"));
        let options = ["--samples", "300", "--only", "jumps", "--resume", &kept];
        let Some(whole) = report(&trace, "native_whole", &options) else {
            return;
        };
        let lines = std::fs::read_to_string(&kept).expect("it was kept");
        let blocks = lines.lines().filter(|line| line.contains("\"block\""));
        let faults: usize = blocks.map(|line| line.matches("jump@").count()).sum();
        assert_eq!(faults, 300, "each fault is kept with its outcome");
        let mut cut: Vec<&str> = lines.split_inclusive('\n').take(2).collect();
        cut.push("{\"block\":[0,1,[[\"1:2:ju");
        std::fs::write(&kept, cut.concat()).expect("written");
        assert_eq!(report(&trace, "native_resumed", &options), Some(whole));
        // Now all are on record: there is no rate.
        let json = text(&folder("native_recorded").join("report.json"));
        let ran = inject(&trace, &[&options[..], &["--json", &json]].concat()).expect("as before");
        assert!(ran.err.contains("all on record; "), "{}", ran.err);
        let recorded = std::fs::read_to_string(&json).expect("written");
        assert!(
            recorded.contains("\"faults_per_second\": null"),
            "{recorded}"
        );
        let other = [&options[..5], &[&kept, "--seed", "4"]].concat();
        let ran = inject(&trace, &other).expect("as before");
        refused(
            &ran,
            REFUSED,
            "this is of another campaign or another build",
        );
    }

    /// Targeted faults, one of each; what is beyond the model is counted apart.
    #[test]
    fn faults_are_aimed_at_bases_flags_code_phases_and_recoveries() {
        let trace = text(&trace("native_targets", 6));
        let kinds: [&[&str]; 8] = [
            &["--only", "bases", "--samples", "9"],
            &["--only", "flags", "--samples", "9"],
            &["--code", "--samples", "9"],
            &["--campaign", "recovery", "--samples", "3"],
            &[
                "--only",
                "jumps",
                "--within",
                "interpreter",
                "--samples",
                "9",
            ],
            &["--campaign", "targeted", "--samples", "1"],
            &["--only", "constants", "--samples", "9"],
            &["--only", "functions", "--samples", "9"],
        ];
        for (number, options) in kinds.iter().enumerate() {
            let name = format!("native_target_{number}");
            let json = text(&folder(&name).join("report.json"));
            let options = [*options, &["--json", &json]].concat();
            let Some(ran) = inject(&trace, &options) else {
                return;
            };
            assert_eq!(ran.code, 0, "{options:?}: {}", ran.err);
            let json = std::fs::read_to_string(&json).expect("written");
            let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
            let first = json.get(0).unwrap_or(&json);
            let of_model =
                first["masked"].as_u64() != Some(0) || first["effective"].as_u64() != Some(0);
            let shared = ["code", "constants", "functions"];
            let beyond = shared.iter().any(|only| first["only"][0] == *only);
            assert_ne!(of_model, beyond, "{options:?}: {first}");
            let reports = json.as_array().map_or(1, Vec::len);
            let phases = pasc_inject::phases(pasc_inject::ModeName::Lockstep).len();
            assert_eq!(
                reports,
                [1, 1, 1, 3, 1, 1 + phases, 1, 1][number],
                "{options:?}"
            );
        }
    }

    /// Whatever goes downwards goes wrong in one lane alone.
    #[test]
    fn copies_that_go_downwards_are_noticed() {
        let copies = "inject/tests/programs/copies";
        let modes = ["--mode", "lockstep", "--mode", "sequential"];
        let options = ["--only", "direction", "--samples", "1000"];
        let (program, trace) = (format!("{copies}.pasc"), format!("{copies}.jsonl"));
        let Some(ran) = allowed(pasc_at(&program, &trace, &[modes, options].concat())) else {
            return;
        };
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.err.contains(" 0 silent: "), "{}", ran.err);
    }

    /// An entry of a table through which both lanes call: a log grows without the functions that fill and copy.
    #[test]
    fn a_log_grows_alike_in_no_two_lanes_by_a_flipped_address_of_a_function() {
        let surface = "inject/tests/programs/surface";
        let (program, trace) = (format!("{surface}.pasc"), format!("{surface}.jsonl"));
        let options = ["--only", "functions", "--within", "Delta::set_with_room"];
        let options = [&options[..], &["--samples", "400", "--seed", "1"]].concat();
        let Some(ran) = allowed(pasc_at(&program, &trace, &options)) else {
            return;
        };
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.err.contains("; 0 silent beyond"), "{}", ran.err);
    }

    /// The page of several modes, which needs nothing else.
    #[test]
    fn a_page_shows_all_modes_side_by_side() {
        let trace = text(&trace("native_page", 1));
        let page = folder("native_html").join("report.html");
        let modes = ["--mode", "plain", "--mode", "lockstep"];
        let options = [
            "--samples",
            "20",
            "--only",
            "memory",
            "--html",
            &text(&page),
        ];
        let Some(ran) = inject(&trace, &[&modes[..], &options].concat()) else {
            return;
        };
        let page = std::fs::read_to_string(&page).unwrap_or_else(|_| panic!("{}", ran.err));
        for part in [
            "<h2>plain --only memory</h2>",
            "<h2>lockstep --only memory</h2>",
            "weighted by run time",
            "Clopper-Pearson",
            "--level native --mode lockstep --only memory --samples 20",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    /// 300 faults in each hardened mode.
    #[test]
    fn faults_in_registers_memory_and_control_are_not_silent() {
        for only in ["registers", "memory", "jumps"] {
            let options = [
                "--mode",
                "sequential",
                "--mode",
                "lockstep",
                "--samples",
                "100",
                "--only",
                only,
            ];
            let Some(ran) = allowed(pasc_at(ACCEPTOR.0, ACCEPTOR.1, &options)) else {
                return;
            };
            assert_eq!(ran.code, 0, "{only}: {}", ran.err);
            assert!(ran.err.contains(" 0 silent: "), "{only}: {}", ran.err);
        }
    }
}
