//! Tokens and trees as text, for snapshots and for people who look into the
//! compiler. One line for each token, declaration or statement; expressions in
//! prefix form.

use std::fmt::Write;

use crate::ast::*;
use crate::lexer::lex;
use crate::source::SourceFile;
use crate::token::Token;

/// The tokens that the parser sees: a line of source on each line, `⏎` for a
/// separator, and `name:`, `Name:`, `word:` or nothing before the token's text.
pub fn dump_tokens(source: &SourceFile) -> String {
    let lexed = lex(&source.text);
    let mut out = String::new();
    let mut line = 0;
    for &(start, token, end) in &lexed.tokens {
        let here = source.position(start as u32).line;
        if here != line {
            if line != 0 {
                out.push('\n');
            }
            let _ = write!(out, "{here:>4}");
            line = here;
        }
        let text = &source.text[start..end];
        let _ = match token {
            Token::Separator => write!(out, " ⏎"),
            Token::Lower(_) => write!(out, " name:{text}"),
            Token::Upper(_) => write!(out, " Name:{text}"),
            Token::Number(_)
            | Token::Text(_)
            | Token::TextOpen(_)
            | Token::TextMiddle(_)
            | Token::TextClose(_)
            | Token::Bytes(_) => write!(out, " literal:{text}"),
            Token::Bad => write!(out, " bad:{text}"),
            _ => write!(out, " {text}"),
        };
    }
    out.push('\n');
    out
}

/// The tree, indented.
pub fn dump_tree(program: &Program) -> String {
    let mut dump = Dump {
        out: String::new(),
        indent: 0,
    };
    for line in &program.docs {
        dump.line(&format!("//! {line}"));
    }
    for item in &program.items {
        dump.item(item);
    }
    dump.out
}

struct Dump {
    out: String,
    indent: usize,
}

impl Dump {
    fn line(&mut self, text: &str) {
        let _ = writeln!(
            self.out,
            "{:indent$}{}",
            "",
            text.trim_end(),
            indent = self.indent * 2
        );
    }

    fn inside(&mut self, body: impl FnOnce(&mut Self)) {
        self.indent += 1;
        body(self);
        self.indent -= 1;
    }

    fn item(&mut self, item: &Item) {
        for line in &item.docs {
            self.line(&format!("/// {line}"));
        }
        let place = format!("@{:?}", item.span);
        match &item.kind {
            ItemKind::Use(Use::File(path)) => self.line(&format!("use {place} {path:?}")),
            ItemKind::Use(Use::Library(path)) => {
                let path: Vec<&str> = path.iter().map(|name| name.text.as_str()).collect();
                self.line(&format!("use {place} {}", path.join(".")));
            }
            ItemKind::Const(variable) => {
                self.line(&format!("const {place} {}", variable_text(variable)));
            }
            ItemKind::Enum(declared) => {
                self.line(&format!("enum {place} {}", declared.name.text));
                self.inside(|dump| {
                    for variant in &declared.variants {
                        dump.line(&format!("{}{}", variant.name.text, types(&variant.fields)));
                    }
                });
            }
            ItemKind::Function(function) => {
                self.line(&format!("{} {place}", function_text(function)));
                self.inside(|dump| dump.block(&function.body));
            }
            ItemKind::Param(variable) => {
                self.line(&format!("param {place} {}", variable_text(variable)));
            }
            ItemKind::Record(fields) => {
                self.line(&format!("record {place} {}", fields_text(fields)))
            }
            ItemKind::Message(fields) => {
                self.line(&format!("message {place} {}", fields_text(fields)));
            }
            ItemKind::State(variables) => {
                self.line(&format!("state {place}"));
                self.inside(|dump| {
                    for variable in variables {
                        dump.line(&variable_text(variable));
                    }
                });
            }
            ItemKind::Timer(timer) => {
                let key = timer.key.as_ref().map_or(String::new(), type_text);
                self.line(&format!("timer {place} {} ({key})", timer.name.text));
            }
            ItemKind::Handler(handler) => {
                let binding = handler.binding.as_ref().map_or("_", |name| &name.text);
                let event = match &handler.event {
                    Event::Message(name) => name.text.clone(),
                    Event::Timer(name) => format!("timer {}", name.text),
                    Event::Start(_) => "start".to_string(),
                };
                self.line(&format!("on {place} {event} as {binding}"));
                self.inside(|dump| {
                    if let Some(guard) = &handler.guard {
                        dump.line(&format!("when {}", expr(guard)));
                    }
                    dump.block(&handler.body);
                });
            }
            ItemKind::Invariant(invariant) => {
                self.line(&format!("invariant {place} {:?}", invariant.title));
                self.inside(|dump| dump.block(&invariant.body));
            }
            ItemKind::Test(test) => {
                self.line(&format!("test {place} {:?}", test.title));
                self.inside(|dump| {
                    for (name, value) in &test.with {
                        dump.line(&format!("with {} = {}", name.text, expr(value)));
                    }
                    for step in &test.steps {
                        dump.line(&step_text(step));
                    }
                });
            }
            ItemKind::Error => self.line(&format!("error {place}")),
        }
    }

