//! Patterns: what they ask of a value, and the names that they give to its parts.

use pasc_vm::types::{Type, TypeId};

use super::Checker;
use super::shape::{Search, Shape};
use crate::ast::{self, PatternKind};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::typed::*;

/// A part of the value in a local variable.
#[derive(Clone, Debug)]
pub(super) struct Part {
    local: LocalId,
    ty: TypeId,
    steps: Vec<(usize, TypeId)>,
    /// The local holds the first slot alone.
    tag_only: bool,
}

impl Part {
    /// The whole value of a local.
    pub(super) fn whole(local: LocalId, ty: TypeId) -> Part {
        Part {
            local,
            ty,
            steps: Vec::new(),
            tag_only: false,
        }
    }

    /// A value of the type of whose slots the local holds the first.
    pub(super) fn tag(local: LocalId, ty: TypeId) -> Part {
        Part {
            tag_only: true,
            ..Part::whole(local, ty)
        }
    }

    fn ty(&self) -> TypeId {
        self.steps.last().map_or(self.ty, |step| step.1)
    }

    fn slot(&self, index: usize, ty: TypeId) -> Part {
        let mut part = self.clone();
        if !self.tag_only {
            part.steps.push((index, ty));
        }
        part
    }

    pub(super) fn expr(&self, ty: TypeId, span: Span) -> Expr {
        let whole = Expr {
            kind: ExprKind::Local(self.local),
            ty: if self.tag_only { ty } else { self.ty },
            span,
        };
        self.steps.iter().fold(whole, |base, &(index, ty)| Expr {
            kind: ExprKind::Field(base.into(), index),
            ty,
            span,
        })
    }
}

/// What the patterns of one arm came to.
#[derive(Default, Debug)]
pub(super) struct Taken {
    /// Conditions that hold together if the value has the shape.
    pub(super) tests: Vec<Expr>,
    /// Names for parts.
    pub(super) bound: Vec<(LocalId, Part, Span)>,
}

impl Taken {
    /// Statements that declare the names.
    pub(super) fn lets(&self) -> Vec<Statement> {
        let mut lets = Vec::new();
        for (local, part, span) in &self.bound {
            let (local, span) = (*local, *span);
            let value = part.expr(part.ty(), span);
            let kind = StatementKind::Let { local, value };
            lets.push(Statement { kind, span });
        }
        lets
    }
}

/// Whether the pattern names nothing and looks at no part of the value.
pub(super) fn is_flat(pattern: &ast::Pattern) -> bool {
    let blank = |part: &ast::Pattern| matches!(&part.kind, PatternKind::Name(name) if name == "_");
    match &pattern.kind {
        PatternKind::Name(name) => name == "_" || name == "none",
        PatternKind::Call(_, parts) | PatternKind::Variant(_, _, parts) => parts.iter().all(blank),
        PatternKind::Tuple(_) | PatternKind::Literal(_) => false,
    }
}

/// All of these hold.
pub(super) fn all_of(tests: Vec<Expr>, ty: TypeId, span: Span) -> Expr {
    let tests = tests.into_iter();
    let both = |left: Expr, right: Expr| Expr {
        kind: ExprKind::And(left.into(), right.into()),
        ty,
        span,
    };
    tests.reduce(both).unwrap_or(Expr {
        kind: ExprKind::Bool(true),
        ty,
        span,
    })
}

