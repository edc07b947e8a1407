//! `--flip MESSAGE:LOCATION:BIT`: a fault on request, to see what it does.
//!
//! | location | what it names |
//! | --- | --- |
//! | `state.NAME`, `state.NAME+N` | a word of a variable in the first copy of the state |
//! | `state@N` | the word at an address of the first copy |
//! | `code.NAME`, `code.NAME+N` | an instruction of the first handler of this name, for the first lane |
//! | `code@N` | the word at a position of the code |
//! | `replica.…`, `replica@N`, `replica-code.…`, `replica-code@N` | the same in the second copy or lane |
//! | `frame@N` | a byte of the input itself, bits 0 to 7 |
//!
//! `ADDRESS/` before it names one of several processes.

use super::find_process;
use crate::cli::ModeName;
use crate::exit::Failed;
use crate::report::say;
use pasc_traces::host::Host;
use pasc_traces::near::did_you_mean;
use pasc_traces::{Record, Whose};
use pasc_vm::Program;
use pasc_vm::process::{Location, Mode};

/// Faults that were asked for.
pub(super) struct Flips {
    all: Vec<Flip>,
}

struct Flip {
    /// As it was given.
    text: String,
    /// The number of the input before which the bit is flipped, from 1.
    input: u64,
    /// The process; the one that handles the input if none is named.
    member: Option<usize>,
    place: Place,
    bit: u32,
    done: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Process(Location),
    /// A byte of the input.
    Frame(usize),
}

impl Flips {
    /// Reads what was given.
    pub(super) fn read(
        given: &[String],
        processes: Vec<Whose>,
        mode: ModeName,
    ) -> Result<Flips, Failed> {
        let read = |text: &String| {
            read(text, &processes, mode)
                .map_err(|problem| Failed::usage(format!("--flip {text}: {problem}")))
        };
        let all = given.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Flips { all })
    }

    /// Flips the bits that are due before this input of this process.
    pub(super) fn apply<M: Mode>(
        &mut self,
        input: u64,
        index: usize,
        member: &mut Host<M>,
        record: &mut Record,
    ) -> Result<(), Failed> {
        for flip in self.all.iter_mut().filter(|flip| flip.input == input) {
            flip.done = true;
            if flip.member.is_some_and(|of| of != index) {
                return Err(Failed::usage(format!(
                    "--flip {}: input {input} is for the process `{}`; name an input of the other",
                    flip.text, member.whose.own
                )));
            }
            let there = match flip.place {
                Place::Process(location) => member.process.flip(location, flip.bit),
                Place::Frame(at) => match record.frame.get_mut(at) {
                    Some(byte) => {
                        *byte ^= 1 << flip.bit;
                        // The damage happened before the host took the input.
                        record.crc = record.matching_crc();
                        true
                    }
                    None => false,
                },
            };
            if !there {
                let words = member.process.copies().first().map_or(0, |copy| copy.len());
                return Err(Failed::usage(format!(
                    "--flip {}: there is no such place; the state has {words} words now, the code \
                     {}, and this input {} bytes",
                    flip.text,
                    member.whose.program.code.len(),
                    record.frame.len()
                )));
            }
            say(format!("flipped {} before input {input}", flip.text));
        }
        Ok(())
    }

    /// Complains about faults whose input never came.
    pub(super) fn unused(&self, inputs: u64) -> Result<(), Failed> {
        match self.all.iter().find(|flip| !flip.done) {
            None => Ok(()),
            Some(flip) => Err(Failed::usage(format!(
                "--flip {}: the run ended after input {inputs}",
                flip.text
            ))),
        }
    }
}

fn read(text: &str, processes: &[Whose], mode: ModeName) -> Result<Flip, String> {
    let form = "expected MESSAGE:LOCATION:BIT, for example 3:state.total:5";
    let (input, rest) = text.split_once(':').ok_or(form)?;
    let (location, bit) = rest.rsplit_once(':').ok_or(form)?;
    let input: u64 = input
        .parse()
        .ok()
        .filter(|input| *input > 0)
        .ok_or_else(|| {
            format!(
                "`{input}` is no number of an input; the first is 1, and the start counts as one"
            )
        })?;
    let addresses: Vec<&str> = processes.iter().map(|process| process.own).collect();
    let (member, location) = match location.rsplit_once('/') {
        Some((address, rest)) => {
            let found = find_process(&addresses, address).map_err(|failed| failed.text)?;
            (Some(found), rest)
        }
        None if processes.len() > 1 => {
            let first = addresses[0];
            return Err(format!(
                "say which process is meant: `{first}/{location}`; there are {}",
                addresses.join(", ")
            ));
        }
        None => (None, location),
    };
    let program = processes[member.unwrap_or(0)].program;
    let place = place(location, program, mode)?;
    let bits = if matches!(place, Place::Frame(_)) {
        8
    } else {
        64
    };
    let bit: u32 = bit
        .parse()
        .ok()
        .filter(|bit| *bit < bits)
        .ok_or_else(|| format!("`{bit}` is no bit; bits here go from 0 to {}", bits - 1))?;
    Ok(Flip {
        text: text.to_owned(),
        input,
        member,
        place,
        bit,
        done: false,
    })
}

