//! Clients: they ask one thing at a time, repeat it until it is answered, and count votes.
//!
//! In: what comes for a client, and that its time has come. Out: frames to send, the history, and who
//! was named because its reply differs from what was accepted.

use crate::cluster::{ClientsOf, Cluster, OperationOf};
use crate::config::{Ask, Meaning};
use crate::history::Done;
use crate::random::Random;
use crate::template::{Path, Received};
use pasc_vm::frame::Frame;
use serde_json::Value as Json;
use std::collections::VecDeque;

/// So many answered operations are remembered, to judge replies that come late.
const REMEMBERED: usize = 64;

/// A reply that counts.
struct Vote {
    from: usize,
    digest: Option<String>,
    result: Option<String>,
}

/// An operation that is not answered yet.
struct Open {
    /// Its place in the history.
    place: usize,
    operation: usize,
    body: Vec<u8>,
    votes: Vec<Vote>,
}

/// What a client did with something that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// It was of no use.
    Nothing,
    /// A vote, not yet enough.
    Counted,
    /// The operation is answered: its place in the history.
    Answered(usize),
    /// It asks somebody else at once.
    Elsewhere,
}

/// A client.
pub(crate) struct Client {
    index: usize,
    random: Random,
    left: u32,
    seq: u32,
    number: u64,
    /// Whom it asks, a place among the targets.
    target: usize,
    open: Option<Open>,
    /// What it knows of each key.
    known: Vec<String>,
    answered: VecDeque<(u32, Option<String>)>,
    /// Keys to be read at the end.
    finals: VecDeque<u32>,
    /// Operations that are asked once.
    once: Vec<usize>,
    /// How many operations of all clients are answered.
    pub(crate) answers: u64,
    /// What it waits for; older wakes are stale.
    pub(crate) token: u32,
    /// Frames to send: to whom.
    pub(crate) sends: Vec<(usize, Vec<u8>)>,
    /// Processes named since this was last looked at.
    pub(crate) named: Vec<usize>,
}

impl Client {
    /// A client with so many operations.
    pub(crate) fn new(index: usize, operations: u32, keys: u32, seed: u64) -> Client {
        Client {
            index,
            random: Random::new(seed, 0x100 + index as u64),
            left: operations,
            seq: 0,
            number: 0,
            target: index,
            open: None,
            known: vec![String::new(); keys as usize + 1],
            answered: VecDeque::new(),
            finals: VecDeque::new(),
            once: Vec::new(),
            answers: 0,
            token: 0,
            sends: Vec::new(),
            named: Vec::new(),
        }
    }

    /// Whether it has nothing more to ask.
    pub(crate) fn is_done(&self) -> bool {
        self.open.is_none() && self.left == 0 && self.finals.is_empty() && self.once.is_empty()
    }

    /// The place in the history of what it waits for.
    pub(crate) fn waits_for(&self) -> Option<usize> {
        self.open.as_ref().map(|open| open.place)
    }

    /// Asks what is asked once.
    pub(crate) fn ask_once(&mut self, clients: &ClientsOf) {
        let operations = clients.operations.iter().enumerate();
        let once = operations.filter(|(_, of)| of.written.after.is_some());
        self.once = once.map(|(index, _)| index).collect();
    }

    /// An operation that is asked once and is due.
    fn due(&mut self, clients: &ClientsOf, answers: u64) -> Option<usize> {
        let is_due = |index: &usize| {
            let after = clients.operations[*index].written.after.unwrap_or(0);
            self.left == 0 || answers >= u64::from(after)
        };
        let place = self.once.iter().position(is_due)?;
        Some(self.once.remove(place))
    }

    /// Reads all keys at the end.
    pub(crate) fn read_all(&mut self, keys: u32) {
        self.finals = (1..=keys).collect();
    }

    /// Time to think before the next operation.
    pub(crate) fn thinks(&mut self, clients: &ClientsOf) -> u64 {
        clients.written.think.draw(&mut self.random)
    }

    /// Time until a request is repeated.
    pub(crate) fn patience(&mut self, clients: &ClientsOf) -> u64 {
        clients.written.retry.draw(&mut self.random).max(1)
    }

    /// Its time has come: asks the next thing, or the same again. Whether it waits for an answer. The
    /// error is a sentence.
    pub(crate) fn wake(
        &mut self,
        cluster: &Cluster,
        history: &mut Vec<Done>,
        now: u64,
    ) -> Result<bool, String> {
        let Some(clients) = &cluster.clients else {
            return Ok(false);
        };
        if self.open.is_some() {
            self.target += 1;
        } else if !self.begin(cluster, clients, history, now)? {
            return Ok(false);
        }
        self.send(cluster, clients)?;
        Ok(true)
    }

