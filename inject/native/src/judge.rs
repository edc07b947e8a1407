//! What came of a fault: a run compared with the run without it.
//!
//! In: a run from the input with the fault to the end of the trace, the run without a fault, and a way to
//! run the workload without some of its inputs. Out: the outcome. An input that was lost is no corruption
//! if all that follows is as if it had never come: the frames, the records and the state at the end.

use crate::protocol::Kind;
use crate::run::{Piece, Run};
use crate::tracee::Exit;
use pasc_inject::{
    Outcome, Outputs, compare, compare_record, frames, is_intact, is_recovered, is_taken,
};
use pasc_vm::state::ROOT;
use std::rc::Rc;

/// The bytes of a snapshot before the number of its words, and before its words.
const SNAPSHOT_COUNT: usize = 16;
const SNAPSHOT_WORDS: usize = 24;
const CRC: usize = 4;
/// The word of a state copy that counts its commits.
const EPOCH: usize = 1;
/// The word of a state copy that says where its heap ends.
const TOP: usize = 4;

/// What runs are compared with.
pub(crate) struct Right<'r> {
    /// The run of all inputs.
    pub(crate) golden: Rc<Run>,
    /// The words of the state copies before the first input.
    pub(crate) initial: &'r [Vec<u64>],
    pub(crate) inputs: usize,
}

/// The words of the state copies.
type Copies = [Vec<u64>];

/// How far the judgement of a run is.
struct Judging<'r, F> {
    right: &'r Right<'r>,
    /// The run that is right for the inputs that were not lost.
    expected: Rc<Run>,
    without: F,
    /// The input at which the run began.
    first: usize,
    lost: Vec<usize>,
    outcome: Outcome,
}

impl Right<'_> {
    /// Judges a run that began at an input. `without` gives the run that leaves inputs out.
    pub(crate) fn judge<E>(
        &self,
        first: usize,
        run: &Run,
        without: impl FnMut(&[usize]) -> Result<Rc<Run>, E>,
    ) -> Result<Outcome, E> {
        let mut judging = Judging {
            right: self,
            expected: self.golden.clone(),
            without,
            first,
            lost: Vec::new(),
            outcome: Outcome::Masked,
        };
        let mut next = first;
        for piece in &run.pieces {
            let index = piece.handled.index as usize;
            if index < next || index >= self.inputs {
                // A second delivery, or one of nothing: refused, or else wrong.
                if leaks(&piece.frames, &piece.record) {
                    return Ok(Outcome::Sdc);
                }
                continue;
            }
            let index = judging.labelled(next, index, piece);
            judging.lose(next..index, Outcome::Omitted)?;
            next = index + 1;
            if let Some(outcome) = judging.piece(first, index, piece, run)? {
                return Ok(outcome);
            }
        }
        let is_inside = !run.rest.0.is_empty() || !run.rest.1.is_empty();
        if run.exit != Exit::Code(0) || run.end.is_none() || is_inside {
            return Ok(judging.broken_off(next, run));
        }
        judging.lose(next..self.inputs, Outcome::Omitted)?;
        Ok(judging.at_the_end(run))
    }
}

