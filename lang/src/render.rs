//! Lays a diagnostic out as plain text: code and sentence, place, source line
//! with the place underlined, further places, hint.

use std::fmt::Write;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceFile, Span};

/// The most characters of a source line that are shown; longer lines are shown
/// from a little before the place.
pub const MAX_LINE_WIDTH: usize = 160;

/// Characters shown before the place when a line is cut.
const CUT_CONTEXT: usize = 40;

/// The diagnostic as text, several lines, each ended by a newline.
pub fn render(diagnostic: &Diagnostic, source: &SourceFile) -> String {
    let severity = match diagnostic.code.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut out = format!(
        "{severity}[{}]: {}\n",
        diagnostic.code.number, diagnostic.message
    );
    let gutter = std::iter::once(diagnostic.span)
        .chain(diagnostic.labels.iter().map(|label| label.span))
        .map(|span| source.position(span.start).line.to_string().len())
        .max()
        .unwrap_or(1);
    let place = source.position(diagnostic.span.start);
    let _ = writeln!(
        out,
        "{:gutter$}--> {}:{}:{}",
        "", source.name, place.line, place.column
    );
    excerpt(&mut out, source, diagnostic.span, '^', "", gutter);
    for label in &diagnostic.labels {
        excerpt(&mut out, source, label.span, '-', &label.text, gutter);
    }
    if let Some(hint) = &diagnostic.hint {
        let _ = writeln!(out, "{:gutter$} = hint: {hint}", "");
    }
    out
}

/// One source line with `span` underlined by `mark`.
fn excerpt(
    out: &mut String,
    source: &SourceFile,
    span: Span,
    mark: char,
    text: &str,
    gutter: usize,
) {
    let position = source.position(span.start);
    let line = source
        .text
        .split('\n')
        .nth(position.line as usize - 1)
        .unwrap_or("");
    let line = line.trim_end_matches('\r');
    let column = position.column as usize - 1;
    let length = source
        .slice(span)
        .split('\n')
        .next()
        .unwrap_or("")
        .chars()
        .count()
        .max(1);
    let skipped = if line.chars().count() > MAX_LINE_WIDTH {
        column.saturating_sub(CUT_CONTEXT)
    } else {
        0
    };
    // A tab would throw the underline off, whatever its width.
    let shown: String = line
        .chars()
        .skip(skipped)
        .take(MAX_LINE_WIDTH)
        .map(|c| if c == '\t' { ' ' } else { c })
        .collect();
    let length = length
        .min((shown.chars().count() + 1).saturating_sub(column - skipped))
        .max(1);
    let _ = writeln!(out, "{:gutter$} |", "");
    let _ = writeln!(out, "{:>gutter$} | {shown}", position.line);
    let marks: String = std::iter::repeat_n(mark, length).collect();
    let underline = format!(
        "{:gutter$} | {:pad$}{marks} {text}",
        "",
        "",
        pad = column - skipped
    );
    out.push_str(underline.trim_end());
    out.push('\n');
}
