//! What a program does, with every value cloned.

use super::program::{Expr, Place, Root, Statement, Step, Ty};
use pasc_vm::Value;

/// Why a handler does not come to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stop {
    /// A runtime error: an index or key that is not there.
    Missing,
    /// Values grow beyond what is worth trying.
    TooLarge,
}

/// How many elements a collection may have.
const MAX_ELEMENTS: usize = 120;
/// How many statements and expressions may be run.
const MAX_WORK: usize = 20_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) state: Vec<Value>,
    pub(crate) vars: Vec<Value>,
    pub(crate) lets: Vec<Value>,
    pub(crate) each: Vec<Value>,
    work: usize,
}

type Result<T> = std::result::Result<T, Stop>;

fn index_of(key: &Value) -> usize {
    match key {
        Value::Int(index) => usize::try_from(*index).unwrap_or(usize::MAX),
        _ => unreachable!("an index"),
    }
}

fn step_into<'v>(value: &'v mut Value, step: &Step) -> Result<&'v mut Value> {
    match (value, step) {
        (Value::Record(fields), Step::Field(index)) => Ok(&mut fields[*index]),
        (Value::List(items), Step::Index(index)) => {
            items.get_mut(index_of(index)).ok_or(Stop::Missing)
        }
        (Value::Map(entries), Step::Index(key)) => entries
            .iter_mut()
            .find(|entry| entry.0 == *key)
            .map(|entry| &mut entry.1)
            .ok_or(Stop::Missing),
        _ => unreachable!("no such part"),
    }
}

fn put(entries: &mut Vec<(Value, Value)>, key: Value, value: Value) {
    match entries.iter_mut().find(|entry| entry.0 == key) {
        Some(entry) => entry.1 = value,
        None => entries.push((key, value)),
    }
}

fn add(items: &mut Vec<Value>, item: Value) -> bool {
    let new = !items.contains(&item);
    if new {
        items.push(item);
    }
    new
}

impl Model {
    pub(crate) fn at(&mut self, place: &Place) -> Result<&mut Value> {
        let root = match place.root {
            Root::State(n) => &mut self.state[n],
            Root::Var(n) => &mut self.vars[n],
            Root::Let(n) => &mut self.lets[n],
            Root::Each(n) => &mut self.each[n],
        };
        place.steps.iter().try_fold(root, step_into)
    }

    fn work(&mut self) -> Result<()> {
        self.work += 1;
        if self.work > MAX_WORK {
            return Err(Stop::TooLarge);
        }
        Ok(())
    }

    /// Runs `visit` with each of these values as the variable of a loop.
    fn each_of(
        &mut self,
        values: Vec<Value>,
        mut visit: impl FnMut(&mut Self, Value) -> Result<()>,
    ) -> Result<()> {
        for value in values {
            self.each.push(value.clone());
            let visited = visit(self, value);
            self.each.pop();
            visited?;
        }
        Ok(())
    }

