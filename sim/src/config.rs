//! The file of a cluster as it is written; `docs/simulator.md` tells what each key means.

use crate::span::{Range, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Value as Toml;

/// A cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What it is called.
    pub name: String,
    /// The kinds of processes.
    pub process: Vec<Kind>,
    /// Links between nodes.
    #[serde(default)]
    pub network: Network,
    /// Disks.
    #[serde(default)]
    pub disk: Disk,
    /// Clocks.
    #[serde(default)]
    pub clocks: Clocks,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Faults,
    /// Who asks.
    pub clients: Option<Clients>,
    /// What must hold.
    #[serde(default)]
    pub checks: Checks,
    /// Who leads.
    pub leader: Option<Leader>,
    /// Whom clients written in the language find to differ.
    pub named: Option<Named>,
    /// What `pasc model` looks at.
    #[serde(default)]
    pub model: Model,
}

/// When outputs leave, and what a crash leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Outputs leave once the record is synced.
    Synced,
    /// Outputs leave at once.
    Early,
    /// Nothing is kept.
    None,
}

/// The mode of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeName {
    /// One lane.
    Plain,
    /// Two lanes, by basic block.
    Lockstep,
    /// Two lanes, by handler.
    Sequential,
}

/// A kind of process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// The file of its program, from the cluster's folder.
    pub program: String,
    /// How many there are.
    #[serde(default = "one")]
    pub count: u32,
    /// Their addresses.
    pub address: Option<String>,
    /// Their nodes.
    pub node: Option<String>,
    /// The mode.
    #[serde(default = "lockstep")]
    pub mode: ModeName,
    /// Parameters.
    #[serde(default)]
    pub params: BTreeMap<String, Toml>,
    /// Limits.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// What is kept.
    #[serde(default = "synced")]
    pub durability: Durability,
    /// Commits between two snapshots.
    #[serde(default = "thousand")]
    pub snapshot_every: u32,
    /// Whether faults may happen inside.
    #[serde(default = "yes")]
    pub asc: bool,
}

/// Links between nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// Of each message.
    pub delay: Range<Span>,
    /// The greatest probability.
    pub loss: f64,
    /// The greatest probability.
    pub duplicate: f64,
    /// The greatest probability.
    pub reorder: f64,
    /// How much later a reordered message comes at most.
    pub reorder_by: Span,
    /// Within a node.
    pub local_delay: Span,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            delay: Range::Between([Span(200), Span(2_000)]),
            loss: 0.02,
            duplicate: 0.02,
            reorder: 0.02,
            reorder_by: Span(20_000),
            local_delay: Span(20),
        }
    }
}

/// Disks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disk {
    /// How long a record takes.
    pub sync: Range<Span>,
}

impl Default for Disk {
    fn default() -> Disk {
        Disk {
            sync: Range::Between([Span(50), Span(1_000)]),
        }
    }
}

/// Clocks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clocks {
    /// How far apart they start at most.
    pub skew: Span,
    /// How much faster or slower they run at most.
    pub drift_ppm: u32,
    /// Rates of single nodes.
    pub rate: BTreeMap<String, f64>,
}

/// What goes wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Crashes of nodes.
    pub crashes: Range<u32>,
    /// Partitions.
    pub partitions: Range<u32>,
    /// How many of these meet the leader at least.
    pub leader: Range<u32>,
    /// Faults inside of processes.
    pub asc: Range<u32>,
    /// The kinds that they happen in.
    pub asc_in: Option<Vec<String>>,
    /// Changed words of a state.
    pub corrupt: Range<u32>,
    /// The kinds that they happen in.
    pub corrupt_in: Vec<String>,
    /// All have begun by then.
    pub within: Span,
    /// How long a node stays down.
    pub down: Range<Span>,
    /// How long a partition lasts.
    pub cut: Range<Span>,
    /// How long a process that trapped stays down.
    pub restart: Range<Span>,
    /// How many nodes may be down at a time.
    pub at_most_down: Option<u32>,
    /// The nodes that may crash or be cut off.
    pub nodes: Option<Vec<String>>,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            crashes: Range::One(0),
            partitions: Range::One(0),
            leader: Range::One(0),
            asc: Range::One(0),
            asc_in: None,
            corrupt: Range::One(0),
            corrupt_in: Vec::new(),
            within: Span(20_000_000),
            down: Range::Between([Span(50_000), Span(3_000_000)]),
            cut: Range::Between([Span(100_000), Span(4_000_000)]),
            restart: Range::Between([Span(20_000), Span(500_000)]),
            at_most_down: None,
            nodes: None,
        }
    }
}

/// Whom a client asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// Who answered last, the next one at a repetition.
    One,
    /// All at once.
    All,
}

/// Clients.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// How many.
    #[serde(default = "one")]
    pub count: u32,
    /// Their addresses.
    #[serde(default = "client_address")]
    pub address: String,
    /// Their nodes.
    pub on: Option<String>,
    /// Of all clients together.
    #[serde(default = "hundred")]
    pub operations: u32,
    /// How many keys.
    #[serde(default = "five")]
    pub keys: u32,
    /// Whom they ask.
    pub to: Vec<String>,
    /// How.
    #[serde(default = "ask_one")]
    pub ask: Ask,
    /// Until a request is repeated.
    #[serde(default = "retry")]
    pub retry: Range<Span>,
    /// Before the next operation.
    #[serde(default = "think")]
    pub think: Range<Span>,
    /// Replies that must agree.
    #[serde(default = "one")]
    pub votes: u32,
    /// What they ask.
    pub operation: Vec<Operation>,
    /// The answer.
    pub reply: Reply,
    /// A reply that names whom to ask instead.
    pub redirect: Option<Redirect>,
    /// A reply that says: not now.
    pub busy: Option<Busy>,
    /// What is sent about a process whose reply differs.
    pub suspect: Option<Suspect>,
}

