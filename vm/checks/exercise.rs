//! Code for each opcode: a new row of the table does not compile before it has some here.

use crate::programs::reg::*;
use crate::programs::{FUNCTIONS, Types, Variable, emit};
use pasc_vm::assemble::{Assembler, Label};
use pasc_vm::isa::{Count, Immediate, Instruction, Narrow, NativeId, Offset, Opcode, Short, Words};
use pasc_vm::native::Native;
use pasc_vm::program::{MessageId, TimerId};

/// Takes the references to map and list from the state.
fn reload(types: &Types, code: &mut Assembler) {
    for (dst, variable) in [(MAP, Variable::Map), (LIST, Variable::List)] {
        let from = types.variable(variable);
        emit(code, Instruction::LoadState { dst, from });
    }
}

/// Ends a block with an instruction that may jump to the next one.
fn hop(code: &mut Assembler, jump: impl Fn(Label) -> Instruction) {
    let next = code.label();
    let jump = jump(next);
    emit(code, jump);
    code.bind(next);
}

/// A call of one of the functions.
fn call(function: usize) -> Instruction {
    Instruction::Call {
        base: CALLED,
        arguments: Count(0),
        to: FUNCTIONS[function],
    }
}

/// Code that executes the opcode, and others to undo what it did where that would pile up.
pub(crate) fn exercise(opcode: Opcode, types: &Types, code: &mut Assembler) {
    use Instruction as I;
    let (dst, left, right) = (INT, FIVE, THREE);
    let place = LIST_PLACE;
    let list = types.list;
    let map = types.map;
    let cut = I::ListTruncate {
        place,
        length: ONE,
        ty: list,
    };
    // What a write may have freed is taken from the state anew.
    reload(types, code);
    let instruction = match opcode {
        Opcode::Const => I::Const {
            dst,
            value: Immediate(-7),
        },
        Opcode::Fixed => I::Fixed {
            dst,
            from: pasc_vm::program::constants_offset(&types.table, types.empty),
        },
        Opcode::Address => I::Address {
            dst: PLACE,
            of: pasc_vm::program::constants_offset(&types.table, types.empty),
        },
        Opcode::Move => I::Move { dst, src: THREE },
        Opcode::SelfAddress => I::SelfAddress { dst: PLACE },
        Opcode::Sender => I::Sender { dst: PLACE },
        Opcode::Message => I::Message { dst: PLACE },
        Opcode::Now => I::Now { dst },
        Opcode::Random => I::Random { dst, bound: FIVE },
        Opcode::Add => I::Add { dst, left, right },
        Opcode::Sub => I::Sub { dst, left, right },
        Opcode::Mul => I::Mul { dst, left, right },
        Opcode::Div => I::Div { dst, left, right },
        Opcode::Rem => I::Rem { dst, left, right },
        Opcode::AddImm => I::AddImm {
            dst,
            left,
            value: Immediate(-1),
        },
        Opcode::MulImm => I::MulImm {
            dst,
            left,
            value: Immediate(-3),
        },
        Opcode::DivImm => I::DivImm {
            dst,
            left,
            value: Immediate(2),
        },
        Opcode::RemImm => I::RemImm {
            dst,
            left,
            value: Immediate(3),
        },
        Opcode::EqImm => I::EqImm {
            dst: BOOL,
            left,
            value: Immediate(5),
        },
        Opcode::ListLoad => I::ListLoad {
            dst,
            list: LIST,
            index: ZERO,
            offset: Short(0),
            stride: Short(1),
            ty: list,
        },
        Opcode::ListLoadIn => I::ListLoadIn {
            dst,
            place,
            index: ZERO,
            offset: Short(0),
            stride: Short(1),
            ty: list,
        },
        Opcode::ListStoreIn => I::ListStoreIn {
            place,
            index: ZERO,
            src: THREE,
            offset: Short(0),
            stride: Short(1),
            ty: list,
        },
        Opcode::ByteAt => I::ByteAt {
            dst,
            src: TEXT,
            index: ZERO,
        },
        Opcode::Neg => I::Neg { dst, src: THREE },
        Opcode::Eq => I::Eq {
            dst: BOOL,
            left,
            right,
        },
        Opcode::Ne => I::Ne {
            dst: BOOL,
            left,
            right,
        },
        Opcode::Lt => I::Lt {
            dst: BOOL,
            left,
            right,
        },
        Opcode::Le => I::Le {
            dst: BOOL,
            left,
            right,
        },
        Opcode::Not => I::Not {
            dst: BOOL,
            src: TRUE,
        },
        Opcode::Equal => I::Equal {
            dst: BOOL,
            left: TEXT,
            right: TEXT,
            ty: types.text,
        },
        Opcode::Less => I::Less {
            dst: BOOL,
            left: RECORD,
            right: RECORD,
            ty: types.pair,
        },
        Opcode::LessEq => I::LessEq {
            dst: BOOL,
            left: TEXT,
            right: TEXT,
            ty: types.text,
        },
        Opcode::Load => I::Load {
            dst,
            base: MESSAGE,
            offset: Offset(0),
        },
        Opcode::Store => I::Store {
            base: RECORD,
            src: THREE,
            offset: Offset(1),
        },
        Opcode::LoadState => I::LoadState {
            dst,
            from: types.variable(Variable::Int),
        },
        Opcode::StoreState => I::StoreState {
            src: THREE,
            to: types.variable(Variable::Int),
        },
        Opcode::Field => I::Field {
            dst: PLACE,
            base: RECORD,
            offset: Offset(1),
        },
        Opcode::Place => I::Place {
            dst: PLACE,
            of: types.variable(Variable::Text),
        },
        Opcode::New => I::New {
            dst: PLACE,
            size: Words(2),
        },
        Opcode::Assign => I::Assign {
            place: TEXT_PLACE,
            value: TEXT,
            ty: types.text,
        },
        Opcode::Own => I::Own {
            dst: PLACE,
            value: TEXT,
            ty: types.text,
        },
        Opcode::MapFind => I::MapFind {
            dst: PLACE,
            map: MAP,
            key: FIVE,
            ty: map,
        },
        Opcode::MapAt => I::MapAt {
            dst: PLACE,
            map: MAP,
            key: THREE,
            ty: map,
        },
        Opcode::MapPut => I::MapPut {
            place: MAP_PLACE,
            key: THREE,
            value: ROUND,
            ty: map,
        },
        Opcode::MapRemove => I::MapRemove {
            dst: BOOL,
            place: MAP_PLACE,
            key: FIVE,
            ty: map,
        },
        Opcode::MapLen => I::MapLen { dst, map: MAP },
        Opcode::MapFirst => I::MapFirst {
            dst: PLACE,
            map: MAP,
        },
        Opcode::MapNext => {
            let none = code.label();
            emit(
                code,
                I::MapFirst {
                    dst: ENTRY,
                    map: MAP,
                },
            );
            emit(
                code,
                I::JumpUnless {
                    condition: ENTRY,
                    to: none.target(),
                },
            );
            emit(
                code,
                I::MapNext {
                    dst: PLACE,
                    entry: ENTRY,
                },
            );
            return code.bind(none);
        }
        Opcode::ListLen => I::ListLen { dst, list: LIST },
        Opcode::ListAt => I::ListAt {
            dst: PLACE,
            list: LIST,
            index: ZERO,
            ty: list,
        },
        Opcode::ListPush | Opcode::ListTruncate => {
            emit(
                code,
                I::ListPush {
                    place,
                    value: THREE,
                    ty: list,
                },
            );
            cut
        }
        Opcode::ListInsert => {
            emit(
                code,
                I::ListInsert {
                    place,
                    index: ZERO,
                    value: FIVE,
                    ty: list,
                },
            );
            cut
        }
        Opcode::ListRemove => {
            emit(
                code,
                I::ListPush {
                    place,
                    value: THREE,
                    ty: list,
                },
            );
            I::ListRemove {
                place,
                index: ZERO,
                ty: list,
            }
        }
        Opcode::ListConcat => I::ListConcat {
            dst: PLACE,
            left: LIST,
            right: LIST,
            ty: list,
        },
        Opcode::BytesLen => I::BytesLen { dst, src: TEXT },
        Opcode::Concat => I::Concat {
            dst: PLACE,
            left: TEXT,
            right: TEXT,
        },
        Opcode::Send => I::Send {
            to: ADDRESS,
            body: MESSAGE,
            message: MessageId(0),
        },
        Opcode::TimerSet => I::TimerSet {
            key: THREE,
            delay: FIVE,
            timer: TimerId(0),
        },
        Opcode::TimerCancel => I::TimerCancel {
            key: THREE,
            timer: TimerId(0),
        },
        Opcode::Native => I::Native {
            dst,
            first: left,
            second: right,
            third: right,
            which: NativeId(Native::WrappingAdd as u32),
        },
        Opcode::ListSlice => I::ListSlice {
            dst: PLACE,
            list: LIST,
            from: ZERO,
            to: ZERO,
            ty: list,
        },
        Opcode::ListSort => I::ListSort {
            dst: PLACE,
            list: LIST,
            ty: list,
        },
        Opcode::Encode => I::Encode {
            dst: PLACE,
            value: TEXT,
            ty: types.text,
        },
        Opcode::Call | Opcode::Return => call(0),
        Opcode::Leave => call(1),
        Opcode::Jump => return hop(code, |to| I::Jump { to: to.target() }),
        Opcode::JumpIf => {
            return hop(code, |to| I::JumpIf {
                condition: TRUE,
                to: to.target(),
            });
        }
        Opcode::JumpUnless => {
            return hop(code, |to| I::JumpUnless {
                condition: TRUE,
                to: to.target(),
            });
        }
        Opcode::JumpEq => {
            return hop(code, |to| I::JumpEq {
                left,
                right,
                to: to.target(),
            });
        }
        Opcode::JumpNe => {
            return hop(code, |to| I::JumpNe {
                left,
                right,
                to: to.target(),
            });
        }
        Opcode::JumpEqImm => {
            return hop(code, |to| I::JumpEqImm {
                left,
                value: Narrow(5),
                to: to.target(),
            });
        }
        Opcode::JumpNeImm => {
            return hop(code, |to| I::JumpNeImm {
                left,
                value: Narrow(5),
                to: to.target(),
            });
        }
        Opcode::JumpLtImm => {
            return hop(code, |to| I::JumpLtImm {
                left,
                value: Narrow(-7),
                to: to.target(),
            });
        }
        Opcode::JumpGtImm => {
            return hop(code, |to| I::JumpGtImm {
                left,
                value: Narrow(3),
                to: to.target(),
            });
        }
        Opcode::JumpNextLt => {
            return hop(code, |to| I::JumpNextLt {
                dst,
                left,
                bound: right,
                to: to.target(),
            });
        }
        Opcode::JumpLe => {
            return hop(code, |to| I::JumpLe {
                left,
                right,
                to: to.target(),
            });
        }
        // Every program loops, halts and has a guard.
        Opcode::JumpLt | Opcode::Halt | Opcode::Result => return,
    };
    emit(code, instruction);
}
