//! `pasc trace convert`: a trace in the other form, without loss.

use super::writer::Writer;
use crate::cli::ConvertArgs;
use crate::exit::{Code, Failed};
use crate::load;
use crate::output::keep;
use crate::progress::Progress;
use crate::report::{count, say};
use pasc_traces::shown;
use pasc_traces::{Form, Reader, Whose};

/// Reads a trace to its end and writes it in the form that the name of the output tells, else in
/// the other one.
pub(crate) fn convert(args: &ConvertArgs) -> Result<Code, Failed> {
    keep(&args.program, &args.output)?;
    let program = load::program(&args.program)?;
    let own = load::own_address(args.own.as_deref(), &args.program)?;
    let whose = Whose {
        program: &program,
        own: &own,
    };
    let mut reader = Reader::open(&args.input, whose)?;
    let other = match reader.form() {
        Form::Jsonl => Form::Frames,
        Form::Frames => Form::Jsonl,
    };
    let mut writer = Writer::create(&args.output, whose, other)?;
    let mut progress = Progress::of("record");
    while let Some(record) = reader.read()? {
        writer.write(&record)?;
        if writer.is_closed() {
            return Ok(Code::Done);
        }
        progress.step();
    }
    let records = writer.records;
    writer.finish()?;
    say(format!(
        "{}: {}",
        shown(&args.output, "the standard output"),
        count(records, "record")
    ));
    Ok(Code::Done)
}
