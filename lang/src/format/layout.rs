//! Indentation, empty lines, and what is lined up.

use super::lines::{Line, Piece};
use super::spaces::{Brace, brace_after, generic_brackets, join};
use crate::token::Token;

/// The columns of one step of indentation.
const STEP: usize = 4;

/// A bracket that is open.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// The indentation of the line on which it stands, in steps.
    indent: usize,
    brace: Option<Brace>,
    /// The indentation of the line on which the current element or statement began, if it is
    /// another one than that of the bracket.
    element: Option<usize>,
    /// Whether a comma between its elements goes on with the same statement.
    runs_on: bool,
}

/// The whole text, or a block of it whose lines are looked at one after the other.
#[derive(Default)]
struct Layout {
    out: Vec<Row>,
    open: Vec<Open>,
    /// The last token so far.
    last: Option<Token<'static>>,
    /// Indentation of the statement outside of all brackets.
    outermost: Option<usize>,
    outermost_runs_on: bool,
}

/// A line of the result.
#[derive(Default)]
struct Row {
    code: String,
    /// Columns before the code, or before the comment of a line without code.
    indent: usize,
    comment: Option<String>,
    column: usize,
    /// Where the brace of a one-line declaration stands, and the most spaces that stood before it.
    brace: Option<(usize, usize)>,
}

/// The text of laid-out lines.
pub(super) fn lay_out(lines: &[Line]) -> String {
    let mut layout = Layout::default();
    let mut empty = false;
    for line in lines {
        if line.is_empty() {
            empty = true;
            continue;
        }
        layout.line(line, std::mem::take(&mut empty));
    }
    let mut rows = layout.out;
    line_up(&mut rows);
    let mut out = String::new();
    for row in rows {
        let mut line = " ".repeat(row.indent) + &row.code;
        if let Some(comment) = row.comment {
            if !row.code.is_empty() {
                let width = line.chars().count();
                let column = row.column.max(width + 1);
                line += &" ".repeat(column - width);
            }
            line += &comment;
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

impl Layout {
    fn line(&mut self, line: &Line, after_empty: bool) {
        let first = line.pieces.first().map(|piece| piece.token);
        if self.joins(first) {
            return self.join(line);
        }
        let opens_body = matches!(self.last, None | Some(Token::LeftBrace));
        let ends_body = matches!(
            first,
            Some(Token::RightBrace | Token::RightParen | Token::RightBracket)
        );
        let has_comment_before = self
            .out
            .last()
            .is_some_and(|row| row.code.is_empty() && row.comment.is_some());
        if after_empty && (!opens_body || has_comment_before) && !ends_body && !self.out.is_empty()
        {
            self.out.push(Row::default());
        }
        let indent = self.indent(first);
        let mut row = Row {
            indent: indent * STEP,
            comment: line.comment.map(str::to_owned),
            column: line.comment_column,
            ..Row::default()
        };
        if !line.pieces.is_empty() {
            let pieces = without_last_separator(&line.pieces);
            let before = self.last;
            let braces = self.follow(pieces, indent);
            row.code = join(pieces, &braces, before);
            row.brace = declaration_brace(pieces, &row.code);
        }
        self.out.push(row);
    }

    /// Whether a line that begins so goes to the end of the line before: `else` after its brace.
    fn joins(&self, first: Option<Token>) -> bool {
        first == Some(Token::Else)
            && self.last == Some(Token::RightBrace)
            && self
                .out
                .last()
                .is_some_and(|row| row.comment.is_none() && !row.code.is_empty())
    }

    fn join(&mut self, line: &Line) {
        let pieces = without_last_separator(&line.pieces);
        let indent = self.out.last().map_or(0, |row| row.indent / STEP);
        let before = self.last;
        let braces = self.follow(pieces, indent);
        let code = join(pieces, &braces, before);
        if let Some(row) = self.out.last_mut() {
            row.code += " ";
            row.code += &code;
            row.comment = line.comment.map(str::to_owned);
            row.column = line.comment_column;
        }
    }

    /// The indentation of a line that begins with this token, in steps.
    fn indent(&self, first: Option<Token>) -> usize {
        let closes = matches!(
            first,
            Some(Token::RightBrace | Token::RightParen | Token::RightBracket)
        );
        let Some(innermost) = self.open.last() else {
            return match (self.outermost, self.goes_on(first, self.outermost_runs_on)) {
                (Some(indent), true) => indent + 1,
                _ => 0,
            };
        };
        if closes {
            return innermost.indent;
        }
        match innermost.element {
            Some(indent) if self.goes_on(first, innermost.runs_on) => indent + 1,
            _ => innermost.indent + 1,
        }
    }

    /// Whether a line that begins with this token goes on with the statement or element before it.
    fn goes_on(&self, first: Option<Token>, runs_on: bool) -> bool {
        let Some(last) = self.last else { return false };
        match last {
            Token::LeftBrace | Token::LeftParen | Token::LeftBracket | Token::Separator => false,
            Token::Comma => runs_on,
            _ if last.continues_after() => true,
            _ if first.is_some_and(Token::continues_before) => true,
            // Inside of parentheses a newline ends nothing.
            _ => self.open.last().is_some_and(|open| open.brace.is_none()),
        }
    }

    /// Follows the brackets of a line; what each brace of it belongs to.
    fn follow(&mut self, pieces: &[Piece], indent: usize) -> Vec<Option<Brace>> {
        let mut braces = vec![None; pieces.len()];
        let goes_on = {
            let runs_on = self
                .open
                .last()
                .map_or(self.outermost_runs_on, |open| open.runs_on);
            self.goes_on(pieces.first().map(|piece| piece.token), runs_on)
        };
        let mut begins = !goes_on;
        let generic = generic_brackets(pieces);
        for (index, piece) in pieces.iter().enumerate() {
            let token = piece.token;
            let closes = matches!(
                token,
                Token::RightBrace | Token::RightParen | Token::RightBracket
            );
            if begins && !closes {
                // At the start of the line the element has the line's indentation; later it begins
                // on the line of something else.
                self.begin(token, (index == 0).then_some(indent));
            }
            begins = false;
            if token.closer().is_some() {
                let ends_type = index > 0 && generic[index - 1];
                let brace = (token == Token::LeftBrace).then(|| match ends_type {
                    true => Brace::Block,
                    false => brace_after(self.last),
                });
                braces[index] = brace;
                // The body of a head of several lines belongs to the head's first.
                let is_body = brace == Some(Brace::Block) && self.last != Some(Token::Upper(""));
                let head = self.open.last().map_or(self.outermost, |open| open.element);
                let indent = match head {
                    Some(head) if goes_on && is_body => head,
                    _ => indent,
                };
                self.open.push(Open {
                    indent,
                    brace,
                    element: None,
                    runs_on: false,
                });
                begins = true;
            } else if closes {
                braces[index] = self.open.pop().and_then(|open| open.brace);
            } else if token == Token::Separator {
                begins = true;
            } else if token == Token::Comma {
                begins = !self
                    .open
                    .last()
                    .map_or(self.outermost_runs_on, |open| open.runs_on);
            }
            self.last = Some(kind(token));
        }
        braces
    }

    /// A statement or element begins with this token.
    fn begin(&mut self, token: Token, indent: Option<usize>) {
        let runs_on = matches!(
            token,
            Token::Send | Token::Broadcast | Token::For | Token::Reply | Token::Test
        );
        match self.open.last_mut() {
            Some(open) => {
                open.element = indent;
                open.runs_on = runs_on && open.brace == Some(Brace::Block);
            }
            None => {
                self.outermost = Some(indent.unwrap_or(0));
                self.outermost_runs_on = runs_on;
            }
        }
    }
}

/// The token without its text.
fn kind(token: Token) -> Token<'static> {
    use Token::*;
    macro_rules! same {
        ($($name:ident)*) => {
            match token {
                Lower(_) => Lower(""),
                Upper(_) => Upper(""),
                $($name => $name,)*
                _ => Number(""),
            }
        };
    }
    same! {
        Separator If Else For In While Break Continue Return And Or Not True False Send Reply
        Broadcast Assert Param Record Message State On When Invariant Test With From To Start
        Expect Nothing Timer Set Cancel Advance LeftBrace RightBrace LeftParen RightParen
        LeftBracket RightBracket Comma Colon Dot DotDot Assign AddAssign SubAssign MulAssign
        DivAssign RemAssign Equal NotEqual Less LessEqual Greater GreaterEqual Plus Minus Star
        Slash Percent
    }
}

/// The pieces of a line without the `;` at its end, which says nothing there.
fn without_last_separator<'l, 's>(pieces: &'l [Piece<'s>]) -> &'l [Piece<'s>] {
    match pieces.split_last() {
        Some((last, rest)) if last.token == Token::Separator && !rest.is_empty() => {
            without_last_separator(rest)
        }
        _ => pieces,
    }
}

