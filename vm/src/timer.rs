//! Orders to the host about timers, and the inputs that are no messages.
//!
//! A process that sets a timer sends an **order** among its outputs. The host keeps it, and when the
//! deadline has come gives the same bytes back as an input: the **firing**. The machine fires only what
//! is set, with the same generation, and not before its deadline.
//!
//! | offset | bytes | content |
//! | --- | --- | --- |
//! | 0 | 4 | `PSCT` |
//! | 4 | 4 | length of the whole order in bytes |
//! | 8 | 4 | the timer's number in the program |
//! | 12 | 4 | 0 |
//! | 16 | 8 | deadline in microseconds since the epoch; 0 cancels |
//! | 24 | 8 | generation; 0 cancels |
//! | 32 | … | the key, see [`crate::wire`] |
//! | last 4 | 4 | CRC-32 (IEEE) over all bytes before |
//!
//! Integers are little-endian. An order for a timer and key replaces the one before.
//!
//! The input that **begins** the process's work is `PSCI`, the length 12, and the CRC.

use crate::error::Refusal;
use crate::frame::{self, CRC_BYTES};
use crate::program::{Program, TimerId};
use crate::value::Value;
use crate::wire;

/// The first bytes of an order.
pub const MAGIC: [u8; 4] = *b"PSCT";
/// The size in bytes of an order without its key and CRC.
pub const HEADER_BYTES: usize = 32;
/// The first bytes of the input that begins the process's work.
pub const START_MAGIC: [u8; 4] = *b"PSCI";

/// What an order says, but for its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// The timer.
    pub timer: TimerId,
    /// Microseconds since the epoch; 0 cancels.
    pub deadline: u64,
    /// Which setting of a timer this is; 0 cancels.
    pub generation: u64,
}

impl Order {
    /// Takes an order apart: what it says, and its encoded key.
    pub fn parse(bytes: &[u8]) -> Result<(Order, &[u8]), Refusal> {
        let (content, crc) = bytes
            .split_last_chunk::<CRC_BYTES>()
            .ok_or(Refusal::Length)?;
        let Some((header, key)) = content.split_first_chunk::<HEADER_BYTES>() else {
            return Err(Refusal::Length);
        };
        let field = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&header[at..at + 8]);
            u64::from_le_bytes(word)
        };
        if field(0) >> 32 != bytes.len() as u64 {
            return Err(Refusal::Length);
        }
        if header[..4] != MAGIC {
            return Err(Refusal::Magic);
        }
        if crc32fast::hash(content) != u32::from_le_bytes(*crc) {
            return Err(Refusal::Crc);
        }
        let Ok(timer) = u32::try_from(field(8)) else {
            return Err(Refusal::Header);
        };
        Ok((
            Order {
                timer: TimerId(timer),
                deadline: field(16),
                generation: field(24),
            },
            key,
        ))
    }

    /// Whether the order cancels.
    pub fn cancels(&self) -> bool {
        self.generation == 0
    }
}

/// Appends an order up to its key; the length is still 0.
pub(crate) fn write_order(order: Order, out: &mut Vec<u8>) {
    out.extend(MAGIC);
    out.extend([0; 4]);
    out.extend(u64::from(order.timer.0).to_le_bytes());
    out.extend(order.deadline.to_le_bytes());
    out.extend(order.generation.to_le_bytes());
}

/// The orders of all timers that are set in a state.
pub(crate) fn armed(program: &Program, state: &Value) -> Vec<Vec<u8>> {
    let Value::Record(variables) = state else {
        return Vec::new();
    };
    let mut orders = Vec::new();
    for (index, schema) in program.timers.iter().enumerate() {
        let Some(Value::Map(entries)) = variables.get(schema.variable as usize) else {
            continue;
        };
        for (key, set) in entries {
            let Value::Record(set) = set else { continue };
            let [Value::Duration(deadline), Value::Int(generation)] = set.as_slice() else {
                continue;
            };
            let (deadline, generation) = (deadline.cast_unsigned(), generation.cast_unsigned());
            let timer = TimerId(index as u32);
            let mut out = Vec::new();
            write_order(
                Order {
                    timer,
                    deadline,
                    generation,
                },
                &mut out,
            );
            // A key that was in the state encodes.
            if wire::encode_value(&program.types, schema.key, key, &mut out).is_ok() {
                frame::write_length(&mut out, 0);
                out.extend(crc32fast::hash(&out).to_le_bytes());
                orders.push(out);
            }
        }
    }
    orders
}

/// The bytes of the input that begins the process's work.
pub fn start_input() -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&START_MAGIC);
    bytes[4..8].copy_from_slice(&12u32.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..8]);
    bytes[8..].copy_from_slice(&crc.to_le_bytes());
    bytes
}
