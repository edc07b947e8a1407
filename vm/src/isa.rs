//! The instruction set: one table from which everything else about instructions is generated.
//!
//! In: nothing. Out: [`Opcode`], [`Instruction`], [`ROWS`], and the macro `instruction_table!` that
//! hands the same rows to the dispatchers. Adding a row here is the only way to add an instruction.
//!
//! An instruction is one 64-bit [`Word`]: `opcode:8 a:8 b:8 c:8 immediate:32`, from the least
//! significant bit up; in some the last part is `d:8 wide:24` or
//! `d:8 e:8 type:16`, in some `b` and `c` are one `narrow:16`. Instructions of kind `end` end a basic block and take a second word, the
//! block's signature (see [`crate::signature`]).
//!
//! Registers hold untagged 64-bit words. What a word means depends on its static type:
//!
//! | type | word |
//! | --- | --- |
//! | `int`, `duration` (µs) | two's complement |
//! | `bool` | 0 or 1 |
//! | `text`, `bytes`, `address` | reference to a byte block, 0 for the empty one |
//! | `list`, `set`, `map` | reference to the container's header, 0 for the empty one |
//! | record | address of its first word |
//!
//! An address names a word of the state when its top bit is clear, and a word of the lane's own
//! memory (parameters, constants, arena) when it is set; see [`crate::memory`].

mod word;

use crate::program::{MessageId, TimerId};
use crate::types::TypeId;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
pub use word::Word;

/// A register of the running handler.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reg(pub u8);

/// The number of registers that one handler can name.
pub const REGISTERS: usize = 256;

/// An offset in words from an address in a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offset(pub u32);

/// The address of a word of the state, in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StateOffset(pub u32);

/// The position of a word in the fixed area of a lane: parameters, then constants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FixedOffset(pub u32);

/// A 32-bit signed constant inside an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Immediate(pub i32);

/// A 16-bit signed constant inside an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Narrow(pub i16);

/// A distance in words within or between elements, at most 255.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Short(pub u8);

/// The position in the code, in words, of the first instruction of a basic block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Target(pub u32);

/// A native function, by its number in [`crate::native`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NativeId(pub u32);

/// A number of registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count(pub u8);

/// A size in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words(pub u32);

/// Whether an instruction goes on to the next word or ends its basic block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Goes on to the next word.
    Straight,
    /// Ends the block; its second word holds the block's signature.
    End,
}

