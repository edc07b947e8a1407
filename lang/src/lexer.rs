//! Source text to the tokens that the parser sees.
//!
//! Comments are gone, documentation is attached to the token that follows it,
//! newlines that end a statement have become separators, and brackets are
//! balanced: where they are not in the source, that is reported here and the
//! missing ones are put in, so that the parser can go on.

use std::collections::BTreeMap;
use std::ops::Range;

use logos::Logos;

use crate::ast::MAX_TREE_DEPTH;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::token::Token;

/// A token with its first byte and the first byte after it.
pub(crate) type Spanned<'s> = (usize, Token<'s>, usize);

/// What the lexer makes of a source text.
#[derive(Debug, Default)]
pub(crate) struct Lexed<'s> {
    /// The tokens in order, with balanced brackets.
    pub(crate) tokens: Vec<Spanned<'s>>,
    /// Lines of `///` comments by the first byte of the token that follows them.
    pub(crate) docs: BTreeMap<usize, Vec<&'s str>>,
    /// Lines of `//!` comments.
    pub(crate) module_docs: Vec<&'s str>,
    /// Where declarations seem to begin: at the first column, with a word that
    /// declares and what follows such a word.
    pub(crate) item_starts: Vec<usize>,
    /// The first bracket that is nested more than [`MAX_TREE_DEPTH`] deep.
    pub(crate) too_deep: Option<Span>,
    /// What was wrong.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Lexed<'_> {
    /// Moves all places, as the text stands that far behind the beginning of a longer one.
    pub(crate) fn shift(&mut self, by: usize) {
        if by == 0 {
            return;
        }
        for (start, _, end) in &mut self.tokens {
            (*start, *end) = (*start + by, *end + by);
        }
        let docs = std::mem::take(&mut self.docs).into_iter();
        self.docs = docs.map(|(start, lines)| (start + by, lines)).collect();
        self.item_starts.iter_mut().for_each(|start| *start += by);
        let spans = self.diagnostics.iter_mut().map(|found| &mut found.span);
        for span in spans.chain(&mut self.too_deep) {
            span.start += by as u32;
            span.end += by as u32;
        }
    }
}

/// Splits `text` into tokens; never fails, errors are among the diagnostics.
pub(crate) fn lex(text: &str) -> Lexed<'_> {
    let mut lexed = Lexed::default();
    let raw = scan(text, &mut lexed);
    lexed.item_starts = item_starts(text, &raw);
    lexed.too_deep = too_deep(&raw);
    if lexed.too_deep.is_some() {
        return lexed;
    }
    let balanced = balance(raw, &mut lexed);
    lexed.tokens = separate(balanced);
    lexed
}

/// Runs logos, sorts the comments out and reports what no token begins with.
fn scan<'s>(text: &'s str, lexed: &mut Lexed<'s>) -> Vec<Spanned<'s>> {
    let mut tokens: Vec<Spanned<'s>> = Vec::new();
    let mut pending: Vec<&'s str> = Vec::new();
    for (result, range) in Token::lexer(text).spanned() {
        let slice = &text[range.clone()];
        let token = match result {
            Ok(Token::Comment) => {
                if let Some(doc) = slice.strip_prefix("//!") {
                    lexed.module_docs.push(doc.trim());
                } else if let Some(doc) = slice.strip_prefix("///")
                    && !doc.starts_with('/')
                {
                    pending.push(doc.trim());
                }
                continue;
            }
            Ok(Token::OpenQuote) => {
                lexed.diagnostics.push(
                    Diagnostic::new(
                        &codes::OPEN_LITERAL,
                        Span::new(range.start, range.end),
                        "this literal has no closing quote on its line",
                    )
                    .hint("write a line break inside a text as `\\n`"),
                );
                Token::Bad
            }
            Ok(token) => token,
            Err(()) => Token::Bad,
        };
        if token == Token::Bad && result.is_err() {
            // Neighbouring bad characters make one token and one diagnostic.
            if let Some((_, Token::Bad, end)) = tokens.last_mut()
                && *end == range.start
                && let Some(last) = lexed.diagnostics.last_mut()
                && last.code == &codes::BAD_CHARACTER
            {
                *end = range.end;
                last.span.end = range.end as u32;
                continue;
            }
            let first = slice.chars().next().unwrap_or(' ');
            lexed.diagnostics.push(Diagnostic::new(
                &codes::BAD_CHARACTER,
                Span::new(range.start, range.end),
                format!("`{}` does not belong here", first.escape_debug()),
            ));
        }
        if token != Token::Newline && !pending.is_empty() {
            lexed.docs.insert(range.start, std::mem::take(&mut pending));
        }
        match token {
            Token::Text(text) if has_values(text) => {
                interpolated(text, range.start, &mut tokens, lexed);
            }
            _ => tokens.push((range.start, token, range.end)),
        }
    }
    tokens
}

