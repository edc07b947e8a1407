//! Types as they are written, to types of the table.

use indexmap::IndexMap;
use pasc_vm::types::{
    Field, MAX_TYPE_DEPTH, MAX_VARIANTS, MAX_WIDTH_WORDS, Type, TypeError, TypeId, Variant,
};

use super::{Declared, Names, Record, declared_twice};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Names of the types that the language gives.
const TYPE_NAMES: [&str; 10] = [
    "int", "bool", "text", "bytes", "address", "duration", "list", "set", "map", "option",
];

impl<'a> Names<'a> {
    /// The type that is written here.
    pub(crate) fn ty(&mut self, ty: &ast::Type) -> Option<TypeId> {
        self.ty_within(ty, 0)
    }

    /// The type that is written here, within `level` records that are being looked at.
    fn ty_within(&mut self, ty: &ast::Type, level: u32) -> Option<TypeId> {
        match ty.form {
            ast::TypeForm::Named => {}
            ast::TypeForm::Tuple => return self.tuple_type(ty, level),
            ast::TypeForm::Function | ast::TypeForm::FunctionWithResult => {
                let message = "functions are no values, so no place holds one";
                self.report(
                    Diagnostic::new(&codes::UNKNOWN_TYPE, ty.span, message)
                        .hint("a parameter of a function may ask for one"),
                );
                return None;
            }
        }
        let basic = self.basic;
        let name = ty.name.text.as_str();
        let known = self.type_arguments.iter().rev();
        if let Some(&(_, argument)) = known.clone().find(|(known, _)| known == name) {
            self.no_arguments(ty);
            return Some(argument);
        }
        let simple = match name {
            "int" => basic.int,
            "bool" => basic.bool,
            "text" => basic.text,
            "bytes" => basic.bytes,
            "address" => basic.address,
            "duration" => basic.duration,
            "list" => return self.list_type(ty, level),
            "set" => return self.set_type(ty, level),
            "map" => return self.map_type(ty, level),
            "option" => {
                let value = self.element_type(ty, level)?;
                return self.intern(Type::Option { value }, ty.span);
            }
            _ => {
                if let Some(declared) = self.generic.get(name).copied() {
                    return self.generic_type(declared, ty, level);
                }
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
            let records = self.records.keys().copied();
            self.near(&name.text, TYPE_NAMES.into_iter().chain(records))
        };
        let fallback = "the types are `int`, `bool`, `text`, `bytes`, `address`, `duration`, \
                        `list<T>`, `set<T>`, `map<K, V>`, `option<T>`, tuples `(A, B)` and the \
                        program's records and enums";
        let message = format!("there is no type `{}`", name.text);
        self.report(
            Diagnostic::new(&codes::UNKNOWN_TYPE, name.span, message)
                .hint(fallback)
                .maybe_hint(hint),
        );
    }

    fn tuple_type(&mut self, ty: &ast::Type, level: u32) -> Option<TypeId> {
        let elements = ty.arguments.iter();
        let elements: Vec<Option<TypeId>> = elements
            .map(|element| self.ty_within(element, level))
            .collect();
        if elements.len() < 2 {
            let message = "a tuple has two elements at least";
            self.report(Diagnostic::new(&codes::WRONG_COUNT, ty.span, message));
            return None;
        }
        let elements = elements.into_iter().collect::<Option<_>>()?;
        self.intern(Type::Tuple { elements }, ty.span)
    }

    /// A record whose use chooses types.
    fn generic_type(
        &mut self,
        declared: &'a ast::Fields,
        ty: &ast::Type,
        level: u32,
    ) -> Option<TypeId> {
        let arguments = ty.arguments.iter();
        let arguments: Vec<Option<TypeId>> = arguments
            .map(|argument| self.ty_within(argument, level))
            .collect();
        let expected = declared.type_parameters.len();
        if arguments.len() != expected {
            let name = &declared.name.text;
            let types = if expected == 1 { "type" } else { "types" };
            let message = format!("`{name}` takes {expected} {types}, not {}", arguments.len());
            let names = declared.type_parameters.iter();
            let names: Vec<&str> = names.map(|it| it.name.text.as_str()).collect();
            self.report(
                Diagnostic::new(&codes::WRONG_COUNT, ty.span, message)
                    .hint(format!("write `{name}<{}>`", names.join(", "))),
            );
            return None;
        }
        let arguments: Vec<TypeId> = arguments.into_iter().collect::<Option<_>>()?;
        self.instance(declared, &arguments, ty.span, level)
    }

    /// The record that a generic one is for these types.
    pub(crate) fn instance(
        &mut self,
        declared: &'a ast::Fields,
        arguments: &[TypeId],
        span: Span,
        level: u32,
    ) -> Option<TypeId> {
        if level > MAX_TYPE_DEPTH {
            self.type_error(TypeError::TooDeep, span);
            return None;
        }
        let names: Vec<String> = arguments.iter().map(|ty| self.types.name(*ty)).collect();
        let name = format!("{}<{}>", declared.name.text, names.join(", "));
        let parameters = declared.type_parameters.iter();
        let environment: Vec<(String, TypeId)> = parameters
            .map(|parameter| parameter.name.text.clone())
            .zip(arguments.iter().copied())
            .collect();
        let outer = std::mem::replace(&mut self.type_arguments, environment);
        let fields = self.field_types(declared, level + 1);
        self.type_arguments = outer;
        let fields = fields?;
        let ty = self.intern(Type::Record { name, fields }, span)?;
        self.instances.insert(ty, arguments.to_vec());
        Some(ty)
    }

    fn list_type(&mut self, ty: &ast::Type, level: u32) -> Option<TypeId> {
        let element = self.element_type(ty, level)?;
        self.intern(Type::List { element }, ty.span)
    }

    fn set_type(&mut self, ty: &ast::Type, level: u32) -> Option<TypeId> {
        let element = self.element_type(ty, level)?;
        if !self.is_key(element, ty.arguments[0].span) {
            return None;
        }
        self.intern(Type::Set { element }, ty.span)
    }

    /// The one type between `<` and `>` of a list or set.
    fn element_type(&mut self, ty: &ast::Type, level: u32) -> Option<TypeId> {
        let arguments = ty.arguments.iter();
        let arguments: Vec<Option<TypeId>> = arguments
            .map(|argument| self.ty_within(argument, level))
            .collect();
        if let [element] = arguments[..] {
            return element;
        }
        let name = &ty.name.text;
        let message = format!("a {name} has one type of elements, not {}", arguments.len());
        self.report(
            Diagnostic::new(&codes::WRONG_COUNT, ty.span, message)
                .hint(format!("write `{name}<T>`")),
        );
        None
    }

    /// Whether values of the type can be keys and elements of sets; reports it if not.
    pub(crate) fn is_key(&mut self, ty: TypeId, span: Span) -> bool {
        let is_key = self.types.is_ordered(ty);
        if !is_key {
            let message = format!("`{}` cannot be a key", self.types.name(ty));
            let hint = "maps and sets have no order, nor has what contains one";
            self.report(Diagnostic::new(&codes::BAD_KEY, span, message).hint(hint));
        }
        is_key
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
        if !self.is_key(key, ty.arguments[0].span) {
            return None;
        }
        self.intern(Type::Map { key, value }, ty.span)
    }

    /// A record as the type of something at `span`.
    fn record_field_type(&mut self, index: usize, span: Span, level: u32) -> Option<TypeId> {
        if matches!(self.records[index].0, Record::Open) {
            let name = self.records.get_index(index).map_or("", |row| row.0);
            let message = format!("`{name}` contains itself");
            let declared = self.records[index].1;
            self.report(
                Diagnostic::new(&codes::RECURSIVE_RECORD, span, message)
                    .label(declared, "declared here")
                    .hint("keep the inner values in a map of the state and refer to them by key"),
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
    pub(super) fn record_at(&mut self, index: usize, level: u32) -> Option<TypeId> {
        let declared = match self.records[index].0 {
            Record::Known(ty) => return ty,
            Record::Open => return None,
            Record::Declared(declared) => declared,
        };
        self.records[index].0 = Record::Open;
        // A declaration does not see the type parameters of who uses it.
        let outer = std::mem::take(&mut self.type_arguments);
        let ty = match declared {
            Declared::Record(fields) => self.fields_type(fields, level),
            Declared::Enum(declared) => self.enum_type(declared, level),
        };
        self.type_arguments = outer;
        self.records[index].0 = Record::Known(ty);
        ty
    }

    /// The record type of a declared record or message.
    pub(super) fn fields_type(&mut self, declared: &'a ast::Fields, level: u32) -> Option<TypeId> {
        let ty = Type::Record {
            name: declared.name.text.clone(),
            fields: self.field_types(declared, level)?,
        };
        self.intern(ty, declared.name.span)
    }

    fn field_types(&mut self, declared: &'a ast::Fields, level: u32) -> Option<Vec<Field>> {
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
        let field = |(name, (ty, _)): (&str, (Option<TypeId>, Span))| {
            Some(Field {
                name: name.to_string(),
                ty: ty?,
            })
        };
        fields.into_iter().map(field).collect()
    }

    fn enum_type(&mut self, declared: &'a ast::Enum, level: u32) -> Option<TypeId> {
        let mut variants: IndexMap<&str, (Option<Vec<TypeId>>, Span)> = IndexMap::new();
        for variant in &declared.variants {
            let fields: Vec<Option<TypeId>> = variant
                .fields
                .iter()
                .map(|field| self.ty_within(field, level))
                .collect();
            let name = &variant.name;
            match variants.get(name.text.as_str()) {
                Some(&(_, first)) => self.report(declared_twice(name, first)),
                None => {
                    let fields = fields.into_iter().collect();
                    variants.insert(&name.text, (fields, name.span));
                }
            }
        }
        let variant = |(name, (fields, _)): (&str, (Option<Vec<TypeId>>, Span))| {
            Some(Variant {
                name: name.to_string(),
                fields: fields?,
            })
        };
        let ty = Type::Enum {
            name: declared.name.text.clone(),
            variants: variants.into_iter().map(variant).collect::<Option<_>>()?,
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
            TypeError::BadVariants => format!("an enum has 1 to {MAX_VARIANTS} variants"),
            TypeError::EmptyElement => {
                let message = "the elements of this list would hold nothing";
                self.report(
                    Diagnostic::new(&codes::BAD_ELEMENT, span, message)
                        .hint("give the record a field, or count with an `int`"),
                );
                return;
            }
            TypeError::UnknownType | TypeError::UnorderedKey => {
                unreachable!("parts of a type are looked up and keys are checked before")
            }
        };
        self.report(Diagnostic::new(&codes::TYPE_TOO_LARGE, span, message));
    }
}
