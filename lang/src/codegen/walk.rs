//! Walks over checked code, for questions about all of a body.

use crate::typed::*;

/// Someone who looks at every expression and every changed place, from the outside in.
pub(super) trait Visitor {
    /// An expression is met.
    fn expr(&mut self, _expr: &Expr) {}
    /// A place is met that is changed.
    fn place(&mut self, _place: &Place) {}
    /// What is met next may run several times.
    fn enter_loop(&mut self) {}
    /// The loop is over.
    fn leave_loop(&mut self) {}
}

pub(super) fn block(visitor: &mut impl Visitor, block: &Block) {
    for statement in &block.statements {
        self::statement(visitor, statement);
    }
    if let Some(value) = &block.value {
        expr(visitor, value);
    }
}

fn statement(visitor: &mut impl Visitor, statement: &Statement) {
    match &statement.kind {
        StatementKind::Let { value, .. } | StatementKind::Expr(value) => expr(visitor, value),
        StatementKind::Assign { place, value } | StatementKind::Update { place, value, .. } => {
            self::place(visitor, place);
            expr(visitor, value);
        }
        StatementKind::If { arms, otherwise } => self::arms(visitor, arms, otherwise.as_ref()),
        StatementKind::For { clause, body } => {
            expr(visitor, &clause.source);
            repeated(visitor, clause, |visitor| block(visitor, body));
        }
        StatementKind::While { condition, body } => {
            visitor.enter_loop();
            expr(visitor, condition);
            block(visitor, body);
            visitor.leave_loop();
        }
        StatementKind::Send { to, message } => {
            expr(visitor, to);
            for field in message.fields.iter().flatten() {
                expr(visitor, field);
            }
        }
        StatementKind::Break | StatementKind::Continue | StatementKind::Return => {}
    }
}

fn arms<V: Visitor>(visitor: &mut V, arms: &[(Expr, Block)], otherwise: Option<&Block>) {
    for (condition, arm) in arms {
        expr(visitor, condition);
        block(visitor, arm);
    }
    if let Some(arm) = otherwise {
        block(visitor, arm);
    }
}

/// What runs for each entry: the condition of a clause, and what it is there for.
fn repeated<V: Visitor>(visitor: &mut V, clause: &Clause, body: impl FnOnce(&mut V)) {
    visitor.enter_loop();
    if let Some(condition) = &clause.condition {
        expr(visitor, condition);
    }
    body(visitor);
    visitor.leave_loop();
}

fn place(visitor: &mut impl Visitor, place: &Place) {
    visitor.place(place);
    for step in &place.path {
        if let PathStep::Index { key, .. } = step {
            expr(visitor, key);
        }
    }
}

pub(super) fn expr<V: Visitor>(visitor: &mut V, root: &Expr) {
    visitor.expr(root);
    match &root.kind {
        ExprKind::Remove(place, key) => {
            self::place(visitor, place);
            expr(visitor, key);
        }
        ExprKind::Field(a, _)
        | ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::MapLen(a)
        | ExprKind::BytesLen(a) => expr(visitor, a),
        ExprKind::Index(a, b)
        | ExprKind::Arithmetic(_, a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Contains(a, b) => {
            expr(visitor, a);
            expr(visitor, b);
        }
        ExprKind::GetOr(a, b, c) => {
            expr(visitor, a);
            expr(visitor, b);
            expr(visitor, c);
        }
        ExprKind::Record(fields) => fields.iter().for_each(|field| expr(visitor, field)),
        ExprKind::Map(entries) => {
            for (key, value) in entries {
                expr(visitor, key);
                expr(visitor, value);
            }
        }
        ExprKind::MapComprehension { key, value, clause } => {
            expr(visitor, &clause.source);
            repeated(visitor, clause, |visitor| {
                expr(visitor, key);
                expr(visitor, value);
            });
        }
        ExprKind::Quantifier { body, clause, .. } => {
            expr(visitor, &clause.source);
            repeated(visitor, clause, |visitor| expr(visitor, body));
        }
        ExprKind::If { arms, otherwise } => self::arms(visitor, arms, Some(otherwise)),
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
