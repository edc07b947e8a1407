//! Functions that are given to functions.
//!
//! Each set of functions that a function is called with gives a function of its own, as each set of
//! types does: a call of what was given is a call of a known function, and nothing is passed when the
//! program runs.

use pasc_vm::types::TypeId;

use super::call::{Called, Given};
use super::function::{CallSite, Signature};
use super::{Checker, Region, all};
use crate::ast::{self, TypeForm};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::{Argument, FunctionId};

/// What a parameter asks of the function that is given for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    parameters: Vec<TypeId>,
    result: Option<TypeId>,
}

impl Asked {
    /// The signature of a function that is asked for.
    pub(super) fn signature(self) -> Signature {
        Signature {
            parameters: self.parameters.into_iter().map(|ty| (ty, false)).collect(),
            result: self.result,
        }
    }

    fn fits(&self, signature: &Signature) -> bool {
        *signature == self.clone().signature()
    }
}

/// A parameter that stands for a function.
#[derive(Debug)]
pub(super) struct Passed {
    name: ast::Name,
    function: FunctionId,
    used: bool,
}

/// A function as an argument names it.
enum Named {
    /// It was given to the function whose body it is.
    Passed(FunctionId),
    /// One of the declared ones.
    Declared(usize),
}

/// Whether the type is that of a function.
pub(super) fn is_function(ty: &ast::Type) -> bool {
    matches!(ty.form, TypeForm::Function | TypeForm::FunctionWithResult)
}

/// The types of a function's parameters and of its value, as they are written.
pub(super) fn parts(ty: &ast::Type) -> (&[ast::Type], Option<&ast::Type>) {
    match (ty.form, ty.arguments.split_last()) {
        (TypeForm::FunctionWithResult, Some((result, parameters))) => (parameters, Some(result)),
        _ => (&ty.arguments, None),
    }
}

impl<'a> Checker<'a> {
    /// What the parameters of a declared function ask for that stand for functions.
    pub(super) fn asked(
        &mut self,
        declared: &'a ast::Function,
        types: &[TypeId],
    ) -> Option<Vec<Asked>> {
        self.with_types(declared, types, |checker| {
            let parameters = declared.parameters.iter();
            let functions = parameters.filter(|parameter| is_function(&parameter.ty));
            let asked = functions.map(|parameter| {
                if parameter.changeable {
                    let message = "a function cannot be changed";
                    let span = parameter.name.span;
                    checker.report(
                        Diagnostic::new(&codes::NOT_CHANGEABLE, span, message)
                            .hint("leave out `var`"),
                    );
                }
                let (parameters, result) = parts(&parameter.ty);
                let parameters = parameters.iter().map(|ty| checker.names.ty(ty)).collect();
                let result = result.map(|ty| checker.names.ty(ty));
                Some(Asked {
                    parameters: all(parameters)?,
                    result: match result {
                        Some(ty) => Some(ty?),
                        None => None,
                    },
                })
            });
            let asked = asked.collect();
            all(asked)
        })
    }

    /// Declares the parameters of a function that stand for functions.
    pub(super) fn declare_passed(&mut self, declared: &'a ast::Function, passed: &[FunctionId]) {
        let parameters = declared.parameters.iter();
        let functions = parameters.filter(|parameter| is_function(&parameter.ty));
        for (parameter, function) in functions.zip(passed) {
            let name = parameter.name.clone();
            self.not_passed_too(&name);
            self.scope.passed.push(Passed {
                name,
                function: *function,
                used: false,
            });
        }
    }

    /// Reports a name that stands for a function already.
    pub(super) fn not_passed_too(&mut self, name: &ast::Name) {
        let mut passed = self.scope.passed.iter();
        if let Some(first) = passed.find(|passed| passed.name.text == name.text) {
            let first = first.name.span;
            self.report(crate::resolve::declared_twice(name, first).hint("give it another name"));
        }
    }

    /// Warns of functions that were given and that nothing calls or gives on.
    pub(super) fn unused_passed(&mut self, passed: &[Passed]) {
        for Passed { name, used, .. } in passed {
            if !used && !name.text.starts_with('_') {
                let message = format!("`{}` is never used", name.text);
                self.report(
                    Diagnostic::new(&codes::UNUSED_VARIABLE, name.span, message)
                        .hint(format!("write `_{}` if that is meant", name.text)),
                );
            }
        }
    }

