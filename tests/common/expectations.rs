//! The comments of a language test, and the findings that they are compared with.

#![allow(dead_code, reason = "each test binary uses a part of it")]

/// What a file says about itself.
#[derive(Default, Debug)]
pub(crate) struct Expectations {
    pub(crate) diagnostics: Vec<Expected>,
    pub(crate) runtime: Vec<Expected>,
    pub(crate) tests_pass: bool,
    /// Titles of tests that fail, with a text of their reports.
    pub(crate) failing: Vec<(String, String)>,
    /// Further arguments of the run.
    pub(crate) arguments: Vec<String>,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
}

/// An error or warning that is expected.
#[derive(Debug)]
pub(crate) struct Expected {
    code: String,
    line: usize,
    /// Nothing for any column.
    column: Option<usize>,
    text: String,
}

/// An error or warning that was reported.
#[derive(Debug)]
pub(crate) struct Found<'r> {
    /// The report, several lines.
    report: &'r str,
    /// Line and column, if the report names them.
    place: Option<(usize, usize)>,
}

impl Expectations {
    /// Reads the comments of a source. A comment that looks like one but is none is an error.
    pub(crate) fn read(source: &str) -> Result<Expectations, String> {
        let mut read = Expectations::default();
        let mut ok = false;
        for (index, line) in source.lines().enumerate() {
            let number = index + 1;
            let wrong = |text: &str| format!("line {number}: malformed comment: {text}");
            if let Some((_, input)) = line.split_once("// input ") {
                read.inputs.push(input.trim().to_owned());
            } else if let Some((_, arguments)) = line.split_once("// run with ") {
                read.arguments
                    .extend(arguments.split_whitespace().map(str::to_owned));
            } else if let Some((_, output)) = line.split_once("// output ") {
                read.outputs.push(output.trim().to_owned());
            }
            let Some((_, comment)) = line.split_once("// expect ") else {
                continue;
            };
            let comment = comment.trim();
            if comment == "ok" {
                ok = true;
            } else if comment == "tests pass" {
                read.tests_pass = true;
            } else if let Some(rest) = comment.strip_prefix("test fails \"") {
                let (title, text) = rest.split_once("\": ").ok_or_else(|| wrong(comment))?;
                read.failing.push((title.to_owned(), text.to_owned()));
            } else if let Some(rest) = comment.strip_prefix("runtime error ") {
                read.runtime
                    .push(Expected::read(rest, number).ok_or_else(|| wrong(comment))?);
            } else {
                let rest = comment
                    .strip_prefix("error ")
                    .or(comment.strip_prefix("warning "));
                let expected = rest.and_then(|rest| Expected::read(rest, number));
                read.diagnostics
                    .push(expected.ok_or_else(|| wrong(comment))?);
            }
        }
        let runs = read.tests_pass || !read.failing.is_empty() || !read.inputs.is_empty();
        if !ok && !runs && read.diagnostics.is_empty() {
            return Err("the file expects nothing".to_owned());
        }
        if ok && !read.diagnostics.is_empty() {
            return Err("the file is expected to be in order and not to be".to_owned());
        }
        if read.inputs.is_empty() && !(read.outputs.is_empty() && read.runtime.is_empty()) {
            return Err("outputs and runtime errors need an `// input`".to_owned());
        }
        Ok(read)
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|expected| expected.code.starts_with('E'))
    }
}

impl Expected {
    /// Reads `CODE at COLUMN: text` or `CODE at LINE:COLUMN: text`.
    fn read(comment: &str, own_line: usize) -> Option<Expected> {
        let (code, rest) = comment.split_once(" at ")?;
        let (place, text) = rest.split_once(": ")?;
        let (line, column) = match place.split_once(':') {
            Some((line, column)) => (line.parse().ok()?, column),
            None => (own_line, place),
        };
        let column = if column == "*" {
            None
        } else {
            Some(column.parse().ok()?)
        };
        Some(Expected {
            code: code.to_owned(),
            line,
            column,
            text: text.to_owned(),
        })
    }
}

impl<'r> Found<'r> {
    /// The findings in a report, which begin with one of these words at the start of a line.
    pub(crate) fn all(report: &'r str, starts: &[&str]) -> Vec<Found<'r>> {
        let begins = |at: usize| {
            (at == 0 || report.as_bytes()[at - 1] == b'\n')
                && starts.iter().any(|start| report[at..].starts_with(start))
        };
        let mut at: Vec<usize> = report
            .char_indices()
            .map(|(at, _)| at)
            .filter(|at| begins(*at))
            .collect();
        at.push(report.len());
        at.windows(2)
            .map(|pair| Found::of(&report[pair[0]..pair[1]]))
            .collect()
    }

    fn of(report: &'r str) -> Found<'r> {
        let place = report.lines().find_map(|line| {
            let place = line.trim_start().strip_prefix("--> ")?;
            let mut parts = place.split(" in handler").next()?.rsplitn(3, ':');
            let column = parts.next()?.parse().ok()?;
            Some((parts.next()?.parse().ok()?, column))
        });
        Found { report, place }
    }
}

/// Every expectation must be met by one finding, in order, and every finding be expected.
pub(crate) fn compare(expected: &[Expected], found: &[Found]) -> Result<(), String> {
    for (expected, found) in expected.iter().zip(found) {
        let Expected {
            code,
            line,
            column,
            text,
        } = expected;
        if !found.report.contains(code.as_str()) {
            return Err(format!(
                "expected {code} on line {line}, got {}",
                found.report
            ));
        }
        let right = found
            .place
            .is_some_and(|(at, from)| at == *line && column.is_none_or(|column| column == from));
        if !right {
            let (got, column) = (
                found.place,
                column.map_or("*".to_owned(), |c| c.to_string()),
            );
            return Err(format!(
                "expected {code} at {line}:{column}, got it at {got:?}"
            ));
        }
        if !found.report.contains(text) {
            return Err(format!(
                "{code} on line {line} does not say `{text}`: {}",
                found.report
            ));
        }
    }
    match (expected.get(found.len()), found.get(expected.len())) {
        (Some(missing), _) => Err(format!(
            "{} on line {} is missing",
            missing.code, missing.line
        )),
        (_, Some(extra)) => Err(format!("not expected: {}", extra.report)),
        _ => Ok(()),
    }
}
