//! `pasc trace convert`: a trace in the other form, without loss.

use super::{Form, Reader, Whose, frames, jsonl};
use crate::cli::ConvertArgs;
use crate::exit::{Code, Failed, shown};
use crate::load;
use crate::output::{Target, keep};
use crate::report::{count, say};

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
    let form = Form::of_name(&args.output).unwrap_or(match reader.form() {
        Form::Jsonl => Form::Frames,
        Form::Frames => Form::Jsonl,
    });
    let mut out = Target::create(&args.output)?;
    let mut codec = jsonl::Codec::new(whose);
    if form == Form::Frames {
        out.write(&frames::header())?;
    }
    let mut records = 0;
    let mut buffer = Vec::new();
    while let Some(record) = reader.next()? {
        match form {
            Form::Jsonl => out.write(codec.write(&record).as_bytes())?,
            Form::Frames => {
                buffer.clear();
                frames::write_record(&record, &mut buffer);
                out.write(&buffer)?;
            }
        }
        if out.is_closed() {
            return Ok(Code::Done);
        }
        records += 1;
    }
    out.finish()?;
    say(format!(
        "{}: {}",
        shown(&args.output, "the standard output"),
        count(records, "record")
    ));
    Ok(Code::Done)
}
