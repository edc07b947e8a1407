//! What people bring along from other languages: the hint that leads from there to this one.
//!
//! In: diagnostics and the source that they are about. Out: the same with hints where a habit is
//! recognised, at the place where the habit shows. What is recognised is text: no grammar is needed
//! for what does not have the shape of a program.

mod brackets;
mod names;
mod syntax;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

/// The most lines of comments that are looked through.
const MAX_COMMENTS: usize = 100;

/// What stands for null.
const NO_VALUE: &str = "there is no null: `none` is the value of an `option<T>` that holds nothing, `some(x)` of one that holds `x`";

/// Adds hints, and drops what only follows from a character that begins nothing.
pub(crate) fn explain(diagnostics: &mut Vec<Diagnostic>, source: &SourceFile) {
    drop_closing_quotes(diagnostics, source);
    for diagnostic in diagnostics {
        let text = source.slice(diagnostic.span);
        let around = Around::of(source, diagnostic.span);
        let hint = if diagnostic.code == &codes::UNBALANCED && text == "{" {
            let (span, hint) = brackets::unclosed(source, diagnostic.span).unwrap_or((
                diagnostic.span,
                "add the `}` that belongs to it".to_string(),
            ));
            diagnostic.span = span;
            Some(hint)
        } else if diagnostic.code == &codes::SYNTAX {
            let Some(guess) = syntax::guess(&around) else {
                continue;
            };
            if let Some((span, message)) = guess.instead {
                diagnostic.span = span;
                diagnostic.message = message;
            }
            Some(guess.hint)
        } else if diagnostic.code == &codes::BAD_CHARACTER {
            syntax::character(text, &around).map(str::to_string)
        } else {
            names::hint(diagnostic, text, &around)
        };
        diagnostic.hint = hint.or(diagnostic.hint.take());
    }
}

/// The text around a place.
pub(super) struct Around<'s> {
    /// Everything before the place.
    pub(super) before: &'s str,
    /// The place itself.
    pub(super) found: &'s str,
    /// The rest of its line.
    pub(super) after: &'s str,
}

impl<'s> Around<'s> {
    fn of(source: &'s SourceFile, span: Span) -> Around<'s> {
        let text = source.text.as_str();
        let (start, end) = (span.start as usize, span.end as usize);
        let after = text.get(end..).unwrap_or("");
        Around {
            before: text.get(..start).unwrap_or(""),
            found: source.slice(span),
            after: after.split('\n').next().unwrap_or(""),
        }
    }

    /// The part of the line before the place.
    pub(super) fn line(&self) -> &'s str {
        self.before.rsplit('\n').next().unwrap_or("").trim_start()
    }

    /// Everything before the place, without white space and comments at its end.
    pub(super) fn tail(&self) -> &'s str {
        let mut tail = self.before.trim_end();
        for _ in 0..MAX_COMMENTS {
            let start = tail.rfind('\n').map_or(0, |newline| newline + 1);
            let Some(comment) = tail[start..]
                .find("//")
                .filter(|_| !tail[start..].contains('"'))
            else {
                break;
            };
            tail = tail[..start + comment].trim_end();
        }
        tail
    }

    /// The last word before the place.
    pub(super) fn last_word(&self) -> &'s str {
        word_at_end(self.tail())
    }

    /// The first word of the line.
    pub(super) fn first_word(&self) -> &'s str {
        let line = self.line();
        let end = line.find(|c: char| !is_word(c)).unwrap_or(line.len());
        &line[..end]
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The word with which a text ends.
pub(super) fn word_at_end(text: &str) -> &str {
    let start = text.rfind(|c: char| !is_word(c)).map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    &text[start..]
}

/// A text in single quotes is one mistake, not one for each quote.
fn drop_closing_quotes(diagnostics: &mut Vec<Diagnostic>, source: &SourceFile) {
    let mut opened: Option<u32> = None;
    diagnostics.retain(|diagnostic| {
        if diagnostic.code != &codes::BAD_CHARACTER
            || !matches!(source.slice(diagnostic.span), "'" | "`")
        {
            return true;
        }
        let line = source.position(diagnostic.span.start).line;
        let closes = opened == Some(line);
        opened = (!closes).then_some(line);
        !closes
    });
}
