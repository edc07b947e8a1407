//! Functions: their bodies, calls, and what they may do.
//!
//! Each set of types for which a generic function is called gives a function of its own. Bodies are
//! checked after everything that calls them; only then is known what a `proc` may do, so calls are
//! judged last.

use std::collections::{BTreeMap, BTreeSet};

use pasc_vm::types::{Field, Type, TypeId};

use super::passed::{Asked, is_function};
use super::scope::Scope;
use super::{Checker, Region, all};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::{FunctionName, PRELUDE};
use crate::source::Span;
use crate::typed::*;

/// How many functions a program may come to, those for each set of types counted apart.
pub(super) const MAX_FUNCTIONS: usize = 4000;

/// A place in the code that calls a function.
#[derive(Debug)]
pub(super) struct CallSite {
    pub(super) callee: FunctionId,
    pub(super) span: Span,
    pub(super) region: Region,
    /// The function whose body it is in.
    pub(super) caller: Option<FunctionId>,
    /// The roots that are given to be changed.
    pub(super) changed: Vec<(Root, Span)>,
}

/// The types of a function's parameters, without those that stand for functions, and of its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Signature {
    pub(super) parameters: Vec<(TypeId, bool)>,
    pub(super) result: Option<TypeId>,
}

/// A function for certain types and with certain functions, whose body waits.
#[derive(Debug)]
pub(super) struct Instance {
    /// Which of the declared functions it is.
    pub(super) declared: usize,
    types: Vec<TypeId>,
    /// The functions that it is given.
    passed: Vec<FunctionId>,
    pub(super) signature: Option<Signature>,
    /// It is a `proc`, or was given one.
    pub(super) acts: bool,
}

/// The functions that are called, and where.
#[derive(Default, Debug)]
pub(super) struct Functions {
    pub(super) instances: Vec<Instance>,
    known: BTreeMap<(usize, Vec<TypeId>, Vec<FunctionId>), FunctionId>,
    pub(super) calls: Vec<CallSite>,
    /// The function whose body is being checked.
    pub(super) current: Option<FunctionId>,
    /// The module whose code is being checked; empty for the program itself.
    pub(super) module: String,
    /// Types that a generic function chooses without asking for `==`.
    pub(super) without_equality: Vec<TypeId>,
    /// The declared functions that something calls.
    pub(super) used: BTreeSet<usize>,
    /// The constants that something names.
    pub(super) used_constants: BTreeSet<usize>,
}

impl<'a> Checker<'a> {
    /// Checks the bodies of all functions, then all calls.
    pub(super) fn functions(&mut self) -> Option<Vec<Function>> {
        for index in 0..self.names.functions.len() {
            let FunctionName { declared, module } = self.names.functions[index];
            let takes_function = declared.parameters.iter().any(|it| is_function(&it.ty));
            let is_generic = takes_function || !declared.type_parameters.is_empty();
            // Functions of modules are made when they are called.
            if module.is_empty() && is_generic {
                self.check_generic(index, declared);
            } else if module.is_empty() {
                self.instance(index, Vec::new(), Vec::new(), declared.name.span);
            }
        }
        let mut functions = Vec::new();
        // Bodies may ask for more functions.
        while functions.len() < self.functions.instances.len() {
            functions.push(self.function(FunctionId(functions.len())));
        }
        for call in &self.functions.calls {
            let callee = &self.functions.instances[call.callee.0];
            let caller = call
                .caller
                .map(|caller| self.functions.instances[caller.0].declared);
            if caller != Some(callee.declared) {
                self.functions.used.insert(callee.declared);
            }
        }
        let mut functions = all(functions)?;
        self.settle_effects(&mut functions);
        self.judge_calls(&functions).then_some(functions)
    }

