//! The arguments of the suite.

use pasc_benches::works::{HANDLERS, PROGRAMS};

/// A name, if there is such a work or contender.
fn known(name: String) -> Result<String, String> {
    use super::{HANDLER_CONTENDERS, PROGRAM_CONTENDERS};
    let works = PROGRAMS.iter().map(|work| work.name);
    let works = works.chain(HANDLERS.iter().copied());
    let contenders = PROGRAM_CONTENDERS.iter().chain(HANDLER_CONTENDERS).copied();
    match works.chain(contenders).any(|known| known == name) {
        true => Ok(name),
        false => Err(format!("there is no work and no contender `{name}`")),
    }
}

/// What was asked for.
#[derive(Default)]
pub(super) struct Args {
    pub(super) quick: bool,
    pub(super) json: Option<String>,
    pub(super) svg: Option<String>,
    only: Vec<String>,
}

impl Args {
    pub(super) fn read(args: impl Iterator<Item = String>) -> Result<Args, String> {
        let mut read = Args::default();
        let mut args = args;
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("`{arg}` needs a value"));
            match arg.as_str() {
                "--quick" => read.quick = true,
                "--json" => read.json = Some(value()?),
                "--svg" => read.svg = Some(value()?),
                "--only" => read.only.push(known(value()?)?),
                _ => {
                    return Err(format!(
                        "there is no `{arg}`; there are --quick, --json FILE, --svg FILE and --only NAME"
                    ));
                }
            }
        }
        Ok(read)
    }

    /// Whether a cell is to be filled: both its work and its contender are wanted.
    pub(super) fn wants(&self, work: &str, contender: &str) -> bool {
        use super::{HANDLER_CONTENDERS, PROGRAM_CONTENDERS};
        let is_contender = |name: &&String| {
            let all = PROGRAM_CONTENDERS.iter().chain(HANDLER_CONTENDERS);
            all.copied().any(|known| known == name.as_str())
        };
        let (contenders, works): (Vec<&String>, Vec<&String>) =
            self.only.iter().partition(is_contender);
        let wanted = |names: &[&String], name: &str| {
            names.is_empty() || names.iter().any(|only| *only == name)
        };
        wanted(&contenders, contender) && wanted(&works, work)
    }
}
