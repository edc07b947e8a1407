//! Programs that the assembler builds: one handler of one message, which runs a piece of code in a loop.

use pasc_vm::assemble::{Assembler, ConstantPool};
use pasc_vm::frame::{self, Header};
use pasc_vm::isa::{Immediate, Instruction, Reg, StateOffset, Target, Words};
use pasc_vm::process::{Failure, Handled, Input, Mode, Options, Process};
use pasc_vm::program::{
    Debug, Effects, Function, Handler, HandlerKind, MessageId, MessageSchema, TimerId, TimerSchema,
};
use pasc_vm::types::{Field, Type, TypeId, TypeTable};
use pasc_vm::{Program, Value, wire};

/// What the registers hold when the loop starts.
pub(crate) mod reg {
    use super::Reg;
    /// Rounds so far.
    pub(crate) const ROUND: Reg = Reg(0);
    /// All rounds.
    pub(crate) const ROUNDS: Reg = Reg(1);
    /// 3.
    pub(crate) const THREE: Reg = Reg(2);
    /// 5.
    pub(crate) const FIVE: Reg = Reg(3);
    /// The state's map from `int` to `int`, `{3: 5}`.
    pub(crate) const MAP: Reg = Reg(4);
    /// Its place.
    pub(crate) const MAP_PLACE: Reg = Reg(5);
    /// The state's list of `int`, `[3]`.
    pub(crate) const LIST: Reg = Reg(6);
    /// Its place.
    pub(crate) const LIST_PLACE: Reg = Reg(7);
    /// A text constant.
    pub(crate) const TEXT: Reg = Reg(8);
    /// The own address.
    pub(crate) const ADDRESS: Reg = Reg(9);
    /// The message, a record of one `int`.
    pub(crate) const MESSAGE: Reg = Reg(10);
    /// `true`.
    pub(crate) const TRUE: Reg = Reg(11);
    /// Free for an entry of the map.
    pub(crate) const ENTRY: Reg = Reg(12);
    /// The address of two words of the arena.
    pub(crate) const RECORD: Reg = Reg(13);
    /// The place of the state's text.
    pub(crate) const TEXT_PLACE: Reg = Reg(14);
    /// 0.
    pub(crate) const ZERO: Reg = Reg(15);
    /// 1.
    pub(crate) const ONE: Reg = Reg(16);
    /// Free for results; each type has its own.
    pub(crate) const INT: Reg = Reg(17);
    /// Free for a `bool`.
    pub(crate) const BOOL: Reg = Reg(18);
    /// Free for addresses and references.
    pub(crate) const PLACE: Reg = Reg(19);
    /// Above all others: what a call gives.
    pub(crate) const CALLED: Reg = Reg(20);
}
use reg::*;

/// The number of registers in use.
const REGISTERS: u16 = 21;

/// The types of the programs.
pub(crate) struct Types {
    pub(crate) table: TypeTable,
    pub(crate) text: TypeId,
    pub(crate) map: TypeId,
    pub(crate) list: TypeId,
    pub(crate) pair: TypeId,
    pub(crate) empty: TypeId,
    pub(crate) state: TypeId,
    pub(crate) message: TypeId,
}

/// The variables of the state.
#[derive(Clone, Copy)]
pub(crate) enum Variable {
    Int,
    Text,
    Map,
    List,
    Timer,
}

