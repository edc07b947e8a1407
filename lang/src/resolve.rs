//! Declarations: which names a program declares and what they stand for.
//!
//! In: the tree. Out: [`Names`], in which every record, message, parameter and
//! variable of the state has its type, with its first declaration standing where a
//! name was declared twice. Bodies are not looked into.

mod types;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pasc_vm::Value;
use pasc_vm::program::MessageId;
use pasc_vm::types::{Type, TypeId, TypeTable};

use crate::ast;
use crate::codes;
use crate::diagnostic::{Diagnostic, MAX_DIAGNOSTICS};
use crate::source::Span;
use crate::suggest::did_you_mean;
use crate::typed::Basic;

/// How many declarations a program may have, tests and handlers included.
pub const MAX_DECLARATIONS: usize = 1000;
/// How many fields a record or message, or variables the state may have.
pub const MAX_FIELDS: usize = 200;

/// Names that the language itself gives.
pub(crate) const OWN_NAMES: [&str; 4] = ["self", "sender", "now", "none"];

/// Functions that the language itself gives.
pub(crate) const OWN_FUNCTIONS: [&str; 13] = [
    "all",
    "any",
    "sum",
    "min",
    "max",
    "random",
    "address",
    "some",
    "digest",
    "encode",
    "crc32",
    "sha256",
    "hmac_sha256",
];

/// The module of the functions that the language's own methods are.
pub(crate) const PRELUDE: &str = "std prelude";

/// A file that the program consists of.
pub(crate) struct Module<'a> {
    /// Its name; empty for the program itself.
    pub(crate) name: &'a str,
    pub(crate) program: &'a ast::Program,
}

/// The name by which a function of a module is known.
pub(crate) fn qualified(module: &str, name: &str) -> String {
    if module.is_empty() {
        name.to_string()
    } else {
        format!("{module}.{name}")
    }
}

/// A declaration of a type.
#[derive(Clone, Copy)]
pub(crate) enum Declared<'a> {
    Record(&'a ast::Fields),
    Enum(&'a ast::Enum),
}

/// A declared record or enum, and how far its parts are known.
enum Record<'a> {
    Declared(Declared<'a>),
    /// Its fields are being looked at: meeting it now means that it contains itself.
    Open,
    /// `None` after an error that was reported.
    Known(Option<TypeId>),
}

/// A declared message.
#[derive(Debug)]
pub(crate) struct MessageName {
    pub(crate) id: MessageId,
    /// `None` after an error in its fields.
    pub(crate) record: Option<TypeId>,
    pub(crate) span: Span,
}

/// A parameter or a variable of the state.
#[derive(Debug)]
pub(crate) struct VariableName<'a> {
    pub(crate) ty: Option<TypeId>,
    pub(crate) declared: &'a ast::Variable,
}

/// A declared timer.
#[derive(Debug)]
pub(crate) struct TimerName<'a> {
    pub(crate) declared: &'a ast::Timer,
    /// The type of its keys; that of an empty record if it has none, `None` after an
    /// error.
    pub(crate) key: Option<TypeId>,
}

/// A declared function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionName<'a> {
    pub(crate) declared: &'a ast::Function,
    /// The module that declares it; empty for the program itself.
    pub(crate) module: &'a str,
}

/// A declared constant.
#[derive(Debug)]
pub(crate) struct ConstantName<'a> {
    pub(crate) declared: &'a ast::Variable,
    pub(crate) module: &'a str,
    pub(crate) ty: Option<TypeId>,
    /// Its value, once it is known.
    pub(crate) value: Option<Value>,
}

