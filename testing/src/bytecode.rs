//! `assert_bytecode!`.

use crate::snapshot;
use pasc_lang::SourceFile;
use pasc_vm::Program;
use std::path::Path;

/// Compares the bytecode of a program with its snapshot; with `PASC_ACCEPT` in the environment the
/// snapshot is written instead. The error says what differs and what to do.
pub fn check_bytecode(folder: &str, program: &str) -> Result<(), String> {
    let path = Path::new(folder).join(program);
    let compiled = compile(&path, program)?;
    let kept = snapshot::path_of(&path);
    let now = snapshot::text(&compiled);
    if std::env::var_os("PASC_ACCEPT").is_some_and(|value| !value.is_empty()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return std::fs::write(&kept, snapshot::file(&name, &now))
            .map_err(|error| format!("{}: cannot be written: {error}", kept.display()));
    }
    let accept = "`pasc snapshot --accept`, or this test with PASC_ACCEPT=1, writes it";
    let file = match std::fs::read_to_string(&kept) {
        Ok(file) => file,
        Err(error) => {
            return Err(format!(
                "{program}: there is no snapshot ({error}); {accept}"
            ));
        }
    };
    match snapshot::compare(&file, &now, false) {
        Ok(None) => Ok(()),
        Ok(Some(changes)) => Err(format!(
            "{program}: the bytecode is not the one of its snapshot: {}\n{}{accept}",
            changes.summary, changes.lines
        )),
        Err(problem) => Err(format!("{program}.snap: {problem}; {accept}")),
    }
}

/// The program of a file; `name` is for messages.
pub(crate) fn compile(path: &Path, name: &str) -> Result<Program, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let source = SourceFile::new(name, text);
    match pasc_lang::compile(&source) {
        Ok(compiled) => Ok(compiled.program),
        Err(diagnostics) => {
            let shown = diagnostics
                .iter()
                .map(|one| pasc_lang::render(one, &source));
            Err(shown.collect::<Vec<_>>().join("\n"))
        }
    }
}
