//! The file of a campaign that can be interrupted: a first line that names the campaign, and a line for
//! each piece of work that is done.
//!
//! In: a path and the name. Out: the file, to be appended to, and the lines that it has. A line that was
//! cut by an interruption ends there, and what is appended begins a line of its own.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

/// Opens the file of the campaign of this name, which is made if there is none. The error is a sentence.
pub fn open(path: &Path, name: &str) -> Result<(File, Vec<String>), String> {
    let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let opened = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path);
    let mut file = opened.map_err(|why| failed(&why))?;
    if !file.metadata().map_err(|why| failed(&why))?.is_file() {
        return Err(failed(&"this is no file to be kept"));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|why| failed(&why))?;
    match text.lines().next() {
        None => writeln!(file, "{name}").map_err(|why| failed(&why))?,
        Some(first) if first == name => {}
        Some(_) => {
            let why =
                "this is of another campaign or another build; give another file, or remove it";
            return Err(failed(&why));
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        writeln!(file).map_err(|why| failed(&why))?;
    }
    let lines = text.lines().skip(1).map(str::to_owned).collect();
    Ok((file, lines))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_goes_on_where_it_was_and_only_for_its_campaign() {
        let path = std::env::temp_dir().join(format!("pasc-kept-{}", std::process::id()));
        let (mut file, lines) = open(&path, "one").unwrap();
        assert!(lines.is_empty());
        write!(file, "1\n2").unwrap();
        let (mut file, lines) = open(&path, "one").unwrap();
        assert_eq!(lines, ["1", "2"]);
        writeln!(file, "3").unwrap();
        assert_eq!(open(&path, "one").unwrap().1, ["1", "2", "3"]);
        let other = open(&path, "two").unwrap_err();
        assert!(other.contains("of another campaign"), "{other}");
        std::fs::remove_file(&path).unwrap();
        if cfg!(unix) {
            let endless = open(Path::new("/dev/zero"), "one").unwrap_err();
            assert!(endless.contains("no file to be kept"), "{endless}");
        }
    }
}
