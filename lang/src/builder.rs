//! What the actions of the grammar build the tree with: it reads literals and keeps
//! the tree's height within its bound.

use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::Lexed;
use crate::literals::{self, Problem};
use crate::recovery::Place;
use crate::source::{SourceFile, Span};

/// What the actions of the grammar build with.
pub(crate) struct Builder<'s> {
    pub(crate) source: &'s SourceFile,
    pub(crate) lexed: &'s Lexed<'s>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Errors of the parser itself, of which only some are worth reporting.
    pub(crate) syntax: Vec<(Place, Diagnostic)>,
    /// The first place that is nested too deeply.
    too_deep: Option<Span>,
}

impl<'s> Builder<'s> {
    /// A builder for a text in which the lexer found these errors.
    pub(crate) fn new(
        source: &'s SourceFile,
        lexed: &'s Lexed<'s>,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        Builder {
            source,
            lexed,
            diagnostics,
            syntax: Vec::new(),
            too_deep: None,
        }
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(start, end.max(start))
    }

    pub(crate) fn name(&mut self, text: &str, start: usize, end: usize) -> Name {
        Name {
            text: text.to_string(),
            span: self.span(start, end),
        }
    }

    pub(crate) fn item(&mut self, kind: ItemKind, start: usize, end: usize) -> Item {
        let docs = self.lexed.docs.get(&start);
        let docs = docs.map(|lines| lines.iter().map(|line| line.to_string()).collect());
        Item {
            docs: docs.unwrap_or_default(),
            kind,
            span: self.span(start, end),
        }
    }

    pub(crate) fn ty(
        &mut self,
        form: TypeForm,
        name: Name,
        arguments: Vec<Type>,
        start: usize,
        end: usize,
    ) -> Type {
        let span = self.span(start, end);
        let depth = 1 + highest(arguments.iter().map(|ty| ty.depth));
        if self.fits(depth, span) {
            Type {
                form,
                name,
                arguments,
                span,
                depth,
            }
        } else {
            Type {
                form: TypeForm::Named,
                name,
                arguments: Vec::new(),
                span,
                depth: 1,
            }
        }
    }

    pub(crate) fn block(&mut self, statements: Vec<Statement>, start: usize, end: usize) -> Block {
        let span = self.span(start, end);
        let depth = 1 + highest(statements.iter().map(|statement| statement.depth));
        if self.fits(depth, span) {
            Block {
                statements,
                span,
                depth,
            }
        } else {
            // An error stands in it, so that nobody asks why it is empty.
            let statement = Statement {
                kind: StatementKind::Error,
                span,
                depth: 1,
            };
            Block {
                statements: vec![statement],
                span,
                depth: 2,
            }
        }
    }

    pub(crate) fn statement(&mut self, kind: StatementKind, start: usize, end: usize) -> Statement {
        let span = self.span(start, end);
        let depth = 1 + statement_height(&kind);
        if self.fits(depth, span) {
            Statement { kind, span, depth }
        } else {
            Statement {
                kind: StatementKind::Error,
                span,
                depth: 1,
            }
        }
    }

    pub(crate) fn literal(
        &mut self,
        name: Name,
        fields: Vec<(Name, Expr)>,
        start: usize,
        end: usize,
    ) -> Literal {
        let depth = 1 + highest(fields.iter().map(|(_, value)| value.depth));
        Literal {
            name,
            fields,
            span: self.span(start, end),
            depth,
        }
    }

    pub(crate) fn expr(&mut self, kind: ExprKind, start: usize, end: usize) -> Expr {
        let span = self.span(start, end);
        let depth = 1 + expr_height(&kind);
        if self.fits(depth, span) {
            Expr { kind, span, depth }
        } else {
            Expr {
                kind: ExprKind::Error,
                span,
                depth: 1,
            }
        }
    }

