//! A run as a file: to run it again, and to keep it as a test.

use crate::schedule::Schedule;
use crate::span::Span;
use serde::{Deserialize, Serialize};

/// What a run is expected to come to.
pub const NOTHING: &str = "nothing";

/// A run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The file of the cluster, from the folder of this file.
    pub cluster: String,
    /// Values set over it.
    #[serde(default)]
    pub set: Vec<String>,
    /// What is expected: `nothing`, or what sort of violation.
    pub expect: String,
    /// Virtual time, if the run does not end with its clients.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub until: Option<Span>,
    /// What goes wrong.
    pub schedule: Schedule,
}

impl Replay {
    /// Reads a file. The error is a sentence.
    pub fn parse(text: &str) -> Result<Replay, String> {
        let replay: Replay = toml::from_str(text).map_err(|error| error.to_string())?;
        match replay.schedule.clocks.iter().find(|clock| !clock.can_be()) {
            Some(clock) => Err(format!(
                "no clock is {} microseconds ahead and {} ppm faster: that is more than a cluster can ask for",
                clock.ahead, clock.ppm
            )),
            None => Ok(replay),
        }
    }

    /// The file's content, under a comment. The error is a sentence.
    pub fn text(&self, comment: &str) -> Result<String, String> {
        let body = toml::to_string(self).map_err(|error| error.to_string())?;
        let comment: String = comment.lines().map(|line| format!("# {line}\n")).collect();
        Ok(format!("{comment}\n{body}").replace("# \n", "#\n"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Replay;

    #[test]
    fn clocks_that_no_cluster_has_are_refused() {
        let text = include_str!("../../tests/sim/regressions/early-records.toml");
        assert!(Replay::parse(text).is_ok());
        for wrong in [
            "{ ahead = 9223372036854775807, ppm = 0 }",
            "{ ahead = 0, ppm = -1000000 }",
            "{ ahead = 0, ppm = 999000001 }",
        ] {
            let text = text.replacen("{ ahead = 0, ppm = 0 }", wrong, 1);
            let refused = Replay::parse(&text).unwrap_err();
            assert!(refused.contains("no clock is "), "{wrong}: {refused}");
        }
    }
}
