//! Each rule with a program that breaks it, position and phrase included, and a neighbour that does
//! not. Registers are named by number; the state is `n: int`, `label: text`, `votes: map<int, Vote>`,
//! `vote: Vote`, `names: list<text>`, and the message `Ask { id: int, vote: Vote }`.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::assemble::Assembler;
use crate::debug_free;
use crate::isa::Instruction as I;
use crate::isa::{Immediate, Offset, Reg, StateOffset, Words};
use crate::program::{MessageId, MessageSchema, Param};
use crate::types::{Field, TypeId, TypeTable};
