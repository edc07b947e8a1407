//! Productions of patterns and expressions.

use pasc_lang::ast::*;

use super::productions::Productions;

impl Productions {
    pub(super) fn pattern(&mut self, pattern: &Pattern) {
        let (name, parts): (&str, &[Pattern]) = match &pattern.kind {
            PatternKind::Name(_) => ("pattern name", &[]),
            PatternKind::Call(_, parts) => ("pattern call", parts),
            PatternKind::Variant(_, _, parts) => ("pattern variant", parts),
            PatternKind::Tuple(parts) => ("pattern tuple", parts),
            PatternKind::Literal(_) => ("pattern literal", &[]),
        };
        self.saw(name);
        parts.iter().for_each(|part| self.pattern(part));
    }

    pub(super) fn literal(&mut self, literal: &Literal) {
        literal.fields.iter().for_each(|field| self.expr(&field.1));
    }

    pub(super) fn all(&mut self, name: &str, parts: &[Expr]) {
        self.saw(name);
        parts.iter().for_each(|part| self.expr(part));
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        let one = std::slice::from_ref;
        match &expr.kind {
            ExprKind::Int(_) => self.saw("expr int"),
            ExprKind::Duration(_) => self.saw("expr duration"),
            ExprKind::Bool(_) => self.saw("expr bool"),
            ExprKind::Text(_) => self.saw("expr text"),
            ExprKind::Bytes(_) => self.saw("expr bytes"),
            ExprKind::Interpolation(_, values) => self.all("expr interpolation", values),
            ExprKind::Name(_) => self.saw("expr name"),
            ExprKind::Tuple(parts) => self.all("expr tuple", parts),
            ExprKind::Variant(_, _, None) => self.saw("expr variant"),
            ExprKind::Variant(_, _, Some(parts)) => self.all("expr variant with values", parts),
            ExprKind::Slice(base, from, to) => {
                self.all("expr slice", one(base));
                from.iter()
                    .for_each(|from| self.all("expr slice from", one(from)));
                to.iter().for_each(|to| self.all("expr slice to", one(to)));
            }
            ExprKind::Lambda(_, body) => self.all("expr lambda", one(body)),
            ExprKind::Field(base, _) => self.all("expr field", one(base)),
            ExprKind::Index(base, index) => {
                self.all("expr index", one(base));
                self.expr(index);
            }
            ExprKind::Call(_, arguments) => self.all("expr call", arguments),
            ExprKind::Method(base, _, arguments) => {
                self.all("expr method", one(base));
                arguments.iter().for_each(|argument| self.expr(argument));
            }
            ExprKind::Quantifier(_, body, clause) => {
                self.all("expr quantifier", one(body));
                self.clause(clause);
            }
            ExprKind::Unary(UnaryOperator::Negate, inner) => self.all("unary -", one(inner)),
            ExprKind::Unary(UnaryOperator::Not, inner) => self.all("unary not", one(inner)),
            ExprKind::Binary(operator, a, b) => {
                self.all(&format!("binary {}", operator.sign()), one(a));
                self.expr(b);
            }
            ExprKind::Literal(literal) => {
                self.saw("expr literal");
                self.literal(literal);
            }
            ExprKind::Map(entries) => {
                self.saw("expr map");
                entries
                    .iter()
                    .for_each(|(key, value)| [key, value].into_iter().for_each(|e| self.expr(e)));
            }
            ExprKind::MapComprehension(key, value, clause) => {
                self.all("expr map comprehension", one(key));
                self.expr(value);
                self.clause(clause);
            }
            ExprKind::List(items) => self.all("expr list", items),
            ExprKind::ListComprehension(item, clause) => {
                self.all("expr list comprehension", one(item));
                self.clause(clause);
            }
            ExprKind::Set(items) => self.all("expr set", items),
            ExprKind::SetComprehension(item, clause) => {
                self.all("expr set comprehension", one(item));
                self.clause(clause);
            }
            ExprKind::If(value) => {
                self.saw("expr if");
                self.if_value(value);
            }
            ExprKind::Match(value) => {
                self.saw("expr match");
                self.match_value(value);
            }
            ExprKind::Error => self.saw("expr error"),
        }
    }
}
