//! Every order of messages of a small cluster, by stateright's search.
//!
//! In: a cluster. Out: whether every state that can be reached is right, and how many there are; or the
//! messages that lead to one that is not. The network is a set: what was sent once can come at any time,
//! any number of times, or never. Timers do not fire, time stands still.
//!
//! What a process does with a message is computed by the machine, once for each state of it; states of
//! the whole are numbers of these.

mod order;
mod search;
pub(crate) mod stale;
mod symmetric;
mod variables;

use crate::cluster::Cluster;
use crate::log::Log;
use crate::machine::{End, Fast};
use crate::strike::frames;
use crate::template::whole_frame;
use pasc_vm::frame::Frame;
use pasc_vm::process::Input;
use pasc_vm::program::HandlerKind;
use pasc_vm::recovery::Released;
use pasc_vm::verify::Verified;
use pasc_vm::{Value, timer};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use symmetric::{Exchange, Images};

/// A state of the whole cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Whole {
    /// The state of each process, and for one whose records are synced late the one before.
    parts: Vec<(u32, u32)>,
    /// Which messages were sent: a bit for each.
    sent: Vec<u64>,
    /// How often a process may still crash.
    crashes: u32,
    /// Whether two messages disagree that must not.
    disagree: bool,
}

/// A step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A message comes.
    Deliver(u32),
    /// A process crashes, and begins again with what is kept.
    Crash(u32),
}

/// A state of one process.
struct Part {
    /// Whose.
    member: usize,
    /// What was handled in which state when it was come to first; nothing if it is the state at the start.
    origin: Option<(u32, u32)>,
    /// Its variables, if there are exchanges, and what each of these makes of it.
    variables: Vec<Value>,
    images: Images,
    snapshot: Vec<u8>,
    ordinal: u64,
    /// The invariant that does not hold.
    violated: Option<String>,
    /// Whether it is not to be gone on from.
    beyond: bool,
    /// Maps that must agree: which, key, value.
    agree: Vec<(usize, Value, String)>,
    /// For each rule of `model.stale` the value below which messages do nothing.
    floors: Box<[i64]>,
    /// What messages do to it, as far as that is known: the next state, and what is sent.
    steps: Vec<Option<(u32, Box<[u32]>)>>,
}

struct Message {
    from: String,
    /// The process that handles it; none if it stays for its agreement alone.
    to: Option<usize>,
    frame: Vec<u8>,
    /// Whether it comes as soon as it is sent.
    is_eager: bool,
    /// The fields that rules of `model.stale` are about, by rule.
    fields: Box<[(usize, i64)]>,
    /// What must agree: which, key, body.
    agree: Option<(usize, String, Vec<u8>)>,
    /// What each exchange makes of it.
    images: Images,
}

/// A message's place in the order of keys.
type MessageKey = (String, String, u64, Vec<u8>);

#[derive(Default)]
struct Tables {
    parts: Vec<Part>,
    part_ids: HashMap<(usize, Vec<u8>), u32>,
    messages: Vec<Message>,
    message_ids: HashMap<MessageKey, u32>,
    /// What is wrong with a rule of the file.
    refuted: Option<String>,
}

/// A cluster to be searched.
pub struct Network {
    cluster: Arc<Cluster>,
    tables: RwLock<Tables>,
    first: Whole,
    /// Where each process begins.
    begins: Vec<u32>,
    exchanges: Vec<Exchange>,
}

/// What a search came to.
pub struct Searched {
    /// Different states.
    pub states: u64,
    /// Steps looked at.
    pub steps: u64,
    /// States of single processes, and messages.
    pub parts: (u64, u64),
    /// Whether every state that can be reached was looked at.
    pub exhausted: bool,
    /// What must not be, and how it comes to that.
    pub violation: Option<(String, Log)>,
}

impl Network {
    /// A cluster before its first message. The error is a sentence.
    pub fn new(cluster: Arc<Cluster>) -> Result<Network, String> {
        let mut network = Network {
            first: Whole {
                parts: Vec::new(),
                sent: Vec::new(),
                crashes: cluster.config.model.crashes,
                disagree: false,
            },
            tables: RwLock::default(),
            begins: Vec::new(),
            exchanges: symmetric::exchanges(&cluster)?,
            cluster: cluster.clone(),
        };
        let mut sent = Vec::new();
        {
            let mut tables = network.tables_mut();
            for input in &cluster.inputs {
                sent.extend(network.message(&mut tables, &input.from, &input.frame));
            }
        }
        let mut parts = Vec::new();
        for member in 0..cluster.members.len() {
            let (part, outputs) = network.begin(member)?;
            parts.push((part, part));
            network.begins.push(part);
            sent.extend(outputs);
        }
        network.first.parts = parts;
        for id in sent {
            let mut first = network.first.clone();
            network.add(&mut first, id);
            network.first = first;
        }
        Ok(network)
    }

