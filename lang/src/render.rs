//! Lays a diagnostic out as text: code and sentence, place, source lines with the places underlined,
//! hint.
//!
//! The layout is that of `annotate-snippets`, which draws the messages of rustc and Cargo: it is kept
//! by the Rust project, has the project's licence, needs `anstyle` and `unicode-width` alone, and
//! its form is one that many readers know. (miette and ariadne bring error traits or colour crates of
//! their own; codespan-reporting had long pauses between releases.)

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceFile, Span};

/// The most columns of a source line that are shown; of longer lines the part around the place is.
pub const MAX_LINE_WIDTH: usize = 160;

/// The longest part of a text in bytes, before the first place and after the last, that is laid out.
const MAX_CONTEXT_BYTES: usize = 4096;

/// The diagnostic as plain text, several lines, each ended by a newline.
pub fn render(diagnostic: &Diagnostic, source: &SourceFile) -> String {
    lay_out(diagnostic, source, &Renderer::plain())
}

/// The diagnostic as text with the escape sequences of ANSI terminals for colours.
pub fn render_coloured(diagnostic: &Diagnostic, source: &SourceFile) -> String {
    lay_out(diagnostic, source, &Renderer::styled())
}

fn lay_out(diagnostic: &Diagnostic, source: &SourceFile, renderer: &Renderer) -> String {
    let level = match diagnostic.code.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let spans = || std::iter::once(diagnostic.span).chain(diagnostic.labels.iter().map(|l| l.span));
    let window = Window::around(source, spans());
    let primary = AnnotationKind::Primary.span(window.range(diagnostic.span));
    let labels = diagnostic.labels.iter().map(|label| {
        let range = window.range(label.span);
        AnnotationKind::Context
            .span(range)
            .label(label.text.as_str())
    });
    let snippet = Snippet::source(window.text)
        .path(source.name.as_str())
        .line_start(window.line)
        .annotation(primary)
        .annotations(labels);
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.number)
        .element(snippet);
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
    }
    let renderer = renderer.clone().term_width(MAX_LINE_WIDTH);
    renderer.render(&[group]) + "\n"
}

/// The part of a source that matters: laying a whole file out for each diagnostic takes long.
struct Window<'s> {
    text: &'s str,
    /// The first byte of the part.
    start: usize,
    /// The line of its beginning, from 1.
    line: usize,
}

impl<'s> Window<'s> {
    /// Whole lines that hold the spans, cut where they are very long.
    fn around(source: &'s SourceFile, spans: impl Iterator<Item = Span>) -> Window<'s> {
        let text = source.text.as_str();
        let (mut first, mut last) = (text.len(), 0);
        for span in spans {
            first = first.min(span.start as usize);
            last = last.max(span.end as usize);
        }
        let at_boundary = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let first = at_boundary(first);
        let last = at_boundary(last.clamp(first, text.len()));
        let start = text[..first].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
        let end = at_boundary(end.min(last + MAX_CONTEXT_BYTES));
        Window {
            text: &text[start..end],
            start,
            line: source.position(start as u32).line as usize,
        }
    }

    /// A span within the part, up to the end of its first line.
    fn range(&self, span: Span) -> std::ops::Range<usize> {
        let place = |byte: u32| {
            (byte as usize)
                .saturating_sub(self.start)
                .min(self.text.len())
        };
        let (start, end) = (place(span.start), place(span.end));
        let line = self.text.get(start..end).unwrap_or("");
        let length = line.find(['\n', '\r']).unwrap_or(line.len());
        start..start + length
    }
}
