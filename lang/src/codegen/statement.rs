//! Statements.

use pasc_vm::isa::{Instruction, Offset, Words};
use pasc_vm::native::Native;

use super::memory::Location;
use super::operator::constant_int;
use super::views::Part;
use super::{Code, Operand, Slot};
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    fn block(&mut self, block: &Block) {
        let before = self.open.len();
        self.block_statements(&block.statements);
        self.close(before);
    }

    /// Statements whose variables stay open.
    pub(super) fn block_statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            if self.reachable {
                let part = Part::Statement(statement);
                self.narrowed(part, |code| code.statement(statement));
            }
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Let { local, value } => self.let_statement(*local, value),
            StatementKind::Assign { place, value } => self.assign(place, value, span),
            StatementKind::Put { place, value } => self.put_entry(place, value, span),
            StatementKind::Update {
                place,
                operator,
                value,
            } => {
                self.update(place, *operator, value, span);
            }
            StatementKind::Broadcast { to, message } => self.broadcast(to, message, span),
            StatementKind::SetTimer { timer, key, delay } => {
                self.set_timer(*timer, key.as_ref(), delay, span);
            }
            StatementKind::CancelTimer { timer, key } => {
                self.cancel_timer(*timer, key.as_ref(), span);
            }
            StatementKind::Change { place, change } => self.change(place, change, span),
            StatementKind::Expr(Expr {
                kind: ExprKind::Insert(place, item),
                ..
            }) => self.insert_statement(place, item, span),
            StatementKind::Expr(Expr {
                kind: ExprKind::Take(place, index),
                ..
            }) => self.take_statement(place, index, span),
            StatementKind::Expr(value) => {
                let value = self.value(value);
                self.release(value);
            }
            StatementKind::If { arms, otherwise } => self.if_statement(arms, otherwise.as_ref()),
            StatementKind::Block(inner) => self.block(inner),
            StatementKind::For { clause, body } => {
                let mut written = self.written_in_block(body);
                if let Some(condition) = &clause.condition {
                    written.append(&mut self.written_in_expr(condition));
                }
                let (next, end) = (self.mark(), self.mark());
                self.loops.push((end, next));
                self.loop_over(clause, &written, next, end, |code| code.block(body));
                self.loops.pop();
            }
            StatementKind::While { condition, body } => {
                self.while_statement(condition, body);
            }
            StatementKind::Break => {
                if let Some(&(end, _)) = self.loops.last() {
                    self.jump(end, span);
                }
            }
            StatementKind::Continue => {
                if let Some(&(_, next)) = self.loops.last() {
                    self.jump(next, span);
                }
            }
            StatementKind::Return(value) => self.return_statement(value.as_ref(), span),
            StatementKind::Call(function, arguments) => {
                let result = self.call(*function, arguments, None, span);
                self.release(result);
            }
            StatementKind::Send { to, message } => self.send(to, message, span),
        }
    }

    /// The condition is asked for before the loop and at its end, so that a turn jumps once; a
    /// larger one is asked for at the beginning alone.
    fn while_statement(&mut self, condition: &Expr, body: &Block) {
        let (top, next, end) = (self.mark(), self.mark(), self.mark());
        let twice = is_plain(condition);
        if twice {
            self.branch(condition, end, false);
        }
        self.place_loop_mark(top);
        if !twice {
            self.branch(condition, end, false);
        }
        self.loops.push((end, if twice { next } else { top }));
        self.block(body);
        self.loops.pop();
        self.place_mark(next);
        if twice {
            self.branch(condition, top, true);
        } else {
            self.jump(top, condition.span);
        }
        self.place_mark(end);
    }

    pub(super) fn let_statement(&mut self, local: LocalId, value: &Expr) {
        let changeable = self.body.locals[local.0].changeable;
        if let ExprKind::Get(map, key) = &value.kind
            && self.body.locals[local.0].parts_only
            && !self.is_short_lived(map)
            && !self.is_unstable(map)
        {
            // The parts of the option are looked at where they lie.
            let aliases = self.roots(map);
            let found = self.found_by(map, key, value.span);
            return self.declare(local, Slot::Found(found.register), aliases);
        }
        if changeable && self.is_collection(value.ty) {
            return self.declare_cell(local, value);
        }
        let dst = self.registers.take();
        if changeable && self.is_record(value.ty) && !self.is_fresh(value) {
            let view = self.value(value);
            self.own(view, value.ty, Some(dst), value.span);
        } else {
            self.lasting_value(value, Some(dst));
        }
        let aliases = self
            .roots(value)
            .into_iter()
            .filter(|root| !self.written.contains(root));
        let aliases = aliases.collect();
        self.declare(local, Slot::Register(dst), aliases);
    }

    /// A list, set or map that is going to change in place: its reference needs an address.
    fn declare_cell(&mut self, local: LocalId, value: &Expr) {
        let span = value.span;
        let start = (!value.kind.is_collection()).then(|| self.owned_value(value));
        let cell = self.registers.take();
        let place = Operand {
            register: cell,
            temporary: false,
        };
        self.emit(
            Instruction::New {
                dst: cell,
                size: Words(1),
            },
            span,
        );
        match start {
            Some(start) => {
                self.write_word(Location::Memory(place, Offset(0)), start, span);
                self.release(start);
            }
            None => self.fill_collection(value, Location::Memory(place, Offset(0))),
        }
        self.declare(local, Slot::Cell(cell), Vec::new());
    }

    fn if_statement(&mut self, arms: &[Arm], otherwise: Option<&Block>) {
        let end = self.mark();
        for (index, arm) in arms.iter().enumerate() {
            let next = self.mark();
            let before = self.open.len();
            self.bind_arm(arm);
            self.branch(&arm.condition, next, false);
            self.block(&arm.block);
            let is_last = index + 1 == arms.len() && otherwise.is_none();
            if !is_last {
                self.jump(end, arm.condition.span);
            }
            self.place_mark(next);
            self.close(before);
        }
        if let Some(block) = otherwise {
            self.block(block);
        }
        self.place_mark(end);
    }

    /// Gives a variable of the state its first value.
    pub(super) fn initial_value(&mut self, state: StateId, span: Span) {
        let Some(value) = self.body.block.value.as_deref() else {
            return;
        };
        // The state begins as zeros.
        if is_zero(value) {
            return;
        }
        let place = Place {
            root: Root::State(state),
            path: Vec::new(),
            ty: value.ty,
            span,
        };
        self.assign(&place, value, span.to(value.span));
    }
}

