//! The `pasc` command: the only place that reads files and prints.

mod build;
mod check;
mod cli;
mod disasm;
mod exit;
mod inject;
mod invariants;
mod json;
mod load;
mod near;
mod output;
mod params;
mod report;
mod run;
mod test;
mod timers;
mod trace;

use clap::Parser;
use cli::{Cli, Command, TraceCommand};
use exit::{Code, Failed};
use std::process::ExitCode;

fn main() -> ExitCode {
    let ended = match Cli::try_parse() {
        Ok(cli) => run(&cli.command),
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
        Command::Check(args) => check::check(&args.files),
        Command::Build(args) => build::build(args),
        Command::Disasm(args) => disasm::disasm(&args.file),
        Command::Test(args) => test::test(args),
        Command::Inject(args) => inject::inject(args),
        Command::Trace(TraceCommand::Convert(args)) => trace::convert::convert(args),
    }
}

fn print(text: &str) -> Result<Code, Failed> {
    let mut out = output::Standard::new();
    out.write(text.as_bytes())?;
    out.flush()?;
    Ok(Code::Done)
}
