//! A source text as lines of tokens, comments included.

use logos::Logos;

use crate::token::Token;

/// A token with its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'s> {
    pub(super) token: Token<'s>,
    pub(super) text: &'s str,
    /// Whether white space stands before it on its line.
    pub(super) spaced: bool,
    /// Characters between it and the token before it on its line.
    pub(super) gap: usize,
}

/// One line.
#[derive(Clone, Debug, Default)]
pub(super) struct Line<'s> {
    pub(super) pieces: Vec<Piece<'s>>,
    /// The comment at its end, or the only thing on it, without white space at its end.
    pub(super) comment: Option<&'s str>,
    /// The column in characters, from 0, at which the comment stands.
    pub(super) comment_column: usize,
}

impl Line<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.comment.is_none()
    }
}

/// The lines of a text.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = vec![Line::default()];
    let (mut line_start, mut last_end) = (0, 0);
    for (result, range) in Token::lexer(text).spanned() {
        let token = result.unwrap_or(Token::Bad);
        let slice = &text[range.clone()];
        if token == Token::Newline {
            lines.push(Line::default());
            (line_start, last_end) = (range.end, range.end);
            continue;
        }
        let gap = text[last_end..range.start].chars().count();
        last_end = range.end;
        let Some(line) = lines.last_mut() else {
            continue;
        };
        if token == Token::Comment {
            line.comment = Some(slice.trim_end());
            line.comment_column = text[line_start..range.start].chars().count();
            continue;
        }
        line.pieces.push(Piece {
            token,
            text: slice,
            spaced: gap > 0,
            gap,
        });
    }
    lines
}

/// The comments of a text in their order.
pub(super) fn comments(text: &str) -> Vec<&str> {
    lines(text).iter().filter_map(|line| line.comment).collect()
}
