//! Checksums and hashes.

use super::{MAX_NATIVE_ARGUMENTS, read};
use crate::error::Stop;
use crate::memory::{Memory, Role};

type Words = [u64; MAX_NATIVE_ARGUMENTS];

pub(super) fn crc32<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let bytes = read(memory, a)?;
    Ok(u64::from(crc32fast::hash(&bytes)))
}

pub(super) fn sha256<R: Role>(memory: &mut Memory<'_, R>, [a, ..]: Words) -> Result<u64, Stop> {
    let bytes = read(memory, a)?;
    memory.charge(steps(bytes.len()))?;
    memory.bytes_new(&digest(&[&bytes]))
}

pub(super) fn hmac_sha256<R: Role>(
    memory: &mut Memory<'_, R>,
    [key, message, _]: Words,
) -> Result<u64, Stop> {
    let (key, message) = (read(memory, key)?, read(memory, message)?);
    memory.charge(steps(key.len()) + steps(message.len()) + 4 * STEPS_PER_BLOCK)?;
    let mut block = [0; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&digest(&[&key]));
    } else {
        block[..key.len()].copy_from_slice(&key);
    }
    let inner = digest(&[&block.map(|byte| byte ^ 0x36), &message]);
    memory.bytes_new(&digest(&[&block.map(|byte| byte ^ 0x5c), &inner]))
}

/// The size of the blocks that SHA-256 works on.
const BLOCK_BYTES: usize = 64;
/// What a block costs: about as much as this many instructions.
const STEPS_PER_BLOCK: u64 = 64;

fn steps(length: usize) -> u64 {
    (length / BLOCK_BYTES + 1) as u64 * STEPS_PER_BLOCK
}

/// The fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2).
const ROUNDS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The fractional parts of the square roots of the first 8 primes (section 5.3.3).
const START: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// SHA-256 of the parts, one after the other.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let bits = (8 * length as u64).to_be_bytes();
    // One 1, and zeros up to where the length ends a block.
    let zeros = (2 * BLOCK_BYTES - 1 - bits.len() - length % BLOCK_BYTES) % BLOCK_BYTES;
    let padding = std::iter::once(0x80)
        .chain(std::iter::repeat_n(0, zeros))
        .chain(bits);
    let message = parts.iter().copied().flatten().copied().chain(padding);

    // Nothing grows here: what grows is copied by functions that the lanes share.
    let mut state = START;
    let mut block = [0; BLOCK_BYTES];
    let mut filled = 0;
    for byte in message {
        block[filled] = byte;
        filled = (filled + 1) % BLOCK_BYTES;
        if filled == 0 {
            compress(&mut state, &block);
        }
    }
    let mut bytes = [0; 32];
    for (place, word) in bytes.chunks_exact_mut(4).zip(state) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// Takes one block into the state (section 6.2.2).
fn compress(state: &mut [u32; 8], block: &[u8]) {
    let mut words = [0u32; 64];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes
            .iter()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for index in 16..64 {
        let (early, late) = (words[index - 15], words[index - 2]);
        let first = early.rotate_right(7) ^ early.rotate_right(18) ^ early >> 3;
        let second = late.rotate_right(17) ^ late.rotate_right(19) ^ late >> 10;
        words[index] = words[index - 16]
            .wrapping_add(first)
            .wrapping_add(words[index - 7])
            .wrapping_add(second);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, round) in words.into_iter().zip(ROUNDS) {
        let sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = e & f ^ !e & g;
        let first = h
            .wrapping_add(sum)
            .wrapping_add(choice)
            .wrapping_add(round)
            .wrapping_add(word);
        let sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let second = sum.wrapping_add(a & b ^ a & c ^ b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(second));
    }
    for (word, more) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(more);
    }
}

#[cfg(test)]
mod tests {
    use super::digest;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The examples of FIPS 180-4.
    #[test]
    fn digests_are_those_of_the_standard() {
        assert_eq!(
            hex(&digest(&[b"abc"])),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            hex(&digest(&[b""])),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(
            hex(&digest(&[&long[..20], &long[20..]])),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
    }

    /// Where the padding begins a block of its own; from another implementation.
    #[test]
    fn lengths_about_the_end_of_a_block_are_padded_as_they_should() {
        for (length, expected) in [
            (
                55,
                "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
            ),
            (
                56,
                "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
            ),
            (
                63,
                "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34",
            ),
            (
                64,
                "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
            ),
            (
                119,
                "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb",
            ),
            (
                120,
                "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c",
            ),
        ] {
            let text = vec![b'a'; length];
            assert_eq!(hex(&digest(&[&text])), expected, "{length}");
        }
    }
}
