//! Processes that can take each other's place: states that differ in who is who alone are one.
//!
//! In: the kinds of a cluster's file whose processes differ in nothing but their addresses. Out: for a state of
//! the whole the first among those that exchanges make of it. Whatever the machine computes is computed for
//! each exchange too, and compared: with addresses exchanged it must be the same.

use super::{Network, Step, Tables, Whole, ids, key, order};
use crate::cluster::Cluster;
use crate::template::Received;
use pasc_vm::Value;
use pasc_vm::frame::Frame;
use std::collections::{BTreeSet, HashMap};

/// The most exchanges that a search takes along.
const MOST: usize = 720;

/// Who takes whose place.
pub(super) struct Exchange {
    /// For each process the one whose place it takes.
    members: Vec<usize>,
    /// The same, by address; those that stay are left out.
    addresses: HashMap<String, String>,
}

/// The numbers of what exchanges make of something, as far as they are known.
pub(super) struct Images(Box<[u32]>);

const UNKNOWN: u32 = u32::MAX;

impl Images {
    /// Nothing is known.
    pub(super) fn none(exchanges: &[Exchange]) -> Images {
        Images(vec![UNKNOWN; exchanges.len()].into())
    }

    fn get(&self, exchange: usize) -> Option<u32> {
        self.0.get(exchange).copied().filter(|id| *id != UNKNOWN)
    }

    fn set(&mut self, exchange: usize, id: u32) {
        self.0[exchange] = id;
    }
}

/// All exchanges but the one that leaves everything in its place. The error is a sentence.
pub(super) fn exchanges(cluster: &Cluster) -> Result<Vec<Exchange>, String> {
    let mut all: Vec<Vec<usize>> = vec![(0..cluster.members.len()).collect()];
    for name in &cluster.config.model.symmetric {
        let of_kind = |member: &usize| cluster.kinds[cluster.members[*member].kind].name == *name;
        let members: Vec<usize> = (0..cluster.members.len()).filter(of_kind).collect();
        if members.is_empty() {
            return Err(format!(
                "`model.symmetric`: there is no kind of process `{name}`"
            ));
        }
        let mut more = Vec::new();
        for places in permutations(&members) {
            for before in &all {
                let mut after = before.clone();
                for (member, place) in members.iter().zip(&places) {
                    after[*member] = *place;
                }
                more.push(after);
                if more.len() > MOST {
                    return Err(format!(
                        "`model.symmetric` gives more than {MOST} exchanges"
                    ));
                }
            }
        }
        all = more;
    }
    // A kind that is named twice has no more exchanges than one that is named once.
    all.sort();
    all.dedup();
    let moves = |members: &Vec<usize>| members.iter().enumerate().any(|(from, to)| from != *to);
    let exchange = |members: Vec<usize>| {
        let address = |member: usize| cluster.members[member].address.clone();
        let moved = members.iter().enumerate().filter(|(from, to)| from != *to);
        let addresses = moved.map(|(from, to)| (address(from), address(*to)));
        Exchange {
            addresses: addresses.collect(),
            members,
        }
    };
    Ok(all.into_iter().filter(moves).map(exchange).collect())
}

/// All orders of some numbers, at most one more than are allowed.
fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for number in of {
        let longer = all.iter().flat_map(|order: &Vec<usize>| {
            (0..=order.len()).map(|place| {
                let mut order = order.clone();
                order.insert(place, *number);
                order
            })
        });
        all = longer.take(MOST + 1).collect();
    }
    all
}

impl Exchange {
    fn address<'a>(&'a self, address: &'a str) -> &'a str {
        self.addresses.get(address).map_or(address, String::as_str)
    }

