//! What clients asked and were told, and when.

use crate::config::Meaning;

/// One operation of a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// The client, from 0.
    pub client: u32,
    /// Its number among those of the client, from 1.
    pub seq: u32,
    /// What it means.
    pub kind: Meaning,
    /// The key, from 1.
    pub key: u32,
    /// What is written, appended or added.
    pub value: String,
    /// For `cas`: what must be there.
    pub old: String,
    /// When it was asked.
    pub asked: u64,
    /// When it was answered, if it was.
    pub answered: Option<u64>,
    /// The result, if the answer has one.
    pub result: Option<String>,
}

impl Done {
    /// What it was, for people.
    pub fn text(&self) -> String {
        let Done {
            key, value, old, ..
        } = self;
        match self.kind {
            Meaning::Read => format!("read k{key}"),
            Meaning::Write => format!("write k{key} = {value}"),
            Meaning::Cas => format!("cas k{key}: {old:?} to {value}"),
            Meaning::Append => format!("append k{key}: {value}"),
            Meaning::Add => format!("add k{key}: {value}"),
            Meaning::Other => "other".to_owned(),
        }
    }

    /// What it was told, for people.
    pub fn told(&self) -> String {
        match (self.answered, &self.result) {
            (None, _) => "no answer".to_owned(),
            (Some(_), None) if self.kind == Meaning::Read => "nothing".to_owned(),
            (Some(_), None) => "done".to_owned(),
            (Some(_), Some(result)) => result.clone(),
        }
    }
}

/// What went wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Wrong {
    /// An invariant does not hold.
    Invariant,
    /// A history is not linearizable.
    Linearizability,
    /// What was answered is lost, or happened twice.
    Kept,
    /// Maps do not agree.
    Agreement,
    /// No progress.
    Progress,
    /// A hardened process sent something wrong.
    Confinement,
    /// A process did not come back.
    Recovery,
}

impl Wrong {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Wrong::Invariant => "invariant",
            Wrong::Linearizability => "linearizability",
            Wrong::Kept => "kept",
            Wrong::Agreement => "agreement",
            Wrong::Progress => "progress",
            Wrong::Confinement => "confinement",
            Wrong::Recovery => "recovery",
        }
    }
}

/// Something that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// What.
    pub wrong: Wrong,
    /// When, in microseconds.
    pub at: u64,
    /// A sentence, and lines that show it.
    pub text: String,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What must not be; none in a right run.
    pub violations: Vec<Violation>,
    /// Why there is no answer.
    pub undecided: Option<String>,
    /// Operations that were answered.
    pub operations: u64,
    /// Messages and firings that processes handled.
    pub messages: u64,
    /// What happened, by kind.
    pub faults: std::collections::BTreeMap<&'static str, u64>,
    /// How often another leads.
    pub leader_changes: u64,
    /// Acknowledged commands that are lost.
    pub lost: u64,
    /// Processes that clients named, and how often.
    pub suspects: std::collections::BTreeMap<String, u64>,
    /// Virtual time in microseconds.
    pub time: u64,
    /// A number that is the same for equal runs alone.
    pub digest: u64,
    /// What clients asked and were told.
    pub history: Vec<Done>,
    /// When each of the planned happenings happened, by its place in the schedule.
    pub happened: std::collections::BTreeMap<usize, u64>,
    /// Messages by name, as they were sent.
    pub sent: std::collections::BTreeMap<String, u64>,
    /// The most words of state of a process of each kind.
    pub words: std::collections::BTreeMap<String, u64>,
    /// Process whose state was corrupted, if one was.
    pub corrupted: Option<String>,
}
