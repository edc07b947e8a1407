//! The accept messages of `examples/acceptor` in Rust.

use super::Native;
use super::frames::{Incoming, Node, fingerprint, put_int};
use pasc_vm::Program;
use std::collections::HashMap;

struct Vote {
    ballot: i64,
    value: Vec<u8>,
}

pub(super) struct Acceptor<const DUAL: bool> {
    node: Node<DUAL>,
    accept: u64,
    accepted: u64,
    id: i64,
    promised: i64,
    votes: HashMap<i64, Vote>,
}

impl<const DUAL: bool> Native for Acceptor<DUAL> {
    fn new(program: &Program) -> Self {
        Acceptor {
            node: Node::default(),
            accept: fingerprint(program, "Accept"),
            accepted: fingerprint(program, "Accepted"),
            id: 1,
            promised: 0,
            votes: HashMap::new(),
        }
    }

    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool {
        let read = || {
            let mut incoming = Incoming::parse(frame)?;
            let (ballot, slot) = (incoming.body.int()?, incoming.body.int()?);
            let value = incoming.body.bytes()?;
            incoming.body.end()?;
            let is_accept = incoming.fingerprint == self.accept;
            is_accept.then_some((ballot, slot, value, incoming.sender))
        };
        let Some((ballot, slot, value, sender)) = read() else {
            return false;
        };
        self.node.note(self.promised);
        if ballot < self.promised {
            return true;
        }
        self.promised = ballot;
        match self.votes.get_mut(&slot) {
            Some(vote) => {
                vote.ballot = ballot;
                vote.value.clear();
                vote.value.extend_from_slice(value);
            }
            None => {
                let value = value.to_vec();
                self.votes.insert(slot, Vote { ballot, value });
            }
        }
        for word in [ballot, slot] {
            self.node.note(word);
        }
        self.node.note_bytes(value);
        let id = self.id;
        self.node.send(out, self.accepted, sender, |out| {
            for field in [ballot, slot, id] {
                put_int(out, field);
            }
        });
        true
    }

    fn take_trail(&mut self) -> u64 {
        self.node.take_trail()
    }
}
