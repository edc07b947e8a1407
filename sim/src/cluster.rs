//! A cluster with its programs: everything that does not depend on the seed.
//!
//! In: the file's content and a program for each kind. Out: a [`Cluster`] in which every name was
//! found, or a sentence that says which was not.

mod names;

use crate::config::{Clients, Config, Durability, Kind, ModeName, When};
use crate::model::stale::StaleOf;
use crate::template::{self, Path, Received, Template, to_json};
use pasc_traces::json;
use pasc_traces::near::did_you_mean;
use pasc_vm::limits::Limits;
use pasc_vm::process::Options;
use pasc_vm::program::{HandlerId, HandlerKind};
use pasc_vm::types::{Type, TypeId};
use pasc_vm::verify::Verified;
use pasc_vm::{Program, Value};
use pasc_vm_probed as probed;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The most processes and clients of a cluster.
pub const MAX_ENDPOINTS: usize = 1000;

/// One process.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its kind, an index.
    pub kind: usize,
    /// Its number among those of the kind, from 1.
    pub number: u32,
    /// Its address.
    pub address: String,
    /// Its node, an index.
    pub node: usize,
    /// What it is started with, but for what the seed gives.
    pub options: Options,
}

/// A kind of process with its program.
pub struct KindOf {
    /// Its name.
    pub name: String,
    /// The program.
    pub program: Program,
    /// The same for the machine of the campaigns.
    pub probed: probed::Program,
    /// The mode.
    pub mode: ModeName,
    /// What is kept.
    pub durability: Durability,
    /// Commits between two snapshots.
    pub snapshot_every: u32,
    /// Whether one that stopped by itself begins without memory.
    pub anew: bool,
    /// Whether faults may happen inside.
    pub asc: bool,
    /// Whether words of its state may be changed.
    pub corrupt: bool,
    /// Whether it has something to do at the start.
    pub starts: bool,
    /// The invariants: handler and name.
    pub invariants: Vec<(HandlerId, String)>,
}

impl KindOf {
    /// The program, which was verified.
    pub fn verified(&self) -> Verified<'_> {
        // It was verified when the cluster was made, and nothing has changed it since.
        Verified::new(&self.program).unwrap_or_else(|fault| unreachable!("{fault}"))
    }
}

/// A message of clients, and what it means.
pub(crate) struct OperationOf {
    /// What it means, how often, and the message as it is written.
    pub(crate) written: crate::config::Operation,
    /// The message.
    pub(crate) template: Template,
}

/// Clients, with what their messages are.
pub(crate) struct ClientsOf {
    /// As they are written.
    pub(crate) written: Clients,
    /// Their addresses.
    pub(crate) addresses: Vec<String>,
    /// Their nodes.
    pub(crate) nodes: Vec<usize>,
    /// Whom each of them asks: processes.
    pub(crate) targets: Vec<Vec<usize>>,
    /// The kind whose types requests have.
    pub(crate) kind: usize,
    /// What they ask.
    pub(crate) operations: Vec<OperationOf>,
    /// The answer, where its number, result and digest stand.
    pub(crate) reply: (Received, Option<Path>, Option<Path>, Option<Path>),
    /// Who is to be asked instead.
    pub(crate) redirect: Option<(Received, Option<Path>, Path)>,
    /// Not now.
    pub(crate) busy: Option<(Received, Option<Path>)>,
    /// What is sent about who differs.
    pub(crate) suspect: Option<(Template, usize, Vec<String>)>,
}

/// Who leads.
pub(crate) struct LeaderOf {
    /// The message.
    pub(crate) message: Received,
    /// The field that grows.
    pub(crate) term: Option<Path>,
}

/// A variable whose maps agree in all processes of a kind.
pub(crate) struct AgreeOf {
    /// The kind.
    pub(crate) kind: usize,
    /// The variable's place.
    pub(crate) place: usize,
    /// Its name.
    pub(crate) variable: String,
    /// What of the values is compared.
    pub(crate) part: Path,
    /// When.
    pub(crate) when: When,
}

