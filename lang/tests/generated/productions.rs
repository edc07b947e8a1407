//! Which productions of the grammar a tree consists of.
//!
//! Every match names all variants: a new one does not compile until it is counted here.

use std::collections::BTreeMap;

use pasc_lang::ast::*;

/// Every production that must be made.
pub(crate) const ALL: &[&str] = &[
    "arm",
    "arm of several patterns",
    "arm with a condition",
    "binary !=",
    "binary %",
    "binary *",
    "binary +",
    "binary -",
    "binary /",
    "binary <",
    "binary <=",
    "binary ==",
    "binary >",
    "binary >=",
    "binary and",
    "binary in",
    "binary not in",
    "binary or",
    "clause of a range",
    "clause of values",
    "clause with a condition",
    "clause with two names",
    "condition holds",
    "condition matches",
    "event message",
    "event start",
    "event timer",
    "expr bool",
    "expr bytes",
    "expr call",
    "expr duration",
    "expr field",
    "expr if",
    "expr index",
    "expr int",
    "expr interpolation",
    "expr lambda",
    "expr list",
    "expr list comprehension",
    "expr literal",
    "expr map",
    "expr map comprehension",
    "expr match",
    "expr method",
    "expr name",
    "expr quantifier",
    "expr set",
    "expr set comprehension",
    "expr slice",
    "expr slice from",
    "expr slice to",
    "expr text",
    "expr tuple",
    "expr variant",
    "expr variant with values",
    "fn",
    "generic record",
    "guard",
    "handler binding",
    "if with else",
    "if with else if",
    "item const",
    "item enum",
    "item function",
    "item handler",
    "item invariant",
    "item message",
    "item param",
    "item record",
    "item state",
    "item test",
    "item timer",
    "item use",
    "parameter",
    "pattern call",
    "pattern literal",
    "pattern name",
    "pattern tuple",
    "pattern variant",
    "proc",
    "statement assign",
    "statement assign with operator",
    "statement break",
    "statement broadcast",
    "statement cancel",
    "statement continue",
    "statement expr",
    "statement for",
    "statement if",
    "statement let",
    "statement let else",
    "statement let with type",
    "statement match",
    "statement reply",
    "statement return",
    "statement return value",
    "statement send",
    "statement set",
    "statement value",
    "statement var",
    "statement while",
    "step advance",
    "step assert",
    "step expect",
    "step expect nothing",
    "step expect to",
    "step send",
    "step start",
    "test with a parameter",
    "timer key",
    "timer with a key",
    "type named",
    "type tuple",
    "type function",
    "type function with result",
    "type with arguments",
    "type parameter",
    "type parameter with bounds",
    "unary -",
    "unary not",
    "use file",
    "use library",
    "var parameter",
    "variable with a value",
    "variable without value",
];

/// Productions that no accepted program has.
pub(crate) const NEVER: &[&str] = &[
    // What the parser puts where it recovered.
    "item error",
    "statement error",
    "step error",
    "expr error",
];

/// How often each production was made.
#[derive(Default, Debug)]
pub(crate) struct Productions {
    pub(crate) counts: BTreeMap<String, usize>,
}

impl Productions {
    pub(super) fn saw(&mut self, name: &str) {
        *self.counts.entry(name.to_string()).or_default() += 1;
    }

    pub(super) fn saw_if(&mut self, condition: bool, name: &str) {
        if condition {
            self.saw(name);
        }
    }

    pub(crate) fn program(&mut self, program: &Program) {
        program.items.iter().for_each(|item| self.item(&item.kind));
    }