    /// The function for which a parameter with this name stands.
    pub(super) fn passed(&mut self, name: &str) -> Option<FunctionId> {
        let mut passed = self.scope.passed.iter_mut();
        let found = passed.find(|passed| passed.name.text == name)?;
        found.used = true;
        Some(found.function)
    }

    /// A call of a function that was given; `None` if the expression is none.
    pub(super) fn passed_call(&mut self, value: &ast::Expr) -> Option<Option<Called>> {
        let ast::ExprKind::Call(name, arguments) = &value.kind else {
            return None;
        };
        let function = self.passed(&name.text)?;
        let instance = &self.functions.instances[function.0];
        let (signature, acts) = (instance.signature.clone(), instance.acts);
        let Some(signature) = signature else {
            return Some(None);
        };
        let (expected, found) = (signature.parameters.len(), arguments.len());
        if found != expected {
            self.wrong_count(name, expected, found, None);
            for argument in arguments {
                self.expr(argument, None);
            }
            return Some(None);
        }
        let arguments = arguments.iter().zip(&signature.parameters);
        let arguments = arguments
            .map(|(argument, (ty, _))| self.expr_of(argument, *ty).map(Argument::Value))
            .collect();
        self.scope.calls.push(CallSite {
            callee: function,
            span: value.span,
            region: self.scope.region,
            caller: self.functions.current,
            changed: Vec::new(),
        });
        let called = all(arguments).map(|arguments| Called {
            function,
            arguments,
            result: signature.result,
            acts,
        });
        Some(called)
    }