/// A message that is there at first.
pub(crate) struct InputOf {
    /// From whom.
    pub(crate) from: String,
    /// The frame.
    pub(crate) frame: Vec<u8>,
}

/// A cluster.
pub struct Cluster {
    /// As it is written.
    pub config: Config,
    /// The kinds.
    pub kinds: Vec<KindOf>,
    /// The processes.
    pub members: Vec<Member>,
    /// The nodes, by name; those without processes come last.
    pub nodes: Vec<String>,
    /// How many nodes have processes.
    pub served: usize,
    /// The nodes that may crash or be cut off.
    pub at_risk: Vec<usize>,
    /// Clients.
    pub(crate) clients: Option<ClientsOf>,
    /// Who leads.
    pub(crate) leader: Option<LeaderOf>,
    /// Maps that agree.
    pub(crate) agree: Vec<AgreeOf>,
    /// Messages that agree, by what.
    pub(crate) agree_messages: Vec<(Received, Path)>,
    /// A message that names a process.
    pub(crate) named: Option<(Received, Path)>,
    /// All messages: what stands in frames, and the name.
    pub(crate) messages: Vec<(u64, String)>,
    /// For `pasc model`: messages that do nothing any more.
    pub(crate) stale: Vec<StaleOf>,
    /// For `pasc model`: messages that come at once.
    pub(crate) eager: Vec<Received>,
    /// For `pasc model`.
    pub(crate) inputs: Vec<InputOf>,
    /// Processes and clients by address.
    pub directory: BTreeMap<String, usize>,
}

/// What the table of a cluster's file says. The error is a sentence.
pub fn parse(table: toml::Table) -> Result<Config, String> {
    table
        .try_into()
        .map_err(|error: toml::de::Error| error.to_string().trim_end().replace('\n', " "))
}

impl Cluster {
    /// Takes the programs of the kinds, in their order. The error is a sentence.
    pub fn new(config: Config, programs: Vec<Program>) -> Result<Cluster, String> {
        let mut cluster = Cluster {
            kinds: Vec::new(),
            members: Vec::new(),
            nodes: Vec::new(),
            served: 0,
            at_risk: Vec::new(),
            clients: None,
            leader: None,
            agree: Vec::new(),
            agree_messages: Vec::new(),
            stale: Vec::new(),
            eager: Vec::new(),
            named: None,
            messages: Vec::new(),
            inputs: Vec::new(),
            directory: BTreeMap::new(),
            config: config.clone(),
        };
        if config.process.is_empty() || config.process.len() != programs.len() {
            return Err(
                "a cluster has at least one [[process]], and each has a program".to_owned(),
            );
        }
        config.check_numbers()?;
        for (kind, program) in config.process.iter().zip(programs) {
            cluster.add_kind(kind, program)?;
        }
        cluster.add_members()?;
        cluster.served = cluster.nodes.len();
        cluster.add_clients()?;
        cluster.find_names()?;
        Ok(cluster)
    }

    fn add_kind(&mut self, kind: &Kind, program: Program) -> Result<(), String> {
        Verified::new(&program).map_err(|fault| format!("{}: {fault}", kind.program))?;
        let bytes = postcard::to_stdvec(&program).map_err(|error| error.to_string())?;
        let probed = postcard::from_bytes(&bytes).map_err(|error| error.to_string())?;
        let handlers = program.handlers.iter().enumerate();
        let invariants = handlers
            .filter(|(_, handler)| handler.kind == HandlerKind::Invariant)
            .map(|(index, handler)| (HandlerId(index as u32), handler.name.clone()));
        let faults = &self.config.faults;
        let named = |names: &[String]| names.contains(&kind.name);
        if self.kinds.iter().any(|known| known.name == kind.name) {
            return Err(format!("two kinds of processes are called `{}`", kind.name));
        }
        self.kinds.push(KindOf {
            name: kind.name.clone(),
            probed,
            mode: kind.mode,
            durability: kind.durability,
            snapshot_every: kind.snapshot_every.max(1),
            anew: kind.anew,
            asc: kind.asc && faults.asc_in.as_deref().is_none_or(named),
            corrupt: named(&faults.corrupt_in),
            starts: pasc_traces::jsonl::starts(&program),
            invariants: invariants.collect(),
            program,
        });
        Ok(())
    }

