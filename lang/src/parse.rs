//! The one entry point from source text to tree.
//!
//! What goes in is any text; what comes out is a tree of bounded depth that holds
//! every declaration and statement that could be read, and a diagnostic for each
//! that could not.

use std::collections::BTreeSet;
use std::convert::Infallible;

use lalrpop_util::{ErrorRecovery, ParseError};

use crate::ast::*;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Lexed, lex};
use crate::literals::{self, Problem};
use crate::source::{Lines, MAX_SOURCE_BYTES, SourceFile, Span};
use crate::token::Token;

#[allow(
    clippy::all,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    unused
)]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/grammar.rs"));
}

/// A tree and what was wrong with the text.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; what could not be read is left out.
    pub program: Program,
    /// Errors of the lexer and the parser, in no order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a source file.
pub fn parse(source: &SourceFile) -> Parsed {
    let text = source.text.as_str();
    if text.len() > MAX_SOURCE_BYTES {
        let message = format!(
            "the file has {} bytes, more than the {MAX_SOURCE_BYTES} allowed",
            text.len()
        );
        return Parsed {
            program: Program {
                docs: Vec::new(),
                items: Vec::new(),
            },
            diagnostics: vec![Diagnostic::new(
                &codes::SOURCE_TOO_LONG,
                Span::new(0, 0),
                message,
            )],
        };
    }
    let mut lexed = lex(text);
    if let Some(span) = lexed.too_deep {
        // Nothing that is nested so deeply is worth reading.
        let mut diagnostics = lexed.diagnostics;
        let message = format!("brackets are nested more than {MAX_TREE_DEPTH} levels deep");
        diagnostics.push(Diagnostic::new(&codes::TOO_DEEP, span, message));
        let docs = Vec::new();
        let items = Vec::new();
        let program = Program { docs, items };
        return Parsed {
            program,
            diagnostics,
        };
    }
    let mut builder = Builder {
        source,
        diagnostics: std::mem::take(&mut lexed.diagnostics),
        syntax: Vec::new(),
        lexed: &lexed,
        too_deep: None,
    };
    let tokens = lexed
        .tokens
        .iter()
        .map(|&spanned| Ok::<_, Infallible>(spanned));
    let items = match grammar::ProgramParser::new().parse(&mut builder, tokens) {
        Ok(items) => items,
        Err(error) => {
            builder.syntax_error(error, Place::Declaration);
            Vec::new()
        }
    };
    builder.report_syntax();
    let docs = lexed
        .module_docs
        .iter()
        .map(|line| line.to_string())
        .collect();
    Parsed {
        program: Program { docs, items },
        diagnostics: builder.diagnostics,
    }
}

/// Where the parser went on after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Declaration,
    Statement,
    Step,
}

/// What the actions of the grammar build with.
pub(crate) struct Builder<'s> {
    source: &'s SourceFile,
    lexed: &'s Lexed<'s>,
    diagnostics: Vec<Diagnostic>,
    /// Errors of the parser itself, of which only some are worth reporting.
    syntax: Vec<(Place, Diagnostic)>,
    /// The first place that is nested too deeply.
    too_deep: Option<Span>,
}

impl<'s> Builder<'s> {
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

    /// Called where the grammar resumes.
    pub(crate) fn recovered(
        &mut self,
        recovery: ErrorRecovery<usize, Token<'s>, Infallible>,
        place: Place,
    ) {
        self.syntax_error(recovery.error, place);
    }

