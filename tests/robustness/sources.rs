//! Source text with changes: diagnostics, or a program that the verifier accepts and every mode runs
//! alike.

use crate::corpus::Corpus;
use crate::dice::Dice;
use crate::modes::in_all;
use crate::tally::Tally;
use crate::{mutate, programs};
use pasc_lang::SourceFile;
use pasc_vm::verify::Verified;

/// Compiles a changed text.
pub(crate) fn case(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let mut text = corpus.text(dice).to_owned();
    for _ in 0..=dice.below(2) {
        mutate::text(&mut text, corpus.text(dice), dice);
    }
    let source = SourceFile::new("mutant.pasc", text);
    let compiled = match pasc_lang::compile_tests(&source) {
        Ok(compiled) => compiled,
        Err(diagnostics) => {
            tally.count("sources refused");
            assert!(diagnostics.iter().any(pasc_lang::Diagnostic::is_error));
            for diagnostic in &diagnostics {
                assert!(diagnostic.span.end as usize <= source.text.len());
                pasc_lang::render(diagnostic, &source);
            }
            return;
        }
    };
    tally.count("sources compiled");
    let program = Verified::new(&compiled.program).expect("what the compiler makes is verified");
    let _ = in_all(&programs::case(program, dice, false), tally);
}
