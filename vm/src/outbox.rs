//! The frames that a lane's handler sent, complete but for their CRCs.

use crate::exec::opaque;
use crate::fill::{drop_bytes, make_room};
use crate::frame;
use crate::probe::touch;

/// Room for a frame: those that take no more are written without moving what was written.
const ROOM: usize = 1024;

/// The frames of one message, in the order of sending.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    pub(crate) bytes: Vec<u8>,
    /// Where each frame ends in `bytes`.
    pub(crate) ends: Vec<u32>,
}

impl Outbox {
    /// Without frames, with room for a small one.
    pub(crate) fn new() -> Outbox {
        Outbox {
            bytes: Vec::with_capacity(ROOM),
            ends: Vec::with_capacity(4),
        }
    }

    /// Starts a frame with the header's numbers (fingerprint, incarnation, number) and the lengths of
    /// the two addresses, which the caller appends, then the body. Gives where the frame starts.
    pub(crate) fn open(&mut self, numbers: [u64; 3], addresses: [usize; 2]) -> usize {
        touch(&self.bytes);
        make_room(&mut self.bytes, ROOM, 0);
        let start = self.bytes.len();
        frame::write_header(numbers, addresses, &mut self.bytes);
        start
    }

    /// The bytes so far, for the rest of the open frame.
    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        touch(&self.bytes);
        &mut self.bytes
    }

    /// Ends the frame that starts at `start`.
    #[inline]
    pub(crate) fn close(&mut self, start: usize) {
        touch(&self.bytes);
        touch(&self.bytes[start..start + 8]);
        touch(&self.ends);
        frame::write_length(&mut self.bytes, start);
        self.ends.push(self.bytes.len() as u32);
    }

    /// The bytes of all frames.
    pub(crate) fn bytes(&self) -> &[u8] {
        touch(&self.bytes);
        touch(self.bytes.as_slice());
        &self.bytes
    }

    /// How many frames there are.
    pub(crate) fn len(&self) -> usize {
        touch(&self.ends);
        self.ends.len()
    }

    /// The bytes of a frame without its CRC.
    pub(crate) fn frame(&self, index: usize) -> Option<&[u8]> {
        touch(&self.ends);
        touch(&self.bytes);
        touch(
            self.ends
                .get(index.saturating_sub(1)..index.saturating_add(1))?,
        );
        let start = match index {
            0 => 0,
            _ => *self.ends.get(index - 1)? as usize,
        };
        self.bytes.get(start..*self.ends.get(index)? as usize)
    }

    /// Whether both lanes sent the same bytes in the same frames.
    pub(crate) fn agrees_with(&self, other: &Outbox) -> bool {
        for outbox in [self, other] {
            touch(&outbox.ends);
            touch(outbox.ends.as_slice());
            touch(&outbox.bytes);
            touch(outbox.bytes.as_slice());
        }
        self.ends == other.ends && self.bytes == other.bytes
    }

    /// Overwrites everything and forgets it, so that nothing can leave twice.
    pub(crate) fn spoil(&mut self, poison: u64) {
        touch(&self.ends);
        touch(self.ends.as_slice());
        touch(&self.bytes);
        touch(self.bytes.as_slice());
        drop_bytes(&mut self.bytes, poison as u8);
        self.ends
            .iter_mut()
            .for_each(|end| *end = opaque(poison) as u32);
        self.ends.clear();
    }
}
