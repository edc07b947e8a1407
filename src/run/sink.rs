//! Where the outputs of a run go: to the standard output, or into a comparison with a file.

use crate::cli::{OutputForm, RunArgs};
use crate::exit::{Code, Failed};
use crate::output::Standard;
use crate::report::coloured;
use pasc_testing::agree;
use pasc_testing::difference::Sides;
use pasc_traces::{BYTE_ORDER_MARK, Whose, jsonl};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

/// Takes outputs.
pub(super) struct Sink {
    out: Standard,
    form: OutputForm,
    /// Whether lines say who sent them.
    several: bool,
    comparison: Option<Comparison>,
}

impl Sink {
    pub(super) fn open(args: &RunArgs, several: bool) -> Result<Sink, Failed> {
        Ok(Sink {
            out: Standard::new(),
            form: args.output,
            several,
            comparison: args.expect.as_deref().map(Comparison::open).transpose()?,
        })
    }

    /// Takes a message.
    pub(super) fn output(&mut self, whose: Whose, bytes: &[u8]) -> Result<(), Failed> {
        if self.form == OutputForm::Frames {
            return self.out.write(bytes);
        }
        let line = jsonl::output_line(whose, bytes, self.several);
        match &mut self.comparison {
            Some(comparison) => comparison.take(line.trim_end()),
            None => self.out.write(line.as_bytes()),
        }
    }

    /// Writes a line that is no message.
    pub(super) fn note(&mut self, line: &str) -> Result<(), Failed> {
        self.out.write(line.as_bytes())
    }

    pub(super) fn flush(&mut self) -> Result<(), Failed> {
        self.out.flush()
    }

    /// Whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.out.is_closed()
    }

    /// The end of the outputs. A difference from what was expected is a failure; of a run that was
    /// cut off nothing further is expected.
    pub(super) fn finish(&mut self, cut_off: bool) -> Result<(), Failed> {
        self.out.flush()?;
        match self.comparison.take() {
            Some(comparison) => comparison.finish(cut_off),
            None => Ok(()),
        }
    }
}

/// Compares lines with those of a file as they come.
struct Comparison {
    name: String,
    expected: BufReader<File>,
    sides: Sides,
}

impl Comparison {
    fn open(path: &Path) -> Result<Comparison, Failed> {
        let name = path.display().to_string();
        let failed = |error| Failed::read(&name, &error);
        let mut expected = BufReader::new(File::open(path).map_err(failed)?);
        // As before a trace.
        if expected
            .fill_buf()
            .map_err(failed)?
            .starts_with(BYTE_ORDER_MARK)
        {
            expected.consume(BYTE_ORDER_MARK.len());
        }
        Ok(Comparison {
            name,
            expected,
            sides: Sides::default(),
        })
    }

    /// The next line of the file.
    fn next(&mut self) -> Result<Option<String>, Failed> {
        let line = jsonl::read_line(&mut self.expected);
        let line = line.and_then(|line| match line.map(String::from_utf8) {
            Some(Err(_)) => Err(ErrorKind::InvalidData.into()),
            Some(Ok(line)) => Ok(Some(line)),
            None => Ok(None),
        });
        line.map_err(|error| Failed::read(&self.name, &error))
    }

    fn take(&mut self, got: &str) -> Result<(), Failed> {
        if self.sides.differ() {
            self.sides.get(got.to_owned());
            return Ok(());
        }
        match self.next()? {
            Some(expected) if agree(&expected, got) => self.sides.agree(expected),
            expected => {
                expected
                    .into_iter()
                    .for_each(|line| self.sides.expect(line));
                self.sides.get(got.to_owned());
            }
        }
        Ok(())
    }

    fn finish(mut self, cut_off: bool) -> Result<(), Failed> {
        while !cut_off
            && !self.sides.is_full()
            && let Some(line) = self.next()?
        {
            self.sides.expect(line);
        }
        let Some(shown) = self.sides.shown(agree, coloured()) else {
            return Ok(());
        };
        let text = format!(
            "the outputs are not those of {} (- expected, + sent)\n{}",
            self.name,
            shown.trim_end()
        );
        Err(Failed::new(Code::Found, text))
    }
}
