//! The search itself, and the way to what must not be.

use super::{Network, Searched, Step, Whole, has, ids};
use crate::config::Durability;
use crate::log::{Entry, Log, Sort};
use stateright::{Checker, HasDiscoveries, Model, Property};

impl Network {
    /// Searches with so many threads; with one, what is found is always the same.
    pub fn search(self, threads: usize) -> Searched {
        let states = usize::try_from(self.cluster.config.model.states).unwrap_or(usize::MAX);
        let checker = self
            .checker()
            .threads(threads)
            .target_state_count(states)
            .finish_when(HasDiscoveries::Any)
            .spawn_bfs()
            .join();
        let network = checker.model();
        let found = checker
            .discoveries()
            .into_iter()
            .min_by_key(|(name, _)| *name);
        let violation = found.map(|(name, path)| {
            let steps = network.unfolded(path.into_vec());
            let last = steps.last().map(|(whole, _)| whole.clone());
            let refuted = network.tables().refuted.clone();
            let shows = |whole| network.violated(&whole).or_else(|| network.differs(&whole));
            let text = refuted.or_else(|| last.and_then(shows));
            let text = text.unwrap_or_else(|| format!("{name} does not hold"));
            let log = network.log(&steps, &text);
            (text, log)
        });
        let tables = network.tables();
        // What is wrong with a rule may be seen in the very last step.
        let refuted = tables.refuted.clone().map(|text| (text, Log::default()));
        let violation = violation.or(refuted);
        Searched {
            states: checker.unique_state_count() as u64,
            steps: checker.state_count() as u64,
            parts: (tables.parts.len() as u64, tables.messages.len() as u64),
            exhausted: checker.is_done() && checker.state_count() < states,
            violation,
        }
    }

    /// The way to a state, as a log: a step a millisecond.
    fn log(&self, steps: &[(Whole, Option<Step>)], text: &str) -> Log {
        let mut log = Log::default();
        let tables = self.tables();
        let label =
            |id: u32| crate::label::message(&self.cluster, &tables.messages[id as usize].frame);
        let mut sent_before: Vec<u64> = Vec::new();
        for (index, (whole, step)) in steps.iter().enumerate() {
            let time = 1_000 * index as u64;
            for id in ids(&whole.sent).filter(|id| !has(&sent_before, *id)) {
                let message = &tables.messages[id as usize];
                let from = self
                    .cluster
                    .directory
                    .get(&message.from)
                    .copied()
                    .or(message.to)
                    .unwrap_or_default();
                // What nobody handles is drawn as said to oneself.
                let to = message.to.unwrap_or(from);
                let (id, from, to, label) = (id, from as u16, to as u16, label(id));
                log.add(
                    time,
                    Entry::Sent {
                        id,
                        from,
                        to,
                        label,
                    },
                );
            }
            sent_before.clone_from(&whole.sent);
            match step {
                Some(Step::Deliver(id)) => {
                    let to = tables.messages[*id as usize].to.unwrap_or_default() as u16;
                    let (id, note) = (*id, String::new());
                    log.add(time + 500, Entry::Came { id, to, note });
                }
                Some(Step::Crash(member)) => {
                    let (who, sort) = (*member as u16, Sort::Down);
                    let text = "it crashes, and begins again".to_owned();
                    log.add(time + 500, Entry::At { who, sort, text });
                    let (sort, text) = (Sort::Up, String::new());
                    log.add(time + 501, Entry::At { who, sort, text });
                }
                None => {}
            }
        }
        let (sort, text) = (
            Sort::Wrong,
            text.lines().next().unwrap_or_default().to_owned(),
        );
        log.add(1_000 * steps.len() as u64, Entry::All { sort, text });
        log
    }
}

impl Network {
    /// A process's state after a step, and what it comes back with after a crash if its disk is late.
    pub(super) fn moved(
        &self,
        whole: &Whole,
        member: usize,
        (part, before): (u32, u32),
        next: u32,
    ) -> (u32, u32) {
        let kind = &self.cluster.kinds[self.cluster.members[member].kind];
        let late = kind.durability == Durability::Early;
        match (next == part, late && whole.crashes > 0) {
            (true, _) => (part, before),
            (false, true) => (next, part),
            (false, false) => (next, next),
        }
    }

    /// The state that a step leads to; nothing if that is the same one.
    pub(super) fn next(&self, last: &Whole, step: Step) -> Option<Whole> {
        match step {
            Step::Deliver(id) => {
                let to = self.tables().messages[id as usize].to?;
                let (part, before) = last.parts[to];
                let (next, sent) = self.known(part, id).or_else(|| self.compute(part, id))?;
                if next == part && self.adds_nothing(last, &sent) {
                    return None;
                }
                let mut whole = last.clone();
                whole.parts[to] = self.moved(last, to, (part, before), next);
                self.leave_out(&mut whole, to, (part, next));
                sent.iter().for_each(|id| self.add(&mut whole, *id));
                Some(whole)
            }
            Step::Crash(member) => {
                let member = member as usize;
                let (part, before) = last.parts[member];
                let kept = match self.cluster.kinds[self.cluster.members[member].kind].durability {
                    Durability::Synced => part,
                    Durability::Early => before,
                    Durability::None => self.begins[member],
                };
                if kept == part {
                    return None;
                }
                let mut whole = last.clone();
                whole.parts[member] = (kept, kept);
                whole.crashes -= 1;
                Some(whole)
            }
        }
    }
}

impl Model for Network {
    type State = Whole;
    type Action = Step;

    fn init_states(&self) -> Vec<Whole> {
        vec![self.canonical(self.first.clone())]
    }

    fn actions(&self, whole: &Whole, actions: &mut Vec<Step>) {
        let tables = self.tables();
        let handled = ids(&whole.sent).filter(|id| tables.messages[*id as usize].to.is_some());
        actions.extend(handled.map(Step::Deliver));
        if whole.crashes > 0 {
            actions.extend((0..whole.parts.len() as u32).map(Step::Crash));
        }
    }

    fn next_state(&self, last: &Whole, step: Step) -> Option<Whole> {
        self.next(last, step).map(|whole| self.canonical(whole))
    }

    fn properties(&self) -> Vec<Property<Network>> {
        vec![
            Property::always("agreement", |network: &Network, whole| {
                network.agrees(whole)
            }),
            Property::always("a rule of the file", |network: &Network, _| {
                network.tables().refuted.is_none()
            }),
            Property::always("the invariants", |network: &Network, whole| {
                network.violated(whole).is_none()
            }),
        ]
    }

    fn within_boundary(&self, whole: &Whole) -> bool {
        let tables = self.tables();
        !whole
            .parts
            .iter()
            .any(|(part, _)| tables.parts[*part as usize].beyond)
    }
}
