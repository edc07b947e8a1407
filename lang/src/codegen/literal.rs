//! Records and messages made from their parts.

use pasc_vm::isa::{Instruction, Offset, Reg, Words};
use pasc_vm::types::TypeId;

use super::memory::Location;
use super::statement::is_zero;
use super::{Code, Operand};
use crate::source::Span;
use crate::typed::*;

/// How long the record is going to live that is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It is sent at once, so views may stand in it.
    Sent,
    /// Longer, so everything in it is its own.
    Kept,
}

impl Code<'_, '_> {
    /// A record in new memory.
    pub(super) fn record(
        &mut self,
        ty: TypeId,
        fields: &[Expr],
        wanted: Option<Reg>,
        span: Span,
    ) -> Operand {
        let result = self.new_words(self.module().types.width(ty), wanted, span);
        let fields: Vec<Option<&Expr>> = fields.iter().map(Some).collect();
        self.fill(ty, &fields, result.register, 0, Life::Kept);
        result
    }

    /// Makes a message and sends it.
    pub(super) fn send(&mut self, to: &Expr, literal: &MessageLiteral, span: Span) {
        // A plain name of an address changes nothing and can wait.
        let plain = matches!(to.kind, ExprKind::Sender | ExprKind::SelfAddress);
        let early = (!plain).then(|| self.value(to));
        let body = self.message_body(literal);
        let to = match early {
            Some(to) => to,
            None => self.value(to),
        };
        let message = literal.message;
        self.emit(
            Instruction::Send {
                to: to.register,
                body: body.register,
                message,
            },
            span,
        );
        self.release(to);
        self.release(body);
    }

    /// A message that is sent at once.
    pub(super) fn message_body(&mut self, literal: &MessageLiteral) -> Operand {
        let before = self.open.len();
        self.block_statements(&literal.before);
        let width = self.module().types.width(literal.record);
        let body = self.new_words(width, None, literal.span);
        let fields: Vec<Option<&Expr>> = literal.fields.iter().map(Option::as_ref).collect();
        self.fill(literal.record, &fields, body.register, 0, Life::Sent);
        self.close(before);
        body
    }

    pub(super) fn new_words(&mut self, width: u32, wanted: Option<Reg>, span: Span) -> Operand {
        let result = self.destination(wanted);
        // A record without fields has an address too.
        let size = Words(width.max(1));
        self.emit(
            Instruction::New {
                dst: result.register,
                size,
            },
            span,
        );
        result
    }

    /// Writes the fields of a record to new memory, whose words are zero.
    fn fill(&mut self, record: TypeId, fields: &[Option<&Expr>], base: Reg, at: u32, life: Life) {
        for (index, field) in fields.iter().enumerate() {
            if let Some(field) = field {
                let offset = self.module().types.field_offset(record, index);
                self.fill_field(field, base, at + offset, life);
            }
        }
    }

    fn fill_field(&mut self, field: &Expr, base: Reg, at: u32, life: Life) {
        let place = Location::Memory(
            Operand {
                register: base,
                temporary: false,
            },
            Offset(at),
        );
        match &field.kind {
            ExprKind::Record(inner) => {
                let inner: Vec<Option<&Expr>> = inner.iter().map(Some).collect();
                return self.fill(field.ty, &inner, base, at, life);
            }
            kind if kind.is_collection() => return self.fill_collection(field, place),
            _ if is_zero(field) => return,
            _ => {}
        }
        let mut value = self.value(field);
        if self.is_record(field.ty) {
            let place = self.address(place, None, field.span);
            let (ty, span) = (field.ty, field.span);
            let (to, from) = (place.register, value.register);
            self.emit(
                Instruction::Assign {
                    place: to,
                    value: from,
                    ty,
                },
                span,
            );
            self.release(place);
            return self.release(value);
        }
        let shared = self.is_collection(field.ty) && !self.is_fresh(field);
        // What a function returns refers to nothing that it was given.
        let shared = shared || self.function.is_some() && !self.roots(field).is_empty();
        if life == Life::Kept && (shared || self.is_short_lived(field)) && !self.is_fresh(field) {
            value = self.own(value, field.ty, None, field.span);
        }
        self.write_word(place, value, field.span);
        self.release(value);
    }
}
