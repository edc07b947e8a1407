//! Walks over checked code, for questions about all of a body.

use crate::typed::*;

/// Someone who looks at every expression and every changed place, from the outside in.
pub(super) trait Visitor {
    /// An expression is met.
    fn expr(&mut self, _expr: &Expr) {}
    /// A function is called.
    fn call(&mut self, _function: FunctionId) {}
    /// A place is met that is changed.
    fn place(&mut self, _place: &Place) {}
    /// A place is going to be met that is assigned to.
    fn assigned(&mut self, _place: &Place) {}
    /// An expression is met that is all that its statement computes.
    fn whole(&mut self, _expr: &Expr) {}
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

/// What a statement computes itself, without the statements in it.
pub(super) fn head(visitor: &mut impl Visitor, statement: &Statement) {
    match &statement.kind {
        StatementKind::If { arms, .. } => {
            for arm in arms {
                arm_head(visitor, arm);
            }
        }
        StatementKind::Block(_) => {}
        StatementKind::For { clause, .. } => {
            source(visitor, clause);
            repeated(visitor, clause, |_| {});
        }
        StatementKind::While { condition, .. } => expr(visitor, condition),
        _ => self::statement(visitor, statement),
    }
}

fn statement(visitor: &mut impl Visitor, statement: &Statement) {
    match &statement.kind {
        StatementKind::Let { value, .. }
        | StatementKind::Expr(value)
        | StatementKind::Return(Some(value)) => {
            visitor.whole(value);
            expr(visitor, value);
        }
        StatementKind::Assign { place, value }
        | StatementKind::Put { place, value }
        | StatementKind::Update { place, value, .. } => {
            if !matches!(statement.kind, StatementKind::Update { .. }) {
                visitor.assigned(place);
            }
            self::place(visitor, place);
            visitor.whole(value);
            expr(visitor, value);
        }
        StatementKind::Call(function, arguments) => {
            visitor.call(*function);
            self::arguments(visitor, arguments);
        }
        StatementKind::If { arms, otherwise } => self::arms(visitor, arms, otherwise.as_ref()),
        StatementKind::Block(inner) => block(visitor, inner),
        StatementKind::For { clause, body } => {
            source(visitor, clause);
            repeated(visitor, clause, |visitor| block(visitor, body));
        }
        StatementKind::While { condition, body } => {
            visitor.enter_loop();
            expr(visitor, condition);
            block(visitor, body);
            visitor.leave_loop();
        }
        StatementKind::SetTimer { key, delay, .. } => {
            key.iter().for_each(|key| expr(visitor, key));
            expr(visitor, delay);
        }
        StatementKind::CancelTimer { key, .. } => key.iter().for_each(|key| expr(visitor, key)),
        StatementKind::Change { place, change } => {
            self::place(visitor, place);
            match change {
                ListChange::Push(value) | ListChange::Truncate(value) => expr(visitor, value),
                ListChange::Insert(index, value) => {
                    expr(visitor, index);
                    expr(visitor, value);
                }
            }
        }
        StatementKind::Send { to, message } | StatementKind::Broadcast { to, message } => {
            expr(visitor, to);
            for bound in &message.before {
                self::statement(visitor, bound);
            }
            for field in message.fields.iter().flatten() {
                expr(visitor, field);
            }
        }
        StatementKind::Break | StatementKind::Continue | StatementKind::Return(None) => {}
    }
}

fn arguments(visitor: &mut impl Visitor, arguments: &[Argument]) {
    for argument in arguments {
        match argument {
            Argument::Value(value) => expr(visitor, value),
            Argument::Place(place) => self::place(visitor, place),
        }
    }
}

/// What an arm asks for.
fn arm_head(visitor: &mut impl Visitor, arm: &Arm) {
    if let Some((_, value)) = &arm.bound {
        expr(visitor, value);
    }
    expr(visitor, &arm.condition);
}

fn arms<V: Visitor>(visitor: &mut V, arms: &[Arm], otherwise: Option<&Block>) {
    for arm in arms {
        arm_head(visitor, arm);
        block(visitor, &arm.block);
    }
    if let Some(arm) = otherwise {
        block(visitor, arm);
    }
}

fn source(visitor: &mut impl Visitor, clause: &Clause) {
    match &clause.source {
        Source::Values(values) => expr(visitor, values),
        Source::Range(from, to) => {
            expr(visitor, from);
            expr(visitor, to);
        }
    }
}

/// What runs for each entry: the condition of a clause, and what it is there for.
fn repeated<V: Visitor>(visitor: &mut V, clause: &Clause, body: impl FnOnce(&mut V)) {
    visitor.enter_loop();
    for part in &clause.parts {
        statement(visitor, part);
    }
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
        ExprKind::Remove(place, key)
        | ExprKind::Insert(place, key)
        | ExprKind::Take(place, key) => {
            self::place(visitor, place);
            expr(visitor, key);
        }
        ExprKind::Native(_, arguments) => arguments.iter().for_each(|it| expr(visitor, it)),
        ExprKind::ListSlice(a, b, c) => {
            expr(visitor, a);
            expr(visitor, b);
            expr(visitor, c);
        }
        ExprKind::Field(a, _)
        | ExprKind::Sorted(a)
        | ExprKind::Encode(a)
        | ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::Random(a)
        | ExprKind::ToText(a)
        | ExprKind::MapLen(a)
        | ExprKind::ListLen(a)
        | ExprKind::BytesLen(a) => expr(visitor, a),
        ExprKind::Index(a, b)
        | ExprKind::Arithmetic(_, a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Contains(a, b)
        | ExprKind::Get(a, b)
        | ExprKind::ListContains(a, b) => {
            expr(visitor, a);
            expr(visitor, b);
        }
        ExprKind::GetOr(a, b, c) => {
            expr(visitor, a);
            expr(visitor, b);
            expr(visitor, c);
        }
        ExprKind::Record(items) | ExprKind::List(items) | ExprKind::Set(items) => {
            items.iter().for_each(|item| expr(visitor, item));
        }
        ExprKind::Map(entries) => {
            for (key, value) in entries {
                expr(visitor, key);
                expr(visitor, value);
            }
        }
        ExprKind::MapComprehension { key, value, clause } => {
            source(visitor, clause);
            repeated(visitor, clause, |visitor| {
                expr(visitor, key);
                expr(visitor, value);
            });
        }
        ExprKind::Quantifier { body, clause, .. }
        | ExprKind::Sum { body, clause }
        | ExprKind::ListComprehension { item: body, clause }
        | ExprKind::SetComprehension { item: body, clause } => {
            source(visitor, clause);
            repeated(visitor, clause, |visitor| expr(visitor, body));
        }
        ExprKind::If { arms, otherwise } => self::arms(visitor, arms, Some(otherwise)),
        ExprKind::Block(inner) => block(visitor, inner),
        ExprKind::Call(function, arguments) => {
            visitor.call(*function);
            self::arguments(visitor, arguments);
        }
        ExprKind::Int(_)
        | ExprKind::Empty
        | ExprKind::Bool(_)
        | ExprKind::Blob(_)
        | ExprKind::Local(_)
        | ExprKind::Param(_)
        | ExprKind::State(_)
        | ExprKind::SelfAddress
        | ExprKind::Sender
        | ExprKind::Now => {}
    }
}