    /// Begins an operation; whether there is one.
    fn begin(
        &mut self,
        cluster: &Cluster,
        clients: &ClientsOf,
        history: &mut Vec<Done>,
        now: u64,
    ) -> Result<bool, String> {
        let (operation, key) = if let Some(operation) = self.due(clients, self.answers) {
            (operation, 1)
        } else if self.left > 0 {
            self.left -= 1;
            let key = 1 + self.random.below(u64::from(clients.written.keys)) as u32;
            (self.choose(clients), key)
        } else {
            let Some(key) = self.finals.pop_front() else {
                return Ok(false);
            };
            let is_read = |of: &OperationOf| of.written.kind == Meaning::Read;
            match clients.operations.iter().position(is_read) {
                Some(read) => (read, key),
                None => return Ok(false),
            }
        };
        self.seq += 1;
        let written = &clients.operations[operation].written;
        let unique =
            (u64::from(self.seq) - 1) * u64::from(clients.written.count) + self.index as u64 + 1;
        let value = match written.kind {
            Meaning::Append => format!("{unique},"),
            Meaning::Add => written.amount.to_string(),
            _ => unique.to_string(),
        };
        let old = self.known[key as usize].clone();
        let body = self.body(cluster, clients, operation, (key, &value, &old))?;
        let done = Done {
            client: self.index as u32,
            seq: self.seq,
            kind: written.kind,
            key,
            value,
            old,
            asked: now,
            answered: None,
            result: None,
        };
        self.open = Some(Open {
            place: history.len(),
            operation,
            body,
            votes: Vec::new(),
        });
        history.push(done);
        Ok(true)
    }

    fn choose(&mut self, clients: &ClientsOf) -> usize {
        let all: u64 = clients.operations.iter().map(weight_of).sum();
        let mut place = self.random.below(all);
        for (index, of) in clients.operations.iter().enumerate() {
            let weight = weight_of(of);
            if place < weight {
                return index;
            }
            place -= weight;
        }
        0
    }

    fn body(
        &self,
        cluster: &Cluster,
        clients: &ClientsOf,
        operation: usize,
        (key, value, old): (u32, &str, &str),
    ) -> Result<Vec<u8>, String> {
        let number = |text: &str| {
            text.trim_end_matches(',')
                .parse::<i64>()
                .ok()
                .map(Json::from)
        };
        let values = |name: &str| match name {
            "$client" => Some(Json::from(clients.addresses[self.index].clone())),
            "$client:int" => Some(Json::from(self.index + 1)),
            "$seq" => Some(Json::from(self.seq)),
            "$key" => Some(Json::from(format!("k{key}"))),
            "$key:int" => Some(Json::from(key)),
            "$value" => Some(Json::from(value)),
            "$value:int" => number(value),
            "$old" => Some(Json::from(old)),
            "$old:int" => Some(number(old).unwrap_or(Json::from(0))),
            _ => None,
        };
        let types = &cluster.kinds[clients.kind].program.types;
        clients.operations[operation].template.fill(types, &values)
    }

    fn send(&mut self, cluster: &Cluster, clients: &ClientsOf) -> Result<(), String> {
        let Some(open) = &self.open else {
            return Ok(());
        };
        let template = &clients.operations[open.operation].template;
        let targets = &clients.targets[self.index];
        let all = targets.len();
        let to = match clients.written.ask {
            Ask::One => self.target % all..self.target % all + 1,
            Ask::All => 0..all,
        };
        for target in to {
            let to = targets[target];
            self.number += 1;
            let address = &cluster.members[to].address;
            let own = &clients.addresses[self.index];
            self.sends
                .push((to, template.frame(&open.body, self.number, own, address)?));
        }
        Ok(())
    }

    /// Something came.
    pub(crate) fn receive(
        &mut self,
        cluster: &Cluster,
        history: &mut [Done],
        frame: &Frame,
        now: u64,
    ) -> Told {
        let (Some(clients), Some(from)) = (&cluster.clients, cluster.directory.get(frame.sender))
        else {
            return Told::Nothing;
        };
        let (reply, seq, result, digest) = &clients.reply;
        if frame.fingerprint == reply.fingerprint {
            let types = &cluster.kinds[reply.kind].program.types;
            let Some(value) = reply.decode(types, frame.body) else {
                return Told::Nothing;
            };
            let at =
                |path: &Option<Path>| path.as_ref().and_then(|path| reply.at(types, &value, path));
            let vote = Vote {
                from: *from,
                digest: at(digest),
                result: at(result),
            };
            let seq = match seq {
                Some(_) => at(seq).and_then(|text| text.parse().ok()),
                None => Some(self.seq),
            };
            return match seq {
                Some(seq) if seq == self.seq && self.open.is_some() => {
                    self.count(clients, history, vote, now)
                }
                Some(seq) => self.late(clients, seq, &vote),
                None => Told::Nothing,
            };
        }
        if let Some((redirect, seq, to)) = &clients.redirect
            && self.is_for(cluster, redirect, seq.as_ref(), frame)
        {
            let types = &cluster.kinds[redirect.kind].program.types;
            let value = redirect.decode(types, frame.body);
            let address = value.and_then(|value| redirect.at(types, &value, to));
            let process = address.and_then(|address| cluster.directory.get(&address).copied());
            let target = process.and_then(|process| {
                clients.targets[self.index]
                    .iter()
                    .position(|target| *target == process)
            });
            return match target {
                Some(target) if target != self.target % clients.targets[self.index].len() => {
                    self.target = target;
                    self.again(cluster, clients)
                }
                _ => Told::Nothing,
            };
        }
        if let Some((busy, seq)) = &clients.busy
            && self.is_for(cluster, busy, seq.as_ref(), frame)
        {
            self.target += 1;
            return self.again(cluster, clients);
        }
        Told::Nothing
    }

