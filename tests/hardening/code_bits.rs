//! Every bit of the code, in either lane.

use crate::bench::{Answer, acceptor, give, message, start};
use pasc_vm::Value;
use pasc_vm::process::{Failure, Location, Lockstep, Mode, Sequential};
use pasc_vm::trap::Trap;

#[test]
fn a_flipped_bit_of_one_lanes_code_never_gives_a_wrong_answer() {
    never_gives_a_wrong_answer::<Lockstep>();
    never_gives_a_wrong_answer::<Sequential>();
}

fn never_gives_a_wrong_answer<M: Mode>() {
    let program = acceptor();
    let accept = |ballot, slot| {
        let value = Value::Bytes(b"value".to_vec());
        message(
            program,
            "Accept",
            vec![Value::Int(ballot), Value::Int(slot), value],
        )
    };
    let before = [accept(1, 4), accept(2, 5)];
    let later = [
        message(program, "Prepare", vec![Value::Int(9), Value::Int(5)]),
        accept(9, 6),
        message(program, "Prepare", vec![Value::Int(1), Value::Int(0)]),
    ];
    let run = |process: &mut _| -> Vec<Answer> {
        let inputs = later.iter().enumerate();
        inputs
            .map(|(index, frame)| give::<M>(process, index as u64 + 3, frame))
            .collect()
    };
    let mut process = start(program, &before);
    let mut states = vec![process.copies()[0].to_vec()];
    for (index, frame) in later.iter().enumerate() {
        give::<M>(&mut process, index as u64 + 3, frame);
        states.push(process.copies()[0].to_vec());
    }
    let right = run(&mut start(program, &before));
    let mut trapped = 0;
    for word in 0..program.code.len() {
        for bit in 0..64 {
            for lane in 0..2 {
                let mut process = start(program, &before);
                assert!(process.flip(Location::Code { lane, word }, bit));
                let answers = run(&mut process);
                let copies: Vec<Vec<u64>> = process.copies().iter().map(|c| c.to_vec()).collect();
                assert!(copies[0] == copies[1] && states.contains(&copies[0]));
                for (answer, right) in answers.iter().zip(&right) {
                    match answer {
                        Answer::Failed(Failure::Trap(_)) => trapped += 1,
                        Answer::Failed(Failure::Stopped) => {}
                        answer => assert_eq!(answer, right, "lane {lane}, word {word}, bit {bit}"),
                    }
                }
            }
        }
    }
    // All but the initial state's and the invariant's code is executed by these messages.
    assert!(trapped > program.code.len() * 64, "{trapped}");
}

#[test]
fn code_that_no_message_runs_is_compared_now_and_then() {
    let program = acceptor();
    let frames = [message(
        program,
        "Prepare",
        vec![Value::Int(1), Value::Int(0)],
    )];
    let mut process = start::<Lockstep>(program, &frames);
    // The initial state's code comes first, and no message runs it.
    assert!(process.flip(Location::Code { lane: 1, word: 0 }, 40));
    let last = (2..=2048).find(|ordinal| {
        let answer = give(&mut process, *ordinal, &frames[0]);
        answer == Answer::Failed(Failure::Trap(Trap::Constant))
    });
    assert_eq!(last, Some(1024));
}
