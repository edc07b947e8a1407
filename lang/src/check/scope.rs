//! Local variables: which are to be seen, and whether they were used.

use pasc_vm::types::TypeId;

use super::function::CallSite;
use super::passed::Passed;
use super::{Checker, Region};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::registers::MAX_REGISTERS;
use crate::resolve::{OWN_NAMES, VariableName, declared_twice, qualified, reserved};
use crate::source::Span;
use crate::typed::{Effects, LocalId, Root};

/// A local variable while its body is checked.
pub(super) struct LocalName {
    pub(super) name: String,
    /// `None` after an error in its value.
    pub(super) ty: Option<TypeId>,
    pub(super) changeable: bool,
    pub(super) span: Span,
    pub(super) used: bool,
    pub(super) parts_only: bool,
    pub(super) given: bool,
}

/// One body and what is known about it so far.
pub(super) struct Scope {
    pub(super) region: Region,
    /// The parameters that stand for functions.
    pub(super) passed: Vec<Passed>,
    /// All locals of the body.
    pub(super) locals: Vec<LocalName>,
    /// Those that are to be seen, the innermost last.
    pub(super) visible: Vec<LocalId>,
    /// How many loops surround the statement.
    pub(super) loops: usize,
    /// How many `if` with a value surround the statement, which is then a part of an
    /// expression.
    pub(super) values: usize,
    pub(super) unstable: Vec<Root>,
    /// What the code may do itself.
    pub(super) effects: Effects,
    /// What it calls.
    pub(super) calls: Vec<CallSite>,
    /// The type of the function's value: `None` outside of functions.
    pub(super) result: Option<Option<TypeId>>,
    /// The first variable that is one too many.
    pub(super) too_many: Option<Span>,
}

impl Scope {
    pub(super) fn new(region: Region) -> Self {
        Scope {
            region,
            passed: Vec::new(),
            locals: Vec::new(),
            visible: Vec::new(),
            loops: 0,
            values: 0,
            unstable: Vec::new(),
            effects: Effects::default(),
            calls: Vec::new(),
            result: None,
            too_many: None,
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<LocalId> {
        self.visible
            .iter()
            .rev()
            .copied()
            .find(|local| self.locals[local.0].name == name)
    }
}

impl<'a> Checker<'a> {
    /// The variable of the state with this name. Modules see none: what a program calls its own is not
    /// their business.
    pub(super) fn state_named(&self, name: &str) -> Option<(usize, &VariableName<'a>)> {
        let (index, _, row) = self.names.state.get_full(name)?;
        self.functions.module.is_empty().then_some((index, row))
    }

    /// The parameter with this name, likewise.
    pub(super) fn param_named(&self, name: &str) -> Option<(usize, &VariableName<'a>)> {
        let (index, _, row) = self.names.params.get_full(name)?;
        self.functions.module.is_empty().then_some((index, row))
    }

    /// Declares a local; nothing is declared for `_`, nor after an error in the name.
    pub(super) fn declare(
        &mut self,
        name: &ast::Name,
        ty: Option<TypeId>,
        changeable: bool,
    ) -> Option<LocalId> {
        if name.text == "_" {
            return None;
        }
        let is_reserved = OWN_NAMES.contains(&name.text.as_str());
        if is_reserved {
            self.report(reserved(name));
        }
        let text = name.text.as_str();
        self.not_passed_too(name);
        let local = self
            .scope
            .find(text)
            .map(|local| self.scope.locals[local.0].span);
        let global = self.state_named(text).or(self.param_named(text));
        let global = global.map(|(_, row)| row);
        // A `fn` does not see these.
        let global = global.filter(|_| self.scope.region != Region::Pure);
        let key = qualified(&self.functions.module, text);
        let constant = self.names.constants.get(&key);
        let constant = constant.map(|row| row.declared.name.span);
        let global = global.map(|row| row.declared.name.span);
        if let Some(first) = local.or(global).or(constant) {
            self.report(declared_twice(name, first).hint("give it another name"));
        }
        if self.scope.visible.len() >= MAX_REGISTERS {
            // Each takes a register for as long as it is to be seen.
            self.scope.too_many.get_or_insert(name.span);
            return None;
        }
        let id = LocalId(self.scope.locals.len());
        self.scope.locals.push(LocalName {
            name: name.text.clone(),
            ty,
            changeable,
            span: name.span,
            // One diagnostic about the name is enough.
            used: is_reserved,
            parts_only: false,
            given: false,
        });
        self.scope.visible.push(id);
        Some(id)
    }

    /// Declares a local that no name stands for.
    pub(super) fn declare_hidden(&mut self, what: &str, ty: TypeId, span: Span) -> Option<LocalId> {
        if self.scope.visible.len() >= MAX_REGISTERS {
            self.scope.too_many.get_or_insert(span);
            return None;
        }
        let id = LocalId(self.scope.locals.len());
        self.scope.locals.push(LocalName {
            name: format!("each {what}"),
            ty: Some(ty),
            changeable: false,
            span,
            used: true,
            parts_only: false,
            given: false,
        });
        self.scope.visible.push(id);
        Some(id)
    }

    /// What `check` declares is to be seen inside it alone.
    pub(super) fn scoped<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope.visible.len();
        let result = check(self);
        self.scope.visible.truncate(before);
        result
    }

    /// Whether the code may have effects; reports it at `span` if not.
    pub(super) fn may_act(&mut self, span: Span, what: &str) -> bool {
        let region = self.scope.region;
        let may = matches!(region, Region::Handler | Region::Alone | Region::Procedure);
        if region == Region::Pure {
            let message = format!("a `fn` sees its arguments alone, it cannot {what}");
            self.report(
                Diagnostic::new(&codes::NOT_PURE, span, message).hint("declare it with `proc`"),
            );
        } else if !may {
            let place = match self.scope.region {
                Region::Guard => "a guard",
                Region::Observer => "an invariant or test",
                _ => "an initial value",
            };
            let message = format!("{place} only looks, it cannot {what}");
            self.report(Diagnostic::new(&codes::NO_EFFECTS, span, message));
        }
        may
    }
}
