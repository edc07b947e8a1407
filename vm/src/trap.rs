//! Traps: what the machine says when it detects corruption. One table.
//!
//! A trap is never caused by a program or an input. It stops the process; a runtime error
//! ([`crate::error`]) does not.

macro_rules! traps {
    ($($code:literal $name:ident $text:literal;)+) => {
        /// Why the machine stopped.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Trap { $(#[doc = $text] $name = $code,)+ }

        impl Trap {
            /// Every trap, by code.
            pub const ALL: &[Trap] = &[$(Trap::$name),+];

            /// The stable number.
            pub fn code(self) -> u8 {
                self as u8
            }

            /// One sentence for people.
            pub fn text(self) -> &'static str {
                match self { $(Trap::$name => $text,)+ }
            }
        }
    };
}

traps! {
    1 State "a variable of the state differs from its replica";
    2 Input "the lanes do not see the same input";
    3 Decoded "the lanes decoded the message differently";
    4 Handler "the lanes chose different handlers";
    5 Opcode "control entered the code of another instruction";
    6 Signature "a basic block was not executed as it was compiled";
    7 ControlFlow "the lanes went different ways";
    8 Base "the memory of one lane was taken for that of the other";
    9 Address "an address lies outside of the memory";
    10 Code "control left the code";
    11 Error "one lane failed and the other did not, or otherwise";
    12 Delta "the lanes wrote different things";
    13 Output "the lanes sent different things";
    14 Token "a lane did not reach the end of its handler";
    15 Guard "the guard of the handler does not hold any more";
    16 Stamp "a log belongs to another message";
    17 Epoch "a state copy has seen more or fewer commits than its log";
    18 Heap "the memory of the state is damaged";
    19 Fuel "the lanes took different numbers of steps";
    20 Constant "the copies of the program, its parameters or limits differ, or are not what the host sealed";
    21 Message "the decoded message or the input changed while it was handled";
    22 Stage "a stage of the message was skipped or repeated";
}

impl std::fmt::Display for Trap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "trap T{:02}: {}", self.code(), self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_without_gaps() {
        for (index, trap) in Trap::ALL.iter().enumerate() {
            assert_eq!(usize::from(trap.code()), index + 1);
        }
    }
}