    /// Checks a generic function once for types of which nothing is known but what it asks for. What it
    /// calls is not kept.
    fn check_generic(&mut self, index: usize, declared: &'a ast::Function) {
        let basic = self.names.basic;
        let mut types = Vec::new();
        for parameter in &declared.type_parameters {
            let mut bounds = parameter.bounds.iter().map(|bound| bound.text.as_str());
            let (ordered, equal) = (
                bounds.clone().any(|bound| bound == "ord"),
                bounds.clone().any(|bound| bound == "eq"),
            );
            if let Some(bound) = parameter
                .bounds
                .iter()
                .find(|it| it.text != "ord" && it.text != "eq")
            {
                let message = format!("there is no bound `{}`", bound.text);
                self.report(
                    Diagnostic::new(&codes::UNKNOWN_TYPE, bound.span, message)
                        .hint("the bounds are `eq`, for `==`, and `ord`, for `<` and keys"),
                );
            }
            let _ = bounds.next();
            let (key, value) = (basic.int, basic.int);
            let inside = if ordered {
                Some(basic.int)
            } else {
                self.names
                    .intern(Type::Map { key, value }, parameter.name.span)
            };
            let Some(inside) = inside else { return };
            let field = Field {
                name: "what it is".to_string(),
                ty: inside,
            };
            let ty = Type::Record {
                name: parameter.name.text.clone(),
                fields: vec![field],
            };
            let Some(ty) = self.names.intern(ty, parameter.name.span) else {
                return;
            };
            if !ordered && !equal {
                self.functions.without_equality.push(ty);
            }
            types.push(ty);
        }
        let (instances, calls) = (self.functions.instances.len(), self.functions.calls.len());
        let known = self.functions.known.clone();
        if let Some(asked) = self.asked(declared, &types) {
            let passed = asked
                .into_iter()
                .map(|asked| self.stub(index, asked))
                .collect();
            if let Some(id) = self.instance(index, types, passed, declared.name.span) {
                self.function(id);
            }
        }
        for call in &self.functions.calls[calls..] {
            let callee = self.functions.instances[call.callee.0].declared;
            if callee != index {
                self.functions.used.insert(callee);
            }
        }
        self.functions.instances.truncate(instances);
        self.functions.calls.truncate(calls);
        self.functions.known = known;
        self.functions.without_equality.clear();
    }

    /// A function of which nothing is known but what is asked of it, for a check of the function
    /// with this number.
    fn stub(&mut self, index: usize, asked: Asked) -> FunctionId {
        let signature = asked.signature();
        self.functions.instances.push(Instance {
            declared: index,
            types: Vec::new(),
            passed: Vec::new(),
            // Without a value it can only be there for its effects.
            acts: signature.result.is_none(),
            signature: Some(signature),
        });
        FunctionId(self.functions.instances.len() - 1)
    }

    /// The function with this number for these types and with these functions.
    pub(super) fn instance(
        &mut self,
        index: usize,
        types: Vec<TypeId>,
        passed: Vec<FunctionId>,
        span: Span,
    ) -> Option<FunctionId> {
        let key = (index, types, passed);
        if let Some(known) = self.functions.known.get(&key) {
            return Some(*known);
        }
        let id = FunctionId(self.functions.instances.len());
        if id.0 >= MAX_FUNCTIONS {
            let message = format!("the program comes to more than {MAX_FUNCTIONS} functions");
            self.report(Diagnostic::new(
                &codes::TOO_MANY_DECLARATIONS,
                span,
                message,
            ));
            return None;
        }
        let declared = self.names.functions[index].declared;
        let signature = self.with_types(declared, &key.1, |checker| checker.signature(declared));
        let mut given = key.2.iter();
        let acts = given.any(|id| self.functions.instances[id.0].acts);
        self.functions.instances.push(Instance {
            declared: index,
            types: key.1.clone(),
            passed: key.2.clone(),
            signature,
            acts: declared.is_proc || acts,
        });
        self.functions.known.insert(key, id);
        Some(id)
    }

    /// Runs with the type parameters of a function standing for these types.
    pub(super) fn with_types<T>(
        &mut self,
        declared: &'a ast::Function,
        types: &[TypeId],
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let names = declared.type_parameters.iter();
        let names = names.map(|parameter| parameter.name.text.clone());
        let environment = names.zip(types.iter().copied()).collect();
        let outer = std::mem::replace(&mut self.names.type_arguments, environment);
        let result = run(self);
        self.names.type_arguments = outer;
        result
    }

    fn signature(&mut self, declared: &'a ast::Function) -> Option<Signature> {
        let parameters: Vec<Option<(TypeId, bool)>> = declared
            .parameters
            .iter()
            .filter(|parameter| !is_function(&parameter.ty))
            .map(|parameter| Some((self.names.ty(&parameter.ty)?, parameter.changeable)))
            .collect();
        let result = match &declared.result {
            Some(ty) => Some(self.names.ty(ty)?),
            None => None,
        };
        Some(Signature {
            parameters: all(parameters)?,
            result,
        })
    }

    fn function(&mut self, id: FunctionId) -> Option<Function> {
        let instance = &self.functions.instances[id.0];
        let FunctionName { declared, module } = self.names.functions[instance.declared];
        let (types, signature) = (instance.types.clone(), instance.signature.clone());
        let passed = instance.passed.clone();
        let name = self.instance_name(declared, &types, &passed);
        self.functions.current = Some(id);
        self.functions.module = module.to_string();
        let function = self.with_types(declared, &types, |checker| {
            checker.body(declared, signature, &passed, name)
        });
        self.functions.current = None;
        self.functions.module.clear();
        function
    }

    fn instance_name(
        &self,
        declared: &ast::Function,
        types: &[TypeId],
        passed: &[FunctionId],
    ) -> String {
        let types = types.iter().map(|ty| self.type_name(*ty));
        let functions = passed.iter().map(|id| {
            let Instance {
                declared, types, ..
            } = &self.functions.instances[id.0];
            self.instance_name(self.names.functions[*declared].declared, types, &[])
        });
        let names: Vec<String> = types.chain(functions).collect();
        match names.len() {
            0 => declared.name.text.clone(),
            _ => format!("{}<{}>", declared.name.text, names.join(", ")),
        }
    }

