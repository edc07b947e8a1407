//! Signatures of basic blocks: a static expectation against control-flow errors.
//!
//! A lane starts each block with [`start`] of the block's position and adds every instruction that
//! it executes with [`step`]. The block's last instruction compares the sum with the constant that
//! the assembler put into its second word, so an instruction that was skipped, repeated, exchanged
//! or entered from elsewhere shows, even if both lanes went wrong alike.

/// The signature at the entry of the block whose first word is at `position`.
pub fn start(position: u32) -> u64 {
    // Every rotation moves it on, and the words are added to it: no more is needed to tell blocks apart.
    u64::from(position)
}

/// The signature after executing the instruction `word`.
pub fn step(signature: u64, word: u64) -> u64 {
    signature.rotate_left(7).wrapping_add(word)
}

/// The signature of a whole block: all its instruction words, the last one included.
pub fn of_block(position: u32, words: &[u64]) -> u64 {
    words
        .iter()
        .fold(start(position), |signature, word| step(signature, *word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_a_repeated_and_an_exchanged_instruction_change_the_signature() {
        let right = of_block(8, &[0x10, 0x2204, 0x80]);
        assert_ne!(right, of_block(8, &[0x10, 0x80]));
        assert_ne!(right, of_block(8, &[0x10, 0x2204, 0x2204, 0x80]));
        assert_ne!(right, of_block(8, &[0x2204, 0x10, 0x80]));
        assert_ne!(right, of_block(9, &[0x10, 0x2204, 0x80]));
    }
}
