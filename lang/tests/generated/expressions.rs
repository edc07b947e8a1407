//! The evaluator's expressions, conditions and patterns.

use std::collections::BTreeMap;

use pasc_lang::ast::*;

use super::evaluator::{Error, Evaluator, Flow, Result};
use super::methods;
use super::values::{V, add, put};

fn fail<T>(error: Error) -> Result<T> {
    Err(Flow::Error(error))
}

impl Evaluator<'_> {
    pub(crate) fn expr(&mut self, expr: &Expr) -> Result<V> {
        match self.value_if_any(expr)? {
            Some(value) => Ok(value),
            None => panic!("no value: {expr:?}"),
        }
    }

    fn all(&mut self, exprs: &[Expr]) -> Result<Vec<V>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    pub(crate) fn condition(&mut self, expr: &Expr) -> Result<bool> {
        match self.expr(expr)? {
            V::Bool(holds) => Ok(holds),
            other => panic!("{other:?} is no condition"),
        }
    }

    /// The value of an expression; a call may have none.
    pub(crate) fn value_if_any(&mut self, expr: &Expr) -> Result<Option<V>> {
        self.spend(1)?;
        let value = match &expr.kind {
            ExprKind::Int(n) => V::Int(*n as i64),
            ExprKind::Duration(n) => V::Duration(*n as i64),
            ExprKind::Bool(b) => V::Bool(*b),
            ExprKind::Text(text) => V::Text(text.clone()),
            ExprKind::Bytes(bytes) => V::Bytes(bytes.clone()),
            ExprKind::Interpolation(texts, values) => {
                let mut out = texts[0].clone();
                for (value, text) in values.iter().zip(&texts[1..]) {
                    out += &self.expr(value)?.shown();
                    out += text;
                }
                V::Text(out)
            }
            ExprKind::Name(name) => self.name(name),
            ExprKind::Tuple(parts) => V::Tuple(self.all(parts)?),
            ExprKind::Variant(of, name, parts) => {
                let parts = self.all(parts.as_deref().unwrap_or(&[]))?;
                V::Variant(self.enum_variant(&of.text, &name.text), parts)
            }
            ExprKind::Slice(base, from, to) => {
                let base = self.expr(base)?;
                let from = from.as_ref().map(|from| self.expr(from)).transpose()?;
                let to = to.as_ref().map(|to| self.expr(to)).transpose()?;
                slice(&base, from.as_ref(), to.as_ref())?
            }
            ExprKind::Lambda(..) => panic!("a lambda stands alone"),
            ExprKind::Field(base, name) => match &base.kind {
                ExprKind::Name(module) if self.is_module(module) => {
                    self.module_constant(module, &name.text)
                }
                _ => field(self.expr(base)?, &name.text),
            },
            ExprKind::Index(..) => self.indexed(expr)?,
            ExprKind::Call(name, arguments) => {
                if let Some(value) = self.call(&name.text, arguments)? {
                    return Ok(value);
                }
                let values = self.all(arguments)?;
                function(&name.text, &values)?
            }
            ExprKind::Method(base, name, arguments) => {
                return self.method(base, &name.text, arguments);
            }
            ExprKind::Quantifier(name, body, clause) => {
                self.quantifier(&name.text, body, clause)?
            }
            ExprKind::Unary(UnaryOperator::Not, inner) => V::Bool(!self.condition(inner)?),
            ExprKind::Unary(UnaryOperator::Negate, inner) => match (&inner.kind, self.expr(inner)?)
            {
                (ExprKind::Int(n), _) if *n == 1 << 63 => V::Int(i64::MIN),
                (_, V::Int(n)) => V::Int(n.checked_neg().ok_or(Flow::Error(Error::Overflow))?),
                (_, V::Duration(n)) => {
                    V::Duration(n.checked_neg().ok_or(Flow::Error(Error::Overflow))?)
                }
                (_, other) => panic!("-{other:?}"),
            },
            ExprKind::Binary(BinaryOperator::And, a, b) => {
                V::Bool(self.condition(a)? && self.condition(b)?)
            }
            ExprKind::Binary(BinaryOperator::Or, a, b) => {
                V::Bool(self.condition(a)? || self.condition(b)?)
            }
            ExprKind::Binary(operator, a, b) => {
                let (a, b) = (self.expr(a)?, self.expr(b)?);
                self.binary(*operator, a, b)?
            }
            ExprKind::Literal(literal) => self.record(literal)?,
            ExprKind::Map(entries) => {
                let mut map = Vec::new();
                for (key, value) in entries {
                    let (key, value) = (self.expr(key)?, self.expr(value)?);
                    put(&mut map, key, value);
                }
                V::Map(map)
            }
            ExprKind::List(items) => V::List(self.all(items)?),
            ExprKind::Set(items) => {
                let mut set = Vec::new();
                for item in self.all(items)? {
                    add(&mut set, item);
                }
                V::Set(set)
            }
            kind @ (ExprKind::MapComprehension(..)
            | ExprKind::ListComprehension(..)
            | ExprKind::SetComprehension(..)) => self.comprehension(kind)?,
            ExprKind::If(value) => return self.if_value(value),
            ExprKind::Match(value) => return self.match_value(value),
            ExprKind::Error => panic!("an error in the tree"),
        };
        self.spend(value.size() / 16)?;
        Ok(Some(value))
    }

    /// An element: indices are computed from left to right, then looked up in a variable as it is
    /// after that; what is no variable is computed before them.
    fn indexed(&mut self, expr: &Expr) -> Result<V> {
        let (mut root, mut steps) = (expr, Vec::new());
        while let ExprKind::Index(base, _) | ExprKind::Field(base, _) = &root.kind {
            if matches!(&base.kind, ExprKind::Name(module) if self.is_module(module)) {
                break;
            }
            steps.push(root);
            root = base;
        }
        let early = match root.kind {
            ExprKind::Name(_) => None,
            _ => Some(self.expr(root)?),
        };
        let mut indices = Vec::new();
        for step in steps.iter().rev() {
            if let ExprKind::Index(_, index) = &step.kind {
                indices.push(self.expr(index)?);
            }
        }
        let mut value = match early {
            Some(value) => value,
            None => self.expr(root)?,
        };
        let mut indices = indices.iter();
        for step in steps.iter().rev() {
            value = match &step.kind {
                ExprKind::Field(_, name) => field(value, &name.text),
                _ => element(&value, indices.next().unwrap())?,
            };
        }
        Ok(value)
    }

    fn method(&mut self, base: &Expr, name: &str, arguments: &[Expr]) -> Result<Option<V>> {
        if let ExprKind::Name(module) = &base.kind
            && self.is_module(module)
        {
            let found = self.call(&format!("{module}.{name}"), arguments)?;
            return Ok(found.flatten());
        }
        if let Some(value) = self.change(base, name, arguments)? {
            return Ok(value);
        }
        let base = self.expr(base)?;
        if let [
            Expr {
                kind: ExprKind::Lambda(parameter, body),
                ..
            },
        ] = arguments
        {
            let V::List(items) = base else {
                panic!("a lambda is for lists")
            };
            return self
                .with_lambda(items, name, &parameter.text, body)
                .map(Some);
        }
        let values = self.all(arguments)?;
        methods::call(&base, name, &values).map(Some)
    }

    fn with_lambda(
        &mut self,
        items: Vec<V>,
        name: &str,
        parameter: &str,
        body: &Expr,
    ) -> Result<V> {
        let mut keyed = Vec::new();
        for item in items {
            self.scopes
                .push(BTreeMap::from([(parameter.to_string(), item.clone())]));
            let key = self.expr(body);
            self.scopes.pop();
            let key = key?;
            if name == "find" && matches!(key, V::Bool(true)) {
                return Ok(V::some(item));
            }
            keyed.push((key, item));
        }
        match name {
            "find" => Ok(V::Option(None)),
            "sorted" => {
                keyed.sort_by(|a, b| a.0.order(&b.0));
                Ok(V::List(keyed.into_iter().map(|pair| pair.1).collect()))
            }
            _ => panic!("{name} takes no lambda"),
        }
    }

    fn quantifier(&mut self, name: &str, body: &Expr, clause: &ForClause) -> Result<V> {
        let mut values = Vec::new();
        let stops = match name {
            "all" => Some(false),
            "any" => Some(true),
            _ => None,
        };
        let gone_through = self.each(clause, |evaluator| {
            let value = evaluator.expr(body)?;
            let stop = matches!(&value, V::Bool(found) if Some(*found) == stops);
            values.push(value);
            if stop { Err(Flow::Break) } else { Ok(()) }
        });
        match gone_through {
            Ok(()) | Err(Flow::Break) => {}
            Err(flow) => return Err(flow),
        }
        function(name, &[V::List(values)])
    }

    pub(crate) fn arithmetic(&mut self, operator: BinaryOperator, a: V, b: V) -> Result<V> {
        self.spend((a.size() + b.size()) / 4)?;
        self.binary(operator, a, b)
    }

    fn binary(&mut self, operator: BinaryOperator, a: V, b: V) -> Result<V> {
        use BinaryOperator::*;
        Ok(match operator {
            Equal => V::Bool(a.same(&b)),
            NotEqual => V::Bool(!a.same(&b)),
            Less => V::Bool(a.order(&b).is_lt()),
            LessEqual => V::Bool(a.order(&b).is_le()),
            Greater => V::Bool(a.order(&b).is_gt()),
            GreaterEqual => V::Bool(a.order(&b).is_ge()),
            In | NotIn => {
                let has = match &b {
                    V::List(items) | V::Set(items) => items.iter().any(|item| item.same(&a)),
                    V::Map(entries) => entries.iter().any(|entry| entry.0.same(&a)),
                    other => panic!("in {other:?}"),
                };
                V::Bool(has == (operator == In))
            }
            And | Or => panic!("they look at the left side first"),
            Add | Sub | Mul | Div | Rem => sum_of(operator, a, b)?,
        })
    }

    pub(crate) fn holds(&mut self, condition: &Condition) -> Result<bool> {
        match condition {
            Condition::Holds(expr) => self.condition(expr),
            Condition::Matches(pattern, expr) => {
                let value = self.expr(expr)?;
                self.takes(pattern, &value)
            }
        }
    }

    pub(crate) fn if_value(&mut self, value: &If) -> Result<Option<V>> {
        for (condition, block) in &value.arms {
            self.scopes.push(BTreeMap::new());
            let taken = match self.holds(condition) {
                Ok(true) => self.block(block).map(Some),
                Ok(false) => Ok(None),
                Err(flow) => Err(flow),
            };
            self.scopes.pop();
            if let Some(value) = taken? {
                return Ok(value);
            }
        }
        value
            .otherwise
            .as_ref()
            .map_or(Ok(None), |block| self.block(block))
    }

    pub(crate) fn match_value(&mut self, value: &Match) -> Result<Option<V>> {
        let subject = self.expr(&value.subject)?;
        for arm in &value.arms {
            for pattern in &arm.patterns {
                self.scopes.push(BTreeMap::new());
                let taken = self.arm(arm, pattern, &subject);
                self.scopes.pop();
                if let Some(value) = taken? {
                    return Ok(value);
                }
            }
        }
        panic!("no arm takes {subject:?}")
    }

    fn arm(&mut self, arm: &Arm, pattern: &Pattern, subject: &V) -> Result<Option<Option<V>>> {
        let holds = self.takes(pattern, subject)?
            && match &arm.condition {
                Some(condition) => self.condition(condition)?,
                None => true,
            };
        if holds {
            self.block(&arm.body).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Whether the value has the shape; the names of the pattern are bound as far as it goes.
    pub(crate) fn takes(&mut self, pattern: &Pattern, value: &V) -> Result<bool> {
        let parts: (&[Pattern], &[V]) = match (&pattern.kind, value) {
            (PatternKind::Name(name), V::Option(inner)) if name == "none" => {
                return Ok(inner.is_none());
            }
            (PatternKind::Name(name), _) => {
                self.bind(name, value.clone());
                return Ok(true);
            }
            (PatternKind::Literal(literal), _) => {
                let literal = self.expr(literal)?;
                return Ok(match (&literal, value) {
                    (V::Text(text), V::Address(name)) => text == name,
                    _ => literal.same(value),
                });
            }
            (PatternKind::Call(_, _), V::Option(None)) => return Ok(false),
            (PatternKind::Call(_, parts), V::Option(Some(inner))) => {
                (parts, std::slice::from_ref(&**inner))
            }
            (PatternKind::Variant(of, name, parts), V::Variant(found, values)) => {
                let of = of.as_ref().map_or("", |of| of.text.as_str());
                if self.enum_variant(of, &name.text) != *found {
                    return Ok(false);
                }
                (parts, values)
            }
            (PatternKind::Tuple(parts), V::Tuple(values)) => (parts, values),
            (pattern, value) => panic!("{pattern:?} for {value:?}"),
        };
        for (pattern, value) in parts.0.iter().zip(parts.1) {
            if !self.takes(pattern, value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Arithmetic, and what `+` joins.
fn sum_of(operator: BinaryOperator, a: V, b: V) -> Result<V> {
    use BinaryOperator::*;
    let whole = |a: i64, b: i64| -> Result<i64> {
        if matches!(operator, Div | Rem) && b == 0 {
            return fail(Error::DivisionByZero);
        }
        let result = match operator {
            Add => a.checked_add(b),
            Sub => a.checked_sub(b),
            Mul => a.checked_mul(b),
            Div => a.checked_div(b),
            _ => a.checked_rem(b),
        };
        result.ok_or(Flow::Error(Error::Overflow))
    };
    Ok(match (a, b) {
        (V::Int(a), V::Int(b)) => V::Int(whole(a, b)?),
        (V::Duration(a), V::Duration(b)) if operator == Div => V::Int(whole(a, b)?),
        (V::Duration(a), V::Duration(b) | V::Int(b)) | (V::Int(a), V::Duration(b)) => {
            V::Duration(whole(a, b)?)
        }
        (V::Text(a), V::Text(b)) => V::Text(a + &b),
        (V::Bytes(a), V::Bytes(b)) => V::Bytes([a, b].concat()),
        (V::List(a), V::List(b)) => V::List([a, b].concat()),
        (a, b) => panic!("{a:?} {} {b:?}", operator.sign()),
    })
}

/// Functions that the language has.
fn function(name: &str, values: &[V]) -> Result<V> {
    Ok(match (name, values) {
        ("some", [value]) => V::some(value.clone()),
        ("address", [V::Text(name)]) => V::Address(name.clone()),
        ("random", [V::Int(1)]) => V::Int(0),
        ("random", [V::Int(..1)]) => return fail(Error::BadBound),
        ("all", [V::List(items) | V::Set(items)]) => {
            V::Bool(items.iter().all(|item| matches!(item, V::Bool(true))))
        }
        ("any", [V::List(items) | V::Set(items)]) => {
            V::Bool(items.iter().any(|item| matches!(item, V::Bool(true))))
        }
        ("sum", [V::List(items) | V::Set(items)]) => {
            let mut sum = match items.first() {
                Some(V::Duration(_)) => V::Duration(0),
                _ => V::Int(0),
            };
            for item in items {
                sum = sum_of(BinaryOperator::Add, sum, item.clone())?;
            }
            sum
        }
        ("min" | "max", [V::List(items) | V::Set(items)]) if items.is_empty() => {
            return fail(Error::IndexOutOfRange);
        }
        ("min", [V::List(items) | V::Set(items)]) => methods::sorted(items)[0].clone(),
        ("max", [V::List(items) | V::Set(items)]) => {
            let sorted = methods::sorted(items);
            sorted[sorted.len() - 1].clone()
        }
        ("min", values) => methods::sorted(values)[0].clone(),
        ("max", values) => methods::sorted(values)[values.len() - 1].clone(),
        _ => panic!("{name}({values:?})"),
    })
}

/// A part of a list, of bytes, or of a text, which is not cut inside of a character.
fn slice(base: &V, from: Option<&V>, to: Option<&V>) -> Result<V> {
    let length = match base {
        V::List(items) => items.len(),
        V::Bytes(bytes) => bytes.len(),
        V::Text(text) => text.len(),
        other => panic!("no part of {other:?}"),
    };
    let bound = |bound: Option<&V>, default: usize| match bound {
        Some(bound) => methods::index(bound, length + 1),
        None => Ok(default),
    };
    let (from, to) = (bound(from, 0)?, bound(to, length)?);
    if from > to {
        return fail(Error::IndexOutOfRange);
    }
    Ok(match base {
        V::List(items) => V::List(items[from..to].to_vec()),
        V::Bytes(bytes) => V::Bytes(bytes[from..to].to_vec()),
        V::Text(text) => match text.get(from..to) {
            Some(part) => V::text(part),
            None => return fail(Error::NotText),
        },
        _ => unreachable!("it has a length"),
    })
}

fn field(value: V, name: &str) -> V {
    match value {
        V::Record(fields) => {
            let field = fields.into_iter().find(|field| field.0 == name);
            field.map(|field| field.1).unwrap()
        }
        V::Tuple(parts) => parts[name.parse::<usize>().unwrap()].clone(),
        other => panic!("{other:?}.{name}"),
    }
}

fn element(value: &V, index: &V) -> Result<V> {
    Ok(match value {
        V::List(items) => items[methods::index(index, items.len())?].clone(),
        V::Bytes(bytes) => V::Int(i64::from(bytes[methods::index(index, bytes.len())?])),
        V::Map(entries) => match entries.iter().find(|entry| entry.0.same(index)) {
            Some(entry) => entry.1.clone(),
            None => return fail(Error::MissingKey),
        },
        other => panic!("{other:?} has no index"),
    })
}