/// Where the values of a text literal stand: the ranges between single braces. What has no end is
/// left to who reads the literal.
fn values_in(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'{' if bytes.get(at + 1) == Some(&b'{') => at += 2,
            b'{' => {
                let mut depth = 0;
                let end = bytes[at..].iter().position(|byte| {
                    depth += i32::from(*byte == b'{') - i32::from(*byte == b'}');
                    depth == 0
                });
                let Some(length) = end else { return found };
                if text[at + 1..at + length].trim().is_empty() {
                    return found;
                }
                found.push(at + 1..at + length);
                at += length + 1;
            }
            _ => at += 1,
        }
    }
    found
}

fn has_values(text: &str) -> bool {
    text.contains('{') && !values_in(text).is_empty()
}

/// The tokens of a text literal with values, which stands at `start`.
fn interpolated<'s>(
    text: &'s str,
    start: usize,
    tokens: &mut Vec<Spanned<'s>>,
    lexed: &mut Lexed<'s>,
) {
    let mut done = 0;
    for value in values_in(text) {
        let part = &text[done..value.start];
        let token = if done == 0 {
            Token::TextOpen(part)
        } else {
            Token::TextMiddle(part)
        };
        tokens.push((start + done, token, start + value.start));
        let mut inner = Lexed::default();
        for (from, token, to) in scan(&text[value.clone()], &mut inner) {
            let offset = start + value.start;
            tokens.push((offset + from, token, offset + to));
        }
        for mut diagnostic in inner.diagnostics {
            let offset = (start + value.start) as u32;
            diagnostic.span.start += offset;
            diagnostic.span.end += offset;
            lexed.diagnostics.push(diagnostic);
        }
        done = value.end;
    }
    tokens.push((
        start + done,
        Token::TextClose(&text[done..]),
        start + text.len(),
    ));
}

/// The first bracket, `map<` and its like included, that is nested more than [`MAX_TREE_DEPTH`]
/// deep. The parser's stack, and with it the cost of its recovery, is bounded by this.
fn too_deep(tokens: &[Spanned<'_>]) -> Option<Span> {
    let (mut brackets, mut types) = (0u32, 0u32);
    let mut before = Token::Newline;
    let takes_types = |token| matches!(token, Token::Lower("map" | "list") | Token::Set);
    for &(start, token, end) in tokens {
        match token {
            Token::LeftBrace | Token::LeftParen | Token::LeftBracket => brackets += 1,
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                brackets = brackets.saturating_sub(1);
            }
            Token::Less if takes_types(before) => types += 1,
            Token::Greater => types = types.saturating_sub(1),
            _ => {}
        }
        if brackets > MAX_TREE_DEPTH || types > MAX_TREE_DEPTH {
            return Some(Span::new(start, end));
        }
        before = token;
    }
    None
}

