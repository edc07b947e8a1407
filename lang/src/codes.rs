//! The table of diagnostic codes: the one place where they are listed.
//!
//! A code never changes its meaning and is never used again after it went.

use crate::diagnostic::Severity;

/// One row of the table.
#[derive(Debug)]
pub struct Code {
    /// The stable number, `E` or `W` and four digits.
    pub number: &'static str,
    /// Whether the program can still be run.
    pub severity: Severity,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// What the rule is and how to follow it, in a paragraph.
    pub explanation: &'static str,
}

impl Code {
    /// Whether it says that a name stands for nothing.
    pub fn is_about_names(&self) -> bool {
        self.title.starts_with("unknown ")
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Code {}

macro_rules! codes {
    ($($name:ident = $number:literal $severity:ident $title:literal $explanation:literal)*) => {
        $(
            #[doc = $title]
            pub static $name: Code = Code {
                number: $number,
                severity: Severity::$severity,
                title: $title,
                explanation: $explanation,
            };
        )*

        /// All codes, in the order of their numbers.
        pub static CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    // Characters and tokens.
    BAD_CHARACTER = "E0001" Error "character that begins nothing"
        "No token begins with this character. Names are made of ASCII letters, digits and `_`; \
         other characters belong into text literals and comments."
    OPEN_LITERAL = "E0002" Error "literal without closing quote"
        "A text or bytes literal ends on the line on which it begins. A line break inside it is \
         written `\\n`."
    BAD_ESCAPE = "E0003" Error "no such escape"
        "Inside a literal a backslash begins one of `\\n`, `\\r`, `\\t`, `\\0`, `\\\\`, `\\\"` and \
         `\\xNN` with two hexadecimal digits. In a text `\\xNN` goes up to `\\x7f`."
    BAD_NUMBER = "E0004" Error "malformed number"
        "A number is decimal (`1_000`) or hexadecimal (`0xff`), with `_` anywhere between the \
         digits. A duration is a decimal number with `us`, `ms`, `s`, `m`, `h` or `d`."
    NUMBER_TOO_LARGE = "E0005" Error "number too large"
        "An `int` goes from -9223372036854775808 to 9223372036854775807, and so does a \
         `duration` in microseconds."
    UNBALANCED = "E0006" Error "bracket without partner"
        "Every `(`, `[` and `{` is closed by its partner before the next declaration begins."
    BRACE_IN_TEXT = "E0007" Error "single brace in a text"
        "Braces in a text literal are doubled: `{{` stands for `{` and `}}` for `}`."
    NON_ASCII_BYTES = "E0008" Error "character outside ASCII in bytes"
        "A bytes literal holds ASCII characters; any other byte is written `\\xNN`."

    // The shape of the program.
    SYNTAX = "E0020" Error "unexpected token"
        "The text does not have the shape of a program at this place."
    SOURCE_TOO_LONG = "E0021" Error "source file too long"
        "A source file has at most 1048576 bytes."
    TOO_DEEP = "E0022" Error "nested too deeply"
        "Expressions, blocks and types are nested at most 100 deep; a chain of operators such \
         as `a + b + c` counts a level for each of them. Give a part of it a name with `let`."

    // Names.
    UNKNOWN_NAME = "E0100" Error "unknown name"
        "An expression names a local variable, a variable of the state, a parameter, `self`, \
         `sender` or `now`."
    UNKNOWN_TYPE = "E0101" Error "unknown type"
        "A type is `int`, `bool`, `text`, `bytes`, `address`, `duration`, `list<T>`, `set<T>`, \
         `map<K, V>`, `option<T>`, a tuple `(A, B)`, or a record or enum that the program declares."
    UNKNOWN_MESSAGE = "E0102" Error "unknown message"
        "`on`, `send`, `reply` and `expect` name a message that the program declares."
    UNKNOWN_FIELD = "E0103" Error "unknown field"
        "The record or message declares no field of this name."
    UNKNOWN_METHOD = "E0104" Error "unknown method"
        "Values of this type have no method of this name."
    UNKNOWN_FUNCTION = "E0105" Error "unknown function"
        "A call names a `fn` or `proc` that the program declares, or one of the language's own \
         functions."
    UNKNOWN_PARAMETER = "E0106" Error "unknown parameter"
        "`with` gives values to parameters that the program declares with `param`."
    UNKNOWN_RECORD = "E0107" Error "unknown record"
        "A literal `Name { … }` in an expression makes a value of a declared record."
    DECLARED_TWICE = "E0108" Error "declared twice"
        "Each name is declared once: functions, records and messages together, parameters and variables of \
         the state together, fields within their record. A local variable has a name that nothing \
         else has at its place. There is one `on start`, and one handler of each timer."
    FIELD_MISSING = "E0109" Error "field missing"
        "A record or message literal gives a value to every field. `expect` alone may leave \
         fields out."
    GIVEN_TWICE = "E0110" Error "given twice"
        "A literal gives each field one value, and `with` each parameter."
    RESERVED_NAME = "E0111" Error "name taken by the language"
        "`self` and `sender` are addresses that every handler knows, `now` is its time; nothing \
         else has these names. `_` names what is not used, and cannot be read."
    UNKNOWN_TIMER = "E0112" Error "unknown timer"
        "`set`, `cancel` and `on timer` name a timer that the program declares with `timer`."

    UNKNOWN_VARIANT = "E0113" Error "unknown variant"
        "A variant is named with its enum, `Role.Leader`, and the enum declares it."

    UNKNOWN_MODULE = "E0114" Error "unknown module"
        "`use std.name` names a module of the standard library, `use \"./name.pasc\"` a file by its \
         path. Modules have different names, and declare records, enums, messages, constants, \
         functions and tests of their own: state, parameters, timers, handlers and invariants belong \
         to the program."

    // Types.
    MISMATCH = "E0200" Error "wrong type"
        "The value has another type than its place asks for. No value is converted silently, \
         but a text literal may stand for an address."
    BAD_OPERAND = "E0201" Error "operator does not fit"
        "Arithmetic is defined on `int`. Durations are added and subtracted, multiplied and \
         divided by an `int`, and divided by each other. `+` also joins two values of `text`, of \
         `bytes` or of a `list`. `==` and `!=` compare any two values of one type; `<` and its \
         like compare all but maps, sets and what holds them."
    NO_INITIAL_VALUE = "E0202" Error "initial value missing"
        "Variables of the state that have a natural empty value (maps, sets, lists, text, bytes) \
         begin with it; all others are given a first value."
    RECURSIVE_RECORD = "E0203" Error "recursive record"
        "A record holds its fields in place, so it cannot contain itself."
    UNTYPED_BRACES = "E0204" Error "type of an empty literal unknown"
        "An empty `{}` or `[]` takes its type from its context; where there is none, `let` and \
         `var` give it one: `var seen: map<int, bool> = {}`."
    NOT_A_COLLECTION = "E0205" Error "not a collection"
        "An index works on maps and lists; `for`, `in` and comprehensions work on maps, sets and \
         lists, and `for` on ranges `a..b` too; `broadcast` goes to a list or set of addresses."
    WRONG_COUNT = "E0206" Error "wrong number of arguments"
        "The function, method, type or timer takes another number of arguments."
    BAD_KEY = "E0207" Error "type cannot be a key"
        "Keys of maps and timers and elements of sets have an order: all types but maps, sets and \
         what holds them."
    NO_VALUE = "E0208" Error "no value"
        "A block whose value is asked for ends with an expression, and an `if` whose value is \
         asked for has an `else`. Methods that only change their list or map give no value."
    UNUSED_VALUE = "E0209" Error "value without use"
        "An expression that stands as a statement does nothing unless it is a call that changes \
         something."

    BAD_ELEMENT = "E0210" Error "type cannot be an element"
        "The elements of a list hold something: they are no records without fields."

    NOT_EXHAUSTIVE = "E0211" Error "not all values are matched"
        "The arms of a `match` take every value together; `_` takes whatever is left. What `let` \
         and `for` take apart has one shape, or an `else` says what is done otherwise."
    BAD_PATTERN = "E0212" Error "pattern does not fit"
        "A pattern is a name, `_`, a literal, `some(…)`, `none`, `Enum.Variant(…)` or a tuple \
         `(…)`, of the type of the value that it is compared with. Alternatives after `or` name \
         nothing."

    // Meaning.
    NOT_CHANGEABLE = "E0300" Error "cannot be changed"
        "Assignments change variables declared with `var` and the state. Parameters, messages, \
         `let` and the variables of `for` keep their value."
    NOT_A_PLACE = "E0301" Error "not a place"
        "What is assigned to is a variable, possibly followed by fields and indices."
    NOT_CONSTANT = "E0302" Error "not a constant"
        "Values of parameters, `with`, `from` and `to` are known before the program runs: \
         literals and arithmetic on them."
    CONSTANT_FAILS = "E0303" Error "constant cannot be computed"
        "The constant overflows `int` or divides by zero."
    NO_SENDER = "E0304" Error "no sender here"
        "`reply` and `sender` need a message that is being handled: `on start` and timers have \
         none."
    OUTSIDE_LOOP = "E0305" Error "outside a loop"
        "`break` and `continue` belong to the innermost `for` or `while`."
    NO_EFFECTS = "E0306" Error "effect where there can be none"
        "Guards, invariants, initial values and assertions only look: they send nothing and \
         change nothing but their own variables."
    BAD_ADDRESS = "E0307" Error "malformed address"
        "An address is a text of 1 to 63 bytes."
    STATE_TOO_EARLY = "E0308" Error "state before it exists"
        "Initial values of the state are made from constants and parameters alone."

    TIMER_WITHOUT_HANDLER = "E0309" Error "timer without handler"
        "Every timer has one handler, `on timer name { … }`."
    GUARD_WITHOUT_MESSAGE = "E0310" Error "guard without message"
        "Handlers of messages alone have guards: a timer fires and a process starts in any case."
    NO_TIME = "E0311" Error "no time here"
        "`now` is the time of the input that is being handled: handlers and guards know it."

    ELSE_GOES_ON = "E0312" Error "else that goes on"
        "The block after the `else` of a `let` leaves: it ends in `return`, `break` or `continue`."

    NOT_PURE = "E0313" Error "fn that looks around"
        "A `fn` sees its arguments and constants alone: no state, no parameters of the program, no \
         `self`, `sender`, `now` or `random`, and it calls no `proc`. A `proc` may do all of that."
    CHANGED_TWICE = "E0314" Error "place changed in two ways"
        "What a call gives to a `var` parameter is changed by nothing else while the function runs: \
         not by another `var` parameter, and not by the `proc` itself."

    // Limits of the machine.
    TOO_MANY_REGISTERS = "E0400" Error "handler too large"
        "A handler holds at most 240 values at once, local variables included."
    TOO_MANY_DECLARATIONS = "E0401" Error "too many declarations"
        "A program has at most 1000 declarations, and a record, a message or the state at most \
         200 fields."

    TYPE_TOO_LARGE = "E0402" Error "type too large"
        "Types are nested at most 32 deep, and a record has at most 4096 words, those of inner \
         records included."

    // Warnings.
    UNREACHABLE = "W0001" Warning "never reached"
        "The statement follows a `return`, `break` or `continue`, or earlier arms of the `match` take \
         every value of this one."
    HANDLER_UNREACHABLE = "W0002" Warning "handler never reached"
        "Of several handlers for one message the first whose guard holds is run; a handler \
         after one without a guard never is."
    UNUSED_VARIABLE = "W0003" Warning "variable never used"
        "A name that begins with `_` says that this is meant."
    UNUSED_DECLARATION = "W0004" Warning "declaration never used"
        "Nothing in the program calls this function or names this constant. A file without handlers \
         is a module, whose declarations are there for others."
    GUARD_NEVER_HOLDS = "W0005" Warning "guard that never holds"
        "The guard is false whatever the message and the state hold, so the handler never runs."
}
