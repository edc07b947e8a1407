//! When a value may be used where it lies, and when it must be copied first.
//!
//! A value that is no scalar is a reference into some storage. As long as nothing
//! changes that storage the reference serves as the value (a *view*). What a body
//! changes is collected without regard to the order of statements: a view is bound
//! or kept only if nothing in the body changes its root.

use std::collections::BTreeSet;

use super::Code;
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
            ExprKind::If { arms, otherwise } => {
                let blocks = arms.iter().map(|arm| &arm.1).chain([otherwise]);
                for value in blocks.filter_map(|block| block.value.as_ref()) {
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
            | ExprKind::Map(_)
            | ExprKind::MapComprehension { .. }
            | ExprKind::Arithmetic(..) => true,
            // Locals of the arms are gone, so what they held is nobody's.
            ExprKind::If { arms, otherwise } => arms
                .iter()
                .map(|arm| &arm.1)
                .chain([otherwise])
                .all(|block| {
                    block
                        .value
                        .as_ref()
                        .is_some_and(|value| self.is_fresh(value))
                }),
            _ => self.is_unstable(expr),
        }
    }
}

/// The roots that a block changes.
pub(super) fn written_in_block(block: &Block) -> BTreeSet<Root> {
    let mut written = BTreeSet::new();
    in_block(block, &mut written);
    written
}

/// The roots that an expression changes.
pub(super) fn written_in_expr(expr: &Expr) -> BTreeSet<Root> {
    let mut written = BTreeSet::new();
    in_expr(expr, &mut written);
    written
}

fn in_block(block: &Block, written: &mut BTreeSet<Root>) {
    for statement in &block.statements {
        in_statement(statement, written);
    }
    if let Some(value) = &block.value {
        in_expr(value, written);
    }
}

fn in_statement(statement: &Statement, written: &mut BTreeSet<Root>) {
    match &statement.kind {
        StatementKind::Let { value, .. } | StatementKind::Expr(value) => in_expr(value, written),
        StatementKind::Assign { place, value } | StatementKind::Update { place, value, .. } => {
            in_place(place, written);
            in_expr(value, written);
        }
        StatementKind::If { arms, otherwise } => in_arms(arms, otherwise.as_ref(), written),
        StatementKind::For { clause, body } => {
            in_clause(clause, written);
            in_block(body, written);
        }
        StatementKind::While { condition, body } => {
            in_expr(condition, written);
            in_block(body, written);
        }
        StatementKind::Send { to, message } => {
            in_expr(to, written);
            for field in message.fields.iter().flatten() {
                in_expr(field, written);
            }
        }
        StatementKind::Break | StatementKind::Continue | StatementKind::Return => {}
    }
}

fn in_arms(arms: &[(Expr, Block)], otherwise: Option<&Block>, written: &mut BTreeSet<Root>) {
    for (condition, block) in arms {
        in_expr(condition, written);
        in_block(block, written);
    }
    if let Some(block) = otherwise {
        in_block(block, written);
    }
}

fn in_clause(clause: &Clause, written: &mut BTreeSet<Root>) {
    in_expr(&clause.source, written);
    if let Some(condition) = &clause.condition {
        in_expr(condition, written);
    }
}

fn in_place(place: &Place, written: &mut BTreeSet<Root>) {
    written.insert(place.root);
    for step in &place.path {
        if let PathStep::Index { key, .. } = step {
            in_expr(key, written);
        }
    }
}

fn in_expr(expr: &Expr, written: &mut BTreeSet<Root>) {
    match &expr.kind {
        ExprKind::Remove(place, key) => {
            in_place(place, written);
            in_expr(key, written);
        }
        ExprKind::Field(a, _)
        | ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::MapLen(a)
        | ExprKind::BytesLen(a) => in_expr(a, written),
        ExprKind::Index(a, b)
        | ExprKind::Arithmetic(_, a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Contains(a, b) => {
            in_expr(a, written);
            in_expr(b, written);
        }
        ExprKind::GetOr(a, b, c) => {
            in_expr(a, written);
            in_expr(b, written);
            in_expr(c, written);
        }
        ExprKind::Record(fields) => fields.iter().for_each(|field| in_expr(field, written)),
        ExprKind::Map(entries) => {
            for (key, value) in entries {
                in_expr(key, written);
                in_expr(value, written);
            }
        }
        ExprKind::MapComprehension { key, value, clause } => {
            in_clause(clause, written);
            in_expr(key, written);
            in_expr(value, written);
        }
        ExprKind::Quantifier { body, clause, .. } => {
            in_clause(clause, written);
            in_expr(body, written);
        }
        ExprKind::If { arms, otherwise } => in_arms(arms, Some(otherwise), written),
        ExprKind::Int(_)
        | ExprKind::Bool(_)
        | ExprKind::Blob(_)
        | ExprKind::Local(_)
        | ExprKind::Param(_)
        | ExprKind::State(_)
        | ExprKind::SelfAddress
        | ExprKind::Sender => {}
    }
}