    pub(super) fn item(&mut self, item: &ItemKind) {
        match item {
            ItemKind::Use(Use::Library(_)) => self.named(&["item use", "use library"]),
            ItemKind::Use(Use::File(_)) => self.named(&["item use", "use file"]),
            ItemKind::Param(variable) => {
                self.saw("item param");
                self.variable(variable);
            }
            ItemKind::Const(variable) => {
                self.saw("item const");
                self.variable(variable);
            }
            ItemKind::Enum(found) => {
                self.saw("item enum");
                found
                    .variants
                    .iter()
                    .flat_map(|variant| &variant.fields)
                    .for_each(|ty| self.ty(ty));
            }
            ItemKind::Function(function) => self.function(function),
            ItemKind::Record(fields) => {
                self.saw("item record");
                self.saw_if(!fields.type_parameters.is_empty(), "generic record");
                fields.fields.iter().for_each(|field| self.ty(&field.ty));
            }
            ItemKind::Message(fields) => {
                self.saw("item message");
                fields.fields.iter().for_each(|field| self.ty(&field.ty));
            }
            ItemKind::State(variables) => {
                self.saw("item state");
                variables
                    .iter()
                    .for_each(|variable| self.variable(variable));
            }
            ItemKind::Timer(timer) => {
                self.saw("item timer");
                self.saw_if(timer.key.is_some(), "timer with a key");
            }
            ItemKind::Handler(handler) => self.handler(handler),
            ItemKind::Invariant(invariant) => {
                self.saw("item invariant");
                self.block(&invariant.body);
            }
            ItemKind::Test(test) => {
                self.saw("item test");
                self.saw_if(!test.with.is_empty(), "test with a parameter");
                test.steps.iter().for_each(|step| self.step(&step.kind));
            }
            ItemKind::Error => self.saw("item error"),
        }
    }

