//! Handlers of messages, of timers and of the start; timers themselves.

use std::collections::{BTreeMap, BTreeSet};

use pasc_vm::Value;
use pasc_vm::program::{MessageId, TimerId};
use pasc_vm::types::{Field, Type, TypeId};

use super::scope::Scope;
use super::{Checker, Region, all};
use crate::ast;
use crate::codes;
use crate::constant::evaluate;
use crate::diagnostic::Diagnostic;
use crate::resolve::declared_twice;
use crate::source::Span;
use crate::typed::*;

impl<'a> Checker<'a> {
    /// The timers; the variable of the state that holds what is set of each follows
    /// those that the program declares.
    pub(super) fn timers(&mut self, state: &mut Vec<Option<StateVariable>>) -> Vec<Option<Timer>> {
        let declared: Vec<(&str, Option<TypeId>, Span)> = self
            .names
            .timers
            .iter()
            .map(|(name, timer)| (*name, timer.key, timer.declared.name.span))
            .collect();
        let mut timers = Vec::new();
        for (name, key, span) in declared {
            let name = name.to_string();
            let variable = StateId(state.len());
            state.push(self.timer_variable(&name, key, span));
            timers.push(key.map(|key| Timer {
                name,
                key,
                variable,
            }));
        }
        timers
    }

    /// The hidden variable of a timer. Its name holds a space, so no other has it.
    fn timer_variable(
        &mut self,
        name: &str,
        key: Option<TypeId>,
        span: Span,
    ) -> Option<StateVariable> {
        let basic = self.names.basic;
        let fields = [("deadline", basic.duration), ("generation", basic.int)];
        let fields = fields.map(|(name, ty)| Field {
            name: name.to_string(),
            ty,
        });
        let value = Type::Record {
            name: "timer".to_string(),
            fields: fields.to_vec(),
        };
        let value = self.names.intern(value, span)?;
        let ty = Type::Map { key: key?, value };
        let ty = self.names.intern(ty, span)?;
        Some(StateVariable {
            name: format!("timer {name}"),
            ty,
            initial: None,
            span,
        })
    }

    /// All handlers, in the order of the text.
    pub(super) fn handlers(&mut self, program: &'a ast::Program) -> Option<Vec<Handler>> {
        let mut handlers = Vec::new();
        // Messages that are taken whatever they hold.
        let mut taken: BTreeSet<MessageId> = BTreeSet::new();
        let mut start = None;
        let mut fired: BTreeMap<&str, Span> = BTreeMap::new();
        for item in &program.items {
            let ast::ItemKind::Handler(handler) = &item.kind else {
                continue;
            };
            let typed = match &handler.event {
                ast::Event::Message(name) => {
                    let typed = self.message_handler(handler, name, item.span);
                    if let Some(typed) = &typed {
                        self.check_reachable(typed, item.span, &mut taken);
                    }
                    typed
                }
                ast::Event::Timer(name) => {
                    if let Some(&first) = fired.get(name.text.as_str()) {
                        self.report(declared_twice(name, first));
                    }
                    fired.entry(&name.text).or_insert(name.span);
                    self.timer_handler(handler, name, item.span)
                }
                ast::Event::Start(span) => {
                    if let Some(first) = start.replace(*span) {
                        let message = "the start has two handlers";
                        self.report(
                            Diagnostic::new(&codes::DECLARED_TWICE, *span, message)
                                .label(first, "first declared here"),
                        );
                    }
                    self.start_handler(handler, item.span)
                }
            };
            handlers.push(typed);
        }
        self.check_fired(&fired);
        all(handlers)
    }

    /// Reports timers without handler.
    fn check_fired(&mut self, fired: &BTreeMap<&str, Span>) {
        let timers = self.names.timers.iter();
        let missing: Vec<(&str, Span)> = timers
            .filter(|(name, _)| !fired.contains_key(*name))
            .map(|(name, timer)| (*name, timer.declared.name.span))
            .collect();
        for (name, span) in missing {
            let message = format!("nothing says what happens when the timer `{name}` fires");
            self.report(
                Diagnostic::new(&codes::TIMER_WITHOUT_HANDLER, span, message)
                    .hint(format!("add `on timer {name} {{ … }}`")),
            );
        }
    }

    fn message_handler(
        &mut self,
        handler: &ast::Handler,
        name: &ast::Name,
        span: Span,
    ) -> Option<Handler> {
        let message = self.message(name);
        let record = message.and_then(|message| message.1);
        let guard = handler.guard.as_ref().map(|guard| {
            self.scope = Scope::new(Region::Guard);
            self.bind(handler, record);
            let bool = self.names.basic.bool;
            let value = self.expr_of(guard, bool);
            if let Some(value) = &value
                && matches!(evaluate(value, self.types()), Ok(Value::Bool(false)))
            {
                let message = "this guard never holds, so the handler never runs";
                let code = &codes::GUARD_NEVER_HOLDS;
                self.report(Diagnostic::new(code, guard.span, message));
            }
            self.finish_value(value)
        });
        self.scope = Scope::new(Region::Handler);
        let binding = self.bind(handler, record);
        let block = self.block(&handler.body);
        let body = self.finish(block, span);
        let guard = match guard {
            Some(guard) => Some(guard?),
            None => None,
        };
        let record = record?;
        let (message, _) = message?;
        Some(Handler {
            name: name.text.clone(),
            event: Event::Message(message),
            binding: binding.map(|local| (local, record)),
            guard,
            body: body?,
        })
    }

