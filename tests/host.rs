//! The example of a host, as a real process with real sockets and files: killed, restarted, damaged.

#![allow(clippy::unwrap_used)]

use pasc_lang::SourceFile;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::{Program, Value, wire};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ACCEPTOR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/acceptor/acceptor.pasc"
);

/// A running host, killed when the test is done with it.
struct Host {
    child: Child,
    address: String,
}

impl Host {
    fn command(directory: &Path) -> Command {
        let build = Path::new(env!("CARGO_BIN_EXE_pasc")).parent().unwrap();
        let host = build.join("examples/host");
        assert!(
            host.exists(),
            "`cargo build --example host` makes what this test runs"
        );
        let mut command = Command::new(host);
        command
            .arg(ACCEPTOR)
            .arg(directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn start(directory: &Path) -> Host {
        let mut child = Host::command(directory).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut address)
            .unwrap();
        Host {
            child,
            address: address.trim().to_owned(),
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // SIGKILL: nothing can be flushed on the way out.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a host that does not start says.
fn refusal(directory: &Path) -> String {
    let output = Host::command(directory).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn program() -> Program {
    let source = SourceFile::new("acceptor.pasc", std::fs::read_to_string(ACCEPTOR).unwrap());
    pasc_lang::compile(&source).unwrap().program
}

fn message(program: &Program, name: &str, fields: Vec<Value>) -> Vec<u8> {
    let record = program
        .message_record(program.find_message(name).unwrap())
        .unwrap();
    let mut body = Vec::new();
    wire::encode_value(&program.types, record, &Value::Record(fields), &mut body).unwrap();
    let header = Header {
        fingerprint: program.types.fingerprint(record),
        incarnation: 0,
        number: 1,
        sender: b"p1",
        destination: b"self",
    };
    frame::build(&header, &body).unwrap()
}

/// Sends a message and reads the answer: its name and fields as the language writes them.
fn ask(program: &Program, stream: &mut TcpStream, frame: &[u8]) -> String {
    stream.write_all(frame).unwrap();
    let mut bytes = vec![0; 8];
    stream.read_exact(&mut bytes).unwrap();
    bytes.resize(frame::length(&bytes).unwrap(), 0);
    stream.read_exact(&mut bytes[8..]).unwrap();
    let answer = Frame::parse(&bytes).unwrap();
    assert_eq!((answer.sender, answer.destination), ("self", "p1"));
    let id = program.find_fingerprint(answer.fingerprint).unwrap();
    let record = program.message_record(id).unwrap();
    wire::decode_value(&program.types, record, answer.body)
        .unwrap()
        .display(&program.types, record)
}

/// A directory of the test's own that is gone afterwards.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("pasc-host-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Directory(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn accept(program: &Program, slot: i64) -> Vec<u8> {
    let value = Value::Bytes(b"x".to_vec());
    message(
        program,
        "Accept",
        vec![Value::Int(3), Value::Int(slot), value],
    )
}

fn prepare(program: &Program) -> Vec<u8> {
    message(program, "Prepare", vec![Value::Int(4), Value::Int(0)])
}

#[test]
fn a_killed_host_comes_back_with_everything_that_it_promised() {
    let directory = Directory::new("killed");
    let program = program();
    for slot in 0..5 {
        let host = Host::start(&directory.0);
        let answer = ask(&program, &mut host.connect(), &accept(&program, slot));
        assert_eq!(
            answer,
            format!("Accepted {{ ballot: 3, slot: {slot}, acceptor: 1 }}")
        );
    }
    let host = Host::start(&directory.0);
    let answer = ask(&program, &mut host.connect(), &prepare(&program));
    let votes: Vec<String> = (0..5)
        .map(|slot| format!("{slot}: Vote {{ ballot: 3, value: b\"x\" }}"))
        .collect();
    assert_eq!(
        answer,
        format!("Promise {{ ballot: 4, votes: {{{}}} }}", votes.join(", "))
    );
}

#[test]
fn damaged_frames_are_dropped_and_the_connection_goes_on() {
    let directory = Directory::new("frames");
    let program = program();
    let host = Host::start(&directory.0);
    let mut stream = host.connect();
    let mut damaged = accept(&program, 1);
    let last = damaged.len() - 9;
    damaged[last] ^= 4;
    stream.write_all(&damaged).unwrap();
    let answer = ask(&program, &mut stream, &accept(&program, 2));
    assert_eq!(answer, "Accepted { ballot: 3, slot: 2, acceptor: 1 }");
    stream.write_all(&[0; 64]).unwrap();
    assert_eq!(
        stream.read(&mut [0; 8]).unwrap(),
        0,
        "what is no frame ends the connection"
    );
}

#[test]
fn a_damaged_or_shortened_memory_is_refused() {
    let directory = Directory::new("damaged");
    let program = program();
    let host = Host::start(&directory.0);
    let mut stream = host.connect();
    for slot in 0..3 {
        ask(&program, &mut stream, &accept(&program, slot));
    }
    drop((stream, host));
    let records = directory.0.join("records");
    let whole = std::fs::read(&records).unwrap();

    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    std::fs::write(&records, &flipped).unwrap();
    assert!(
        refusal(&directory.0).contains("damaged"),
        "{}",
        refusal(&directory.0)
    );

    std::fs::write(&records, &whole[..whole.len() - 3]).unwrap();
    let text = refusal(&directory.0);
    assert!(text.contains("would forget what it promised"), "{text}");
}
