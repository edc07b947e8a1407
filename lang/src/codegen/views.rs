//! When a value may be used where it lies, and when it must be copied first.
//!
//! A value that is no scalar is a reference into some storage. As long as nothing
//! changes that storage the reference serves as the value (a *view*). What a body
//! changes is collected without regard to the order of statements: a view is bound
//! or kept only if nothing in the body changes its root.

use std::collections::BTreeSet;

use super::{Code, walk};
use crate::typed::*;

impl Code<'_, '_> {
    /// The roots in whose storage the value of the expression may lie.
    pub(super) fn roots(&self, expr: &Expr) -> Vec<Root> {
        let mut roots = Vec::new();
        if !self.is_scalar(expr.ty) {
            self.collect_roots(expr, &mut roots);
        }
        roots
    }

    fn collect_roots(&self, expr: &Expr, roots: &mut Vec<Root>) {
        match &expr.kind {
            ExprKind::State(state) => roots.push(Root::State(*state)),
            ExprKind::Local(local) => {
                let local_name = &self.body.locals[local.0];
                if local_name.changeable || local_name.given {
                    roots.push(Root::Local(*local));
                }
                roots.extend(self.aliases[local.0].iter().copied());
            }
            ExprKind::Field(base, _) | ExprKind::Index(base, _) => self.collect_roots(base, roots),
            ExprKind::GetOr(map, _, default) => {
                self.collect_roots(map, roots);
                self.collect_roots(default, roots);
            }
            ExprKind::Get(map, _) => self.collect_roots(map, roots),
            ExprKind::If { arms, otherwise } => {
                let blocks = arms.iter().map(|arm| &arm.block).chain([otherwise]);
                for value in blocks.filter_map(|block| block.value.as_ref()) {
                    self.collect_roots(value, roots);
                }
            }
            ExprKind::Block(block) => {
                if let Some(value) = &block.value {
                    self.collect_roots(value, roots);
                }
            }
            _ => {}
        }
    }

    /// Whether a view would not last: the body changes its storage somewhere.
    pub(super) fn is_short_lived(&self, expr: &Expr) -> bool {
        self.roots(expr)
            .iter()
            .any(|root| self.written.contains(root))
    }

    /// Whether not even the rest of the expression may rely on the view.
    pub(super) fn is_unstable(&self, expr: &Expr) -> bool {
        !self.unstable.is_empty()
            && self
                .roots(expr)
                .iter()
                .any(|root| self.unstable.contains(root))
    }

    /// Whether the value was just made and nothing else refers to it.
    pub(super) fn is_fresh(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Record(_)
            | ExprKind::Empty
            | ExprKind::Get(..)
            | ExprKind::Call(..)
            | ExprKind::Native(..)
            | ExprKind::ListSlice(..)
            | ExprKind::Sorted(_)
            | ExprKind::Encode(_)
            | ExprKind::Arithmetic(..)
            | ExprKind::Take(..) => true,
            kind if kind.is_collection() => true,
            // Locals of the arms are gone, so what they held is nobody's. An arm without a value
            // leaves.
            ExprKind::If { arms, otherwise } => arms
                .iter()
                .map(|arm| &arm.block)
                .chain([otherwise])
                .all(|block| self.gives_fresh(block)),
            ExprKind::Block(block) => self.gives_fresh(block),
            _ => self.is_unstable(expr),
        }
    }
}

/// What is computed without anything around it that waits for it.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Statement(&'a Statement),
    Value(&'a Expr),
}

impl Code<'_, '_> {
    /// Makes the code for a part of the body, in which the roots are unstable that it changes.
    pub(super) fn narrowed(&mut self, part: Part<'_>, make: impl FnOnce(&mut Self)) {
        if self.changed_by_parts.is_empty() {
            return make(self);
        }
        let mut written = Written::new(self.module());
        match part {
            Part::Statement(statement) => walk::head(&mut written, statement),
            Part::Value(value) => walk::expr(&mut written, value),
        }
        let changed = self.changed_by_parts.intersection(&written.roots);
        let unstable = changed.copied().collect();
        let before = std::mem::replace(&mut self.unstable, unstable);
        make(self);
        self.unstable = before;
    }

    fn gives_fresh(&self, block: &Block) -> bool {
        let value = block.value.as_ref();
        value.is_none_or(|value| self.is_fresh(value))
    }
}

impl Code<'_, '_> {
    /// The roots that a block changes.
    pub(super) fn written_in_block(&self, block: &Block) -> BTreeSet<Root> {
        written_in_block(self.module(), block)
    }

    /// The roots that an expression changes.
    pub(super) fn written_in_expr(&self, expr: &Expr) -> BTreeSet<Root> {
        let mut written = Written::new(self.module());
        walk::expr(&mut written, expr);
        written.roots
    }
}

/// The roots that a block changes.
pub(super) fn written_in_block(module: &Module, block: &Block) -> BTreeSet<Root> {
    let mut written = Written::new(module);
    walk::block(&mut written, block);
    written.roots
}

/// The roots that calls inside of larger expressions change.
pub(super) fn written_by_parts(module: &Module, block: &Block) -> BTreeSet<Root> {
    let mut parts = Parts {
        module,
        roots: BTreeSet::new(),
        whole: std::ptr::null(),
    };
    walk::block(&mut parts, block);
    parts.roots
}

fn written_by(module: &Module, function: FunctionId) -> impl Iterator<Item = Root> + '_ {
    let effects = &module.functions[function.0].effects;
    effects.writes.iter().map(|state| Root::State(*state))
}

struct Written<'m> {
    module: &'m Module,
    roots: BTreeSet<Root>,
}

impl<'m> Written<'m> {
    fn new(module: &'m Module) -> Self {
        Written {
            module,
            roots: BTreeSet::new(),
        }
    }
}

impl walk::Visitor for Written<'_> {
    fn place(&mut self, place: &Place) {
        self.roots.insert(place.root);
    }

    fn call(&mut self, function: FunctionId) {
        self.roots.extend(written_by(self.module, function));
    }
}

struct Parts<'m> {
    module: &'m Module,
    roots: BTreeSet<Root>,
    /// The expression that is all that its statement computes.
    whole: *const Expr,
}

impl walk::Visitor for Parts<'_> {
    fn whole(&mut self, expr: &Expr) {
        self.whole = expr;
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call(function, arguments) = &expr.kind
            && !std::ptr::eq(self.whole, expr)
        {
            self.roots.extend(written_by(self.module, *function));
            let places = arguments.iter().filter_map(|argument| match argument {
                Argument::Place(place) => Some(place.root),
                Argument::Value(_) => None,
            });
            self.roots.extend(places);
        }
    }
}
