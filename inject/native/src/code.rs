//! The machine code of the process: instructions, their names, and where they begin.

use crate::server::{Mapping, Server};
use crate::tracee::Registers;
use addr2line::Loader;
use iced_x86::{
    Decoder, DecoderOptions, Formatter, Instruction, InstructionInfoFactory, IntelFormatter,
    OpAccess, Register, UsedMemory,
};
use std::cell::OnceCell;
use std::collections::HashMap;

/// A piece of code.
struct Piece {
    mapping: Mapping,
    bytes: Vec<u8>,
    /// Of the file that it is from, if it can be read; read when asked for.
    symbols: OnceCell<Option<Loader>>,
    /// What to subtract from an address to get one of the file.
    base: u64,
}

/// All code of a process.
pub(crate) struct Code {
    pieces: Vec<Piece>,
    decoded: HashMap<u64, Decoded>,
}

/// An instruction with the memory that it touches.
#[derive(Clone)]
pub(crate) struct Decoded {
    instruction: Instruction,
    memory: Vec<UsedMemory>,
    /// The flags that it reads, as bits of the register of flags.
    pub(crate) flags: Vec<u16>,
    /// Whether it begins a phase of a message.
    pub(crate) begins_phase: bool,
}

/// The function that goes through the phases of a message, by the end of its name.
const PHASES: &str = "Body>::handle";

/// Memory that an instruction touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Touch {
    pub(crate) address: u64,
    pub(crate) bytes: u64,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

/// Where something is in the source, as far as is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Name {
    pub(crate) symbol: String,
    pub(crate) line: String,
}

impl Piece {
    fn symbols(&self) -> Option<&Loader> {
        let load = || Loader::new(&self.mapping.name).ok();
        self.symbols.get_or_init(load).as_ref()
    }
}

impl Code {
    pub(crate) fn of(server: &Server) -> Result<Code, crate::NativeError> {
        let mappings = server.mappings()?;
        let pieces = mappings.iter().filter(|piece| piece.executes);
        let piece = |mapping: &Mapping| Piece {
            bytes: server.bytes(mapping.start, mapping.end),
            symbols: OnceCell::new(),
            base: first_of(&mappings, &mapping.name),
            mapping: mapping.clone(),
        };
        let code = Code {
            pieces: pieces.map(piece).collect(),
            decoded: HashMap::new(),
        };
        let gate = server.places.gate;
        let known = code.piece(gate).and_then(|piece| {
            let place = gate.checked_sub(piece.base)?;
            piece.symbols()?.find_symbol_info(place).map(drop)
        });
        match known {
            Some(()) => Ok(code),
            None => Err(crate::NativeError::Stripped(server.executable.clone())),
        }
    }

    fn piece(&self, address: u64) -> Option<&Piece> {
        let holds = |piece: &&Piece| (piece.mapping.start..piece.mapping.end).contains(&address);
        self.pieces.iter().find(holds)
    }

    /// Whether an address is in code.
    pub(crate) fn holds(&self, address: u64) -> bool {
        self.piece(address).is_some()
    }

    /// Whether an address is in the code of the executable itself.
    pub(crate) fn is_own(&self, address: u64) -> bool {
        let own = self.pieces.first().map(|piece| &piece.mapping.name);
        self.piece(address).map(|piece| &piece.mapping.name) == own
    }

    /// The instruction at an address.
    pub(crate) fn at(&mut self, address: u64) -> Option<&Decoded> {
        if !self.decoded.contains_key(&address) {
            let instruction = decode(self.piece(address)?, address)?;
            let mut factory = InstructionInfoFactory::new();
            let memory = factory.info(&instruction).used_memory().to_vec();
            let clears = instruction.code() == iced_x86::Code::Cld;
            let decoded = Decoded {
                instruction,
                memory,
                flags: flags(instruction.rflags_read()),
                // Each phase clears the direction flag first.
                begins_phase: clears && self.function(address).ends_with(PHASES),
            };
            self.decoded.insert(address, decoded);
        }
        self.decoded.get(&address)
    }

    /// Whether an address lies inside of an instruction, told from where the function begins. Not where
    /// that is not known.
    pub(crate) fn is_inside(&self, address: u64) -> bool {
        let Some(piece) = self.piece(address) else {
            return false;
        };
        let Some(symbols) = piece.symbols() else {
            return false;
        };
        let Some(symbol) = symbols.find_symbol_info(address - piece.base) else {
            return false;
        };
        let mut at = symbol.address() + piece.base;
        while at < address {
            let Some(instruction) = decode(piece, at) else {
                return false;
            };
            at += instruction.len() as u64;
        }
        at > address
    }

    /// The function that an address is in; empty if that is not known.
    pub(crate) fn function(&self, address: u64) -> String {
        let name = self.name(address).symbol;
        name.rsplit_once('+')
            .map_or_else(String::new, |(function, _)| function.to_owned())
    }

