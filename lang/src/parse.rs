//! The one entry point from source text to tree.
//!
//! What goes in is any text; what comes out is a tree of bounded depth that holds
//! every declaration and statement that could be read, and a diagnostic for each
//! that could not.

use std::convert::Infallible;
use std::ops::Range;

use crate::ast::{MAX_TREE_DEPTH, Program};
use crate::builder::Builder;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::lex;
use crate::recovery::Place;
use crate::source::{MAX_SOURCE_BYTES, SourceFile, Span};

#[allow(
    clippy::all,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    unused
)]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/grammar.rs"));
}

/// A tree and what was wrong with the text.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; what could not be read is left out.
    pub program: Program,
    /// Errors of the lexer and the parser, in no order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// A text that is not worth reading.
    fn refused(diagnostic: Diagnostic) -> Parsed {
        let (docs, items) = (Vec::new(), Vec::new());
        let diagnostics = vec![diagnostic];
        Parsed {
            program: Program { docs, items },
            diagnostics,
        }
    }
}

/// Reads a source file.
pub fn parse(source: &SourceFile) -> Parsed {
    parse_part(source, 0..source.text.len())
}

/// Reads a file that stands at these bytes of the text; places are those of the whole text.
pub(crate) fn parse_part(source: &SourceFile, part: Range<usize>) -> Parsed {
    let text = source.text.get(part.clone()).unwrap_or("");
    if text.len() > MAX_SOURCE_BYTES {
        let size = text.len();
        let message =
            format!("the file has {size} bytes, more than the {MAX_SOURCE_BYTES} allowed");
        return Parsed::refused(Diagnostic::new(
            &codes::SOURCE_TOO_LONG,
            Span::default(),
            message,
        ));
    }
    let mut lexed = lex(text);
    lexed.shift(part.start);
    if let Some(span) = lexed.too_deep {
        let message = format!("brackets are nested more than {MAX_TREE_DEPTH} levels deep");
        return Parsed::refused(Diagnostic::new(&codes::TOO_DEEP, span, message));
    }
    let found = std::mem::take(&mut lexed.diagnostics);
    let mut builder = Builder::new(source, &lexed, found);
    let tokens = lexed
        .tokens
        .iter()
        .map(|&spanned| Ok::<_, Infallible>(spanned));
    let items = match grammar::ProgramParser::new().parse(&mut builder, tokens) {
        Ok(items) => items,
        Err(error) => {
            builder.syntax_error(error, Place::Declaration);
            Vec::new()
        }
    };
    builder.report_syntax();
    let docs = lexed
        .module_docs
        .iter()
        .map(|line| line.to_string())
        .collect();
    Parsed {
        program: Program { docs, items },
        diagnostics: builder.diagnostics,
    }
}
