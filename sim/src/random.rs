//! Numbers drawn from a seed: the only chance in a run.
//!
//! What is drawn for one purpose does not depend on what was drawn for another: each purpose, and each
//! message on a link, has a key of its own. So a run that is changed a little stays much the same.

/// SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A word in which each bit of the input counts.
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

impl Random {
    /// The numbers of a seed for a purpose.
    pub(crate) fn new(seed: u64, purpose: u64) -> Random {
        Random {
            state: mix(mix(seed.wrapping_add(STEP)) ^ purpose.wrapping_mul(STEP)),
        }
    }

    /// The next word.
    pub(crate) fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A number below a bound; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.word()) * u128::from(bound)) >> 64) as u64
    }

    /// A number between two, both included.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // 53 bits, as many as the fraction has.
        ((self.word() >> 11) as f64) < probability * (1u64 << 53) as f64
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn purposes_and_seeds_do_not_share_numbers() {
        let first = |seed, purpose| Random::new(seed, purpose).word();
        let mut all: Vec<u64> = (0..100)
            .flat_map(|seed| (0..100).map(move |p| first(seed, p)))
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 10_000);
    }

    #[test]
    fn bounds_are_kept_and_reached() {
        let mut random = Random::new(1, 2);
        let drawn: Vec<u64> = (0..1000).map(|_| random.between(3, 5)).collect();
        assert_eq!([3, 4, 5].map(|n| drawn.contains(&n)), [true; 3]);
        assert!(drawn.iter().all(|n| (3..=5).contains(n)));
        assert!(!random.chance(0.0) && random.chance(1.0));
        assert_eq!(random.below(0), 0);
    }
}
