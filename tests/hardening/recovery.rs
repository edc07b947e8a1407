//! Snapshots and redo records: what comes back is what was there, or nothing.

use crate::bench::{acceptor, acceptor_frames, compile, give};
use pasc_vm::process::{Input, Lockstep, Mode, Options, Plain, Process, Sequential};
use pasc_vm::recovery::{RecoverError, Recovery, RecoveryError, Released};

fn options() -> Options {
    Options {
        records: true,
        ..Options::new("self")
    }
}

/// What a process leaves after each message: a snapshot and the redo record.
struct History {
    snapshots: Vec<Vec<u8>>,
    records: Vec<Vec<u8>>,
    states: Vec<Vec<Vec<u64>>>,
}

fn states<M: Mode>(process: &mut Process<M>) -> Vec<Vec<u64>> {
    process.copies().iter().map(|copy| copy.to_vec()).collect()
}

fn history<M: Mode>() -> History {
    let program = acceptor();
    let mut process: Process<M> = Process::start(program, &options()).unwrap();
    let mut history = History {
        snapshots: vec![],
        records: vec![],
        states: vec![],
    };
    history.snapshots.push(process.snapshot().unwrap());
    history.states.push(states(&mut process));
    for (index, frame) in acceptor_frames(program).iter().enumerate() {
        let committed = process.epoch();
        process
            .handle(&Input::new(index as u64 + 1, 0, frame))
            .unwrap();
        assert_eq!(process.record().is_empty(), process.epoch() == committed);
        if process.epoch() > committed {
            history.records.push(process.record().to_vec());
            history.snapshots.push(process.snapshot().unwrap());
            history.states.push(states(&mut process));
        }
    }
    history
}

fn a_snapshot_and_the_records_after_it_give_the_live_state<M: Mode>() {
    let history = history::<M>();
    let last = history.snapshots.len() - 1;
    assert!(last > 5);
    for (start, snapshot) in history.snapshots.iter().enumerate() {
        for end in start..=last {
            let mut recovery = Recovery::<M>::new(acceptor(), &options(), snapshot).unwrap();
            for record in &history.records[start..end] {
                recovery.replay(record).unwrap();
            }
            let mut process = recovery.finish(Released::UpTo(end as u64 + 1)).unwrap();
            assert_eq!(
                states(&mut process),
                history.states[end],
                "from {start} to {end}"
            );
        }
    }
}

#[test]
fn a_snapshot_and_the_records_after_it_give_the_live_state_in_every_mode() {
    a_snapshot_and_the_records_after_it_give_the_live_state::<Plain>();
    a_snapshot_and_the_records_after_it_give_the_live_state::<Lockstep>();
    a_snapshot_and_the_records_after_it_give_the_live_state::<Sequential>();
}

#[test]
fn snapshots_and_records_are_the_same_in_every_mode() {
    let (plain, lockstep) = (history::<Plain>(), history::<Lockstep>());
    let sequential = history::<Sequential>();
    assert!(plain.records == lockstep.records && plain.records == sequential.records);
    assert!(plain.snapshots == lockstep.snapshots && plain.snapshots == sequential.snapshots);
}

#[test]
fn a_restored_process_goes_on_like_the_one_that_was_not_interrupted() {
    let program = acceptor();
    let frames = acceptor_frames(program);
    let mut whole: Process<Lockstep> = Process::start(program, &options()).unwrap();
    for (index, frame) in frames.iter().enumerate() {
        let snapshot = whole.snapshot().unwrap();
        let released = Released::UpTo(whole.epoch());
        let recovery = Recovery::<Lockstep>::new(program, &options(), &snapshot).unwrap();
        let mut restored = recovery.finish(released).unwrap();
        let ordinal = index as u64 + 1;
        assert_eq!(
            give(&mut restored, ordinal, frame),
            give(&mut whole, ordinal, frame)
        );
        assert_eq!(states(&mut restored), states(&mut whole));
    }
}

