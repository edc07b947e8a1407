//! `examples/gossip` in Rust, without its timer.

use super::Native;
use super::frames::{Body, Incoming, Node, OWN, fingerprint, put_int};
use pasc_vm::Program;
use std::collections::HashMap;

pub(super) struct Gossip<const DUAL: bool> {
    node: Node<DUAL>,
    serve: u64,
    served: u64,
    gossip: u64,
    ask: u64,
    total: u64,
    own: i64,
    others: HashMap<Box<[u8]>, i64>,
}

impl<const DUAL: bool> Gossip<DUAL> {
    /// Takes what is newer. Nothing of a body that is malformed further on may be taken, so it is gone
    /// through twice.
    fn hear(&mut self, body: Body) -> Option<()> {
        let mut checked = Body::clone(&body);
        let mut last: Option<&[u8]> = None;
        for _ in 0..checked.count()? {
            let who = checked.address()?;
            checked.int()?;
            if last.is_some_and(|last| last >= who) {
                return None;
            }
            last = Some(who);
        }
        checked.end()?;
        let mut body = body;
        for _ in 0..body.count()? {
            let (who, count) = (body.address()?, body.int()?);
            if who == OWN {
                continue;
            }
            match self.others.get_mut(who) {
                Some(known) => {
                    self.node.note(*known);
                    *known = count.max(*known);
                }
                None if count > 0 => {
                    self.others.insert(who.into(), count);
                }
                None => {}
            }
            self.node.note(count);
        }
        Some(())
    }

    fn answer(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let incoming = Incoming::parse(frame)?;
        let Incoming {
            fingerprint,
            sender,
            body,
        } = incoming;
        if fingerprint == self.gossip {
            return self.hear(body);
        }
        body.end()?;
        if fingerprint == self.serve {
            self.own += 1;
            let own = self.own;
            self.node.note(own);
            self.node
                .send(out, self.served, sender, |out| put_int(out, own));
        } else if fingerprint == self.ask {
            let total = self.own + self.others.values().sum::<i64>();
            self.node.note(total);
            self.node
                .send(out, self.total, sender, |out| put_int(out, total));
        } else {
            return None;
        }
        Some(())
    }
}

impl<const DUAL: bool> Native for Gossip<DUAL> {
    fn new(program: &Program) -> Self {
        let of = |message| fingerprint(program, message);
        Gossip {
            node: Node::default(),
            serve: of("Serve"),
            served: of("Served"),
            gossip: of("Gossip"),
            ask: of("Ask"),
            total: of("Total"),
            own: 0,
            others: HashMap::new(),
        }
    }

    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool {
        self.answer(frame, out).is_some()
    }

    fn take_trail(&mut self) -> u64 {
        self.node.take_trail()
    }
}
