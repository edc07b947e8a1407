//! A process that faults happen to, again and again, each to a copy of it.
//!
//! In: a fault of the run without a fault. Out: what came of it.

use crate::base::Extents;
use crate::fault::{FLAGS, Fault, Place, general};
use crate::golden::{self, Steps};
use crate::judge::Right;
use crate::route::route;
use crate::run::Run;
use crate::server::Server;
use crate::tracee::{Registers, Tracee};
use crate::watchdog::Watch;
use crate::{NativeError, Settings, vector};
use nix::errno::Errno;
use pasc_inject::Outcome;
use std::collections::HashMap;
use std::rc::Rc;

/// How often a copy is placed anew that did not come to where it should: on a busy machine one of some
/// hundred thousand runs past a breakpoint.
const MOST_MISSED: u32 = 3;

/// A process before an input, with the run that is right.
pub(crate) struct Subject<'s> {
    server: Server,
    golden: Rc<Run>,
    inputs: usize,
    watch: &'s Watch,
    /// Runs from the present input on without some inputs.
    without: HashMap<Vec<usize>, Rc<Run>>,
    at: u32,
}

impl<'s> Subject<'s> {
    pub(crate) fn start(
        settings: &Settings,
        given: &[u8],
        inputs: usize,
        watch: &'s Watch,
    ) -> Result<Subject<'s>, NativeError> {
        let mut server = Server::start(&settings.executable, given)?;
        let golden = server.run_without(&[], true, watch)?;
        if !golden.is_whole() || golden.pieces.len() != inputs {
            let last = golden.pieces.last().map(|piece| &piece.handled.kind);
            return Err(NativeError::NotRight(format!(
                "it ends with {:?} after {} of {inputs} inputs, the last with {last:?}",
                golden.exit,
                golden.pieces.len()
            )));
        }
        if server.run_without(&[], true, watch)? != golden {
            let what = "they give different frames, records or states".to_owned();
            return Err(NativeError::NotTheSame(what));
        }
        Ok(Subject {
            server,
            golden: Rc::new(golden),
            inputs,
            watch,
            without: HashMap::new(),
            at: 0,
        })
    }

    /// Lets a fault happen, in an input at or after that of the last one. Nothing if there is no such
    /// register.
    pub(crate) fn run(
        &mut self,
        steps: &Steps,
        fault: &Fault,
    ) -> Result<Option<Outcome>, NativeError> {
        let Some(copy) = self.changed(steps, fault)? else {
            return Ok(None);
        };
        let run = self.server.finish(&copy, self.watch)?;
        drop(copy);
        self.judge(fault, &run).map(Some)
    }

    /// What the run of a copy gave, and how it differs from the run without a fault, a line for each
    /// difference.
    pub(crate) fn differences(
        &mut self,
        steps: &Steps,
        fault: &Fault,
    ) -> Result<Vec<String>, NativeError> {
        let Some(copy) = self.changed(steps, fault)? else {
            return Ok(Vec::new());
        };
        let run = self.server.finish(&copy, self.watch)?;
        Ok(run.differences(&self.golden, fault.input))
    }

    fn judge(&mut self, fault: &Fault, run: &Run) -> Result<Outcome, NativeError> {
        let Subject {
            server,
            golden,
            inputs,
            watch,
            without,
            ..
        } = self;
        let initial = server.initial.clone();
        let right = Right {
            golden: golden.clone(),
            initial: &initial,
            inputs: *inputs,
        };
        right.judge(fault.input as usize, run, |lost| {
            if let Some(known) = without.get(lost) {
                return Ok(known.clone());
            }
            let run = Rc::new(server.run_without(lost, true, watch)?);
            without.insert(lost.to_vec(), run.clone());
            Ok(run)
        })
    }

    /// A copy of the process to which the fault has just happened.
    pub(crate) fn changed(
        &mut self,
        steps: &Steps,
        fault: &Fault,
    ) -> Result<Option<Tracee>, NativeError> {
        if self.at != fault.input {
            self.without.clear();
            self.server.advance(fault.input as usize)?;
            self.at = fault.input;
        }
        let mut placed = self.placed(steps, fault);
        for _ in 0..MOST_MISSED {
            if placed.is_ok() {
                break;
            }
            placed = self.placed(steps, fault);
        }
        let (copy, registers) = placed?;
        let table = self.server.places.extents;
        let happened = change(&copy, registers, fault, table).map_err(failed)?;
        Ok(happened.then_some(copy))
    }

    /// A copy of the process that stands where the fault is to happen, and its registers.
    fn placed(&mut self, steps: &Steps, fault: &Fault) -> Result<(Tracee, Registers), NativeError> {
        let copy = self.server.copy()?;
        let strayed = |what: &str| {
            let Fault { input, step, .. } = fault;
            NativeError::NotTheSame(format!("{what} input {}, instruction {step}", input + 1))
        };
        for stop in route(&steps.from, fault.step) {
            let address = steps.addresses[stop as usize];
            copy.run_to(address)
                .map_err(|_| strayed("one does not come to"))?;
        }
        let registers = copy.registers().map_err(failed)?;
        let step = fault.step as usize;
        if registers.rip != steps.addresses[step] || golden::hash(&registers) != steps.hashes[step]
        {
            return Err(strayed("registers differ at"));
        }
        Ok((copy, registers))
    }
}

fn failed(errno: Errno) -> NativeError {
    NativeError::System("change the process", errno.desc().to_owned())
}

/// Lets the fault happen; false if there is no such register, or the memory is not there yet.
fn change(copy: &Tracee, registers: Registers, fault: &Fault, table: u64) -> Result<bool, Errno> {
    let mut changed = registers;
    let twin = |place| Ok(Extents::of(copy, table)?.twin(place));
    match fault.place {
        Place::General(register) => {
            *general(&mut changed, register) ^= 1 << fault.bit;
        }
        Place::Flags => changed.eflags ^= 1 << fault.bit,
        Place::Pointer => changed.rip ^= 1 << fault.bit,
        Place::Jump(target) => changed.rip = target,
        Place::Vector(vector) => return vector::flip(copy.pid(), vector, fault.bit),
        // The kernel lets a tracer write what the process itself cannot.
        Place::Memory(address) | Place::Constant(address) => {
            let word = match copy.word(address) {
                // The input asks for this memory itself, and reads it before it writes to it.
                Err(Errno::EIO) => return Ok(false),
                word => word?,
            };
            copy.set_word(address, word ^ 1 << fault.bit)?;
            return Ok(true);
        }
        Place::Code(address) => {
            let address = address + u64::from(fault.bit / 8);
            let word = copy.word(address)?;
            copy.set_word(address, word ^ 1 << (fault.bit % 8))?;
            return Ok(true);
        }
        Place::Base(register) => {
            let place = general(&mut changed, register);
            match twin(*place)? {
                Some(other) => *place = other,
                None => return Ok(false),
            }
        }
        Place::BaseWord(address) => {
            let other = twin(copy.word(address)?)?;
            let written = other.map(|other| copy.set_word(address, other));
            return written.transpose().map(|written| written.is_some());
        }
    }
    debug_assert!(fault.place != Place::Flags || FLAGS.contains(&fault.bit));
    copy.set_registers(changed)?;
    Ok(true)
}
