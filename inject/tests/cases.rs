//! The hard cases that are workloads of their own: calls and natives, containers that grow, recovery.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;

use common::{ADDER, ADDER_TRACE, own_program, program};
use pasc_inject::{
    CampaignError, Happening, MOST_STEPS, ModeName, Outcome, Report, Settings, Workload,
    parse_damage, parse_fault, replay, replay_recovery, run, run_recovery,
};

const HARDENED: [ModeName; 2] = [ModeName::Lockstep, ModeName::Sequential];

/// What a campaign finds in each hardened mode, in none of which a fault may be silent.
fn hardened(workload: &Workload, settings: &Settings) -> [Report; 2] {
    HARDENED.map(|mode| {
        let settings = Settings {
            mode,
            ..settings.clone()
        };
        let report = run(workload, &settings, &|_, _| {}).unwrap();
        assert_eq!(report.sdc_list, []);
        report
    })
}

/// As [`hardened`], with every fault, none of which is without a place.
fn hardened_whole(name: &str) -> [Report; 2] {
    let reports = hardened(&own_program(name), &Settings::default());
    for report in &reports {
        assert!(report.exhaustive && report.counts.sdc == 0);
        assert_eq!((report.missed, &report.strangers), (0, &vec![]));
    }
    reports
}

#[test]
fn no_fault_at_all_is_silent_in_a_program_with_a_little_of_everything() {
    hardened_whole("mixed");
}

/// The text of an error is read from a copy of the program. Its places had no name, and once they were run a
/// type that was a part of itself had no end.
#[test]
fn campaigns_over_inputs_that_end_in_errors_are_whole_and_no_fault_is_silent() {
    for report in hardened_whole("failing") {
        // What only the text of an error reads is run: a record that is a part of itself.
        let parts = report.by_place["type.part"];
        assert!(parts.hung > 0, "{parts:?}");
    }
}

#[test]
fn a_run_without_a_fault_takes_as_many_steps_as_are_kept_and_no_more() {
    let campaign = |steps| {
        let workload = program("adder", ADDER, ADDER_TRACE).bounded(steps);
        let settings = Settings {
            samples: Some(10),
            ..Settings::default()
        };
        run(&workload, &settings, &|_, _| {})
    };
    let steps = campaign(MOST_STEPS).unwrap().steps;
    assert_eq!(campaign(steps).unwrap().steps, steps);
    let refused = campaign(steps - 1).unwrap_err();
    assert_eq!(refused, CampaignError::TooLong(1, steps - 1));
    let refused = campaign(1).unwrap_err();
    assert_eq!(refused, CampaignError::TooLong(0, 1));
}

/// Memory that grew twice between two points that show it, and was moved.
#[test]
fn memory_that_moves_twice_is_found_where_it_was_in_between() {
    let settings = Settings {
        samples: Some(10),
        ..Settings::default()
    };
    for report in hardened(&own_program("turns"), &settings) {
        assert_eq!((report.missed, report.strangers), (0, vec![]));
    }
}

/// A counter of the words of frames that was hit asked for gigabytes.
#[test]
fn frames_of_calls_are_places_and_no_fault_in_them_is_silent() {
    let settings = Settings {
        only: vec!["frames".to_owned()],
        ..Settings::default()
    };
    for report in hardened(&own_program("surface"), &settings) {
        for name in ["frames", "frames.depth", "frames.end", "frames.most"] {
            let counts = report.by_place.get(name).unwrap();
            let harmless = counts.masked + counts.latent;
            let wanted = name == "frames.most" || counts.total() > harmless;
            assert!(wanted && counts.total() > 100, "{name}: {counts:?}");
        }
    }
}

#[test]
fn calls_enums_natives_and_the_library_are_run_in_sampled_campaigns() {
    let settings = Settings {
        samples: Some(20_000),
        ..Settings::default()
    };
    for report in hardened(&own_program("surface"), &settings) {
        assert_eq!((report.missed, report.strangers), (0, vec![]));
        assert!(report.counts.trapped > 2_000, "{:?}", report.counts);
    }
}

