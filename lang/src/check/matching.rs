//! `match`, and `if`, `while` and `let` with patterns.

use pasc_vm::types::{Type, TypeId};

use super::Checker;
use super::pattern::{Part, Taken, all_of, is_flat};
use super::shape::Shape;
use crate::ast;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

/// What a block is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// What it does.
    Effect,
    /// A value, of this type if it is known.
    Value(Option<TypeId>),
}

impl Asked {
    /// What the next arm is asked for, once this one has given a value of its type.
    fn after(self, block: &Block) -> Asked {
        match (self, &block.value) {
            (Asked::Value(None), Some(value)) => Asked::Value(Some(value.ty)),
            _ => self,
        }
    }
}

/// A variable with its value.
type Bound = Option<(LocalId, Expr)>;

/// One arm of a `match`.
struct Checked {
    arm: Arm,
    shapes: Vec<Shape>,
    is_guarded: bool,
    span: Span,
}

impl Checker<'_> {
    /// Binds the subject of patterns to a variable; `flat` says that only its first slot is
    /// looked at. The variable, and its value unless the subject is a variable already.
    pub(super) fn subject(&mut self, subject: Expr, flat: bool) -> Option<(Part, Bound)> {
        let (ty, span) = (subject.ty, subject.span);
        if let ExprKind::Local(local) = subject.kind
            && !self.scope.locals[local.0].changeable
        {
            return Some((Part::whole(local, ty), None));
        }
        let has_tag = matches!(
            self.types().get(ty),
            Some(Type::Enum { .. } | Type::Option { .. })
        );
        if flat && has_tag && !matches!(subject.kind, ExprKind::Get(..)) {
            let tag = self.types().fields(ty)[0].ty;
            let local = self.declare_hidden("tag", tag, span)?;
            let kind = ExprKind::Field(subject.into(), 0);
            let value = Expr {
                kind,
                ty: tag,
                span,
            };
            return Some((Part::tag(local, ty), Some((local, value))));
        }
        let local = self.declare_hidden("subject", ty, span)?;
        self.scope.locals[local.0].parts_only = has_tag;
        Some((Part::whole(local, ty), Some((local, subject))))
    }

    pub(super) fn match_statement(
        &mut self,
        value: &ast::Match,
        span: Span,
    ) -> Option<StatementKind> {
        let (bound, mut arms) = self.match_arms(value, Asked::Effect, span)?;
        let last = arms.pop();
        let kind = StatementKind::If {
            arms,
            otherwise: last.map(|last| last.block),
        };
        let mut statements = Vec::new();
        if let Some((local, value)) = bound {
            let kind = StatementKind::Let { local, value };
            statements.push(Statement { kind, span });
        }
        statements.push(Statement { kind, span });
        Some(StatementKind::Block(Block {
            statements,
            value: None,
        }))
    }

    pub(super) fn match_value(
        &mut self,
        value: &ast::Match,
        hint: Option<TypeId>,
        span: Span,
    ) -> Option<Expr> {
        let (bound, mut arms) = self.match_arms(value, Asked::Value(hint), span)?;
        let otherwise = arms.pop()?.block;
        let values = arms.iter().map(|arm| &arm.block).chain([&otherwise]);
        let Some(ty) = values
            .filter_map(|block| block.value.as_ref())
            .map(|value| value.ty)
            .next()
        else {
            self.no_value(span);
            return None;
        };
        let kind = ExprKind::If { arms, otherwise };
        let inner = Expr { kind, ty, span };
        let Some((local, value)) = bound else {
            return Some(inner);
        };
        let kind = StatementKind::Let { local, value };
        let block = Block {
            statements: vec![Statement { kind, span }],
            value: Some(inner.into()),
        };
        let kind = ExprKind::Block(block.into());
        Some(Expr { kind, ty, span })
    }

    /// The arms of a `match`, the last of which takes whatever is left, and what is bound first.
    fn match_arms(
        &mut self,
        value: &ast::Match,
        asked: Asked,
        span: Span,
    ) -> Option<(Bound, Vec<Arm>)> {
        let subject = self.expr(&value.subject, None);
        let is_value = usize::from(matches!(asked, Asked::Value(_)));
        self.scope.values += is_value;
        let checked = self.scoped(|checker| {
            let Some(subject) = subject else {
                checker.arms_without_subject(value, asked);
                return None;
            };
            let ty = subject.ty;
            let mut patterns = value.arms.iter().flat_map(|arm| &arm.patterns);
            let flat = patterns.all(is_flat);
            let (part, bound) = checker.subject(subject, flat)?;
            let mut asked = asked;
            let mut arms = Vec::new();
            let mut complete = true;
            for arm in &value.arms {
                match checker.scoped(|checker| checker.arm(arm, &part, asked)) {
                    Some(checked) => {
                        asked = asked.after(&checked.arm.block);
                        arms.push(checked);
                    }
                    None => complete = false,
                }
            }
            if !complete {
                return None;
            }
            let head = Span {
                start: span.start,
                end: value.subject.span.end,
            };
            Some((bound, checker.exhaustive(arms, ty, head)?))
        });
        self.scope.values -= is_value;
        checked
    }

    /// Looks for errors in arms whose subject had one.
    fn arms_without_subject(&mut self, value: &ast::Match, asked: Asked) {
        for arm in &value.arms {
            self.scoped(|checker| {
                for pattern in &arm.patterns {
                    checker.declare_names(pattern);
                }
                if let Some(condition) = &arm.condition {
                    checker.expr(condition, None);
                }
                checker.asked_block(&arm.body, asked);
            });
        }
    }

    fn asked_block(&mut self, block: &ast::Block, asked: Asked) -> Option<Block> {
        match asked {
            Asked::Effect => self.block(block),
            Asked::Value(hint) => self.value_block(block, hint),
        }
    }

    fn arm(&mut self, arm: &ast::Arm, part: &Part, asked: Asked) -> Option<Checked> {
        let bool = self.names.basic.bool;
        let first = arm.patterns.first()?.span;
        let span = first.to(arm.patterns.last()?.span);
        let mut shapes = Some(Vec::new());
        let mut alternatives: Vec<Expr> = Vec::new();
        let mut lets = Vec::new();
        let mut again = Vec::new();
        for pattern in &arm.patterns {
            let mut taken = Taken::default();
            let shape = self.pattern(pattern, part, false, &mut taken);
            if arm.patterns.len() > 1
                && let Some((_, _, span)) = taken.bound.first()
            {
                let message = "alternatives name nothing, as only one of them is there";
                let hint = "write `_`, or an arm for each";
                self.report(Diagnostic::new(&codes::BAD_PATTERN, *span, message).hint(hint));
                shapes = None;
            }
            (lets, again) = (taken.lets(), taken.lets());
            alternatives.push(all_of(taken.tests, bool, pattern.span));
            shapes = shapes.zip(shape).map(|(mut shapes, shape)| {
                shapes.push(shape);
                shapes
            });
        }
        let either = |left: Expr, right: Expr| Expr {
            kind: ExprKind::Or(left.into(), right.into()),
            ty: bool,
            span,
        };
        let mut condition = alternatives.into_iter().reduce(either)?;
        let mut complete = true;
        if let Some(guard) = &arm.condition {
            match self.expr_of(guard, bool) {
                Some(guard) => {
                    let span = guard.span;
                    let block = Block {
                        statements: again,
                        value: Some(guard.into()),
                    };
                    let kind = ExprKind::Block(block.into());
                    let guard = Expr {
                        kind,
                        ty: bool,
                        span,
                    };
                    condition = all_of(vec![condition, guard], bool, span);
                }
                None => complete = false,
            }
        }
        let mut block = self.asked_block(&arm.body, asked)?;
        lets.append(&mut block.statements);
        block.statements = lets;
        let arm_checked = Arm {
            bound: None,
            condition,
            block,
        };
        complete.then_some(Checked {
            arm: arm_checked,
            shapes: shapes?,
            is_guarded: arm.condition.is_some(),
            span,
        })
    }

    /// The arms that can be taken; reports what they leave over.
    fn exhaustive(&mut self, arms: Vec<Checked>, ty: TypeId, head: Span) -> Option<Vec<Arm>> {
        let mut earlier: Vec<Shape> = Vec::new();
        let mut kept = Vec::new();
        for checked in arms {
            let mut adds = false;
            for shape in &checked.shapes {
                if self.adds(shape, &earlier, ty) {
                    adds = true;
                }
                if !checked.is_guarded {
                    earlier.push(shape.clone());
                }
            }
            if adds {
                kept.push(checked.arm);
            } else {
                let message = "earlier arms take every value of this one";
                self.report(Diagnostic::new(&codes::UNREACHABLE, checked.span, message));
            }
        }
        if let Some(missing) = self.left_over(&earlier, ty) {
            let message = format!("`{missing}` is not matched");
            let hint = format!("add an arm `{missing} => …`");
            self.report(Diagnostic::new(&codes::NOT_EXHAUSTIVE, head, message).hint(hint));
            return None;
        }
        Some(kept)
    }

    /// An arm of `if`: what it binds, its condition, and its block with its names.
    pub(super) fn condition_arm(
        &mut self,
        condition: &ast::Condition,
        block: &ast::Block,
        asked: Asked,
    ) -> Option<Arm> {
        let bool = self.names.basic.bool;
        match condition {
            ast::Condition::Holds(condition) => {
                let condition = self.expr_of(condition, bool);
                let block = self.asked_block(block, asked);
                Some(Arm {
                    bound: None,
                    condition: condition?,
                    block: block?,
                })
            }
            ast::Condition::Matches(pattern, value) => {
                let value = self.expr(value, None);
                self.scoped(|checker| {
                    let Some(value) = value else {
                        checker.declare_names(pattern);
                        checker.asked_block(block, asked);
                        return None;
                    };
                    let (part, bound) = checker.subject(value, is_flat(pattern))?;
                    let mut taken = Taken::default();
                    let shape = checker.pattern(pattern, &part, false, &mut taken);
                    let block = checker.asked_block(block, asked);
                    shape?;
                    let mut block = block?;
                    let mut statements = taken.lets();
                    statements.append(&mut block.statements);
                    block.statements = statements;
                    let condition = all_of(taken.tests, bool, pattern.span);
                    Some(Arm {
                        bound,
                        condition,
                        block,
                    })
                })
            }
        }
    }

    /// `let pattern = value else { … }`
    pub(super) fn let_pattern(
        &mut self,
        changeable: bool,
        pattern: &ast::Pattern,
        value: Option<Expr>,
        otherwise: Option<&ast::Block>,
        out: &mut Vec<Statement>,
    ) -> Option<()> {
        let otherwise = otherwise.map(|block| {
            let checked = self.block(block);
            if !super::block::leaves(block) {
                let message = "this goes on where the names of the pattern stand for nothing";
                let hint = "end it with `return`, `break` or `continue`";
                self.report(Diagnostic::new(&codes::ELSE_GOES_ON, block.span, message).hint(hint));
            }
            checked
        });
        let Some(value) = value else {
            self.declare_names(pattern);
            return None;
        };
        let (ty, span) = (value.ty, pattern.span);
        let flat = is_flat(pattern);
        let (part, bound) = self.subject(value, flat)?;
        let mut taken = Taken::default();
        let shape = self.pattern(pattern, &part, changeable, &mut taken)?;
        if let Some((local, value)) = bound {
            let kind = StatementKind::Let { local, value };
            out.push(Statement { kind, span });
        }
        match (self.left_over(&[shape], ty), otherwise) {
            (Some(missing), None) => {
                let message = format!("the value may be `{missing}`");
                let hint = "add `else { return }`, or use `if let` or `match`";
                self.report(Diagnostic::new(&codes::NOT_EXHAUSTIVE, span, message).hint(hint));
                return None;
            }
            (None, Some(_)) => {
                let message = "the pattern takes every value, so this `else` is of no use";
                self.report(Diagnostic::new(&codes::UNREACHABLE, span, message));
            }
            (None, None) => {}
            (Some(_), Some(block)) => {
                let bool = self.names.basic.bool;
                let lets = taken.lets();
                let condition = all_of(std::mem::take(&mut taken.tests), bool, span);
                let kind = StatementKind::If {
                    arms: vec![Arm {
                        bound: None,
                        condition,
                        block: Block {
                            statements: Vec::new(),
                            value: None,
                        },
                    }],
                    otherwise: Some(block?),
                };
                out.push(Statement { kind, span });
                out.extend(lets);
                return Some(());
            }
        }
        out.extend(taken.lets());
        Some(())
    }
}
