//! How the parts of tuples, options and enums lie.

use super::{Field, TypeId, Variant};

/// Fields whose names are their numbers.
pub(super) fn numbered(types: impl Iterator<Item = TypeId>) -> Vec<Field> {
    let field = |(index, ty): (usize, TypeId)| Field {
        name: index.to_string(),
        ty,
    };
    types.enumerate().map(field).collect()
}

/// The slots of an enum and which of them each variant uses. Variants share slots of one type; each
/// uses its slots in the order of its fields, so that the order of slots is the order of values.
pub(super) fn share_slots(tag: TypeId, variants: &[Variant]) -> (Vec<TypeId>, Vec<Vec<usize>>) {
    let mut slots = vec![tag];
    let mut of_variants = Vec::new();
    for variant in variants {
        let mut used = Vec::new();
        let mut next = 1;
        for field in &variant.fields {
            let free = slots.iter().skip(next).position(|slot| slot == field);
            let slot = free.map_or(slots.len(), |index| next + index);
            if slot == slots.len() {
                slots.push(*field);
            }
            used.push(slot);
            next = slot + 1;
        }
        of_variants.push(used);
    }
    (slots, of_variants)
}