#[test]
fn messages_with_which_containers_grow_are_a_campaign() {
    let settings = Settings {
        samples: Some(20_000),
        growing: true,
        ..Settings::default()
    };
    for report in hardened(&own_program("growing"), &settings) {
        assert!(!report.exhaustive && report.performed > 1_000);
        assert_eq!(report.missed, 0);
    }
    // A state that stays as it is has no such message.
    let still = program(
        "still",
        "message A {}\non A {}",
        "{\"from\": \"a\", \"type\": \"A\", \"body\": {}}\n",
    );
    let settings = Settings {
        growing: true,
        ..Settings::default()
    };
    let refused = run(&still, &settings, &|_, _| {}).unwrap_err().to_string();
    assert!(
        refused.contains("no message makes the state grow"),
        "{refused}"
    );
}

#[test]
fn recoveries_that_are_hit_are_refused_or_go_on_as_before() {
    for name in ["adder", "mixed", "growing"] {
        let workload = match name {
            "adder" => program(name, ADDER, ADDER_TRACE),
            name => own_program(name),
        };
        for mode in HARDENED {
            let settings = Settings {
                mode,
                samples: Some(4_000),
                ..Settings::default()
            };
            let report = run_recovery(&workload, &settings, &|_, _| {}).unwrap();
            assert_eq!(report.sdc_list, Vec::<String>::new(), "{name}");
            let flipped = report.by_damage.get("snapshot flipped").unwrap();
            assert_eq!(flipped.trapped, flipped.total(), "{name}");
            let making = report.by_damage.get("while the snapshot is made").unwrap();
            assert_eq!(making.trapped, making.total(), "{name}");
            assert!(report.performed >= 4_000);
        }
    }
}

#[test]
fn recoveries_without_hardening_show_silent_corruption() {
    let workload = program("adder", ADDER, ADDER_TRACE);
    let settings = Settings {
        mode: ModeName::Plain,
        samples: Some(4_000),
        ..Settings::default()
    };
    let report = run_recovery(&workload, &settings, &|_, _| {}).unwrap();
    assert!(report.counts.sdc > 10, "{:?}", report.counts);
    for listed in report.sdc_list.iter().take(5) {
        let name = listed.split(": ").next().unwrap();
        let damage = parse_damage(name).expect(name).unwrap();
        let (what, outcome) = replay_recovery(&workload, ModeName::Plain, &[], damage).unwrap();
        assert_eq!(outcome, Outcome::Sdc, "{listed}");
        assert!(listed.ends_with(&what), "{listed}: {what}");
    }
}

#[test]
fn two_faults_in_one_message_can_be_silent_and_are_replayed_together() {
    let workload = program("adder", ADDER, ADDER_TRACE);
    let settings = Settings {
        happening: Happening::Both,
        only: vec!["log.page.word".to_owned()],
        ..Settings::default()
    };
    let both = run(&workload, &settings, &|_, _| {}).unwrap();
    let again = both.sdc_list.iter().filter(|shown| {
        let (step, fault) = shown
            .fault
            .split_once(':')
            .unwrap()
            .1
            .split_once(':')
            .unwrap();
        let other = match fault.strip_prefix("a.") {
            Some(place) => format!("b.{place}"),
            None => fault.replacen("b.", "a.", 1),
        };
        let two = parse_fault(&format!("{}+{step}:{other}", shown.fault)).unwrap();
        let replayed = replay(&workload, ModeName::Lockstep, &[], &two, Happening::Once).unwrap();
        replayed == Outcome::Sdc
    });
    assert!(again.count() > 0, "{:?}", both.sdc_list);
}

#[test]
fn second_faults_are_the_same_whatever_the_number_of_threads() {
    let workload = program("adder", ADDER, ADDER_TRACE);
    let reports = [1, 3].map(|threads| {
        let settings = Settings {
            happening: Happening::Twice,
            samples: Some(3_000),
            threads,
            ..Settings::default()
        };
        run(&workload, &settings, &|_, _| {}).unwrap()
    });
    assert_eq!(reports[0], reports[1]);
    let once = run(
        &workload,
        &Settings {
            samples: Some(3_000),
            ..Settings::default()
        },
        &|_, _| {},
    );
    assert!(reports[0].counts.masked < once.unwrap().counts.masked);
}
