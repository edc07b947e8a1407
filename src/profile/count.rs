//! Which instructions each input executes, and what the machine does around them.

use crate::exit::{Code, Failed};
use pasc_inject::WorkloadInput;
use pasc_vm::Program;
use pasc_vm::process::Options;
use pasc_vm_probed as probed;
use probed::probe::session;
use probed::probe::{Judged, Machine, Recording};
use probed::process::{Input, Mode};

/// The most instructions of an input, of one lane: what is recorded of each takes memory.
const MOST_INSTRUCTIONS: u64 = 100_000;

/// Sites within an instruction, or within a phase.
const INNER: [&str; 6] = [
    "fetched",
    "read",
    "write",
    "grown",
    "scratch",
    "frame checked",
];

/// What the machine was at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum At {
    /// Around the instructions: the phase.
    Phase(&'static str),
    /// The instruction at this position, in this lane.
    Instruction(u8, u32),
}

/// A stretch of work between two places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) at: At,
    /// How much work it was: what it wrote and touched.
    pub(super) weight: u64,
}

/// The steps of each input, in order.
pub(super) fn count<M: Mode>(
    program: &Program,
    options: &Options,
    inputs: &[WorkloadInput],
) -> Result<Vec<Vec<Step>>, Failed> {
    let (program, options) = probed_of(program, options).map_err(broken)?;
    let started = Machine::<M>::start(&program, &options);
    let mut machine = started.map_err(|error| broken(error.to_string()))?;
    let mut steps = Vec::with_capacity(inputs.len());
    for (index, given) in inputs.iter().enumerate() {
        let input = Input {
            ordinal: given.ordinal,
            time: given.time,
            frame: &given.frame,
            crc: given.crc,
        };
        session::record();
        let end = machine.handle(&input);
        let mut recording = session::recorded();
        recording.finish();
        match end {
            Judged::Error(code) if code == "R04" => {
                let text = format!(
                    "input {} executes more than {} instructions, the limit of a profile; \
                     give it less to do",
                    index + 1,
                    options.limits.instructions
                );
                return Err(Failed::new(Code::Undecided, text));
            }
            Judged::Trap(trap) => return Err(broken(trap.to_string())),
            _ => steps.push(steps_of(&recording)),
        }
    }
    Ok(steps)
}

fn broken(why: String) -> Failed {
    let text = format!("the machine of fault injection does not run the program: {why}");
    Failed::new(Code::Undecided, text)
}

/// Program and options for the machine of fault injection, which has types of its own.
fn probed_of(
    program: &Program,
    options: &Options,
) -> Result<(probed::Program, probed::process::Options), String> {
    let bytes = pasc_vm::file::write(program).map_err(|error| error.to_string())?;
    let program = probed::file::read(&bytes).map_err(|error| error.to_string())?;
    let mut own = probed::process::Options::new(&options.own_address);
    for (name, value) in &options.params {
        let value = serde_json::to_value(value).and_then(serde_json::from_value);
        own.params
            .push((name.clone(), value.map_err(|error| error.to_string())?));
    }
    own.hash_key = options.hash_key;
    own.random_seed = options.random_seed;
    for (name, _, _, _) in probed::limits::Limits::TABLE {
        let value = options.limits.get(name).unwrap_or(1);
        own.limits.set(name, value)?;
    }
    own.limits.instructions = own.limits.instructions.min(MOST_INSTRUCTIONS);
    Ok((program, own))
}

/// What was recorded, as steps.
fn steps_of(recording: &Recording) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut touches = recording.touches.iter().peekable();
    for (index, point) in recording.points.iter().enumerate() {
        let at = match point.position {
            Some((lane, position)) => Some(At::Instruction(lane, position)),
            None if INNER.contains(&point.site) => None,
            None => Some(At::Phase(point.site)),
        };
        if let Some(at) = at {
            steps.push(Step { at, weight: 0 });
        } else if steps.is_empty() {
            let at = At::Phase(point.site);
            steps.push(Step { at, weight: 0 });
        }
        let mut weight = 1;
        while touches.next_if(|touch| touch.0 as usize <= index).is_some() {
            weight += 1;
        }
        if let Some(step) = steps.last_mut() {
            step.weight += weight;
        }
    }
    steps
}
