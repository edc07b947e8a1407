//! The committed state.

/// The address of the first variable of the state.
pub const ROOT: u32 = 192;
