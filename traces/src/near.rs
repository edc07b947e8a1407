//! The name that somebody probably meant.

/// The longest name that is compared; longer ones have no near name.
const MAX_NAME_CHARS: usize = 64;

/// The candidate nearest to `name`, if one is near: a third of its characters may be wrong.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let allowed = (name.chars().count() / 3).max(1);
    let scored = candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate));
    let (score, candidate) = scored.min_by_key(|(score, _)| *score)?;
    (score <= allowed).then_some(candidate)
}

/// `; did you mean …?`, or nothing if no name is near.
pub fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// How many characters must be inserted, removed, replaced or swapped with their neighbour; case
/// does not count.
fn distance(left: &str, right: &str) -> usize {
    let fold = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let (left, right) = (fold(left), fold(right));
    if left.len().max(right.len()) > MAX_NAME_CHARS {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, &l) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &r) in right.iter().enumerate() {
            let mut best = (last[j] + usize::from(l != r))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && l == right[j - 1] && left[i - 1] == r {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_none() {
        let names = ["Prepare", "Promise", "Accept", "Accepted"];
        assert_eq!(nearest("Prepair", names), Some("Prepare"));
        assert_eq!(nearest("prepare", names), Some("Prepare"));
        assert_eq!(nearest("Acecpt", names), Some("Accept"));
        assert_eq!(nearest("Heartbeat", names), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!(nearest(&"a".repeat(1000), names), None);
    }

    #[test]
    fn distance_counts_single_slips() {
        let cases = [
            ("ab", "ab", 0),
            ("ab", "ba", 1),
            ("ab", "a", 1),
            ("", "abc", 3),
        ];
        for (left, right, expected) in cases {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
