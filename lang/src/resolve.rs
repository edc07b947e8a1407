//! Declarations: which names a program declares and what they stand for.
//!
//! In: the tree. Out: [`Names`], in which every record, message, parameter and
//! variable of the state has its type, with its first declaration standing where a
//! name was declared twice. Bodies are not looked into.

use indexmap::IndexMap;
use pasc_vm::program::MessageId;
use pasc_vm::types::{Field, MAX_TYPE_DEPTH, MAX_WIDTH_WORDS, Type, TypeError, TypeId, TypeTable};

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
pub(crate) const OWN_NAMES: [&str; 2] = ["self", "sender"];

/// A declared record, and how far its fields are known.
enum Record<'a> {
    Declared(&'a ast::Fields),
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

/// What the names of a program stand for.
pub(crate) struct Names<'a> {
    pub(crate) types: TypeTable,
    pub(crate) basic: Basic,
    records: IndexMap<&'a str, (Record<'a>, Span)>,
    pub(crate) messages: IndexMap<&'a str, MessageName>,
    pub(crate) params: IndexMap<&'a str, VariableName<'a>>,
    pub(crate) state: IndexMap<&'a str, VariableName<'a>>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Collects the declarations of a program.
pub(crate) fn resolve(program: &ast::Program) -> Names<'_> {
    let mut names = Names::new();
    names.check_counts(program);
    let mut messages: Vec<&ast::Fields> = Vec::new();
    for item in &program.items {
        match &item.kind {
            ast::ItemKind::Record(fields) if names.declare_type(&fields.name) => {
                let row = (Record::Declared(fields), fields.name.span);
                names.records.insert(&fields.name.text, row);
            }
            ast::ItemKind::Message(fields) if names.declare_type(&fields.name) => {
                let id = MessageId(messages.len() as u32);
                let span = fields.name.span;
                let row = MessageName {
                    id,
                    record: None,
                    span,
                };
                names.messages.insert(&fields.name.text, row);
                messages.push(fields);
            }
            _ => {}
        }
    }
    for index in 0..names.records.len() {
        names.record_at(index, 0);
    }
    for (index, fields) in messages.into_iter().enumerate() {
        let record = names.fields_type(fields, 0);
        names.messages[index].record = record;
    }
    names.variables(program);
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
        };
        Names {
            types,
            basic,
            records: IndexMap::new(),
            messages: IndexMap::new(),
            params: IndexMap::new(),
            state: IndexMap::new(),
            diagnostics: Vec::new(),
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
        let first = self.records.get(name.text.as_str()).map(|row| row.1);
        let first = first.or(self.messages.get(name.text.as_str()).map(|row| row.span));
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
        if let Some(first) = known.map(|row| row.declared.name.span) {
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

    /// The type that is written here.
    pub(crate) fn ty(&mut self, ty: &ast::Type) -> Option<TypeId> {
        self.ty_within(ty, 0)
    }

    /// The type that is written here, within `level` records that are being looked at.
    fn ty_within(&mut self, ty: &ast::Type, level: u32) -> Option<TypeId> {
        let basic = self.basic;
        let name = ty.name.text.as_str();
        let simple = match name {
            "int" => basic.int,
            "bool" => basic.bool,
            "text" => basic.text,
            "bytes" => basic.bytes,
            "address" => basic.address,
            "map" => return self.map_type(ty, level),
            _ => {
                let Some(index) = self.records.get_index_of(name) else {
                    self.unknown_type(&ty.name);
                    return None;
                };
                self.no_arguments(ty);
                return self.record_field_type(index, ty.span, level);
            }
        };
        self.no_arguments(ty);
        Some(simple)
    }

    fn no_arguments(&mut self, ty: &ast::Type) {
        if !ty.arguments.is_empty() {
            let message = format!("`{}` takes no types", ty.name.text);
            self.report(Diagnostic::new(&codes::WRONG_COUNT, ty.span, message));
        }
    }

    fn unknown_type(&mut self, name: &ast::Name) {
        let hint = if self.messages.contains_key(name.text.as_str()) {
            Some("a message is no type; declare a record with these fields".to_string())
        } else {
            let known = ["int", "bool", "text", "bytes", "address", "map"];
            let records = self.records.keys().copied();
            self.near(&name.text, known.into_iter().chain(records))
        };
        let fallback = "the types are `int`, `bool`, `text`, `bytes`, `address`, `map<K, V>` and \
                        the program's records";
        let message = format!("there is no type `{}`", name.text);
        self.report(
            Diagnostic::new(&codes::UNKNOWN_TYPE, name.span, message)
                .hint(fallback)
                .maybe_hint(hint),
        );
    }

    fn map_type(&mut self, ty: &ast::Type, level: u32) -> Option<TypeId> {
        let arguments: Vec<Option<TypeId>> = ty
            .arguments
            .iter()
            .map(|argument| self.ty_within(argument, level))
            .collect();
        let [key, value] = arguments[..] else {
            let message = format!(
                "a map has two types, of keys and of values, not {}",
                arguments.len()
            );
            self.report(
                Diagnostic::new(&codes::WRONG_COUNT, ty.span, message).hint("write `map<K, V>`"),
            );
            return None;
        };
        let (key, value) = (key?, value?);
        if !self.types.is_ordered(key) {
            let message = format!("`{}` cannot be a key", self.types.name(key));
            let hint = "maps have no order, nor have records that contain one";
            let span = ty.arguments[0].span;
            self.report(Diagnostic::new(&codes::BAD_KEY, span, message).hint(hint));
            return None;
        }
        self.intern(Type::Map { key, value }, ty.span)
    }

    /// A record as the type of something at `span`.
    fn record_field_type(&mut self, index: usize, span: Span, level: u32) -> Option<TypeId> {
        if matches!(self.records[index].0, Record::Open) {
            let name = self.records.get_index(index).map_or("", |row| row.0);
            let message = format!("the record `{name}` contains itself");
            let declared = self.records[index].1;
            self.report(
                Diagnostic::new(&codes::RECURSIVE_RECORD, span, message)
                    .label(declared, "declared here")
                    .hint("keep the inner records in a map of the state and refer to them by key"),
            );
            return None;
        }
        if level > MAX_TYPE_DEPTH {
            self.type_error(TypeError::TooDeep, span);
            return None;
        }
        self.record_at(index, level + 1)
    }

    /// The type of the record with this number.
    fn record_at(&mut self, index: usize, level: u32) -> Option<TypeId> {
        let declared = match self.records[index].0 {
            Record::Known(ty) => return ty,
            Record::Open => return None,
            Record::Declared(fields) => fields,
        };
        self.records[index].0 = Record::Open;
        let ty = self.fields_type(declared, level);
        self.records[index].0 = Record::Known(ty);
        ty
    }

    /// The record type of a declared record or message.
    fn fields_type(&mut self, declared: &'a ast::Fields, level: u32) -> Option<TypeId> {
        let mut fields: IndexMap<&str, (Option<TypeId>, Span)> = IndexMap::new();
        for field in &declared.fields {
            let ty = self.ty_within(&field.ty, level);
            match fields.get(field.name.text.as_str()) {
                Some(&(_, first)) => self.report(declared_twice(&field.name, first)),
                None => {
                    fields.insert(&field.name.text, (ty, field.name.span));
                }
            }
        }
        let fields: Option<Vec<Field>> = fields
            .into_iter()
            .map(|(name, (ty, _))| {
                Some(Field {
                    name: name.to_string(),
                    ty: ty?,
                })
            })
            .collect();
        let ty = Type::Record {
            name: declared.name.text.clone(),
            fields: fields?,
        };
        self.intern(ty, declared.name.span)
    }

    /// The type in the table; what does not fit into it is reported at `span`.
    pub(crate) fn intern(&mut self, ty: Type, span: Span) -> Option<TypeId> {
        match self.types.intern(ty) {
            Ok(id) => Some(id),
            Err(error) => {
                self.type_error(error, span);
                None
            }
        }
    }

    fn type_error(&mut self, error: TypeError, span: Span) {
        let message = match error {
            TypeError::TooDeep => format!("types are nested at most {MAX_TYPE_DEPTH} deep"),
            TypeError::TooWide => format!("a value takes at most {MAX_WIDTH_WORDS} words in place"),
            TypeError::TooMany => "the program has too many types".to_string(),
            TypeError::UnknownType | TypeError::UnorderedKey | TypeError::EmptyElement => {
                unreachable!("parts of a type are looked up and keys are checked before")
            }
        };
        self.report(Diagnostic::new(&codes::TYPE_TOO_LARGE, span, message));
    }

    /// The record with this name: `None` if there is none, else its type if known.
    pub(crate) fn record(&self, name: &str) -> Option<Option<TypeId>> {
        match self.records.get(name)?.0 {
            Record::Known(ty) => Some(ty),
            Record::Declared(_) | Record::Open => Some(None),
        }
    }

    /// Names of all records.
    pub(crate) fn record_names(&self) -> impl Iterator<Item = &'a str> {
        self.records.keys().copied()
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
