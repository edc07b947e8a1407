//! Snapshots and redo records with damage that their CRCs do not show.

use crate::corpus::Corpus;
use crate::dice::Dice;
use crate::modes::{Case, traps};
use crate::tally::Tally;
use crate::{mutate, programs};
use pasc_vm::process::{Input, Lockstep, Mode, Plain, Process, Sequential};
use pasc_vm::recovery::{Recovery, Released};

/// A process runs; what it leaves is damaged, and a new one made of it in some mode.
pub(crate) fn case(corpus: &Corpus, dice: &mut Dice, tally: &mut Tally) {
    let case = programs::case(corpus.program(dice), dice, false);
    let Ok(mut source) = Process::<Lockstep>::start_verified(case.program, &case.options) else {
        tally.count("programs not started");
        return;
    };
    let saved_before = dice.below(case.inputs.len() as u64) as usize;
    let (mut snapshot, mut records) = (Vec::new(), Vec::new());
    for (ordinal, input) in case.inputs.iter().enumerate() {
        if ordinal == saved_before {
            snapshot = source.snapshot().expect("nothing is corrupted");
            records.clear();
        }
        let _ = source.handle(&Input::new(ordinal as u64 + 1, 0, input));
        if !source.record().is_empty() {
            records.push(source.record().to_vec());
        }
    }
    let mut intact = true;
    if dice.one_in(2) {
        intact = false;
        mutate::bytes(&mut snapshot, dice);
        mutate::stamp(&mut snapshot);
    }
    for record in &mut records {
        if dice.one_in(2) {
            intact = false;
            mutate::bytes(record, dice);
            mutate::stamp_frame(record);
        }
    }
    let recovered = match dice.below(3) {
        0 => recover::<Plain>(&case, &snapshot, &records, tally),
        1 => recover::<Lockstep>(&case, &snapshot, &records, tally),
        _ => recover::<Sequential>(&case, &snapshot, &records, tally),
    };
    if intact {
        assert_eq!(recovered, source.state().ok(), "what is intact recovers");
    }
}

/// The state as it was recovered, if it was; then the process goes on.
fn recover<M: Mode>(
    case: &Case,
    snapshot: &[u8],
    records: &[Vec<u8>],
    tally: &mut Tally,
) -> Option<pasc_vm::Value> {
    let begun = Recovery::<M>::of_verified(case.program, &case.options, snapshot);
    let mut recovery = begun.ok()?;
    for record in records {
        let _ = recovery.replay(record);
    }
    let mut process = recovery.finish(Released::Lost).ok()?;
    tally.count("recoveries");
    let state = process.state().ok();
    for (index, input) in case.inputs.iter().enumerate() {
        if traps(&mut process, 1000 + index as u64, input, tally) {
            tally.count("traps after recovery");
        }
    }
    let _ = process.state();
    state
}
