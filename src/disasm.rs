//! `pasc disasm`: the instructions of a program, with the source lines that they come from.

use crate::exit::{Code, Failed};
use crate::load;
use crate::output::Standard;
use std::path::Path;

/// Writes the listing of a program on the standard output.
pub(crate) fn disasm(path: &Path) -> Result<Code, Failed> {
    let program = load::program(path)?;
    let mut out = Standard::new();
    out.write(pasc_vm::disassemble::disassemble(&program).as_bytes())?;
    out.flush()?;
    Ok(Code::Done)
}
