//! One run: processes, clients, links, disks and clocks in virtual time.
//!
//! In: a cluster and a schedule. Out: an [`Outcome`], the same for the same schedule. Nothing here knows
//! the time of day.

mod asking;
mod sending;

use crate::client::Client;
use crate::cluster::Cluster;
use crate::history::{Outcome, Violation, Wrong};
use crate::host::{Given, Host};
use crate::log::{Entry, Log, Sort};
use crate::net::Net;
use crate::queue::{Frames, Queue, What};
use crate::random::{Random, mix};
use crate::schedule::Schedule;
use crate::strike::Pair;
use pasc_vm::verify::Verified;
use std::collections::HashMap;

/// Messages of a run, before it is undecided: a part that is always allowed, and so many an operation.
const MOST_MESSAGES: (u64, u64) = (5_000_000, 20_000);

/// How a run is to be made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Virtual microseconds; without it the run ends when the clients are done.
    pub until: Option<u64>,
    /// Whether everything is written down.
    pub logs: bool,
    /// A process whose inputs are written down, with all else.
    pub records: Option<usize>,
}

/// What a worker keeps from run to run.
pub struct Worker<'c> {
    /// The cluster.
    pub cluster: &'c Cluster,
    programs: Vec<Verified<'c>>,
    pairs: Vec<Option<Pair>>,
}

impl<'c> Worker<'c> {
    /// A worker for a cluster.
    pub fn new(cluster: &'c Cluster) -> Worker<'c> {
        Worker {
            cluster,
            programs: cluster.kinds.iter().map(|kind| kind.verified()).collect(),
            pairs: cluster.members.iter().map(|_| None).collect(),
        }
    }

    /// Makes a run. The error is a sentence: the cluster's file asks for what cannot be.
    pub fn run(
        &mut self,
        schedule: &Schedule,
        settings: Settings,
    ) -> Result<(Outcome, Option<Log>), String> {
        let mut world = World::new(self, schedule, settings);
        let ended = world.go();
        let hosts = std::mem::take(&mut world.hosts);
        let (outcome, log) = (std::mem::take(&mut world.outcome), world.log.take());
        self.pairs = hosts.into_iter().map(Host::into_pair).collect();
        ended.map(|()| (outcome, log))
    }
}

/// How long faults that are ahead are waited for once all operations are answered, and between two looks.
const MOST_IDLE: u64 = 5_000_000;
const LOOK_AGAIN: u64 = 20_000;

/// How many messages may be handled within so many microseconds: a process that a fault left going round
/// would hold up virtual time for ever.
const MOST_A_WHILE: u64 = 20_000;
const WHILE: u64 = 1_000;

/// Why a message cannot come.
pub(crate) const NO_SUCH: &str = "nobody has this address";

/// A run.
pub(crate) struct World<'c> {
    pub(crate) cluster: &'c Cluster,
    pub(crate) schedule: &'c Schedule,
    pub(crate) settings: Settings,
    pub(crate) hosts: Vec<Host<'c>>,
    clients: Vec<Client>,
    pub(crate) net: Net,
    pub(crate) queue: Queue,
    frames: Frames,
    directory: HashMap<&'c [u8], u16>,
    nodes: Vec<u16>,
    pub(crate) time: u64,
    pub(crate) chance: Random,
    pub(crate) outcome: Outcome,
    pub(crate) log: Option<Log>,
    /// Numbers of messages, where a log wants them: by frame.
    ids: Vec<u32>,
    next_id: u32,
    given: Given,
    syncs: Random,
    /// Leader and term.
    pub(crate) leader: Option<(usize, Option<i64>)>,
    /// The next of the planned happenings.
    pub(crate) next: usize,
    /// Happenings that had to wait.
    pub(crate) postponed: Vec<usize>,
    /// Partitions: the links that each cuts.
    pub(crate) cuts: Vec<Vec<(usize, usize)>>,
    pub(crate) active_cuts: u32,
    pub(crate) down: u32,
    /// Since when nothing is wrong any more, and nothing is to come.
    pub(crate) well: Option<u64>,
    asks_finals: bool,
    /// Since when all operations are answered.
    idle: Option<u64>,
    /// Since when all answers are there, those to the last reads too.
    answered: Option<u64>,
    /// Messages sent, by their place among the cluster's messages.
    pub(crate) sent: Vec<u64>,
    /// Messages that agree: what the first one said, and who sent it.
    said: HashMap<(usize, String), (Vec<u8>, usize)>,
    /// Whether the run is over.
    over: bool,
}

