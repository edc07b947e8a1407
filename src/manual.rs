//! `pasc completions` and `pasc man`: what the command line says about itself, for shells and `man`.

use crate::cli::{Cli, CompletionsArgs, ManArgs, exit_codes};
use crate::exit::{Code, Failed};
use crate::output::Standard;
use crate::report::{count, say};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::io;

/// Writes the completions of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Code, Failed> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "pasc", &mut script);
    print(&script)
}

/// Writes manual pages.
pub(crate) fn man(args: &ManArgs) -> Result<Code, Failed> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.folder else {
        let (_, page) = page(command).map_err(|error| Failed::write("the manual page", &error))?;
        return print(&page);
    };
    let unwritten = |error| Failed::write(folder.display(), &error);
    std::fs::create_dir_all(folder).map_err(unwritten)?;
    let mut waiting = vec![command];
    let mut pages = 0;
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().cloned());
        let (name, page) = page(command).map_err(unwritten)?;
        std::fs::write(folder.join(name), page).map_err(unwritten)?;
        pages += 1;
    }
    say(format!("{}: {}", folder.display(), count(pages, "page")));
    Ok(Code::Done)
}

/// The manual page of a command, with the name of its file.
fn page(command: Command) -> io::Result<(String, Vec<u8>)> {
    // The exit codes have a section of their own, and stand on each page.
    // An empty date would be no field at all, and those behind it would move up.
    let page = Man::new(command.after_help(None))
        .date(" ")
        .source(concat!("pasc ", env!("CARGO_PKG_VERSION")))
        .manual("pasc");
    let name = page.get_filename();
    let mut text = Vec::new();
    page.render(&mut text)?;
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text.extend(b".SH \"EXIT STATUS\"\n");
    for (code, meaning) in exit_codes() {
        text.extend(format!(".TP\n\\fB{code}\\fR\n{meaning}\n").into_bytes());
    }
    Ok((name, text))
}

fn print(bytes: &[u8]) -> Result<Code, Failed> {
    let mut out = Standard::new();
    out.write(bytes)?;
    out.flush()?;
    Ok(Code::Done)
}
