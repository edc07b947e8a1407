//! `pasc run`: gives a trace to a process and writes what the process sends.
//!
//! A runtime error or a refused input is reported and the run goes on; a trap ends it. A program
//! that says what happens at its start is started first, unless the trace does it. Orders about
//! timers are no outputs: they wait until the trace fires their timer.

use crate::cli::{Malformed, ModeName, OutputForm, RunArgs};
use crate::exit::{Code, Failed};
use crate::invariants::Invariants;
use crate::load;
use crate::output::Standard;
use crate::params;
use crate::report::say;
use crate::timers::Timers;
use crate::trace::{Problem, Reader, Record, Whose, jsonl};
use pasc_vm::Program;
use pasc_vm::process::{
    Failure, Handled, Lockstep, Mode, Options, Outputs, Plain, Process, Sequential, StartError,
};
use pasc_vm::timer::{self, Order};

/// Runs a program in the mode that was asked for.
pub(crate) fn run(args: &RunArgs) -> Result<Code, Failed> {
    let program = load::program(&args.file)?;
    let own = load::own_address(args.own.as_deref(), &args.file)?;
    let options = Options {
        params: params::params(&program, &args.param)?,
        limits: params::limits(&args.limit)?,
        ..Options::new(&own)
    };
    let session = Session {
        args,
        program: &program,
        options: &options,
    };
    match args.mode {
        ModeName::Plain => session.run::<Plain>(),
        ModeName::Lockstep => session.run::<Lockstep>(),
        ModeName::Sequential => session.run::<Sequential>(),
    }
}

/// What a run is made from.
struct Session<'a> {
    args: &'a RunArgs,
    program: &'a Program,
    options: &'a Options,
}

/// What a run has come to.
struct Progress {
    code: Code,
    /// Malformed lines that were passed over.
    malformed: u64,
    out: Standard,
    timers: Timers,
    /// Whether the program still has to be started.
    starts: bool,
}