impl<'c> World<'c> {
    fn new<'w: 'c>(
        worker: &mut Worker<'w>,
        schedule: &'c Schedule,
        settings: Settings,
    ) -> World<'c> {
        let cluster = worker.cluster;
        let seed = schedule.seed;
        let mut hosts = Vec::new();
        for (index, member) in cluster.members.iter().enumerate() {
            let pair = worker.pairs[index].take();
            let own = mix(seed ^ mix(index as u64 + 1));
            hosts.push(Host::new(
                cluster,
                member,
                worker.programs[member.kind],
                own,
                pair,
            ));
        }
        let keys = cluster
            .clients
            .as_ref()
            .map_or(0, |clients| clients.written.keys);
        let operations = schedule.operations.iter().enumerate();
        World {
            clients: operations
                .map(|(index, left)| Client::new(index, *left, keys, seed))
                .collect(),
            net: Net::new(cluster.nodes.len(), &cluster.config.network, schedule),
            directory: cluster
                .directory
                .iter()
                .map(|(name, index)| (name.as_bytes(), *index as u16))
                .collect(),
            nodes: (0..cluster.endpoints())
                .map(|end| cluster.node_of(end) as u16)
                .collect(),
            queue: Queue::default(),
            frames: Frames::default(),
            time: 0,
            chance: Random::new(seed, 0x77),
            outcome: Outcome {
                seed,
                ..Outcome::default()
            },
            log: settings.logs.then(Log::default),
            ids: Vec::new(),
            next_id: 0,
            given: Given::default(),
            syncs: Random::new(seed, 0x78),
            leader: None,
            next: 0,
            postponed: Vec::new(),
            cuts: Vec::new(),
            active_cuts: 0,
            down: 0,
            well: None,
            asks_finals: false,
            idle: None,
            answered: None,
            sent: vec![0; cluster.messages.len()],
            said: HashMap::new(),
            over: false,
            cluster,
            schedule,
            settings,
            hosts,
        }
    }

    /// Runs to the end. The error is a sentence: the cluster's file asks for what cannot be.
    fn go(&mut self) -> Result<(), String> {
        for member in 0..self.hosts.len() {
            self.hosts[member]
                .begin()
                .map_err(|error| format!("{}: {error}", self.cluster.address(member)))?;
        }
        for member in 0..self.hosts.len() {
            self.start(member)?;
        }
        for client in 0..self.clients.len() {
            if let (0, Some(of)) = (client, &self.cluster.clients) {
                self.clients[0].ask_once(of);
            }
            let thinks = self
                .cluster
                .clients
                .as_ref()
                .map_or(0, |of| self.clients[client].thinks(of));
            let client = client as u16;
            self.queue.push(thinks, What::Client { client, token: 0 });
        }
        for planned in &self.schedule.planned {
            self.queue.push(planned.latest, What::Planned);
        }
        let most = MOST_MESSAGES.0 + MOST_MESSAGES.1 * u64::from(self.schedule.total());
        self.happen()?;
        let mut since = (self.time, self.outcome.messages);
        while !self.over {
            let Some((time, what)) = self.queue.pop() else {
                break;
            };
            if self.settings.until.is_some_and(|until| time > until) {
                break;
            }
            self.time = time;
            if time.saturating_sub(since.0) >= WHILE {
                since = (time, self.outcome.messages);
            }
            self.step(what)?;
            if self.outcome.messages - since.1 > MOST_A_WHILE {
                self.outcome.undecided = Some(format!(
                    "over {MOST_A_WHILE} messages within {} ms: some process makes more than the others can take",
                    WHILE / 1000
                ));
                break;
            }
            if self.outcome.messages > most {
                self.outcome.undecided = Some(format!(
                    "after {most} messages the run has not come to its end"
                ));
                break;
            }
        }
        self.finish();
        Ok(())
    }

    fn step(&mut self, what: What) -> Result<(), String> {
        match what {
            What::Deliver {
                from,
                to,
                life,
                left,
                frame,
            } => {
                let bytes = self.frames.take(frame);
                let ended = self.deliver((from, life, left), to, frame, &bytes);
                self.frames.give_back(frame, bytes);
                ended
            }
            What::Timer {
                member,
                life,
                slot,
                generation,
            } => self.fire(member, life, slot, generation),
            What::Restart { member, life } => self.restart(member as usize, life),
            What::Client { client, token } => self.wake(client as usize, token),
            What::Planned => self.happen(),
            What::Mend { cut } => self.mend(cut as usize),
        }
    }

    /// A message comes.
    fn deliver(
        &mut self,
        (from, life, left): (u16, u32, u64),
        to: u16,
        frame: u32,
        bytes: &[u8],
    ) -> Result<(), String> {
        let id = self.ids.get(frame as usize).copied().unwrap_or(0);
        let members = self.hosts.len();
        let sender = self.hosts.get(from as usize);
        if sender.is_some_and(|host| !host.left_in(life, left)) {
            self.lose(id, "its sender crashed before it left");
            return Ok(());
        }
        if self.net.is_cut(
            usize::from(self.nodes[from as usize]),
            usize::from(self.nodes[to as usize]),
        ) {
            self.lose(id, "a partition");
            return Ok(());
        }
        if to as usize >= members {
            return self.tell(to, id, bytes);
        }
        if !self.hosts[to as usize].is_up() {
            self.lose(id, "its receiver is down");
            return Ok(());
        }
        if self.log.is_some() {
            self.note(Entry::Came {
                id,
                to,
                note: String::new(),
            });
        }
        self.hand(to as usize, bytes)
    }

    /// A process starts its work, if it has to.
    pub(crate) fn start(&mut self, member: usize) -> Result<(), String> {
        if self.hosts[member].must_start() {
            return self.hand(member, &pasc_vm::timer::start_input());
        }
        Ok(())
    }

    fn fire(&mut self, member: u16, life: u32, slot: u32, generation: u64) -> Result<(), String> {
        let host = &mut self.hosts[member as usize];
        if host.life != life || !host.is_up() {
            return Ok(());
        }
        let mut order = Vec::new();
        if !host.timers.fire(slot, generation, &mut order) {
            return Ok(());
        }
        if self.log.is_some() {
            let kind = &self.cluster.kinds[self.cluster.members[member as usize].kind];
            let text = crate::label::timer(&kind.program, &order);
            self.at(member as usize, Sort::Timer, text);
        }
        self.hand(member as usize, &order)
    }

    /// How long the disk takes for a record.
    pub(crate) fn sync_takes(&mut self) -> u64 {
        self.cluster.config.disk.sync.draw(&mut self.syncs)
    }

    /// Something must not be: the run ends.
    pub(crate) fn violate(&mut self, wrong: Wrong, text: String) {
        if self.log.is_some() {
            let line = text.lines().next().unwrap_or_default();
            let text = format!("{}: {line}", wrong.name());
            self.note(Entry::All {
                sort: Sort::Wrong,
                text,
            });
        }
        self.outcome.violations.push(Violation {
            wrong,
            at: self.time,
            text,
        });
        self.over = true;
    }

    /// Counts something that happened.
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.outcome.faults.entry(what).or_default() += 1;
    }

    /// Whether the run came to its end.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Writes an entry, if somebody wants it.
    pub(crate) fn note(&mut self, entry: Entry) {
        if let Some(log) = &mut self.log {
            log.add(self.time, entry);
        }
    }

    /// Writes that something happened at an endpoint.
    pub(crate) fn at(&mut self, who: usize, sort: Sort, text: String) {
        self.note(Entry::At {
            who: who as u16,
            sort,
            text,
        });
    }

    fn lose(&mut self, id: u32, why: &'static str) {
        self.note(Entry::Lost { id, why });
    }

    /// The number of a message that leaves.
    fn sent(&mut self, from: usize, to: u16, bytes: &[u8]) -> u32 {
        self.next_id += 1;
        let id = self.next_id;
        let label = crate::label::message(self.cluster, bytes);
        self.note(Entry::Sent {
            id,
            from: from as u16,
            to,
            label,
        });
        id
    }

    /// What the last message gave, and where the next one's goes.
    pub(crate) fn given(&mut self) -> &mut Given {
        &mut self.given
    }
}
