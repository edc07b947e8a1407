//! Programs over nested values: what they are made of, and their source.

use pasc_vm::Value;

/// A type of a program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ty {
    Int,
    Text,
    List(Box<Ty>),
    Set(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
    /// The record with this number, its fields `f0`, `f1`, ….
    Record(usize, Vec<Ty>),
}

impl Ty {
    pub(crate) fn parts(&self) -> Vec<&Ty> {
        match self {
            Ty::Int | Ty::Text => Vec::new(),
            Ty::List(element) | Ty::Set(element) => vec![element],
            Ty::Map(key, value) => vec![key, value],
            Ty::Record(_, fields) => fields.iter().collect(),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Ty::Int | Ty::Text => "scalar",
            Ty::List(_) => "list",
            Ty::Set(_) => "set",
            Ty::Map(..) => "map",
            Ty::Record(..) => "record",
        }
    }

    pub(crate) fn source(&self) -> String {
        match self {
            Ty::Int => "int".into(),
            Ty::Text => "text".into(),
            Ty::List(element) => format!("list<{}>", element.source()),
            Ty::Set(element) => format!("set<{}>", element.source()),
            Ty::Map(key, value) => format!("map<{}, {}>", key.source(), value.source()),
            Ty::Record(number, _) => format!("R{number}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Root {
    State(usize),
    Var(usize),
    Let(usize),
    /// The variable of the loop or comprehension at this depth.
    Each(usize),
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Field(usize),
    /// Of a list or map.
    Index(Value),
}

/// A variable or a part of one; `ty` are the types from the root to the part.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) root: Root,
    pub(crate) steps: Vec<Step>,
    pub(crate) types: Vec<Ty>,
}

impl Place {
    pub(crate) fn ty(&self) -> &Ty {
        self.types.last().expect("a place has a type")
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Literal(Value),
    Read(Place),
    /// Its elements, entries or fields, in order.
    Made(Ty, Vec<Expr>),
    Joined(Box<Expr>, Box<Expr>),
    GetOr(Place, Value, Box<Expr>),
    /// A collection from each element of a list or set but one; the body is an element,
    /// or the value of an entry whose key is the element.
    Each(Ty, usize, Place, Value, Box<Expr>),
    /// `place.remove(index)` of a list
    Take(Place, i64),
    /// `if set.insert(value) { a } else { b }`
    IfNew(Place, Box<Expr>, Box<Expr>, Box<Expr>),
    /// `if flag { statement; value } else { … }`
    After(Box<Statement>, Box<Expr>, Value),
}

#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Assign(Place, Expr),
    /// Under a key that the map need not have.
    Put(Place, Value, Expr),
    Append(Place, Expr),
    Push(Place, Expr),
    Insert(Place, i64, Expr),
    Remove(Place, Value),
    Truncate(Place, i64),
    Clear(Place),
    Add(Place, Expr),
    Let(Ty, Expr),
    /// Over the elements of a list or set, or the values of a map.
    For(usize, Place, Vec<Statement>),
    /// `for i in 0..n`
    Times(i64, Vec<Statement>),
}

pub(crate) fn literal(value: &Value, ty: &Ty) -> String {
    let items = |items: &[Value], ty: &Ty| -> String {
        let items: Vec<String> = items.iter().map(|item| literal(item, ty)).collect();
        items.join(", ")
    };
    match (value, ty) {
        (Value::Int(value), _) => value.to_string(),
        (Value::Text(text), _) => format!("{text:?}"),
        (Value::List(list), Ty::List(element)) => format!("[{}]", items(list, element)),
        (Value::Set(set), Ty::Set(element)) => format!("{{{}}}", items(set, element)),
        (Value::Map(entries), Ty::Map(key, value)) => {
            let entries = entries
                .iter()
                .map(|(k, v)| format!("{}: {}", literal(k, key), literal(v, value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        (Value::Record(values), Ty::Record(number, fields)) => {
            let values = values.iter().zip(fields).enumerate();
            let values: Vec<String> = values
                .map(|(index, (value, ty))| format!("f{index}: {}", literal(value, ty)))
                .collect();
            format!("R{number} {{ {} }}", values.join(", "))
        }
        _ => unreachable!("a value of another type"),
    }
}

pub(crate) fn place(place: &Place) -> String {
    let mut out = match place.root {
        Root::State(n) => format!("s{n}"),
        Root::Var(n) => format!("v{n}"),
        Root::Let(n) => format!("l{n}"),
        Root::Each(n) => format!("e{n}"),
    };
    for (step, ty) in place.steps.iter().zip(&place.types) {
        out += &match (step, ty) {
            (Step::Field(index), _) => format!(".f{index}"),
            (Step::Index(key), Ty::Map(key_ty, _)) => format!("[{}]", literal(key, key_ty)),
            (Step::Index(index), _) => format!("[{}]", literal(index, &Ty::Int)),
        };
    }
    out
}

pub(crate) fn expr(value: &Expr, ty: &Ty) -> String {
    match value {
        Expr::Literal(value) => literal(value, ty),
        Expr::Read(read) => place(read),
        Expr::Made(_, parts) => {
            let list = |element: &Ty| -> String {
                let parts: Vec<String> = parts.iter().map(|part| expr(part, element)).collect();
                parts.join(", ")
            };
            match ty {
                Ty::List(element) => format!("[{}]", list(element)),
                Ty::Set(element) => format!("{{{}}}", list(element)),
                Ty::Map(key, value) => {
                    let entries = parts.chunks(2);
                    let entries: Vec<String> = entries
                        .map(|entry| {
                            format!("{}: {}", expr(&entry[0], key), expr(&entry[1], value))
                        })
                        .collect();
                    format!("{{{}}}", entries.join(", "))
                }
                Ty::Record(number, fields) => {
                    let fields = parts.iter().zip(fields).enumerate();
                    let fields: Vec<String> = fields
                        .map(|(index, (part, ty))| format!("f{index}: {}", expr(part, ty)))
                        .collect();
                    format!("R{number} {{ {} }}", fields.join(", "))
                }
                Ty::Int | Ty::Text => unreachable!("nothing made of parts"),
            }
        }
        Expr::Joined(left, right) => format!("({} + {})", expr(left, ty), expr(right, ty)),
        Expr::GetOr(map, key, default) => {
            let Ty::Map(key_ty, _) = map.ty() else {
                unreachable!("a map")
            };
            let (key, default) = (literal(key, key_ty), expr(default, ty));
            format!("{}.get_or({key}, {default})", place(map))
        }
        Expr::Each(_, level, source, without, body) => {
            let element = source.ty().parts()[0];
            let without = literal(without, element);
            let clause = format!(
                "for e{level} in {} if e{level} != ({without})",
                place(source)
            );
            match ty {
                Ty::List(element) => format!("[{} {clause}]", expr(body, element)),
                Ty::Set(element) => format!("{{{} {clause}}}", expr(body, element)),
                Ty::Map(_, value) => format!("{{e{level}: {} {clause}}}", expr(body, value)),
                _ => unreachable!("a collection"),
            }
        }
        Expr::Take(list, index) => format!("{}.remove({index})", place(list)),
        Expr::IfNew(set, item, a, b) => {
            let item = expr(item, set.ty().parts()[0]);
            let (a, b) = (expr(a, ty), expr(b, ty));
            format!(
                "(if {}.insert({item}) {{ {a} }} else {{ {b} }})",
                place(set)
            )
        }
        Expr::After(statement, value, other) => {
            let first = self::statement(statement, &mut 0);
            let (value, other) = (expr(value, ty), literal(other, ty));
            format!("(if flag {{ {first}; {value} }} else {{ {other} }})")
        }
    }
}

/// A statement; `lets` counts the variables.
pub(crate) fn statement(value: &Statement, lets: &mut usize) -> String {
    let mut block = |body: &[Statement]| -> String {
        let body: Vec<String> = body.iter().map(|inner| statement(inner, lets)).collect();
        body.join("\n")
    };
    match value {
        Statement::Assign(to, value) => format!("{} = {}", place(to), expr(value, to.ty())),
        Statement::Put(map, key, value) => {
            let parts = map.ty().parts();
            let (key, value) = (literal(key, parts[0]), expr(value, parts[1]));
            format!("{}[{key}] = {value}", place(map))
        }
        Statement::Append(to, value) => format!("{} += {}", place(to), expr(value, to.ty())),
        Statement::Push(list, value) => {
            format!(
                "{}.push({})",
                place(list),
                expr(value, list.ty().parts()[0])
            )
        }
        Statement::Insert(list, index, value) => {
            let value = expr(value, list.ty().parts()[0]);
            format!("{}.insert({index}, {value})", place(list))
        }
        Statement::Remove(from, key) => {
            let ty = match from.ty() {
                Ty::List(_) => &Ty::Int,
                other => other.parts()[0],
            };
            format!("{}.remove({})", place(from), literal(key, ty))
        }
        Statement::Truncate(list, length) => format!("{}.truncate({length})", place(list)),
        Statement::Clear(collection) => format!("{}.clear()", place(collection)),
        Statement::Add(set, value) => {
            format!("{}.add({})", place(set), expr(value, set.ty().parts()[0]))
        }
        Statement::Let(ty, value) => {
            *lets += 1;
            format!("let l{}: {} = {}", *lets - 1, ty.source(), expr(value, ty))
        }
        Statement::For(level, source, body) => {
            let names = match source.ty() {
                Ty::Map(..) => format!("_, e{level}"),
                _ => format!("e{level}"),
            };
            format!("for {names} in {} {{\n{}\n}}", place(source), block(body))
        }
        Statement::Times(count, body) => format!("for _ in 0..{count} {{\n{}\n}}", block(body)),
    }
}
