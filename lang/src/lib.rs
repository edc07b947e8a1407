//! The pasc language: source text to checked program.

pub mod ast;
pub mod codes;
mod diagnostic;
mod dump;
mod lexer;
mod literals;
mod parse;
mod render;
mod source;
mod token;

pub use diagnostic::*;
pub use dump::*;
pub use parse::*;
pub use source::*;
pub use render::*;
