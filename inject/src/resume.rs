//! What is kept of a campaign, so that an interrupted one goes on where it was.
//!
//! A file of lines: the first names the campaign, each other one holds the number of a piece of work
//! and what it found, as JSON. A line that was cut by the interruption is done again.

use crate::campaign::{Part, Settings};
use crate::workload::{CampaignError, Workload};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
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
        let name = name(workload, settings, pieces);
        let (file, lines) = crate::kept::open(path, &name).map_err(CampaignError::Resume)?;
        for line in lines {
            if let Ok((index, part)) = serde_json::from_str(&line) {
                kept.done.insert(index, part);
            }
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
