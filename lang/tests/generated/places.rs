//! Places, and the methods that change them.

use pasc_lang::ast::*;

use super::evaluator::{Error, Evaluator, Flow, Result};
use super::methods;
use super::values::{V, add, put};

/// The way from a variable to a part of it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    root: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Field(String),
    Index(V),
}

impl Evaluator<'_> {
    /// The place that an expression names; its indices are computed.
    pub(crate) fn place(&mut self, expr: &Expr) -> Result<Place> {
        match &expr.kind {
            ExprKind::Name(name) => {
                let (root, steps) = (name.clone(), Vec::new());
                Ok(Place { root, steps })
            }
            ExprKind::Field(base, name) => {
                let mut place = self.place(base)?;
                place.steps.push(Step::Field(name.text.clone()));
                Ok(place)
            }
            ExprKind::Index(base, index) => {
                let mut place = self.place(base)?;
                let index = self.expr(index)?;
                place.steps.push(Step::Index(index));
                Ok(place)
            }
            other => panic!("{other:?} is no place"),
        }
    }

    /// What lies in a place. If it is about to be given a value, the last key need not be there.
    pub(crate) fn at(&mut self, place: &Place, create: bool) -> Result<&mut V> {
        let local = self
            .scopes
            .iter_mut()
            .rev()
            .find_map(|scope| scope.get_mut(&place.root));
        let state = self
            .world
            .state
            .iter_mut()
            .find(|known| known.0 == place.root);
        let Some(mut value) = local.or(state.map(|known| &mut known.1)) else {
            panic!("no variable {}", place.root)
        };
        for (number, step) in place.steps.iter().enumerate() {
            let last = number + 1 == place.steps.len();
            value = match (value, step) {
                (V::Record(fields), Step::Field(name)) => {
                    let Some(field) = fields.iter_mut().find(|field| field.0 == *name) else {
                        panic!("no field {name}")
                    };
                    &mut field.1
                }
                (V::Tuple(items), Step::Field(name)) => &mut items[name.parse::<usize>().unwrap()],
                (V::List(items), Step::Index(at)) => {
                    let at = methods::index(at, items.len())?;
                    &mut items[at]
                }
                (V::Map(entries), Step::Index(key)) => {
                    let known = entries.iter().position(|entry| entry.0.same(key));
                    let at = match known {
                        Some(at) => at,
                        None if create && last => {
                            put(entries, key.clone(), V::Bool(false));
                            entries.len() - 1
                        }
                        None => return Err(Flow::Error(Error::MissingKey)),
                    };
                    &mut entries[at].1
                }
                (other, step) => panic!("{step:?} of {other:?}"),
            };
        }
        Ok(value)
    }

    /// A method that changes its place; nothing if it is none. The value may be none, too.
    pub(crate) fn change(
        &mut self,
        base: &Expr,
        name: &str,
        arguments: &[Expr],
    ) -> Result<Option<Option<V>>> {
        let changes = [
            "push", "pop", "insert", "add", "remove", "truncate", "clear", "extend",
        ];
        let is_place = matches!(
            base.kind,
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..)
        );
        if !changes.contains(&name) || !is_place {
            return Ok(None);
        }
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.expr(argument)?);
        }
        let place = self.place(base)?;
        let value = self.at(&place, false)?;
        Ok(Some(match (value, name, values.as_slice()) {
            (V::List(items), "push", [item]) => {
                items.push(item.clone());
                None
            }
            (V::List(items), "pop", []) => Some(V::option(items.pop())),
            (V::List(items), "insert", [at, item]) => {
                let at = methods::index(at, items.len() + 1)?;
                items.insert(at, item.clone());
                None
            }
            (V::List(items), "remove", [at]) => {
                let at = methods::index(at, items.len())?;
                Some(items.remove(at))
            }
            (V::List(items), "truncate", [V::Int(length)]) => {
                if *length < 0 {
                    return Err(Flow::Error(Error::IndexOutOfRange));
                }
                items.truncate(*length as usize);
                None
            }
            (V::List(items), "extend", [V::List(more)]) => {
                items.extend_from_slice(more);
                None
            }
            (V::List(items) | V::Set(items), "clear", []) => {
                items.clear();
                None
            }
            (V::Map(entries), "clear", []) => {
                entries.clear();
                None
            }
            (V::Set(items), "insert" | "add", [item]) => Some(V::Bool(add(items, item.clone()))),
            (V::Set(items), "remove", [item]) => {
                let before = items.len();
                items.retain(|known| !known.same(item));
                Some(V::Bool(items.len() < before))
            }
            (V::Set(items), "extend", [V::Set(more)]) => {
                for item in more {
                    add(items, item.clone());
                }
                None
            }
            (V::Map(entries), "insert", [key, value]) => {
                put(entries, key.clone(), value.clone());
                None
            }
            (V::Map(entries), "remove", [key]) => {
                let before = entries.len();
                entries.retain(|entry| !entry.0.same(key));
                Some(V::Bool(entries.len() < before))
            }
            (V::Map(entries), "extend", [V::Map(more)]) => {
                more.iter()
                    .for_each(|(key, value)| put(entries, key.clone(), value.clone()));
                None
            }
            (value, name, _) => panic!("{value:?}.{name}"),
        }))
    }
}
