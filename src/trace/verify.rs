//! `pasc trace verify`: whether the records of a trace are ones that the program can take.
//!
//! Nothing is run. Looked at are the CRCs, the order of ordinals and times, and that every frame is a
//! message of the program for this process whose body decodes, or a timer or start.

use crate::cli::VerifyArgs;
use crate::exit::{Code, Failed};
use crate::load;
use crate::output::Standard;
use crate::progress::Progress;
use crate::report::{count, say};
use pasc_traces::shown;
use pasc_traces::{Problem, Reader, Record, Whose};
use pasc_vm::frame::Frame;
use pasc_vm::timer::{self, Order};
use pasc_vm::wire;

/// The most findings that are reported one by one.
const MAX_FINDINGS: u64 = 100;

/// What was found so far.
struct Findings {
    out: Standard,
    json: bool,
    number: u64,
}

impl Findings {
    fn report(&mut self, place: &str, problem: &str) -> Result<(), Failed> {
        self.number += 1;
        if self.number > MAX_FINDINGS {
            return Ok(());
        }
        if self.json {
            let line = serde_json::json!({"place": place, "problem": problem});
            return self.out.write(format!("{line}\n").as_bytes());
        }
        say(format!("error: {place}: {problem}"));
        Ok(())
    }
}

/// Reads a trace to its end.
pub(crate) fn verify(args: &VerifyArgs) -> Result<Code, Failed> {
    let program = load::program(&args.program)?;
    let own = load::own_address(args.own.as_deref(), &args.program)?;
    let whose = Whose {
        program: &program,
        own: &own,
    };
    let mut reader = Reader::open(&args.trace, whose)?;
    let mut findings = Findings {
        out: Standard::new(),
        json: args.json,
        number: 0,
    };
    let mut progress = Progress::of("record");
    let mut records = 0;
    let mut last: Option<(u64, u64)> = None;
    loop {
        match reader.read() {
            Ok(None) => break,
            Ok(Some(record)) => {
                records += 1;
                progress.step();
                if let Some(problem) = problem(whose, &record, last) {
                    findings.report(&reader.place(), &problem)?;
                }
                last = Some((record.ordinal, record.time));
            }
            Err(Problem::Malformed(text)) => {
                let (place, problem) = text.split_once(": ").unwrap_or(("", &text));
                findings.report(place, problem)?;
            }
            Err(Problem::Broken(failed)) => return Err(failed.into()),
        }
    }
    drop(progress);
    findings.out.flush()?;
    let name = shown(&args.trace, "the standard input");
    let records = count(records, "record");
    if findings.number == 0 {
        say(format!("{name}: {records}, all in order"));
        return Ok(Code::Done);
    }
    let found = count(findings.number as usize, "problem");
    Err(Failed::new(
        Code::Found,
        format!("{name}: {found} in {records}"),
    ))
}

/// What is wrong with a record that follows one with this ordinal and time.
fn problem(whose: Whose, record: &Record, last: Option<(u64, u64)>) -> Option<String> {
    if !record.is_intact() {
        return Some("the CRC of the record does not match".to_owned());
    }
    if let Some((ordinal, time)) = last {
        if record.ordinal <= ordinal {
            let now = record.ordinal;
            return Some(format!(
                "the ordinal {now} is not greater than {ordinal} before it"
            ));
        }
        if record.time < time {
            let now = record.time;
            return Some(format!("the time goes back, from {time} to {now}"));
        }
    }
    let program = whose.program;
    if record.frame == timer::start_input() {
        return None;
    }
    if record.frame.starts_with(&timer::MAGIC) {
        let Ok((order, key)) = Order::parse(&record.frame) else {
            return Some("the firing of a timer is damaged".to_owned());
        };
        let timer = program.timers.get(order.timer.0 as usize);
        let key = timer.and_then(|timer| wire::decode_value(&program.types, timer.key, key));
        return key
            .is_none()
            .then(|| "the program has no such timer, or its keys have another type".to_owned());
    }
    let frame = match Frame::parse(&record.frame) {
        Ok(frame) => frame,
        Err(refusal) => return Some(format!("{}: {refusal}", refusal.code())),
    };
    if frame.destination != whose.own {
        let (to, own) = (frame.destination, whose.own);
        return Some(format!(
            "the message is for `{to}`, and the process is `{own}`"
        ));
    }
    let message = program.find_fingerprint(frame.fingerprint);
    let Some(record) = message.and_then(|message| program.message_record(message)) else {
        return Some("the program has no message with this fingerprint".to_owned());
    };
    wire::decode_value(&program.types, record, frame.body)
        .is_none()
        .then(|| format!("the body is no {}", program.types.name(record)))
}
