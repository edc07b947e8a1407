//! What a program does, with every value cloned.

use super::program::{Map, Maps, Record, Records, Statement, Text};

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// `sa`, `sb`, `vm`
    pub(crate) maps: [Map; 3],
    /// `vr`, `sr`
    pub(crate) records: [Record; 2],
    /// `vt`, `st`
    pub(crate) texts: [String; 2],
    pub(crate) let_texts: Vec<String>,
    pub(crate) let_maps: Vec<Map>,
    pub(crate) let_records: Vec<Record>,
    loops: Vec<String>,
}

impl Model {
    /// The values with which the handler begins.
    pub(crate) fn start() -> Self {
        let map = vec![(1, "one".into()), (2, "two".into())];
        let record = Record {
            t: "start".into(),
            m: vec![(3, "three".into())],
        };
        Model {
            maps: [map.clone(), Map::new(), map],
            records: [record.clone(), record],
            ..Model::default()
        }
    }

    fn text(&mut self, value: &Text) -> String {
        match value {
            Text::Literal(text) => text.to_string(),
            Text::Variable(state) => self.texts[usize::from(*state)].clone(),
            Text::Field(state) => self.records[usize::from(*state)].t.clone(),
            Text::GetOr(map, key) => {
                let map = self.map(map);
                let found = map.iter().find(|entry| entry.0 == *key);
                found.map_or("-".to_string(), |entry| entry.1.clone())
            }
            Text::Let(n) => self.let_texts[*n].clone(),
            Text::Loop(n) => self.loops[*n].clone(),
            Text::Joined(left, right) => self.text(left) + &self.text(right),
            Text::If(statement, value) => {
                self.run(statement);
                self.text(value)
            }
        }
    }

    fn map(&mut self, value: &Maps) -> Map {
        match value {
            Maps::Empty => Map::new(),
            Maps::Variable(n) => self.maps[*n].clone(),
            Maps::Field(state) => self.records[usize::from(*state)].m.clone(),
            Maps::Let(n) => self.let_maps[*n].clone(),
            Maps::Filtered(map, key) => {
                let kept = self.map(map).into_iter().filter(|entry| entry.0 != *key);
                kept.map(|(k, v)| (k, v + "'")).collect()
            }
        }
    }

    fn record(&mut self, value: &Records) -> Record {
        match value {
            Records::Variable(state) => self.records[usize::from(*state)].clone(),
            Records::Let(n) => self.let_records[*n].clone(),
            Records::Made(t, m) => Record {
                t: self.text(t),
                m: self.map(m),
            },
        }
    }

    fn map_place(&mut self, place: &Maps) -> &mut Map {
        match place {
            Maps::Variable(n) => &mut self.maps[*n],
            Maps::Field(state) => &mut self.records[usize::from(*state)].m,
            _ => unreachable!("no place"),
        }
    }

    fn text_place(&mut self, place: &Text) -> &mut String {
        match place {
            Text::Variable(state) => &mut self.texts[usize::from(*state)],
            Text::Field(state) => &mut self.records[usize::from(*state)].t,
            _ => unreachable!("no place"),
        }
    }

    pub(crate) fn run(&mut self, statement: &Statement) {
        match statement {
            Statement::SetText(place, value) => {
                let value = self.text(value);
                *self.text_place(place) = value;
            }
            Statement::SetEntry(map, key, value) => {
                let value = self.text(value);
                let map = self.map_place(map);
                match map.iter_mut().find(|entry| entry.0 == *key) {
                    Some(entry) => entry.1 = value,
                    None => map.push((*key, value)),
                }
            }
            Statement::SetMap(place, value) => {
                let value = self.map(value);
                *self.map_place(place) = value;
            }
            Statement::SetRecord(state, value) => {
                let value = self.record(value);
                self.records[usize::from(*state)] = value;
            }
            Statement::Remove(map, key) => self.map_place(map).retain(|entry| entry.0 != *key),
            Statement::Append(place, end) => {
                let end = self.text(end);
                self.text_place(place).push_str(&end);
            }
            Statement::LetText(value) => {
                let value = self.text(value);
                self.let_texts.push(value);
            }
            Statement::LetMap(value) => {
                let value = self.map(value);
                self.let_maps.push(value);
            }
            Statement::LetRecord(value) => {
                let value = self.record(value);
                self.let_records.push(value);
            }
            Statement::For(_, map, body) => {
                for (_, value) in self.map(map) {
                    self.loops.push(value);
                    body.iter().for_each(|inner| self.run(inner));
                    self.loops.pop();
                }
            }
        }
    }
}