    pub(crate) fn expr(&mut self, expr: &Expr) -> Result<Value> {
        self.work()?;
        Ok(match expr {
            Expr::Literal(value) => value.clone(),
            Expr::Read(place) => self.at(place)?.clone(),
            Expr::Made(ty, parts) => self.made(ty, parts)?,
            Expr::Joined(left, right) => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                joined(left, right)?
            }
            Expr::GetOr(map, key, default) => {
                let default = self.expr(default)?;
                match self.at(map)? {
                    Value::Map(entries) => {
                        let found = entries.iter().find(|entry| entry.0 == *key);
                        found.map_or(default, |entry| entry.1.clone())
                    }
                    _ => unreachable!("a map"),
                }
            }
            Expr::Each(ty, _, source, without, body) => {
                let (Value::List(items) | Value::Set(items)) = self.at(source)?.clone() else {
                    unreachable!("a list or set")
                };
                let mut made = empty(ty);
                let items = items.into_iter().filter(|item| item != without).collect();
                self.each_of(items, |model, item| {
                    let value = model.expr(body)?;
                    match &mut made {
                        Value::List(list) => list.push(value),
                        Value::Set(set) => {
                            add(set, value);
                        }
                        Value::Map(entries) => put(entries, item, value),
                        _ => unreachable!("a collection"),
                    }
                    Ok(())
                })?;
                made
            }
            Expr::Take(list, index) => match self.at(list)? {
                Value::List(items) if (*index as usize) < items.len() => {
                    items.remove(*index as usize)
                }
                _ => return Err(Stop::Missing),
            },
            Expr::IfNew(set, item, a, b) => {
                let item = self.expr(item)?;
                let Value::Set(items) = self.at(set)? else {
                    unreachable!("a set")
                };
                if add(items, item) {
                    self.expr(a)?
                } else {
                    self.expr(b)?
                }
            }
            Expr::After(statement, value, _) => {
                self.run(statement)?;
                self.expr(value)?
            }
        })
    }

    fn made(&mut self, ty: &Ty, parts: &[Expr]) -> Result<Value> {
        let mut values = Vec::new();
        for part in parts {
            values.push(self.expr(part)?);
        }
        Ok(match ty {
            Ty::List(_) => Value::List(values),
            Ty::Record(..) => Value::Record(values),
            Ty::Set(_) => {
                let mut set = Vec::new();
                for value in values {
                    add(&mut set, value);
                }
                Value::Set(set)
            }
            Ty::Map(..) => {
                let mut entries = Vec::new();
                for entry in values.chunks(2) {
                    put(&mut entries, entry[0].clone(), entry[1].clone());
                }
                Value::Map(entries)
            }
            Ty::Int | Ty::Text => unreachable!("nothing made of parts"),
        })
    }

    pub(crate) fn run(&mut self, statement: &Statement) -> Result<()> {
        self.work()?;
        match statement {
            Statement::Assign(place, value) => {
                let value = self.expr(value)?;
                // The last key of a map need not be there.
                if let Some((Step::Index(key), outer)) = place.steps.split_last() {
                    let outer = Place {
                        steps: outer.to_vec(),
                        ..place.clone()
                    };
                    if let Value::Map(entries) = self.at(&outer)? {
                        put(entries, key.clone(), value);
                        return within(entries.len());
                    }
                }
                *self.at(place)? = value;
            }
            Statement::Put(place, key, value) => {
                let value = self.expr(value)?;
                let Value::Map(entries) = self.at(place)? else {
                    unreachable!("a map")
                };
                put(entries, key.clone(), value);
                return within(entries.len());
            }
            Statement::Append(place, value) => {
                let value = self.expr(value)?;
                let old = self.at(place)?.clone();
                *self.at(place)? = joined(old, value)?;
            }
            Statement::Push(place, value) => {
                let value = self.expr(value)?;
                let list = self.list(place)?;
                list.push(value);
                return within(list.len());
            }
            Statement::Insert(place, index, value) => {
                let value = self.expr(value)?;
                let list = self.list(place)?;
                if *index as usize > list.len() {
                    return Err(Stop::Missing);
                }
                list.insert(*index as usize, value);
                return within(list.len());
            }
            Statement::Remove(place, key) => match self.at(place)? {
                Value::List(items) if index_of(key) < items.len() => {
                    items.remove(index_of(key));
                }
                Value::List(_) => return Err(Stop::Missing),
                Value::Set(items) => items.retain(|item| item != key),
                Value::Map(entries) => entries.retain(|entry| entry.0 != *key),
                _ => unreachable!("a collection"),
            },
            Statement::Truncate(place, length) => self.list(place)?.truncate(*length as usize),
            Statement::Clear(place) => {
                let cleared = empty(place.ty());
                *self.at(place)? = cleared;
            }
            Statement::Add(place, value) => {
                let value = self.expr(value)?;
                let Value::Set(items) = self.at(place)? else {
                    unreachable!("a set")
                };
                add(items, value);
            }
            Statement::Let(_, value) => {
                let value = self.expr(value)?;
                self.lets.push(value);
            }
            Statement::For(_, source, body) => {
                let values = match self.at(source)?.clone() {
                    Value::List(items) | Value::Set(items) => items,
                    Value::Map(entries) => entries.into_iter().map(|entry| entry.1).collect(),
                    _ => unreachable!("a collection"),
                };
                self.each_of(values, |model, _| {
                    body.iter().try_for_each(|inner| model.run(inner))
                })?;
            }
            Statement::Times(count, body) => {
                for _ in 0..*count {
                    body.iter().try_for_each(|inner| self.run(inner))?;
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, place: &Place) -> Result<&mut Vec<Value>> {
        match self.at(place)? {
            Value::List(items) => Ok(items),
            _ => unreachable!("a list"),
        }
    }
}

fn within(elements: usize) -> Result<()> {
    if elements > MAX_ELEMENTS {
        return Err(Stop::TooLarge);
    }
    Ok(())
}

fn joined(left: Value, right: Value) -> Result<Value> {
    match (left, right) {
        (Value::List(mut left), Value::List(right)) => {
            left.extend(right);
            within(left.len())?;
            Ok(Value::List(left))
        }
        (Value::Text(left), Value::Text(right)) => {
            within(left.len() + right.len())?;
            Ok(Value::Text(left + &right))
        }
        _ => unreachable!("nothing to join"),
    }
}

/// The collection of this type without elements.
fn empty(ty: &Ty) -> Value {
    match ty {
        Ty::List(_) => Value::List(Vec::new()),
        Ty::Set(_) => Value::Set(Vec::new()),
        Ty::Map(..) => Value::Map(Vec::new()),
        _ => unreachable!("a collection"),
    }
}