    fn timer_handler(
        &mut self,
        handler: &ast::Handler,
        name: &ast::Name,
        span: Span,
    ) -> Option<Handler> {
        let timer = self.timer_name(name);
        let key = timer.and_then(|(_, key, _)| key);
        if let (Some((_, _, false)), Some(binding)) = (timer, &handler.binding) {
            let message = format!("the timer `{}` has no key", name.text);
            let hint = format!(
                "declare it with the type of its keys: `timer {}(int)`",
                name.text
            );
            self.report(Diagnostic::new(&codes::WRONG_COUNT, binding.span, message).hint(hint));
        }
        self.no_guard(handler, "a timer fires in any case");
        self.scope = Scope::new(Region::Alone);
        let binding = self.bind(handler, key);
        let block = self.block(&handler.body);
        let body = self.finish(block, span);
        let (id, key, _) = timer?;
        let key = key?;
        Some(Handler {
            name: name.text.clone(),
            event: Event::Timer(id),
            binding: binding.map(|local| (local, key)),
            guard: None,
            body: body?,
        })
    }

    fn start_handler(&mut self, handler: &ast::Handler, span: Span) -> Option<Handler> {
        if let Some(binding) = &handler.binding {
            let message = "the start brings nothing that could be named";
            self.report(Diagnostic::new(&codes::WRONG_COUNT, binding.span, message));
        }
        self.no_guard(handler, "the start happens in any case");
        self.scope = Scope::new(Region::Alone);
        self.bind(handler, None);
        let block = self.block(&handler.body);
        let body = self.finish(block, span);
        if handler.binding.is_some() {
            return None;
        }
        Some(Handler {
            name: "start".to_string(),
            event: Event::Start,
            binding: None,
            guard: None,
            body: body?,
        })
    }

    fn no_guard(&mut self, handler: &ast::Handler, why: &str) {
        if let Some(guard) = &handler.guard {
            let message = format!("there is no guard here: {why}");
            self.report(
                Diagnostic::new(&codes::GUARD_WITHOUT_MESSAGE, guard.span, message)
                    .hint("ask with `if` in the body"),
            );
        }
    }

    /// Declares the name that a handler gives to its message or key.
    fn bind(&mut self, handler: &ast::Handler, ty: Option<TypeId>) -> Option<LocalId> {
        let name = handler.binding.as_ref()?;
        let local = self.declare(name, ty, false);
        if let Some(local) = local {
            self.scope.locals[local.0].used = true;
        }
        local
    }

    /// Warns of a handler after one for the same message that takes everything.
    fn check_reachable(&mut self, handler: &Handler, span: Span, taken: &mut BTreeSet<MessageId>) {
        let Event::Message(message) = handler.event else {
            return;
        };
        if taken.contains(&message) {
            let message = format!(
                "an earlier handler without a guard takes every `{}`",
                handler.name
            );
            let head = Span {
                start: span.start,
                end: span.start + 2,
            };
            self.report(Diagnostic::new(&codes::HANDLER_UNREACHABLE, head, message));
        }
        if handler.guard.is_none() {
            taken.insert(message);
        }
    }

    /// The timer with this name, the type of its keys, and whether it has keys.
    fn timer_name(&mut self, name: &ast::Name) -> Option<(TimerId, Option<TypeId>, bool)> {
        if let Some((index, _, timer)) = self.names.timers.get_full(name.text.as_str()) {
            let keyed = timer.declared.key.is_some();
            return Some((TimerId(index as u32), timer.key, keyed));
        }
        let hint = self
            .names
            .near(&name.text, self.names.timers.keys().copied())
            .unwrap_or_else(|| format!("declare it: `timer {}`", name.text));
        let message = format!("there is no timer `{}`", name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_TIMER, name.span, message).hint(hint));
        None
    }

    /// A timer that is set or cancelled, with the value of its key.
    pub(super) fn timer_and_key(
        &mut self,
        timer: &ast::TimerName,
    ) -> Option<(TimerId, Option<Expr>)> {
        let found = self.timer_name(&timer.name);
        let name = &timer.name;
        match (found, &timer.key) {
            (Some((id, Some(ty), true)), Some(key)) => Some((id, Some(self.expr_of(key, ty)?))),
            (Some((id, Some(_), false)), None) => Some((id, None)),
            (Some((_, _, true)), None) => {
                let message = format!("the timer `{}` is one for each key", name.text);
                let hint = format!("say which: `{}(key)`", name.text);
                self.report(Diagnostic::new(&codes::WRONG_COUNT, name.span, message).hint(hint));
                None
            }
            (Some((_, _, false)), Some(key)) => {
                let message = format!("the timer `{}` has no key", name.text);
                self.report(Diagnostic::new(&codes::WRONG_COUNT, key.span, message));
                None
            }
            (_, key) => {
                if let Some(key) = key {
                    self.expr(key, None);
                }
                None
            }
        }
    }
}
