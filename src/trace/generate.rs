//! `pasc trace generate`: random messages of the types that a program handles.
//!
//! The same program, seed and options give the same trace. Values are small and repeat, so that keys
//! meet again, with the ends of their ranges among them.

use super::writer::Writer;
use crate::cli::GenerateArgs;
use crate::exit::{Code, Failed};
use crate::load;
use crate::output::keep;
use crate::report::{count, say};
use pasc_traces::near::did_you_mean;
use pasc_traces::shown;
use pasc_traces::{Form, MAX_TIME, Record, Whose, jsonl};
use pasc_vm::frame::{self, Header, MAX_ADDRESS_BYTES};
use pasc_vm::program::{HandlerKind, MessageId, Program};
use pasc_vm::types::{Type, TypeId, TypeTable};
use pasc_vm::{Value, wire};

/// The most elements of a generated container.
const MAX_ELEMENTS: u64 = 4;

/// Writes a trace of random messages.
pub(crate) fn generate(args: &GenerateArgs) -> Result<Code, Failed> {
    keep(&args.program, &args.output)?;
    let program = load::program(&args.program)?;
    let own = load::own_address(args.own.as_deref(), &args.program)?;
    let whose = Whose {
        program: &program,
        own: &own,
    };
    let messages = messages(&program, &args.message)?;
    let senders = senders(&args.from)?;
    let mut writer = Writer::create(&args.output, whose, Form::Jsonl)?;
    let mut random = Random(args.seed);
    let mut numbers = vec![0; senders.len()];
    let first = jsonl::first_ordinal(&program);
    let mut time = 0u64;
    for index in 0..args.count {
        let sender = random.below(senders.len() as u64) as usize;
        let message = messages[random.below(messages.len() as u64) as usize];
        let record = program.message_record(message).unwrap_or(TypeId(u32::MAX));
        let value = Values {
            types: &program.types,
            senders: &senders,
        }
        .of(record, &mut random);
        let mut body = Vec::new();
        let encoded = wire::encode_value(&program.types, record, &value, &mut body);
        numbers[sender] += 1;
        let header = Header {
            fingerprint: program.types.fingerprint(record),
            incarnation: 0,
            number: numbers[sender],
            sender: senders[sender].as_bytes(),
            destination: own.as_bytes(),
        };
        let frame = encoded
            .and_then(|()| frame::build(&header, &body))
            .map_err(|problem| {
                Failed::usage(format!("{}: {problem}", program.message_name(message)))
            })?;
        let step = random.below(args.every.saturating_mul(2).saturating_add(1));
        time = time.saturating_add(step).min(MAX_TIME);
        writer.write(&Record::new(first + index, time, frame))?;
        if writer.is_closed() {
            return Ok(Code::Done);
        }
    }
    let records = writer.records;
    writer.finish()?;
    say(format!(
        "{}: {}",
        shown(&args.output, "the standard output"),
        count(records, "record")
    ));
    Ok(Code::Done)
}

/// The messages that were asked for, or all that have a handler.
fn messages(program: &Program, wanted: &[String]) -> Result<Vec<MessageId>, Failed> {
    let has_handler = |id: MessageId| {
        program
            .handlers
            .iter()
            .any(|handler| handler.kind == HandlerKind::Message(id))
    };
    let all = (0..program.messages.len() as u32).map(MessageId);
    let handled: Vec<MessageId> = all.filter(|id| has_handler(*id)).collect();
    if handled.is_empty() {
        let text = format!("the program `{}` handles no message", program.name);
        return Err(Failed::usage(text));
    }
    if wanted.is_empty() {
        return Ok(handled);
    }
    let names: Vec<String> = handled.iter().map(|id| program.message_name(*id)).collect();
    let find = |name: &String| {
        let found = names.iter().position(|known| known == name);
        found.map(|index| handled[index]).ok_or_else(|| {
            let hint = did_you_mean(name, names.iter().map(String::as_str));
            let known = names.join(", ");
            Failed::usage(format!(
                "the program does not handle `{name}`, only {known}{hint}"
            ))
        })
    };
    wanted.iter().map(find).collect()
}

