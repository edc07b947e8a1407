//! The bytes of a body that are left to decode.

use crate::frame::{MAX_ADDRESS_BYTES, is_text};
use crate::probe::touch;
use crate::types::{Kind, TypeId, TypeTable};

/// Takes bytes from the front of a body.
pub(super) struct Cursor<'b> {
    pub(super) rest: &'b [u8],
}

impl<'b> Cursor<'b> {
    #[inline(always)]
    pub(super) fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        touch(taken);
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn int(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    #[inline(always)]
    pub(super) fn count(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?) as usize)
    }

    pub(super) fn bool(&mut self) -> Option<bool> {
        match self.take(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// The bytes of a string of the type, if they are what the type allows.
    #[inline]
    pub(super) fn string(&mut self, kind: Kind) -> Option<&'b [u8]> {
        let length = self.count()?;
        let bytes = self.take(length)?;
        let allowed = match kind {
            Kind::Text => is_text(bytes),
            Kind::Address => length <= MAX_ADDRESS_BYTES && is_text(bytes),
            _ => true,
        };
        allowed.then_some(bytes)
    }

    /// The number of a variant.
    pub(super) fn variant(&mut self, types: &TypeTable, ty: TypeId) -> Option<usize> {
        let variant = usize::from(*self.take(1)?.first()?);
        (variant < types.variants(ty).len()).then_some(variant)
    }

    /// The number of elements or entries of a container, if the remaining bytes can hold them. Those
    /// without bytes, which lists cannot have, cannot ascend, so there is at most one of them.
    pub(super) fn entries(&mut self) -> Option<usize> {
        let count = self.count()?;
        (count <= self.rest.len().max(1)).then_some(count)
    }
}