impl Types {
    fn new() -> Types {
        let mut table = TypeTable::default();
        let mut intern = |ty| table.intern(ty).expect("a good type");
        let record = |name: &str, fields: &[(&str, TypeId)]| Type::Record {
            name: name.to_owned(),
            fields: fields
                .iter()
                .map(|(name, ty)| Field {
                    name: (*name).to_owned(),
                    ty: *ty,
                })
                .collect(),
        };
        let int = intern(Type::Int);
        let text = intern(Type::Text);
        let duration = intern(Type::Duration);
        let map = intern(Type::Map {
            key: int,
            value: int,
        });
        let list = intern(Type::List { element: int });
        let pair = intern(record("Pair", &[("left", int), ("right", int)]));
        let due = intern(record(
            "Due",
            &[("deadline", duration), ("generation", int)],
        ));
        let timer = intern(Type::Map {
            key: int,
            value: due,
        });
        let empty = intern(record("Params", &[]));
        let state = intern(record(
            "State",
            &[
                ("int", int),
                ("text", text),
                ("map", map),
                ("list", list),
                ("timer", timer),
            ],
        ));
        let message = intern(record("Go", &[("number", int)]));
        Types {
            table,
            text,
            map,
            list,
            pair,
            empty,
            state,
            message,
        }
    }

    pub(crate) fn variable(&self, variable: Variable) -> StateOffset {
        pasc_vm::program::state_offset(&self.table, self.state, variable as usize)
    }
}

/// Code for the inside of a loop.
pub(crate) type Piece<'p> = &'p dyn Fn(&Types, &mut Assembler);

/// Appends an instruction that comes from no source.
pub(crate) fn emit(code: &mut Assembler, instruction: Instruction) {
    code.emit(instruction, (0, 0));
}

/// A program whose handler runs the piece `rounds` times.
pub(crate) fn looping(rounds: i32, piece: Piece) -> Program {
    let types = Types::new();
    let mut pool = ConstantPool::new(pasc_vm::program::constants_offset(
        &types.table,
        types.empty,
    ));
    let mut code = Assembler::new();
    let functions = functions(&mut code);
    let timer_start = code.position();
    emit(&mut code, Instruction::Halt {});
    let timer_body = code.region(timer_start);
    let guard_start = code.position();
    constant(&mut code, ONE, 1);
    emit(
        &mut code,
        Instruction::Eq {
            dst: TRUE,
            left: ONE,
            right: ONE,
        },
    );
    emit(&mut code, Instruction::Result { value: TRUE });
    let guard = code.region(guard_start);
    let start = code.position();
    set_up(&types, &mut pool, &mut code, rounds);
    let again = code.label();
    code.bind(again);
    piece(&types, &mut code);
    emit(
        &mut code,
        Instruction::AddImm {
            dst: ROUND,
            left: ROUND,
            value: Immediate(1),
        },
    );
    emit(
        &mut code,
        Instruction::JumpLt {
            left: ROUND,
            right: ROUNDS,
            to: again.target(),
        },
    );
    emit(
        &mut code,
        Instruction::StoreState {
            src: ROUND,
            to: types.variable(Variable::Int),
        },
    );
    emit(&mut code, Instruction::Halt {});
    let body = code.region(start);
    let code = code.finish();
    let handler = |name: &str, kind, guard, body| Handler {
        name: name.to_owned(),
        kind,
        guard,
        body,
        registers: REGISTERS,
    };
    Program {
        name: "loop".to_owned(),
        params_record: types.empty,
        params: Vec::new(),
        state_record: types.state,
        messages: vec![MessageSchema {
            record: types.message,
        }],
        timers: vec![TimerSchema {
            name: "timer".to_owned(),
            key: TypeId(0),
            variable: Variable::Timer as u32,
        }],
        handlers: vec![
            handler("Go", HandlerKind::Message(MessageId(0)), Some(guard), body),
            handler("timer", HandlerKind::Timer(TimerId(0)), None, timer_body),
        ],
        functions,
        constants: pool.finish(),
        code: code.words,
        debug: Debug {
            spans: code.spans,
            ..Debug::default()
        },
        types: types.table,
    }
}

/// The label of a function that gives a number, and that of one that gives nothing.
pub(crate) const FUNCTIONS: [Target; 2] = [Target(0), Target(1)];

