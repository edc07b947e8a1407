//! Named campaigns: the hard cases, each a part of all faults by the names of their places.

macro_rules! presets {
    ($($label:literal [$($part:literal)*] $text:literal;)+) => {
        /// Name, parts of the names of places, and what the campaign asks.
        pub const PRESETS: &[(&str, &[&str], &str)] = &[$(($label, &[$($part),*], $text)),+];
    };
}

presets! {
    "skipped-lane" ["phase" "region" "position" "block.start"]
        "does a jump that skips a lane, or repeats one, commit or send something?";
    "code" ["code" "fixed" "type." "handler." "message." "timer." "limit." "record" "handlers"]
        "bytecode, constants, tables and limits, before and between phases";
    "bases" ["wire" "apart"]
        "does a lane that works on the other lane's memory go unnoticed?";
    "outputs" ["outbox" "output" "emit."]
        "outputs' bytes, lengths and cursors between CRC and hand-over";
    "checks" ["token" "progress" "trail" "result" "epoch" "noted" "turn." "halt" "signature" "stamp" "poison"]
        "what the checks themselves look at";
    "input" ["frame" "ordinal" "input" "time" "kind" "chosen" "sender" "message" "decoded_words"]
        "the input between CRC check, decoding and run";
    "state" ["state"]
        "each word of either copy";
    "growth" []
        "every place, in the messages with which the state's containers grow and rehash";
    "recovery" []
        "snapshots and redo records that are hit, and the state after it was restored from them";
}

/// The campaign that chooses messages, and not places.
pub const GROWTH: &str = "growth";

/// The campaign that restores the process.
pub const RECOVERY: &str = "recovery";

/// The parts of names of a campaign.
pub fn preset(label: &str) -> Option<&'static [&'static str]> {
    let found = PRESETS.iter().find(|(name, ..)| *name == label);
    found.map(|(_, parts, _)| *parts)
}