impl Session<'_> {
    fn whose(&self) -> Whose<'_> {
        Whose {
            program: self.program,
            own: &self.options.own_address,
        }
    }

    fn run<M: Mode>(&self) -> Result<Code, Failed> {
        let mut trace = Reader::open(&self.args.trace, self.whose())?;
        let name = self.args.file.display();
        let mut process = Process::<M>::start(self.program, self.options)
            .map_err(|error| not_started(&name.to_string(), &error))?;
        let mut progress = Progress {
            code: Code::Done,
            malformed: 0,
            out: Standard::new(),
            timers: Timers::default(),
            starts: jsonl::starts(self.program),
        };
        let ended = self.feed(&mut trace, &mut process, &mut progress);
        // What was sent before a failure has been sent.
        let flushed = progress.out.flush();
        let mut code = progress.code;
        if let Err(failed) = ended.and(flushed) {
            say(format!("error: {}", failed.text));
            code = code.max(failed.code);
        }
        if !progress.out.is_closed() {
            let did = process.statistics();
            let malformed = match progress.malformed {
                0 => String::new(),
                number => format!(", malformed {number}"),
            };
            say(format!(
                "handled {}, sent {}, unhandled {}, refused {}, failed {}{malformed}",
                did.handled, did.sent, did.unhandled, did.refused, did.failed
            ));
        }
        Ok(code)
    }

    /// Hands over one input after the other until the trace, or the interest in it, ends.
    fn feed<M: Mode>(
        &self,
        trace: &mut Reader,
        process: &mut Process<M>,
        progress: &mut Progress,
    ) -> Result<(), Failed> {
        let invariants = self.args.check.then(|| Invariants::of(self.program));
        while !progress.out.is_closed() {
            if trace.may_wait() {
                progress.out.flush()?;
            }
            let record = match trace.next() {
                Ok(next) => next,
                Err(Problem::Malformed(text)) if self.args.malformed == Malformed::Skip => {
                    say(format!("warning: {text}"));
                    progress.malformed += 1;
                    continue;
                }
                Err(problem) => return Err(problem.into()),
            };
            if std::mem::take(&mut progress.starts)
                && let Some(start) = start_before(record.as_ref())
            {
                self.handle(&start, &trace.place(), process, progress)?;
                self.check(&trace.place(), process, progress, invariants.as_ref())?;
            }
            let Some(record) = record else {
                return Ok(());
            };
            let record = fired(record, &progress.timers);
            self.handle(&record, &trace.place(), process, progress)?;
            self.check(&trace.place(), process, progress, invariants.as_ref())?;
        }
        Ok(())
    }

    /// Hands over one input.
    fn handle<M: Mode>(
        &self,
        record: &Record,
        place: &str,
        process: &mut Process<M>,
        progress: &mut Progress,
    ) -> Result<(), Failed> {
        match process.handle(&record.input()) {
            Ok(Handled::Done { outputs, .. }) => {
                progress.timers.fired(&record.frame);
                self.write(outputs, progress)?;
            }
            Ok(Handled::Unhandled(_)) => {}
            Ok(Handled::Refused(refusal)) => {
                let code = refusal.code();
                say(format!("warning: {place}: refused {code}: {refusal}"));
            }
            Err(Failure::Error(error)) => {
                say(format!("error: {place}: {error}"));
                progress.code = progress.code.max(Code::Runtime);
            }
            Err(failure) => return Err(ended(place, &failure)),
        }
        Ok(())
    }

    /// Looks at the invariants, if that was asked for.
    fn check<M: Mode>(
        &self,
        place: &str,
        process: &mut Process<M>,
        progress: &Progress,
        invariants: Option<&Invariants>,
    ) -> Result<(), Failed> {
        let Some(invariants) = invariants else {
            return Ok(());
        };
        let violated = invariants.violated(self.program, process);
        match violated.map_err(|failure| ended(place, &failure))? {
            None => Ok(()),
            Some(text) => {
                let text = format!("{place}: after this message {text}");
                Err(Failed::new(progress.code.max(Code::Found), text))
            }
        }
    }

    /// Writes frames; orders wait.
    fn write(&self, outputs: Outputs, progress: &mut Progress) -> Result<(), Failed> {
        for output in outputs {
            if Timers::is_order(output) {
                progress.timers.take(output);
                continue;
            }
            match self.args.output {
                OutputForm::Frames => progress.out.write(output)?,
                OutputForm::Jsonl => {
                    let line = jsonl::output_line(self.whose(), output);
                    progress.out.write(line.as_bytes())?;
                }
            }
        }
        Ok(())
    }
}

/// The input that starts a program before its first one, at the same time; nothing if the first is
/// a start or leaves no ordinal for one.
pub(crate) fn start_before(first: Option<&Record>) -> Option<Record> {
    let (ordinal, time) = first.map_or((jsonl::START_ORDINAL + 1, 0), |r| (r.ordinal, r.time));
    let is_start = first.is_some_and(|record| record.frame == timer::start_input());
    let record = || Record::new(jsonl::START_ORDINAL, time, timer::start_input().to_vec());
    (!is_start && ordinal > jsonl::START_ORDINAL).then(record)
}

/// A trace says which timer fires; what fires is the order that waits for it. The machine refuses
/// what is not set.
pub(crate) fn fired(record: Record, timers: &Timers) -> Record {
    let unnamed = Order::parse(&record.frame).is_ok_and(|(order, _)| order.cancels());
    match timers.same_timer(&record.frame) {
        Some(order) if unnamed && record.crc == record.matching_crc() => {
            Record::new(record.ordinal, record.time, order.to_vec())
        }
        _ => record,
    }
}

/// A failure that ends the run.
fn ended(place: &str, failure: &Failure) -> Failed {
    let code = match failure {
        Failure::Error(_) => Code::Runtime,
        Failure::Trap(_) | Failure::Stopped => Code::Trap,
    };
    Failed::new(code, format!("{place}: {failure}"))
}

/// Why a process did not start, with the code that this has.
pub(crate) fn not_started(name: &str, error: &StartError) -> Failed {
    let code = match error {
        StartError::Program(_) => Code::Io,
        StartError::Address | StartError::Param(_) => Code::Usage,
        StartError::Init(Failure::Error(_)) => Code::Runtime,
        StartError::Init(_) => Code::Trap,
    };
    Failed::new(code, format!("{name}: {error}"))
}