    fn block(&mut self, block: &Block) {
        for statement in &block.statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let {
                changeable,
                pattern,
                ty,
                value,
                otherwise,
            } => {
                let word = if *changeable { "var" } else { "let" };
                let ty = ty
                    .as_ref()
                    .map_or(String::new(), |ty| format!(": {}", type_text(ty)));
                let pattern = pattern_text(pattern);
                self.line(&format!("{word} {pattern}{ty} = {}", expr(value)));
                if let Some(block) = otherwise {
                    self.line("else");
                    self.inside(|dump| dump.block(block));
                }
            }
            StatementKind::Assign {
                place,
                operator,
                value,
            } => {
                let sign = operator.map_or("", BinaryOperator::sign);
                self.line(&format!("{sign}= {} {}", expr(place), expr(value)));
            }
            StatementKind::Expr(value) | StatementKind::Value(value) => self.line(&expr(value)),
            StatementKind::Match(value) => {
                self.line(&format!("match {}", expr(&value.subject)));
                for arm in &value.arms {
                    self.line(&arm_text(arm));
                    self.inside(|dump| dump.block(&arm.body));
                }
            }
            StatementKind::If(value) => {
                for (condition, block) in &value.arms {
                    self.line(&format!("if {}", condition_text(condition)));
                    self.inside(|dump| dump.block(block));
                }
                if let Some(block) = &value.otherwise {
                    self.line("else");
                    self.inside(|dump| dump.block(block));
                }
            }
            StatementKind::For { clause, body } => {
                self.line(&clause_text(clause));
                self.inside(|dump| dump.block(body));
            }
            StatementKind::While { condition, body } => {
                self.line(&format!("while {}", condition_text(condition)));
                self.inside(|dump| dump.block(body));
            }
            StatementKind::Break => self.line("break"),
            StatementKind::Continue => self.line("continue"),
            StatementKind::Return(None) => self.line("return"),
            StatementKind::Return(Some(value)) => self.line(&format!("return {}", expr(value))),
            StatementKind::Send { to, message } => {
                self.line(&format!("send {} {}", expr(to), literal(message)));
            }
            StatementKind::Broadcast { to, message } => {
                self.line(&format!("broadcast {} {}", expr(to), literal(message)));
            }
            StatementKind::SetTimer { timer, delay } => {
                self.line(&format!("set {} in {}", timer_text(timer), expr(delay)));
            }
            StatementKind::CancelTimer(timer) => {
                self.line(&format!("cancel {}", timer_text(timer)));
            }
            StatementKind::Reply(message) => self.line(&format!("reply {}", literal(message))),
            StatementKind::Error => self.line(&format!("error @{:?}", statement.span)),
        }
    }
}

fn variable_text(variable: &Variable) -> String {
    let value = variable
        .value
        .as_ref()
        .map_or(String::new(), |value| format!(" = {}", expr(value)));
    format!("{}: {}{value}", variable.name.text, type_text(&variable.ty))
}

fn fields_text(fields: &Fields) -> String {
    let list: Vec<String> = fields
        .fields
        .iter()
        .map(|field| format!("{}: {}", field.name.text, type_text(&field.ty)))
        .collect();
    format!("{} {{{}}}", fields.name.text, list.join(", "))
}

