//! The address space of a lane.

/// The bit of an address that tells a lane's own memory from the state.
pub const LANE: u64 = 1 << 63;