/// Whether the code of a condition is short enough to stand there twice.
fn is_plain(condition: &Expr) -> bool {
    match &condition.kind {
        ExprKind::Not(operand)
        | ExprKind::Field(operand, _)
        | ExprKind::ListLen(operand)
        | ExprKind::MapLen(operand)
        | ExprKind::BytesLen(operand) => is_plain(operand),
        ExprKind::Compare(_, left, right) | ExprKind::Index(left, right) => {
            is_plain(left) && is_plain(right)
        }
        ExprKind::And(left, right) | ExprKind::Or(left, right) => {
            is_single(left) && is_single(right)
        }
        ExprKind::Native(Native::ByteAt, arguments) => arguments.iter().all(is_plain),
        ExprKind::Arithmetic(Arithmetic::Add | Arithmetic::Sub, left, right) => {
            is_plain(left) && constant_int(right).is_some()
        }
        ExprKind::Int(_)
        | ExprKind::Bool(_)
        | ExprKind::Local(_)
        | ExprKind::Param(_)
        | ExprKind::State(_) => true,
        _ => false,
    }
}

/// Whether the condition is plain and no combination of others.
fn is_single(condition: &Expr) -> bool {
    let combined = matches!(condition.kind, ExprKind::And(..) | ExprKind::Or(..));
    !combined && is_plain(condition)
}

/// Whether all words of the value are zero.
pub(super) fn is_zero(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Bool(false) | ExprKind::Empty => true,
        ExprKind::Blob(bytes) => bytes.is_empty(),
        ExprKind::List(items) | ExprKind::Set(items) => items.is_empty(),
        ExprKind::Map(entries) => entries.is_empty(),
        ExprKind::Record(fields) => fields.iter().all(is_zero),
        _ => constant_int(value) == Some(0),
    }
}
