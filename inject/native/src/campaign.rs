//! A campaign: steps through the run without a fault, draws faults, and lets each happen.

use crate::code::Code;
use crate::fault::{Draw, FLAGS, Fault, Place};
use crate::golden::{self, Steps};
use crate::judge::Right;
use crate::protocol::{Given, GivenInput, MOST_INPUTS};
use crate::report::{Head, INSIDE, Report, Row, Silent};
use crate::route::route;
use crate::run::Run;
use crate::server::Server;
use crate::tracee::{Registers, Tracee};
use crate::watchdog::{Watch, watch};
use crate::{NativeError, Progress, Settings, Target, vector};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use pasc_inject::Outcome;
use pasc_vm::limits::Limits;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// Where progress is told.
type Tell<'t> = &'t (dyn Fn(Progress) + Sync);
/// How many steps, or faults, go by between two reports.
const OFTEN: u64 = 64;

/// Runs a campaign.
pub fn run(target: &Target, settings: &Settings, tell: Tell) -> Result<Report, NativeError> {
    let given = given(target, settings)?;
    let threads = settings.threads.max(1);
    let steps = step_through(target, settings, &given, threads, tell)?;
    let server = Server::start(&settings.executable, &given)?;
    let mut code = Code::of(&server)?;
    drop(server);
    let draw = Draw::new(&steps, |address| code.is_own(address));
    let all = 0..settings.samples;
    let drawn = all.map(|number| draw.fault(settings.seed, number, settings.only));
    let mut faults: Vec<Fault> = drawn.collect();
    faults.sort();
    let (outcomes, seconds) = inject(settings, &given, &steps, &faults, threads, tell)?;
    let mut rows = Vec::with_capacity(faults.len());
    let mut silent = Vec::new();
    for (fault, outcome) in faults.iter().zip(outcomes) {
        let beyond = is_beyond(&code, &steps[fault.input as usize], fault);
        let kind = if beyond { INSIDE } else { fault.place.kind() };
        if outcome == Some(Outcome::Sdc) {
            silent.push(silent_at(&mut code, &steps, fault, beyond));
        }
        rows.push(Row {
            kind,
            register: fault.place.register(),
            outcome,
        });
    }
    let head = Head {
        mode: settings.mode,
        program: &target.program.debug.source_name,
        inputs: target.inputs.len(),
        only: settings.only,
        seed: settings.seed,
        steps: draw.steps(),
        reads: steps.iter().map(|steps| steps.reads.len() as u64).sum(),
    };
    Ok(Report::new(&head, &rows, silent, seconds))
}

/// The workload as the process takes it.
pub(crate) fn given(target: &Target, settings: &Settings) -> Result<Vec<u8>, NativeError> {
    match target.inputs.len() {
        0 => return Err(NativeError::NoInputs),
        1..=MOST_INPUTS => {}
        more => return Err(NativeError::TooManyInputs(more)),
    }
    let options = &target.options;
    let limit = |name: &str| Some((name.to_owned(), options.limits.get(name)?));
    let given = Given {
        mode: settings.mode,
        program: target.program.clone(),
        own_address: options.own_address.clone(),
        params: options.params.clone(),
        incarnation: options.incarnation,
        hash_key: options.hash_key,
        random_seed: options.random_seed,
        limits: Limits::TABLE
            .iter()
            .filter_map(|row| limit(row.0))
            .collect(),
        inputs: target
            .inputs
            .iter()
            .zip(0..)
            .map(|(input, index)| GivenInput {
                index,
                ordinal: input.ordinal,
                time: input.time,
                frame: input.frame.clone(),
                crc: input.crc,
            })
            .collect(),
    };
    postcard::to_stdvec(&given).map_err(|error| NativeError::Start(error.to_string()))
}

/// Steps through all inputs, each thread through some of them.
fn step_through(
    target: &Target,
    settings: &Settings,
    given: &[u8],
    threads: usize,
    tell: Tell,
) -> Result<Vec<Steps>, NativeError> {
    let inputs = target.inputs.len();
    let stepped = AtomicU64::new(0);
    let told = |steps| {
        let now = stepped.fetch_add(steps, Ordering::Relaxed);
        if now.is_multiple_of(OFTEN) {
            tell(Progress::Stepped(now));
        }
    };
    let worker = |worker: usize| -> Result<Vec<(usize, Steps)>, NativeError> {
        keep_to_processor(worker);
        let mut server = Server::start(&settings.executable, given)?;
        let mut code = Code::of(&server)?;
        let mine = (worker..inputs).step_by(threads);
        let step = |input| Ok((input, golden::record(&mut server, &mut code, input, &told)?));
        mine.map(step).collect()
    };
    let mut all = vec![Steps::default(); inputs];
    for steps in in_threads(threads, worker)? {
        for (input, steps) in steps {
            all[input] = steps;
        }
    }
    Ok(all)
}

/// Lets a worker run in each thread. Its process is traced by that thread alone.
fn in_threads<T: Send>(
    threads: usize,
    worker: impl Fn(usize) -> Result<T, NativeError> + Sync,
) -> Result<Vec<T>, NativeError> {
    std::thread::scope(|scope| {
        let worker = &worker;
        let started: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || worker(number)))
            .collect();
        let ended = started.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.collect()
    })
}

