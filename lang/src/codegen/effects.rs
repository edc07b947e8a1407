//! Effects beyond one message to one address: broadcasts and timers.

use pasc_vm::isa::{Instruction, Offset};
use pasc_vm::map::ENTRY_KEY;
use pasc_vm::program::TimerId;
use pasc_vm::types::Type;

use super::memory::Location;
use super::{Code, Operand};
use crate::source::Span;
use crate::typed::*;

impl Code<'_, '_> {
    /// Makes a message once and sends it to each address of a list or set.
    pub(super) fn broadcast(&mut self, to: &Expr, literal: &MessageLiteral, span: Span) {
        let addresses = self.value(to);
        let body = self.message_body(literal);
        let (next, end) = (self.mark(), self.mark());
        let message = literal.message;
        let send = |code: &mut Self, to: Operand| {
            let (to_register, body) = (to.register, body.register);
            let send = Instruction::Send {
                to: to_register,
                body,
                message,
            };
            code.emit(send, span);
            code.release(to);
        };
        if let Some(&Type::List { element }) = self.ty(to.ty) {
            self.list_loop(addresses, span, next, end, |code, list, index| {
                let address = code.element(list, index, to.ty, element, span);
                send(code, address);
            });
        } else {
            let Some(&Type::Set { element }) = self.ty(to.ty) else {
                unreachable!("messages go to lists and sets");
            };
            self.entry_loop(addresses, span, next, end, |code, entry| {
                let entry = Operand {
                    register: entry,
                    temporary: false,
                };
                let at = Location::Memory(entry, Offset(ENTRY_KEY));
                let address = code.read(at, element, None, span);
                send(code, address);
            });
        }
        self.release(body);
    }

    /// `set timer(key) in delay`
    pub(super) fn set_timer(
        &mut self,
        timer: TimerId,
        key: Option<&Expr>,
        delay: &Expr,
        span: Span,
    ) {
        let key = self.timer_key(key, span);
        let delay = self.value(delay);
        let set = Instruction::TimerSet {
            key: key.register,
            delay: delay.register,
            timer,
        };
        self.emit(set, span);
        self.release(key);
        self.release(delay);
    }

    /// `cancel timer(key)`
    pub(super) fn cancel_timer(&mut self, timer: TimerId, key: Option<&Expr>, span: Span) {
        let key = self.timer_key(key, span);
        let cancel = Instruction::TimerCancel {
            key: key.register,
            timer,
        };
        self.emit(cancel, span);
        self.release(key);
    }

    /// A timer without keys has one, a record without fields.
    fn timer_key(&mut self, key: Option<&Expr>, span: Span) -> Operand {
        match key {
            Some(key) => self.value(key),
            None => self.new_words(0, None, span),
        }
    }
}