/// What an operation means to the checkers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Meaning {
    /// Gives the value.
    Read,
    /// Sets it.
    Write,
    /// Sets it if it is the old one.
    Cas,
    /// Appends to it.
    Append,
    /// Adds to it.
    Add,
    /// No checker looks at it.
    Other,
}

/// An operation of clients.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// What it means.
    pub kind: Meaning,
    /// How often it is drawn.
    #[serde(default = "one")]
    pub weight: u32,
    /// The message.
    pub send: String,
    /// Its fields.
    #[serde(default)]
    pub body: BTreeMap<String, Toml>,
    /// Not drawn, but asked once by the first client, after so many answers.
    pub after: Option<u32>,
    /// How much an `add` adds.
    #[serde(default = "one")]
    pub amount: u32,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The message.
    pub receive: String,
    /// The field with the number of the operation.
    pub seq: Option<String>,
    /// The place of the result.
    pub result: Option<String>,
    /// The place of what votes are counted by.
    pub digest: Option<String>,
}

/// A reply that names whom to ask instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// The message.
    pub receive: String,
    /// The field with the number of the operation.
    pub seq: Option<String>,
    /// The place of the address.
    pub to: String,
}

/// A reply that says: not now.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Busy {
    /// The message.
    pub receive: String,
    /// The field with the number of the operation.
    pub seq: Option<String>,
}

/// What is sent about a process whose reply differs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspect {
    /// The message.
    pub send: String,
    /// Its fields.
    #[serde(default)]
    pub body: BTreeMap<String, Toml>,
    /// To whom.
    pub to: Vec<String>,
}

/// What must hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// Messages between two looks at the invariants.
    pub invariants_every: u32,
    /// Whether histories must be linearizable.
    pub linearizable: bool,
    /// What the search may take for a key.
    pub steps: u64,
    /// Within which time operations are answered once faults have ended.
    pub progress: Span,
    /// Whether what was answered must show at the end.
    pub kept: bool,
    /// Whether every key is read at the end.
    pub final_reads: bool,
    /// Maps that agree.
    pub agree: Vec<Agree>,
    /// Messages that agree.
    pub agree_messages: Vec<AgreeMessages>,
}

impl Default for Checks {
    fn default() -> Checks {
        Checks {
            invariants_every: 50,
            linearizable: true,
            steps: 2_000_000,
            progress: Span(10_000_000),
            kept: true,
            final_reads: true,
            agree: Vec::new(),
            agree_messages: Vec::new(),
        }
    }
}

/// A variable whose maps agree in all processes of a kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agree {
    /// The kind.
    pub process: String,
    /// The variable.
    pub variable: String,
    /// What of the values, if not all.
    pub part: Option<String>,
    /// When it is looked at.
    #[serde(default)]
    pub when: When,
}

/// When something is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// At each restart and at the end.
    #[default]
    Always,
    /// At the end.
    End,
}

/// A message of which those with equal keys have equal bodies, whoever sends them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreeMessages {
    /// The message.
    pub message: String,
    /// The field.
    pub key: String,
}

/// A message that names a process whose replies differ.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The message.
    pub message: String,
    /// The field with the address.
    pub process: String,
}

/// A bound of `pasc model`: states with more are not gone on from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// The kind of process.
    pub process: String,
    /// The variable, a number, or what has a length.
    pub variable: String,
    /// The most that it may be.
    pub most: i64,
}

/// Who leads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leader {
    /// The message that only a leader sends.
    pub message: String,
    /// The field that grows with each new leader.
    pub term: Option<String>,
}

/// What `pasc model` looks at.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Messages that are there at first.
    pub inputs: Vec<ModelInput>,
    /// States that are not gone on from.
    pub within: Vec<Within>,
    /// How often a process begins anew.
    pub crashes: u32,
    /// Before the search is undecided.
    pub states: u64,
}

impl Default for Model {
    fn default() -> Model {
        Model {
            inputs: Vec::new(),
            within: Vec::new(),
            crashes: 0,
            states: 10_000_000,
        }
    }
}

/// A message that is there at first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelInput {
    /// From whom.
    pub from: String,
    /// To which process.
    pub to: String,
    /// The message.
    pub send: String,
    /// Its fields.
    #[serde(default)]
    pub body: BTreeMap<String, Toml>,
}

fn one() -> u32 {
    1
}
fn five() -> u32 {
    5
}
fn hundred() -> u32 {
    100
}
fn thousand() -> u32 {
    1000
}
fn yes() -> bool {
    true
}
fn lockstep() -> ModeName {
    ModeName::Lockstep
}
fn synced() -> Durability {
    Durability::Synced
}
fn ask_one() -> Ask {
    Ask::One
}
fn client_address() -> String {
    "client{n}".to_owned()
}
fn retry() -> Range<Span> {
    Range::One(Span(200_000))
}
fn think() -> Range<Span> {
    Range::One(Span(1_000))
}
