//! The pasc language: source text to checked program.

pub mod ast;
mod builder;
mod check;
mod codegen;
pub mod codes;
mod constant;
mod diagnostic;
mod dump;
mod lexer;
mod literals;
mod parse;
mod recovery;
mod registers;
mod render;
mod resolve;
mod source;
mod suggest;
mod testing;
mod token;
mod typed;

pub use diagnostic::{Diagnostic, Label, MAX_DIAGNOSTICS, Severity};
pub use dump::{dump_tokens, dump_tree};
pub use parse::{Parsed, parse};
pub use registers::MAX_REGISTERS;
pub use render::{MAX_LINE_WIDTH, render};
pub use resolve::{MAX_DECLARATIONS, MAX_FIELDS};
pub use source::{MAX_SOURCE_BYTES, Position, SourceFile, Span};
pub use testing::{CompiledTests, Step, StepKind, TestCase};

use pasc_vm::Program;

/// The longest address, in bytes.
pub const MAX_ADDRESS_BYTES: usize = 63;

/// Checks a program; without errors there are only warnings left.
pub fn check(source: &SourceFile) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    checked(source).map(|(_, warnings)| warnings)
}

/// A program for the machine, and what is of no use in its source.
#[derive(Debug)]
pub struct Compiled {
    /// The program.
    pub program: Program,
    /// Warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Compiles a program without its tests.
pub fn compile(source: &SourceFile) -> Result<Compiled, Vec<Diagnostic>> {
    let (module, warnings) = checked(source)?;
    let program = codegen::Generator::new(&module).finish(source)?;
    Ok(Compiled { program, warnings })
}

/// Compiles a program and its tests.
pub fn compile_tests(source: &SourceFile) -> Result<CompiledTests, Vec<Diagnostic>> {
    let (module, warnings) = checked(source)?;
    let generator = codegen::Generator::new(&module);
    testing::compile(&module, source, generator, warnings)
}

/// The checked program with its warnings, or its errors and warnings.
fn checked(source: &SourceFile) -> Result<(typed::Module, Vec<Diagnostic>), Vec<Diagnostic>> {
    let parsed = parse(source);
    let mut diagnostics = parsed.diagnostics;
    let (module, mut found) = check::check(&parsed.program);
    if !diagnostics.is_empty() {
        // What could not be read may have declared or used the names in question.
        found.retain(|diagnostic| diagnostic.is_error() && !diagnostic.code.is_about_names());
    }
    diagnostics.extend(found);
    let diagnostics = diagnostic::settle(diagnostics);
    match module {
        Some(module) if !diagnostics.iter().any(Diagnostic::is_error) => Ok((module, diagnostics)),
        _ => {
            debug_assert!(diagnostics.iter().any(Diagnostic::is_error));
            Err(diagnostics)
        }
    }
}
