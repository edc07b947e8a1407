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
        name: Name,
        arguments: Vec<Type>,
        start: usize,
        end: usize,
    ) -> Type {
        let span = self.span(start, end);
        let depth = 1 + highest(arguments.iter().map(|ty| ty.depth));
        if self.fits(depth, span) {
            Type {
                name,
                arguments,
                span,
                depth,
            }
        } else {
            Type {
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
        let kind = match literals::integer(text) {
            Ok(value) => ExprKind::Int(value),
            Err(problem) => self.problem(problem, start),
        };
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
        .map(|(condition, block)| condition.depth.max(block.depth));
    highest(arms).max(value.otherwise.as_ref().map_or(0, |block| block.depth))
}

fn clause_height(clause: &ForClause) -> u32 {
    clause.source.depth.max(
        clause
            .condition
            .as_ref()
            .map_or(0, |condition| condition.depth),
    )
}

fn statement_height(kind: &StatementKind) -> u32 {
    match kind {
        StatementKind::Let { ty, value, .. } => {
            value.depth.max(ty.as_ref().map_or(0, |ty| ty.depth))
        }
        StatementKind::Assign { place, value, .. } => place.depth.max(value.depth),
        StatementKind::Expr(value) => value.depth,
        StatementKind::If(value) => if_height(value),
        StatementKind::For { clause, body } => clause_height(clause).max(body.depth),
        StatementKind::While { condition, body } => condition.depth.max(body.depth),
        StatementKind::Send { to, message } => to.depth.max(message.depth),
        StatementKind::Reply(message) => message.depth,
        StatementKind::Break
        | StatementKind::Continue
        | StatementKind::Return
        | StatementKind::Error => 0,
    }
}

fn expr_height(kind: &ExprKind) -> u32 {
    match kind {
        ExprKind::Field(base, _) => base.depth,
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
        ExprKind::If(value) => if_height(value),
        ExprKind::Int(_)
        | ExprKind::Bool(_)
        | ExprKind::Text(_)
        | ExprKind::Bytes(_)
        | ExprKind::Name(_)
        | ExprKind::Error => 0,
    }
}
