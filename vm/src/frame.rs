//! Frames: messages between processes, as bytes.
//!
//! | offset | bytes | content |
//! | --- | --- | --- |
//! | 0 | 4 | `PSC1` |
//! | 4 | 4 | length of the whole frame in bytes |
//! | 8 | 8 | fingerprint of the message's type ([`crate::types::TypeTable::fingerprint`]) |
//! | 16 | 8 | incarnation of the sender: how often it started without its memory |
//! | 24 | 8 | number of the frame among those of the sender |
//! | 32 | 1 | length `s` of the sender's address, 1 to 63 |
//! | 33 | 1 | length `d` of the destination's address, 1 to 63 |
//! | 34 | 2 | 0 |
//! | 36 | s | the sender's address, UTF-8 |
//! | 36 + s | d | the destination's address, UTF-8 |
//! | 36 + s + d | … | the body, see [`crate::wire`] |
//! | last 4 | 4 | CRC-32 (IEEE) over all bytes before |
//!
//! Integers are little-endian. A frame whose CRC matches is what one process sent; any other is to
//! be dropped.

use crate::check::Check;
use crate::error::Refusal;
use crate::exec::opaque;
use crate::probe::{keeps, touch};

/// The first bytes of every frame.
pub const MAGIC: [u8; 4] = *b"PSC1";
/// The size in bytes of the header without the addresses.
pub const HEADER_BYTES: usize = 36;
/// The size in bytes of the CRC.
pub const CRC_BYTES: usize = 4;
/// The greatest length of an address in bytes.
pub const MAX_ADDRESS_BYTES: usize = 63;

/// The parts of a frame, borrowed from its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'b> {
    /// The fingerprint of the message's type.
    pub fingerprint: u64,
    /// How often the sender started without its memory.
    pub incarnation: u64,
    /// The number of the frame among those of the sender.
    pub number: u64,
    /// The sender's address.
    pub sender: &'b str,
    /// The destination's address.
    pub destination: &'b str,
    /// The encoded fields.
    pub body: &'b [u8],
    /// The CRC that the frame carries, which matches.
    pub crc: u32,
}

/// What stands in a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header<'a> {
    /// The fingerprint of the message's type.
    pub fingerprint: u64,
    /// How often the sender started without its memory.
    pub incarnation: u64,
    /// The number of the frame among those of the sender.
    pub number: u64,
    /// The sender's address, 1 to 63 bytes.
    pub sender: &'a [u8],
    /// The destination's address, 1 to 63 bytes.
    pub destination: &'a [u8],
}

impl<'b> Frame<'b> {
    /// Takes a frame apart. Every byte is checked; the CRC first.
    pub fn parse(bytes: &'b [u8]) -> Result<Frame<'b>, Refusal> {
        Frame::check(bytes)?;
        let parts = Parts::take_apart(bytes)?;
        let text = |address: &'b [u8]| str::from_utf8(address).map_err(|_| Refusal::Header);
        Ok(Frame {
            fingerprint: parts.fingerprint,
            incarnation: u64_at(bytes, 16),
            number: u64_at(bytes, 24),
            sender: text(parts.sender)?,
            destination: text(parts.destination)?,
            body: parts.body,
            crc: u32_at(bytes, bytes.len() - CRC_BYTES),
        })
    }

    /// Whether these are the bytes that one process sent: length, magic and CRC.
    #[inline]
    pub(crate) fn check(bytes: &[u8]) -> Result<(), Refusal> {
        touch(bytes);
        let shortest = HEADER_BYTES + 2 + CRC_BYTES;
        let length = bytes.len();
        if length < shortest || u32_at(bytes, 4) as usize != length {
            return Err(Refusal::Length);
        }
        if bytes[..4] != MAGIC {
            return Err(Refusal::Magic);
        }
        let (content, crc) = bytes.split_at(length - CRC_BYTES);
        if crate::crc::crc32(content) != u32_at(crc, 0) && keeps(Check::FrameCrc) {
            return Err(Refusal::Crc);
        }
        Ok(())
    }
}

/// What a process needs of a frame whose bytes were checked. The addresses are any bytes so far.
pub(crate) struct Parts<'b> {
    pub(crate) fingerprint: u64,
    pub(crate) sender: &'b [u8],
    pub(crate) destination: &'b [u8],
    pub(crate) body: &'b [u8],
}

