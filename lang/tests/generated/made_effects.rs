//! Effects, loops and calls, and what happens to a program.

use super::evaluator::Event;
use super::generator::Ty::*;
use super::generator::{Generator, list, map, messages, option, set};
use super::made_expressions::Want::{Nothing, Written};

impl Generator<'_> {
    pub(super) fn message(&mut self) -> String {
        let (name, fields) = self.one(&messages()).clone();
        if fields.is_empty() {
            return name.to_string();
        }
        format!("{name} {{ {} }}", self.fields(&fields, 2))
    }

    pub(super) fn effect(&mut self) -> String {
        if !self.around.effects || self.around.result.is_some() {
            return self.let_statement();
        }
        match self.pick(8) {
            0 | 1 if self.around.sender => format!("reply {}", self.message()),
            0..3 => format!(
                "send {}, {}",
                self.expr(&Address, 1, Nothing),
                self.message()
            ),
            3 => format!("broadcast friends, {}", self.message()),
            4 => format!("broadcast peers, {}", self.message()),
            5 => format!("set tick in {}", self.expr(&Duration, 1, Nothing)),
            6 => format!(
                "set wait({}) in {}",
                self.expr(&Int, 1, Nothing),
                self.expr(&Duration, 1, Nothing)
            ),
            _ => (*self.one(&["cancel tick", "cancel wait(1)", "cancel wait(0)"])).to_string(),
        }
    }

    /// A call whose value, if it has one, is given a name: nothing else looks on meanwhile.
    pub(super) fn call_statement(&mut self) -> String {
        let by = self.expr(&Int, 1, Nothing);
        let (name, choice) = (self.name("got"), self.pick(4));
        let call = match choice {
            3 if self.around.effects => {
                return format!("all_of({}, noted)", self.expr(&list(Int), 1, Written));
            }
            0 if self.around.effects => format!("bump({by})"),
            1 => match self.changeable(&list(Int)) {
                Some(place) => return format!("swap({place}, {by})"),
                None => format!("sum_to({})", self.pick(5)),
            },
            _ => match self.changeable(&Int) {
                Some(place) => format!("raise({place}, {by})"),
                None => format!("sum_to({})", self.pick(5)),
            },
        };
        self.see(&name, &Int, false);
        format!("let {name} = {call}")
    }

    pub(super) fn if_statement(&mut self, depth: usize) -> String {
        let condition = self.expr(&Bool, 2, Nothing);
        let mut out = format!("if {condition} {}", self.block(depth + 1));
        if self.once_in(3) {
            let (name, value) = (self.name("in"), self.expr(&option(Int), 1, Nothing));
            self.see(&name, &Int, false);
            let block = self.block(depth + 1);
            self.scope.pop();
            out += &format!(" else if let some({name}) = {value} {block}");
        }
        if self.once_in(2) {
            out += &format!(" else {}", self.block(depth + 1));
        }
        out
    }

    pub(super) fn in_loop(&mut self, depth: usize) -> String {
        let before = std::mem::replace(&mut self.around.in_loop, true);
        let block = self.block(depth + 1);
        self.around.in_loop = before;
        block
    }

    pub(super) fn loop_statement(&mut self, depth: usize) -> String {
        let name = self.name("each");
        let (head, ty) = match self.pick(6) {
            0 => (
                format!("{name} in {}", self.expr(&list(Int), 1, Nothing)),
                Int,
            ),
            1 => (
                format!("{name} in {}", self.expr(&set(Int), 1, Nothing)),
                Int,
            ),
            2 => (
                format!("{name}, _ in {}", self.expr(&map(Int, Int), 1, Nothing)),
                Int,
            ),
            3 => (format!("{name} in {}..{}", self.pick(3), self.pick(5)), Int),
            4 => (
                format!("_, {name} in {}", self.expr(&list(Text), 1, Nothing)),
                Text,
            ),
            _ => (
                format!(
                    "(_, {name}) in {}",
                    self.expr(&list(Tuple(vec![Int, Text])), 1, Nothing)
                ),
                Text,
            ),
        };
        self.see(&name, &ty, false);
        let block = self.in_loop(depth);
        self.scope.pop();
        format!("for {head} {block}")
    }

    pub(super) fn while_let(&mut self, depth: usize) -> String {
        let (xs, name) = (self.name("stack"), self.name("top"));
        let value = self.expr(&list(Int), 1, Written);
        self.see(&name, &Int, false);
        let block = self.in_loop(depth);
        self.scope.pop();
        format!("var {xs}: list<int> = {value}\n    while let some({name}) = {xs}.pop() {block}")
    }

    pub(super) fn while_statement(&mut self, depth: usize) -> String {
        let (name, most) = (self.name("n"), self.pick(4));
        self.see(&name, &Int, false);
        let block = self.in_loop(depth);
        self.scope.pop();
        let counted = block.replacen("{\n", &format!("{{\n    {name} += 1\n"), 1);
        format!("var {name} = 0\n    while {name} < {most} {counted}")
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        let mut events = vec![Event::Start];
        for _ in 0..2 + self.pick(5) {
            if self.once_in(4) {
                let micros = *self.one(&[1_000, 30_000_000, 10]);
                events.push(Event::Advance(micros));
                continue;
            }
            let (name, fields) = self.one(&messages()).clone();
            let body = self.record_value(&fields, 3);
            let from = (*self.one(&["p", "q", "someone"])).to_string();
            events.push(Event::Message {
                name: name.to_string(),
                body,
                from,
            });
        }
        events
    }
}
