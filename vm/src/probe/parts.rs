//! Every part of the machine, taken apart without `..`: what a fault can change.
//!
//! What is left out says why.

use super::visitor::{Kind, Visitor};
use crate::delta::{Delta, Page, Stamp};
use crate::error::ErrorPlace;
use crate::exec::code::Code;
use crate::harden::Emission;
use crate::lane::{Constants, Input, Lane, Work};
use crate::limits::Limits;
use crate::memory::LaneWords;
use crate::outbox::Outbox;
use crate::program::{Handler, MessageSchema, Param, Program, Region, TimerSchema};
use crate::state::StateCopy;
use crate::types::{Field, Layout, Slot, Type, TypeTable, Variant};
use indexmap::set::MutableValues;

/// A part of the machine.
pub(crate) trait Part {
    /// Shows all places in it.
    fn visit(&mut self, v: &mut Visitor);
}

impl Part for StateCopy {
    fn visit(&mut self, v: &mut Visitor) {
        let StateCopy { words } = self;
        v.kind = Kind::Lasting;
        v.slice("state", words);
        v.length("state.length", words, 0);
    }
}

impl Part for Lane {
    fn visit(&mut self, v: &mut Visitor) {
        let Lane {
            constants,
            registers,
            registers_used,
            work,
            outbox,
            record,
            ordinal,
            crc,
            frame,
            kind,
            chosen,
            decoded_words,
            epoch,
            token,
            progress,
            start,
            trail,
            noted,
            poison,
        } = self;
        v.kind = Kind::Lasting;
        v.scalar("poison", poison);
        v.kind = Kind::Passing;
        v.slice("register", registers);
        v.scalar("registers_used", registers_used);
        work.visit(v);
        outbox.visit(v);
        v.slice("record", record);
        v.length("record.length", record, 0);
        v.scalar("ordinal", ordinal);
        v.scalar("input_crc", crc);
        v.slice("frame", frame);
        v.length("frame.length", frame, 0);
        v.scalar("kind", kind);
        v.scalar("chosen", chosen);
        v.scalar("decoded_words", decoded_words);
        v.scalar("epoch", epoch);
        v.scalar("token.position", &mut token.0);
        v.scalar("token.signature", &mut token.1);
        v.scalar("progress", progress);
        v.scalar("progress.start", start);
        v.scalar("trail", trail);
        v.scalar("noted", noted);
        let side = v.side;
        if v.wants(side) {
            constants.visit(v);
        }
    }
}

impl Part for Work {
    fn visit(&mut self, v: &mut Visitor) {
        let Work {
            words,
            delta,
            fuel,
            time,
            sender,
            message,
            halt,
            result,
            borders,
            error_place,
        } = self;
        words.visit(v);
        delta.visit(v);
        v.scalar("fuel", fuel);
        v.scalar("time", time);
        v.scalar("sender", sender);
        v.scalar("message", message);
        v.scalar("halt.position", &mut halt.0);
        v.scalar("halt.signature", &mut halt.1);
        v.scalar("result", result);
        v.scalar("borders", borders);
        let ErrorPlace { position, operands } = error_place;
        v.scalar("error.position", position);
        v.slice("error.operand", operands);
    }
}

impl Part for LaneWords {
    fn visit(&mut self, v: &mut Visitor) {
        let LaneWords {
            words,
            arena,
            top,
            poison,
            scratch,
            frames,
        } = self;
        frames.visit(v);
        let fixed = (*arena).min(words.len());
        let (constant, rest) = words.split_at_mut(fixed);
        v.kind = Kind::Lasting;
        v.slice("fixed", constant);
        v.scalar("arena.start", arena);
        v.scalar("arena.poison", poison);
        v.kind = Kind::Passing;
        v.slice("arena", rest);
        v.length("arena.length", words, 0);
        v.scalar("arena.top", top);
        v.slice("scratch", scratch);
        v.length("scratch.length", scratch, 0);
    }
}

