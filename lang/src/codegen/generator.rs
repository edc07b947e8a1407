//! From handler to handler: the regions of a program, and its tables.

use std::collections::BTreeSet;

use pasc_vm::Program;
use pasc_vm::assemble::{self, ConstantPool};
use pasc_vm::isa::Instruction;
use pasc_vm::program::{
    self, Debug, DebugModule, Handler, HandlerId, HandlerKind, MessageSchema, Region, TimerSchema,
};

use super::listing::Listing;
use super::{Code, Generator};
use crate::diagnostic::Diagnostic;
use crate::modules::Files;
use crate::source::Span;
use crate::typed::Handler as Handler_;
use crate::typed::*;

impl<'m> Generator<'m> {
    /// A generator that has made the code of everything but tests.
    pub(crate) fn new(module: &'m Module) -> Self {
        let constants = program::constants_offset(&module.types, module.params_record);
        let mut listing = Listing::default();
        let labels = module.functions.iter().map(|_| listing.label()).collect();
        let mut generator = Generator {
            module,
            listing,
            functions: Vec::new(),
            labels,
            calls: BTreeSet::new(),
            pool: ConstantPool::new(constants),
            names: Vec::new(),
            handlers: Vec::new(),
            diagnostics: Vec::new(),
        };
        generator.initial_values();
        for handler in &module.handlers {
            generator.handler(handler);
        }
        for invariant in &module.invariants {
            generator.probe(invariant, HandlerKind::Invariant);
        }
        for index in 0..module.functions.len() {
            generator.function(index);
        }
        generator
    }

    /// The handler that gives the state its first values.
    fn initial_values(&mut self) {
        let start = self.listing.position();
        let mut registers = 0;
        let mut last = Span::default();
        for (index, variable) in self.module.state.iter().enumerate() {
            let Some(initial) = &variable.initial else {
                continue;
            };
            let mut code = Code::new(self, &initial.body);
            code.initial_value(StateId(index), variable.span);
            registers = registers.max(code.finish());
            last = variable.span;
        }
        self.listing
            .emit(Instruction::Halt {}, (last.start, last.end));
        let body = self.listing.region(start);
        self.add("initial values", HandlerKind::Init, None, body, registers);
    }

    fn handler(&mut self, handler: &Handler_) {
        let mut registers = 0;
        let guard = handler.guard.as_ref().map(|guard| {
            let start = self.listing.position();
            let mut code = Code::new(self, guard);
            code.bind_message(handler.binding);
            code.result();
            registers = code.finish();
            self.listing.region(start)
        });
        let start = self.listing.position();
        let mut code = Code::new(self, &handler.body);
        code.bind_message(handler.binding);
        code.run();
        registers = registers.max(code.finish());
        let body = self.listing.region(start);
        let kind = match handler.event {
            Event::Message(message) => HandlerKind::Message(message),
            Event::Timer(timer) => HandlerKind::Timer(timer),
            Event::Start => HandlerKind::Start,
        };
        self.add(&handler.name, kind, guard, body, registers);
    }

    /// Code that results in a value or, if its block has none, sends a message.
    pub(crate) fn probe(&mut self, probe: &Probe, kind: HandlerKind) -> HandlerId {
        let start = self.listing.position();
        let mut code = Code::new(self, &probe.body);
        if probe.body.block.value.is_some() {
            code.result();
        } else {
            code.run();
        }
        let registers = code.finish();
        let body = self.listing.region(start);
        self.add(&probe.title, kind, None, body, registers)
    }

    fn add(
        &mut self,
        name: &str,
        kind: HandlerKind,
        guard: Option<Region>,
        body: Region,
        registers: u16,
    ) -> HandlerId {
        let name = name.to_string();
        self.handlers.push(Handler {
            name,
            kind,
            guard,
            body,
            registers,
        });
        HandlerId(self.handlers.len() as u32 - 1)
    }

    /// Assembles the code; regions and names are at words of it then.
    fn assemble(&mut self) -> assemble::Code {
        let handlers = self.handlers.iter_mut();
        let mut regions: Vec<&mut Region> = handlers
            .flat_map(|handler| [handler.guard.as_mut(), Some(&mut handler.body)])
            .flatten()
            .collect();
        regions.extend(
            self.functions
                .iter_mut()
                .map(|function| &mut function.region),
        );
        regions.sort_by_key(|region| region.start);
        let all: Vec<Region> = regions.iter().map(|region| **region).collect();
        let listing = std::mem::take(&mut self.listing);
        let assembled = listing.assemble(&self.module.types, &all, &self.labels);
        for region in regions {
            *region = assembled.region(*region);
        }
        for name in &mut self.names {
            (name.start, name.end) = (assembled.word(name.start), assembled.word(name.end));
        }
        self.names.retain(|name| name.start < name.end);
        assembled.code
    }

    /// The program, or what did not fit into it.
    pub(crate) fn finish(mut self, files: &Files) -> Result<Program, Vec<Diagnostic>> {
        if !self.diagnostics.is_empty() {
            return Err(self.diagnostics);
        }
        self.share_registers();
        let source = &files.source;
        let modules = files.parts[1..].iter().map(|part| DebugModule {
            name: part.name.clone(),
            start: part.span.start,
        });
        let code = self.assemble();
        let module = self.module;
        let source_name = source
            .name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or("")
            .to_string();
        let name = source_name
            .strip_suffix(".pasc")
            .unwrap_or(&source_name)
            .to_string();
        let params = module.params.iter();
        let messages = module.messages.iter();
        let timers = module.timers.iter();
        self.names.sort_by_key(|name| (name.start, name.register));
        Ok(Program {
            name,
            types: module.types.clone(),
            params_record: module.params_record,
            params: params
                .map(|param| program::Param {
                    name: param.name.clone(),
                    ty: param.ty,
                    default: param.default.clone(),
                })
                .collect(),
            state_record: module.state_record,
            messages: messages
                .map(|message| MessageSchema {
                    record: message.record,
                })
                .collect(),
            timers: timers
                .map(|timer| TimerSchema {
                    name: timer.name.clone(),
                    key: timer.key,
                    variable: timer.variable.0 as u32,
                })
                .collect(),
            handlers: self.handlers,
            functions: self.functions,
            constants: self.pool.finish(),
            code: code.words,
            debug: Debug {
                source_name,
                source_text: source.text.clone(),
                modules: modules.collect(),
                spans: code.spans,
                names: self.names,
            },
        })
    }
}
