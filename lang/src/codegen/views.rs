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
                if self.body.locals[local.0].changeable {
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
        !self.body.unstable.is_empty()
            && self
                .roots(expr)
                .iter()
                .any(|root| self.body.unstable.contains(root))
    }

    /// Whether the value was just made and nothing else refers to it.
    pub(super) fn is_fresh(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Record(_)
            | ExprKind::Empty
            | ExprKind::Get(..)
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

impl Code<'_, '_> {
    fn gives_fresh(&self, block: &Block) -> bool {
        let value = block.value.as_ref();
        value.is_none_or(|value| self.is_fresh(value))
    }
}

/// The roots that a block changes.
pub(super) fn written_in_block(block: &Block) -> BTreeSet<Root> {
    let mut written = Written::default();
    walk::block(&mut written, block);
    written.0
}

/// The roots that an expression changes.
pub(super) fn written_in_expr(expr: &Expr) -> BTreeSet<Root> {
    let mut written = Written::default();
    walk::expr(&mut written, expr);
    written.0
}

#[derive(Default)]
struct Written(BTreeSet<Root>);

impl walk::Visitor for Written {
    fn place(&mut self, place: &Place) {
        self.0.insert(place.root);
    }
}
