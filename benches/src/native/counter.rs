//! `examples/counter` in Rust.

use super::Native;
use super::frames::{Incoming, Node, fingerprint, put_bytes, put_int};
use pasc_vm::Program;
use std::collections::HashMap;

#[derive(Clone, Copy, Default)]
struct Account {
    added: i64,
    times: i64,
}

pub(super) struct Counter<const DUAL: bool> {
    node: Node<DUAL>,
    increment: u64,
    count: u64,
    refused: u64,
    limit: i64,
    total: i64,
    accounts: HashMap<Box<[u8]>, Account>,
}

impl<const DUAL: bool> Counter<DUAL> {
    fn increment(&mut self, by: i64, sender: &[u8], out: &mut Vec<u8>) {
        self.node.note(self.total);
        if by <= 0 || by > self.limit - self.total {
            let reason: &[u8] = match by <= 0 {
                true => b"an increment is at least 1",
                false => b"the counter is full",
            };
            let room = self.limit - self.total;
            self.node.send(out, self.refused, sender, |out| {
                put_bytes(out, reason);
                put_int(out, room);
            });
            return;
        }
        let account = match self.accounts.get_mut(sender) {
            Some(account) => account,
            None => self.accounts.entry(sender.into()).or_default(),
        };
        account.added += by;
        account.times += 1;
        self.total += by;
        let (total, account) = (self.total, *account);
        for word in [account.added, account.times, total] {
            self.node.note(word);
        }
        self.node.send(out, self.count, sender, |out| {
            put_int(out, total);
            put_int(out, account.added);
        });
    }
}

impl<const DUAL: bool> Native for Counter<DUAL> {
    fn new(program: &Program) -> Self {
        Counter {
            node: Node::default(),
            increment: fingerprint(program, "Increment"),
            count: fingerprint(program, "Count"),
            refused: fingerprint(program, "Refused"),
            limit: crate::works::COUNTER_LIMIT,
            total: 0,
            accounts: HashMap::new(),
        }
    }

    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool {
        let read = || {
            let mut incoming = Incoming::parse(frame)?;
            let by = incoming.body.int()?;
            incoming.body.end()?;
            (incoming.fingerprint == self.increment).then_some((by, incoming.sender))
        };
        match read() {
            Some((by, sender)) => {
                self.increment(by, sender, out);
                true
            }
            None => false,
        }
    }

    fn take_trail(&mut self) -> u64 {
        self.node.take_trail()
    }
}