/// The tokens with which declarations seem to begin.
fn item_starts(text: &str, tokens: &[Spanned<'_>]) -> Vec<usize> {
    let at_line_start = |at: usize| at == 0 || text.as_bytes()[at - 1] == b'\n';
    tokens
        .iter()
        .enumerate()
        .filter(|(index, (start, token, _))| {
            at_line_start(*start) && token.starts_item(tokens.get(index + 1).map(|next| next.1))
        })
        .map(|(_, (start, _, _))| *start)
        .collect()
}

/// Pairs brackets up. Where they do not pair, the missing closing bracket is put
/// in and a superfluous one taken out; an open bracket then ends at the latest
/// where the next declaration begins.
fn balance<'s>(tokens: Vec<Spanned<'s>>, lexed: &mut Lexed<'s>) -> Vec<Spanned<'s>> {
    if pairs_up(&tokens) {
        return tokens;
    }
    let mut balanced = Vec::with_capacity(tokens.len() + 1);
    let mut open: Vec<Spanned<'s>> = Vec::new();
    let end = tokens.last().map_or(0, |last| last.2);
    let mut starts = lexed.item_starts.iter().copied().peekable();
    for (start, token, stop) in tokens {
        if starts.next_if_eq(&start).is_some() && !open.is_empty() {
            while let Some(bracket) = open.pop() {
                close(bracket, start, &mut balanced, &mut lexed.diagnostics);
            }
            balanced.push((start, Token::Newline, start));
        }
        if token.closer().is_some() {
            open.push((start, token, stop));
        } else if matches!(
            token,
            Token::RightBrace | Token::RightParen | Token::RightBracket
        ) {
            if !open.iter().any(|bracket| bracket.1.closer() == Some(token)) {
                lexed.diagnostics.push(Diagnostic::new(
                    &codes::UNBALANCED,
                    Span::new(start, stop),
                    "this bracket closes nothing",
                ));
                continue;
            }
            while let Some(bracket) = open.pop() {
                if bracket.1.closer() == Some(token) {
                    break;
                }
                close(bracket, start, &mut balanced, &mut lexed.diagnostics);
            }
        }
        balanced.push((start, token, stop));
    }
    while let Some(bracket) = open.pop() {
        close(bracket, end, &mut balanced, &mut lexed.diagnostics);
    }
    balanced
}

/// Puts in the closing bracket that is missing at `at`.
fn close<'s>(
    (start, token, stop): Spanned<'s>,
    at: usize,
    balanced: &mut Vec<Spanned<'s>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    diagnostics.push(Diagnostic::new(
        &codes::UNBALANCED,
        Span::new(start, stop),
        "this bracket is never closed",
    ));
    balanced.extend(token.closer().map(|closer| (at, closer, at)));
}

/// Whether every bracket has its partner.
fn pairs_up(tokens: &[Spanned<'_>]) -> bool {
    let mut expected = Vec::new();
    for (_, token, _) in tokens {
        if let Some(closer) = token.closer() {
            expected.push(closer);
        } else if matches!(
            token,
            Token::RightBrace | Token::RightParen | Token::RightBracket
        ) && expected.pop() != Some(*token)
        {
            return false;
        }
    }
    expected.is_empty()
}

/// Applies the newline rule: a newline becomes a separator unless it stands inside
/// `(` or `[`, after a token that asks for more or before one that goes on.
fn separate(tokens: Vec<Spanned<'_>>) -> Vec<Spanned<'_>> {
    let mut out: Vec<Spanned<'_>> = Vec::with_capacity(tokens.len());
    let mut brackets = Vec::new();
    let mut newline = None;
    for (start, token, stop) in tokens {
        if token == Token::Newline {
            newline.get_or_insert((start, Token::Separator, stop));
            continue;
        }
        let inside = matches!(brackets.last(), Some(Token::LeftParen | Token::LeftBracket));
        let ends = out.last().is_some_and(|last| !last.1.continues_after());
        if let Some(separator) = newline.take()
            && !inside
            && ends
            && !token.continues_before()
        {
            out.push(separator);
        }
        if token.closer().is_some() {
            brackets.push(token);
        } else if matches!(
            token,
            Token::RightBrace | Token::RightParen | Token::RightBracket
        ) {
            brackets.pop();
        }
        let repeated = matches!(out.last(), Some((_, Token::Separator, _)) | None);
        if token != Token::Separator || !repeated {
            out.push((start, token, stop));
        }
    }
    out
}
