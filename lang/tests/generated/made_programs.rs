//! Statements, declarations, and whole programs with what happens to them.

use super::evaluator::Event;
use super::generator::Ty::*;
use super::generator::{
    Around, Generator, Made, Ty, list, map, messages, option, records, set, state, variants,
};
use super::made_expressions::Want::{Known, Nothing, Written};

/// The module that programs use as a file.
pub(crate) const HELPER: &str = "//! A module of the test.\nconst base: int = 10\n\
    fn shifted(n: int) -> int { if n < 1000 { n + base } else { base } }\n";

/// What every program has.
const ALWAYS: &str = "use std.quorum\nuse \"./helper.pasc\"\n\n\
    const step: int = 3\nparam limit: int = 40\nparam friends: list<address> = [\"p\", \"q\"]\n\n\
    record Boxed<T> { inner: T, far: bool }\n\n\
    timer tick\ntimer wait(int)\n\n\
    fn smaller<T: ord>(a: T, b: T) -> T { if a < b { a } else { b } }\n\
    fn sum_to(n: int) -> int {\n    if n <= 0 { return 0 }\n    n + sum_to(n - 1)\n}\n\
    fn raise(var total: int, by: int) -> int {\n    total += by\n    total - 1\n}\n\
    fn swap<T>(var xs: list<T>, x: T) { xs.push(x) }\n\
    fn applied(n: int, f: fn(int) -> int) -> int { f(f(n) - 1) }\n\
    fn all_of<T>(xs: list<T>, visit: fn(T)) { for x in xs { visit(x) } }\n\
    proc noted(n: int) { count = count.wrapping_add(n) }\n\
    proc bump(by: int) -> int {\n    count = count.wrapping_add(by)\n    log.push(by)\n    count\n}\n";

/// How many statements a body has at most.
const STATEMENTS: usize = 5;

/// How many of the choices are about what happens to the program.
const EVENT_CHOICES: usize = 80;

/// A program and what happens to it.
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) events: Vec<Event>,
}

pub(crate) fn case(choices: &[u16]) -> Case {
    let (of_events, of_program) = choices.split_at(choices.len().min(EVENT_CHOICES));
    Case {
        text: Generator::new(of_program).program(),
        events: Generator::new(of_events).events(),
    }
}

