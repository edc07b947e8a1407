//! Where mutations start: programs that the compiler makes, and frames that they understand.

use crate::dice::Dice;
use pasc_lang::SourceFile;
use pasc_vm::frame::{self, Header};
use pasc_vm::types::{Type, TypeId, TypeTable};
use pasc_vm::verify::Verified;
use pasc_vm::{Program, Value, file, wire};
use std::sync::LazyLock;

/// The sources of the examples, of the language's tests, and one with containers in containers.
const SOURCES: [(&str, &str); 17] = [
    (
        "acceptor.pasc",
        include_str!("../../examples/acceptor/acceptor.pasc"),
    ),
    (
        "counter.pasc",
        include_str!("../../examples/counter/counter.pasc"),
    ),
    (
        "lease.pasc",
        include_str!("../../examples/lease/lease.pasc"),
    ),
    (
        "coordinator.pasc",
        include_str!("../../examples/coordinator/coordinator.pasc"),
    ),
    (
        "gossip.pasc",
        include_str!("../../examples/gossip/gossip.pasc"),
    ),
    (
        "lww-store.pasc",
        include_str!("../../examples/lww-store/lww-store.pasc"),
    ),
    (
        "participant.pasc",
        include_str!("../../examples/participant/participant.pasc"),
    ),
    ("raft.pasc", include_str!("../../examples/raft/raft.pasc")),
    ("resp.pasc", include_str!("../../examples/resp/resp.pasc")),
    (
        "control.pasc",
        include_str!("../../lang/tests/programs/control.pasc"),
    ),
    (
        "durations.pasc",
        include_str!("../../lang/tests/programs/durations.pasc"),
    ),
    (
        "effects.pasc",
        include_str!("../../lang/tests/programs/effects.pasc"),
    ),
    (
        "expressions.pasc",
        include_str!("../../lang/tests/programs/expressions.pasc"),
    ),
    (
        "lists.pasc",
        include_str!("../../lang/tests/programs/lists.pasc"),
    ),
    (
        "sets.pasc",
        include_str!("../../lang/tests/programs/sets.pasc"),
    ),
    (
        "values.pasc",
        include_str!("../../lang/tests/programs/values.pasc"),
    ),
    ("nested.pasc", include_str!("nested.pasc")),
];

/// The address of the processes that are tested.
pub(crate) const OWN_ADDRESS: &str = "self";

/// The programs, with the invariants and tests of their sources; their source texts are left out.
static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| {
    let compiled = SOURCES.iter().map(|(name, text)| {
        let source = SourceFile::new(*name, *text);
        let compiled = pasc_lang::compile_tests(&source).unwrap_or_else(|errors| {
            let shown = errors.iter().map(|error| pasc_lang::render(error, &source));
            panic!("{}", shown.collect::<String>())
        });
        let mut program = compiled.program;
        program.debug.source_text.clear();
        program.debug.names.clear();
        program
    });
    compiled.collect()
});

/// What the cases start from.
pub(crate) struct Corpus {
    programs: Vec<Verified<'static>>,
    files: Vec<Vec<u8>>,
}

impl Corpus {
    /// The files of the programs are made anew, the programs once for all.
    pub(crate) fn new() -> Corpus {
        let programs: Vec<Verified> = PROGRAMS
            .iter()
            .map(|program| Verified::new(program).expect("it is verified"))
            .collect();
        let files = programs
            .iter()
            .map(|program| file::write(program.program()).expect("memory"))
            .collect();
        Corpus { programs, files }
    }

    /// One of the programs.
    pub(crate) fn program(&self, dice: &mut Dice) -> Verified<'static> {
        self.programs[dice.below(self.programs.len() as u64) as usize]
    }

    /// The file of one of the programs.
    pub(crate) fn file(&self, dice: &mut Dice) -> &[u8] {
        &self.files[dice.below(self.files.len() as u64) as usize]
    }

    /// The files of all programs.
    pub(crate) fn files(&self) -> &[Vec<u8>] {
        &self.files
    }

    /// One of the sources.
    pub(crate) fn text(&self, dice: &mut Dice) -> &'static str {
        SOURCES[dice.below(SOURCES.len() as u64) as usize].1
    }
}

