//! Writes traces in either form.

use crate::exit::Failed;
use crate::output::Target;
use pasc_traces::{Form, Record, Whose, frames, jsonl};
use std::path::Path;

/// A trace that is being written; the file is whole or as before.
pub(super) struct Writer<'p> {
    out: Target,
    form: Form,
    codec: jsonl::Codec<'p>,
    buffer: Vec<u8>,
    /// Records so far.
    pub(super) records: usize,
}

impl<'p> Writer<'p> {
    /// The form is the one that the name of the file tells, else this one.
    pub(super) fn create(path: &Path, whose: Whose<'p>, form: Form) -> Result<Writer<'p>, Failed> {
        let form = Form::of_name(path).unwrap_or(form);
        let mut out = Target::create(path)?;
        if form == Form::Frames {
            out.write(&frames::header())?;
        }
        Ok(Writer {
            out,
            form,
            codec: jsonl::Codec::new(whose),
            buffer: Vec::new(),
            records: 0,
        })
    }

    pub(super) fn write(&mut self, record: &Record) -> Result<(), Failed> {
        self.records += 1;
        match self.form {
            Form::Jsonl => self.out.write(self.codec.write(record).as_bytes()),
            Form::Frames => {
                self.buffer.clear();
                frames::write_record(record, &mut self.buffer);
                self.out.write(&self.buffer)
            }
        }
    }

    /// Whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.out.is_closed()
    }

    /// Completes the file.
    pub(super) fn finish(self) -> Result<(), Failed> {
        self.out.finish()
    }
}
