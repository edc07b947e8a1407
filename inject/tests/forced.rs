//! What a stop leaves behind: a trap or a runtime error is forced at every point of every message, in
//! every phase and between any two writes.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod common;

use common::{EXAMPLES, example};
use pasc_inject::{ModeName, force_stops};

/// Before the first log is applied the state is as it was, bit for bit. Inside of apply the copies
/// differ to be seen: their epochs or their words. After it both hold the commit.
fn leaves_no_half_state(mode: ModeName) {
    for name in EXAMPLES {
        let stops = force_stops(&example(name), mode).unwrap();
        let mut inside = 0;
        for stop in &stops {
            let (input, point, site, left) = (stop.input, stop.point, stop.site, stop.left);
            let expected: &[&str] = match site {
                "apply" => &["before", "unequal"],
                "apply_b" => &["unequal"],
                "hand_out_record" | "hand_out" | "emit" => &["after"],
                _ => &["before"],
            };
            let right = expected.contains(&left);
            assert!(
                right,
                "{name}, input {input}, point {point} ({site}): {left}"
            );
            inside += u32::from(left == "unequal");
        }
        assert!(
            stops.len() > 2_000 && inside > 20,
            "{name}: {} stops, {inside} inside",
            stops.len()
        );
    }
}

#[test]
fn a_stop_before_apply_leaves_the_state_and_one_inside_shows_in_lockstep() {
    leaves_no_half_state(ModeName::Lockstep);
}

#[test]
fn a_stop_before_apply_leaves_the_state_and_one_inside_shows_in_sequential() {
    leaves_no_half_state(ModeName::Sequential);
}
