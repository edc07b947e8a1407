//! What happens to processes in a run: messages, crashes, partitions, faults inside.

use crate::config::{Durability, When};
use crate::history::Wrong;
use crate::log::{Entry, Sort};
use crate::machine::End;
use crate::queue::What;
use crate::random::{Random, mix};
use crate::schedule::{Aim, Happening, Shape};
use crate::strike::Came;
use crate::world::World;
use pasc_vm::frame::Frame;

/// How many partitions may be at a time.
const MOST_CUTS: u32 = 2;

impl World<'_> {
    /// A process handles a frame or firing.
    pub(crate) fn hand(&mut self, member: usize, bytes: &[u8]) -> Result<(), String> {
        let node = self.cluster.members[member].node;
        let local = self.schedule.clocks[node].shows(self.time);
        let mut given = std::mem::take(self.given());
        let host = &mut self.hosts[member];
        if self.settings.records == Some(member)
            && let Some(log) = &mut self.log
        {
            let ordinal = host.next_ordinal();
            log.inputs
                .push(pasc_traces::Record::new(ordinal, local, bytes.to_vec()));
        }
        let (end, struck) = host.handle(bytes, local, &mut given);
        *self.given() = given;
        self.outcome.messages += 1;
        let crc = bytes
            .last_chunk::<4>()
            .map_or(0, |crc| u32::from_le_bytes(*crc));
        self.outcome.digest =
            mix(self.outcome.digest ^ self.time ^ (member as u64) << 48 ^ u64::from(crc));
        let was_struck = struck.is_some();
        if let Some(struck) = struck {
            self.count("asc");
            self.count(match struck.came {
                Came::Masked => "asc_masked",
                Came::Trapped => "asc_trapped",
                Came::Latent => "asc_latent",
                Came::Lost => "asc_lost",
                Came::Crashed => "asc_crashed",
                Came::Silent => "asc_silent",
            });
            if self.log.is_some() {
                let text = format!("{}: {}", struck.fault, struck.came.name());
                self.at(member, Sort::Fault, text);
            }
            let kind = &self.cluster.kinds[self.cluster.members[member].kind];
            if struck.came == Came::Silent && kind.mode != crate::config::ModeName::Plain {
                let text = format!(
                    "{}: after the fault {} a wrong message or record left under a right CRC",
                    self.cluster.address(member),
                    struck.fault
                );
                self.violate(Wrong::Confinement, text);
            }
        }
        match end {
            End::Done => self.commit(member),
            End::Unhandled => Ok(()),
            End::Refused(code) => {
                self.count("refused");
                if self.log.is_some() {
                    self.at(member, Sort::Error, format!("refused, {code}"));
                }
                // A fault can make a process refuse a firing. A lost message is sent again by someone, a
                // timer by nobody: a host fires again what was refused and is still set.
                if was_struck && bytes.starts_with(&pasc_vm::timer::MAGIC) {
                    self.order(member, bytes);
                }
                Ok(())
            }
            End::Error(text) => {
                self.count("errors");
                if self.log.is_some() {
                    let line = text.lines().next().unwrap_or_default().to_owned();
                    self.at(member, Sort::Error, line);
                }
                Ok(())
            }
            End::Stopped(why) => {
                self.stop(member, &why);
                Ok(())
            }
        }
    }

    /// A handler ran: its record is written, its outputs leave.
    fn commit(&mut self, member: usize) -> Result<(), String> {
        let kind = &self.cluster.kinds[self.cluster.members[member].kind];
        let mut leaves = self.time;
        if kind.durability != Durability::None {
            let takes = self.sync_takes();
            let record = std::mem::take(&mut self.given().record);
            let synced = self.hosts[member].disk.write(&record, self.time, takes);
            self.given().record = record;
            if kind.durability == Durability::Synced {
                leaves = synced;
            }
            if !self.hosts[member].snapshot(self.time) {
                self.stop(member, "its copies differ");
                return Ok(());
            }
        }
        self.send_all(member, leaves);
        let every = u64::from(self.cluster.config.checks.invariants_every);
        if every > 0 && self.hosts[member].handled.is_multiple_of(every) {
            self.look_at_invariants(member);
        }
        Ok(())
    }

    /// Looks at the invariants of a process.
    pub(crate) fn look_at_invariants(&mut self, member: usize) {
        if self.hosts[member].spoilt || self.cluster.config.checks.invariants_every == 0 {
            return;
        }
        match self.hosts[member].violated() {
            Ok(None) => {}
            Ok(Some(name)) => {
                let kind = &self.cluster.kinds[self.cluster.members[member].kind];
                let state = self.hosts[member].state();
                let lines = state.map_or_else(String::new, |state| {
                    crate::check::state_lines(&kind.program, &state)
                });
                let text = format!(
                    "{}: \"{name}\" does not hold\n{lines}",
                    self.cluster.address(member)
                );
                self.violate(Wrong::Invariant, text);
            }
            Err(why) => self.stop(member, &why),
        }
    }

    /// A process stops over a fault, and comes back later.
    fn stop(&mut self, member: usize, why: &str) {
        self.count("stopped");
        self.at(member, Sort::Down, why.to_owned());
        self.hosts[member].stopped();
        self.take_down(member);
        let after = self.cluster.config.faults.restart.draw(&mut self.chance);
        let life = self.hosts[member].life;
        let member = member as u16;
        self.queue
            .push(self.time + after, What::Restart { member, life });
    }

    fn take_down(&mut self, member: usize) {
        let host = &mut self.hosts[member];
        if host.is_up() {
            self.down += 1;
            self.well = None;
        }
        host.end(self.time);
        let lost = host.disk.crash(self.time, &mut self.chance);
        if lost.unsynced > 0 {
            self.count("crashes_with_unsynced_records");
        }
        if lost.lost > 0 {
            *self.outcome.faults.entry("records_lost").or_default() += lost.lost as u64;
        }
    }

    /// A process starts again.
    pub(crate) fn restart(&mut self, member: usize, life: u32) -> Result<(), String> {
        let host = &mut self.hosts[member];
        if host.life != life || host.is_up() {
            return Ok(());
        }
        if let Err(why) = host.restart() {
            let text = format!("{} does not come back: {why}", self.cluster.address(member));
            self.violate(Wrong::Recovery, text);
            return Ok(());
        }
        self.down -= 1;
        self.at(member, Sort::Up, String::new());
        for order in self.hosts[member].armed_timers() {
            self.order(member, &order);
        }
        self.look_at_invariants(member);
        self.look_at_agreement(When::Always);
        self.start(member)?;
        self.happen()
    }

    /// Lets happen what is planned for now, and what had to wait.
    pub(crate) fn happen(&mut self) -> Result<(), String> {
        for index in std::mem::take(&mut self.postponed) {
            self.try_to(index);
        }
        while let Some(planned) = self.schedule.planned.get(self.next)
            && (self.outcome.operations >= u64::from(planned.after) || self.time >= planned.latest)
        {
            self.next += 1;
            self.try_to(self.next - 1);
        }
        // A fault that finds no process without one ahead is none that anybody has to recover from.
        let planned = &self.schedule.planned;
        let is_asc = |index: &usize| matches!(planned[*index].what, Happening::Asc { .. });
        let settled = self.next == planned.len() && self.postponed.iter().all(is_asc);
        if settled && self.down == 0 && self.active_cuts == 0 {
            if self.well.is_none() {
                self.well = Some(self.time);
                self.net.calm();
            }
            self.look_for_end();
        } else {
            self.well = None;
        }
        Ok(())
    }

    fn try_to(&mut self, index: usize) {
        let done = match &self.schedule.planned[index].what {
            Happening::Crash { aim, down } => self.crash(*aim, *down),
            Happening::Cut { shape, lasts } => self.cut(shape, *lasts),
            Happening::Asc { process, draw } => self.aim_fault(*process, *draw),
            Happening::Corrupt { process, draw } => self.corrupt(*process, *draw),
        };
        if done {
            self.outcome.happened.insert(index, self.time);
        } else {
            self.postponed.push(index);
        }
    }

    fn node_of(&self, aim: Aim) -> usize {
        match aim {
            Aim::Node(node) => node,
            Aim::Leader(node) => match self.leader {
                Some((leader, _)) => {
                    let leads = self.cluster.members[leader].node;
                    if self.cluster.at_risk.contains(&leads) {
                        leads
                    } else {
                        node
                    }
                }
                None => node,
            },
        }
    }

    fn is_down(&self, node: usize) -> bool {
        let members = self.cluster.members.iter().zip(&self.hosts);
        members
            .clone()
            .any(|(member, host)| member.node == node && !host.is_up())
    }

    fn crash(&mut self, aim: Aim, down: u64) -> bool {
        let node = self.node_of(aim);
        let most = self.cluster.config.faults.at_most_down;
        let most = most
            .map_or((self.cluster.served - 1) / 2, |most| most as usize)
            .max(1);
        let now = (0..self.cluster.served)
            .filter(|node| self.is_down(*node))
            .count();
        if now >= most || self.is_down(node) {
            return false;
        }
        self.count("crashes");
        for member in 0..self.hosts.len() {
            if self.cluster.members[member].node == node {
                self.at(member, Sort::Down, "its node crashes".to_owned());
                self.take_down(member);
                let life = self.hosts[member].life;
                let member = member as u16;
                self.queue
                    .push(self.time + down, What::Restart { member, life });
            }
        }
        true
    }

    fn cut(&mut self, shape: &Shape, lasts: u64) -> bool {
        if self.active_cuts >= MOST_CUTS {
            return false;
        }
        let nodes = self.cluster.nodes.len();
        let all = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
        let name = |node: usize| self.cluster.nodes.get(node).cloned().unwrap_or_default();
        let (links, text): (Vec<(usize, usize)>, String) = match shape {
            Shape::Isolate(aim) => {
                let node = self.node_of(*aim);
                (
                    all.filter(|(from, to)| *from == node || *to == node)
                        .collect(),
                    format!("{} from all others", name(node)),
                )
            }
            Shape::Mute(aim) => {
                let node = self.node_of(*aim);
                (
                    all.filter(|(from, _)| *from == node).collect(),
                    format!("what {} sends", name(node)),
                )
            }
            Shape::Deafen(aim) => {
                let node = self.node_of(*aim);
                (
                    all.filter(|(_, to)| *to == node).collect(),
                    format!("what is sent to {}", name(node)),
                )
            }
            Shape::Split(side) => {
                let parted = |(from, to): &(usize, usize)| side.contains(from) != side.contains(to);
                let names: Vec<String> = side.iter().map(|node| name(*node)).collect();
                (
                    all.filter(parted).collect(),
                    format!("{} from the others", names.join(", ")),
                )
            }
            Shape::Link(one, other) => {
                let ends = [(*one, *other), (*other, *one)];
                (
                    all.filter(|link| ends.contains(link)).collect(),
                    format!("{} from {}", name(*one), name(*other)),
                )
            }
        };
        links
            .iter()
            .for_each(|(from, to)| self.net.cut(*from, *to, true));
        self.count("partitions");
        self.active_cuts += 1;
        self.well = None;
        let cut = self.cuts.len() as u32;
        self.cuts.push(links);
        self.queue.push(self.time + lasts, What::Mend { cut });
        let text = format!("{}: {text}", cut + 1);
        self.note(Entry::All {
            sort: Sort::Cut,
            text,
        });
        true
    }

    /// A partition ends.
    pub(crate) fn mend(&mut self, cut: usize) -> Result<(), String> {
        for (from, to) in std::mem::take(&mut self.cuts[cut]) {
            self.net.cut(from, to, false);
        }
        self.active_cuts -= 1;
        let text = format!("{} is mended", cut + 1);
        self.note(Entry::All {
            sort: Sort::Cut,
            text,
        });
        self.happen()
    }

    /// A fault is to happen at the next message of a process, or of one after it that has none ahead.
    fn aim_fault(&mut self, process: usize, draw: u64) -> bool {
        let all = self.hosts.len();
        for offset in 0..all {
            let member = (process + offset) % all;
            let able = self.cluster.kinds[self.cluster.members[member].kind].asc;
            let host = &mut self.hosts[member];
            if able && host.is_up() && host.hit.is_none() {
                host.hit = Some(draw);
                return true;
            }
        }
        // All of them have one ahead, or are down.
        false
    }

    /// Faults that are ahead of a process that nothing comes for go on to the next one.
    pub(crate) fn aim_again(&mut self) {
        let waiting = self.hosts.iter_mut().enumerate();
        let waiting: Vec<_> = waiting
            .filter_map(|(member, host)| Some((member, host.hit.take()?)))
            .collect();
        for (member, draw) in waiting {
            if !self.aim_fault(member + 1, draw) {
                self.hosts[member].hit = Some(draw);
            }
        }
    }

    fn corrupt(&mut self, member: usize, draw: u64) -> bool {
        let mut random = Random::new(draw, 0xc0);
        if !self.hosts.get(member).is_some_and(crate::host::Host::is_up) {
            return false;
        }
        self.count("corrupt");
        if let Some((word, bit)) = self.hosts[member].corrupt(&mut random) {
            self.outcome.corrupted = Some(self.cluster.address(member).to_owned());
            self.at(
                member,
                Sort::Fault,
                format!("word {word} of the state, bit {bit}"),
            );
        }
        true
    }

    /// Whether a message tells who leads.
    #[inline]
    pub(crate) fn look_for_leader(&mut self, from: usize, bytes: &[u8]) {
        if let Some(leader) = &self.cluster.leader
            && bytes.get(8..16) == Some(&leader.message.fingerprint.to_le_bytes())
            && from < self.hosts.len()
            && self.leader.is_none_or(|(known, _)| known != from)
        {
            self.leads(from, bytes);
        }
    }

    fn leads(&mut self, from: usize, bytes: &[u8]) {
        let Some(leader) = &self.cluster.leader else {
            return;
        };
        let types = &self.cluster.kinds[leader.message.kind].program.types;
        let value = Frame::parse(bytes)
            .ok()
            .and_then(|frame| leader.message.decode(types, frame.body));
        let term = value.zip(leader.term.as_ref());
        let term =
            term.and_then(|(value, path)| leader.message.at(types, &value, path)?.parse().ok());
        if let Some((_, known)) = self.leader {
            if leader.term.is_some() && term <= known {
                return;
            }
            self.outcome.leader_changes += 1;
        }
        self.leader = Some((from, term));
        self.at(from, Sort::Leader, String::new());
    }
}