    fn add_members(&mut self) -> Result<(), String> {
        let kinds = self.config.process.clone();
        for (index, kind) in kinds.iter().enumerate() {
            for number in 1..=kind.count.max(1) {
                let address = address_of(kind, number);
                let node = kind.node.as_ref().map(|node| numbered(node, number));
                let node = self.node(node.as_deref().unwrap_or(&address));
                let place = self.members.len();
                self.list(&address, place)?;
                self.members.push(Member {
                    kind: index,
                    number,
                    options: Options::new(&address),
                    address,
                    node,
                });
            }
        }
        // Parameters may name processes of any kind.
        for index in 0..self.members.len() {
            self.members[index].options = self.options(index)?;
        }
        Ok(())
    }

    /// The number of a node; a name that is new gets the next one.
    fn node(&mut self, name: &str) -> usize {
        match self.nodes.iter().position(|node| node == name) {
            Some(index) => index,
            None => {
                self.nodes.push(name.to_owned());
                self.nodes.len() - 1
            }
        }
    }

    fn list(&mut self, address: &str, place: usize) -> Result<(), String> {
        if !(1..=pasc_vm::frame::MAX_ADDRESS_BYTES).contains(&address.len()) {
            return Err(format!(
                "`{address}` cannot be an address, which has 1 to 63 bytes"
            ));
        }
        if place >= MAX_ENDPOINTS {
            return Err(format!(
                "a cluster has at most {MAX_ENDPOINTS} processes and clients"
            ));
        }
        match self.directory.insert(address.to_owned(), place) {
            None => Ok(()),
            Some(_) => Err(format!(
                "two processes or clients have the address `{address}`"
            )),
        }
    }

    fn options(&self, index: usize) -> Result<Options, String> {
        let member = &self.members[index];
        let kind = &self.config.process[member.kind];
        let program = &self.kinds[member.kind].program;
        let mut options = Options::new(&member.address);
        options.records = kind.durability != Durability::None;
        let mut limits = Limits::default();
        for (name, value) in &kind.limits {
            limits
                .set(name, *value)
                .map_err(|error| format!("{}: {error}", kind.name))?;
        }
        options.limits = limits;
        for (name, value) in &kind.params {
            let names = || program.params.iter().map(|param| param.name.as_str());
            let param = program.params.iter().find(|param| param.name == *name);
            let param = param.ok_or_else(|| {
                let hint = did_you_mean(name, names());
                format!(
                    "{}: `{}` has no parameter `{name}`{hint}",
                    kind.name, kind.program
                )
            })?;
            let mut json = to_json(value)?;
            self.expand(&mut json, member.number)?;
            template::coerce(&program.types, param.ty, &mut json);
            let place = format!("{}: the parameter `{name}`", kind.name);
            let value = json::read(&program.types, param.ty, &json, &place)?;
            options.params.push((name.clone(), value));
        }
        Ok(options.sealed())
    }

