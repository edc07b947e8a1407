//! How tests went: lines for people, JSON Lines, and the XML of JUnit that build servers read.

use super::runner::FailedTest;
use crate::cli::TestArgs;
use crate::exit::Failed;
use crate::output::{Standard, Target};
use crate::report::{coloured, count, say};
use pasc_lang::SourceFile;
use serde_json::json;
use std::fmt::Write;
use std::path::Path;

/// One test in one mode.
pub(super) struct Tested<'a> {
    pub(super) source: &'a SourceFile,
    pub(super) name: &'a str,
    /// The line on which the test begins.
    pub(super) line: u32,
    pub(super) mode: &'static str,
    pub(super) seconds: f64,
    pub(super) failed: Option<FailedTest>,
}

/// Collects what is to be reported.
pub(super) struct Report {
    json: Option<Standard>,
    junit: Option<Junit>,
    passed: usize,
    failed: usize,
    /// Files whose tests could not be run.
    broken: usize,
    /// Names of tests that the filter left out.
    left_out: Vec<String>,
}

impl Report {
    pub(super) fn open(args: &TestArgs) -> Result<Report, Failed> {
        let junit = args.junit.as_deref().map(Target::create).transpose()?;
        Ok(Report {
            json: args.json.then(Standard::new),
            junit: junit.map(|target| Junit {
                target,
                cases: String::new(),
                broken: 0,
            }),
            passed: 0,
            failed: 0,
            broken: 0,
            left_out: Vec::new(),
        })
    }

    /// Tests that passed and that failed.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.passed, self.failed)
    }

    /// `, 1 file could not be tested`, or nothing if there is none.
    pub(super) fn broken_files(&self) -> String {
        match self.broken {
            0 => String::new(),
            broken => format!(", {} could not be tested", count(broken, "file")),
        }
    }

    pub(super) fn leave_out(&mut self, name: &str) {
        if !self.left_out.iter().any(|known| known == name) {
            self.left_out.push(name.to_owned());
        }
    }

    /// Names of tests that the filter left out, in quotes.
    pub(super) fn left_out(&self) -> Vec<String> {
        self.left_out
            .iter()
            .map(|name| format!("{name:?}"))
            .collect()
    }

    pub(super) fn take(&mut self, tested: Tested) -> Result<(), Failed> {
        match tested.failed {
            None => self.passed += 1,
            Some(_) => self.failed += 1,
        }
        show(&tested);
        if let Some(out) = &mut self.json {
            out.write(format!("{}\n", object(&tested)).as_bytes())?;
        }
        if let Some(junit) = &mut self.junit {
            junit.case(&tested);
        }
        Ok(())
    }

    /// A file whose tests could not be run.
    pub(super) fn broken(&mut self, file: &Path, failed: &Failed) {
        self.broken += 1;
        if let Some(junit) = &mut self.junit {
            junit.broken(&file.display().to_string(), &failed.text);
        }
    }

    pub(super) fn finish(&mut self) -> Result<(), Failed> {
        if let Some(out) = &mut self.json {
            out.flush()?;
        }
        match self.junit.take() {
            Some(junit) => junit.finish(self.passed + self.failed, self.failed),
            None => Ok(()),
        }
    }
}

/// A test as people read it.
fn show(tested: &Tested) {
    let source = tested.source;
    let title = format!("{}: \"{}\" ({})", source.name, tested.name, tested.mode);
    let painted = |word: &str, colour: &str| match coloured() {
        true => format!("\x1b[{colour}m{word}\x1b[0m"),
        false => word.to_owned(),
    };
    let Some(failed) = &tested.failed else {
        return say(format!("{} {title}", painted("ok", "32")));
    };
    say(format!("{} {title}", painted("FAILED", "31")));
    let line = source.text.lines().nth(failed.line as usize - 1);
    say(format!("  --> {}:{}", source.name, failed.line));
    say(format!("   | {}", line.unwrap_or("").trim()));
    say(format!("  {}\n", failed.text.replace('\n', "\n  ")));
}

fn object(tested: &Tested) -> serde_json::Value {
    let failed = tested.failed.as_ref();
    json!({
        "file": tested.source.name,
        "line": tested.line,
        "test": tested.name,
        "mode": tested.mode,
        "outcome": if failed.is_some() { "failed" } else { "passed" },
        "failed_line": failed.map(|failed| failed.line),
        "message": failed.map(|failed| &failed.text),
    })
}

/// A report that build servers read.
struct Junit {
    target: Target,
    cases: String,
    /// Files whose tests could not be run.
    broken: usize,
}

impl Junit {
    fn case(&mut self, tested: &Tested) {
        // Writing to a String cannot fail.
        let _ = write!(
            self.cases,
            "    <testcase classname=\"{} ({})\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6}\"",
            escape(&tested.source.name),
            tested.mode,
            escape(tested.name),
            escape(&tested.source.name),
            tested.line,
            tested.seconds
        );
        let Some(failed) = &tested.failed else {
            self.cases.push_str("/>\n");
            return;
        };
        let first = failed.text.lines().next().unwrap_or("");
        let _ = writeln!(
            self.cases,
            ">\n      <failure message=\"{}\">{}:{}: {}</failure>\n    </testcase>",
            escape(first),
            escape(&tested.source.name),
            failed.line,
            escape(&failed.text)
        );
    }

    fn broken(&mut self, file: &str, text: &str) {
        self.broken += 1;
        let _ = writeln!(
            self.cases,
            "    <testcase classname=\"{0}\" name=\"{0}\">\n      <error message=\"{1}\"/>\n    \
             </testcase>",
            escape(file),
            escape(text)
        );
    }

    fn finish(mut self, tests: usize, failed: usize) -> Result<(), Failed> {
        let (tests, errors) = (tests + self.broken, self.broken);
        let counts = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\"");
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite \
             name=\"pasc\" {counts}>\n{}  </testsuite>\n</testsuites>\n",
            self.cases
        );
        self.target.write(text.as_bytes())?;
        self.target.finish()
    }
}

/// Text as XML has it; characters that XML cannot hold become `?`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