impl Part for Delta {
    fn visit(&mut self, v: &mut Visitor) {
        let Delta {
            table,
            pages,
            used,
            filter,
            pages_end,
            stamp,
            epoch,
            poison,
        } = self;
        v.kind = Kind::Passing;
        v.slice("log.table", table);
        v.length("log.table.length", table, 0);
        let spare = Page {
            number: 0,
            written: 0,
            words: [0; 64],
        };
        v.length("log.pages", pages, spare);
        for (place, page) in pages.iter_mut().enumerate() {
            let Page {
                number,
                written,
                words,
            } = page;
            v.one_of("log.page.number", place, number);
            v.one_of("log.page.written", place, written);
            v.part_of("log.page.word", place * words.len(), words);
        }
        v.scalar("log.used", used);
        v.scalar("log.filter", filter);
        v.scalar("log.pages_end", pages_end);
        let Stamp { ordinal, crc } = stamp;
        v.scalar("log.stamp.ordinal", ordinal);
        v.scalar("log.stamp.crc", crc);
        v.scalar("log.epoch", epoch);
        v.kind = Kind::Lasting;
        v.scalar("log.poison", poison);
        v.kind = Kind::Passing;
    }
}

impl Part for Outbox {
    fn visit(&mut self, v: &mut Visitor) {
        let Outbox { bytes, ends } = self;
        v.kind = Kind::Passing;
        v.slice("outbox", bytes);
        v.length("outbox.length", bytes, 0);
        v.slice("outbox.end", ends);
        v.length("outbox.ends", ends, 0);
    }
}

impl Part for Constants {
    fn visit(&mut self, v: &mut Visitor) {
        let Constants {
            program,
            code,
            limits,
            records,
            incarnation,
            own_address,
            message_handlers,
        } = self;
        v.kind = Kind::Lasting;
        program.visit(v);
        let Code { words } = code;
        v.slice("code", words);
        let Limits {
            instructions,
            call_depth,
            message_bytes,
            outputs,
            temporary_words,
            state_words,
        } = limits;
        v.scalar("limit.instructions", instructions);
        v.scalar("limit.call_depth", call_depth);
        v.scalar("limit.message_bytes", message_bytes);
        v.scalar("limit.outputs", outputs);
        v.scalar("limit.temporary_words", temporary_words);
        v.scalar("limit.state_words", state_words);
        v.scalar("records", records);
        v.scalar("incarnation", incarnation);
        v.scalar("own_address", own_address);
        v.slice("message_handlers", message_handlers);
    }
}

impl Part for Program {
    fn visit(&mut self, v: &mut Visitor) {
        let Program {
            name: _, // text for people
            types,
            params_record,
            params,
            state_record,
            messages,
            timers,
            handlers,
            functions: _, // checked at the start, not read again
            constants: _, // copied to the fixed area at the start, not read again
            code: _,      // copied to the lane's code at the start, then only compared
            debug: _,     // texts of errors, for people
        } = self;
        types.visit(v);
        v.scalar("params_record", &mut params_record.0);
        for param in params {
            let Param {
                name: _,
                ty: _,
                default: _,
            } = param; // read at the start only
        }
        v.scalar("state_record", &mut state_record.0);
        for (place, message) in messages.iter_mut().enumerate() {
            let MessageSchema { record } = message;
            v.one_of("message.record", place, &mut record.0);
        }
        for (place, timer) in timers.iter_mut().enumerate() {
            let TimerSchema {
                name: _, // text for people
                key,
                variable,
            } = timer;
            v.one_of("timer.key", place, &mut key.0);
            v.one_of("timer.variable", place, variable);
        }
        for (place, handler) in handlers.iter_mut().enumerate() {
            let Handler {
                name: _, // text for people
                kind,
                guard,
                body,
                registers,
            } = handler;
            v.one_of("handler.kind", place, kind);
            for (bodies, region) in [guard.as_mut(), Some(body)].into_iter().enumerate() {
                if let Some(Region { start, end }) = region {
                    v.one_of("handler.start", 2 * place + bodies, &mut start.0);
                    v.one_of("handler.end", 2 * place + bodies, &mut end.0);
                }
            }
            v.one_of("handler.registers", place, registers);
        }
    }
}

