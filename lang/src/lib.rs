//! The pasc language: source text to checked program.
//!
//! In: a [`SourceFile`]. Out: a [`Program`] for the machine, or
//! [`Diagnostic`]s. No input, no output, no clock, no randomness: the same text gives
//! the same program, and any text gives an answer.
//!
//! | stage | file | what it guarantees |
//! | --- | --- | --- |
//! | tokens | `token.rs`, `lexer.rs`, `literals.rs` | newlines that end nothing are gone, brackets are balanced and nested in bounds |
//! | tree | `grammar.lalrpop`, `builder.rs`, `parse.rs`, `recovery.rs`, `ast.rs` | everything that could be read, of bounded depth |
//! | names | `resolve.rs`, `suggest.rs` | each name is declared once, no record contains itself |
//! | types | `check/`, `typed.rs`, `constant.rs` | every expression has a type, every place can be changed, effects stand where they may |
//! | code | `codegen/`, `registers.rs` | values never alias, registers are in bounds |
//! | tests | `testing.rs` | whatever a test computes is computed by the machine |
//! | layout | `format/` | same tokens and comments on the same lines; nothing means anything else |
//! | habits | `mistakes/` | what is recognised from another language gets the hint that leads from there |
//! | diagnostics | `diagnostic.rs`, `codes.rs`, `render.rs` | stable codes, each with a test that triggers it |

pub mod ast;
mod builder;
mod check;
mod codegen;
pub mod codes;
mod constant;
mod diagnostic;
mod dump;
mod format;
mod lexer;
mod literals;
mod mistakes;
mod modules;
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
pub use format::{Unformatted, format};
pub use modules::{MAX_MODULES, used_files};
pub use parse::{Parsed, parse};
pub use registers::MAX_REGISTERS;
pub use render::{MAX_LINE_WIDTH, render, render_coloured};
pub use resolve::{MAX_DECLARATIONS, MAX_FIELDS};
pub use source::{MAX_SOURCE_BYTES, Position, SourceFile, Span};
pub use testing::{CompiledTests, Step, StepKind, TestCase};

pub use pasc_vm::frame::MAX_ADDRESS_BYTES;

use pasc_vm::Program;

/// Checks a program and its tests as far as compiling them goes; without errors there
/// are only warnings left.
pub fn check(source: &SourceFile) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    compile_tests(source).map(|compiled| compiled.warnings)
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
    let (module, files, warnings) = checked(source)?;
    let program = codegen::Generator::new(&module).finish(&files)?;
    Ok(Compiled { program, warnings })
}

/// Compiles a program and its tests.
pub fn compile_tests(source: &SourceFile) -> Result<CompiledTests, Vec<Diagnostic>> {
    let (module, files, warnings) = checked(source)?;
    let generator = codegen::Generator::new(&module);
    testing::compile(&module, &files, generator, warnings)
}

/// A checked program, its files, and warnings.
type Checked = (typed::Module, modules::Files, Vec<Diagnostic>);

/// The methods of the language that are written in it.
const PRELUDE_TEXT: &str = include_str!("prelude.pasc");

/// The checked program with its warnings, or its errors and warnings.
fn checked(source: &SourceFile) -> Result<Checked, Vec<Diagnostic>> {
    let files = modules::load(source);
    let mut diagnostics = files.diagnostics.clone();
    let prelude = parse(&SourceFile::new("prelude", PRELUDE_TEXT));
    debug_assert_eq!(prelude.diagnostics, []);
    let parts = files.parts.iter().map(|part| resolve::Module {
        name: &part.module,
        program: &part.program,
    });
    let own = resolve::Module {
        name: resolve::PRELUDE,
        program: &prelude.program,
    };
    let modules: Vec<resolve::Module> = parts.chain([own]).collect();
    let (module, mut found) = check::check(&modules);
    if !diagnostics.is_empty() {
        // What could not be read may have declared or used the names in question.
        found.retain(|diagnostic| diagnostic.is_error() && !diagnostic.code.is_about_names());
    }
    diagnostics.extend(found);
    let mut diagnostics = files.shown(diagnostics);
    mistakes::explain(&mut diagnostics, source);
    let diagnostics = diagnostic::settle(diagnostics);
    match module {
        Some(module) if !diagnostics.iter().any(Diagnostic::is_error) => {
            Ok((module, files, diagnostics))
        }
        _ => {
            debug_assert!(diagnostics.iter().any(Diagnostic::is_error));
            Err(diagnostics)
        }
    }
}
