//! Runs a program by walking its tree, with nothing of what compiler and machine are made of: values
//! are copied whole, names are looked up by their text, and types are not known at all, but where
//! they are written.

use std::collections::BTreeMap;

use pasc_lang::ast::*;
pub(crate) use pasc_vm::error::ErrorCode as Error;

use super::values::V;

/// How much one input may take; what takes more is no case.
const BUDGET: usize = 20_000;

/// Why something did not come to its end.
#[derive(Debug)]
pub(crate) enum Flow {
    Error(Error),
    Return(Option<V>),
    Break,
    Continue,
    /// The case takes too long, or its values grow too large.
    TooLarge,
}

pub(crate) type Result<T> = std::result::Result<T, Flow>;

/// A message that was sent: to whom, its name and fields.
pub(crate) type Output = (String, String, V);

/// What happens to the process.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Start,
    Message { name: String, body: V, from: String },
    Advance(u64),
}

/// A timer that is set.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    name: String,
    key: Option<V>,
    deadline: i64,
    generation: u64,
}

/// What an input may change.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) state: Vec<(String, V)>,
    waiting: Vec<Waiting>,
    generation: u64,
}

/// A function, and the module that declares it.
pub(super) type Declared<'p> = (String, &'p Function);

/// A process.
pub(crate) struct Evaluator<'p> {
    pub(super) program: &'p Program,
    pub(super) functions: BTreeMap<String, Declared<'p>>,
    /// The functions that were given to the one that runs.
    pub(super) passed: BTreeMap<String, Declared<'p>>,
    /// Parameters and constants; those of modules with the module's name.
    pub(super) fixed: BTreeMap<String, V>,
    pub(crate) world: World,
    pub(super) outputs: Vec<Output>,
    pub(crate) scopes: Vec<BTreeMap<String, V>>,
    pub(super) module: String,
    pub(super) sender: String,
    pub(super) now: i64,
    pub(super) left: usize,
    pub(super) own: String,
}

