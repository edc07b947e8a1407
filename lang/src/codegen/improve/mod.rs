//! Makes the code of a region shorter without changing what it does.
//!
//! In: the blocks of a region as they were generated. Out: blocks that do the same with fewer
//! instructions: jumps lead where control ends up, what is known to be in a register is not computed
//! again, copies are read where they come from, what nothing reads is not computed, one instruction
//! does what several did, and short ends of loops stand wherever control comes to them. Errors and
//! effects stay, in their order.

mod dead;
mod ends;
mod flow;
mod operands;
mod reuse;
mod select;

#[cfg(test)]
mod tests;

use pasc_vm::types::TypeTable;

pub(super) use flow::{Flow, target, with_target};

/// Improves the code of a region.
pub(super) fn improve(flow: &mut Flow, types: &TypeTable) {
    flow.tidy();
    reuse::reuse(flow);
    dead::remove(flow);
    flow.tidy();
    select::select(flow, types);
    dead::remove(flow);
    ends::repeat(flow);
    flow.tidy();
}