/// Hands the table's rows to the macro named `$callback`.
///
/// A row is `method = code, Name, kind, (operand: Type @ slot, …), "meaning"`.
macro_rules! instruction_table {
    ($callback:ident) => {
        $callback! {
            constant = 0x01, Const, Straight, (dst: Reg @ A, value: Immediate @ I), "dst = value";
            fixed = 0x02, Fixed, Straight, (dst: Reg @ A, from: FixedOffset @ I), "dst = the word of the fixed area";
            address = 0x03, Address, Straight, (dst: Reg @ A, of: FixedOffset @ I), "dst = the address of the word of the fixed area";
            copy = 0x04, Move, Straight, (dst: Reg @ A, src: Reg @ B), "dst = src";
            own_address = 0x05, SelfAddress, Straight, (dst: Reg @ A), "dst = the process's own address";
            sender = 0x06, Sender, Straight, (dst: Reg @ A), "dst = the address of the message's sender";
            message = 0x07, Message, Straight, (dst: Reg @ A), "dst = the address of the decoded message";
            now = 0x08, Now, Straight, (dst: Reg @ A), "dst = the input's time, in microseconds since the epoch";
            random = 0x09, Random, Straight, (dst: Reg @ A, bound: Reg @ B), "dst = a random number from 0 to bound - 1, or an error";

            add = 0x10, Add, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left + right, or an overflow error";
            sub = 0x11, Sub, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left - right, or an overflow error";
            mul = 0x12, Mul, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left * right, or an overflow error";
            div = 0x13, Div, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left / right, rounded to zero, or an error";
            rem = 0x14, Rem, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left - (left / right) * right, or an error";
            add_immediate = 0x15, AddImm, Straight, (dst: Reg @ A, left: Reg @ B, value: Immediate @ I), "dst = left + value, or an overflow error";
            mul_immediate = 0x17, MulImm, Straight, (dst: Reg @ A, left: Reg @ B, value: Immediate @ I), "dst = left * value, or an overflow error";
            negate = 0x16, Neg, Straight, (dst: Reg @ A, src: Reg @ B), "dst = -src, or an overflow error";

            equal_word = 0x18, Eq, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left == right, as words";
            unequal_word = 0x19, Ne, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left != right, as words";
            less_int = 0x1a, Lt, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left < right, as signed integers";
            less_equal_int = 0x1b, Le, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left <= right, as signed integers";
            not = 0x1c, Not, Straight, (dst: Reg @ A, src: Reg @ B), "dst = not src";

            equal_immediate = 0x1d, EqImm, Straight, (dst: Reg @ A, left: Reg @ B, value: Immediate @ I), "dst = left == value, as words";
            div_immediate = 0x1e, DivImm, Straight, (dst: Reg @ A, left: Reg @ B, value: Immediate @ I), "dst = left / value, rounded to zero, or an error";
            rem_immediate = 0x1f, RemImm, Straight, (dst: Reg @ A, left: Reg @ B, value: Immediate @ I), "dst = left - (left / value) * value, or an error";

            equal_value = 0x20, Equal, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C, ty: TypeId @ I), "dst = left == right, as values of the type";
            less_value = 0x21, Less, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C, ty: TypeId @ I), "dst = left < right, as values of the type";
            less_equal_value = 0x22, LessEq, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C, ty: TypeId @ I), "dst = left <= right, as values of the type";

            load = 0x30, Load, Straight, (dst: Reg @ A, base: Reg @ B, offset: Offset @ I), "dst = the word at base + offset";
            store = 0x31, Store, Straight, (base: Reg @ A, src: Reg @ B, offset: Offset @ I), "the word at base + offset = src";
            load_state = 0x32, LoadState, Straight, (dst: Reg @ A, from: StateOffset @ I), "dst = the word of the state";
            store_state = 0x33, StoreState, Straight, (src: Reg @ A, to: StateOffset @ I), "the word of the state = src";
            field = 0x34, Field, Straight, (dst: Reg @ A, base: Reg @ B, offset: Offset @ I), "dst = base + offset, as an address";
            place = 0x35, Place, Straight, (dst: Reg @ A, of: StateOffset @ I), "dst = the address of the word of the state";
            allocate = 0x36, New, Straight, (dst: Reg @ A, size: Words @ I), "dst = the address of zeroed words in the arena";
            assign = 0x37, Assign, Straight, (place: Reg @ A, value: Reg @ B, ty: TypeId @ I), "the place holds a deep copy of value; what it held is freed";
            own = 0x38, Own, Straight, (dst: Reg @ A, value: Reg @ B, ty: TypeId @ I), "dst = a deep copy of value in the arena";

            map_find = 0x40, MapFind, Straight, (dst: Reg @ A, map: Reg @ B, key: Reg @ C, ty: TypeId @ I), "dst = the address of the key's value, 0 if there is none";
            map_at = 0x41, MapAt, Straight, (dst: Reg @ A, map: Reg @ B, key: Reg @ C, ty: TypeId @ I), "dst = the address of the key's value, or a missing-key error";
            map_put = 0x42, MapPut, Straight, (place: Reg @ A, key: Reg @ B, value: Reg @ C, ty: TypeId @ I), "the map in the place holds a deep copy of value under key";
            map_remove = 0x43, MapRemove, Straight, (dst: Reg @ A, place: Reg @ B, key: Reg @ C, ty: TypeId @ I), "the map in the place has no such key; dst = whether it had";
            map_len = 0x44, MapLen, Straight, (dst: Reg @ A, map: Reg @ B), "dst = the number of entries";
            map_first = 0x45, MapFirst, Straight, (dst: Reg @ A, map: Reg @ B), "dst = the address of the first entry, 0 if there is none";
            map_next = 0x46, MapNext, Straight, (dst: Reg @ A, entry: Reg @ B), "dst = the address of the next entry, 0 after the last";
            list_len = 0x48, ListLen, Straight, (dst: Reg @ A, list: Reg @ B), "dst = the number of elements";
            list_at = 0x49, ListAt, Straight, (dst: Reg @ A, list: Reg @ B, index: Reg @ C, ty: TypeId @ I), "dst = the address of the element, or an error";
            list_push = 0x4a, ListPush, Straight, (place: Reg @ A, value: Reg @ B, ty: TypeId @ I), "the list in the place ends with a deep copy of value";
            list_insert = 0x4b, ListInsert, Straight, (place: Reg @ A, index: Reg @ B, value: Reg @ C, ty: TypeId @ I), "a deep copy of value stands at index, later elements one further, or an error";
            list_remove = 0x4c, ListRemove, Straight, (place: Reg @ A, index: Reg @ B, ty: TypeId @ I), "the element at index is gone, later ones move up, or an error";
            list_truncate = 0x4d, ListTruncate, Straight, (place: Reg @ A, length: Reg @ B, ty: TypeId @ I), "the list in the place has at most length elements";
            list_concat = 0x4e, ListConcat, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C, ty: TypeId @ I), "dst = left's elements, then right's, in the arena";

            bytes_len = 0x50, BytesLen, Straight, (dst: Reg @ A, src: Reg @ B), "dst = the number of bytes";
            byte_at = 0x52, ByteAt, Straight, (dst: Reg @ A, src: Reg @ B, index: Reg @ C), "dst = the byte at the index, or an error";
            list_load = 0x53, ListLoad, Straight, (dst: Reg @ A, list: Reg @ B, index: Reg @ C, offset: Short @ D, stride: Short @ E, ty: TypeId @ T), "dst = the word at offset of the element, or an error";
            list_load_in = 0x54, ListLoadIn, Straight, (dst: Reg @ A, place: Reg @ B, index: Reg @ C, offset: Short @ D, stride: Short @ E, ty: TypeId @ T), "dst = the word at offset of the element of the list in the place, or an error";
            list_store_in = 0x55, ListStoreIn, Straight, (place: Reg @ A, index: Reg @ B, src: Reg @ C, offset: Short @ D, stride: Short @ E, ty: TypeId @ T), "the word at offset of the element of the list in the place = src, or an error";
            concat = 0x51, Concat, Straight, (dst: Reg @ A, left: Reg @ B, right: Reg @ C), "dst = left's bytes, then right's, in the arena";

            native = 0x58, Native, Straight, (dst: Reg @ A, first: Reg @ B, second: Reg @ C, third: Reg @ D, which: NativeId @ W), "dst = what the native function gives for the registers that it takes";
            list_slice = 0x59, ListSlice, Straight, (dst: Reg @ A, list: Reg @ B, from: Reg @ C, to: Reg @ D, ty: TypeId @ W), "dst = the elements from one index on, without the other, in the arena, or an error";
            list_sort = 0x5a, ListSort, Straight, (dst: Reg @ A, list: Reg @ B, ty: TypeId @ I), "dst = the elements in ascending order, equal ones as they stood, in the arena";
            encode_value = 0x5b, Encode, Straight, (dst: Reg @ A, value: Reg @ B, ty: TypeId @ I), "dst = the bytes of the value on the wire, in the arena";

            send = 0x60, Send, Straight, (to: Reg @ A, body: Reg @ B, message: MessageId @ I), "the outbox takes the message at body for the address to";
            timer_set = 0x61, TimerSet, Straight, (key: Reg @ A, delay: Reg @ B, timer: TimerId @ I), "the timer fires for the key when delay has passed";
            timer_cancel = 0x62, TimerCancel, Straight, (key: Reg @ A, timer: TimerId @ I), "the timer does not fire for the key";

            jump = 0x80, Jump, End, (to: Target @ I), "go on at to";
            jump_if = 0x81, JumpIf, End, (condition: Reg @ A, to: Target @ I), "go on at to if condition is true, else after this";
            jump_unless = 0x82, JumpUnless, End, (condition: Reg @ A, to: Target @ I), "go on at to if condition is false, else after this";
            jump_equal = 0x83, JumpEq, End, (left: Reg @ A, right: Reg @ B, to: Target @ I), "go on at to if left == right, as words, else after this";
            jump_unequal = 0x84, JumpNe, End, (left: Reg @ A, right: Reg @ B, to: Target @ I), "go on at to if left != right, as words, else after this";
            jump_less = 0x85, JumpLt, End, (left: Reg @ A, right: Reg @ B, to: Target @ I), "go on at to if left < right, as signed integers, else after this";
            jump_less_equal = 0x86, JumpLe, End, (left: Reg @ A, right: Reg @ B, to: Target @ I), "go on at to if left <= right, as signed integers, else after this";
            jump_equal_immediate = 0x87, JumpEqImm, End, (left: Reg @ A, value: Narrow @ N, to: Target @ I), "go on at to if left == value, as words, else after this";
            jump_unequal_immediate = 0x88, JumpNeImm, End, (left: Reg @ A, value: Narrow @ N, to: Target @ I), "go on at to if left != value, as words, else after this";
            jump_less_immediate = 0x89, JumpLtImm, End, (left: Reg @ A, value: Narrow @ N, to: Target @ I), "go on at to if left < value, as signed integers, else after this";
            jump_greater_immediate = 0x8a, JumpGtImm, End, (left: Reg @ A, value: Narrow @ N, to: Target @ I), "go on at to if left > value, as signed integers, else after this";
            jump_next_less = 0x90, JumpNextLt, End, (dst: Reg @ A, left: Reg @ B, bound: Reg @ C, to: Target @ I), "dst = left + 1, or an overflow error; go on at to if dst < bound, as signed integers, else after this";
            call = 0x8b, Call, End, (base: Reg @ A, arguments: Count @ B, to: Target @ I), "save the registers below base and go on at to with arguments from base on; base = what the function returns";
            return_nothing = 0x8c, Leave, End, (), "go on after the call of this function, which has no value";
            return_value = 0x8d, Return, End, (value: Reg @ A), "go on after the call of this function, whose value is value";
            halt = 0x8e, Halt, End, (), "the handler's body is done";
            result = 0x8f, Result, End, (value: Reg @ A), "the guard, invariant or probe gives value";
        }
    };
}
pub(crate) use instruction_table;

