//! Clients in a run: they ask, they are told, and when all of them are done the run ends.

use super::{LOOK_AGAIN, MOST_IDLE, World};
use crate::client::{Client, Told};
use crate::config::When;
use crate::history::{Done, Wrong};
use crate::log::{Entry, Sort};
use crate::queue::What;
use crate::random::mix;
use pasc_vm::frame::Frame;

impl World<'_> {
    /// A client's time has come.
    pub(super) fn wake(&mut self, index: usize, token: u32) -> Result<(), String> {
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
    pub(super) fn tell(&mut self, to: u16, id: u32, bytes: &[u8]) -> Result<(), String> {
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

    pub(super) fn answered(&mut self, index: usize, place: usize) -> Result<(), String> {
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

    pub(super) fn send_of_client(&mut self, index: usize) {
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
            self.aim_again();
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
        } else if self.has_settled() {
            self.over = self.settings.until.is_none();
        }
    }

    /// Whether those that were down last had the time to learn what they missed, if that is looked at.
    fn has_settled(&mut self) -> bool {
        let is_looked_at = self
            .cluster
            .agree
            .iter()
            .any(|agree| agree.when == When::End);
        let answered = *self.answered.get_or_insert(self.time);
        let since = answered.max(self.well.unwrap_or(self.time));
        let ends = since + self.cluster.config.checks.settle.0;
        if is_looked_at && self.time < ends {
            self.queue.push(ends, What::Planned);
            return false;
        }
        true
    }

    /// Whether the run ended at a given time, before its clients were answered and all had settled.
    pub(crate) fn is_cut(&self) -> bool {
        let ends = self.answered.max(self.well);
        let ends = ends.map(|ends| ends + self.cluster.config.checks.settle.0);
        let has_settled = self.clients.iter().all(Client::is_done)
            && self.well.is_some()
            && self.answered.is_some()
            && ends <= Some(self.time);
        self.settings.until.is_some() && !self.clients.is_empty() && !has_settled
    }

    /// Progress: what was asked is answered in time.
    pub(super) fn check_progress(&mut self, place: usize) {
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
}
