//! The inputs of a campaign: what a run of the trace gives to the process, timers and start included.

use crate::exit::{Code, Failed};
use crate::run::{fired, not_started, start_before};
use crate::timers::Timers;
use crate::trace::{Reader, Record, Whose, jsonl};
use pasc_inject::WorkloadInput;
use pasc_vm::Program;
use pasc_vm::process::{Failure, Handled, Lockstep, Options, Process};
use std::path::Path;

/// Runs the trace once, so that its firings find their orders.
pub(crate) fn read(
    program: &Program,
    options: &Options,
    path: &Path,
) -> Result<Vec<WorkloadInput>, Failed> {
    let whose = Whose {
        program,
        own: &options.own_address,
    };
    let mut trace = Reader::open(path, whose)?;
    let started = Process::<Lockstep>::start(program, options);
    let mut process = started.map_err(|error| not_started(&program.name, &error))?;
    let (mut timers, mut inputs) = (Timers::default(), Vec::new());
    let mut starts = jsonl::starts(program);
    loop {
        let record = trace.next()?;
        if std::mem::take(&mut starts)
            && let Some(start) = start_before(record.as_ref())
        {
            give(start, &mut process, &mut timers, &mut inputs)?;
        }
        let Some(record) = record else {
            return Ok(inputs);
        };
        let record = fired(record, &timers);
        give(record, &mut process, &mut timers, &mut inputs)?;
    }
}

fn give(
    record: Record,
    process: &mut Process<Lockstep>,
    timers: &mut Timers,
    inputs: &mut Vec<WorkloadInput>,
) -> Result<(), Failed> {
    match process.handle(&record.input()) {
        Ok(Handled::Done { outputs, .. }) => {
            timers.fired(&record.frame);
            for output in outputs.filter(|output| Timers::is_order(output)) {
                timers.take(output);
            }
        }
        Ok(Handled::Unhandled(_) | Handled::Refused(_)) | Err(Failure::Error(_)) => {}
        Err(failure) => return Err(Failed::new(Code::Trap, failure.to_string())),
    }
    inputs.push(WorkloadInput {
        ordinal: record.ordinal,
        time: record.time,
        frame: record.frame,
        crc: record.crc,
    });
    Ok(())
}
