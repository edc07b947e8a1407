//! Ends processes that do not end: by the processor time that they took, so that a busy machine does not
//! turn a slow run into one that hangs.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Hundredths of a second of processor time that a run may take; a right one takes less than one.
const MOST_TICKS: u64 = 50;
/// How long a run may take in all, if it sleeps.
const MOST_TIME: Duration = Duration::from_secs(30);
/// How often the watchdog looks.
const EVERY: Duration = Duration::from_millis(40);

/// What the watchdog knows of one worker.
#[derive(Default)]
pub(crate) struct Watch {
    running: Mutex<Option<(Pid, Instant)>>,
    hung: AtomicBool,
}

impl Watch {
    /// From now on this process is watched.
    pub(crate) fn begin(&self, pid: Pid) {
        self.hung.store(false, Ordering::SeqCst);
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some((pid, Instant::now()));
    }

    /// It stopped; whether the watchdog ended it.
    pub(crate) fn end(&self) -> bool {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.hung.load(Ordering::SeqCst)
    }

    fn look(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((pid, since)) = *running else {
            return;
        };
        if ticks(pid) >= MOST_TICKS || since.elapsed() >= MOST_TIME {
            self.hung.store(true, Ordering::SeqCst);
            // It may have stopped just now.
            let _ = kill(pid, Signal::SIGKILL);
            *running = None;
        }
    }
}

/// Looks after workers until told to end.
pub(crate) fn watch(watches: &[Watch], ended: &AtomicBool) {
    while !ended.load(Ordering::SeqCst) {
        std::thread::sleep(EVERY);
        watches.iter().for_each(Watch::look);
    }
}

/// The processor time of a process so far, in hundredths of a second.
fn ticks(pid: Pid) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold blanks; after it, user and system time are fields 11 and 12.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields = after.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}