impl Checker<'_> {
    /// Checks a pattern for a part of a value; its names are declared.
    pub(super) fn pattern(
        &mut self,
        pattern: &ast::Pattern,
        part: &Part,
        changeable: bool,
        taken: &mut Taken,
    ) -> Option<Shape> {
        let (ty, span) = (part.ty(), pattern.span);
        match &pattern.kind {
            PatternKind::Name(name) if name == "none" => {
                self.option_pattern(None, part, taken, span)
            }
            PatternKind::Name(name) => {
                let name = ast::Name {
                    text: name.clone(),
                    span,
                };
                if let Some(local) = self.declare(&name, Some(ty), changeable) {
                    if part.steps.is_empty() {
                        // The name stands for the whole of it.
                        self.scope.locals[part.local.0].parts_only = false;
                    }
                    taken.bound.push((local, part.clone(), span));
                }
                Some(Shape::Any)
            }
            PatternKind::Call(name, parts) if name.text == "some" && parts.len() == 1 => {
                let inner = Some((&parts[0], changeable));
                self.option_pattern(inner, part, taken, span)
            }
            PatternKind::Call(name, parts) => {
                let message = match name.text.as_str() {
                    "some" => format!("`some` holds one value, not {}", parts.len()),
                    name => format!("`{name}(…)` is no pattern"),
                };
                let hint = "write `some(x)`, or `Enum.Variant(x)` with the enum's name";
                self.report(Diagnostic::new(&codes::BAD_PATTERN, span, message).hint(hint));
                self.declare_names(pattern);
                None
            }
            PatternKind::Variant(of, name, parts) => {
                let found = self.variant_pattern(of.as_ref(), name, parts, ty);
                let Some((variant, slots)) = found else {
                    self.declare_names(pattern);
                    return None;
                };
                if self.types().variants(ty).len() > 1 {
                    taken.tests.push(self.tag_test(part, variant, span));
                }
                let mut shapes = Some(Vec::new());
                for (pattern, slot) in parts.iter().zip(slots) {
                    let slot_ty = self.types().fields(ty)[slot].ty;
                    let slot = part.slot(slot, slot_ty);
                    let shape = self.pattern(pattern, &slot, changeable, taken);
                    shapes = shapes.zip(shape).map(|(mut shapes, shape)| {
                        shapes.push(shape);
                        shapes
                    });
                }
                Some(Shape::Made(variant, shapes?))
            }
            PatternKind::Tuple(parts) => {
                self.tuple_pattern(pattern, parts, part, changeable, taken)
            }
            PatternKind::Literal(literal) => {
                let value = self.expr_of(literal, ty)?;
                if let ExprKind::Bool(value) = value.kind {
                    let test = part.expr(ty, span);
                    taken.tests.push(if value { test } else { self.not(test) });
                    return Some(Shape::Made(usize::from(value), Vec::new()));
                }
                let text = format!("{:?}", value.kind);
                let subject = part.expr(ty, span).into();
                let kind = ExprKind::Compare(Comparison::Equal, subject, value.into());
                let ty = self.names.basic.bool;
                taken.tests.push(Expr { kind, ty, span });
                Some(Shape::Literal(text))
            }
        }
    }

    fn tuple_pattern(
        &mut self,
        pattern: &ast::Pattern,
        parts: &[ast::Pattern],
        part: &Part,
        changeable: bool,
        taken: &mut Taken,
    ) -> Option<Shape> {
        let elements = match self.types().get(part.ty()) {
            Some(Type::Tuple { elements }) => elements.clone(),
            _ => Vec::new(),
        };
        if elements.len() != parts.len() {
            let ty = self.type_name(part.ty());
            let message = format!("the value is `{ty}` and no tuple of {}", parts.len());
            self.report(Diagnostic::new(&codes::BAD_PATTERN, pattern.span, message));
            self.declare_names(pattern);
            return None;
        }
        let mut shapes = Vec::new();
        let mut complete = true;
        for (index, (inner, ty)) in parts.iter().zip(elements).enumerate() {
            let slot = part.slot(index, ty);
            match self.pattern(inner, &slot, changeable, taken) {
                Some(shape) => shapes.push(shape),
                None => complete = false,
            }
        }
        complete.then_some(Shape::Made(0, shapes))
    }

    /// `none`, or `some` of a pattern.
    fn option_pattern(
        &mut self,
        inner: Option<(&ast::Pattern, bool)>,
        part: &Part,
        taken: &mut Taken,
        span: Span,
    ) -> Option<Shape> {
        let Some(&Type::Option { value }) = self.types().get(part.ty()) else {
            let message = format!("the value is `{}` and no option", self.type_name(part.ty()));
            self.report(Diagnostic::new(&codes::BAD_PATTERN, span, message));
            if let Some((inner, _)) = inner {
                self.declare_names(inner);
            }
            return None;
        };
        let bool = self.names.basic.bool;
        let is_some = part.slot(0, bool).expr(bool, span);
        match inner {
            None => {
                let test = self.not(is_some);
                taken.tests.push(test);
                Some(Shape::Made(0, Vec::new()))
            }
            Some((inner, changeable)) => {
                taken.tests.push(is_some);
                let slot = part.slot(1, value);
                let shape = self.pattern(inner, &slot, changeable, taken)?;
                Some(Shape::Made(1, vec![shape]))
            }
        }
    }

    fn not(&self, operand: Expr) -> Expr {
        let (ty, span) = (self.names.basic.bool, operand.span);
        Expr {
            kind: ExprKind::Not(operand.into()),
            ty,
            span,
        }
    }

    /// Whether the enum in a part is this variant.
    fn tag_test(&self, part: &Part, variant: usize, span: Span) -> Expr {
        let int = self.names.basic.int;
        let tag = part.slot(0, int).expr(int, span).into();
        let number = Expr {
            kind: ExprKind::Int(variant as i64),
            ty: int,
            span,
        };
        Expr {
            kind: ExprKind::Compare(Comparison::Equal, tag, number.into()),
            ty: self.names.basic.bool,
            span,
        }
    }

    /// The number of a variant of the type, and the slots of its values.
    fn variant_pattern(
        &mut self,
        of: Option<&ast::Name>,
        name: &ast::Name,
        parts: &[ast::Pattern],
        ty: TypeId,
    ) -> Option<(usize, Vec<usize>)> {
        let Some(of) = of else {
            let enum_name = match self.types().get(ty) {
                Some(Type::Enum { name, .. }) => name.clone(),
                _ => "Enum".to_string(),
            };
            let message = format!("`{}` is written with its enum", name.text);
            let hint = format!("write `{enum_name}.{}`", name.text);
            self.report(Diagnostic::new(&codes::UNKNOWN_VARIANT, name.span, message).hint(hint));
            return None;
        };
        let named = self.enum_named(of)?;
        if named != ty {
            let message = format!("the value is `{}` and no `{}`", self.type_name(ty), of.text);
            self.report(Diagnostic::new(&codes::BAD_PATTERN, of.span, message));
            return None;
        }
        let variant = self.variant_of(ty, name)?;
        let slots = self.types().variant_slots(ty, variant).to_vec();
        if slots.len() != parts.len() {
            let (name, count) = (format!("{}.{}", of.text, name.text), slots.len());
            let plural = if count == 1 { "value" } else { "values" };
            let message = format!("`{name}` carries {count} {plural}, not {}", parts.len());
            let span = of.span.to(parts.last().map_or(of.span, |part| part.span));
            let blanks = vec!["_"; count].join(", ");
            let whole = if count == 0 {
                name
            } else {
                format!("{name}({blanks})")
            };
            self.report(
                Diagnostic::new(&codes::WRONG_COUNT, span, message)
                    .hint(format!("write `{whole}`")),
            );
            return None;
        }
        Some((variant, slots))
    }

    /// Declares the names of a pattern after an error, so that nobody misses them.
    pub(super) fn declare_names(&mut self, pattern: &ast::Pattern) {
        match &pattern.kind {
            PatternKind::Name(name) if name != "none" => {
                let name = ast::Name {
                    text: name.clone(),
                    span: pattern.span,
                };
                self.declare(&name, None, false);
            }
            PatternKind::Name(_) | PatternKind::Literal(_) => {}
            PatternKind::Call(_, parts)
            | PatternKind::Variant(_, _, parts)
            | PatternKind::Tuple(parts) => {
                parts.iter().for_each(|part| self.declare_names(part));
            }
        }
    }

    /// A value of the type that has none of the shapes, as a pattern.
    pub(super) fn left_over(&self, shapes: &[Shape], ty: TypeId) -> Option<String> {
        let rows: Vec<Vec<Shape>> = shapes.iter().map(|shape| vec![shape.clone()]).collect();
        let mut search = Search::new(self.types());
        let found = search.left_over(&rows, &[Shape::Any], &[ty])?;
        found.into_iter().next()
    }

    /// Whether some value has the shape and none of the earlier ones.
    pub(super) fn adds(&self, shape: &Shape, earlier: &[Shape], ty: TypeId) -> bool {
        let rows: Vec<Vec<Shape>> = earlier.iter().map(|shape| vec![shape.clone()]).collect();
        let mut search = Search::new(self.types());
        let found = search.left_over(&rows, std::slice::from_ref(shape), &[ty]);
        found.is_some()
    }
}