    pub(crate) fn pattern(&mut self, kind: PatternKind, start: usize, end: usize) -> Pattern {
        let span = self.span(start, end);
        let parts = match &kind {
            PatternKind::Call(_, parts)
            | PatternKind::Variant(_, _, parts)
            | PatternKind::Tuple(parts) => &parts[..],
            PatternKind::Name(_) | PatternKind::Literal(_) => &[],
        };
        let depth = 1 + highest(parts.iter().map(|part| part.depth));
        if self.fits(depth, span) {
            Pattern { kind, span, depth }
        } else {
            let kind = PatternKind::Name("_".to_string());
            Pattern {
                kind,
                span,
                depth: 1,
            }
        }
    }

    /// A text with values: its parts begin at the places that come with them.
    pub(crate) fn interpolation(
        &mut self,
        (start, first): (usize, &str),
        value: Expr,
        middle: Vec<(usize, &str, Expr)>,
        (last_start, last): (usize, &str),
        end: usize,
    ) -> Expr {
        let mut texts = vec![self.text(first, start, start + first.len())];
        let mut values = vec![value];
        for (at, text, value) in middle {
            texts.push(self.text(text, at, at + text.len()));
            values.push(value);
        }
        texts.push(self.text(last, last_start, end));
        self.expr(ExprKind::Interpolation(texts, values), start, end)
    }

    /// One operator or several of the same kind before an operand.
    pub(crate) fn unary(
        &mut self,
        operator: UnaryOperator,
        starts: &[usize],
        operand: Expr,
        end: usize,
    ) -> Expr {
        starts.iter().rev().fold(operand, |operand, &start| {
            self.expr(ExprKind::Unary(operator, Box::new(operand)), start, end)
        })
    }

    pub(crate) fn binary(
        &mut self,
        operator: BinaryOperator,
        a: Expr,
        b: Expr,
        l: usize,
        r: usize,
    ) -> Expr {
        self.expr(ExprKind::Binary(operator, Box::new(a), Box::new(b)), l, r)
    }

    pub(crate) fn number(&mut self, text: &str, start: usize, end: usize) -> Expr {
        let number = match literals::duration(text) {
            Some(duration) => duration.map(ExprKind::Duration),
            None => literals::integer(text).map(ExprKind::Int),
        };
        let kind = number.unwrap_or_else(|problem| self.problem(problem, start));
        self.expr(kind, start, end)
    }

    pub(crate) fn text(&mut self, text: &str, start: usize, _end: usize) -> String {
        literals::text(text).unwrap_or_else(|problem| {
            self.problem(problem, start);
            String::new()
        })
    }

    pub(crate) fn bytes(&mut self, text: &str, start: usize, end: usize) -> Expr {
        let kind = match literals::bytes(text) {
            Ok(value) => ExprKind::Bytes(value),
            Err(problem) => self.problem(problem, start),
        };
        self.expr(kind, start, end)
    }

    fn problem(&mut self, problem: Problem, at: usize) -> ExprKind {
        let span = self.span(at + problem.start, at + problem.end);
        self.diagnostics
            .push(Diagnostic::new(problem.code, span, problem.message));
        ExprKind::Error
    }

    /// Whether a tree of this height may be built; says so once if not.
    fn fits(&mut self, depth: u32, span: Span) -> bool {
        let fits = depth <= MAX_TREE_DEPTH;
        if !fits && self.too_deep.is_none() {
            self.too_deep = Some(span);
            let message = format!("this is nested more than {MAX_TREE_DEPTH} levels deep");
            self.diagnostics.push(
                Diagnostic::new(&codes::TOO_DEEP, span, message)
                    .hint("give a part of it a name with `let`"),
            );
        }
        fits
    }
}

fn highest(depths: impl Iterator<Item = u32>) -> u32 {
    depths.max().unwrap_or(0)
}

fn if_height(value: &If) -> u32 {
    let arms = value
        .arms
        .iter()
        .map(|(condition, block)| condition_height(condition).max(block.depth));
    highest(arms).max(value.otherwise.as_ref().map_or(0, |block| block.depth))
}

fn condition_height(condition: &Condition) -> u32 {
    match condition {
        Condition::Holds(value) => value.depth,
        Condition::Matches(pattern, value) => pattern.depth.max(value.depth),
    }
}

