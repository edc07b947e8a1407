//! `pasc build`: source text to a file that runs without it.

use crate::cli::BuildArgs;
use crate::exit::{Code, Failed, shown};
use crate::load;
use crate::output::Target;
use crate::report::say;

/// Compiles a program and writes it, whole or not at all.
pub(crate) fn build(args: &BuildArgs) -> Result<Code, Failed> {
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| args.file.with_extension("pascb"));
    let same = match (args.file.canonicalize(), output.canonicalize()) {
        (Ok(input), Ok(output)) => input == output,
        _ => false,
    };
    if same {
        let text = format!(
            "{} would be overwritten; name another file with -o",
            output.display()
        );
        return Err(Failed::usage(text));
    }
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
