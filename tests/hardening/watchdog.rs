//! The counter that a watchdog looks at.

use crate::bench::{Answer, compile, give, message};
use pasc_vm::limits::Limits;
use pasc_vm::process::{Failure, Lockstep, Options, Process};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const SPINNING: &str = r#"
message Spin { }
on Spin { while true { } }
"#;

#[test]
fn the_heartbeat_is_odd_while_a_message_is_handled_and_even_in_between() {
    let program = compile("spinning.pasc", SPINNING);
    let heartbeat = Arc::new(AtomicU64::new(0));
    let limits = Limits {
        instructions: 2_000_000,
        ..Limits::default()
    };
    let options = Options {
        limits,
        heartbeat: Some(heartbeat.clone()),
        ..Options::new("self")
    };
    let mut process: Process<Lockstep> = Process::start(&program, &options).unwrap();
    assert_eq!(heartbeat.load(Ordering::Relaxed), 0);
    let frame = message(&program, "Spin", vec![]);
    let worker = std::thread::spawn(move || give(&mut process, 1, &frame));
    while heartbeat.load(Ordering::Relaxed) == 0 {
        std::thread::yield_now();
    }
    let answer = worker.join().unwrap();
    assert!(
        matches!(answer, Answer::Failed(Failure::Error(_))),
        "{answer:?}"
    );
    assert_eq!(heartbeat.load(Ordering::Relaxed), 2);
}
