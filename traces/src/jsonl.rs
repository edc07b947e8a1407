//! Traces and outputs as JSON Lines.
//!
//! A line is a message, `{"at": 5, "from": "p1", "to": "p2", "type": "T", "body": {…}}`, a timer that
//! fires, `{"at": 5, "timer": "t", "key": 7}`, the start, `{"start": true}`, or the bytes of a frame
//! that is none of these, `{"at": 5, "frame": "00ff"}`. What a line leaves out is what it would be
//! anyway: the time of the line before, the process itself, the next ordinal, incarnation 0, the
//! sender's next number, the CRC that matches. Lines without anything in them are passed over.
//!
//! A [`Codec`] writes a line only if it reads it back as the same record; so nothing is lost.

use super::{Record, Whose};
use crate::json;
use crate::near::did_you_mean;
use pasc_vm::Program;
use pasc_vm::frame::{self, Frame, Header};
use pasc_vm::program::{HandlerKind, TimerId};
use pasc_vm::timer::{self, Order};
use pasc_vm::types::TypeId;
use pasc_vm::wire;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{self, BufRead, ErrorKind, Read};

/// The longest line in bytes.
const MAX_LINE_BYTES: u64 = 1 << 28;

/// The keys of a line that holds a message.
const KEYS: [&str; 9] = [
    "at",
    "from",
    "to",
    "type",
    "body",
    "ordinal",
    "incarnation",
    "number",
    "record_crc",
];
/// The keys of a line that fires a timer.
const TIMER_KEYS: [&str; 6] = ["at", "to", "timer", "key", "ordinal", "record_crc"];
/// The keys of a line that starts the program.
const START_KEYS: [&str; 5] = ["at", "to", "start", "ordinal", "record_crc"];
/// The keys of a line that holds bytes.
const FRAME_KEYS: [&str; 4] = ["at", "frame", "ordinal", "record_crc"];

/// The ordinal of the start that a run gives to a program that has a handler for it.
pub const START_ORDINAL: u64 = 1;

/// Whether the program has a handler for its start.
pub fn starts(program: &Program) -> bool {
    program
        .handlers
        .iter()
        .any(|handler| handler.kind == HandlerKind::Start)
}

/// The ordinal of the first record, unless its line says otherwise: a start may come before it.
pub fn first_ordinal(program: &Program) -> u64 {
    START_ORDINAL + u64::from(starts(program))
}

/// Reads or writes the lines of one trace, in order.
pub struct Codec<'p> {
    whose: Whose<'p>,
    /// The last record's ordinal.
    ordinal: u64,
    /// The last record's time.
    time: u64,
    /// The last number of each sender.
    numbers: BTreeMap<String, u64>,
}

/// The sender of a message, and the message's number among those of the sender.
type Sent = Option<(String, u64)>;

/// What a line says.
struct Line {
    record: Record,
    /// Nothing for a line that holds bytes.
    sent: Sent,
}

