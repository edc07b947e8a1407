//! Calls: what a function is given, what it may change, and what it gives back.
//!
//! In: the kinds of the registers at a call or return. Out: those after it, or a phrase that says what
//! is wrong. A function's code is typed once, for arguments of which nothing else is known: values lie
//! anywhere and may not be changed, places may be. That is sound because a call is refused where one of
//! them depends on what the function changes by another way.

use super::kind::{Kind, Lies, Roots, strings};
use super::region::Typing;
use super::rules::{Registers, Wrong, wrong};
use crate::isa::{Count, NativeId, Reg, Target};
use crate::native::{MAX_NATIVE_ARGUMENTS, Native, NativeType};
use crate::program::{Function, FunctionParam};

/// The number that stands for the values that a function was given, among those of variables.
const VALUES: usize = usize::MAX;

impl Typing<'_> {
    /// Whether the code may change a variable of the state.
    pub(super) fn may_write(&self, variable: usize) -> bool {
        let writes = |function: &Function| {
            let variable = u32::try_from(variable).unwrap_or(u32::MAX);
            function.effects.writes.binary_search(&variable).is_ok()
        };
        self.scope.writes && self.function.is_none_or(writes)
    }

    /// What the registers hold where control enters the region.
    pub(super) fn at_entry(&mut self, registers: usize) -> Vec<Kind> {
        let mut kinds = vec![Kind::Unset; registers];
        let Some(function) = self.function else {
            return kinds;
        };
        let values = self.root(VALUES);
        for (index, param) in function.params.iter().enumerate() {
            let types = &self.program.types;
            let (ty, offset) = (param.ty, 0);
            let lies = Lies {
                roots: values,
                stable: false,
                lane: false,
                write: false,
            };
            let kind = if param.changeable {
                let lies = Lies {
                    roots: self.root(VALUES - 1 - index),
                    stable: true,
                    write: true,
                    ..lies
                };
                Kind::At { ty, offset, lies }
            } else if types.is_in_place(ty) {
                Kind::At { ty, offset, lies }
            } else {
                Kind::of_word(types, ty, lies)
            };
            if let Some(register) = kinds.get_mut(index) {
                *register = kind;
            }
        }
        kinds
    }

    /// The variables on which an argument depends.
    fn argument(
        &mut self,
        registers: &Registers,
        register: Reg,
        param: FunctionParam,
    ) -> Result<Roots, Wrong> {
        if !param.changeable {
            return self.value(registers, register, param.ty);
        }
        let name = register.0;
        let fits = match self.read(registers, register)? {
            Kind::At { ty, offset, lies } if lies.write => {
                let fits = self.sites.is_start(param.ty, ty, offset)
                    || self.program.types.width(param.ty) == 0;
                fits.then_some(lies.roots)
            }
            Kind::Fresh { site, offset, .. } => {
                let fits = self.sites.raise_to(site, offset, param.ty);
                fits.then_some(Roots::NONE)
            }
            _ => None,
        };
        match fits {
            Some(roots) => Ok(roots),
            None => wrong(format!(
                "r{name} is no place of a {} that may be changed",
                self.program.types.name(param.ty)
            )),
        }
    }

    pub(super) fn call(
        &mut self,
        registers: &mut Registers,
        base: Reg,
        arguments: Count,
        to: Target,
    ) -> Result<(), Wrong> {
        let Some(function) = self.program.function_at(to) else {
            return wrong("no function starts there");
        };
        let (start, count) = (usize::from(base.0), usize::from(arguments.0));
        if count != function.params.len() || start + count > registers.len() {
            return wrong("the function takes another number of arguments");
        }
        if usize::from(function.registers) > registers.len() {
            return wrong("the function uses more registers than its caller says");
        }
        let effects = &function.effects;
        if effects.acts && !self.scope.writes
            || effects.sends && !self.scope.sends
            || effects.has_sender && !self.scope.has_sender
        {
            return wrong("the function may do what may not be done here");
        }
        let mut changed = Roots::NONE;
        for variable in &effects.writes {
            if !self.may_write(*variable as usize) {
                return wrong("the function may change what may not be changed here");
            }
            changed = changed.with(self.root(*variable as usize));
        }
        let mut values = Roots::NONE;
        for (index, param) in function.params.iter().enumerate() {
            let register = Reg((start + index) as u8);
            let roots = self.argument(registers, register, *param)?;
            if param.changeable {
                if changed.meets(roots) {
                    return wrong("what the function changes is given to it twice");
                }
                changed = changed.with(roots);
                // New words may refer into variables without being one.
                if let Kind::Fresh { roots, .. } = self.read(registers, register)? {
                    values = values.with(roots);
                }
            } else {
                values = values.with(roots);
            }
        }
        if changed.meets(values) {
            return wrong("an argument lies in what the function changes");
        }
        self.change(registers, changed);
        for register in &mut registers[start..] {
            *register = Kind::Unset;
        }
        if let (Some(ty), Some(result)) = (function.result, registers.get_mut(start)) {
            let types = &self.program.types;
            let lies = Lies::OWNED;
            *result = if types.is_in_place(ty) {
                let offset = 0;
                Kind::At { ty, offset, lies }
            } else {
                Kind::of_word(types, ty, lies)
            };
        }
        Ok(())
    }

    /// A native function: what it gives.
    pub(super) fn native(
        &self,
        registers: &Registers,
        which: NativeId,
        arguments: [Reg; MAX_NATIVE_ARGUMENTS],
    ) -> Result<Kind, Wrong> {
        let Some(native) = Native::from_number(which.0) else {
            return wrong("there is no such native function");
        };
        for (register, ty) in arguments.into_iter().zip(native.arguments()) {
            let (may, name) = match ty {
                NativeType::Int => {
                    self.int(registers, register)?;
                    continue;
                }
                NativeType::Bool => {
                    self.bool(registers, register)?;
                    continue;
                }
                // An address is a text too.
                NativeType::Text => (strings::TEXT | strings::ADDRESS, "text"),
                NativeType::Bytes => (strings::BYTES, "bytes"),
                NativeType::Address => (strings::ADDRESS, "address"),
                NativeType::Str => (u8::MAX, "string"),
            };
            if self.string(registers, register)? & may == 0 {
                return wrong(format!("r{} is no {name}", register.0));
            }
        }
        // What is not taken is read all the same.
        for register in arguments {
            self.read(registers, register)?;
        }
        let roots = Roots::NONE;
        let string = |may| Kind::Str { may, roots };
        Ok(match native.result() {
            NativeType::Int => Kind::Int,
            NativeType::Bool => Kind::Bool,
            NativeType::Text | NativeType::Str => string(strings::TEXT),
            NativeType::Bytes => string(strings::BYTES),
            NativeType::Address => string(strings::ADDRESS),
        })
    }

    /// The end of a function: its value is the handler's own.
    pub(super) fn returns(
        &mut self,
        registers: &Registers,
        value: Option<Reg>,
    ) -> Result<(), Wrong> {
        let Some(function) = self.function else {
            return wrong("no function ends here");
        };
        let (value, ty) = match (value, function.result) {
            (None, None) => return Ok(()),
            (Some(value), Some(ty)) => (value, ty),
            _ => return wrong("a function returns a value if it says so, else none"),
        };
        let roots = self.value(registers, value, ty)?;
        let own = match self.read(registers, value)? {
            Kind::Container { lies, .. } | Kind::At { lies, .. } => lies.lane && lies.write,
            _ => true,
        };
        if own && roots == Roots::NONE {
            Ok(())
        } else {
            wrong(format!("r{} is returned without a copy", value.0))
        }
    }
}