    fn again(&mut self, cluster: &Cluster, clients: &ClientsOf) -> Told {
        // It was sent before, so it can be built.
        match self.send(cluster, clients) {
            Ok(()) => Told::Elsewhere,
            Err(_) => Told::Nothing,
        }
    }

    /// Whether a message is about what the client waits for.
    fn is_for(&self, cluster: &Cluster, of: &Received, seq: Option<&Path>, frame: &Frame) -> bool {
        if frame.fingerprint != of.fingerprint || self.open.is_none() {
            return false;
        }
        let types = &cluster.kinds[of.kind].program.types;
        let Some(seq) = seq else { return true };
        let value = of.decode(types, frame.body);
        let said = value.and_then(|value| of.at(types, &value, seq));
        said == Some(self.seq.to_string())
    }

    /// A vote for what the client waits for.
    fn count(&mut self, clients: &ClientsOf, history: &mut [Done], vote: Vote, now: u64) -> Told {
        let Some(open) = &mut self.open else {
            return Told::Nothing;
        };
        open.votes.retain(|other| other.from != vote.from);
        open.votes.push(vote);
        let newest = &open.votes[open.votes.len() - 1];
        let agree = open
            .votes
            .iter()
            .filter(|other| other.digest == newest.digest);
        if agree.count() < clients.written.votes.max(1) as usize {
            return Told::Counted;
        }
        let (from, digest, result) = (newest.from, newest.digest.clone(), newest.result.clone());
        let differ = open.votes.iter().filter(|other| other.digest != digest);
        self.named.extend(differ.map(|other| other.from));
        let place = open.place;
        let done = &mut history[place];
        done.answered = Some(now);
        done.result = result;
        match done.kind {
            Meaning::Read => {
                self.known[done.key as usize] = done.result.clone().unwrap_or_default()
            }
            Meaning::Write => self.known[done.key as usize] = done.value.clone(),
            Meaning::Cas if done.result.as_deref() == Some("true") => {
                self.known[done.key as usize] = done.value.clone();
            }
            _ => {}
        }
        if let Some(target) = clients.targets[self.index]
            .iter()
            .position(|target| *target == from)
            && clients.written.votes <= 1
        {
            self.target = target;
        }
        self.answered.push_back((self.seq, digest));
        if self.answered.len() > REMEMBERED {
            self.answered.pop_front();
        }
        self.open = None;
        Told::Answered(place)
    }

    /// A reply to what was answered before: it can still differ.
    fn late(&mut self, clients: &ClientsOf, seq: u32, vote: &Vote) -> Told {
        if clients.written.votes > 1 {
            let known = self.answered.iter().find(|(answered, _)| *answered == seq);
            if known.is_some_and(|(_, digest)| *digest != vote.digest) {
                self.named.push(vote.from);
            }
        }
        Told::Nothing
    }

    /// The frames that tell about a process whose reply differed. The error is a sentence.
    pub(crate) fn suspects(&mut self, cluster: &Cluster, process: usize) -> Result<(), String> {
        let Some((clients, (template, kind, to))) = cluster
            .clients
            .as_ref()
            .and_then(|clients| clients.suspect.as_ref().map(|suspect| (clients, suspect)))
        else {
            return Ok(());
        };
        let Some(member) = cluster.members.get(process) else {
            return Ok(());
        };
        let values = |name: &str| match name {
            "$process" => Some(Json::from(member.address.clone())),
            "$number" => Some(Json::from(member.number)),
            "$client" => Some(Json::from(clients.addresses[self.index].clone())),
            "$seq" => Some(Json::from(self.seq)),
            _ => None,
        };
        let body = template.fill(&cluster.kinds[*kind].program.types, &values)?;
        for text in to {
            let number = member.number.to_string();
            let address = text
                .replace("$process", &member.address)
                .replace("$number", &number);
            let Some(to) = cluster.directory.get(&address) else {
                return Err(format!(
                    "[clients.suspect]: nobody has the address `{address}`"
                ));
            };
            self.number += 1;
            let own = &clients.addresses[self.index];
            self.sends
                .push((*to, template.frame(&body, self.number, own, &address)?));
        }
        Ok(())
    }
}

/// How often an operation is drawn; one that is asked once is not.
fn weight_of(of: &OperationOf) -> u64 {
    match of.written.after {
        None => u64::from(of.written.weight),
        Some(_) => 0,
    }
}