/// What the names of a program stand for.
pub(crate) struct Names<'a> {
    pub(crate) types: TypeTable,
    pub(crate) basic: Basic,
    records: IndexMap<&'a str, (Record<'a>, Span)>,
    /// Records whose uses choose types.
    generic: IndexMap<&'a str, &'a ast::Fields>,
    /// For which types the instances of generic records stand.
    instances: BTreeMap<TypeId, Vec<TypeId>>,
    /// What type parameters stand for where types are looked at now.
    pub(crate) type_arguments: Vec<(String, TypeId)>,
    pub(crate) messages: IndexMap<&'a str, MessageName>,
    pub(crate) params: IndexMap<&'a str, VariableName<'a>>,
    pub(crate) state: IndexMap<&'a str, VariableName<'a>>,
    pub(crate) timers: IndexMap<&'a str, TimerName<'a>>,
    pub(crate) functions: IndexMap<String, FunctionName<'a>>,
    pub(crate) constants: IndexMap<String, ConstantName<'a>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Collects the declarations of a program and of the modules that it uses.
pub(crate) fn resolve<'a>(modules: &[Module<'a>]) -> Names<'a> {
    let mut names = Names::new();
    let mut messages: Vec<&ast::Fields> = Vec::new();
    for module in modules {
        names.check_counts(module.program);
        names.types_of(module.program, &mut messages);
    }
    for index in 0..names.records.len() {
        names.record_at(index, 0);
    }
    for (index, fields) in messages.into_iter().enumerate() {
        let record = names.fields_type(fields, 0);
        names.messages[index].record = record;
    }
    for module in modules {
        names.functions(module);
        names.constants(module);
        if module.name.is_empty() {
            names.variables(module.program);
            names.timers(module.program);
        } else {
            names.check_module(module.program);
        }
    }
    names
}

impl<'a> Names<'a> {
    fn new() -> Self {
        let mut types = TypeTable::default();
        let mut basic = |ty| types.intern(ty).unwrap_or(TypeId(0));
        let basic = Basic {
            int: basic(Type::Int),
            bool: basic(Type::Bool),
            text: basic(Type::Text),
            bytes: basic(Type::Bytes),
            address: basic(Type::Address),
            duration: basic(Type::Duration),
        };
        Names {
            types,
            basic,
            records: IndexMap::new(),
            generic: IndexMap::new(),
            instances: BTreeMap::new(),
            type_arguments: Vec::new(),
            messages: IndexMap::new(),
            params: IndexMap::new(),
            state: IndexMap::new(),
            timers: IndexMap::new(),
            functions: IndexMap::new(),
            constants: IndexMap::new(),
            diagnostics: Vec::new(),
        }
    }