    /// A value in which addresses are exchanged.
    fn value(&self, value: &Value) -> Value {
        let all = |values: &[Value]| values.iter().map(|value| self.value(value)).collect();
        match value {
            Value::Address(address) => Value::Address(self.address(address).to_owned()),
            Value::Set(items) => Value::Set(all(items)),
            Value::List(items) => Value::List(all(items)),
            Value::Record(items) => Value::Record(all(items)),
            Value::Tuple(items) => Value::Tuple(all(items)),
            Value::Variant(index, items) => Value::Variant(*index, all(items)),
            Value::Option(Some(inner)) => Value::Option(Some(Box::new(self.value(inner)))),
            Value::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, value)| (self.value(key), self.value(value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }
}

impl Tables {
    /// What an exchange makes of a state, if all of it is known.
    fn image(&self, exchange: (usize, &Exchange), whole: &Whole) -> Option<Whole> {
        let (index, exchange) = exchange;
        let mut image = whole.clone();
        for (member, (part, before)) in whole.parts.iter().enumerate() {
            let of = |part: u32| self.parts[part as usize].images.get(index);
            image.parts[exchange.members[member]] = (of(*part)?, of(*before)?);
        }
        image.sent.fill(0);
        for id in ids(&whole.sent) {
            let id = self.messages[id as usize].images.get(index)?;
            put(&mut image.sent, id);
        }
        trim(&mut image.sent);
        Some(image)
    }
}

fn put(sent: &mut Vec<u64>, id: u32) {
    let (word, bit) = (id as usize / 64, id % 64);
    if sent.len() <= word {
        sent.resize(word + 1, 0);
    }
    sent[word] |= 1 << bit;
}

/// Leaves out words without messages at the end: equal sets are equal then.
fn trim(sent: &mut Vec<u64>) {
    while sent.last() == Some(&0) {
        sent.pop();
    }
}

impl Network {
    /// The state that stands for all that exchanges make of it.
    pub(super) fn canonical(&self, mut whole: Whole) -> Whole {
        trim(&mut whole.sent);
        let images = (0..self.exchanges.len()).map(|exchange| self.image(exchange, &whole));
        let first = images.min_by(|a, b| (&a.parts, &a.sent).cmp(&(&b.parts, &b.sent)));
        match first {
            Some(image) if (&image.parts, &image.sent) < (&whole.parts, &whole.sent) => image,
            _ => whole,
        }
    }

    fn image(&self, exchange: usize, whole: &Whole) -> Whole {
        let of = (exchange, &self.exchanges[exchange]);
        loop {
            if let Some(image) = self.tables().image(of, whole) {
                return image;
            }
            for (part, before) in &whole.parts {
                self.image_of_part(exchange, *part);
                self.image_of_part(exchange, *before);
            }
            for id in ids(&whole.sent) {
                self.image_of_message(exchange, id);
            }
        }
    }

    /// What an exchange makes of a state of one process. Where the machine comes to none such, the
    /// processes cannot take each other's place; that is told, and the state stands for itself.
    fn image_of_part(&self, exchange: usize, part: u32) -> u32 {
        let of = &self.exchanges[exchange];
        let (wanted, origin) = {
            let tables = self.tables();
            let before = &tables.parts[part as usize];
            if let Some(known) = before.images.get(exchange) {
                return known;
            }
            let values = before.variables.iter().map(|value| of.value(value));
            let ordered = self.cluster.config.model.ordered;
            let values = values.map(|value| match ordered {
                true => value,
                false => order::sorted(&value),
            });
            let key = key(&values.collect::<Vec<_>>());
            ((of.members[before.member], key), before.origin)
        };
        let known = || self.tables().part_ids.get(&wanted).copied();
        let image = known().or_else(|| {
            let (before, id) = origin?;
            let before = self.image_of_part(exchange, before);
            let id = self.image_of_message(exchange, id);
            self.known(before, id)
                .or_else(|| self.handled(before, id))?;
            known()
        });
        let mut tables = self.tables_mut();
        if image.is_none() {
            let before = &tables.parts[part as usize];
            let [other, own] =
                [before.member, wanted.0].map(|member| &self.cluster.members[member]);
            let text = format!(
                "`model.symmetric` is wrong: {} never comes to the counterpart of what {} came to, {}",
                own.address,
                other.address,
                self.label(other.kind, &before.variables)
            );
            tables.refuted.get_or_insert(text);
        }
        let image = image.unwrap_or(part);
        tables.parts[part as usize].images.set(exchange, image);
        image
    }

    /// What an exchange makes of a message.
    fn image_of_message(&self, exchange: usize, id: u32) -> u32 {
        let of = &self.exchanges[exchange];
        let mut tables = self.tables_mut();
        let message = &tables.messages[id as usize];
        if let Some(known) = message.images.get(exchange) {
            return known;
        }
        let from = of.address(&message.from).to_owned();
        let bytes = self.exchanged(of, &message.frame);
        let image = bytes.and_then(|bytes| self.message(&mut tables, &from, &bytes));
        if image.is_none() {
            let text = "`model.symmetric` is wrong: a message has no counterpart".to_owned();
            tables.refuted.get_or_insert(text);
        }
        let image = image.unwrap_or(id);
        tables.messages[id as usize].images.set(exchange, image);
        image
    }

    /// A frame in which addresses are exchanged.
    fn exchanged(&self, of: &Exchange, bytes: &[u8]) -> Option<Vec<u8>> {
        let frame = Frame::parse(bytes).ok()?;
        let message = Received::of(&self.cluster, frame.fingerprint)?;
        let types = &self.cluster.kinds[message.kind].program.types;
        let value = of.value(&message.decode(types, frame.body)?);
        message.frame(
            types,
            &value,
            of.address(frame.sender),
            of.address(frame.destination),
        )
    }

    /// Asks the machine whether a message does in other places what it does in this one.
    pub(super) fn must_be_symmetric(&self, part: u32, id: u32, (next, sent): &(u32, Box<[u32]>)) {
        for exchange in 0..self.exchanges.len() {
            let (before, message) = (
                self.image_of_part(exchange, part),
                self.image_of_message(exchange, id),
            );
            let step = self.known(before, message);
            let step = step.or_else(|| self.handled(before, message));
            let expected: BTreeSet<u32> = sent
                .iter()
                .map(|id| self.image_of_message(exchange, *id))
                .collect();
            let expected = (self.image_of_part(exchange, *next), expected);
            let step = step.map(|(next, sent)| (next, sent.into_iter().collect()));
            if step.as_ref() != Some(&expected) {
                let mut tables = self.tables_mut();
                let frame = &tables.messages[message as usize].frame;
                let name = crate::label::message(&self.cluster, frame);
                let to = tables.parts[before as usize].member;
                let text = format!(
                    "`model.symmetric` is wrong: {name} does something else to {}",
                    self.cluster.members[to].address
                );
                tables.refuted.get_or_insert(text);
            }
        }
    }

    /// A way of the search with everybody in his own place, from the first state on.
    pub(super) fn unfolded(&self, way: Vec<(Whole, Option<Step>)>) -> Vec<(Whole, Option<Step>)> {
        let mut whole = self.first.clone();
        trim(&mut whole.sent);
        let mut unfolded = Vec::new();
        for (state, step) in way {
            let exchange = (0..self.exchanges.len())
                .find(|exchange| state != whole && self.image(*exchange, &state) == whole);
            let step = step.map(|step| match (exchange, step) {
                (None, step) => step,
                (Some(exchange), Step::Deliver(id)) => {
                    Step::Deliver(self.image_of_message(exchange, id))
                }
                (Some(exchange), Step::Crash(member)) => {
                    Step::Crash(self.exchanges[exchange].members[member as usize] as u32)
                }
            });
            let mut next = step.and_then(|step| self.next(&whole, step));
            if let Some(next) = &mut next {
                trim(&mut next.sent);
            }
            let next = next.unwrap_or_else(|| whole.clone());
            unfolded.push((std::mem::replace(&mut whole, next), step));
        }
        unfolded
    }
}