    fn body(
        &mut self,
        declared: &'a ast::Function,
        signature: Option<Signature>,
        passed: &[FunctionId],
        name: String,
    ) -> Option<Function> {
        self.scope = Scope::new(if declared.is_proc {
            Region::Procedure
        } else {
            Region::Pure
        });
        let known = signature.as_ref();
        let result = known.and_then(|signature| signature.result);
        self.scope.result = Some(result);
        self.declare_passed(declared, passed);
        let mut parameters = Vec::new();
        let values = declared.parameters.iter();
        let values = values.filter(|parameter| !is_function(&parameter.ty));
        for (index, parameter) in values.enumerate() {
            let ty = known.map(|signature| signature.parameters[index].0);
            let Some(local) = self.declare(&parameter.name, ty, parameter.changeable) else {
                if parameter.name.text == "_" {
                    let message = "a parameter needs a name";
                    let span = parameter.name.span;
                    self.report(Diagnostic::new(&codes::RESERVED_NAME, span, message));
                }
                continue;
            };
            let place = &mut self.scope.locals[local.0];
            place.given = true;
            place.used |= parameter.changeable;
            if let Some(ty) = ty {
                let changeable = parameter.changeable;
                parameters.push(Parameter {
                    local,
                    ty,
                    changeable,
                });
            }
        }
        let block = match (&declared.result, result) {
            (Some(_), Some(ty)) => self.value_block(&declared.body, Some(ty)),
            (Some(_), None) => {
                self.block(&declared.body);
                None
            }
            (None, _) => self.block(&declared.body),
        };
        let effects = self.scope.effects.clone();
        let body = self.finish(block, declared.body.span)?;
        let signature = signature?;
        (parameters.len() == signature.parameters.len()).then_some(Function {
            name,
            hidden: self.functions.module == PRELUDE,
            parameters,
            result: signature.result,
            body,
            effects,
        })
    }

    /// `return`
    pub(super) fn return_statement(
        &mut self,
        value: Option<&ast::Expr>,
        span: Span,
    ) -> Option<StatementKind> {
        match (self.scope.result, value) {
            (None, None) => {
                let may = self.may_act(span, "return");
                may.then_some(StatementKind::Return(None))
            }
            (None, Some(value)) => {
                self.expr(value, None);
                let message = "a handler gives no value";
                self.report(
                    Diagnostic::new(&codes::MISMATCH, value.span, message)
                        .hint("send it with `reply`, and write `return` alone"),
                );
                None
            }
            (Some(Some(ty)), Some(value)) => {
                let value = self.expr_of(value, ty)?;
                Some(StatementKind::Return(Some(value)))
            }
            (Some(None), None) => Some(StatementKind::Return(None)),
            (Some(Some(ty)), None) => {
                let ty = self.type_name(ty);
                let message = format!("the function gives a value of type `{ty}`");
                let hint = "write it after `return`";
                self.report(Diagnostic::new(&codes::NO_VALUE, span, message).hint(hint));
                None
            }
            (Some(None), Some(value)) => {
                self.expr(value, None);
                let message = "the function gives no value";
                self.report(
                    Diagnostic::new(&codes::MISMATCH, value.span, message)
                        .hint("write the type of the value after `->`"),
                );
                None
            }
        }
    }

    /// Warns of functions and constants that are of no use. A file without handlers is a module.
    pub(super) fn unused_declarations(&mut self, program: &ast::Program) {
        let is_handler = |item: &ast::Item| matches!(item.kind, ast::ItemKind::Handler(_));
        let has_errors = self.names.diagnostics.iter().any(Diagnostic::is_error);
        if has_errors || !program.items.iter().any(is_handler) {
            return;
        }
        let functions = self.names.functions.values().enumerate();
        let functions = functions
            .filter(|(index, row)| row.module.is_empty() && !self.functions.used.contains(index))
            .map(|(_, row)| &row.declared.name);
        let constants = self.names.constants.values().enumerate();
        let constants = constants
            .filter(|(index, row)| {
                row.module.is_empty() && !self.functions.used_constants.contains(index)
            })
            .map(|(_, row)| &row.declared.name);
        let unused: Vec<ast::Name> = functions
            .chain(constants)
            .filter(|name| !name.text.starts_with('_'))
            .cloned()
            .collect();
        for name in unused {
            let message = format!("`{}` is never used", name.text);
            self.report(
                Diagnostic::new(&codes::UNUSED_DECLARATION, name.span, message)
                    .hint("remove it, or let its name begin with `_`"),
            );
        }
    }
}