    /// The records, enums and messages of a file.
    fn types_of(&mut self, program: &'a ast::Program, messages: &mut Vec<&'a ast::Fields>) {
        for item in &program.items {
            match &item.kind {
                ast::ItemKind::Record(fields) if self.declare_type(&fields.name) => {
                    if fields.type_parameters.is_empty() {
                        let row = Record::Declared(Declared::Record(fields));
                        let row = (row, fields.name.span);
                        self.records.insert(&fields.name.text, row);
                    } else {
                        self.generic.insert(&fields.name.text, fields);
                    }
                }
                ast::ItemKind::Enum(declared) if self.declare_type(&declared.name) => {
                    let row = Record::Declared(Declared::Enum(declared));
                    let row = (row, declared.name.span);
                    self.records.insert(&declared.name.text, row);
                }
                ast::ItemKind::Message(fields) if self.declare_type(&fields.name) => {
                    let row = MessageName {
                        id: MessageId(messages.len() as u32),
                        record: None,
                        span: fields.name.span,
                    };
                    self.messages.insert(&fields.name.text, row);
                    messages.push(fields);
                }
                _ => {}
            }
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The hint that proposes the nearest of some names. Once there are more
    /// diagnostics than are shown, it is not worth the search.
    pub(crate) fn near<'n>(
        &self,
        name: &str,
        candidates: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        if self.diagnostics.len() > MAX_DIAGNOSTICS {
            return None;
        }
        did_you_mean(name, candidates)
    }

    fn check_counts(&mut self, program: &ast::Program) {
        if let Some(item) = program.items.get(MAX_DECLARATIONS) {
            let message = format!("a program has at most {MAX_DECLARATIONS} declarations");
            self.report(Diagnostic::new(
                &codes::TOO_MANY_DECLARATIONS,
                item.span,
                message,
            ));
        }
        for item in &program.items {
            let (fields, what) = match &item.kind {
                ast::ItemKind::Record(fields) => (fields.fields.len(), "record"),
                ast::ItemKind::Message(fields) => (fields.fields.len(), "message"),
                ast::ItemKind::State(variables) => (variables.len(), "state"),
                ast::ItemKind::Enum(declared) => (declared.variants.len(), "enum"),
                _ => continue,
            };
            if fields > MAX_FIELDS {
                let message = format!("a {what} has at most {MAX_FIELDS} fields");
                self.report(Diagnostic::new(
                    &codes::TOO_MANY_DECLARATIONS,
                    item.span,
                    message,
                ));
            }
        }
    }

    /// Whether the name of a record or message is new; reports it if not.
    fn declare_type(&mut self, name: &'a ast::Name) -> bool {
        let text = name.text.as_str();
        let first = self.records.get(text).map(|row| row.1);
        let first = first.or(self.generic.get(text).map(|fields| fields.name.span));
        let first = first.or(self.messages.get(text).map(|row| row.span));
        if let Some(first) = first {
            self.report(declared_twice(name, first));
        }
        first.is_none()
    }

    /// The parameters and the variables of the state.
    fn variables(&mut self, program: &'a ast::Program) {
        let mut state_block: Option<Span> = None;
        for item in &program.items {
            match &item.kind {
                ast::ItemKind::Param(variable) => self.variable(variable, true),
                ast::ItemKind::State(variables) => {
                    if let Some(first) = state_block {
                        let first = Span {
                            start: first.start,
                            end: first.start + 5,
                        };
                        let span = Span {
                            start: item.span.start,
                            end: item.span.start + 5,
                        };
                        let message = "the state is declared twice";
                        self.report(
                            Diagnostic::new(&codes::DECLARED_TWICE, span, message)
                                .label(first, "first declared here"),
                        );
                    }
                    state_block.get_or_insert(item.span);
                    for variable in variables {
                        self.variable(variable, false);
                    }
                }
                _ => {}
            }
        }
    }

    fn variable(&mut self, variable: &'a ast::Variable, is_param: bool) {
        let name = &variable.name;
        let ty = self.ty(&variable.ty);
        let known = self
            .params
            .get(name.text.as_str())
            .or(self.state.get(name.text.as_str()));
        let known = known.map(|row| row.declared.name.span);
        let constant = self.constants.get(&name.text);
        let known = known.or(constant.map(|row| row.declared.name.span));
        if let Some(first) = known {
            self.report(declared_twice(name, first));
        } else if OWN_NAMES.contains(&name.text.as_str()) || name.text == "_" {
            self.report(reserved(name));
        } else {
            let row = VariableName {
                ty,
                declared: variable,
            };
            let names = if is_param {
                &mut self.params
            } else {
                &mut self.state
            };
            names.insert(&name.text, row);
        }
    }

    /// The timers.
    fn timers(&mut self, program: &'a ast::Program) {
        for item in &program.items {
            let ast::ItemKind::Timer(declared) = &item.kind else {
                continue;
            };
            let name = &declared.name;
            let key = match &declared.key {
                Some(key) => self.ty(key).filter(|&ty| self.is_key(ty, key.span)),
                None => self.no_key(name.span),
            };
            if let Some(first) = self.timers.get(name.text.as_str()) {
                let first = first.declared.name.span;
                self.report(declared_twice(name, first));
            } else if OWN_NAMES.contains(&name.text.as_str()) || name.text == "_" {
                self.report(reserved(name));
            } else {
                self.timers.insert(&name.text, TimerName { declared, key });
            }
        }
    }

    /// The functions of a file.
    fn functions(&mut self, module: &Module<'a>) {
        for item in &module.program.items {
            let ast::ItemKind::Function(declared) = &item.kind else {
                continue;
            };
            let name = &declared.name;
            let key = qualified(module.name, &name.text);
            if let Some(first) = self.functions.get(&key) {
                let first = first.declared.name.span;
                self.report(declared_twice(name, first));
            } else if OWN_FUNCTIONS.contains(&name.text.as_str()) || name.text == "_" {
                self.report(reserved(name).hint("the language has a function of this name"));
            } else {
                let module = module.name;
                self.functions
                    .insert(key, FunctionName { declared, module });
            }
        }
    }

    /// The constants of a file.
    fn constants(&mut self, module: &Module<'a>) {
        for item in &module.program.items {
            let ast::ItemKind::Const(declared) = &item.kind else {
                continue;
            };
            let name = &declared.name;
            let key = qualified(module.name, &name.text);
            let ty = self.ty(&declared.ty);
            if let Some(first) = self.constants.get(&key) {
                let first = first.declared.name.span;
                self.report(declared_twice(name, first));
            } else if OWN_NAMES.contains(&name.text.as_str()) || name.text == "_" {
                self.report(reserved(name));
            } else {
                let row = ConstantName {
                    declared,
                    module: module.name,
                    ty,
                    value: None,
                };
                self.constants.insert(key, row);
            }
        }
    }

    /// Reports what no module declares.
    fn check_module(&mut self, program: &'a ast::Program) {
        for item in &program.items {
            let what = match &item.kind {
                ast::ItemKind::Param(_) => "parameters",
                ast::ItemKind::State(_) => "state",
                ast::ItemKind::Timer(_) => "timers",
                ast::ItemKind::Handler(_) => "handlers",
                ast::ItemKind::Invariant(_) => "invariants",
                _ => continue,
            };
            let message = format!("a module has no {what}");
            let hint = "let the program have it, and give it to functions of the module";
            let code = &codes::UNKNOWN_MODULE;
            self.report(Diagnostic::new(code, item.span, message).hint(hint));
        }
    }

    /// Whether a file that the program uses has this name.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        self.functions
            .values()
            .any(|function| function.module == name && !name.is_empty())
    }

