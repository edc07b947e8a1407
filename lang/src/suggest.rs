//! Proposes the name that a misspelt one was probably meant to be.

/// The hint that proposes the nearest of `candidates`, if one is near enough.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// Longer names are never compared: they are no slips of the finger.
const MAX_COMPARED: usize = 64;

/// The candidate with the least distance that is at most a third of the name's
/// length; of several, the first.
fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_COMPARED {
        return None;
    }
    let limit = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_COMPARED)
        .map(|candidate| (distance(name.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|&(distance, candidate)| distance <= limit && distance < candidate.len().max(2))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters have to be changed, put in, left out or swapped with their
/// neighbour ("optimal string alignment"); a difference in case alone counts as one.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.eq_ignore_ascii_case(b) {
        return usize::from(a != b);
    }
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn a_slip_of_the_finger_has_distance_one() {
        for (wrong, right) in [("itn", "int"), ("balot", "ballot"), ("Promisse", "Promise")] {
            assert_eq!(distance(wrong.as_bytes(), right.as_bytes()), 1, "{wrong}");
        }
    }

    #[test]
    fn the_nearest_name_is_proposed_and_a_far_one_is_not() {
        assert_eq!(nearest("vots", ["slot", "votes"]), Some("votes"));
        assert_eq!(nearest("quorum", ["slot", "votes"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest(&"v".repeat(65), [&*"v".repeat(64)]), None);
    }
}
