//! Elements of lists and values of maps, read by index.

use pasc_vm::isa::Offset;

use super::memory::Location;
use super::{Code, Operand};
use crate::typed::*;

impl Code<'_, '_> {
    /// Where an element or value of a container lies. Indices are computed from left to right, and
    /// looked up after that; a variable is read then, too, so that what an index changes moves
    /// nothing away. What is no variable is computed before them.
    pub(super) fn indexed(&mut self, expr: &Expr) -> Location {
        let (mut root, mut indices) = (expr, Vec::new());
        loop {
            root = match &root.kind {
                ExprKind::Index(base, index) => {
                    indices.push(&**index);
                    base
                }
                ExprKind::Field(base, field) => {
                    if self.found(base).is_some() || self.cached_field(base, *field).is_some() {
                        break;
                    }
                    base
                }
                _ => break,
            };
        }
        let is_variable = matches!(
            root.kind,
            ExprKind::State(_) | ExprKind::Local(_) | ExprKind::Param(_) | ExprKind::Field(..)
        );
        let held = (!is_variable).then(|| self.value(root));
        let indices: Vec<Operand> = indices.iter().rev().map(|it| self.value(it)).collect();
        self.step(expr, root, held, &indices)
    }

    /// Where a part of `root` lies, whose value may be in a register; what it has indices for is
    /// used up.
    fn step(
        &mut self,
        part: &Expr,
        root: &Expr,
        held: Option<Operand>,
        indices: &[Operand],
    ) -> Location {
        if std::ptr::eq(part, root) {
            return match held {
                Some(held) => Location::Memory(held, Offset(0)),
                None => self.location(root),
            };
        }
        match &part.kind {
            ExprKind::Field(base, field) => {
                let offset = self.module().types.field_offset(base.ty, *field);
                self.step(base, root, held, indices).plus(offset)
            }
            ExprKind::Index(base, _) => {
                let Some((index, before)) = indices.split_last() else {
                    unreachable!("there are as many indices as steps that take one")
                };
                let container = match held {
                    Some(held) if std::ptr::eq(&**base, root) => held,
                    None if std::ptr::eq(&**base, root) => self.view(base, None),
                    _ => {
                        let at = self.step(base, root, held, before);
                        self.read(at, base.ty, None, base.span)
                    }
                };
                self.release(*index);
                self.release(container);
                let result = self.take();
                let (dst, container) = (result.register, container.register);
                let at = self.at_instruction(base.ty, dst, container, index.register);
                self.emit(at, part.span);
                Location::Memory(result, Offset(0))
            }
            _ => unreachable!("parts are fields and elements"),
        }
    }
}
