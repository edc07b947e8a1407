//! The tree that the parser makes: names as they were written, a span on
//! everything, no types.
//!
//! Every node that can hold others of its kind knows how high it is; the parser
//! keeps that below [`MAX_TREE_DEPTH`], so that later stages may recurse.

use crate::source::Span;

mod expr;

pub use expr::*;

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
    /// `use std.name` or `use "file.pasc"`
    Use(Use),
    /// `param name: type = value`
    Param(Variable),
    /// `const name: type = value`
    Const(Variable),
    /// `enum Name { variants }`
    Enum(Enum),
    /// `fn name(parameters) -> type { body }`, or with `proc`
    Function(Function),
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

/// What a file uses of other files.
#[derive(Clone, Debug)]
pub enum Use {
    /// A module of the standard library: `std.quorum`.
    Library(Vec<Name>),
    /// A file, as its path is written.
    File(String),
}

/// An enum.
#[derive(Clone, Debug)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// Variants in the order of declaration.
    pub variants: Vec<Variant>,
}

/// A declared variant.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// The types of the values that it carries.
    pub fields: Vec<Type>,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Whether it is a `proc`, which may look at the state and have effects.
    pub is_proc: bool,
    /// Its name.
    pub name: Name,
    /// Types that each call chooses.
    pub type_parameters: Vec<TypeParameter>,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// The type of its value, if it has one.
    pub result: Option<Type>,
    /// What it does.
    pub body: Block,
}

/// A type that each use of a generic function or record chooses.
#[derive(Clone, Debug)]
pub struct TypeParameter {
    /// Its name.
    pub name: Name,
    /// What is asked of it: `eq`, `ord`.
    pub bounds: Vec<Name>,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Whether it is `var`: what the function does to it happens to the caller's place.
    pub changeable: bool,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
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
    /// Types that each use of a record chooses.
    pub type_parameters: Vec<TypeParameter>,
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

/// How a type is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeForm {
    /// `name` or `name<arguments>`
    Named,
    /// `(arguments)`
    Tuple,
    /// `fn(arguments)`
    Function,
    /// `fn(arguments) -> type`, the last argument
    FunctionWithResult,
}

/// A type as written.
#[derive(Clone, Debug)]
pub struct Type {
    /// How it is written.
    pub form: TypeForm,
    /// Its name; of other forms the word or bracket that it begins with.
    pub name: Name,
    /// What stands between `<` and `>`, or in parentheses.
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
    /// `let pattern: type = value else { … }`, or with `var`
    Let {
        /// Whether it is `var`.
        changeable: bool,
        /// The new variables.
        pattern: Pattern,
        /// The type of the value, if written.
        ty: Option<Type>,
        /// The value.
        value: Expr,
        /// What is done if the value has not the shape of the pattern.
        otherwise: Option<Block>,
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
    /// An arm's expression, whose value may be dropped.
    Value(Expr),
    /// `if`
    If(If),
    /// `match`
    Match(Match),
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
        condition: Condition,
        /// This is done.
        body: Block,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return` or `return value`
    Return(Option<Expr>),
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
    pub arms: Vec<(Condition, Block)>,
    /// The block after the last `else`.
    pub otherwise: Option<Block>,
}

/// What `if` and `while` ask.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Whether this is true.
    Holds(Expr),
    /// `let pattern = value`: whether the value has the shape.
    Matches(Pattern, Expr),
}

/// `match subject { arms }`
#[derive(Clone, Debug)]
pub struct Match {
    /// What is looked at.
    pub subject: Expr,
    /// In order.
    pub arms: Vec<Arm>,
}

/// `pattern or pattern if condition => body`
#[derive(Clone, Debug)]
pub struct Arm {
    /// The shapes for which it is taken.
    pub patterns: Vec<Pattern>,
    /// Only if this holds.
    pub condition: Option<Expr>,
    /// What it does; an expression is a block with that alone.
    pub body: Block,
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
    pub first: Pattern,
    /// The name for the value or element.
    pub second: Option<Pattern>,
    /// What it goes over.
    pub source: Source,
    /// Only those for which this holds.
    pub condition: Option<Expr>,
}