impl Part for TypeTable {
    fn visit(&mut self, v: &mut Visitor) {
        let TypeTable { types, layouts } = self;
        let mut part = 0;
        for place in 0..types.len() {
            let mut show = |v: &mut Visitor, id: &mut u32| {
                v.one_of("type.part", part, id);
                part += 1;
            };
            match types.get_index_mut2(place) {
                Some(Type::List { element } | Type::Set { element }) => show(v, &mut element.0),
                Some(Type::Option { value }) => show(v, &mut value.0),
                Some(Type::Tuple { elements }) => {
                    for ty in elements {
                        show(v, &mut ty.0);
                    }
                }
                Some(Type::Enum { name: _, variants }) => {
                    for Variant { name: _, fields } in variants {
                        for ty in fields {
                            show(v, &mut ty.0);
                        }
                    }
                }
                Some(Type::Map { key, value }) => {
                    show(v, &mut key.0);
                    show(v, &mut value.0);
                }
                Some(Type::Record { name: _, fields }) => {
                    for Field { name: _, ty } in fields {
                        show(v, &mut ty.0);
                    }
                }
                Some(
                    Type::Int
                    | Type::Bool
                    | Type::Text
                    | Type::Bytes
                    | Type::Address
                    | Type::Duration,
                )
                | None => {}
            }
            if let Some(ty) = types.get_index_mut2(place) {
                v.one_of("type.kind", place, ty);
            }
        }
        let (mut step, mut slot, mut used_slot) = (0, 0, 0);
        for (place, layout) in layouts.iter_mut().enumerate() {
            let Layout {
                width,
                stride,
                scalars,
                kind,
                depth,
                parts,
                ordered,
                flat,
                walk,
                slots,
                variants,
                fingerprint,
            } = layout;
            for Field { name: _, ty } in slots {
                v.one_of("type.slot", slot, &mut ty.0);
                slot += 1;
            }
            for used in variants {
                v.part_of("type.variant_slot", used_slot, used);
                used_slot += used.len();
            }
            v.one_of("type.width", place, width);
            v.one_of("type.stride", place, stride);
            v.one_of("type.scalars", place, scalars);
            v.one_of("type.depth", place, depth);
            v.one_of("type.parts", place, parts);
            v.one_of("type.ordered", place, ordered);
            v.one_of("type.flat", place, flat);
            for Slot {
                offset,
                ty,
                kind,
                run,
            } in walk
            {
                v.one_of("type.walk.offset", step, offset);
                v.one_of("type.walk.type", step, &mut ty.0);
                v.one_of("type.walk.kind", step, kind);
                v.one_of("type.walk.run", step, run);
                step += 1;
            }
            v.one_of("type.layout.kind", place, kind);
            v.one_of("type.fingerprint", place, fingerprint);
        }
    }
}

impl Part for Emission {
    fn visit(&mut self, v: &mut Visitor) {
        let Emission { frames, record } = self;
        v.side = super::visitor::SHARED;
        v.kind = Kind::Passing;
        v.slice("output", frames);
        v.length("output.length", frames, 0);
        v.slice("output.record", record);
        v.length("output.record.length", record, 0);
    }
}

impl Part for Input<'_> {
    fn visit(&mut self, v: &mut Visitor) {
        let Input {
            ordinal,
            time,
            frame: _, // its bytes are shown apart, by who holds them
            crc,
        } = self;
        v.side = super::visitor::SHARED;
        v.local("input.ordinal", ordinal);
        v.local("input.time", time);
        v.local("input.crc", crc);
    }
}