    /// The number of a function with this name that a module sees.
    pub(crate) fn function(&self, module: &str, name: &str) -> Option<usize> {
        self.functions.get_index_of(&qualified(module, name))
    }

    /// The types for which an instance of a generic record stands; none for other types.
    pub(crate) fn arguments_of(&self, ty: TypeId) -> &[TypeId] {
        self.instances.get(&ty).map_or(&[], |types| types)
    }

    /// The generic record with this name.
    pub(crate) fn generic_record(&self, name: &str) -> Option<&'a ast::Fields> {
        self.generic.get(name).copied()
    }

    /// The type of the one key of a timer without keys.
    fn no_key(&mut self, span: Span) -> Option<TypeId> {
        let ty = Type::Record {
            name: "no key".to_string(),
            fields: Vec::new(),
        };
        self.intern(ty, span)
    }

    /// The record or enum with this name: `None` if there is none, else its type if known.
    pub(crate) fn record(&self, name: &str) -> Option<Option<TypeId>> {
        match self.records.get(name)?.0 {
            Record::Known(ty) => Some(ty),
            Record::Declared(_) | Record::Open => Some(None),
        }
    }

    /// Names of all records and enums.
    pub(crate) fn record_names(&self) -> impl Iterator<Item = &'a str> {
        self.records.keys().chain(self.generic.keys()).copied()
    }
}

/// The diagnostic for a second declaration of a name.
pub(crate) fn declared_twice(name: &ast::Name, first: Span) -> Diagnostic {
    let message = format!("`{}` is declared twice", name.text);
    Diagnostic::new(&codes::DECLARED_TWICE, name.span, message).label(first, "first declared here")
}

/// The diagnostic for a declaration of one of the language's own names.
pub(crate) fn reserved(name: &ast::Name) -> Diagnostic {
    let message = format!("`{}` cannot be declared", name.text);
    Diagnostic::new(&codes::RESERVED_NAME, name.span, message)
}