    /// How many bytes the instruction at an address takes.
    pub(crate) fn length(&mut self, address: u64) -> u16 {
        self.at(address)
            .map_or(0, |decoded| decoded.instruction.len() as u16)
    }

    /// The function and the line of an address, the innermost of those that were inlined.
    pub(crate) fn name(&self, address: u64) -> Name {
        let Some(piece) = self.piece(address) else {
            return Name::default();
        };
        let place = address - piece.base;
        let file = piece.mapping.name.rsplit('/').next().unwrap_or_default();
        let unknown = || format!("{file}+{place:#x}");
        let Some(symbols) = piece.symbols() else {
            return Name {
                symbol: unknown(),
                line: String::new(),
            };
        };
        let symbol = symbols.find_symbol_info(place).map(|symbol| {
            let offset = place - symbol.address();
            let name = addr2line::demangle_auto(symbol.name().into(), None);
            format!("{name}+{offset:#x}")
        });
        let line = symbols.find_location(place).ok().flatten();
        let line = line.and_then(|line| {
            let file = line.file?.rsplit('/').next()?.to_owned();
            Some(format!("{file}:{}", line.line.unwrap_or(0)))
        });
        Name {
            symbol: symbol.unwrap_or_else(unknown),
            line: line.unwrap_or_default(),
        }
    }

    /// The instruction at an address as text.
    pub(crate) fn text(&self, address: u64) -> String {
        let mut text = String::new();
        if let Some(piece) = self.piece(address)
            && let Some(instruction) = decode(piece, address)
        {
            IntelFormatter::new().format(&instruction, &mut text);
        }
        text
    }
}

/// The address at which the first byte of a file lies.
fn first_of(mappings: &[Mapping], name: &str) -> u64 {
    let of_file = mappings.iter().find(|mapping| mapping.name == name);
    of_file.map_or(0, |mapping| mapping.start.wrapping_sub(mapping.offset))
}

fn decode(piece: &Piece, address: u64) -> Option<Instruction> {
    let from = usize::try_from(address.checked_sub(piece.mapping.start)?).ok()?;
    let bytes = piece.bytes.get(from..)?;
    let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
    let instruction = decoder.decode();
    (!instruction.is_invalid()).then_some(instruction)
}

/// The flags of the decoder as bits of the register.
fn flags(read: u32) -> Vec<u16> {
    use iced_x86::RflagsBits as Bits;
    let table = [
        (Bits::CF, 0),
        (Bits::PF, 2),
        (Bits::AF, 4),
        (Bits::ZF, 6),
        (Bits::SF, 7),
        (Bits::DF, 10),
        (Bits::OF, 11),
    ];
    let read = table.into_iter().filter(|(bit, _)| read & bit != 0);
    read.map(|(_, place)| place).collect()
}

impl Decoded {
    /// Whether it repeats itself, and so is stepped through turn by turn.
    pub(crate) fn repeats(&self) -> bool {
        self.instruction.has_rep_prefix() || self.instruction.has_repne_prefix()
    }

    /// The memory that it touches, and that which the kernel reads for it.
    pub(crate) fn touches(&self, registers: &Registers) -> Vec<Touch> {
        let value = |register: Register, _, _| Some(value(register, registers));
        let mut touches = Vec::new();
        for memory in &self.memory {
            let (reads, writes) = match memory.access() {
                OpAccess::Read | OpAccess::CondRead => (true, false),
                OpAccess::Write | OpAccess::CondWrite => (false, true),
                OpAccess::ReadWrite | OpAccess::ReadCondWrite => (true, true),
                OpAccess::None | OpAccess::NoMemAccess => continue,
            };
            if let Some(address) = memory.virtual_address(0, value) {
                touches.push(Touch {
                    address,
                    bytes: memory.memory_size().size() as u64,
                    reads,
                    writes,
                });
            }
        }
        if self.instruction.code() == iced_x86::Code::Syscall
            && [libc::SYS_write, libc::SYS_pwrite64].contains(&(registers.rax as i64))
        {
            touches.push(Touch {
                address: registers.rsi,
                bytes: registers.rdx,
                reads: true,
                writes: false,
            });
        }
        touches
    }
}

/// What a register holds that is part of an address.
fn value(register: Register, registers: &Registers) -> u64 {
    match register.full_register() {
        Register::RAX => registers.rax,
        Register::RBX => registers.rbx,
        Register::RCX => registers.rcx,
        Register::RDX => registers.rdx,
        Register::RSI => registers.rsi,
        Register::RDI => registers.rdi,
        Register::RBP => registers.rbp,
        Register::RSP => registers.rsp,
        Register::R8 => registers.r8,
        Register::R9 => registers.r9,
        Register::R10 => registers.r10,
        Register::R11 => registers.r11,
        Register::R12 => registers.r12,
        Register::R13 => registers.r13,
        Register::R14 => registers.r14,
        Register::R15 => registers.r15,
        Register::FS => registers.fs_base,
        Register::GS => registers.gs_base,
        _ => 0,
    }
}
