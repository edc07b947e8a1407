//! Types of calls: functions, methods, and the methods that change their place.

use pasc_vm::native::Native;
use pasc_vm::types::TypeId;

use super::call::Given;
use super::container::{CHANGING, Container};
use super::{Checker, native};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::{OWN_FUNCTIONS, PRELUDE};
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Expr],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        if let Some(value) = self.native_call(name, arguments, span) {
            return value;
        }
        match name.text.as_str() {
            "min" | "max" => return self.extreme(name, arguments, hint, span),
            "encode" | "digest" => {
                let [value] = self.arguments(name, arguments)?;
                let value = self.expr(value, None)?;
                let encoded = Expr {
                    kind: ExprKind::Encode(value.into()),
                    ty: self.names.basic.bytes,
                    span,
                };
                if name.text == "encode" {
                    return Some(encoded);
                }
                return Some(self.native_expr(Native::Sha256, vec![encoded], span));
            }
            "some" => return self.some(name, arguments, hint, span),
            "address" => {
                let [argument] = self.arguments(name, arguments)?;
                if let ast::ExprKind::Text(text) = &argument.kind {
                    return self.address(text, span);
                }
                let message = "the text of an address is a literal";
                self.report(Diagnostic::new(
                    &codes::NOT_CONSTANT,
                    argument.span,
                    message,
                ));
            }
            "random" => {
                let may = self.may_act(span, "draw random numbers");
                self.scope.effects.acts = true;
                let [bound] = self.arguments(name, arguments)?;
                let ty = self.names.basic.int;
                let kind = ExprKind::Random(self.expr_of(bound, ty)?.into());
                return may.then_some(Expr { kind, ty, span });
            }
            "all" | "any" | "sum" => {
                if let [values] = arguments {
                    return self.quantified_values(name, values, span);
                }
                let message = format!("`{}` goes over one collection", name.text);
                self.report(
                    Diagnostic::new(&codes::WRONG_COUNT, span, message)
                        .hint(format!("write `{}(… for x in xs)`", name.text)),
                );
            }
            _ => self.unknown_function(name),
        }
        None
    }

    fn unknown_in_module(&mut self, module: &str, name: &ast::Name) {
        let prefix = format!("{module}.");
        let functions = self.names.functions.keys();
        let known = functions.filter_map(|key| key.strip_prefix(&prefix));
        let hint = self.names.near(&name.text, known);
        let message = format!("the module `{module}` has no function `{}`", name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_FUNCTION, name.span, message).maybe_hint(hint));
    }

    pub(super) fn unknown_function(&mut self, name: &ast::Name) {
        let own = OWN_FUNCTIONS.into_iter();
        let known = self.names.functions.keys().map(String::as_str);
        let end = format!(".{}", name.text);
        let elsewhere = self.names.functions.keys().find(|key| key.ends_with(&end));
        let hint = match elsewhere {
            Some(key) if !key.starts_with(PRELUDE) => Some(format!("write `{key}`")),
            _ => self.names.near(&name.text, own.chain(known)),
        };
        let message = format!("there is no function `{}`", name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_FUNCTION, name.span, message).maybe_hint(hint));
    }

    /// The arguments, if there are as many as asked for.
    pub(super) fn arguments<'e, const N: usize>(
        &mut self,
        name: &ast::Name,
        arguments: &'e [ast::Expr],
    ) -> Option<[&'e ast::Expr; N]> {
        let found = arguments.len();
        let result = arguments.iter().collect::<Vec<_>>().try_into().ok();
        if result.is_none() {
            self.wrong_count(name, N, found, None);
        }
        result
    }

    /// The type of a place that a method may change, found without looking whether it
    /// may: a message about a value should not speak of places.
    fn changed_place(&mut self, base: &ast::Expr, name: &ast::Name) -> Option<Option<Place>> {
        if !CHANGING.contains(&name.text.as_str()) {
            return None;
        }
        let Some(place) = self.place(base) else {
            return Some(None);
        };
        if !self.container(place.ty).changes(&name.text) {
            return Some(self.unknown_method(place.ty, name));
        }
        Some(Some(place))
    }

    pub(super) fn method(
        &mut self,
        base: &ast::Expr,
        name: &ast::Name,
        arguments: &[ast::Expr],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        if let ast::ExprKind::Name(module) = &base.kind
            && self.scope.find(module).is_none()
            && self.names.has_module(module)
        {
            self.unknown_in_module(module, name);
            return None;
        }
        if let Some(place) = self.changed_place(base, name) {
            return self.changing_value(place?, name, arguments, span);
        }
        let basic = self.names.basic;
        let base = self.expr(base, None)?;
        let container = self.container(base.ty);
        if !container.methods().contains(&name.text.as_str()) {
            return self.unknown_method(base.ty, name);
        }
        let own = match container {
            Container::Int => native::INT_METHODS,
            Container::Text => native::TEXT_METHODS,
            Container::Bytes => native::BYTES_METHODS,
            _ => &[],
        };
        if let Some(found) = native::named(own, &name.text) {
            return self.native_method(found, base, name, arguments, span);
        }
        let (kind, ty) = match (name.text.as_str(), container) {
            (unpacking, Container::Bytes)
                if native::named(native::UNPACKING, unpacking).is_some() =>
            {
                let [] = self.arguments(name, arguments)?;
                let native = native::named(native::UNPACKING, unpacking)?;
                return self.unpacked(native, base, span);
            }
            ("sorted", Container::List(element)) => {
                return self.sorted(base, element, arguments, name, span);
            }
            ("sorted", Container::Set(element)) => {
                let given = vec![Given::Value(base)];
                let list = self.prelude_value("set_to_list", given, name, None, span)?;
                return self.sorted(list, element, arguments, name, span);
            }
            ("find", Container::List(element)) => {
                return self.find_item(base, element, arguments, name, span);
            }
            ("contains", Container::List(element)) => {
                let [item] = self.arguments(name, arguments)?;
                let item = self.expr_of(item, element)?;
                return self.contains_item(base, item, span, ExprKind::ListContains);
            }
            ("contains", Container::Set(key)) | ("contains_key", Container::Map(key, _)) => {
                let [item] = self.arguments(name, arguments)?;
                let item = self.expr_of(item, key)?;
                return self.contains_item(base, item, span, ExprKind::Contains);
            }
            ("get", Container::Map(key_ty, value_ty)) => {
                let [key] = self.arguments(name, arguments)?;
                let key = self.expr_of(key, key_ty)?;
                let ty = self.option_of(value_ty, span)?;
                (ExprKind::Get(base.into(), key.into()), ty)
            }
            ("get_or", Container::Map(key_ty, value_ty)) => {
                let [key, default] = self.arguments(name, arguments)?;
                let key = self.expr_of(key, key_ty);
                let default = self.expr_of(default, value_ty);
                let kind = ExprKind::GetOr(base.into(), key?.into(), default?.into());
                (kind, value_ty)
            }
            ("to_text", _) => {
                let [] = self.arguments(name, arguments)?;
                return self.as_text(base);
            }
            (other, _) if other != "len" && other != "is_empty" => {
                let function = format!("{}_{other}", container.prefix());
                let written = arguments.iter().map(Given::Written);
                let given = [Given::Value(base)].into_iter().chain(written).collect();
                return self.prelude_value(&function, given, name, hint, span);
            }
            _ => {
                let [] = self.arguments(name, arguments)?;
                let kind = match container {
                    Container::List(_) => ExprKind::ListLen,
                    Container::Text | Container::Bytes => ExprKind::BytesLen,
                    _ => ExprKind::MapLen,
                };
                let len = Expr {
                    kind: kind(base.into()),
                    ty: basic.int,
                    span,
                };
                if name.text == "len" {
                    return Some(len);
                }
                let zero = Expr {
                    kind: ExprKind::Int(0),
                    ty: basic.int,
                    span,
                };
                let kind = ExprKind::Compare(Comparison::Equal, len.into(), zero.into());
                (kind, basic.bool)
            }
        };
        Some(Expr { kind, ty, span })
    }

    /// A method that changes its place and gives a value.
    fn changing_value(
        &mut self,
        place: Place,
        name: &ast::Name,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Option<Expr> {
        let basic = self.names.basic;
        let root = place.root;
        let (kind, ty) = match (name.text.as_str(), self.container(place.ty)) {
            ("remove", Container::Map(key, _) | Container::Set(key)) => {
                let [argument] = self.arguments(name, arguments)?;
                let argument = self.expr_of(argument, key)?;
                (ExprKind::Remove(place.into(), argument.into()), basic.bool)
            }
            ("remove", Container::List(element)) => {
                let [index] = self.arguments(name, arguments)?;
                let index = self.expr_of(index, basic.int)?;
                (ExprKind::Take(place.into(), index.into()), element)
            }
            ("insert" | "add", Container::Set(element)) => {
                let [item] = self.arguments(name, arguments)?;
                let item = self.expr_of(item, element)?;
                (ExprKind::Insert(place.into(), item.into()), basic.bool)
            }
            ("pop", Container::List(_)) => {
                let given = [Given::Place(place)].into_iter();
                let given = given.chain(arguments.iter().map(Given::Written)).collect();
                return self.prelude_value("list_pop", given, name, None, span);
            }
            _ => {
                let message = format!("`{}` changes its place and gives no value", name.text);
                self.report(
                    Diagnostic::new(&codes::NO_VALUE, span, message)
                        .hint("let it be a statement of its own"),
                );
                return None;
            }
        };
        self.scope.unstable.push(root);
        if let Root::Local(local) = root {
            // What the method gives tells something of it.
            self.scope.locals[local.0].used = true;
        }
        Some(Expr { kind, ty, span })
    }

    /// `base.contains(item)`, which is `item in base` but for the order.
    fn contains_item(
        &mut self,
        base: Expr,
        item: Expr,
        span: Span,
        make: fn(Box<Expr>, Box<Expr>) -> ExprKind,
    ) -> Option<Expr> {
        let ty = self.names.basic.bool;
        if !self.keeps_order(&base, &item) {
            let kind = make(item.into(), base.into());
            return Some(Expr { kind, ty, span });
        }
        self.bound(base, |_, local, base_ty, at| {
            let base = Expr {
                kind: ExprKind::Local(local),
                ty: base_ty,
                span: at,
            };
            let kind = make(item.into(), base.into());
            Some(Expr { kind, ty, span })
        })
    }

    /// A method that stands as a statement and gives no value; `None` if it is another.
    pub(super) fn changing_statement(
        &mut self,
        base: &ast::Expr,
        name: &ast::Name,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Option<Option<StatementKind>> {
        let known: [&str; 6] = ["push", "truncate", "clear", "insert", "extend", "pop"];
        if !known.contains(&name.text.as_str()) {
            return None;
        }
        let Some(place) = self.changed_place(base, name)? else {
            for argument in arguments {
                self.expr(argument, None);
            }
            return Some(None);
        };
        if self.scope.values > 0 {
            self.scope.unstable.push(place.root);
        }
        Some(self.change(place, name, arguments, span))
    }

    fn change(
        &mut self,
        mut place: Place,
        name: &ast::Name,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Option<StatementKind> {
        let int = self.names.basic.int;
        let change = match (name.text.as_str(), self.container(place.ty)) {
            ("extend" | "pop", container) => {
                let function = format!("{}_{}", container.prefix(), name.text);
                let given = [Given::Place(place)].into_iter();
                let given = given.chain(arguments.iter().map(Given::Written)).collect();
                let called = self.prelude(&function, given, name, None, span)?;
                self.forget_places(&called);
                return Some(StatementKind::Call(called.function, called.arguments));
            }
            ("push", Container::List(element)) => {
                let [item] = self.arguments(name, arguments)?;
                ListChange::Push(self.expr_of(item, element)?)
            }
            ("insert", Container::List(element)) => {
                let [index, item] = self.arguments(name, arguments)?;
                let (index, item) = (self.expr_of(index, int), self.expr_of(item, element));
                ListChange::Insert(index?, item?)
            }
            ("truncate", _) => {
                let [length] = self.arguments(name, arguments)?;
                ListChange::Truncate(self.expr_of(length, int)?)
            }
            ("insert", Container::Map(key_ty, value_ty)) => {
                let [key, value] = self.arguments(name, arguments)?;
                let (key, value) = (self.expr_of(key, key_ty), self.expr_of(value, value_ty));
                let container = place.ty;
                place.path.push(PathStep::Index {
                    container,
                    key: key?,
                });
                let place = Place {
                    ty: value_ty,
                    ..place
                };
                return Some(StatementKind::Put {
                    place,
                    value: value?,
                });
            }
            ("insert", _) => {
                // Of a set, whose value is dropped.
                let [item] = self.arguments(name, arguments)?;
                let Container::Set(element) = self.container(place.ty) else {
                    return None;
                };
                let item = self.expr_of(item, element)?;
                return Some(StatementKind::Expr(Expr {
                    kind: ExprKind::Insert(place.into(), item.into()),
                    ty: self.names.basic.bool,
                    span,
                }));
            }
            (_, container) => {
                let [] = self.arguments(name, arguments)?;
                let kind = match container {
                    Container::List(_) => ExprKind::List(Vec::new()),
                    Container::Set(_) => ExprKind::Set(Vec::new()),
                    _ => ExprKind::Map(Vec::new()),
                };
                let value = Expr {
                    kind,
                    ty: place.ty,
                    span,
                };
                return Some(StatementKind::Assign { place, value });
            }
        };
        Some(StatementKind::Change { place, change })
    }

    fn unknown_method<T>(&mut self, ty: TypeId, name: &ast::Name) -> Option<T> {
        let known = self.container(ty).methods();
        let hint = self.names.near(&name.text, known.iter().copied());
        let message = format!("`{}` has no method `{}`", self.type_name(ty), name.text);
        self.report(Diagnostic::new(&codes::UNKNOWN_METHOD, name.span, message).maybe_hint(hint));
        None
    }
}
