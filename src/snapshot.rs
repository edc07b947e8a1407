//! `pasc snapshot`: whether the bytecode of programs is still what it was, in `NAME.pasc.snap` beside
//! each of them.

use crate::cli::SnapshotArgs;
use crate::exit::{Code, Failed};
use crate::folders::Found;
use crate::load;
use crate::output::Target;
use crate::report::{coloured, count, say};
use pasc_testing::snapshot;
use std::path::Path;

/// What became of the snapshots.
#[derive(Default)]
struct Tally {
    same: usize,
    written: usize,
    differing: usize,
    /// Programs without bytecode: they cannot be read, or do not compile.
    broken: usize,
}

/// Compares or accepts.
pub(crate) fn snapshot(args: &SnapshotArgs) -> Result<Code, Failed> {
    let found = Found::below(&args.folder)?;
    let mut tally = Tally::default();
    let mut code = Code::Done;
    for program in &found.programs {
        if let Err(failed) = one(program, args.accept, &mut tally) {
            say(format!("error: {}", failed.text));
            code = code.max(failed.code);
        }
    }
    for kept in &found.snapshots {
        if !kept.with_extension("").exists() {
            code = code.max(orphan(kept, args.accept, &mut tally)?);
        }
    }
    let written = match tally.written {
        0 => String::new(),
        written => format!(", {written} written"),
    };
    let same = count(tally.same, "snapshot");
    let broken = match tally.broken {
        0 => String::new(),
        broken => format!(", {} without bytecode", count(broken, "program")),
    };
    say(format!(
        "{same} as before{written}, {} not{broken}",
        tally.differing
    ));
    Ok(code)
}

/// Compares or accepts the snapshot of a program.
fn one(path: &Path, accept: bool, tally: &mut Tally) -> Result<(), Failed> {
    let program = load::program(path).inspect_err(|_| tally.broken += 1)?;
    let now = snapshot::text(&program);
    let kept = snapshot::path_of(path);
    let shown = path.display();
    let old = match std::fs::read_to_string(&kept) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failed::read(kept.display(), &error)),
    };
    let problem = match &old {
        None => "there is no snapshot".to_owned(),
        Some(old) => match snapshot::compare(old, &now, coloured()) {
            Ok(None) => {
                tally.same += 1;
                return Ok(());
            }
            Ok(Some(changes)) => format!("{}\n{}", changes.summary, changes.lines.trim_end()),
            Err(problem) => problem,
        },
    };
    if accept {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut target = Target::create(&kept)?;
        target.write(snapshot::file(&name, &now).as_bytes())?;
        target.finish()?;
        tally.written += 1;
        say(format!("{shown}: {}", problem.lines().next().unwrap_or("")));
        return Ok(());
    }
    tally.differing += 1;
    let text =
        format!("{shown}: {problem}\n  `pasc snapshot --accept {shown}` keeps what it is now");
    Err(Failed::new(Code::Found, text))
}

/// A snapshot whose program is gone.
fn orphan(kept: &Path, accept: bool, tally: &mut Tally) -> Result<Code, Failed> {
    let shown = kept.display();
    if accept {
        std::fs::remove_file(kept).map_err(|error| Failed::write(kept.display(), &error))?;
        say(format!("{shown}: removed, its program is gone"));
        return Ok(Code::Done);
    }
    tally.differing += 1;
    say(format!(
        "error: {shown}: its program is gone\n  `pasc snapshot --accept` removes it"
    ));
    Ok(Code::Found)
}