fn types(list: &[Type]) -> String {
    let list: Vec<String> = list.iter().map(type_text).collect();
    if list.is_empty() {
        String::new()
    } else {
        format!("({})", list.join(", "))
    }
}

fn function_text(function: &Function) -> String {
    let word = if function.is_proc { "proc" } else { "fn" };
    let parameters: Vec<String> = function
        .parameters
        .iter()
        .map(|parameter| {
            let var = if parameter.changeable { "var " } else { "" };
            let ty = type_text(&parameter.ty);
            format!("{var}{}: {ty}", parameter.name.text)
        })
        .collect();
    let generic: Vec<String> = function
        .type_parameters
        .iter()
        .map(|parameter| {
            let bounds = parameter.bounds.iter();
            let bounds: Vec<&str> = bounds.map(|bound| bound.text.as_str()).collect();
            format!("<{} {}>", parameter.name.text, bounds.join(" "))
        })
        .collect();
    let result = function.result.as_ref().map_or(String::new(), type_text);
    let name = &function.name.text;
    format!(
        "{word} {name}{}({}) -> ({result})",
        generic.join(""),
        parameters.join(", ")
    )
}

fn condition_text(condition: &Condition) -> String {
    match condition {
        Condition::Holds(value) => expr(value),
        Condition::Matches(pattern, value) => {
            format!("let {} = {}", pattern_text(pattern), expr(value))
        }
    }
}

fn arm_text(arm: &Arm) -> String {
    let patterns: Vec<String> = arm.patterns.iter().map(pattern_text).collect();
    let condition = arm.condition.as_ref();
    let condition = condition.map_or(String::new(), |value| format!(" if {}", expr(value)));
    format!("case {}{condition}", patterns.join(" or "))
}

fn pattern_text(pattern: &Pattern) -> String {
    let parts = |parts: &[Pattern]| {
        let list: Vec<String> = parts.iter().map(pattern_text).collect();
        format!("({})", list.join(", "))
    };
    match &pattern.kind {
        PatternKind::Name(name) => name.clone(),
        PatternKind::Call(name, list) => format!("{}{}", name.text, parts(list)),
        PatternKind::Variant(of, name, list) => {
            let of = of.as_ref().map_or("?", |of| &of.text);
            format!("{of}.{}{}", name.text, parts(list))
        }
        PatternKind::Tuple(list) => parts(list),
        PatternKind::Literal(value) => expr(value),
    }
}

fn type_text(ty: &Type) -> String {
    if ty.form != TypeForm::Named {
        return format!("{}{}", ty.name.text, types(&ty.arguments));
    }
    if ty.arguments.is_empty() {
        return ty.name.text.clone();
    }
    let arguments: Vec<String> = ty.arguments.iter().map(type_text).collect();
    format!("{}<{}>", ty.name.text, arguments.join(", "))
}

fn step_text(step: &Step) -> String {
    match &step.kind {
        StepKind::Start => "start".to_string(),
        StepKind::Send { message, from } => {
            format!("send {} from {}", literal(message), expr(from))
        }
        StepKind::Expect {
            message,
            to: Some(to),
        } => {
            format!("expect {} to {}", literal(message), expr(to))
        }
        StepKind::Expect { message, to: None } => format!("expect {}", literal(message)),
        StepKind::Advance(delay) => format!("advance {}", expr(delay)),
        StepKind::ExpectNothing => "expect nothing".to_string(),
        StepKind::Assert(condition) => format!("assert {}", expr(condition)),
        StepKind::Error => format!("error @{:?}", step.span),
    }
}

fn clause_text(clause: &ForClause) -> String {
    let second = clause
        .second
        .as_ref()
        .map_or(String::new(), |name| format!(", {}", pattern_text(name)));
    let condition = clause
        .condition
        .as_ref()
        .map_or(String::new(), |value| format!(" if {}", expr(value)));
    let source = match &clause.source {
        Source::Values(values) => expr(values),
        Source::Range(from, to) => format!("(.. {} {})", expr(from), expr(to)),
    };
    let first = pattern_text(&clause.first);
    format!("for {first}{second} in {source}{condition}")
}

