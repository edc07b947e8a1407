//! The programs below a folder.

use crate::exit::Failed;
use std::path::{Path, PathBuf};

/// The most folders below each other that are looked at.
const MAX_DEPTH: usize = 32;
/// The most programs.
const MAX_PROGRAMS: usize = 100_000;

/// What was found, in the order of the names.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) programs: Vec<PathBuf>,
    pub(crate) snapshots: Vec<PathBuf>,
}

impl Found {
    /// The file itself, even if there is none, or what lies below the folder, at least one program.
    /// Hidden folders and `target` hold none that somebody wrote.
    pub(crate) fn below(path: &Path) -> Result<Found, Failed> {
        let mut found = Found::default();
        if !path.is_dir() {
            found.programs.push(path.to_owned());
            return Ok(found);
        }
        found.collect(path, MAX_DEPTH)?;
        found.programs.sort();
        found.snapshots.sort();
        if found.programs.is_empty() {
            let folder = path.display();
            let text = format!("{folder}: there is no program, no file NAME.pasc");
            return Err(Failed::usage(text));
        }
        Ok(found)
    }

    fn collect(&mut self, folder: &Path, depth: usize) -> Result<(), Failed> {
        let unreadable = |error| Failed::read(folder.display(), &error);
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.as_encoded_bytes();
            // Links are not followed, so that the walk ends.
            let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
            if is_folder && depth > 0 && !name.starts_with(b".") && name != b"target" {
                self.collect(&path, depth - 1)?;
            } else if !is_folder && name.ends_with(b".pasc") {
                self.programs.push(path);
            } else if !is_folder && name.ends_with(b".pasc.snap") {
                self.snapshots.push(path);
            }
            if self.programs.len() > MAX_PROGRAMS {
                let text = format!("more than {MAX_PROGRAMS} programs; name a smaller folder");
                return Err(Failed::usage(text));
            }
        }
        Ok(())
    }
}
