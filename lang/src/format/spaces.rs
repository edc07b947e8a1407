//! Where spaces stand between the tokens of a line.

use super::lines::Piece;
use crate::token::Token;

/// What a brace opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brace {
    /// A body, or the fields of something with a name: spaces inside.
    Block,
    /// A map or set: none.
    Literal,
}

/// What the brace after this token opens. A literal stands where a value does.
pub(super) fn brace_after(before: Option<Token>) -> Brace {
    use Token::*;
    match before {
        Some(
            LeftParen | LeftBracket | LeftBrace | Comma | Colon | Assign | AddAssign | SubAssign
            | MulAssign | DivAssign | RemAssign | Equal | NotEqual | Less | LessEqual | Greater
            | GreaterEqual | Plus | Minus | Star | Slash | Percent | And | Or | Not | In | Return
            | Assert,
        ) => Brace::Literal,
        _ => Brace::Block,
    }
}

/// The pieces of a line with the spaces between them. `opens` tells for each opening brace of the
/// line, and `closes` for each closing one, what it belongs to; nothing for other tokens.
pub(super) fn join(pieces: &[Piece], braces: &[Option<Brace>], before: Option<Token>) -> String {
    let mut out = String::new();
    let generic = generic_brackets(pieces);
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 && is_spaced(pieces, index, braces, &generic, before) {
            out.push(' ');
        }
        out.push_str(piece.text);
    }
    out
}

/// Whether a space stands before the piece with this number.
fn is_spaced(
    pieces: &[Piece],
    index: usize,
    braces: &[Option<Brace>],
    generic: &[bool],
    before: Option<Token>,
) -> bool {
    use Token::*;
    let (last, next) = (&pieces[index - 1], &pieces[index]);
    let block = |index: usize| braces[index] == Some(Brace::Block);
    match (last.token, next.token) {
        (LeftBrace, RightBrace) => false,
        (LeftBrace, _) => block(index - 1),
        (_, RightBrace) => block(index),
        (LeftParen | LeftBracket | Dot | DotDot, _) => false,
        (_, RightParen | RightBracket | Comma | Separator | Colon | Dot | DotDot) => false,
        (Fn, LeftParen) => false,
        (Less, _) if generic[index - 1] => false,
        (_, Less | Greater) if generic[index] => false,
        (Greater, LeftParen) if generic[index - 1] => false,
        (Minus, _) if is_sign(pieces, index - 1, before) => false,
        // Whether a word such as `set` or `from` is a name here only the grammar knows.
        (token, LeftParen) if is_word(token) => next.spaced,
        (token, LeftParen | LeftBracket) => !ends_value(token),
        _ => true,
    }
}

/// Whether the minus with this number is a sign: nothing before it has a value.
fn is_sign(pieces: &[Piece], index: usize, before: Option<Token>) -> bool {
    let last = match index {
        0 => before,
        _ => Some(pieces[index - 1].token),
    };
    !last.is_some_and(|token| ends_value(token) || is_word(token))
}

/// Whether a value, a name or a type may end with this token.
fn ends_value(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        Lower(_)
            | Upper(_)
            | Number(_)
            | Text(_)
            | Bytes(_)
            | True
            | False
            | RightParen
            | RightBracket
            | RightBrace
    )
}

/// Whether the token is a word that means something in one place and is a name elsewhere.
fn is_word(token: Token) -> bool {
    use Token::*;
    matches!(
        token,
        Param
            | Record
            | Message
            | State
            | On
            | When
            | Invariant
            | Test
            | With
            | From
            | To
            | Start
            | Expect
            | Nothing
            | Timer
            | Set
            | Cancel
            | Advance
    )
}

/// Which pieces are the angle brackets of types: those that pair up around types alone.
pub(super) fn generic_brackets(pieces: &[Piece]) -> Vec<bool> {
    use Token::*;
    let mut generic = vec![false; pieces.len()];
    let mut open: Vec<(usize, u32)> = Vec::new();
    let mut parentheses = 0;
    for (index, piece) in pieces.iter().enumerate() {
        let before = |steps: usize| index.checked_sub(steps).map(|last| pieces[last].token);
        match piece.token {
            Less if before(1).is_some_and(takes_types) || is_declaration(before(2)) => {
                open.push((index, parentheses));
            }
            Greater => {
                if let Some((start, outside)) = open.pop()
                    && outside == parentheses
                {
                    generic[start] = true;
                    generic[index] = true;
                }
            }
            LeftParen => parentheses += 1,
            RightParen => {
                parentheses = parentheses.saturating_sub(1);
                open.retain(|(_, outside)| *outside <= parentheses);
            }
            Lower(_) | Upper(_) | Set | Comma | Colon | Plus | Fn | Arrow => {}
            _ => open.clear(),
        }
    }
    generic
}

/// Whether the name after this token is that of a function.
fn is_declaration(token: Option<Token>) -> bool {
    matches!(token, Some(Token::Fn | Token::Proc))
}

fn takes_types(token: Token) -> bool {
    matches!(
        token,
        Token::Lower("map" | "list" | "option") | Token::Set | Token::Upper(_)
    )
}