impl Generator<'_> {
    pub(super) fn program(&mut self) -> String {
        let mut out = format!("//! A program of a test.\n\n{ALWAYS}\n");
        for (name, fields) in records().iter().filter(|record| !record.0.contains('<')) {
            out += &format!("record {name} {{ {} }}\n", declared(fields));
        }
        for (name, fields) in &messages() {
            out += &format!("message {name} {{ {} }}\n", declared(fields));
        }
        let variants: Vec<String> = variants().iter().map(variant).collect();
        out += &format!("enum Mode {{ {} }}\n\nstate {{\n", variants.join(", "));
        for (name, ty) in &state() {
            let may_lack = matches!(ty, Text | Bytes | List(_) | Set(_) | Map(..));
            if may_lack && self.pick(2) == 0 {
                out += &format!("    {name}: {}\n", ty.source());
            } else {
                out += &format!(
                    "    {name}: {} = {}\n",
                    ty.source(),
                    self.expr(ty, 1, Written)
                );
            }
        }
        out += "}\n\n";
        if self.once_in(3) {
            self.around = Around {
                state: true,
                functions: self.made.len(),
                ..Around::default()
            };
            let holds = self.expr(&Bool, 2, Nothing);
            out += &format!("invariant \"it holds\" {{ {holds} }}\n");
        }
        for _ in 0..1 + self.pick(3) {
            let function = self.function();
            out += &function;
        }
        self.around.functions = self.made.len();
        out += &self.handlers();
        out
    }

    /// A function with a body of its own.
    pub(super) fn function(&mut self) -> String {
        let (is_proc, name) = (self.once_in(2), self.name("made"));
        let result = self.ty();
        let parameters: Vec<Ty> = (0..self.pick(3)).map(|_| self.ty()).collect();
        self.around = Around {
            state: is_proc,
            effects: is_proc,
            result: Some(result.clone()),
            functions: self.made.len(),
            ..Around::default()
        };
        self.scope.clear();
        let mut list = Vec::new();
        for ty in &parameters {
            let parameter = self.name("arg");
            list.push(format!("{parameter}: {}", ty.source()));
            self.see(&parameter, ty, false);
        }
        let mut body = self.statements(2, 1);
        let value = self.expr(&result, 2, Known);
        body += &format!(
            "    {}\n",
            if self.once_in(3) {
                format!("return {value}")
            } else {
                format!(
                    "let out_{name}: {} = {value}\n    out_{name}",
                    result.source()
                )
            }
        );
        self.scope.clear();
        let word = if is_proc { "proc" } else { "fn" };
        let head = format!(
            "{word} {name}({}) -> {} {{\n{body}}}\n",
            list.join(", "),
            result.source()
        );
        self.made.push(Made {
            name,
            parameters,
            result,
            is_proc,
        });
        head
    }

    pub(super) fn handlers(&mut self) -> String {
        let mut out = String::new();
        let effects = Around {
            state: true,
            effects: true,
            functions: self.made.len(),
            ..Around::default()
        };
        if self.pick(2) == 0 {
            self.around = effects.clone();
            out += &format!("on start {{\n{}}}\n", self.body(1));
        }
        for (name, fields) in messages() {
            for last in [false, true] {
                let guarded = !last;
                if guarded && self.pick(2) == 0 {
                    continue;
                }
                self.around = Around {
                    sender: true,
                    ..effects.clone()
                };
                for (field, ty) in &fields {
                    self.see(&format!("m.{field}"), ty, false);
                }
                let binding = if fields.is_empty() { "" } else { "(m)" };
                let guard = if guarded {
                    self.around.effects = false;
                    let guard = self.expr(&Bool, 2, Nothing);
                    self.around.effects = true;
                    format!(" when {guard}")
                } else {
                    String::new()
                };
                out += &format!("on {name}{binding}{guard} {{\n{}}}\n", self.body(1));
            }
        }
        self.around = effects.clone();
        out += &format!("on timer tick {{\n{}}}\n", self.body(1));
        self.see("key", &Int, false);
        out += &format!("on timer wait(key) {{\n{}}}\n", self.body(1));
        out
    }

    pub(super) fn body(&mut self, depth: usize) -> String {
        let body = self.statements(STATEMENTS, depth);
        self.scope.clear();
        body
    }

    /// At least one statement, each on its line; their names are gone afterwards.
    pub(super) fn statements(&mut self, most: usize, depth: usize) -> String {
        let before = self.scope.len();
        let mut out = String::new();
        for _ in 0..1 + self.pick(most) {
            out += &format!("    {}\n", self.statement(depth));
        }
        self.scope.truncate(before);
        out
    }

    pub(super) fn block(&mut self, depth: usize) -> String {
        format!("{{\n{}    }}", self.statements(2, depth))
    }

    pub(super) fn statement(&mut self, depth: usize) -> String {
        let nested = if depth < 3 { 22 } else { 14 };
        match self.pick(nested) {
            0 => self.let_statement(),
            1 => self.variable(),
            2..5 => self.assignment(),
            5 | 6 => self.update(),
            7 | 8 => self.change(),
            9 => self.let_else(depth),
            10 | 11 => self.effect(),
            12 => self.call_statement(),
            13 => self.jump(),
            14 | 15 => self.if_statement(depth),
            16 => {
                let ty = self.subject();
                let subject = self.expr(&ty, 1, Nothing);
                let arms = self.arms(&ty, |generator| generator.block(depth + 1));
                format!("match {subject} {{\n{}\n    }}", arms.join("\n"))
            }
            17..20 => self.loop_statement(depth),
            20 => self.while_let(depth),
            _ => self.while_statement(depth),
        }
    }

    pub(super) fn let_statement(&mut self) -> String {
        let (ty, name) = (self.ty(), self.name("it"));
        match self.pick(4) {
            0 => {
                let value = self.expr(&ty, 3, Written);
                self.see(&name, &ty, false);
                format!("let {name}: {} = {value}", ty.source())
            }
            1 => {
                let value = self.expr(&Tuple(vec![Int, Text]), 2, Nothing);
                let other = self.name("it");
                self.see(&name, &Int, false);
                self.see(&other, &Text, false);
                format!("let ({name}, {other}) = {value}")
            }
            2 => format!("let _ = {}", self.expr(&ty, 2, Nothing)),
            _ => {
                let value = self.expr(&ty, 3, Nothing);
                self.see(&name, &ty, false);
                format!("let {name} = {value}")
            }
        }
    }

    pub(super) fn variable(&mut self) -> String {
        let (ty, name) = (self.ty(), self.name("v"));
        let value = self.expr(&ty, 2, Written);
        self.see(&name, &ty, true);
        format!("var {name}: {} = {value}", ty.source())
    }

    pub(super) fn changeable(&mut self, ty: &Ty) -> Option<String> {
        self.place(ty, true)
    }

    pub(super) fn assignment(&mut self) -> String {
        let ty = self.ty();
        match self.changeable(&ty) {
            Some(place) => {
                let value = self.expr(&ty, 3, Nothing);
                format!("{place} = {value}")
            }
            None => self.variable(),
        }
    }

    pub(super) fn update(&mut self) -> String {
        let ty = self
            .one(&[Int, Int, Text, list(Int), Duration, Bytes])
            .clone();
        let Some(place) = self.changeable(&ty) else {
            return self.variable();
        };
        let sign = match ty {
            Int => *self.one(&["+", "-", "*", "/", "%"]),
            Duration => *self.one(&["+", "-"]),
            _ => "+",
        };
        format!("{place} {sign}= {}", self.expr(&ty, 2, Nothing))
    }

    /// A method that changes its place.
    pub(super) fn change(&mut self) -> String {
        let ty = self
            .one(&[list(Int), set(Int), map(Int, Int), list(Text)])
            .clone();
        let Some(place) = self.changeable(&ty) else {
            return self.variable();
        };
        let more = self.expr(&ty, 1, Nothing);
        let inner = match &ty {
            List(inner) => (**inner).clone(),
            _ => Int,
        };
        let (x, y) = (self.expr(&inner, 1, Nothing), self.expr(&Int, 1, Nothing));
        let small = self.pick(4);
        let call = match (&ty, self.pick(6)) {
            (_, 0) => format!("extend({more})"),
            (_, 1) if self.once_in(3) => "clear()".to_string(),
            (List(_), 2) => format!("insert({small}, {x})"),
            (List(_), 3) => format!("truncate({small})"),
            (List(_), 4) => format!("remove({small})"),
            (List(_), _) => format!("push({x})"),
            (Set(_), 2 | 3) => format!("remove({x})"),
            (Set(_), 4) => {
                let name = self.name("new");
                self.see(&name, &Bool, false);
                return format!("let {name} = {place}.insert({x})");
            }
            (Set(_), _) => format!("add({x})"),
            (_, 2 | 3) => format!("remove({y})"),
            _ => format!("insert({x}, {y})"),
        };
        format!("{place}.{call}")
    }

    pub(super) fn let_else(&mut self, depth: usize) -> String {
        let name = self.name("got");
        let value = self.expr(&option(Int), 2, Nothing);
        let before = self.scope.len();
        let leaves = self.leaves();
        let extra = if depth < 3 && self.once_in(3) {
            format!("{}\n        ", self.update())
        } else {
            String::new()
        };
        self.scope.truncate(before);
        self.see(&name, &Int, false);
        format!("let some({name}) = {value} else {{\n        {extra}{leaves}\n    }}")
    }

    /// A jump out of here.
    pub(super) fn leaves(&mut self) -> String {
        if self.around.in_loop && self.pick(2) == 0 {
            return (*self.one(&["continue", "break"])).to_string();
        }
        match self.around.result.clone() {
            Some(result) => format!("return {}", self.expr(&result, 1, Known)),
            None => "return".to_string(),
        }
    }

    pub(super) fn jump(&mut self) -> String {
        let condition = self.expr(&Bool, 2, Nothing);
        format!("if {condition} {{ {} }}", self.leaves())
    }
}

fn declared(fields: &[(&'static str, Ty)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, ty)| format!("{name}: {}", ty.source()))
        .collect();
    fields.join(", ")
}

fn variant(variant: &(&'static str, Vec<Ty>)) -> String {
    let (name, parts) = variant;
    let parts: Vec<String> = parts.iter().map(Ty::source).collect();
    if parts.is_empty() {
        (*name).to_string()
    } else {
        format!("{name}({})", parts.join(", "))
    }
}
