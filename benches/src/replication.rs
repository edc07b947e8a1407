//! A replicated group in one thread and in virtual time, without faults: as many clients as a batch has
//! commands, each of which sends its next command when enough applications answered the last one.

use crate::compile_file;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::process::{Handled, Input, Lockstep, Mode, Options, Plain, Process};
use pasc_vm::timer::{self, Order};
use pasc_vm::{Program, Value, wire};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// A message takes so many microseconds from node to node.
const DELAY: u64 = 100;
/// So many batches are not counted, and so many are.
const WARM_BATCHES: usize = 4;
const BATCHES: usize = 16;

/// What a group is made of.
pub struct Group {
    servers: Program,
    store: Program,
    count: usize,
    is_hardened: bool,
    is_pbft: bool,
}

/// What a run took.
pub struct Costs {
    /// Commands that clients got an answer to.
    pub commands: u64,
    /// Messages between nodes, those of clients included.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Group {
    /// A group that tolerates one server: three of Paxos or four of PBFT.
    pub fn new(protocol: &str, mode: &str) -> Option<Group> {
        let (file, count) = match protocol {
            "paxos" => ("examples/paxos/paxos.pasc", 3),
            "pbft" => ("examples/pbft/pbft.pasc", 4),
            _ => return None,
        };
        let is_hardened = match mode {
            "plain" => false,
            "lockstep" => true,
            _ => return None,
        };
        Some(Group {
            servers: compile_file(file),
            store: compile_file("examples/paxos/store.pasc"),
            count,
            is_hardened,
            is_pbft: protocol == "pbft",
        })
    }

