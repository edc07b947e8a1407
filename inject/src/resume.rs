//! What is kept of a campaign, so that an interrupted one goes on where it was.
//!
//! A file of lines: the first names the campaign, each other one holds the number of a piece of work
//! and what it found, as JSON. A line that was cut by the interruption is done again.

use crate::campaign::{Part, Settings};
use crate::workload::{CampaignError, Workload};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::sync::Mutex;

/// The pieces of work that are done.
pub(crate) struct Kept {
    done: HashMap<usize, Part>,
    file: Option<Mutex<File>>,
}

impl Kept {
    /// Opens the file of the campaign, if it has one.
    pub(crate) fn open(
        workload: &Workload,
        settings: &Settings,
        pieces: usize,
    ) -> Result<Kept, CampaignError> {
        let mut kept = Kept {
            done: HashMap::new(),
            file: None,
        };
        let Some(path) = &settings.resume else {
            return Ok(kept);
        };
        let failed =
            |error: std::io::Error| CampaignError::Resume(format!("{}: {error}", path.display()));
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let name = name(workload, settings, pieces);
        match text.lines().next() {
            None => writeln!(file, "{name}").map_err(failed)?,
            Some(first) if first == name => {}
            Some(_) => {
                return Err(CampaignError::Resume(format!(
                    "{}: this is of another campaign; give another file, or remove it",
                    path.display()
                )));
            }
        }
        for line in text.lines().skip(1) {
            if let Ok((index, part)) = serde_json::from_str(line) {
                kept.done.insert(index, part);
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            writeln!(file).map_err(failed)?;
        }
        kept.file = Some(Mutex::new(file));
        Ok(kept)
    }

    /// What the piece found, if it is done.
    pub(crate) fn part(&self, index: usize) -> Option<Part> {
        self.done.get(&index).cloned()
    }

    /// Keeps what a piece found.
    pub(crate) fn keep(&self, index: usize, part: &Part) -> Result<(), CampaignError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let failed = |why: String| CampaignError::Resume(format!("the campaign's file: {why}"));
        let line = serde_json::to_string(&(index, part)).map_err(|e| failed(e.to_string()))?;
        let mut file = file.lock().map_err(|e| failed(e.to_string()))?;
        writeln!(file, "{line}").map_err(|e| failed(e.to_string()))
    }
}

/// What tells one campaign from another.
fn name(workload: &Workload, settings: &Settings, pieces: usize) -> String {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&postcard::to_stdvec(&workload.program).unwrap_or_default());
    crc.update(format!("{:?}", workload.options).as_bytes());
    for input in &workload.inputs {
        crc.update(&input.ordinal.to_le_bytes());
        crc.update(&input.time.to_le_bytes());
        crc.update(&input.crc.to_le_bytes());
        crc.update(&input.frame);
    }
    format!(
        "pasc-inject {} {} {} {:?} {} {:?} {:?} {} {:?} {:08x} {pieces}",
        env!("CARGO_PKG_VERSION"),
        crate::report::FORMAT,
        settings.mode.label(),
        settings.samples,
        settings.seed,
        settings.without,
        settings.only,
        settings.growing,
        settings.happening,
        crc.finalize(),
    )
}
