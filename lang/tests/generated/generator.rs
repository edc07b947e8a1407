//! Programs from a list of choices: any list gives a program that compiles, and what comes after the
//! end of the list is the first choice, so that shorter lists give smaller programs.

use super::values::V;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Int,
    Bool,
    Text,
    Bytes,
    Address,
    Duration,
    List(Box<Ty>),
    Set(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
    Maybe(Box<Ty>),
    Tuple(Vec<Ty>),
    /// One of [`RECORDS`].
    Record(usize),
    /// The only enum, [`VARIANTS`].
    Enum,
}

use Ty::*;

pub(crate) fn list(ty: Ty) -> Ty {
    List(ty.into())
}

pub(crate) fn set(ty: Ty) -> Ty {
    Set(ty.into())
}

pub(crate) fn map(key: Ty, value: Ty) -> Ty {
    Map(key.into(), value.into())
}

pub(crate) fn option(ty: Ty) -> Ty {
    Maybe(ty.into())
}

/// Records and messages: name and fields.
pub(crate) type Fields = (&'static str, Vec<(&'static str, Ty)>);

pub(crate) fn records() -> Vec<Fields> {
    vec![
        ("Point", vec![("x", Int), ("name", Text)]),
        (
            "Nest",
            vec![
                ("at", Record(0)),
                ("seen", map(Int, Text)),
                ("more", list(Record(0))),
            ],
        ),
        ("Boxed<int>", vec![("inner", Int), ("far", Bool)]),
    ]
}

pub(crate) fn messages() -> Vec<Fields> {
    vec![
        ("First", vec![("n", Int), ("t", Text), ("w", Duration)]),
        (
            "Second",
            vec![("xs", list(Int)), ("m", map(Text, Int)), ("s", set(Int))],
        ),
        (
            "Third",
            vec![
                ("r", Record(1)),
                ("e", Enum),
                ("o", option(Int)),
                ("b", Bytes),
            ],
        ),
        ("Empty", vec![]),
    ]
}

/// The variants of the enum, with what they carry.
pub(crate) fn variants() -> Vec<(&'static str, Vec<Ty>)> {
    vec![
        ("Off", vec![]),
        ("At", vec![Int]),
        ("Pair", vec![Text, list(Int)]),
    ]
}

/// The variables of the state.
pub(crate) fn state() -> Vec<(&'static str, Ty)> {
    vec![
        ("count", Int),
        ("flag", Bool),
        ("note", Text),
        ("raw", Bytes),
        ("peer", Address),
        ("delay", Duration),
        ("log", list(Int)),
        ("words", list(Text)),
        ("seen", set(Int)),
        ("table", map(Int, Int)),
        ("names", map(Text, list(Int))),
        ("maybe", option(Int)),
        ("pair", Tuple(vec![Int, Text])),
        ("pairs", list(Tuple(vec![Int, Text]))),
        ("point", Record(0)),
        ("nest", Record(1)),
        ("boxed", Record(2)),
        ("mode", Enum),
        ("known", map(Int, Record(0))),
        ("peers", set(Address)),
    ]
}

impl Ty {
    pub(crate) fn source(&self) -> String {
        match self {
            Int => "int".to_string(),
            Bool => "bool".to_string(),
            Text => "text".to_string(),
            Bytes => "bytes".to_string(),
            Address => "address".to_string(),
            Duration => "duration".to_string(),
            List(element) => format!("list<{}>", element.source()),
            Set(element) => format!("set<{}>", element.source()),
            Map(key, value) => format!("map<{}, {}>", key.source(), value.source()),
            Maybe(inner) => format!("option<{}>", inner.source()),
            Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(Ty::source).collect();
                format!("({})", parts.join(", "))
            }
            Record(number) => records()[*number].0.to_string(),
            Enum => "Mode".to_string(),
        }
    }

    pub(crate) fn is_ordered(&self) -> bool {
        match self {
            Set(_) | Map(..) => false,
            List(inner) | Maybe(inner) => inner.is_ordered(),
            Tuple(parts) => parts.iter().all(Ty::is_ordered),
            Record(number) => records()[*number]
                .1
                .iter()
                .all(|field| field.1.is_ordered()),
            _ => true,
        }
    }
}

