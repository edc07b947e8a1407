//! Messages that can do nothing any more: states that differ in them alone are one.
//!
//! In: the rules of a cluster's file. Out: which messages a process in some state is past. A rule says that a
//! message does nothing once one of its fields is below a variable of its receiver. The search asks the machine
//! whether that is so wherever a message is left out, and that the variable never falls.
//!
//! Other messages come as soon as they are sent, and once: the file's author says that what they tell is only
//! remembered, so that to know it earlier makes nothing right that was wrong.

use super::{Network, Tables, Whole, has, ids};
use crate::cluster::Cluster;
use crate::template::{Path, Received};
use pasc_vm::Value;

/// A rule.
#[derive(Clone, Debug)]
pub(crate) struct StaleOf {
    /// The kind of the receiver.
    pub(crate) kind: usize,
    pub(crate) message: Received,
    /// The field.
    pub(crate) field: Path,
    /// The variable's place.
    pub(crate) place: usize,
    /// For people.
    pub(crate) text: String,
}

/// For each rule the variable's value in a state, below which fields are stale.
pub(super) fn floors(cluster: &Cluster, kind: usize, state: &Value) -> Box<[i64]> {
    let floor = |rule: &StaleOf| match cluster.variable(kind, rule.place, state) {
        Some((_, Value::Int(int))) if rule.kind == kind => *int,
        _ => i64::MIN,
    };
    cluster.stale.iter().map(floor).collect()
}

/// For each rule about a message the value of its field.
pub(super) fn fields(cluster: &Cluster, fingerprint: u64, body: &[u8]) -> Box<[(usize, i64)]> {
    let rules = cluster.stale.iter().enumerate();
    let about = rules.filter(|(_, rule)| rule.message.fingerprint == fingerprint);
    let value = |(index, rule): (usize, &StaleOf)| {
        let types = &cluster.kinds[rule.message.kind].program.types;
        let message = rule.message.decode(types, body)?;
        let text = rule.message.at(types, &message, &rule.field)?;
        Some((index, text.parse().ok()?))
    };
    about.filter_map(value).collect()
}

impl Tables {
    /// The rule by which a message does nothing to a process in this state.
    pub(super) fn stale_by(&self, part: u32, message: u32) -> Option<usize> {
        let floors = &self.parts[part as usize].floors;
        let mut fields = self.messages[message as usize].fields.iter();
        let stale = fields.find(|(rule, value)| *value < floors[*rule]);
        stale.map(|(rule, _)| *rule)
    }

    /// Whether a message may still do something to the process that it is for.
    pub(super) fn is_live(&self, whole: &Whole, message: u32) -> bool {
        let to = self.messages[message as usize].to;
        let receiver = to.and_then(|to| whole.parts.get(to));
        receiver.is_none_or(|(part, _)| self.stale_by(*part, message).is_none())
    }
}

impl Network {
    /// A process went on to another state: what it is past is left out.
    pub(super) fn leave_out(&self, whole: &mut Whole, member: usize, (from, to): (u32, u32)) {
        let (past, falls) = {
            let tables = self.tables();
            let is_past = |id: &u32| {
                tables.messages[*id as usize].to == Some(member)
                    && tables.stale_by(to, *id).is_some()
            };
            let (before, after) = (
                &tables.parts[from as usize].floors,
                &tables.parts[to as usize].floors,
            );
            let falls = before
                .iter()
                .zip(after)
                .position(|(before, after)| after < before);
            (
                ids(&whole.sent).filter(is_past).collect::<Vec<u32>>(),
                falls,
            )
        };
        if let Some(rule) = falls {
            self.refute(rule, "the variable falls");
        }
        for id in past {
            self.must_do_nothing(to, id);
            whole.sent[id as usize / 64] &= !(1 << (id % 64));
        }
    }

    /// A message is left out as it is sent.
    pub(super) fn left_out(&self, whole: &Whole, id: u32) {
        let to = self.tables().messages[id as usize].to;
        if let Some((part, _)) = to.and_then(|to| whole.parts.get(to)) {
            self.must_do_nothing(*part, id);
        }
    }

    /// Asks the machine whether a message that is left out does nothing.
    fn must_do_nothing(&self, part: u32, id: u32) {
        let rule = self.tables().stale_by(part, id);
        let step = self.known(part, id).or_else(|| self.compute(part, id));
        if step.is_some_and(|(next, sent)| next == part && sent.is_empty()) {
            return;
        }
        match rule {
            Some(rule) => self.refute(rule, "the message does something"),
            None => {
                let mut tables = self.tables_mut();
                let name =
                    crate::label::message(&self.cluster, &tables.messages[id as usize].frame);
                let text =
                    format!("`model.eager` is wrong: {name} does something when it comes again");
                tables.refuted = Some(text);
            }
        }
    }

    /// A message comes as it is sent, and does nothing if it comes again.
    pub(super) fn come_at_once(&self, whole: &mut Whole, id: u32) {
        let Some(to) = self.tables().messages[id as usize].to else {
            return;
        };
        let (part, before) = whole.parts[to];
        let Some((next, sent)) = self.known(part, id).or_else(|| self.compute(part, id)) else {
            return;
        };
        if next != part {
            whole.parts[to] = self.moved(whole, to, (part, before), next);
            self.leave_out(whole, to, (part, next));
            self.must_do_nothing(next, id);
        }
        sent.iter().for_each(|id| self.add(whole, *id));
    }

    fn refute(&self, rule: usize, why: &str) {
        let text = &self.cluster.stale[rule].text;
        self.tables_mut().refuted =
            Some(format!("a rule of `model.stale` is wrong, {text}: {why}"));
    }

    /// Whether all messages of a step were sent, or can do nothing.
    pub(super) fn adds_nothing(&self, whole: &Whole, sent: &[u32]) -> bool {
        let tables = self.tables();
        sent.iter()
            .all(|id| has(&whole.sent, *id) || !tables.is_live(whole, *id))
    }
}