/// The functions, whose labels are the first of all.
fn functions(code: &mut Assembler) -> Vec<Function> {
    let labels = FUNCTIONS.map(|_| code.label());
    let mut functions = Vec::new();
    for (label, gives) in labels.into_iter().zip([true, false]) {
        code.bind(label);
        let start = code.position();
        constant(code, Reg(0), 7);
        emit(
            code,
            if gives {
                Instruction::Return { value: Reg(0) }
            } else {
                Instruction::Leave {}
            },
        );
        functions.push(Function {
            name: "called".to_owned(),
            params: Vec::new(),
            result: gives.then_some(TypeId(0)),
            region: code.region(start),
            registers: 1,
            effects: Effects::default(),
        });
    }
    functions
}

fn constant(code: &mut Assembler, dst: Reg, value: i32) {
    emit(
        code,
        Instruction::Const {
            dst,
            value: Immediate(value),
        },
    );
}

/// Gives the registers what [`reg`] says.
fn set_up(types: &Types, pool: &mut ConstantPool, code: &mut Assembler, rounds: i32) {
    for (register, value) in [
        (ROUND, 0),
        (ROUNDS, rounds),
        (THREE, 3),
        (FIVE, 5),
        (ZERO, 0),
        (ONE, 1),
        (INT, 0),
    ] {
        constant(code, register, value);
    }
    for instruction in [
        Instruction::Place {
            dst: MAP_PLACE,
            of: types.variable(Variable::Map),
        },
        Instruction::Place {
            dst: LIST_PLACE,
            of: types.variable(Variable::List),
        },
        Instruction::Place {
            dst: TEXT_PLACE,
            of: types.variable(Variable::Text),
        },
        Instruction::MapPut {
            place: MAP_PLACE,
            key: THREE,
            value: FIVE,
            ty: types.map,
        },
        Instruction::ListTruncate {
            place: LIST_PLACE,
            length: ZERO,
            ty: types.list,
        },
        Instruction::ListPush {
            place: LIST_PLACE,
            value: THREE,
            ty: types.list,
        },
        Instruction::LoadState {
            dst: MAP,
            from: types.variable(Variable::Map),
        },
        Instruction::LoadState {
            dst: LIST,
            from: types.variable(Variable::List),
        },
        Instruction::Address {
            dst: TEXT,
            of: pool.bytes(b"a text of a few words"),
        },
        Instruction::SelfAddress { dst: ADDRESS },
        Instruction::Message { dst: MESSAGE },
        Instruction::Eq {
            dst: TRUE,
            left: ONE,
            right: ONE,
        },
        Instruction::New {
            dst: RECORD,
            size: Words(2),
        },
    ] {
        emit(code, instruction);
    }
}

/// The message that starts the handler.
pub(crate) fn frame(program: &Program) -> Vec<u8> {
    let record = program.message_record(MessageId(0)).expect("the message");
    let mut body = Vec::new();
    wire::encode_value(
        &program.types,
        record,
        &Value::Record(vec![Value::Int(42)]),
        &mut body,
    )
    .expect("the body encodes");
    let header = Header {
        fingerprint: program.types.fingerprint(record),
        incarnation: 0,
        number: 1,
        sender: b"client",
        destination: b"self",
    };
    frame::build(&header, &body).expect("the frame is small")
}

/// A process with room for long loops.
pub(crate) fn start<M: Mode>(program: &Program, instructions: u64) -> Process<M> {
    let mut options = Options::new("self");
    options.limits.instructions = instructions;
    options.limits.outputs = 1_048_576;
    options.limits.temporary_words = 1 << 30;
    Process::start(program, &options).expect("a good program")
}

/// Gives the message; the frames that left, none if the guard does not hold.
pub(crate) fn give<M: Mode>(
    process: &mut Process<M>,
    ordinal: u64,
    frame: &[u8],
) -> Result<Option<Vec<u8>>, Failure> {
    match process.handle(&Input::new(ordinal, ordinal, frame))? {
        Handled::Done { outputs, .. } => Ok(Some(outputs.bytes().to_vec())),
        Handled::Unhandled(_) => Ok(None),
        Handled::Refused(refusal) => panic!("refused: {refusal}"),
    }
}
