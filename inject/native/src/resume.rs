//! What came of each fault, kept in a file so that an interrupted campaign goes on where it was.
//!
//! A file of lines: the first names the campaign, each other one is of a block of faults, as JSON: its part,
//! its number, and for each fault its name and the outcome; or of the seconds that a part took. A line that
//! was cut by the interruption is done again.

use crate::campaign::BLOCK;
use crate::fault::Fault;
use crate::golden::Steps;
use crate::{NativeError, Settings};
use pasc_inject::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Block(usize, usize, Vec<(String, String)>),
    Seconds(usize, f64),
}

/// What a fault came to; nothing if the processor has no such register.
const NONE: &str = "none";

/// The blocks that are done.
pub(crate) struct Kept {
    blocks: HashMap<(usize, usize), Vec<Option<Outcome>>>,
    seconds: HashMap<usize, f64>,
    file: Option<File>,
}

fn failed(why: impl std::fmt::Display) -> NativeError {
    NativeError::Resume(format!("the file of the campaign: {why}"))
}

impl Kept {
    /// Opens the file of the campaign, if it has one.
    pub(crate) fn open(
        settings: &Settings,
        given: &[u8],
        golden: &[Steps],
    ) -> Result<Kept, NativeError> {
        let mut kept = Kept {
            blocks: HashMap::new(),
            seconds: HashMap::new(),
            file: None,
        };
        let Some(path) = &settings.resume else {
            return Ok(kept);
        };
        let name = name(settings, given, golden);
        let (file, lines) = pasc_inject::kept::open(path, &name).map_err(failed)?;
        lines.iter().for_each(|line| kept.take(line));
        kept.file = Some(file);
        Ok(kept)
    }

    fn take(&mut self, line: &str) {
        match serde_json::from_str(line) {
            Ok(Line::Block(part, block, faults)) => {
                let outcome = |label: &String| {
                    let found = Outcome::ALL.iter().find(|outcome| outcome.label() == label);
                    found.copied()
                };
                let outcomes = faults.iter().map(|(_, label)| outcome(label)).collect();
                self.blocks.insert((part, block), outcomes);
            }
            Ok(Line::Seconds(part, seconds)) => {
                *self.seconds.entry(part).or_default() += seconds;
            }
            Err(_) => {}
        }
    }

    /// Whether the block is done.
    pub(crate) fn has(&self, part: usize, block: usize) -> bool {
        self.blocks.contains_key(&(part, block))
    }

    /// Keeps what came of the faults of a block.
    pub(crate) fn keep(
        &mut self,
        part: usize,
        block: usize,
        faults: &[Fault],
        outcomes: Vec<Option<Outcome>>,
    ) -> Result<(), NativeError> {
        let label = |outcome: &Option<Outcome>| outcome.map_or(NONE, Outcome::label).to_owned();
        let named = faults.iter().zip(&outcomes);
        let named = named.map(|(fault, outcome)| (fault.to_string(), label(outcome)));
        self.write(&Line::Block(part, block, named.collect()))?;
        self.blocks.insert((part, block), outcomes);
        Ok(())
    }

    /// Adds to the seconds that a part took; how many it took in all.
    pub(crate) fn add_seconds(&mut self, part: usize, seconds: f64) -> Result<f64, NativeError> {
        self.write(&Line::Seconds(part, seconds))?;
        *self.seconds.entry(part).or_default() += seconds;
        Ok(self.seconds(part))
    }

    /// How many seconds a part took.
    pub(crate) fn seconds(&self, part: usize) -> f64 {
        self.seconds.get(&part).copied().unwrap_or_default()
    }

    fn write(&self, line: &Line) -> Result<(), NativeError> {
        let Some(mut file) = self.file.as_ref() else {
            return Ok(());
        };
        let line = serde_json::to_string(line).map_err(failed)? + "\n";
        file.write_all(line.as_bytes()).map_err(failed)
    }

    /// The outcomes of all faults of a part, in their order.
    pub(crate) fn outcomes(
        &self,
        part: usize,
        faults: usize,
    ) -> Result<Vec<Option<Outcome>>, NativeError> {
        let blocks = (0..faults.div_ceil(BLOCK)).map(|block| self.blocks.get(&(part, block)));
        let blocks: Option<Vec<_>> = blocks.collect();
        let outcomes: Vec<_> = blocks.into_iter().flatten().flatten().copied().collect();
        match outcomes.len() == faults {
            true => Ok(outcomes),
            false => Err(failed("it does not hold what it should")),
        }
    }
}

/// What tells one campaign from another: the same faults happen in the same run of the same build.
fn name(settings: &Settings, given: &[u8], golden: &[Steps]) -> String {
    let mut crc = crc32fast::Hasher::new();
    crc.update(given);
    for steps in golden {
        for (address, hash) in steps.addresses.iter().zip(&steps.hashes) {
            crc.update(&address.to_le_bytes());
            crc.update(&hash.to_le_bytes());
        }
    }
    crc.update(format!("{:?}", settings.parts).as_bytes());
    format!(
        "pasc-inject-native {} {} {:08x}",
        env!("CARGO_PKG_VERSION"),
        settings.mode.label(),
        crc.finalize()
    )
}