fn senders(given: &[String]) -> Result<Vec<String>, Failed> {
    if given.is_empty() {
        return Ok(["p1", "p2", "p3"].map(str::to_owned).to_vec());
    }
    match given
        .iter()
        .find(|sender| !(1..=MAX_ADDRESS_BYTES).contains(&sender.len()))
    {
        None => Ok(given.to_vec()),
        Some(wrong) => Err(Failed::usage(format!(
            "`{wrong}` is no address: an address has 1 to {MAX_ADDRESS_BYTES} bytes"
        ))),
    }
}

/// A generator whose numbers depend on its seed alone: splitmix64, by Steele, Lea and Flood.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// Makes values by type.
struct Values<'p> {
    types: &'p TypeTable,
    senders: &'p [String],
}

impl Values<'_> {
    fn of(&self, ty: TypeId, random: &mut Random) -> Value {
        let some = |random: &mut Random| random.below(MAX_ELEMENTS + 1);
        match self.types.get(ty) {
            Some(Type::Int) => Value::Int(int(random)),
            Some(Type::Bool) => Value::Bool(random.below(2) == 1),
            Some(Type::Text) => Value::Text(self.text(random)),
            Some(Type::Bytes) => Value::Bytes(bytes(random)),
            Some(Type::Address) => {
                let index = random.below(self.senders.len() as u64) as usize;
                Value::Address(self.senders[index].clone())
            }
            Some(Type::Duration) => Value::Duration(random.below(1_000_000).cast_signed()),
            Some(Type::List { element }) => {
                let count = some(random);
                Value::List((0..count).map(|_| self.of(*element, random)).collect())
            }
            Some(Type::Set { element }) => {
                let count = some(random);
                let mut items: Vec<Value> = (0..count).map(|_| self.of(*element, random)).collect();
                items.sort();
                items.dedup();
                Value::Set(items)
            }
            Some(Type::Map { key, value }) => {
                let count = some(random);
                let pair = |_| (self.of(*key, random), self.of(*value, random));
                let mut entries: Vec<(Value, Value)> = (0..count).map(pair).collect();
                entries.sort_by(|left, right| left.0.cmp(&right.0));
                entries.dedup_by(|left, right| left.0 == right.0);
                Value::Map(entries)
            }
            Some(Type::Record { fields, .. }) => Value::Record(
                fields
                    .iter()
                    .map(|field| self.of(field.ty, random))
                    .collect(),
            ),
            Some(Type::Tuple { elements }) => Value::Tuple(self.all(elements, random)),
            Some(Type::Option { value }) => {
                let is_some = random.below(3) > 0;
                Value::Option(is_some.then(|| self.of(*value, random).into()))
            }
            Some(Type::Enum { variants, .. }) => {
                let index = random.below(variants.len() as u64);
                let fields = &variants[index as usize].fields;
                Value::Variant(index as u32, self.all(fields, random))
            }
            None => Value::Int(0),
        }
    }

    fn all(&self, types: &[TypeId], random: &mut Random) -> Vec<Value> {
        types.iter().map(|ty| self.of(*ty, random)).collect()
    }

    fn text(&self, random: &mut Random) -> String {
        const WORDS: [&str; 8] = ["", "a", "b", "key", "value", "größer", "two words", "0"];
        WORDS[random.below(WORDS.len() as u64) as usize].to_owned()
    }
}

fn int(random: &mut Random) -> i64 {
    match random.below(32) {
        0 => i64::MAX,
        1 => i64::MIN,
        2 => -1,
        3..=5 => random.below(1_000_000).cast_signed(),
        _ => random.below(10).cast_signed(),
    }
}

fn bytes(random: &mut Random) -> Vec<u8> {
    let length = random.below(9);
    // Half of them are text.
    let ascii = random.below(2) == 0;
    let byte = |random: &mut Random| match ascii {
        true => b'a' + random.below(26) as u8,
        false => random.below(256) as u8,
    };
    (0..length).map(|_| byte(random)).collect()
}
