//! Calls, names and what is gone through.

use super::evaluator::{Declared, Evaluator, Flow, Result, qualified};
use super::places::Place;
use super::values::{V, add, put};
use pasc_lang::ast::*;
use std::collections::BTreeMap;

impl<'p> Evaluator<'p> {
    /// A value where its type is written: `{}` is a set or a map, a text may be an address.
    pub(crate) fn coerced(&self, value: V, ty: &Type) -> V {
        let inner = |at: usize, value: V| self.coerced(value, &ty.arguments[at]);
        let all =
            |at: usize, items: Vec<V>| items.into_iter().map(|item| inner(at, item)).collect();
        match (ty.name.text.as_str(), value) {
            ("address", V::Text(text)) => V::Address(text),
            ("duration", V::Int(0)) => V::Duration(0),
            ("set", V::Map(entries)) if entries.is_empty() => V::Set(Vec::new()),
            ("set", V::Set(items)) => V::Set(all(0, items)),
            ("list", V::List(items)) => V::List(all(0, items)),
            ("map", V::Map(entries)) => V::Map(
                entries
                    .into_iter()
                    .map(|(k, v)| (inner(0, k), inner(1, v)))
                    .collect(),
            ),
            ("option", V::Option(Some(value))) => V::some(inner(0, *value)),
            ("(", V::Tuple(items)) => V::Tuple(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(at, item)| inner(at, item))
                    .collect(),
            ),
            (_, value) => value,
        }
    }

    /// Calls a function of the program or of a module; nothing if there is none of that name.
    pub(crate) fn call(&mut self, name: &str, arguments: &[Expr]) -> Result<Option<Option<V>>> {
        let module = self.module.clone();
        let Some((module, function)) = self.function(&module, name) else {
            return Ok(None);
        };
        let mut passed = BTreeMap::new();
        let (mut scope, mut places): (BTreeMap<String, V>, Vec<(String, Place)>) =
            Default::default();
        // As in an assignment, places are found in the state that the values leave.
        let pairs = || function.parameters.iter().zip(arguments);
        for (parameter, argument) in pairs().filter(|pair| !pair.0.changeable) {
            let forms = [TypeForm::Function, TypeForm::FunctionWithResult];
            if forms.contains(&parameter.ty.form) {
                passed.insert(parameter.name.text.clone(), self.passed_function(argument));
                continue;
            }
            let value = self.expr(argument)?;
            let value = self.coerced(value, &parameter.ty);
            scope.insert(parameter.name.text.clone(), value);
        }
        for (parameter, argument) in pairs().filter(|pair| pair.0.changeable) {
            let place = self.place(argument)?;
            let value = self.at(&place, false)?.clone();
            scope.insert(parameter.name.text.clone(), value);
            places.push((parameter.name.text.clone(), place));
        }
        self.spend(1)?;
        let outer_passed = std::mem::replace(&mut self.passed, passed);
        let outer = std::mem::replace(&mut self.scopes, vec![scope]);
        let before = std::mem::replace(&mut self.module, module);
        let result = self.block(&function.body);
        let inner = std::mem::replace(&mut self.scopes, outer);
        self.module = before;
        self.passed = outer_passed;
        let value = match result {
            Ok(value) | Err(Flow::Return(value)) => value,
            Err(flow) => return Err(flow),
        };
        for (name, place) in places {
            *self.at(&place, false)? = inner[0][&name].clone();
        }
        let result = function.result.as_ref();
        Ok(Some(
            result.zip(value).map(|(ty, value)| self.coerced(value, ty)),
        ))
    }

    /// The function with a name, as it is seen in a module.
    fn function(&self, module: &str, name: &str) -> Option<Declared<'p>> {
        let known = [qualified(module, name), name.to_string()];
        let declared = || {
            known
                .iter()
                .find_map(|name| self.functions.get(name).cloned())
        };
        self.passed.get(name).cloned().or_else(declared)
    }

    /// The function that an argument names.
    fn passed_function(&self, argument: &Expr) -> Declared<'p> {
        let found = match &argument.kind {
            ExprKind::Name(name) => self.function(&self.module, name),
            ExprKind::Field(base, name) => match &base.kind {
                ExprKind::Name(module) => self.function(module, &name.text),
                _ => None,
            },
            _ => None,
        };
        found.unwrap_or_else(|| panic!("{argument:?} is no function"))
    }

    /// The value of a name.
    pub(crate) fn name(&self, name: &str) -> V {
        match name {
            "none" => return V::Option(None),
            "self" => return V::Address(self.own.clone()),
            "sender" => return V::Address(self.sender.clone()),
            "now" => return V::Duration(self.now),
            _ => {}
        }
        let local = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        let state = || {
            self.world
                .state
                .iter()
                .find(|known| known.0 == name)
                .map(|known| &known.1)
        };
        let fixed = || {
            let own = self.fixed.get(&qualified(&self.module, name));
            own.or_else(|| self.fixed.get(name))
        };
        match local.or_else(state).or_else(fixed) {
            Some(value) => value.clone(),
            None => panic!("no `{name}`"),
        }
    }

    /// Goes through what a `for` goes through, with its names bound.
    pub(crate) fn each(
        &mut self,
        clause: &ForClause,
        mut visit: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mut rounds: Vec<(V, Option<V>)> = Vec::new();
        match &clause.source {
            Source::Range(from, to) => {
                let (V::Int(from), V::Int(to)) = (self.expr(from)?, self.expr(to)?) else {
                    panic!("no range")
                };
                let count = i128::from(to) - i128::from(from);
                self.spend(count.clamp(0, i128::from(u32::MAX)) as usize)?;
                rounds.extend((from..to).map(|n| (V::Int(n), None)));
            }
            Source::Values(values) => match self.expr(values)? {
                V::Map(entries) if clause.second.is_some() => {
                    rounds.extend(entries.into_iter().map(|(k, v)| (k, Some(v))));
                }
                V::Map(entries) => rounds.extend(entries.into_iter().map(|(k, _)| (k, None))),
                V::List(items) if clause.second.is_some() => {
                    let items = items.into_iter().enumerate();
                    rounds.extend(items.map(|(at, item)| (V::Int(at as i64), Some(item))));
                }
                V::List(items) | V::Set(items) => {
                    rounds.extend(items.into_iter().map(|item| (item, None)))
                }
                other => panic!("{other:?} has no elements"),
            },
        }
        for (first, second) in rounds {
            self.spend(1)?;
            self.scopes.push(BTreeMap::new());
            let visited = self.round(clause, &first, second.as_ref(), &mut visit);
            self.scopes.pop();
            visited?;
        }
        Ok(())
    }

    pub(super) fn round(
        &mut self,
        clause: &ForClause,
        first: &V,
        second: Option<&V>,
        visit: &mut impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.takes(&clause.first, first)?;
        if let (Some(pattern), Some(value)) = (&clause.second, second) {
            self.takes(pattern, value)?;
        }
        let wanted = match &clause.condition {
            Some(condition) => self.condition(condition)?,
            None => true,
        };
        if wanted { visit(self) } else { Ok(()) }
    }

    /// Elements of a collection made by a comprehension.
    pub(crate) fn comprehension(&mut self, kind: &ExprKind) -> Result<V> {
        let (mut list, mut set, mut map) = (Vec::new(), Vec::new(), Vec::new());
        Ok(match kind {
            ExprKind::ListComprehension(item, clause) => {
                self.each(clause, |evaluator| {
                    list.push(evaluator.expr(item)?);
                    Ok(())
                })?;
                V::List(list)
            }
            ExprKind::SetComprehension(item, clause) => {
                self.each(clause, |evaluator| {
                    add(&mut set, evaluator.expr(item)?);
                    Ok(())
                })?;
                V::Set(set)
            }
            ExprKind::MapComprehension(key, value, clause) => {
                self.each(clause, |evaluator| {
                    let (key, value) = (evaluator.expr(key)?, evaluator.expr(value)?);
                    put(&mut map, key, value);
                    Ok(())
                })?;
                V::Map(map)
            }
            other => panic!("{other:?} is no comprehension"),
        })
    }

    pub(crate) fn enum_variant(&self, of: &str, name: &str) -> usize {
        let enums = self
            .program
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Enum(found) if found.name.text == of || of.is_empty() => Some(found),
                _ => None,
            });
        let at = |found: &Enum| {
            found
                .variants
                .iter()
                .position(|variant| variant.name.text == name)
        };
        match enums.filter_map(at).next() {
            Some(at) => at,
            None => panic!("no {of}.{name}"),
        }
    }

    pub(crate) fn is_module(&self, name: &str) -> bool {
        let prefix = format!("{name}.");
        let known = self.functions.keys().chain(self.fixed.keys());
        known.into_iter().any(|known| known.starts_with(&prefix))
    }

    pub(crate) fn module_constant(&self, module: &str, name: &str) -> V {
        self.fixed[&qualified(module, name)].clone()
    }
}
