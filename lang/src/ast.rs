//! The tree that the parser makes: names as they were written, a span on
//! everything, no types.
//!
//! Every node that can hold others of its kind knows how high it is; the parser
//! keeps that below [`MAX_TREE_DEPTH`], so that later stages may recurse.

use crate::source::Span;

/// The highest tree of expressions, blocks and types that the parser builds.
pub const MAX_TREE_DEPTH: u32 = 100;

/// A name where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug)]
pub struct Program {
    /// Lines of the `//!` comment.
    pub docs: Vec<String>,
    /// Declarations in the order of the text, without those that had errors.
    pub items: Vec<Item>,
}

/// A declaration.
#[derive(Clone, Debug)]
pub struct Item {
    /// Lines of the `///` comment before it.
    pub docs: Vec<String>,
    /// What it declares.
    pub kind: ItemKind,
    /// All of it.
    pub span: Span,
}

/// What a declaration declares.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `param name: type = value`
    Param(Variable),
    /// `record Name { fields }`
    Record(Fields),
    /// `message Name { fields }`
    Message(Fields),
    /// `state { variables }`
    State(Vec<Variable>),
    /// `timer name(key)`
    Timer(Timer),
    /// `on Message(name) when guard { body }` and its like
    Handler(Handler),
    /// `invariant "title" { body }`
    Invariant(Invariant),
    /// `test "title" with values { steps }`
    Test(Test),
    /// Something that could not be parsed.
    Error,
}

/// A parameter or a variable of the state.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its first value.
    pub value: Option<Expr>,
}

/// A record or a message.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Its name.
    pub name: Name,
    /// Fields in the order of declaration.
    pub fields: Vec<Field>,
}

/// A declared field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
}

/// A declared timer.
#[derive(Clone, Debug)]
pub struct Timer {
    /// Its name.
    pub name: Name,
    /// The type of its keys, if it is one for each key.
    pub key: Option<Type>,
}

/// What a handler handles.
#[derive(Clone, Debug)]
pub enum Event {
    /// A message of this name.
    Message(Name),
    /// The firing of a timer of this name.
    Timer(Name),
    /// The start of the process's work; the word's place.
    Start(Span),
}

/// A handler.
#[derive(Clone, Debug)]
pub struct Handler {
    /// What it handles.
    pub event: Event,
    /// The name that the body gives to the message or the timer's key.
    pub binding: Option<Name>,
    /// The condition after `when`.
    pub guard: Option<Expr>,
    /// What it does.
    pub body: Block,
}

/// A condition that holds after every message.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// What it says.
    pub title: String,
    /// A block whose value is the condition.
    pub body: Block,
}

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it shows.
    pub title: String,
    /// Values of parameters.
    pub with: Vec<(Name, Expr)>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// A step of a test.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// All of it.
    pub span: Span,
}

/// What a step of a test does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// `start`
    Start,
    /// `send Message { … } from address`
    Send {
        /// The message.
        message: Literal,
        /// Who sends it.
        from: Expr,
    },
    /// `expect Message { some fields } to address`
    Expect {
        /// The message with the fields that matter.
        message: Literal,
        /// Whom it goes to.
        to: Option<Expr>,
    },
    /// `expect nothing`
    ExpectNothing,
    /// `advance duration`
    Advance(Expr),
    /// `assert condition`
    Assert(Expr),
    /// Something that could not be parsed.
    Error,
}

/// A type as written.
#[derive(Clone, Debug)]
pub struct Type {
    /// Its name.
    pub name: Name,
    /// What stands between `<` and `>`.
    pub arguments: Vec<Type>,
    /// All of it.
    pub span: Span,
    /// Height of the tree.
    pub depth: u32,
}

/// Statements between braces.
#[derive(Clone, Debug)]
pub struct Block {
    /// In order.
    pub statements: Vec<Statement>,
    /// With the braces.
    pub span: Span,
    /// Height of the tree.
    pub depth: u32,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// All of it.
    pub span: Span,
    /// Height of the tree.
    pub depth: u32,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `let name: type = value`, or with `var`
    Let {
        /// Whether it is `var`.
        changeable: bool,
        /// The new variable.
        name: Name,
        /// Its type, if written.
        ty: Option<Type>,
        /// Its first value.
        value: Expr,
    },
    /// `place = value`
    Assign {
        /// What is assigned to.
        place: Expr,
        /// The operator of `+=` and its like.
        operator: Option<BinaryOperator>,
        /// The new value or right operand.
        value: Expr,
    },
    /// An expression.
    Expr(Expr),
    /// `if`
    If(If),
    /// `for first, second in source { body }`
    For {
        /// Names and source.
        clause: Box<ForClause>,
        /// What is done for each.
        body: Block,
    },
    /// `while condition { body }`
    While {
        /// While this holds.
        condition: Expr,
        /// This is done.
        body: Block,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`
    Return,
    /// `send address, Message { … }`
    Send {
        /// Whom it goes to.
        to: Expr,
        /// The message.
        message: Literal,
    },
    /// `reply Message { … }`
    Reply(Literal),
    /// `broadcast addresses, Message { … }`
    Broadcast {
        /// Whom it goes to.
        to: Expr,
        /// The message.
        message: Literal,
    },
    /// `set timer(key) in delay`
    SetTimer {
        /// The timer and its key.
        timer: TimerName,
        /// How long it takes to fire.
        delay: Expr,
    },
    /// `cancel timer(key)`
    CancelTimer(TimerName),
    /// Something that could not be parsed.
    Error,
}

/// `if a { … } else if b { … } else { … }`, as one list, so that a long chain is
/// no deep tree.
#[derive(Clone, Debug)]
pub struct If {
    /// Conditions with their blocks.
    pub arms: Vec<(Expr, Block)>,
    /// The block after the last `else`.
    pub otherwise: Option<Block>,
}

/// A timer as statements name it.
#[derive(Clone, Debug)]
pub struct TimerName {
    /// The timer's name.
    pub name: Name,
    /// The key in parentheses.
    pub key: Option<Expr>,
}

/// What a `for` goes over.
#[derive(Clone, Debug)]
pub enum Source {
    /// The elements or entries of a value.
    Values(Expr),
    /// `from..to`: numbers from the first on, without the last.
    Range(Expr, Expr),
}

/// `for first, second in source if condition`
#[derive(Clone, Debug)]
pub struct ForClause {
    /// The name for the element; for the key or index if there is a second name.
    pub first: Name,
    /// The name for the value or element.
    pub second: Option<Name>,
    /// What it goes over.
    pub source: Source,
    /// Only those for which this holds.
    pub condition: Option<Expr>,
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
    /// A name.
    Name(String),
    /// `base.field`
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
