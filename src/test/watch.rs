//! `pasc test --watch`: runs the tests again whenever a program beside the named ones changes.
//!
//! The files are looked at a few times a second: that needs no notification service of the system,
//! and works on every file system. The end of the standard input ends the watch, with the code of the
//! last run; nothing is left half written, whenever the process is killed.

use super::run_all;
use crate::cli::TestArgs;
use crate::exit::{Code, Failed};
use crate::folders::Found;
use crate::report::say;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, SystemTime};

/// The time between two looks at the files.
const EVERY: Duration = Duration::from_millis(250);
/// The most files that are looked at.
const MAX_FILES: usize = 10_000;

/// What tells that a file has changed.
type Stamp = Option<(SystemTime, u64)>;

/// Runs the tests until the standard input ends.
pub(super) fn watch(args: &TestArgs) -> Result<Code, Failed> {
    let ended = end_of_input();
    let mut code = Code::Done;
    let mut seen = None;
    loop {
        let now = stamps(args);
        if seen.as_ref() != Some(&now) {
            code = run_all(args).unwrap_or_else(|failed| {
                say(format!("error: {}", failed.text));
                failed.code
            });
            say("watching for changes; end the input (Ctrl-D) to stop");
            // A change during the run is one after it.
            seen = Some(now);
        }
        match ended.recv_timeout(EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(code),
        }
    }
}

/// Hears of the end of the standard input.
fn end_of_input() -> Receiver<()> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut buffer = [0; 256];
        loop {
            match input.read(&mut buffer) {
                Ok(1..) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
            }
        }
        // Whoever would hear it may have gone.
        let _ = sender.send(());
    });
    receiver
}

/// The named files and those of named folders, and the programs beside them, from which they may take
/// modules.
fn stamps(args: &TestArgs) -> BTreeMap<PathBuf, Stamp> {
    let mut stamps = BTreeMap::new();
    let mut folders = BTreeSet::new();
    for path in &args.files {
        // A folder without programs may get some.
        for file in Found::below(path).map_or(vec![], |found| found.programs) {
            let folder = file.parent().unwrap_or(Path::new(""));
            folders.insert(folder.to_owned());
            stamps.insert(file.clone(), stamp(&file));
        }
    }
    for folder in folders {
        let folder = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => &folder,
        };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.take(MAX_FILES) {
            let path = entry.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "pasc")
            {
                let stamp = stamp(&path);
                stamps.insert(path, stamp);
            }
        }
    }
    stamps
}

fn stamp(path: &Path) -> Stamp {
    let metadata = path.metadata().ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
