//! A stable sort whose comparison may fail.

/// Sorts `items` from `start` on; `in_order(a, b)` says whether `a` may stand before `b`. Takes one
/// comparison per neighbour if they are in order already. Works in the room behind the items, which is
/// empty again afterwards. The first failure ends the sort, with the items in any order.
pub(crate) fn merge_sort<E>(
    items: &mut Vec<u64>,
    start: usize,
    mut in_order: impl FnMut(u64, u64) -> Result<bool, E>,
) -> Result<(), E> {
    let end = items.len();
    let mut sorted = true;
    for pair in items[start..].windows(2) {
        sorted = sorted && in_order(pair[0], pair[1])?;
    }
    let mut run = 1;
    while !sorted && run < end - start {
        for from in (start..end).step_by(2 * run) {
            let (middle, to) = ((from + run).min(end), (from + 2 * run).min(end));
            let (mut left, mut right) = (from, middle);
            while left < middle || right < to {
                let takes_left =
                    right == to || left < middle && in_order(items[left], items[right])?;
                let next = if takes_left { &mut left } else { &mut right };
                let item = items[*next];
                *next += 1;
                items.push(item);
            }
        }
        items.copy_within(end.., start);
        items.truncate(end);
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
            let mut all = vec![99, 98];
            all.extend(&items);
            merge_sort(&mut all, 2, |a, b| Ok::<_, ()>(key(a) <= key(b)))
                .expect("no comparison fails");
            prop_assert_eq!(&all[..2], &[99, 98]);
            prop_assert_eq!(&all[2..], &expected[..]);
        }
    }

    #[test]
    fn a_failed_comparison_ends_the_sort() {
        assert_eq!(merge_sort(&mut vec![2, 1], 0, |_, _| Err("no")), Err("no"));
    }
}
