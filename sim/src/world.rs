//! One run: processes, clients, links, disks and clocks in virtual time.
//!
//! In: a cluster and a schedule. Out: an [`Outcome`], the same for the same schedule. Nothing here knows
//! the time of day.

use crate::client::{Client, Told};
use crate::cluster::Cluster;
use crate::history::{Done, Outcome, Violation, Wrong};
use crate::host::{Given, Host};
use crate::log::{Entry, Log, Sort};
use crate::net::Net;
use crate::queue::{Frames, Queue, What};
use crate::random::{Random, mix};
use crate::schedule::Schedule;
use crate::strike::Pair;
use pasc_vm::frame::Frame;
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
        while !self.over {
            let Some((time, what)) = self.queue.pop() else {
                break;
            };
            if self.settings.until.is_some_and(|until| time > until) {
                break;
            }
            self.time = time;
            self.step(what)?;
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

    /// Sends what a process gave.
    pub(crate) fn send_all(&mut self, member: usize, leaves: u64) {
        let outputs = std::mem::take(&mut self.given.outputs);
        for bytes in crate::strike::frames(&outputs) {
            if bytes.starts_with(&pasc_vm::timer::MAGIC) {
                self.order(member, bytes);
            } else {
                self.send(member, bytes, leaves);
            }
        }
        self.given.outputs = outputs;
    }

    /// An order about a timer.
    pub(crate) fn order(&mut self, member: usize, bytes: &[u8]) {
        let host = &mut self.hosts[member];
        if let Some((slot, generation, deadline)) = host.timers.take(bytes) {
            let clock = &self.schedule.clocks[usize::from(self.nodes[member])];
            let due = clock.time_of(deadline).max(self.time);
            let what = What::Timer {
                member: member as u16,
                life: host.life,
                slot,
                generation,
            };
            self.queue.push(due, what);
        }
    }

    /// A message leaves an endpoint.
    pub(crate) fn send(&mut self, from: usize, bytes: &[u8], leaves: u64) {
        let to = destination(bytes).and_then(|address| self.directory.get(address));
        let Some(to) = to.copied() else {
            self.count("nowhere");
            if self.log.is_some() {
                let id = self.sent(from, u16::MAX, bytes);
                self.lose(id, NO_SUCH);
            }
            return;
        };
        self.look_for_leader(from, bytes);
        self.look_at_message(from, bytes);
        let (node, other) = (
            usize::from(self.nodes[from]),
            usize::from(self.nodes[usize::from(to)]),
        );
        let fate = self.net.send(node, other, leaves);
        let id = match self.log.is_some() {
            true => self.sent(from, to, bytes),
            false => 0,
        };
        let life = self.hosts.get(from).map_or(0, |host| host.life);
        if fate.first.is_none() {
            self.count("lost");
            self.lose(id, "the network");
        }
        if fate.again.is_some() {
            self.count("duplicated");
        }
        for comes in [fate.first, fate.again].into_iter().flatten() {
            let frame = self.frames.keep(bytes);
            if self.log.is_some() {
                self.ids.resize(self.ids.len().max(frame as usize + 1), 0);
                self.ids[frame as usize] = id;
            }
            let what = What::Deliver {
                from: from as u16,
                to,
                life,
                left: leaves,
                frame,
            };
            self.queue.push(comes, what);
        }
    }

    /// Counts a message, and looks at what it says.
    fn look_at_message(&mut self, from: usize, bytes: &[u8]) {
        let Some(fingerprint) = bytes.get(8..16).and_then(|bytes| bytes.try_into().ok()) else {
            return;
        };
        let cluster = self.cluster;
        let fingerprint = u64::from_le_bytes(fingerprint);
        if let Ok(place) = cluster
            .messages
            .binary_search_by_key(&fingerprint, |message| message.0)
        {
            self.sent[place] += 1;
        }
        let watched = cluster.agree_messages.iter().map(|(message, _)| message);
        let watched = watched.chain(cluster.named.iter().map(|(message, _)| message));
        if watched
            .clone()
            .any(|message| message.fingerprint == fingerprint)
        {
            self.compare_message(from, bytes);
        }
    }

    /// A message that must agree with others, or that names a process.
    fn compare_message(&mut self, from: usize, bytes: &[u8]) {
        let cluster = self.cluster;
        let Ok(frame) = Frame::parse(bytes) else {
            return;
        };
        let at = |message: &crate::template::Received, path: &crate::template::Path| {
            let types = &cluster.kinds[message.kind].program.types;
            let value = message.decode(types, frame.body)?;
            message.at(types, &value, path)
        };
        if let Some((message, path)) = &cluster.named
            && message.fingerprint == frame.fingerprint
            && let Some(process) = at(message, path)
        {
            *self.outcome.suspects.entry(process).or_default() += 1;
        }
        for (index, (message, path)) in cluster.agree_messages.iter().enumerate() {
            let Some(key) = (message.fingerprint == frame.fingerprint)
                .then(|| at(message, path))
                .flatten()
            else {
                continue;
            };
            if self.hosts.get(from).is_some_and(|host| host.spoilt) {
                continue;
            }
            let said = self.said.entry((index, key.clone()));
            let (body, first) = said.or_insert_with(|| (frame.body.to_vec(), from)).clone();
            if body != frame.body {
                let text = format!(
                    "{} and {} disagree about {key}: {}",
                    cluster.address(first),
                    cluster.address(from),
                    crate::label::message(cluster, bytes)
                );
                self.violate(Wrong::Agreement, text);
                return;
            }
        }
    }

    /// How long the disk takes for a record.
    pub(crate) fn sync_takes(&mut self) -> u64 {
        self.cluster.config.disk.sync.draw(&mut self.syncs)
    }

    /// A client's time has come.
    fn wake(&mut self, index: usize, token: u32) -> Result<(), String> {
        let Some(of) = &self.cluster.clients else {
            return Ok(());
        };
        let client = &mut self.clients[index];
        if client.token != token {
            return Ok(());
        }
        if let Some(place) = client.waits_for() {
            self.check_progress(place);
            if self.over {
                return Ok(());
            }
        }
        let client = &mut self.clients[index];
        client.answers = self.outcome.operations;
        let asked = self.outcome.history.len();
        let waits = client.wake(self.cluster, &mut self.outcome.history, self.time)?;
        if waits {
            client.token += 1;
            let due = self.time + client.patience(of);
            let token = client.token;
            self.queue.push(
                due,
                What::Client {
                    client: index as u16,
                    token,
                },
            );
        }
        if self.log.is_some()
            && let Some(done) = self.outcome.history.get(asked)
        {
            let text = format!("{} (operation {})", done.text(), done.seq);
            self.at(self.hosts.len() + index, Sort::Asked, text);
        }
        self.send_of_client(index);
        self.look_for_end();
        Ok(())
    }

    /// A message comes to a client.
    fn tell(&mut self, to: u16, id: u32, bytes: &[u8]) -> Result<(), String> {
        let index = to as usize - self.hosts.len();
        let Ok(frame) = Frame::parse(bytes) else {
            self.count("refused");
            return Ok(());
        };
        self.outcome.digest =
            mix(self.outcome.digest ^ self.time ^ u64::from(to) << 48 ^ u64::from(frame.crc));
        let told =
            self.clients[index].receive(self.cluster, &mut self.outcome.history, &frame, self.time);
        if self.log.is_some() {
            let note = String::new();
            self.note(Entry::Came { id, to, note });
        }
        for process in std::mem::take(&mut self.clients[index].named) {
            *self
                .outcome
                .suspects
                .entry(self.cluster.address(process).to_owned())
                .or_default() += 1;
            if self.log.is_some() {
                let text = format!("{} answers otherwise", self.cluster.address(process));
                self.at(to as usize, Sort::Error, text);
            }
            self.clients[index].suspects(self.cluster, process)?;
        }
        if let Told::Answered(place) = told {
            self.answered(index, place)?;
        }
        self.send_of_client(index);
        Ok(())
    }

    fn answered(&mut self, index: usize, place: usize) -> Result<(), String> {
        self.outcome.operations += 1;
        if self.log.is_some() {
            let done = &self.outcome.history[place];
            let text = format!("{} ({})", done.told(), done.text());
            self.at(self.hosts.len() + index, Sort::Answered, text);
        }
        let thinks = self
            .cluster
            .clients
            .as_ref()
            .map_or(0, |of| self.clients[index].thinks(of));
        let client = &mut self.clients[index];
        client.token += 1;
        let what = What::Client {
            client: index as u16,
            token: client.token,
        };
        self.queue.push(self.time + thinks, what);
        self.happen()
    }

    fn send_of_client(&mut self, index: usize) {
        let endpoint = self.hosts.len() + index;
        for (_, bytes) in std::mem::take(&mut self.clients[index].sends) {
            self.send(endpoint, &bytes, self.time);
        }
    }

    /// Whether everybody is done.
    pub(crate) fn look_for_end(&mut self) {
        if self.clients.is_empty()
            || !self.clients.iter().all(Client::is_done)
            || self.well.is_none()
        {
            return;
        }
        // Faults that are still ahead happen first, if something comes for their processes.
        let ahead = !self.postponed.is_empty() || self.hosts.iter().any(|host| host.hit.is_some());
        let since = *self.idle.get_or_insert(self.time);
        if ahead && !self.asks_finals && self.time < since + MOST_IDLE {
            self.queue.push(self.time + LOOK_AGAIN, What::Planned);
            return;
        }
        let keys = self
            .cluster
            .clients
            .as_ref()
            .map_or(0, |of| of.written.keys);
        if self.cluster.config.checks.final_reads && !self.asks_finals {
            self.asks_finals = true;
            self.clients[0].read_all(keys);
            let token = self.clients[0].token;
            self.queue
                .push(self.time, What::Client { client: 0, token });
        } else {
            self.over = self.settings.until.is_none();
        }
    }

    /// Progress: what was asked is answered in time.
    fn check_progress(&mut self, place: usize) {
        let done: &Done = &self.outcome.history[place];
        let within = self.cluster.config.checks.progress;
        if let Some(well) = self.well
            && self.time > done.asked.max(well) + within.0
        {
            let text = format!(
                "client {} is not answered: {}; it was asked at {:.3} s, and since {:.3} s nothing was wrong any more",
                done.client + 1,
                done.text(),
                done.asked as f64 / 1e6,
                well as f64 / 1e6
            );
            self.violate(Wrong::Progress, text);
        }
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

/// The destination of a frame, as far as its bytes tell.
fn destination(bytes: &[u8]) -> Option<&[u8]> {
    let (sender, length) = (usize::from(*bytes.get(32)?), usize::from(*bytes.get(33)?));
    bytes.get(36 + sender..36 + sender + length)
}
