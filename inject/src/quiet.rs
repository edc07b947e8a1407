//! While faults are injected a panic of the machine is an outcome and not a message.

use std::panic;
use std::sync::{Mutex, MutexGuard, PoisonError};

type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Sync + Send + 'static>;

/// One campaign at a time changes how panics are told.
static ONE: Mutex<()> = Mutex::new(());

/// Keeps panics quiet as long as it lives.
pub(crate) struct Quiet {
    before: Option<Hook>,
    _one: MutexGuard<'static, ()>,
}

impl Quiet {
    pub(crate) fn new() -> Quiet {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        Quiet {
            before: Some(before),
            _one: one,
        }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(before) = self.before.take()
            && !std::thread::panicking()
        {
            panic::set_hook(before);
        }
    }
}
