//! The inputs of a campaign: what a run of the trace gives to the process, timers and start included.

use crate::exit::Failed;
use crate::run::{ended, not_started};
use pasc_inject::WorkloadInput;
use pasc_traces::host::{Host, Origin, start_before};
use pasc_traces::{Reader, Record, Whose};
use pasc_vm::Program;
use pasc_vm::process::{Lockstep, Options};
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
    let started = Host::<Lockstep>::start(Origin { whose, options });
    let mut host = started.map_err(|error| not_started(&program.name, &error))?;
    let mut inputs = Vec::new();
    loop {
        let record = trace.read()?;
        if record.as_ref().is_none_or(Record::is_intact)
            && std::mem::take(&mut host.starts)
            && let Some(start) = start_before(record.as_ref())
        {
            give(start, &trace.place(), &mut host, &mut inputs)?;
        }
        let Some(record) = record else {
            return Ok(inputs);
        };
        let record = host.fired(record);
        give(record, &trace.place(), &mut host, &mut inputs)?;
    }
}

/// Errors of handlers and refusals are part of the workload.
fn give(
    record: Record,
    place: &str,
    host: &mut Host<Lockstep>,
    inputs: &mut Vec<WorkloadInput>,
) -> Result<(), Failed> {
    host.handle(&record)
        .map_err(|failure| ended(place, &failure))?;
    inputs.push(WorkloadInput {
        ordinal: record.ordinal,
        time: record.time,
        frame: record.frame,
        crc: record.crc,
    });
    Ok(())
}
