//! Habits of writing that have another shape here.

use super::{Around, word_at_end};
use crate::source::Span;

/// What was probably meant.
pub(super) struct Guess {
    pub(super) hint: String,
    /// The place where the habit shows and the sentence about it, if the parser went on beyond it.
    pub(super) instead: Option<(Span, String)>,
}

impl Guess {
    fn new(hint: impl Into<String>) -> Option<Guess> {
        let hint = hint.into();
        Some(Guess {
            hint,
            instead: None,
        })
    }

    /// A guess about the last `length` bytes of the text before the place.
    fn before(around: &Around, length: usize, message: String, hint: String) -> Option<Guess> {
        let end = around.tail().len();
        let span = Span::new(end - length, end);
        Some(Guess {
            hint,
            instead: Some((span, message)),
        })
    }
}

/// The hint for a character that begins nothing.
pub(super) fn character(text: &str, around: &Around) -> Option<&'static str> {
    Some(match text {
        "\u{feff}" if around.before.is_empty() => {
            "save the file as UTF-8 without a byte order mark: it begins with one, which editors hide"
        }
        "#" if around.before.is_empty() && around.after.starts_with("include") => USE,
        "&" | "|" | "^" if around.after.starts_with('=') => "there are no operators on bits",
        "??" => "the value of an option, or another one: `x.get_or(other)`",
        "&" | "&&" => "both conditions: `a and b`",
        "|" | "||" => "one of two conditions: `a or b`",
        "!" | "¬" => "the opposite of a condition: `not a`",
        "'" | "`" | "“" | "”" | "„" | "‘" | "’" => {
            "a text stands in double quotes: `\"ann\"`"
        }
        "?" => "a value that depends on a condition: `if c { a } else { b }`",
        "#" => "a comment begins with `//`",
        "≤" => "write `<=`",
        "≥" => "write `>=`",
        "≠" => "write `!=`",
        "→" if around.tail().is_empty() => return None,
        "$" | "@" => "names of variables stand alone",
        "~" | "^" => "there are no operators on bits",
        _ => return None,
    })
}

/// What stands for an import.
const USE: &str = "a module is named with `use`: `use std.quorum`, or `use \"./messages.pasc\"`";

/// What was probably meant where the text does not have the shape of a program.
pub(super) fn guess(around: &Around) -> Option<Guess> {
    operators(around)
        .or_else(|| brackets(around))
        .or_else(|| statements(around))
        .or_else(|| calls(around))
        .or_else(|| declarations(around))
        .or_else(|| late(around))
}

/// Operators that do not exist, or are written otherwise.
fn operators(around: &Around) -> Option<Guess> {
    let (tail, found) = (around.tail(), around.found);
    let adjacent = around.before.len() == tail.len();
    let name = |cut: usize| word_at_end(tail.get(..tail.len() - cut).unwrap_or("").trim_end());
    match found {
        "+" if adjacent && tail.ends_with('+') => {
            Guess::new(format!("count up with `{} += 1`", name(1)))
        }
        "+" if around.line().is_empty() && around.after.starts_with('+') => Guess::new(format!(
            "count up with `{} += 1`",
            or_a_name(first_name(&around.after[1..]))
        )),
        "+" | "*" | "/" | "%" if adjacent && assigns(tail) => Guess::new(format!(
            "the operator stands before the equals sign: `{} {found}= …`",
            or_a_name(name(1))
        )),
        "+=" | "-=" if adjacent && tail.ends_with(['+', '-']) => {
            Guess::new(format!("one sign is enough: `{} {found} …`", name(1)))
        }
        "*=" if adjacent && tail.ends_with('*') => {
            Guess::new("there is no operator for powers: multiply")
        }
        "<=" | "<" if adjacent && tail.ends_with('<') => {
            Guess::new("there are no operators on bits: multiply or divide by a power of two")
        }
        "=" if adjacent && tail.ends_with("==") => Guess::new("two values are compared with `==`"),
        "=" if adjacent && tail.ends_with("..") => {
            Guess::new("a range ends before its second number: `a..b + 1` takes `b` in")
        }
        "." if adjacent && tail.ends_with("..") => {
            Guess::new("a range is written with two dots and ends before its second number: `a..b`")
        }
        ">" if adjacent && tail.ends_with('<') => Guess::new("whether two values differ: `a != b`"),
        "*" if adjacent && tail.ends_with('*') => {
            Guess::new("there is no operator for powers: multiply")
        }
        ":" if around.after.starts_with('=') => Guess::new(format!(
            "a name gets its first value with `let`, or `var` if it changes: `let {} = …`",
            name(0)
        )),
        "<" | "<=" | ">" | ">=" | "==" | "!=" if compares(around.line()) => {
            Guess::new("two comparisons are joined with `and`: `a < b and b < c`")
        }
        _ => None,
    }
}

/// Whether the text ends with an equals sign that assigns.
fn assigns(tail: &str) -> bool {
    let before = tail.strip_suffix('=').unwrap_or("=");
    !before.ends_with(['=', '!', '<', '>', '+', '-', '*', '/', '%'])
}

