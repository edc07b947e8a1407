//! Which registers of a handler are in use.
//!
//! A register is taken for a local variable or an intermediate value and given back
//! when that is dead, so that few registers serve a long handler.

use pasc_vm::isa::Reg;

/// How many registers the code of one handler may use at once; the rest of what an
/// instruction can name is kept for the machine.
pub const MAX_REGISTERS: usize = 240;

/// The registers of one handler.
#[derive(Debug)]
pub(crate) struct Registers {
    taken: [bool; MAX_REGISTERS],
    /// One more than the highest register ever taken.
    used: usize,
    /// Whether there was none left.
    exhausted: bool,
}

impl Registers {
    pub(crate) fn new() -> Self {
        Registers {
            taken: [false; MAX_REGISTERS],
            used: 0,
            exhausted: false,
        }
    }

    /// The lowest free register. When there is none left, the last one, and
    /// [`Registers::is_exhausted`] tells that the code is not to be used.
    pub(crate) fn take(&mut self) -> Reg {
        let free = self.taken.iter().position(|taken| !taken);
        self.exhausted |= free.is_none();
        let index = free.unwrap_or(MAX_REGISTERS - 1);
        self.taken[index] = true;
        self.used = self.used.max(index + 1);
        Reg(index as u8)
    }

    /// The first of so many registers in a row, above all that are taken.
    pub(crate) fn take_row(&mut self, count: usize) -> Reg {
        let first = self.taken.iter().rposition(|taken| *taken);
        let mut first = first.map_or(0, |last| last + 1);
        if first + count > MAX_REGISTERS {
            self.exhausted = true;
            first = MAX_REGISTERS - count.min(MAX_REGISTERS);
        }
        self.taken[first..first + count].fill(true);
        self.used = self.used.max(first + count);
        Reg(first as u8)
    }

    /// A register above all others that are taken: `wanted`, if it is the highest one.
    pub(crate) fn take_row_at(&mut self, wanted: Option<Reg>) -> Reg {
        let highest = self.taken.iter().rposition(|taken| *taken);
        match wanted {
            Some(first) if Some(usize::from(first.0)) == highest => first,
            _ => self.take_row(1),
        }
    }

    /// Gives a register back.
    pub(crate) fn release(&mut self, register: Reg) {
        debug_assert!(self.taken[register.0 as usize] || self.exhausted);
        self.taken[register.0 as usize] = false;
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// How many registers the handler needs, counted from register 0.
    pub(crate) fn used(&self) -> u16 {
        self.used as u16
    }

    /// Whether everything was given back.
    pub(crate) fn all_free(&self) -> bool {
        self.exhausted || self.taken.iter().all(|taken| !taken)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_REGISTERS, Registers};

    #[test]
    fn a_register_that_was_given_back_is_taken_again() {
        let mut registers = Registers::new();
        let (first, second) = (registers.take(), registers.take());
        registers.release(first);
        assert_eq!(registers.take(), first);
        assert_ne!(first, second);
        assert_eq!(registers.used(), 2);
    }

    #[test]
    fn the_last_register_is_given_and_one_more_exhausts_them() {
        let mut registers = Registers::new();
        for _ in 0..MAX_REGISTERS {
            registers.take();
        }
        assert!(!registers.is_exhausted());
        registers.take();
        assert!(registers.is_exhausted());
    }
}
