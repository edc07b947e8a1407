//! Containers of locals that begin empty and that nothing fills, though elements of them are changed.
//!
//! Such a change is always an error of the run. The machine's check learns what the words of new
//! memory hold from what is stored there, so an empty container is stored where nothing else is.

use std::collections::BTreeMap;

use pasc_vm::isa::{Immediate, Instruction, Offset};
use pasc_vm::types::{Type, TypeId};

use super::collection::is_empty_literal;
use super::memory::Location;
use super::{Code, Operand, walk};
use crate::source::Span;
use crate::typed::*;

/// The containers in a local: numbers of fields from the outside in.
type Path = (LocalId, Vec<usize>);

/// What the body does with a container in a local.
#[derive(Debug)]
pub(super) struct Uses {
    container: TypeId,
    /// Elements are changed where they lie.
    changes: bool,
    /// How often the container itself is changed.
    changed: usize,
    /// How often it is assigned to as a whole.
    assigned: usize,
    /// Keys of it are assigned to.
    put: bool,
}

/// What a body does with the containers in its locals.
pub(super) fn uses(module: &Module, block: &Block) -> BTreeMap<Path, Uses> {
    let mut finder = Finder {
        module,
        found: BTreeMap::new(),
    };
    walk::block(&mut finder, block);
    finder.found
}

struct Finder<'m> {
    module: &'m Module,
    found: BTreeMap<Path, Uses>,
}

impl Finder<'_> {
    /// The container that a place is, or in which it lies, and how many steps lead on from there.
    fn uses(&mut self, place: &Place) -> Option<(&mut Uses, usize)> {
        let Root::Local(local) = place.root else {
            return None;
        };
        let mut fields = Vec::new();
        let mut container = place.ty;
        for step in &place.path {
            match step {
                PathStep::Field { index, .. } => fields.push(*index),
                PathStep::Index { container: ty, .. } => {
                    container = *ty;
                    break;
                }
            }
        }
        let types = &self.module.types;
        let kind = types.get(container)?;
        if !matches!(
            kind,
            Type::List { .. } | Type::Set { .. } | Type::Map { .. }
        ) {
            return None;
        }
        let further = place.path.len() - fields.len();
        let uses = self.found.entry((local, fields)).or_insert(Uses {
            container,
            changes: false,
            changed: 0,
            assigned: 0,
            put: false,
        });
        Some((uses, further))
    }
}

impl walk::Visitor for Finder<'_> {
    fn place(&mut self, place: &Place) {
        if let Some((uses, further)) = self.uses(place) {
            uses.changes |= further > 0;
            uses.changed += usize::from(further == 0);
        }
    }

    fn assigned(&mut self, place: &Place) {
        let types = &self.module.types;
        let last = place.path.last();
        let is_map = matches!(last, Some(PathStep::Index { container, .. })
            if matches!(types.get(*container), Some(Type::Map { .. })));
        if let Some((uses, further)) = self.uses(place) {
            uses.assigned += usize::from(further == 0);
            uses.put |= further == 1 && is_map;
        }
    }
}

impl Code<'_, '_> {
    /// Stores empty containers into a new local, whose memory is at `base`, where `value` has them
    /// and nothing else is going to.
    pub(super) fn store_unfilled(
        &mut self,
        local: LocalId,
        value: &Expr,
        base: Operand,
        span: Span,
    ) {
        let types = &self.module().types;
        let all = self.unfilled.range((local, Vec::new())..);
        let paths: Vec<(u32, TypeId)> = all
            .take_while(|(path, _)| path.0 == local)
            .filter(|(_, uses)| uses.changes && !uses.put && uses.changed == uses.assigned)
            .filter_map(|(path, uses)| {
                let offset = empty_at(types, value, &path.1)?;
                Some((offset, uses.container))
            })
            .collect();
        for (offset, ty) in paths {
            let empty = self.take();
            let value = empty.register;
            let zero = Immediate(0);
            self.emit(
                Instruction::Const {
                    dst: value,
                    value: zero,
                },
                span,
            );
            let at = Location::Memory(
                Operand {
                    temporary: false,
                    ..base
                },
                Offset(offset),
            );
            self.store(at, empty, ty, span);
            self.release(empty);
        }
    }
}

/// Where in the literal the container lies, if it is certainly empty.
fn empty_at(types: &pasc_vm::types::TypeTable, value: &Expr, fields: &[usize]) -> Option<u32> {
    let (first, rest) = match (fields, &value.kind) {
        ([], ExprKind::Empty) => return Some(0),
        ([], _) => return is_empty_literal(value).then_some(0),
        ([first, rest @ ..], _) => (*first, rest),
    };
    let offset = types.field_offset(value.ty, first);
    match &value.kind {
        ExprKind::Record(items) => Some(offset + empty_at(types, items.get(first)?, rest)?),
        _ => None,
    }
}
