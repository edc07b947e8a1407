//! Which brace has no partner, told by the indentation: pairs alone only tell that one is missing.

use logos::Logos;

use crate::source::{SourceFile, Span};
use crate::token::Token;

/// An open brace.
#[derive(Clone, Copy)]
struct Open {
    span: Span,
    /// The columns before the first token of its line.
    indent: usize,
}

/// The brace whose partner is missing, and the likely fix, where `reported` is the outermost brace that
/// has none. That brace is the missing one's own unless some closing brace stands further out than
/// what it would close.
pub(super) fn unclosed(source: &SourceFile, reported: Span) -> Option<(Span, String)> {
    let start = reported.start as usize;
    let text = source.text.get(start..)?;
    let mut open: Vec<Open> = Vec::new();
    let mut other = None;
    for (token, range) in Token::lexer(text).spanned() {
        let at = start + range.start;
        let span = Span::new(at, start + range.end);
        let first = first_on_line(source, at);
        match token {
            Ok(Token::LeftBrace) => {
                let indent = indent_of(source, at);
                open.push(Open { span, indent });
            }
            Ok(Token::Else) if first => {
                let last = open.last()?;
                if indent_of(source, at) == last.indent && other.is_none() {
                    let line = source.position(span.start).line;
                    other = Some((
                        last.span,
                        format!("`}}` is missing before `else` on line {line}"),
                    ));
                }
            }
            Ok(Token::RightBrace) => {
                let closed = open.pop()?;
                if first && indent_of(source, at) < closed.indent {
                    let line = source.position(span.start).line;
                    let hint =
                        format!("its own `}}` is missing: the one on line {line} is further out");
                    return Some(other.unwrap_or((closed.span, hint)));
                }
            }
            _ => {}
        }
        if open.is_empty() {
            return None;
        }
    }
    None
}

/// The columns before the first token of the line of a byte.
fn indent_of(source: &SourceFile, at: usize) -> usize {
    let line = line_of(source, at);
    line.len() - line.trim_start().len()
}

fn first_on_line(source: &SourceFile, at: usize) -> bool {
    let before = source.text[..at].rsplit('\n').next();
    before.is_some_and(|before| before.trim().is_empty())
}

/// The line of a byte.
fn line_of(source: &SourceFile, at: usize) -> &str {
    let start = source.text[..at]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    source.text[start..].split('\n').next().unwrap_or("")
}
