//! Expressions whose types are known.

use pasc_vm::native::Native;
use pasc_vm::types::TypeId;

use super::*;

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) ty: TypeId,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    /// `+` on text or bytes.
    Join,
    /// `+` on lists of this type.
    JoinLists(TypeId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Comparison {
    /// The comparison that the machine has, and whether its sides are the other way round. Which side is
    /// computed first is another question: always the left one.
    pub(crate) fn turned(self) -> (Comparison, bool) {
        match self {
            Comparison::Greater => (Comparison::Less, true),
            Comparison::GreaterEqual => (Comparison::LessEqual, true),
            other => (other, false),
        }
    }
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Int(i64),
    Bool(bool),
    /// Text, bytes or an address.
    Blob(Vec<u8>),
    /// The value of its type whose words are all 0.
    Empty,
    Local(LocalId),
    Param(ParamId),
    State(StateId),
    SelfAddress,
    Sender,
    Now,
    /// A number from 0 on, below the bound.
    Random(Box<Expr>),
    /// An address as text.
    ToText(Box<Expr>),
    Field(Box<Expr>, usize),
    Index(Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `>` and `>=` have changed sides.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    /// Whether the map or set (second) has the key (first).
    Contains(Box<Expr>, Box<Expr>),
    /// Whether the list (second) has the element (first).
    ListContains(Box<Expr>, Box<Expr>),
    /// Of a map or set.
    MapLen(Box<Expr>),
    ListLen(Box<Expr>),
    BytesLen(Box<Expr>),
    /// What the map has under a key, as an option.
    Get(Box<Expr>, Box<Expr>),
    /// Map, key, value if there is none.
    GetOr(Box<Expr>, Box<Expr>, Box<Expr>),
    /// Takes a key out of a map or set: whether it was there.
    Remove(Box<Place>, Box<Expr>),
    /// Puts an element into a set: whether it is new.
    Insert(Box<Place>, Box<Expr>),
    /// Takes the element at an index out of a list.
    Take(Box<Place>, Box<Expr>),
    /// Values of all fields in the order of declaration; of all slots of a tuple, option
    /// or enum.
    Record(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    MapComprehension {
        key: Box<Expr>,
        value: Box<Expr>,
        clause: Clause,
    },
    List(Vec<Expr>),
    ListComprehension {
        item: Box<Expr>,
        clause: Clause,
    },
    Set(Vec<Expr>),
    SetComprehension {
        item: Box<Expr>,
        clause: Clause,
    },
    /// The sum of all values.
    Sum {
        body: Box<Expr>,
        clause: Clause,
    },
    /// `all` if true, else `any`.
    Quantifier {
        all: bool,
        body: Box<Expr>,
        clause: Clause,
    },
    If {
        arms: Vec<Arm>,
        otherwise: Block,
    },
    Call(FunctionId, Vec<Argument>),
    /// A function of the machine, with one argument at least.
    Native(Native, Vec<Expr>),
    /// The elements of a list from one index on, without the other.
    ListSlice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// The elements of a list in ascending order.
    Sorted(Box<Expr>),
    /// The bytes of a value on the wire.
    Encode(Box<Expr>),
    /// Statements, then a value.
    Block(Box<Block>),
}

impl ExprKind {
    /// Whether it makes a list, set or map from its parts.
    pub(crate) fn is_collection(&self) -> bool {
        matches!(
            self,
            ExprKind::List(_)
                | ExprKind::ListComprehension { .. }
                | ExprKind::Set(_)
                | ExprKind::SetComprehension { .. }
                | ExprKind::Map(_)
                | ExprKind::MapComprehension { .. }
        )
    }
}
