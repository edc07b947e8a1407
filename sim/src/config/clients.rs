//! Clients as the file of a cluster describes them.

use super::one;
use crate::span::{Range, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Value as Toml;

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

fn five() -> u32 {
    5
}
fn hundred() -> u32 {
    100
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