    fn syntax_error(&mut self, error: ParseError<usize, Token<'s>, Infallible>, place: Place) {
        let (span, token, expected) = match error {
            ParseError::UnrecognizedToken {
                token: (start, token, end),
                expected,
            } => (self.span(start, end), Some(token), expected),
            ParseError::UnrecognizedEof { location, expected } => {
                (self.span(location, location), None, expected)
            }
            ParseError::ExtraToken {
                token: (start, token, end),
            } => (self.span(start, end), Some(token), Vec::new()),
            ParseError::InvalidToken { location } => {
                (self.span(location, location), None, Vec::new())
            }
            ParseError::User { error } => match error {},
        };
        if token == Some(Token::Bad) {
            return; // The lexer has reported it.
        }
        let found = match token {
            None => "the file ends here".to_string(),
            Some(Token::Separator) => "the line ends here".to_string(),
            Some(_) => format!("`{}` does not fit here", self.source.slice(span)),
        };
        let expected: Vec<&str> = expected.iter().map(|name| name.trim_matches('"')).collect();
        let message = match expectation(&expected, place) {
            Some(expectation) => format!("{found}, expected {expectation}"),
            None => found,
        };
        let hint = match token {
            Some(Token::Upper(_)) if expected.contains(&"number") => {
                Some("before a block, a literal with braces stands in parentheses")
            }
            Some(Token::Upper(_)) if expected.contains(&"lower") => {
                Some("names of variables, fields and parameters begin with a small letter")
            }
            Some(Token::Lower(_)) if expected.contains(&"upper") => {
                Some("names of records and messages begin with a capital letter")
            }
            Some(Token::Assign) if expected.contains(&"==") => {
                Some("two values are compared with `==`")
            }
            _ => None,
        };
        let diagnostic = Diagnostic::new(&codes::SYNTAX, span, message);
        self.syntax
            .push((place, diagnostic.maybe_hint(hint.map(str::to_string))));
    }

    /// Whether a brace stands between `start` and the end of its line: the parser may
    /// have gone on there with another idea of what the brace opens or closes.
    fn meets_brace(&self, start: u32, line: u32, lines: &Lines) -> bool {
        let tokens = &self.lexed.tokens;
        let first = tokens.partition_point(|token| token.0 < start as usize);
        let rest = tokens[first..].iter();
        let rest = rest.take_while(|token| lines.line(token.0 as u32) == line);
        let mut rest = rest.map(|token| token.1);
        rest.any(|token| matches!(token, Token::LeftBrace | Token::RightBrace))
    }

    /// Keeps the errors that are no mere consequences: after one from which only
    /// the next declaration could save the parser, none before that declaration;
    /// none after an unbalanced bracket, or after an error before a brace on the same
    /// line, within the same declaration; one on a line.
    fn report_syntax(&mut self) {
        let chunk = |span: Span| {
            self.lexed
                .item_starts
                .partition_point(|&start| start <= span.start as usize)
        };
        let lines = Lines::new(&self.source.text);
        let mut spoilt: BTreeSet<usize> = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code == &codes::UNBALANCED)
            .map(|diagnostic| chunk(diagnostic.span))
            .collect();
        let mut kept = Vec::new();
        let mut last_line = 0;
        self.syntax.sort_by_key(|(_, diagnostic)| diagnostic.span);
        for (place, diagnostic) in &self.syntax {
            let at = chunk(diagnostic.span);
            let line = lines.line(diagnostic.span.start);
            if spoilt.contains(&at) || line == last_line {
                continue;
            }
            last_line = line;
            if *place == Place::Declaration || self.meets_brace(diagnostic.span.start, line, &lines)
            {
                spoilt.insert(at);
            }
            kept.push(diagnostic.clone());
        }
        self.diagnostics.extend(kept);
    }
}

/// What could have stood at the place of an error, in words, if that is short.
fn expectation(expected: &[&str], place: Place) -> Option<String> {
    let has = |name: &str| expected.contains(&name);
    if has("param") && has("record") && !has("lower") {
        return Some("a declaration such as `on`, `message` or `state`".to_string());
    }
    if place == Place::Step && has("start") && has("expect") && !has("lower") {
        return Some("`start`, `send`, `expect` or `assert`".to_string());
    }
    if has("let") && has("return") {
        return Some("a statement".to_string());
    }
    if has("number") && has("true") {
        return Some("an expression".to_string());
    }
    let words: Vec<String> = expected
        .iter()
        .filter(|name| **name != "bad" && (!has("lower") || !is_contextual(name)))
        .map(|name| match *name {
            "separator" => "the end of the line".to_string(),
            "lower" => "a name".to_string(),
            "upper" => "a name with a capital letter".to_string(),
            "text" => "a text in quotes".to_string(),
            sign => format!("`{sign}`"),
        })
        .collect();
    match words.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [first @ .., last] if words.len() <= 4 => Some(format!("{} or {last}", first.join(", "))),
        _ => None,
    }
}

/// Whether the grammar takes this word as a name too.
fn is_contextual(name: &str) -> bool {
    const WORDS: [&str; 14] = [
        "param",
        "record",
        "message",
        "state",
        "on",
        "when",
        "invariant",
        "test",
        "with",
        "from",
        "to",
        "start",
        "expect",
        "nothing",
    ];
    WORDS.contains(&name)
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
