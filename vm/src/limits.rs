//! The limits of a process, by name.

use serde::Serialize;

macro_rules! limits {
    ($($name:ident = $default:literal, $max:literal, $text:literal;)+) => {
        /// How much one message, and the state, may take.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
        pub struct Limits { $(#[doc = $text] pub $name: u64,)+ }

        impl Default for Limits {
            fn default() -> Limits {
                Limits { $($name: $default),+ }
            }
        }

        impl Limits {
            /// Name, default, greatest value and meaning of every limit.
            pub const TABLE: &[(&str, u64, u64, &str)] =
                &[$((stringify!($name), $default, $max, $text)),+];

            /// A limit by its name.
            pub fn get(&self, name: &str) -> Option<u64> {
                match name {
                    $(stringify!($name) => Some(self.$name),)+
                    _ => None,
                }
            }

            /// Sets a limit by its name. The error is a sentence that names what is possible.
            pub fn set(&mut self, name: &str, value: u64) -> Result<(), String> {
                match name {
                    $(stringify!($name) if (1..=$max).contains(&value) => self.$name = value,
                    stringify!($name) => {
                        return Err(format!("the limit `{name}` goes from 1 to {}", $max));
                    })+
                    _ => {
                        let names: Vec<&str> = Limits::TABLE.iter().map(|row| row.0).collect();
                        return Err(format!(
                            "there is no limit `{name}`; the limits are {}",
                            names.join(", ")
                        ));
                    }
                }
                Ok(())
            }
        }
    };
}

limits! {
    instructions = 50_000_000, 1_000_000_000_000u64, "instructions per message; bulk work counts by size";
    call_depth = 1_000, 65_536u64, "calls within each other";
    message_bytes = 16_777_216, 1_073_741_824u64, "bytes of one frame, received or sent";
    outputs = 65_536, 1_048_576u64, "frames sent per message";
    temporary_words = 16_777_216, 2_147_483_648u64, "8-byte words of temporary memory per message and lane";
    state_words = 268_435_456, 4_294_967_040u64, "8-byte words of one copy of the state";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_set_by_name_within_its_range() {
        let mut limits = Limits::default();
        assert_eq!(limits.set("outputs", 3), Ok(()));
        assert_eq!(limits.outputs, 3);
        assert!(limits.set("outputs", 0).is_err());
        assert!(limits.set("outputs", 1_048_577).is_err());
        let error = limits.set("output", 3).expect_err("no such limit");
        assert!(
            error.contains("outputs") && error.contains("state_words"),
            "{error}"
        );
    }
}
