//! The `pasc` command.
fn main() {}