    fn tables(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn tables_mut(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn program(&self, member: usize) -> Verified<'_> {
        self.cluster.kinds[self.cluster.members[member].kind].verified()
    }

    /// A process without memory, after its start.
    fn begin(&self, member: usize) -> Result<(u32, Vec<u32>), String> {
        let spec = &self.cluster.members[member];
        let kind = &self.cluster.kinds[spec.kind];
        let started = Fast::start(kind.mode, self.program(member), &spec.options);
        let mut fast = started.map_err(|error| format!("{}: {error}", spec.address))?;
        let mut outputs = Vec::new();
        if kind.starts {
            let end = fast.handle(
                &Input::new(1, 0, &timer::start_input()),
                &mut outputs,
                &mut Vec::new(),
            );
            if end != End::Done {
                return Err(format!("{}: its start ends with {end:?}", spec.address));
            }
        }
        let mut tables = self.tables_mut();
        let sent = self.outputs(&mut tables, member, &outputs);
        let part = self.part(&mut tables, member, &mut fast, None);
        Ok((part, sent))
    }

    /// The number of the state that a process is in.
    fn part(
        &self,
        tables: &mut Tables,
        member: usize,
        fast: &mut Fast,
        origin: Option<(u32, u32)>,
    ) -> u32 {
        let spec = &self.cluster.members[member];
        let kind = &self.cluster.kinds[spec.kind];
        let state = fast.state().unwrap_or(Value::Bool(false));
        let mut variables = self.variables(spec.kind, &state);
        let key = (member, key(&variables));
        if let Some(known) = tables.part_ids.get(&key) {
            return *known;
        }
        let violated = kind
            .invariants
            .iter()
            .find(|(handler, _)| fast.holds(*handler) != Ok(true));
        if self.exchanges.is_empty() {
            variables = Vec::new();
        }
        let part = Part {
            member,
            origin,
            variables,
            images: Images::none(&self.exchanges),
            ordinal: fast.last_input().0,
            snapshot: fast.snapshot().unwrap_or_default(),
            violated: violated.map(|(_, name)| {
                let lines = crate::check::state_lines(&kind.program, &state);
                format!("{}: \"{name}\" does not hold\n{lines}", spec.address)
            }),
            beyond: self.is_beyond(spec.kind, &state),
            agree: self.agreeing(spec.kind, &state),
            floors: stale::floors(&self.cluster, spec.kind, &state),
            steps: Vec::new(),
        };
        let id = tables.parts.len() as u32;
        tables.parts.push(part);
        tables.part_ids.insert(key, id);
        id
    }

    /// The numbers of the messages among outputs.
    fn outputs(&self, tables: &mut Tables, member: usize, outputs: &[u8]) -> Vec<u32> {
        let from = &self.cluster.members[member].address;
        let frames = frames(outputs).filter(|bytes| !bytes.starts_with(&timer::MAGIC));
        frames
            .filter_map(|bytes| self.message(tables, from, bytes))
            .collect()
    }

    /// The number of a message; nothing if nobody handles it and it agrees with nothing.
    fn message(&self, tables: &mut Tables, from: &str, bytes: &[u8]) -> Option<u32> {
        let frame = Frame::parse(bytes).ok()?;
        let destination = frame.destination.to_owned();
        let key = (
            from.to_owned(),
            destination,
            frame.fingerprint,
            frame.body.to_vec(),
        );
        if let Some(known) = tables.message_ids.get(&key) {
            return Some(*known);
        }
        let agrees = |(index, (message, path)): (
            usize,
            &(crate::template::Received, crate::template::Path),
        )| {
            let types = &self.cluster.kinds[message.kind].program.types;
            if message.fingerprint != frame.fingerprint {
                return None;
            }
            let key = message.at(types, &message.decode(types, frame.body)?, path)?;
            Some((index, key, frame.body.to_vec()))
        };
        let agree_messages = self.cluster.agree_messages.iter().enumerate();
        let agree = agree_messages.into_iter().find_map(agrees);
        let to = self.receiver(frame.destination, frame.fingerprint);
        if to.is_none() && agree.is_none() {
            return None;
        }
        let ends = (from, frame.destination);
        let id = tables.messages.len() as u32;
        tables.messages.push(Message {
            from: from.to_owned(),
            to,
            frame: whole_frame(frame.fingerprint, 0, ends, frame.body).ok()?,
            is_eager: (self.cluster.eager.iter())
                .any(|eager| eager.fingerprint == frame.fingerprint),
            fields: stale::fields(&self.cluster, frame.fingerprint, frame.body),
            agree,
            images: Images::none(&self.exchanges),
        });
        tables.message_ids.insert(key, id);
        Some(id)
    }

    /// The process that a message is for, if it has a handler for it: others do nothing with it.
    fn receiver(&self, destination: &str, fingerprint: u64) -> Option<usize> {
        let to = *self.cluster.directory.get(destination)?;
        let member = self.cluster.members.get(to)?;
        let program = &self.cluster.kinds[member.kind].program;
        let kind = HandlerKind::Message(program.find_fingerprint(fingerprint)?);
        let is_handled = program.handlers.iter().any(|handler| handler.kind == kind);
        is_handled.then_some(to)
    }

    /// Adds a message to those that were sent.
    fn add(&self, whole: &mut Whole, id: u32) {
        let (word, bit) = (id as usize / 64, id % 64);
        if whole.sent.len() <= word {
            whole.sent.resize(word + 1, 0);
        }
        if whole.sent[word] >> bit & 1 == 1 {
            return;
        }
        let is_live = self.tables().is_live(whole, id);
        if !is_live {
            return self.left_out(whole, id);
        }
        if self.tables().messages[id as usize].is_eager {
            return self.come_at_once(whole, id);
        }
        whole.sent[word] |= 1 << bit;
        if self.cluster.agree_messages.is_empty() {
            return;
        }
        let tables = self.tables();
        if let Some((index, key, body)) = &tables.messages[id as usize].agree {
            let disagrees = |other: u32| match &tables.messages[other as usize].agree {
                Some((i, k, b)) => i == index && k == key && b != body,
                None => false,
            };
            whole.disagree |= ids(&whole.sent).any(disagrees);
        }
    }

    /// What a message does to a state of the process that it is for, as far as that is known.
    fn known(&self, part: u32, id: u32) -> Option<(u32, Box<[u32]>)> {
        let tables = self.tables();
        let steps = &tables.parts[part as usize].steps;
        steps.get(id as usize)?.clone()
    }

    /// Computes what a message does to the process that it is for, and whether exchanged processes do the same.
    fn compute(&self, part: u32, id: u32) -> Option<(u32, Box<[u32]>)> {
        let step = self.handled(part, id)?;
        self.must_be_symmetric(part, id, &step);
        Some(step)
    }

    /// What the machine makes of a message in a state of the process that it is for.
    fn handled(&self, part: u32, id: u32) -> Option<(u32, Box<[u32]>)> {
        let (member, frame, snapshot, ordinal) = {
            let tables = self.tables();
            let message = &tables.messages[id as usize];
            let before = &tables.parts[part as usize];
            (
                message.to?,
                message.frame.clone(),
                before.snapshot.clone(),
                before.ordinal,
            )
        };
        let spec = &self.cluster.members[member];
        let kind = &self.cluster.kinds[spec.kind];
        let none = std::iter::empty();
        let program = self.program(member);
        let mut fast = Fast::recover(
            kind.mode,
            program,
            &spec.options,
            &snapshot,
            none,
            Released::Lost,
        )
        .ok()?;
        let mut outputs = Vec::new();
        let input = Input::new(ordinal + 1, 0, &frame);
        let end = fast.handle(&input, &mut outputs, &mut Vec::new());
        let mut tables = self.tables_mut();
        let step = match end {
            End::Done => {
                let sent = self.outputs(&mut tables, member, &outputs);
                let next = self.part(&mut tables, member, &mut fast, Some((part, id)));
                (next, sent.into())
            }
            // The state is as before.
            _ => (part, Box::default()),
        };
        let steps = &mut tables.parts[part as usize].steps;
        if steps.len() <= id as usize {
            steps.resize(id as usize + 1, None);
        }
        steps[id as usize] = Some(step.clone());
        Some(step)
    }

    /// Whether the maps of processes, and messages, agree.
    fn agrees(&self, whole: &Whole) -> bool {
        !whole.disagree && (self.cluster.agree.is_empty() || self.differs(whole).is_none())
    }

    /// The first entry of a map that differs between processes, for people.
    fn differs(&self, whole: &Whole) -> Option<String> {
        let tables = self.tables();
        let mut known: HashMap<(usize, &Value), (usize, &str)> = HashMap::new();
        for (member, (part, _)) in whole.parts.iter().enumerate() {
            for (index, key, text) in &tables.parts[*part as usize].agree {
                let first = *known.entry((*index, key)).or_insert((member, text));
                if first.1 != text {
                    let address = |member: usize| &self.cluster.members[member].address;
                    return Some(format!(
                        "`{}` differs under {key:?}\n   | {}: {}\n   | {}: {text}",
                        self.cluster.agree[*index].variable,
                        address(first.0),
                        first.1,
                        address(member)
                    ));
                }
            }
        }
        None
    }

    fn violated(&self, whole: &Whole) -> Option<String> {
        let tables = self.tables();
        whole
            .parts
            .iter()
            .find_map(|(part, _)| tables.parts[*part as usize].violated.clone())
    }
}

/// What tells states apart.
fn key(variables: &[Value]) -> Vec<u8> {
    // Values of a program always have an encoding.
    postcard::to_stdvec(variables).unwrap_or_default()
}

/// The numbers of the bits that are set.
fn ids(sent: &[u64]) -> impl Iterator<Item = u32> {
    sent.iter().enumerate().flat_map(|(word, bits)| {
        (0..64)
            .filter(move |bit| bits >> bit & 1 == 1)
            .map(move |bit| word as u32 * 64 + bit)
    })
}

fn has(sent: &[u64], id: u32) -> bool {
    sent.get(id as usize / 64)
        .is_some_and(|word| word >> (id % 64) & 1 == 1)
}
