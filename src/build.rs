//! `pasc build`: source text to a file that runs without it.

use crate::cli::BuildArgs;
use crate::exit::{Code, Failed};
use crate::load;
use crate::output::{Target, keep};
use crate::report::say;
use pasc_traces::shown;

/// Compiles a program and writes it, whole or not at all.
pub(crate) fn build(args: &BuildArgs) -> Result<Code, Failed> {
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| args.file.with_extension("pascb"));
    keep(&args.file, &output)?;
    let program = load::program(&args.file)?;
    let bytes =
        pasc_vm::file::write(&program).map_err(|error| Failed::file(output.display(), error))?;
    let mut target = Target::create(&output)?;
    target.write(&bytes)?;
    target.finish()?;
    say(format!(
        "{}: {} bytes",
        shown(&output, "the standard output"),
        bytes.len()
    ));
    Ok(Code::Done)
}