/// An operand as the disassembler and the verifier see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperandValue {
    /// A register.
    Reg(Reg),
    /// A distance in words from an address.
    Offset(Offset),
    /// A word of the state.
    State(StateOffset),
    /// A word of the fixed area.
    Fixed(FixedOffset),
    /// A signed constant.
    Immediate(Immediate),
    /// A signed constant of 16 bits.
    Narrow(Narrow),
    /// A distance in words within or between elements.
    Short(Short),
    /// The start of a basic block.
    Target(Target),
    /// A native function.
    Native(NativeId),
    /// A number of registers.
    Count(Count),
    /// A size in words.
    Words(Words),
    /// A type of the program's type table.
    Type(TypeId),
    /// A message of the program.
    Message(MessageId),
    /// A timer of the program.
    Timer(TimerId),
}

/// An operand's name in the table and its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operand {
    /// The name in the table: `dst` is written, every other register is read.
    pub name: &'static str,
    /// The value.
    pub value: OperandValue,
}

/// What can stand in an operand slot: at most 32 bits each way.
trait Slot: Copy {
    fn to_bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
    fn value(self) -> OperandValue;
}

macro_rules! slots {
    ($($ty:ident($raw:ty, $bits:ty) as $variant:ident;)+) => {$(
        impl Slot for $ty {
            fn to_bits(self) -> u64 {
                u64::from(self.0 as $bits)
            }
            fn from_bits(bits: u64) -> Self {
                $ty(bits as $raw)
            }
            fn value(self) -> OperandValue {
                OperandValue::$variant(self)
            }
        }
    )+};
}
slots! {
    Reg(u8, u8) as Reg;
    Offset(u32, u32) as Offset;
    StateOffset(u32, u32) as State;
    FixedOffset(u32, u32) as Fixed;
    Immediate(i32, u32) as Immediate;
    Narrow(i16, u16) as Narrow;
    Short(u8, u8) as Short;
    Target(u32, u32) as Target;
    NativeId(u32, u32) as Native;
    Count(u8, u8) as Count;
    Words(u32, u32) as Words;
    TypeId(u32, u32) as Type;
    MessageId(u32, u32) as Message;
    TimerId(u32, u32) as Timer;
}

