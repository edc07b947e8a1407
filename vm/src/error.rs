//! Runtime errors of handlers, and reasons to refuse an input. Two tables.
//!
//! After a runtime error the state is as before the message and nothing was sent; the process goes
//! on. After a refusal no handler has run.

use crate::trap::Trap;

macro_rules! codes {
    ($(#[doc = $doc:literal])* $type:ident $prefix:literal: $($code:literal $name:ident $text:literal;)+) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum $type { $(#[doc = $text] $name = $code,)+ }

        impl $type {
            /// Every row of the table.
            pub const ALL: &[$type] = &[$($type::$name),+];

            /// The stable code, for example `R03`.
            pub fn code(self) -> String {
                format!("{}{:02}", $prefix, self as u8)
            }

            /// One phrase for people.
            pub fn text(self) -> &'static str {
                match self { $($type::$name => $text,)+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.text())
            }
        }
    };
}

codes! {
    /// What a handler did wrong.
    ErrorCode "R":
    1 Overflow "integer overflow";
    2 DivisionByZero "division by zero";
    3 MissingKey "the map has no such key";
    4 OutOfFuel "the limit `instructions` was reached";
    5 ArenaFull "the limit `temporary_words` was reached";
    6 StateFull "the limit `state_words` was reached";
    7 MessageTooLarge "the limit `message_bytes` was reached";
    8 TooManyOutputs "the limit `outputs` was reached";
    9 BadAddress "not the address of a process: an address has 1 to 63 bytes";
    10 OutOfMemory "the host has no more memory";
    11 IndexOutOfRange "the index is outside of the list";
    12 BadBound "`random(n)` needs an n above 0";
    13 BadDelay "a timer needs a delay that is not negative";
    15 BadArgument "an argument is outside of what the function takes";
    16 DoesNotFit "the number does not fit";
    17 NotText "the bytes are no UTF-8 text, or the index is inside of a character";
    14 CallDepth "the limit `call_depth` was reached";
}

codes! {
    /// Why an input was refused.
    Refusal "F":
    1 Record "the input record's CRC does not match";
    2 Stale "the input's ordinal or time is not after the last one's";
    3 Length "the frame's length is not what it says";
    4 Magic "the bytes are no frame of this version";
    5 Crc "the frame's CRC does not match";
    6 Header "the frame's header is malformed";
    7 Destination "the frame is for another process";
    8 UnknownMessage "the program knows no message with this fingerprint";
    9 Body "the frame's body does not decode as its message";
    10 TooLarge "the frame is larger than the limit `message_bytes`";
    12 Timer "no such timer is set, or it is not due";
    13 Started "the process was started before";
    11 Fuel "the frame is too costly to decode: the limit `instructions` or `temporary_words` was reached";
}

/// Why one lane stopped. Small, so that results that carry it stay in registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// Detected corruption.
    Trap(Trap),
    /// An error of the handler; [`ErrorPlace`] tells where.
    Error(ErrorCode),
    /// The input is not acceptable.
    Refused(Refusal),
}

/// Where a lane met an error; the other lane must meet it there too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ErrorPlace {
    /// The position of the instruction.
    pub(crate) position: u32,
    /// The values of its second and third operands, as far as these are registers.
    pub(crate) operands: [u64; 2],
}

impl From<ErrorCode> for Stop {
    fn from(code: ErrorCode) -> Stop {
        Stop::Error(code)
    }
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Stop {
        Stop::Trap(trap)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

/// A runtime error as the host sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuntimeError {
    /// What went wrong.
    pub code: ErrorCode,
    /// The handler's name.
    pub handler: String,
    /// The place: file, line and column.
    pub place: String,
    /// The source line, without the white space around it.
    pub source_line: String,
    /// The values involved, for example `key 7`.
    pub values: Vec<String>,
    /// The message that was being handled, with its values as far as they are short; empty outside of
    /// messages.
    pub message: String,
    /// Whether it happened in an invariant or probe, which looks at what is committed already.
    pub in_probe: bool,
}

impl std::fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "runtime error {}: {}", self.code.code(), self.code)?;
        if !self.values.is_empty() {
            write!(f, ": {}", self.values.join(", "))?;
        }
        write!(
            f,
            "\n  --> {} in handler {}\n   | {}",
            self.place, self.handler, self.source_line
        )?;
        if !self.message.is_empty() {
            write!(f, "\n   = while handling {}", self.message)?;
        }
        f.write_str(if self.in_probe {
            "\n   = it looked at the committed state, which stays as it is"
        } else {
            "\n   = the state is as it was before the message, and nothing was sent"
        })
    }
}

impl std::error::Error for RuntimeError {}
