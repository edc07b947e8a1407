//! Calls of declared functions: arguments, the types that a generic function stands for, and the
//! places that it may change.

use pasc_vm::types::{Type, TypeId};

use super::function::CallSite;
use super::passed::is_function;
use super::{Checker, Region};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::PRELUDE;
use crate::source::Span;
use crate::typed::*;

/// A call that was checked.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) function: FunctionId,
    pub(super) arguments: Vec<Argument>,
    pub(super) result: Option<TypeId>,
    /// It may do more than compute a value.
    pub(super) acts: bool,
}

/// What a call gives, checked or not.
pub(super) enum Given<'e> {
    Written(&'e ast::Expr),
    Value(Expr),
    Place(Place),
}

impl Given<'_> {
    /// Whether its type depends on what is asked for.
    pub(super) fn is_flexible(&self) -> bool {
        let Given::Written(expr) = self else {
            return false;
        };
        match &expr.kind {
            ast::ExprKind::Name(name) => name == "none",
            // It may stand for an address.
            ast::ExprKind::Text(_) => true,
            ast::ExprKind::List(items) | ast::ExprKind::Set(items) => items.is_empty(),
            ast::ExprKind::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }
}

impl<'a> Checker<'a> {
    /// The call of a declared function; `None` if the expression is none.
    pub(super) fn user_call(
        &mut self,
        value: &ast::Expr,
        hint: Option<TypeId>,
    ) -> Option<Option<Called>> {
        if let Some(called) = self.passed_call(value) {
            return Some(called);
        }
        let (index, name, arguments) = match &value.kind {
            ast::ExprKind::Call(name, arguments) => {
                let index = self.names.function(&self.functions.module, &name.text)?;
                (index, name, arguments)
            }
            ast::ExprKind::Method(base, name, arguments) => {
                (self.module_function(base, name)?, name, arguments)
            }
            _ => return None,
        };
        let given = arguments.iter().map(Given::Written).collect();
        Some(self.called(index, name, given, hint, value.span))
    }

    /// The function `module.name`, if the base is the name of a module.
    fn module_function(&mut self, base: &ast::Expr, name: &ast::Name) -> Option<usize> {
        let ast::ExprKind::Name(module) = &base.kind else {
            return None;
        };
        if self.scope.find(module).is_some() {
            return None;
        }
        self.names.function(module, &name.text)
    }

    /// A call whose value is used; `None` if the expression calls no declared function.
    pub(super) fn user_value(
        &mut self,
        value: &ast::Expr,
        hint: Option<TypeId>,
    ) -> Option<Option<Expr>> {
        let called = self.user_call(value, hint)?;
        Some(called.and_then(|called| self.value_of(called, value.span)))
    }

    fn value_of(&mut self, called: Called, span: Span) -> Option<Expr> {
        let Some(ty) = called.result else {
            let message = "the function gives no value";
            self.report(
                Diagnostic::new(&codes::NO_VALUE, span, message)
                    .hint("let it be a statement of its own"),
            );
            return None;
        };
        let kind = ExprKind::Call(called.function, called.arguments);
        Some(Expr { kind, ty, span })
    }

