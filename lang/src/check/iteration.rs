//! Types of what goes over a collection or range: `for`, comprehensions, quantifiers,
//! sums.

use pasc_vm::types::{Type, TypeId};

use super::Checker;
use super::pattern::{Part, Taken};
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

/// What `name(… for …)` asks for.
#[derive(Clone, Copy)]
enum Asked {
    All,
    Any,
    Sum,
}

impl Asked {
    fn of(name: &str) -> Option<Asked> {
        Some(match name {
            "all" => Asked::All,
            "any" => Asked::Any,
            "sum" => Asked::Sum,
            _ => return None,
        })
    }
}

impl Checker<'_> {
    /// `all`, `any` and `sum` with a clause.
    pub(super) fn quantifier(
        &mut self,
        name: &ast::Name,
        body: &ast::Expr,
        clause: &ast::ForClause,
        span: Span,
    ) -> Option<Expr> {
        if name.text == "min" || name.text == "max" {
            let values = self.comprehension(false, body, clause, None, span)?;
            return self.extreme_of(name, values, span);
        }
        let Some(asked) = Asked::of(&name.text) else {
            self.unknown_function(name);
            return None;
        };
        let (clause, body) = self.scoped(|checker| {
            let clause = checker.clause(clause);
            (clause, checker.asked_value(asked, body))
        });
        Some(quantified(asked, body?, clause?, span))
    }

    /// `all(xs)`, `any(xs)` and `sum(xs)`.
    pub(super) fn quantified_values(
        &mut self,
        name: &ast::Name,
        values: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let asked = Asked::of(&name.text)?;
        let source = self.expr(values, None)?;
        let (ty, in_list) = match self.types().get(source.ty) {
            Some(&Type::List { element }) => (element, true),
            Some(&Type::Set { element }) => (element, false),
            _ => {
                let message = format!("`{}` goes over a list or set", name.text);
                let hint = format!("write `{}(… for key, value in …)`", name.text);
                let span = source.span;
                self.report(Diagnostic::new(&codes::NOT_A_COLLECTION, span, message).hint(hint));
                return None;
            }
        };
        self.scoped(|checker| {
            let item = checker.declare_hidden("item", ty, values.span)?;
            let body = Expr {
                kind: ExprKind::Local(item),
                ty,
                span: values.span,
            };
            let body = checker.fits_asked(asked, body)?;
            let (key, value) = if in_list {
                (None, Some(item))
            } else {
                (Some(item), None)
            };
            let clause = Clause {
                key,
                value,
                source: Source::Values(source.into()),
                parts: Vec::new(),
                condition: None,
            };
            Some(quantified(asked, body, clause, span))
        })
    }

    fn asked_value(&mut self, asked: Asked, body: &ast::Expr) -> Option<Expr> {
        match asked {
            Asked::Sum => {
                let body = self.expr(body, None)?;
                self.fits_asked(asked, body)
            }
            Asked::All | Asked::Any => self.expr_of(body, self.names.basic.bool),
        }
    }

    /// The value, if it has a type that is asked for.
    fn fits_asked(&mut self, asked: Asked, value: Expr) -> Option<Expr> {
        let basic = self.names.basic;
        let (fits, expected) = match asked {
            Asked::Sum => (
                [basic.int, basic.duration].contains(&value.ty),
                "`int` or `duration`",
            ),
            Asked::All | Asked::Any => (value.ty == basic.bool, "`bool`"),
        };
        if fits {
            return Some(value);
        }
        let message = format!("expected {expected}, found `{}`", self.type_name(value.ty));
        self.report(Diagnostic::new(&codes::MISMATCH, value.span, message));
        None
    }

    /// A `for … in … if …`; what it declares is to be seen until the scope ends.
    pub(super) fn clause(&mut self, clause: &ast::ForClause) -> Option<Clause> {
        let source = match &clause.source {
            ast::Source::Values(values) => self
                .expr(values, None)
                .map(|values| Source::Values(values.into())),
            ast::Source::Range(from, to) => {
                let int = self.names.basic.int;
                let (from, to) = (self.expr_of(from, int), self.expr_of(to, int));
                from.zip(to)
                    .map(|(from, to)| Source::Range(from.into(), to.into()))
            }
        };
        let known = source
            .as_ref()
            .and_then(|source| self.parts(source, clause));
        let (key_ty, value_ty) = known.unwrap_or((None, None));
        // The one name of a list is its element's, not its index's.
        let (first, second) = match (&clause.second, key_ty) {
            (None, None) => (None, Some(&clause.first)),
            (second, _) => (Some(&clause.first), second.as_ref()),
        };
        let mut parts = Vec::new();
        let key = first.and_then(|name| self.loop_variable(name, key_ty, &mut parts));
        let value = second.and_then(|name| self.loop_variable(name, value_ty, &mut parts));
        let bool = self.names.basic.bool;
        let condition = match &clause.condition {
            Some(condition) => Some(self.expr_of(condition, bool)?.into()),
            None => None,
        };
        known?;
        Some(Clause {
            key,
            value,
            source: source?,
            parts,
            condition,
        })
    }

    /// Declares a variable of a loop, or those for the parts of its value.
    fn loop_variable(
        &mut self,
        pattern: &ast::Pattern,
        ty: Option<TypeId>,
        parts: &mut Vec<Statement>,
    ) -> Option<LocalId> {
        let span = pattern.span;
        if let ast::PatternKind::Name(name) = &pattern.kind {
            let text = name.clone();
            return self.declare(&ast::Name { text, span }, ty, false);
        }
        let Some(ty) = ty else {
            self.declare_names(pattern);
            return None;
        };
        let local = self.declare_hidden("element", ty, span)?;
        let mut taken = Taken::default();
        self.pattern(pattern, &Part::whole(local, ty), false, &mut taken);
        parts.append(&mut taken.lets());
        Some(local)
    }

    /// Types of a clause's key and value; a list has no key if there is one name.
    fn parts(
        &mut self,
        source: &Source,
        clause: &ast::ForClause,
    ) -> Option<(Option<TypeId>, Option<TypeId>)> {
        let int = self.names.basic.int;
        let (key, value, what, span) = match source {
            Source::Range(from, to) => (Some(int), None, "range", from.span.to(to.span)),
            Source::Values(values) => match self.types().get(values.ty) {
                Some(&Type::Map { key, value }) => (Some(key), Some(value), "map", values.span),
                Some(&Type::Set { element }) => (Some(element), None, "set", values.span),
                Some(&Type::List { element }) => {
                    let index = clause.second.as_ref().map(|_| int);
                    (index, Some(element), "list", values.span)
                }
                _ => {
                    let message =
                        format!("this is `{}` and no collection", self.type_name(values.ty));
                    let mut diagnostic =
                        Diagnostic::new(&codes::NOT_A_COLLECTION, values.span, message);
                    if values.ty == int {
                        diagnostic = diagnostic.hint("numbers are counted with a range: `0..n`");
                    }
                    self.report(diagnostic);
                    return None;
                }
            },
        };
        if let (Some(second), None) = (&clause.second, value) {
            let message = format!("a {what} has one name for each element, not two");
            let code = &codes::WRONG_COUNT;
            self.report(Diagnostic::new(code, second.span, message).label(span, "goes over this"));
            return None;
        }
        Some((key, value))
    }

    /// `[item for …]` or, for a `set`, `{item for …}`.
    pub(super) fn comprehension(
        &mut self,
        set: bool,
        item: &ast::Expr,
        clause: &ast::ForClause,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let hinted = self.hinted_element(hint);
        let (clause, item) = self.scoped(|checker| {
            let clause = checker.clause(clause);
            let item = match hinted {
                Some(ty) => checker.expr_of(item, ty),
                None => checker.expr(item, None),
            };
            (clause, item)
        });
        let item: Box<Expr> = item?.into();
        let element = item.ty;
        let clause = clause?;
        let (kind, ty) = if set {
            let ty = self.set_of(element, span)?;
            (ExprKind::SetComprehension { item, clause }, ty)
        } else {
            let ty = self.names.intern(Type::List { element }, span)?;
            (ExprKind::ListComprehension { item, clause }, ty)
        };
        Some(Expr { kind, ty, span })
    }

    pub(super) fn map_comprehension(
        &mut self,
        key: &ast::Expr,
        value: &ast::Expr,
        clause: &ast::ForClause,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let parts = self.hinted_parts(hint);
        let (clause, key, value) = self.scoped(|checker| {
            let clause = checker.clause(clause);
            let (key, value) = match parts {
                Some(parts) => (
                    checker.expr_of(key, parts.0),
                    checker.expr_of(value, parts.1),
                ),
                None => (checker.expr(key, None), checker.expr(value, None)),
            };
            (clause, key, value)
        });
        let (key, value) = (key?, value?);
        let ty = self.map_of(key.ty, value.ty, span)?;
        let (key, value) = (key.into(), value.into());
        let kind = ExprKind::MapComprehension {
            key,
            value,
            clause: clause?,
        };
        Some(Expr { kind, ty, span })
    }
}

fn quantified(asked: Asked, body: Expr, clause: Clause, span: Span) -> Expr {
    let ty = body.ty;
    let body = body.into();
    let kind = match asked {
        Asked::Sum => ExprKind::Sum { body, clause },
        Asked::All => ExprKind::Quantifier {
            all: true,
            body,
            clause,
        },
        Asked::Any => ExprKind::Quantifier {
            all: false,
            body,
            clause,
        },
    };
    Expr { kind, ty, span }
}