impl<F, E> Judging<'_, F>
where
    F: FnMut(&[usize]) -> Result<Rc<Run>, E>,
{
    /// The first bad thing that happened names the outcome.
    fn note(&mut self, outcome: Outcome) {
        if self.outcome == Outcome::Masked {
            self.outcome = outcome;
        }
    }

    /// The input that a piece is of. A process that goes astray may note another one; what left is what
    /// counts.
    fn labelled(&self, next: usize, noted: usize, piece: &Piece) -> usize {
        let is_of = |index: usize| {
            self.expected.piece(index).is_some_and(|right| {
                (&piece.frames, &piece.record) == (&right.frames, &right.record)
            })
        };
        let left = !piece.frames.is_empty() || !piece.record.is_empty();
        match left && !is_of(noted) && is_of(next) {
            true => next,
            false => noted,
        }
    }

    /// Inputs were lost: from now on the run without them is right.
    fn lose(&mut self, inputs: std::ops::Range<usize>, outcome: Outcome) -> Result<(), E> {
        if !inputs.is_empty() {
            self.note(outcome);
            self.lost.extend(inputs);
            self.expected = (self.without)(&self.lost)?;
        }
        Ok(())
    }

    /// The state copies before an input.
    fn before(&self, input: usize) -> &Copies {
        let last = |run: &'_ Run| {
            let earlier = |piece: &&Piece| (piece.handled.index as usize) < input;
            run.pieces.iter().rposition(|piece| earlier(&piece))
        };
        if let Some(at) = last(&self.expected) {
            &self.expected.pieces[at].handled.copies
        } else if let Some(at) = self.first.checked_sub(1) {
            // Runs without some inputs begin where the run that is judged does.
            &self.right.golden.pieces[at].handled.copies
        } else {
            self.right.initial
        }
    }

    /// Judges what one input gave; the outcome, if nothing can follow.
    fn piece(
        &mut self,
        first: usize,
        index: usize,
        piece: &Piece,
        run: &Run,
    ) -> Result<Option<Outcome>, E> {
        let expected = self.expected.clone();
        let Some(right) = expected.piece(index) else {
            return Ok(Some(Outcome::Sdc));
        };
        let (frames, record) = (
            compare(&piece.frames, &right.frames),
            self.compare_record(index, &piece.record, &right.record),
        );
        let is_done = (
            piece.handled.kind == Kind::Done,
            right.handled.kind == Kind::Done,
        );
        if let Kind::Trap(_) = piece.handled.kind {
            return Ok(Some(self.trapped(first, index, piece, right, run)));
        }
        if frames == Outputs::Wrong || record == Outputs::Wrong {
            return Ok(Some(Outcome::Sdc));
        }
        let before: Vec<u64> = epochs(self.before(index));
        let commits = right.handled.epochs != before;
        let stands_still = commits && piece.handled.epochs == before;
        match is_done {
            (true, true) => {
                // Plain may count its commits wrongly and do all else right.
                if stands_still && before.len() == 2 {
                    if leaks(&piece.frames, &piece.record) {
                        return Ok(Some(Outcome::Sdc));
                    }
                    self.lose(index..index + 1, Outcome::Omitted)?;
                } else if frames == Outputs::Spoilt || record == Outputs::Spoilt {
                    self.note(Outcome::Exposed);
                } else if frames == Outputs::Fewer || record == Outputs::Fewer {
                    self.note(Outcome::OmittedCommitted);
                }
            }
            (false, true) => {
                let lost = match piece.handled.kind {
                    Kind::Error(_) => Outcome::RuntimeError,
                    _ => Outcome::Omitted,
                };
                if commits && piece.handled.epochs == right.handled.epochs {
                    self.note(Outcome::OmittedCommitted);
                } else {
                    self.lose(index..index + 1, lost)?;
                }
            }
            (true, false) => {
                if leaks(&piece.frames, &piece.record) {
                    return Ok(Some(Outcome::Sdc));
                }
                self.note(Outcome::Exposed);
            }
            (false, false) if piece.handled.kind != right.handled.kind => {
                self.note(match piece.handled.kind {
                    Kind::Error(_) => Outcome::RuntimeError,
                    _ => Outcome::Omitted,
                });
            }
            (false, false) => {}
        }
        Ok(None)
    }

    /// Compares the record of an input with the right one. That of an input before it, once more, is as good as
    /// none: a recovery passes over it.
    fn compare_record(&self, input: usize, record: &[u8], right: &[u8]) -> Outputs {
        let mut earlier = self.expected.pieces.iter();
        let is_earlier =
            earlier.any(|piece| (piece.handled.index as usize) < input && piece.record == record);
        match compare_record(record, right) {
            Outputs::Wrong if is_earlier => Outputs::Fewer,
            outcome => outcome,
        }
    }

    /// The process stopped: nothing wrong may have left, and the state copies are as before, as after, or
    /// unequal.
    fn trapped(
        &self,
        first: usize,
        index: usize,
        piece: &Piece,
        right: &Piece,
        run: &Run,
    ) -> Outcome {
        let wrong = compare(&piece.frames, &right.frames) == Outputs::Wrong
            || self.compare_record(index, &piece.record, &right.record) == Outputs::Wrong;
        let copies = run.end.as_ref().map_or(&[][..], |end| &end.copies);
        let torn = copies.len() == 2
            && copies[0] == copies[1]
            && can_be_a_state(&copies[0])
            && !same_copies(copies, self.before(index))
            && !same_copies(copies, &right.handled.copies);
        match self.outcome {
            _ if wrong || torn => Outcome::Sdc,
            Outcome::Masked if index == first => Outcome::Trapped,
            // Right outputs, and a read that trapped later.
            Outcome::Masked => Outcome::Latent,
            outcome => outcome,
        }
    }

    /// The process ended in the middle of an input, or of its snapshot.
    fn broken_off(&self, input: usize, run: &Run) -> Outcome {
        let right = self.expected.piece(input);
        let right = right.map_or((&[][..], &[][..]), |piece| (&piece.frames, &piece.record));
        let frames = compare(&run.rest.0, right.0);
        let record = self.compare_record(input, &run.rest.1, right.1);
        let died = match run.exit {
            Exit::Hung => Outcome::Hung,
            _ => Outcome::Crashed,
        };
        match (frames, record, self.outcome) {
            (Outputs::Wrong, ..) | (_, Outputs::Wrong, _) => Outcome::Sdc,
            (Outputs::Spoilt, _, Outcome::Masked) | (_, Outputs::Spoilt, Outcome::Masked) => {
                Outcome::Exposed
            }
            (.., Outcome::Masked) => died,
            (.., outcome) => outcome,
        }
    }

    /// All inputs are done with: is the state right?
    fn at_the_end(&self, run: &Run) -> Outcome {
        let (Some(end), Some(right)) = (&run.end, &self.expected.end) else {
            return Outcome::Sdc;
        };
        let latent = match self.outcome {
            Outcome::Masked => Outcome::Latent,
            outcome => outcome,
        };
        match (&end.snapshot, &right.snapshot) {
            (Err(_), _) => {
                let last = self.before(self.right.inputs);
                let copies = &end.copies;
                let equal = copies.len() == 2 && copies[0] == copies[1];
                if equal && can_be_a_state(&copies[0]) && !same_copies(copies, last) {
                    Outcome::Sdc
                } else {
                    latent
                }
            }
            (Ok(snapshot), _) if !is_intact(snapshot) => latent,
            (Ok(snapshot), Ok(right)) if same_snapshot(snapshot, right) => self.outcome,
            // In plain a wrong word of the only copy may be one that nobody reads.
            _ if end.state.is_some() && end.state == right.state => self.outcome,
            _ => Outcome::Sdc,
        }
    }
}

