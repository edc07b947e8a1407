//! Types as they are written, to types of the table.

use indexmap::IndexMap;
use pasc_vm::types::{Field, MAX_TYPE_DEPTH, MAX_WIDTH_WORDS, Type, TypeError, TypeId};

use super::{Names, Record, declared_twice};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Names of the types that the language gives.
const TYPE_NAMES: [&str; 9] = [
    "int", "bool", "text", "bytes", "address", "duration", "list", "set", "map",
];

impl<'a> Names<'a> {
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
            "duration" => basic.duration,
            "list" => return self.list_type(ty, level),
            "set" => return self.set_type(ty, level),
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
            let records = self.records.keys().copied();
            self.near(&name.text, TYPE_NAMES.into_iter().chain(records))
        };
        let fallback = "the types are `int`, `bool`, `text`, `bytes`, `address`, `duration`, \
                        `list<T>`, `set<T>`, `map<K, V>` and the program's records";
        let message = format!("there is no type `{}`", name.text);
        self.report(
            Diagnostic::new(&codes::UNKNOWN_TYPE, name.span, message)
                .hint(fallback)
                .maybe_hint(hint),
        );
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
    pub(super) fn record_at(&mut self, index: usize, level: u32) -> Option<TypeId> {
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
    pub(super) fn fields_type(&mut self, declared: &'a ast::Fields, level: u32) -> Option<TypeId> {
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