fn new_error(snapshot: &[u8]) -> RecoverError {
    let recovery = Recovery::<Lockstep>::new(acceptor(), &options(), snapshot);
    recovery.err().expect("the snapshot is refused")
}

#[test]
fn every_flipped_bit_and_cut_of_a_snapshot_or_record_is_refused() {
    let history = history::<Lockstep>();
    let snapshot = &history.snapshots[0];
    for bit in 0..snapshot.len() * 8 {
        let mut flipped = snapshot.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            new_error(&flipped),
            RecoverError::Data(RecoveryError::Damaged),
            "bit {bit}"
        );
    }
    for length in (0..snapshot.len()).step_by(7) {
        assert_eq!(
            new_error(&snapshot[..length]),
            RecoverError::Data(RecoveryError::Damaged)
        );
    }
    let record = &history.records[0];
    for bit in 0..record.len() * 8 {
        let mut recovery = Recovery::<Lockstep>::new(acceptor(), &options(), snapshot).unwrap();
        let mut flipped = record.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let damaged = Err(RecoverError::Data(RecoveryError::Damaged));
        assert_eq!(recovery.replay(&flipped), damaged, "bit {bit}");
        assert_eq!(
            recovery.replay(record),
            damaged,
            "a failed recovery stays failed"
        );
        assert!(recovery.finish(Released::Lost).is_err());
    }
}

#[test]
fn a_gap_a_forgotten_promise_and_a_strange_program_are_refused() {
    let history = history::<Lockstep>();
    let begin =
        || Recovery::<Lockstep>::new(acceptor(), &options(), &history.snapshots[0]).unwrap();
    let gap = RecoveryError::Gap {
        state: 1,
        record: 2,
    };
    assert_eq!(
        begin().replay(&history.records[1]),
        Err(RecoverError::Data(gap))
    );

    let mut recovery = begin();
    recovery.replay(&history.records[0]).unwrap();
    recovery
        .replay(&history.records[0])
        .expect("a record that is known already is passed over");
    assert_eq!(recovery.epoch(), 2);
    let forgetful = RecoveryError::Forgetful {
        reached: 2,
        released: 3,
    };
    let finished = recovery.finish(Released::UpTo(3));
    assert_eq!(finished.err().unwrap(), RecoverError::Data(forgetful));
    assert!(begin().finish(Released::Lost).is_ok());

    let other = compile("other.pasc", "state { n: int = 0 }\n");
    let strange = Recovery::<Lockstep>::new(&other, &options(), &history.snapshots[0]);
    assert_eq!(
        strange.err().unwrap(),
        RecoverError::Data(RecoveryError::Program)
    );
}

fn what_a_host_spoils_is_gone_and_nothing_else<M: Mode>() {
    let program = acceptor();
    let mut spoiling: Process<M> = Process::start(program, &options().sealed()).unwrap();
    let mut other: Process<M> = Process::start(program, &options().sealed()).unwrap();
    let mut records = 0;
    for (index, frame) in acceptor_frames(program).iter().enumerate() {
        let ordinal = index as u64 + 1;
        assert_eq!(
            give(&mut spoiling, ordinal, frame),
            give(&mut other, ordinal, frame)
        );
        assert_eq!(spoiling.record(), other.record());
        records += usize::from(!spoiling.record().is_empty());
        spoiling.spoil();
        assert!(spoiling.record().is_empty());
        assert_eq!(states(&mut spoiling), states(&mut other));
    }
    assert!(records > 5);
    assert_eq!(spoiling.statistics(), other.statistics());
}

#[test]
fn what_a_host_spoils_is_gone_and_nothing_else_in_every_mode() {
    what_a_host_spoils_is_gone_and_nothing_else::<Plain>();
    what_a_host_spoils_is_gone_and_nothing_else::<Lockstep>();
    what_a_host_spoils_is_gone_and_nothing_else::<Sequential>();
}
