//! Syntax errors: their wording, and which of them are worth reporting.

use std::collections::BTreeSet;
use std::convert::Infallible;

use lalrpop_util::{ErrorRecovery, ParseError};

use crate::builder::Builder;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::{Lines, Span};
use crate::token::Token;

/// Where the parser went on after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Declaration,
    Statement,
    Step,
}

impl<'s> Builder<'s> {
    /// Called where the grammar resumes.
    pub(crate) fn recovered(
        &mut self,
        recovery: ErrorRecovery<usize, Token<'s>, Infallible>,
        place: Place,
    ) {
        self.syntax_error(recovery.error, place);
    }

    pub(crate) fn syntax_error(
        &mut self,
        error: ParseError<usize, Token<'s>, Infallible>,
        place: Place,
    ) {
        let (span, token, expected) = match error {
            ParseError::UnrecognizedToken {
                token: (start, token, end),
                expected,
            } => (self.span(start, end), Some(token), expected),
            ParseError::UnrecognizedEof { location, expected } => {
                (self.span(location, location), None, expected)
            }
            ParseError::ExtraToken {
                token: (start, token, end),
            } => (self.span(start, end), Some(token), Vec::new()),
            ParseError::InvalidToken { location } => {
                (self.span(location, location), None, Vec::new())
            }
            ParseError::User { error } => match error {},
        };
        if token == Some(Token::Bad) {
            return; // The lexer has reported it.
        }
        let found = match token {
            None => "the file ends here".to_string(),
            Some(Token::Separator) => "the line ends here".to_string(),
            Some(_) => format!("`{}` does not fit here", self.source.slice(span)),
        };
        let expected: Vec<&str> = expected.iter().map(|name| name.trim_matches('"')).collect();
        let message = match expectation(&expected, place) {
            Some(expectation) => format!("{found}, expected {expectation}"),
            None => found,
        };
        let hint = match token {
            Some(Token::Separator) if self.token_after(span) == Some(Token::LeftBrace) => {
                Some("the brace that opens a body stands on the line of its head")
            }
            Some(Token::LeftBrace) if expected == ["."] => {
                Some("before a block, a literal with braces stands in parentheses")
            }
            Some(_) if expected.len() <= 2 && expected.contains(&".") => {
                Some("a variant is named with its enum: `Role.Leader`")
            }
            Some(Token::Upper(_)) if expected.contains(&"lower") => {
                Some("names of variables, fields and parameters begin with a small letter")
            }
            Some(Token::Lower(_)) if expected.contains(&"upper") => {
                Some("names of records and messages begin with a capital letter")
            }
            Some(Token::Assign) if expected.contains(&"==") => {
                Some("two values are compared with `==`")
            }
            _ => None,
        };
        let diagnostic = Diagnostic::new(&codes::SYNTAX, span, message);
        self.syntax
            .push((place, diagnostic.maybe_hint(hint.map(str::to_string))));
    }

    /// The token that follows the one at `span`.
    fn token_after(&self, span: Span) -> Option<Token<'s>> {
        let tokens = &self.lexed.tokens;
        let next = tokens.partition_point(|token| token.0 <= span.start as usize);
        tokens.get(next).map(|token| token.1)
    }

    /// Whether a brace stands between `start` and the end of its line: the parser may
    /// have gone on there with another idea of what the brace opens or closes.
    fn meets_brace(&self, start: u32, line: u32, lines: &Lines) -> bool {
        let tokens = &self.lexed.tokens;
        let first = tokens.partition_point(|token| token.0 < start as usize);
        let rest = tokens[first..].iter();
        let rest = rest.take_while(|token| lines.line(token.0 as u32) == line);
        let mut rest = rest.map(|token| token.1);
        rest.any(|token| matches!(token, Token::LeftBrace | Token::RightBrace))
    }

    /// Keeps the errors that are no mere consequences: after one from which only
    /// the next declaration could save the parser, none before that declaration;
    /// none after an unbalanced bracket, or after an error before a brace on the same
    /// line, within the same declaration; one on a line.
    pub(crate) fn report_syntax(&mut self) {
        let chunk = |span: Span| {
            self.lexed
                .item_starts
                .partition_point(|&start| start <= span.start as usize)
        };
        let lines = Lines::new(&self.source.text);
        let mut spoilt: BTreeSet<usize> = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code == &codes::UNBALANCED)
            .map(|diagnostic| chunk(diagnostic.span))
            .collect();
        // What cannot be a token makes nonsense of what follows it.
        let bad = self.diagnostics.iter();
        let bad: Vec<Span> = bad
            .filter(|diagnostic| diagnostic.code == &codes::BAD_CHARACTER)
            .map(|diagnostic| diagnostic.span)
            .collect();
        let follows_bad = |span: Span| {
            bad.iter()
                .any(|bad| bad.start <= span.start && chunk(*bad) == chunk(span))
        };
        let mut kept = Vec::new();
        let mut last_line = 0;
        self.syntax.sort_by_key(|(_, diagnostic)| diagnostic.span);
        for (place, diagnostic) in &self.syntax {
            let at = chunk(diagnostic.span);
            let line = lines.line(diagnostic.span.start);
            if spoilt.contains(&at) || follows_bad(diagnostic.span) || line == last_line {
                continue;
            }
            last_line = line;
            if *place == Place::Declaration || self.meets_brace(diagnostic.span.start, line, &lines)
            {
                spoilt.insert(at);
            }
            kept.push(diagnostic.clone());
        }
        self.diagnostics.extend(kept);
    }
}

/// What could have stood at the place of an error, in words, if that is short.
fn expectation(expected: &[&str], place: Place) -> Option<String> {
    let has = |name: &str| expected.contains(&name);
    if has("param") && has("record") && !has("lower") {
        return Some("a declaration such as `on`, `message` or `state`".to_string());
    }
    if place == Place::Step && has("start") && has("expect") && !has("lower") {
        return Some("`start`, `send`, `advance`, `expect` or `assert`".to_string());
    }
    if has("let") && has("return") {
        return Some("a statement".to_string());
    }
    if has("number") && has("true") {
        return Some("an expression".to_string());
    }
    let words: Vec<String> = expected
        .iter()
        .filter(|name| **name != "bad" && (!has("lower") || !is_contextual(name)))
        .map(|name| match *name {
            "separator" => "the end of the line".to_string(),
            "lower" => "a name".to_string(),
            "upper" => "a name with a capital letter".to_string(),
            "text" => "a text in quotes".to_string(),
            sign => format!("`{sign}`"),
        })
        .collect();
    match words.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [first @ .., last] if words.len() <= 4 => Some(format!("{} or {last}", first.join(", "))),
        _ => None,
    }
}

/// Whether the grammar takes this word as a name too.
fn is_contextual(name: &str) -> bool {
    const WORDS: [&str; 24] = [
        "use",
        "const",
        "enum",
        "fn",
        "proc",
        "by",
        "param",
        "record",
        "message",
        "state",
        "on",
        "when",
        "invariant",
        "test",
        "with",
        "from",
        "to",
        "start",
        "expect",
        "nothing",
        "timer",
        "set",
        "cancel",
        "advance",
    ];
    WORDS.contains(&name)
}
