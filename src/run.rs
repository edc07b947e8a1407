//! `pasc run`: gives a trace to a process and writes what the process sends.
//!
//! A runtime error or a refused input is reported and the run goes on; a trap ends it.

use crate::cli::{Malformed, ModeName, OutputForm, RunArgs};
use crate::exit::{Code, Failed};
use crate::invariants::Invariants;
use crate::load;
use crate::output::Standard;
use crate::params;
use crate::report::say;
use crate::trace::{Problem, Reader, Whose, jsonl};
use pasc_vm::Program;
use pasc_vm::process::{
    Failure, Handled, Lockstep, Mode, Options, Outputs, Plain, Process, Sequential, StartError,
};

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
                Ok(Some(record)) => record,
                Ok(None) => return Ok(()),
                Err(Problem::Malformed(text)) if self.args.malformed == Malformed::Skip => {
                    say(format!("warning: {text}"));
                    progress.malformed += 1;
                    continue;
                }
                Err(problem) => return Err(problem.into()),
            };
            match process.handle(&record.input()) {
                Ok(Handled::Done { outputs, .. }) => self.write(outputs, &mut progress.out)?,
                Ok(Handled::Unhandled(_)) => {}
                Ok(Handled::Refused(refusal)) => {
                    let code = refusal.code();
                    say(format!(
                        "warning: {}: refused {code}: {refusal}",
                        trace.place()
                    ));
                }
                Err(Failure::Error(error)) => {
                    say(format!("error: {}: {error}", trace.place()));
                    progress.code = progress.code.max(Code::Runtime);
                }
                Err(failure) => return Err(ended(&trace.place(), &failure)),
            }
            if let Some(invariants) = &invariants {
                let violated = invariants.violated(self.program, process);
                let violated = violated.map_err(|failure| ended(&trace.place(), &failure))?;
                if let Some(text) = violated {
                    let text = format!("{}: after this message {text}", trace.place());
                    return Err(Failed::new(Code::Found, text));
                }
            }
        }
        Ok(())
    }

    fn write(&self, outputs: Outputs, out: &mut Standard) -> Result<(), Failed> {
        match self.args.output {
            OutputForm::Frames => out.write(outputs.bytes()),
            OutputForm::Jsonl => outputs.into_iter().try_for_each(|frame| {
                out.write(jsonl::output_line(self.whose(), frame).as_bytes())
            }),
        }
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
