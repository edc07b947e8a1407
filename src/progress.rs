//! How far a long run has come: one line on the standard error that is written over, on terminals
//! alone.
//!
//! The crates that draw bars want to own the terminal; one line needs none of them.

use crate::report::{count, is_terminal};
use std::io::Write;
use std::sync::Mutex;
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
        write_over(&format!("{steps}, {rate:.0} a second"));
    }
}

/// How far several threads have come together. The line goes when this does.
pub(crate) struct Shared {
    since: Instant,
    last: Mutex<Instant>,
}

impl Shared {
    /// Begins now.
    pub(crate) fn new() -> Shared {
        let since = Instant::now();
        Shared {
            since,
            last: Mutex::new(since),
        }
    }

    /// Shows what `line` makes of the seconds since the beginning, if it is time for it.
    pub(crate) fn show(&self, line: impl FnOnce(f64) -> String) {
        // Whoever comes while another one shows need not wait.
        let Ok(mut last) = self.last.try_lock() else {
            return;
        };
        if !is_terminal() || last.elapsed() < EVERY {
            return;
        }
        *last = Instant::now();
        write_over(&line(self.since.elapsed().as_secs_f64()));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        clear();
    }
}

fn write_over(line: &str) {
    let mut out = std::io::stderr().lock();
    // Nobody may be listening.
    let _ = write!(out, "\r\x1b[K{line}").and_then(|()| out.flush());
    SHOWN.store(true, Ordering::Relaxed);
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
