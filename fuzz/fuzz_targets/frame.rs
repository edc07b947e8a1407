//! Frames, timer orders: whatever arrives, with lengths and CRCs put right.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pasc_vm::frame::Frame;
use pasc_vm::timer::Order;

fuzz_target!(|data: &[u8]| {
    let _ = Frame::parse(data);
    let _ = Order::parse(data);
    let mut bytes = data.to_vec();
    let length = (bytes.len() as u32).to_le_bytes();
    if let Some(field) = bytes.get_mut(4..8) {
        field.copy_from_slice(&length);
    }
    if let Some((content, crc)) = bytes.split_last_chunk_mut::<4>() {
        *crc = crc32fast::hash(content).to_le_bytes();
    }
    let _ = Frame::parse(&bytes);
    let _ = Order::parse(&bytes);
});