fn match_height(value: &Match) -> u32 {
    let arms = value.arms.iter().map(|arm| {
        let patterns = highest(arm.patterns.iter().map(|pattern| pattern.depth));
        let condition = height_of(arm.condition.as_ref());
        patterns.max(condition).max(arm.body.depth)
    });
    highest(arms).max(value.subject.depth)
}

fn clause_height(clause: &ForClause) -> u32 {
    let source = match &clause.source {
        Source::Values(values) => values.depth,
        Source::Range(from, to) => from.depth.max(to.depth),
    };
    source.max(height_of(clause.condition.as_ref()))
}

fn height_of(expr: Option<&Expr>) -> u32 {
    expr.map_or(0, |expr| expr.depth)
}

fn statement_height(kind: &StatementKind) -> u32 {
    match kind {
        StatementKind::Let {
            pattern,
            ty,
            value,
            otherwise,
            ..
        } => {
            let block = otherwise.as_ref().map_or(0, |block| block.depth);
            let ty = ty.as_ref().map_or(0, |ty| ty.depth);
            value.depth.max(ty).max(pattern.depth).max(block)
        }
        StatementKind::Assign { place, value, .. } => place.depth.max(value.depth),
        StatementKind::Expr(value) | StatementKind::Value(value) => value.depth,
        StatementKind::If(value) => if_height(value),
        StatementKind::Match(value) => match_height(value),
        StatementKind::Return(value) => height_of(value.as_ref()),
        StatementKind::For { clause, body } => clause_height(clause).max(body.depth),
        StatementKind::While { condition, body } => condition_height(condition).max(body.depth),
        StatementKind::Send { to, message } | StatementKind::Broadcast { to, message } => {
            to.depth.max(message.depth)
        }
        StatementKind::SetTimer { timer, delay } => height_of(timer.key.as_ref()).max(delay.depth),
        StatementKind::CancelTimer(timer) => height_of(timer.key.as_ref()),
        StatementKind::Reply(message) => message.depth,
        StatementKind::Break | StatementKind::Continue | StatementKind::Error => 0,
    }
}

fn expr_height(kind: &ExprKind) -> u32 {
    match kind {
        ExprKind::Field(base, _) | ExprKind::Lambda(_, base) => base.depth,
        ExprKind::Interpolation(_, values) | ExprKind::Tuple(values) => {
            highest(values.iter().map(|value| value.depth))
        }
        ExprKind::Variant(_, _, values) => {
            highest(values.iter().flatten().map(|value| value.depth))
        }
        ExprKind::Slice(base, from, to) => base
            .depth
            .max(height_of(from.as_deref()))
            .max(height_of(to.as_deref())),
        ExprKind::Index(base, index) => base.depth.max(index.depth),
        ExprKind::Call(_, arguments) => highest(arguments.iter().map(|value| value.depth)),
        ExprKind::Method(base, _, arguments) => base
            .depth
            .max(highest(arguments.iter().map(|value| value.depth))),
        ExprKind::Quantifier(_, body, clause) => body.depth.max(clause_height(clause)),
        ExprKind::Unary(_, operand) => operand.depth,
        ExprKind::Binary(_, left, right) => left.depth.max(right.depth),
        ExprKind::Literal(literal) => literal.depth,
        ExprKind::Map(entries) => highest(
            entries
                .iter()
                .map(|(key, value)| key.depth.max(value.depth)),
        ),
        ExprKind::MapComprehension(key, value, clause) => {
            key.depth.max(value.depth).max(clause_height(clause))
        }
        ExprKind::List(items) | ExprKind::Set(items) => {
            highest(items.iter().map(|item| item.depth))
        }
        ExprKind::ListComprehension(item, clause) | ExprKind::SetComprehension(item, clause) => {
            item.depth.max(clause_height(clause))
        }
        ExprKind::If(value) => if_height(value),
        ExprKind::Match(value) => match_height(value),
        ExprKind::Int(_)
        | ExprKind::Duration(_)
        | ExprKind::Bool(_)
        | ExprKind::Text(_)
        | ExprKind::Bytes(_)
        | ExprKind::Name(_)
        | ExprKind::Error => 0,
    }
}
