//! `pasc model`: looks at every order of messages of a small cluster.
//!
//! Ends with 1 if a state is not as it must be, and with 6 if there were too many states.

use super::{file, one, write};
use crate::exit::{Code, Failed};
use crate::report::{count, say};
use clap::Args;
use pasc_sim::model::Network;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

#[derive(Args)]
pub(crate) struct ModelArgs {
    /// The file of the cluster
    pub(crate) cluster: PathBuf,
    /// Sets a value of the cluster's file, such as `model.states=1000`
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Threads; with one, the way to what must not be is always the same
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) threads: usize,
    /// Draws the way to what must not be; an HTML page if the file's name ends in `.html`, else text
    #[arg(long, value_name = "FILE")]
    pub(crate) chart: Vec<PathBuf>,
    /// Writes what was found as JSON; `-` is the standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// Searches.
pub(crate) fn model(args: &ModelArgs) -> Result<Code, Failed> {
    let cluster = Arc::new(file::read(&args.cluster, &args.set)?);
    let since = Instant::now();
    let network = Network::new(cluster.clone()).map_err(Failed::usage)?;
    let searched = network.search(args.threads.max(1));
    if searched.violation.is_none() && searched.exhausted && searched.states <= 1 {
        let text = format!(
            "{}: no message changes anything, so nothing is shown: say in `model.inputs` what happens",
            args.cluster.display()
        );
        return Err(Failed::usage(text));
    }
    if let Some((text, log)) = &searched.violation {
        say(text.trim_end());
        for path in &args.chart {
            one::draw_log(&cluster, &cluster.config.name, text, log, path)?;
        }
    }
    let ended = match (&searched.violation, searched.exhausted) {
        (Some(_), _) => "a state is not as it must be",
        (None, true) => "every state that can be reached is right",
        (None, false) => "there are more states than `model.states` allows",
    };
    if let Some(path) = &args.json {
        let json = serde_json::json!({
            "cluster": cluster.config.name,
            "states": searched.states,
            "steps": searched.steps,
            "process_states": searched.parts.0,
            "messages": searched.parts.1,
            "exhausted": searched.exhausted,
            "violation": searched.violation.as_ref().map(|(text, _)| text),
        });
        write(path, &format!("{json:#}\n"))?;
    }
    say(format!(
        "{ended}: {}, {}, {} of processes, {}, {:.1} s",
        count(searched.states as usize, "state"),
        count(searched.steps as usize, "step"),
        count(searched.parts.0 as usize, "state"),
        count(searched.parts.1 as usize, "message"),
        since.elapsed().as_secs_f64()
    ));
    Ok(match (&searched.violation, searched.exhausted) {
        (Some(_), _) => Code::Found,
        (None, true) => Code::Done,
        (None, false) => Code::Undecided,
    })
}