/// Where the brace of a `message` or `record` that stands on one line is, in characters of the code,
/// and how many spaces stood before it.
fn declaration_brace(pieces: &[Piece], code: &str) -> Option<(usize, usize)> {
    let [first, name, brace, ..] = pieces else {
        return None;
    };
    let whole = matches!(first.token, Token::Message | Token::Record)
        && matches!(name.token, Token::Upper(_))
        && brace.token == Token::LeftBrace
        && pieces
            .last()
            .is_some_and(|last| last.token == Token::RightBrace);
    let at = code.find('{')?;
    whole.then(|| (code[..at].chars().count(), brace.gap))
}

/// Puts the braces of neighbouring declarations below each other where somebody began to do so.
fn line_up(rows: &mut [Row]) {
    let mut start = 0;
    while start < rows.len() {
        let length = rows[start..]
            .iter()
            .take_while(|row| row.brace.is_some())
            .count();
        let group = &mut rows[start..start + length];
        let braces = || group.iter().filter_map(|row| row.brace);
        if braces().any(|(_, gap)| gap > 1) {
            let column = braces().map(|(column, _)| column).max().unwrap_or(0);
            for row in group {
                if let Some((at, _)) = row.brace {
                    let byte = row.code.find('{').unwrap_or(0);
                    row.code.insert_str(byte, &" ".repeat(column - at));
                }
            }
        }
        start += length.max(1);
    }
}
