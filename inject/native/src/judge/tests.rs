//! Verdicts over runs that are made up.

use super::*;
use crate::protocol::{End, Handled};
use std::convert::Infallible;

fn sealed(content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn frame(body: u8) -> Vec<u8> {
    let mut frame = b"PSCT".to_vec();
    frame.extend((8 + 24 + 1 + 4_u32).to_le_bytes());
    frame.extend([0; 24]);
    frame.push(body);
    sealed(&frame)
}

fn record(body: u8) -> Vec<u8> {
    sealed(&[b"PSCR".as_slice(), &[body]].concat())
}

fn snapshot(word: u64) -> Vec<u8> {
    let mut snapshot = [7; SNAPSHOT_WORDS].to_vec();
    snapshot.extend(word.to_le_bytes());
    sealed(&snapshot)
}

/// The state copies after so many commits, with a sum of all inputs that were handled.
fn copies(commits: u64, sum: u64) -> Vec<Vec<u64>> {
    let mut words = vec![0, commits, 0, 0, u64::from(ROOT), sum];
    words.resize(ROOT as usize, 0);
    vec![words; 2]
}

/// A run over inputs 0 to 2 without some of them: each sends its number and adds it, plus one, to a sum.
fn right(without: &[usize]) -> Run {
    let (mut pieces, mut sum) = (Vec::new(), 0);
    for index in (0..3).filter(|index| !without.contains(index)) {
        sum += index as u64 + 1;
        let commits = pieces.len() as u64 + 1;
        pieces.push(Piece {
            handled: Handled {
                index: index as u32,
                kind: Kind::Done,
                epochs: vec![commits; 2],
                equal: true,
                frames: 0,
                records: 0,
                copies: copies(commits, sum),
            },
            frames: frame(index as u8),
            record: record(index as u8),
        });
    }
    Run {
        pieces,
        rest: (Vec::new(), Vec::new()),
        end: Some(End {
            snapshot: Ok(snapshot(sum)),
            state: None,
            copies: Vec::new(),
        }),
        exit: Exit::Code(0),
    }
}

fn judge(change: impl FnOnce(&mut Run)) -> Outcome {
    let mut run = right(&[]);
    change(&mut run);
    let initial = copies(0, 0);
    let right_runs = Right {
        golden: Rc::new(right(&[])),
        initial: &initial,
        inputs: 3,
    };
    let without = |lost: &[usize]| Ok::<_, Infallible>(Rc::new(right(lost)));
    match right_runs.judge(0, &run, without) {
        Ok(outcome) => outcome,
        Err(never) => match never {},
    }
}

fn refused(run: &mut Run, copies: Vec<Vec<u64>>) {
    run.end = Some(End {
        snapshot: Err("trap".to_owned()),
        state: None,
        copies,
    });
}

/// Cuts a run off after so many inputs.
fn cut(run: &mut Run, inputs: usize, exit: Exit) {
    run.pieces.truncate(inputs);
    run.end = None;
    run.exit = exit;
}

fn trap(run: &mut Run, input: usize, copies: Vec<Vec<u64>>) {
    run.pieces.truncate(input + 1);
    run.pieces[input].handled.kind = Kind::Trap(b"T01".to_vec());
    run.pieces[input].frames.clear();
    run.pieces[input].record.clear();
    refused(run, copies);
}

#[test]
fn what_differs_in_nothing_is_masked_and_what_is_refused_later_is_latent() {
    assert_eq!(judge(|_| {}), Outcome::Masked);
    let unequal = vec![copies(3, 6).remove(0), copies(3, 7).remove(0)];
    assert_eq!(judge(|run| refused(run, unequal)), Outcome::Latent);
    assert_eq!(judge(|run| trap(run, 1, copies(1, 1))), Outcome::Latent);
}

#[test]
fn wrong_frames_records_and_states_are_silent_unless_their_crc_does_not_match() {
    assert_eq!(judge(|run| run.pieces[1].frames = frame(9)), Outcome::Sdc);
    assert_eq!(
        judge(|run| run.pieces[1].frames.extend(frame(1))),
        Outcome::Sdc
    );
    assert_eq!(judge(|run| run.pieces[2].record = record(9)), Outcome::Sdc);
    assert_eq!(judge(|run| run.pieces[1].frames[32] ^= 1), Outcome::Exposed);
    let state = |word| {
        move |run: &mut Run| {
            if let Some(end) = &mut run.end {
                end.snapshot = Ok(snapshot(word));
            }
        }
    };
    assert_eq!(judge(state(5)), Outcome::Sdc);
    assert_eq!(judge(|run| refused(run, copies(3, 5))), Outcome::Sdc);
    assert_eq!(judge(|run| run.rest.0 = frame(2)), Outcome::Sdc);
}

#[test]
fn a_trap_is_no_corruption_unless_both_copies_agree_on_something_else() {
    for (found, outcome) in [
        (copies(0, 0), Outcome::Trapped),
        (copies(1, 1), Outcome::Trapped),
        (vec![vec![9, 1, 1], vec![9, 0, 0]], Outcome::Trapped),
        (copies(1, 2), Outcome::Sdc),
        // Both lanes were led to one copy, which the machine sees.
        (copies(1, 2)[..1].to_vec(), Outcome::Trapped),
    ] {
        assert_eq!(judge(|run| trap(run, 0, found)), outcome);
    }
}

#[test]
fn a_lost_input_is_an_omission_if_all_goes_on_as_if_it_had_never_come() {
    let lost = |state: u64, leaked: bool| {
        judge(move |run| {
            let mut without = right(&[0]);
            without.pieces.insert(0, right(&[]).pieces[0].clone());
            let handled = &mut without.pieces[0].handled;
            handled.kind = Kind::Unhandled;
            handled.epochs = vec![0; 2];
            if !leaked {
                without.pieces[0].frames.clear();
                without.pieces[0].record.clear();
            } else {
                handled.kind = Kind::Done;
            }
            if let Some(end) = &mut without.end {
                end.snapshot = Ok(snapshot(state));
            }
            *run = without;
        })
    };
    assert_eq!(lost(5, false), Outcome::Omitted);
    assert_eq!(lost(6, false), Outcome::Sdc);
    assert_eq!(lost(5, true), Outcome::Sdc);
    // The host never gave it to the machine.
    assert_eq!(judge(|run| *run = right(&[1])), Outcome::Omitted);
    // Committed, and nothing of it left.
    let silent = |run: &mut Run| run.pieces[1].frames.clear();
    assert_eq!(judge(silent), Outcome::OmittedCommitted);
}

#[test]
fn a_process_that_dies_is_judged_by_what_left_before() {
    let died = |frames: Vec<u8>, exit| {
        judge(move |run| {
            cut(run, 1, exit);
            run.rest.0 = frames;
        })
    };
    assert_eq!(died(Vec::new(), Exit::Code(101)), Outcome::Crashed);
    assert_eq!(died(frame(1), Exit::Strange), Outcome::Crashed);
    assert_eq!(died(Vec::new(), Exit::Hung), Outcome::Hung);
    assert_eq!(died(frame(7), Exit::Hung), Outcome::Sdc);
    assert_eq!(
        died(frame(1)[..9].to_vec(), Exit::Code(101)),
        Outcome::Exposed
    );
}

#[test]
fn a_record_that_leaves_once_more_is_passed_over() {
    let died = |body| {
        judge(move |run| {
            cut(run, 1, Exit::Code(101));
            run.rest.1 = record(body);
        })
    };
    assert_eq!(died(0), Outcome::Crashed);
    // That of an input which has not come yet.
    assert_eq!(died(2), Outcome::Sdc);
    let again = judge(|run| run.pieces[1].record = record(0));
    assert_eq!(again, Outcome::OmittedCommitted);
}

#[test]
fn an_input_that_is_handled_again_must_be_refused() {
    let again = |kind: Kind, frames: Vec<u8>| {
        judge(move |run| {
            let mut piece = run.pieces[0].clone();
            piece.handled.kind = kind;
            (piece.frames, piece.record) = (frames, Vec::new());
            run.pieces.insert(1, piece);
        })
    };
    assert_eq!(
        again(Kind::Refused(Vec::new()), Vec::new()),
        Outcome::Masked
    );
    assert_eq!(again(Kind::Done, frame(0)), Outcome::Sdc);
}
