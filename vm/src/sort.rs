//! A stable sort whose comparison may fail.

/// Sorts `items`; `in_order(a, b)` says whether `a` may stand before `b`. Takes one comparison per
/// neighbour if they are in order already. The first failure ends the sort, items in any order.
pub(crate) fn merge_sort<E>(
    items: &mut Vec<u64>,
    mut in_order: impl FnMut(u64, u64) -> Result<bool, E>,
) -> Result<(), E> {
    let mut sorted = true;
    for pair in items.windows(2) {
        sorted = sorted && in_order(pair[0], pair[1])?;
    }
    let mut run = 1;
    while !sorted && run < items.len() {
        let mut merged = Vec::with_capacity(items.len());
        for both in items.chunks(2 * run) {
            let (mut left, mut right) = both.split_at(run.min(both.len()));
            while let ([first_left, ..], [first_right, ..]) = (left, right) {
                let from = if in_order(*first_left, *first_right)? {
                    &mut left
                } else {
                    &mut right
                };
                merged.push(from[0]);
                *from = &from[1..];
            }
            merged.extend(left);
            merged.extend(right);
        }
        *items = merged;
        run *= 2;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_like_the_standard_library(mut items in proptest::collection::vec(0u64..50, 0..200)) {
            // The upper bits tell equal keys apart, so that stability shows.
            for (index, item) in items.iter_mut().enumerate() {
                *item |= (index as u64) << 32;
            }
            let mut expected = items.clone();
            expected.sort_by_key(|item| item & 0xffff_ffff);
            let key = |item: u64| item & 0xffff_ffff;
            merge_sort(&mut items, |a, b| Ok::<_, ()>(key(a) <= key(b))).expect("no comparison fails");
            prop_assert_eq!(items, expected);
        }
    }

    #[test]
    fn a_failed_comparison_ends_the_sort() {
        assert_eq!(merge_sort(&mut vec![2, 1], |_, _| Err("no")), Err("no"));
    }
}