fn timer_text(timer: &TimerName) -> String {
    let key = timer.key.as_ref().map_or(String::new(), expr);
    format!("{}({key})", timer.name.text)
}

fn literal(literal: &Literal) -> String {
    let fields: Vec<String> = literal
        .fields
        .iter()
        .map(|(name, value)| format!("{}: {}", name.text, expr(value)))
        .collect();
    format!("{} {{{}}}", literal.name.text, fields.join(", "))
}

fn exprs(list: &[Expr]) -> String {
    list.iter()
        .map(|value| format!(" {}", expr(value)))
        .collect()
}

fn expr(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Duration(micros) => format!("{micros}us"),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Text(value) => format!("{value:?}"),
        ExprKind::Bytes(value) => format!("b\"{}\"", value.escape_ascii()),
        ExprKind::Interpolation(texts, values) => {
            let mut out = format!("(text {:?}", texts[0]);
            for (value, text) in values.iter().zip(&texts[1..]) {
                let _ = write!(out, " {} {text:?}", expr(value));
            }
            out + ")"
        }
        ExprKind::Tuple(values) => format!("(tuple{})", exprs(values)),
        ExprKind::Variant(of, name, values) => {
            let values = values.as_deref().map_or(String::new(), exprs);
            format!("({}.{}{values})", of.text, name.text)
        }
        ExprKind::Slice(base, from, to) => {
            let end = |end: &Option<Box<Expr>>| end.as_deref().map_or("_".to_string(), expr);
            format!("{}[{}..{}]", expr(base), end(from), end(to))
        }
        ExprKind::Lambda(name, body) => format!("({} => {})", name.text, expr(body)),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Field(base, name) => format!("{}.{}", expr(base), name.text),
        ExprKind::Index(base, index) => format!("{}[{}]", expr(base), expr(index)),
        ExprKind::Call(name, arguments) => format!("({}{})", name.text, exprs(arguments)),
        ExprKind::Method(base, name, arguments) => {
            format!("(.{} {}{})", name.text, expr(base), exprs(arguments))
        }
        ExprKind::Quantifier(name, body, clause) => {
            format!("({} {} {})", name.text, expr(body), clause_text(clause))
        }
        ExprKind::Unary(UnaryOperator::Negate, operand) => format!("(- {})", expr(operand)),
        ExprKind::Unary(UnaryOperator::Not, operand) => format!("(not {})", expr(operand)),
        ExprKind::Binary(operator, left, right) => {
            format!("({} {} {})", operator.sign(), expr(left), expr(right))
        }
        ExprKind::Literal(value) => literal(value),
        ExprKind::Map(entries) => {
            let list: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", expr(key), expr(value)))
                .collect();
            format!("{{{}}}", list.join(", "))
        }
        ExprKind::MapComprehension(key, value, clause) => {
            format!("{{{}: {} {}}}", expr(key), expr(value), clause_text(clause))
        }
        ExprKind::List(items) => format!("(list{})", exprs(items)),
        ExprKind::ListComprehension(item, clause) => {
            format!("[{} {}]", expr(item), clause_text(clause))
        }
        ExprKind::Set(items) => format!("(set{})", exprs(items)),
        ExprKind::SetComprehension(item, clause) => {
            format!("{{{} {}}}", expr(item), clause_text(clause))
        }
        ExprKind::If(value) => {
            let mut out = String::from("(if");
            for (condition, block) in &value.arms {
                let _ = write!(out, " {} {}", condition_text(condition), inline(block));
            }
            if let Some(block) = &value.otherwise {
                let _ = write!(out, " else {}", inline(block));
            }
            out + ")"
        }
        ExprKind::Match(value) => {
            let mut out = format!("(match {}", expr(&value.subject));
            for arm in &value.arms {
                let _ = write!(out, " {} {}", arm_text(arm), inline(&arm.body));
            }
            out + ")"
        }
        ExprKind::Error => "error".to_string(),
    }
}

/// A block inside an expression, on one line.
fn inline(block: &Block) -> String {
    let mut dump = Dump {
        out: String::new(),
        indent: 0,
    };
    dump.block(block);
    let lines: Vec<&str> = dump.out.lines().map(str::trim).collect();
    format!("{{ {} }}", lines.join("; "))
}
