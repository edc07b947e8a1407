//! Methods and functions that take a function of an element, and the least and greatest of values.

use pasc_vm::types::{Type, TypeId};

use super::Checker;
use super::call::Given;
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    /// Reports a type without order.
    fn has_order(&mut self, ty: TypeId, span: Span) -> bool {
        let has = self.types().is_ordered(ty);
        if !has {
            let message = format!("`{}` has no order", self.type_name(ty));
            self.report(
                Diagnostic::new(&codes::BAD_OPERAND, span, message)
                    .hint("sort by a part of it: `xs.sorted(by x => x.key)`"),
            );
        }
        has
    }

    /// `xs.sorted()` and `xs.sorted(by x => key)`
    pub(super) fn sorted(
        &mut self,
        list: Expr,
        element: TypeId,
        arguments: &[ast::Expr],
        name: &ast::Name,
        span: Span,
    ) -> Option<Expr> {
        let ty = list.ty;
        let (parameter, key) = match arguments {
            [] => {
                let kind = ExprKind::Sorted(list.into());
                return self
                    .has_order(element, span)
                    .then_some(Expr { kind, ty, span });
            }
            [
                ast::Expr {
                    kind: ast::ExprKind::Lambda(parameter, key),
                    ..
                },
            ] => (parameter, key),
            _ => {
                let message = format!("`{}` takes nothing, or what to sort by", name.text);
                self.report(
                    Diagnostic::new(&codes::WRONG_COUNT, name.span, message)
                        .hint("write `xs.sorted(by x => x.key)`"),
                );
                return None;
            }
        };
        let int = self.names.basic.int;
        // Keys with their indices, which keep equal keys in order.
        self.bound(list, |checker, list, _, _| {
            let whole = |kind, ty| Expr { kind, ty, span };
            let (index, item, key) = checker.scoped(|checker| {
                let index = checker.declare_hidden("index", int, span)?;
                let item = checker.declare(parameter, Some(element), false)?;
                let key = checker.expr(key, None)?;
                Some((index, item, key))
            })?;
            if !checker.has_order(key.ty, key.span) {
                return None;
            }
            let elements = vec![key.ty, int];
            let pair = checker.names.intern(Type::Tuple { elements }, span)?;
            let pairs = checker.names.intern(Type::List { element: pair }, span)?;
            let entry = ExprKind::Record(vec![key, whole(ExprKind::Local(index), int)]);
            let keyed = ExprKind::ListComprehension {
                item: whole(entry, pair).into(),
                clause: Clause {
                    key: Some(index),
                    value: Some(item),
                    source: Source::Values(whole(ExprKind::Local(list), ty).into()),
                    parts: Vec::new(),
                    condition: None,
                },
            };
            let sorted = ExprKind::Sorted(whole(keyed, pairs).into());
            let place = checker.scoped(|checker| checker.declare_hidden("place", pair, span))?;
            let at = ExprKind::Field(whole(ExprKind::Local(place), pair).into(), 1);
            let list = whole(ExprKind::Local(list), ty).into();
            let found = ExprKind::Index(list, whole(at, int).into());
            let result = ExprKind::ListComprehension {
                item: whole(found, element).into(),
                clause: Clause {
                    key: None,
                    value: Some(place),
                    source: Source::Values(whole(sorted, pairs).into()),
                    parts: Vec::new(),
                    condition: None,
                },
            };
            Some(whole(result, ty))
        })
    }

    /// `xs.find(x => condition)`: the first such element.
    pub(super) fn find_item(
        &mut self,
        list: Expr,
        element: TypeId,
        arguments: &[ast::Expr],
        name: &ast::Name,
        span: Span,
    ) -> Option<Expr> {
        let [
            ast::Expr {
                kind: ast::ExprKind::Lambda(parameter, condition),
                ..
            },
        ] = arguments
        else {
            let message = format!("`{}` takes a condition on an element", name.text);
            self.report(
                Diagnostic::new(&codes::WRONG_COUNT, name.span, message)
                    .hint("write `xs.find(x => x.key == 3)`, or `xs.index_of(x)` for a value"),
            );
            return None;
        };
        let bool = self.names.basic.bool;
        let option = self.option_of(element, span)?;
        self.scoped(|checker| {
            let result = checker.declare_hidden("found", option, span)?;
            checker.scope.locals[result.0].changeable = true;
            let (item, condition) = checker.scoped(|checker| {
                let item = checker.declare(parameter, Some(element), false)?;
                let condition = checker.expr_of(condition, bool)?;
                Some((item, condition))
            })?;
            let none = checker.option(None, option, span);
            let value = Expr {
                kind: ExprKind::Local(item),
                ty: element,
                span,
            };
            let some = checker.option(Some(value), option, span);
            let place = Place {
                root: Root::Local(result),
                path: Vec::new(),
                ty: option,
                span,
            };
            let statement = |kind| Statement { kind, span };
            let block = |statements| Block {
                statements,
                value: None,
            };
            let found = vec![
                statement(StatementKind::Assign { place, value: some }),
                statement(StatementKind::Break),
            ];
            let look = StatementKind::If {
                arms: vec![Arm {
                    bound: None,
                    condition,
                    block: block(found),
                }],
                otherwise: None,
            };
            let search = StatementKind::For {
                clause: Clause {
                    key: None,
                    value: Some(item),
                    source: Source::Values(list.into()),
                    parts: Vec::new(),
                    condition: None,
                },
                body: block(vec![statement(look)]),
            };
            let start = StatementKind::Let {
                local: result,
                value: none,
            };
            let whole = Block {
                statements: vec![statement(start), statement(search)],
                value: Some(
                    Expr {
                        kind: ExprKind::Local(result),
                        ty: option,
                        span,
                    }
                    .into(),
                ),
            };
            Some(Expr {
                kind: ExprKind::Block(whole.into()),
                ty: option,
                span,
            })
        })
    }

    /// `min(a, b, …)`, `min(xs)` and likewise `max`.
    pub(super) fn extreme(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Expr],
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        match arguments {
            [] => {
                let message = format!("`{}` takes values to compare", name.text);
                self.report(Diagnostic::new(&codes::WRONG_COUNT, name.span, message));
                None
            }
            [values] => {
                let values = self.expr(values, None)?;
                self.extreme_of(name, values, span)
            }
            [first, rest @ ..] => {
                let mut best = self.expr(first, hint)?;
                let ty = best.ty;
                if !self.has_order(ty, first.span) {
                    return None;
                }
                let function = if name.text == "min" {
                    "lesser"
                } else {
                    "larger"
                };
                for value in rest {
                    let value = self.expr_of(value, ty)?;
                    let given = vec![Given::Value(best), Given::Value(value)];
                    best = self.prelude_value(function, given, name, None, span)?;
                }
                Some(best)
            }
        }
    }

    /// The least or greatest element of a list or set, of which there is one at least.
    pub(super) fn extreme_of(
        &mut self,
        name: &ast::Name,
        values: Expr,
        span: Span,
    ) -> Option<Expr> {
        let (list, element) = match self.types().get(values.ty) {
            Some(&Type::List { element }) => (values, element),
            Some(&Type::Set { element }) => {
                let given = vec![Given::Value(values)];
                let list = self.prelude_value("set_to_list", given, name, None, span)?;
                (list, element)
            }
            _ => {
                let message = format!("`{}` goes over a list or set", name.text);
                self.report(Diagnostic::new(
                    &codes::NOT_A_COLLECTION,
                    values.span,
                    message,
                ));
                return None;
            }
        };
        if !self.has_order(element, list.span) {
            return None;
        }
        let function = if name.text == "min" {
            "least"
        } else {
            "greatest"
        };
        let int = self.names.basic.int;
        self.bound(list, |checker, local, ty, _| {
            let whole = |kind, ty| Expr { kind, ty, span };
            let list = || whole(ExprKind::Local(local), ty);
            // Where there is none, this is the place of the error.
            let zero = whole(ExprKind::Int(0), int);
            let first = ExprKind::Index(list().into(), zero.into());
            let given = vec![Given::Value(list()), Given::Value(whole(first, element))];
            checker.prelude_value(function, given, name, None, span)
        })
    }
}