/// A name that can be seen.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) changeable: bool,
}

/// What may stand in the body that is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    /// The variables of the state can be read.
    pub(crate) state: bool,
    /// It can be changed, and messages sent.
    pub(crate) effects: bool,
    /// There is a sender.
    pub(crate) sender: bool,
    pub(crate) in_loop: bool,
    /// What the function returns, or nothing in a handler.
    pub(crate) result: Option<Ty>,
    /// Functions that may be called: those before this one.
    pub(crate) functions: usize,
}

/// A function that was made: its name, parameters, result, and whether it is a `proc`.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) parameters: Vec<Ty>,
    pub(crate) result: Ty,
    pub(crate) is_proc: bool,
}

pub(crate) struct Generator<'c> {
    choices: std::slice::Iter<'c, u16>,
    pub(crate) around: Around,
    pub(crate) scope: Vec<Variable>,
    pub(crate) made: Vec<Made>,
    names: usize,
}

impl<'c> Generator<'c> {
    pub(crate) fn new(choices: &'c [u16]) -> Self {
        Generator {
            choices: choices.iter(),
            around: Around::default(),
            scope: Vec::new(),
            made: Vec::new(),
            names: 0,
        }
    }

    /// A number below `n`; the first one after the end of the choices.
    pub(crate) fn pick(&mut self, n: usize) -> usize {
        self.choices.next().map_or(0, |choice| *choice as usize % n)
    }

    /// Once in `n` times; never after the end of the choices.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.pick(n) == n - 1
    }

    pub(crate) fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        let at = self.pick(of.len());
        &of[at]
    }

    pub(crate) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub(crate) fn see(&mut self, name: &str, ty: &Ty, changeable: bool) {
        let (name, ty) = (name.to_string(), ty.clone());
        self.scope.push(Variable {
            name,
            ty,
            changeable,
        });
    }

    /// A type for variables and parameters.
    pub(crate) fn ty(&mut self) -> Ty {
        let all = state();
        self.one(&all).1.clone()
    }

    /// A value, for literals and messages.
    pub(crate) fn value(&mut self, ty: &Ty, size: usize) -> V {
        let count = if size == 0 { 0 } else { self.pick(size + 1) };
        let less = size.saturating_sub(1);
        match ty {
            Int => V::Int(*self.one(&[0, 1, 2, 3, -1, 7, 100, i64::MAX, i64::MIN])),
            Bool => V::Bool(self.once_in(2)),
            Text => V::text(self.one::<&str>(&["", "a", "bc", "Long one, é", "12", "-7", "x,y"])),
            Bytes => V::Bytes(
                self.one(&[&b""[..], b"a", b"\x00\xff", b"longer one"])
                    .to_vec(),
            ),
            Address => V::Address(self.one(&["p", "q", "r1"]).to_string()),
            Duration => V::Duration(*self.one(&[0, 5, 1_000, 2_000_000])),
            List(element) => V::List((0..count).map(|_| self.value(element, less)).collect()),
            Set(element) => {
                let mut items = Vec::new();
                for _ in 0..count {
                    super::values::add(&mut items, self.value(element, less));
                }
                V::Set(items)
            }
            Map(key, value) => {
                let mut entries = Vec::new();
                for _ in 0..count {
                    let (key, value) = (self.value(key, less), self.value(value, less));
                    super::values::put(&mut entries, key, value);
                }
                V::Map(entries)
            }
            Maybe(inner) => {
                let some = self.once_in(2);
                V::option(some.then(|| self.value(inner, size)))
            }
            Tuple(parts) => V::Tuple(parts.iter().map(|part| self.value(part, size)).collect()),
            Record(number) => self.record_value(&records()[*number].1, size),
            Enum => {
                let at = self.pick(variants().len());
                let parts = &variants()[at].1;
                V::Variant(
                    at,
                    parts.iter().map(|part| self.value(part, less)).collect(),
                )
            }
        }
    }

    pub(crate) fn record_value(&mut self, fields: &[(&'static str, Ty)], size: usize) -> V {
        let fields = fields.iter();
        V::Record(
            fields
                .map(|(name, ty)| (name.to_string(), self.value(ty, size)))
                .collect(),
        )
    }
}
