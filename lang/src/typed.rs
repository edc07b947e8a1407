//! The checked program: names are resolved, every expression has its type, every
//! place is known to be one. What the code generator works from.
//!
//! Types are those of the machine's type table.

use std::collections::BTreeSet;

use pasc_vm::Value;
use pasc_vm::program::{MessageId, TimerId};
use pasc_vm::types::{TypeId, TypeTable};

use crate::source::Span;

mod expr;

pub(crate) use expr::*;

/// A local variable: an index into [`Body::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LocalId(pub(crate) usize);

/// A variable of the state: an index into [`Module::state`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StateId(pub(crate) usize);

/// A parameter: an index into [`Module::params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ParamId(pub(crate) usize);

/// A function for certain types: an index into [`Module::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FunctionId(pub(crate) usize);

/// What code may do besides computing a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Variables of the state that it changes.
    pub(crate) writes: BTreeSet<StateId>,
    /// It looks at the state.
    pub(crate) reads: bool,
    /// It changes the state, draws random numbers or sets timers.
    pub(crate) acts: bool,
    /// It sends or sets timers.
    pub(crate) sends: bool,
    /// It asks for the sender.
    pub(crate) sender: bool,
    /// It asks for the time.
    pub(crate) time: bool,
}

impl Effects {
    /// Adds those of what it calls.
    pub(crate) fn add(&mut self, other: &Effects) {
        self.writes.extend(&other.writes);
        self.reads |= other.reads;
        self.acts |= other.acts;
        self.sends |= other.sends;
        self.sender |= other.sender;
        self.time |= other.time;
    }
}

/// A function for certain types.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Whether its text is that of the compiler, which nobody is shown.
    pub(crate) hidden: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Option<TypeId>,
    pub(crate) body: Body,
    pub(crate) effects: Effects,
}

/// A parameter of a function; the locals of its body begin with them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) local: LocalId,
    pub(crate) ty: TypeId,
    /// It is a place of the caller.
    pub(crate) changeable: bool,
}

/// What a call gives.
#[derive(Debug)]
pub(crate) enum Argument {
    Value(Expr),
    Place(Place),
}

/// A whole program.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) types: TypeTable,
    pub(crate) params_record: TypeId,
    pub(crate) params: Vec<Param>,
    pub(crate) state_record: TypeId,
    pub(crate) state: Vec<StateVariable>,
    pub(crate) messages: Vec<Message>,
    pub(crate) timers: Vec<Timer>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) functions: Vec<Function>,
    pub(crate) invariants: Vec<Probe>,
    pub(crate) tests: Vec<Test>,
}

/// The ids of the types without parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Basic {
    pub(crate) int: TypeId,
    pub(crate) bool: TypeId,
    pub(crate) text: TypeId,
    pub(crate) bytes: TypeId,
    pub(crate) address: TypeId,
    pub(crate) duration: TypeId,
}

#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) ty: TypeId,
    pub(crate) default: Option<Value>,
}

#[derive(Debug)]
pub(crate) struct StateVariable {
    pub(crate) name: String,
    pub(crate) ty: TypeId,
    /// The first value with the locals that it needs; `None` stands for the empty value.
    pub(crate) initial: Option<Probe>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) record: TypeId,
}

/// A timer with the hidden variable of the state that holds what is set.
#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) name: String,
    /// A record without fields if it has no keys.
    pub(crate) key: TypeId,
    pub(crate) variable: StateId,
}

/// Code with its own locals.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) locals: Vec<Local>,
    pub(crate) block: Block,
    /// Roots that a part of a larger expression changes, so that a view of them does
    /// not even last to the end of that expression.
    pub(crate) unstable: Vec<Root>,
    pub(crate) span: Span,
}

/// A local variable.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) name: String,
    pub(crate) changeable: bool,
    /// Only its fields are looked at, never the whole: the subject of a pattern.
    pub(crate) parts_only: bool,
    /// A value that the caller gave.
    pub(crate) given: bool,
}

/// What a handler handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Message(MessageId),
    Timer(TimerId),
    Start,
}

#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) name: String,
    pub(crate) event: Event,
    /// The local that is the message or the timer's key, the first of both bodies, and
    /// its type.
    pub(crate) binding: Option<(LocalId, TypeId)>,
    pub(crate) guard: Option<Body>,
    pub(crate) body: Body,
}

