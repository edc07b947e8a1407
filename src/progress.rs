//! How far a long run has come: one line on the standard error that is written over, on terminals
//! alone.
//!
//! The crates that draw bars want to own the terminal; one line needs none of them.

use crate::report::{count, is_terminal};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Whether the line stands on the terminal now.
static SHOWN: AtomicBool = AtomicBool::new(false);
/// The time between two looks of the line, and before the first.
const EVERY: Duration = Duration::from_millis(300);
/// Steps between two looks at the clock.
const STEPS: u64 = 256;

/// Counts the steps of something that may take long.
pub(crate) struct Progress {
    noun: &'static str,
    steps: u64,
    /// Nothing if nobody watches.
    last: Option<Instant>,
    since: Instant,
}

impl Progress {
    /// Counts things of this name.
    pub(crate) fn of(noun: &'static str) -> Progress {
        let since = Instant::now();
        Progress {
            noun,
            steps: 0,
            last: is_terminal().then_some(since),
            since,
        }
    }

    /// One more.
    pub(crate) fn step(&mut self) {
        self.steps += 1;
        if self.steps.is_multiple_of(STEPS) {
            self.show();
        }
    }

    fn show(&mut self) {
        let Some(last) = self.last.filter(|last| last.elapsed() >= EVERY) else {
            return;
        };
        self.last = Some(last + last.elapsed());
        let rate = self.steps as f64 / self.since.elapsed().as_secs_f64();
        let steps = count(self.steps as usize, self.noun);
        let mut out = std::io::stderr().lock();
        // Nobody may be listening.
        let _ = write!(out, "\r\x1b[K{steps}, {rate:.0} a second").and_then(|()| out.flush());
        SHOWN.store(true, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        clear();
    }
}

/// Takes the line away, before something else is said.
pub(crate) fn clear() {
    if SHOWN.swap(false, Ordering::Relaxed) {
        let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
    }
}
