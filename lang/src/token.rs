//! The tokens of the language, as logos finds them.
//!
//! A name's case makes two tokens of it, so that `if a < b {` and
//! `Nack { promised }` never look alike to the parser. Words that mean something
//! in one place only are tokens of their own, which the grammar also takes as names.

use logos::Logos;

/// One token; the text of names and literals is borrowed from the source.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r]+")]
pub(crate) enum Token<'s> {
    /// The end of a line, before the newline rule; never reaches the parser.
    #[token("\n")]
    Newline,
    /// Any comment, before the lexer sorts them; never reaches the parser.
    #[regex(r"//[^\n]*", allow_greedy = true)]
    Comment,
    /// A text or bytes literal without its closing quote; never reaches the parser.
    #[regex(r#"b?"([^"\\\n]|\\[^\n])*\\?"#)]
    OpenQuote,

    /// The end of a statement: a newline that ends one, or `;`.
    #[token(";")]
    Separator,

    /// A name with a small first letter, or `_`.
    #[regex(r"[a-z_][A-Za-z0-9_]*", |lex| lex.slice())]
    Lower(&'s str),
    /// A name with a capital first letter.
    #[regex(r"[A-Z][A-Za-z0-9_]*", |lex| lex.slice())]
    Upper(&'s str),
    /// A number, not yet read: digits, letters and `_`.
    #[regex(r"[0-9][A-Za-z0-9_]*", |lex| lex.slice())]
    Number(&'s str),
    /// A text literal with its quotes.
    #[regex(r#""([^"\\\n]|\\[^\n])*""#, |lex| lex.slice())]
    Text(&'s str),
    /// A bytes literal with its `b` and quotes.
    #[regex(r#"b"([^"\\\n]|\\[^\n])*""#, |lex| lex.slice())]
    Bytes(&'s str),
    /// The part of a text literal from its quote up to the `{` of a value.
    TextOpen(&'s str),
    /// The part of a text literal from a `}` up to the next `{`.
    TextMiddle(&'s str),
    /// The part of a text literal from the last `}` up to its quote.
    TextClose(&'s str),
    /// Characters that no token begins with.
    Bad,

    /// `let`
    #[token("let")]
    Let,
    /// `var`
    #[token("var")]
    Var,
    /// `if`
    #[token("if")]
    If,
    /// `else`
    #[token("else")]
    Else,
    /// `for`
    #[token("for")]
    For,
    /// `in`
    #[token("in")]
    In,
    /// `while`
    #[token("while")]
    While,
    /// `break`
    #[token("break")]
    Break,
    /// `continue`
    #[token("continue")]
    Continue,
    /// `return`
    #[token("return")]
    Return,
    /// `match`
    #[token("match")]
    Match,
    /// `and`
    #[token("and")]
    And,
    /// `or`
    #[token("or")]
    Or,
    /// `not`
    #[token("not")]
    Not,
    /// `true`
    #[token("true")]
    True,
    /// `false`
    #[token("false")]
    False,
    /// `send`
    #[token("send")]
    Send,
    /// `reply`
    #[token("reply")]
    Reply,
    /// `broadcast`
    #[token("broadcast")]
    Broadcast,
    /// `assert`
    #[token("assert")]
    Assert,

    /// `param`, also a name.
    #[token("param")]
    Param,
    /// `record`, also a name.
    #[token("record")]
    Record,
    /// `message`, also a name.
    #[token("message")]
    Message,
    /// `state`, also a name.
    #[token("state")]
    State,
    /// `on`, also a name.
    #[token("on")]
    On,
    /// `when`, also a name.
    #[token("when")]
    When,
    /// `invariant`, also a name.
    #[token("invariant")]
    Invariant,
    /// `test`, also a name.
    #[token("test")]
    Test,
    /// `with`, also a name.
    #[token("with")]
    With,
    /// `from`, also a name.
    #[token("from")]
    From,
    /// `to`, also a name.
    #[token("to")]
    To,
    /// `start`, also a name.
    #[token("start")]
    Start,
    /// `expect`, also a name.
    #[token("expect")]
    Expect,
    /// `nothing`, also a name.
    #[token("nothing")]
    Nothing,
    /// `timer`, also a name.
    #[token("timer")]
    Timer,
    /// `set`, also a name.
    #[token("set")]
    Set,
    /// `cancel`, also a name.
    #[token("cancel")]
    Cancel,
    /// `advance`, also a name.
    #[token("advance")]
    Advance,

    /// `use`, also a name.
    #[token("use")]
    Use,
    /// `const`, also a name.
    #[token("const")]
    Const,
    /// `enum`, also a name.
    #[token("enum")]
    Enum,
    /// `fn`, also a name.
    #[token("fn")]
    Fn,
    /// `proc`, also a name.
    #[token("proc")]
    Proc,
    /// `by`, also a name.
    #[token("by")]
    By,

    /// `{`
    #[token("{")]
    LeftBrace,
    /// `}`
    #[token("}")]
    RightBrace,
    /// `(`
    #[token("(")]
    LeftParen,
    /// `)`
    #[token(")")]
    RightParen,
    /// `[`
    #[token("[")]
    LeftBracket,
    /// `]`
    #[token("]")]
    RightBracket,
    /// `,`
    #[token(",")]
    Comma,
    /// `:`
    #[token(":")]
    Colon,
    /// `.`
    #[token(".")]
    Dot,
    /// `..`
    #[token("..")]
    DotDot,
    /// `=>`
    #[token("=>")]
    FatArrow,
    /// `->`
    #[token("->")]
    Arrow,
    /// `=`
    #[token("=")]
    Assign,
    /// `+=`
    #[token("+=")]
    AddAssign,
    /// `-=`
    #[token("-=")]
    SubAssign,
    /// `*=`
    #[token("*=")]
    MulAssign,
    /// `/=`
    #[token("/=")]
    DivAssign,
    /// `%=`
    #[token("%=")]
    RemAssign,
    /// `==`
    #[token("==")]
    Equal,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `<`
    #[token("<")]
    Less,
    /// `<=`
    #[token("<=")]
    LessEqual,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`
    #[token(">=")]
    GreaterEqual,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `/`
    #[token("/")]
    Slash,
    /// `%`
    #[token("%")]
    Percent,
}

impl Token<'_> {
    /// Whether a newline after this token ends nothing.
    pub(crate) fn continues_after(self) -> bool {
        use Token::*;
        matches!(
            self,
            Separator
                | Comma
                | LeftBrace
                | LeftParen
                | LeftBracket
                | Colon
                | Dot
                | DotDot
                | FatArrow
                | Arrow
                | Assign
                | AddAssign
                | SubAssign
                | MulAssign
                | DivAssign
                | RemAssign
                | Equal
                | NotEqual
                | Less
                | LessEqual
                | GreaterEqual
                | Plus
                | Minus
                | Star
                | Slash
                | Percent
                | And
                | Or
                | Not
                | In
        )
    }

    /// Whether a newline before this token ends nothing.
    pub(crate) fn continues_before(self) -> bool {
        use Token::*;
        matches!(
            self,
            RightBrace | Else | Dot | And | Or | RightParen | RightBracket | Comma
        )
    }

    /// The closing bracket of an opening one.
    pub(crate) fn closer(self) -> Option<Token<'static>> {
        match self {
            Token::LeftBrace => Some(Token::RightBrace),
            Token::LeftParen => Some(Token::RightParen),
            Token::LeftBracket => Some(Token::RightBracket),
            _ => None,
        }
    }

    /// Whether a declaration can begin with this token followed by `next`.
    pub(crate) fn starts_item(self, next: Option<Token<'_>>) -> bool {
        match self {
            Token::Param | Token::Timer | Token::Const | Token::Fn | Token::Proc => {
                matches!(next, Some(Token::Lower(_)))
            }
            Token::Use => matches!(next, Some(Token::Lower(_) | Token::Text(_))),
            Token::Record | Token::Message | Token::Enum => matches!(next, Some(Token::Upper(_))),
            Token::On => matches!(next, Some(Token::Upper(_) | Token::Start | Token::Timer)),
            Token::State => next == Some(Token::LeftBrace),
            Token::Invariant | Token::Test => matches!(next, Some(Token::Text(_))),
            _ => false,
        }
    }
}