/// Whether something left that a receiver or a recovery would take.
fn leaks(outputs: &[u8], record: &[u8]) -> bool {
    frames(outputs).0.into_iter().any(is_taken) || is_recovered(record)
}

/// Whether words can be a state, as the machine asks before each input; what is filled with poison cannot,
/// and so is seen to be damaged.
fn can_be_a_state(words: &[u64]) -> bool {
    match (words.first(), words.get(TOP)) {
        (Some(0), Some(top)) => (u64::from(ROOT)..=words.len() as u64).contains(top),
        _ => false,
    }
}

fn epochs(copies: &Copies) -> Vec<u64> {
    let epoch = |copy: &Vec<u64>| copy.get(EPOCH).copied().unwrap_or(u64::MAX);
    copies.iter().map(epoch).collect()
}

/// Whether copies hold the same. Room that was reserved and not used is no difference.
fn same_copies(copies: &Copies, right: &Copies) -> bool {
    let mut pairs = copies.iter().zip(right);
    copies.len() == right.len() && pairs.all(|(a, b)| same_words(a, b))
}

fn same_words<T: PartialEq + Default>(a: &[T], b: &[T]) -> bool {
    let shared = a.len().min(b.len());
    let mut rest = a[shared..].iter().chain(&b[shared..]);
    a[..shared] == b[..shared] && rest.all(|word| *word == T::default())
}

fn same_snapshot(snapshot: &[u8], right: &[u8]) -> bool {
    let parts = |snapshot: &'_ [u8]| {
        let end = snapshot.len().checked_sub(CRC)?;
        (end >= SNAPSHOT_WORDS).then_some(end)
    };
    let (Some(a), Some(b)) = (parts(snapshot), parts(right)) else {
        return false;
    };
    snapshot[..SNAPSHOT_COUNT] == right[..SNAPSHOT_COUNT]
        && same_words(&snapshot[SNAPSHOT_WORDS..a], &right[SNAPSHOT_WORDS..b])
}

#[cfg(test)]
#[path = "judge/tests.rs"]
mod tests;
