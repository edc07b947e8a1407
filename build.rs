//! Makes a table of the pages in `docs/errors/`, which `pasc explain` shows: adding a page is adding
//! a file.

use std::fmt::Write;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("docs/errors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or("");
        if path.extension().is_some_and(|extension| extension == "md") && name != "README" {
            pages.push((name.to_owned(), path));
        }
    }
    pages.sort();
    let mut table = "static PAGES: &[(&str, &str)] = &[\n".to_owned();
    for (code, path) in pages {
        writeln!(table, "    ({code:?}, include_str!({path:?})),")?;
    }
    table.push_str("];\n");
    let out = Path::new(&std::env::var("OUT_DIR")?).join("pages.rs");
    Ok(std::fs::write(out, table)?)
}
