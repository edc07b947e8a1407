//! Programs from a seed. The model runs along, so that most places that are named exist.

use std::collections::BTreeMap;

use super::model::{Model, Stop};
use super::program::{Expr, Place, Root, Statement, Step, Ty};
use pasc_vm::Value;

/// How often each operation and each nesting of types was produced.
pub(crate) type Counts = BTreeMap<String, usize>;

/// A generator of programs; the seed decides everything.
pub(crate) struct Generator {
    seed: u64,
    /// Types of variables: `s0` and `v0` have the first, and so on.
    pub(crate) types: Vec<Ty>,
    pub(crate) records: Vec<Vec<Ty>>,
    pub(crate) model: Model,
    pub(crate) lets: Vec<Ty>,
    each: Vec<Ty>,
    pub(crate) counts: Counts,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let mut generator = Generator {
            seed: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            types: Vec::new(),
            records: Vec::new(),
            model: Model::default(),
            lets: Vec::new(),
            each: Vec::new(),
            counts: Counts::new(),
        };
        for _ in 0..1 + generator.pick(2) {
            let ty = generator.ty(3);
            generator.know(&ty);
        }
        for ty in generator.types.clone() {
            let value = generator.value(&ty, 3);
            generator.model.vars.push(value.clone());
            generator.model.state.push(value);
        }
        generator
    }

    fn pick(&mut self, n: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed % n as u64) as usize
    }

    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_string()).or_default() += 1;
    }

    /// Gives the type and its parts variables.
    fn know(&mut self, ty: &Ty) {
        for part in ty.parts() {
            self.count(&format!("{} in {}", part.kind(), ty.kind()));
            self.know(part);
        }
        if !self.types.contains(ty) {
            self.types.push(ty.clone());
        }
    }

    fn ty(&mut self, depth: usize) -> Ty {
        if depth == 0 {
            return [Ty::Int, Ty::Text][self.pick(2)].clone();
        }
        match self.pick(4) {
            0 => Ty::List(self.ty(depth - 1).into()),
            1 => Ty::Set(self.ordered(depth - 1).into()),
            2 => {
                let key = self.pick(2);
                Ty::Map(self.ordered(key).into(), self.ty(depth - 1).into())
            }
            _ => {
                let mut fields = vec![self.ty(depth - 1)];
                if self.pick(2) == 0 {
                    fields.push(self.ty(0));
                }
                self.record(fields)
            }
        }
    }

    fn ordered(&mut self, depth: usize) -> Ty {
        if depth == 0 || self.pick(2) == 0 {
            return self.ty(0);
        }
        match self.pick(2) {
            0 => Ty::List(self.ordered(depth - 1).into()),
            _ => {
                let fields = vec![self.ordered(depth - 1)];
                self.record(fields)
            }
        }
    }

    fn record(&mut self, fields: Vec<Ty>) -> Ty {
        self.records.push(fields.clone());
        Ty::Record(self.records.len() - 1, fields)
    }

    /// A value with at most `size` elements in each collection.
    fn value(&mut self, ty: &Ty, size: usize) -> Value {
        let count = if size == 0 { 0 } else { self.pick(size + 1) };
        let smaller = size.saturating_sub(1);
        match ty {
            Ty::Int => Value::Int(self.pick(5) as i64),
            Ty::Text => {
                let text = ["", "a", "b", "longer than one word"][self.pick(4)];
                Value::Text(text.to_string())
            }
            Ty::List(element) => {
                Value::List((0..count).map(|_| self.value(element, smaller)).collect())
            }
            Ty::Set(element) => {
                let mut items: Vec<Value> = Vec::new();
                for _ in 0..count {
                    let item = self.value(element, smaller);
                    if !items.contains(&item) {
                        items.push(item);
                    }
                }
                Value::Set(items)
            }
            Ty::Map(key, value) => {
                let mut entries: Vec<(Value, Value)> = Vec::new();
                for _ in 0..count {
                    let entry = (self.value(key, smaller), self.value(value, smaller));
                    if entries.iter().all(|known| known.0 != entry.0) {
                        entries.push(entry);
                    }
                }
                Value::Map(entries)
            }
            Ty::Record(_, fields) => {
                Value::Record(fields.iter().map(|field| self.value(field, size)).collect())
            }
        }
    }

    /// Places that exist now and fit; those that can be changed alone, if so wanted.
    fn places(&mut self, changeable: bool, fits: impl Fn(&Ty) -> bool) -> Vec<Place> {
        let mut roots = Vec::new();
        for index in 0..self.types.len() {
            roots.push((Root::State(index), self.types[index].clone()));
            roots.push((Root::Var(index), self.types[index].clone()));
        }
        if !changeable {
            let lets = self.lets.iter().enumerate();
            roots.extend(lets.map(|(index, ty)| (Root::Let(index), ty.clone())));
            let each = self.each.iter().enumerate();
            roots.extend(each.map(|(index, ty)| (Root::Each(index), ty.clone())));
        }
        let mut places = Vec::new();
        for (root, ty) in roots {
            let place = Place {
                root,
                steps: Vec::new(),
                types: vec![ty],
            };
            if let Ok(value) = self.model.at(&place) {
                let value = value.clone();
                parts(place, &value, &fits, &mut places);
            }
        }
        places
    }

    fn place(&mut self, changeable: bool, fits: impl Fn(&Ty) -> bool) -> Option<Place> {
        let mut places = self.places(changeable, fits);
        if places.is_empty() {
            return None;
        }
        let index = self.pick(places.len());
        Some(places.swap_remove(index))
    }

    fn expr(&mut self, ty: &Ty, depth: usize) -> Expr {
        let choice = self.pick(if depth == 0 { 3 } else { 11 });
        let made = match choice {
            3 => self.made(ty, depth),
            4 if matches!(ty, Ty::List(_) | Ty::Text) => {
                self.count("join");
                let (left, right) = (self.expr(ty, depth - 1), self.expr(ty, depth - 1));
                Some(Expr::Joined(left.into(), right.into()))
            }
            5 => self.get_or(ty, depth),
            6 | 7 => self.each(ty, depth),
            8 => self.take(ty),
            9 => self.if_new(ty, depth),
            10 => {
                self.count("statement in a value");
                let statement = self.simple(depth - 1);
                let value = self.expr(ty, depth - 1);
                let other = self.value(ty, 1);
                Some(Expr::After(statement.into(), value.into(), other))
            }
            0 => None,
            _ => self.place(false, |found| found == ty).map(Expr::Read),
        };
        made.unwrap_or_else(|| Expr::Literal(self.value(ty, 2)))
    }

    fn made(&mut self, ty: &Ty, depth: usize) -> Option<Expr> {
        let count = self.pick(3);
        let parts = match ty {
            Ty::Int | Ty::Text => return None,
            Ty::List(element) => (0..count).map(|_| self.expr(element, depth - 1)).collect(),
            // Braces with nothing in them are no statement's worth of trouble.
            Ty::Set(element) => (0..1 + count)
                .map(|_| self.expr(element, depth - 1))
                .collect(),
            Ty::Map(key, value) => (0..count)
                .flat_map(|_| [self.expr(key, 0), self.expr(value, depth - 1)])
                .collect(),
            Ty::Record(_, fields) => fields
                .iter()
                .map(|field| self.expr(field, depth - 1))
                .collect(),
        };
        self.count(&format!("make a {}", ty.kind()));
        Some(Expr::Made(ty.clone(), parts))
    }

    fn get_or(&mut self, ty: &Ty, _depth: usize) -> Option<Expr> {
        let map = self.place(
            false,
            |found| matches!(found, Ty::Map(_, value) if **value == *ty),
        )?;
        self.count("get_or");
        let key = map.ty().parts()[0].clone();
        let key = self.key_of(&map, &key);
        let default = self.expr(ty, 0);
        Some(Expr::GetOr(map, key, default.into()))
    }

    /// A key of the map or element of the set, or mostly so.
    fn key_of(&mut self, place: &Place, ty: &Ty) -> Value {
        let known: Vec<Value> = match self.model.at(place) {
            Ok(Value::Map(entries)) => entries.iter().map(|entry| entry.0.clone()).collect(),
            Ok(Value::Set(items)) => items.clone(),
            _ => Vec::new(),
        };
        if known.is_empty() || self.pick(3) == 0 {
            return self.value(ty, 2);
        }
        known[self.pick(known.len())].clone()
    }

    fn each(&mut self, ty: &Ty, depth: usize) -> Option<Expr> {
        let (of_map, body_ty) = match ty {
            Ty::List(element) | Ty::Set(element) => (None, (**element).clone()),
            Ty::Map(key, value) => (Some(key.clone()), (**value).clone()),
            _ => return None,
        };
        let source = self.place(false, |found| match found {
            Ty::List(element) | Ty::Set(element) => {
                of_map.as_ref().is_none_or(|key| key == element)
            }
            _ => false,
        })?;
        self.count(&format!(
            "comprehension of a {} from a {}",
            ty.kind(),
            source.ty().kind()
        ));
        let element = source.ty().parts()[0].clone();
        let without = self.value(&element, 1);
        let level = self.each.len();
        let body = self.with_each(&element, |generator| generator.expr(&body_ty, depth - 1));
        Some(Expr::Each(ty.clone(), level, source, without, body.into()))
    }

    /// Generates what stands where a loop's variable is to be seen.
    fn with_each<T>(&mut self, ty: &Ty, generate: impl FnOnce(&mut Self) -> T) -> T {
        self.each.push(ty.clone());
        let value = self.value(ty, 2);
        self.model.each.push(value);
        let generated = generate(self);
        self.each.pop();
        self.model.each.pop();
        generated
    }

    fn take(&mut self, ty: &Ty) -> Option<Expr> {
        let list = self.place(
            true,
            |found| matches!(found, Ty::List(element) if **element == *ty),
        )?;
        let index = self.index(&list, 0)?;
        self.count("take");
        Some(Expr::Take(list, index))
    }

    /// An index of a list, which exists if `beyond` is 0.
    fn index(&mut self, list: &Place, beyond: usize) -> Option<i64> {
        let length = match self.model.at(list) {
            Ok(Value::List(items)) => items.len() + beyond,
            _ => 0,
        };
        (length > 0).then(|| self.pick(length) as i64)
    }

    fn if_new(&mut self, ty: &Ty, depth: usize) -> Option<Expr> {
        let set = self.place(true, |found| matches!(found, Ty::Set(_)))?;
        self.count("insert as a condition");
        let item = self.expr(&set.ty().parts()[0].clone(), depth - 1);
        let (a, b) = (self.expr(ty, depth - 1), self.expr(ty, depth - 1));
        Some(Expr::IfNew(set, item.into(), a.into(), b.into()))
    }

    /// A statement without a body.
    fn simple(&mut self, depth: usize) -> Statement {
        loop {
            let choice = self.pick(12);
            if let Some(statement) = self.try_simple(choice, depth) {
                return statement;
            }
        }
    }

    fn try_simple(&mut self, choice: usize, depth: usize) -> Option<Statement> {
        let is_list = |ty: &Ty| matches!(ty, Ty::List(_));
        let (name, statement) = match choice {
            0..3 => {
                let place = self.place(true, |_| true)?;
                let value = self.expr(&place.ty().clone(), depth);
                let name = match place.steps.last() {
                    None => "assign a variable",
                    Some(Step::Field(_)) => "assign a field",
                    Some(Step::Index(_)) => "assign an element",
                };
                (name, Statement::Assign(place, value))
            }
            3 => {
                let place = self.place(true, |ty| matches!(ty, Ty::List(_) | Ty::Text))?;
                let value = self.expr(&place.ty().clone(), depth);
                ("append", Statement::Append(place, value))
            }
            4 | 5 => {
                let place = self.place(true, is_list)?;
                let value = self.expr(&place.ty().parts()[0].clone(), depth);
                ("push", Statement::Push(place, value))
            }
            6 => {
                let place = self.place(true, is_list)?;
                let index = self.index(&place, 1)?;
                let value = self.expr(&place.ty().parts()[0].clone(), depth);
                ("insert", Statement::Insert(place, index, value))
            }
            7 => {
                let place = self.place(true, |ty| {
                    matches!(ty, Ty::List(_) | Ty::Set(_) | Ty::Map(..))
                })?;
                let key = match place.ty().clone() {
                    Ty::List(_) => Value::Int(self.index(&place, 0)?),
                    other => self.key_of(&place, other.parts()[0]),
                };
                let name = match place.ty() {
                    Ty::List(_) => "remove from a list",
                    Ty::Set(_) => "remove from a set",
                    _ => "remove from a map",
                };
                (name, Statement::Remove(place, key))
            }
            8 => {
                let place = self.place(true, is_list)?;
                ("truncate", Statement::Truncate(place, self.pick(3) as i64))
            }
            9 if self.pick(3) == 0 => {
                let place = self.place(true, |ty| {
                    matches!(ty, Ty::List(_) | Ty::Set(_) | Ty::Map(..))
                })?;
                ("clear", Statement::Clear(place))
            }
            10 => {
                let place = self.place(true, |ty| matches!(ty, Ty::Set(_)))?;
                let value = self.expr(&place.ty().parts()[0].clone(), depth);
                ("add", Statement::Add(place, value))
            }
            11 => {
                let place = self.place(true, |ty| matches!(ty, Ty::Map(..)))?;
                let parts: Vec<Ty> = place.ty().parts().into_iter().cloned().collect();
                let key = self.key_of(&place, &parts[0]);
                (
                    "put",
                    Statement::Put(place, key, self.expr(&parts[1], depth)),
                )
            }
            _ => return None,
        };
        self.count(name);
        Some(statement)
    }

    fn body(&mut self) -> Vec<Statement> {
        (0..1 + self.pick(3)).map(|_| self.simple(2)).collect()
    }

    /// A statement that may have a body; the model has not run it yet.
    fn statement(&mut self) -> Statement {
        match self.pick(9) {
            0 | 1 => {
                self.count("let");
                let index = self.pick(self.types.len());
                let ty = self.types[index].clone();
                Statement::Let(ty.clone(), self.expr(&ty, 2))
            }
            2 | 3 => {
                let source = self.place(false, |ty| {
                    matches!(ty, Ty::List(_) | Ty::Set(_) | Ty::Map(..))
                });
                let Some(source) = source else {
                    return self.simple(2);
                };
                self.count(&format!("loop over a {}", source.ty().kind()));
                let parts = source.ty().parts();
                let element = parts[parts.len() - 1].clone();
                let level = self.each.len();
                let body = self.with_each(&element, Self::body);
                Statement::For(level, source, body)
            }
            4 => {
                self.count("loop over a range");
                let count = self.pick(4) as i64;
                Statement::Times(count, self.body())
            }
            _ => self.simple(2),
        }
    }

    /// Statements, and how the last of them ended.
    pub(crate) fn statements(&mut self, count: usize) -> (Vec<Statement>, Result<(), Stop>) {
        let mut statements = Vec::new();
        for _ in 0..count {
            let statement = self.statement();
            let ended = self.model.run(&statement);
            if let Statement::Let(ty, _) = &statement {
                self.lets.push(ty.clone());
            }
            statements.push(statement);
            if ended.is_err() {
                return (statements, ended);
            }
        }
        (statements, Ok(()))
    }
}

/// The place and what lies in it, as far as it fits.
fn parts(place: Place, value: &Value, fits: &impl Fn(&Ty) -> bool, out: &mut Vec<Place>) {
    let inner = |step: Step, ty: &Ty| {
        let mut inner = place.clone();
        inner.steps.push(step);
        inner.types.push(ty.clone());
        inner
    };
    match (value, place.ty()) {
        (Value::Record(values), Ty::Record(_, types)) => {
            for (index, (value, ty)) in values.iter().zip(types).enumerate() {
                parts(inner(Step::Field(index), ty), value, fits, out);
            }
        }
        (Value::List(values), Ty::List(ty)) => {
            for (index, value) in values.iter().enumerate().take(3) {
                let index = Value::Int(index as i64);
                parts(inner(Step::Index(index), ty), value, fits, out);
            }
        }
        (Value::Map(entries), Ty::Map(_, ty)) => {
            for (key, value) in entries.iter().take(3) {
                parts(inner(Step::Index(key.clone()), ty), value, fits, out);
            }
        }
        _ => {}
    }
    if fits(place.ty()) {
        out.push(place);
    }
}
