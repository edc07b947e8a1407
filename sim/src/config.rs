//! The file of a cluster as it is written; `docs/simulator.md` tells what each key means.

mod clients;

pub use clients::{Ask, Busy, Clients, Meaning, Operation, Redirect, Reply, Suspect};

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
    /// Whether one that stopped by itself begins without memory, as what it kept may make it stop again.
    #[serde(default)]
    pub anew: bool,
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
    /// How partitions cut.
    pub shapes: Vec<Cut>,
}

/// How a partition cuts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// A node from all others.
    Isolate,
    /// What a node sends is lost.
    Mute,
    /// What a node is sent is lost.
    Deafen,
    /// All nodes, clients' too, into two sides.
    Split,
    /// One link.
    Link,
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
            shapes: vec![Cut::Isolate, Cut::Mute, Cut::Deafen, Cut::Split, Cut::Link],
        }
    }
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
    /// How long all goes on after the last answer, before maps that agree at the end are looked at.
    pub settle: Span,
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
            settle: Span(2_000_000),
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
    /// Messages that do nothing any more.
    pub stale: Vec<Stale>,
    /// Messages that come as soon as they are sent, and once.
    pub eager: Vec<String>,
    /// Kinds whose processes can take each other's place.
    pub symmetric: Vec<String>,
    /// Whether states that differ only in the order of maps and sets are different.
    pub ordered: bool,
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
            stale: Vec::new(),
            eager: Vec::new(),
            symmetric: Vec::new(),
            ordered: false,
            crashes: 0,
            states: 100_000_000,
        }
    }
}

/// Says that a message does nothing once a field of it is below a variable of the process that it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// The kind of the process.
    pub process: String,
    /// The message.
    pub message: String,
    /// The field, an integer.
    pub field: String,
    /// The variable, an integer that never falls.
    pub below: String,
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
