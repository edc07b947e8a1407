//! `pasc completions` and `pasc man`: what the command line says about itself, for shells and `man`.

use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::exit::{Code, Failed};
use crate::output::Standard;
use crate::report::{count, say};
use clap::CommandFactory;

/// Writes the completions of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Code, Failed> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "pasc", &mut script);
    print(&script)
}

/// Writes manual pages.
pub(crate) fn man(args: &ManArgs) -> Result<Code, Failed> {
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
        rendered.map_err(|error| Failed::write("the manual page", &error))?;
        return print(&page);
    };
    let unwritten = |error| Failed::write(folder.display(), &error);
    std::fs::create_dir_all(folder).map_err(unwritten)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(unwritten)?;
    let written = std::fs::read_dir(folder).map_err(unwritten)?;
    let pages = written.flatten().filter(|entry| {
        entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with("pasc"))
    });
    say(format!(
        "{}: {}",
        folder.display(),
        count(pages.count(), "page")
    ));
    Ok(Code::Done)
}

fn print(bytes: &[u8]) -> Result<Code, Failed> {
    let mut out = Standard::new();
    out.write(bytes)?;
    out.flush()?;
    Ok(Code::Done)
}