    /// The functions that a call gives.
    pub(super) fn given_functions(
        &mut self,
        declared: &'a ast::Function,
        types: &[TypeId],
        given: &[Option<Given<'_>>],
    ) -> Option<Vec<FunctionId>> {
        let asked = self.asked(declared, types)?;
        let arguments = given.iter().zip(&declared.parameters);
        let functions = arguments.filter(|(_, parameter)| is_function(&parameter.ty));
        let found = functions
            .zip(asked)
            .map(|((argument, _), asked)| match argument {
                Some(Given::Written(argument)) => self.given_function(argument, &asked),
                _ => None,
            })
            .collect();
        all(found)
    }

    fn given_function(&mut self, argument: &ast::Expr, asked: &Asked) -> Option<FunctionId> {
        let span = argument.span;
        let (function, direct) = match self.named_function(argument)? {
            Named::Passed(function) => (function, false),
            Named::Declared(index) => (self.declared_for(index, asked, span)?, true),
        };
        let instance = &self.functions.instances[function.0];
        let (signature, acts) = (instance.signature.clone()?, instance.acts);
        if !asked.fits(&signature) {
            let (expected, found) = (
                self.shape(&asked.clone().signature()),
                self.shape(&signature),
            );
            let message = format!("expected `{expected}`, found `{found}`");
            self.report(Diagnostic::new(&codes::MISMATCH, span, message));
            return None;
        }
        if acts && direct && self.scope.region == Region::Pure {
            let message = "a `fn` cannot give a `proc` to be called";
            self.report(
                Diagnostic::new(&codes::NOT_PURE, span, message)
                    .hint("declare the caller with `proc`"),
            );
            return None;
        }
        Some(function)
    }

    /// The function that an argument names, if it names one.
    fn find_function(&mut self, argument: &ast::Expr) -> Option<Named> {
        let (module, name) = self.function_name(argument)?;
        if matches!(argument.kind, ast::ExprKind::Name(_))
            && let Some(function) = self.passed(&name.text)
        {
            return Some(Named::Passed(function));
        }
        let index = self.names.function(&module, &name.text)?;
        Some(Named::Declared(index))
    }

    /// An argument as the name of a function, and the module in which it is to be found.
    fn function_name(&self, argument: &ast::Expr) -> Option<(String, ast::Name)> {
        match &argument.kind {
            ast::ExprKind::Name(text) => {
                let (text, span) = (text.clone(), argument.span);
                Some((self.functions.module.clone(), ast::Name { text, span }))
            }
            ast::ExprKind::Field(base, name) => match &base.kind {
                ast::ExprKind::Name(module) if self.scope.find(module).is_none() => {
                    Some((module.clone(), name.clone()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The function that an argument names; reports it if there is none.
    fn named_function(&mut self, argument: &ast::Expr) -> Option<Named> {
        if let Some(found) = self.find_function(argument) {
            return Some(found);
        }
        let Some((_, name)) = self.function_name(argument) else {
            return self.no_function(argument);
        };
        let is_own = crate::resolve::OWN_FUNCTIONS.contains(&name.text.as_str());
        if self.scope.find(&name.text).is_some() || is_own {
            return self.no_function(argument);
        }
        self.unknown_function(&name);
        None
    }

    fn no_function<T>(&mut self, argument: &ast::Expr) -> Option<T> {
        let message = "a function is asked for";
        self.report(
            Diagnostic::new(&codes::MISMATCH, argument.span, message)
                .hint("give the name of a `fn` or `proc` that is declared"),
        );
        None
    }

    /// The declared function for the types that it is asked for.
    fn declared_for(&mut self, index: usize, asked: &Asked, span: Span) -> Option<FunctionId> {
        let declared = self.names.functions[index].declared;
        let caller = self.functions.current;
        let caller = caller.map(|caller| self.functions.instances[caller.0].declared);
        if caller != Some(index) {
            self.functions.used.insert(index);
        }
        if declared.parameters.iter().any(|it| is_function(&it.ty)) {
            let message = format!("`{}` asks for a function itself", declared.name.text);
            self.report(
                Diagnostic::new(&codes::MISMATCH, span, message)
                    .hint("give a function that calls it"),
            );
            return None;
        }
        let parameters = &declared.type_parameters;
        let mut chosen = vec![None; parameters.len()];
        for (parameter, ty) in declared.parameters.iter().zip(&asked.parameters) {
            self.unify(&parameter.ty, *ty, parameters, &mut chosen);
        }
        if let (Some(result), Some(ty)) = (&declared.result, asked.result) {
            self.unify(result, ty, parameters, &mut chosen);
        }
        let name = ast::Name {
            text: declared.name.text.clone(),
            span,
        };
        let types = self.bounded_types(parameters, chosen, &name)?;
        self.instance(index, types, Vec::new(), span)
    }

    /// What the parameters that stand for types are, as far as the functions that are given say it.
    pub(super) fn unify_functions(
        &mut self,
        declared: &'a ast::Function,
        given: &[Option<Given<'_>>],
        chosen: &mut [Option<TypeId>],
    ) {
        let parameters = &declared.type_parameters;
        for (argument, parameter) in given.iter().zip(&declared.parameters) {
            let Some(Given::Written(argument)) = argument else {
                continue;
            };
            if !is_function(&parameter.ty) {
                continue;
            }
            let Some(signature) = self.known_signature(argument) else {
                continue;
            };
            let (asked, result) = parts(&parameter.ty);
            for (asked, (ty, _)) in asked.iter().zip(signature.parameters) {
                self.unify(asked, ty, parameters, chosen);
            }
            if let (Some(asked), Some(ty)) = (result, signature.result) {
                self.unify(asked, ty, parameters, chosen);
            }
        }
    }

    /// The signature of a function that has one alone.
    fn known_signature(&mut self, argument: &ast::Expr) -> Option<Signature> {
        let index = match self.find_function(argument)? {
            Named::Passed(function) => {
                return self.functions.instances[function.0].signature.clone();
            }
            Named::Declared(index) => index,
        };
        let declared = self.names.functions[index].declared;
        let plain = declared.type_parameters.is_empty()
            && !declared.parameters.iter().any(|it| is_function(&it.ty));
        let id = plain.then(|| self.instance(index, Vec::new(), Vec::new(), argument.span))??;
        self.functions.instances[id.0].signature.clone()
    }

    /// A signature as the type of a function.
    fn shape(&self, signature: &Signature) -> String {
        let parameters = signature.parameters.iter();
        let parameters: Vec<String> = parameters
            .map(|(ty, changeable)| match changeable {
                true => format!("var {}", self.type_name(*ty)),
                false => self.type_name(*ty),
            })
            .collect();
        let result = signature.result.map(|ty| self.type_name(ty));
        let result = result.map_or(String::new(), |ty| format!(" -> {ty}"));
        format!("fn({}){result}", parameters.join(", "))
    }
}
