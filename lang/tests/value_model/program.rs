//! The programs: what they are made of, and their source.

pub(crate) type Map = Vec<(i64, String)>;

#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) t: String,
    pub(crate) m: Map,
}

/// A place or a value, by type; the names are those of the source.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Literal(&'static str),
    /// `st`, `vt`
    Variable(bool),
    /// `sr.t`, `vr.t`
    Field(bool),
    GetOr(Box<Maps>, i64),
    Let(usize),
    /// The value of the innermost loop.
    Loop(usize),
    Joined(Box<Text>, Box<Text>),
    /// `if flag { statement; text } else { text }`, of which the first arm is taken.
    If(Box<Statement>, Box<Text>),
}

#[derive(Clone, Debug)]
pub(crate) enum Maps {
    Empty,
    /// `sa`, `sb`, `vm`
    Variable(usize),
    /// `sr.m`, `vr.m`
    Field(bool),
    Let(usize),
    /// `{k: v + "'" for k, v in map if k != n}`
    Filtered(Box<Maps>, i64),
}

#[derive(Clone, Debug)]
pub(crate) enum Records {
    /// `sr`, `vr`
    Variable(bool),
    Let(usize),
    Made(Box<Text>, Box<Maps>),
}

#[derive(Clone, Debug)]
pub(crate) enum Statement {
    SetText(Text, Text),
    SetEntry(Maps, i64, Text),
    SetMap(Maps, Maps),
    SetRecord(bool, Records),
    Remove(Maps, i64),
    Append(Text, Text),
    LetText(Text),
    LetMap(Maps),
    LetRecord(Records),
    For(usize, Maps, Vec<Statement>),
}

pub(crate) fn side(state: bool) -> &'static str {
    if state { "s" } else { "v" }
}

pub(crate) fn text(value: &Text) -> String {
    match value {
        Text::Literal(text) => format!("{text:?}"),
        Text::Variable(state) => format!("{}t", side(*state)),
        Text::Field(state) => format!("{}r.t", side(*state)),
        Text::GetOr(map, key) => format!("{}.get_or({key}, \"-\")", maps(map)),
        Text::Let(n) => format!("lt{n}"),
        Text::Loop(n) => format!("each{n}"),
        Text::Joined(left, right) => format!("({} + {})", text(left), text(right)),
        Text::If(statement, value) => {
            let first = source(statement, &mut [0; 3]);
            format!("(if flag {{ {first}; {} }} else {{ \"\" }})", text(value))
        }
    }
}

pub(crate) fn maps(value: &Maps) -> String {
    match value {
        Maps::Empty => "empty".to_string(),
        Maps::Variable(n) => ["sa", "sb", "vm"][*n].to_string(),
        Maps::Field(state) => format!("{}r.m", side(*state)),
        Maps::Let(n) => format!("lm{n}"),
        Maps::Filtered(map, key) => {
            format!("({{k: v + \"'\" for k, v in {} if k != {key}}})", maps(map))
        }
    }
}

pub(crate) fn records(value: &Records) -> String {
    match value {
        Records::Variable(state) => format!("{}r", side(*state)),
        Records::Let(n) => format!("lr{n}"),
        Records::Made(t, m) => format!("R {{ t: {}, m: {} }}", text(t), maps(m)),
    }
}

/// A statement; `lets` counts the variables of each type.
pub(crate) fn source(statement: &Statement, lets: &mut [usize; 3]) -> String {
    let mut next = |kind: usize| {
        lets[kind] += 1;
        lets[kind] - 1
    };
    match statement {
        Statement::SetText(place, value) => format!("{} = {}", text(place), text(value)),
        Statement::SetEntry(map, key, value) => format!("{}[{key}] = {}", maps(map), text(value)),
        Statement::SetMap(place, value) => format!("{} = {}", maps(place), maps(value)),
        Statement::SetRecord(state, value) => format!("{}r = {}", side(*state), records(value)),
        Statement::Remove(map, key) => format!("{}.remove({key})", maps(map)),
        Statement::Append(place, end) => format!("{} += {}", text(place), text(end)),
        Statement::LetText(value) => format!("let lt{} = {}", next(0), text(value)),
        Statement::LetMap(value) => format!("let lm{} = {}", next(1), maps(value)),
        Statement::LetRecord(value) => format!("let lr{} = {}", next(2), records(value)),
        Statement::For(level, map, body) => {
            let body: Vec<String> = body.iter().map(|inner| source(inner, lets)).collect();
            format!(
                "for _, each{level} in {} {{\n{}\n}}",
                maps(map),
                body.join("\n")
            )
        }
    }
}
