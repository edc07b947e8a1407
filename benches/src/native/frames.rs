//! Frames in Rust: checked, taken apart and written as the documentation of the wire format says.

use pasc_vm::Program;

/// The address of every process of the benches.
pub(super) const OWN: &[u8] = b"self";

const HEADER_BYTES: usize = 36;
const CRC_BYTES: usize = 4;

/// A frame for this process.
pub(super) struct Incoming<'b> {
    pub(super) fingerprint: u64,
    pub(super) sender: &'b [u8],
    pub(super) body: Body<'b>,
}

/// What is left of a body.
#[derive(Clone)]
pub(super) struct Body<'b>(&'b [u8]);

fn is_text(bytes: &[u8]) -> bool {
    bytes.is_ascii() || str::from_utf8(bytes).is_ok()
}

impl<'b> Incoming<'b> {
    pub(super) fn parse(frame: &'b [u8]) -> Option<Incoming<'b>> {
        let (content, crc) = frame.split_last_chunk::<CRC_BYTES>()?;
        let (header, rest) = content.split_first_chunk::<HEADER_BYTES>()?;
        let (sender, destination) = (usize::from(header[32]), usize::from(header[33]));
        let addresses = 1..=63;
        if header[..4] != *b"PSC1"
            || header[4..8] != (frame.len() as u32).to_le_bytes()
            || crc32fast::hash(content) != u32::from_le_bytes(*crc)
            || header[34..] != [0, 0]
            || !addresses.contains(&sender)
            || !addresses.contains(&destination)
        {
            return None;
        }
        let (sender, rest) = rest.split_at_checked(sender)?;
        let (destination, body) = rest.split_at_checked(destination)?;
        let (_, fingerprint) = header[..16].split_last_chunk::<8>()?;
        (destination == OWN && is_text(sender)).then_some(Incoming {
            fingerprint: u64::from_le_bytes(*fingerprint),
            sender,
            body: Body(body),
        })
    }
}

impl<'b> Body<'b> {
    pub(super) fn int(&mut self) -> Option<i64> {
        let (word, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(i64::from_le_bytes(*word))
    }

    pub(super) fn bool(&mut self) -> Option<bool> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        (*byte < 2).then_some(*byte == 1)
    }

    pub(super) fn count(&mut self) -> Option<usize> {
        let (count, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*count) as usize)
    }

    pub(super) fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.count()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn address(&mut self) -> Option<&'b [u8]> {
        let bytes = self.bytes()?;
        (bytes.len() <= 63 && is_text(bytes)).then_some(bytes)
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// What every process has: the number of its last frame, and, if it is one of two, its trail.
#[derive(Default)]
pub(super) struct Node<const DUAL: bool> {
    number: u64,
    trail: u64,
}

impl<const DUAL: bool> Node<DUAL> {
    /// Notes a word of the state that was read or written.
    pub(super) fn note(&mut self, word: i64) {
        if DUAL {
            self.trail =
                (self.trail.rotate_left(5) ^ word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    /// Notes bytes of the state.
    pub(super) fn note_bytes(&mut self, bytes: &[u8]) {
        if DUAL {
            let (words, rest) = bytes.as_chunks::<8>();
            for word in words {
                self.note(i64::from_le_bytes(*word));
            }
            for byte in rest {
                self.note(i64::from(*byte));
            }
        }
    }

    pub(super) fn take_trail(&mut self) -> u64 {
        std::mem::take(&mut self.trail)
    }

    /// Appends a frame.
    pub(super) fn send(
        &mut self,
        out: &mut Vec<u8>,
        fingerprint: u64,
        to: &[u8],
        body: impl FnOnce(&mut Vec<u8>),
    ) {
        self.number += 1;
        let start = out.len();
        out.extend(b"PSC1\0\0\0\0");
        out.extend(fingerprint.to_le_bytes());
        out.extend(0_u64.to_le_bytes());
        out.extend(self.number.to_le_bytes());
        out.extend([OWN.len() as u8, to.len() as u8, 0, 0]);
        out.extend_from_slice(OWN);
        out.extend_from_slice(to);
        body(out);
        let length = (out.len() - start + CRC_BYTES) as u32;
        out[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
        out.extend(crc32fast::hash(&out[start..]).to_le_bytes());
    }
}

/// The bytes of an `int` in a body.
pub(super) fn put_int(out: &mut Vec<u8>, value: i64) {
    out.extend(value.to_le_bytes());
}

/// The bytes of `bytes`, `text` or an `address` in a body.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// The fingerprint of a message of the program.
pub(super) fn fingerprint(program: &Program, message: &str) -> u64 {
    let record = program
        .find_message(message)
        .and_then(|id| program.message_record(id));
    program
        .types
        .fingerprint(record.expect("the program has the message"))
}
