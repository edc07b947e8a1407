//! The file of a cluster, the files that it builds on, and its programs.

use super::in_file;
use crate::exit::Failed;
use crate::load;
use pasc_sim::Cluster;
use pasc_sim::merge::{merge, set};
use std::path::Path;
use toml::{Table, Value};

/// How many files may build on each other.
const MOST_FILES: u32 = 8;

/// Reads a cluster, with values that are set on the command line.
pub(super) fn read(path: &Path, settings: &[String]) -> Result<Cluster, Failed> {
    let mut table = table(path, MOST_FILES)?;
    if table.is_empty() {
        let error = "it is empty; a cluster has at least a `name` and a `[[process]]`";
        return Err(in_file(path, error.to_owned()));
    }
    for assignment in settings {
        set(&mut table, assignment).map_err(|error| Failed::usage(format!("`--set` {error}")))?;
    }
    let config = pasc_sim::parse(table).map_err(|error| in_file(path, error))?;
    let programs = config
        .process
        .iter()
        .map(|kind| load::runnable(Path::new(&kind.program)));
    let programs = programs.collect::<Result<Vec<_>, _>>()?;
    Cluster::new(config, programs).map_err(|error| in_file(path, error))
}

/// The table of a file over those of the files that it builds on.
fn table(path: &Path, files: u32) -> Result<Table, Failed> {
    let Some(files) = files.checked_sub(1) else {
        return Err(in_file(
            path,
            format!("more than {MOST_FILES} files extend each other"),
        ));
    };
    let text =
        std::fs::read_to_string(path).map_err(|error| Failed::read(path.display(), &error))?;
    let mut table: Table =
        toml::from_str(&text).map_err(|error| in_file(path, error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let kinds = table.get_mut("process").and_then(Value::as_array_mut);
    for kind in kinds.into_iter().flatten() {
        if let Some(Value::String(program)) = kind.get_mut("program") {
            *program = folder.join(&program).to_string_lossy().into_owned();
        }
    }
    match table.remove("extends") {
        None => Ok(table),
        Some(Value::String(base)) => {
            let mut base = self::table(&folder.join(base), files)?;
            merge(&mut base, table);
            Ok(base)
        }
        Some(_) => Err(in_file(path, "`extends` is the path of a file".to_owned())),
    }
}
