//! What the contenders are given to do: programs with their sizes, handlers with their frames.

use crate::{compile, message_from};
use pasc_vm::process::Options;
use pasc_vm::{Program, Value};
use std::path::{Path, PathBuf};

#[path = "../contenders/shared.rs"]
pub mod shared;

/// A program: it runs for one message, with all its work inside.
pub struct ProgramWork {
    /// Its name and folder.
    pub name: &'static str,
    /// The size of the work, in a quick run and otherwise.
    pub sizes: [i64; 2],
    /// Whether it exists in C.
    pub in_c: bool,
}

/// The programs.
pub const PROGRAMS: &[ProgramWork] = &[
    program("loop", [1_000_000, 5_000_000], true),
    program("fib", [24, 28], true),
    program("sieve", [300_000, 2_000_000], true),
    program("parse", [10, 50], true),
    // 1,000,000 entries, whatever the run.
    program("map", [1_000_000, 1_000_000], false),
    program("records", [200, 1_000], false),
    program("sort", [30_000, 200_000], false),
    program("strings", [2_000, 10_000], false),
];

const fn program(name: &'static str, sizes: [i64; 2], in_c: bool) -> ProgramWork {
    ProgramWork { name, sizes, in_c }
}

impl ProgramWork {
    /// The folder with the program in all languages.
    pub fn folder(&self) -> PathBuf {
        folder(self.name)
    }

    /// The program in pasc.
    pub fn compiled(&self) -> Program {
        compiled(self.name)
    }

    /// The message that lets it run.
    pub fn frame(&self, program: &Program, size: i64) -> Vec<u8> {
        let mut fields = Vec::new();
        if self.name == "parse" {
            fields.push(Value::Bytes(shared::parse_input()));
        }
        fields.push(Value::Int(size));
        message_from("p1", program, "Run", fields)
    }
}

/// Options under which no limit is met. A message has up to 2 GiB of temporary memory in each lane.
pub fn options() -> Options {
    let mut options = Options::new("self");
    options.limits.instructions = 1_000_000_000_000;
    options.limits.temporary_words = 1 << 28;
    options.sealed()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("programs")
        .join(name)
}

fn compiled(name: &str) -> Program {
    let path = match name {
        "counter" | "gossip" => format!("../../examples/{name}/{name}.pasc"),
        "accept" => "../../examples/acceptor/acceptor.pasc".to_owned(),
        _ => format!("{name}/program.pasc"),
    };
    let path = folder("").join(path);
    let text = std::fs::read_to_string(&path);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    compile(&format!("{name}.pasc"), &text)
}

/// The names of the handlers.
pub const HANDLERS: &[&str] = &["counter", "accept", "kv", "two-phase", "gossip"];

/// The limit of the counter: it is never met.
pub const COUNTER_LIMIT: i64 = 1 << 60;

/// A handler with its messages.
pub struct HandlerWork {
    /// Its name.
    pub name: &'static str,
    /// The program.
    pub program: Program,
    /// What it is started with.
    pub options: Options,
}

impl HandlerWork {
    /// The work with this name, one of [`HANDLERS`].
    pub fn new(name: &'static str) -> HandlerWork {
        let program = compiled(name);
        let mut options = options();
        if name == "counter" {
            let limit = ("limit".to_owned(), Value::Int(COUNTER_LIMIT));
            options.params.push(limit);
            options = options.sealed();
        }
        HandlerWork {
            name,
            program,
            options,
        }
    }

    /// The messages of a round. After the first round the state holds all keys, and values grow no more.
    /// Only gossip has other messages in each round: what was heard is no news.
    pub fn frames(&self, round: usize) -> Vec<Vec<u8>> {
        match self.name {
            "counter" => self.counter(),
            "accept" => self.accept(),
            "kv" => self.kv(),
            "two-phase" => self.two_phase(),
            _ => self.gossip(round as i64),
        }
    }

    fn message(&self, from: &str, name: &str, fields: Vec<Value>) -> Vec<u8> {
        message_from(from, &self.program, name, fields)
    }

    /// 64 clients add in turn.
    fn counter(&self) -> Vec<Vec<u8>> {
        let increment = |client: i64| {
            let by = vec![Value::Int(1 + client % 5)];
            self.message(&format!("client{client}"), "Increment", by)
        };
        (0..64).map(increment).collect()
    }

    /// 1,024 slots, 8-byte values.
    fn accept(&self) -> Vec<Vec<u8>> {
        let accept = |slot| {
            let value = Value::Bytes(b"12345678".to_vec());
            let fields = vec![Value::Int(1), Value::Int(slot), value];
            self.message("p1", "Accept", fields)
        };
        (0..1024).map(accept).collect()
    }

    /// 1,024 keys of 12 bytes, values of 32; one message in four writes.
    fn kv(&self) -> Vec<Vec<u8>> {
        let key = |number: usize| Value::Bytes(format!("key-{number:08}").into_bytes());
        let message = |number: usize| {
            // Coprime to the number of keys, so that reads are of other keys than writes.
            let (place, other) = (number / 4, number * 389 % 1024);
            match number % 4 {
                0 => {
                    let value = Value::Bytes(vec![number as u8; 32]);
                    self.message("p1", "Put", vec![key(place), value])
                }
                _ => self.message("p2", "Get", vec![key(other)]),
            }
        };
        (0..4096).map(message).collect()
    }

    /// 1,024 transactions, eight at a time, on 64 accounts; one in eight is aborted. Each account
    /// gets back what is taken from it.
    fn two_phase(&self) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        for first in (0..1024).step_by(8) {
            for tx in first..first + 8 {
                let (account, sign) = (tx / 16 % 64, if tx % 16 < 8 { 1 } else { -1 });
                let change = Value::Int(sign * (1 + tx % 8));
                let fields = vec![Value::Int(tx), Value::Int(account), change];
                frames.push(self.message("coordinator", "Prepare", fields));
            }
            for tx in first..first + 8 {
                let fields = vec![Value::Int(tx), Value::Bool(tx % 8 != 3)];
                frames.push(self.message("coordinator", "Decision", fields));
            }
        }
        frames
    }

    /// Of eight messages six are gossip with sixteen counts, which grow; one is a request to serve, one
    /// asks for the total.
    fn gossip(&self, round: i64) -> Vec<Vec<u8>> {
        let message = |number: i64| match number % 8 {
            6 => self.message("client", "Serve", Vec::new()),
            7 => self.message("client", "Ask", Vec::new()),
            _ => {
                let counts = (0..16).map(|member| {
                    let who = Value::Address(format!("member{member:02}"));
                    let grown = round * 4096 + number + member % 3;
                    (who, Value::Int(1 + grown))
                });
                let counts = vec![Value::Map(counts.collect())];
                self.message(&format!("member{:02}", number % 16), "Gossip", counts)
            }
        };
        (0..4096).map(message).collect()
    }
}