/// The kinds of locations.
const KINDS: [&str; 5] = ["state", "replica", "code", "replica-code", "frame"];

fn place(text: &str, program: &Program, mode: ModeName) -> Result<Place, String> {
    let end = text.find(['.', '@']).unwrap_or(text.len());
    let (kind, rest) = text.split_at(end);
    if !KINDS.contains(&kind) || rest.is_empty() {
        let hint = match KINDS.contains(&kind) {
            true => String::new(),
            false => did_you_mean(kind, KINDS),
        };
        let example = program.types.fields(program.state_record).first();
        let example = example.map_or("total", |field| &field.name);
        return Err(format!(
            "`{text}` is no location{hint}\n  the locations are `state.{example}`, \
             `state.{example}+1` and `state@200`, `code.HANDLER+3` and `code@12`, all of these with \
             `replica` and `replica-code` in the second copy, and `frame@8`"
        ));
    }
    let copy = usize::from(kind.starts_with("replica"));
    if copy == 1 && mode == ModeName::Plain {
        return Err("the mode `plain` has no second copy; take `state` or `code`".to_owned());
    }
    let rest_at = |rest: &str| -> Result<usize, String> {
        rest.parse()
            .map_err(|_| format!("`{rest}` is no whole number"))
    };
    if let Some(at) = rest.strip_prefix('@') {
        let word = rest_at(at)?;
        return Ok(match kind {
            "frame" => Place::Frame(word),
            "code" | "replica-code" => Place::Process(Location::Code { lane: copy, word }),
            _ => Place::Process(Location::State { copy, word }),
        });
    }
    let rest = &rest[1..];
    let (name, further) = match rest.split_once('+') {
        Some((name, number)) => (name, rest_at(number)?),
        None => (rest, 0),
    };
    match kind {
        "frame" => Err("bytes of the input are named by their place: `frame@8`".to_owned()),
        "code" | "replica-code" => {
            let word = instruction(name, further, program)?;
            Ok(Place::Process(Location::Code { lane: copy, word }))
        }
        _ => {
            let word = variable(name, further, program)?;
            Ok(Place::Process(Location::State { copy, word }))
        }
    }
}

/// The address of a word of a variable.
fn variable(name: &str, further: usize, program: &Program) -> Result<usize, String> {
    let fields = program.types.fields(program.state_record);
    let names = || fields.iter().map(|field| field.name.as_str());
    let Some(index) = names().position(|known| known == name) else {
        let known = names().collect::<Vec<_>>().join(", ");
        let hint = did_you_mean(name, names());
        return Err(format!(
            "the state has no variable `{name}`; it has {known}{hint}"
        ));
    };
    let width = program.types.width(fields[index].ty) as usize;
    if further >= width {
        let words = crate::report::count(width, "word");
        return Err(format!(
            "`{name}` has {words} of its own, so +{further} lies outside; what it refers to has \
             addresses alone, `state@N`"
        ));
    }
    Ok(program.state_offset(index).0 as usize + further)
}

/// The position of a word in the body of a handler.
fn instruction(name: &str, further: usize, program: &Program) -> Result<usize, String> {
    let names = || program.handlers.iter().map(|handler| handler.name.as_str());
    let Some(handler) = program.handlers.iter().find(|handler| handler.name == name) else {
        let known = names()
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
        let hint = did_you_mean(name, names());
        return Err(format!(
            "there is no handler `{name}`; there are {known}{hint}"
        ));
    };
    let (start, end) = (handler.body.start.0 as usize, handler.body.end.0 as usize);
    if start + further >= end {
        let words = crate::report::count(end - start, "word");
        return Err(format!(
            "the body of `{name}` has {words}, so +{further} lies outside"
        ));
    }
    Ok(start + further)
}
