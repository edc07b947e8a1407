//! `benches/programs/kv` in Rust.

use super::Native;
use super::frames::{Incoming, Node, fingerprint, put_bytes, put_int};
use pasc_vm::Program;
use std::collections::HashMap;

struct Entry {
    version: i64,
    value: Vec<u8>,
}

pub(super) struct Store<const DUAL: bool> {
    node: Node<DUAL>,
    fingerprints: Fingerprints,
    entries: HashMap<Box<[u8]>, Entry>,
}

#[derive(Clone, Copy)]
struct Fingerprints {
    put: u64,
    get: u64,
    stored: u64,
    found: u64,
    absent: u64,
}

enum Message<'b> {
    Put { key: &'b [u8], value: &'b [u8] },
    Get { key: &'b [u8] },
}

impl<const DUAL: bool> Store<DUAL> {
    fn read<'b>(&self, frame: &'b [u8]) -> Option<(Message<'b>, &'b [u8])> {
        let mut incoming = Incoming::parse(frame)?;
        let key = incoming.body.bytes()?;
        let message = if incoming.fingerprint == self.fingerprints.put {
            let value = incoming.body.bytes()?;
            Message::Put { key, value }
        } else if incoming.fingerprint == self.fingerprints.get {
            Message::Get { key }
        } else {
            return None;
        };
        incoming.body.end()?;
        Some((message, incoming.sender))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> i64 {
        let version = match self.entries.get_mut(key) {
            Some(entry) => {
                entry.version += 1;
                entry.value.clear();
                entry.value.extend_from_slice(value);
                entry.version
            }
            None => {
                let value = value.to_vec();
                self.entries.insert(key.into(), Entry { version: 1, value });
                1
            }
        };
        self.node.note(version);
        self.node.note_bytes(value);
        version
    }
}

impl<const DUAL: bool> Native for Store<DUAL> {
    fn new(program: &Program) -> Self {
        let of = |message| fingerprint(program, message);
        Store {
            node: Node::default(),
            fingerprints: Fingerprints {
                put: of("Put"),
                get: of("Get"),
                stored: of("Stored"),
                found: of("Found"),
                absent: of("Absent"),
            },
            entries: HashMap::new(),
        }
    }

    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool {
        let fingerprints = self.fingerprints;
        match self.read(frame) {
            None => return false,
            Some((Message::Put { key, value }, sender)) => {
                let version = self.put(key, value);
                self.node.send(out, fingerprints.stored, sender, |out| {
                    put_bytes(out, key);
                    put_int(out, version);
                });
            }
            Some((Message::Get { key }, sender)) => match self.entries.get(key) {
                Some(entry) => {
                    self.node.note(entry.version);
                    self.node.note_bytes(&entry.value);
                    self.node.send(out, fingerprints.found, sender, |out| {
                        put_bytes(out, key);
                        put_int(out, entry.version);
                        put_bytes(out, &entry.value);
                    });
                }
                None => self
                    .node
                    .send(out, fingerprints.absent, sender, |out| put_bytes(out, key)),
            },
        }
        true
    }

    fn take_trail(&mut self) -> u64 {
        self.node.take_trail()
    }
}
