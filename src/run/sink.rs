//! Where the outputs of a run go: to the standard output, or into a comparison with a file.

use crate::cli::{OutputForm, RunArgs};
use crate::difference;
use crate::exit::{Code, Failed};
use crate::output::Standard;
use crate::trace::{Whose, jsonl};
use serde_json::Value as Json;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;

/// The most lines of a side that are kept once the sides differ.
const MAX_KEPT: usize = 2000;

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

    /// The end of the outputs. A difference from what was expected is a failure.
    pub(super) fn finish(&mut self) -> Result<(), Failed> {
        self.out.flush()?;
        match self.comparison.take() {
            Some(comparison) => comparison.finish(),
            None => Ok(()),
        }
    }
}

/// Compares lines with those of a file as they come.
pub(super) struct Comparison {
    name: String,
    expected: BufReader<File>,
    /// The number of the first line that is kept, from 1.
    first: usize,
    /// The last lines in which the sides are equal.
    equal: VecDeque<String>,
    /// The lines from the first difference on.
    differing: Option<[Vec<String>; 2]>,
}

impl Comparison {
    fn open(path: &Path) -> Result<Comparison, Failed> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| Failed::read(&name, &error))?;
        Ok(Comparison {
            name,
            expected: BufReader::new(file),
            first: 1,
            equal: VecDeque::new(),
            differing: None,
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
        if let Some([_, lines]) = &mut self.differing {
            if lines.len() < MAX_KEPT {
                lines.push(got.to_owned());
            }
            return Ok(());
        }
        match self.next()? {
            Some(expected) if agree(&expected, got) => {
                self.equal.push_back(expected);
                if self.equal.len() > difference::CONTEXT {
                    self.equal.pop_front();
                    self.first += 1;
                }
            }
            expected => {
                let expected = expected.into_iter().collect();
                self.differing = Some([expected, vec![got.to_owned()]]);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Failed> {
        let [mut expected, mut got] = self.differing.take().unwrap_or_default();
        while expected.len() < MAX_KEPT
            && let Some(line) = self.next()?
        {
            expected.push(line);
        }
        if expected.is_empty() && got.is_empty() {
            return Ok(());
        }
        // Lines that say the same in other words are no difference further down either.
        for (expected, got) in expected.iter().zip(&mut got) {
            if agree(expected, got) {
                got.clone_from(expected);
            }
        }
        let sides = [expected, got].map(|lines| {
            let lines = self.equal.iter().chain(&lines).cloned();
            lines.collect::<Vec<String>>()
        });
        let [expected, got] = sides
            .each_ref()
            .map(|lines| lines.iter().map(String::as_str).collect::<Vec<&str>>());
        let shown = difference::between(&expected, &got, self.first).unwrap_or_default();
        let text = format!(
            "the outputs are not those of {} (- expected, + sent)\n{}",
            self.name,
            shown.trim_end()
        );
        Err(Failed::new(Code::Found, text))
    }
}

/// Whether a line is what was expected: the same text, or the same object; the `crc` may be left out.
fn agree(expected: &str, got: &str) -> bool {
    if expected == got {
        return true;
    }
    let object = |text| serde_json::from_str::<Json>(text).ok();
    let (Some(expected), Some(mut got)) = (object(expected), object(got)) else {
        return false;
    };
    if expected.get("crc").is_none()
        && let Some(got) = got.as_object_mut()
    {
        got.shift_remove("crc");
    }
    expected == got
}
