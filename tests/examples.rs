//! Every example runs with its trace alone and sends what it says, byte for byte, in every mode and
//! from its built program too.

mod common;
use common::{MODES, content, folder, pasc, root, text};

/// The names of the examples' folders.
fn examples() -> Vec<String> {
    let folders = std::fs::read_dir(root().join("examples")).expect("there are examples");
    let mut names: Vec<String> = folders
        .map(|entry| {
            entry
                .expect("the folder is read")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect();
    names.sort();
    assert!(names.len() >= 2, "{names:?}");
    names
}

#[test]
fn outputs_are_the_expected_ones_in_every_mode() {
    for name in examples() {
        let program = format!("examples/{name}/{name}.pasc");
        let trace = format!("examples/{name}/trace.jsonl");
        let expected = content(&format!("examples/{name}/expected.jsonl"));
        assert!(
            content(&trace).lines().count() >= 8,
            "{name} has a trace worth the name"
        );
        for mode in MODES {
            let ran = pasc(&["run", &program, "--trace", &trace, "--mode", mode]);
            assert_eq!(ran.out, expected, "{name}, {mode}");
            assert_eq!(ran.code, 0, "{name}, {mode}: {}", ran.err);
            assert_eq!(ran.err.lines().count(), 1, "only the summary: {}", ran.err);
            assert!(
                ran.summary().contains("refused 0, failed 0"),
                "{}",
                ran.summary()
            );
        }
    }
}

#[test]
fn traces_are_handled_by_every_handler() {
    for name in examples() {
        let program = format!("examples/{name}/{name}.pasc");
        let trace = format!("examples/{name}/trace.jsonl");
        let ran = pasc(&["run", &program, "--trace", &trace, "--stats"]);
        let handlers = content(&program)
            .lines()
            .filter(|line| line.starts_with("on "))
            .count();
        let counts = ran.err.lines().filter(|line| line.starts_with("  on "));
        let counts: Vec<&str> = counts.collect();
        assert_eq!(counts.len(), handlers, "{name}: {}", ran.err);
        for line in counts {
            assert!(!line.ends_with(" 0"), "{name}: no input is for {line}");
        }
    }
}

#[test]
fn a_built_program_sends_the_same() {
    let folder = folder("examples_built");
    for name in examples() {
        let built = text(&folder.join(format!("{name}.pascb")));
        let ran = pasc(&[
            "build",
            &format!("examples/{name}/{name}.pasc"),
            "-o",
            &built,
        ]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let trace = format!("examples/{name}/trace.jsonl");
        let ran = pasc(&["run", &built, "--trace", &trace]);
        assert_eq!(
            ran.out,
            content(&format!("examples/{name}/expected.jsonl")),
            "{name}"
        );
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}

#[test]
fn frames_are_those_that_the_lines_stand_for() {
    for name in examples() {
        let program = format!("examples/{name}/{name}.pasc");
        let trace = format!("examples/{name}/trace.jsonl");
        let args = ["run", &program, "--trace", &trace, "--output", "frames"];
        let frames = common::command(&args)
            .output()
            .expect("the command starts")
            .stdout;
        let mut rest = frames.as_slice();
        let mut last = 0;
        let sets_timers = content(&program).contains("\ntimer ");
        for (index, line) in content(&format!("examples/{name}/expected.jsonl"))
            .lines()
            .enumerate()
        {
            let length = pasc_vm::frame::length(rest).expect("a frame");
            let (frame, after) = rest.split_at(length);
            let frame = pasc_vm::frame::Frame::parse(frame).expect("an intact frame");
            assert_eq!(frame.sender, name);
            assert!(frame.number > last, "{name}: {} again", frame.number);
            last = frame.number;
            // Orders to set timers have numbers too, and are no outputs.
            assert!(sets_timers || last == index as u64 + 1, "{name}: {last}");
            assert!(
                line.starts_with(&format!("{{\"to\": \"{}\", ", frame.destination)),
                "{line}"
            );
            assert!(
                line.ends_with(&format!("\"crc\": {}}}", frame.crc)),
                "{line}"
            );
            rest = after;
        }
        assert!(rest.is_empty(), "{name}: {} bytes too many", rest.len());
    }
}

#[test]
fn tests_inside_of_the_examples_pass() {
    for name in examples() {
        let ran = pasc(&["test", &format!("examples/{name}/{name}.pasc")]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(!ran.summary().starts_with("0 tests"), "{}", ran.err);
        assert!(
            ran.summary()
                .ends_with("0 failed (plain, lockstep, sequential)"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn invariants_hold_along_the_traces() {
    for name in examples() {
        let program = format!("examples/{name}/{name}.pasc");
        let trace = format!("examples/{name}/trace.jsonl");
        let ran = pasc(&["run", &program, "--trace", &trace, "--check"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(
            ran.out,
            content(&format!("examples/{name}/expected.jsonl")),
            "{name}"
        );
    }
}

/// The arguments of a run with several processes, or with parameters of its own.
fn run(args: &str, mode: &str) -> common::Ran {
    let args = format!("run {args} --mode {mode}");
    pasc(&args.split(' ').collect::<Vec<_>>())
}

#[test]
fn money_moves_everywhere_or_nowhere() {
    let args = "examples/coordinator/coordinator.pasc \
        --process p=examples/participant/participant.pasc \
        --process q=examples/participant/participant.pasc \
        --trace examples/coordinator/bank.jsonl --check";
    for mode in MODES {
        let ran = run(args, mode);
        assert_eq!(ran.code, 0, "{mode}: {}", ran.err);
        let expected = content("examples/coordinator/bank_expected.jsonl");
        assert_eq!(ran.out, expected, "{mode}");
    }
}

#[test]
fn replicas_that_differ_repair_each_other() {
    let args = "examples/lww-store/lww-store.pasc --self s1 \
        --process s2=examples/lww-store/lww-store.pasc --param s2/peers=[\"s1\"] \
        --trace examples/lww-store/repair.jsonl --timers auto --check";
    for mode in MODES {
        let ran = run(args, mode);
        assert_eq!(ran.code, 0, "{mode}: {}", ran.err);
        let expected = content("examples/lww-store/repair_expected.jsonl");
        assert_eq!(ran.out, expected, "{mode}");
    }
}

#[test]
fn three_servers_elect_a_leader_that_replicates_a_command() {
    let args = "examples/raft/raft.pasc --process raft2=examples/raft/raft.pasc \
        --process raft3=examples/raft/raft.pasc --trace examples/raft/cluster.jsonl \
        --timers auto --check --state";
    for mode in MODES {
        let ran = run(args, mode);
        assert_eq!(ran.code, 0, "{mode}: {}", ran.err);
        let expected = content("examples/raft/cluster_expected.jsonl");
        let states = ran.out.strip_prefix(&expected).expect("the same outputs");
        assert_eq!(states.lines().count(), 3, "{states}");
        assert_eq!(
            states.matches("\"role\": \"Leader\"").count(),
            1,
            "{states}"
        );
        assert_eq!(states.matches("\"role\": \"Follower\"").count(), 2);
        // The entry is in every log, and committed.
        let log = "\"log\": [{\"term\": 0, \"command\": \"\"}, {\"term\": 1, \"command\": \"x\"}], \
            \"commit_index\": 1, \"last_applied\": 1";
        assert_eq!(states.matches(log).count(), 3, "{states}");
        let applied = ran.out.matches("\"type\": \"Applied\"").count();
        assert_eq!(applied, 1, "{}", ran.out);
    }
    // Other seeds, other elections, the same outcome.
    for seed in 1..20 {
        let ran = run(&format!("{args} --seed {seed}"), "lockstep");
        assert_eq!(ran.code, 0, "seed {seed}: {}", ran.err);
        let leaders = ran.out.matches("\"role\": \"Leader\"").count();
        let applied = ran.out.matches("\"type\": \"Applied\"").count();
        assert_eq!((leaders, applied), (1, 1), "seed {seed}: {}", ran.out);
    }
}

const FLEET: &str = "examples/gossip/gossip.pasc --self a \
    --process b=examples/gossip/gossip.pasc --process c=examples/gossip/gossip.pasc \
    --trace examples/gossip/fleet.jsonl --timers auto";

#[test]
fn a_flipped_bit_spreads_to_every_process_in_plain_mode_alone() {
    let right = run(FLEET, "plain");
    let totals = |out: &str, total: &str| out.matches(&format!("\"total\": {total}}}")).count();
    assert_eq!(
        (right.code, totals(&right.out, "4")),
        (0, 3),
        "{}",
        right.out
    );
    let flipped = format!("{FLEET} --flip 8:a/state.own:40");
    let wrong = run(&flipped, "plain");
    assert_eq!(wrong.code, 0, "{}", wrong.err);
    assert_eq!(wrong.out, content("examples/gossip/outage_expected.jsonl"));
    assert_eq!(totals(&wrong.out, "1099511627780"), 3, "{}", wrong.out);
    for mode in ["lockstep", "sequential"] {
        let stopped = run(&flipped, mode);
        assert_eq!(stopped.code, 4, "{mode}: {}", stopped.err);
        assert!(
            stopped.err.contains("a: trap T01"),
            "{mode}: {}",
            stopped.err
        );
        // Nothing left `a` but what was sent before the fault; the others went on without it.
        let of = |out: &str, own: &str| {
            let sent = out.lines().filter(|line| line.starts_with(own));
            sent.map(String::from).collect::<Vec<String>>()
        };
        let own = "{\"from\": \"a\"";
        assert_eq!(of(&stopped.out, own), of(&right.out, own)[..2], "{mode}");
        assert_eq!(totals(&stopped.out, "2"), 2, "{mode}: {}", stopped.out);
        for told in ["`a` has stopped", "the others go on", ", lost 5"] {
            assert!(stopped.err.contains(told), "{mode}: {}", stopped.err);
        }
    }
}

#[test]
fn a_run_ends_when_every_process_has_stopped() {
    let faults = "--flip 8:a/state.own:40 --flip 9:b/state.own:1 --flip 10:c/state.own:1";
    let stopped = run(&format!("{FLEET} {faults} --state=final"), "lockstep");
    assert_eq!(stopped.code, 4, "{}", stopped.err);
    assert_eq!(stopped.out.lines().count(), 4, "{}", stopped.out);
    assert_eq!(
        stopped.err.matches("trap T01").count(),
        3,
        "{}",
        stopped.err
    );
    assert_eq!(
        stopped.err.matches("has stopped").count(),
        2,
        "{}",
        stopped.err
    );
}
