//! What is written first is computed first, where that can be told from the outside.

use super::Checker;
use crate::source::Span;
use crate::typed::*;

/// What can be told of when an expression is computed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Haste {
    /// Nothing: it is the same at any time.
    None,
    /// It sees what is written before it is computed.
    Reads,
    /// It may be an error, too.
    Fails,
    /// It may change what others see.
    Writes,
}

impl Haste {
    /// Whether it makes a difference which of two is computed first.
    fn matters(self, other: Haste) -> bool {
        let (less, more) = (self.min(other), self.max(other));
        more == Haste::Writes && less > Haste::None || less >= Haste::Fails
    }
}

impl Checker<'_> {
    fn haste(&self, expr: &Expr) -> Haste {
        match &expr.kind {
            ExprKind::Int(_)
            | ExprKind::Bool(_)
            | ExprKind::Blob(_)
            | ExprKind::Empty
            | ExprKind::Param(_)
            | ExprKind::SelfAddress
            | ExprKind::Sender
            | ExprKind::Now => Haste::None,
            ExprKind::Local(local) if !self.scope.locals[local.0].changeable => Haste::None,
            ExprKind::Local(_) | ExprKind::State(_) => Haste::Reads,
            ExprKind::Field(base, _) => self.haste(base),
            ExprKind::Index(base, key) => self.haste(base).max(self.haste(key)).max(Haste::Fails),
            ExprKind::Arithmetic(_, left, right) | ExprKind::Compare(_, left, right) => {
                self.haste(left).max(self.haste(right)).max(Haste::Fails)
            }
            ExprKind::Record(items) | ExprKind::List(items) | ExprKind::Set(items) => {
                let all = items.iter().map(|item| self.haste(item));
                all.max().unwrap_or(Haste::None)
            }
            _ => Haste::Writes,
        }
    }

    /// Whether the second is to be computed after the first, and not before.
    pub(super) fn keeps_order(&self, first: &Expr, second: &Expr) -> bool {
        self.haste(first).matters(self.haste(second))
    }

    /// Binds values that are `written` in another order than they are asked for to hidden variables,
    /// where that can be told: what computes them in the order in which they are written.
    pub(super) fn in_written_order(
        &mut self,
        values: &mut [Option<Expr>],
        written: &[usize],
    ) -> Option<Vec<Statement>> {
        let hastes: Vec<Haste> = values
            .iter()
            .map(|value| {
                value
                    .as_ref()
                    .map_or(Haste::None, |value| self.haste(value))
            })
            .collect();
        let turned = written.iter().enumerate().any(|(position, &later)| {
            let before = written[..position].iter();
            let mut before = before.filter(|earlier| **earlier > later);
            before.any(|earlier| hastes[*earlier].matters(hastes[later]))
        });
        if !turned {
            return Some(Vec::new());
        }
        let waiting = written.iter().filter(|index| hastes[**index] > Haste::None);
        self.scoped(|checker| {
            let mut lets = Vec::new();
            for &index in waiting {
                let Some(value) = values[index].take() else {
                    continue;
                };
                let (ty, span) = (value.ty, value.span);
                let local = checker.declare_hidden("field", ty, span)?;
                let kind = StatementKind::Let { local, value };
                lets.push(Statement { kind, span });
                let kind = ExprKind::Local(local);
                values[index] = Some(Expr { kind, ty, span });
            }
            Some(lets)
        })
    }
}

/// The expression after these statements.
pub(super) fn after(lets: Vec<Statement>, value: Expr, span: Span) -> Expr {
    if lets.is_empty() {
        return value;
    }
    let ty = value.ty;
    let block = Block {
        statements: lets,
        value: Some(value.into()),
    };
    let kind = ExprKind::Block(block.into());
    Expr { kind, ty, span }
}
