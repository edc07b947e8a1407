//! Expressions and patterns.

use super::{ForClause, If, Match, Name};
use crate::source::Span;

/// The shape of a value, with names for its parts.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// All of it.
    pub span: Span,
    /// Height of the tree.
    pub depth: u32,
}

/// What a pattern is.
#[derive(Clone, Debug)]
pub enum PatternKind {
    /// A name for whatever is there; `_` for nothing; `none`.
    Name(String),
    /// `name(patterns)`, as in `some(x)`.
    Call(Name, Vec<Pattern>),
    /// `Enum.Variant(patterns)`; without the first name, a mistake.
    Variant(Option<Name>, Name, Vec<Pattern>),
    /// `(patterns)`
    Tuple(Vec<Pattern>),
    /// A literal, possibly with a minus sign.
    Literal(Box<Expr>),
}

/// `Name { field: value, … }`, a record or a message.
#[derive(Clone, Debug)]
pub struct Literal {
    /// The record's or message's name.
    pub name: Name,
    /// Fields and values; `{ field }` alone stands for `{ field: field }`.
    pub fields: Vec<(Name, Expr)>,
    /// All of it.
    pub span: Span,
    /// Height of the tree.
    pub depth: u32,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// All of it.
    pub span: Span,
    /// Height of the tree.
    pub depth: u32,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A number up to 2^63.
    Int(u64),
    /// `50ms` and its like, in microseconds up to 2^63.
    Duration(u64),
    /// `true` or `false`
    Bool(bool),
    /// `"…"`
    Text(String),
    /// `b"…"`
    Bytes(Vec<u8>),
    /// `"a {value} b"`: texts, one more than values, and values between them.
    Interpolation(Vec<String>, Vec<Expr>),
    /// A name.
    Name(String),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `Enum.Variant` or `Enum.Variant(values)`
    Variant(Name, Name, Option<Vec<Expr>>),
    /// `base[from..to]`
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `name => body` as an argument, possibly after `by`
    Lambda(Name, Box<Expr>),
    /// `base.field`; the number of a tuple's element is a name too
    Field(Box<Expr>, Name),
    /// `base[index]`
    Index(Box<Expr>, Box<Expr>),
    /// `name(arguments)`
    Call(Name, Vec<Expr>),
    /// `base.name(arguments)`
    Method(Box<Expr>, Name, Vec<Expr>),
    /// `name(body for … in …)`
    Quantifier(Name, Box<Expr>, Box<ForClause>),
    /// `-x` or `not x`
    Unary(UnaryOperator, Box<Expr>),
    /// `a + b` and its like
    Binary(BinaryOperator, Box<Expr>, Box<Expr>),
    /// `Name { … }`
    Literal(Literal),
    /// `{key: value, …}`
    Map(Vec<(Expr, Expr)>),
    /// `{key: value for … in …}`
    MapComprehension(Box<Expr>, Box<Expr>, Box<ForClause>),
    /// `[item, …]`
    List(Vec<Expr>),
    /// `[item for … in …]`
    ListComprehension(Box<Expr>, Box<ForClause>),
    /// `{item, …}`, not empty
    Set(Vec<Expr>),
    /// `{item for … in …}`
    SetComprehension(Box<Expr>, Box<ForClause>),
    /// `if` with a value
    If(Box<If>),
    /// `match` with a value
    Match(Box<Match>),
    /// Something that could not be parsed.
    Error,
}

/// An operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `not`
    Not,
}

/// An operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `and`
    And,
    /// `or`
    Or,
}

impl BinaryOperator {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            BinaryOperator::Add => "+",
            BinaryOperator::Sub => "-",
            BinaryOperator::Mul => "*",
            BinaryOperator::Div => "/",
            BinaryOperator::Rem => "%",
            BinaryOperator::Equal => "==",
            BinaryOperator::NotEqual => "!=",
            BinaryOperator::Less => "<",
            BinaryOperator::LessEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterEqual => ">=",
            BinaryOperator::In => "in",
            BinaryOperator::NotIn => "not in",
            BinaryOperator::And => "and",
            BinaryOperator::Or => "or",
        }
    }
}
