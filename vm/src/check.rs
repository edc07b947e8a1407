//! The table of checks and countermeasures, so that campaigns can take out each alone and must notice.

macro_rules! checks {
    ($($name:ident $label:literal $text:literal;)+) => {
        /// A check or countermeasure of the hardened modes.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Check { $(#[doc = $text] $name,)+ }

        impl Check {
            /// Every row of the table.
            pub const ALL: &[Check] = &[$(Check::$name),+];

            /// The name on the command line.
            pub fn label(self) -> &'static str {
                match self { $(Check::$name => $label,)+ }
            }

            /// What it does, in one phrase.
            pub fn text(self) -> &'static str {
                match self { $(Check::$name => $text,)+ }
            }

            /// Whether it is part of this build; `build.rs` tells how it is left out.
            #[cfg(not(pasc_probe))]
            pub(crate) const fn is_built(self) -> bool {
                match self { $(Check::$name => !cfg!(pasc_without = $label),)+ }
            }
        }
    };
}

checks! {
    RecordCrc "record-crc" "the CRC of the input record, checked by each lane";
    FrameCrc "frame-crc" "the CRC of the frame, checked by each lane";
    EntryEpochs "entry-epochs" "both copies have the same epoch when a message enters";
    Limits "limits" "the lanes have the same limits";
    Received "received" "the lanes received the same";
    Choice "choice" "the lanes chose the same handler";
    StateRead "state-read" "each word of the state that is read is compared with its replica";
    Opcode "opcode" "an instruction's code compares its opcode with the word that was fetched";
    Signature "signature" "a block's sum is compared with a constant of the code";
    Decision "decision" "the lanes go on at the same block; in sequential, went the same way";
    Bases "bases" "the distances of the lanes' parts are compared whenever lanes change";
    Ends "ends" "the lanes end alike, with the same result or error";
    Tokens "tokens" "each lane halted at an end of its handler, by the other lane's code";
    Fuel "fuel" "the lanes took the same number of steps";
    Input "input" "input and decoded message are compared again after the handler";
    Delta "delta" "the logs are compared: places, values, order";
    Outputs "outputs" "the outputs are compared: count and bytes";
    Trail "trail" "each lane's guards gave what its choice of the handler says";
    Borders "borders" "each lane began and ended each region of its handlers once";
    Stamp "stamp" "a log is applied only for the message that it belongs to";
    ApplyEpoch "apply-epoch" "a log is applied only to a copy of its epoch";
    Progress "progress" "each stage of a message begins once, after the one before is done";
    Stages "stages" "the stages that were completed are folded into the outputs' CRC";
    ResidueTokens "residue-tokens" "the tokens are folded into the outputs' CRC";
    ResidueEpochs "residue-epochs" "the copies' epochs are folded into the outputs' CRC";
    OtherCrc "other-crc" "the CRC of an output comes from the other lane's bytes";
    FrameCount "frame-count" "the frames that leave are counted for each lane";
    EmptyOutput "empty-output" "the buffer of outputs is empty before the first frame";
    Spoil "spoil" "what left is overwritten";
    Poison "poison" "what the last message used is overwritten, differently in each lane";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn labels_are_unique() {
        let labels: BTreeSet<&str> = Check::ALL.iter().map(|check| check.label()).collect();
        assert_eq!(labels.len(), Check::ALL.len());
    }
}