    fn params(&self, n: usize, batch: usize) -> Vec<(String, Value)> {
        let group = Value::List(
            (0..self.count)
                .map(|n| Value::Address(format!("s{n}")))
                .collect(),
        );
        let mut params = vec![
            ("store", Value::Address(format!("k{n}"))),
            ("batch", Value::Int(batch as i64)),
            ("linger", Value::Duration(5_000)),
            ("interval", Value::Int(128)),
        ];
        if self.is_pbft {
            params.push(("replicas", group));
            params.push(("patience", Value::Duration(1_000_000)));
        } else {
            params.push(("members", group));
            params.push(("id", Value::Int(n as i64)));
            params.push(("timeout", Value::Duration(3_000_000)));
        }
        params
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

enum Machine {
    Plain(Process<Plain>),
    Lockstep(Process<Lockstep>),
}

/// One process with its timers.
struct Host {
    machine: Machine,
    is_counted: bool,
    ordinal: u64,
    timers: Vec<(Order, Vec<u8>)>,
}

impl Host {
    fn start(program: &Program, options: &Options, is_hardened: bool, is_counted: bool) -> Host {
        let machine = if is_hardened {
            Machine::Lockstep(Process::start(program, options).expect("the program starts"))
        } else {
            Machine::Plain(Process::start(program, options).expect("the program starts"))
        };
        Host {
            machine,
            is_counted,
            ordinal: 0,
            timers: Vec::new(),
        }
    }

    /// The frames that are sent.
    fn handle(
        &mut self,
        time: u64,
        frame: &[u8],
        measured: Option<fn(&mut dyn FnMut())>,
    ) -> Vec<Vec<u8>> {
        self.ordinal += 1;
        let input = Input::new(self.ordinal, time, frame);
        let mut sent = Vec::new();
        let mut work = || match &mut self.machine {
            Machine::Plain(process) => handle(process, &input, &mut sent),
            Machine::Lockstep(process) => handle(process, &input, &mut sent),
        };
        match measured {
            Some(measured) if self.is_counted => measured(&mut work),
            _ => work(),
        }
        let mut frames = Vec::new();
        let mut rest = &sent[..];
        while let Some(length) = frame::length(rest) {
            let (frame, after) = rest.split_at(length);
            rest = after;
            match Order::parse(frame) {
                Ok((order, _)) => {
                    self.timers.retain(|(other, _)| other.timer != order.timer);
                    if !order.cancels() {
                        self.timers.push((order, frame.to_vec()));
                    }
                }
                Err(_) => frames.push(frame.to_vec()),
            }
        }
        frames
    }
}

fn handle<M: Mode>(process: &mut Process<M>, input: &Input, sent: &mut Vec<u8>) {
    match process.handle(input) {
        Ok(Handled::Done { outputs, .. }) => sent.extend_from_slice(outputs.bytes()),
        Ok(Handled::Unhandled(_)) => {}
        other => panic!("{other:?}"),
    }
}

/// The whole group, and what is on its way.
struct World {
    hosts: HashMap<String, Host>,
    queue: BinaryHeap<Reverse<(u64, u64, String, Vec<u8>)>>,
    time: u64,
    number: u64,
    costs: Costs,
}

/// Counts what a group takes for batches of this size.
pub fn run(group: &Group, batch: usize, measured: fn(&mut dyn FnMut())) -> Costs {
    let mut world = World::new(group, batch);
    while group.count > 0 && !world.elects() && !group.is_pbft {}
    let leader = world.leader();
    let mut clients = vec![(0, 0); batch];
    for client in 0..batch {
        world.ask(group, &leader, client, 1);
    }
    let needed = 2;
    let (warm, all) = (batch * WARM_BATCHES, batch * (WARM_BATCHES + BATCHES));
    let mut done = 0;
    while done < all {
        let counts = (done >= warm).then_some(measured);
        let Some((client, number)) = world.step(counts) else {
            continue;
        };
        let (current, votes) = &mut clients[client];
        if number != *current + 1 {
            continue;
        }
        *votes += 1;
        if *votes == needed {
            (*current, *votes) = (number, 0);
            done += 1;
            if done == warm {
                world.costs = Costs {
                    commands: 0,
                    messages: 0,
                    bytes: 0,
                };
            }
            world.costs.commands += u64::from(done > warm);
            world.ask(group, &leader, client, number + 1);
        }
    }
    world.costs
}

impl World {
    fn new(group: &Group, batch: usize) -> World {
        let mut hosts = HashMap::new();
        for n in 0..group.count {
            let mut options = Options::new(&format!("s{n}"));
            options.params = group.params(n, batch);
            options.random_seed = n as u64;
            let options = options.sealed();
            hosts.insert(
                options.own_address.clone(),
                Host::start(&group.servers, &options, group.is_hardened, true),
            );
            let mut options = Options::new(&format!("k{n}"));
            options.params = vec![
                ("replica".to_owned(), Value::Address(format!("s{n}"))),
                ("interval".to_owned(), Value::Int(128)),
                ("patience".to_owned(), Value::Duration(1_000_000)),
            ];
            let options = options.sealed();
            hosts.insert(
                options.own_address.clone(),
                Host::start(&group.store, &options, false, false),
            );
        }
        let mut world = World {
            hosts,
            queue: BinaryHeap::new(),
            time: 0,
            number: 0,
            costs: Costs {
                commands: 0,
                messages: 0,
                bytes: 0,
            },
        };
        let mut names: Vec<String> = world.hosts.keys().cloned().collect();
        names.sort();
        for name in names {
            world.send(0, name, timer::start_input().to_vec());
        }
        world
    }

    fn send(&mut self, delay: u64, to: String, frame: Vec<u8>) {
        self.number += 1;
        self.queue
            .push(Reverse((self.time + delay, self.number, to, frame)));
    }

    /// Runs until there was one more step; whether there is a leader that got its promises.
    fn elects(&mut self) -> bool {
        self.step(None);
        self.time > 8_000_000
    }

    /// The server that others hear.
    fn leader(&mut self) -> String {
        let mut names: Vec<&String> = self
            .hosts
            .keys()
            .filter(|name| name.starts_with('s'))
            .collect();
        names.sort();
        let names: Vec<String> = names.into_iter().cloned().collect();
        names
            .iter()
            .find(|name| {
                self.hosts[*name]
                    .timers
                    .iter()
                    .all(|(order, _)| order.timer.0 != 0)
            })
            .unwrap_or(&names[0])
            .clone()
    }

    fn ask(&mut self, group: &Group, leader: &str, client: usize, number: u64) {
        let id = group.servers.find_message("Request").expect("a message");
        let record = group.servers.message_record(id).expect("a record");
        let fields = Value::Record(vec![
            Value::Int(number as i64),
            Value::Bytes(format!("add key{} 1", client % 16).into_bytes()),
            Value::Address("k0".to_owned()),
        ]);
        let mut body = Vec::new();
        wire::encode_value(&group.servers.types, record, &fields, &mut body)
            .expect("the fields fit");
        let own = format!("c{client}");
        let header = Header {
            fingerprint: group.servers.types.fingerprint(record),
            incarnation: 0,
            number,
            sender: own.as_bytes(),
            destination: leader.as_bytes(),
        };
        let frame = frame::build(&header, &body).expect("the addresses are short");
        self.count(&frame);
        self.send(DELAY, leader.to_owned(), frame);
    }

    fn count(&mut self, frame: &[u8]) {
        self.costs.messages += 1;
        self.costs.bytes += frame.len() as u64;
    }

    /// The next message or timer; a reply to a client is told.
    fn step(&mut self, measured: Option<fn(&mut dyn FnMut())>) -> Option<(usize, u64)> {
        let due = self.hosts.iter().flat_map(|(name, host)| {
            host.timers
                .iter()
                .map(move |(order, bytes)| (order.deadline, name, bytes))
        });
        let due = due
            .min()
            .map(|(time, name, bytes)| (time, name.clone(), bytes.clone()));
        let first = self.queue.peek().map(|Reverse((time, ..))| *time);
        let (to, bytes) = match (due, first) {
            (Some((time, name, bytes)), first) if first.is_none_or(|first| time <= first) => {
                self.time = self.time.max(time);
                if let Some(host) = self.hosts.get_mut(&name) {
                    host.timers.retain(|(_, other)| *other != bytes);
                }
                (name, bytes)
            }
            _ => {
                let Reverse((time, _, to, bytes)) = self.queue.pop()?;
                self.time = time;
                (to, bytes)
            }
        };
        if let Some(client) = to.strip_prefix('c') {
            let body = Frame::parse(&bytes)
                .ok()?
                .body
                .first_chunk::<8>()
                .copied()?;
            return Some((client.parse().ok()?, u64::from_le_bytes(body)));
        }
        let time = self.time;
        for frame in self.hosts.get_mut(&to)?.handle(time, &bytes, measured) {
            let Ok(parsed) = Frame::parse(&frame) else {
                continue;
            };
            let destination = parsed.destination.to_owned();
            let is_local = destination[1..] == to[1..] && !destination.starts_with('c');
            if !is_local {
                self.count(&frame);
            }
            self.send(if is_local { 0 } else { DELAY }, destination, frame);
        }
        None
    }
}
