//! `benches/programs/two-phase` in Rust.

use super::Native;
use super::frames::{Incoming, Node, fingerprint, put_int};
use pasc_vm::Program;
use std::collections::HashMap;

const OPENING: i64 = 1_000;

#[derive(Clone, Copy)]
struct Promise {
    account: i64,
    change: i64,
}

pub(super) struct Participant<const DUAL: bool> {
    node: Node<DUAL>,
    prepare: u64,
    vote: u64,
    decision: u64,
    acknowledge: u64,
    balances: HashMap<i64, i64>,
    promised: HashMap<i64, Promise>,
}

enum Message {
    Prepare { tx: i64, account: i64, change: i64 },
    Decision { tx: i64, commit: bool },
}

impl<const DUAL: bool> Participant<DUAL> {
    fn read<'b>(&self, frame: &'b [u8]) -> Option<(Message, &'b [u8])> {
        let mut incoming = Incoming::parse(frame)?;
        let tx = incoming.body.int()?;
        let message = if incoming.fingerprint == self.prepare {
            let (account, change) = (incoming.body.int()?, incoming.body.int()?);
            Message::Prepare {
                tx,
                account,
                change,
            }
        } else if incoming.fingerprint == self.decision {
            let commit = incoming.body.bool()?;
            Message::Decision { tx, commit }
        } else {
            return None;
        };
        incoming.body.end()?;
        Some((message, incoming.sender))
    }

    /// Whether the change can be made; it is promised then.
    fn prepare(&mut self, tx: i64, account: i64, change: i64) -> bool {
        if self.promised.contains_key(&tx) {
            return true;
        }
        let balance = self.balances.get(&account).copied().unwrap_or(OPENING);
        self.node.note(balance);
        if balance + change < 0 {
            return false;
        }
        self.promised.insert(tx, Promise { account, change });
        self.balances.insert(account, balance + change.min(0));
        for word in [tx, account, change] {
            self.node.note(word);
        }
        true
    }

    fn decide(&mut self, tx: i64, commit: bool) {
        let Some(promise) = self.promised.remove(&tx) else {
            return;
        };
        let due = match commit {
            true => promise.change.max(0),
            false => (-promise.change).max(0),
        };
        let balance = self.balances.entry(promise.account).or_insert(OPENING);
        *balance += due;
        let balance = *balance;
        for word in [tx, promise.account, promise.change, balance] {
            self.node.note(word);
        }
    }
}

impl<const DUAL: bool> Native for Participant<DUAL> {
    fn new(program: &Program) -> Self {
        let of = |message| fingerprint(program, message);
        Participant {
            node: Node::default(),
            prepare: of("Prepare"),
            vote: of("Vote"),
            decision: of("Decision"),
            acknowledge: of("Acknowledge"),
            balances: HashMap::new(),
            promised: HashMap::new(),
        }
    }

    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool {
        match self.read(frame) {
            None => return false,
            Some((
                Message::Prepare {
                    tx,
                    account,
                    change,
                },
                sender,
            )) => {
                let yes = self.prepare(tx, account, change);
                self.node.send(out, self.vote, sender, |out| {
                    put_int(out, tx);
                    out.push(u8::from(yes));
                });
            }
            Some((Message::Decision { tx, commit }, sender)) => {
                self.decide(tx, commit);
                self.node
                    .send(out, self.acknowledge, sender, |out| put_int(out, tx));
            }
        }
        true
    }

    fn take_trail(&mut self) -> u64 {
        self.node.take_trail()
    }
}