/// Tracer and process take turns, and wake each other faster on one processor. It is no more than that:
/// what fails is left.
fn keep_to_processor(worker: usize) {
    let this = Pid::from_raw(0);
    let Ok(allowed) = sched_getaffinity(this) else {
        return;
    };
    let processors = (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu) == Ok(true));
    let processors: Vec<usize> = processors.collect();
    let mut mine = CpuSet::new();
    if let Some(processor) = processors.get(worker % processors.len().max(1))
        && mine.set(*processor).is_ok()
    {
        let _ = sched_setaffinity(this, &mine);
    }
}

/// Outcomes in the order of the faults, and how long it took.
type Outcomes = (Vec<Option<Outcome>>, f64);

fn inject(
    settings: &Settings,
    given: &[u8],
    steps: &[Steps],
    faults: &[Fault],
    threads: usize,
    tell: Tell,
) -> Result<Outcomes, NativeError> {
    let next = AtomicUsize::new(0);
    let ended = AtomicBool::new(false);
    let watches: Vec<Watch> = (0..threads).map(|_| Watch::default()).collect();
    let started = Instant::now();
    let worker = |number: usize| -> Result<Vec<(usize, Option<Outcome>)>, NativeError> {
        keep_to_processor(number);
        let mut subject = Subject::start(settings, given, steps.len(), &watches[number])?;
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(fault) = faults.get(index) else {
                return Ok(done);
            };
            let steps = &steps[fault.input as usize];
            let outcome = subject.run(steps, fault).inspect_err(|_| {
                // The others need not go on.
                next.store(faults.len(), Ordering::Relaxed);
            })?;
            done.push((index, outcome));
            if (index as u64).is_multiple_of(OFTEN) {
                tell(Progress::Injected(index as u64, faults.len() as u64));
            }
        }
    };
    let results = std::thread::scope(|scope| {
        let dog = scope.spawn(|| watch(&watches, &ended));
        let results = in_threads(threads, worker);
        ended.store(true, Ordering::SeqCst);
        let _ = dog.join();
        results
    })?;
    let mut outcomes = vec![None; faults.len()];
    for (index, outcome) in results.into_iter().flatten() {
        outcomes[index] = outcome;
    }
    Ok((outcomes, started.elapsed().as_secs_f64()))
}

/// A process that faults happen to, again and again, each to a copy of it.
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
        let copy = self.server.copy()?;
        let failed = |errno: nix::errno::Errno| {
            NativeError::System("change the process", errno.desc().to_owned())
        };
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
        let happened = change(&copy, registers, fault).map_err(failed)?;
        Ok(happened.then_some(copy))
    }
}

/// Lets the fault happen; false if there is no such register.
fn change(copy: &Tracee, registers: Registers, fault: &Fault) -> Result<bool, nix::errno::Errno> {
    let mut changed = registers;
    match fault.place {
        Place::General(register) => {
            *general(&mut changed, register) ^= 1 << fault.bit;
        }
        Place::Flags => changed.eflags ^= 1 << fault.bit,
        Place::Pointer => changed.rip ^= 1 << fault.bit,
        Place::Jump(target) => changed.rip = target,
        Place::Vector(vector) => return vector::flip(copy.pid(), vector, fault.bit),
        Place::Memory(address) => {
            let word = copy.word(address)?;
            copy.set_word(address, word ^ 1 << fault.bit)?;
            return Ok(true);
        }
    }
    debug_assert!(fault.place != Place::Flags || FLAGS.contains(&fault.bit));
    copy.set_registers(changed)?;
    Ok(true)
}

/// A general register by its place in [`crate::fault::GENERAL`].
fn general(registers: &mut Registers, register: u8) -> &mut u64 {
    match register {
        0 => &mut registers.rax,
        1 => &mut registers.rbx,
        2 => &mut registers.rcx,
        3 => &mut registers.rdx,
        4 => &mut registers.rsi,
        5 => &mut registers.rdi,
        6 => &mut registers.rbp,
        7 => &mut registers.rsp,
        8 => &mut registers.r8,
        9 => &mut registers.r9,
        10 => &mut registers.r10,
        11 => &mut registers.r11,
        12 => &mut registers.r12,
        13 => &mut registers.r13,
        14 => &mut registers.r14,
        _ => &mut registers.r15,
    }
}

/// Whether a fault makes the processor go on inside of an instruction.
pub(crate) fn is_beyond(code: &Code, steps: &Steps, fault: &Fault) -> bool {
    let address = steps.addresses[fault.step as usize];
    fault.place == Place::Pointer && code.is_inside(address ^ 1 << fault.bit)
}

fn silent_at(code: &mut Code, steps: &[Steps], fault: &Fault, beyond: bool) -> Silent {
    let address = steps[fault.input as usize].addresses[fault.step as usize];
    let name = code.name(address);
    Silent {
        input: fault.input + 1,
        step: fault.step,
        address: format!("{address:#x}"),
        symbol: name.symbol,
        line: name.line,
        instruction: code.text(address),
        place: fault.place.to_string(),
        bit: fault.bit,
        fault: fault.to_string(),
        beyond,
    }
}
