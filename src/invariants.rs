//! The invariants of a program, looked at between messages.

use pasc_vm::process::{Failure, Mode, Process};
use pasc_vm::program::{HandlerId, HandlerKind, Program};

/// The invariants of a program.
pub(crate) struct Invariants {
    all: Vec<(HandlerId, String)>,
}

impl Invariants {
    pub(crate) fn of(program: &Program) -> Invariants {
        let handlers = program.handlers.iter().enumerate();
        let all = handlers
            .filter(|(_, handler)| handler.kind == HandlerKind::Invariant)
            .map(|(index, handler)| (HandlerId(index as u32), handler.name.clone()))
            .collect();
        Invariants { all }
    }

    /// The name of the first invariant that does not hold.
    pub(crate) fn first_violated<M: Mode>(
        &self,
        process: &mut Process<M>,
    ) -> Result<Option<&str>, Failure> {
        for (handler, name) in &self.all {
            if process.probe(*handler)?.0 != Some(1) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// What to say about the first invariant that does not hold, with the values of the state.
    pub(crate) fn violated<M: Mode>(
        &self,
        program: &Program,
        process: &mut Process<M>,
    ) -> Result<Option<String>, Failure> {
        let Some(name) = self.first_violated(process)? else {
            return Ok(None);
        };
        let state = state_lines(program, process)?;
        Ok(Some(format!(
            "the invariant \"{name}\" does not hold\n{state}"
        )))
    }
}

/// The variables of the state, one a line.
pub(crate) fn state_lines<M: Mode>(
    program: &Program,
    process: &mut Process<M>,
) -> Result<String, Failure> {
    let pasc_vm::Value::Record(values) = process.state()? else {
        return Ok(String::new());
    };
    let fields = program.types.fields(program.state_record);
    let lines = fields.iter().zip(values).map(|(field, value)| {
        format!(
            "   | {} = {}",
            field.name,
            value.display(&program.types, field.ty)
        )
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}