    pub(super) fn named(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.saw(name));
    }

    pub(super) fn variable(&mut self, variable: &Variable) {
        self.ty(&variable.ty);
        match &variable.value {
            Some(value) => {
                self.saw("variable with a value");
                self.expr(value);
            }
            None => self.saw("variable without value"),
        }
    }

    pub(super) fn function(&mut self, function: &Function) {
        self.named(&[
            "item function",
            if function.is_proc { "proc" } else { "fn" },
        ]);
        for parameter in &function.type_parameters {
            let bounded = !parameter.bounds.is_empty();
            self.saw(if bounded {
                "type parameter with bounds"
            } else {
                "type parameter"
            });
        }
        for parameter in &function.parameters {
            self.saw(if parameter.changeable {
                "var parameter"
            } else {
                "parameter"
            });
            self.ty(&parameter.ty);
        }
        function.result.iter().for_each(|ty| self.ty(ty));
        self.block(&function.body);
    }

    pub(super) fn handler(&mut self, handler: &Handler) {
        self.saw("item handler");
        self.saw(match &handler.event {
            Event::Message(_) => "event message",
            Event::Timer(_) => "event timer",
            Event::Start(_) => "event start",
        });
        self.saw_if(handler.binding.is_some(), "handler binding");
        if let Some(guard) = &handler.guard {
            self.saw("guard");
            self.expr(guard);
        }
        self.block(&handler.body);
    }

    pub(super) fn step(&mut self, step: &StepKind) {
        match step {
            StepKind::Start => self.saw("step start"),
            StepKind::Send { message, from } => {
                self.saw("step send");
                self.literal(message);
                self.expr(from);
            }
            StepKind::Expect { message, to } => {
                self.saw(if to.is_some() {
                    "step expect to"
                } else {
                    "step expect"
                });
                self.literal(message);
            }
            StepKind::ExpectNothing => self.saw("step expect nothing"),
            StepKind::Advance(by) => {
                self.saw("step advance");
                self.expr(by);
            }
            StepKind::Assert(condition) => {
                self.saw("step assert");
                self.expr(condition);
            }
            StepKind::Error => self.saw("step error"),
        }
    }

    pub(super) fn ty(&mut self, ty: &Type) {
        self.saw(match ty.form {
            TypeForm::Named => "type named",
            TypeForm::Tuple => "type tuple",
            TypeForm::Function => "type function",
            TypeForm::FunctionWithResult => "type function with result",
        });
        self.saw_if(
            ty.form == TypeForm::Named && !ty.arguments.is_empty(),
            "type with arguments",
        );
        ty.arguments.iter().for_each(|argument| self.ty(argument));
    }

    pub(super) fn block(&mut self, block: &Block) {
        block
            .statements
            .iter()
            .for_each(|statement| self.statement(&statement.kind));
    }

    pub(super) fn statement(&mut self, statement: &StatementKind) {
        match statement {
            StatementKind::Let {
                changeable,
                pattern,
                ty,
                value,
                otherwise,
            } => {
                self.saw(match (otherwise, ty, changeable) {
                    (Some(_), _, _) => "statement let else",
                    (None, _, true) => "statement var",
                    (None, Some(_), false) => "statement let with type",
                    (None, None, false) => "statement let",
                });
                self.pattern(pattern);
                ty.iter().for_each(|ty| self.ty(ty));
                self.expr(value);
                otherwise.iter().for_each(|block| self.block(block));
            }
            StatementKind::Assign {
                place,
                operator,
                value,
            } => {
                let with = operator.is_some();
                self.saw(if with {
                    "statement assign with operator"
                } else {
                    "statement assign"
                });
                self.expr(place);
                self.expr(value);
            }
            StatementKind::Expr(value) => {
                self.saw("statement expr");
                self.expr(value);
            }
            StatementKind::Value(value) => {
                self.saw("statement value");
                self.expr(value);
            }
            StatementKind::If(value) => {
                self.saw("statement if");
                self.if_value(value);
            }
            StatementKind::Match(value) => {
                self.saw("statement match");
                self.match_value(value);
            }
            StatementKind::For { clause, body } => {
                self.saw("statement for");
                self.clause(clause);
                self.block(body);
            }
            StatementKind::While { condition, body } => {
                self.saw("statement while");
                self.condition(condition);
                self.block(body);
            }
            StatementKind::Break => self.saw("statement break"),
            StatementKind::Continue => self.saw("statement continue"),
            StatementKind::Return(None) => self.saw("statement return"),
            StatementKind::Return(Some(value)) => {
                self.saw("statement return value");
                self.expr(value);
            }
            StatementKind::Send { to, message } => {
                self.saw("statement send");
                self.expr(to);
                self.literal(message);
            }
            StatementKind::Reply(message) => {
                self.saw("statement reply");
                self.literal(message);
            }
            StatementKind::Broadcast { to, message } => {
                self.saw("statement broadcast");
                self.expr(to);
                self.literal(message);
            }
            StatementKind::SetTimer { timer, delay } => {
                self.saw("statement set");
                self.timer(timer);
                self.expr(delay);
            }
            StatementKind::CancelTimer(timer) => {
                self.saw("statement cancel");
                self.timer(timer);
            }
            StatementKind::Error => self.saw("statement error"),
        }
    }

    pub(super) fn timer(&mut self, timer: &TimerName) {
        if let Some(key) = &timer.key {
            self.saw("timer key");
            self.expr(key);
        }
    }

    pub(super) fn if_value(&mut self, value: &If) {
        self.saw_if(value.arms.len() > 1, "if with else if");
        self.saw_if(value.otherwise.is_some(), "if with else");
        for (condition, block) in &value.arms {
            self.condition(condition);
            self.block(block);
        }
        value.otherwise.iter().for_each(|block| self.block(block));
    }

    pub(super) fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Holds(value) => {
                self.saw("condition holds");
                self.expr(value);
            }
            Condition::Matches(pattern, value) => {
                self.saw("condition matches");
                self.pattern(pattern);
                self.expr(value);
            }
        }
    }

    pub(super) fn match_value(&mut self, value: &Match) {
        self.expr(&value.subject);
        for arm in &value.arms {
            self.saw("arm");
            self.saw_if(arm.patterns.len() > 1, "arm of several patterns");
            arm.patterns
                .iter()
                .for_each(|pattern| self.pattern(pattern));
            if let Some(condition) = &arm.condition {
                self.saw("arm with a condition");
                self.expr(condition);
            }
            self.block(&arm.body);
        }
    }

    pub(super) fn clause(&mut self, clause: &ForClause) {
        self.pattern(&clause.first);
        if let Some(second) = &clause.second {
            self.saw("clause with two names");
            self.pattern(second);
        }
        match &clause.source {
            Source::Values(values) => {
                self.saw("clause of values");
                self.expr(values);
            }
            Source::Range(from, to) => {
                self.saw("clause of a range");
                self.expr(from);
                self.expr(to);
            }
        }
        if let Some(condition) = &clause.condition {
            self.saw("clause with a condition");
            self.expr(condition);
        }
    }
}