    /// `{n}` in texts, and `@KIND` in lists.
    fn expand(&self, json: &mut Json, number: u32) -> Result<(), String> {
        match json {
            Json::String(text) => *text = numbered(text, number),
            Json::Array(items) => {
                let mut expanded = Vec::new();
                for mut item in std::mem::take(items) {
                    match item.as_str().and_then(|text| text.strip_prefix('@')) {
                        Some(name) => {
                            expanded.extend(self.addresses(name, number)?.map(Json::String))
                        }
                        None => {
                            self.expand(&mut item, number)?;
                            expanded.push(item);
                        }
                    }
                }
                *items = expanded;
            }
            Json::Object(entries) => {
                for item in entries.values_mut() {
                    self.expand(item, number)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The addresses of `KIND`, or of `KIND/others`.
    fn addresses(&self, name: &str, number: u32) -> Result<impl Iterator<Item = String>, String> {
        let (name, without) = match name.strip_suffix("/others") {
            Some(name) => (name, Some(number)),
            None => (name, None),
        };
        let kinds = &self.config.process;
        let kind = kinds.iter().find(|kind| kind.name == name).ok_or_else(|| {
            let hint = did_you_mean(name, kinds.iter().map(|kind| kind.name.as_str()));
            format!("there is no kind of process `{name}`{hint}")
        })?;
        let numbers = (1..=kind.count.max(1)).filter(move |number| Some(*number) != without);
        Ok(numbers
            .map(|number| address_of(kind, number))
            .collect::<Vec<_>>()
            .into_iter())
    }

    /// A list of addresses as a file gives it: those of processes, by index.
    fn processes(&self, of: &[String]) -> Result<Vec<usize>, String> {
        let mut found = Vec::new();
        for text in of {
            let addresses: Vec<String> = match text.strip_prefix('@') {
                Some(name) => self.addresses(name, 0)?.collect(),
                None => vec![text.clone()],
            };
            for address in addresses {
                let index = self
                    .directory
                    .get(&address)
                    .filter(|index| **index < self.members.len());
                found
                    .push(*index.ok_or_else(|| format!("no process has the address `{address}`"))?);
            }
        }
        Ok(found)
    }

    fn kind(&self, name: &str) -> Result<usize, String> {
        let kinds = || self.kinds.iter().map(|kind| kind.name.as_str());
        kinds().position(|kind| kind == name).ok_or_else(|| {
            format!(
                "there is no kind of process `{name}`{}",
                did_you_mean(name, kinds())
            )
        })
    }

    fn received(&self, name: &str) -> Result<Received, String> {
        Received::new(self.kinds.iter().map(|kind| &kind.program), name)
    }

    /// The entries of a map that must agree: key, and the text of what is compared.
    pub(crate) fn agreeing<'v>(
        &self,
        agree: &AgreeOf,
        state: &'v Value,
    ) -> Vec<(&'v Value, String)> {
        let types = &self.kinds[agree.kind].program.types;
        let Some((ty, Value::Map(entries))) = self.variable(agree.kind, agree.place, state) else {
            return Vec::new();
        };
        let Some(Type::Map { value: ty, .. }) = types.get(ty) else {
            return Vec::new();
        };
        let text = |value| agree.part.look(types, *ty, value).unwrap_or_default();
        entries
            .iter()
            .map(|(key, value)| (key, text(value)))
            .collect()
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.endpoints() - self.members.len()
    }

    /// The address of a process or client.
    pub fn address(&self, endpoint: usize) -> &str {
        match endpoint.checked_sub(self.members.len()) {
            None => &self.members[endpoint].address,
            Some(client) => self
                .clients
                .as_ref()
                .map_or("?", |clients| &clients.addresses[client]),
        }
    }

    /// The node of a process or client.
    pub fn node_of(&self, endpoint: usize) -> usize {
        match endpoint.checked_sub(self.members.len()) {
            None => self.members[endpoint].node,
            Some(client) => self
                .clients
                .as_ref()
                .map_or(0, |clients| clients.nodes[client]),
        }
    }

    /// How many processes and clients there are.
    pub fn endpoints(&self) -> usize {
        self.members.len()
            + self
                .clients
                .as_ref()
                .map_or(0, |clients| clients.addresses.len())
    }

    /// The type and value of a variable in a state.
    pub fn variable<'v>(
        &self,
        kind: usize,
        place: usize,
        state: &'v Value,
    ) -> Option<(TypeId, &'v Value)> {
        let program = &self.kinds[kind].program;
        let field = program.types.fields(program.state_record).get(place)?;
        match state {
            Value::Record(values) => Some((field.ty, values.get(place)?)),
            _ => None,
        }
    }
}

fn numbered(text: &str, number: u32) -> String {
    text.replace("{n}", &number.to_string())
}

fn address_of(kind: &Kind, number: u32) -> String {
    match &kind.address {
        Some(address) => numbered(address, number),
        None if kind.count <= 1 => kind.name.clone(),
        None => format!("{}{number}", kind.name),
    }
}
