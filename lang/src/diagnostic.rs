//! What the compiler has to say about a program, as data.
//!
//! The wording is made where the error is found, the layout in `render.rs`.

use crate::codes::Code;
use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The program cannot be run.
    Error,
    /// The program runs, but part of it is of no use.
    Warning,
}

/// A further place that explains the diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be seen there.
    pub text: String,
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, a row of the table in `codes.rs`.
    pub code: &'static Code,
    /// One plain sentence without a full stop.
    pub message: String,
    /// The place that is underlined.
    pub span: Span,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// A likely fix.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A diagnostic without labels and hint.
    pub fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            message: message.into(),
            span,
            labels: Vec::new(),
            hint: None,
        }
    }

    /// Adds a further place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    /// Sets the hint if there is one to set.
    #[must_use]
    pub fn maybe_hint(mut self, text: Option<String>) -> Self {
        self.hint = text.or(self.hint);
        self
    }

    /// Whether it stops the program from being run.
    pub fn is_error(&self) -> bool {
        self.code.severity == Severity::Error
    }
}

/// The most diagnostics that one run of the compiler reports.
pub const MAX_DIAGNOSTICS: usize = 50;

/// Puts diagnostics into the order of their places and keeps the first
/// [`MAX_DIAGNOSTICS`], one for each place and code; errors before warnings, so that
/// a program that has errors never seems to have none.
pub(crate) fn settle(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|d| (d.span, d.code.number));
    diagnostics.dedup_by_key(|d| (d.span, d.code.number));
    if diagnostics.len() > MAX_DIAGNOSTICS && diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.retain(Diagnostic::is_error);
    }
    diagnostics.truncate(MAX_DIAGNOSTICS);
    diagnostics
}
