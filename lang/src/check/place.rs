//! Places: what can be assigned to.

use super::Checker;
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

impl Checker<'_> {
    /// The expression as a place that may be changed here.
    pub(super) fn place(&mut self, expr: &ast::Expr) -> Option<Place> {
        match &expr.kind {
            ast::ExprKind::Name(name) => self.root(name, expr.span),
            ast::ExprKind::Field(base, name) => {
                let mut place = self.place(base)?;
                let (index, ty) = self.field_of(place.ty, name)?;
                place.path.push(PathStep::Field {
                    record: place.ty,
                    index,
                });
                Some(Place {
                    ty,
                    span: expr.span,
                    ..place
                })
            }
            ast::ExprKind::Index(base, index) => {
                let mut place = self.place(base)?;
                let (key, ty) = self.indexed(place.ty, base.span)?;
                let key = self.expr_of(index, key)?;
                let container = place.ty;
                place.path.push(PathStep::Index { container, key });
                Some(Place {
                    ty,
                    span: expr.span,
                    ..place
                })
            }
            ast::ExprKind::Error => None,
            _ => {
                let message = "this is a value and no place that could be changed";
                self.report(
                    Diagnostic::new(&codes::NOT_A_PLACE, expr.span, message)
                        .hint("bind it with `var` first"),
                );
                None
            }
        }
    }

    fn root(&mut self, name: &str, span: Span) -> Option<Place> {
        let (root, ty) = if let Some(local) = self.scope.find(name) {
            let known = &mut self.scope.locals[local.0];
            if !known.changeable {
                // One diagnostic about the name is enough.
                known.used = true;
                let declared = known.span;
                return self.unchangeable(format!("`{name}` keeps its value"), declared, span);
            }
            (Root::Local(local), known.ty?)
        } else if let Some((index, row)) = self.state_named(name) {
            let ty = row.ty;
            if !self.may_act(span, "change the state") {
                return None;
            }
            self.scope.effects.acts = true;
            self.scope.effects.writes.insert(StateId(index));
            (Root::State(StateId(index)), ty?)
        } else if self.names.params.contains_key(name) || crate::resolve::OWN_NAMES.contains(&name)
        {
            let message = format!("`{name}` keeps its value");
            self.report(Diagnostic::new(&codes::NOT_CHANGEABLE, span, message));
            return None;
        } else if let Some(index) = self.constant_named(name) {
            self.functions.used_constants.insert(index);
            let declared = self.names.constants[index].declared.name.span;
            return self.unchangeable(format!("`{name}` is a constant"), declared, span);
        } else {
            return self.unknown_name(name, span);
        };
        Some(Place {
            root,
            path: Vec::new(),
            ty,
            span,
        })
    }

    /// What keeps the value that it got where it was declared.
    fn unchangeable<T>(&mut self, message: String, declared: Span, span: Span) -> Option<T> {
        self.report(
            Diagnostic::new(&codes::NOT_CHANGEABLE, span, message)
                .label(declared, "declared here")
                .hint("bind a copy of it with `var` to change that"),
        );
        None
    }
}