/// The name with which a text begins.
fn first_name(text: &str) -> &str {
    let end = text.find(|c: char| !super::is_word(c));
    &text[..end.unwrap_or(text.len())]
}

fn or_a_name(name: &str) -> &str {
    if name.is_empty() { "n" } else { name }
}

/// Slices, comprehensions and variants.
fn brackets(around: &Around) -> Option<Guess> {
    let (found, tail) = (around.found, around.tail());
    let is_open = innermost(around.line()) == Some('[');
    match found {
        ":" if is_open => Guess::new("a part is taken with two dots: `xs[a..b]`"),
        "for" if is_open && around.line().contains(" for ") => {
            Guess::new("a comprehension has one `for`; another one is nested: `[[… for …] for …]`")
        }
        "for" | "if" if is_open => Guess::new(
            "the value comes first, then where it comes from, then the condition: \
             `[x for x in xs if x > 0]`",
        ),
        _ if is_name(found)
            && tail.ends_with('.')
            && word_at_end(tail.trim_end_matches('.')).starts_with(char::is_uppercase) =>
        {
            Guess::new("names of variants begin with a capital letter")
        }
        _ => None,
    }
}

/// The bracket that is still open at the end of a part of a line.
fn innermost(line: &str) -> Option<char> {
    let mut open = Vec::new();
    for character in line.chars() {
        match character {
            '(' | '[' | '{' => open.push(character),
            ')' | ']' | '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// Whether a comparison stands at the end of this part of a line.
fn compares(line: &str) -> bool {
    let last = line.trim_end().rsplit([' ', '(']).nth(1).unwrap_or("");
    matches!(last, "<" | "<=" | ">" | ">=" | "==" | "!=")
}

/// Where the brace of a body stands.
const BODY: &str = "a body stands in braces, and the first is on the line of its head: `if c {`";

/// Words that begin or end statements elsewhere.
fn statements(around: &Around) -> Option<Guess> {
    let (found, first) = (around.found, around.first_word());
    let line = around.line();
    match found {
        "elif" | "elsif" | "elseif" | "elsunless" => {
            Guess::new("another condition: `else if c { … }`")
        }
        "then" | "do" | "begin" => Guess::new("a body stands in braces: `{ … }`"),
        "\n" | "\r\n"
            if !line.contains('{')
                && (matches!(first, "if" | "while" | "for")
                    || line.trim_end().ends_with("else")) =>
        {
            Guess::new(BODY)
        }
        "else" if line.is_empty() => {
            Guess::new("`else` follows the `}` of the body before it: `if c { … } else { … }`")
        }
        "to" if first == "send" => {
            Guess::new("the receiver comes first: `send address, Message { … }`")
        }
        "from" if first == "expect" => {
            Guess::new("the receiver of what is expected follows `to`: `expect Message to \"ann\"`")
        }
        "(" | "=" | ";" if first == "for" => loop_of_c(around),
        _ if around.last_word() == "return" && !line.is_empty() && found != "}" => Guess::new(
            "a handler has no value; an answer is sent: `reply Message { … }`, then `return`",
        ),
        "us" | "ms" | "s" | "m" | "h" | "d" if ends_in_number(around) => {
            let number = around.last_word();
            Guess::new(format!(
                "the unit follows without a space: `{number}{found}`"
            ))
        }
        _ if begins_statement(found) && !line.is_empty() && !opens(line) => Guess::new(
            "statements on one line are separated by `;`, or stand on lines of their own",
        ),
        _ if matches!(first, "if" | "while" | "for") && is_name(found) && !line.contains('{') => {
            Guess::new("a body stands in braces: `{ … }`")
        }
        "=" if is_in_braces(line) => Guess::new("a field gets its value with `:`"),
        _ if is_type(around.last_word())
            && is_name(found)
            && line == around.last_word_of_line() =>
        {
            Guess::new(format!(
                "a name comes before its type: `let {found}: {first} = …`"
            ))
        }
        _ => None,
    }
}

/// `for (i = 0; …)`: the place is the parenthesis, however far the parser came.
fn loop_of_c(around: &Around) -> Option<Guess> {
    let start = around.before.len() - around.line().len();
    let gap = around.line().strip_prefix("for").unwrap_or("");
    let at = start + 3 + (gap.len() - gap.trim_start().len());
    let is_there =
        around.found == "(" && gap.trim().is_empty() || gap.trim_start().starts_with('(');
    is_there.then(|| Guess {
        hint: "a loop that counts: `for i in 0..n { … }`".to_string(),
        instead: Some((
            Span::new(at, at + 1),
            "no parenthesis follows `for`".to_string(),
        )),
    })
}

/// Parentheses where there are none, and fractions.
fn calls(around: &Around) -> Option<Guess> {
    let (found, word) = (around.found, around.last_word());
    match found {
        "(" if matches!(word, "reply" | "send" | "broadcast") => Guess::new(format!(
            "`{word}` is no function: its message follows without parentheses"
        )),
        "(" if word.starts_with(|c: char| c.is_ascii_uppercase()) => Guess::new(format!(
            "fields stand in braces, with their names: `{word} {{ name: value }}`"
        )),
        _ if found.starts_with(|c: char| c.is_ascii_digit())
            && around.tail().ends_with('.')
            && word_at_end(around.tail().trim_end_matches('.'))
                .chars()
                .all(|c| c.is_ascii_digit()) =>
        {
            Guess::new("there are no fractions: count in a smaller unit")
        }
        _ => None,
    }
}

/// Declarations of other languages.
fn declarations(around: &Around) -> Option<Guess> {
    let (found, line) = (around.found, around.line());
    let begins = line.is_empty();
    match found {
        "struct" | "class" | "type" | "data" | "interface" if begins => {
            Guess::new("values with named fields: `record Name { field: type }`")
        }
        "/" if around.after.starts_with(['*', ' ']) => {
            Guess::new("a comment begins with `//` and ends with its line")
        }
        "def" | "function" | "func" | "fun" | "method" | "procedure" if begins => {
            Guess::new(function(found, around.after))
        }
        "import" | "include" | "require" | "from" | "using" | "load" if begins => Guess::new(USE),
        "handler" | "receive" | "handle" | "upon" if begins => {
            Guess::new("what happens when a message arrives: `on Message(m) { … }`")
        }
        ":" if matches!(
            around.first_word(),
            "on" | "test" | "invariant" | "if" | "else" | "while" | "for"
        ) =>
        {
            Guess::new("a body stands in braces: `{ … }`")
        }
        _ if around.first_word() == "on" && is_name(found) && line.split(' ').count() == 3 => {
            let message = around.last_word();
            Guess::new(format!(
                "the message's name stands in parentheses: `on {message}({found})`"
            ))
        }
        _ => None,
    }
}

/// A function under another word: `after` follows it.
fn function(word: &str, after: &str) -> String {
    let name = first_name(after.trim_start());
    let name = if name.is_empty() { "name" } else { name };
    if word == "procedure" {
        return format!("what may also change the state is a `proc`: `proc {name}(…) {{ … }}`");
    }
    format!(
        "a function is declared with `fn`: `fn {name}(…) -> … {{ … }}`; with `proc` if it uses the \
         state or sends, with `on Message(m)` if it handles a message"
    )
}

/// Mistakes that the parser meets only later, at the next token that fits nowhere.
fn late(around: &Around) -> Option<Guess> {
    let tail = around.tail();
    let line = tail.rsplit('\n').next().unwrap_or("").trim();
    if let Some(name) = tail.strip_suffix("--") {
        let name = word_at_end(name.trim_end());
        let message = "`--` is no operator".to_string();
        return Guess::before(around, 2, message, format!("count down with `{name} -= 1`"));
    }
    let word = word_at_end(tail);
    if matches!(word, "True" | "False") {
        let message = format!("`{word}` is no value");
        let hint = format!("write `{}`", word.to_lowercase());
        return Guess::before(around, word.len(), message, hint);
    }
    if matches!(word, "None" | "Nil") {
        let message = format!("`{word}` is no value");
        let hint = super::NO_VALUE.to_string();
        return Guess::before(around, word.len(), message, hint);
    }
    let declares = line.starts_with("var ") || line.starts_with("let ");
    if declares && line.contains(':') && !line.contains('=') && around.line().is_empty() {
        let message = "this variable has no value".to_string();
        let hint = format!("give it the first one: `{line} = …`");
        return Guess::before(around, line.len(), message, hint);
    }
    None
}

impl Around<'_> {
    /// The last word, if the line before the place holds nothing else.
    fn last_word_of_line(&self) -> &str {
        let line = self.line();
        if line.trim_end() == self.last_word() {
            line
        } else {
            ""
        }
    }
}

fn begins_statement(word: &str) -> bool {
    const WORDS: [&str; 12] = [
        "let",
        "var",
        "if",
        "for",
        "while",
        "return",
        "break",
        "continue",
        "send",
        "reply",
        "broadcast",
        "cancel",
    ];
    WORDS.contains(&word)
}

/// Whether a part of a line ends where a statement may begin.
fn opens(line: &str) -> bool {
    line.trim_end().ends_with(['{', ';', '=', ',', '('])
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(super::is_word)
}

fn is_type(text: &str) -> bool {
    matches!(
        text,
        "int" | "bool" | "text" | "bytes" | "address" | "duration" | "string"
    )
}

fn ends_in_number(around: &Around) -> bool {
    let word = around.last_word();
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '_')
}

/// Whether the line ends with the name of a field after an open brace or a comma.
fn is_in_braces(line: &str) -> bool {
    let before = line.trim_end();
    let before = before[..before.len() - word_at_end(before).len()].trim_end();
    let after_upper = before.strip_suffix('{').is_some_and(|head| {
        word_at_end(head.trim_end()).starts_with(|c: char| c.is_ascii_uppercase())
    });
    after_upper || before.ends_with(',') && before.contains('{')
}
