//! How long each input takes on the machine that ships.

use crate::exit::Failed;
use crate::run::{ended, not_started};
use pasc_inject::WorkloadInput;
use pasc_vm::Program;
use pasc_vm::process::{Failure, Input, Mode, Options, Process};
use pasc_vm::verify::Verified;
use std::time::Instant;

/// How often the trace is run; the median of each input counts.
const ROUNDS: usize = 7;

/// Nanoseconds of each input: from the frame to the frames that are sent, with a redo record.
pub(super) fn measure<M: Mode>(
    program: &Program,
    options: &Options,
    inputs: &[WorkloadInput],
) -> Result<Vec<u64>, Failed> {
    let verified = Verified::new(program).map_err(|fault| {
        let error = pasc_vm::process::StartError::Program(fault);
        not_started(&program.name, &error)
    })?;
    let clock = clock_nanos();
    // As the machine of fault injection does.
    let options = Options {
        records: true,
        ..options.clone()
    }
    .sealed();
    let mut rounds = vec![Vec::with_capacity(ROUNDS); inputs.len()];
    for _ in 0..ROUNDS {
        let process = Process::<M>::start_verified(verified, &options);
        let mut process = process.map_err(|error| not_started(&program.name, &error))?;
        for (index, (given, times)) in inputs.iter().zip(&mut rounds).enumerate() {
            let input = Input {
                ordinal: given.ordinal,
                time: given.time,
                frame: &given.frame,
                crc: given.crc,
            };
            let since = Instant::now();
            let handled = process.handle(&input);
            let nanos = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            // A handler's error is part of what is profiled.
            match handled {
                Ok(_) | Err(Failure::Error(_)) => times.push(nanos.saturating_sub(clock)),
                Err(failure) => return Err(ended(&format!("input {}", index + 1), &failure)),
            }
        }
    }
    Ok(rounds.iter_mut().map(|times| median(times)).collect())
}

/// What looking at the clock costs.
fn clock_nanos() -> u64 {
    let look = |_| {
        let since = Instant::now();
        since.elapsed().as_nanos() as u64
    };
    median(&mut (0..101).map(look).collect::<Vec<u64>>())
}

fn median(times: &mut [u64]) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(0)
}