impl<'p> Evaluator<'p> {
    /// The process before anything happened. `modules` are the names and trees of what is used.
    pub(crate) fn start(
        program: &'p Program,
        modules: &'p [(String, Program)],
        params: &[(String, V)],
        own: &str,
    ) -> Result<Evaluator<'p>> {
        let mut evaluator = Evaluator {
            program,
            functions: BTreeMap::new(),
            passed: BTreeMap::new(),
            fixed: BTreeMap::new(),
            world: World::default(),
            outputs: Vec::new(),
            scopes: vec![BTreeMap::new()],
            module: String::new(),
            sender: String::new(),
            now: 0,
            left: BUDGET,
            own: own.to_string(),
        };
        let own_part = (String::new(), program);
        let parts = modules
            .iter()
            .map(|(name, program)| (name.clone(), program));
        for (module, part) in parts.chain([own_part]) {
            evaluator.declare(&module, part, params)?;
        }
        evaluator.module = String::new();
        for item in &program.items {
            let ItemKind::State(variables) = &item.kind else {
                continue;
            };
            for variable in variables {
                let value = evaluator.first_value(variable)?;
                evaluator
                    .world
                    .state
                    .push((variable.name.text.clone(), value));
            }
        }
        Ok(evaluator)
    }

    pub(super) fn declare(
        &mut self,
        module: &str,
        part: &'p Program,
        params: &[(String, V)],
    ) -> Result<()> {
        self.module = module.to_string();
        for item in &part.items {
            match &item.kind {
                ItemKind::Function(function) => {
                    let name = qualified(module, &function.name.text);
                    self.functions.insert(name, (module.to_string(), function));
                }
                ItemKind::Const(variable) | ItemKind::Param(variable) => {
                    let name = &variable.name.text;
                    let given = params.iter().find(|param| param.0 == *name);
                    let value = match given {
                        Some(given) => given.1.clone(),
                        None => self.first_value(variable)?,
                    };
                    self.fixed.insert(qualified(module, name), value);
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn first_value(&mut self, variable: &Variable) -> Result<V> {
        match &variable.value {
            Some(value) => {
                let value = self.expr(value)?;
                Ok(self.coerced(value, &variable.ty))
            }
            None => Ok(match variable.ty.name.text.as_str() {
                "list" => V::List(Vec::new()),
                "set" => V::Set(Vec::new()),
                "map" => V::Map(Vec::new()),
                "text" => V::text(""),
                "bytes" => V::Bytes(Vec::new()),
                "option" => V::Option(None),
                other => panic!("`{other}` has no first value"),
            }),
        }
    }

    /// One thing happens: the messages that leave, or the error.
    pub(crate) fn handle(&mut self, event: &Event) -> Result<Vec<Output>> {
        match event {
            Event::Start => {
                self.run_handler(|event| matches!(event, super::ast::Event::Start(_)), None)
            }
            Event::Message { name, body, from } => {
                self.sender.clone_from(from);
                let of = |event: &super::ast::Event| matches!(event, super::ast::Event::Message(found) if found.text == *name);
                self.run_handler(of, Some(body.arrived()))
            }
            Event::Advance(_) => panic!("time passes in steps"),
        }
    }

    /// Lets time pass until `until`; for each timer that fires, what leaves.
    pub(crate) fn advance(&mut self, until: u64) -> Vec<Result<Vec<Output>>> {
        let mut results = Vec::new();
        for _ in 0..100 {
            let due = self
                .world
                .waiting
                .iter()
                .filter(|timer| timer.deadline <= until as i64);
            let Some(first) = due
                .min_by_key(|timer| (timer.deadline, timer.generation))
                .cloned()
            else {
                break;
            };
            self.world
                .waiting
                .retain(|timer| timer.generation != first.generation);
            self.now = self.now.max(first.deadline);
            let of = |event: &super::ast::Event| matches!(event, super::ast::Event::Timer(found) if found.text == first.name);
            results.push(self.run_handler(of, first.key.as_ref().map(V::arrived)));
        }
        self.now = until as i64;
        results
    }

    pub(super) fn run_handler(
        &mut self,
        of: impl Fn(&super::ast::Event) -> bool,
        body: Option<V>,
    ) -> Result<Vec<Output>> {
        let before = self.world.clone();
        self.left = BUDGET;
        self.outputs.clear();
        let result = self.first_that_holds(of, body);
        match result {
            Ok(()) => Ok(std::mem::take(&mut self.outputs)),
            Err(flow) => {
                self.world = before;
                Err(flow)
            }
        }
    }

    pub(super) fn first_that_holds(
        &mut self,
        of: impl Fn(&super::ast::Event) -> bool,
        body: Option<V>,
    ) -> Result<()> {
        for item in &self.program.items {
            let ItemKind::Handler(handler) = &item.kind else {
                continue;
            };
            if !of(&handler.event) {
                continue;
            }
            let bound = handler.binding.iter().zip(body.clone());
            let scope = bound
                .map(|(name, value)| (name.text.clone(), value))
                .collect();
            self.scopes = vec![scope];
            let holds = match &handler.guard {
                Some(guard) => self.condition(guard)?,
                None => true,
            };
            if holds {
                return match self.block(&handler.body) {
                    Ok(_) | Err(Flow::Return(_)) => Ok(()),
                    Err(flow) => Err(flow),
                };
            }
        }
        Ok(())
    }

    /// Whether the invariants hold, in their order.
    pub(crate) fn invariants(&mut self) -> Vec<Result<bool>> {
        let mut results = Vec::new();
        for item in &self.program.items {
            if let ItemKind::Invariant(invariant) = &item.kind {
                self.scopes = vec![BTreeMap::new()];
                self.left = BUDGET;
                let value = self.block(&invariant.body);
                results.push(value.map(|value| matches!(value, Some(V::Bool(true)))));
            }
        }
        results
    }

    pub(crate) fn spend(&mut self, amount: usize) -> Result<()> {
        self.left = self.left.checked_sub(amount).ok_or(Flow::TooLarge)?;
        Ok(())
    }

    /// The value of a block, if it ends with one.
    pub(crate) fn block(&mut self, block: &Block) -> Result<Option<V>> {
        self.scopes.push(BTreeMap::new());
        let result = self.statements(&block.statements);
        self.scopes.pop();
        result
    }

    pub(super) fn statements(&mut self, statements: &[Statement]) -> Result<Option<V>> {
        let mut last = None;
        for statement in statements {
            last = self.statement(statement)?;
        }
        Ok(last)
    }

    pub(crate) fn bind(&mut self, name: &str, value: V) {
        if name != "_"
            && let Some(scope) = self.scopes.last_mut()
        {
            scope.insert(name.to_string(), value);
        }
    }

    pub(super) fn statement(&mut self, statement: &Statement) -> Result<Option<V>> {
        self.spend(1)?;
        match &statement.kind {
            StatementKind::Let {
                pattern,
                ty,
                value,
                otherwise,
                ..
            } => {
                let mut value = self.expr(value)?;
                if let Some(ty) = ty {
                    value = self.coerced(value, ty);
                }
                if !self.takes(pattern, &value)? {
                    let Some(otherwise) = otherwise else {
                        panic!("the pattern does not take all")
                    };
                    self.block(otherwise)?;
                    panic!("the block does not leave");
                }
            }
            StatementKind::Assign {
                place,
                operator,
                value,
            } => {
                let value = self.expr(value)?;
                let place = self.place(place)?;
                let value = match operator {
                    None => value,
                    Some(operator) => {
                        let old = self.at(&place, false)?.clone();
                        self.arithmetic(*operator, old, value)?
                    }
                };
                *self.at(&place, operator.is_none())? = value;
            }
            StatementKind::Expr(value) | StatementKind::Value(value) => {
                return self.value_if_any(value);
            }
            StatementKind::If(value) => return self.if_value(value),
            StatementKind::Match(value) => return self.match_value(value),
            StatementKind::For { clause, body } => {
                let mut ended = false;
                self.each(clause, |evaluator| match evaluator.block(body) {
                    _ if ended => Ok(()),
                    Ok(_) | Err(Flow::Continue) => Ok(()),
                    Err(Flow::Break) => {
                        ended = true;
                        Err(Flow::Break)
                    }
                    Err(flow) => Err(flow),
                })
                .or_else(|flow| match flow {
                    Flow::Break => Ok(()),
                    flow => Err(flow),
                })?;
            }
            StatementKind::While { condition, body } => loop {
                self.spend(1)?;
                self.scopes.push(BTreeMap::new());
                let result = match self.holds(condition) {
                    Ok(true) => self.block(body).map(|_| true),
                    other => other,
                };
                self.scopes.pop();
                match result {
                    Ok(true) | Err(Flow::Continue) => {}
                    Ok(false) | Err(Flow::Break) => break,
                    Err(flow) => return Err(flow),
                }
            },
            StatementKind::Break => return Err(Flow::Break),
            StatementKind::Continue => return Err(Flow::Continue),
            StatementKind::Return(value) => {
                let value = value.as_ref().map(|value| self.expr(value)).transpose()?;
                return Err(Flow::Return(value));
            }
            StatementKind::Send { to, message } => {
                let to = self.expr(to)?;
                self.send(&to, message)?;
            }
            StatementKind::Reply(message) => {
                let to = V::Address(self.sender.clone());
                self.send(&to, message)?;
            }
            StatementKind::Broadcast { to, message } => {
                let (V::List(all) | V::Set(all)) = self.expr(to)? else {
                    panic!("no list")
                };
                let value = self.record(message)?;
                for to in all {
                    self.outputs
                        .push((to.shown(), message.name.text.clone(), value.clone()));
                }
            }
            StatementKind::SetTimer { timer, delay } => {
                let key = self.timer_key(timer)?;
                let V::Duration(delay) = self.expr(delay)? else {
                    panic!("no delay")
                };
                if delay < 0 {
                    return Err(Flow::Error(Error::BadDelay));
                }
                self.cancel(&timer.name.text, key.as_ref());
                self.world.generation += 1;
                self.world.waiting.push(Waiting {
                    name: timer.name.text.clone(),
                    key,
                    deadline: self
                        .now
                        .checked_add(delay)
                        .ok_or(Flow::Error(Error::Overflow))?,
                    generation: self.world.generation,
                });
            }
            StatementKind::CancelTimer(timer) => {
                let key = self.timer_key(timer)?;
                self.cancel(&timer.name.text, key.as_ref());
            }
            StatementKind::Error => panic!("an error in the tree"),
        }
        Ok(None)
    }

    pub(super) fn timer_key(&mut self, timer: &TimerName) -> Result<Option<V>> {
        timer.key.as_ref().map(|key| self.expr(key)).transpose()
    }

    pub(super) fn cancel(&mut self, name: &str, key: Option<&V>) {
        let same = |found: &Option<V>| match (found, key) {
            (Some(found), Some(key)) => found.same(key),
            _ => true,
        };
        self.world
            .waiting
            .retain(|timer| timer.name != name || !same(&timer.key));
    }

    pub(super) fn send(&mut self, to: &V, message: &Literal) -> Result<()> {
        let value = self.record(message)?;
        self.outputs
            .push((to.shown(), message.name.text.clone(), value));
        Ok(())
    }

    /// A message or record, its fields in the order of declaration.
    pub(crate) fn record(&mut self, literal: &Literal) -> Result<V> {
        let name = &literal.name.text;
        let items = self.program.items.iter();
        let declared = items.filter_map(|item| match &item.kind {
            ItemKind::Record(fields) | ItemKind::Message(fields) if fields.name.text == *name => {
                Some(&fields.fields)
            }
            _ => None,
        });
        let Some(declared) = declared.into_iter().next() else {
            panic!("no record {name}")
        };
        let mut given = BTreeMap::new();
        for (field, value) in &literal.fields {
            given.insert(field.text.as_str(), self.expr(value)?);
        }
        let mut fields = Vec::new();
        for field in declared {
            let Some(value) = given.remove(field.name.text.as_str()) else {
                panic!("no field")
            };
            fields.push((field.name.text.clone(), self.coerced(value, &field.ty)));
        }
        Ok(V::Record(fields))
    }
}

pub(super) fn qualified(module: &str, name: &str) -> String {
    match module {
        "" => name.to_string(),
        module => format!("{module}.{name}"),
    }
}
