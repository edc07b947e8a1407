//! `pasc fmt`: a source text in the layout that all programs have.
//!
//! In: a source that can be parsed. Out: the same tokens and comments on the same lines, with
//! the indentation and the spaces that their nesting asks for. Lines are not joined, but for `else`
//! after its brace, nor broken: where a line ends is the author's choice. Formatting what is
//! formatted changes nothing, and no program means anything else afterwards; both are checked here
//! before the text is handed out.
//!
//! Two things that authors line up by hand stay lined up: comments at the ends of lines keep their
//! column where the code leaves it free, and the braces of neighbouring `message` and `record` lines
//! stay below each other.

mod layout;
mod lines;
mod spaces;

use crate::diagnostic::Diagnostic;
use crate::lexer::lex;
use crate::parse::parse;
use crate::source::SourceFile;
use crate::token::Token;

/// Why a text was not formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unformatted {
    /// It cannot be parsed.
    Errors(Vec<Diagnostic>),
    /// It would not mean the same afterwards, or not keep its comments: a mistake of the formatter.
    Changed,
}

/// The text in its layout, ended by one newline unless it is empty.
pub fn format(source: &SourceFile) -> Result<String, Unformatted> {
    let parsed = parse(source);
    if !parsed.diagnostics.is_empty() {
        let mut found = parsed.diagnostics;
        crate::mistakes::explain(&mut found, source);
        return Err(Unformatted::Errors(crate::diagnostic::settle(found)));
    }
    let formatted = laid_out(&source.text);
    let after = SourceFile::new(source.name.as_str(), formatted);
    let same = tokens(&source.text) == tokens(&after.text)
        && lines::comments(&source.text) == lines::comments(&after.text)
        && laid_out(&after.text) == after.text;
    if same {
        Ok(after.text)
    } else {
        Err(Unformatted::Changed)
    }
}

/// What the parser sees of a text, without the separators that end nothing.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for (_, token, _) in lex(text).tokens {
        if token == Token::RightBrace && tokens.last() == Some(&Token::Separator) {
            tokens.pop();
        }
        tokens.push(token);
    }
    if tokens.last() == Some(&Token::Separator) {
        tokens.pop();
    }
    tokens
}

fn laid_out(text: &str) -> String {
    let lines = lines::lines(text);
    layout::lay_out(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_formatted(before: &str, after: &str) {
        let source = SourceFile::new("t.pasc", before);
        assert_eq!(format(&source).as_deref(), Ok(after), "{before}");
    }

    #[test]
    fn indentation_follows_the_brackets() {
        assert_formatted(
            "message Ask{n:int}\nstate{\ntotal:int=0\n}\non Ask(m)  {\n  if m.n>0{\n total+=m.n\n}\nelse {\n\t\ttotal -= 1 }\n}\n",
            "message Ask { n: int }\nstate {\n    total: int = 0\n}\non Ask(m) {\n    if m.n > 0 {\n        total += m.n\n    } else {\n        total -= 1 }\n}\n",
        );
    }

    #[test]
    fn continued_lines_stand_one_step_further_in() {
        assert_formatted(
            "message A { n: int }\nparam to: address = \"x\"\non A(m) {\nlet a = m.n +\n1 +\n2\nlet b = [\n1,\n2,\n]\nsend to,\nA { n: a + b[0] }\nlet _c = (a\n+ 1)\n}\n",
            "message A { n: int }\nparam to: address = \"x\"\non A(m) {\n    let a = m.n +\n        1 +\n        2\n    let b = [\n        1,\n        2,\n    ]\n    send to,\n        A { n: a + b[0] }\n    let _c = (a\n        + 1)\n}\n",
        );
    }

    #[test]
    fn a_body_belongs_to_the_first_line_of_its_head() {
        let text = "message A {}\nstate { n: int = 0 }\non A when n > 0\n    or n < 5 {\n    if n > 0\n        and n < 9 {\n        n += 1\n    }\n}\n";
        assert_formatted(text, text);
    }

    #[test]
    fn literals_types_and_signs_have_their_own_spaces() {
        assert_formatted(
            "param m : map < int,list< text > > = { }\nparam n:int=- 5\nstate { s:set<int> = { 1,2 }; k:map<int,int> ={ 1 :2 } }\ninvariant \"i\" {not ( n<- 1)and s . len( )>=0 and all(x in s for x in[1,2 ])or-n==( 5)}\n",
            "param m: map<int, list<text>> = {}\nparam n: int = -5\nstate { s: set<int> = {1, 2}; k: map<int, int> = {1: 2} }\ninvariant \"i\" { not (n < -1) and s.len() >= 0 and all(x in s for x in [1, 2]) or -n == (5) }\n",
        );
    }

    #[test]
    fn types_of_functions_and_what_stands_for_types_have_no_spaces() {
        assert_formatted(
            "fn first < T : ord + eq,A > ( xs : list < (T,A) >,f:fn ( T ,A )->bool )->set < T > {{x for x,y in xs if f ( x,y ) }}\nproc p < T >(x:T){ }\n",
            "fn first<T: ord + eq, A>(xs: list<(T, A)>, f: fn(T, A) -> bool) -> set<T> { {x for x, y in xs if f(x, y)} }\nproc p<T>(x: T) {}\n",
        );
    }

    #[test]
    fn comments_stay_where_they_are_and_empty_lines_come_alone() {
        assert_formatted(
            "//! About.\n\n\n\n// one   \n   /// two\nmessage A{}   // three\n\n\n\nstate {\n\n   // four\n a:int=0    // five\n  // six\n\n}\n\n// seven\n\n",
            "//! About.\n\n// one\n/// two\nmessage A {}  // three\n\nstate {\n    // four\n    a: int = 0 // five\n    // six\n}\n\n// seven\n",
        );
        assert_formatted("", "");
        assert_formatted("\n\n", "");
    }

    #[test]
    fn what_was_lined_up_stays_lined_up() {
        let lined_up = "message Add     { by: int } // a\nmessage Decline { why: text }\n\nmessage B { n: int }\n\nparam a: int = 1      // one\nparam other: int = 1  // two\n";
        assert_formatted(lined_up, lined_up);
        assert_formatted(
            "message Add  { by: int }\nmessage Decline { why: text }\nmessage E {}\n",
            "message Add     { by: int }\nmessage Decline { why: text }\nmessage E       {}\n",
        );
    }

    #[test]
    fn a_text_that_cannot_be_parsed_is_left_alone() {
        let source = SourceFile::new("t.pasc", "message A {");
        assert!(matches!(format(&source), Err(Unformatted::Errors(_))));
    }
}
