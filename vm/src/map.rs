//! Maps in words.

/// The distance in words of an entry's key from the entry.
pub const ENTRY_KEY: u32 = 2;