/// A row of the table, for documentation and tools.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The opcode.
    pub opcode: Opcode,
    /// The name in listings.
    pub mnemonic: &'static str,
    /// Whether it ends a block.
    pub kind: Kind,
    /// Operand names, types and slots.
    pub operands: &'static [(&'static str, &'static str, &'static str)],
    /// The meaning in one line.
    pub meaning: &'static str,
}

macro_rules! generate {
    ($($method:ident = $code:literal, $name:ident, $kind:ident,
       ($($field:ident : $ty:ident @ $slot:ident),*), $meaning:literal;)+) => {
        /// The number of an instruction.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Opcode { $(#[doc = $meaning] $name = $code,)+ }

        impl Opcode {
            /// The opcode with this number, if there is one.
            pub fn from_byte(byte: u8) -> Option<Opcode> {
                match byte { $($code => Some(Opcode::$name),)+ _ => None }
            }

            /// Whether the instruction ends a basic block.
            pub fn kind(self) -> Kind {
                match self { $(Opcode::$name => Kind::$kind,)+ }
            }
        }

        /// An instruction with its operands.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs)] // the fields are the operands that the table documents
        pub enum Instruction { $(#[doc = $meaning] $name { $($field: $ty),* },)+ }

        impl Instruction {
            /// The opcode.
            pub fn opcode(self) -> Opcode {
                match self { $(Instruction::$name { .. } => Opcode::$name,)+ }
            }

            /// The instruction as a word.
            pub fn encode(self) -> Word {
                match self {
                    $(Instruction::$name { $($field),* } => {
                        Word($code $(| ($field.to_bits() << shift::$slot))*)
                    })+
                }
            }

            /// The instruction in a word; `None` if the opcode is unknown or an unused bit is set.
            pub fn decode(word: Word) -> Option<Instruction> {
                let instruction = match Opcode::from_byte(word.opcode())? {
                    $(Opcode::$name => Instruction::$name {
                        $($field: <$ty>::from_bits((word.0 >> shift::$slot) & mask::$slot)),*
                    },)+
                };
                (instruction.encode() == word).then_some(instruction)
            }

            /// The operands in the table's order.
            pub fn operands(self) -> SmallVec<[Operand; 4]> {
                match self {
                    $(Instruction::$name { $($field),* } => {
                        SmallVec::from_iter([$(Operand {
                            name: stringify!($field),
                            value: $field.value(),
                        }),*])
                    })+
                }
            }

            /// The name in listings.
            pub fn mnemonic(self) -> &'static str {
                match self { $(Instruction::$name { .. } => stringify!($method),)+ }
            }
        }

        /// Every row of the table, by opcode.
        pub const ROWS: &[Row] = &[$(Row {
            opcode: Opcode::$name,
            mnemonic: stringify!($method),
            kind: Kind::$kind,
            operands: &[$((stringify!($field), stringify!($ty), stringify!($slot))),*],
            meaning: $meaning,
        },)+];
    };
}

#[allow(non_upper_case_globals)]
mod shift {
    pub(super) const A: u32 = 8;
    pub(super) const B: u32 = 16;
    pub(super) const C: u32 = 24;
    pub(super) const N: u32 = 16;
    pub(super) const I: u32 = 32;
    pub(super) const D: u32 = 32;
    pub(super) const W: u32 = 40;
    pub(super) const E: u32 = 40;
    pub(super) const T: u32 = 48;
}

mod mask {
    pub(super) const A: u64 = 0xff;
    pub(super) const B: u64 = 0xff;
    pub(super) const C: u64 = 0xff;
    pub(super) const N: u64 = 0xffff;
    pub(super) const I: u64 = 0xffff_ffff;
    pub(super) const D: u64 = 0xff;
    pub(super) const W: u64 = 0xff_ffff;
    pub(super) const E: u64 = 0xff;
    pub(super) const T: u64 = 0xffff;
}

instruction_table!(generate);

#[cfg(test)]
mod tests {
    use super::*;

    /// A word with every operand slot of `row` filled with ones.
    fn filled(row: &Row) -> Word {
        let mut word = row.opcode as u64;
        for (_, _, slot) in row.operands {
            word |= match *slot {
                "A" => mask::A << shift::A,
                "B" => mask::B << shift::B,
                "C" => mask::C << shift::C,
                "D" => mask::D << shift::D,
                "N" => mask::N << shift::N,
                "E" => mask::E << shift::E,
                "T" => mask::T << shift::T,
                "W" => mask::W << shift::W,
                _ => mask::I << shift::I,
            };
        }
        Word(word)
    }

    #[test]
    fn every_row_survives_decoding_and_encoding() {
        for row in ROWS {
            for word in [Word(row.opcode as u64), filled(row)] {
                let instruction = Instruction::decode(word).expect(row.mnemonic);
                assert_eq!(instruction.encode(), word, "{}", row.mnemonic);
                assert_eq!(instruction.opcode(), row.opcode);
                assert_eq!(instruction.operands().len(), row.operands.len());
            }
        }
    }

    #[test]
    fn a_bit_outside_the_operands_is_refused() {
        for row in ROWS {
            let used = filled(row).0 | 0xff;
            for bit in (8..64).filter(|bit| used & (1 << bit) == 0) {
                let word = Word(row.opcode as u64 | 1 << bit);
                assert_eq!(
                    Instruction::decode(word),
                    None,
                    "{} bit {bit}",
                    row.mnemonic
                );
            }
        }
    }

    #[test]
    fn bytes_without_a_row_decode_to_nothing() {
        for byte in 0..=255u8 {
            let known = ROWS.iter().any(|row| row.opcode as u8 == byte);
            assert_eq!(Opcode::from_byte(byte).is_some(), known, "{byte:#x}");
        }
    }
}