impl<'b> Parts<'b> {
    /// The parts of bytes that were checked.
    #[inline(always)]
    pub(crate) fn take_apart(bytes: &'b [u8]) -> Result<Parts<'b>, Refusal> {
        if bytes.len() < HEADER_BYTES + CRC_BYTES {
            return Err(Refusal::Length);
        }
        let (content, crc) = bytes.split_at(bytes.len() - CRC_BYTES);
        let (sender, destination) = (usize::from(bytes[32]), usize::from(bytes[33]));
        let allowed = 1..=MAX_ADDRESS_BYTES;
        let body = HEADER_BYTES + sender + destination;
        touch(&bytes[..HEADER_BYTES]);
        touch(crc);
        touch(&content[HEADER_BYTES..body.min(content.len())]);
        if !allowed.contains(&sender)
            || !allowed.contains(&destination)
            || body > content.len()
            || bytes[34..36] != [0, 0]
        {
            return Err(Refusal::Header);
        }
        Ok(Parts {
            fingerprint: u64_at(bytes, 8),
            sender: &content[HEADER_BYTES..HEADER_BYTES + sender],
            destination: &content[HEADER_BYTES + sender..body],
            body: &content[body..],
        })
    }
}

/// Whether bytes are UTF-8; a few of ASCII without a call.
#[inline(always)]
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    if bytes.len() > 64 {
        return str::from_utf8(bytes).is_ok();
    }
    let (words, rest) = bytes.as_chunks::<8>();
    let mut all = rest
        .iter()
        .fold(0, |all, byte| opaque(all | u64::from(*byte)));
    for word in words {
        all |= opaque(u64::from_le_bytes(*word));
    }
    all & 0x8080_8080_8080_8080 == 0 || str::from_utf8(bytes).is_ok()
}

/// Appends a header up to the addresses, whose lengths are given; the length field is still 0.
pub(crate) fn write_header(
    [fingerprint, incarnation, number]: [u64; 3],
    [sender, destination]: [usize; 2],
    out: &mut Vec<u8>,
) {
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&MAGIC);
    header[8..16].copy_from_slice(&fingerprint.to_le_bytes());
    header[16..24].copy_from_slice(&incarnation.to_le_bytes());
    header[24..32].copy_from_slice(&number.to_le_bytes());
    header[32] = sender as u8;
    header[33] = destination as u8;
    out.extend_from_slice(&header);
}

/// Writes the length of a frame that starts at `start` and ends, but for its CRC, with `out`.
pub(crate) fn write_length(out: &mut [u8], start: usize) {
    let length = (out.len() - start + CRC_BYTES) as u32;
    out[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
}

/// A whole frame with these parts. The error is a phrase for people.
pub fn build(header: &Header, body: &[u8]) -> Result<Vec<u8>, String> {
    for (name, address) in [
        ("sender", header.sender),
        ("destination", header.destination),
    ] {
        if address.is_empty() || address.len() > MAX_ADDRESS_BYTES {
            return Err(format!(
                "the {name}'s address must have 1 to {MAX_ADDRESS_BYTES} bytes"
            ));
        }
    }
    if body.len() > (1 << 30) {
        return Err("a body has at most 2^30 bytes".to_owned());
    }
    let mut out = Vec::with_capacity(HEADER_BYTES + 2 * MAX_ADDRESS_BYTES + body.len());
    let numbers = [header.fingerprint, header.incarnation, header.number];
    write_header(
        numbers,
        [header.sender.len(), header.destination.len()],
        &mut out,
    );
    out.extend(header.sender);
    out.extend(header.destination);
    out.extend(body);
    write_length(&mut out, 0);
    out.extend(crate::crc::crc32(&out).to_le_bytes());
    Ok(out)
}

/// The length of the frame, or timer order, that starts with these bytes, as its header says; `None` if there are too
/// few bytes to tell, or the length cannot be.
pub fn length(bytes: &[u8]) -> Option<usize> {
    let length = u32_at(bytes.get(..8)?, 4) as usize;
    (length >= crate::timer::HEADER_BYTES + CRC_BYTES).then_some(length)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEADER: Header = Header {
        fingerprint: 0x1122_3344_5566_7788,
        incarnation: 2,
        number: 9,
        sender: b"p1",
        destination: b"acceptor",
    };

    #[test]
    fn a_frame_is_taken_apart_into_what_it_was_built_from() {
        let bytes = build(&HEADER, b"body").unwrap();
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!((frame.sender, frame.destination), ("p1", "acceptor"));
        assert_eq!((frame.incarnation, frame.number), (2, 9));
        assert_eq!(frame.fingerprint, HEADER.fingerprint);
        assert_eq!(frame.body, b"body");
        assert_eq!(bytes.len(), 36 + 2 + 8 + 4 + 4);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let bytes = build(&HEADER, b"body").unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Frame::parse(&flipped).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(Frame::parse(&bytes[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_well_stamped_frame_with_a_bad_header_is_refused() {
        for (at, value) in [(32, 0), (32, 64), (33, 0), (33, 64), (34, 1), (36, 0xff)] {
            let mut bytes = build(&HEADER, b"").unwrap();
            bytes[at] = value;
            let end = bytes.len() - 4;
            let crc = crc32fast::hash(&bytes[..end]).to_le_bytes();
            bytes[end..].copy_from_slice(&crc);
            assert_eq!(
                Frame::parse(&bytes),
                Err(Refusal::Header),
                "byte {at} = {value}"
            );
        }
        assert!(
            build(
                &Header {
                    sender: &[b'x'; 64],
                    ..HEADER
                },
                b""
            )
            .is_err()
        );
        assert!(
            build(
                &Header {
                    sender: &[b'x'; 63],
                    ..HEADER
                },
                b""
            )
            .is_ok()
        );
        assert!(
            build(
                &Header {
                    destination: b"",
                    ..HEADER
                },
                b""
            )
            .is_err()
        );
    }
}
