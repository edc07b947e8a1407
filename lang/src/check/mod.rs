//! Types and meaning: from the tree to the checked program.
//!
//! In: the tree. Out: a [`Module`] in which every name is resolved and every
//! expression typed, or diagnostics. A part with an error becomes `None` on its way
//! up, after the error was reported, so that one mistake gives one diagnostic.

mod block;
mod call;
mod container;
mod effects;
mod expr;
mod function;
mod handler;
mod iteration;
mod literal;
mod matching;
mod method;
mod native;
mod operator;
mod option;
mod order;
mod passed;
mod pattern;
mod place;
mod scope;
mod shape;
mod sorted;
mod statement;
mod test;

use pasc_vm::Value;
use pasc_vm::program::MessageId;
use pasc_vm::types::{Field, Type, TypeId, TypeTable};

use crate::ast;
use crate::codes;
use crate::constant::evaluate;
use crate::diagnostic::Diagnostic;
use crate::registers::MAX_REGISTERS;
use crate::resolve::{self, MessageName, Names, resolve};
use crate::source::Span;
use crate::typed::*;
use function::Functions;
use scope::Scope;

/// What the code being checked may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    /// Everything.
    Handler,
    /// Everything, but there is no message and so no sender.
    Alone,
    /// Look at the state and at the message.
    Guard,
    /// Look at the state.
    Observer,
    /// Everything; who calls it decides what it may.
    Procedure,
    /// Look at its arguments alone.
    Pure,
    /// Look at parameters alone.
    Initial,
    /// Nothing.
    Constant,
}

/// Checks a program, the first of these files. The module is there if no diagnostic is an error.
pub(crate) fn check(modules: &[resolve::Module<'_>]) -> (Option<Module>, Vec<Diagnostic>) {
    let names = resolve(modules);
    let mut checker = Checker {
        names,
        scope: Scope::new(Region::Constant),
        functions: Functions::default(),
    };
    let module = modules
        .first()
        .and_then(|main| checker.program(main.program));
    (module, checker.names.diagnostics)
}

struct Checker<'a> {
    names: Names<'a>,
    scope: Scope,
    functions: Functions,
}

impl<'a> Checker<'a> {
    fn program(&mut self, program: &'a ast::Program) -> Option<Module> {
        self.constants();
        let params = self.params();
        let mut state = self.state();
        let timers = self.timers(&mut state);
        let handlers = self.handlers(program);
        let mut invariants = Vec::new();
        let mut tests = Vec::new();
        for item in &program.items {
            match &item.kind {
                ast::ItemKind::Invariant(invariant) => invariants.push(self.invariant(invariant)),
                ast::ItemKind::Test(test) => tests.push(self.test(test, item.span)),
                _ => {}
            }
        }
        let functions = self.functions();
        let messages: Vec<Option<Message>> = self
            .names
            .messages
            .values()
            .map(|message| {
                Some(Message {
                    record: message.record?,
                })
            })
            .collect();
        let (params, state) = (all(params)?, all(state)?);
        let params_record = self.record("params", params.iter().map(|p| (&p.name, p.ty)))?;
        let state_record = self.record("state", state.iter().map(|v| (&v.name, v.ty)))?;
        self.unused_declarations(program);
        Some(Module {
            params_record,
            params,
            state_record,
            state,
            messages: all(messages)?,
            timers: all(timers)?,
            handlers: handlers?,
            functions: functions?,
            invariants: all(invariants)?,
            tests: all(tests)?,
            types: std::mem::take(&mut self.names.types),
        })
    }

    /// The record that holds all parameters or the whole state.
    fn record<'n>(
        &mut self,
        name: &str,
        fields: impl Iterator<Item = (&'n String, TypeId)>,
    ) -> Option<TypeId> {
        let fields = fields
            .map(|(name, ty)| Field {
                name: name.clone(),
                ty,
            })
            .collect();
        self.names.intern(
            Type::Record {
                name: name.to_string(),
                fields,
            },
            Span::default(),
        )
    }

    /// The values of all constants, each of which may use those before it.
    fn constants(&mut self) {
        for index in 0..self.names.constants.len() {
            let row = &self.names.constants[index];
            let (declared, ty, module) = (row.declared, row.ty, row.module.to_string());
            let Some(value) = &declared.value else {
                let message = format!("the constant `{}` has no value", declared.name.text);
                let span = declared.name.span;
                self.report(Diagnostic::new(&codes::NO_INITIAL_VALUE, span, message));
                continue;
            };
            self.functions.module = module;
            let value = self.constant(value, ty);
            self.functions.module.clear();
            self.names.constants[index].value = value;
        }
    }