    /// A method that is a function of the prelude.
    pub(super) fn prelude(
        &mut self,
        function: &str,
        given: Vec<Given<'_>>,
        name: &ast::Name,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Called> {
        let index = self.names.function(PRELUDE, function)?;
        self.called(index, name, given, hint, span)
    }

    /// As [`Checker::prelude`], for its value.
    pub(super) fn prelude_value(
        &mut self,
        function: &str,
        given: Vec<Given<'_>>,
        name: &ast::Name,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let called = self.prelude(function, given, name, hint, span)?;
        self.value_of(called, span)
    }

    fn called(
        &mut self,
        index: usize,
        name: &ast::Name,
        given: Vec<Given<'_>>,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Called> {
        let declared = self.names.functions[index].declared;
        let is_method = self.names.functions[index].module == PRELUDE;
        let (expected, found) = (declared.parameters.len(), given.len());
        if found != expected {
            // The first argument of a method is what it is called on.
            let less = usize::from(is_method);
            let place = (!is_method).then_some(declared.name.span);
            self.wrong_count(name, expected - less, found.saturating_sub(less), place);
            return None;
        }
        if declared.is_proc && self.scope.region == Region::Pure {
            let message = format!("a `fn` cannot call the `proc` `{}`", name.text);
            self.report(
                Diagnostic::new(&codes::NOT_PURE, name.span, message)
                    .hint("declare the caller with `proc`"),
            );
            return None;
        }
        let mut given: Vec<Option<Given>> = given.into_iter().map(Some).collect();
        let types = if declared.type_parameters.is_empty() {
            Vec::new()
        } else {
            self.chosen_types(declared, &mut given, hint, name)?
        };
        let passed = self.given_functions(declared, &types, &given);
        let instance = passed.and_then(|passed| self.instance(index, types, passed, name.span));
        let values = given.into_iter().zip(&declared.parameters);
        let values = values.filter(|(_, parameter)| !is_function(&parameter.ty));
        let given = values.map(|(given, _)| given);
        let known = instance.map(|id| (id, &self.functions.instances[id.0]));
        let known = known.and_then(|(id, instance)| {
            let signature = instance.signature.clone()?;
            Some((id, signature, instance.acts))
        });
        let Some((function, signature, acts)) = known else {
            for argument in given.flatten() {
                if let Given::Written(argument) = argument {
                    self.expr(argument, None);
                }
            }
            return None;
        };
        let mut arguments = Vec::new();
        let mut changed: Vec<(Root, Span)> = Vec::new();
        let mut complete = true;
        for (argument, (ty, changeable)) in given.zip(&signature.parameters) {
            let argument = match argument {
                Some(argument) if *changeable => self.place_argument(argument, *ty, &mut changed),
                Some(Given::Written(argument)) => self.expr_of(argument, *ty).map(Argument::Value),
                Some(Given::Value(value)) => self.fits(value, *ty).map(Argument::Value),
                Some(Given::Place(_)) | None => None,
            };
            match argument {
                Some(argument) => arguments.push(argument),
                None => complete = false,
            }
        }
        for (root, _) in &changed {
            self.scope.unstable.push(*root);
        }
        self.scope.calls.push(CallSite {
            callee: function,
            span,
            region: self.scope.region,
            caller: self.functions.current,
            changed,
        });
        complete.then_some(Called {
            function,
            arguments,
            result: signature.result,
            acts,
        })
    }

    pub(super) fn wrong_count(
        &mut self,
        name: &ast::Name,
        expected: usize,
        found: usize,
        declared: Option<Span>,
    ) {
        let plural = if expected == 1 {
            "argument"
        } else {
            "arguments"
        };
        let message = format!("`{}` takes {expected} {plural}, not {found}", name.text);
        let mut diagnostic = Diagnostic::new(&codes::WRONG_COUNT, name.span, message);
        if let Some(declared) = declared {
            diagnostic = diagnostic.label(declared, "declared here");
        }
        self.report(diagnostic);
    }

    /// A value that was checked already, if it has this type.
    fn fits(&mut self, value: Expr, ty: TypeId) -> Option<Expr> {
        if value.ty == ty {
            return Some(value);
        }
        let (expected, found) = (self.type_name(ty), self.type_name(value.ty));
        let message = format!("expected `{expected}`, found `{found}`");
        self.report(Diagnostic::new(&codes::MISMATCH, value.span, message));
        None
    }

    /// The types for which a generic function is called: those that its arguments, or else the
    /// type that is asked for, have at their places. Arguments are checked on the way.
    fn chosen_types(
        &mut self,
        declared: &'a ast::Function,
        given: &mut [Option<Given<'_>>],
        hint: Option<TypeId>,
        name: &ast::Name,
    ) -> Option<Vec<TypeId>> {
        let parameters = &declared.type_parameters;
        let mut chosen: Vec<Option<TypeId>> = vec![None; parameters.len()];
        let mut complete = true;
        for (argument, parameter) in given.iter_mut().zip(&declared.parameters) {
            let asks = mentions(&parameter.ty, parameters) && !is_function(&parameter.ty);
            let Some(taken) = argument.take_if(|argument| asks && !argument.is_flexible()) else {
                continue;
            };
            let checked = match taken {
                Given::Written(expr) if parameter.changeable => self.place(expr).map(Given::Place),
                Given::Written(expr) => self.expr(expr, None).map(Given::Value),
                other => Some(other),
            };
            let ty = match &checked {
                Some(Given::Value(value)) => Some(value.ty),
                Some(Given::Place(place)) => Some(place.ty),
                _ => None,
            };
            if let Some(ty) = ty {
                self.unify(&parameter.ty, ty, parameters, &mut chosen);
            }
            complete &= checked.is_some();
            *argument = checked;
        }
        self.unify_functions(declared, given, &mut chosen);
        if let (Some(result), Some(hint)) = (&declared.result, hint) {
            self.unify(result, hint, parameters, &mut chosen);
        }
        for (argument, parameter) in given.iter().zip(&declared.parameters) {
            if let Some(Given::Written(argument)) = argument
                && matches!(argument.kind, ast::ExprKind::Text(_))
            {
                let text = self.names.basic.text;
                self.unify(&parameter.ty, text, parameters, &mut chosen);
            }
        }
        if !complete {
            return None;
        }
        self.bounded_types(parameters, chosen, name)
    }

    /// The types that were chosen, if there is one for each parameter, which has what it asks for.
    pub(super) fn bounded_types(
        &mut self,
        parameters: &[ast::TypeParameter],
        chosen: Vec<Option<TypeId>>,
        name: &ast::Name,
    ) -> Option<Vec<TypeId>> {
        let mut types = Vec::new();
        for (parameter, chosen) in parameters.iter().zip(chosen) {
            let Some(ty) = chosen else {
                let parameter = &parameter.name.text;
                let message = format!("nothing says what `{parameter}` is in this call");
                self.report(
                    Diagnostic::new(&codes::UNTYPED_BRACES, name.span, message)
                        .hint("bind the result or an argument with its type before"),
                );
                return None;
            };
            let bound = |bound: &str| parameter.bounds.iter().any(|it| it.text == bound);
            let lacks = if bound("ord") && !self.types().is_ordered(ty) {
                Some("an order")
            } else if bound("eq") && self.functions.without_equality.contains(&ty) {
                Some("`==`")
            } else {
                None
            };
            if let Some(lacks) = lacks {
                let found = self.type_name(ty);
                let message = format!("`{}` asks for {lacks}, which `{found}` has not", name.text);
                self.report(Diagnostic::new(&codes::BAD_KEY, name.span, message));
                return None;
            }
            types.push(ty);
        }
        Some(types)
    }

    /// Finds out what type parameters stand for, from a type as it is written and the type that is
    /// there. Where they do not fit the arguments are compared later.
    pub(super) fn unify(
        &mut self,
        written: &ast::Type,
        found: TypeId,
        parameters: &[ast::TypeParameter],
        chosen: &mut [Option<TypeId>],
    ) {
        let name = written.name.text.as_str();
        if let Some(index) = parameters.iter().position(|it| it.name.text == name) {
            chosen[index].get_or_insert(found);
            return;
        }
        let parts: Vec<TypeId> = match (self.types().get(found), written.form, name) {
            (Some(&Type::List { element }), _, "list") => vec![element],
            (Some(&Type::Set { element }), _, "set") => vec![element],
            (Some(&Type::Option { value }), _, "option") => vec![value],
            (Some(&Type::Map { key, value }), _, "map") => vec![key, value],
            (Some(Type::Tuple { elements }), ast::TypeForm::Tuple, _) => elements.clone(),
            (Some(Type::Record { .. }), ast::TypeForm::Named, _) => {
                self.names.arguments_of(found).to_vec()
            }
            _ => return,
        };
        for (written, found) in written.arguments.iter().zip(parts) {
            self.unify(written, found, parameters, chosen);
        }
    }

    /// A place that the function may change.
    fn place_argument(
        &mut self,
        argument: Given<'_>,
        ty: TypeId,
        changed: &mut Vec<(Root, Span)>,
    ) -> Option<Argument> {
        let place = match argument {
            Given::Written(argument) => self.place(argument)?,
            Given::Place(place) => place,
            Given::Value(_) => return None,
        };
        if place.ty != ty {
            let (expected, found) = (self.type_name(ty), self.type_name(place.ty));
            let message = format!("expected `{expected}`, found `{found}`");
            self.report(Diagnostic::new(&codes::MISMATCH, place.span, message));
            return None;
        }
        if let Some((_, first)) = changed.iter().find(|(root, _)| *root == place.root) {
            let message = "the call changes parts of one variable twice";
            self.report(
                Diagnostic::new(&codes::CHANGED_TWICE, place.span, message)
                    .label(*first, "changed here too")
                    .hint("give it a copy in a `var`"),
            );
            return None;
        }
        if let Root::Local(local) = place.root {
            self.scope.locals[local.0].used = true;
        }
        changed.push((place.root, place.span));
        Some(Argument::Place(place))
    }

    /// Whether a call may do more than compute a value.
    pub(super) fn has_effects(&self, called: &Called) -> bool {
        let mut arguments = called.arguments.iter();
        called.acts || arguments.any(|argument| matches!(argument, Argument::Place(_)))
    }

    /// The call is all that its statement does, so nothing else in the statement sees the changes.
    pub(super) fn forget_places(&mut self, called: &Called) {
        if self.scope.values > 0 {
            return;
        }
        for argument in &called.arguments {
            if let Argument::Place(place) = argument {
                let unstable = &mut self.scope.unstable;
                if let Some(last) = unstable.iter().rposition(|root| *root == place.root) {
                    unstable.remove(last);
                }
            }
        }
    }
}

/// Whether a type as it is written depends on one of these parameters.
fn mentions(written: &ast::Type, parameters: &[ast::TypeParameter]) -> bool {
    let name = &written.name.text;
    let mut arguments = written.arguments.iter();
    parameters
        .iter()
        .any(|parameter| parameter.name.text == *name)
        || arguments.any(|argument| mentions(argument, parameters))
}
