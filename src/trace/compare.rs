//! `pasc trace compare`: where two traces differ, whatever their forms.

use crate::cli::CompareArgs;
use crate::exit::{Code, Failed};
use crate::load;
use crate::report::coloured;
use crate::report::{count, say};
use pasc_testing::difference::Sides;
use pasc_traces::{Reader, Whose, jsonl};

/// Compares two traces record by record.
pub(crate) fn compare(args: &CompareArgs) -> Result<Code, Failed> {
    let program = load::program(&args.program)?;
    let own = load::own_address(args.own.as_deref(), &args.program)?;
    let whose = Whose {
        program: &program,
        own: &own,
    };
    let mut left = Lines::open(&args.expected, whose)?;
    let mut right = Lines::open(&args.got, whose)?;
    let mut sides = Sides::default();
    let mut records = 0;
    while !sides.is_full() {
        match (left.next()?, right.next()?) {
            (None, None) => break,
            (Some(expected), Some(got)) if expected == got => sides.agree(expected),
            (expected, got) => {
                expected.into_iter().for_each(|line| sides.expect(line));
                got.into_iter().for_each(|line| sides.get(line));
            }
        }
        records += 1;
    }
    match sides.shown(|left, right| left == right, coloured()) {
        None => {
            say(format!("{}, all the same", count(records, "record")));
            Ok(Code::Done)
        }
        Some(shown) => {
            let (left, right) = (args.expected.display(), args.got.display());
            let text = format!(
                "the traces differ (- {left}, + {right})\n{}",
                shown.trim_end()
            );
            Err(Failed::new(Code::Found, text))
        }
    }
}

/// A trace as lines of JSON.
struct Lines<'p> {
    reader: Reader<'p>,
    codec: jsonl::Codec<'p>,
}

impl<'p> Lines<'p> {
    fn open(path: &std::path::Path, whose: Whose<'p>) -> Result<Lines<'p>, Failed> {
        Ok(Lines {
            reader: Reader::open(path, whose)?,
            codec: jsonl::Codec::new(whose),
        })
    }

    fn next(&mut self) -> Result<Option<String>, Failed> {
        let record = self.reader.read()?;
        Ok(record.map(|record| self.codec.write(&record).trim_end().to_owned()))
    }
}
