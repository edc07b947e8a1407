//! Expressions of a type. What is not a single word stands in parentheses.

use super::generator::Ty::*;
use super::generator::{Generator, Ty, Variable, list, option, records, state, variants};

/// How much the place tells about the type that is wanted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum Want {
    /// Nothing: no empty collection and no `none`.
    Nothing,
    /// The compiler knows it.
    Known,
    /// It is written in the source: `{}` may stand there, and a text for an address.
    Written,
}

use Want::*;

/// A text as it may stand where a head or an operand does.
pub(super) fn atom(text: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '"' | '.');
    if text.chars().all(plain) {
        text
    } else {
        format!("({text})")
    }
}

impl Generator<'_> {
    pub(crate) fn expr(&mut self, ty: &Ty, depth: usize, want: Want) -> String {
        let leaf = depth == 0 || self.pick(5) == 0;
        if leaf {
            return self.leaf(ty, want);
        }
        match self.pick(12) {
            0 => self.leaf(ty, want),
            1 => self.if_expr(ty, depth - 1, want),
            2 => self.match_expr(ty, depth - 1, want),
            3 | 4 => self
                .call(ty, depth - 1)
                .unwrap_or_else(|| self.leaf(ty, want)),
            _ => atom(self.composed(ty, depth - 1, want)),
        }
    }

    /// A variable or a part of one, or a literal.
    pub(super) fn leaf(&mut self, ty: &Ty, want: Want) -> String {
        if self.pick(3) > 0
            && let Some(place) = self.place(ty, false)
        {
            return place;
        }
        self.literal(ty, want)
    }

    /// What can be seen from here.
    pub(super) fn visible(&self, changeable: bool) -> Vec<Variable> {
        let mut all: Vec<Variable> = self.scope.clone();
        if self.around.state && (!changeable || self.around.effects) {
            all.extend(state().into_iter().map(|(name, ty)| Variable {
                name: name.to_string(),
                ty,
                changeable: true,
            }));
        }
        all.retain(|variable| !changeable || variable.changeable);
        all
    }

    /// A place of the type that can be read or changed.
    pub(crate) fn place(&mut self, ty: &Ty, changeable: bool) -> Option<String> {
        let mut found = Vec::new();
        for variable in self.visible(changeable) {
            self.parts(variable.name, &variable.ty, ty, 2, &mut found);
        }
        if found.is_empty() {
            return None;
        }
        let at = self.pick(found.len());
        Some(found.swap_remove(at))
    }

    pub(super) fn parts(
        &mut self,
        path: String,
        of: &Ty,
        ty: &Ty,
        depth: usize,
        found: &mut Vec<String>,
    ) {
        if of == ty {
            found.push(path.clone());
        }
        if depth == 0 {
            return;
        }
        match of {
            Record(number) => {
                for (name, field) in &records()[*number].1 {
                    self.parts(format!("{path}.{name}"), field, ty, depth - 1, found);
                }
            }
            Tuple(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.parts(format!("{path}.{at}"), item, ty, depth - 1, found);
                }
            }
            List(element) if **element == *ty => {
                let at = self.pick(2);
                found.push(format!("{path}[{at}]"));
            }
            Map(key, value) if **value == *ty && **key == Int => {
                let key = self.pick(3);
                found.push(format!("{path}[{key}]"));
            }
            _ => {}
        }
    }

    pub(crate) fn literal(&mut self, ty: &Ty, want: Want) -> String {
        match ty {
            Int => (*self.one(&[
                "0",
                "1",
                "2",
                "3",
                "7",
                "(-1)",
                "0x1f",
                "1_000",
                "9223372036854775807",
            ]))
            .to_string(),
            Bool => (*self.one(&["false", "true"])).to_string(),
            Text => (*self.one(&[
                "\"\"",
                "\"a\"",
                "\"b c\"",
                "\"é{{\\n}}\"",
                "\"12\"",
                "\"a,b\"",
            ]))
            .to_string(),
            Bytes => {
                (*self.one(&["b\"\"", "b\"a\"", "b\"\\x00\\xff\"", "b\"long one\""])).to_string()
            }
            Address if !self.around.state => "address(\"p\")".to_string(),
            Address if want == Written => (*self.one(&["\"p\"", "self", "\"q\""])).to_string(),
            Address => (*self.one(&["self", "address(\"p\")", "address(\"q\")"])).to_string(),
            Duration => (*self.one(&["0s", "5us", "20ms", "3s", "1h"])).to_string(),
            Maybe(inner) => {
                if want >= Known && self.once_in(2) {
                    "none".to_string()
                } else {
                    format!("some({})", self.literal(inner, plain(want)))
                }
            }
            List(_) | Set(_) | Map(..) => self.collection(ty, 0, want),
            Tuple(parts) => {
                let parts: Vec<String> =
                    parts.iter().map(|part| self.literal(part, want)).collect();
                format!("({})", parts.join(", "))
            }
            Record(number) => self.record(*number, 0),
            Enum => self.variant(0),
        }
    }

    pub(super) fn record(&mut self, number: usize, depth: usize) -> String {
        let (name, fields) = &records()[number];
        let fields = self.fields(fields, depth);
        let name = name.split('<').next().unwrap_or("");
        format!("({name} {{ {fields} }})")
    }

    /// The fields of a record or message.
    pub(crate) fn fields(&mut self, fields: &[(&'static str, Ty)], depth: usize) -> String {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, ty)| format!("{name}: {}", self.expr(ty, depth, Written)))
            .collect();
        fields.join(", ")
    }

    pub(super) fn variant(&mut self, depth: usize) -> String {
        let at = self.pick(variants().len());
        let (name, parts) = &variants()[at];
        if parts.is_empty() {
            return format!("Mode.{name}");
        }
        let parts: Vec<String> = parts
            .iter()
            .map(|part| self.expr(part, depth, Known))
            .collect();
        format!("Mode.{name}({})", parts.join(", "))
    }

    /// A literal of a list, set or map.
    pub(super) fn collection(&mut self, ty: &Ty, depth: usize, want: Want) -> String {
        let count = 1 + self.pick(3);
        let inner = if want == Written { Written } else { Nothing };
        match ty {
            List(element) => {
                if want >= Known && self.once_in(3) {
                    return "[]".to_string();
                }
                let items: Vec<String> = (0..count)
                    .map(|_| self.expr(element, depth, inner))
                    .collect();
                format!("[{}]", items.join(", "))
            }
            Set(element) => {
                if want == Written && self.once_in(3) {
                    return "{}".to_string();
                }
                let items: Vec<String> = (0..count)
                    .map(|_| self.expr(element, depth, inner))
                    .collect();
                format!("({{{}}})", items.join(", "))
            }
            Map(key, value) => {
                if want == Written && self.once_in(3) {
                    return "{}".to_string();
                }
                let mut entries = Vec::new();
                for _ in 0..count {
                    let (key, value) = (self.expr(key, 0, inner), self.expr(value, depth, inner));
                    entries.push(format!("{key}: {value}"));
                }
                format!("({{{}}})", entries.join(", "))
            }
            other => panic!("{other:?} is no collection"),
        }
    }

    pub(super) fn if_expr(&mut self, ty: &Ty, depth: usize, want: Want) -> String {
        let want = plain(want);
        let condition = self.expr(&Bool, depth, Nothing);
        let (a, b) = (self.expr(ty, depth, want), self.expr(ty, depth, want));
        if self.once_in(3) {
            let middle = self.expr(&Bool, 0, Nothing);
            let c = self.expr(ty, 0, want);
            return format!("(if {condition} {{ {a} }} else if {middle} {{ {c} }} else {{ {b} }})");
        }
        if self.once_in(3) {
            let (name, inner) = (self.name("in"), self.expr(&option(Int), depth, Nothing));
            self.see(&name, &Int, false);
            let a = self.expr(ty, depth, want);
            self.scope.pop();
            return format!("(if let some({name}) = {inner} {{ {a} }} else {{ {b} }})");
        }
        format!("(if {condition} {{ {a} }} else {{ {b} }})")
    }

    pub(super) fn match_expr(&mut self, ty: &Ty, depth: usize, want: Want) -> String {
        let want = plain(want);
        let subject_ty = self.subject();
        let subject = self.expr(&subject_ty, depth, Nothing);
        let arms = self.arms(&subject_ty, |generator| generator.expr(ty, depth, want));
        format!("(match {subject} {{ {} }})", arms.join(", "))
    }

    /// A type that is matched.
    pub(crate) fn subject(&mut self) -> Ty {
        let all = [
            Int,
            option(Int),
            Enum,
            Tuple(vec![Int, Text]),
            Text,
            Bool,
            Duration,
            Bytes,
        ];
        self.one(&all).clone()
    }

    /// Arms that take every value of the type together.
    pub(crate) fn arms(
        &mut self,
        ty: &Ty,
        mut body: impl FnMut(&mut Self) -> String,
    ) -> Vec<String> {
        let name = self.name("part");
        let patterns: Vec<(String, Vec<(String, Ty)>)> = match ty {
            Int => vec![
                ("0".into(), vec![]),
                ("-1 or 7".into(), vec![]),
                (name.clone(), vec![(name, Int)]),
            ],
            Bool => vec![("true".into(), vec![]), ("false".into(), vec![])],
            Text => vec![("\"a\"".into(), vec![]), ("_".into(), vec![])],
            Bytes => vec![("b\"a\"".into(), vec![]), ("_".into(), vec![])],
            Duration => vec![("5us".into(), vec![]), ("_".into(), vec![])],
            Maybe(_) => vec![
                ("some(3)".into(), vec![]),
                (format!("some({name})"), vec![(name, Int)]),
                ("none".into(), vec![]),
            ],
            Enum => {
                let other = self.name("part");
                vec![
                    ("Mode.Off".into(), vec![]),
                    (format!("Mode.At({name})"), vec![(name, Int)]),
                    (format!("Mode.Pair(_, {other})"), vec![(other, list(Int))]),
                ]
            }
            Tuple(_) => {
                let other = self.name("part");
                let both = vec![(name.clone(), Int), (other.clone(), Text)];
                vec![
                    ("(1, _)".into(), vec![]),
                    (format!("({name}, {other})"), both),
                ]
            }
            other => panic!("{other:?} is not matched"),
        };
        let mut arms = Vec::new();
        for (pattern, bound) in patterns {
            let before = self.scope.len();
            bound
                .iter()
                .for_each(|(name, ty)| self.see(name, ty, false));
            if self.once_in(4) {
                let condition = self.expr(&Bool, 1, Nothing);
                arms.push(format!("{pattern} if {condition} => {}", body(self)));
            }
            arms.push(format!("{pattern} => {}", body(self)));
            self.scope.truncate(before);
        }
        arms
    }

    /// A call of one of the functions that were made, or of those that are always there.
    pub(super) fn call(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        let known = self.made[..self.around.functions.min(self.made.len())].to_vec();
        let effects = self.around.effects;
        let fitting: Vec<_> = known
            .into_iter()
            .filter(|made| made.result == *ty && (effects || !made.is_proc))
            .collect();
        if !fitting.is_empty() && self.pick(2) == 0 {
            let made = self.one(&fitting).clone();
            let arguments: Vec<String> = made
                .parameters
                .iter()
                .map(|ty| self.expr(ty, depth, Written))
                .collect();
            return Some(format!("{}({})", made.name, arguments.join(", ")));
        }
        if *ty == Int {
            return Some(match self.pick(6) {
                5 => {
                    let given = ["sum_to", "helper.shifted", "bump"];
                    let given = given[self.pick(if effects { 3 } else { 2 })];
                    format!("applied({}, {given})", self.pick(9))
                }
                0 => format!("sum_to({})", self.pick(9)),
                1 => format!("quorum.majority({})", self.pick(7)),
                2 => format!("helper.shifted({})", self.expr(&Int, depth, Known)),
                3 => format!("(helper.base + {})", self.expr(&Int, depth, Known)),
                _ if effects => "random(1)".to_string(),
                _ => "step".to_string(),
            });
        }
        if ty.is_ordered() {
            let (a, b) = (self.expr(ty, depth, Nothing), self.expr(ty, depth, Nothing));
            return Some(format!("smaller({a}, {b})"));
        }
        None
    }

    pub(super) fn composed(&mut self, ty: &Ty, depth: usize, want: Want) -> String {
        match ty {
            Int => self.int(depth),
            Bool => self.bool(depth),
            Text => self.text(depth),
            Bytes => self.bytes(depth),
            Duration => self.duration(depth),
            Address if self.around.sender => "sender".to_string(),
            Address => self.literal(ty, want),
            List(element) => self.list(&element.clone(), depth, want),
            Set(_) | Map(..) if self.once_in(2) => self.collection(ty, depth, want),
            Set(element) => self.set(&element.clone(), depth),
            Map(key, value) => {
                let ints = self.expr(&list(Int), depth, Nothing);
                let name = self.name("each");
                self.see(&name, &Int, false);
                let key = if **key == Int {
                    name.clone()
                } else {
                    self.expr(key, depth, Nothing)
                };
                let value = self.expr(value, depth, Nothing);
                self.scope.pop();
                format!("{{{key}: {value} for {name} in {ints}}}")
            }
            Maybe(inner) => self.option(&inner.clone(), depth, want),
            Tuple(parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| self.expr(part, depth, want))
                    .collect();
                format!("({})", parts.join(", "))
            }
            Record(number) => self.record(*number, depth),
            Enum => self.variant(depth),
        }
    }
}

/// What is wanted of a part whose type is not written where it stands.
pub(super) fn plain(want: Want) -> Want {
    if want == Written { Known } else { Nothing }
}
