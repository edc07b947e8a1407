//! Messages and orders that leave in a run: where they go, and what they say.

use super::{NO_SUCH, World};
use crate::history::Wrong;
use crate::queue::What;
use crate::template::{Path, Received};
use pasc_vm::frame::Frame;

impl World<'_> {
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
    pub(super) fn look_at_message(&mut self, from: usize, bytes: &[u8]) {
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
    pub(super) fn compare_message(&mut self, from: usize, bytes: &[u8]) {
        let cluster = self.cluster;
        let Ok(frame) = Frame::parse(bytes) else {
            return;
        };
        let at = |message: &Received, path: &Path| {
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
}

/// The destination of a frame, as far as its bytes tell.
fn destination(bytes: &[u8]) -> Option<&[u8]> {
    let (sender, length) = (usize::from(*bytes.get(32)?), usize::from(*bytes.get(33)?));
    bytes.get(36 + sender..36 + sender + length)
}
