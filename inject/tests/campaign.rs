//! Campaigns in their short form: what the long ones found stays found.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;

use common::{ADDER, ADDER_TRACE, EXAMPLES, example, program, scratch};
use pasc_inject::{Happening, ModeName, Outcome, Settings, check_classes, run};

/// Faults that are drawn from a campaign.
const SAMPLES: u64 = 20_000;

fn settings(mode: ModeName) -> Settings {
    Settings {
        mode,
        samples: Some(SAMPLES),
        ..Settings::default()
    }
}

#[test]
fn no_fault_is_silent_in_the_hardened_modes() {
    for name in EXAMPLES {
        let workload = example(name);
        for mode in [ModeName::Lockstep, ModeName::Sequential] {
            let report = run(&workload, &settings(mode), &|_, _| {}).unwrap();
            assert_eq!(report.sdc_list, [], "{name}");
            assert_eq!(report.counts.sdc, 0, "{name}");
            assert!(
                report.counts.trapped > SAMPLES / 10,
                "{name}: {:?}",
                report.counts
            );
            assert_eq!(report.missed, 0, "{name}");
            assert_eq!(report.strangers, Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn without_hardening_many_faults_are_silent() {
    for name in EXAMPLES {
        let report = run(&example(name), &settings(ModeName::Plain), &|_, _| {}).unwrap();
        let share = report.share(Outcome::Sdc);
        assert!(share > 0.1, "{name}: {share} of {:?}", report.counts);
    }
}

#[test]
fn jumps_between_phases_commit_and_send_nothing_wrong() {
    // A handler that only reads: a lane that is skipped writes nothing that could differ.
    let reader = "
message Get {}
message Value { value: int }
state { value: int = 42 }
on Get(m) { reply Value { value } }
";
    let trace = "{\"from\": \"a\", \"type\": \"Get\", \"body\": {}}\n".repeat(2);
    let workload = program("reader", reader, &trace);
    for mode in [ModeName::Lockstep, ModeName::Sequential] {
        let settings = Settings {
            mode,
            only: vec!["phase".to_owned(), "position".to_owned()],
            ..Settings::default()
        };
        let report = run(&workload, &settings, &|_, _| {}).unwrap();
        assert_eq!(report.sdc_list, []);
        assert!(report.performed > 5_000, "{}", report.performed);
    }
}

#[test]
fn all_faults_of_a_class_behave_alike() {
    let workload = program("adder", ADDER, ADDER_TRACE);
    for mode in [ModeName::Plain, ModeName::Lockstep, ModeName::Sequential] {
        for only in [
            "register",
            "fuel",
            "token",
            "trail",
            "progress",
            "outbox.end",
        ] {
            let checked = check_classes(&workload, mode, only).unwrap();
            assert_eq!(
                checked.different,
                Vec::<String>::new(),
                "{only} in {}",
                mode.label()
            );
            let least = if mode == ModeName::Plain && only != "register" && only != "fuel" {
                0
            } else {
                1_000
            };
            assert!(
                checked.runs >= least,
                "{only} in {}: {} runs",
                mode.label(),
                checked.runs
            );
        }
    }
}

#[test]
fn an_interrupted_campaign_comes_to_the_same_totals() {
    let workload = program("adder", ADDER, ADDER_TRACE);
    let path = scratch("campaign");
    let once = |resume, threads| {
        let settings = Settings {
            resume,
            threads,
            samples: Some(3_000),
            ..Settings::default()
        };
        run(&workload, &settings, &|_, _| {}).unwrap()
    };
    let right = once(None, 1);
    assert_eq!(once(Some(path.clone()), 2), right);
    // As an interruption leaves it: the last line is cut.
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    assert_eq!(once(Some(path.clone()), 2), right);
    assert_eq!(once(Some(path.clone()), 1), right);
    let other = Settings {
        resume: Some(path),
        samples: Some(3_001),
        ..Settings::default()
    };
    let refused = run(&workload, &other, &|_, _| {}).unwrap_err().to_string();
    assert!(refused.contains("another campaign"), "{refused}");
}

#[test]
fn faults_beyond_the_model_are_run_for_information() {
    let workload = program("adder", ADDER, ADDER_TRACE);
    for happening in [Happening::Stuck, Happening::Both] {
        let settings = Settings {
            happening,
            ..settings(ModeName::Lockstep)
        };
        let report = run(&workload, &settings, &|_, _| {}).unwrap();
        assert_eq!(report.injected, SAMPLES);
        if happening == Happening::Both {
            // The same fault in both lanes is what two lanes cannot see.
            assert!(report.counts.sdc > 0, "{:?}", report.counts);
        } else {
            // A bit that stays stuck fools both lanes only where a variable serves one after the other.
            let shared = |shown: &pasc_inject::Shown| shown.fault.contains(":-.");
            assert!(report.sdc_list.iter().all(shared), "{:?}", report.sdc_list);
            assert!(report.counts.sdc < SAMPLES / 1_000, "{:?}", report.counts);
        }
    }
}
