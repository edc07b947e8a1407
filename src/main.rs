//! The `pasc` command: the only place that reads files and prints.

mod build;
mod check;
mod cli;
mod diagnostics;
mod disasm;
mod exit;
mod explain;
mod fmt;
mod folders;
mod inject;
mod invariants;
mod load;
mod manual;
mod new;
mod output;
mod params;
mod profile;
mod progress;
mod report;
mod run;
mod sim;
mod snapshot;
mod test;
mod trace;
mod unloaded;

use clap::Parser;
use cli::{Cli, Command, TraceCommand};
use exit::{Code, Failed};
use std::process::ExitCode;

fn main() -> ExitCode {
    // The process under test of `pasc inject --level native` is this same executable.
    if std::env::args_os().nth(1).as_deref() == Some(pasc_inject_native::PROCESS.as_ref()) {
        return pasc_inject_native::serve();
    }
    let ended = match Cli::try_parse() {
        Ok(cli) => {
            report::choose_colours(cli.color);
            run(&cli.command)
        }
        Err(error) if error.use_stderr() => {
            report::say(error.to_string().trim_end());
            Ok(Code::Usage)
        }
        Err(help) => print(&help.to_string()),
    };
    let code = ended.unwrap_or_else(|failed| {
        report::say(format!("error: {}", failed.text));
        failed.code
    });
    code.into()
}

fn run(command: &Command) -> Result<Code, Failed> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::check(args),
        Command::Explain(args) => explain::explain(args),
        Command::Build(args) => build::build(args),
        Command::Disasm(args) => disasm::disasm(&args.file),
        Command::Test(args) => test::test(args),
        Command::Inject(args) => inject::inject(args),
        Command::Sim(args) => sim::sim(args),
        Command::Model(args) => sim::model::model(args),
        Command::Profile(args) => profile::profile(args),
        Command::Fmt(args) => fmt::fmt(args),
        Command::New(args) => new::new(args),
        Command::Snapshot(args) => snapshot::snapshot(args),
        Command::Completions(args) => manual::completions(args),
        Command::Man(args) => manual::man(args),
        Command::Trace(command) => trace(command),
    }
}

fn trace(command: &TraceCommand) -> Result<Code, Failed> {
    match command {
        TraceCommand::Convert(args) => trace::convert::convert(args),
        TraceCommand::Verify(args) => trace::verify::verify(args),
        TraceCommand::Generate(args) => trace::generate::generate(args),
        TraceCommand::Compare(args) => trace::compare::compare(args),
        TraceCommand::Shrink(args) => trace::shrink::shrink(args),
    }
}

fn print(text: &str) -> Result<Code, Failed> {
    let mut out = output::Standard::new();
    out.write(text.as_bytes())?;
    out.flush()?;
    Ok(Code::Done)
}