impl<'p> Codec<'p> {
    /// A codec before its first line.
    pub fn new(whose: Whose<'p>) -> Codec<'p> {
        Codec {
            whose,
            ordinal: first_ordinal(whose.program) - 1,
            time: 0,
            numbers: BTreeMap::new(),
        }
    }

    /// The record of a line, nothing for an empty one. The error is a sentence; the line then has
    /// no influence on the next.
    pub fn read(&mut self, line: &[u8]) -> Result<Option<Record>, String> {
        let text = str::from_utf8(line).map_err(|error| {
            format!(
                "not UTF-8 text from byte {} of the line on",
                error.valid_up_to() + 1
            )
        })?;
        if text.trim_ascii().is_empty() {
            return Ok(None);
        }
        let line = self.parse(text)?;
        self.note(&line);
        Ok(Some(line.record))
    }

    /// The line of a record, with a newline.
    pub fn write(&mut self, record: &Record) -> String {
        let named = self.message_line(record);
        if let Some(text) = named.or_else(|| self.event_line(record))
            && let Ok(line) = self.parse(&text)
            && line.record == *record
        {
            self.note(&line);
            return text;
        }
        let mut text = self.line_start(record);
        let _ = write!(text, "\"frame\": \"{}\"", json::hex(&record.frame));
        self.end_line(record, &mut text);
        (self.ordinal, self.time) = (record.ordinal, record.time);
        text
    }

    /// The next line has this time if it names none.
    pub fn go_on_at(&mut self, time: u64) {
        self.time = time;
    }

    fn note(&mut self, line: &Line) {
        (self.ordinal, self.time) = (line.record.ordinal, line.record.time);
        if let Some((sender, number)) = &line.sent {
            match self.numbers.get_mut(sender) {
                Some(last) => *last = *number,
                None => drop(self.numbers.insert(sender.clone(), *number)),
            }
        }
    }

    fn next_ordinal(&self) -> u64 {
        self.ordinal.wrapping_add(1)
    }

    fn next_number(&self, sender: &str) -> u64 {
        self.numbers
            .get(sender)
            .copied()
            .unwrap_or(0)
            .wrapping_add(1)
    }

    fn parse(&self, text: &str) -> Result<Line, String> {
        let Json::Object(object) = json::parse(text)? else {
            return Err("a line is a JSON object, {…}".to_owned());
        };
        let kinds: [(&str, &[&str]); 3] = [
            ("frame", &FRAME_KEYS),
            ("timer", &TIMER_KEYS),
            ("start", &START_KEYS),
        ];
        let kind = kinds.iter().find(|kind| object.contains_key(kind.0));
        let keys = kind.map_or(&KEYS[..], |kind| kind.1);
        if let Some(unknown) = object.keys().find(|key| !keys.contains(&key.as_str())) {
            let hint = did_you_mean(unknown, keys.iter().copied());
            return Err(format!("unknown key `{unknown}`{hint}"));
        }
        let object = Object(&object);
        if kind.is_some()
            && let Some(to) = object.text("to")?
            && to != self.whose.own
        {
            return Err(format!(
                "this is the trace of `{}`, not of `{to}`",
                self.whose.own
            ));
        }
        let ordinal = object.number("ordinal")?.unwrap_or(self.next_ordinal());
        let time = object.number("at")?.unwrap_or(self.time);
        let (frame, sent) = match object.text("frame")? {
            Some(digits) => {
                let bytes =
                    json::unhex(digits).ok_or("`frame` holds an even number of digits 0-9, a-f")?;
                (bytes, None)
            }
            None if object.0.contains_key("timer") => (self.parse_timer(&object)?, None),
            None if object.0.contains_key("start") => match object.0.get("start") {
                Some(Json::Bool(true)) => (timer::start_input().to_vec(), None),
                _ => return Err("`start` is `true`".to_owned()),
            },
            None => self.parse_message(&object)?,
        };
        let mut record = Record::new(ordinal, time, frame);
        if let Some(crc) = object.number("record_crc")? {
            record.crc = u32::try_from(crc).map_err(|_| "`record_crc` has 32 bits")?;
        }
        let record = record.in_time()?;
        Ok(Line { record, sent })
    }

    /// The firing of a timer, which names the timer and its key alone.
    fn parse_timer(&self, object: &Object) -> Result<Vec<u8>, String> {
        let program = self.whose.program;
        let name = object.text("timer")?.unwrap_or("");
        let names = || program.timers.iter().map(|timer| timer.name.as_str());
        let Some(index) = names().position(|known| known == name) else {
            let hint = did_you_mean(name, names());
            return Err(format!("the program has no timer `{name}`{hint}"));
        };
        let key_type = program.timers[index].key;
        let mut key = Vec::new();
        match (has_key(program, key_type), object.0.get("key")) {
            (true, None) => return Err("the key `key` is missing".to_owned()),
            (false, Some(_)) => return Err(format!("the timer `{name}` has no key")),
            (true, Some(json)) => {
                let value = json::read(&program.types, key_type, json, "key")?;
                wire::encode_value(&program.types, key_type, &value, &mut key)?;
            }
            (false, None) => {}
        }
        let order = Order {
            timer: TimerId(index as u32),
            deadline: 0,
            generation: 0,
        };
        Ok(order.to_bytes(&key))
    }

    /// The line of a record that fires a timer or starts the program.
    fn event_line(&self, record: &Record) -> Option<String> {
        let program = self.whose.program;
        let mut out = self.line_start(record);
        if record.frame == timer::start_input() {
            out.push_str("\"start\": true");
        } else {
            let (order, key) = Order::parse(&record.frame).ok()?;
            let schema = program.timers.get(order.timer.0 as usize)?;
            out.push_str("\"timer\": ");
            json::quote(&schema.name, &mut out);
            if has_key(program, schema.key) {
                let value = wire::decode_value(&program.types, schema.key, key)?;
                out.push_str(", \"key\": ");
                json::write(&program.types, schema.key, &value, &mut out);
            }
        }
        self.end_line(record, &mut out);
        Some(out)
    }

    fn parse_message(&self, object: &Object) -> Result<(Vec<u8>, Sent), String> {
        let program = self.whose.program;
        let missing = |key: &str| format!("the key `{key}` is missing");
        let sender = object.text("from")?.ok_or_else(|| missing("from"))?;
        let destination = object.text("to")?.unwrap_or(self.whose.own);
        let name = object.text("type")?.ok_or_else(|| missing("type"))?;
        let message = program
            .find_message(name)
            .and_then(|id| program.message_record(id));
        let types = &program.types;
        let message = message.ok_or_else(|| {
            let names: Vec<String> = program
                .messages
                .iter()
                .map(|m| types.name(m.record))
                .collect();
            let hint = did_you_mean(name, names.iter().map(String::as_str));
            format!("the program has no message `{name}`{hint}")
        })?;
        let body = object.0.get("body").ok_or_else(|| missing("body"))?;
        let value = json::read(types, message, body, "body")?;
        let mut body = Vec::new();
        wire::encode_value(types, message, &value, &mut body)?;
        let number = object
            .number("number")?
            .unwrap_or_else(|| self.next_number(sender));
        let header = Header {
            fingerprint: types.fingerprint(message),
            incarnation: object.number("incarnation")?.unwrap_or(0),
            number,
            sender: sender.as_bytes(),
            destination: destination.as_bytes(),
        };
        Ok((
            frame::build(&header, &body)?,
            Some((sender.to_owned(), number)),
        ))
    }

    /// The line of a record that holds a message of the program.
    fn message_line(&self, record: &Record) -> Option<String> {
        let frame = Frame::parse(&record.frame).ok()?;
        let mut out = self.line_start(record);
        out.push_str("\"from\": ");
        json::quote(frame.sender, &mut out);
        if frame.destination != self.whose.own {
            out.push_str(", \"to\": ");
            json::quote(frame.destination, &mut out);
        }
        if frame.incarnation != 0 {
            let _ = write!(out, ", \"incarnation\": {}", frame.incarnation);
        }
        if frame.number != self.next_number(frame.sender) {
            let _ = write!(out, ", \"number\": {}", frame.number);
        }
        out.push_str(", ");
        write_message(self.whose, &frame, &mut out)?;
        self.end_line(record, &mut out);
        Some(out)
    }

    fn line_start(&self, record: &Record) -> String {
        let mut out = "{".to_owned();
        if record.time != self.time {
            let _ = write!(out, "\"at\": {}, ", record.time);
        }
        if record.ordinal != self.next_ordinal() {
            let _ = write!(out, "\"ordinal\": {}, ", record.ordinal);
        }
        out
    }

    fn end_line(&self, record: &Record, out: &mut String) {
        if !record.is_intact() {
            let _ = write!(out, ", \"record_crc\": {}", record.crc);
        }
        out.push_str("}\n");
    }
}

/// Whether timers with keys of this type are one for each key.
fn has_key(program: &Program, key: TypeId) -> bool {
    !program.types.is_in_place(key) || program.types.width(key) > 0
}

/// Appends type and body of a message of the program.
fn write_message(whose: Whose, frame: &Frame, out: &mut String) -> Option<()> {
    let program = whose.program;
    let record = program.message_record(program.find_fingerprint(frame.fingerprint)?)?;
    let value = wire::decode_value(&program.types, record, frame.body)?;
    out.push_str("\"type\": ");
    json::quote(&program.types.name(record), out);
    out.push_str(", \"body\": ");
    json::write(&program.types, record, &value, out);
    Some(())
}

/// The number of the process that a line is for. One process alone takes every line, and refuses
/// what is not for it.
pub fn receiver(line: &[u8], processes: &[Whose]) -> Result<usize, String> {
    if processes.len() == 1 {
        return Ok(0);
    }
    let json: Option<Json> = serde_json::from_slice(line).ok();
    let Some(to) = json.as_ref().and_then(|json| json.get("to")?.as_str()) else {
        return Ok(0);
    };
    let names = || processes.iter().map(|process| process.own);
    names().position(|own| own == to).ok_or_else(|| {
        let known = names().collect::<Vec<_>>().join(", ");
        let hint = did_you_mean(to, names());
        format!("there is no process `{to}`; there are {known}{hint}")
    })
}

/// The line of a frame that the process sent, with a newline; `sender` says whether it tells from
/// whom.
pub fn output_line(whose: Whose, bytes: &[u8], sender: bool) -> String {
    let message = || {
        let frame = Frame::parse(bytes).ok()?;
        let mut out = "{".to_owned();
        if sender {
            out.push_str("\"from\": ");
            json::quote(frame.sender, &mut out);
            out.push_str(", ");
        }
        out.push_str("\"to\": ");
        json::quote(frame.destination, &mut out);
        out.push_str(", ");
        write_message(whose, &frame, &mut out)?;
        let _ = writeln!(out, ", \"crc\": {}}}", frame.crc);
        Some(out)
    };
    message().unwrap_or_else(|| format!("{{\"frame\": \"{}\"}}\n", json::hex(bytes)))
}

/// The next line without its newline; `None` at the end of the input.
pub fn read_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if input
        .by_ref()
        .take(MAX_LINE_BYTES)
        .read_until(b'\n', &mut line)?
        == 0
    {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() as u64 == MAX_LINE_BYTES {
        let text = format!("the line is longer than {MAX_LINE_BYTES} bytes");
        return Err(io::Error::new(ErrorKind::InvalidData, text));
    }
    Ok(Some(line))
}

/// The keys of a line.
struct Object<'j>(&'j serde_json::Map<String, Json>);

impl<'j> Object<'j> {
    fn number(&self, key: &str) -> Result<Option<u64>, String> {
        let Some(json) = self.0.get(key) else {
            return Ok(None);
        };
        let wrong = || {
            format!(
                "`{key}` is a whole number from 0 on, not {}",
                json::describe(json)
            )
        };
        json.as_u64().map(Some).ok_or_else(wrong)
    }

    fn text(&self, key: &str) -> Result<Option<&'j str>, String> {
        let Some(json) = self.0.get(key) else {
            return Ok(None);
        };
        let wrong = || format!("`{key}` is a string, not {}", json::describe(json));
        json.as_str().map(Some).ok_or_else(wrong)
    }
}
