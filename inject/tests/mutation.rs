//! Checks are taken out of the machine: each that a fault then gets past is noticed, and of every other
//! it is known what stands behind it.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;

use common::own_program;
use pasc_inject::{
    Check, Happening, ModeName, Mutation, Outcome, Settings, Workload, mutate, parse_fault, replay,
    run,
};

/// Checks without which a fault gets through: in which mode, and in which places.
const NOTICED: [(Check, &[ModeName], &str); 8] = [
    (Check::RecordCrc, &BOTH, "input."),
    (Check::FrameCrc, &BOTH, "input.frame"),
    (Check::Bases, &[ModeName::Lockstep], "wire"),
    (Check::Trail, &BOTH, "result"),
    (Check::Borders, &BOTH, "region"),
    (Check::Progress, &BOTH, "phase"),
    (Check::Stages, &BOTH, "phase"),
    (Check::OtherCrc, &BOTH, "outbox"),
];

const BOTH: [ModeName; 2] = [ModeName::Lockstep, ModeName::Sequential];

fn settings(mode: ModeName, only: &str) -> Settings {
    Settings {
        mode,
        only: vec![only.to_owned()],
        until_sdc: true,
        ..Settings::default()
    }
}

#[test]
fn the_campaign_notices_each_check_that_is_missing_and_nothing_while_it_is_there() {
    let workload = own_program("mixed");
    for (check, modes, only) in NOTICED {
        for mode in modes {
            let whole = settings(*mode, only);
            let without = Settings {
                without: Some(check),
                ..whole.clone()
            };
            let what = format!("{} in {}", check.label(), mode.label());
            let right = run(&workload, &whole, &|_, _| {}).unwrap();
            assert_eq!(right.sdc_list, [], "{what}");
            let wrong = run(&workload, &without, &|_, _| {}).unwrap();
            assert!(wrong.counts.sdc > 0, "{what}");
        }
    }
}

fn once(workload: &Workload, mode: ModeName, without: &[Check], fault: &str) -> Outcome {
    let fault = parse_fault(fault).unwrap();
    replay(workload, mode, without, &fault, Happening::Once).unwrap()
}

/// The checks of a row: that which was taken out, then those behind it.
fn checks(row: &Mutation) -> Vec<Check> {
    let labels = std::iter::once(&row.check).chain(&row.behind);
    let named = |label: &String| Check::ALL.iter().find(|check| check.label() == label);
    labels.map(|label| *named(label).unwrap()).collect()
}

#[test]
fn what_the_table_says_of_a_check_is_shown_by_its_fault() {
    let workload = own_program("mixed");
    for mode in BOTH {
        let settings = Settings {
            mode,
            samples: Some(200_000),
            ..Settings::default()
        };
        let rows = mutate(&workload, &settings, &|_, _| {}).unwrap();
        assert_eq!(rows.len(), Check::ALL.len());
        let mut shown = 0;
        for row in &rows {
            let Some(fault) = &row.fault else {
                assert!(!row.noticed && row.behind.is_empty(), "{row:?}");
                continue;
            };
            let all = checks(row);
            assert_eq!(row.noticed, all.len() == 1, "{row:?}");
            assert_eq!(once(&workload, mode, &all, fault), Outcome::Sdc, "{row:?}");
            let others = once(&workload, mode, &all[1..], fault);
            assert_ne!(others, Outcome::Sdc, "{row:?}");
            shown += 1;
        }
        assert!(shown > 10, "{shown} in {}", mode.label());
    }
}
