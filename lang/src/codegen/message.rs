//! The message, or the timer's key, that a handler handles, and the fields that are
//! worth a register of their own.

use std::collections::BTreeMap;

use pasc_vm::isa::{Instruction, Offset, Reg};
use pasc_vm::types::TypeId;

use super::{Code, Slot, walk};
use crate::typed::*;

/// How many fields of the message get a register of their own.
const MAX_CACHED_FIELDS: usize = 16;

impl Code<'_, '_> {
    /// Loads the message for the local that stands for it, and the
    /// fields that are read several times: a message never changes.
    pub(super) fn bind_message(&mut self, binding: Option<(LocalId, TypeId)>) {
        let Some((local, record)) = binding else {
            return;
        };
        let mut uses = Uses {
            local,
            all: 0,
            loops: 0,
            fields: BTreeMap::new(),
        };
        walk::block(&mut uses, &self.body.block);
        if uses.all == 0 {
            return;
        }
        let span = self.body.span;
        let message = self.registers.take();
        self.emit(Instruction::Message { dst: message }, span);
        self.declare(local, Slot::Register(message), Vec::new());
        let module = self.module();
        let often = uses.fields.into_iter().filter(|&(_, count)| count > 1);
        for (index, _) in often.take(MAX_CACHED_FIELDS) {
            let field = &module.types.fields(record)[index];
            if self.is_record(field.ty) {
                continue;
            }
            let dst = self.registers.take();
            let offset = Offset(module.types.field_offset(record, index));
            let base = message;
            self.emit(Instruction::Load { dst, base, offset }, span);
            let start = self.generator.listing.position().0;
            let name = format!("{}.{}", self.body.locals[local.0].name, field.name);
            self.cached.push(CachedField {
                local,
                index,
                name,
                register: dst,
                start,
            });
        }
    }

    /// The register that holds a field of the message, if one does.
    pub(super) fn cached_field(&self, base: &Expr, index: usize) -> Option<Reg> {
        let ExprKind::Local(local) = base.kind else {
            return None;
        };
        let mut cached = self.cached.iter();
        let found = cached.find(|field| field.local == local && field.index == index);
        found.map(|field| field.register)
    }
}

/// A field of the message that has a register of its own.
#[derive(Debug)]
pub(super) struct CachedField {
    local: LocalId,
    index: usize,
    pub(super) name: String,
    pub(super) register: Reg,
    /// From where in the code on the register holds it.
    pub(super) start: u32,
}

/// How often the fields of a local are read; more than once in a loop.
struct Uses {
    local: LocalId,
    all: usize,
    loops: usize,
    fields: BTreeMap<usize, usize>,
}

impl walk::Visitor for Uses {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Local(local) if *local == self.local => self.all += 1,
            ExprKind::Field(base, index) => {
                if matches!(base.kind, ExprKind::Local(local) if local == self.local) {
                    *self.fields.entry(*index).or_default() += 1 + self.loops;
                }
            }
            _ => {}
        }
    }

    fn enter_loop(&mut self) {
        self.loops += 1;
    }

    fn leave_loop(&mut self) {
        self.loops -= 1;
    }
}
