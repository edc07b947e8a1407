//! Programs from a seed.

use super::program::{Maps, Records, Statement, Text};

/// A generator of programs; the seed decides everything.
pub(crate) struct Generator {
    seed: u64,
    texts: usize,
    maps: usize,
    records: usize,
    loops: usize,
}

pub(crate) const LITERALS: [&str; 4] = ["", "a", "longer than one word", "z"];

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Generator {
            seed: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            texts: 0,
            maps: 0,
            records: 0,
            loops: 0,
        }
    }

    pub(crate) fn pick(&mut self, n: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed % n as u64) as usize
    }

    fn side(&mut self) -> bool {
        self.pick(2) == 0
    }

    fn literal(&mut self) -> &'static str {
        LITERALS[self.pick(LITERALS.len())]
    }

    fn key(&mut self) -> i64 {
        self.pick(4) as i64
    }

    fn text(&mut self, depth: usize) -> Text {
        match self.pick(if depth == 0 { 4 } else { 9 }) {
            0 => Text::Variable(self.side()),
            1 => Text::Field(self.side()),
            2 if self.texts > 0 => Text::Let(self.pick(self.texts)),
            3 if self.loops > 0 => Text::Loop(self.pick(self.loops)),
            4 | 5 => Text::GetOr(self.map(depth - 1).into(), self.key()),
            6 => Text::Joined(self.text(depth - 1).into(), self.text(depth - 1).into()),
            // The right operand changes what the left one was read from.
            7 if self.side() => {
                let place = self.text_place();
                let change = Statement::SetText(place.clone(), self.text(0));
                let value = self.text(0);
                Text::Joined(place.into(), Text::If(change.into(), value.into()).into())
            }
            7 => Text::If(self.simple(depth - 1).into(), self.text(depth - 1).into()),
            _ => Text::Literal(self.literal()),
        }
    }

    fn map_place(&mut self) -> Maps {
        match self.pick(5) {
            n @ 0..3 => Maps::Variable(n),
            _ => Maps::Field(self.side()),
        }
    }

    fn map(&mut self, depth: usize) -> Maps {
        match self.pick(6) {
            0 if self.maps > 0 => Maps::Let(self.pick(self.maps)),
            1 if depth > 0 => Maps::Filtered(self.map(depth - 1).into(), self.key()),
            2 if self.pick(4) == 0 => Maps::Empty,
            _ => self.map_place(),
        }
    }

    fn record(&mut self, depth: usize) -> Records {
        match self.pick(4) {
            0 if self.records > 0 => Records::Let(self.pick(self.records)),
            1 if depth > 0 => {
                Records::Made(self.text(depth - 1).into(), self.map(depth - 1).into())
            }
            _ => Records::Variable(self.side()),
        }
    }

    fn text_place(&mut self) -> Text {
        if self.side() {
            Text::Variable(self.side())
        } else {
            Text::Field(self.side())
        }
    }

    /// A statement without a body.
    fn simple(&mut self, depth: usize) -> Statement {
        match self.pick(8) {
            0 => Statement::SetText(self.text_place(), self.text(depth)),
            1 | 2 => Statement::SetEntry(self.map_place(), self.key(), self.text(depth)),
            3 => Statement::SetMap(self.map_place(), self.map(depth)),
            4 => Statement::SetRecord(self.side(), self.record(depth)),
            5 => Statement::Remove(self.map_place(), self.key()),
            6 => Statement::Append(self.text_place(), self.text(depth)),
            _ => Statement::SetEntry(self.map_place(), self.key(), self.text(depth)),
        }
    }

    pub(crate) fn statements(&mut self, count: usize) -> Vec<Statement> {
        (0..count)
            .map(|_| match self.pick(8) {
                0 => {
                    let value = self.text(2);
                    self.texts += 1;
                    Statement::LetText(value)
                }
                1 => {
                    let value = self.map(2);
                    self.maps += 1;
                    Statement::LetMap(value)
                }
                2 => {
                    let value = self.record(2);
                    self.records += 1;
                    Statement::LetRecord(value)
                }
                3 => {
                    let source = self.map(1);
                    let level = self.loops;
                    self.loops += 1;
                    let body = (0..1 + self.pick(3)).map(|_| self.simple(2)).collect();
                    self.loops -= 1;
                    Statement::For(level, source, body)
                }
                _ => self.simple(2),
            })
            .collect()
    }
}
