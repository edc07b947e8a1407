//! The generator behind `random`: xoshiro256** by Blackman and Vigna, its state in the committed
//! state, so that a replay draws the same numbers.

use crate::error::Stop;
use crate::memory::{Memory, Role};
use crate::state::RANDOM;

/// Four words of state from a seed, by SplitMix64.
pub(crate) fn seed(seed: u64) -> [u64; 4] {
    let mut state = seed;
    [(); 4].map(|()| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    })
}

/// The next state, and the number that it gives.
fn step([a, b, c, d]: [u64; 4]) -> ([u64; 4], u64) {
    let number = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
    let (c, d) = (c ^ a, d ^ b);
    ([a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)], number)
}

impl<R: Role> Memory<'_, R> {
    /// A number from 0 to `bound - 1`, each as likely as the others.
    pub(crate) fn random(&mut self, bound: u64) -> Result<u64, Stop> {
        let mut state = [0; 4];
        for (index, word) in state.iter_mut().enumerate() {
            *word = self.read(RANDOM + index as u64)?;
        }
        // Numbers beyond the last whole multiple of the bound would favour small results.
        let excess = (u64::MAX % bound + 1) % bound;
        let number = loop {
            self.charge(1)?;
            let (next, number) = step(state);
            state = next;
            if number <= u64::MAX - excess {
                break number;
            }
        };
        for (index, word) in state.iter().enumerate() {
            self.write(RANDOM + index as u64, *word)?;
        }
        Ok(number % bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_the_numbers_of_its_reference() {
        // From the state 1, 2, 3, 4: the first numbers of the authors' C code.
        let mut state = [1, 2, 3, 4];
        let mut numbers = Vec::new();
        for _ in 0..4 {
            let (next, number) = step(state);
            state = next;
            numbers.push(number);
        }
        assert_eq!(
            numbers,
            [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240]
        );
    }

    #[test]
    fn seeds_give_different_states_and_never_the_one_of_zeros() {
        assert_eq!(seed(0)[0], 0xe220_a839_7b1d_cdaf);
        assert_ne!(seed(0), seed(1));
        assert!((0..1000).all(|value| seed(value) != [0; 4]));
    }
}