    fn params(&mut self) -> Vec<Option<Param>> {
        let declared: Vec<(Option<TypeId>, &'a ast::Variable)> = self
            .names
            .params
            .values()
            .map(|row| (row.ty, row.declared))
            .collect();
        declared
            .into_iter()
            .map(|(ty, variable)| {
                let default = match &variable.value {
                    Some(value) => Some(self.constant(value, ty)?),
                    None => None,
                };
                Some(Param {
                    name: variable.name.text.clone(),
                    ty: ty?,
                    default,
                })
            })
            .collect()
    }

    fn state(&mut self) -> Vec<Option<StateVariable>> {
        let declared: Vec<(Option<TypeId>, &'a ast::Variable)> = self
            .names
            .state
            .values()
            .map(|row| (row.ty, row.declared))
            .collect();
        declared
            .into_iter()
            .map(|(ty, variable)| self.state_variable(ty, variable))
            .collect()
    }

    fn state_variable(
        &mut self,
        ty: Option<TypeId>,
        variable: &ast::Variable,
    ) -> Option<StateVariable> {
        let name = variable.name.text.clone();
        let initial = match &variable.value {
            Some(value) => {
                self.scope = Scope::new(Region::Initial);
                let value = self.maybe_of(value, ty);
                Some(Probe {
                    title: name.clone(),
                    body: self.finish_value(value)?,
                })
            }
            None => {
                if let Some(ty) = ty
                    && !self.has_empty_value(ty)
                {
                    self.no_initial_value(variable, ty);
                    return None;
                }
                None
            }
        };
        Some(StateVariable {
            name,
            ty: ty?,
            initial,
            span: variable.name.span,
        })
    }

    /// Whether a variable of the type may begin without being given a value.
    fn has_empty_value(&self, ty: TypeId) -> bool {
        matches!(
            self.names.types.get(ty),
            Some(
                Type::Map { .. }
                    | Type::Set { .. }
                    | Type::List { .. }
                    | Type::Option { .. }
                    | Type::Text
                    | Type::Bytes
            )
        )
    }

    fn no_initial_value(&mut self, variable: &ast::Variable, ty: TypeId) {
        let name = &variable.name.text;
        let hint = match self.names.types.get(ty) {
            Some(Type::Int) => format!("write `{name}: int = 0`"),
            Some(Type::Bool) => format!("write `{name}: bool = false`"),
            Some(Type::Duration) => format!("write `{name}: duration = 0s`"),
            Some(Type::Address) => format!("write `{name}: address = self`"),
            _ => format!("write `{name}: {} = …`", self.type_name(ty)),
        };
        let message = format!("`{name}` needs an initial value");
        let span = variable.name.span.to(variable.ty.span);
        self.report(Diagnostic::new(&codes::NO_INITIAL_VALUE, span, message).hint(hint));
    }

    fn invariant(&mut self, invariant: &ast::Invariant) -> Option<Probe> {
        self.scope = Scope::new(Region::Observer);
        let block = self.value_block(&invariant.body, Some(self.names.basic.bool));
        let body = self.finish(block, invariant.body.span)?;
        Some(Probe {
            title: invariant.title.clone(),
            body,
        })
    }

    /// The message with this name, and its record if that is known.
    fn message(&mut self, name: &ast::Name) -> Option<(MessageId, Option<TypeId>)> {
        if let Some(&MessageName { id, record, .. }) = self.names.messages.get(name.text.as_str()) {
            return Some((id, record));
        }
        let hint = if self.names.record(&name.text).is_some() {
            Some(format!(
                "`{}` is a record; declare it with `message` to send it",
                name.text
            ))
        } else {
            self.names
                .near(&name.text, self.names.messages.keys().copied())
        };
        let message = format!("there is no message `{}`", name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_MESSAGE, name.span, message).maybe_hint(hint));
        None
    }

    /// The value of a constant expression.
    fn constant(&mut self, value: &ast::Expr, ty: Option<TypeId>) -> Option<Value> {
        self.scope = Scope::new(Region::Constant);
        let value = self.maybe_of(value, ty)?;
        match evaluate(&value, &self.names.types) {
            Ok(value) => Some(value),
            Err(diagnostic) => {
                self.report(diagnostic);
                None
            }
        }
    }

    /// Ends the current scope with a body that is one value.
    fn finish_value(&mut self, value: Option<Expr>) -> Option<Body> {
        let span = value.as_ref().map_or(Span::default(), |value| value.span);
        let block = value.map(|value| Block {
            statements: Vec::new(),
            value: Some(value.into()),
        });
        self.finish(block, span)
    }

    /// Ends the current scope with this body.
    fn finish(&mut self, block: Option<Block>, span: Span) -> Option<Body> {
        let region = self.scope.region;
        let mut scope = std::mem::replace(&mut self.scope, Scope::new(region));
        self.functions.calls.append(&mut scope.calls);
        if let Some(name) = scope.too_many {
            let message = format!("more than {MAX_REGISTERS} variables are to be seen here");
            self.report(
                Diagnostic::new(&codes::TOO_MANY_REGISTERS, name, message)
                    .hint("declare variables in the block that uses them, or join them in records"),
            );
            return None;
        }
        self.unused_passed(&scope.passed);
        for local in &scope.locals {
            if !local.used && local.ty.is_some() && !local.name.starts_with('_') {
                let message = format!("`{}` is never used", local.name);
                self.report(
                    Diagnostic::new(&codes::UNUSED_VARIABLE, local.span, message)
                        .hint(format!("write `_` or `_{}` if that is meant", local.name)),
                );
            }
        }
        // A local without a type had an error in its value.
        let known = scope.locals.iter().all(|local| local.ty.is_some());
        let locals = scope.locals.into_iter();
        let locals = locals.map(|local| Local {
            name: local.name,
            changeable: local.changeable,
            parts_only: local.parts_only,
            given: local.given,
        });
        Some(Body {
            locals: known.then(|| locals.collect())?,
            block: block?,
            unstable: scope.unstable,
            span,
        })
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.names.report(diagnostic);
    }

    fn types(&self) -> &TypeTable {
        &self.names.types
    }

    fn type_name(&self, ty: TypeId) -> String {
        self.names.types.name(ty)
    }
}

/// All of them, if there are all.
fn all<T>(list: Vec<Option<T>>) -> Option<Vec<T>> {
    list.into_iter().collect()
}