/// A frame with random fields for a random message of the program.
pub(crate) fn frame(program: &Program, dice: &mut Dice) -> Vec<u8> {
    let Some(message) = dice.pick(&program.messages) else {
        return Vec::new();
    };
    let mut body = Vec::new();
    let value = value(&program.types, message.record, dice, 4);
    // Values that a body cannot hold, like a key that stands twice, leave it cut.
    let _ = wire::encode_value(&program.types, message.record, &value, &mut body);
    let header = Header {
        fingerprint: program.types.fingerprint(message.record),
        incarnation: 0,
        number: 1,
        sender: dice
            .pick(&[&b"ann"[..], b"bob", b"self"])
            .unwrap_or(&&b"ann"[..]),
        destination: OWN_ADDRESS.as_bytes(),
    };
    frame::build(&header, &body).expect("the parts are small")
}

/// A value of the type; containers have fewer than `room` parts.
pub(crate) fn value(types: &TypeTable, ty: TypeId, dice: &mut Dice, room: u64) -> Value {
    let bytes = |dice: &mut Dice| {
        let length = *dice.pick(&[0, 1, 7, 8, 9, 20]).unwrap_or(&0);
        (0..length).map(|_| b'a' + dice.below(3) as u8).collect()
    };
    let text = |dice: &mut Dice| String::from_utf8(bytes(dice)).expect("letters");
    let less = room.saturating_sub(1);
    match types.get(ty) {
        Some(Type::Int) | None => Value::Int(number(dice)),
        Some(Type::Duration) => Value::Duration(number(dice)),
        Some(Type::Bool) => Value::Bool(dice.one_in(2)),
        Some(Type::Text) => Value::Text(text(dice)),
        Some(Type::Bytes) => Value::Bytes(bytes(dice)),
        Some(Type::Address) => Value::Address(text(dice)),
        Some(Type::List { element }) => Value::List(
            (0..dice.below(room.max(1)))
                .map(|_| value(types, *element, dice, less))
                .collect(),
        ),
        Some(Type::Set { element }) => Value::Set(
            (0..dice.below(room.max(1)))
                .map(|_| value(types, *element, dice, less))
                .collect(),
        ),
        Some(Type::Map {
            key,
            value: content,
        }) => Value::Map(
            (0..dice.below(room.max(1)))
                .map(|_| {
                    let key = value(types, *key, dice, less);
                    (key, value(types, *content, dice, less))
                })
                .collect(),
        ),
        Some(Type::Record { fields, .. }) => Value::Record(
            fields
                .iter()
                .map(|field| value(types, field.ty, dice, less))
                .collect(),
        ),
        Some(Type::Tuple { elements }) => Value::Tuple(values(types, elements, dice, less)),
        Some(Type::Option { value: content }) => Value::Option(
            dice.one_in(2)
                .then(|| value(types, *content, dice, less).into()),
        ),
        Some(Type::Enum { variants, .. }) => {
            let index = dice.below(variants.len() as u64);
            let fields = &variants[index as usize].fields;
            Value::Variant(index as u32, values(types, fields, dice, less))
        }
    }
}

fn values(types: &TypeTable, of: &[TypeId], dice: &mut Dice, room: u64) -> Vec<Value> {
    of.iter().map(|ty| value(types, *ty, dice, room)).collect()
}

fn number(dice: &mut Dice) -> i64 {
    match dice.below(8) {
        0 => dice.word().cast_signed(),
        1 => i64::MAX,
        2 => i64::MIN,
        _ => dice.below(16).cast_signed() - 1,
    }
}