/// Code that gives one value: an invariant, an assertion, an initial value; or
/// sends one message.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) title: String,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) title: String,
    pub(crate) span: Span,
    pub(crate) with: Vec<(String, Value)>,
    /// The process's own address, if the test gives it one.
    pub(crate) own: Option<String>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) span: Span,
    pub(crate) kind: StepKind,
}

#[derive(Debug)]
pub(crate) enum StepKind {
    Start,
    Send {
        probe: Probe,
        from: String,
    },
    Expect {
        message: MessageId,
        probe: Option<Probe>,
        fields: Vec<usize>,
        to: Option<String>,
    },
    ExpectNothing,
    Advance {
        micros: u64,
    },
    Assert {
        probe: Probe,
    },
}

/// Statements and, for blocks that have one, their value.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) statements: Vec<Statement>,
    pub(crate) value: Option<Box<Expr>>,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) kind: StatementKind,
    pub(crate) span: Span,
}

/// One `if` with its block.
#[derive(Debug)]
pub(crate) struct Arm {
    /// A variable that condition and block see, and its value.
    pub(crate) bound: Option<(LocalId, Expr)>,
    pub(crate) condition: Expr,
    pub(crate) block: Block,
}

#[derive(Debug)]
pub(crate) enum StatementKind {
    Let {
        local: LocalId,
        value: Expr,
    },
    Assign {
        place: Place,
        value: Expr,
    },
    /// Gives the key at the end of the place, which is computed before the value, that value.
    Put {
        place: Place,
        value: Expr,
    },
    Update {
        place: Place,
        operator: Arithmetic,
        value: Expr,
    },
    /// A call for its effect; the value is dropped.
    Expr(Expr),
    If {
        arms: Vec<Arm>,
        otherwise: Option<Block>,
    },
    Block(Block),
    For {
        clause: Clause,
        body: Block,
    },
    While {
        condition: Expr,
        body: Block,
    },
    Break,
    Continue,
    Return(Option<Expr>),
    /// A call whose value, if there is one, is dropped.
    Call(FunctionId, Vec<Argument>),
    Send {
        to: Expr,
        message: MessageLiteral,
    },
    /// To each address of a list or set.
    Broadcast {
        to: Expr,
        message: MessageLiteral,
    },
    SetTimer {
        timer: TimerId,
        key: Option<Expr>,
        delay: Expr,
    },
    CancelTimer {
        timer: TimerId,
        key: Option<Expr>,
    },
    /// A change of the list in a place.
    Change {
        place: Place,
        change: ListChange,
    },
}

/// What changes in a list.
#[derive(Debug)]
pub(crate) enum ListChange {
    /// A value is put at the end.
    Push(Expr),
    /// A value (second) is put at an index (first).
    Insert(Expr, Expr),
    /// Only so many elements stay.
    Truncate(Expr),
}

/// A message to be sent; fields that are `None` (in `expect`) stay empty.
#[derive(Debug)]
pub(crate) struct MessageLiteral {
    /// What binds values of fields that are written in another order than they are declared.
    pub(crate) before: Vec<Statement>,
    pub(crate) message: MessageId,
    pub(crate) record: TypeId,
    pub(crate) fields: Vec<Option<Expr>>,
    pub(crate) span: Span,
}

/// Where a place begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Root {
    Local(LocalId),
    State(StateId),
}

/// A variable or a part of one, that can be assigned to.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) root: Root,
    pub(crate) path: Vec<PathStep>,
    pub(crate) ty: TypeId,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum PathStep {
    /// The field with this number of a record of this type.
    Field { record: TypeId, index: usize },
    /// The value under a key of a map, or at an index of a list, of this type.
    Index { container: TypeId, key: Expr },
}

/// What a clause goes over.
#[derive(Debug)]
pub(crate) enum Source {
    Values(Box<Expr>),
    Range(Box<Expr>, Box<Expr>),
}

/// `for key, value in source if condition`
#[derive(Debug)]
pub(crate) struct Clause {
    /// A map's key, a set's element, a list's index, a range's number.
    pub(crate) key: Option<LocalId>,
    /// A map's value, a list's element.
    pub(crate) value: Option<LocalId>,
    pub(crate) source: Source,
    /// What names the parts of key and value.
    pub(crate) parts: Vec<Statement>,
    pub(crate) condition: Option<Box<Expr>>,
}
